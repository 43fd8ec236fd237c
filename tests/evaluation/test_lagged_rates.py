"""How calls went lately, as columns: only what was known when a wave was decided."""

import numpy as np
import polars as pl
import pytest

from segmint.evaluation.lagged_rates import name_of, with_lagged_rates
from segmint.splits.waves import make_waves

from .tables import RESPONSE, valid

START, STEP, DELAY = 900, 300, 50


def calls(yes):
    n = len(yes)
    frame = pl.DataFrame({"age": np.full(n, 40.0), "job": ["clerk"] * n, "pdays": np.full(n, -1.0)})
    return valid(frame.with_columns(y=pl.Series(np.where(yes, "yes", "no"))), RESPONSE)


@pytest.fixture
def yes():
    return np.random.default_rng(4).random(2_000) < np.linspace(0.05, 0.6, 2_000)


def lagged(yes, last=(100, 400)):
    return with_lagged_rates(calls(yes), np.arange(2_000.0), start=START, step=STEP, delay=DELAY, last=last)


def test_a_wave_is_shown_the_rate_of_the_latest_calls_known_when_it_is_decided(yes):
    table = lagged(yes)
    for wave in make_waves(np.arange(2_000.0), start=START, step=STEP, delay=DELAY):
        rate = table.frame[name_of(100)].to_numpy()[wave.rows]
        begin = wave.rows[0]
        assert np.allclose(rate, yes[begin - DELAY - 100 : begin - DELAY].mean())


def test_the_rates_are_those_of_the_waves_that_are_replayed_also_where_moments_are_large(yes):
    months = np.repeat(np.arange(10.0), 200)
    table = with_lagged_rates(calls(yes), months, start=700, step=500, delay=0, last=(100,))
    for wave in make_waves(months, start=700, step=500):
        rate = table.frame[name_of(100)].to_numpy()[wave.rows]
        assert np.allclose(rate, yes[wave.known[-100:]].mean())


def test_what_a_model_learns_from_is_as_old_as_what_it_is_shown(yes):
    early = lagged(yes).frame[:START]
    assert early[name_of(100)].n_unique() == START // STEP
    assert early[name_of(100)].null_count() == STEP  # nothing was known yet
    assert early[name_of(400)].null_count() == 2 * STEP


def test_nothing_from_the_future(yes):
    turned = yes.copy()
    turned[1_200 - DELAY :] ^= True
    for last in (100, 400):
        before, after = (lagged(each).frame[name_of(last)][:1_500] for each in (yes, turned))
        assert before.equals(after)


def test_the_rates_are_features_and_the_contract_knows_them(yes):
    table = lagged(yes)
    assert [column.name for column in table.features][-2:] == [name_of(100), name_of(400)]
    assert name_of(400) in table.contract.by_name
    assert table.features[-1].role == "context"

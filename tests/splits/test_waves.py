"""Waves follow time, and only outcomes that are known by then belong to what may teach."""

import dataclasses
import datetime

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.contract.ledger import Ledger
from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError
from segmint.splits.waves import doubt_of_time, make_waves, times_of


def table(frame):
    return ValidTable(
        frame, frame, np.arange(1, frame.height + 1), pl.Series([""] * frame.height),
        Contract(
            name="small", outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
            columns=(Column(name="called", kind="date", role="time", label="date of the call"),),
        ),
        "planning", Ledger(),
    )  # fmt: skip


def test_waves_cover_every_later_row_once_in_order():
    waves = make_waves(np.arange(1_050), start=400, step=100)
    assert [wave.rows.size for wave in waves] == [100] * 6 + [50]
    np.testing.assert_array_equal(np.concatenate([wave.rows for wave in waves]), np.arange(400, 1_050))
    assert [wave.number for wave in waves] == list(range(1, 8))


def test_waves_of_months_are_as_near_as_can_be_to_what_was_asked_for():
    """A wave begins where the one before ended, whatever its size: no month is skipped."""
    months = np.repeat(np.arange(12), 333)
    assert [wave.rows.size for wave in make_waves(months, start=1_000, step=700)] == [666, 666, 666, 666]
    assert [wave.rows.size for wave in make_waves(months, start=999, step=500)] == [666] * 4 + [333]
    assert [wave.rows.size for wave in make_waves(months, start=999, step=450)] == [333] * 9
    uneven = np.repeat(np.arange(4), [100, 100, 10, 300])
    assert [wave.rows.size for wave in make_waves(uneven, start=100, step=100)] == [100, 10, 300]


@pytest.mark.parametrize("delay", [0, 1, 30])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_in_known_happened_or_was_learned_after_the_wave_began(seed, delay):
    times = np.random.default_rng(seed).integers(0, 90, 800)
    for wave in make_waves(times, start=300, step=120, delay=delay):
        began = times[wave.rows].min()
        assert (times[wave.known] + delay < began).all()
        later = np.setdiff1d(np.arange(800), wave.known)
        assert (times[later] + delay >= began).all()


def test_row_order_with_a_delay_leaves_the_last_calls_out():
    first = make_waves(np.arange(100), start=50, step=50, delay=10)[0]
    np.testing.assert_array_equal(first.known, np.arange(40))


def test_rows_of_one_moment_are_never_divided():
    times = np.repeat(np.arange(20), 37)
    for wave in make_waves(times, start=100, step=100):
        rest = np.setdiff1d(np.arange(times.size), wave.rows)
        assert not set(times[wave.rows]) & set(times[rest])


@pytest.mark.parametrize(("early", "rows"), [(0, "All 10 rows"), (1, "All but 1 row"), (4, "All but 4 rows")])
def test_a_history_without_a_later_moment_is_too_short(early, rows):
    """One wave of everybody, with nothing known, would teach nothing and prove nothing."""
    with pytest.raises(
        DataError,
        match=f"(?s){rows} are of one moment.*a later moment begins after the first 5 rows.*--time-order rows",
    ):
        make_waves(np.r_[np.arange(early) - 9.0, np.zeros(10)], start=5, step=2)


def test_time_comes_from_a_date_column_in_days():
    days = [datetime.date(2026, 3, 1), datetime.date(2026, 2, 28), datetime.date(2026, 3, 3)]
    times = times_of(table(pl.DataFrame({"called": days, "y": ["no"] * 3})), "called")
    assert (times - times.min()).tolist() == [1, 0, 3]
    assert times_of(table(pl.DataFrame({"y": ["no"] * 3}))).tolist() == [0, 1, 2]


def test_a_missing_time_or_column_is_said_plainly():
    frame = pl.DataFrame({"called": [None, datetime.date(2026, 3, 1)], "y": ["no", "no"]})
    with pytest.raises(
        DataError, match="1 row has no 'called', so their place in time is unknown; the first is record 1"
    ):
        times_of(table(frame), "called")
    with pytest.raises(DataError, match="no date or number column 'when'"):
        times_of(table(frame), "when")


def told_by(*columns):
    made = table(pl.DataFrame({c.name: [1.0] if c.kind == "number" else [datetime.date(2026, 3, 1)] for c in columns}))
    return dataclasses.replace(made, contract=made.contract.model_copy(update={"columns": columns}))


def test_only_columns_that_tell_the_time_are_advised_and_a_number_that_models_read_is_doubted():
    age = Column(name="age", kind="number", role="characteristic", label="age")
    day = Column(name="day", kind="number", role="time", label="day of the campaign")
    date = Column(name="called", kind="date", role="time", label="date of the call")
    with pytest.raises(DataError) as caught:
        times_of(told_by(age, day, date), "when")
    assert caught.value.fix == "columns that would do: day, called"
    with pytest.raises(DataError) as caught:
        times_of(told_by(age), "when")
    assert "age" not in caught.value.fix
    assert "--time-order rows" in caught.value.fix
    assert "'age' is a plain number that models read" in doubt_of_time(told_by(age, day, date), "age")
    for by in ("day", "called", "rows"):
        assert doubt_of_time(told_by(age, day, date), by) is None


def test_too_short_a_history_and_senseless_numbers_are_refused():
    with pytest.raises(DataError, match="10 rows, and 10"):
        make_waves(np.arange(10), start=10, step=1)
    with pytest.raises(ValueError, match="at least 1"):
        make_waves(np.arange(10), start=0, step=1)


def test_columns_that_tell_the_time_are_named():
    import polars as pl

    from segmint.contract.contract import load_contract
    from segmint.contract.validate import validate
    from segmint.simulation import Campaign, simulate_batches
    from segmint.splits.waves import time_proxies
    from segmint.tables.source import open_table

    frame = pl.concat([block.frame for block in simulate_batches(Campaign(rows=2000, seed=3))])
    contract = load_contract("simulated-campaign")
    table = validate(open_table(frame), contract, at="dialling")
    waves = make_waves(np.arange(len(table)), start=500, step=500)
    assert time_proxies(table, waves) == []
    assert time_proxies(table, waves[:1]) == []
    context = [column for column in table.features if column.role == "context"]
    empty = table.frame.with_columns(pl.lit(None).cast(table.frame[c.name].dtype).alias(c.name) for c in context)
    assert time_proxies(dataclasses.replace(table, frame=empty), waves) == []
    for column in context:
        quarter = (pl.int_range(pl.len()) // 500).cast(table.frame[column.name].dtype)
        told = table.frame.with_columns(quarter.alias(column.name))
        assert column.name in time_proxies(dataclasses.replace(table, frame=told), waves)
    assert context

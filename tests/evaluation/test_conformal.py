"""Label sets cover what they promise, also when the response rate grows fivefold, and never look ahead."""

import numpy as np
import pytest

from segmint.evaluation import conformal
from segmint.evaluation.conformal import adaptive_sets


def stream(n=20_000, seed=1, growth=2.5, wrong=0.0):
    """Calls whose log odds drift; `wrong` is how far the propensities lag behind."""
    random = np.random.default_rng(seed)
    odds = random.normal(-2.5, 1.0, n) + growth * np.arange(n) / n
    yes = random.random(n) < 1 / (1 + np.exp(-odds))
    return 1 / (1 + np.exp(-(odds - wrong))), yes


def late(n, delay):
    """How many calls are resolved before each, if outcomes are known `delay` calls later."""
    return np.maximum(np.arange(n) - delay, 0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("wrong", [0.0, 1.5])
@pytest.mark.parametrize("delay", [0, 50])
def test_nine_of_ten_sets_hold_what_happened_whatever_drifts(seed, wrong, delay):
    found = adaptive_sets(*stream(seed=seed, wrong=wrong), resolved=late(20_000, delay)).to_json()
    assert abs(found["coverage"] - 0.9) < 0.015
    assert found["blocks_within_3_points"] >= 0.95
    assert len(found["block_coverage"]) == 20


def test_a_fixed_limit_would_not_hold(monkeypatch):
    monkeypatch.setattr(conformal, "GAMMA", 0.0)
    monkeypatch.setattr(conformal, "MEMORY", 10**9)
    still = adaptive_sets(*stream(growth=4.0, wrong=1.5))
    assert np.abs(still.blocks() - 0.9).max() > 0.03


def test_sets_rest_on_resolved_calls_only():
    p, yes = stream(3_000)
    first = adaptive_sets(p, yes, resolved=late(3_000, 100))
    changed = yes.copy()
    changed[1_400:] = ~changed[1_400:]
    second = adaptive_sets(p, changed, resolved=late(3_000, 100))
    assert (first.yes[:1_501] == second.yes[:1_501]).all()
    assert (first.no[:1_501] == second.no[:1_501]).all()
    assert (first.no != second.no).any()


def test_before_anything_is_resolved_nothing_is_ruled_out():
    found = adaptive_sets([0.2, 0.9, 0.5], [True, False, True], resolved=[0, 0, 0])
    assert (found.yes & found.no & found.covered).all()
    assert found.words() == ["both"] * 3


@pytest.mark.parametrize("wrong", [0.0, 1.5])
def test_outcomes_that_come_in_waves_of_a_thousand_do_not_make_the_sets_swing(wrong):
    found = adaptive_sets(*stream(wrong=wrong), resolved=np.arange(20_000) // 1_000 * 1_000)
    assert abs(found.covered.mean() - 0.9) < 0.015
    assert abs(found.blocks()[1:] - 0.9).max() < 0.1
    later = adaptive_sets(*stream(wrong=wrong), resolved=late(20_000, 3_000))
    assert abs(later.blocks()[4:] - 0.9).max() < 0.15


def test_a_set_is_named_by_what_it_holds():
    found = adaptive_sets(*stream(3_000))
    named = np.array(found.words())
    assert set(named) <= {"yes", "no", "both", "none"}
    assert ((named == "yes") == (found.yes & ~found.no)).all()
    assert ((named == "none") == ~(found.yes | found.no)).all()

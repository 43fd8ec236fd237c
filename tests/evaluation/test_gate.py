"""What is better, equal and simpler, or worse."""

from __future__ import annotations

import numpy as np
import pytest

from segmint.evaluation.gate import Gate, judge_losses, judge_move
from segmint.evaluation.recalibration import Move
from segmint.metrics.calibration import log_loss_by_row


@pytest.mark.parametrize(
    ("low", "high", "simpler", "verdict", "passed"),
    [
        (0.1, 2.0, False, "better", True),
        (-0.1, 2.0, False, "not_better", False),
        (-0.1, 2.0, True, "not_better", False),
        (-0.01, 2.0, True, "equal_and_simpler", True),
        (-0.01, 2.0, False, "not_better", False),
        (-2.0, -0.01, True, "worse", False),
        (float("nan"), float("nan"), True, "not_better", False),
    ],
)
def test_better_with_its_interval_or_equal_and_simpler(
    low: float, high: float, simpler: bool, verdict: str, passed: bool
) -> None:
    gate = Gate.judge("auc", 0.5, low, high, simpler=simpler, margin=0.02)
    assert (gate.verdict, gate.passed) == (verdict, passed)


def test_a_difference_that_is_noise_of_computing_is_neither_better_nor_worse():
    for noise in (3.9e-16, -3.9e-16):
        gate = judge_move(Move(shift=2e-6, doubt=0.0, gain=noise, low=noise, high=noise))
        assert gate.verdict == "not_better"
        assert gate.sentence == "not better: log score per 1,000 customers +0 (0 to 0)"


def test_the_same_two_on_the_same_rows_are_judged_the_same_to_the_digit() -> None:
    random = np.random.default_rng(1)
    said = random.uniform(0.05, 0.3, (2, 3_000))
    yes, groups = random.random(3_000) < 0.2, random.integers(0, 900, 3_000)
    ours, theirs = (log_loss_by_row(yes, each) for each in said)
    gate = judge_losses(ours, theirs, groups=groups, simpler=False, flattered=0.0003)
    assert gate == judge_losses(ours, theirs, groups=groups, simpler=False, flattered=0.0003)
    found = (gate.difference, gate.low, gate.high)
    assert found == pytest.approx((1.2159850530061926, -8.5118009813266, 11.540496851539572), abs=1e-9)

from __future__ import annotations

import numpy as np
import pytest

from segmint.models.calibration import Calibration, fit_calibration, log_odds


def test_overconfident_logits_are_cooled() -> None:
    draw = np.random.default_rng(0)
    truth = draw.normal(0.0, 1.5, 20_000)
    labels = (draw.random(20_000) < 1 / (1 + np.exp(-truth))).astype(np.int64)
    found = fit_calibration(2.0 * truth[:, None] + 1.0, labels)
    assert found.temperature == pytest.approx(2.0, rel=0.06)
    assert found.offset == pytest.approx(-0.5, abs=0.06)


def test_right_logits_are_left_alone() -> None:
    draw = np.random.default_rng(1)
    logits = draw.normal(0.0, 1.0, (5_000, 4))
    likely = Calibration().apply(logits)
    labels = np.array([draw.choice(4, p=row) for row in likely])
    found = fit_calibration(logits, labels)
    assert found.temperature == pytest.approx(1.0, abs=0.08)
    assert found.offset == 0.0


def test_a_handful_of_rows_changes_little() -> None:
    found = fit_calibration(np.array([[3.0], [2.0], [-4.0]]), np.array([0, 0, 1]))
    assert found.temperature < 2.0
    assert abs(found.offset) < 1.0


@pytest.mark.parametrize("classes", [1, 4])
def test_one_calibration_after_another_is_one_calibration(classes: int) -> None:
    logits = np.random.default_rng(2).normal(0.0, 2.0, (50, classes))
    first = Calibration(1.7, 0.4 if classes == 1 else 0.0)
    second = Calibration(0.6, -0.3 if classes == 1 else 0.0)
    np.testing.assert_allclose(first.then(second).apply(logits), second.again(first.apply(logits)), atol=1e-9)


def test_log_odds_undo_probabilities() -> None:
    likely = Calibration().apply(np.array([[0.3], [-2.0]]))
    np.testing.assert_allclose(log_odds(likely), [[0.3], [-2.0]])

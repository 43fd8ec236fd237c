from __future__ import annotations

import numpy as np
import pytest

from segmint.models.calibration import (
    TAUGHT,
    UNTAUGHT,
    Calibration,
    fit_calibration,
    logits_of,
    moved_threshold,
    surest_of,
)


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


def test_who_matches_teachers_is_bent_less_by_an_unlucky_draw() -> None:
    draw = np.random.default_rng(3)
    logits = draw.normal(-1.0, 1.2, (150, 1))
    labels = (draw.random(150) < 1 / (1 + np.exp(-logits[:, 0] / 1.6))).astype(np.int64)
    loose, close = (fit_calibration(logits, labels, spread=spread) for spread in (UNTAUGHT, TAUGHT))
    assert loose.temperature > 1.15
    assert 1.0 < close.temperature < 1.1


@pytest.mark.parametrize("classes", [1, 4])
def test_one_calibration_after_another_is_one_calibration(classes: int) -> None:
    logits = np.random.default_rng(2).normal(0.0, 2.0, (50, classes))
    first = Calibration(1.7, 0.4 if classes == 1 else 0.0, surest=3.0)
    second = Calibration(0.6, -0.3 if classes == 1 else 0.0)
    np.testing.assert_allclose(first.then(second).apply(logits), second.again(first.apply(logits)), atol=1e-9)


def test_log_odds_undo_probabilities() -> None:
    likely = Calibration().apply(np.array([[0.3], [-2.0]]))
    np.testing.assert_allclose(logits_of(likely), [[0.3], [-2.0]])


def test_nobody_is_surer_than_the_customers_who_taught_allow() -> None:
    surest = surest_of(998)  # had all 998 said no, the next one says yes one time in 1,000
    yes = Calibration(surest=surest).apply(np.array([[-40.0], [-2.0], [40.0]]))[:, 1]
    np.testing.assert_allclose(yes, [0.001, 1 / (1 + np.exp(2.0)), 0.999])
    several = Calibration(surest=surest).apply(np.array([[40.0, 0.0, -40.0], [1.0, 0.0, -1.0]]))
    np.testing.assert_allclose(several[0], np.array([999.0, 1.0, 1.0]) / 1001.0)
    np.testing.assert_allclose(several[1], Calibration().apply(np.array([[1.0, 0.0, -1.0]]))[0])


@pytest.mark.parametrize("found", [Calibration(1.5, -0.2), Calibration(1.5, -0.2, 7.0)])
def test_a_calibration_comes_back_from_json(found: Calibration) -> None:
    told = found.to_json()
    assert None not in told.values()
    assert Calibration.from_json(told | {"threshold": 0.5}) == found


def test_a_threshold_moves_along_and_who_calls_everyone_goes_on() -> None:
    likely = np.column_stack([np.linspace(0.99, 0.01, 50), np.linspace(0.01, 0.99, 50)])
    later = Calibration(1.3, 0.4)
    threshold = moved_threshold(0.305, later, 1)
    assert np.array_equal(later.again(likely)[:, 1] >= threshold, likely[:, 1] >= 0.305)
    assert moved_threshold(0.0, later, 1) == 0.0


def test_logits_of_no_shape_that_a_network_has_are_refused() -> None:
    calibration = Calibration(temperature=2.0, offset=0.1)
    np.testing.assert_array_equal(calibration.apply([0.0, 3.0]), calibration.apply(np.array([[0.0], [3.0]])))
    for wrong in (np.zeros((3, 2)), np.zeros((3, 0)), np.zeros((1, 3, 1)), 0.5):
        with pytest.raises(ValueError, match="1 column for two classes, else one for each class"):
            calibration.apply(wrong)

"""Losses agree with scikit-learn; the reliability table counts everyone once."""

import numpy as np
import pytest
from sklearn import metrics as reference

from segmint.metrics.calibration import brier, expected_calibration_error, log_loss, reliability_table


def test_losses_equal_scikit_learn():
    random = np.random.default_rng(1)
    y, score = random.random(500) < 0.3, random.random(500)
    assert log_loss(y, score) == pytest.approx(reference.log_loss(y, score))
    assert brier(y, score) == pytest.approx(reference.brier_score_loss(y, score))
    assert brier(y, np.column_stack([1 - score, score])) == pytest.approx(brier(y, score))
    classes, shares = random.integers(0, 4, 500), random.dirichlet(np.ones(4), 500)
    assert log_loss(classes, shares) == pytest.approx(reference.log_loss(classes, shares))
    assert brier(classes, shares) == pytest.approx(np.mean(np.sum((shares - np.eye(4)[classes]) ** 2, axis=1)))


def test_log_loss_of_a_wrong_certainty_is_finite():
    assert 30 < log_loss([1], [0.0]) < 40


def test_reliability_counts_each_customer_once_and_keeps_equal_propensities_together():
    random = np.random.default_rng(2)
    score = np.round(random.random(1_000), 1)
    y = random.random(1_000) < score
    table = reliability_table(y, score)
    assert table.customers.sum() == 1_000
    assert (table.upper[:-1] < table.lower[1:]).all()
    assert (np.average(table.response_rate, weights=table.customers)) == pytest.approx(y.mean())
    assert ((table.low <= table.response_rate) & (table.response_rate <= table.high)).all()


def test_one_propensity_for_all_is_one_bin():
    table = reliability_table([1, 0, 0, 0], [0.25] * 4)
    assert table.customers.tolist() == [4]
    assert expected_calibration_error([1, 0, 0, 0], [0.25] * 4) == 0.0


def test_calibration_error_is_the_gap_between_promise_and_outcome():
    y = np.array([1, 0] * 500)
    assert expected_calibration_error(y, np.full(1_000, 0.8)) == pytest.approx(0.3)


def test_rows_must_match():
    with pytest.raises(ValueError, match="same rows"):
        log_loss([1, 0], [0.5])

"""Losses agree with scikit-learn; the reliability table counts everyone once."""

import numpy as np
import pytest
from sklearn import metrics as reference

from segmint.metrics.calibration import (
    brier_by_row,
    expected_calibration_error,
    log_loss,
    reliability_table,
    venn_abers,
)


def test_losses_equal_scikit_learn():
    random = np.random.default_rng(1)
    y, score = random.random(500) < 0.3, random.random(500)
    assert log_loss(y, score) == pytest.approx(reference.log_loss(y, score))
    assert brier_by_row(y, score).mean() == pytest.approx(reference.brier_score_loss(y, score))
    assert brier_by_row(y, np.column_stack([1 - score, score])) == pytest.approx(brier_by_row(y, score))
    classes, shares = random.integers(0, 4, 500), random.dirichlet(np.ones(4), 500)
    assert log_loss(classes, shares) == pytest.approx(reference.log_loss(classes, shares))
    assert brier_by_row(classes, shares) == pytest.approx(np.sum((shares - np.eye(4)[classes]) ** 2, axis=1))


def test_log_loss_of_a_wrong_certainty_is_finite():
    assert 30 < log_loss([1], [0.0]) < 40


def test_reliability_counts_each_customer_once_and_keeps_equal_propensities_together():
    random = np.random.default_rng(2)
    score = np.round(random.random(1_000), 1)
    y = random.random(1_000) < score
    table = reliability_table(y, score)
    assert table.customers.sum() == 1_000
    assert (np.diff(table.mean_propensity) > 0).all()
    assert (np.average(table.response_rate, weights=table.customers)) == pytest.approx(y.mean())
    assert ((table.low <= table.response_rate) & (table.response_rate <= table.high)).all()


def test_rows_of_one_customer_count_once_and_widen_the_intervals_of_bins():
    random = np.random.default_rng(3)
    each = random.beta(1, 6, 400)
    said, held = random.random(400) < each, [0, 0]
    alone = reliability_table(said, each)
    five = reliability_table(np.repeat(said, 5), np.repeat(each, 5), np.repeat(np.arange(400), 5))
    assert five.customers.tolist() == alone.customers.tolist()
    assert five.rows.sum() == 2_000
    assert np.allclose(five.low, alone.low)
    assert np.allclose(five.high, alone.high)
    customers = np.repeat(np.arange(400), 5)
    for _ in range(40):
        y = np.repeat(random.random(400) < each, 5)
        for place, groups in enumerate((None, customers)):
            bins = reliability_table(y, np.repeat(each, 5), groups)
            held[place] += int(((bins.low <= bins.mean_propensity) & (bins.mean_propensity <= bins.high)).sum())
    assert held[0] < 0.75 * 400
    assert held[1] > 0.92 * 400


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


def isotonic_by_hand(score, y, point, label):
    """Isotonic regression of everyone and one more customer, read at that customer."""
    from sklearn.isotonic import isotonic_regression

    scores, labels = np.append(score, point), np.append(y, label).astype(float)
    distinct, member = np.unique(scores, return_inverse=True)
    size = np.bincount(member)
    fitted = isotonic_regression(np.bincount(member, weights=labels) / size, sample_weight=size)
    return fitted[np.searchsorted(distinct, point)]


@pytest.mark.parametrize("levels", [None, 12, 2])
@pytest.mark.parametrize("seed", range(3))
def test_venn_abers_equals_two_isotonic_fits_for_each_customer(seed, levels):
    random = np.random.default_rng(seed)
    score, points = random.random(80), random.random(40) * 1.2 - 0.1
    y = random.random(80) < score
    if levels is not None:
        score, points = np.round(score * levels) / levels, np.round(points * levels) / levels
    found = venn_abers(score, y, points)
    for place, point in enumerate(points):
        assert found.low[place] == pytest.approx(isotonic_by_hand(score, y, point, 0), abs=1e-12)
        assert found.high[place] == pytest.approx(isotonic_by_hand(score, y, point, 1), abs=1e-12)
    assert (found.low < found.high).all()
    assert ((found.low <= found.propensity) & (found.propensity <= found.high)).all()


def test_venn_abers_interval_narrows_with_customers_and_mends_a_wrong_score():
    random = np.random.default_rng(4)
    truth = random.random(20_000) * 0.5
    y = random.random(20_000) < truth
    wrong = truth**2
    few, many = (venn_abers(wrong[:m], y[:m], wrong[15_000:]) for m in (200, 15_000))
    assert (many.high - many.low).mean() < 0.3 * (few.high - few.low).mean()
    assert expected_calibration_error(y[15_000:], many.propensity) < 0.02
    assert expected_calibration_error(y[15_000:], wrong[15_000:]) > 0.1


def test_venn_abers_needs_calibration_customers():
    with pytest.raises(ValueError, match="calibration needs"):
        venn_abers([], [], [0.2])
    assert venn_abers([0.5], [1], [0.5]).high.tolist() == [1.0]
    assert venn_abers([0.5], [1], []).low.size == 0

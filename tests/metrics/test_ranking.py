"""Ranking metrics agree with scikit-learn, do not see row order, and weigh many bootstraps quickly."""

import time

import numpy as np
import pytest
from sklearn import metrics as reference

from segmint.metrics.intervals import weight_blocks
from segmint.metrics.ranking import (
    Ranking,
    average_precision,
    cumulative_gain,
    lift_at,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)


def campaign(seed, n=400, levels=None):
    """Outcomes and scores; `levels` coarsens the scores into ties."""
    random = np.random.default_rng(seed)
    y = random.random(n) < 0.2
    score = random.random(n) + 0.5 * y
    return y, score if levels is None else np.round(score * levels) / levels


@pytest.mark.parametrize("levels", [None, 50, 5, 1])
@pytest.mark.parametrize("seed", range(5))
def test_area_and_precision_equal_scikit_learn_with_and_without_ties(seed, levels):
    y, score = campaign(seed, levels=levels)
    assert roc_auc(y, score) == pytest.approx(reference.roc_auc_score(y, score), abs=1e-12)
    assert average_precision(y, score) == pytest.approx(reference.average_precision_score(y, score), abs=1e-12)


@pytest.mark.parametrize("levels", [None, 5])
def test_weights_equal_repeated_rows(levels):
    y, score = campaign(3, levels=levels)
    weights = np.random.default_rng(0).integers(0, 4, y.size)
    again = np.repeat(np.arange(y.size), weights)
    weighed, repeated = Ranking(y, score).weigh(weights), Ranking(y[again], score[again]).weigh()
    assert weighed.roc_auc() == pytest.approx(repeated.roc_auc(), abs=1e-12)
    assert weighed.average_precision() == pytest.approx(repeated.average_precision(), abs=1e-12)
    assert weighed.lift_at(0.1) == pytest.approx(repeated.lift_at(0.1), abs=1e-12)


@pytest.mark.parametrize("levels", [None, 5])
def test_curves_equal_scikit_learn(levels):
    y, score = campaign(1, levels=levels)
    *rates, _ = reference.roc_curve(y, score, drop_intermediate=False)
    curve = precision_recall_curve(y, score)
    *shares, thresholds = reference.precision_recall_curve(y, score)
    for ours, theirs in zip((*roc_curve(y, score), *curve[:2]), (*rates, *shares), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    np.testing.assert_array_equal(curve.named[:-1], [(score >= least).sum() for least in thresholds])
    assert curve.named[-1] == 0


@pytest.mark.parametrize("metric", [roc_auc, average_precision, lift_at])
def test_order_of_rows_never_matters_under_ties(metric):
    y, score = campaign(2, levels=4)
    responders_first = np.argsort(~y, kind="stable")
    assert metric(y, score) == metric(y[responders_first], score[responders_first])
    assert metric(y, score) == metric(y[responders_first[::-1]], score[responders_first[::-1]])


def test_gain_inside_a_tie_is_what_random_calling_order_brings_on_average():
    y, score = campaign(5, n=60, levels=2)
    random = np.random.default_rng(0)
    called = 18
    reached = []
    for _ in range(20_000):
        order = np.lexsort((random.random(y.size), -score))
        reached.append(y[order[:called]].sum() / y.sum())
    gain = cumulative_gain(y, score, [called / y.size])[0]
    assert gain == pytest.approx(np.mean(reached), abs=4 * np.std(reached) / np.sqrt(20_000))


def test_gain_of_distinct_scores_counts_the_customers_called():
    y = np.array([True, False, True, False, False, True, False, False, False, False])
    score = -np.arange(10.0)
    np.testing.assert_allclose(cumulative_gain(y, score, [0, 0.1, 0.3, 0.5, 0.6, 1]), [0, 1 / 3, 2 / 3, 2 / 3, 1, 1])
    assert lift_at(y, score, 0.1) == pytest.approx(10 / 3)


def test_a_score_that_says_nothing_gets_the_values_of_chance():
    y, _ = campaign(1)
    same = np.full(y.size, 0.3)
    assert roc_auc(y, same) == 0.5
    assert average_precision(y, same) == pytest.approx(y.mean())
    np.testing.assert_allclose(cumulative_gain(y, same, [0.1, 0.37]), [0.1, 0.37])


def test_one_kind_of_customer_gives_no_number_rather_than_a_wrong_one():
    assert np.isnan(roc_auc([True, True], [0.1, 0.2]))
    assert np.isnan(average_precision([False, False], [0.1, 0.2]))
    assert np.isnan(lift_at([False, False], [0.1, 0.2]))
    assert np.isnan(cumulative_gain([False, False], [0.1, 0.2], [0.5])).all()


@pytest.mark.parametrize(("y", "score"), [([], []), ([1, 0], [0.5]), ([1, 0], [0.5, np.nan])])
def test_senseless_arguments_are_refused(y, score):
    with pytest.raises(ValueError, match="score"):
        roc_auc(y, score)


@pytest.mark.parametrize("fraction", [0, -0.1, 1.1])
def test_a_fraction_outside_zero_and_one_is_refused(fraction):
    with pytest.raises(ValueError, match="fraction"):
        lift_at([1, 0], [0.5, 0.4], fraction)


def test_a_thousand_bootstraps_of_five_thousand_rows_take_well_under_a_second():
    y, score = campaign(0, n=5_000)
    began = time.process_time()
    ranking = Ranking(y, score)
    auc = []
    for weights in weight_blocks(y.size, 1_000, seed=1):
        weighed = ranking.weigh(weights)
        auc.append(weighed.roc_auc())
        weighed.average_precision()
        weighed.lift_at(0.1)
    assert time.process_time() - began < 2.0
    assert np.concatenate(auc).std() == pytest.approx(0.0075, rel=0.5)

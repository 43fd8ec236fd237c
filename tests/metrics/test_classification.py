"""Classification metrics agree with scikit-learn; the threshold found is the best there is."""

import numpy as np
import pytest
from sklearn import metrics as reference

from segmint.metrics.classification import (
    best_f1_threshold,
    class_index,
    confusion_matrix,
    cross_fitted_thresholds,
    f1_from_counts,
    f1_per_class,
)

CLASSES = ["A", "B", "C", "D"]


@pytest.mark.parametrize("seed", range(4))
def test_class_metrics_equal_scikit_learn(seed):
    random = np.random.default_rng(seed)
    y, predicted = random.choice(CLASSES, 300, p=[0.5, 0.3, 0.15, 0.05]), random.choice(CLASSES, 300)
    settings = {"labels": CLASSES, "zero_division": 0}
    np.testing.assert_array_equal(
        confusion_matrix(y, predicted, CLASSES), reference.confusion_matrix(y, predicted, labels=CLASSES)
    )
    np.testing.assert_allclose(
        f1_per_class(y, predicted, CLASSES), reference.f1_score(y, predicted, average=None, **settings)
    )


def test_naming_one_class_for_everyone_scores_zero_for_the_others():
    y = np.array(["A", "B", "C", "D"] * 5)
    np.testing.assert_allclose(f1_per_class(y, np.full(20, "B"), CLASSES), [0, 0.4, 0, 0])


def test_f1_is_zero_when_nobody_is_named():
    np.testing.assert_array_equal(f1_from_counts(hits=[0, 0], named=[0, 0], actual=[2, 0]), [0, 0])


def test_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match="not among the classes"):
        class_index(["A", "E"], CLASSES)
    with pytest.raises(ValueError, match="not among the classes"):
        class_index(["A", "0"], CLASSES)


def test_class_places_follow_the_given_order():
    np.testing.assert_array_equal(class_index(["no", "yes", "no"], ["yes", "no"]), [1, 0, 1])


@pytest.mark.parametrize("levels", [None, 20, 3])
@pytest.mark.parametrize("seed", range(6))
def test_no_threshold_beats_the_one_found(seed, levels):
    random = np.random.default_rng(seed)
    y = random.random(120) < 0.25
    score = random.random(120) + 0.4 * y
    score = score if levels is None else np.round(score * levels) / levels
    found = reference.f1_score(y, score >= best_f1_threshold(y, score))
    tried = [reference.f1_score(y, score >= threshold) for threshold in np.unique(score)]
    assert found == max(tried)


def test_threshold_lies_between_neighbouring_scores():
    assert best_f1_threshold([1, 1, 0, 0], [0.9, 0.6, 0.4, 0.1]) == 0.5
    assert best_f1_threshold([1, 1, 1], [0.9, 0.6, 0.4]) == 0.0  # everyone, also who scores lower elsewhere
    assert best_f1_threshold([1, 1, 1], [0.9, 0.6, -0.4]) == -0.4
    neighbours = [1.0, np.nextafter(1.0, 0)]
    assert best_f1_threshold([1, 0], neighbours) == 1.0


def test_calling_everyone_is_best_on_every_part_where_nothing_is_known():
    rates = [0.11, 0.12, 0.13]
    y = [np.arange(100) < 100 * rate for rate in rates]
    constant = [np.full(100, rate) for rate in rates[::-1]]
    thresholds = cross_fitted_thresholds(y, constant)
    named = np.concatenate([score >= threshold for score, threshold in zip(constant, thresholds, strict=True)])
    assert named.all()


def test_threshold_needs_a_responder():
    assert best_f1_threshold([0, 0], [0.1, 0.2], default=0.5) == 0.5
    with pytest.raises(ValueError, match="nobody said yes"):
        best_f1_threshold([0, 0], [0.1, 0.2])


def test_each_part_takes_its_threshold_from_the_others():
    parts = [([1, 0], [0.9, 0.1]), ([1, 0], [0.6, 0.4]), ([0, 0], [0.8, 0.7])]
    y, score = zip(*parts, strict=True)
    assert cross_fitted_thresholds(y, score)[2] == best_f1_threshold([1, 0, 1, 0], [0.9, 0.1, 0.6, 0.4])
    assert cross_fitted_thresholds([[0, 0], [1, 0]], [[0.2, 0.3], [0.9, 0.1]]) == [0.5, 0.5]


def test_one_part_has_no_others():
    with pytest.raises(ValueError, match="two parts"):
        cross_fitted_thresholds([[1, 0]], [[0.9, 0.1]])

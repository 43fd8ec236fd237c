"""One set of weights for all models, and quickly."""

import time

import numpy as np
import pytest

from segmint.evaluation.paired_bootstrap import Judged, affordable_repeats, bootstrap_scores
from segmint.metrics.classification import cross_fitted_thresholds, f1
from segmint.metrics.intervals import weight_blocks


def judged(random, truth, noise):
    logit = 1.5 * truth - 2 + random.normal(0, noise, truth.size)
    p = 1 / (1 + np.exp(-logit))
    return Judged(np.column_stack([1 - p, p]), (p >= 0.25).astype(np.int64), np.arange(truth.size) % 5)


@pytest.mark.parametrize(("rows", "seconds"), [(5_000, 4.0), (32_000, 20.0)])
def test_six_models_with_intervals_do_not_keep_anyone_waiting(rows, seconds):
    random = np.random.default_rng(1)
    truth = (random.random(rows) < 0.12).astype(np.int64)
    models = [judged(random, truth, 0.5 + place / 4) for place in range(6)]
    began = time.process_time()
    repeats = affordable_repeats(rows, 1_000)
    scores = bootstrap_scores(truth, models, ("no", "yes"), positive=1, seed=1, repeats=repeats)
    assert time.process_time() - began < seconds
    assert {values.shape for values in scores.values()} == {(repeats + 1, 6)}


def test_equal_models_have_equal_scores_in_every_repeat():
    random = np.random.default_rng(2)
    truth = (random.random(400) < 0.2).astype(np.int64)
    model = judged(random, truth, 1.0)
    scores = bootstrap_scores(truth, [model, model], ("no", "yes"), positive=1, seed=1, repeats=50)
    for values in scores.values():
        np.testing.assert_array_equal(values[:, 0], values[:, 1])


def test_customers_with_many_rows_widen_the_interval():
    random = np.random.default_rng(3)
    truth = np.repeat((random.random(100) < 0.3).astype(np.int64), 10)
    model = judged(random, truth, 0.01)
    widths = [
        bootstrap_scores(truth, [model], ("no", "yes"), positive=1, seed=1, repeats=300, groups=groups)[
            "log_loss"
        ].std()
        for groups in (None, np.repeat(np.arange(100), 10))
    ]
    assert widths[1] > 2 * widths[0]


def judged_with_own_thresholds(seed: int, n: int = 600) -> tuple[np.ndarray, Judged]:
    random = np.random.default_rng(seed)
    truth = (random.random(n) < 0.2).astype(np.int64)
    yes = np.clip(0.15 + 0.1 * truth + 0.1 * random.normal(size=n), 0.01, 0.99).round(2)
    folds = np.arange(n) % 3
    parts = [np.flatnonzero(folds == fold) for fold in range(3)]
    thresholds = cross_fitted_thresholds([truth[rows] for rows in parts], [yes[rows] for rows in parts])
    predicted = (yes >= np.asarray(thresholds)[folds]).astype(np.int64)
    return truth, Judged(np.column_stack([1 - yes, yes]), predicted, folds)


@pytest.mark.parametrize("seed", range(8))
def test_on_the_rows_as_they_are_f1_is_that_of_the_chosen_thresholds(seed: int) -> None:
    truth, judged = judged_with_own_thresholds(seed)
    scores = bootstrap_scores(truth, [judged], ["no", "yes"], positive=1, seed=1, repeats=5)
    assert scores["f1"][0, 0] == pytest.approx(f1(truth, judged.predicted))


def test_a_sample_chooses_thresholds_of_its_own() -> None:
    truth, judged = judged_with_own_thresholds(3)
    repeats = 40
    scores = bootstrap_scores(truth, [judged], ["no", "yes"], positive=1, seed=1, repeats=repeats)["f1"][:, 0]
    weights = np.concatenate(list(weight_blocks(truth.size, repeats, 1, None)))
    expected = []
    for weight in weights:
        rows = np.repeat(np.arange(truth.size), weight)
        parts = [rows[judged.folds[rows] == fold] for fold in range(3)]
        yes = [judged.probabilities[part, 1] for part in parts]
        chosen = cross_fitted_thresholds([truth[part] for part in parts], yes)
        named = np.concatenate([likely >= threshold for likely, threshold in zip(yes, chosen, strict=True)])
        expected.append(f1(truth[np.concatenate(parts)], named))
    # A score that no row of the sample has may lie nearer to a threshold than the nearest that one has.
    np.testing.assert_allclose(scores[1:], expected, atol=0.02)
    assert np.isclose(scores[1:], expected).mean() > 0.8

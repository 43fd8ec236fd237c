"""One set of weights for all models, and quickly."""

import time

import numpy as np
import pytest
from sklearn.metrics import f1_score

from segmint.evaluation.paired_bootstrap import Judged, affordable_repeats, bootstrap_scores
from segmint.metrics.classification import cross_fitted_thresholds
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
    scores = bootstrap_scores(truth, models, ("no", "yes"), positive=1, seed=1, repeats=repeats, groups=None)
    assert time.process_time() - began < seconds
    assert {values.shape for values in scores.values()} == {(repeats + 1, 6)}


def test_equal_models_have_equal_scores_in_every_repeat():
    random = np.random.default_rng(2)
    truth = (random.random(400) < 0.2).astype(np.int64)
    model = judged(random, truth, 1.0)
    scores = bootstrap_scores(truth, [model, model], ("no", "yes"), positive=1, seed=1, repeats=50, groups=None)
    for values in scores.values():
        np.testing.assert_array_equal(values[:, 0], values[:, 1])


def test_a_class_that_no_row_has_is_not_judged():
    random = np.random.default_rng(4)
    truth, likely = random.integers(0, 2, 300), random.dirichlet(np.ones(4), 300)
    likely[:, 3] = 0
    model = Judged(likely, likely.argmax(axis=1))
    scores = bootstrap_scores(truth, [model], tuple("abcd"), positive=None, seed=1, repeats=20, groups=None)
    assert np.isnan(scores["f1_c"]).all()
    assert np.isnan(scores["f1_d"]).all()
    # one that is named counts against the model, as scikit-learn has it; one that is neither there nor named does not
    assert scores["macro_f1"][0, 0] == pytest.approx(f1_score(truth, model.predicted, average="macro"))


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
    scores = bootstrap_scores(truth, [judged], ["no", "yes"], positive=1, seed=1, repeats=5, groups=None)
    assert scores["f1"][0, 0] == pytest.approx(f1_score(truth, judged.predicted))


def test_a_rare_outcome_has_thresholds_enough_to_choose_among() -> None:
    random = np.random.default_rng(5)
    truth = (random.random(20_000) < 0.004).astype(np.int64)
    yes = 1 / (1 + np.exp(5.5 - 2.5 * truth - random.normal(size=truth.size)))
    folds = np.arange(truth.size) % 3
    judged = Judged(np.column_stack([1 - yes, yes]), (yes >= 0.1).astype(np.int64), folds)
    scores = bootstrap_scores(truth, [judged], ["no", "yes"], positive=1, seed=1, repeats=30, groups=None)["f1"][1:, 0]
    expected = []
    for weight in np.concatenate(list(weight_blocks(truth.size, 30, 1, None))):
        rows = np.repeat(np.arange(truth.size), weight)
        parts = [rows[folds[rows] == fold] for fold in range(3)]
        chosen = cross_fitted_thresholds([truth[part] for part in parts], [yes[part] for part in parts])
        named = np.concatenate([yes[part] >= threshold for part, threshold in zip(parts, chosen, strict=True)])
        expected.append(f1_score(truth[np.concatenate(parts)], named))
    assert scores.mean() == pytest.approx(np.mean(expected), rel=0.04)


def test_who_knows_nothing_calls_everyone_in_every_sample() -> None:
    random = np.random.default_rng(2)
    truth, folds = (random.random(900) < 0.2).astype(np.int64), np.arange(900) % 3
    yes = np.array([0.18, 0.20, 0.22])[folds]  # one constant for each fold
    judged = Judged(np.column_stack([1 - yes, yes]), np.ones(900, dtype=np.int64), folds)
    scores = bootstrap_scores(truth, [judged], ["no", "yes"], positive=1, seed=1, repeats=20, groups=None)["f1"][:, 0]
    rates = [truth.mean(), *(weight @ truth / 900 for weight in np.concatenate(list(weight_blocks(900, 20, 1, None))))]
    np.testing.assert_allclose(scores, [2 * rate / (1 + rate) for rate in rates])


def test_a_sample_chooses_thresholds_of_its_own() -> None:
    truth, judged = judged_with_own_thresholds(3)
    repeats = 40
    scores = bootstrap_scores(truth, [judged], ["no", "yes"], positive=1, seed=1, repeats=repeats, groups=None)["f1"][
        :, 0
    ]
    weights = np.concatenate(list(weight_blocks(truth.size, repeats, 1, None)))
    expected = []
    for weight in weights:
        rows = np.repeat(np.arange(truth.size), weight)
        parts = [rows[judged.folds[rows] == fold] for fold in range(3)]
        yes = [judged.probabilities[part, 1] for part in parts]
        chosen = cross_fitted_thresholds([truth[part] for part in parts], yes)
        named = np.concatenate([likely >= threshold for likely, threshold in zip(yes, chosen, strict=True)])
        expected.append(f1_score(truth[np.concatenate(parts)], named))
    # A score that no row of the sample has may lie nearer to a threshold than the nearest that one has.
    np.testing.assert_allclose(scores[1:], expected, atol=0.02)
    assert np.isclose(scores[1:], expected).mean() > 0.8

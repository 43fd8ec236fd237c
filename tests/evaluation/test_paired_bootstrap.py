"""One set of weights for all models, and quickly."""

import time

import numpy as np
import pytest

from segmint.evaluation.paired_bootstrap import Judged, affordable_repeats, bootstrap_scores


def judged(random, truth, noise):
    logit = 1.5 * truth - 2 + random.normal(0, noise, truth.size)
    p = 1 / (1 + np.exp(-logit))
    return Judged(np.column_stack([1 - p, p]), (p >= 0.25).astype(np.int64))


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

"""Expectation-maximisation: likelihood never falls, resampling by counts is resampling."""

import numpy as np
import pytest

from segmint.segments.coding import encode, learn_coding
from segmint.segments.inputs import as_inputs
from segmint.segments.mixture import Mixture, statistics
from segmint.segments.stability import adjusted_rand

from .planted import planted, unplanted


def prepared(frame, *, bands=True):
    inputs = as_inputs(frame)
    design = encode(learn_coding(inputs, bands=bands), inputs.frame)
    return statistics(design), design.sizes


@pytest.mark.parametrize("bands", [True, False])
def test_planted_classes_are_the_best_by_both_criteria(bands):
    frame, truth = planted(4, 4, rows=2_000)
    rows, sizes = prepared(frame, bands=bands)
    path = Mixture(rows, sizes).path(7, np.random.default_rng(0), smallest=0.05)
    assert min(path, key=lambda count: path[count].bic) == 4
    assert min(path, key=lambda count: path[count].icl) == 4
    assert adjusted_rand(truth, path[4].responsibilities.argmax(axis=0)) > 0.88


def test_one_class_describes_columns_that_have_nothing_in_common():
    rows, sizes = prepared(unplanted(1, 2_000))
    path = Mixture(rows, sizes).path(5, np.random.default_rng(0), smallest=0.05)
    assert min(path, key=lambda count: path[count].bic) == 1


def test_more_rounds_never_lower_the_likelihood():
    rows, sizes = prepared(planted(5, 3, rows=800)[0])
    mixture = Mixture(rows, sizes)
    start = mixture.random_start(3, np.random.default_rng(1))
    likelihoods = [mixture._fit(start, rounds).log_likelihood for rounds in (1, 2, 5, 20, 60)]
    assert (np.diff(likelihoods) > -0.5).all()  # the prior's share of the objective is not in the likelihood
    assert likelihoods[-1] > likelihoods[0]


def test_counts_mean_repeated_rows():
    rows, sizes = prepared(planted(6, 3, rows=600)[0])
    counts = np.random.default_rng(2).integers(0, 3, len(rows))
    by_count = Mixture(rows, sizes, counts)
    repeated = Mixture(np.repeat(rows, counts, axis=0), sizes)
    start = by_count.random_start(3, np.random.default_rng(3))
    again = np.repeat(start, counts[counts > 0], axis=1)
    assert by_count._fit(start, 20).log_likelihood == pytest.approx(repeated._fit(again, 20).log_likelihood, rel=1e-4)


def test_no_class_is_smaller_than_asked_when_larger_ones_are_there():
    rows, sizes = prepared(planted(7, 3, rows=1_500)[0])
    path = Mixture(rows, sizes).path(5, np.random.default_rng(0), smallest=0.1)
    assert path[3].smallest >= 0.08

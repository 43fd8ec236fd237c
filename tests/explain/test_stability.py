"""Agreement is measured as ranks agree, and said plainly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from segmint.explain.reasons import Attributions
from segmint.explain.stability import ReasonStability, draw_again, how_stable
from tests.explain.networks import REFERENCE, customers, make_predictor


def told(values: np.ndarray) -> Attributions:
    return Attributions(values, np.zeros(len(values)), tuple("abcde"), np.full(len(values), "yes"))


def test_agreement_is_the_mean_of_spearman_s_correlations() -> None:
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=(2, 20, 5))
    found = how_stable([told(first), told(second)])
    assert found.rank_agreement == pytest.approx(
        np.mean([spearmanr(a, b)[0] for a, b in zip(first, second, strict=True)])
    )
    assert found.same_first == np.mean(np.abs(first).argmax(1) == np.abs(second).argmax(1))


def test_the_same_draw_twice_agrees_perfectly_even_where_nothing_matters() -> None:
    values = np.random.default_rng(0).normal(size=(4, 5))
    values[2] = 0.0
    found = how_stable([told(values), told(values)])
    assert (found.rank_agreement, found.same_first) == (pytest.approx(1.0), 1.0)


def test_reasons_of_a_small_network_are_stable() -> None:
    draws = draw_again(make_predictor(), customers(60), REFERENCE, target="yes", seeds=(1, 2, 3))
    found = how_stable(draws)
    assert found.draws == 3
    assert found.rank_agreement > 0.9
    assert not np.array_equal(draws[0].contributions, draws[1].contributions)


def test_the_sentence_tells_stable_from_rough() -> None:
    assert "stable" in ReasonStability(0.97, 0.94, 200, 5).sentence()
    assert "94 %" in ReasonStability(0.97, 0.94, 200, 5).sentence()
    assert "rough" in ReasonStability(0.6, 0.5, 200, 5).sentence()


def test_reasons_of_which_the_first_changes_are_not_called_stable() -> None:
    for said in (ReasonStability(0.95, 1 / 3, 1, 3).sentence(), ReasonStability(0.95, 0.6, 200, 3).sentence()):
        assert "rough: which of them comes first" in said
        assert "stable" not in said
    assert "rough: trust the first reason more than the third" in ReasonStability(0.8, 1.0, 1, 3).sentence()


def test_one_draw_says_nothing() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        how_stable([told(np.zeros((2, 5)))])


def test_one_customer_is_spoken_of_as_one() -> None:
    said = ReasonStability(rank_agreement=0.8, same_first=1 / 3, customers=1, draws=3).sentence()
    assert "in 1 of 3 cases" in said
    assert "% of customers" not in said

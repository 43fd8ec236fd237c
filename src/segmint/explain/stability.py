"""How stable reasons are: whether another draw of comparisons would have said the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.explain.background import background_rows
from segmint.explain.reasons import Attributions, attribute
from segmint.explain.words import STABILITY, STABILITY_OF_ONE
from segmint.models.predict import Predictor

GOOD = 0.9


@dataclass(frozen=True)
class ReasonStability:
    """How far several draws agree.

    Attributes
    ----------
    rank_agreement : float
        Spearman's rank correlation of two draws' contributions, mean over customers and pairs of draws.
    same_first : float
        Share of customers and pairs of draws with the same strongest reason.
    customers, draws : int
    """

    rank_agreement: float
    same_first: float
    customers: int
    draws: int

    def sentence(self) -> str:
        """Say how much a reason can be trusted."""
        verdict = self._verdict()
        agreement = f"{self.rank_agreement:.2f}"
        if self.customers == 1:
            pairs = self.draws * (self.draws - 1) // 2
            same = round(self.same_first * pairs)
            return STABILITY_OF_ONE.format(
                verdict=verdict, draws=self.draws, agreement=agreement, same=same, pairs=pairs
            )
        return STABILITY.format(
            verdict=verdict, draws=self.draws, agreement=agreement, first=f"{100 * self.same_first:.0f}"
        )

    def _verdict(self) -> str:
        if self.same_first < GOOD:
            return "rough: which of them comes first depends on whom the customer is compared with"
        return "stable" if self.rank_agreement >= GOOD else "rough: trust the first reason more than the third"


def how_stable(draws: Sequence[Attributions]) -> ReasonStability:
    """Compare the contributions of several draws for the same customers.

    Parameters
    ----------
    draws : sequence of Attributions
        At least two, of the same customers and columns.

    References
    ----------
    Spearman 1904, "The proof and measurement of association between two things", American Journal of Psychology 15.
    """
    if len(draws) < 2 or not len(draws[0].contributions):
        raise ValueError("draws must hold at least 2 draws of at least 1 customer.")
    pairs = list(combinations([draw.contributions for draw in draws], 2))
    agreement = [_rank_agreement(first, second).mean() for first, second in pairs]
    same = [np.mean(np.abs(first).argmax(axis=1) == np.abs(second).argmax(axis=1)) for first, second in pairs]
    return ReasonStability(float(np.mean(agreement)), float(np.mean(same)), len(draws[0].contributions), len(draws))


def draw_again(
    predictor: Predictor, frame: pl.DataFrame, reference: Mapping[str, Any], *, target: str | None, seeds: Sequence[int]
) -> list[Attributions]:
    """Explain the same customers with other made-up backgrounds and other orders, one draw per seed."""
    return [
        attribute(predictor, frame, background_rows(reference, seed=seed), seed=seed, target=target) for seed in seeds
    ]


def _rank_agreement(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman's correlation row by row; 1 where neither row tells its columns apart."""
    from scipy.stats import rankdata

    ranks = [rankdata(np.round(values, 9), axis=1) for values in (first, second)]
    a, b = (rank - rank.mean(axis=1, keepdims=True) for rank in ranks)
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    both_flat = (a**2).sum(axis=1) + (b**2).sum(axis=1) == 0
    return np.asarray(np.where(spread > 0, (a * b).sum(axis=1) / np.maximum(spread, 1e-12), both_flat.astype(float)))

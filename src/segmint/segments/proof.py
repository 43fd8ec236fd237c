"""Whether segments help to choose whom to call: on customers whose response nobody looked at before."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.metrics.intervals import NORMAL_95
from segmint.metrics.ranking import roc_auc
from segmint.segments.choice import likelihood_ratio
from segmint.segments.stability import Labels, contingency
from segmint.splits.folds import in_order

PERMUTATIONS = 999
BLOCKS = 4
SURE = 0.01  # by both tests


@dataclass(frozen=True)
class SegmentProof:
    """What segments are worth on rows kept apart.

    Attributes
    ----------
    rows : int
        Customers kept apart, one row of each.
    chi_square, freedom, p : float, int, float
        Likelihood-ratio test of response by segment (Wilks, 1938).
    permutation_p : float
        The same without assumptions: how often shuffled responses differ as much.
    auc : float
        How well the segment alone ranks customers, by the rates of the other rows.
    profit_kept : float or None
        Share of the incremental profit of an individual model that choosing whole segments keeps, at cost ÷ value =
        base rate: (segments − max(everyone, nobody)) ÷ (individual − max(everyone, nobody)). None without propensities,
        or where the individual model earns nothing.
    rank_stability : float or None
        Mean Kendall's tau of the segments' rates between blocks of time; None when the rows have no order in time.
    """

    rows: int
    chi_square: float
    freedom: int
    p: float
    permutation_p: float
    auc: float
    profit_kept: float | None
    rank_stability: float | None

    @property
    def differs(self) -> bool:
        """Whether the response surely differs by segment."""
        return self.p < SURE and self.permutation_p < SURE

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "differs": self.differs}


def prove_segments(
    labels: Labels,
    yes: NDArray[np.bool_],
    apart: NDArray[np.bool_],
    *,
    propensity: NDArray[np.float64] | None = None,
    customers: NDArray[np.int64] | None,
    in_time_order: bool = False,
    random_state: int | None,
    keys: NDArray[np.uint64] | None = None,
) -> SegmentProof:
    """Test segments on rows kept apart.

    Parameters
    ----------
    labels : ndarray of int of shape (n_customers,)
    yes : ndarray of bool of shape (n_customers,)
    apart : ndarray of bool of shape (n_customers,)
        Customers whose response had no part in finding segments.
    propensity : ndarray of shape (n_customers,), optional
        An individual model's, out of sample.
    customers : ndarray of int of shape (n_customers,), optional
        Rows of one customer share a number. Their answers go together, so the tests look at one row of each, drawn by lot:
        the first would be a first call, to which hardly anybody says yes. Left out, every row is a customer.
    in_time_order : bool
        Whether rows stand in order of time.
    random_state : int or None
    keys : ndarray of shape (n_customers,), optional
        Fingerprints of the rows, see `row_keys`: with them the same rows are drawn whatever their order.
    """
    from scipy.stats import chi2

    each = np.arange(len(labels)) if customers is None else customers
    rows = np.flatnonzero(apart)
    drawn = np.random.default_rng(random_state).permutation(rows if keys is None else rows[in_order(keys[rows])])
    tested = np.sort(drawn[np.unique(each[drawn], return_index=True)[1]])
    table = contingency(labels[tested], yes[tested].astype(np.int64), columns=2)
    statistic, freedom = likelihood_ratio(table)
    rates = _rates(labels[~apart], yes[~apart], int(labels.max()) + 1)
    return SegmentProof(
        rows=len(tested),
        chi_square=statistic,
        freedom=freedom,
        p=float(chi2.sf(statistic, freedom)) if freedom else 1.0,  # all of one segment or answer: nothing could differ
        permutation_p=_permutation_p(labels[tested], yes[tested], statistic, random_state),
        auc=roc_auc(yes[tested], rates[labels[tested]]) if freedom else 0.5,
        profit_kept=None if propensity is None else _profit_kept(rates[labels], yes, apart, propensity, each),
        rank_stability=_rank_stability(labels, yes) if in_time_order else None,
    )


def _rates(labels: Labels, yes: NDArray[np.bool_], count: int) -> NDArray[np.float64]:
    sizes = np.bincount(labels, minlength=count)
    hits = np.bincount(labels, weights=yes, minlength=count)
    return np.where(sizes > 0, hits / np.maximum(sizes, 1), yes.mean())


def _permutation_p(labels: Labels, yes: NDArray[np.bool_], statistic: float, seed: int | None) -> float:
    random = np.random.default_rng(seed)
    labels, shuffled = np.sort(labels), np.sort(yes.astype(np.int64))  # who said what plays no part, nor do places
    beaten = 0
    for _ in range(PERMUTATIONS):
        shuffled = random.permutation(shuffled)
        beaten += likelihood_ratio(contingency(labels, shuffled))[0] >= statistic - 1e-9
    return (beaten + 1) / (PERMUTATIONS + 1)


def _profit_kept(
    segment_rate: NDArray[np.float64],
    yes: NDArray[np.bool_],
    apart: NDArray[np.bool_],
    propensity: NDArray[np.float64],
    customers: NDArray[np.int64],
) -> float | None:
    """Profits in units of the value of a success; a call costs the base rate of the rows that were looked at.

    None where the individual model does not surely earn more than calling everyone or nobody: a share of luck says nothing.
    """
    cost = float(yes[~apart].mean())
    worth = yes[apart] - cost
    plain = worth if worth.sum() > 0 else np.zeros_like(worth)
    segments, individual = (np.where(likely[apart] > cost, worth, 0.0) - plain for likely in (segment_rate, propensity))
    of_each = np.bincount(np.unique(customers[apart], return_inverse=True)[1], weights=individual)
    unsure = NORMAL_95 * float(of_each.std()) * np.sqrt(len(of_each))
    if individual.sum() <= max(unsure, 1e-9):
        return None
    return float(segments.sum() / individual.sum())


def _rank_stability(labels: Labels, yes: NDArray[np.bool_]) -> float | None:
    from scipy.stats import kendalltau

    count = int(labels.max()) + 1
    blocks = [
        _rates(labels[rows], yes[rows], count) for rows in np.array_split(np.arange(len(labels)), BLOCKS) if len(rows)
    ]
    taus = [kendalltau(first, second).statistic for first, second in zip(blocks[:-1], blocks[1:], strict=True)]
    known = [float(tau) for tau in taus if np.isfinite(tau)]
    return float(np.mean(known)) if known else None

"""Latent classes and mixed mixtures by expectation-maximisation, from many classes down to one.

One engine serves both. With every column coded as levels it is latent class analysis (Goodman, 1974); with numbers
as normal scores it is a mixture of independent normals and multinomials (Hunt & Jorgensen, 1999). The log-density of
a customer is linear in a row of sufficient statistics, so that both steps are one matrix product each. A missing
value adds nothing to either step (full-information likelihood, missing at random).

Solutions for every count come from one descent: start with more classes than wanted, then merge the two whose union
costs the least likelihood and refit. That finds planted groups where random starts for each count get stuck, and
costs less (compare Figueiredo & Jain, 2002).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats32
from segmint.segments.coding import Design

PRIOR = 2.0  # customers' worth of the whole table in each class: no level is ever impossible
ROUGH, FINE = 2e-4, 1e-5  # rounds stop when the mean log-likelihood grows by less
_ROUNDS, _ROUNDS_TO_REFINE = 60, 200  # of expectation-maximisation at most, for each count of classes
SMALLEST_VARIANCE = 0.05  # of a normal score, whose variance over all customers is 1


@dataclass(frozen=True)
class Solution:
    """Classes of one count.

    Attributes
    ----------
    weights : ndarray of shape (n_statistics, count)
        What each statistic adds to the log-density in each class.
    log_shares : ndarray of shape (count,)
        Log of the size of each class, plus its constant.
    responsibilities : ndarray of shape (count, n_rows)
        Probability of each class for the rows it was fitted on.
    log_likelihood : float
        Of the rows it was fitted on.
    bic : float
        Bayesian information criterion; smaller is better (Schwarz, 1978).
    counts : ndarray of shape (n_rows,)
        How often each row counts.
    """

    weights: Floats32
    log_shares: Floats32
    responsibilities: Floats32
    log_likelihood: float
    bic: float
    counts: Floats32

    @property
    def count(self) -> int:
        """The number of classes."""
        return len(self.log_shares)

    @property
    def icl(self) -> float:
        """Integrated completed likelihood: BIC that also asks for classes told apart (Biernacki et al., 2000)."""
        shares = np.maximum(self.responsibilities, 1e-12)
        return self.bic - 2 * float((self.counts * (shares * np.log(shares)).sum(axis=0)).sum())

    @property
    def smallest(self) -> float:
        """The expected share of the smallest class."""
        return float(self.responsibilities.mean(axis=1).min())


def statistics(design: Design) -> Floats32:
    """Rows of sufficient statistics: one-hot levels, squared scores, scores, and whether there is a score.

    Returns
    -------
    ndarray of shape (n_customers, sum of sizes + 3 × n_score_columns), float32
    """
    n, ends = len(design), np.cumsum(design.sizes, dtype=int)
    hot = np.zeros((n, int(ends[-1]) if len(ends) else 0), np.float32)
    for place, (end, size) in enumerate(zip(ends, design.sizes, strict=True)):
        known = np.flatnonzero(design.codes[:, place] >= 0)
        hot[known, end - size + design.codes[known, place]] = 1
    there = ~np.isnan(design.scores)
    scores = np.where(there, design.scores, 0).astype(np.float32)
    return np.hstack([hot, scores**2, scores, there.astype(np.float32)])


class Mixture:
    """The engine: rows of statistics with the shape of their columns.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_statistics)
    sizes : tuple of int
        The number of levels of each column of levels.
    counts : ndarray of shape (n_rows,), optional
        How often each row counts: a bootstrap resample is a vector of counts.
    """

    def __init__(self, rows: Floats32, sizes: tuple[int, ...], counts: NDArray[np.int64] | None = None) -> None:
        kept = np.ones(len(rows), bool) if counts is None else counts > 0
        self.rows, self.sizes = rows[kept], sizes
        self.counts = np.ones(len(rows), np.float32) if counts is None else counts[kept].astype(np.float32)
        self.n = float(self.counts.sum())
        self.hot = sum(sizes)
        self.scored = (rows.shape[1] - self.hot) // 3
        self.member = np.zeros((self.hot, len(sizes)), np.float32)
        for place, end in enumerate(np.cumsum(sizes, dtype=int)):
            self.member[end - sizes[place] : end, place] = 1
        total = self.counts @ self.rows[:, : self.hot] + 0.5
        self.whole = total / (total @ self.member @ self.member.T)
        self.parameters = self.hot - len(sizes) + 2 * self.scored  # of one class

    def path(
        self,
        most: int,
        random: np.random.Generator,
        *,
        smallest: float,
        starts: int = 2,
    ) -> dict[int, Solution]:
        """Solutions for `most` classes down to one, the best of several descents for each count.

        Parameters
        ----------
        most : int
            How many classes to offer; the descent starts a little higher.
        random : numpy Generator
        smallest : float
            Classes with a smaller share of the rows are dissolved first.
        starts : int
            Descents from different beginnings.
        """
        best: dict[int, Solution] = {}
        for _ in range(starts):
            for solution in self._descend(most + 2, random, smallest):
                rival = best.get(solution.count)
                if rival is None or _worth(solution, smallest) > _worth(rival, smallest):
                    best[solution.count] = solution
        return {count: self._fit(best[count].responsibilities, _ROUNDS) for count in sorted(best) if count <= most}

    def refine(self, solution: Solution) -> Solution:
        """Fit these rows from a solution that other rows began."""
        return self._fit(self._expect(solution.weights, solution.log_shares)[0], _ROUNDS_TO_REFINE)

    def random_start(self, count: int, random: np.random.Generator) -> Floats32:
        """Soft memberships around rows far from each other (k-means++ seeding on chi-square distances)."""
        scale = np.concatenate([1 / np.sqrt(self.whole), np.zeros(self.scored), np.ones(self.scored)])
        points = self.rows[:, : len(scale)] * scale.astype(np.float32)
        norms = (points**2).sum(axis=1)

        def distance(row: int) -> Floats32:
            gap: Floats32 = np.maximum(norms - 2 * points @ points[row] + norms[row], 0)
            return gap

        gaps = [distance(int(random.integers(len(points))))]
        for _ in range(count - 1):
            nearest = np.min(gaps, axis=0).astype(float)
            chance = nearest / nearest.sum() if nearest.sum() > 0 else None
            gaps.append(distance(int(random.choice(len(points), p=chance))))
        own = np.eye(count, dtype=np.float32)[:, np.argmin(gaps, axis=0)]
        return 0.8 * own + np.float32(0.2 / count)

    def _descend(self, most: int, random: np.random.Generator, smallest: float) -> list[Solution]:
        solution = self._fit(self.random_start(most, random), _ROUNDS, ROUGH)
        solutions = [solution]
        while solution.count > 1:
            first, second = self._cheapest_pair(solution.responsibilities, smallest)
            merged = np.delete(solution.responsibilities, second, axis=0)
            merged[first] += solution.responsibilities[second]
            solution = self._fit(merged, _ROUNDS, ROUGH)
            solutions.append(solution)
        return solutions

    def _fit(self, responsibilities: Floats32, rounds: int, tolerance: float = FINE) -> Solution:
        before = -np.inf
        for _ in range(rounds):
            weights, log_shares = self._maximise(responsibilities)
            responsibilities, density = self._expect(weights, log_shares)
            mean = float(self.counts @ density) / self.n
            if mean - before < tolerance:
                break
            before = mean
        count = len(log_shares)
        likelihood = mean * self.n
        bic = -2 * likelihood + (count * self.parameters + count - 1) * float(np.log(self.n))
        return Solution(weights, log_shares, responsibilities, likelihood, bic, self.counts)

    def _expect(self, weights: Floats32, log_shares: Floats32) -> tuple[Floats32, Floats32]:
        # Classes by rows, not rows by classes: sums over a handful of classes then run along memory.
        logs = weights.T @ self.rows.T + log_shares[:, None]
        top = logs.max(axis=0)
        shares = np.exp(logs - top)
        total = shares.sum(axis=0)
        return shares / total, top + np.log(total)

    def _sums(self, responsibilities: Floats32) -> tuple[Floats32, Floats32]:
        weighted = responsibilities * self.counts
        return weighted @ self.rows, weighted.sum(axis=1)

    def _maximise(self, responsibilities: Floats32) -> tuple[Floats32, Floats32]:
        sums, sizes = self._sums(responsibilities)
        hot = sums[:, : self.hot]
        chances = (hot + PRIOR * self.whole) / ((hot @ self.member + PRIOR) @ self.member.T)
        weights = [np.log(chances)]
        if self.scored:
            mean, variance = self._normals(sums)
            weights += [-0.5 / variance, mean / variance, -0.5 * (mean**2 / variance + np.log(variance))]
        log_shares = np.log((sizes + 1) / (self.n + len(sizes)))
        return np.hstack(weights).T.astype(np.float32), log_shares.astype(np.float32)

    def _normals(self, sums: Floats32) -> tuple[Floats32, Floats32]:
        squares, first, there = np.split(sums[:, self.hot :], 3, axis=1)
        weight = there + PRIOR
        mean = first / weight
        variance = np.maximum((squares + PRIOR) / weight - mean**2, SMALLEST_VARIANCE)
        return mean, variance

    def _score(self, sums: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Complete-data log-likelihood of classes with these sums; shape (n_classes,)."""
        hot = sums[:, : self.hot]
        level = (hot + 1e-9) / ((hot @ self.member + 1e-6) @ self.member.T)
        score = (hot * np.log(level)).sum(axis=1) + sizes * np.log(sizes + 1e-9)
        if self.scored:
            _, variance = self._normals(sums.astype(np.float32))
            score = score - 0.5 * (sums[:, -self.scored :] * np.log(variance)).sum(axis=1)
        return np.asarray(score, float)

    def _cheapest_pair(self, responsibilities: Floats32, smallest: float) -> tuple[int, int]:
        """The two classes whose union costs the least likelihood; one too small must be among them."""
        sums, sizes = (part.astype(float) for part in self._sums(responsibilities))
        own = self._score(sums, sizes)
        first, second = np.triu_indices(len(sizes), 1)
        loss = own[first] + own[second] - self._score(sums[first] + sums[second], sizes[first] + sizes[second])
        dwarf = int(sizes.argmin())
        if sizes[dwarf] < smallest * self.n:
            loss = np.where((first == dwarf) | (second == dwarf), loss, np.inf)
        pair = int(loss.argmin())
        return int(first[pair]), int(second[pair])


def _worth(solution: Solution, smallest: float) -> tuple[bool, float]:
    return solution.smallest >= 0.9 * smallest, solution.log_likelihood

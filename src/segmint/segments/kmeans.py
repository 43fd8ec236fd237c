"""K-means for mixed tables: levels as chi-square coordinates, numbers as normal scores, every column worth the same.

The squared distance to a centre is linear in the same rows of statistics that the mixtures read, so that one way of
assigning customers serves all methods.
"""

from __future__ import annotations

import numpy as np

from segmint.arrays import Floats32
from segmint.segments.mixture import Mixture, Solution

STARTS = 10
ROUNDS = 50


def k_means(mixture: Mixture, count: int, random: np.random.Generator) -> Solution:
    """Find `count` centres, the best of several starts (Lloyd, 1982; Arthur & Vassilvitskii, 2007).

    Parameters
    ----------
    mixture : Mixture
        Holds the rows of statistics and how often each counts.
    count : int
    random : numpy Generator

    Returns
    -------
    Solution
        Memberships are a softmax of squared distances at the spread found within segments; `bic` is that of
        spherical normals with that spread.
    """
    points, scale = _embed(mixture)
    best: tuple[float, Floats32, Floats32] | None = None
    for _ in range(STARTS):
        own = mixture.random_start(count, random).argmax(axis=0)
        inertia, own, centres = _lloyd(points, mixture.counts, own, count)
        if best is None or inertia < best[0]:
            best = inertia, own, centres
    assert best is not None
    inertia, _, centres = best
    return _solution(mixture, scale, inertia, centres)


def _embed(mixture: Mixture) -> tuple[Floats32, Floats32]:
    """Points of shape (n_rows, n_levels + n_scores) and the scale of each level; no value lies in the middle."""
    sizes = np.asarray(mixture.sizes)
    scale = (1 / np.sqrt(mixture.whole * np.repeat(np.maximum(sizes - 1, 1), sizes))).astype(np.float32)
    hot = mixture.rows[:, : mixture.hot]
    known = hot @ mixture.member @ mixture.member.T
    levels = (hot - known * mixture.whole) * scale
    scores = mixture.rows[:, mixture.hot + mixture.scored : mixture.hot + 2 * mixture.scored]
    return np.hstack([levels, scores]).astype(np.float32), scale


def _lloyd(points: Floats32, counts: Floats32, own: Floats32, count: int) -> tuple[float, Floats32, Floats32]:
    squares = (points**2).sum(axis=1)
    for _ in range(ROUNDS):
        member = np.eye(count, dtype=np.float32)[own] * counts[:, None]
        centres = member.T @ points / np.maximum(member.sum(axis=0), 1e-6)[:, None]
        gaps = squares[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
        nearest = gaps.argmin(axis=1)
        if (nearest == own).all():
            break
        own = nearest
    return float(counts @ gaps.min(axis=1)), own, centres


def _solution(mixture: Mixture, scale: Floats32, inertia: float, centres: Floats32) -> Solution:
    count, dimensions = centres.shape
    spread = max(inertia / (mixture.n * dimensions), 1e-6)
    levels = centres[:, : mixture.hot] * scale
    levels = levels - (levels * mixture.whole) @ mixture.member @ mixture.member.T
    nothing = np.zeros((count, mixture.scored), np.float32)
    weights = np.hstack([levels, nothing, centres[:, mixture.hot :], nothing]).T / spread
    log_shares = -0.5 * (centres**2).sum(axis=1) / spread
    logs = mixture.rows @ weights + log_shares
    shares = np.exp(logs - logs.max(axis=1, keepdims=True)).T
    likelihood = -0.5 * mixture.n * dimensions * (np.log(2 * np.pi * spread) + 1) - mixture.n * np.log(count)
    bic = -2 * likelihood + count * dimensions * np.log(mixture.n)
    return Solution(
        weights.astype(np.float32),
        log_shares.astype(np.float32),
        (shares / shares.sum(axis=0)).astype(np.float32),
        float(likelihood),
        float(bic),
        mixture.counts,
    )

"""Adaptive conformal label sets: which outcomes cannot be ruled out, right in nine of ten calls whatever drifts."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Mask

TARGET = 0.9  # of the calls are to be covered
# How strongly one miss moves the next sets; less where many calls are made before an outcome is known, so that they do not swing.
GAMMA = 0.01
MEMORY = 1_000  # latest resolved calls that scores are held against
_CALMEST = 0.5  # of a miss rate: what all calls that wait for an outcome may move the sets together
BLOCK = 1_000  # calls


@dataclass(frozen=True)
class LabelSets:
    """The sets of a stream of calls, and how often they held what happened.

    Attributes
    ----------
    yes, no : ndarray of bool, shape (n_calls,)
        Whether each label is in the call's set. Neither: an unusual call. Both: nothing can be ruled out.
    covered : ndarray of bool, shape (n_calls,)
        Whether the set held the outcome.
    """

    yes: Mask
    no: Mask
    covered: Mask

    def blocks(self) -> NDArray[np.float64]:
        """Coverage of each whole block of 1,000 successive calls."""
        whole = self.covered[: self.covered.size // BLOCK * BLOCK]
        return np.asarray(whole.reshape(-1, BLOCK).mean(axis=1), dtype=np.float64)

    def words(self) -> list[str]:
        """The set of each call: "yes", "no", "both" or "none"."""
        words = np.array(["none", "no", "yes", "both"])
        return [str(word) for word in words[2 * self.yes + self.no]]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON, no call in it."""
        blocks = self.blocks()
        size_of = self.yes.astype(np.int64) + self.no
        return {
            "target": TARGET,
            "calls": int(self.covered.size),
            "coverage": float(self.covered.mean()),
            "mean_size": float(size_of.mean()),
            "empty": float((size_of == 0).mean()),
            "both": float((size_of == 2).mean()),
            "block": BLOCK,
            "block_coverage": [round(float(share), 4) for share in blocks],
            "blocks_within_3_points": float((abs(blocks - TARGET) <= 0.03).mean()) if blocks.size else None,
        }


def adaptive_sets(propensity: ArrayLike, said_yes: ArrayLike, *, resolved: ArrayLike | None = None) -> LabelSets:
    """Make a label set for each call of a stream, from the calls resolved before it.

    A label is in the set if its probability is not among the lowest that the true labels lately had. How low is
    steered by past misses: after a miss the next sets are wider, after a hit a little narrower. Coverage over a long
    stream follows without any assumption on how customers change.

    Parameters
    ----------
    propensity : array-like of shape (n_calls,)
        In the order of the calls, each said before its outcome was known.
    said_yes : array-like of shape (n_calls,)
    resolved : array-like of int, shape (n_calls,), optional
        How many of the first calls had a known outcome when each call was made; unless said otherwise, all before it.

    References
    ----------
    Gibbs and Candès 2021, "Adaptive conformal inference under distribution shift", arXiv 2106.00170.
    """
    p, outcome = np.asarray(propensity, dtype=np.float64), np.asarray(said_yes, dtype=bool)
    strangeness = np.where(outcome, 1 - p, p)
    yes, no = np.ones(p.size, dtype=bool), np.ones(p.size, dtype=bool)
    covered = np.ones(p.size, dtype=bool)
    before = np.arange(p.size) if resolved is None else np.minimum(np.asarray(resolved), np.arange(p.size))
    ordered: list[float] = []
    latest: deque[float] = deque()
    miss_rate, taught = 1 - TARGET, 0
    for call in range(p.size):
        step = min(GAMMA, _CALMEST / max(call - taught, 1))
        for teacher in range(taught, before[call]):
            miss_rate += step * ((1 - TARGET) - (not covered[teacher]))
            insort(ordered, float(strangeness[teacher]))
            latest.append(float(strangeness[teacher]))
            if len(latest) > MEMORY:
                ordered.pop(bisect_left(ordered, latest.popleft()))
        taught = max(taught, int(before[call]))
        limit = _limit(ordered, miss_rate)
        yes[call], no[call] = 1 - p[call] <= limit, p[call] <= limit
        covered[call] = strangeness[call] <= limit
    return LabelSets(yes, no, covered)


def _limit(ordered: list[float], miss_rate: float) -> float:
    """The largest strangeness that still counts as usual."""
    if miss_rate <= 0 or not ordered:
        return np.inf
    if miss_rate >= 1:
        return -np.inf
    place = int(np.ceil((len(ordered) + 1) * (1 - miss_rate)))
    return ordered[place - 1] if place <= len(ordered) else np.inf

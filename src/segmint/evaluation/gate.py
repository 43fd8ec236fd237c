"""The gate: may a challenger replace the champion? Only if it is better with its interval, or equal and simpler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.evaluation.paired_bootstrap import affordable_repeats
from segmint.evaluation.recalibration import Move
from segmint.metrics.intervals import interval, weight_blocks

METRIC = "log score per 1,000 customers"
DIGITS = 6  # of the log score; farther behind stands the noise of computing
MARGIN = 0.5  # a loss of so little counts as equal; without a margin no interval around nothing could ever pass
SEED, REPEATS = 7, 1_000  # of the bootstrap: the same two on the same rows are judged the same


@dataclass(frozen=True)
class Gate:
    """The answer to "may the challenger replace the champion?", made by who compared the two.

    Attributes
    ----------
    passed : bool
    verdict : {"first", "better", "equal_and_simpler", "not_better", "worse"}
        First: there was no champion. Better: the interval of the difference lies above zero.
    sentence : str
        The reason for people, with the figures: "profit per 1,000 customers +14.2 (3.1 to 25.0)".
    metric : str
    difference, low, high : float or None
        Challenger minus champion, with its interval.
    judged_on : dict of str to int or None
        Where a table was named to judge by: its customers who did, those left out as one of the two had learned from them, and
        its rows left out as nobody called them.
    """

    passed: bool
    verdict: Literal["first", "better", "equal_and_simpler", "not_better", "worse"]
    sentence: str
    metric: str = ""
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    judged_on: dict[str, int] | None = None

    @classmethod
    def judge(
        cls, metric: str, difference: float, low: float, high: float, *, simpler: bool, margin: float = 0.0
    ) -> Gate:
        """Let pass what is better with its whole interval, or no worse than `margin` and simpler.

        Parameters
        ----------
        metric : str
            What was compared, more being better.
        difference, low, high : float
            Challenger minus champion on the same rows, with its interval.
        simpler : bool
            Whether the challenger is simpler (fewer columns or parameters).
        margin : float
            The loss that counts as equal; 0 asks for a lower end of at least zero.
        """
        figures = f"{metric} {difference:+.4g} ({low:.4g} to {high:.4g})"
        if low > 0.0:
            verdict: Literal["better", "equal_and_simpler", "not_better", "worse"] = "better"
        elif high < 0.0:
            verdict = "worse"
        elif low >= -margin and simpler:
            verdict = "equal_and_simpler"
        else:
            verdict = "not_better"
        passed = verdict in ("better", "equal_and_simpler")
        words = verdict.replace("_", " ")
        return cls(passed, verdict, f"{words}: {figures}", metric, difference, low, high)


def judge_losses(
    ours: Floats, theirs: Floats, *, groups: NDArray[np.int64] | None, simpler: bool, flattered: float
) -> Gate:
    """Judge a challenger against the champion on the same rows by the log score, more being better.

    Parameters
    ----------
    ours, theirs : ndarray of shape (n,)
        Log loss of the challenger and of the champion, by row.
    groups : ndarray of shape (n,) or None
        Rows of one group, which is one customer, are drawn together.
    simpler : bool
        Whether the challenger is simpler.
    flattered : float
        What the challenger gains per row by numbers that were fitted on these very rows; it is taken off, but never
        speaks for "worse".
    """
    gain = 1_000 * (theirs - ours)
    blocks = weight_blocks(gain.size, affordable_repeats(gain.size, REPEATS), seed=SEED, groups=groups)
    low, high = interval(np.concatenate([weights @ gain / weights.sum(axis=1) for weights in blocks]))
    off = 1_000 * flattered
    return Gate.judge(METRIC, float(gain.mean()) - off, float(low) - off, float(high), simpler=simpler, margin=MARGIN)


def judge_move(move: Move) -> Gate:
    """Judge a bundle with another intercept against the same bundle as it was."""
    if move.shift == 0.0:
        stays = "not better: the present one promises what was observed already, so its intercept stays where it is"
        return Gate(False, "not_better", stays, METRIC, 0.0, 0.0, 0.0)
    # + 0.0: a loss that is rounded away has no sign
    gain, low, high = (round(1_000 * value, DIGITS) + 0.0 for value in (move.gain, move.low, move.high))
    return Gate.judge(METRIC, gain, low, high, simpler=False, margin=MARGIN)

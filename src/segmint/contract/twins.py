"""Columns that say what another says: copies, and amounts in another unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.look import Look

FEWEST_ROWS = 30  # with fewer, two columns of yes and no may be alike by chance
COMPARED_ROWS = 1_000
_ROUNDING = 1e-9
_BOTH_FILLED = 0.9
_STEP = 50  # of the compared rows every often: few, and they tell nearly all pairs of columns apart


class Twin(NamedTuple):
    """What a column says again.

    Attributes
    ----------
    of : str
        The column that says it too.
    times : float
        How many times its number this one is; 1 for the same.
    exact : bool
        Whether every cell is the same, the empty ones too.
    """

    of: str
    times: float
    exact: bool

    def __str__(self) -> str:
        """Say it beside the column."""
        if self.exact:
            return f"the same values as '{self.of}'"
        if self.times == 1:
            return f"the same values as '{self.of}', where both have one: ignore one of them?"
        return f"always {self.times:.6g} times '{self.of}': ignore one of them?"


def twins_of(looks: Sequence[Look]) -> dict[str, Twin]:
    """Find the columns that are the same as an earlier one, or a number of times an earlier one.

    Parameters
    ----------
    looks : sequence of Look
        Of the columns to compare; of two that say the same, the later is named.

    Returns
    -------
    dict of str to Twin
        By the name of the later column.
    """
    if not looks or len(looks[0].texts) < FEWEST_ROWS:
        return {}
    copies = _copies(looks)
    numbers = [look for look in looks if look.kind == "number" and look.name not in copies]
    return copies | _multiples(numbers)


def _copies(looks: Sequence[Look]) -> dict[str, Twin]:
    found, seen = {}, dict[tuple[str, int], Look]()
    for look in looks:
        values = _values(look)
        # equal columns have equal bytes; whether those of one hash are equal is seen below
        key = look.kind, hash(values.hash().to_numpy().tobytes())
        first = seen.setdefault(key, look)
        if first is not look and values.equals(_values(first)):
            found[look.name] = Twin(first.name, 1.0, exact=True)
    return found


def _values(look: Look) -> pl.Series:
    return look.numbers if look.kind == "number" else look.texts


def _multiples(looks: Sequence[Look]) -> dict[str, Twin]:
    if len(looks) < 2:
        return {}
    rows = np.unique(np.linspace(0, len(looks[0].numbers) - 1, COMPARED_ROWS).astype(int))
    part = np.column_stack([look.numbers.gather(rows).to_numpy() for look in looks])
    few = part[::_STEP].copy()
    found: dict[str, Twin] = {}
    for place, look in enumerate(looks[:-1]):
        if look.name in found:  # its multiples are those of the first one
            continue
        ahead = np.array([other for other in range(place + 1, len(looks)) if looks[other].name not in found], dtype=int)
        ahead = ahead[_may_be_multiples(few[:, ahead], few[:, place])]
        for other in ahead[_ratios(part[:, ahead], part[:, place]) != 0]:
            ratio = float(_ratios(looks[other].numbers.to_numpy()[:, None], look.numbers.to_numpy())[0])
            if ratio:
                found[looks[other].name] = Twin(look.name, _round_ratio(ratio), exact=False)
    return found


def _may_be_multiples(many: NDArray[np.float64], one: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell the columns of `many` that no two of a few rows show to be no number of times `one`."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = many / one[:, None]
    _, least, most = _spread(ratios, np.isfinite(ratios))
    with np.errstate(invalid="ignore"):  # where none is told
        return ~(most - least > _ROUNDING * (np.abs(most) + np.abs(least)))


def _spread(
    ratios: NDArray[np.float64], both: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    told = both & np.isfinite(ratios) & (ratios != 0)  # nought is any number of times nought, and nothing else
    least = np.where(told, ratios, np.inf).min(axis=0, initial=np.inf)
    return told, least, np.where(told, ratios, -np.inf).max(axis=0, initial=-np.inf)


def _ratios(many: NDArray[np.float64], one: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how many times `one` each column of `many` is; 0 where it is no number of times."""
    both = np.isfinite(many) & np.isfinite(one)[:, None]
    filled = np.maximum(np.isfinite(many).sum(axis=0), np.isfinite(one).sum())
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = many / one[:, None]
    told, least, most = _spread(ratios, both)
    alike = (both.sum(axis=0) >= _BOTH_FILLED * filled) & (told.sum(axis=0) >= FEWEST_ROWS)
    alike &= (told | ~both | ((many == 0) & (one == 0)[:, None])).all(axis=0)
    with np.errstate(invalid="ignore"):  # where none was told
        middle = np.where(alike, (least + most) / 2, 0.0)
    return np.where(alike & (most - least <= _ROUNDING * np.abs(middle)), middle, 0.0)


def _round_ratio(ratio: float) -> float:
    return float(f"{ratio:.9g}")

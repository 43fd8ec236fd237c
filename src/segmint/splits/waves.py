"""Waves: rows in the order of time, cut into campaign periods, each with the outcomes known when it begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import distinct
from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError
from segmint.wording import counted

Rows = NDArray[np.int64]
ROW_ORDER = "rows"
_TELLS_TIME = 0.8


@dataclass(frozen=True)
class Wave:
    """One campaign period.

    Attributes
    ----------
    number : int
        From 1.
    rows : ndarray
        Positions of the customers of the wave, in the order of time.
    known : ndarray
        Positions of earlier customers whose outcome is known when the wave is decided, in the order of time.
    """

    number: int
    rows: Rows
    known: Rows


def times_of(table: ValidTable, by: str = ROW_ORDER) -> NDArray[np.float64]:
    """Read when each row happened.

    Parameters
    ----------
    table : ValidTable
    by : str
        Name of a date column (then the time is in calendar days) or of a number column; "rows" takes the order
        of the rows for the order of time (then the time is in calls).

    Returns
    -------
    ndarray of shape (n_customers,)

    Raises
    ------
    DataError
        If there is no such column, or a row has no time.
    """
    if by == ROW_ORDER:
        return np.arange(len(table), dtype=np.float64)
    kinds = {name: kind for name, kind in table.frame.schema.items() if kind in (pl.Date, pl.Float64)}
    if by not in kinds:
        raise DataError(
            f"There is no date or number column '{by}' to take the time from.",
            expected="the name of such a column, or 'rows'",
            fix=_columns_of_time(table, kinds),
        )
    column = table.frame[by]
    if missing := column.null_count():
        raise DataError(
            f"{counted(missing, 'row has', 'rows have')} no '{by}', so their place in time is unknown; the first is record "
            f"{int(table.records[column.is_null().to_numpy()][0]):,}.",
            expected="a time in every row",
            fix="complete the column, or remove these rows",
        )
    days = column.cast(pl.Int32) if kinds[by] == pl.Date else column
    return days.cast(pl.Float64).to_numpy()


def _columns_of_time(table: ValidTable, kinds: Iterable[str]) -> str:
    """Advise columns that tell the time by the contract: any number has an order, and few are that of time."""
    known = table.contract.by_name
    those = [name for name in kinds if name in known and (known[name].kind == "date" or known[name].role == "time")]
    if those:
        return f"columns that would do: {', '.join(those)}"
    return (
        'no column of the contract is a date, or has the role "time": give it to the one that tells when a call was made, '
        "or take the order of the rows: --time-order rows"
    )


def doubt_of_time(table: ValidTable, by: str) -> str | None:
    """Ask whether a plain number that models read tells the time at all; None of dates, of the role time and of rows."""
    if by not in {column.name for column in table.features if column.kind == "number"}:
        return None
    return (
        f"'{by}' is a plain number that models read as well. If it does not tell when a call was made, this is no replay of "
        'the past; if it does, give it the role "time" in the contract.'
    )


def make_waves(times: ArrayLike, *, start: int, step: int, delay: float = 0.0) -> list[Wave]:
    """Cut rows into waves that follow each other; nothing known later belongs to `known`.

    Parameters
    ----------
    times : array-like of shape (n,)
        When each row happened. Rows of one moment are never divided between waves.
    start : int
        Rows before the first wave, at least 1: what there is to learn from.
    step : int
        Rows of a wave, at least 1; the last may be shorter. Where moments are large, a wave ends with the one that
        brings it nearest to so many.
    delay : float
        How long after a call its outcome is known, in the unit of `times`.

    Returns
    -------
    list of Wave

    Raises
    ------
    DataError
        If there are no more than `start` rows, or no moment begins after them.
    """
    moments = np.asarray(times, dtype=np.float64)
    if start < 1 or step < 1 or delay < 0:
        raise ValueError("start and step must be at least 1, delay at least 0")
    if moments.size <= start:
        raise _too_short(f"The table has {moments.size} rows", start)
    order = np.argsort(moments, kind="stable").astype(np.int64)
    ordered = moments[order]
    first_of_moment = np.searchsorted(ordered, ordered, side="left")
    cuts = _cuts(first_of_moment, start, step)
    if not cuts:
        raise DataError(
            f"{_rows_but(int(first_of_moment[-1]), moments.size)}, and a moment is never divided.",
            expected=f"a history in which a later moment begins after the first {start:,} rows",
            fix="bring a longer history; or, if all calls bear one date, take the order of the rows: --time-order rows",
        )
    return [
        Wave(number, order[begin:end], order[: np.searchsorted(ordered, ordered[begin] - delay, side="left")])
        for number, (begin, end) in enumerate(zip(cuts, [*cuts[1:], moments.size], strict=True), start=1)
    ]


def _rows_but(earlier: int, rows: int) -> str:
    """Say how many rows are of the last moment."""
    if not earlier:
        return f"All {rows:,} rows are of one moment"
    return f"All but {counted(earlier, 'row')} are of one moment, the last"


def _cuts(first_of_moment: NDArray[np.intp], start: int, step: int) -> list[int]:
    """Find where waves begin: with the first moment after `start`, then where a moment begins nearest to `step` rows later."""
    end = first_of_moment.size
    places = np.append(distinct(first_of_moment), end)
    cut = int(places[np.searchsorted(places, start)])
    cuts = []
    while cut < end:
        cuts.append(cut)
        wished, next_one = cut + step, int(np.searchsorted(places, cut, side="right"))
        place = min(max(next_one, int(np.searchsorted(places, wished))), places.size - 1)
        earlier_is_nearer = place > next_one and wished - places[place - 1] < places[place] - wished
        cut = int(places[place - 1 if earlier_is_nearer else place])
    return cuts


def _too_short(came: str, start: int) -> DataError:
    return DataError(
        f"{came}, and {start:,} rows are to be known before the first wave.",
        expected="more rows than --first, which is --window where nothing else is said",
        fix="ask for a smaller --first, or bring a longer history",
    )


def time_proxies(table: ValidTable, waves: Sequence[Wave]) -> list[str]:
    """Name the context columns that tell the time: when the wave is known, so are they, nearly.

    Of their spread (of categories: of their Gini impurity) at least four fifths lies between the waves.

    Parameters
    ----------
    table : ValidTable
    waves : sequence of Wave
    """
    if len(waves) < 2:
        return []
    parts = [wave.rows for wave in waves]
    context = [column for column in table.features if column.role == "context"]
    return [c.name for c in context if _between(table.frame[c.name], parts) >= _TELLS_TIME]


def _between(values: pl.Series, parts: Sequence[Rows]) -> float:
    rows = np.concatenate(parts)
    if values.dtype == pl.String:
        codes = values.fill_null("").rank("dense").to_numpy().astype(np.int64) - 1
        spread = [_impurity(codes[part]) for part in parts]
        whole = _impurity(codes[rows])
    else:
        if values.null_count() == len(values):
            return 0.0
        numbers = values.fill_null(values.mean()).to_numpy()
        spread, whole = [float(numbers[part].var()) for part in parts], float(numbers[rows].var())
    within = float(np.average(spread, weights=[part.size for part in parts]))
    return 1 - within / whole if whole > 0 else 0.0


def _impurity(codes: NDArray[np.int64]) -> float:
    return float(1 - ((np.bincount(codes) / codes.size) ** 2).sum())

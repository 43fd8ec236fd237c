"""What a later wave leaves open: columns that are emptier or fuller now, and values that hardly anybody had before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from segmint.metrics.intervals import rate_difference
from segmint.segments.coding import NO_ANSWER, State
from segmint.wording import capital, percent

WORTH_SAYING = 0.01  # of the rows: a large table makes any difference a sure one
Gaps = dict[str, dict[str, float]]


def gaps_of(coding: Sequence[State], frame: pl.DataFrame) -> Gaps:
    """Measure how much of each describing column is empty, or a level that the coding has no place for.

    Parameters
    ----------
    coding : sequence of dict
        See `learn_coding`.
    frame : polars.DataFrame of shape (n_customers, any)

    Returns
    -------
    dict
        By column the shares of the rows that are ``empty`` and ``rare``, rounded to 0.0001. JSON.
    """
    return {state["column"]: _gap(state, frame[state["column"]]) for state in coding}


def _gap(state: State, values: pl.Series) -> dict[str, float]:
    rows, rare = max(len(values), 1), 0
    if state["type"] == "levels":
        text = values.cast(pl.String)
        values = text.set(text.is_in(list(NO_ANSWER)), None)
        rare = int((~values.drop_nulls().is_in(pl.Series(state["levels"], dtype=pl.String).implode())).sum())
    return {"empty": round(values.null_count() / rows, 4), "rare": round(rare / rows, 4)}


def say_gaps(
    before: Gaps, rows_before: int, coding: Sequence[State], frame: pl.DataFrame, labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Say where a later wave is surely emptier or fuller, or has more values that no segment knows.

    Parameters
    ----------
    before : dict
        `gaps_of` the customers among whom the segments were found.
    rows_before : int
    coding, frame
        As in `gaps_of`, for the later wave.
    labels : mapping of str to str
        What the columns are called.

    Returns
    -------
    tuple of str
        One sentence per column and gap, then what follows; empty where the waves are alike.
    """
    said: list[str] = []
    level = 1 - 0.05 / max(2 * len(before), 1)
    for column, now in gaps_of([state for state in coding if state["column"] in before], frame).items():
        label, then = capital(labels.get(column, column)), before[column]
        if _sure_change(now["empty"], frame.height, then["empty"], rows_before, level):
            said.append(f"{label}: {percent(now['empty'])} of the rows have no value, {percent(then['empty'])} before.")
        if now["rare"] > then["rare"] and _sure_change(now["rare"], frame.height, then["rare"], rows_before, level):
            said.append(
                f"{label}: {percent(now['rare'])} of the rows have a value that nobody or hardly anybody had when the "
                "segments were found; no segment knows it."
            )
    if said:
        said.append(
            "Changes of the segments below may come of that alone, and not of other customers: check the table first."
        )
    return tuple(said)


def _sure_change(now: float, rows: int, then: float, rows_then: int, level: float) -> bool:
    if abs(now - then) < WORTH_SAYING:
        return False
    low, high = rate_difference(round(now * rows), rows, round(then * rows_then), rows_then, level)
    return bool(low > 0 or high < 0)

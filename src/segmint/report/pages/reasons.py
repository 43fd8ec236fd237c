"""Why: which columns move the network's predictions, and along which values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, fold, grid, key, make_page, table, text
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import between, capital, count, decimal, listed, percent, percent_between, shorten

_OPEN, _MOST, _FEWEST_ON_A_LINE = 4, 12, 5
_LINE_KEYS = [key("accent", "average propensity"), key("rival", "half of the customers lie between")]
_DOT_KEYS = [key("accent", "average propensity, half of the customers lie on the line", "dot")]


def page(run: RunView) -> Page | None:
    """Show what matters over all customers, then how predictions move along the strongest columns."""
    importance = run.table(run_files.IMPORTANCE)
    if importance is None or importance.is_empty():
        return None
    effects, told = run.table(run_files.EFFECTS), run.json(run_files.REASONS) or {}
    pictures = [] if effects is None else _effects(run, importance, effects, told.get("average"))
    what = "the propensity" if run.is_response else "the probability of the likeliest segment"
    rest = pictures[_OPEN:]
    return make_page(
        "reasons",
        title="What the network's predictions rest on",
        short="Why",
        lead=f"How far each column moves {what} of a customer, and where its values lead.",
        blocks=[
            _importance(importance, told.get("customers")),
            grid(pictures[:_OPEN]) if pictures else None,
            fold(f"{len(rest)} more columns", [grid(rest)], printed=True) if rest else None,
            text(
                _undrawn_words(importance, effects),
                _average_words(told) if run.is_response else "",
                str(told.get("stability", "")),
                "A contribution says what the network does with a column, not what a change of it would cause.",
            ),
        ],
    )


def _average_words(told: Mapping[str, Any]) -> str:
    """Say which average the pictures start from: others stand on other pages."""
    average, customers = told.get("average"), told.get("customers")
    if average is None or customers is None:
        return ""
    return (
        f"{count(customers)} customers were drawn for these pictures; what the network gives them as they are is {percent(average)} on "
        "average. The average of all customers, and the share that happened, may differ a little from it."
    )


def _importance(importance: pl.DataFrame, customers: int | None) -> Block:
    rows = [
        {
            "label": row["label"], "value": 100 * row["importance"], "low": 100 * row["low"], "high": 100 * row["high"],
            "ours": True, "shown": decimal(100 * row["importance"], 2),
            "tip": f"{shorten(row['label'], 60)}: {decimal(100 * row['importance'], 2)} points, {percent(row['share'], 0)} of all movement",
        }
        for row in importance.head(_MOST).iter_rows(named=True)
    ]  # fmt: skip
    strongest = importance.head(3)
    share = percent(float(strongest["share"].sum()), 0)
    who = f" of {count(customers)} customers" if customers else ""
    caption = (
        f"{capital(listed([shorten(label, 40) for label in strongest['label']]))} make {share} of all movement. Bars are "
        f"mean absolute contributions{who}, lines their 95 % intervals."
    )
    return chart(
        "What matters most",
        draw(
            charts.bars(rows, title="points that a prediction moves on average", lines=3), "Importance of the columns"
        ),
        caption=caption,
        data=table(
            ["Column", "points", "95 % interval", "share"],
            [
                [
                    row["label"],
                    decimal(100 * row["importance"], 2),
                    between(100 * row["low"], 100 * row["high"], 2),
                    percent(row["share"]),
                ]
                for row in importance.iter_rows(named=True)
            ],
        ),
        keys=[key("accent", "average movement, in points of probability", "square")],
        wide=True,
    )


def _effects(run: RunView, importance: pl.DataFrame, effects: pl.DataFrame, average: float | None) -> list[Block]:
    return [
        _response(mine, average) if run.is_response else _segments(mine)
        for mine in _along_the_strongest(importance, effects)
        if _leads_somewhere(mine)
    ]


def _undrawn_words(importance: pl.DataFrame, effects: pl.DataFrame | None) -> str:
    """Name the columns that have no picture: one value leads nowhere."""
    strongest = [] if effects is None else _along_the_strongest(importance, effects)
    undrawn = [shorten(mine["label"][0], 40) for mine in strongest if mine.height and not _leads_somewhere(mine)]
    return f"Not drawn, as only one value was there to try: {listed(undrawn)}." if undrawn else ""


def _along_the_strongest(importance: pl.DataFrame, effects: pl.DataFrame) -> list[pl.DataFrame]:
    return [effects.filter(pl.col("column") == name).sort("place") for name in importance["column"].head(_MOST)]


def _leads_somewhere(mine: pl.DataFrame) -> bool:
    return mine["level"].n_unique() > 1


def _response(mine: pl.DataFrame, average: float | None) -> Block:
    label = capital(str(mine["label"][0]))
    numbers = mine.filter(pl.col("number").is_not_null())
    line = numbers.height >= _FEWEST_ON_A_LINE
    base = float(np.mean(mine["prediction"].to_numpy())) if average is None else average
    picture = _line(numbers) if line else _dots(mine, base)
    return chart(
        label,
        draw(picture, f"Average propensity along {label}"),
        caption=_caption(mine, numbers if line else None),
        data=_data(mine, segments=False),
        keys=_LINE_KEYS if line else [*_DOT_KEYS, key("signal", f"as they are {percent(base)}", "dash")],
    )


def _line(numbers: pl.DataFrame) -> charts.Chart:
    x = numbers["number"].to_numpy()
    lines = [(name, x, numbers[name].to_numpy()) for name in ("low", "high", "prediction")]
    tips = [
        {
            "x": row["number"],
            "y": row["prediction"],
            "tip": f"{shorten(row['level'], 40)}: {percent(row['prediction'])}",
        }
        for row in numbers.iter_rows(named=True)
    ]
    return charts.curves(
        lines,
        [charts.RIVAL, charts.RIVAL, charts.ACCENT],
        x_title=shorten(numbers["label"][0], 48),
        y_title="average propensity",
        tips=tips,
        unit=(False, False),
    )


def _dots(mine: pl.DataFrame, base: float) -> charts.Chart:
    rows = [
        {
            "label": row["level"], "rate": row["prediction"], "low": row["low"], "high": row["high"],
            "tip": f"{shorten(row['level'], 60)}: {percent(row['prediction'])}",
        }
        for row in mine.iter_rows(named=True)
    ]  # fmt: skip
    return charts.dots(rows, base=base, title="average propensity")


def _caption(mine: pl.DataFrame, numbers: pl.DataFrame | None) -> str:
    drawn = mine if numbers is None else numbers
    high = drawn.row(int(np.argmax(drawn["prediction"].to_numpy())), named=True)
    low = drawn.row(int(np.argmin(drawn["prediction"].to_numpy())), named=True)
    words = (
        f"With all else as it is, the average propensity is {percent(high['prediction'])} at {shorten(high['level'], 40)} and "
        f"{percent(low['prediction'])} at {shorten(low['level'], 40)}."
    )
    apart = [] if numbers is None else mine.filter(pl.col("number").is_null()).rows(named=True)
    if not apart:
        return words
    others = [f"{shorten(row['level'], 40)} ({percent(row['prediction'])})" for row in apart]
    return f"{words} Not on the line: {listed(others)}."


def _segments(mine: pl.DataFrame) -> Block:
    label = capital(str(mine["label"][0]))
    classes = mine["target"].unique(maintain_order=True).to_list()
    rows = []
    for _, level in mine.group_by("place", maintain_order=True):
        start = 0.0
        for place, name in enumerate(classes):
            row = level.filter(pl.col("target") == name).row(0, named=True)
            end = min(start + row["prediction"], 1.0)
            tip = f"{shorten(row['level'], 40)}: {percent(row['prediction'])} {shorten(name, 40)}"
            rows.append(
                {"level": row["place"], "label": row["level"], "place": place, "start": start, "end": end, "tip": tip}
            )
            start = end
    strongest = max(mine.iter_rows(named=True), key=lambda row: float(row["prediction"]))
    return chart(
        label,
        draw(charts.mix(rows, classes), f"Average probabilities along {label}"),
        caption=f"With all else as it is, {shorten(strongest['target'], 24)} is likeliest at {shorten(strongest['level'], 40)}: "
        f"{percent(strongest['prediction'])} on average.",
        data=_data(mine, segments=True),
        keys=[key(charts.class_key(place), shorten(name, 24), "square") for place, name in enumerate(classes)],
    )


def _data(mine: pl.DataFrame, *, segments: bool) -> Block:
    rows = [
        [
            row["level"],
            *([row["target"]] if segments else []),
            percent(row["prediction"]),
            percent_between(row["low"], row["high"]),
        ]
        for row in mine.iter_rows(named=True)
    ]
    named = ["Value", "segment", "average"] if segments else ["Value", "average propensity"]
    return table([*named, "half of the customers"], rows, words=(0, 1) if segments else (0,))

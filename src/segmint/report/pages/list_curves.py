"""What this ranking brought where the answers are known: gains, lift, response, profit and return, with bands."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, figures, grid, key, make_page, table, text
from segmint.report.pages.call_list import eligible_of
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import count, decimal, money, percent, times


def page(run: RunView) -> Page | None:
    """Show the curves of customers that the network had not seen, at this list's cost and value."""
    found = run.json(run_files.TARGET)
    past = (found or {}).get("past")
    if found is None or past is None:
        return None
    currency = str(found["currency"])
    rows = pl.DataFrame(past["curves"])
    return make_page(
        "curves",
        title="What this ranking brought among past customers",
        short="Past customers",
        lead=f"How {count(past['customers'])} past customers really answered, each ranked by a network that had "
        f"not seen the customer; at {money(past['cost'], currency, 2)} per customer called and {money(past['value'], currency, 2)} "
        f"per success{_reached(past)}.",
        blocks=[
            text(_beside_the_list(found, currency)),
            _empa(past, currency),
            _profit(rows, past, currency),
            grid(
                [
                    _one(rows, "gain", currency, past),
                    _one(rows, "lift", currency, past),
                    _one(rows, "response", currency, past),
                    _one(rows, "return", currency, past),
                ]
            ),
        ],
    )


def _reached(past: dict[str, Any]) -> str:
    reach = past.get("reach", 1.0)
    return f"; {percent(reach, 0)} of those called are reached" if reach < 1 else ""


def _beside_the_list(found: dict[str, Any], currency: str) -> str:
    """Say which of the two amounts of money decides, and why they differ."""
    brings = found["expected_profit"]
    money_of_list = "what it brings is" if brings is None else f"its {money(brings, currency)} are"
    return (
        f"The call list decides whom to call: {money_of_list} expected of the "
        f"{count(eligible_of(found['counts']))} customers of this table who may be called, within its limits. The money in this section is what "
        f"{count(found['past']['customers'])} past customers really brought, without limits or holdout: it judges the ranking and chooses nobody. "
        "The two differ, as answers fall around what is expected by chance, the customers need not be the same, and each cut here was chosen "
        "when the answers were known."
    )


def _empa(past: dict[str, Any], currency: str) -> Block | None:
    best = past.get("empa")
    cut = (
        "Best cut in hindsight",
        _best(past["best_fraction"]),
        f"{money(past['best_profit'], currency)}, the most there was",
    )
    edge = past.get("break_even")
    pays = edge is not None and edge >= 1
    even = (
        "Whole list pays up to",
        "nobody" if edge is None else _best(edge),
        "even calling everybody costs less than it brings" if pays else "more calls than that cost more than all bring",
    )
    if best is None:
        return figures([cut, even])
    each = (
        "Expected maximum profit",
        money(best["profit"], currency, 2),
        f"per customer (EMPA): the best cuts over values of a success that vary, {percent(best['fraction'], 0)} called on average",
    )
    return figures([cut, even, each])


def _best(fraction: float) -> str:
    return "everybody" if fraction >= _ALL else f"best {percent(fraction, 0)}"


def _points(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.filter(pl.col("curve") == name).drop_nulls(["value", "low", "high"])


def _profit(rows: pl.DataFrame, past: dict[str, Any], currency: str) -> Block | None:
    marks = [(float(past["best_fraction"]), "most profit")]
    edge = past.get("break_even")
    if edge is not None and past["best_fraction"] < edge < 1:
        marks.append((float(edge), "pays up to here"))
    return _band(
        _points(rows, "profit"), "Profit", f"profit, {currency}", lambda v: money(v, currency), str(past["sentence"]),
        past, level=0.0, marks=marks, wide=True,
    )  # fmt: skip


_ALL = 0.995  # rounds to 100 %
_SHOWN: dict[str, tuple[str, str, bool, float | None]] = {
    "gain": ("Gains: responders reached", "share of all responders", True, None),
    "lift": ("Lift: times better than calling at random", "lift", False, 1.0),
    "response": ("Response: share of those called who said yes", "response rate", True, None),
    "return": ("Return: profit for each unit of cost", "profit ÷ cost", False, 0.0),
}


def _one(rows: pl.DataFrame, name: str, currency: str, past: dict[str, Any]) -> Block | None:
    title, axis, share, level = _SHOWN[name]
    points = _points(rows, name)
    if points.height < 3:
        return None
    at_ten = points.filter(pl.col("fraction").is_between(0.0999, 0.1001)).to_dicts()
    base = past["successes"] / past["customers"]
    caption = _caption(name, at_ten[0], base, currency, reach=past.get("reach", 1.0)) if at_ten else ""
    word = {"lift": "at random: 1", "response": f"of all: {percent(base)}"}.get(name, "")
    if name == "response":
        level = base
    write = (lambda v: percent(v)) if share else (times if name == "lift" else (lambda v: decimal(v, 2)))
    return _band(points, title, axis, write, caption, past, level=level, level_word=word, y_share=share)


def _caption(name: str, ten: dict[str, float], base: float, currency: str, *, reach: float) -> str:
    value = ten["value"]
    if name == "gain":
        return f"The best 10 % hold {percent(value, 0)} of all who say yes; chance alone would find 10 %."
    if name == "lift":
        return f"The best 10 % say yes {times(value)} as often as customers in general."
    if name == "response":
        reached = " that are reached" if reach < 1 else ""
        return f"Of the best 10 %{reached}, {percent(value)} said yes; of all customers, {percent(base)}."
    word = "earns" if value >= 0 else "loses"
    if reach < 1:
        word = "would earn" if value >= 0 else "would lose"
    return f"In the best 10 %, each {currency} spent on calls {word} {decimal(abs(value), 2)} {currency} on top."


def _band(
    points: pl.DataFrame,
    title: str,
    axis: str,
    write: Any,
    caption: str,
    past: dict[str, Any],
    *,
    level: float | None = None,
    level_word: str = "",
    y_share: bool = False,
    marks: list[tuple[float, str]] | None = None,
    wide: bool = False,
) -> Block | None:
    if points.height < 3:
        return None
    x, value, low, high = (points[name].to_numpy().astype(np.float64) for name in ("fraction", "value", "low", "high"))
    every = range(0, len(x), 2)
    tips = [
        {
            "x": float(x[i]),
            "y": float(value[i]),
            "tip": f"best {percent(x[i], 0)}: {write(value[i])} ({write(low[i])} to {write(high[i])})",
        }
        for i in every
    ]
    picture = charts.band(
        x, value, low, high, x_title="share of customers called, best first", y_title=axis,
        tips=tips, y_share=y_share, level=level, level_word=level_word, marks=marks or (),
    )  # fmt: skip
    shown = [i for i in range(len(x)) if (i + 1) % 10 == 0 or i in (0, 4)]
    data = [[percent(x[i], 0), write(value[i]), f"{write(low[i])} to {write(high[i])}"] for i in shown]
    return chart(
        title,
        draw(picture, f"{title}, by share of customers called"),
        caption=caption,
        data=table(["Called", axis, f"{percent(past['level'], 0)} band"], data, words=()),
        keys=[key("accent", "measured"), key("accent", f"{percent(past['level'], 0)} of resamples", "band")],
        wide=wide,
    )

"""What the list becomes when costs, values or the budget change: sliders, and a picture for paper."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import polars as pl

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, key, make_page, table, what_if
from segmint.report.pages.call_list import eligible_of
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.targeting.sensitivity import best_of_parts
from segmint.wording import count, listed, money, percent

WHAT = {"cost": "a call costs", "value": "a success brings", "budget": "the budget is"}
_COLORS = {
    "cost": (charts.class_color(5), "class-6"),
    "value": (charts.ACCENT, "accent"),
    "budget": (charts.class_color(2), "class-3"),
}
_SHAPES: tuple[Literal["line", "dash", "dots"], ...] = ("line", "dash", "dots")  # of `charts.DASHES`


def page(run: RunView) -> Page | None:
    """Let the reader try other costs, values and budgets."""
    found = run.json(run_files.TARGET)
    if found is None or not found.get("parts", {}).get("customers"):
        return None
    currency, economics = str(found["currency"]), found["economics"]
    lead = "The ranking does not change when all calls cost more or all successes bring less; where the list ends does."
    lead += _beside_the_list(found, currency)
    data = {
        "parts": {name: [_short(number) for number in numbers] for name, numbers in found["parts"].items()},
        "eligible": eligible_of(found["counts"]),
        "currency": currency,
        "listed_profit": found["expected_profit"],
        **{name: economics[name] for name in ("cost", "value", "calls_per_customer", "most_customers", "budget_money")},
    }
    return make_page(
        "what-if",
        title="What if",
        short="What if",
        lead=lead,
        blocks=[what_if(data), _sensitivity(found["sensitivity"], currency)],
    )


def _short(number: float) -> float:
    return float(f"{number:.10g}")


def _beside_the_list(found: dict[str, Any], currency: str) -> str:
    """Say why the sliders start at another figure than the list, where they do."""
    most, budget = (found["economics"][name] for name in ("most_customers", "budget_money"))
    here = best_of_parts(
        pl.DataFrame(found["parts"]),
        most=np.inf if most is None else most,
        money=np.inf if budget is None else budget,
    )["profit"]
    there = found["expected_profit"]
    left_out = " Quotas and capacities are left out here." if found["quotas_or_capacities"] else ""
    if there is None or round(here) == round(there):
        return left_out
    # far more is missing than the last part's customers, and only a column makes calls cost unequally
    apart = found["economics"].get("cost") is None and there - here > 0.01 * abs(there)
    unequal = " Calls cost unequally, and here those come first that bring most for their cost, which is not the best for a number of calls."
    because = left_out or (unequal if apart else " Customers are counted in parts of ten and more here.")
    return (
        f"{because} So today's settings come to {money(here, currency)}; the list itself to {money(there, currency)}."
    )


def _sensitivity(rows: list[dict[str, Any]], currency: str) -> Block | None:
    by_what: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_what.setdefault(str(row["what"]), []).append(row)
    lines = [
        (what, np.array([100 * row["factor"] for row in part]), np.array([row["expected_profit"] for row in part]))
        for what, part in by_what.items()
    ]
    if not lines:
        return None
    tips = [
        {
            "x": 100 * row["factor"],
            "y": row["expected_profit"],
            "tip": f"{WHAT[row['what']]} {percent(row['factor'], 0)} of today's: {money(row['expected_profit'], currency)}, "
            f"{count(row['customers'])} called",
        }
        for row in rows
    ]
    picture = charts.curves(
        lines, [_COLORS[what][0] for what in by_what],
        x_title="% of today's", y_title=f"expected profit, {currency}", tips=tips, unit=(False, False), percentages=False, named=True,
    )  # fmt: skip
    return chart(
        "Expected profit when one thing changes",
        draw(picture, "Expected profit when cost, value or budget change, one at a time"),
        caption=_caption(by_what, currency),
        data=table(
            ["Changed", "to", "called", "expected profit", "cost"],
            [
                [
                    WHAT[row["what"]],
                    percent(row["factor"], 0),
                    count(row["customers"]),
                    money(row["expected_profit"], currency),
                    money(row["expected_cost"], currency),
                ]
                for row in rows
            ],
        ),
        keys=[key(_COLORS[what][1], WHAT[what], shape) for what, shape in zip(by_what, _SHAPES, strict=False)],
        wide=True,
    )


def _caption(by_what: dict[str, list[dict[str, Any]]], currency: str) -> str:
    said = []
    for what, factor in (("cost", 1.1), ("value", 0.9), ("budget", 1.1)):
        part = {row["factor"]: row for row in by_what.get(what, [])}
        if factor in part and 1.0 in part:
            change = part[factor]["expected_profit"] - part[1.0]["expected_profit"]
            words = {
                "cost": "If a call costs a tenth more",
                "value": "If a success brings a tenth less",
                "budget": "With a tenth more budget",
            }[what]
            more = "more" if change >= 0 else "less"
            said.append(f"{words}, the best list brings {money(abs(change), currency)} {more}.")
    alone = [f"“{WHAT[what]}”" for what, part in by_what.items() if len(part) == 1]
    if alone:
        said.append(
            f"A dot stands alone for {listed(alone)}: every other list has fewer than ten customers, or as good as those of one "
            "that is shown."
        )
    return " ".join(said)

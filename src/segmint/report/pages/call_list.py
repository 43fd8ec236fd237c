"""The call list in money: who is on it, who is not and why. Counts only, no customer."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, figures, grid, key, make_page, points, table
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.report.wording import count, percent

STATUSES = {
    "listed": "to be called",
    "held_out": "held out: not called, to measure the effect of calling",
    "suppressed": "suppressed by a rule",
    "beyond_budget": "would pay, but the budget ends before",
    "below_break_even": "would cost more than it brings",
    "rejected": "not readable as the contract asks",
}


def page(run: RunView) -> Page | None:
    """Show what the list is expected to bring, and where everyone read went."""
    found = run.json("target.json")
    if found is None:
        return None
    currency = str(found["currency"])
    counts: dict[str, int] = found["counts"]
    return make_page(
        "call-list",
        title="The call list",
        short="Call list",
        lead=f"{count(sum(counts.values()))} rows read; each has one place below.",
        blocks=[
            figures(
                [
                    ("To be called", count(counts.get("listed", 0)), "customers on the list"),
                    ("Expected profit", _money(found["expected_profit"], currency), "of calling the list"),
                    ("Cost", _money(found["expected_cost"], currency), "of calling the list"),
                    ("Expected to say yes", count(round(found["expected_successes"])), _rate(found, counts)),
                ]
            ),
            points([str(sentence) for sentence in found["sentences"]]),
            grid([_where(counts), _why_not(found["suppressed_because"])]),
            _curve(found["curve"], currency, counts.get("listed", 0)),
        ],
    )


def _rate(found: dict[str, Any], counts: dict[str, int]) -> str:
    listed = counts.get("listed", 0)
    return f"{percent(found['expected_successes'] / listed)} of the list" if listed else "nobody is listed"


def _money(amount: float, currency: str) -> str:
    return f"{count(round(amount))} {currency}"


def _where(counts: dict[str, int]) -> Block:
    everyone = max(sum(counts.values()), 1)
    rows = [[STATUSES[name], count(n), percent(n / everyone)] for name, n in counts.items() if name in STATUSES]
    return table(["Where everyone went", "customers", "share"], rows, title="Who is on it, who is not")


def _why_not(reasons: dict[str, int]) -> Block | None:
    if not reasons:
        return None
    rows = [[reason, count(n)] for reason, n in sorted(reasons.items(), key=lambda item: -item[1])]
    note = "One customer may count under several reasons."
    return table(["Suppressed because", "customers"], rows, title="Suppressed before anything was predicted", note=note)


def _curve(curve: dict[str, list[float]], currency: str, listed: int) -> Block | None:
    customers = np.asarray(curve["customers"], dtype=np.float64)
    if len(customers) < 3:
        return None
    profit = np.asarray(curve["expected_profit"], dtype=np.float64)
    low, high = np.asarray(curve["low"], dtype=np.float64), np.asarray(curve["high"], dtype=np.float64)
    best = int(profit.argmax())
    picture = charts.curves(
        [("low", customers, low), ("high", customers, high), ("profit", customers, profit)],
        [charts.RIVAL, charts.RIVAL, charts.ACCENT],
        x_title="customers called, best first",
        y_title=f"expected profit, {currency}",
        unit=(False, False),
        percentages=False,
    )
    caption = (
        f"Without a budget the most is expected from calling the best {count(int(customers[best]))}: "
        f"{_money(float(profit[best]), currency)}. This list has {count(listed)} customers."
    )
    rows = [
        [
            count(int(customers[at])),
            _money(profit[at], currency),
            f"{count(round(low[at]))} to {count(round(high[at]))}",
        ]
        for at in np.unique(np.linspace(0, len(customers) - 1, 11).astype(int))
    ]
    return chart(
        "Expected profit by the number of calls",
        draw(picture, "Expected profit by the number of customers called"),
        caption=caption,
        data=table(["Customers", "expected profit", "90 % band"], rows, words=()),
        keys=[key("accent", "expected profit"), key("rival", "90 % band, chance alone")],
        wide=True,
    )

"""What limits the list: budgets, quotas, capacities, how much of each is used and what one more unit is worth."""

from __future__ import annotations

from typing import Any

from segmint.report.blocks import Block, Page, make_page, points, table, text
from segmint.report.run_view import RunView
from segmint.store import run_files
from segmint.wording import capital, decimal, money, percent


def page(run: RunView) -> Page | None:
    """Show every limit beside its use and its price."""
    found = run.json(run_files.TARGET)
    if found is None or not found.get("limits"):
        return None
    limits: list[dict[str, Any]] = found["limits"]
    currency = str(found["currency"])
    binding = [limit["sentence"] for limit in limits if limit["sentence"]]
    lead = "Everything that keeps the list from being longer or better, and what a little more of it would bring."
    return make_page(
        "limits",
        title="What limits the list",
        short="Limits",
        lead=lead,
        blocks=[
            points(binding) if binding else text(_nothing_binds(found)),
            table(
                [
                    "Limit",
                    "at least",
                    "at most",
                    "used",
                    "of the limit",
                    "one more is worth about",
                    "each of 1 % more brings",
                    "each of 1 % less costs",
                ],
                [_row(limit, currency) for limit in limits],
                note=_note(bool(binding)),
                stacked=True,
            ),
            _gap(found),
        ],
    )


def _nothing_binds(found: dict[str, Any]) -> str:
    if not found.get("optimised"):
        return "Nothing is short: the best customers are called until a call no longer pays."
    return "No limit is short: more of any of them would not bring more."


def _row(limit: dict[str, Any], currency: str) -> list[str]:
    edge = limit["maximum"] if limit["maximum"] is not None else limit["minimum"]
    price = limit["price"]
    return [
        capital(str(limit["limit"])),
        "–" if limit["minimum"] is None else _amount(limit["minimum"]),
        "–" if limit["maximum"] is None else _amount(limit["maximum"]),
        _amount(limit["used"]),
        percent(limit["used"] / edge, 0) if edge else "–",
        "nothing" if price == 0 else money(price, currency, 2),
        money(limit["loosened"], currency, 2),
        money(limit["tightened"], currency, 2),
    ]


def _amount(number: float) -> str:
    return decimal(number, 0 if float(number).is_integer() or number > 1000 else 1)


def _note(binding: bool) -> str:
    if not binding:
        return ""
    return (
        "A price holds for a little more or less of this one limit, everything else as it is. It is a mean of ten customers or more, and is not "
        "told of fewer. It was checked with the limit 1 % looser and 1 % tighter, by ten customers at least; the price must lie between the two. A "
        "minimum has a negative price."
    )


def _gap(found: dict[str, Any]) -> Block | None:
    if not found.get("optimised"):
        return None
    gap = float(found.get("gap", 0.0))
    return text(
        f"The list keeps every limit and is within {percent(max(gap, 0.00001), 3)} of the best list there can be."
    )

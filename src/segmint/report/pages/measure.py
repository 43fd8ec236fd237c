"""What calling brought: called against held out. Means only, no customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segmint.monitoring.measure import EVERYONE, allowed_for, counts_for_everyone, depends_on_the_cost, two_reckonings
from segmint.report.blocks import Block, Page, banner, figures, make_page, others_banner, points, statements, table
from segmint.report.run_view import RunView
from segmint.store import run_files
from segmint.wording import between, count, decimal, money, percent, signed, spoken

Row = dict[str, Any]


def page(run: RunView) -> Page | None:
    """Show the incremental response, revenue and profit of calling, with intervals."""
    found = run.json(run_files.MEASURE)
    if found is None:
        return None
    rows: list[Row] = found["rows"]
    best = {row["quantity"]: row for row in rows if counts_for_everyone(row)}
    response, profit, currency = best["response"], best["profit"], found["currency"]
    known = response["low"] is not None
    cautions, others = found.get("cautions", []), found.get("others")
    doubt, by_results = found["doubt"], best.get("profit_by_results")
    level = percent(found["level"], 0)
    elsewhere = {*cautions, *found.get("figures", []), found.get("next"), *(doubt[1:] if doubt else [])}
    return make_page(
        "measure",
        title="What calling brought",
        short="What calling brought",
        lead=f"{_which(found.get('list') or {})}{count(response['customers_called'])} listed customers against {count(response['customers_held_out'])} held out.",
        blocks=[
            others_banner(others),
            *_looked_at_first([sentence for sentence in cautions if sentence != others], found.get("unlike")),
            banner("caution", *doubt) if doubt else None,
            statements([("What to do next", found["next"])]) if found.get("next") else None,
            figures(
                [
                    *(_told(response, profit, by_results, level, currency) if known else []),
                    (
                        "Bought, of those listed",
                        percent(response["called"]),
                        f"held out: {percent(response['held_out'])}",
                    ),
                    (
                        "Asked not to be called again",
                        count(found["do_not_call"]),
                        f"in {run_files.OBJECTORS}" if found["do_not_call"] else "",
                    ),
                ]
            ),
            points([said for said in found["sentences"] if said not in elsewhere]),
            _table([row for row in rows if row["segment"] == EVERYONE], level, currency),
            _segments(
                [row for row in rows if row["segment"] != EVERYONE and row["method"] == "cuped"], level, currency
            ),
        ],
    )


def _told(response: Row, profit: Row, by_results: Row | None, level: str, currency: str) -> list[tuple[str, str, str]]:
    return [
        (
            "Change of the response rate",
            f"{signed(100 * response['difference'], 1)} points",
            f"{level}: {_points_between(response)}{allowed_for(response)}",
        ),
        (
            "Profit from calling",
            money(profit["total"], currency),
            f"{level}: {between(profit['total_low'], profit['total_high'], 0)}{_by_results(by_results)}",
        ),
    ]


def _by_results(row: Row | None) -> str:
    """Say the profit at the cost of calls that left a result, where that is another."""
    return f"; {decimal(row['total'], 0)} if only calls with a result cost something" if row else ""


def _which(told: Row) -> str:
    """Name the campaign and the day of its list, as far as its own run told them."""
    campaign, day = told.get("campaign"), told.get("day")
    parts = [f"Campaign {campaign}" if campaign else "", f"list of {day}" if day else ""]
    said = ", ".join(part for part in parts if part)
    return f"{said[0].upper()}{said[1:]}: " if said else ""


def _looked_at_first(cautions: Sequence[str], unlike: str | None) -> list[Block]:
    """Show what is doubtful; only arms that differ by more than chance cannot be compared."""
    titled: dict[str, list[str]] = {}
    for caution in cautions:
        title = "The two arms cannot be compared as they are" if caution == unlike else "Look at this first"
        titled.setdefault(title, []).append(caution)
    return [banner("caution", title, " ".join(said)) for title, said in titled.items()]


def _table(rows: list[Row], level: str, currency: str) -> Block:
    plain = {row["quantity"]: row for row in rows if row["method"] == "plain"}
    counting = [row for row in rows if row["method"] == "cuped"]
    cells = [_quantity(row, plain.get(row["quantity"])) for row in counting]
    amounts = f"Revenue and profit in {currency}. " if currency else ""
    by_results = (
        ", profit by results after that of the calls which left a result"
        if any(row["quantity"] == "profit_by_results" for row in counting)
        else ""
    )
    note = (
        f"Means per customer; everyone listed counts as called, dialled or not. {amounts}Profit is after the planned "
        f"cost of calling{by_results}. The adjusted difference counts, and the figures above are its: it is adjusted for what was known "
        "before, as the propensities had foretold a part of it before the first call, so that less of it is chance (CUPED). The plain difference is that "
        "of the two means. Smallest visible: a true difference as large would be told "
        "from chance in 80 % of such campaigns; a smaller one is mostly missed."
    )
    columns = ["Per customer", "listed", "held out", "plain difference", "adjusted", level, "smallest visible"]
    return table(columns, cells, title="Everyone", note=note, stacked=True)


def _quantity(row: Row, plain: Row | None) -> list[str]:
    """Write the two means, their difference, and the adjusted one with its interval."""
    in_points = row["quantity"] == "response"
    share, unit = (100, " points") if in_points else (1, "")
    digits = 1 if in_points else 2

    def write(number: float | None) -> str:
        return (
            "–"
            if number is None
            else f"{signed(share * number, digits) if in_points else decimal(number, digits)}{unit}"
        )

    return [
        spoken(row["quantity"]),
        *(percent(row[arm]) if in_points else decimal(row[arm], 2) for arm in ("called", "held_out")),
        write(None if plain is None else plain["difference"]),
        write(row["difference"]),
        _points_between(row) if in_points else between(row["low"], row["high"], 2),
        "–" if row["low"] is None else f"{decimal(share * row['smallest_visible'], digits)}{unit}",
    ]


def _points_between(row: Row) -> str:
    return "–" if row["low"] is None else between(100 * row["low"], 100 * row["high"], 1)


def _segments(rows: list[Row], level: str, currency: str) -> Block | None:
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row["segment"], {})[row["quantity"]] = row
    cells = [_segment(quantities) for quantities in found.values() if "response" in quantities]
    if not cells:
        return None
    columns = [
        "Segment", "listed: bought", "held out: bought", f"change, points ({level})", f"profit{f', {currency}' if currency else ''} ({level})",
        "in words",
    ]  # fmt: skip
    together = "The intervals of each column hold for all segments together (Bonferroni). " if len(cells) > 1 else ""
    note = f"{together}Change and profit are adjusted as above; a segment's profit is over all its listed customers."
    return table(columns, cells, title="By segment", note=note, words=(0, 5), stacked=True)


def _segment(quantities: dict[str, Row]) -> list[str]:
    response, profit = quantities["response"], quantities.get("profit")
    known = response["low"] is not None
    return [
        response["segment"],
        *(f"{percent(response[arm])} of {count(response[f'customers_{arm}'])}" for arm in ("called", "held_out")),
        f"{signed(100 * response['difference'], 1)} ({_points_between(response)})" if known else "–",
        f"{decimal(profit['total'], 0)} ({between(profit['total_low'], profit['total_high'], 0)})"
        if known and profit is not None
        else "–",
        _verdict(quantities) if known else "too few bought, or did not, to tell",
    ]


def _verdict(quantities: dict[str, Row]) -> str:
    """Say what the intervals show of a segment, and nothing more."""
    response = quantities["response"]
    if "profit" in quantities and not depends_on_the_cost(quantities):
        if quantities["profit"]["total_low"] > 0:
            return "calling paid"
        if quantities["profit"]["total_high"] < 0:
            return (
                f"calling cost more than it brought{', after the planned cost' if two_reckonings(quantities) else ''}"
            )
    if response["low"] > 0:
        return "more bought; whether it paid is open"
    return "fewer bought" if response["high"] < 0 else "no effect is shown"

"""What calling brought: called against held out. Means only, no customer."""

from __future__ import annotations

from typing import Any

from segmint.report.blocks import Block, Page, banner, figures, make_page, others_banner, points, table
from segmint.report.run_view import RunView
from segmint.store import run_files
from segmint.wording import between, count, decimal, percent, signed, spoken

Row = dict[str, Any]


def page(run: RunView) -> Page | None:
    """Show the incremental response, revenue and profit of calling, with intervals."""
    found = run.json(run_files.MEASURE)
    if found is None:
        return None
    rows: list[Row] = found["rows"]
    best = {row["quantity"]: row for row in rows if row["segment"] == "everyone" and row["method"] == "cuped"}
    response, profit, currency = best["response"], best["profit"], found["currency"]
    known = response["low"] is not None
    cautions, others = found.get("cautions", []), found.get("others")
    doubt, by_results = _doubt(found, response), best.get("profit_by_results")
    level = percent(found["level"], 0)
    return make_page(
        "measure",
        title="What calling brought",
        short="What calling brought",
        lead=f"{_which(found.get('list') or {})}{count(response['customers_called'])} listed customers against {count(response['customers_held_out'])} held out.",
        blocks=[
            others_banner(others),
            *(_looked_at_first(sentence, found.get("unlike")) for sentence in cautions if sentence != others),
            banner("caution", *doubt) if doubt else None,
            figures(
                [
                    (
                        "Change of the response rate",
                        f"{signed(100 * response['difference'], 1)} points" if known else "–",
                        f"{level}: {_points_between(response)}{_allowed_for(response)}"
                        if known
                        else "too few purchases to tell",
                    ),
                    (
                        "Profit from calling",
                        f"{decimal(profit['total'], 0)} {currency}".strip() if known else "–",
                        f"{level}: {between(profit['total_low'], profit['total_high'], 0)}{_by_results(by_results)}"
                        if known
                        else "too few purchases to tell",
                    ),
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
            points([said for said in found["sentences"] if said not in cautions and not (doubt and said == doubt[1])]),
            _table([row for row in rows if row["segment"] == "everyone"], level, "Everyone", currency),
            _segments([row for row in rows if row["segment"] != "everyone" and row["method"] == "cuped"], level),
        ],
    )


def _doubt(found: Row, response: Row) -> list[str] | None:
    """Say what cannot be told; runs from before this was kept end with that sentence where 0 lies in the interval, or none is."""
    if "doubt" in found or (response["low"] is not None and not response["low"] <= 0 <= response["high"]):
        return found.get("doubt")
    return ["The holdout is too small to tell", found["sentences"][-1]]


def _by_results(row: Row | None) -> str:
    """Say the profit at the cost of calls that left a result, where that is another."""
    return f"; {decimal(row['total'], 0)} if only calls with a result cost something" if row else ""


def _which(told: Row) -> str:
    """Name the campaign and the day of its list, as far as its own run told them."""
    campaign, day = told.get("campaign"), told.get("day")
    parts = [f"Campaign {campaign}" if campaign else "", f"list of {day}" if day else ""]
    said = ", ".join(part for part in parts if part)
    return f"{said[0].upper()}{said[1:]}: " if said else ""


def _looked_at_first(caution: str, unlike: str | None) -> Block:
    """Show what is doubtful; only arms that differ by more than chance cannot be compared."""
    title = "The two arms cannot be compared as they are" if caution == unlike else "Look at this first"
    return banner("caution", title, caution)


def _allowed_for(response: Row) -> str:
    """Say why the change is not the difference of the two rates beside it, where it is not."""
    without = response["called"] - response["held_out"]
    same = signed(100 * without, 1) == signed(100 * response["difference"], 1)
    return "" if same else ", after allowing for the arms' different propensities"


def _table(rows: list[Row], level: str, title: str, currency: str) -> Block:
    cells = [
        [
            f"{spoken(row['quantity'])}, {row['method'] if row['method'] == 'plain' else 'CUPED'}",
            *(_in_points if row["quantity"] == "response" else _in_money)(row),
        ]
        for row in rows
    ]
    amounts = f"Revenue and profit in {currency}. " if currency else ""
    by_results = (
        ", profit by results after that of the calls which left a result"
        if any(row["quantity"] == "profit_by_results" for row in rows)
        else ""
    )
    note = (
        f"Observed means per customer; everyone listed counts as called, dialled or not. {amounts}Profit is after the planned "
        f"cost of calling{by_results}. The lines with CUPED count, and the figures above are theirs: what the propensities had foretold before "
        "the first call is taken out of the difference, so that less of it is chance; it is not the difference of two means, so "
        "none stand beside it. Plain is the difference of the two means. Smallest visible: a true difference as large would be told "
        "from chance in 80 % of such campaigns; a smaller one is mostly missed."
    )
    columns = ["Per customer", "listed", "held out", "difference", level, "smallest visible"]
    counting = [place for place, row in enumerate(rows) if row["method"] == "cuped"]
    return table(columns, cells, title=title, note=note, marked=counting, stacked=True)


def _in_points(row: Row) -> list[str]:
    return [
        *(["–", "–"] if row["method"] == "cuped" else [percent(row["called"]), percent(row["held_out"])]),
        f"{signed(100 * row['difference'], 1)} points",
        _points_between(row),
        "–" if row["low"] is None else f"{decimal(100 * row['smallest_visible'], 1)} points",
    ]


def _in_money(row: Row) -> list[str]:
    means = ["–", "–"] if row["method"] == "cuped" else [decimal(row[name], 2) for name in ("called", "held_out")]
    return [
        *means,
        decimal(row["difference"], 2),
        between(row["low"], row["high"], 2),
        decimal(row["smallest_visible"], 2),
    ]


def _points_between(row: Row) -> str:
    return "–" if row["low"] is None else between(100 * row["low"], 100 * row["high"], 1)


def _segments(rows: list[Row], level: str) -> Block | None:
    if not rows:
        return None
    cells = [
        [
            row["segment"],
            count(row["customers_called"]),
            f"{signed(100 * row['difference'], 1)} points",
            _points_between(row),
        ]
        for row in rows
        if row["quantity"] == "response"
    ]
    note = "The intervals hold for all segments together (Bonferroni)." if len(cells) > 1 else ""
    return table(
        ["Segment", "listed", "change of the response rate", level], cells, title="By segment", note=note, stacked=True
    )

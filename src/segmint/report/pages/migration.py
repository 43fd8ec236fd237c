"""Where customers went since an earlier wave, in the same segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, key, make_page, points, statements, table
from segmint.report.pages.segments import what_steps_mean
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.segments.later_answers import say_response
from segmint.store import run_files
from segmint.wording import count, decimal, percent


def page(run: RunView) -> Page | None:
    """Show who moved from segment to segment, and which segments grew or shrank."""
    found = run.json(run_files.MIGRATION)
    if found is None:
        return None
    first = (found.get("answers") or {}).get("first")
    elsewhere = {first, *(row.get("sentence") for row, _ in _answered(found))}
    return make_page(
        "migration",
        title="What changed since the earlier wave",
        short="Changes",
        lead=f"The segments found in {found['earlier_source']}, and who belongs to them now.",
        blocks=[
            statements([("Whom to call first", first)]) if first else None,
            _advice(found),
            points([said for said in found["sentences"] if said not in elsewhere]),
            _answers(found),
            _moves(found),
            _shares(found),
        ],
    )


def _answered(found: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Return the segments that answered and their names, the most profitable first where money is known."""
    segments = (found.get("answers") or {"segments": []})["segments"]
    told = [(row, name) for row, name in zip(segments, found["names"], strict=False) if row["now"]]
    if all(row["now"]["profit_per_call"] is not None for row, _ in told):
        told.sort(key=lambda each: -each[0]["now"]["profit_per_call"])
    return told


def _advice(found: dict[str, Any]) -> Block | None:
    """What to do with each segment by how this wave answered, or else as marked the earlier one, and what it needs."""
    answers = found.get("answers") or {}
    steps: dict[str, str] = answers.get("steps") or {}
    marks = dict.fromkeys(answers.get("by_earlier", ()), " (by the earlier wave)")
    order = {row["key"]: place for place, (row, _) in enumerate(_answered(found))}
    told = [*zip(found.get("advice", ()), found["names"], strict=False)]
    told.sort(key=lambda each: order.get(each[0]["key"], len(order)))
    columns: dict[str, list[str]] = {
        "what it needs": [part["need"] for part, _ in told],
        "what to do": [steps.get(part["key"], "") + marks.get(part["key"], "") for part, _ in told],
        "what to offer": [part["offer"] for part, _ in told],
    }
    shown = {title: cells for title, cells in columns.items() if any(cells)}
    if not shown:
        return None
    return table(
        ["Segment", *shown],
        [
            [f"{part['key']} {name}", *(cells[place] or "–" for cells in shown.values())]
            for place, (part, name) in enumerate(told)
        ],
        title="What to do with each segment",
        words=range(len(shown) + 1),
        marked=[place for place, (part, _) in enumerate(told) if steps.get(part["key"]) == "call first"],
        note=f"{what_steps_mean(steps, in_money=bool(answers.get('in_money')))} Needs and offers are those told of "
        f"{found['earlier_source']}, in which the segments were found.".strip(),
        stacked=True,
    )


def _answers(found: dict[str, Any]) -> Block | None:
    """How each segment answers now, beside how it did, and what a call to it earns."""
    told = _answered(found)
    if not told:
        return None
    in_money = all(row["now"]["profit_per_call"] is not None for row, _ in told)
    rows = [
        [
            f"{row['key']} {name}",
            count(row["answers"]),
            say_response(row["before"]),
            say_response(row["now"]),
            "–"
            if row["change"] is None
            else f"{decimal(100 * row['change'], 1)} ({decimal(100 * row['low'], 1)} to {decimal(100 * row['high'], 1)})",
            *([_profit(row["now"])] if in_money else []),
        ]
        for row, name in told
    ]
    currency = found["answers"]["currency"] or "account currency"
    return table(
        [
            "Segment",
            "answers now",
            "said yes before",
            "now",
            "points",
            *([f"profit per call now, {currency}"] if in_money else []),
        ],
        rows,
        title="How the segments answer now",
        note="95 % intervals; those of the points hold for all segments together.",
        stacked=True,
    )


def _profit(response: dict[str, Any]) -> str:
    return f"{decimal(response['profit_per_call'], 2)} ({decimal(response['profit_low'], 2)} to {decimal(response['profit_high'], 2)})"


def _moves(found: dict[str, Any]) -> Block | None:
    moved = found["migration"]
    if moved is None:
        return None
    names = [f"{key} {name}" for key, name in zip(moved["before"], found["names"], strict=True)]
    cells = np.asarray(moved["customers"], np.int64)
    rows = [
        [name, *(count(number) if number else "fewer than 10" for number in row)]
        for name, row in zip(names, cells, strict=True)
    ]
    return chart(
        "From segment to segment",
        draw(
            charts.cells(cells, names, moved["after"], row_title="before", column_title="now"),
            "Customers in both waves by their segment before and now",
        ),
        caption=f"Each row is a segment of the earlier wave, divided by where its customers are now; {percent(moved['stayed'], 0)} "
        "stayed. A customer near the border of two segments may change sides for a small reason. Counts are to the nearest ten, and of fewer than ten none is shown.",
        data=table(["Before", *(f"now {key}" for key in moved["after"])], rows),
        keys=[key("accent", "stayed", "square"), key("signal", "moved", "square")],
        wide=True,
    )


def _shares(found: dict[str, Any]) -> Block:
    rows = [
        [
            f"{row['key']} {name}",
            count(row["customers_before"]),
            count(row["customers_after"]),
            percent(row["before"]),
            percent(row["after"]),
            decimal(100 * row["change"], 1),
            f"{decimal(100 * row['low'], 1)} to {decimal(100 * row['high'], 1)}",
        ]
        for row, name in zip(found["shares"], found["names"], strict=True)
    ]
    return table(
        ["Segment", "customers before", "now", "share before", "now", "points", "95 % interval of all together"],
        rows,
        title="Which segments grew",
    )

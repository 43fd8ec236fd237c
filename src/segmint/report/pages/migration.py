"""Where customers went since an earlier wave, in the same segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, key, make_page, points, table
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import count, decimal, percent


def page(run: RunView) -> Page | None:
    """Show who moved from segment to segment, and which segments grew or shrank."""
    found = run.json(run_files.MIGRATION)
    if found is None:
        return None
    return make_page(
        "migration",
        title="What changed since the earlier wave",
        short="Changes",
        lead=f"The segments found in {found['earlier_source']}, and who belongs to them now.",
        blocks=[points(found["sentences"]), _moves(found), _shares(found)],
    )


def _moves(found: dict[str, Any]) -> Block | None:
    moved = found["migration"]
    if moved is None:
        return None
    names = [f"{key} {name}" for key, name in zip(moved["before"], found["names"], strict=True)]
    cells = np.asarray(moved["customers"], np.int64)
    rows = [[name, *(count(number) for number in row)] for name, row in zip(names, cells, strict=True)]
    return chart(
        "From segment to segment",
        draw(
            charts.cells(cells, names, moved["after"], row_title="before", column_title="now"),
            "Customers in both waves by their segment before and now",
        ),
        caption=f"Each row is a segment of the earlier wave, divided by where its customers are now; {percent(moved['stayed'], 0)} "
        "stayed. A customer near the border of two segments may change sides for a small reason.",
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

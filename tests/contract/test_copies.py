"""Copies are told where they are many, in a draft too."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.copies import copies_told
from segmint.contract.infer import infer_contract
from segmint.tables.source import open_table

ROWS = pl.DataFrame({"age": range(100), "job": ["clerk", "nurse"] * 50, "y": ["yes", "no", "no", "no"] * 25})


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (ROWS, ""),
        (pl.concat([ROWS, ROWS[:5]]), ""),
        (pl.concat([ROWS, ROWS[:6]]), "6 of 106 rows are copies of another"),
        (pl.concat([ROWS[:10], ROWS[:1]]), "1 of 11 rows is a copy of another"),
        (ROWS.clear(), ""),
    ],
)
def test_copies_are_told_where_they_are_many(rows: pl.DataFrame, told: str) -> None:
    assert copies_told(rows).startswith(told)
    assert bool(copies_told(rows)) == bool(told)


def test_a_draft_asks_whether_a_table_was_exported_twice() -> None:
    assert "# LOOK: 100 of 200 rows are copies" in infer_contract(open_table(pl.concat([ROWS, ROWS])), name="x").text
    assert "copies of another" not in infer_contract(open_table(ROWS), name="x").text

"""What a draft looks at of a table that is too large to be looked at whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from segmint.contract import sample
from segmint.contract.infer import infer_contract
from segmint.contract.sample import sample_of
from segmint.contract.totals import LAST_ROWS
from segmint.progress import silent
from segmint.tables import frame_source, table_source
from segmint.tables.source import open_table

ROWS, SOME = 150_000, 2_000


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """A table of several batches, sorted by region, in which a draft looks at few rows."""
    monkeypatch.setattr(sample, "SAMPLE_ROWS", SOME)
    monkeypatch.setattr("segmint.contract.draft_outcome.SAMPLE_ROWS", SOME)
    region = ["north"] * 120_000 + ["south"] * 20_000 + ["east"] * 10_000
    answers = [("no", "yes")[i % 7 == 0] for i in range(ROWS)]
    return pl.DataFrame({"id": range(1, ROWS + 1), "region": region, "y": answers})


def test_a_draft_of_a_large_sorted_table_sees_its_end_and_says_that_it_saw_a_part(large: pl.DataFrame) -> None:
    done = []
    draft = infer_contract(open_table(large), name="x", progress=lambda task, *units: done.append((task, *units)))
    assert draft.contract.by_name["region"].allowed == ("east", "north", "south")
    told = "looked at 2,000 of 150,000 rows, spread over the whole table; "
    assert draft.sentence.startswith(told)
    assert f"# NOTE: {told}what is said and counted here is of these\n" in draft.text
    assert ("reading a frame", ROWS, ROWS) in done
    assert "looked at" not in infer_contract(open_table(large.head(SOME)), name="x").sentence


def test_the_same_rows_are_looked_at_each_time_in_their_order_with_their_neighbours(large: pl.DataFrame) -> None:
    seen = sample_of(open_table(large), silent).frame
    assert seen.equals(sample_of(open_table(large), silent).frame)
    assert seen.height == SOME
    assert seen["id"].is_sorted()
    assert (seen["id"].diff() == 1).mean() > 0.9  # the rows of one customer
    tenths = (seen["id"] // (ROWS // 10)).value_counts()["count"]
    assert tenths.min() > 0.5 * SOME / 10
    assert tenths.max() < 1.5 * SOME / 10


def test_a_table_of_many_batches_gives_the_rows_of_the_lowest_lots_and_copies_them_seldom(
    large: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, fewer = list[int](), sample._fewer

    def counted(frame: pl.DataFrame, records: NDArray[np.int64], most: int) -> tuple[pl.DataFrame, NDArray[np.int64]]:
        copied.append(frame.height)
        return fewer(frame, records, most)

    monkeypatch.setattr(sample, "_fewer", counted)
    monkeypatch.setattr(table_source, "BATCH_STEP", 100)
    monkeypatch.setattr(frame_source, "BATCH_CELLS", 100 * large.width)
    assert len(list(open_table(large).batches())) == ROWS / 100
    seen = sample_of(open_table(large), silent).frame
    assert seen.equals(fewer(large, large["id"].to_numpy(), SOME)[0])
    # the rows that may be drawn double about as often as the table does
    assert 1 < len(copied) < np.log2(ROWS / SOME) + 2
    assert max(copied) < 2 * (SOME + LAST_ROWS) + 101


def test_totals_below_a_large_table_are_found(large: pl.DataFrame, tmp_path: Path) -> None:
    large.write_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open("a", encoding="utf-8") as file:
        file.write(f"{large['id'].sum()},Total,\n")
    seen = sample_of(open_table(tmp_path / "t.csv"), silent)
    assert (seen.frame.height, seen.rows) == (SOME, ROWS)
    assert any("row 150,001, at the end, looks like totals" in doubt for doubt in seen.doubts)

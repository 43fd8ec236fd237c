"""Totals below a table are no customers, and no customer is taken for one."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from segmint.contract.infer import infer_contract
from segmint.contract.ledger import TOTAL_ROW
from segmint.contract.totals import batches_of_customers, find_totals
from segmint.contract.validate import validate
from segmint.tables.rejects import Reject
from segmint.tables.source import TableSource, open_table

COLUMNS = ("id", "age", "balance", "job", "y")
Cells = tuple[str | None, ...]


def customers(rows: int = 300) -> list[Cells]:
    draw = random.Random(4)
    return [
        (
            f"C{i:04}",
            f"{draw.randrange(18, 90)}",
            f"{draw.randrange(10**6) / 100:.2f}",
            draw.choice("abc"),
            "no" if i % 4 else "yes",
        )
        for i in range(rows)
    ]


def total_of(rows: list[Cells], column: int = 2) -> str:
    return f"{sum(float(row[column] or 0) for row in rows):.2f}"


def source_of(rows: list[Cells], kind: str, folder: Path) -> TableSource:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    path = folder / f"table.{kind}"
    if kind == "csv":
        frame.write_csv(path)
    elif kind == "parquet":
        frame.with_columns(
            pl.col("balance").cast(pl.Float64), pl.col("age").cast(pl.Int64, strict=False)
        ).write_parquet(path)
    else:
        with xlsxwriter.Workbook(path, {"strings_to_numbers": True}) as book:
            sheet = book.add_worksheet()
            for line, row in enumerate([COLUMNS, *rows]):
                sheet.write_row(line, 0, row)
    return open_table(path)


def found(rows: list[Cells], folder: Path, *, id_column: str | None = None) -> dict[int, bool]:
    source = source_of(rows, "csv", folder)
    return find_totals(source.batches(), source.receipt, id_column)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_totals_are_rejected_with_their_own_reason(kind: str, tmp_path: Path) -> None:
    rows = customers()
    source = source_of([*rows, ("Summe", None, total_of(rows), "–", "–")], kind, tmp_path)
    draft = infer_contract(source, name="x")
    assert (
        f"row 301, at the end, looks like totals of the table, and says nothing here: it is rejected as {TOTAL_ROW}"
        in draft.text
    )
    assert draft.contract.by_name["balance"].bounds[1] <= 20_000  # type: ignore[index]
    rejects: list[Reject] = []
    for purpose in ("train", "predict"):
        table = validate(source, draft.reviewed(), purpose=purpose, max_rejected=0.0, on_reject=rejects.append)  # type: ignore[arg-type]
        table.ledger.check()
        assert (table.ledger.read, table.ledger.reasons) == (301, {TOTAL_ROW: 1})
        assert rejects[-1].record == 301
        assert "Summe" in rejects[-1].raw


@pytest.mark.parametrize("size", [7, 299, 300, 301])
def test_totals_are_found_wherever_a_batch_ends(size: int, tmp_path: Path) -> None:
    rows = customers()
    mean = f"{float(total_of(rows)) / 300:.2f}"
    source = source_of(
        [*rows, ("Total:", None, total_of(rows), None, None), ("Mittelwert", None, mean, None, None)], "csv", tmp_path
    )
    batches = list(batches_of_customers(source, size))
    assert [reject.record for batch in batches for reject in batch.rejects] == [301, 302]
    assert sum(batch.frame.height for batch in batches) == 300


@pytest.mark.parametrize(
    ("id_column", "certain"), [("id", {301: True}), (None, {301: False})], ids=["as the id", "where no id is known"]
)
def test_a_word_beside_a_sum_that_is_none_is_certain_as_an_id_only(
    id_column: str | None, certain: dict[int, bool], tmp_path: Path
) -> None:
    assert found([*customers(), ("Gesamt", None, "99999999", None, None)], tmp_path, id_column=id_column) == certain


def test_a_sum_without_a_name_is_asked_about_and_sets_no_bound(tmp_path: Path) -> None:
    rows = customers()
    source = source_of([*rows, (None, None, total_of(rows), None, None)], "parquet", tmp_path)
    assert find_totals(source.batches(), source.receipt) == {301: False}
    draft = infer_contract(source, name="x")
    assert "if it is no customer, take it out" in draft.text
    assert draft.contract.by_name["balance"].bounds[1] <= 20_000  # type: ignore[index]


@pytest.mark.parametrize(
    "last",
    [
        ("C9999", "44", "120.50", "total", "yes"),
        ("Total", "44", "120.50", "a", "yes"),
        ("C9999", "52", None, "media", "yes"),
        ("C9999", None, None, None, None),
        ("C9999", None, "5000.00", None, None),
        ("C9999", None, None, "total", None),
    ],
    ids=["a level", "a company", "a job and the mean age", "nothing known", "one number", "a level and nothing else"],
)
def test_no_customer_is_taken_for_a_total(last: Cells, tmp_path: Path) -> None:
    source = source_of([*customers(), last], "csv", tmp_path)
    assert not any(batch.rejects for batch in batches_of_customers(source, id_column="id"))


def test_a_word_that_is_a_level_of_the_column_names_no_total(tmp_path: Path) -> None:
    rows = [(*row[:3], "total", row[4]) for row in customers()]
    assert found([*rows, (None, None, None, "total", None)], tmp_path) == {}


def test_totals_are_looked_for_at_the_end_alone_and_below_enough_rows(tmp_path: Path) -> None:
    rows = customers()
    total: Cells = ("Summe", None, total_of(rows), None, None)
    assert found([*rows[:200], total, *rows[200:]], tmp_path) == {}
    assert found([*rows[:5], ("Summe", None, total_of(rows[:5]), None, None)], tmp_path) == {}

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from segmint.config import Data
from segmint.errors import DataError, InputError
from segmint.flows.steps.call_lists import open_call_list, read_call_list
from segmint.targeting.call_list import COLUMNS
from tests.flows.waves import a_saved_list

LIST = pl.DataFrame(
    {
        "customer": ["0017", "18", "19"],
        "record": [1, 2, 3],
        "status": ["listed", "held_out", "suppressed"],
        "arm": ["call", "control", None],
        "rank": [1, None, None],
        "propensity": [0.125, 0.0625, None],
        "segment": ["families", None, None],
        "suppressed_because": ["", "", "no consent"],
    }
)


@pytest.mark.parametrize("name", ["list.csv", "comma.csv", "list.xlsx"])
def test_a_list_that_was_saved_again_has_its_numbers_and_its_blanks(name: str, tmp_path: Path) -> None:
    read = read_call_list(a_saved_list(name, LIST, tmp_path), Data())
    numbers = [column for column in LIST.columns if COLUMNS[column].is_numeric()]
    assert read.select(numbers).equals(LIST.select(pl.col(numbers).cast(pl.Float64)), null_equal=True)
    assert read.select("customer", "segment").equals(LIST.select("customer", "segment"), null_equal=True)


def test_another_table_of_scored_customers_keeps_its_own_columns(tmp_path: Path) -> None:
    own = pl.DataFrame({"customer": ["1"], "status": ["married"], "value": ["gold"], "propensity": ["0.1"]})
    assert read_call_list(a_saved_list("list.csv", own, tmp_path), Data()).equals(own)
    with pytest.raises(DataError, match="no column 'cost'"):
        read_call_list(own, Data(), needed=("customer", "cost"))


def test_a_number_that_is_none_is_named_by_its_column_and_not_said(tmp_path: Path) -> None:
    wrong = LIST.with_columns(propensity=pl.Series(["0.1", "likely", ""]))
    with pytest.raises(DataError, match="'propensity' of the call list has 1 value that is no number") as refused:
        read_call_list(a_saved_list("list.csv", wrong, tmp_path), Data())
    assert "likely" not in str(refused.value)


def test_of_the_workbook_for_people_the_whole_list_is_named_at_once(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "call_list.xlsx") as book:
        for name in ("Call list", "What if"):
            book.add_worksheet(name).write_column(0, 0, ["Customer", "17"])
    with pytest.raises(InputError, match="has several sheets") as refused:
        open_call_list(tmp_path / "call_list.xlsx", Data())
    assert refused.value.fix.startswith("name the file runs/<id>/call_list.parquet")

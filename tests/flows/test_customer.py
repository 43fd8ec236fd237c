"""One customer of a table is found by id, or by the number of the record where that is said."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import InputError
from segmint.flows.customer import TypedError, try_out
from segmint.flows.explain import one_customer
from segmint.store.bundle import open_bundle
from segmint.tables.source import open_table
from tests.service.small import CONTRACT
from tests.service.test_champion import run_with_bundle

ID = '[columns.customer]\nkind = "text"\nrole = "id"\nlabel = "customer"\n'
ROWS = {"customer": ["7", "b", "record 1", "d"], "age": ["20", "x", "22", "23"], "job": ["student"] * 4}


def read(contract: str, rows: dict[str, list[str]]) -> ValidTable:
    return validate(
        open_table(pl.DataFrame(rows)), parse_contract(contract, origin="test"), purpose="predict", max_rejected=0.5
    )


@pytest.mark.parametrize(
    ("asked", "record"),
    [("7", 1), ("d", 4), ("record 4", 4), (" Record  3 ", 3), ("record 1", 3)],  # an id that looks so is an id
)
def test_an_id_or_the_number_of_a_record_finds_the_customer(asked: str, record: int) -> None:
    assert one_customer(read(CONTRACT + ID, ROWS), asked).records.tolist() == [record]


def test_a_bare_number_is_an_id_where_there_are_ids_and_a_record_where_there_are_none() -> None:
    for asked in ("4", "record 2", "record 9"):  # the second record is rejected
        with pytest.raises(InputError, match="There is no customer") as told:
            one_customer(read(CONTRACT + ID, ROWS), asked)
        assert "record 7" in told.value.expected
    without = {name: cells for name, cells in ROWS.items() if name != "customer"}
    for asked in ("4", "record 4"):
        assert one_customer(read(CONTRACT, without), asked).records.tolist() == [4]


def test_a_form_in_which_nothing_was_typed_is_a_customer_of_whom_nothing_is_known(tmp_path: Path) -> None:
    bundle = open_bundle(tmp_path / run_with_bundle(tmp_path, 1))
    found = try_out({"age": "", "job": " "}, bundle)
    assert found["values"]["age"] == ""
    assert 0 < found["prediction"] < 1


def test_a_point_is_the_decimal_sign_of_a_form_that_writes_one_itself(tmp_path: Path) -> None:
    bundle = open_bundle(tmp_path / run_with_bundle(tmp_path, 1))

    def said(age: str) -> float:
        return float(try_out({"age": age, "job": "student"}, bundle)["prediction"])

    assert said("12.345") == said("12.3450") != said("12345")
    assert said("1,234,567") == said("1234567")
    for either in ("12,345", "\u221212,345"):
        with pytest.raises(TypedError, match="two ways"):
            said(either)

"""One customer of a table is found by id, or by the number of the record where that is said."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from segmint.config import load_config
from segmint.contract import valid_table
from segmint.contract.contract import parse_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import InputError
from segmint.flows.customer import TypedError, look_up, try_out
from segmint.flows.explain import _as_written, explain_customers, one_customer
from segmint.store.bundle import open_bundle, write_bundle
from segmint.tables.source import open_table
from tests.service.small import CONTRACT, small_parts
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


def test_nobody_is_looked_up_by_a_number_that_may_be_an_id_which_the_contract_does_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert one_customer(read(CONTRACT, ROWS), "4").records.tolist() == [4]  # of so few rows nobody can tell
    monkeypatch.setattr(valid_table, "FEWEST_IDS", 3)
    for asked in ("7", "d"):
        with pytest.raises(InputError, match="'customer' looks like the ids of customers") as told:
            one_customer(read(CONTRACT, ROWS), asked)
        assert 'role = "id"' in told.value.came
        assert "record 7" in told.value.expected
    assert one_customer(read(CONTRACT, ROWS), "record 4").records.tolist() == [4]


@pytest.mark.parametrize(
    ("name", "cells", "is_id"),
    [
        ("customer", ["1", "2", "3", "4"], True),
        ("Kunde", ["a", "b", "c", "d"], True),
        ("customer", ["1", "1", "1", "1"], False),
        ("phone_number", ["1", "2", "3", "4"], False),
        ("row_id", ["1", "2", "3", "4"], False),
        ("remark", ["a", "b", "c", "d"], False),
    ],
)
def test_ids_that_the_contract_does_not_know_are_told_by_name_and_by_all_being_different(
    name: str, cells: list[str], is_id: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valid_table, "FEWEST_IDS", 3)
    rows = {name: cells} | {known: ROWS[known] for known in ("age", "job")}
    assert read(CONTRACT, rows).unread_ids == (name if is_id else None)
    assert read(CONTRACT + ID, rows | ROWS).unread_ids is None


def test_an_id_that_lost_or_kept_its_zeros_finds_the_customer_whose_id_it_must_be() -> None:
    table = read(CONTRACT + ID, ROWS | {"customer": ["007", "17", "18", "0018"], "age": ["20", "21", "22", "23"]})
    for asked, record in (("7", 1), ("7.0", 1), ("0017", 2), ("18", 3), ("0018", 4)):
        assert one_customer(table, asked).records.tolist() == [record]
    with pytest.raises(InputError, match="'018' could be several customers of the table") as told:
        one_customer(table, "018")
    assert "write the zeros and capitals" in told.value.fix


def test_an_id_is_written_as_the_table_does_before_there_is_a_run() -> None:
    contract = parse_contract(CONTRACT + ID, origin="test")
    source = open_table(pl.DataFrame(ROWS | {"customer": ["007", "17", "18", "0018"]}))
    asked = ["7", "0017", "18", "record 2"]
    assert [_as_written(source, contract, customer) for customer in asked] == ["007", "17", "18", "record 2"]
    for customer, words in (("9", "There is no customer '9'"), ("018", "could be several customers")):
        with pytest.raises(InputError, match=words):
            _as_written(source, contract, customer)


def test_a_rejected_row_is_not_explained_by_one_that_differs_by_zeros(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts(1) | {"contract": parse_contract(CONTRACT + ID, origin="test")})
    people = pl.DataFrame(ROWS | {"customer": ["007", "7", "17", "d"], "phone": ["1"] * 4})
    config = load_config(None, ["data.max_rejected=0.5"])
    with pytest.raises(InputError, match="There is no customer '7'"):  # its age is no number
        explain_customers(people, tmp_path / "bundle", config, customer="7", runs=tmp_path / "runs")
    explained = explain_customers(people, tmp_path / "bundle", config, customer="0017", runs=tmp_path / "runs")
    assert explained.reasons["customer"].to_list() == ["17"]


def test_what_the_contract_ignores_or_does_not_know_is_not_shown_of_a_customer(tmp_path: Path) -> None:
    iban = '[columns.iban]\nkind = "text"\nrole = "ignore"\nlabel = "iban"\n'
    bundle = open_bundle(tmp_path / run_with_bundle(tmp_path, 1))
    rows = {"customer": ["7"], "age": ["20"], "job": ["student"], "iban": ["DE00"], "note": ["rang twice"]}
    assert look_up(read(CONTRACT + ID + iban, rows), "7", bundle)["values"] == {
        "customer": "7",
        "age": "20",
        "job": "student",
    }


def test_a_form_in_which_nothing_was_typed_is_a_customer_of_whom_nothing_is_known(tmp_path: Path) -> None:
    bundle = open_bundle(tmp_path / run_with_bundle(tmp_path, 1))
    found = try_out({"age": "", "job": " "}, bundle)
    assert found["values"]["age"] == ""
    assert 0 < found["prediction"] < 1


def test_what_was_typed_and_can_be_read_in_two_ways_is_refused_as_everywhere(tmp_path: Path) -> None:
    bundle = open_bundle(tmp_path / run_with_bundle(tmp_path, 1))

    def said(age: str) -> float:
        return float(try_out({"age": age, "job": "student"}, bundle)["prediction"])

    assert said("12.3450") != said("12345")
    assert said("1,234,567") == said("1234567")
    for either in ("12.345", "12,345", "\u221212,345", "(12.345)"):
        with pytest.raises(TypedError, match="two ways"):
            said(either)

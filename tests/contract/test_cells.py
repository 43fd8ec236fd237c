"""One customer is one customer, however a program has written the cells."""

from __future__ import annotations

import datetime
from typing import Any

import polars as pl
import pytest

from segmint.contract.cells import has_two_readings, read_cells
from segmint.contract.column import Column
from segmint.contract.contract import parse_contract
from segmint.contract.one_row import OneRow

CONTRACT = """
name = "flags"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.active]
kind = "category"
role = "holding"
label = "active"
allowed = ALLOWED
"""


@pytest.mark.parametrize(
    ("text", "either"),
    [
        ("1.234", True), ("1,234", True), ("12.345", True), ("999,000", True), ("+1.234", True), ("-1,234", True),
        ("\u22121,234", True), (" 1.234\n", True),
        ("1234", False), ("1.2340", False), ("1.23", False), ("1234.567", False), ("0.125", False), ("0,125", False),
        ("012.345", False), (".125", False), ("1,234,567", False), ("1.234.567", False), ("1,234.5", False),
        ("1.234,5", False), ("1.234e2", False), ("\u0661.\u0662\u0663\u0664", False), ("1.234 EUR", False), ("1.234 kg", True), ("1,234kg", True), ("1.2340 kg", False),
        ("(1.234)", True), ("1.234-", True), ("1 234.567", False), ("", False),
    ],
)  # fmt: skip
def test_a_number_is_a_thousand_or_a_fraction_where_nobody_said_how_it_is_written(text: str, either: bool) -> None:
    assert has_two_readings(text, "kg") is either


YES_AND_NO = [("Yes", "No"), ("ja", "nein", "unbekannt"), ("1", "0")]


@pytest.mark.parametrize("allowed", [("True", "False"), ("true", "false"), ("TRUE", "FALSE"), *YES_AND_NO])
@pytest.mark.parametrize("cell", ["True", "true", "TRUE", True])
def test_a_truth_value_is_one_level_through_every_door(allowed: tuple[str, str], cell: Any) -> None:
    column = Column(name="active", kind="category", role="holding", label="active", allowed=allowed)
    assert read_cells(column, pl.Series("active", [cell, None]), (), "point").values.to_list() == [allowed[0], None]
    contract = parse_contract(CONTRACT.replace("ALLOWED", str(list(allowed))), origin="test")
    customer = OneRow(contract, "planning").read({"active": cell})
    assert (customer.values["active"], customer.flags) == (allowed[0], "")


@pytest.mark.parametrize("allowed", [("0", "1"), ("0.0", "1.0")])
@pytest.mark.parametrize("cell", ["1", "1.0", " 1.0 ", 1, 1.0])
def test_a_flag_with_gaps_is_the_level_that_it_is_without(allowed: tuple[str, str], cell: Any) -> None:
    column = Column(name="card", kind="category", role="holding", label="card", allowed=allowed)
    assert read_cells(column, pl.Series("card", [cell]), (), "point").values.to_list() == [allowed[1]]


def test_what_could_mean_two_levels_or_none_stays_as_it_is() -> None:
    column = Column(name="code", kind="category", role="holding", label="code", allowed=("1.0", "1.00", "YES"))
    cells = pl.Series("code", ["1", "1.0", "1.00", "yes", "2.0", "true"])
    assert read_cells(column, cells, (), "point").values.to_list() == ["1", "1.0", "1.00", "yes", "2.0", "true"]


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d-%m-%Y"])
def test_a_date_of_a_workbook_is_read_whatever_the_contract_says_of_texts(form: str) -> None:
    day = datetime.date(2026, 3, 14)
    column = Column(name="since", kind="date", role="time", label="since", format=form)
    read = read_cells(column, pl.Series("since", ["2026-03-14", day.strftime(form), "14th"]), (), "point")
    assert read.values.to_list() == [day, day, None]
    assert read.problem.to_list() == [None, None, "not_a_date"]


def test_a_number_beyond_what_a_network_holds_is_refused_unless_it_is_a_code() -> None:
    column = Column(name="balance", kind="number", role="holding", label="balance")
    cells = read_cells(column, pl.Series("balance", [3e38, -3.5e38, 8.9e307]), ("8.9e307",), "point")
    assert cells.values.to_list() == [3e38, None, None]
    assert cells.problem.to_list() == [None, "too_large", None]

"""What the cells of a table are in a workbook."""

from __future__ import annotations

from datetime import date

import polars as pl

from segmint.contract.contract import parse_contract
from segmint.contract.sheet_values import sheet_values

CONTRACT = parse_contract(
    """
name = "sheet"
reviewed = true
version = 1
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.customer]
kind = "text"
role = "id"
label = "customer"
[columns.balance]
kind = "number"
role = "holding"
label = "balance"
unit = "EUR"
missing = ["", "999"]
[columns.since]
kind = "date"
role = "time"
label = "customer since"
format = "%d.%m.%Y"
[columns.job]
kind = "category"
role = "characteristic"
label = "job"
[columns.segment]
kind = "number"
role = "characteristic"
label = "segment"
""",
    origin="test",
)


def test_numbers_and_dates_are_such_and_all_else_stays_as_it_is_written() -> None:
    balances = ["1.005,64", "-3 EUR", "k.A.", "", "007", "999", "1234567890123456", None]
    days = ["20.01.2023", "2026-03-14", "20.01.2023 14:03", "20.01.2023 00:00", "1.1.1900", "?", "", None]
    frame = pl.DataFrame(
        {"customer": ["1"] * 8, "balance": balances, "since": days, "job": ["1"] * 8, "segment": ["1"] * 8}
    )
    found = sheet_values(frame, CONTRACT, {"decimal": "comma"}, apart=["segment"])
    assert list(found) == ["balance", "since"]
    assert found["balance"].to_list() == [1005.64, -3, None, None, None, 999, None, None]
    jan = date(2023, 1, 20)
    assert found["since"].to_list() == [jan, date(2026, 3, 14), None, jan, None, None, None, None]


def test_days_of_a_typed_table_are_days_unless_they_have_a_time() -> None:
    days = pl.Series(["2026-03-14 00:00:00", "2026-03-14 09:30:00"]).str.to_datetime()
    frame = pl.DataFrame({"since": days, "balance": [1.5, float("nan")]})
    found = sheet_values(frame, CONTRACT, {})
    assert found["since"].to_list() == [date(2026, 3, 14), None]
    assert found["balance"].to_list() == [1.5, None]


def test_numbers_that_can_be_read_in_two_ways_stay_texts() -> None:
    assert sheet_values(pl.DataFrame({"balance": ["1.234"]}), CONTRACT, {"decimal": "ambiguous"}) == {}

from __future__ import annotations

import warnings
from dataclasses import replace

import openpyxl
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.targeting import sheets
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.hand_off import write_workbook
from segmint.targeting.sheets import MOST_SHEETS, OTHERS, sheet_names, sheets_of
from tests.targeting.conftest import make_customers, make_policy

AWKWARD = [
    "a/b",
    "a:b",
    "[x]",
    "'quoted'",
    "=1+1",
    "+351",
    "@cmd",
    "history",
    "History",
    "How to read",
    "others",
    "x" * 40,
]
AWKWARD += ["x" * 41, "😀" * 20, "Ärzte", "ärzte", "?", "\x07", "a\nb", "What if", "-5"]


def dealt(values, **rules):
    """A list of as many customers as there are values, sheets by branch."""
    frame = make_customers(len(values)).with_columns(branch=pl.Series(values, dtype=pl.String), propensity=pl.lit(0.5))
    policy = make_policy(sheet_by="branch", **rules)
    because = pl.Series([""] * len(values), dtype=pl.String)
    chosen = choose(frame["client"], frame["propensity"], policy)
    return build_call_list(frame["client"], chosen, because, policy, carried=frame.select("branch"))


@given(st.lists(st.text(max_size=40), unique=True, max_size=30))
@settings(max_examples=200, deadline=None)
def test_names_are_such_that_a_spreadsheet_takes_them(values):
    names = sheet_names([*AWKWARD, *values])
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) <= 62
        assert not set(name) & set("[]:*?/\\")
        assert name == name.strip("'")
        assert name.casefold() not in {"history", "how to read", "what if", "others", "call list 2"}
        assert name[0] not in "=+@"


def test_a_workbook_with_a_sheet_for_each_value_opens_and_holds_everyone_once(tmp_path, contract):
    made = dealt([*AWKWARD, *AWKWARD, None, " ", "a/b "])
    receipt = write_workbook(made, contract, tmp_path / "a.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    found = [row[1] for name in book.sheetnames[1:] for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert sorted(found) == sorted(made.listed["customer"])
    assert book["a b (2)"].max_row == 4, "a line break comes before a slash, and blanks around a value make no other"
    assert receipt.others == book[OTHERS].max_row - 1 == 2
    ranks = [row[0] for row in book["a b (2)"].iter_rows(min_row=2, values_only=True)]
    assert ranks == sorted(ranks)
    assert any("One for each 'branch'" in str(row[1]) for row in book["How to read"].iter_rows(values_only=True))


def test_sheets_of_segments_begin_with_their_number_and_are_named_in_full_on_how_to_read(tmp_path, contract):
    names = [f"Customers called before and {which} a housing loan" for which in ("with", "without")]
    made = dealt(names * 3)
    rows = made.rows.with_columns(segment=pl.col("branch"))
    made = replace(made, rows=rows, policy=made.policy.model_copy(update={"sheet_by": "segment"}))
    numbers = {names[1]: "4", names[0]: "6"}
    write_workbook(made, contract, tmp_path / "a.xlsx", numbers=numbers)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["How to read", "4 Customers called before and w", "6 Customers called before and w"]
    told = dict(row[:2] for row in book["How to read"].iter_rows(values_only=True))
    assert told["Sheet '4 Customers called before and w'"] == names[1]
    assert told["Sheet '6 Customers called before and w'"] == names[0]
    assert "holds the rest" not in told["Sheets"], "there is no sheet of others"
    assert told["Reason 2"].startswith("Second of the three things that move this propensity most.")


def test_the_sheet_of_others_is_told_of_where_there_is_one(tmp_path, contract):
    write_workbook(dealt(["Lisbon", None]), contract, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    told = dict(row[:2] for row in book["How to read"].iter_rows(values_only=True))
    assert told["Sheets"].endswith("'Others' holds the rest.")
    assert not [name for name in told if str(name).startswith("Sheet '")]


def test_the_most_frequent_values_have_a_sheet_and_the_rest_share_one():
    values = [f"branch {number:03}" for number in range(MOST_SHEETS + 5)]
    named = sheets_of(dealt([*values, *values[5:]]))
    assert [name for name, _ in named] == [*values[5:], OTHERS]
    assert named[-1][1]["branch"].sort().to_list() == values[:5]


def test_a_value_of_more_rows_than_a_sheet_takes_goes_on(monkeypatch):
    monkeypatch.setattr(sheets, "SHEET_ROWS", 4)
    named = sheets_of(dealt(["Lisbon"] * 10))
    assert [(name, part.height) for name, part in named] == [("Lisbon", 4), ("Lisbon 2", 4), ("Lisbon 3", 2)]


def test_a_list_of_nobody_is_one_empty_sheet():
    [(name, part)] = sheets_of(dealt(["Lisbon"] * 3, exclude=[], budget_calls=1, budget_money=5).without(
        pl.Series([True] * 3), because="objected"
    ))  # fmt: skip
    assert (name, part.height) == ("Call list", 0)

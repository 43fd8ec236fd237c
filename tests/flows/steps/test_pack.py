"""What a bundle is proved by."""

from __future__ import annotations

import polars as pl

from segmint.contract.contract import parse_contract
from segmint.contract.validate import validate
from segmint.flows.steps import pack as flow
from segmint.tables.source import open_table

CONTRACT = """
name = "bands"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.band]
kind = "category"
role = "characteristic"
label = "band"
"""


def test_a_golden_row_may_hold_no_value_at_all() -> None:
    """Of a contract with few columns some made-up customer has none filled in; it proves the bundle like any other."""
    contract = parse_contract(CONTRACT, origin="test")
    frame = pl.DataFrame({"band": ["a", "b"] * 40, "y": ["no", "yes"] * 40})
    table = validate(open_table(frame), contract, purpose="train", at="planning")
    typed = flow.typed_rows(pl.DataFrame({"band": ["", "a"]}), table.contract, table.at).frame
    assert typed["band"].to_list() == [None, "a"]


def test_levels_in_brackets_are_in_the_golden_rows() -> None:
    contract = parse_contract(CONTRACT, origin="test")
    frame = pl.DataFrame({"band": ["(18, 25]", "(25, 60]"] * 40, "y": ["no", "yes"] * 40})
    table = validate(open_table(frame), contract, purpose="train", at="planning")
    levels = ["(18, 25]", "(25, 60]", "(missing)", "(other)"]
    rows = flow._golden_rows(table, {"columns": [{"name": "band", "kind": "category", "levels": levels}]}, 3)
    assert set(rows["band"]) - {"", None} == {"(18, 25]", "(25, 60]"}

"""What a checked table says of its answers, in Python as on the screen."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.contract.infer import infer_contract
from segmint.contract.ledger import KEPT_REJECTS
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.tables.source import open_table

CONTRACT = """
name = "x"

[outcome]
column = "answer"
kind = "response"
levels = ["no", "yes"]
positive = "yes"

[columns.age]
kind = "number"
role = "characteristic"
label = "age"
"""


def table_of(frame: pl.DataFrame, purpose: str = "train") -> ValidTable:
    return validate(open_table(frame), parse_contract(CONTRACT, origin="x"), purpose=purpose)


def test_how_many_said_yes_is_told_where_anybody_answered() -> None:
    frame = pl.DataFrame({"age": range(18, 118), "answer": ["yes"] * 20 + ["no"] * 80})
    assert table_of(frame).sentences[-2] == "20 of 100 rows (20.0 %) have the outcome 'yes'"
    assert not any("have the outcome" in said for said in table_of(frame.drop("answer"), "predict").sentences)


def test_too_few_who_said_yes_are_no_ground_for_figures() -> None:
    few = pl.DataFrame({"age": range(18, 118), "answer": ["yes"] * 49 + ["no"] * 51})
    assert table_of(few).sentences[-1].startswith("only 49 said yes")
    enough = few.with_columns(answer=pl.Series(["yes"] * 50 + ["no"] * 50))
    assert not any("only" in said for said in table_of(enough).sentences)


def test_many_copies_are_told_last() -> None:
    frame = pl.DataFrame({"age": range(18, 118), "answer": ["yes"] * 20 + ["no"] * 80})
    *_, share, _, copies = table_of(pl.concat([frame, frame])).sentences
    assert share.startswith("40 of 200 rows (20.0 %)")
    assert copies.startswith("100 of 200 rows are copies of another in every column: exported twice?")


def test_rows_and_columns_that_the_table_lacks_are_refused_in_words() -> None:
    table = table_of(pl.DataFrame({"age": range(18, 118), "answer": ["yes", "no"] * 50}))
    assert len(table.rows(table.frame["age"].to_numpy() > 20)) == 97
    for chosen in (np.ones(3, dtype=bool), np.arange(100)):
        with pytest.raises(ValueError, match="true or false for each of the 100 rows"):
            table.rows(chosen)
    with pytest.raises(ValueError, match=r"no column 'zz'. Choose one of: age, answer"):
        table.numbers("zz")


def test_amounts_of_a_column_that_is_not_used_are_read_with_their_unit() -> None:
    worth = '[columns.worth]\nkind = "number"\nrole = "ignore"\nlabel = "worth"\nunit = "EUR"\n'
    frame = pl.DataFrame({"age": range(18, 118), "answer": ["yes", "no"] * 50, "worth": ["1,200.50 EUR"] * 100})
    table = validate(open_table(frame), parse_contract(CONTRACT + worth, origin="x"))
    assert table.numbers("worth").values.unique().to_list() == [1200.5]


def test_more_rejected_records_than_the_ledger_names_are_all_told() -> None:
    frame = pl.DataFrame({"age": ["40", "forty"] * 1_250})
    table = validate(open_table(frame), parse_contract(CONTRACT, origin="x"), purpose="predict", max_rejected=1.0)
    assert len(table.ledger.rejects) == KEPT_REJECTS < table.ledger.rejected
    assert table.rejected.tolist() == list(range(2, 2_501, 2))


def test_rows_without_an_id_are_told_by_check_and_draft() -> None:
    ids = [None if i < 3 else f"C{i}" for i in range(200)]
    frame = pl.DataFrame({"customer_id": ids, "age": [18 + i % 60 for i in range(200)], "answer": ["yes", "no"] * 100})
    said = "3 rows have no customer id: they cannot be held against other lists or objections"
    draft = infer_contract(open_table(frame), name="x", outcome="answer")
    assert draft.contract.id_column == "customer_id"
    assert said in draft.suspects["customer_id"]
    assert said in validate(open_table(frame), draft.reviewed()).sentences
    with_id = validate(open_table(frame.filter(pl.col("customer_id").is_not_null())), draft.reviewed())
    assert not any("customer id" in sentence for sentence in with_id.sentences)


def test_an_id_that_many_rows_lack_is_asked_about() -> None:
    ids = [None if i % 5 == 0 else f"C{i}" for i in range(200)]
    frame = pl.DataFrame({"customer_id": ids, "age": [18 + i % 60 for i in range(200)], "answer": ["yes", "no"] * 100})
    draft = infer_contract(open_table(frame), name="x", outcome="answer")
    assert draft.contract.id_column is None
    assert 'Then write role = "id"; 40 rows have no customer id' in draft.suspects["customer_id"]

"""Reasons read like sentences, name nobody's data but the customer's own, and keep quiet about sensitive columns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.contract.contract import load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.explain import reasons, words
from segmint.explain.background import background_rows
from segmint.explain.reasons import Attributions, attribute
from segmint.explain.words import Wording, reason_frame, reasons_for, strongest
from segmint.monitoring.reference import _column as reference_column
from segmint.tables.source import open_table
from tests.explain.networks import REFERENCE, contract, customers, make_predictor

WORDING = Wording.of(contract(), REFERENCE)
COLUMNS = ("age", "balance", "job", "loan", "months")


def table_of(frame: pl.DataFrame) -> ValidTable:
    return validate(open_table(frame), contract(), purpose="predict", at="planning")


def told(contributions: list[float], *, classes: str = "yes") -> Attributions:
    values = np.array([contributions])
    return Attributions(values, np.array([0.1]), COLUMNS, np.array([classes]))


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("balance", 4_200.0, "balance of 4,200 is above 80 % of customers"),
        ("balance", 25_310.37, "balance of 25,310 is above 95 % of customers"),
        ("balance", -1_234.56, "balance of −1,235 is below 95 % of customers"),
        ("balance", 123.456, "balance of 123.5 is below 80 % of customers"),
        ("balance", 9_000.0, "balance of 9,000 is above 95 % of customers"),
        ("balance", -1_500.0, "balance of −1,500 is below 95 % of customers"),
        ("balance", 2_400.0, "balance of 2,400 is usual"),
        ("age", 62.0, "age of 62 years is above 95 % of customers"),
        ("age", 1.0, "age of 1 year is below 95 % of customers"),
        ("job", "retired", "profession is retired"),
        ("job", "=HYPERLINK(evil)", "profession was not seen in training"),
        ("job", None, "profession is not known"),
        ("loan", "yes", "has a personal loan"),
        ("loan", "no", "has no personal loan"),
        ("months", -1.0, "never contacted before"),
        ("months", None, "no call on record"),
        ("months", 1.0, "1 month since the last call, fewer than 70 % of customers who have one"),
        ("months", 14.0, "14 months since the last call, more than 95 % of customers who have one"),
        ("months", 4.0, "4 months since the last call, as usual for customers who have one"),
    ],
)
def test_a_cell_is_said_as_people_say_it(column: str, cell: str | float | None, said: str) -> None:
    assert WORDING.what(column, cell) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (5.0, "above 95 % of customers"),
        (0.0, "usual"),
        (-1.0, "below 95 % of customers"),
        (1.0, "above 95 % of customers"),
    ],
)
def test_a_number_that_hardly_anyone_has_is_not_usual(number: float, said: str) -> None:
    defaulted = pl.Series("balance", [0.0] * 970 + [1.0] * 25 + [5.0] * 5)
    summary = reference_column(contract().by_name["balance"], defaulted)
    assert summary["edges"] == [0.0]
    told = Wording.of(contract(), {"columns": [summary]}).what("balance", number)
    assert told.endswith(f" is {said}")


def test_of_twenty_customers_eighteen_are_not_said_to_be_95_percent() -> None:
    summary = reference_column(contract().by_name["balance"], pl.Series("balance", [0.0] * 18 + [100.0] * 2))
    told = Wording.of(contract(), {"columns": [summary]}).what("balance", 100.0)
    assert told == "balance of 100 is above 90 % of customers"


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [("age", 62.0, "62 years"), ("job", "student", "student"), ("job", "?", "not seen in training"),
     ("months", -1.0, "never contacted before"), ("months", None, "no call on record"), ("balance", None, "not known")],
)  # fmt: skip
def test_a_value_by_itself(column: str, cell: str | float | None, said: str) -> None:
    assert WORDING.value(column, cell) == said


def test_a_code_of_which_nobody_said_what_it_means_comes_with_its_column() -> None:
    column = Column(name="pdays", kind="number", role="history", label="pdays", states=(State.unnamed(-1),))
    wording = Wording({"pdays": column}, {})
    assert wording.what("pdays", -1.0) == "pdays is code −1"
    assert wording.value("pdays", -1.0) == "code −1"


def test_the_strongest_come_first_and_say_which_way_they_push() -> None:
    cells = {"customer": "c", "age": 62.0, "balance": 4_200.0, "job": "retired", "loan": "yes", "months": -1.0}
    frame = pl.DataFrame([cells])
    row = reason_frame(table_of(frame), told([0.01, 0.04, 0.001, -0.02, -0.03]), REFERENCE).row(0)
    assert row == (
        "balance of 4,200 is above 80 % of customers: raises the chance",
        "never contacted before: lowers the chance",
        "has a personal loan: lowers the chance",
    )


def test_on_a_call_list_what_raises_the_chance_comes_first() -> None:
    found = told([0.0, 0.02, 0.03, -0.05, 0.0])
    row = reason_frame(table_of(customers(1)), found, REFERENCE, raising_first=True).row(0)
    strongest_first = reason_frame(table_of(customers(1)), found, REFERENCE).row(0)
    assert row == (strongest_first[1], strongest_first[2], strongest_first[0])
    assert [reason.rsplit(": ", 1)[1] for reason in row] == [
        "raises the chance",
        "raises the chance",
        "lowers the chance",
    ]
    few = reason_frame(table_of(customers(1)), told([0.0, 0.0, -0.03, 0.0, 0.0]), REFERENCE, raising_first=True).row(0)
    assert few[0].endswith("lowers the chance")
    assert few[1:] == (None, None)


def test_nothing_usual_explains_what_it_raises() -> None:
    cells = {"customer": "c", "age": 62.0, "balance": 2_400.0, "job": "retired", "loan": "yes", "months": 4.0}
    row = reason_frame(table_of(pl.DataFrame([cells])), told([0.0, 0.04, 0.0, 0.0, -0.03]), REFERENCE).row(0)
    assert row[:2] == ("balance of 2,400: raises the chance", "4 months since the last call: lowers the chance")


def test_a_sensitive_column_is_named_only_when_asked_and_the_next_reason_moves_up() -> None:
    table, found = table_of(customers(1)), told([0.5, 0.04, 0.03, 0.02, 0.01])
    quiet = reason_frame(table, found, REFERENCE).row(0)
    asked = reason_frame(table, found, REFERENCE, sensitive=True).row(0)
    assert asked[0].startswith("age of ")
    assert asked[1:] == quiet[:2]
    assert not any("age" in reason.split() for reason in quiet)


def test_a_reason_too_small_to_show_is_none() -> None:
    found = told([0.0, 0.04, 0.0004, -0.0001, 0.0])
    assert reason_frame(table_of(customers(1)), found, REFERENCE).row(0)[1:] == (None, None)


def test_equal_contributions_are_named_in_the_order_of_the_columns() -> None:
    equal = np.array([[0.02, 0.02 + 1e-9, -0.02]])
    assert strongest(equal, np.ones(3, dtype=bool), 3).tolist() == [[0, 1, 2]]


def test_segments_are_spoken_for() -> None:
    letters = contract().model_copy(
        update={"outcome": load_contract("customer-segments").outcome.model_copy(update={"column": "y"})}
    )
    table = validate(open_table(customers(1)), letters, purpose="predict", at="planning")
    row = reason_frame(table, told([0.0, 0.2, -0.1, 0.0, 0.0], classes="C"), REFERENCE).row(0)
    assert row[0].endswith(": speaks for C")
    assert row[1].endswith(": speaks against C")


def test_reasons_name_only_the_customer_s_own_values() -> None:
    predictor, frame = make_predictor(), customers(60)
    together = reasons_for(table_of(frame), predictor, REFERENCE)
    for row in (0, 17, 59):
        alone = reasons_for(table_of(frame[row : row + 1]), predictor, REFERENCE)
        assert alone.row(0) == together.row(row)


def test_as_many_reasons_as_asked_for() -> None:
    table, predictor = table_of(customers(4)), make_predictor()
    behind = background_rows(REFERENCE, seed=words.SEED)
    found = reason_frame(
        table, attribute(predictor, table.frame, behind, seed=words.SEED, target="yes"), REFERENCE, top=2
    )
    assert found.columns == ["reason_1", "reason_2"]
    assert found.height == 4


def test_reasons_of_many_are_worked_out_in_parts_that_tell_how_far_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reasons, words):
        monkeypatch.setattr(module, "CUSTOMERS_AT_ONCE", 7)
    table, predictor = table_of(customers(20)), make_predictor()
    said: list[tuple[str, int, int]] = []
    found = reasons_for(table, predictor, REFERENCE, progress=lambda *step: said.append(step))
    at_once = attribute(
        predictor, table.frame, background_rows(REFERENCE, seed=words.SEED), seed=words.SEED, target="yes"
    )
    assert found.equals(reason_frame(table, at_once, REFERENCE))
    done = [step[1] for step in said]
    assert said[-1] == ("explaining", 20, 20)
    assert done == sorted(done)
    assert len(set(done)) > 3

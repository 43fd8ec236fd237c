from __future__ import annotations

import datetime
import math

import numpy as np
import polars as pl
import pytest

from segmint.contract.cells import cell_texts
from segmint.contract.contract import load_contract, parse_contract
from segmint.contract.one_row import OneRow, UnreadableCellError
from segmint.contract.synthetic import synthetic_rows
from segmint.contract.validate import validate, validate_batches
from segmint.errors import ContractError, DataError
from segmint.tables.source import open_table
from segmint.tables.table_source import ReadOptions

CONTRACT = parse_contract(
    """
name = "everything"
missing = ["", "NA", "999"]
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.id]
kind = "text"
role = "id"
label = "customer"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
bounds = [18, 110]
[columns.job]
kind = "category"
role = "characteristic"
label = "job"
allowed = ["clerk", "true", "7"]
[columns.town]
kind = "category"
role = "characteristic"
label = "town"
[columns.previous]
kind = "number"
role = "history"
label = "calls before"
bounds = [0, inf]
[columns.pdays]
kind = "number"
role = "history"
label = "days"
bounds = [0, 900]
states = [{ value = -1, name = "never" }, { value = -2, name = "long ago", written = -1, when = { column = "previous", above = 0 } }]
[columns.since]
kind = "date"
role = "time"
label = "customer since"
[columns.duration]
kind = "number"
role = "history"
label = "seconds"
known = "after_call"
""",
    origin="test",
)
PLAIN = {"id": "a", "age": "41", "job": "clerk", "town": "X", "previous": "0", "pdays": "-1"}
NUMBERS = [
    "41", " 41 ", "\u00a041", "41.", ".5", "-0", "1e2", "1E+2", "1e400", "-1e308", "3.4e38", "3.5e38", "1,234", "1,234.5", "0,125", "-0,125", "01,234", "12,34", "1.2.3", "1 234", "1 23", "12,5-", "7-", "(41)", "(12,5)", "(-4)", "\u22123", "41 years", "41 EUR", "years 41", "", "NA",
    " NA", "nan", "inf", "0x10", "４１", "41\n", "+7", "1_000", 41, 41.5, -0.0, 999, 999.0, -999, "999", "999.0", "999.5", "9.99e2", math.nan, math.inf, 1e308, True, None, 17, 200,
    "\x1c41",
]  # fmt: skip
TEXTS = ["clerk", " clerk ", "Clerk", "", "NA", None, 7, 7.0, 7.5, 1e-7, True, "true", math.nan, "\u2003clerk", 2**60]


def batch_says(row: dict[str, object], contract=CONTRACT, at="planning") -> tuple[str, object]:
    """What the batch path makes of a frame of this one row."""
    try:
        source = open_table(pl.DataFrame([row]), ReadOptions(decimal="point"))
        (table,) = validate_batches(source, contract, purpose="predict", at=at)
    except ContractError as error:
        return "contract", error.came
    if not len(table):
        return "rejected", table.ledger.rejects[0].detail
    return "accepted", (table.frame.row(0, named=True), table.flags[0])


def one_says(row: dict[str, object], contract=CONTRACT, at="planning") -> tuple[str, object]:
    try:
        found = OneRow(contract, at).read(row)
    except DataError as error:
        return "rejected", error.came
    except ContractError as error:
        return "contract", error.came
    return "accepted", (found.values, found.flags)


@pytest.mark.parametrize("name", ["age", "previous", "pdays"])
@pytest.mark.parametrize("cell", NUMBERS, ids=repr)
def test_a_number_is_read_as_in_a_table_of_one_row(name: str, cell: object) -> None:
    assert_same({**PLAIN, name: cell})


@pytest.mark.parametrize("cell", [math.inf, -math.inf, "inf", "-inf", "1e400"], ids=repr)
def test_infinity_that_means_no_value_is_read_as_in_a_table_of_one_row(cell: object) -> None:
    columns = [c.model_copy(update={"missing": ("", "inf")}) if c.name == "age" else c for c in CONTRACT.columns]
    contract = CONTRACT.model_copy(update={"columns": tuple(columns)})
    row = {**PLAIN, "age": cell}
    assert one_says(row, contract) == batch_says(row, contract)


@pytest.mark.parametrize("name", ["age", "since", "job"])
@pytest.mark.parametrize("cell", ["", "  ", "NA", "x", None], ids=repr)
def test_where_empty_is_no_word_for_no_value_an_empty_cell_is_called_empty(name: str, cell: object) -> None:
    contract = CONTRACT.model_copy(
        update={"columns": tuple(c.model_copy(update={"missing": ("NA",)}) for c in CONTRACT.columns)}
    )
    row = {**PLAIN, name: cell}
    assert one_says(row, contract) == batch_says(row, contract)
    if name != "job" and cell is not None and not str(cell).strip():
        with pytest.raises(UnreadableCellError, match='is empty, and "" is not among the words of `missing`'):
            OneRow(contract, "planning").read(row)


@pytest.mark.parametrize("name", ["job", "town", "id"])
@pytest.mark.parametrize("cell", TEXTS, ids=repr)
def test_a_text_is_read_as_in_a_table_of_one_row(name: str, cell: object) -> None:
    assert_same({**PLAIN, name: cell})


def test_values_of_any_kind_in_one_column_are_each_written_as_alone() -> None:
    values = [True, False, 3.0, 3, -0.5, 1e-7, 4e-5, 10**30, "3.0", None, math.nan]
    alone = ["true", "false", "3", "3", "-0.5", "1e-7", "0.00004", str(10**30), "3.0", None, None]
    assert cell_texts(values, "job").to_list() == alone
    with pytest.raises(ContractError, match="too large to keep every digit"):
        cell_texts([2.0**60], "job")


@pytest.mark.parametrize("previous", ["0", "2", None])
@pytest.mark.parametrize("pdays", ["-1", "-2", "5", "-7", None])
def test_one_code_for_two_things_is_told_apart(previous: object, pdays: object) -> None:
    assert_same({**PLAIN, "previous": previous, "pdays": pdays})


@pytest.mark.parametrize("since", ["2020-02-03", "2020-2-3", "03.02.2020", "", datetime.date(2020, 2, 3), None])
def test_dates_are_read_as_in_a_table(since: object) -> None:
    assert_same({**PLAIN, "since": since})


def test_columns_known_later_and_strangers_are_not_looked_at() -> None:
    assert_same({**PLAIN, "duration": "no number", "y": "yes", "stranger": "?"}, without="y")


def test_a_missing_column_is_named_with_the_closest_one() -> None:
    row = {name: value for name, value in PLAIN.items() if name != "age"} | {"Age": "41"}
    with pytest.raises(ContractError, match=r"age \(did you mean 'Age'\?\)"):
        OneRow(CONTRACT, "planning").read(row)


def test_only_the_id_may_lack_and_an_error_does_not_ask_for_it() -> None:
    nameless = {name: value for name, value in PLAIN.items() if name != "id"}
    assert OneRow(CONTRACT, "planning").read(nameless).flags == OneRow(CONTRACT, "planning").read(PLAIN).flags
    del nameless["age"]
    with pytest.raises(ContractError, match=r"missing: age\n"):
        OneRow(CONTRACT, "planning").read(nameless)


def test_an_error_names_the_column_and_never_the_value() -> None:
    with pytest.raises(DataError) as caught:
        OneRow(CONTRACT, "planning").read({**PLAIN, "age": "forty-one"})
    assert "'age' is not a number" in str(caught.value)
    assert "forty" not in str(caught.value)


@pytest.mark.parametrize("name", ["bank-marketing", "bank-additional", "customer-segments", "term-deposit"])
def test_made_up_customers_of_every_shipped_contract_are_read_the_same(name: str) -> None:
    contract = load_contract(name)
    rows = synthetic_rows(contract, "after_call", 60, 3)
    table = validate(open_table(rows), contract, purpose="predict", at="after_call")
    door = OneRow(contract, "after_call")
    for place, row in enumerate(rows.to_dicts()):
        found = door.read(row)
        assert found.values == {key: table.frame[key][place] for key in found.values}
        assert found.flags == table.flags[place]


def assert_same(row: dict[str, object], without: str = "") -> None:
    expected, found = batch_says(row), one_says(row)
    assert found[0] == expected[0]
    if expected[0] != "accepted":
        assert found[1] == expected[1]
        return
    values = {name: value for name, value in expected[1][0].items() if name != without}
    assert list(found[1][0]) == list(values)
    for name, value in values.items():
        mine = found[1][0][name]
        assert type(mine) is type(value), name
        assert mine == value, name
        assert not isinstance(value, float) or np.copysign(1, mine) == np.copysign(1, value)
    assert found[1][1] == expected[1][1]

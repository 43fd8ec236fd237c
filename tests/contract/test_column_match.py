"""Columns against a contract: what is read, what is left, and a refusal that says what to do."""

from __future__ import annotations

import pytest

from segmint.contract.column_match import SHOWN_NAMES, lacks_outcome, match_columns, suggested
from segmint.contract.contract import Contract, load_contract, parse_contract
from segmint.errors import ContractError

CONTRACT = """
name = "small"
[outcome]
column = "answer"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.client]
kind = "text"
role = "id"
label = "client"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
[columns.duration]
kind = "number"
role = "context"
known = "after_call"
label = "seconds"
[columns.note]
kind = "text"
role = "ignore"
label = "note"
[columns.phone]
kind = "text"
role = "phone"
label = "phone"
"""
WHOLE = ["client", "age", "duration", "note", "phone", "answer"]


@pytest.fixture
def small() -> Contract:
    return parse_contract(CONTRACT, origin="test")


def match(contract: Contract, *names: str, purpose="train", at="planning"):
    return match_columns(names, contract, table="wave.csv", purpose=purpose, at=at)


def refusal(contract: Contract, *names: str, purpose="train") -> ContractError:
    with pytest.raises(ContractError) as caught:
        match(contract, *names, purpose=purpose)
    return caught.value


def test_every_column_of_a_table_has_one_place(small: Contract) -> None:
    found = match(small, "weather", *reversed(WHOLE))
    assert [column.name for column in found.read] == ["client", "age", "phone"], "in the order of the contract"
    assert [column.name for column in found.set_aside] == ["duration"]
    assert (found.outcome, found.strangers) == (True, ("weather",))


def test_what_is_known_in_time_is_read_and_then_it_must_be_there(small: Contract) -> None:
    late = match(small, *WHOLE, at="after_call")
    assert "duration" in [column.name for column in late.read]
    assert late.set_aside == ()
    with pytest.raises(ContractError, match="missing: duration"):
        match(small, *(name for name in WHOLE if name != "duration"), at="after_call")


def test_ids_features_and_the_outcome_must_be_there_and_nothing_else(small: Contract) -> None:
    needed = ("client", "age", "answer")
    assert [column.name for column in match(small, *needed).read] == ["client", "age"]
    for name in needed:
        rest = (other for other in needed if other != name)
        assert f"missing: {name}" in refusal(small, *rest, "phone").came
    assert not match(small, "client", "age", purpose="predict").outcome


def test_a_table_without_answers_is_told_so_and_a_misspelt_outcome_is_asked_for(small: Contract) -> None:
    without = refusal(small, "client", "age")
    assert without.came.startswith("'wave.csv' has no outcome")
    assert "judged" in without.came  # a test table comes here too
    assert "`segmint segment` need no answers" in without.fix
    assert lacks_outcome(["client", "age"], small)
    misspelt = refusal(small, "client", "age", "Answers")
    assert "answer (did you mean 'Answers'?)" in misspelt.came
    assert not lacks_outcome(["client", "age", "Answers"], small)
    assert not lacks_outcome(WHOLE, small)


def test_values_in_place_of_names_are_asked_whether_they_are_a_header(small: Contract) -> None:
    told = refusal(small, "00001", "41", "no")
    assert "unexpected: all 3 names; is the first line a header?" in told.came
    assert "00001" not in told.came, "these may be the values of a customer"


def test_a_table_of_another_shipped_contract_is_told_which() -> None:
    names = [load_contract("bank-marketing").outcome.column, *load_contract("bank-marketing").by_name]
    assert "the contract 'bank-marketing'; use that" in refusal(load_contract("customer-segments"), *names).fix


def test_more_names_than_anybody_reads_are_counted(small: Contract) -> None:
    told = refusal(small, "age", *(f"column_{number}" for number in range(SHOWN_NAMES + 3)))
    assert f"column_{SHOWN_NAMES - 1} and 3 more" in told.came
    assert f"column_{SHOWN_NAMES}" not in told.came


@pytest.mark.parametrize(
    ("name", "meant"), [("AGE", "age"), ("marital status", "Marital_Status"), ("balanse", "balance"), ("zip", "")]
)
def test_a_name_is_suggested_as_the_table_writes_it(name: str, meant: str) -> None:
    asked = suggested(name, ["age", "Marital_Status", "balance"])
    assert asked == (f"did you mean '{meant}'?" if meant else "")


@pytest.mark.parametrize(
    ("names", "fix"),
    [
        (
            ("client", "phone"),
            "deliver the column under the name 'age'; where nobody knows it, deliver it empty: it then counts",
        ),
        (
            ("phone",),
            "deliver the column under the name 'age'; where nobody knows it, deliver it empty: it then counts as no value for every "
            "customer, and the answers say less; deliver the column 'client' with the customers' ids",
        ),
        (("age", "phone"), "deliver the column 'client' with the customers' ids, from the system that the table"),
    ],
)
def test_beside_a_bundle_nobody_is_told_to_write_another_contract(
    small: Contract, names: tuple[str, ...], fix: str
) -> None:
    told = refusal(small, *names, purpose="predict").fix
    assert told.startswith(fix)
    assert ("no answer names its customer" in told) == ("client" not in names)
    assert "write a contract" in refusal(small, *names, "answer").fix


def test_several_missing_columns_are_delivered_together() -> None:
    two = parse_contract(
        CONTRACT + '[columns.job]\nkind = "number"\nrole = "characteristic"\nlabel = "job"\n', origin="test"
    )
    fix = "deliver the missing columns under these names; where nobody knows them, deliver them empty: they then count"
    assert refusal(two, "client", "phone", purpose="predict").fix.startswith(fix)

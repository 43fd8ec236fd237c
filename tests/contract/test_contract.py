"""Contracts: shipped, the user's own, and those that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.contract.contract import Outcome, load_contract, parse_contract
from segmint.contract.names import SHIPPED
from segmint.contract.yes_no import NO, YES
from segmint.errors import ContractError

SMALL = """
name = "small"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_contracts_describe_every_column_for_people(name: str) -> None:
    contract = load_contract(name)
    assert contract.name == name
    assert contract.title
    assert contract.source
    for column in contract.columns:
        assert column.label
        assert column.label == column.label.strip()
        assert column.kind != "number" or column.unit
        assert column.kind != "category" or column.allowed


@pytest.mark.parametrize("name", ["bank-marketing", "bank-additional", "term-deposit"])
def test_no_column_that_is_known_after_the_call_describes_a_customer_before_it(name: str) -> None:
    contract = load_contract(name)
    late = {column.name for column in contract.columns if column.known == "after_call"}
    assert late in ({"duration"}, {"last_contact_duration"})
    assert late.isdisjoint(column.name for column in contract.features("dialling"))
    dialling = {column.label for column in contract.set_aside("planning")}
    assert {"month of the call", "channel of the call", "calls in this campaign"} <= dialling
    assert "outcome of the earlier campaign" in {c.label for c in contract.features("planning")}


def test_age_gender_and_marital_status_are_marked_sensitive() -> None:
    sensitive = {c.label for name in SHIPPED for c in load_contract(name).columns if c.sensitive}
    assert sensitive == {"age", "gender", "marital status", "ever married"}


def test_an_unknown_contract_is_answered_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="did you mean 'bank-marketing'"):
        load_contract("bank-marketting")
    with pytest.raises(ContractError, match="cannot be read"):
        load_contract(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('role = "characteristic"', 'role = "hobby"', "columns.age: role"),
        (
            "[outcome]",
            '[outcome]\nmissing = ["", "999"]',
            "'missing' stands at the top of the file, above [outcome]",
        ),
        ("label", "lable", "unknown key 'lable', did you mean 'label'"),
        ('name = "small"', 'name = "small"\ncolour = "red"', "unknown key 'colour'"),
        ('positive = "yes"', 'positive = "maybe"', "names the positive one"),
        ('column = "y"', 'column = "age"', "is the outcome and stands under columns too"),
        ('label = "age"', 'label = "age"\nbounds = [9, 1]', "lower bound is above"),
        ('label = "age"', 'label = "age"\nallowed = ["a"]', "only a category"),
        ('label = "age"', 'label = " "', "`label` is empty"),
        ('role = "characteristic"', 'role = "id"', 'of kind "text"'),
        ('kind = "number"\nrole = "characteristic"', 'kind = "date"\nrole = "id"', 'of kind "text"'),
        ('label = "age"', 'label = "age"\nstates = [{value = -1, name = "x", written = 9}]', "come together"),
        (
            'label = "age"',
            'label = "age"\nstates=[{value=-1, name="x", written=9, when={column="z", above=0}}]',
            "looks at 'z', which is no column",
        ),
        ("[outcome]", "[outcome", "makes no sense"),
        ("[columns.age]", "columns = 3\n[other]", "makes no sense"),
        (
            '[columns.age]\nkind = "number"\nrole = "characteristic"\nlabel = "age"',
            "[columns]\nage = 1",
            "columns.age must be a section",
        ),
        ("[columns.age]", "[[columns.age]]", "columns.age must be a section [columns.age]"),
        ("[columns.age]", "[[columns]]", "columns must be sections [columns.<name>]"),
        ("[outcome]", "[[outcome]]", "outcome must be a section [outcome]"),
        ("[columns.age]", '[columns.age]\nname = "AGE"', "the section [columns.age] names the column"),
        ("[columns.age]", '[columns." age "]', "has no spaces around it"),
        ("[columns.age]", '[columns.""]', "the name of a column is not empty"),
        ('column = "y"', 'column = ""', "outcome.column: the name of a column is not empty"),
        ('levels = ["no", "yes"]', 'levels = ["yes", "yes"]', "levels must differ, and 'yes' stands there twice"),
        ('name = "small"', 'name = " "', "a text of one line"),
        ('name = "small"', 'name = "a\\nb"', "a text of one line"),
        ('name = "small"', 'name = "small"\nversion = -1', "version: Input should be greater than or equal to 0"),
        ('label = "age"', 'label = "age"\nbounds = [40, nan]', "nan is none"),
        ('label = "age"', 'label = "age"\nbounds = [true, 5]', "bounds.0: Input should be a valid number"),
        ('label = "age"', 'label = "age"\nbounds = ["1", 5]', "bounds.0: Input should be a valid number"),
        ('label = "age"', 'label = "age"\nstates = [{value = nan, name = "x"}]', "finite number"),
        ('label = "age"', 'label = "age"\nstates = [{value = -1, name = " "}]', "state -1: `name` is empty"),
        (
            'label = "age"',
            'label = "age"\nstates = [{value = -1, name = "x"}, {value = -1.0, name = "z"}]',
            "same value, '-1'",
        ),
        ('kind = "number"', 'kind = "category"\nallowed = ["a", "a"]', "allowed has 'a' twice"),
        (
            'kind = "number"',
            'kind = "category"\nmissing = ["", "a"]\nallowed = ["a", "b"]',
            "columns.age: 'a' is in `allowed` and is a word of `missing`",
        ),
        (
            'role = "characteristic"',
            'role = "exclude_if"\nmissing = ["", "unknown"]\nmissing_means = "no"',
            "columns.age: missing_means would let be called whose cell is 'unknown'",
        ),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused_with_the_place(old: str, new: str, sentence: str) -> None:
    with pytest.raises(ContractError) as refusal:
        parse_contract(SMALL.replace(old, new), origin="small.toml")
    assert sentence in str(refusal.value)


def test_a_section_that_is_none_is_said_to_be_one() -> None:
    for key in ("columns", "outcome"):
        with pytest.raises(ContractError, match=rf"{key} must be .*\[{key}"):
            parse_contract(f'name = "x"\n{key} = 1', origin="x.toml")


def test_an_assignment_has_each_segment_once() -> None:
    with pytest.raises(ValueError, match="levels must differ, and 'A' stands there twice"):
        Outcome(column="s", kind="assignment", levels=("A", "B", "A"))


RESPONSE = Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        *[(word, "yes") for word in ("yes", "YES", " Yes ", "y", "true", "T", "1", "1.0", "1.00")],
        *[(word, "no") for word in ("no", "No", "N", "FALSE", "0", "0.0")],
        *[(word, None) for word in ("maybe", "2", "10", "1.5", "-1", "", "yes!", "nan")],
    ],
)
def test_spellings_of_yes_and_no_are_read_by_rule(text: str, level: str | None) -> None:
    """ING-09."""
    assert RESPONSE.level_of(text) == level


def test_words_of_the_contract_come_before_the_common_ones() -> None:
    outcome = Outcome(
        column="y",
        kind="response",
        levels=("stayed", "left"),
        positive="left",
        words={"0": "left", "1": "stayed"},
    )
    assert [outcome.level_of(text) for text in ("0", "1.0", "LEFT", "true")] == [
        "left",
        "stayed",
        "left",
        "left",
    ]


def test_words_of_other_languages_are_read_where_the_levels_are_a_yes_and_a_no() -> None:
    def read(levels: tuple[str, str], positive: str, **words: str) -> list[str | None]:
        outcome = Outcome(column="y", kind="response", levels=levels, positive=positive, words=words)
        return [outcome.level_of(text) for text in ("Ja", "nein", "SIM", "não", "no")]

    assert read(("no", "yes"), "yes") == ["yes", "no", "yes", "no", "no"]
    assert read(("0", "1"), "1") == ["1", "0", "1", "0", "0"]
    assert read(("nein", "ja"), "ja") == ["ja", "nein", "ja", "nein", "nein"]
    assert read(("nein", "ja"), "nein")[:4] == ["ja", "nein", None, None]
    assert read(("no", "yes"), "yes", sim="no") == ["yes", "no", "no", "no", "no"]
    assert read(("stayed", "left"), "left") == [None, None, None, None, "stayed"]
    assert not set(YES) & set(NO)


def test_a_whole_number_is_the_same_level_with_and_without_decimals() -> None:
    for levels in (("1", "2"), ("1.0", "2.0")):
        outcome = Outcome(column="s", kind="assignment", levels=levels)
        assert [outcome.level_of(text) for text in ("1", "1.0", "2.00", "3")] == [levels[0], levels[0], levels[1], None]
    assert Outcome(column="s", kind="assignment", levels=("1", "1.0")).level_of("1.00") is None


def test_a_thousand_is_read_as_itself_only() -> None:
    tens = Outcome(column="s", kind="assignment", levels=("1", "10", "1,000"))
    assert [tens.level_of(text) for text in ("1,000", "1.000", "10.00", "10,000")] == ["1,000", None, "10", None]


def test_a_word_as_it_is_written_goes_before_one_without_its_decimals() -> None:
    words = {"1,000": "a", "1.0": "b", "1": "a"}
    outcome = Outcome(column="s", kind="assignment", levels=("a", "b"), words=words)
    assert {word: outcome.level_of(word) for word in words} == words


def test_levels_that_differ_only_in_case_stay_apart() -> None:
    outcome = Outcome(column="s", kind="assignment", levels=("a", "A", "B"))
    assert [outcome.level_of(text) for text in ("a", "A", "b", "yes")] == ["a", "A", "B", None]


def test_whole_numbers_are_levels_with_and_without_decimals() -> None:
    floats = Outcome(column="s", kind="assignment", levels=("1.0", "2.0", "2.5"))
    assert [floats.level_of(text) for text in ("1", "2.00", "2.5", "3")] == ["1.0", "2.0", "2.5", None]
    both = Outcome(column="s", kind="assignment", levels=("1", "1.0"))
    assert [both.level_of(text) for text in ("1", "1.0", "1.00")] == ["1", "1.0", None]


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_contract_is_called_empty(text: str) -> None:
    with pytest.raises(ContractError, match=r"'my-bank\.toml' is empty(.|\n)*contract infer"):
        parse_contract(text, origin="my-bank.toml")

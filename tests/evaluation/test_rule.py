from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.contract import load_contract
from segmint.contract.infer import infer_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import ConfigError
from segmint.evaluation.rule import rule_of
from segmint.flows.demo import sample_path
from segmint.tables.source import open_table


@pytest.fixture(scope="module")
def table() -> ValidTable:
    return validate(open_table(sample_path()), load_contract("bank-marketing"), at="planning")


@pytest.fixture(scope="module")
def marked() -> ValidTable:
    """A table with a flag of marks, and a contract as drafted."""
    frame = pl.DataFrame(
        {
            "id": [f"C{i}" for i in range(300)],
            "age": [20 + i % 57 for i in range(300)],
            "vip": ["" if i % 3 else "x" for i in range(300)],
            "home town": [("Rom", "Pisa", "Bari")[i % 7 % 3] for i in range(300)],
            "y": [("no", "yes")[i % 5 == 0] for i in range(300)],
        }
    )
    return validate(open_table(frame), infer_contract(open_table(frame), name="x").reviewed(), at="planning")


def test_a_rule_is_read_in_the_banks_language(table: ValidTable) -> None:
    customers = table.inputs.head(3).with_columns(housing=pl.Series(["ja", " Nein", "JA"]))
    assert rule_of("housing", table)(customers).tolist() == [True, False, True]


@pytest.mark.parametrize("mark", ["x", "X", "✓", "*"])
def test_a_mark_is_a_yes_and_an_empty_cell_none(table: ValidTable, mark: str) -> None:
    customers = table.inputs.head(3).with_columns(housing=pl.Series([mark, None, "no"]))
    assert rule_of("housing", table)(customers).tolist() == [True, False, False]


def test_a_flag_of_marks_as_it_is_drafted_is_a_rule(marked: ValidTable) -> None:
    assert rule_of("vip", marked)(marked.inputs).sum() == 100
    assert rule_of("vip = 'x'", marked)(marked.inputs).sum() == 100


@pytest.mark.parametrize(
    "rule",
    ["vip > 3", "not vip", "vip and age > 30", "vip = 1", "vip.age = 3", "exists (select 1)", "age > 3 from x", "select 1", "*",
     "age > (select max(age) from self)", "cast(vip as int) = 1", "foo(age)", "age >", "sum(age) > 3", "age > 3; drop table x"],
)  # fmt: skip
def test_a_refusal_is_in_words_of_its_own_and_not_of_the_engine(marked: ValidTable, rule: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used") as refusal:
        rule_of(rule, marked)
    assert "polars" not in str(refusal.value).lower()


def test_a_name_of_several_words_is_advised_in_double_quotes(marked: ValidTable) -> None:
    with pytest.raises(ConfigError, match="such as: \"home town\" = 'WORD'"):
        rule_of("home town", marked)
    assert rule_of("\"home town\" = 'Rom'", marked)(marked.inputs).any()


def test_a_number_other_than_0_is_a_yes(table: ValidTable) -> None:
    assert rule_of("age", table)(table.inputs).all()


@pytest.mark.parametrize("rule", ["agee >= 60", "duration > 100", "age >=", "job"])
def test_a_rule_that_cannot_be_known_is_refused(table: ValidTable, rule: str) -> None:
    with pytest.raises(ConfigError, match="12 mean neither yes nor no" if rule == "job" else "cannot be used"):
        rule_of(rule, table)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("agee >= 60", "there is no column 'agee' among the inputs .did you mean 'age'.."),
        ("AGE >= 60", "did you mean 'age'"),
        ("duration > 100", "'duration' is known only later than --at planning"),
        ("y = 'yes'", "'y' is the outcome"),
        ("age > '60'", "compares what is not alike: 'age' holds numbers"),
        ("age >= 60 AND job = 1", r"'age' holds numbers and 'job' holds words \(admin"),
        ("age >= 60 AND", "not complete"),
        ("1=1", "does not say yes or no for each customer"),
        ('marital = "single"', "no column 'single'.*words stand in single quotes"),
        ("age + 1", "does not say yes or no for each customer"),
    ],
)
def test_a_refused_rule_says_why(table: ValidTable, rule: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        rule_of(rule, table)


@pytest.mark.parametrize("rule", ["marital = 'Single'", "marital LIKE 'S%'"])
def test_a_rule_that_names_nobody_is_refused_with_the_levels(table: ValidTable, rule: str) -> None:
    with pytest.raises(ConfigError, match=r"(?s)names none of the [\d,]+ customers.*'marital' holds words \(.*single"):
        rule_of(rule, table)

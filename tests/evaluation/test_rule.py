from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.contract import load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import ConfigError
from segmint.evaluation.rule import rule_of
from segmint.flows.demo import sample_path
from segmint.tables.source import open_table


@pytest.fixture(scope="module")
def table() -> ValidTable:
    return validate(open_table(sample_path()), load_contract("bank-marketing"), at="planning")


def test_a_rule_is_read_in_the_banks_language(table: ValidTable) -> None:
    customers = table.inputs.head(3).with_columns(housing=pl.Series(["ja", " Nein", "JA"]))
    assert rule_of("housing", table)(customers).tolist() == [True, False, True]


def test_a_number_other_than_0_is_a_yes(table: ValidTable) -> None:
    assert rule_of("age", table)(table.inputs).all()


@pytest.mark.parametrize("rule", ["agee >= 60", "duration > 100", "age >=", "job"])
def test_a_rule_that_cannot_be_known_is_refused(table: ValidTable, rule: str) -> None:
    with pytest.raises(ConfigError, match="12 mean neither yes nor no" if rule == "job" else "cannot be used"):
        rule_of(rule, table)

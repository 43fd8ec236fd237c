"""What a policy reads of a table's columns."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.contract.contract import Contract
from segmint.contract.validate import validate
from segmint.errors import PolicyError
from segmint.flows.steps.named import customers_of
from segmint.flows.steps.policy_columns import measured_columns, with_policy_columns
from segmint.tables.source import open_table
from segmint.targeting.choose import NO_AMOUNT, choose
from segmint.targeting.stakes import amounts
from segmint.targeting.suppress import suppress
from tests.flows.tables import CONTRACT, read_text
from tests.targeting.conftest import make_policy


def test_money_and_limits_are_read_with_the_decimal_sign_of_the_table(tmp_path: Path) -> None:
    table = read_text(tmp_path, "client;age;price;worth;debt\na;41,5;12,50;1.250,00;0,5\nb;30,0;?;90,5;2,5\n")
    rule = {"name": "in debt", "column": "debt", "above": 1.0}
    team = {"name": "hour", "available": 10.0, "per_customer": "age"}
    policy = make_policy("price", "worth", exclude=[rule], capacities=[team])
    columns = with_policy_columns(table, policy)
    assert columns["price"].to_list() == [12.5, None]
    assert columns["worth"].to_list() == [1250.0, 90.5]
    assert columns["debt"].to_list() == [0.5, 2.5]
    assert amounts("price", columns).tolist()[0] == 12.5
    held_back = suppress(customers_of(table), columns, CONTRACT, policy, today=date(2026, 3, 14))
    assert held_back.because.to_list() == ["", "in debt"]


def test_a_limit_that_cannot_be_held_against_a_value_stops_the_work(tmp_path: Path) -> None:
    table = read_text(tmp_path, "client;age;debt\na;41;much\nb;30;2,5\n")
    policy = make_policy(exclude=[{"name": "in debt", "column": "debt", "above": 1.0}])
    with pytest.raises(PolicyError, match="compares 'debt', where 1 value is no number"):
        with_policy_columns(table, policy)
    levels = make_policy(exclude=[{"name": "in debt", "column": "debt", "levels": ["much"]}])
    assert with_policy_columns(table, levels)["debt"].to_list() == ["much", "2,5"]


def test_a_column_of_numbers_can_be_compared_and_have_levels_at_once(tmp_path: Path) -> None:
    contract = CONTRACT.model_copy(update={"missing": ("", "n/a")})
    (tmp_path / "scores.csv").write_text("client;age;score\na;41;3,0\nb;30;12,5\nc;30;n/a\nd;30;4,5\n")
    table = validate(open_table(tmp_path / "scores.csv"), contract, purpose="predict")
    rules = [
        {"name": "high", "column": "score", "above": 10.0},
        {"name": "three", "column": "score", "levels": ["3,0"]},
    ]
    policy = make_policy(exclude=rules)
    columns = with_policy_columns(table, policy)
    numbers = measured_columns(table, columns, policy)
    held_back = suppress(customers_of(table), columns, contract, policy, today=date(2026, 3, 14), numbers=numbers)
    assert held_back.because.to_list() == ["three", "high", "", ""]


def test_a_code_in_a_column_of_money_is_no_amount() -> None:
    states = (State(value=999, name="not known"), State(value=-1, name="never"))
    cost = Column(name="price", kind="number", role="cost", label="price", states=states)
    contract = Contract(name="coded", outcome=CONTRACT.outcome, columns=(*CONTRACT.columns, cost))
    frame = pl.DataFrame({"client": ["a", "b", "c"], "age": ["40"] * 3, "price": ["999", "5", "-1"]})
    table = validate(open_table(frame), contract, purpose="predict")
    assert table.numbers("price").values.to_list() == [None, 5.0, None]
    rule = {"name": "cheap", "column": "price", "above": 500.0}
    policy = make_policy("price", exclude=[rule])
    columns = with_policy_columns(table, policy)
    chosen = choose(customers_of(table), np.full(3, 0.5), policy, columns=columns)
    assert chosen.because == {0: NO_AMOUNT, 2: NO_AMOUNT}
    assert suppress(customers_of(table), columns, contract, policy, today=date(2026, 3, 14)).eligible.all()
    only_excluding = with_policy_columns(table, make_policy(exclude=[rule]))
    assert only_excluding["price"].to_list() == [999.0, 5.0, -1.0]
    held_back = suppress(
        customers_of(table), only_excluding, contract, make_policy(exclude=[rule]), today=date(2026, 3, 14)
    )
    assert held_back.eligible.all()


def test_a_word_of_the_contract_for_no_value_is_no_household(tmp_path: Path) -> None:
    contract = CONTRACT.model_copy(update={"missing": ("", "ninguno")})
    (tmp_path / "homes.csv").write_text("client;age;home\na;41;h1\nb;30;ninguno\nc;30;\n")
    table = validate(open_table(tmp_path / "homes.csv"), contract, purpose="predict")
    assert with_policy_columns(table, make_policy(one_per="home"))["home"].to_list() == ["h1", None, None]

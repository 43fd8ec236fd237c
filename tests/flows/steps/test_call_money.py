"""What a call costs and a yes brings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.config import Config, load_config
from segmint.contract.column import Column, State
from segmint.contract.contract import Contract, Outcome
from segmint.contract.validate import validate
from segmint.flows.segment import segment
from segmint.flows.steps.call_money import _amounts, _at_the_mean, call_money, economics_in_vain, why_no_money
from segmint.segments.profile import profile_segments
from segmint.tables.source import open_table


def test_amounts_are_read_as_the_table_is_written_and_gaps_are_said(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    rows = [f"{age},5;{'n' if age < 40 else 's'};{'?' if k % 10 else '12,50'};{['no', 'yes'][k % 2]}"
            for k, age in enumerate(draw.integers(20, 70, 200))]  # fmt: skip
    table = tmp_path / "table.csv"
    table.write_text("age;town;price;y\n" + "\n".join(rows))
    contract = Contract(
        name="priced",
        outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
        columns=(
            Column(name="age", kind="number", role="characteristic", label="age"),
            Column(name="town", kind="category", role="characteristic", label="town"),
        ),
    )
    money = ["economics.cost_per_call=price", "economics.value_per_success=90", "segments.count=2"]
    found = segment(table, contract, load_config(None, money), runs=tmp_path / "runs")
    said = " ".join(found.sentences)
    assert "180 of 200 customers have no amount in 'price' that can be read: counted with the mean" in said


def test_a_code_among_the_amounts_is_no_amount_nor_is_a_cost_below_zero() -> None:
    columns = (
        Column(name="age", kind="number", role="characteristic", label="age"),
        Column(name="price", kind="number", role="cost", label="price", states=(State(value=999, name="not known"),)),
    )
    outcome = Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
    frame = pl.DataFrame({"age": [40, 50] * 50, "price": ["999", "4", "-7", "4"] * 25, "y": ["no", "yes"] * 50})
    table = validate(open_table(frame), Contract(name="coded", outcome=outcome, columns=columns))
    assert np.unique(_amounts(table, "price")).tolist() == [4.0]
    assert "50 of 100 customers have no amount in 'price'" in _at_the_mean(table, "price", 40.0)
    assert np.unique(_amounts(table, "price", below_zero=True)).tolist() == pytest.approx([-7, 1 / 3, 4]), (
        "values are losses too"
    )
    assert "25 of 100 customers have no amount in 'price'" in _at_the_mean(table, 5.0, "price")
    said = why_no_money(table, Config())
    assert said.startswith("The column 'price' says what a call costs, and nothing what a yes brings: no profit")
    assert said.endswith("Set economics.cost_per_call=price and economics.value_per_success=AMOUNT.")
    assert not why_no_money(table, Config(economics={"cost_per_call": 5, "value_per_success": 40}))


def test_money_from_columns_is_the_same_by_their_roles_and_by_their_names() -> None:
    """The share of calls that reach the customer counts either way."""
    columns = tuple(
        Column(name=name, kind="number", role=role, label=name)
        for name, role in (("age", "characteristic"), ("price", "cost"), ("worth", "value"))
    )
    outcome = Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
    frame = pl.DataFrame({"age": [40, 50] * 50, "price": [4] * 100, "worth": [90] * 100, "y": ["no", "yes"] * 50})
    table = validate(open_table(frame), Contract(name="priced", outcome=outcome, columns=columns))
    rate = "policy.contact_rate=0.3"
    by_role = call_money(table, load_config(None, [rate]))
    by_name = call_money(
        table, load_config(None, [rate, "economics.cost_per_call=price", "economics.value_per_success=worth"])
    )
    assert by_role is not None
    assert by_name is not None
    assert by_role.conversations_per_customer == by_name.conversations_per_customer == 0.3
    assert "in account currency; 30 % of all calls reach the customer." in by_role.source
    often = ["economics.cost_per_call=5", "economics.value_per_success=120", "economics.calls_per_customer=2.5"]
    told = call_money(table, load_config(None, [rate, *often]))
    assert told is not None
    assert told.source.endswith(
        "as the value of a yes; 2.5 calls for each customer; 30 % of all calls reach the customer."
    )


def test_an_outcome_that_is_a_segment_has_no_yes_and_no_profit_of_a_call() -> None:
    outcome = Outcome(column="y", kind="assignment", levels=("A", "B"))
    frame = pl.DataFrame({"age": [40, 50] * 50, "worth": [90] * 100, "y": ["A", "B"] * 50})
    role = {"age": "characteristic", "worth": "value"}
    priced = Config(economics={"cost_per_call": 5, "value_per_success": "worth"})
    for roles, told in ((role, "from the column 'worth'"), (role | {"worth": "holding"}, 'role = "value"')):
        columns = tuple(Column(name=name, kind="number", role=of, label=name) for name, of in roles.items())
        table = validate(open_table(frame), Contract(name="known", outcome=outcome, columns=columns))
        assert call_money(table, priced) is None
        said = economics_in_vain(table, priced)
        assert said.startswith(
            "The outcome is a segment, so there is no yes and no profit of a call: [economics] has no effect."
        )
        assert told in said
        assert economics_in_vain(table, Config()) == ""
        assert ("no yes" in why_no_money(table, Config())) == (roles is role)


def test_of_two_columns_of_the_role_value_the_first_counts_everywhere() -> None:
    frame = pl.DataFrame(
        {
            "age": [40, 50] * 50,
            "years": [1, 2, 3, 4] * 25,
            "a_year": [90, 91] * 50,
            "for_life": [900] * 100,
            "price": [4] * 100,
            "y": ["A", "B"] * 50,
        }
    )
    roles = {"age": "characteristic", "years": "history", "a_year": "value", "for_life": "value", "price": "cost"}
    columns = tuple(Column(name=name, kind="number", role=role, label=name) for name, role in roles.items())
    known = Outcome(column="y", kind="assignment", levels=("A", "B"))
    answered = Outcome(column="y", kind="response", levels=("A", "B"), positive="B")
    table, asked = (
        validate(open_table(frame), Contract(name="x", outcome=y, columns=columns)) for y in (known, answered)
    )
    assert "from the column 'a_year'" in why_no_money(table, Config())
    for profile in profile_segments(table, np.arange(100) % 2).segments:
        assert [worth.column for worth in profile.worth] == ["a_year"]
    money = call_money(asked, Config())
    assert money is not None
    assert "'price' and 'a_year'" in money.source

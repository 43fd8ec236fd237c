"""Whether a history holds the wave that is to judge."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome, load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import DataError
from segmint.splits.overlap import apart_from_training, standing_in, standing_in_with_their_answers
from segmint.tables.source import open_table


def test_numbers_with_a_comma_are_told_apart_and_found_with_a_point() -> None:
    contract = load_contract("simulated-campaign")
    number = next(c.name for c in contract.features("planning") if c.kind == "number")
    wave = pl.DataFrame({number: ["1000,25", "7,5", "many", None]})
    history = pl.DataFrame({number: ["2000,75", "7.50", "lots", "1.000,25"]})
    assert standing_in(history, wave, contract, by_id=False).tolist() == [False, True, False, False]


def test_a_wave_is_found_in_the_history_whatever_the_call_filled_in() -> None:
    """The history holds the month of the call, the wave the month that was planned."""
    contract = load_contract("simulated-campaign")
    number = next(c.name for c in contract.features("planning") if c.kind == "number")
    late = next(c.name for c in contract.columns if c.known == "dialling")
    wave = pl.DataFrame({"customer_id": ["1", "2", None], number: ["10", "20", "30"], late: ["a", "a", "a"]})
    history = pl.DataFrame({"customer_id": [" 2", " 1", None], number: ["21", "10.0", "30"], late: ["b", "b", "b"]})
    # who was called before, with other values then, is no line of the wave
    assert standing_in(history, wave, contract, by_id=True).tolist() == [True, False, False]
    # without ids many look alike when a campaign is planned: what the call is made with must agree too
    assert standing_in(history, wave, contract, by_id=False).tolist() == [False, False, False]
    made = history.with_columns(pl.lit("a").alias(late))
    assert standing_in(made, wave, contract, by_id=False).tolist() == [True, False, True]


def test_a_wave_whose_ids_lost_the_zeros_before_them_is_found_in_the_history() -> None:
    contract = load_contract("simulated-campaign")
    number = next(c.name for c in contract.features("planning") if c.kind == "number")
    history = pl.DataFrame({"customer_id": ["0017", "0018"], number: ["10", "20"], "subscribed": ["yes", "no"]})
    wave = pl.DataFrame({"customer_id": ["17", "18", "19"], number: ["10", "21", "10"]})
    assert standing_in(history, wave, contract, by_id=True).tolist() == [True, False, False]
    many = pl.DataFrame({"customer_id": [f"{n:04d}" for n in range(200)], "subscribed": ["yes"] * 200})
    now, yes = pl.DataFrame({"customer_id": [str(n) for n in range(200)]}), np.ones(200, dtype=bool)
    assert standing_in_with_their_answers(many, now, yes, contract).all()


def test_a_customer_is_found_in_the_training_table_whatever_the_capitals_of_the_id() -> None:
    train, test = (table_of([f"{letter}{n}" for n in range(120)], list(range(120))) for letter in "aA")
    judges, told = apart_from_training(train.rows(train.records <= 60), test)
    assert (len(judges), told[:26]) == (60, "60 of 120 test rows are of")
    ids = {"history": ["ab1", "ab2"], "wave": ["AB1", "AB3"]}
    history, wave = (pl.DataFrame({"customer_id": named}) for named in ids.values())
    assert standing_in(history, wave, load_contract("simulated-campaign"), by_id=True).tolist() == [True, False]


def test_a_wave_that_was_exported_again_is_found_by_its_outcomes() -> None:
    """Every balance has moved; of those who say yes now nearly all say yes there, too, which no earlier wave has."""
    contract = load_contract("simulated-campaign")
    ids, yes = [f"C{n}" for n in range(200)], np.arange(200) % 8 == 0
    wave = pl.DataFrame({"customer_id": ids, "balance": np.arange(200.0)})
    said = pl.Series("subscribed", np.where(yes, "yes", "no"))
    history = wave.select("customer_id", pl.col("balance") + 1).with_columns(said)[:150]
    assert standing_in_with_their_answers(history, wave, yes, contract).tolist() == [n < 150 for n in range(200)]
    earlier = history.with_columns(subscribed=said[:150].shuffle(seed=1))
    assert not standing_in_with_their_answers(earlier, wave, yes, contract).any()
    assert not standing_in_with_their_answers(history.drop("subscribed"), wave, yes, contract).any()


def table_of(ids: list[str], balances: list[int], *, named: bool = True) -> ValidTable:
    columns = (
        Column(name="client", kind="text", role="id", label="client"),
        Column(name="balance", kind="number", role="holding", label="balance"),
    )[0 if named else 1 :]
    frame = pl.DataFrame({"client": ids, "balance": balances, "y": ["yes", "no"] * (len(ids) // 2)})
    outcome = Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
    return validate(open_table(frame), Contract(name="clients", outcome=outcome, columns=columns, reviewed=True))


def test_customers_of_the_training_table_do_not_judge_and_look_alikes_without_an_id_are_said() -> None:
    train = table_of([f"{n:04d}" for n in range(100)], list(range(100)))
    test = table_of([f"{n}" for n in range(90, 210)], [-1] * 120)
    left, told = apart_from_training(train, test)
    assert (
        told
        == "10 of 120 test rows are of customers in the training table: for them the models know the answer, so they are left out."
    )
    assert left.ids is not None
    assert left.ids[0] == "100"
    with pytest.raises(
        DataError, match=r"100 of 100 test rows are of customers in .* 0 test rows of 0 outcomes cannot judge"
    ):
        apart_from_training(train, train)
    train, test = (
        table_of([str(n) for n in range(100)], rows, named=False) for rows in (list(range(100)), [50] + [-1] * 99)
    )
    left, told = apart_from_training(train, test)
    assert len(left) == 100
    assert told.startswith("1 of 100 test rows has the same values before the call as a row of the training table")
    assert apart_from_training(train, test.rows(test.records > 1))[1] == ""


@pytest.mark.parametrize("ids", [[""] * 120, [f"new {n}" for n in range(120)]])
def test_the_training_table_under_no_ids_or_other_ones_is_said(ids: list[str]) -> None:
    train = table_of([f"{n}" for n in range(120)], list(range(120)))
    left, told = apart_from_training(train, table_of(ids, list(range(120))))
    assert len(left) == 120
    assert told.startswith(
        "120 of 120 test rows have the same values before the call as a row of the training table under"
    )
    assert apart_from_training(train, table_of(ids, [0] + [-1] * 119))[1] == ""


def test_look_alikes_under_other_ids_are_not_said_where_chance_gives_as_many() -> None:
    """Of a narrow table most look like somebody; rows of one customer do not look like somebody else."""
    train = table_of([f"{n}" for n in range(200)], [n % 50 for n in range(200)])
    assert apart_from_training(train, table_of([f"new {n}" for n in range(100)], list(range(20, 120))))[1] == ""
    again = table_of([f"{n % 50}" for n in range(200)], [n % 50 for n in range(200)])
    told = apart_from_training(again, table_of([f"new {n}" for n in range(100)], list(range(20, 120))))[1]
    assert told.startswith("30 of 100 test rows have the same values")

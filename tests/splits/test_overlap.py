"""Whether a history holds the wave that is to judge."""

from __future__ import annotations

import numpy as np
import polars as pl

from segmint.contract.contract import load_contract
from segmint.splits.overlap import standing_in, standing_in_with_their_answers


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

"""Changes are possible ones, of columns that can change, and do what they promise."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.contract import Contract, load_contract
from segmint.explain.change import Change, changeable_columns, what_would_change
from tests.explain.networks import REFERENCE, contract, customers, make_predictor


def only_changeable(*names: str) -> Contract:
    columns = [column.model_copy(update={"changeable": column.name in names}) for column in contract().columns]
    return contract().model_copy(update={"columns": tuple(columns)})


def test_only_holdings_and_interests_change_unless_told_otherwise() -> None:
    assert changeable_columns(contract()) == ("balance", "loan")
    assert changeable_columns(load_contract("bank-additional")) == ("housing", "loan"), "nobody is talked into default"
    found = what_would_change(make_predictor(), customers(1), only_changeable("job"), REFERENCE, target="yes")
    assert {change.column for change in found} == {"job"}


def test_every_change_raises_the_chance_on_top_of_those_before() -> None:
    predictor = make_predictor()
    some = 0
    for row in range(30):
        customer = customers(30)[row : row + 1]
        found = what_would_change(predictor, customer, contract(), REFERENCE, target="yes")
        chance = predictor.probabilities(customer)[0, 1]
        for change in found:
            assert change.before == pytest.approx(chance)
            assert change.after > change.before
            chance, some = change.after, some + 1
        assert len({change.column for change in found}) == len(found)
    assert some > 10


def test_the_best_single_change_comes_first() -> None:
    predictor, customer = make_predictor(), customers(1, seed=4)
    found = what_would_change(predictor, customer, contract(), REFERENCE, target="yes")
    levels = [predictor.probabilities(customer.with_columns(loan=pl.lit(word)))[0, 1] for word in ("no", "yes")]
    edges = REFERENCE["columns"][1]["edges"]
    balances = [predictor.probabilities(customer.with_columns(balance=pl.lit(edge)))[0, 1] for edge in edges]
    best = found[0].after if found else predictor.probabilities(customer)[0, 1]
    assert best >= max(levels) - 1e-6
    assert best >= max(balances[::2]) - 1e-6


def test_nothing_to_change_is_no_change() -> None:
    assert what_would_change(make_predictor(), customers(1), only_changeable(), REFERENCE, target="yes") == ()


def test_a_change_is_said_in_a_sentence() -> None:
    change = Change("loan", "has a personal loan", "yes", "no", 0.0414, 0.0791)
    assert change.sentence() == "has a personal loan: no instead of yes takes the chance from 4.1 % to 7.9 %"


def test_one_customer_at_a_time() -> None:
    with pytest.raises(ValueError, match="1 row"):
        what_would_change(make_predictor(), customers(2), contract(), REFERENCE, target="yes")

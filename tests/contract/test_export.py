"""A contract written as TOML is read back as the same contract."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome, load_contract, parse_contract
from segmint.contract.export import contract_to_toml
from segmint.contract.names import SHIPPED

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_contracts_survive_the_round_trip(name: str) -> None:
    contract = load_contract(name)
    assert parse_contract(contract_to_toml(contract), origin=name) == contract


@settings(max_examples=150, deadline=None)
@given(
    TEXT.map(str.strip),
    st.lists(TEXT, min_size=3, max_size=5, unique=True),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_text_survives_the_round_trip(name: str, levels: list[str], bound: float) -> None:
    contract = Contract(
        name="any",
        title=levels[0],
        missing=tuple(f"{level}?" for level in levels if f"{level}?" not in levels),
        note=levels[1],
        outcome=Outcome(
            column="y", kind="assignment", levels=tuple(levels), words={levels[1]: levels[0]}, blank=levels[0]
        ),
        columns=(
            Column(name="c" + name, kind="category", role="interest", label="c" + name, allowed=tuple(levels)),
            Column(name="n" + name, kind="number", role="holding", label="n" + name, bounds=(None, bound), note=name),
        ),
    )
    assert parse_contract(contract_to_toml(contract), origin="") == contract

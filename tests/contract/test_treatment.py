"""Who was called and who was left alone, in whatever words a table says it."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.contract.contract import load_contract
from segmint.contract.treatment import left_alone, nobody_called

ARM = Column(name="arm", kind="category", role="treatment", label="called")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["yes", "Called", " treated ", "ja", "1", "1.0", "3", "call", "listed"], False),
        (
            ["no", "Control", "0", "0.0", "nein", "left alone", "Holdout", "held_out", "not-called", "control group"],
            True,
        ),
        (["", "A", "perhaps", "-1", "nan", "inf", None], None),
    ],
)
def test_it_is_read_in_words_and_in_counts_of_calls(texts: list[str | None], said: bool | None) -> None:
    found = left_alone(pl.Series("arm", texts), ARM)
    assert found.name == "arm"
    assert found.to_list() == [said] * len(texts)


def test_no_value_and_codes_mean_what_the_contract_says() -> None:
    raw = pl.Series("arm", ["999", "0", "2", ""])
    assert left_alone(raw, ARM, ["999", "0"]).to_list() == [None, None, False, None]
    meant = ARM.model_copy(update={"missing_means": "Not called"})
    assert left_alone(raw, meant, ["999"]).to_list() == [True, True, False, True]
    coded = Column(
        name="arm", kind="number", role="treatment", label="calls", states=(State(value=999, name="left alone"),)
    )
    assert left_alone(raw, coded).to_list() == [True, True, False, None]


def test_only_a_response_is_of_a_call() -> None:
    contract = load_contract("simulated-campaign")
    frame = pl.DataFrame({"called": ["yes", "no", None]})
    assert nobody_called(frame, contract).to_list() == [False, True, False]
    assert nobody_called(frame.rename({"called": "x"}), contract).to_list() == [False] * 3
    assigned = load_contract("customer-segments").model_copy(update={"columns": contract.columns})
    assert nobody_called(frame, assigned).to_list() == [False] * 3

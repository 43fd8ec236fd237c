"""A draft is kept once a person says to have looked at it, however the line is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.contract.contract import load_contract
from segmint.errors import ContractError
from segmint.flows.check import check
from segmint.flows.demo import sample_path
from segmint.flows.draft import draft_contract, infer_contract, review_contract


@pytest.mark.parametrize("line", ["reviewed = false", "reviewed=false", "  reviewed  =\tfalse"])
def test_what_a_person_has_looked_at_is_signed(line: str, tmp_path: Path) -> None:
    text = draft_contract(sample_path(), name="mine").replace("reviewed = false", line, 1)
    review_contract(text, tmp_path / "mine.toml", reviewed=True)
    assert load_contract(tmp_path / "mine.toml").reviewed


def test_a_draft_is_given_on_when_somebody_says_to_have_looked_at_it() -> None:
    draft = infer_contract(sample_path(), outcome="y")
    assert not draft.contract.reviewed
    assert check(sample_path(), draft.reviewed()).ledger.rejected == 0
    with pytest.raises(TypeError, match=r"of type Draft\. Expected: a Contract(.|\n)*draft\.reviewed\(\)"):
        check(sample_path(), draft)
    with pytest.raises(TypeError, match=r"of type int\. Expected: a Contract(.|\n)*load_contract"):
        check(sample_path(), 5)
    with pytest.raises(ContractError, match=r"There is no contract '.{1,80}'\.\n(.|\n)*into a \.toml file") as error:
        check(sample_path(), draft.text)
    assert len(str(error.value)) < 400

"""A draft is kept once a person says to have looked at it, however the line is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.contract.contract import load_contract
from segmint.flows.demo import sample_path
from segmint.flows.draft import draft_contract, review_contract


@pytest.mark.parametrize("line", ["reviewed = false", "reviewed=false", "  reviewed  =\tfalse"])
def test_what_a_person_has_looked_at_is_signed(line: str, tmp_path: Path) -> None:
    text = draft_contract(sample_path(), name="mine").replace("reviewed = false", line, 1)
    review_contract(text, tmp_path / "mine.toml", reviewed=True)
    assert load_contract(tmp_path / "mine.toml").reviewed

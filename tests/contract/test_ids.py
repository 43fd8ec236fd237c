"""One customer has one id, however a file writes it."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.ids import bare_ids
from segmint.errors import ContractError


def test_white_space_and_the_guard_against_formulas_are_no_part_of_an_id() -> None:
    written = pl.Series("client", ["17", "17 ", "\t17", "'-17", "-17", "'=A", "007", "", "  ", None])
    assert bare_ids(written).to_list() == ["17", "17", "17", "-17", "-17", "=A", "007", None, None, None]
    assert bare_ids(written).name == "client"


def test_whole_numbers_are_written_without_a_point() -> None:
    assert bare_ids(pl.Series([17.0, None])).to_list() == ["17", None]
    assert bare_ids(pl.Series([17, 7])).to_list() == ["17", "7"]
    with pytest.raises(ContractError, match="too large to keep every digit"):
        bare_ids(pl.Series("client", [2.0**60]))

"""What people write for yes and no."""

from __future__ import annotations

import polars as pl

from segmint.contract.answers import bare_words


def test_spellings_of_a_word_meet() -> None:
    assert bare_words(pl.Series([" Ja ", "1.0", "1,00", "JA", None])).to_list() == ["ja", "1", "1", "ja", None]

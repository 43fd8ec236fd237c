"""What people write for yes and no."""

from __future__ import annotations

import polars as pl

from segmint.contract.yes_no import FEWEST_YES, bare_words, few_yes_told


def test_spellings_of_a_word_meet() -> None:
    assert bare_words(pl.Series([" Ja ", "1.0", "1,00", "JA", None])).to_list() == ["ja", "1", "1", "ja", None]


def test_a_thousand_is_not_one() -> None:
    assert bare_words(pl.Series(["1.000", "1,000", "1.0000000000"])).to_list() == ["1.000", "1,000", "1"]


def test_too_few_who_said_yes_are_counted() -> None:
    assert few_yes_told(FEWEST_YES - 1).startswith("only 49 said yes: with fewer than about 50 the intervals")
    assert few_yes_told(FEWEST_YES) == ""

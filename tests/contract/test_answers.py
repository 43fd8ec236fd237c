"""What people write for yes and no, and for who was called."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.answers import bare_words, left_alone


def test_spellings_of_a_word_meet() -> None:
    assert bare_words(pl.Series([" Ja ", "1.0", "1,00", "JA", None])).to_list() == ["ja", "1", "1", "ja", None]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["yes", "Called", " treated ", "ja", "1", "1.0", "3"], False),
        (["no", "Control", "0", "0.0", "nein", "left alone", "Holdout"], True),
        (["", "A", "perhaps", "-1", None], None),
    ],
)
def test_who_was_left_alone_is_read_in_words_and_in_counts_of_calls(texts: list[str | None], said: bool | None) -> None:
    found = left_alone(pl.Series("arm", texts))
    assert found.name == "arm"
    assert found.to_list() == [said] * len(texts)

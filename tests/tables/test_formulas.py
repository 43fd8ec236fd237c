"""What a spreadsheet could calculate is guarded the same way in every file, and the guard comes off again."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest

from segmint.tables.formulas import guarded, guarded_field, guarded_text, unguarded

CHARACTERS = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x10000))]
SKIPPED = " \t\r\n'\"`;,\u200b\u200c\u200d\u2060\ufeff\u00a0"


def guard(texts: list[str]) -> list[str]:
    return pl.DataFrame({"text": texts}).select(guarded(pl.col("text")))["text"].to_list()


def test_whatever_a_spreadsheet_folds_into_a_sign_is_one() -> None:
    texts = [f"{before}{character}1" for character in CHARACTERS for before in ("", "x")]
    for text, safe in zip(texts, guard(texts), strict=True):
        seen = unicodedata.normalize("NFKC", text).lstrip(SKIPPED)
        assert safe == guarded_text(text)
        assert safe.startswith("'") or seen[:1] == "" or seen[0] not in "=+-@|%" or text == "-1"


@pytest.mark.parametrize("text", ["-17", "-1.5", "-1,5e3", "Łódź", "a-b", "x@y.z", "Rua Nova, 12; 3rd floor", ""])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert guarded_text(text) == guarded_field(text) == text == guard([text])[0]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("41;=1+1;x", "41;'=1+1;x"),
        ("41;-1;0;-2,5;-3", "41;-1;0;-2,5;-3"),
        ("41,-1,0,-2.5", "41,-1,0,-2.5"),
        ("a;-1+cmd|x;b", "a;'-1+cmd|x;b"),
        ("a;-1,5+A1;b", "a;'-1,5+A1;b"),
        ("a\n=1+1", "a\n'=1+1"),
        ("a\r\n@x", "a\r\n'@x"),
    ],
)
def test_no_part_of_a_field_is_a_formula(text: str, safe: str) -> None:
    assert guarded_field(text) == safe


def test_the_guard_comes_off_again() -> None:
    ids = ["=17", "-A", "+351", "@x", " ;=1", "%5", "17", "'quoted'"]
    assert unguarded(pl.Series(guard(ids))).to_list() == ids

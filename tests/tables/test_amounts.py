"""Numbers as people write them become bare numbers, and what is no number stays as it is."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.tables.amounts import bare_amount, bare_amounts, unit_of


@pytest.mark.parametrize(
    ("text", "unit", "bare"),
    [
        ("€ 1'234.50", "€", "1234.50"), ("1.234,50 €", "€", "1.234,50"), ("12\u202f345,60 EUR", "EUR", "12345,60"),
        ("EUR 12", "EUR", "12"), ("12,5 %", "%", "12,5"), ("12345,60-", "", "-12345,60"), ("-€5", "€", "-5"),
        ("€-5", "€", "-5"), ("- 5,00 €", "€", "-5,00"), ("5,00- EUR", "EUR", "-5,00"), ("5,00 EUR-", "EUR", "-5,00"),
        ("\u22123,5", "", "-3,5"), ("1 234 567", "", "1234567"), ("12 (net)", "(net)", "12"),
        ("'-500,00 €", "€", "-500,00"), ("'-1.234,50", "", "-1.234,50"),
        ("(12.50)", "", "-12.50"), ("(1,234.50)", "", "-1,234.50"), ("$(12.50)", "$", "-12.50"), ("($12.50)", "$", "-12.50"),
        ("(12,50 €)", "€", "-12,50"), ("(12,50) EUR", "EUR", "-12,50"), ("120 days", "days", "120"), ("72kg", "kg", "72"),
        ("1 day", "days", "1"), ("2 Days", "day", "2"), ("72 KG", "kg", "72"), ("1.5 hours", "h", "1.5"), ("5 a b", "a b", "5"),
        ("5 M", "m", "5 M"), ("5 MM", "mm", "5 MM"),
    ],
)  # fmt: skip
def test_an_amount_is_written_as_a_bare_number(text: str, unit: str, bare: str) -> None:
    assert bare_amounts(pl.Series([text]), unit).to_list() == [bare]


@pytest.mark.parametrize(
    "text",
    [
        "1.200,-", "12 $", "EUR 12", "0 123", "1 23", "1 2345", "12 Main", "abc", "€-5-", "", "4111 1111 1111 1111",
        "€", "1 234 567 8", "10:30 €",
        "(-5)", "((5))", "(5", "5)", "5 (6)", "(net)", "()", "(5-6)",
    ],
)  # fmt: skip
def test_what_is_no_number_in_this_unit_stays_as_it_is(text: str) -> None:
    read = bare_amounts(pl.Series([text, None]), "€").to_list()
    assert read in ([text, None], ["--5", None])  # two signs are no number either way


@given(
    st.lists(
        st.sampled_from([*"()+-\u2212'.,017 \u00a0e€%", "234", "EUR", "kg", "KG", "days", "Day", "a.b"]), max_size=8
    ).map("".join),
    st.sampled_from(["", "€", "EUR", "kg", "day", "%", "a.b", "(net)"]),
)
@settings(max_examples=500)
def test_one_text_is_written_as_in_a_column(text: str, unit: str) -> None:
    assert bare_amount(text, unit) == bare_amounts(pl.Series([text]), unit)[0]


def test_bare_numbers_are_not_touched() -> None:
    texts = pl.Series("x", ["1234", "-1.5e3", "1,234.5", None, "007"])
    assert bare_amounts(texts, "€") is texts


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("1.234,50 zł", "1.234,50"),
        ("USD 5", "5"),
        ("7,5 kg", "7,5"),
        ("$(7.5)", "-7.5"),
        ("7,5 kgs", "7,5 kgs"),
        ("PEN10234", "PEN10234"),
        ("v1.2", "v1.2"),
        ("5G", "5G"),
    ],
)
def test_one_amount_is_bare_whatever_its_unit(text: str, bare: str) -> None:
    assert bare_amount(text) == bare


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["1 €", "2,5 €", "3", None], "€"), (["EUR 3", "4 EUR"], "EUR"), (["5 kg", "-7,5 kg"], "kg"), (["5 kg", "7"], ""), (["5 kg", "7 KG", "8 kg"], "kg"), (["1 month", "6 months"], "months"),
        (["1 hour", "2 h", "3 h"], "h"), (["1 day", "1 month"], ""), (["1 day", "7"], ""), (["1 day", "2 days", "3 Days"], "days"),
        (["(5 €)", "$ 5"], ""), (["$5", "($5)"], "$"),
        (["3 Mio", "98618"], ""), (["800 DR", "6412"], ""), (["7 %", "0.01"], ""), (["7 %", None, "-", "8 %"], "%"), (["SEG1", "SEG2"], ""),
        (["PEN10234", "PEN10235"], ""), (["4 zł", "5"], "zł"),
        (["1 €", "2 $"], ""), (["1", "2"], ""), (["a", "b c"], ""), ([], ""),
    ],
)  # fmt: skip
def test_the_unit_of_amounts_is_the_only_one(texts: list[str | None], unit: str) -> None:
    assert unit_of(pl.Series(texts, dtype=pl.String)) == unit

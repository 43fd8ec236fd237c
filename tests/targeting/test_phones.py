"""Phone numbers: dialled right or not at all, and the same number however people wrote it."""

from __future__ import annotations

import re

import polars as pl
import pytest

from segmint.targeting.phones import E164, among, comparable, lack_country, numbers_in, shared_numbers, to_e164


def test_phones_are_written_for_diallers_or_not_at_all():
    phones = pl.Series(["+351 912 345 678", "00351912345678", "0912 345 678", "912345678", "12", "=1+1", None])
    assert to_e164(phones, "351").to_list() == ["+351912345678"] * 4 + [None] * 3
    assert to_e164(phones).to_list() == ["+351912345678"] * 2 + [None] * 5
    assert comparable(phones).to_list() == ["912345678"] * 4 + [None] * 3


@pytest.mark.parametrize(
    ("code", "written", "dialled"),
    [
        ("351", "351912345678", "+351912345678"),
        ("351", "351 234 567", "+351351234567"),  # nine digits: a national number that begins as the code does
        ("45", "4512345678", "+4512345678"),
        ("45", "45123456", "+4545123456"),
        ("1", "1 (212) 555-0123", "+12125550123"),
        ("1", "212 555 0123", "+12125550123"),
        ("39", "3921234567", "+393921234567"),
        ("39", "393471234567", "+393471234567"),
        ("49", "0494112345", "+49494112345"),
        ("49", "4915112345678", "+4915112345678"),
        ("49", "4930123456", None),  # Berlin from abroad, or a place whose code begins with 49
        ("670", "67077123456", None),  # how long numbers are there is not known
        ("49", "+49 (0)30 123456", "+4930123456"),
        ("39", "0612345678", "+390612345678"),  # the zero belongs to Italian numbers
        ("39", "390612345678", "+390612345678"),
        ("36", "06201234567", "+36201234567"),
        ("36", "061234567", None),
        ("7", "89123456789", "+79123456789"),
        ("7", "8123456789", "+78123456789"),
        ("370", "861234567", "+37061234567"),
        ("375", "80291234567", "+375291234567"),
        ("351", "447911123456", None),  # of another country, without its plus
        ("351", "+44 7911 123456", "+447911123456"),
        ("351", "12345", None),
        ("351", "+35112345", None),
        ("351", "+3510912345678", "+351912345678"),  # the zero of calls inside of the country, behind the code
        ("49", "+49 0151 12345678", "+4915112345678"),
        ("33", "330612345678", "+33612345678"),
        ("44", "0044 07911 123456", "+447911123456"),
        ("39", "+39 06 123456", "+3906123456"),
        ("39", "+39 12345678", None),
        ("52", "+52 1 55 1234 5678", "+525512345678"),
        ("229", "0197123456", "+2290197123456"),
        ("351", "912345678.0", "+351912345678"),
        ("670", "077123456", "+67077123456"),
    ],
)
def test_a_number_is_dialled_with_its_country_code_once_or_not_at_all(code, written, dialled):
    assert to_e164(pl.Series([written]), code).to_list() == [dialled]


@pytest.mark.parametrize("code", ["", "1", "7", "39", "49", "351", "370", "670"])
def test_what_is_dialled_is_a_number_of_the_standard_and_is_written_so_again(code):
    texts = ["+351 912 345 678", "0171/1234567", "8 612 34567", "912345678.0", "00 39 06 123456", "+1", "++4912345678"]
    dialled = to_e164(pl.Series("mobile", [*texts, "", None, "0" * 20, "1" * 16]), code)
    assert dialled.name == "mobile"
    there = [number for number in dialled if number is not None]
    assert all(re.match(E164, number) for number in there)
    assert to_e164(pl.Series(there, dtype=pl.String), code).to_list() == there


def test_a_spelling_changes_nothing_about_what_is_compared():
    spellings = ["+351912345678", "00351 912 345 678", "(0351) 912-345-678", "912.345.678", "912345678.0", "0912345678"]
    assert set(comparable(pl.Series(spellings))) == {"912345678"}
    assert comparable(pl.Series(["1234", "0001234", "none", "", None])).to_list() == [None] * 5


def test_bare_digits_lack_a_country_and_what_has_one_or_is_no_number_does_not():
    phones = pl.Series(["0912 345 678", "91.234", "912345678.0", "+351912345678", "0049301234567", "12", "n/a", None])
    assert lack_country(phones).to_list() == [True, True, True, False, False, False, False, False]


def test_a_slash_inside_of_a_number_makes_no_second_one():
    found = numbers_in([pl.Series(["0171/1234567", "1234567/7654321", "n/a", None, "12"])])
    assert found.rows() == [
        (0, "711234567", True),
        (1, "1234567", True),
        (1, "7654321", True),
        (1, "677654321", True),
    ]


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("912345678; 213456789", ["912345678", "213456789"]),
        ("912345678 or 213456789", ["912345678", "213456789"]),
        ("912345678 ext 12", ["912345678"]),
        ("912345678 (asked 2026)", ["912345678"]),
        ("mobile 912345678", ["912345678"]),
    ],
)
def test_every_number_of_a_cell_is_found_and_no_extension_or_year_is_one(cell, numbers):
    found = numbers_in([pl.Series([None, cell])])
    assert found["row"].unique().to_list() == [1]
    assert found["number"].to_list() == numbers
    assert found["clear"].all()


def test_digits_that_cannot_be_told_apart_are_not_clear():
    found = numbers_in([pl.Series(["912345678 213456789", "9.12346E+08"]), pl.Series(["1-800-FLOWERS", "912345678"])])
    assert sorted(found.select("row", "clear").rows()) == [(0, False), (0, False), (1, False), (1, True)]
    assert numbers_in([]).schema == found.schema


@pytest.mark.parametrize(
    ("on_file", "in_table"),
    [
        ("+45 12 34 56 78", "12345678"),
        ("12345678", "0045 12345678"),
        ("+49 30 123456", "030 123456"),
        ("+49 (0)30 123456", "+4930123456"),
        ("+372 712345", "712345"),
        ("0912 345 678", "+351 912345678"),
        ("+370 612 34567", "861234567"),
        ("8 612 34567", "+37061234567"),
        ("(0 612) 34567", "370 8 612 34567"),
        ("00370 612 34567", "61234567"),
    ],
)
def test_an_objection_is_found_however_short_numbers_are(on_file, in_table):
    found = among(comparable(pl.Series([in_table, "+4587654321", "87654321", None])), comparable(pl.Series([on_file])))
    assert found.to_list() == [True, False, False, False]


@pytest.mark.parametrize(("mine", "theirs"), [("12345678", "12345679"), ("123456789", "923456789"), ("1234", "91234")])
def test_numbers_that_differ_in_what_both_have_do_not_meet(mine, theirs):
    one, other = (comparable(pl.Series([number])).drop_nulls() for number in (mine, theirs))
    assert not among(one, other).any()
    assert not among(other, one).any()
    assert among(pl.Series([None], dtype=pl.String), other).to_list() == [False]


def test_a_number_in_several_rows_is_counted_once_with_its_rows():
    home, mobile = (
        pl.Series(["+351 912 345 678", "213456789", None, "1"]),
        pl.Series(["213456780", "912345678", "2134567", None]),
    )
    assert shared_numbers([home, mobile]) == (1, 2)
    assert shared_numbers([pl.Series(["912345678 / 912345678"])]) == shared_numbers([]) == (0, 0)

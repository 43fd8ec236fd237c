"""One customer has one id, however a file writes it."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.ids import (
    are_among,
    bare_ids,
    match_ids,
    matched_by_zeros,
    may_be_among,
    same_ids,
    shape_words,
    unlike,
    without_zeros,
)
from segmint.errors import ContractError


def test_white_space_and_the_guard_against_formulas_are_no_part_of_an_id() -> None:
    written = pl.Series("client", ["17", "17 ", "\t17", "'-17", "-17", "'=A", "007", "", "  ", None])
    assert bare_ids(written).to_list() == ["17", "17", "17", "-17", "-17", "=A", "007", None, None, None]
    assert bare_ids(written).name == "client"


def test_whole_numbers_are_written_without_a_point() -> None:
    assert bare_ids(pl.Series([17.0, None])).to_list() == ["17", None]
    assert bare_ids(pl.Series([17, 7])).to_list() == ["17", "7"]
    for scale in (0, 2, 10):
        assert bare_ids(pl.Series(["1000003", None]).cast(pl.Decimal(38, scale))).to_list() == ["1000003", None]
    assert bare_ids(pl.Series(["1000.5"]).cast(pl.Decimal(38, 2))).to_list() == ["1000.50"]


@pytest.mark.parametrize(("dtype", "first"), [(pl.Float32, 2**24), (pl.Float64, 2**53)])
def test_whole_numbers_that_lost_digits_are_refused_from_the_first_one_on(dtype: pl.DataType, first: int) -> None:
    assert bare_ids(pl.Series([first - 1]).cast(dtype)).to_list() == [str(first - 1)]
    assert pl.Series([first]).cast(dtype).to_list() == pl.Series([first + 1]).cast(dtype).to_list()
    for number in (first, -first, 2**60):
        with pytest.raises(ContractError, match="too large to keep every digit"):
            bare_ids(pl.Series("client", [number]).cast(dtype))


def test_ids_meet_without_the_zeros_that_a_spreadsheet_dropped_in_either_file() -> None:
    pairs = same_ids(pl.Series(["7", "0012", "5.0", "A7"]), pl.Series(["007", "12", "5", "0A7"])).sort("known")
    assert pairs.rows() == [("7", "007"), ("0012", "12"), ("5.0", "5")]
    assert matched_by_zeros(pairs).to_list() == [True, True, False]


def test_an_id_without_zeros_that_could_be_of_several_tells_none_of_them_apart() -> None:
    named, known = pl.Series(["17", "017", "18", "18"]), pl.Series(["0017", "017", "0018"])
    assert sorted(same_ids(named, known)["known"].to_list()) == ["0017", "0018", "017", "017"]
    met = match_ids(named, known)
    assert sorted(met.pairs.rows()) == [("017", "017"), ("18", "0018")]
    assert (met.unclear, met.by_zeros) == ({"17"}, 2)
    assert met.theirs(pl.Series(["18", "17", "19", None, "017"])).to_list() == ["0018", None, None, None, "017"]


def test_ids_meet_whatever_their_capitals_where_nobody_has_them_as_written() -> None:
    known = pl.Series(["kdnr7@bank.pt", "Ab1", "AB1", "STRASSE9"])
    named = pl.Series(["KDNR7@bank.pt;", "AB1", "ab1", "straße9"])
    met = match_ids(named, known)
    assert sorted(met.pairs.rows()) == [("AB1", "AB1"), ("KDNR7@bank.pt;", "kdnr7@bank.pt"), ("straße9", "STRASSE9")]
    assert (met.unclear, met.by_zeros) == ({"ab1"}, 2)
    assert may_be_among(known, pl.Series(["AB1"])).to_list() == [False, True, True, False]


def test_all_spellings_of_one_customer_in_another_file_are_that_customer() -> None:
    met = match_ids(pl.Series(["AB1", "ab1", "ab1", "Ab1;"]), pl.Series(["ab1"]))
    assert sorted(met.pairs["named"]) == ["AB1", "Ab1;", "ab1"]
    assert (met.unclear, met.by_zeros) == (set(), 2)


def test_of_two_rows_that_write_an_id_alike_the_same_spelling_is_taken() -> None:
    for ids in (["17.0", "17"], ["17", "17.0"]):
        named = pl.Series(["17", "17.0"])
        assert match_ids(named, pl.Series(ids)).theirs(named).to_list() == ["17", "17.0"]


def test_marks_around_an_id_are_taken_off_where_the_table_has_no_such_id() -> None:
    written = pl.Series(["'07", '="07"', "\u200b07", "“07”", "07;", "’7", "'8", "#07"])
    pairs = same_ids(written, pl.Series(["07", "7", "’8", "8"]))
    assert pairs.filter(known="07")["named"].sort().to_list() == sorted(["'07", '="07"', "\u200b07", "“07”", "07;"])
    assert pairs.filter(named="’7")["known"].to_list() == ["7"]
    assert set(pairs.filter(named="'8")["known"]) == {"8", "’8"}
    assert not matched_by_zeros(pairs).any()
    assert same_ids(pl.Series(["’8", "8"]), pl.Series(["’8", "8"])).rows() in (
        [("’8", "’8"), ("8", "8")],
        [("8", "8"), ("’8", "’8")],
    )
    assert bare_ids(pl.Series(["'", '=""', "\u200b", "``"])).null_count() == 4


def test_who_may_be_named_is_also_who_differs_by_zeros_from_another_who_is() -> None:
    customers, named = pl.Series(["3094", "0003094", "3095", None]), pl.Series(["'3094", None])
    assert may_be_among(customers, named).to_list() == [True, True, False, False]
    assert are_among(customers, named).to_list() == [True, False, False, False]
    signed = pl.Series(["5'", "5", '5"'])
    assert may_be_among(signed, pl.Series(["5'"])).to_list() == [True, False, False]


def test_a_line_break_within_an_id_makes_no_third_customer_of_two() -> None:
    known = pl.Series(["17", "18", "1718"])
    for written in ("17\n18", "17\t18", "17\u200b18"):
        assert not are_among(known, pl.Series([written])).any()
        assert unlike(pl.Series([written]), known).to_list() == [written]
    assert shape_words("17\n18") == r"has '\n'"


def test_an_id_that_could_be_of_several_by_the_marks_around_it_is_nobodys() -> None:
    met = match_ids(pl.Series(["A,"]), pl.Series(["A", "A'"]))
    assert (met.pairs.height, met.unclear) == (0, {"A,"})


def test_marks_alone_are_no_id() -> None:
    assert bare_ids(pl.Series(['\u200b=""', '\ufeff=""', '=";'])).null_count() == 3


def test_an_id_is_unlike_all_others_by_what_it_begins_with_and_by_its_signs() -> None:
    known = pl.Series(["A-17", "18", "a-b", None])
    assert unlike(pl.Series(["19", "B-1", "#17", "1-7", "A/17", "'20", None]), known).to_list() == [
        "#17",
        "1-7",
        "A/17",
    ]
    assert [shape_words(written) for written in ("#17", "A/17", "A17", "17")] == [
        "begins with '#'", "has '/'", "begins with a letter", "begins with a digit",
    ]  # fmt: skip


def test_ids_of_digits_are_written_without_the_zeros_before_them() -> None:
    written = ["0017", "17", "017.0", "000", "0", "0A7", "-017", "", None]
    assert without_zeros(pl.Series(written)).to_list() == ["17", "17", "17", "0", "0", "0A7", "-017", "", None]

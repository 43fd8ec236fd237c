"""A decimal sign is judged by the columns that are read: what predicting appended, or a stranger, has no say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from segmint.tables.decimal_sign import DECIMALS, decimal_among, decimal_of, signs_of_texts, written_apart
from segmint.tables.source import ReadOptions, TableSource, open_table
from segmint.tables.write import write_safe_workbook


def text(folder: Path, content: str) -> TableSource:
    path = folder / "t.csv"
    path.write_text(content, encoding="utf-8")
    return open_table(path)


def test_what_predicting_appended_has_no_say(tmp_path: Path) -> None:
    source = text(tmp_path, 'id,worth,propensity\n1,"347,52",0.15\n2,"5,5",0.051\n')
    assert source.receipt["decimal"] == "comma"
    assert decimal_among(source.receipt, ["worth"]) == "comma"
    assert decimal_among(source.receipt, ["propensity"]) == "point"


def test_a_propensity_does_not_tell_what_a_thousand_is(tmp_path: Path) -> None:
    assert text(tmp_path, "id;worth;propensity\n1;1.234;0.1503\n").receipt["decimal"] == "ambiguous"
    assert text(tmp_path, "id;worth;rate\n1;1.234;0.1503\n").receipt["decimal"] == "point"


def test_a_table_of_propensities_alone_has_their_sign(tmp_path: Path) -> None:
    assert text(tmp_path, "id;propensity\n1;0,15\n").receipt["decimal"] == "comma"


def test_columns_that_are_written_differently_are_told_apart(tmp_path: Path) -> None:
    source = text(tmp_path, "id;worth;rate;mixed;whole\n1;347,52;0.5;1,5;7\n2;5,5;0.25;1.5;8\n")
    assert source.receipt["decimal"] == "ambiguous"
    assert source.receipt[DECIMALS] == {"worth": "comma", "rate": "point", "mixed": "both"}
    assert [decimal_among(source.receipt, [name]) for name in ("worth", "rate")] == ["comma", "point"]
    assert decimal_among(source.receipt, ["worth", "whole"]) == "comma"
    assert decimal_among(source.receipt, ["worth", "rate"]) == "ambiguous"
    assert written_apart(source.receipt, ["whole", "worth", "rate"]) == (
        "'worth' has decimal commas, as in 0,5, and 'rate' decimal points, as in 0.5"
    )
    assert written_apart(source.receipt, ["mixed"]).startswith("'mixed' has decimal commas")
    assert written_apart(source.receipt, ["worth", "whole"]) == ""


def test_a_table_written_alike_needs_no_word_for_each_column(tmp_path: Path) -> None:
    assert DECIMALS not in text(tmp_path, "id;a;b\n1;0,5;1.234\n2;0,25;3\n").receipt


@pytest.mark.parametrize("suffix", ["parquet", "xlsx"])
def test_texts_of_typed_files_may_have_commas(suffix: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"worth": ["347,52", "1.234,5"], "rate": [0.25, 0.5], "note": ["1.234", "5"]})
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        write_safe_workbook([frame], path)
    receipt = open_table(path).receipt
    assert decimal_among(receipt, ["worth"]) == "comma"
    assert decimal_among(receipt, ["rate"]) == "point"
    assert decimal_among(receipt, ["worth", "note"]) == "comma", (
        "beside commas 1.234 is a thousand and more, as in a CSV"
    )


@pytest.mark.parametrize("texts", [["1,5", "2"], ["1.234", "2"]])
def test_number_cells_beside_texts_of_another_sign_stay_numbers(texts: list[str], tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_safe_workbook([pl.DataFrame({"worth": texts, "rate": [1.234, 2.0], "code": [7, 8]})], path)
    source = open_table(path)
    frame = next(iter(source.batches())).frame
    assert frame["rate"].to_list() == [1.234, 2.0]
    assert frame["code"].to_list() == ["7", "8"], "whole numbers may be ids"
    assert list(source.receipt[DECIMALS]) == ["worth"]
    assert written_apart(source.receipt, ["worth", "rate"]) == ""


def test_a_frame_of_numbers_has_nothing_to_judge() -> None:
    assert signs_of_texts(pl.DataFrame({"a": [0.5]})) == {}
    assert signs_of_texts(pl.DataFrame({"a": ["0.5"]})) == {}


def test_a_column_that_nobody_reads_moves_no_number_of_a_frame() -> None:
    frame = pl.DataFrame({"worth": ["1.234", "5.678"], "memo": ["2,5", "3,5"]})
    receipt = open_table(frame).receipt
    assert decimal_among(receipt, ["worth"]) == "ambiguous"
    assert decimal_among(receipt, ["worth", "memo"]) == "comma"
    assert decimal_of(receipt, "worth", ["worth", "memo"]) == "comma"
    assert decimal_of(receipt, "memo", ["worth", "memo"]) == "comma"


@pytest.mark.parametrize("written", ["1.234", "1,234"])
@pytest.mark.parametrize("suffix", ["parquet", "xlsx", "frame"])
def test_texts_of_typed_tables_that_can_be_read_in_two_ways_are_not_guessed(
    written: str, suffix: str, tmp_path: Path
) -> None:
    frame = pl.DataFrame({"worth": [written, "2"], "rate": [4.857, 1.313]})
    path = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    elif suffix == "xlsx":
        write_safe_workbook([frame], path)
    receipt = open_table(frame if suffix == "frame" else path).receipt
    assert decimal_among(receipt, ["worth", "rate"]) == "ambiguous"
    assert decimal_among(receipt, ["rate"]) == "point"
    declared = open_table(frame if suffix == "frame" else path, ReadOptions(decimal="comma")).receipt
    assert decimal_among(declared, ["worth", "rate"]) == "comma"

"""Opening tables of every kind, and refusing what is no table."""

from __future__ import annotations

import decimal
import gzip
import os
import random
import uuid
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from segmint.errors import InputError
from segmint.tables import decimal_sign, frame_source, table_source, text_profile, text_records, text_source
from segmint.tables.source import ReadOptions, TableSource, is_one_column, open_rows, open_table

TEXT = "id;job;amount\n007;admin.;1,5\n042;NA;2,25\n"


def frame_of(source: TableSource, size: int = 65_536) -> pl.DataFrame:
    return pl.concat([batch.frame for batch in source.batches(size)])


def write(folder: Path, data: bytes | str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_text_comes_as_text_with_a_receipt(tmp_path: Path) -> None:
    source = open_table(write(tmp_path, TEXT))
    assert source.columns == ("id", "job", "amount")
    assert source.receipt["delimiter"] == ";"
    assert source.receipt["encoding"] == "UTF-8"
    assert source.receipt["decimal"] == "comma"
    assert frame_of(source).rows() == [("007", "admin.", "1,5"), ("042", "NA", "2,25")]
    assert source.fingerprint.startswith("sha256:")


@pytest.mark.parametrize("size", [1, 7, 1_000, 65_536])
def test_batch_size_changes_nothing(tmp_path: Path, size: int) -> None:
    """ING-13."""
    lines = [f"{i};x;{i}.5" if i % 11 else f"{i};short" for i in range(500)]
    source = open_table(write(tmp_path, "id;a;b\n" + "\n".join(lines)))
    whole, parts = list(source.batches()), list(source.batches(size))
    assert pl.concat([batch.frame for batch in parts]).equals(whole[0].frame)
    assert [n for batch in parts for n in batch.records] == whole[0].records.tolist()
    assert [r for batch in parts for r in batch.rejects] == list(whole[0].rejects)
    assert all(batch.frame.height <= size for batch in parts)
    assert parts[-1].done == source.size
    for batch in parts:
        seen = [*batch.records, *(reject.record for reject in batch.rejects)]
        assert sorted(seen) == list(range(min(seen), max(seen) + 1))


def test_a_batch_of_a_wide_table_holds_fewer_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ING-13."""
    frame = pl.DataFrame({f"c{place}": [str(row) for row in range(95)] for place in range(30)})
    frame.write_csv(tmp_path / "t.csv")
    frame.write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(table_source, "BATCH_STEP", 10)
    for module in (text_source, frame_source):
        monkeypatch.setattr(module, "BATCH_CELLS", 599)
    for table in (frame, tmp_path / "t.csv", tmp_path / "t.parquet"):
        batches = list(open_table(table).batches())
        assert [batch.frame.height for batch in batches] == [10] * 9 + [5]
        assert pl.concat([batch.frame for batch in batches]).equals(frame)
        assert [number for batch in batches for number in batch.records] == list(range(1, 96))
    assert [table_source.rows_at_once(65_536, room) for room in (0, 39, 10**6)] == [10, 30, 65_536]
    assert table_source.rows_at_once(7, 39) == 7


@pytest.mark.parametrize("note", ["x", '"x"'])
def test_a_batch_of_long_rows_ends_with_some_bytes_and_tells_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: str
) -> None:
    """ING-13."""
    monkeypatch.setattr(text_source, "BATCH_BLOCKS", 2)
    monkeypatch.setattr(table_source, "BATCH_STEP", 10)
    note = note.replace("x", "x" * 50_000)
    lines = [f"{i};{note}" if i % 11 else f"{i}" for i in range(100)]
    source = open_table(write(tmp_path, "id;note\n" + "\n".join(lines)))
    batches = list(source.batches())
    assert len(batches) > 2
    assert all(batch.frame.height % 10 == 0 for batch in batches[:-1])
    assert [batch.done for batch in batches] == sorted(batch.done for batch in batches)
    assert batches[0].done < source.size / 2
    assert batches[-1].done == source.size
    assert frame_of(source)["id"].to_list() == [str(i) for i in range(100) if i % 11]
    assert [reject.record for batch in batches for reject in batch.rejects] == list(range(1, 101, 11))


@pytest.mark.parametrize(("last", "size"), [("300;x", 65_536), ("300;x", 100), ("300;x", 7), ("300", 65_536)])
def test_empty_lines_below_a_table_are_read_to_the_end_and_make_no_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str, size: int
) -> None:
    monkeypatch.setattr(text_source, "line_blocks", partial(text_records.line_blocks, block_bytes=1_024))
    rows = "".join(f"{i};x\n" for i in range(300))
    source = open_table(write(tmp_path, f"id;note\n{rows}{last}\n" + ";\n" * 20_000))
    batches = list(source.batches(size))
    assert batches[-1].done == source.size
    assert all(batch.frame.height for batch in batches)


def test_frames_of_polars_pandas_and_arrow_give_the_same_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["007", "042"], "n": [1, None], "x": [1.5, 2.5]})
    path = tmp_path / "table.parquet"
    frame.write_parquet(path)
    for table in (frame, frame.to_pandas(), frame.to_arrow(), path):
        source = open_table(table)
        read = frame_of(source)
        assert read["id"].to_list() == ["007", "042"]
        assert read["n"].cast(pl.Float64).to_list() == [1.0, None]
        assert source.rows == 2


def test_pandas_columns_of_mixed_objects_become_text() -> None:
    import pandas as pd

    table = pd.DataFrame({"a": pd.Series(["x", 1, None, float("nan")], dtype=object), "b": range(4)})
    assert frame_of(open_table(table))["a"].to_list() == ["x", "1", None, None]


def test_decimals_of_pandas_are_numbers_as_those_of_polars_are_where_all_keep_their_digits() -> None:
    import pandas as pd

    amounts = [decimal.Decimal("1.50"), None, decimal.Decimal("22.25")]
    told = pd.DataFrame({"id": range(3), "amount": pd.Series(amounts, dtype=object)})
    assert frame_of(open_table(told))["amount"].to_list() == amounts
    for other in (decimal.Decimal("Infinity"), decimal.Decimal("1E+40"), decimal.Decimal("0.1"), 2.5):
        told["amount"] = pd.Series([*amounts[:2], other], dtype=object)
        assert frame_of(open_table(told))["amount"].to_list() == ["1.50", None, str(other)]


def test_decimals_of_several_scales_are_numbers_where_these_keep_the_digits() -> None:
    import pandas as pd

    amounts = [decimal.Decimal(text) for text in ("1.234", "5", "-0.5")]
    told = pd.DataFrame({"id": range(4), "amount": pd.Series([*amounts, None], dtype=object)})
    assert frame_of(open_table(told))["amount"].to_list() == [1.234, 5.0, -0.5, None]
    told["amount"] = pd.Series([*amounts, decimal.Decimal(2**53 + 2)], dtype=object)
    assert frame_of(open_table(told))["amount"].to_list()[3] == "9007199254740994"


def test_types_that_only_pandas_has_are_read_as_they_show() -> None:
    import pandas as pd

    months = pd.Series(pd.PeriodIndex(["2024-01", None], freq="M"))
    table = pd.DataFrame(
        {
            "sparse": pd.arrays.SparseArray([0.0, float("nan")]),
            "month": months,
            "months": months.astype("category"),
            "age": pd.cut(pd.Series([20, None]), [0, 30, 60]),
            "n": [1, 2],
        }
    )
    assert frame_of(open_table(table)).rows() == [(0.0, "2024-01", "2024-01", "(0, 30]", 1), (*(None,) * 4, 2)]


def test_a_row_without_any_value_is_rejected_where_rows_are_counted_and_none_in_a_text(tmp_path: Path) -> None:
    """A frame and a Parquet file know how many rows they have; below a table in a text they are what a spreadsheet left."""
    frame = pl.DataFrame({"age": [41, None, 30, None], "job": ["student", None, "", " "]})
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_csv(tmp_path / "t.csv")
    for table in (frame, tmp_path / "t.parquet"):
        batch = next(iter(open_table(table).batches()))
        assert batch.records.tolist() == [1, 3]
        assert [(reject.record, reject.reason) for reject in batch.rejects] == [(2, "empty_row"), (4, "empty_row")]
    assert next(iter(open_table(tmp_path / "t.csv").batches())).rejects == ()


def test_rows_that_somebody_made_are_all_records() -> None:
    batch = next(iter(open_rows(pl.DataFrame({"age": ["", "41"], "job": ["", "nurse"]})).batches()))
    assert batch.records.tolist() == [1, 2]
    assert batch.rejects == ()


def test_a_frame_is_one_whatever_its_class_is_called() -> None:
    import pandas as pd

    class Geo(pd.DataFrame):
        __module__ = "geo.frames"

    assert frame_of(open_table(Geo({"age": [41]})))["age"].to_list() == [41]
    for other in (pd.Series([1], name="age"), pd.DataFrame({"age": [41]}).groupby("age"), [1]):
        with pytest.raises(TypeError, match="table with its columns"):
            open_table(other)


def test_whole_numbers_of_128_bits_become_text() -> None:
    frame = pl.DataFrame({"a": pl.Series([2**100, None], dtype=pl.Int128), "b": pl.Series([1, 2], dtype=pl.UInt128)})
    read = frame_of(open_table(frame))
    assert read.rows() == [(str(2**100), "1"), (None, "2")]
    assert read.to_arrow().num_rows == 2


def test_whole_numbers_of_128_bits_in_a_file_are_named_and_no_damage(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["x"], "a": pl.Series([1], dtype=pl.Int128)}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="whole numbers of 128 bits, which cannot be read from Parquet: a"):
        open_table(tmp_path / "t.parquet")


def test_columns_of_pandas_that_hold_no_values_are_named() -> None:
    import numpy as np
    import pandas as pd

    for values, sentence in (
        (np.array([1j, 2]), r"cannot be read: x \(complex128\)"),
        ([np.array([1, 2]), None], "lists or records: x"),
        ([{"a": 1}, None], "lists or records: x"),
    ):
        with pytest.raises(InputError, match=sentence):
            open_table(pd.DataFrame({"x": pd.Series(values)}))


def test_a_named_index_of_pandas_is_a_column() -> None:
    import pandas as pd

    table = pd.DataFrame({"id": ["007", "042"], "n": [1, 2]})
    assert frame_of(open_table(table.set_index("id"))).rows() == [("007", 1), ("042", 2)]
    assert open_table(table.set_index(["id", "n"], drop=False)).columns == ("id", "n")
    assert open_table(table.set_index(["n", "id"]).assign(x=[0.5, 1])).columns == ("n", "id", "x")
    assert open_table(table.set_axis(["b", "a"])).columns == tuple(table.columns) == ("id", "n")


def test_a_frame_has_the_same_fingerprint_however_it_is_cut() -> None:
    frame = pl.DataFrame({"a": list(range(100))})
    pieces = pl.concat([frame.head(30), frame.tail(70)], rechunk=False)
    assert open_table(frame).fingerprint == open_table(pieces).fingerprint
    assert open_table(frame).fingerprint != open_table(frame.reverse()).fingerprint


def test_a_thing_that_is_no_table_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="Got list instead"):
        open_table([1, 2])


def random_bytes(seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(20_000)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"\n\r\n \n", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        (b"a;b;c\n", "a header and no rows"),
        (b"a;b;c", "a header and no rows"),
        (b"a\n1\n2\n", "No delimiter is found"),
        (b"just a sentence\nand another\n", "No delimiter is found"),
        (b"a;b;a\n1;2;3\n", "columns 1 and 3 have the same name"),
        (b"a;;c\n1;2;3\n", "column 2 has no name"),
        (b"a; ;c\n1;2;3\n", "column 2 has no name"),
        (b"a;b\x07;c\n1;2;3\n", "control characters"),
        (b";".join(b"c%d" % i for i in range(5_000)) + b"\n1\n", "5,000 columns"),
        (random_bytes(), "is not text"),
        (b"\0" * 5_000, "is not text"),
        (b"PAR1" + random_bytes(), "cannot be read as Parquet"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    """ING-08."""
    path = write(tmp_path, data)
    with pytest.raises(InputError, match=sentence) as refusal:
        frame_of(open_table(path))
    assert refusal.value.exit_code == 2
    assert refusal.value.expected
    assert refusal.value.fix


def test_a_header_is_refused_with_what_helps_against_what_is_wrong_with_it(tmp_path: Path) -> None:
    wide = b";".join(b"c%d" % i for i in range(5_000)) + b"\n1\n"
    for data, expected, fix in (
        (wide, "at most 4,096 columns", "leave out"),
        (b"a;b\x07;c\n1;2;3\n", "letters, digits", "rename this column"),
        (b"a;;c\n1;2;3\n", "one name for each column", "data.header_row"),
    ):
        with pytest.raises(InputError) as refusal:
            open_table(write(tmp_path, data))
        assert expected in refusal.value.expected
        assert fix in refusal.value.fix
        assert ("header_row" in refusal.value.fix) is (b";;" in data)
    pl.DataFrame({"a": [1], " ": [2]}).write_parquet(tmp_path / "t.parquet")
    for table in (tmp_path / "t.parquet", pl.DataFrame({"a": [1], " ": [2]})):
        with pytest.raises(InputError, match="column 2 has no name") as refusal:
            open_table(table)
        assert refusal.value.fix == "name this column"


@pytest.mark.parametrize(
    "data",
    [
        b"id;age;;\n1;30;;\n2;40; ;\n",
        b";id; ;age\n;1;;30\n;2;;40\n",
        b'id;age;;\n1;30;;\n;;;\n"2";40;;\n',
    ],
)
def test_a_column_without_a_name_that_holds_nothing_is_none(tmp_path: Path, data: bytes) -> None:
    source = open_table(write(tmp_path, data))
    assert source.columns == ("id", "age")
    assert frame_of(source).rows() == [("1", "30"), ("2", "40")]


@pytest.mark.parametrize("data", [b"id;age;;\n1;30;;\n2;40;;x\n", b"id;age;;\n1;30\n2;40\n", b";;\n"])
def test_a_column_without_a_name_is_refused_where_it_holds_a_value_or_no_row_has_it(
    tmp_path: Path, data: bytes
) -> None:
    with pytest.raises(InputError, match=r"column [13] has no name"):
        open_table(write(tmp_path, data))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """ING-08."""
    with pytest.raises(InputError, match="There is no file"):
        open_table(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="is a folder"):
        open_table(tmp_path)
    with pytest.raises(InputError, match="Cannot open"):
        open_table("a\0b.csv")


def test_rows_that_are_all_longer_than_the_header_are_all_rejected(tmp_path: Path) -> None:
    """ING-06: pandas would take the first column for an index and shift the rest."""
    source = open_table(write(tmp_path, "a;b;c\n" + "1;2;3;4\n" * 20))
    (batch,) = source.batches()
    assert batch.frame.height == 0
    assert [reject.reason for reject in batch.rejects] == ["too_many_fields"] * 20


DELIMITERS = [",", ";", "\t", "|", "^"]


@pytest.mark.parametrize("end", [b"3;bo", b'3;"bob;z', b"3;b\xc3", b"3\0\0", b'3;"two\nlines', b'3;"a"b'])
def test_a_record_in_the_middle_of_which_a_text_ends_is_rejected_as_such(tmp_path: Path, end: bytes) -> None:
    path = write(tmp_path, b"id;name;job\n1;ann;x\n2;eve;y\n" + end)
    (batch,) = open_table(path, ReadOptions(encoding="utf-8")).batches()
    assert batch.rejects[-1].reason == "cut_off"
    assert len(batch.frame) == 2


@pytest.mark.parametrize(
    ("end", "reasons"),
    [
        (b"3;bob;z", []),
        (b"3;bo\n", ["too_few_fields"]),
        (b'3;"bob;z\r', ["unclosed_quote"]),
        (b"3;bob;z;1", ["too_many_fields"]),
        (b"\x1a", ["too_few_fields"]),
    ],
)
def test_a_text_that_ends_with_a_record_is_read_whatever_is_wrong_with_it(
    tmp_path: Path, end: bytes, reasons: list[str]
) -> None:
    (batch,) = open_table(write(tmp_path, b"id;name;job\n1;ann;x\n2;eve;y\n" + end)).batches()
    assert [reject.reason for reject in batch.rejects] == reasons


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize(("decimal", "number"), [("point", "1.25"), ("comma", "1,25"), ("comma", "1.234,5")])
@pytest.mark.parametrize("quoted", [True, False])
def test_delimiters_and_decimals_are_found(
    tmp_path: Path, delimiter: str, decimal: str, number: str, quoted: bool
) -> None:
    """ING-05."""
    if not quoted and delimiter in number:
        number, decimal = "1.25", "point"  # nobody can write a bare decimal comma between commas
    mark = '"' if quoted else ""
    rows = [["id", "job", "amount"], *([f"0{i}", "clerk", number] for i in range(9))]
    text = "\n".join(delimiter.join(f"{mark}{field}{mark}" for field in row) for row in rows)
    declared = ReadOptions(delimiter="^") if delimiter == "^" else ReadOptions()
    source = open_table(write(tmp_path, text), declared)
    assert source.receipt["delimiter"] == delimiter
    assert source.receipt["decimal"] == decimal
    assert frame_of(source)["amount"].to_list() == [number] * 9


def test_a_number_that_reads_two_ways_is_called_ambiguous(tmp_path: Path) -> None:
    """ING-05."""
    path = write(tmp_path, "id;amount\n1;1.234\n2;5.678\n")
    assert open_table(path).receipt["decimal"] == "ambiguous"
    assert open_table(path, ReadOptions(decimal="comma")).receipt["decimal"] == "comma"
    assert open_table(write(tmp_path, "id;amount\n1;1.234\n2;5.67\n")).receipt["decimal"] == "point"


@pytest.mark.parametrize("other", ["03.2024", "10.30"])
def test_months_and_times_of_day_prove_no_decimal_point(tmp_path: Path, other: str) -> None:
    """ING-05: whole euros of a German file are not read as euros and cents because a month stands beside them."""
    rows = "".join(f"{i};{i}.234;{other}\n" for i in range(1, 9))
    assert open_table(write(tmp_path, f"id;amount;since\n{rows}")).receipt["decimal"] == "ambiguous"
    proven = f"id;amount;since\n{rows}9;1.234,50;{other}\n"
    assert open_table(write(tmp_path, proven)).receipt["decimal"] == "comma"
    assert open_table(write(tmp_path, f"id;amount;since\n{rows}9;1.5;{other}\n")).receipt["decimal"] == "point"
    plain = "".join(f"{i};{i}234;{other}\n" for i in range(9))
    assert open_table(write(tmp_path, f"id;amount;since\n{plain}")).receipt["decimal"] == "point"
    prices = "".join(f"{i};{i}.234;{other}\n{i};{i}.000;7\n" for i in range(9))
    assert open_table(write(tmp_path, f"id;amount;price\n{prices}")).receipt["decimal"] == "point"


@pytest.mark.parametrize(("early", "late"), [('"1,234"', '"0,5"'), ("1", '"1.234,5"')])
def test_decimals_that_start_late_are_found(tmp_path: Path, early: str, late: str) -> None:
    """ING-05."""
    rows = [f'{i},{early},"a, b"' for i in range(3_000)]
    assert open_table(write(tmp_path, "id,amount,note\n" + "\n".join(rows))).receipt["decimal"] == "point"
    told = "id,amount,note\n" + "\n".join([*rows, f"3000,{late},x", *rows])
    assert open_table(write(tmp_path, told)).receipt["decimal"] == "comma"
    semicolons = "id;amount\n" + "1;1.234\n" * 3_000
    assert open_table(write(tmp_path, semicolons)).receipt["decimal"] == "ambiguous"
    assert open_table(write(tmp_path, semicolons + "1;1234,5\n")).receipt["decimal"] == "comma"
    assert open_table(write(tmp_path, semicolons + "1;1234.5\n")).receipt["decimal"] == "point"


def test_a_number_in_a_remark_does_not_turn_the_decimal_sign(tmp_path: Path) -> None:
    text = 'id,amount,note\n1,12,"paid 3 times"\n2,13,"moved in 2020"\n' + '3,14,"1,5"\n'
    assert open_table(write(tmp_path, text)).receipt["decimal"] == "point"
    late = "id,amount,note\n" + '1,12,"moved, again"\n' * 3_000 + '3,14,"1,5"\n'
    assert open_table(write(tmp_path, late)).receipt["decimal"] == "point"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_column_name_may_hold_a_line_break(tmp_path: Path, end: str, delimiter: str) -> None:
    header = ["id", f'"monthly{end}income"', f'"a{end}{end}note {delimiter}"', "y"]
    lines = [header, ["1", "5", "x", "no"], ["2", "6", f'"x{end}y"', "yes"]]
    source = open_table(write(tmp_path, end + end.join(delimiter.join(line) for line in lines)))
    assert source.columns == ("id", "monthly income", f"a note {delimiter}", "y")
    assert frame_of(source).rows() == [("1", "5", "x", "no"), ("2", "6", f"x{end}y", "yes")]
    assert open_table(pl.DataFrame({"monthly\nincome": [1]})).columns == ("monthly income",)


def test_a_stray_quote_in_the_header_swallows_no_row(tmp_path: Path) -> None:
    source = open_table(write(tmp_path, 'id;"size;y\n1;"2";no\n2;3;yes\n'))
    assert sum(batch.frame.height + len(batch.rejects) for batch in source.batches()) == 2


def test_a_frame_of_lists_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="hold lists or records: b"):
        open_table(pl.DataFrame({"a": [1], "b": [[1, 2]]}))


def test_declared_options_that_make_no_sense_are_value_errors() -> None:
    with pytest.raises(ValueError, match="one character"):
        ReadOptions(delimiter="||")
    with pytest.raises(ValueError, match="'point' or 'comma'"):
        ReadOptions(decimal=".")


def test_the_real_tables_are_read_whole(data_folder: Path) -> None:
    expected = {
        "uci-bank/bank.csv": (4_521, 17, ";"),
        "uci-bank/bank-additional-first-80.csv": (32_950, 21, ";"),
        "term-deposit/train.csv": (31_647, 18, ","),
        "segments-abcd/customer_segmentation.csv": (8_068, 11, ","),
        "segments-abcd/new_customers.csv": (2_627, 11, ","),
    }
    for name, (rows, columns, delimiter) in expected.items():
        source = open_table(data_folder / name)
        assert source.receipt["delimiter"] == delimiter
        assert sum(batch.frame.height for batch in source.batches()) == rows
        assert len(source.columns) == columns
        assert not any(batch.rejects for batch in source.batches())


def test_no_unmistakable_decimal_is_passed_over_by_the_quick_look() -> None:
    """The pattern that looks through a whole file finds whatever the exact ones accept, at any place of a line."""
    draw, quick = random.Random(1), {delimiter: text_profile._unmistakable(delimiter) for delimiter in ";,"}
    numbers = [
        "".join(draw.choices("0123456789.,", weights=[3] + [1] * 9 + [4, 4], k=draw.randrange(2, 10)))
        for _ in range(30_000)
    ]
    exact = {";": (decimal_sign.POINT, decimal_sign.COMMA), ",": (decimal_sign.COMMA,)}
    for delimiter, patterns in exact.items():
        told = [number for number in numbers if any(pattern.fullmatch(number) for pattern in patterns)]
        assert len(told) > 1_000
        for number in told:
            field = f'"{number}"' if delimiter == "," else number
            for line in (
                f"{field}{delimiter}x\n",
                f"x{delimiter}-{field}\r\n" if delimiter == ";" else f"x,{field}\r\n",
                f"7{delimiter}{field}",
            ):
                assert quick[delimiter].search(line.encode()), line


def test_a_column_with_many_words_for_nothing_still_tells_the_decimal_sign(tmp_path: Path) -> None:
    rows = "".join(f"{row};{'k.A.' if row % 5 < 3 else '12,5'}\n" for row in range(100))
    assert open_table(write(tmp_path, "id;amount\n" + rows)).receipt["decimal"] == "comma"


def test_rows_without_any_value_are_none_in_a_text_and_rejected_in_parquet(tmp_path: Path) -> None:
    empty = ";;\n" * 5 + ' ; ;\n"";"";""\n;\n   \n'
    texts = write(tmp_path, ";;\n" + TEXT + empty + "043;x;1,5\n" + empty)
    frame = pl.DataFrame(
        {"id": ["1", None, " ", None], "age": [30.0, None, float("nan"), 4.0], "n": [1, None, None, None]}
    )
    frame.write_parquet(tmp_path / "t.parquet")
    for path, first, rows, empty_ones in ((texts, "007", 3, []), (tmp_path / "t.parquet", "1", 2, [2, 3])):
        batches = list(open_table(path).batches())
        assert sum(batch.frame.height for batch in batches) == rows
        assert sum(len(batch.records) for batch in batches) == rows
        assert [reject.record for batch in batches for reject in batch.rejects] == empty_ones
        assert batches[0].frame["id"][0] == first
    assert next(iter(open_table(tmp_path / "t.parquet").batches())).records.tolist() == [1, 4]


def test_a_header_above_rows_without_any_value_has_no_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a header and no rows"):
        open_table(write(tmp_path, 'id;job\n;\n"";""\n'))


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\n"])
def test_the_line_that_tells_excel_the_delimiter_is_no_header(tmp_path: Path, first: str) -> None:
    source = open_table(write(tmp_path, first + TEXT))
    assert source.columns == ("id", "job", "amount")
    assert source.receipt["decimal"] == "comma"
    assert frame_of(source)["id"].to_list() == ["007", "042"]
    with pytest.raises(InputError, match="is empty"):
        open_table(write(tmp_path, first))


def test_the_line_of_the_header_can_be_declared(tmp_path: Path) -> None:
    path = write(tmp_path, "Customers of March\n\n" + TEXT)
    with pytest.raises(InputError, match=r"data\.header_row"):
        open_table(path)
    source = open_table(path, ReadOptions(header_row=3))
    assert frame_of(source).rows() == [("007", "admin.", "1,5"), ("042", "NA", "2,25")]
    assert next(iter(source.batches())).records.tolist() == [1, 2]
    for line in (2, 9):
        with pytest.raises(InputError, match=f"Line {line} of 'table.csv' is no header"):
            open_table(path, ReadOptions(header_row=line))


@pytest.mark.parametrize("name", ["COVILH\u00c3", "LOUS\u00c3", "ALEM\u00c3"])
def test_portuguese_in_capitals_is_windows_1252(tmp_path: Path, name: str) -> None:
    source = open_table(write(tmp_path, f"id;town\n1;{name}\n2;{name} 2\n3;Lisboa\n".encode("cp1252")))
    assert source.receipt["encoding"] == "Windows-1252 (a guess)"
    assert frame_of(source)["town"][0] == name


def test_a_declared_encoding_is_no_guess(tmp_path: Path) -> None:
    path = write(tmp_path, "id;town\n1;K\u00f6ln\n2;Bonn\n".encode("cp1252"))
    assert open_table(path, ReadOptions(encoding="cp1252")).receipt["encoding"] == "Windows-1252"


def test_utf_8_in_capitals_among_windows_1252_is_still_told(tmp_path: Path) -> None:
    lines = "1;M\u00dcLLER\n2;K\u00d6HLER\n".encode("cp1252") + b"3;M\xfcller " + "M\u00dcLLER\n".encode()
    with pytest.raises(InputError, match="neither UTF-8 nor Windows-1252"):
        open_table(write(tmp_path, b"id;name\n" + lines))


def parquet(folder: Path, values: object) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"age": [1, 2], "x": values}), folder / "t.parquet")
    return folder / "t.parquet"


def test_bytes_of_a_parquet_file_are_read_as_text(tmp_path: Path) -> None:
    import pyarrow as pa

    for kind in (pa.binary(), pa.large_binary(), pa.binary(5)):
        path = parquet(tmp_path, pa.array([b"admin", None], kind))
        assert frame_of(open_table(path))["x"].to_list() == ["admin", None]
    number = uuid.UUID("12345678-1234-5678-1234-567812345678")
    path = parquet(tmp_path, pa.ExtensionArray.from_storage(pa.uuid(), pa.array([number.bytes, None], pa.binary(16))))
    assert frame_of(open_table(path))["x"].to_list() == [str(number), None]


def test_a_column_of_a_kind_nobody_reads_is_named(tmp_path: Path) -> None:
    import pyarrow as pa

    for values in (
        pa.array([b"\xe4", None], pa.binary()),
        pa.array([decimal.Decimal("1.5"), None], pa.decimal256(50, 2)),
        pa.array([0, None], pa.timestamp("us", "Mars/Base")),
    ):
        for table in (parquet(tmp_path, values), pa.table({"age": [1, 2], "x": values})):
            with pytest.raises(InputError, match=r"of a kind that cannot be read: x \("):
                frame_of(open_table(table))


def test_what_can_be_read_only_once_is_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.csv")
    for path in (tmp_path / "p.csv", Path("/dev/null"), Path("-")):
        with pytest.raises(InputError, match="can be read only once"):
            open_table(path)


@pytest.mark.parametrize("name", ["x" * 300, "loop/x.csv", "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="Cannot open"):
        open_table(tmp_path / name)


def test_a_line_of_delimiters_is_no_row_and_moves_no_number(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for middle in (";", '"";""', " ; "):
        path.write_text(f"a;b\n1;2\n{middle}\n3;4\n\n5;6\n;\n")
        table = open_table(path)
        batches = list(table.batches())
        assert [row for batch in batches for row in batch.frame["a"].to_list()] == ["1", "3", "5"]
        assert [number for batch in batches for number in batch.records] == [1, 3, 4]


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (b"id\n007\n", True),
        (gzip.compress(b"id\n007\n", mtime=0), True),
        (b"id;n\n7;1\n", False),
        ("id\n007\n".encode("utf-16"), True),
        ("id;n\n7;1\n".encode("utf-16"), False),
        (b"id\0\n7\n", False),
    ],
)
def test_a_plain_list_is_a_header_without_a_delimiter(tmp_path: Path, data: bytes, is_one: bool) -> None:
    path = write(tmp_path, data)
    assert is_one_column(path) == is_one
    if is_one:
        assert frame_of(open_table(path, ReadOptions(delimiter=",")))["id"].to_list() == ["007"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("JSON", b'[{"id": 1, "age": 40},\n {"id": 2, "age": 50}]'),
        ("JSON", b'\xef\xbb\xbf\n{\n  "id": [1, 2]\n}'),
        ("JSON", b'{"id": 1, "age": 40}\n{"id": 2, "age": 50}\n'),
        ("HTML", b"<!DOCTYPE html>\n<html><table><tr><td>id, age</td></tr></table></html>"),
        ("HTML", b"  <table border=1>\n<tr><td>id</td></tr></table>"),
        ("XML", b'<?xml version="1.0"?>\n<rows><row id="1"/></rows>'),
    ],
)
def test_other_texts_are_named_and_exported_again(tmp_path: Path, kind: str, content: bytes) -> None:
    with pytest.raises(InputError, match=f"is {kind}") as refused:
        open_table(write(tmp_path, content))
    assert refused.value.fix == "export the table as CSV or Parquet"


@pytest.mark.parametrize("header", ["[id];[age]", "<id>;<age>", "{id};{age}"])
def test_names_in_brackets_are_a_header(tmp_path: Path, header: str) -> None:
    assert len(open_table(write(tmp_path, f"{header}\n1;2\n")).columns) == 2


@pytest.mark.parametrize("name", [None, float("nan")])
def test_a_column_of_pandas_without_a_name_is_refused(name: object) -> None:
    import pandas as pd

    with pytest.raises(InputError, match="column 2 has no name"):
        open_table(pd.DataFrame([[1, 2], [3, 4]], columns=pd.Index(["id", name], dtype=object)))


def test_a_column_that_stands_twice_is_refused_in_a_table_of_arrow_too() -> None:
    import pyarrow as pa

    with pytest.raises(InputError, match="columns 1 and 2 have the same name"):
        open_table(pa.table([pa.array([1]), pa.array([2])], names=["age", "age"]))


def test_half_a_character_is_told_by_column_and_row_and_not_quoted() -> None:
    import pandas as pd

    frame = pd.DataFrame({"id": [1, 2], "job": pd.Series(["clerk", "secret\ud800"], dtype=object)})
    with pytest.raises(InputError, match=r"job \(text with half a character, in row 2\)") as refused:
        open_table(frame)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__

"""Encodings, line ends and compression: the right text, or a refusal that names the byte."""

from __future__ import annotations

import gzip
import io
import resource
import time
import zipfile
from pathlib import Path

import polars as pl
import pytest
import zstandard

from segmint.errors import InputError
from segmint.tables.byte_stream import is_one_byte_ascii
from segmint.tables.source import ReadOptions, open_table

LINES = ["id;name;city", *(f"0{i};Müller-Lüdenscheidt;São José" for i in range(30)), "99;Zoë;Łódź?"]
WESTERN = [line.replace("Łódź?", "Málaga") for line in LINES]


def write(folder: Path, data: bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def cities(path: Path, options: ReadOptions | None = None) -> list[str]:
    source = open_table(path, options or ReadOptions())
    batches = list(source.batches())
    assert not any(batch.rejects for batch in batches)
    return pl.concat([batch.frame for batch in batches])["city"].to_list()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "utf-32"]
)
def test_western_text_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    """ING-04."""
    path = write(tmp_path, end.join(WESTERN).encode(encoding))
    assert cities(path) == ["São José"] * 30 + ["Málaga"]


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("cp1250", "Wałęsa"),
        ("cp1250", "Příliš žluťoučký"),
        ("cp850", "Müller"),
        ("cp437", "café olé"),
        ("mac-roman", "Gödel"),
        ("cp1251", "Москва"),
        ("iso-8859-2", "Łódź i Wałęsa"),
    ],
)
def test_other_encodings_are_refused_or_right_when_declared(tmp_path: Path, encoding: str, word: str) -> None:
    """ING-04."""
    path = write(tmp_path, f"id;city\n1;{word}\n2;{word}\n".encode(encoding))
    assert cities(path, ReadOptions(encoding=encoding)) == [word] * 2
    if encoding in ("cp1251", "mac-roman"):
        return  # letters that are other letters in Windows-1252: only the receipt can tell
    with pytest.raises(InputError, match=r"see byte \d+") as refusal:
        cities(path)
    offset = int(str(refusal.value).split("see byte ")[1].split(".")[0].replace(",", ""))
    assert path.read_bytes()[offset - 1 : offset + 2] != b""
    assert any(byte > 127 for byte in path.read_bytes()[offset : offset + 2])


def test_a_cut_character_costs_its_record_in_utf8(tmp_path: Path) -> None:
    """ING-04."""
    path = write(tmp_path, "id;city\n1;Köln\n2;K".encode() + b"\xc3" + b";\n3;Z\xc3\n4;M\xc3\xa1laga\n")
    (batch,) = open_table(path).batches()
    assert batch.frame["city"].to_list() == ["Köln", "Málaga"]
    assert [(r.record, r.reason) for r in batch.rejects] == [(2, "undecodable"), (3, "undecodable")]


@pytest.mark.parametrize("tail", [b"\x00", b"\x3d\xd8"])
def test_a_cut_character_in_utf16_is_refused_by_its_byte(tmp_path: Path, tail: bytes) -> None:
    """ING-04."""
    data = "id;city\n1;Köln\n".encode("utf-16") + tail
    with pytest.raises(InputError, match=f"byte {len(data) - len(tail)} does not belong"):
        cities(write(tmp_path, data))


def test_an_encoding_in_which_a_plus_sign_is_no_plus_sign_is_read_when_declared(tmp_path: Path) -> None:
    path = write(tmp_path, "id;city\n1;1+1 für São José\n".encode("utf-7"))
    assert cities(path, ReadOptions(encoding="utf-7")) == ["1+1 für São José"]


def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no encoding 'klingon'"):
        open_table(write(tmp_path, b"a;b\n1;2\n"), ReadOptions(encoding="klingon"))


def test_mixed_line_ends_and_nul_are_told_apart(tmp_path: Path) -> None:
    """ING-04."""
    (batch,) = open_table(write(tmp_path, b"a;b\r\n1;2\n3;4\r5;6\r\n7;\x008\n9;9")).batches()
    assert batch.frame["a"].to_list() == ["1", "3", "5", "9"]
    assert [reject.reason for reject in batch.rejects] == ["nul_character"]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_compressed_text_is_read_like_plain_text(tmp_path: Path, compress) -> None:  # type: ignore[no-untyped-def]
    data = "\n".join(LINES).encode()
    path = write(tmp_path, compress(data), "no-telling-name")
    source = open_table(path)
    assert source.receipt["compression"] in ("gzip", "zstd")
    assert cities(path)[-1] == "Łódź?"
    wide = write(tmp_path, compress("\n".join(LINES).encode("utf-16")))
    assert cities(wide)[-1] == "Łódź?"


def test_a_cut_compressed_file_is_refused(tmp_path: Path) -> None:
    data = "\n".join(f"{i};{i * 7919 % 1000}" for i in range(50_000)).encode()
    for compress in (gzip.compress, zstandard.compress):
        whole = compress(b"a;b\n" + data)
        with pytest.raises(InputError, match="damaged"):
            sum(1 for _ in open_table(write(tmp_path, whole[: len(whole) // 2])).batches())


def workbook_bomb() -> bytes:
    """A sheet with two cells far apart."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(99_999, 999, "b")
    return buffer.getvalue()


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(b" " * (1 << 20))
    return buffer.getvalue()


def parquet_bomb() -> bytes:
    frame = pl.DataFrame({"a": ["x" * 1_000]}).select(pl.col("a").repeat_by(200_000).explode())
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", use_pyarrow=True, pyarrow_options={"use_dictionary": False})
    return buffer.getvalue()


def long_parquet() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"a": pl.Series([1], dtype=pl.Int8).new_from_index(0, 50_000_000)}).write_parquet(buffer)
    return buffer.getvalue()


def zeros(mebibytes: int) -> bytes:
    return b"a;b\n" + b"0;0\n" * (mebibytes << 18)


BOMBS = {
    "gzip": lambda: gzip.compress(zeros(300)),
    "zstd": lambda: zstandard.compress(zeros(300)),
    "gzip without line ends": lambda: gzip.compress(b"a;b\n" + b"0" * (200 << 20)),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(zeros(1))),
    "zstd in gzip": lambda: gzip.compress(zstandard.compress(zeros(1))),
    "zip": lambda: gzip.compress(zip_bomb()),
    "workbook of two cells": workbook_bomb,
    "workbook of blanks": zip_bomb,
    "parquet of one text": parquet_bomb,
    "parquet of one number": long_parquet,
}


@pytest.mark.parametrize("kind", BOMBS)
def test_bombs_are_refused_before_they_go_off(tmp_path: Path, kind: str) -> None:
    """ING-14."""
    path = write(tmp_path, BOMBS[kind]())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with pytest.raises(InputError):
        for _ in open_table(path).batches():
            pass
    assert time.process_time() - start < 4.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


@pytest.mark.parametrize("encoding", ["undefined", "idna", "utf\0008", "nonsense", "base64"])
def test_a_name_that_is_no_encoding_of_texts_is_refused(encoding: str) -> None:
    with pytest.raises(InputError, match="There is no encoding"):
        is_one_byte_ascii(encoding)

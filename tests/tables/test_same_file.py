"""A table that changes, moves or goes away between two looks at it is refused; nothing of it is lost without a word."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from segmint.errors import InputError
from segmint.tables import source as tables
from segmint.tables.source import open_table

ROWS = 20_000
KINDS = ["m.csv", "m.csv.gz", "m.parquet"]


def table(folder: Path, name: str, rows: int = ROWS) -> Path:
    path = folder / name
    frame = pl.DataFrame({"id": range(rows), "amount": [f"{number}.5" for number in range(rows)]})
    if name.endswith(".parquet"):
        frame.write_parquet(path, row_group_size=rows // 8 or 1)
    elif name.endswith(".xlsx"):
        frame.write_excel(path)
    else:
        text = frame.write_csv().encode()
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"20000,7.5\n")


def overwrite(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"7")
    os.utime(path, ns=(0, 1))  # as one tick of the file system's clock later


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("change", [truncate, append, overwrite, replace, pipe])
def test_a_table_that_changes_between_two_passes_is_refused(
    tmp_path: Path, name: str, change: Callable[[Path], None]
) -> None:
    source = open_table(table(tmp_path, name))
    assert sum(batch.frame.height for batch in source.batches()) == ROWS
    change(tmp_path / name)
    with pytest.raises(InputError, match=f"^'{name}' changed while it was read"):
        next(iter(source.batches()))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("change", [truncate, append, overwrite])
def test_a_table_that_is_written_to_during_a_pass_is_refused(
    tmp_path: Path, name: str, change: Callable[[Path], None]
) -> None:
    passing = iter(open_table(table(tmp_path, name)).batches(1_000))
    next(passing)
    change(tmp_path / name)
    with pytest.raises(InputError, match=f"^'{name}' changed while it was read") as refused:
        list(passing)
    assert refused.value.expected
    assert refused.value.fix


def test_a_table_that_grows_faster_than_it_is_read_is_refused_at_the_next_read(tmp_path: Path) -> None:
    path = table(tmp_path, "m.csv", 200_000)
    source = open_table(path)
    done = []

    def read() -> None:
        for batch in source.batches(1_000):
            done.append(batch.done)
            append(path)

    with pytest.raises(InputError, match=r"^'m\.csv' changed while it was read"):
        read()
    assert max(done) < source.size / 2


@pytest.mark.parametrize("name", KINDS)
def test_a_pass_outlives_a_table_replaced_by_another_under_its_name(tmp_path: Path, name: str) -> None:
    passing = iter(open_table(table(tmp_path, name)).batches(1_000))
    read = next(passing).frame.height
    replace(tmp_path / name)
    assert read + sum(batch.frame.height for batch in passing) == ROWS


@pytest.mark.parametrize("name", KINDS)
def test_a_table_that_is_gone_is_told_in_words(tmp_path: Path, name: str) -> None:
    source = open_table(table(tmp_path, name, 10))
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=f"^'{name}' could be opened before .*: there is no such file") as refused:
        list(source.batches())
    assert refused.value.expected
    assert refused.value.fix


@pytest.mark.parametrize("change", [truncate, replace])
def test_the_rows_of_a_workbook_are_those_of_its_fingerprint(
    tmp_path: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(tmp_path, "m.xlsx", 10)
    opened = tables.open_workbook

    def written_to(*arguments: object, **named: str) -> object:
        change(path)
        return opened(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(tables, "open_workbook", written_to)
    with pytest.raises(InputError, match=r"^'m\.xlsx' changed while it was read"):
        open_table(path)


def test_a_reader_who_wants_no_more_is_not_told(tmp_path: Path) -> None:
    passing = open_table(table(tmp_path, "m.csv")).batches(1_000)
    next(iter(passing))
    append(tmp_path / "m.csv")
    passing.close()  # type: ignore[attr-defined]

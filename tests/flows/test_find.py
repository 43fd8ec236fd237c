"""`segmint find`: every file that names somebody is found, whatever kind it is, and no value is told."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import sys
from pathlib import Path

import polars as pl
import pytest

from segmint import find_customers
from segmint.cli import main
from segmint.config import Config
from segmint.errors import InputError, RunError
from segmint.flows.find import ids_listed
from segmint.store.run import Run
from segmint.store.training_ids import carry_moved_ids, write_training_ids

TABLE = pl.DataFrame({"client": ["0017", "18", "19"], "surname": ["Zqx", "Zqy", "Zqz"], "age": [40, 41, 18]})


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    runs = tmp_path / "runs"
    with Run.create(runs, "run", "", 1) as run:
        run.keep("segments.parquet", TABLE.select("client"))
        run.keep("rejected.csv", b'record,reason,column,detail,raw\n4,not_a_number,age,no number,"0017;Zqx;old"\n')
        write_training_ids(run.folder, ["17", "20"])
        carry_moved_ids(run.folder, run.folder, ["21"])
    brought = runs / "tables" / "0123456789abcdef"
    brought.mkdir(parents=True)
    text = TABLE.write_csv(separator=";")
    (brought / "new.csv").write_text(text)
    (brought / "new.csv.gz").write_bytes(gzip.compress(text.encode()))
    pl.DataFrame(TABLE).write_parquet(brought / "new.parquet")
    import xlsxwriter

    with xlsxwriter.Workbook(brought / "new.xlsx") as book:
        book.add_worksheet("How to read").write_column("A1", ["This is", "a list"])
        sheet = book.add_worksheet("Call list")
        for number, row in enumerate([TABLE.columns, *TABLE.rows()]):
            sheet.write_row(number, 0, row)
    (brought / "said.txt").write_text("0017")
    (brought / "list.txt").write_text("17\n99\n")  # no header: the first line is somebody
    (brought / "empty.csv").write_text("client;age\n")
    (brought / "damaged.parquet").write_bytes(b"PAR1 and no more")
    left = runs / ".2026-01-01T00-00-00Z-0000.staging-0123456789abcdef"
    left.mkdir()
    TABLE.write_parquet(left / "predictions.parquet")
    return runs


def test_every_kind_of_file_that_names_somebody_is_found(runs: Path) -> None:
    found = find_customers("17", runs=runs)
    files = {each.file.name: (each.rows, each.columns) for each in found.named if "staging" not in str(each.file)}
    assert files == {
        "segments.parquet": (1, ("client",)),
        "rejected.csv": (1, ("raw",)),
        "training_ids.bin": (1, ()),
        "new.csv": (1, ("client",)),
        "new.csv.gz": (1, ("client",)),
        "new.parquet": (1, ("client",)),
        "new.xlsx": (1, ("A",)),
        "list.txt": (1, ("the first line",)),
    }
    assert [each.file.name for each in found.named if "staging" in str(each.file)] == ["predictions.parquet"]
    assert [file.name for file, _ in found.unread] == ["damaged.parquet"]
    assert found.sentences[-1] == f"9 files in {runs} name the id; 1 could not be read, and may"
    assert found.frame().height == 9


def test_ids_are_compared_as_everywhere_and_the_column_says_what_they_may_be(runs: Path) -> None:
    named = {each.file.name: each for each in find_customers(["18", "21"], runs=runs).named}
    assert named["new.csv"].columns == ("client", "age")
    assert named["moved_ids.bin"].sentence.endswith("moved_ids.bin: 1 fingerprint")
    assert "training_ids.bin" not in named
    TABLE.with_columns(client=pl.Series(["0017", "17", "19"])).write_parquet(runs / "both.parquet")
    both = {each.file.name: each.rows for each in find_customers(pl.Series([17]), runs=runs).named}
    assert both["both.parquet"] == 1  # where both are there, they are two


def test_the_command_says_the_same_and_no_value(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert main(["find", "0017", "--runs", str(runs)]) == 0
    out = capsys.readouterr().out
    assert f"{runs / 'tables' / '0123456789abcdef' / 'new.csv.gz'}: 1 row, in client\n" in out
    assert "Zqx" not in out
    assert "0017" not in out
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("0017\n\n")
    assert main(["find", "--ids", str(wanted), "--runs", str(runs), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ids"], len(told["files"]), len(told["unread"])) == (1, 9, 1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"nobody\n")))
    assert main(["find", "--ids", "-", "--runs", str(runs)]) == 0
    assert f"no file in {runs} names the id" in capsys.readouterr().out


def test_capitals_hide_nobody(tmp_path: Path) -> None:
    (tmp_path / "rejected.csv").write_text(
        'record,reason,column,detail,raw\n4,not_a_number,age,no number,"Kdnr7@x.pt;old"\n'
    )
    pl.DataFrame({"client": ["kdnr7@X.pt", "kdnr8@x.pt"]}).with_columns(n=1).write_parquet(tmp_path / "one.parquet")
    write_training_ids(tmp_path, ["Kdnr7@X.PT"])
    assert set(_named(tmp_path, "KDNR7@x.pt")) == {"rejected.csv", "one.parquet", "training_ids.bin"}


def test_nobody_and_nowhere_are_refused(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No id was given"):
        find_customers([" "], runs=runs)
    with pytest.raises(RunError, match="There is no folder"):
        find_customers("17", runs=tmp_path / "nowhere")


def _named(runs: Path, *ids: str, config: dict[str, object] | None = None) -> dict[str, tuple[str, ...]]:
    settings = None if config is None else Config.model_validate(config)
    return {each.file.name: each.columns for each in find_customers(list(ids), settings, runs=runs).named}


def test_folders_behind_links_are_looked_into_once_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    runs, elsewhere = tmp_path / "runs", tmp_path / "elsewhere"
    elsewhere.mkdir()
    runs.mkdir()
    TABLE.write_csv(elsewhere / "new.csv")
    (runs / "archive").symlink_to(elsewhere)
    (runs / "again").symlink_to(elsewhere)
    (elsewhere / "circle").symlink_to(runs)
    (runs / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(runs / "pipe.csv")
    (runs / "loop.csv").symlink_to(runs / "loop.csv")
    found = find_customers("17", runs=runs)
    assert [each.file for each in found.named] == [runs / "again" / "new.csv"]
    assert {file.name: reason for file, reason in found.unread} == {
        "gone": "there is no such file",
        "loop.csv": "Too many levels of symbolic links",
        "pipe.csv": "a pipe or a device",
    }


def test_a_folder_that_cannot_be_opened_is_named(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, scandir = runs / "tables", os.scandir

    def refuse(place: str) -> object:
        if Path(place) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refuse)
    assert (closed, "Permission denied") in find_customers("17", runs=runs).unread


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("0017:Zqx:old", "17"),
        ("DE|0017;Zqx;old", "DE|0017"),
        ("17:Zqx", "0017"),
        ("x='0017.0", "17"),
        ("Zqx/A_17", "17"),
    ],
)
def test_in_a_row_that_was_rejected_an_id_is_found_however_the_row_was_parted(
    tmp_path: Path, raw: str, wanted: str
) -> None:
    (tmp_path / "rejected.csv").write_text(f'record,reason,column,detail,raw\n4,not_a_number,age,no number,"{raw}"\n')
    assert _named(tmp_path, wanted) == {"rejected.csv": ("raw",)}
    assert _named(tmp_path, "1", "7", "717", "DE|001") == {}


def test_whoever_stands_in_the_only_line_is_found(tmp_path: Path) -> None:
    import xlsxwriter

    (tmp_path / "one.csv").write_text("17\n")
    with xlsxwriter.Workbook(tmp_path / "one.xlsx") as book:
        book.add_worksheet().write("A1", "0017")
    assert _named(tmp_path, "17") == {"one.csv": ("the first line",), "one.xlsx": ("A",)}


def test_settings_of_a_table_hide_nobody_in_files_that_are_written_otherwise(tmp_path: Path) -> None:
    (tmp_path / "strange_results.csv").write_text("customer,result\n0017,success\n18,refused\n")
    for data in ({"delimiter": ";"}, {"header_row": 3}):
        assert set(_named(tmp_path, "17", config={"data": data})) == {"strange_results.csv"}


@pytest.mark.parametrize("cell", ["0017", "'0017", '="17"', "17.0", " 17 ", "000017;", "“17”", '\'="0017"'])
def test_a_cell_is_found_with_whatever_files_put_around_an_id(tmp_path: Path, cell: str) -> None:
    pl.DataFrame({"client": [cell, None, "117"], "age": [40, 41, 42]}).write_parquet(tmp_path / "one.parquet")
    assert _named(tmp_path, "17") == {"one.parquet": ("client",)}


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        ("0017\r\n18\r\n".encode("utf-16"), ["0017", "18"]),
        ("Ä17\n18\n".encode("cp1252"), ["Ä17", "18"]),
        (b"17\n", ["17"]),
        (b"\xef\xbb\xbfcustomer_id;name\n17;Zqx\n18;Zqy\n", ["17", "18"]),
        (b"Kundennummer\n17\n", ["17"]),
        (gzip.compress(b"client,n\n17,1\n", mtime=0), ["17"]),
    ],
)
def test_ids_are_read_from_a_file_as_from_any_table(tmp_path: Path, content: bytes, ids: list[str]) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_bytes(content)
    assert ids_listed(wanted) == ids


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a;b\n17;18\n", "none is named"),
        (b"id;n\n17;1\n18\n", "1 record that cannot be read"),
        (b"\x00\x01\x02\x03" * 9, "wanted.txt"),
    ],
)
def test_a_file_of_ids_that_cannot_be_read_whole_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_bytes(content)
    with pytest.raises(InputError, match=said):
        ids_listed(wanted)


@pytest.mark.parametrize(
    ("typed", "ids"), [("17\r\n18\n".encode("utf-16"), ["17", "18"]), (b"\xef\xbb\xbf17\n", ["17"])]
)
def test_ids_are_typed_in_any_unicode(typed: bytes, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
    assert ids_listed("-") == ids
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Ä17".encode("cp1252"))))
    with pytest.raises(InputError, match="no text in UTF-8"):
        ids_listed("-")


def test_an_encoding_that_tables_are_said_to_have_hides_nobody_in_others(tmp_path: Path) -> None:
    (tmp_path / "utf8.csv").write_text("id,n\nMü17,1\nMü18,2\n", "utf-8")
    (tmp_path / "cp1252.csv").write_text("id,n\nMü17,1\nMü18,2\n", "cp1252")
    settings = Config.model_validate({"data": {"encoding": "cp1252"}})
    found = find_customers("Mü17", settings, runs=tmp_path)
    assert [each.file.name for each in found.named] == ["cp1252.csv", "utf8.csv"]
    assert not found.unread


def test_a_record_that_is_not_kept_whole_is_named_as_not_looked_into(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text('id;note\nC2;x\nC1;"' + 70_000 * "x" + '";C00017\n')
    found = find_customers("C00017", runs=tmp_path)
    assert not found.named
    assert found.sentences[-1].endswith("; 1 could not be read, and may")


def test_the_name_of_a_column_of_parquet_is_nobody(tmp_path: Path) -> None:
    pl.DataFrame({"x": [17, 18]}).write_parquet(tmp_path / "wanted.parquet")
    assert ids_listed(tmp_path / "wanted.parquet") == ["17", "18"]


def test_a_column_called_raw_may_be_empty_and_so_may_a_batch(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["17", "18"], "raw": ["a", None]}).write_parquet(tmp_path / "nulls.parquet")
    (tmp_path / "broken.csv").write_text("id,raw\n17\n18\n")  # no record is a row
    found = find_customers("17", runs=tmp_path)
    assert [each.file.name for each in found.named] == ["broken.csv", "nulls.parquet"]
    assert not found.unread

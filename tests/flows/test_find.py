"""`segmint find`: every file that names somebody is found, whatever kind it is, and no value is told."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from segmint import find_customers
from segmint.cli import main
from segmint.errors import InputError, RunError
from segmint.store.run import Run
from segmint.store.training_ids import carry_moved_ids, write_training_ids

TABLE = pl.DataFrame({"client": ["0017", "18", "19"], "surname": ["Zqx", "Zqy", "Zqz"], "age": [40, 41, 18]})


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    runs = tmp_path / "runs"
    with Run.create(runs, "run", [], "", 1) as run:
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
    assert found.sentences[-1] == f"9 files in {runs} name the id"
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


def test_nobody_and_nowhere_are_refused(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No id was given"):
        find_customers([" "], runs=runs)
    with pytest.raises(RunError, match="There is no folder"):
        find_customers("17", runs=tmp_path / "nowhere")

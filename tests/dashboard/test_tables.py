"""Names from strangers lead nowhere; limits hold; nothing half stays behind."""

from __future__ import annotations

import asyncio
import re
import resource
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmint.dashboard.desk import Desk
from segmint.dashboard.tables import Table, Tables
from segmint.errors import InputError, RunError


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def bring(tables: Tables, name: str, *parts: bytes, most: int = 100) -> Table:
    return asyncio.run(tables.receive(name, chunks(*parts), most=most))


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "/tmp/x.csv", "a\0b.csv", "x" * 5000 + ".csv", ".csv"])
def test_a_strangers_name_is_shown_and_never_a_path(name: str, tmp_path: Path) -> None:
    tables = Tables(tmp_path / "tables")
    table = bring(tables, name, b"a,b\n", b"1,2\n")
    assert table.path.parent == tmp_path / "tables" / table.id
    assert re.fullmatch(r"[A-Za-z0-9_]{1,60}\.csv", table.path.name)
    assert tables.find(table.id).path == table.path
    assert tables.find(table.id).name == name[:200]
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Kunden März 2026.CSV", "Kunden_Maerz_2026.csv"),
        ("Größe.csv", "Groesse.csv"),
        ("C:\\exports\\wave 3.xlsx", "wave_3.xlsx"),
        ("said.txt", "table.txt"),
        ("about.json.csv", "about_json.csv"),
        ("客户.csv", "table.csv"),
        ("--out=x.csv", "out_x.csv"),
    ],
)
def test_a_table_keeps_the_plain_part_of_its_name(name: str, file: str, tmp_path: Path) -> None:
    table = bring(Tables(tmp_path), name, b"a,b\n1,2\n")
    assert (table.path.name, table.name) == (file, name)


def test_a_table_is_found_in_its_own_folder_only(tmp_path: Path) -> None:
    place = tmp_path / ("a" * 16)
    place.mkdir()
    (place / "table.csv").write_text("a,b\n")
    (place / "about.json").write_text('{"name": "old.csv", "file": "table.csv"}')
    assert Tables(tmp_path).find(place.name).path.name == "table.csv"
    (place / "about.json").write_text('{"name": "old.csv", "file": "../../secret.csv"}')
    (tmp_path.parent / "secret.csv").write_text("a")
    with pytest.raises(RunError, match="no such table"):
        Tables(tmp_path).find(place.name)


@pytest.mark.parametrize(
    ("name", "fix"), [("a.xlsm", "save it as .xlsx"), ("a.pdf", "save it as .csv"), ("a", "save it as .csv")]
)
def test_what_is_no_table_is_refused_with_the_endings_that_are(name: str, fix: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no ending of a table") as told:
        bring(Tables(tmp_path), name, b"a,b\n")
    assert told.value.fix == fix
    assert ".xlsx or .parquet" in told.value.expected


def test_of_a_table_that_is_said_to_be_too_large_nothing_is_read(tmp_path: Path) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    with pytest.raises(InputError, match="larger than this page takes"):
        asyncio.run(Tables(tmp_path).receive("a.csv", never(), declared=101, most=100))


@pytest.mark.parametrize("table", ["..", "../runs", "a" * 16, "", "A" * 16, "0" * 15 + "/"])
def test_an_id_that_is_not_ours_opens_nothing(table: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such table"):
        Tables(tmp_path).find(table)


def test_a_table_that_is_forgotten_leaves_nothing(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    table, other = bring(tables, "bank.csv", b"a,b\n1,2\n"), bring(tables, "bank.csv", b"a,b\n1,2\n")
    assert (datetime.now(UTC) - table.brought).total_seconds() < 60
    (table.path.parent / "contract.toml").write_text("x")
    tables.forget(table.id)
    assert [found.id for found in tables.all()] == [other.id]
    assert [place.name for place in tmp_path.iterdir()] == [other.id]
    for gone in (table.id, "..", "a" * 16):
        with pytest.raises(RunError, match="no such table"):
            tables.forget(gone)


def test_what_a_killed_upload_left_is_swept_and_what_is_being_brought_is_not(tmp_path: Path) -> None:
    child = textwrap.dedent("""
        import asyncio, sys, time
        from pathlib import Path
        from segmint.dashboard.tables import Tables
        async def chunks():
            yield b"customer;phone" * 10_000
            print("half", flush=True)
            await asyncio.sleep(60)
        asyncio.run(Tables(Path(sys.argv[1])).receive("a.csv", chunks()))
    """)
    tables = Tables(tmp_path)
    whole = bring(tables, "bank.csv", b"a,b\n1,2\n")
    (tmp_path / ("b" * 16)).mkdir()
    (tmp_path / ("b" * 16) / "half.csv").write_text("of an earlier version")
    (tmp_path / "notes").mkdir()
    with subprocess.Popen([sys.executable, "-c", child, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "half\n"
        tables.sweep()
        assert len(list(tmp_path.glob(".*.staging-*/a.csv"))) == 1, "a living upload lost its table"
        assert [table.id for table in tables.all()] == [whole.id]
        other.kill()
    tables.sweep()
    assert {place.name for place in tmp_path.iterdir()} == {whole.id, "notes"}


def test_a_dashboard_sweeps_its_tables_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "tables" / ("b" * 16)).mkdir(parents=True)
    Desk(tmp_path)
    assert list((tmp_path / "tables").iterdir()) == []


@pytest.mark.parametrize("about", [None, "{", "[]", '{"file": "bank.csv"}'])
def test_a_table_that_is_gone_hides_no_other_and_can_be_forgotten(about: str | None, tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    table, other = bring(tables, "bank.csv", b"a,b\n1,2\n"), bring(tables, "bank.csv", b"a,b\n1,2\n")
    if about is None:
        table.path.unlink()
    else:
        (table.path.parent / "about.json").write_text(about)
    assert [found.id for found in tables.all()] == [other.id]
    with pytest.raises(RunError, match="no such table"):
        tables.find(table.id)
    tables.forget(table.id)
    assert [place.name for place in tmp_path.iterdir()] == [other.id]


def test_too_much_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="larger than this page takes"):
        bring(Tables(tmp_path), "a.csv", b"x" * 60, b"x" * 60)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_and_nothing_stays(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(RunError, match="could not be written"):
            bring(Tables(tmp_path), "a.csv", b"x" * 60)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "body"), [("a.exe", b"x"), ("a.csv", b"")])
def test_what_is_no_table_is_refused(name: str, body: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        bring(Tables(tmp_path), name, body)
    assert list(tmp_path.iterdir()) == []

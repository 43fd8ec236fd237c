"""A run names what it read, and keeps what it rejected."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from segmint.config import load_config
from segmint.errors import ConfigError, ContractError, DataError, InputError, RunError
from segmint.flows.check import check
from segmint.flows.demo import sample_path
from segmint.flows.predict import predict
from segmint.flows.run import run
from segmint.flows.simulate import simulate
from segmint.flows.steps.read import inputs_of, refuse_overwriting, rejected_rows
from segmint.flows.target import target
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from segmint.tables.rejects import Reject
from segmint.tables.source import open_table
from segmint.targeting.policy import ContactPolicy, Economics
from tests.service.small import small_parts


def test_tables_of_one_name_are_both_named() -> None:
    frames = [open_table(pl.DataFrame({"a": [number]})) for number in range(3)]
    inputs = inputs_of(*frames, bundle="abc")
    assert list(inputs) == ["a frame", "a frame (2)", "a frame (3)", "bundle"]
    assert len(set(inputs.values())) == 4


def test_a_table_called_bundle_hides_no_bundle(tmp_path) -> None:
    (tmp_path / "bundle").write_text("a;b\n1;2\n")
    inputs = inputs_of(open_table(tmp_path / "bundle"), bundle="abc")
    assert inputs["bundle"] == "sha256:abc"
    assert list(inputs) == ["bundle (2)", "bundle"]


def test_no_rejected_row_is_a_formula_for_a_spreadsheet(tmp_path: Path) -> None:
    raw = '=HYPERLINK("http://x");-1;41;+cmd|x\n@y'
    with rejected_rows(tmp_path / "r.csv") as on_reject:
        on_reject(Reject(3, "not_a_number", "'=a' is not a number.", raw, "=a"))
    header, row = csv.reader(io.StringIO((tmp_path / "r.csv").read_text("utf-8"), newline=""))
    assert header == ["record", "reason", "column", "detail", "raw"]
    assert row == [
        "3", "not_a_number", "'=a", "''=a' is not a number.", '\'=HYPERLINK("http://x");-1;41;\'+cmd|x\n\'@y'
    ]  # fmt: skip


def test_rejected_rows_go_into_a_workbook_for_people(tmp_path: Path) -> None:
    book = tmp_path / "r.xlsx"
    with rejected_rows(book) as on_reject:
        on_reject(Reject(3, "not_a_number", "'größe' is not a number.", '=1+1;"a\nb"', "größe"))
    rows = list(openpyxl.load_workbook(book)["Rejected"].iter_rows(values_only=True))
    assert rows == [
        ("record", "reason", "column", "detail", "raw"),
        (3, "not_a_number", "größe", "'größe' is not a number.", '\'=1+1;"a\nb"'),
    ]
    check(sample_path(), "bank-marketing", rejected=book)
    assert len(list(openpyxl.load_workbook(book)["Rejected"].iter_rows())) == 1


def test_a_corrected_table_leaves_no_rejected_rows_of_the_one_before(tmp_path: Path) -> None:
    rejected, bad = tmp_path / "rejected.csv", tmp_path / "bad.csv"
    text = sample_path().read_text("utf-8")
    bad.write_text(text.replace("\n30;", "\nthirty;"))
    with pytest.raises(DataError, match=r"rows are rejected"):
        check(bad, "bank-marketing", load_config(None, ["data.max_rejected=0.0"]), rejected=rejected)
    assert rejected.read_text("utf-8").count("not_a_number") > 1
    check(sample_path(), "bank-marketing", load_config(), rejected=rejected)
    assert rejected.read_text("utf-8").splitlines() == ["record,reason,column,detail,raw"]


@pytest.mark.parametrize("command", ["check", "run", "predict"])
def test_where_too_many_rows_are_rejected_their_file_is_named(tmp_path: Path, command: str) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    contract, strict = small_parts()["contract"], load_config(None, ["data.max_rejected=0.1"])
    rows = pl.DataFrame({"age": ["x", "41"], "job": "student", "y": "yes"})
    ask = {
        "check": lambda: check(rows, contract, strict, rejected=tmp_path / "bad-rows.csv"),
        "run": lambda: run(rows, contract, strict, runs=tmp_path),
        "predict": lambda: predict(rows, tmp_path / "bundle", strict, runs=tmp_path),
    }[command]
    with pytest.raises(DataError) as refused:
        ask()
    (file,) = [tmp_path / "bad-rows.csv"] if command == "check" else tmp_path.glob("2*/rejected.csv")
    assert refused.value.fix.endswith(f"each rejected row and its reason is in '{file}'")
    assert "not_a_number" in file.read_text("utf-8")


def test_a_run_without_rejected_rows_has_no_file_of_them(tmp_path: Path) -> None:
    with rejected_rows(tmp_path / "rejected.csv"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("out", ["x" * 300 + ".csv", "loop/x.csv", "pipe.csv", "folder.csv"])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, out: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="cannot be written to"):
        refuse_overwriting(tmp_path / out)
    refuse_overwriting(tmp_path / "new.csv")


@pytest.mark.parametrize("place", ["segments.parquet", "new.parquet", "bundle/new.parquet"])
def test_nothing_is_written_into_another_run(tmp_path: Path, place: str) -> None:
    earlier = Run.create(tmp_path / "runs", "run", "", None)
    earlier.done()
    (tmp_path / "link").symlink_to(earlier.folder)
    customers = pl.DataFrame({"age": [41], "job": ["student"]})
    write_bundle(tmp_path / "bundle", **small_parts())
    policy = ContactPolicy(economics=Economics(cost_per_call=1, value_per_success=9))
    for folder in (earlier.folder, tmp_path / "link"):
        for ask in (
            lambda out: predict(customers, tmp_path / "bundle", runs=tmp_path / "others", out=out),
            lambda out: target(customers, tmp_path / "bundle", policy=policy, runs=tmp_path / "others", out=out),
            lambda out: simulate(out, rows=10),
            lambda out: refuse_overwriting(out),
        ):
            with pytest.raises(InputError, match=f"lies in the run {earlier.id}"):
                ask(folder / place)
    assert not (tmp_path / "others").exists()


def test_an_ending_may_be_written_in_capitals(tmp_path: Path) -> None:
    simulate(tmp_path / "s.CSV", tmp_path / "t.Parquet", rows=10)
    assert len((tmp_path / "s.CSV").read_text("utf-8").splitlines()) == 11
    write_bundle(tmp_path / "bundle", **small_parts())
    customers = pl.DataFrame({"age": [41], "job": ["student"]})
    predict(customers, tmp_path / "bundle", runs=tmp_path / "runs", out=tmp_path / "p.CSV")
    assert len((tmp_path / "p.CSV").read_text("utf-8").splitlines()) == 2


def test_where_a_name_to_write_to_is_a_link_the_file_that_it_points_to_is_written(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    customers = pl.DataFrame({"age": [41], "job": ["student"]})
    for there, place in ((True, tmp_path / "old"), (False, tmp_path / "new")):
        place.mkdir()
        (tmp_path / "link.csv").unlink(missing_ok=True)
        (tmp_path / "link.csv").symlink_to(place / "p")
        if there:
            (place / "p").write_text("of the last campaign")
        done = predict(customers, tmp_path / "bundle", runs=tmp_path / "runs", out=tmp_path / "link.csv")
        assert done.out == place / "p", "whoever reads the screen learns which file it was"
        assert (tmp_path / "link.csv").is_symlink()
        assert len((place / "p").read_text("utf-8").splitlines()) == 2


def test_rejected_rows_are_written_where_a_link_points(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "r.csv")
    check(sample_path(), "bank-marketing", rejected=tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "r.csv").is_file()


def test_nothing_is_written_into_the_sealed_folder_of_a_bundle(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    with pytest.raises(InputError, match="which is sealed"):
        predict(pl.DataFrame({"age": [41]}), tmp_path / "bundle", runs=tmp_path, out=tmp_path / "bundle" / "new.csv")


def test_a_simulated_table_takes_the_place_of_no_table(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("id\n1\n")
    for out, truth in (("customers.csv", None), ("new.csv", tmp_path / "customers.csv")):
        with pytest.raises(RunError, match=r"'customers\.csv' exists already"):
            simulate(tmp_path / out, truth, rows=10)
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]
    assert (tmp_path / "customers.csv").read_text() == "id\n1\n"


def test_a_check_that_reads_no_row_leaves_the_rejected_rows_of_an_earlier_one(tmp_path: Path) -> None:
    rejected, other = tmp_path / "rejected.csv", tmp_path / "other.csv"
    rejected.write_text("what was there")
    other.write_text("a;b\n1;2\n")
    with pytest.raises(ContractError):
        check(other, "bank-marketing", load_config(), rejected=rejected)
    with pytest.raises(InputError, match="is damaged"), rejected_rows(rejected, also_none=True):
        raise InputError("'t.csv.gz' is damaged.")
    assert rejected.read_text() == "what was there"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="could not be written"), rejected_rows(tmp_path / "file" / "x" / "r.csv"):
        pass


def test_a_simulated_table_is_not_left_behind_without_its_truth(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no format"):
        simulate(tmp_path / "s.csv", tmp_path / "t.txt", rows=10)
    with pytest.raises(ConfigError, match="seed must be at least 0"):
        simulate(tmp_path / "s.csv", None, seed=-1)
    assert not list(tmp_path.iterdir())

"""A run names what it read, and keeps what it rejected."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from segmint.config import load_config
from segmint.errors import DataError
from segmint.flows.check import check
from segmint.flows.demo import sample_path
from segmint.flows.read import inputs_of, rejected_rows
from segmint.tables.rejects import Reject
from segmint.tables.source import open_table


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


def test_a_corrected_table_leaves_no_rejected_rows_of_the_one_before(tmp_path: Path) -> None:
    rejected, bad = tmp_path / "rejected.csv", tmp_path / "bad.csv"
    text = sample_path().read_text("utf-8")
    bad.write_text(text.replace("\n30;", "\nthirty;"))
    with pytest.raises(DataError, match=r"rows are rejected"):
        check(bad, "bank-marketing", load_config(None, ["data.max_rejected=0.0"]), rejected=rejected)
    assert rejected.read_text("utf-8").count("not_a_number") > 1
    check(sample_path(), "bank-marketing", load_config(), rejected=rejected)
    assert rejected.read_text("utf-8").splitlines() == ["record,reason,column,detail,raw"]


def test_a_run_without_rejected_rows_has_no_file_of_them(tmp_path: Path) -> None:
    with rejected_rows(tmp_path / "rejected.csv"):
        pass
    assert not list(tmp_path.iterdir())

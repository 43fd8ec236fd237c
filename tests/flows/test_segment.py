"""Segments from the command line: found, kept, and used for new customers."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.flows.demo import sample_path
from segmint.flows.segment import Segmented, assign, segment


@pytest.fixture(scope="module")
def segmented(runs: Path) -> Segmented:
    return segment(sample_path(), "bank-marketing", load_config(None, ["segments.count=4"]), runs=runs)


def test_every_customer_is_in_one_segment(segmented: Segmented) -> None:
    frame = pl.read_parquet(segmented.customers)
    assert sorted(frame["record"].to_list()) == list(range(1, 4522))
    assert frame["segment"].n_unique() == 4
    sizes = {part["key"]: part["customers"] for part in segmented.summary["segments"]}
    assert dict(frame["segment"].value_counts().iter_rows()) == sizes


def test_the_summary_holds_no_customer_and_the_page_names_the_segments(segmented: Segmented) -> None:
    page = (segmented.folder / "report.html").read_text("utf-8")
    for part in json.loads((segmented.folder / "segments.json").read_text())["segments"]:
        assert part["customers"] >= 10
        assert part["name"] in page


def test_the_same_customers_are_assigned_to_the_same_segments(segmented: Segmented, runs: Path) -> None:
    again = assign(sample_path(), str(segmented.folder), load_config(), runs=runs)
    first, second = pl.read_parquet(segmented.customers), pl.read_parquet(again.customers)
    assert (first["segment"] == second["segment"]).mean() > 0.999


def test_a_run_without_segments_cannot_assign(runs: Path, segmented: Segmented) -> None:
    bare = assign(sample_path(), str(segmented.folder), load_config(), runs=runs).folder
    assert main(["segment", str(sample_path()), "--assign-with", str(bare), "--runs", str(runs)]) == 2


@pytest.mark.parametrize("count", ["1", "13", "many"])
def test_a_count_that_makes_no_sense_is_code_2(count: str, tmp_path: Path) -> None:
    argv = ["segment", str(sample_path()), "--contract", "bank-marketing", "--count", count, "--runs", str(tmp_path)]
    assert main(argv) == 2


def test_contract_or_run_but_not_both(tmp_path: Path) -> None:
    assert main(["segment", str(sample_path()), "--runs", str(tmp_path)]) == 2

"""Levels of columns, and what is too small to show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.report.levels import Level, strength, strongest_columns
from segmint.report.run_view import RunView
from tests.report.conftest import render_report


def _level(name: str, customers: int, rate: float, outcome: str = "") -> Level:
    return Level("c", "c", name, outcome, customers, rate, 0.0, 1.0, 100.0)


def test_out_04_no_level_of_fewer_than_ten_customers_reaches_the_page(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response", rows=300, hostile="x")
    path = folder / "tables" / "columns.parquet"
    rare = pl.read_parquet(path).head(1).with_columns(level=pl.lit("astronaut"), customers=pl.lit(9, pl.Int64))
    pl.concat([pl.read_parquet(path), rare]).write_parquet(path)
    assert "astronaut" not in render_report(folder)


def test_strength_is_zero_for_equal_rates_and_one_when_the_column_decides() -> None:
    assert strength([_level("a", 50, 0.2), _level("b", 70, 0.2)]) == pytest.approx(0.0)
    assert strength([_level("a", 50, 0.0), _level("b", 50, 1.0)]) == pytest.approx(1.0)
    random = np.random.default_rng(1)
    assert strength([_level(str(i), 15, random.binomial(15, 0.2) / 15) for i in range(200)]) < 0.1
    decided = [
        _level("a", 50, 1.0, "A"),
        _level("a", 50, 0.0, "B"),
        _level("b", 50, 0.0, "A"),
        _level("b", 50, 1.0, "B"),
    ]
    assert strength(decided) == pytest.approx(1.0)


def test_the_strongest_column_comes_first(response_run: Path) -> None:
    found = strongest_columns(RunView(response_run))
    assert [column.strength for column in found] == sorted((column.strength for column in found), reverse=True)
    assert found[0].column == "poutcome"

"""Levels of columns, and what is too small to show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from segmint.metrics.intervals import wilson
from segmint.report.levels import strongest_columns, strongest_levels
from segmint.report.pages import columns
from segmint.report.run_view import RunView
from tests.report.conftest import render_report


def _rows(column: str, level: str, customers: int, **shares: tuple[float, float]) -> list[dict[str, object]]:
    """Rows of ``columns.parquet``: of each outcome the share in the level and of all."""
    return [
        {"column": column, "label": column, "level": level, "customers": customers, "rate": rate,
         "base": base, "index": 100 * rate / base, "low": float(low), "high": float(high), "outcome_level": outcome,
         "strength": 0.5}
        for outcome, (rate, base) in shares.items()
        for low, high in [wilson(round(rate * customers), customers)]
    ]  # fmt: skip


def _with(folder: Path, rows: list[dict[str, object]]) -> RunView:
    pl.DataFrame(rows).write_parquet(folder / "tables" / "columns.parquet")
    return RunView(folder)


def test_out_04_no_level_of_fewer_than_ten_customers_reaches_the_page(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response", rows=300, hostile="x")
    path = folder / "tables" / "columns.parquet"
    rare = pl.read_parquet(path).head(1).with_columns(level=pl.lit("astronaut"), customers=pl.lit(9, pl.Int64))
    pl.concat([pl.read_parquet(path), rare]).write_parquet(path)
    assert "astronaut" not in render_report(folder)


def test_the_strongest_column_comes_first(response_run: Path) -> None:
    found = strongest_columns(RunView(response_run))
    assert [column.strength for column in found] == sorted((column.strength for column in found), reverse=True)
    assert found[0].column == "poutcome"


def test_a_share_of_none_is_never_above_average(make_run: Callable[..., Path]) -> None:
    rows = _rows("low", "low", 400, A=(0.95, 0.94), B=(0.05, 0.05), C=(0.0, 0.01))
    rows += _rows("low", "high", 600, A=(0.93, 0.94), B=(0.05, 0.05), C=(0.02, 0.01))
    shown = str(columns.page(_with(make_run(kind="assignment", rows=300, hostile="x"), rows)))
    assert "C among low" not in shown
    assert "low, C: 0.0 %" in shown.replace("\u00a0", " ")  # surely below, though its index tells no overall share


def test_what_chance_allows_is_no_extreme(make_run: Callable[..., Path]) -> None:
    rows = _rows("region", "north", 20, A=(0.5, 0.45), B=(0.5, 0.55)) + _rows(
        "region", "south", 20, A=(0.4, 0.45), B=(0.6, 0.55)
    )
    shown = str(columns.page(_with(make_run(kind="assignment", rows=300, hostile="x"), rows)))
    assert "none surely" in shown
    assert "Most above average" not in shown


def test_a_class_of_a_few_customers_does_not_stand_for_the_column(make_run: Callable[..., Path]) -> None:
    old = _rows("age", "50 or more", 500, tiny=(0.022, 0.004), None_=(0.30, 0.07), NA=(0.31, 0.11), A=(0.368, 0.816))
    young = _rows(
        "age", "under 50", 2_500, tiny=(0.0004, 0.004), None_=(0.024, 0.07), NA=(0.07, 0.11), A=(0.9056, 0.816)
    )
    run = _with(make_run(kind="assignment", rows=3_000, hostile="x"), old + young)
    (level,) = strongest_levels(run, most=1)
    assert (level.level, level.outcome) == ("50 or more", "None_")
    assert "None_ among 50 or more (30 %, of all 7 %)" in str(columns.page(run)).replace("\u00a0", " ")


def test_a_handful_of_a_class_is_not_above_average_and_no_example(make_run: Callable[..., Path]) -> None:
    rows = _rows("family", "4", 450, tiny=(0.0111, 0.004), A=(0.59, 0.5), B=(0.3989, 0.496))
    rows += _rows("family", "5", 550, tiny=(0.0, 0.004), A=(0.43, 0.5), B=(0.57, 0.496))
    run = _with(make_run(kind="assignment", rows=300, hostile="x"), rows)
    assert wilson(5, 450)[0] > 0.004  # five of the class's few would do
    shown = columns.page(run)
    assert shown is not None
    assert "tiny among" not in str(shown)
    assert "an index of 118 means 1.2 times" in shown["lead"].replace("\u00a0", " ")


def test_only_levels_clearly_above_average_are_named_and_a_small_sure_one_is_among_them(
    make_run: Callable[..., Path],
) -> None:
    rows = _rows("profession", "student", 350, yes=(0.17, 0.064)) + _rows(
        "profession", "admin", 8_000, yes=(0.066, 0.064)
    )
    rows += _rows("default", "no", 25_000, yes=(0.07, 0.064)) + _rows("default", "unknown", 8_000, yes=(0.045, 0.064))
    rows += _rows("earlier", "success", 168, yes=(0.375, 0.064)) + _rows("earlier", "none", 32_000, yes=(0.062, 0.064))
    rows += _rows("days", "2", 31, yes=(0.645, 0.064)) + _rows("days", "never", 32_000, yes=(0.063, 0.064))
    rows += _rows("calls", "other levels", 123, yes=(0.146, 0.064)) + _rows("calls", "0", 32_000, yes=(0.063, 0.064))
    run = _with(make_run(kind="response", rows=300, hostile="x"), rows)
    assert [level.level for level in strongest_levels(run, most=3)] == ["success", "student"]

"""The page says what matters from the tables alone, and is absent without them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmint.report.pages import reasons
from segmint.report.run_view import RunView
from tests.report.conftest import render_report

HOSTILE = "</svg><script>alert(1)</script>"


def add_tables(folder: Path, targets: list[str]) -> Path:
    importance = pl.DataFrame(
        {"column": ["balance", "job", "age"], "label": ["balance", f"profession {HOSTILE}", "age"],
         "importance": [0.05, 0.03, 0.0], "low": [0.04, 0.02, 0.0], "high": [0.06, 0.04, 0.0], "share": [0.625, 0.375, 0.0]}
    )  # fmt: skip
    rows = []
    for target in targets:
        values: list[tuple[str, str, float | None]] = [
            ("balance", "0", 0.0), ("balance", "100", 100.0), ("balance", "500", 500.0), ("balance", "1,000", 1000.0),
            ("balance", "4,200", 4200.0), ("balance", "not known", None),
            ("job", "retired", None), ("job", HOSTILE, None), ("age", "40 years", 40.0),
        ]  # fmt: skip
        for place, (column, level, number) in enumerate(values):
            rows.append(
                {"column": column, "label": column, "target": target, "place": place, "level": level, "number": number,
                 "prediction": 0.1 + 0.02 * place, "low": 0.05, "high": 0.3}
            )  # fmt: skip
    importance.write_parquet(folder / "tables" / "importance.parquet")
    pl.DataFrame(rows).write_parquet(folder / "tables" / "effects.parquet")
    told = {"customers": 500, "average": 0.11, "stability": "The reasons are stable."}
    (folder / "reasons.json").write_text(json.dumps(told), "utf-8")
    return folder


@pytest.fixture
def response(make_run: Callable[..., Path]) -> Path:
    return add_tables(make_run(kind="response"), ["yes"])


def blocks_of(page: dict[str, Any] | None, kind: str) -> list[dict[str, Any]]:
    assert page is not None
    flat = [inner for block in page["blocks"] for inner in (block.get("blocks") or [block])]
    return [block for block in flat if block["kind"] == kind]


def test_without_tables_there_is_no_page(make_run: Callable[..., Path]) -> None:
    assert reasons.page(RunView(make_run(kind="response"))) is None


def test_every_plot_has_its_text_and_its_table(response: Path) -> None:
    charts = blocks_of(reasons.page(RunView(response)), "chart")
    assert [chart["title"] for chart in charts] == ["What matters most", "Balance", "Job"]
    for chart in charts:
        assert chart["caption"].endswith(".")
        assert chart["data"]["rows"]
    assert charts[2]["keys"][-1]["label"] == "as they are 11.0 %"
    assert "18.0 % at 4,200 and 10.0 % at 0. Not on the line: not known (20.0 %)." in charts[1]["caption"]


def test_how_stable_reasons_are_stands_on_the_page(response: Path) -> None:
    said = blocks_of(reasons.page(RunView(response)), "text")[0]["text"]
    assert "The reasons are stable." in said
    assert (
        "500 customers were drawn for these pictures; what the network gives them as they are is 11.0 % on average."
        in said
    )


def test_a_column_of_one_value_is_not_drawn_and_named(response: Path) -> None:
    assert (
        "Not drawn, as only one value was there to try: age."
        in blocks_of(reasons.page(RunView(response)), "text")[0]["text"]
    )


def test_segments_get_their_mix(make_run: Callable[..., Path]) -> None:
    folder = add_tables(make_run(kind="assignment"), ["A", "B", "C"])
    charts = blocks_of(reasons.page(RunView(folder)), "chart")
    assert len(charts[1]["keys"]) == 3
    assert "is likeliest at" in charts[1]["caption"]


def test_hostile_names_stay_text(response: Path) -> None:
    page = render_report(response)
    assert "What the network&#39;s predictions rest on" in page
    assert "<script>alert" not in page

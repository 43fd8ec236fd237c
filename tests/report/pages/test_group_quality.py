"""The page by sensitive group shows what the run kept, and is left out where nothing was measured."""

from __future__ import annotations

import json

import pytest

from segmint.report.pages.group_quality import page
from segmint.report.run_view import RunView


def row(group, **more):
    return {
        "group": group, "customers": 20, "rows": 20, "accuracy": 0.5, "accuracy_low": 0.3, "accuracy_high": 0.7,
        "weighted_f1": 0.45, "weighted_f1_low": 0.31, "weighted_f1_high": 0.62, "apart": [], **more,
    }  # fmt: skip


@pytest.fixture
def kept(tmp_path):
    parts = [
        {"column": "sex", "label": "gender", "rows": [row("everyone"), row("f"), row("m", accuracy=0.6)]},
        {"column": "age", "label": "age", "rows": [row("everyone")]},
    ]
    found = {"task": "assignment", "comparisons": 2, "columns": parts, "sentences": ["No group is surely otherwise."]}
    (tmp_path / "quality_by_group.json").write_text(json.dumps(found), "utf-8")
    return RunView(tmp_path)


def test_each_group_stands_beside_everyone_with_intervals(kept):
    said, *tables, note = page(kept)["blocks"]
    assert said["items"] == ["No group is surely otherwise."]
    (only,) = tables
    assert only["columns"] == ["Gender", "customers", "named rightly", "weighted F1"]
    assert only["rows"][2] == ["m", "20", "60.0 % (30.0 to 70.0 %)", "0.450 (0.310 to 0.620)"]
    assert (only["title"], only["marked"]) == ("By gender", [0])
    assert "fewer than 10" in note["text"]


def test_a_run_that_measured_no_groups_has_no_such_page(tmp_path):
    assert page(RunView(tmp_path)) is None

"""The page of a test table of the user's own, and its sentence in the answer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segmint.report.pages import answer, comparison, on_test
from segmint.report.run_view import RunView

TOLD = "40 of 340 test rows are of customers in the training table: for them the models know the answer, so they are left out."


@pytest.fixture(params=["response", "assignment"])
def tested(request: pytest.FixtureRequest, make_run: Callable[..., Path]) -> Path:
    """A run whose test table is another run's: 300 customers, and nobody the same."""
    folder, other = make_run(kind=request.param, hostile="E"), make_run(kind=request.param, rows=300, hostile="E")
    compared = json.loads((other / "comparison.json").read_text("utf-8"))
    classes = {"no": 240, "yes": 60} if request.param == "response" else {"A": 90, "B": 80, "C": 70, "DE": 60}
    ledger = {
        "sentence": "344 rows (340 accepted, 4 rejected)",
        "reasons": {"missing_outcome: y": 4},
        "flags": {"age: out of range": 2},
    }
    told = {
        "source": "test.csv",
        "rows": 300,
        "classes": classes,
        "told": TOLD,
        "classes_apart": ["No test row is 'F'."],
        "ledger": ledger,
    }
    (folder / "test.json").write_text(json.dumps(told | {"comparison": compared | {"folds": 1}}), "utf-8")
    shutil.copy(other / "predictions.parquet", folder / "test_predictions.parquet")
    return folder


def made(page: dict[str, Any] | None) -> str:
    return json.dumps(page, ensure_ascii=False).replace("\u00a0", " ")


def test_the_page_has_the_figures_of_the_test_rows_and_says_who_is_left_out(tested: Path) -> None:
    run = RunView(tested)
    said = made(on_test.page(run))
    for words in (
        "300 rows of test.csv",
        TOLD,
        "Also in the training table",
        "Outcomes that one of the tables lacks",
        "those that stop early without the inner rows",
        "Rejected: missing_outcome: y 4. Flagged, and judged all the same: age: out of range 2.",
        "Right and wrong names",
    ):
        assert words in said
    kept = run.test
    assert kept is not None
    f1 = next(
        row for row in kept["comparison"]["rows"] if row["model"] == "dense_network" and row["metric"].endswith("f1")
    )
    assert f"{f1['value']:.3f}" in said
    assert (
        f"On 300 rows of test.csv the network has {'F1' if run.is_response else 'Weighted F1'} {f1['value']:.3f}"
        in made(answer.page(run))
    )
    assert ("F1 of each segment" in said) is not run.is_response
    assert ("Thresholds come from the training table." in said) is run.is_response


def test_the_page_of_the_comparison_stays_about_the_training_table(tested: Path) -> None:
    before = made(comparison.page(RunView(tested)))
    (tested / "test.json").unlink()
    run = RunView(tested)
    assert made(comparison.page(run)) == before
    assert on_test.page(run) is None
    assert "test table" not in made(answer.page(run))


def test_a_network_judged_alone_is_compared_with_nobody(tested: Path) -> None:
    kept = json.loads((tested / "test.json").read_text("utf-8"))
    kept["comparison"]["rows"] = [row for row in kept["comparison"]["rows"] if row["model"] == "dense_network"]
    (tested / "test.json").write_text(json.dumps(kept), "utf-8")
    said = made(on_test.page(RunView(tested)))
    for belied in ("every other method", "ahead by more than chance", "Differences to the best"):
        assert belied not in said


def test_without_a_comparison_the_advice_rests_on_the_test_table(tested: Path) -> None:
    (tested / "comparison.json").unlink()
    (tested / "predictions.parquet").unlink()
    said = made(answer.page(RunView(tested)))
    assert "On 300 rows of test.csv the network has" in said
    assert "nothing here says yet" not in said

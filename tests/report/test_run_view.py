"""What pages read of a run: absent is nothing, damaged is said, and figures are of the rows they are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.errors import RunError
from segmint.report.run_view import RunView


def keep(folder: Path, **files: dict[str, Any]) -> RunView:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    return RunView(folder)


def test_an_empty_folder_has_nothing_to_say_and_breaks_no_page(tmp_path: Path) -> None:
    view = RunView(tmp_path)
    assert (view.run, view.summary, view.settings) == ({}, {}, {})
    assert view.ledger is view.comparison is view.contract is view.history is view.predictions("dense_network") is None
    assert view.kept_apart is view.largest_share is None
    assert (view.at, view.positive, view.source, view.outcome_label) == ("planning", "yes", "the table", "outcome")
    assert view.is_response


@pytest.mark.parametrize(
    ("name", "content"), [("summary.json", b"{"), ("summary.json", b"\xff"), ("config.toml", b"\xff")]
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    view = RunView(tmp_path)
    with pytest.raises(RunError, match=rf"'{name}' of the run cannot be read"):
        _ = view.settings if name == "config.toml" else view.summary


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "predictions.parquet").write_bytes(b"PAR1")
    with pytest.raises(RunError, match=r"'predictions\.parquet' of the run cannot be read"):
        RunView(tmp_path).predictions("dense_network")


@pytest.mark.parametrize(
    ("receipt", "summary", "settings", "at"),
    [
        ("after_call", "dialling", "planning", "after_call"),
        (None, "dialling", "planning", "dialling"),
        (None, None, "dialling", "dialling"),
        (None, None, "whenever", "planning"),
    ],
)
def test_the_moment_is_that_at_which_the_table_was_read(
    tmp_path: Path, receipt: str | None, summary: str | None, settings: str, at: str
) -> None:
    (tmp_path / "config.toml").write_text(f'[data]\nat = "{settings}"\n')
    assert keep(tmp_path, ledger={"receipt": {"at": receipt}}, summary={"at": summary}).at == at


def test_the_key_that_draws_arms_is_in_no_settings_that_are_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('seed = 7\n[policy]\nhash_key = "SECRET"\nbudget_calls = 5\n')
    view = RunView(tmp_path)
    assert "SECRET" not in view.settings_told
    assert "hash_key" not in view.settings_told
    assert "budget_calls = 5" in view.settings_told
    assert view.settings["policy"]["hash_key"] == "SECRET", "what is told leaves what is known as it is"


@pytest.mark.parametrize(
    ("receipt", "inputs", "source"),
    [
        ({"source": "C:\\data\\march.csv"}, {"other.csv": "1"}, "march.csv"),
        ({"name": "/mnt/data/march.csv"}, {}, "march.csv"),
        ({}, {"bundle": "1", "a/wave.csv": "2", "b/results.csv": "3"}, "wave.csv and results.csv"),
        ({}, {"bundle": "1"}, "the table"),
    ],
)
def test_a_table_is_named_without_its_folders(
    tmp_path: Path, receipt: dict[str, str], inputs: dict[str, str], source: str
) -> None:
    assert keep(tmp_path, ledger={"receipt": receipt}, run={"inputs": inputs}).source == source


def test_predictions_are_of_one_model_in_the_order_of_the_table(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "model": ["ours", "rival", "ours", "ours"], "record": [3, 1, 1, 2], "outcome": ["yes", "no", "no", "no"],
            "predicted": ["yes", "yes", "no", "yes"], "probability_no": [0.2, 0.4, 0.9, 0.3],
            "probability_yes": [0.8, 0.6, 0.1, 0.7],
        }
    ).write_parquet(tmp_path / "predictions.parquet")  # fmt: skip
    view = RunView(tmp_path)
    found = view.predictions("ours")
    assert found is not None
    assert (found.classes, found.outcome.tolist()) == (("no", "yes"), ["no", "no", "yes"])
    np.testing.assert_array_equal(found.probability("yes"), [0.1, 0.7, 0.8])
    np.testing.assert_array_equal(found.said("yes"), [False, False, True])
    assert view.predictions("nobody") is None


def test_what_predict_wrote_is_no_comparison_of_models(tmp_path: Path) -> None:
    pl.DataFrame({"record": [1], "propensity": [0.2]}).write_parquet(tmp_path / "predictions.parquet")
    assert RunView(tmp_path).predictions("dense_network") is None


def test_the_most_frequent_outcome_is_a_share_of_all(tmp_path: Path) -> None:
    assert keep(tmp_path, summary={"classes": {"no": 30, "yes": 10}}).largest_share == 0.75
    assert keep(tmp_path, search={"rows_apart": 450}).kept_apart == 450

"""What the page says of the training is true of every training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.models.interval import fit_interval
from segmint.report.pages import comparison, network, quality
from segmint.report.run_view import RunView


@pytest.mark.parametrize("epochs", [10, 13], ids=["the epochs ran out", "it was stopped"])
def test_which_state_was_kept_is_said_and_not_why_learning_ended(epochs: int) -> None:
    losses = [0.4 - 0.01 * epoch for epoch in range(9)] + [0.33] * (epochs - 9)
    history = pl.DataFrame({"epoch": range(1, epochs + 1), "validation_loss": losses})
    said = network._loss_words(history, None)
    assert f"It learned for {epochs} epochs" in said
    assert said.endswith("so the state of epoch 9 was kept.")
    assert "stopped" not in said
    again = network._loss_words(history, {"customers": 5_000, "epochs": epochs})
    assert "so the state of epoch 9 was kept and judged." in again
    assert again.endswith("The bundle's network learned once more, from all 5,000 customers.")


@pytest.mark.parametrize(
    ("losses", "end"),
    [
        ([0.5, 0.4999], "It was still falling"),
        ([0.6, 0.5, 0.4999], "It was still falling"),
        ([0.6, 0.5, 0.4999, 0.4998], "It hardly fell any more."),
    ],
)
def test_a_loss_hardly_falls_any_more_only_where_three_epochs_say_so(losses: list[float], end: str) -> None:
    history = pl.DataFrame({"epoch": range(1, len(losses) + 1), "validation_loss": losses})
    assert end in network._loss_words(history)


def test_a_calibration_of_several_segments_has_no_shift(response_run: Path, segments_run: Path) -> None:
    told = {"temperature": 1.2, "offset": 0.1}
    assert network._numbers_of(told, RunView(response_run)) == "temperature 1.200, shift 0.100"
    assert network._numbers_of(told, RunView(segments_run)) == "temperature 1.200"


def test_an_accuracy_is_held_against_naming_the_largest_class(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response", rows=300)
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"classes": {"no": 890, "yes": 110}}))
    for page in (network.page(RunView(folder)), comparison.page(RunView(folder))):
        assert "Naming the most frequent outcome every time would be right for 89.0 % of all rows." in str(page)
    said = str(network.page(RunView(folder)))
    assert "with a yes from a probability of 50 % on" in said
    assert "by heart" not in said
    assert "at the threshold that suits each method's F1, not at 50 %" in str(comparison.page(RunView(folder)))


@pytest.mark.parametrize(("customers", "near"), [(400, "50"), (40_000, "2,000")])
def test_the_page_says_how_many_customers_a_rate_was_judged_by(
    customers: int, near: str, make_run: Callable[..., Path]
) -> None:
    draw = np.random.default_rng(0)
    propensity = draw.random(customers)
    told = fit_interval(propensity, draw.random(customers) < propensity)
    assert told is not None
    folder = make_run(kind="response", rows=300)
    (folder / "bundle" / "calibration.json").write_text(json.dumps({"interval": told.to_json()}), "utf-8")
    page = str(network.page(RunView(folder)))
    assert f"among the {near} of those customers who are nearest" in page


def test_bars_are_of_the_metric_that_is_named(response_run: Path, segments_run: Path) -> None:
    assert "Bars are weighted F1" in str(comparison.page(RunView(segments_run)))
    assert "Bars are F1" in str(comparison.page(RunView(response_run)))


@pytest.mark.parametrize("applied", [True, False])
def test_a_correction_without_gain_is_shown_and_said_to_be_left_out(
    applied: bool, make_run: Callable[..., Path]
) -> None:
    folder = make_run(kind="response", rows=300)
    part = {
        "log_loss": 0.34, "calibration_error": 0.01, "promised": [0.1, 0.2], "observed": [0.1, 0.2], "low": [0.0, 0.1],
        "high": [0.2, 0.3], "customers": [150, 150],
    }  # fmt: skip
    told = {
        "customers": 300,
        "before": part,
        "after": part | {"log_loss": 0.33 if applied else 0.35},
        "temperature": 1.1,
        "offset": 0.0,
    }
    (folder / "calibration.json").write_text(json.dumps(told | {"applied": applied}), "utf-8")
    (folder / "bundle" / "calibration.json").write_text(json.dumps({"temperature": 1.2, "offset": 0.1}), "utf-8")
    run = RunView(folder)
    said = str(network.page(run))
    assert ("The bundle applies this after what its own network learned" in said) == applied
    left_out = (
        "The bundle does without it: it calibrates by what its own network learned, temperature 1.200, shift 0.100"
    )
    assert (left_out in said) == (not applied)
    assert ("before the bundle's correction: see Network." in str(comparison.page(run))) == applied
    assert ("before the correction that the bundle adds" in str(quality.page(run))) == applied

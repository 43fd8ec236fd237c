"""What is said of the network beside its rivals follows from all of them, not from the next one alone."""

from types import SimpleNamespace

import polars as pl
import pytest

from segmint.report.pages.network import _loss_words
from segmint.report.scores import same_or_better


def run_with(*rivals: tuple[float, float]) -> SimpleNamespace:
    """A network with F1 0.40 and rivals as (value, upper end of the distance to the network)."""
    rows = [{"model": "dense_network", "metric": "f1", "value": 0.4}]
    rows += [
        {"model": f"rival {place}", "metric": "f1", "value": value, "difference_high": high}
        for place, (value, high) in enumerate(rivals)
    ]
    return SimpleNamespace(comparison={"metric": "f1", "rows": rows}, is_response=True, model_label=str)


@pytest.mark.parametrize(
    ("rivals", "said"),
    [
        ([(0.38, -0.01), (0.30, -0.05)], "clearly ahead of every rival"),
        ([(0.38, -0.01), (0.30, +0.02)], "level with or ahead of every rival"),
    ],
)
def test_clearly_ahead_of_every_rival_means_every_one(rivals: list[tuple[float, float]], said: str) -> None:
    assert said in same_or_better(run_with(*rivals))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([0.3, 0.2, 0.1], "still falling"),
        ([1.0734, 1.0734, 1.0733], "hardly fell any more"),
        ([0.3, 0.1, 0.2], "new rows no better"),
    ],
)
def test_a_loss_that_rose_at_the_end_is_not_called_falling(losses: list[float], said: str) -> None:
    assert said in _loss_words(pl.DataFrame({"epoch": [1, 2, 3], "validation_loss": losses}))


def test_the_report_says_of_the_network_what_the_comparison_concluded() -> None:
    run = run_with((0.41, 0.0))
    run.comparison["meaning"] = (
        "On this table our network and LightGBM are not told apart by F1; our network is behind."
    )
    said = same_or_better(run)  # type: ignore[arg-type]
    assert said.endswith("by F1; our network is behind (F1 0.400, rival 0 0.410).")
    assert "on a par" not in said

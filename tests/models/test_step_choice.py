"""A number is read in finer steps where its answers change within the usual ones, and nowhere else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.features.customer_features import CustomerFeatures, usual_steps
from segmint.models.network_model import NetworkModel
from segmint.models.step_choice import choose_finer

COLUMNS = tuple(
    Column(
        name=name,
        kind="number",
        role="characteristic",
        label=name,
        states=(State(value=-1, name="never"),) if name == "days" else (),
    )
    for name in ("price", "age", "days", "noise")
)


def campaign(rows: int, seed: int, effect: float, classes: int = 2) -> tuple[pl.DataFrame, np.ndarray]:
    """All answers follow age; those at a narrow band of prices say yes more often by `effect`."""
    draw = np.random.default_rng(seed)
    price, age = draw.uniform(0, 1_000, rows), draw.integers(18, 90, rows)
    likely = -2.0 + 0.04 * (age - 40) + effect * ((price > 455) & (price < 485))
    days = np.where(draw.random(rows) < 0.6, -1, draw.integers(1, 400, rows))
    frame = pl.DataFrame({"price": price, "age": age, "days": days, "noise": draw.normal(size=rows)}).cast(pl.Float64)
    return frame, np.digitize(likely + draw.logistic(size=rows), np.linspace(0.0, 2.0, classes - 1)).astype(np.int64)


def chosen(frame: pl.DataFrame, labels: np.ndarray, groups: np.ndarray | None = None) -> list[str]:
    return list(choose_finer(frame, labels, COLUMNS, steps=usual_steps(len(labels)), groups=groups))


@pytest.mark.parametrize("classes", [2, 4])
def test_a_narrow_band_of_prices_is_read_in_finer_steps(classes: int) -> None:
    assert chosen(*campaign(8_000, 1, effect=2.5, classes=classes)) == ["price"]


def test_a_code_is_no_number_between_others() -> None:
    frame, labels = campaign(6_000, 1, effect=0.0)
    labels = np.where(frame["days"] == -1, np.random.default_rng(2).random(len(labels)) < 0.7, labels)
    assert chosen(frame, labels.astype(np.int64)) == []


@pytest.mark.parametrize("classes", [2, 4])
def test_of_tables_without_one_in_a_hundred_gets_one(classes: int) -> None:
    found = [bool(chosen(*campaign(3_000, seed, effect=0.0, classes=classes))) for seed in range(300)]
    assert np.mean(found) < 0.025


def test_rows_of_one_customer_count_as_one() -> None:
    frame, labels = campaign(1_500, 3, effect=0.0)
    rows = np.repeat(np.arange(len(labels)), 8)
    assert chosen(frame[rows], labels[rows], rows) == []
    assert chosen(frame[rows], labels[rows])  # as if twelve thousand had answered


@pytest.mark.parametrize("rows", [0, 1, 50, 1_000])
def test_of_few_customers_nothing_can_be_told(rows: int) -> None:
    frame, labels = campaign(1_000, 4, effect=5.0)
    assert chosen(frame[:rows], labels[:rows]) == []
    assert chosen(frame, np.zeros(1_000, np.int64)) == []


def test_steps_are_cut_where_the_answers_change() -> None:
    frame, labels = campaign(20_000, 5, effect=3.0)
    found = choose_finer(frame, labels, COLUMNS, steps=usual_steps(20_000), groups=None)
    assert {450, 460, 480, 490} <= {round(edge, -1) for edge in found["price"]}
    assert min(found["price"]) > 350
    assert max(found["price"]) < 600


def test_edges_are_read_beside_the_quantiles() -> None:
    frame, _ = campaign(6_000, 5, effect=0.0)
    usual, more = (
        CustomerFeatures(COLUMNS, finer=finer).fit(frame).state_["columns"]
        for finer in (None, {"price": [455.0, 485.0]})
    )
    assert sorted([*usual[0]["edges"], 455.0, 485.0]) == more[0]["edges"]
    assert usual[1:] == more[1:]
    with pytest.raises(ValueError, match="'finer' names columns that are not learned from: \\['zz'\\]"):
        CustomerFeatures(COLUMNS, finer={"zz": [1.0]}).fit(frame)


@pytest.mark.network
def test_a_network_chooses_and_tells_it_and_finds_the_band() -> None:
    frame, labels = campaign(6_000, 6, effect=3.0)
    small = {"random_state": 3, "recipe": "fast", "hidden": (16,), "copies": 1.0}
    finer = NetworkModel.of(COLUMNS, **small).fit(frame, labels)
    usual = NetworkModel.of(COLUMNS, **small, finer=False).fit(frame, labels)
    assert finer.lesson_ is not None
    assert usual.lesson_ is not None
    assert (finer.lesson_["finer"], usual.lesson_["finer"]) == (["price"], [])
    asked = frame[:3].with_columns(
        price=pl.Series([440.0, 470.0, 500.0]), age=pl.lit(40.0), noise=pl.lit(0.0), days=pl.lit(-1.0)
    )
    below, within, above = finer.predict_proba(asked)[:, 1]
    assert within > 2 * max(below, above)

"""A change from one number to another is read where it says what trees miss, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.features.changes import Change
from segmint.models import change_choice
from segmint.models.change_choice import _likeness, choose_changes
from segmint.models.network_model import RECIPES, NetworkModel
from segmint.models.teachers import one_teacher
from segmint.models.unexplained import Unexplained

MONTHS = ("may", "june", "july")
COLUMNS = tuple(Column(name=name, kind="number", role="holding", label=name.title()) for name in (*MONTHS, "age"))


def customers(
    rows: int, seed: int, effect: float, measure: str = "amount", classes: int = 2
) -> tuple[pl.DataFrame, np.ndarray]:
    """Balances of three months rise and fall together; who took money out since June says yes more often."""
    draw = np.random.default_rng(seed)
    steps = draw.normal(0.0, 0.2, (rows, len(MONTHS))).cumsum(axis=1)
    balances = np.exp(draw.normal(7.0, 1.0, (rows, 1)) + steps).round(2)
    moved = (
        np.clip((balances[:, 2] - balances[:, 1]) / 400.0, -3.0, 3.0)
        if measure == "amount"
        else 5 * (steps[:, 2] - steps[:, 1])
    )
    age = draw.integers(18, 90, rows).astype(float)
    likely = -1.5 - effect * moved + 0.02 * (age - 45)
    labels = np.digitize(likely + draw.logistic(size=rows), np.linspace(0.0, 1.5, classes - 1))
    return pl.DataFrame(dict(zip(MONTHS, balances.T, strict=True)) | {"age": age}), labels.astype(np.int64)


def chosen(frame: pl.DataFrame, labels: np.ndarray, groups: np.ndarray | None = None) -> list[Change]:
    return choose_changes(Unexplained(frame, labels, COLUMNS, seed=0, groups=groups))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("measure", ["amount", "place"])
def test_the_change_that_answers_follow_is_found_and_measured_as_they_do(measure: str, classes: int) -> None:
    found = chosen(*customers(6_000, 1, 1.2, measure, classes))
    assert found[0] == Change("june", "july", measure)
    assert len({change[:2] for change in found}) == len(found) <= 3


def test_of_tables_without_one_in_a_hundred_gets_one() -> None:
    found = [bool(chosen(*customers(1_500, seed, effect=0.0))) for seed in range(40)]
    assert np.mean(found) <= 0.05


def test_numbers_that_do_not_rise_and_fall_together_have_no_change() -> None:
    frame, labels = customers(6_000, 1, effect=1.2)
    apart = frame.with_columns(pl.col("june").shuffle(seed=1), pl.col("may").shuffle(seed=2))
    assert chosen(apart, labels) == []


def test_numbers_of_different_units_change_places_only() -> None:
    frame, labels = customers(6_000, 1, 1.2, "place")
    found = chosen(frame.with_columns(pl.col("june") * 1_000), labels)
    assert found[0] == Change("june", "july", "place")
    assert {change.measure for change in found if "june" in change[:2]} == {"place"}


def test_rows_of_one_customer_do_not_make_chance_look_sure() -> None:
    found = []
    for seed in range(8):
        frame, labels = customers(400, seed, effect=0.0)
        same = np.repeat(np.arange(400), 6)
        found += chosen(frame[same], labels[same], same)
    assert found == []


def test_of_an_outcome_that_hardly_occurs_nothing_is_tested() -> None:
    frame, labels = customers(3_000, 1, effect=1.2)
    rare = np.zeros_like(labels)
    rare[:2] = 1
    assert chosen(frame, rare) == []


def test_a_column_without_values_is_no_obstacle() -> None:
    frame, labels = customers(6_000, 1, effect=1.2)
    assert chosen(frame.with_columns(may=pl.lit(None, dtype=pl.Float64)), labels) == [Change("june", "july", "amount")]


def test_numbers_in_the_same_order_are_one_and_leave_the_tests_to_others() -> None:
    frame, labels = customers(6_000, 1, effect=1.2)
    copies = {f"copy {place}": pl.col("may") * (1 + place) for place in range(40)}
    columns = [*(Column(name=name, kind="number", role="holding", label=name) for name in copies), *COLUMNS]
    left = Unexplained(frame.with_columns(**copies), labels, columns, seed=0, groups=None)
    assert choose_changes(left)[0] == Change("june", "july", "amount")


def test_likeness_is_that_of_the_customers_who_have_both() -> None:
    draw = np.random.default_rng(0)
    numbers = draw.normal(size=(9_000, 1)) + draw.normal(size=(9_000, 4))
    numbers[:, 3] = 5.0
    numbers[draw.random(numbers.shape) < 0.2] = np.nan
    numbers[:5_000, 2] = np.nan
    found = _likeness([*numbers.T])
    both = ~np.isnan(numbers[:, :2]).any(axis=1)
    assert found[0, 1] == pytest.approx(np.corrcoef(numbers[both, 0], numbers[both, 1])[0, 1])
    assert (found[2:] == 0.0).all()  # too few have the third number, and the last is the same for all


def test_of_many_the_most_alike_are_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_choice, "MOST_TESTED", 1)
    frame, labels = customers(6_000, 1, effect=1.2)
    near = frame.with_columns(may=pl.col("july") * pl.Series(np.random.default_rng(0).normal(1.0, 0.01, 6_000)))
    assert all({change.before, change.after} == {"may", "july"} for change in chosen(near, labels))


def test_huge_and_infinite_numbers_are_no_obstacle() -> None:
    frame, labels = customers(6_000, 1, effect=1.2)
    odd = pl.Series([float("inf"), -float("inf"), 1e300, -1e300] + [0.0] * 5_996)
    found = chosen(frame.with_columns(pl.when(odd == 0.0).then("july").otherwise(odd).alias("july")), labels)
    assert found[0] == Change("june", "july", "amount")


@pytest.mark.parametrize("rows", [30, 100, 400])
def test_small_tables_of_four_classes_are_no_obstacle(rows: int) -> None:
    assert chosen(*customers(rows, 1, effect=1.2, classes=4)) == []


@pytest.mark.network
def test_the_network_reads_the_chosen_change_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
    frame, labels = customers(4_000, 3, effect=1.2)
    other, truth = customers(3_000, 4, effect=1.2)

    def model(**more: bool) -> NetworkModel:
        made = NetworkModel.of(COLUMNS, recipe="fast", random_state=0, hidden=(32,), epochs=3, copies=2.0, **more)
        return made.fit(frame, labels)

    reads, reads_not = model(), model(changes=False)
    assert reads.lesson_ is not None
    assert reads_not.lesson_ is not None
    assert ["June", "July"] in reads.lesson_["changes"]
    assert reads_not.lesson_["changes"] == []
    loss = [-np.log(each.predict_proba(other)[np.arange(3_000), truth]).mean() for each in (reads, reads_not)]
    assert loss[0] < loss[1] - 0.005

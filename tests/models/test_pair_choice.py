"""A pair is read together where its count says what trees miss, and nowhere else."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.features.pairs import learn_pair, pair_steps
from segmint.models import pair_choice
from segmint.models.customer_model import make_model
from segmint.models.network_model import RECIPES
from segmint.models.pair_choice import choose_pairs
from segmint.models.teachers import one_teacher
from segmint.models.unexplained import Unexplained, log_chance

COLUMNS = (
    Column(name="day", kind="number", role="history", label="day"),
    Column(name="month", kind="category", role="history", label="month"),
    Column(name="age", kind="number", role="characteristic", label="age"),
)


def campaign(rows: int, seed: int, effect: float) -> tuple[pl.DataFrame, np.ndarray]:
    """Most calls fall on a few days of a year, and on quiet days customers say yes more often by `effect`."""
    draw = np.random.default_rng(seed)
    weights = np.random.default_rng(99).permutation(np.geomspace(1.0, 60.0, 12 * 28))
    date = draw.choice(12 * 28, rows, p=weights / weights.sum())
    quiet = weights[date] < np.median(weights)
    yes = draw.random(rows) < 0.12 + effect * quiet
    frame = pl.DataFrame(
        {
            "day": (date % 28 + 1).astype(float),
            "month": [f"m{month}" for month in date // 28],
            "age": draw.integers(18, 80, rows).astype(float),
        }
    )
    return frame, yes.astype(np.int64)


def chosen(
    frame: pl.DataFrame,
    labels: np.ndarray,
    columns: tuple[Column, ...],
    *,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> list[tuple[str, str]]:
    return choose_pairs(Unexplained(frame, labels, columns, seed=seed, groups=groups), rare=10)


def test_a_campaign_with_quiet_days_is_read_by_its_days() -> None:
    frame, yes = campaign(6_000, 1, effect=0.35)
    assert chosen(frame, yes, COLUMNS) == [("day", "month")]


@pytest.mark.parametrize("seed", range(4))
def test_without_quiet_days_nothing_is_chosen(seed: int) -> None:
    frame, yes = campaign(3_000, seed, effect=0.0)
    assert chosen(frame, yes, COLUMNS, seed=seed, groups=None) == []


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_of_noise_one_in_a_hundred_is_less_likely_than_one_in_a_hundred(classes: int) -> None:
    draw, found = np.random.default_rng(classes), []
    for _ in range(1_500):
        likely = draw.dirichlet(np.arange(1.0, classes + 1), 500)
        labels = (draw.random((500, 1)) > likely.cumsum(axis=1)[:, :-1]).sum(axis=1)
        sizes = draw.normal(size=500) + likely[:, 0]
        found.append(log_chance(sizes, labels, likely, np.arange(500)))
    assert 0.004 < np.mean(np.exp(found) < 0.01) < 0.018
    turned = log_chance(sizes, classes - 1 - labels, likely[:, ::-1], np.arange(500))
    assert found[-1] == pytest.approx(turned)  # whichever class goes without a slope


@pytest.mark.parametrize("seed", [4, 5, 15, 20])  # without being told whose the rows are, each of these gets a pair
def test_rows_of_one_customer_do_not_make_chance_look_sure(seed: int) -> None:
    draw, same = np.random.default_rng(seed), np.repeat(np.arange(1_500), 4)
    values = draw.integers(0, 20, (1_500, 6)).astype(float)[same]
    yes = (draw.random(1_500) < 0.15).astype(np.int64)[same]
    columns = tuple(Column(name=name, kind="number", role="holding", label=name) for name in "abcdef")
    frame = pl.DataFrame(values, schema=list("abcdef"))
    assert chosen(frame, yes, columns, seed=seed, groups=same) == []
    assert chosen(frame, yes, columns, seed=seed, groups=None)


def test_several_classes_are_tested_together() -> None:
    frame, yes = campaign(6_000, 2, effect=0.35)
    three = np.where(np.random.default_rng(0).random(len(yes)) < 0.3, 2, yes)
    assert chosen(frame, three, COLUMNS) == [("day", "month")]


@pytest.mark.network
def test_the_network_reads_the_chosen_pair_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
    frame, yes = campaign(3_500, 4, effect=0.4)
    inner, outer = slice(0, 600), slice(600, None)
    made = make_model("dense_network", columns=COLUMNS, random_state=0, epochs=2, copies=1.0)
    made.fit(frame[outer], yes[outer], inner=(frame[inner], yes[inner]))
    assert made.lesson_["pairs"] == [["day", "month"]]
    assert made[0].state_["pairs"][0]["names"] == ["day", "month"]
    plain = make_model("dense_network", columns=COLUMNS, random_state=0, epochs=2, copies=1.0, pairs=False)
    plain.fit(frame[outer], yes[outer], inner=(frame[inner], yes[inner]))
    assert "pairs" not in plain[0].state_
    assert made[-1].n_features_in_ > plain[-1].n_features_in_


def test_of_an_outcome_that_hardly_occurs_nothing_is_tested() -> None:
    frame, yes = campaign(6_000, 1, effect=0.35)
    rare = np.zeros_like(yes)
    rare[:2] = 1
    assert chosen(frame, rare, COLUMNS) == []


def with_flags(frame: pl.DataFrame, flags: int) -> tuple[pl.DataFrame, tuple[Column, ...]]:
    draw = np.random.default_rng(7)
    names = [f"flag {place}" for place in range(flags)]
    more = [pl.Series(name, draw.random(frame.height) < 0.3).cast(pl.Float64) for name in names]
    columns = (Column(name=name, kind="number", role="holding", label=name) for name in names)
    return frame.with_columns(more), (*COLUMNS, *columns)


def every_pair_tested(
    frame: pl.DataFrame, labels: np.ndarray, columns: tuple[Column, ...], seed: int
) -> list[tuple[str, str]]:
    """What is chosen where each pair is learned by itself and none is left out."""
    names = [column.name for column in columns]
    pairs = [(first, second) for place, first in enumerate(names) for second in names[place + 1 :]]
    left = Unexplained(frame, labels, columns, seed=seed, groups=None)

    def chance_of(pair: tuple[str, str]) -> float:
        learned = learn_pair(frame, pair, 10)
        sizes = np.asarray(learned["sizes"])[pair_steps(learned, frame[pair[0]], frame[pair[1]])]
        return left.log_chance(sizes)

    found = []
    for pair in pairs:
        chance = chance_of(pair)
        alone = min(chance_of((name, name)) for name in pair)
        found += [(chance, pair)] if chance + np.log(len(pairs)) < np.log(0.01) and chance < alone else []
    return [pair for _, pair in sorted(found)[:3]]


def test_of_a_table_of_usual_width_every_pair_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, yes = campaign(2_000, 3, effect=0.35)
    frame, columns = with_flags(frame, 9)
    monkeypatch.setattr(pair_choice, "MOST_COLUMNS", len(columns))
    assert chosen(frame, yes, columns, seed=1, groups=None) == every_pair_tested(frame, yes, columns, 1)


def test_thirty_columns_are_no_wide_table() -> None:
    assert pair_choice.MOST_COLUMNS >= 30


def test_of_a_wide_table_a_few_hundred_pairs_are_tested_and_each_column_is_coded_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame, yes = campaign(6_000, 1, effect=0.35)
    frame, columns = with_flags(frame, 80)
    joined, coded = [], []
    join, code_column = pair_choice.join, pair_choice.code_column
    monkeypatch.setattr(pair_choice, "join", lambda *given: (joined.append(given), join(*given))[1])
    monkeypatch.setattr(pair_choice, "code_column", lambda *given: (coded.append(given), code_column(*given))[1])
    assert chosen(frame, yes, columns) == [("day", "month")]
    assert len(joined) <= 500
    assert len(coded) <= 2 * len(columns)

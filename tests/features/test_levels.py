"""The promise of every place that names levels: never about fewer than ten customers, and nobody can subtract."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.contract.counts import customers_by_level
from segmint.contract.ledger import Ledger
from segmint.contract.valid_table import ValidTable
from segmint.evaluation.differences import outcome_by_level
from segmint.features.customer_features import CustomerFeatures
from segmint.features.edges import FEWEST_TOGETHER
from segmint.features.levels import (
    KEPT_OTHER,
    NO_VALUE,
    OTHER,
    count_customers,
    pool_rare,
    pool_repeated,
)
from segmint.monitoring.reference import reference_of
from segmint.segments.coding import learn_coding
from segmint.segments.inputs import segment_inputs
from segmint.targeting.fairness import groups_of, parts_of

COLUMNS = (
    Column(name="id", kind="text", role="id", label="id"),
    Column(name="job", kind="category", role="characteristic", label="profession"),
    Column(name="sex", kind="category", role="characteristic", label="sex"),
)


def table(*jobs: tuple[str | None, int], bishops: int = 0, rows: int = 12) -> ValidTable:
    """So many customers of each job, each with a row; and bishops with many rows each."""
    of_job = [job for job, size in jobs for _ in range(size)] + ["bishop"] * bishops * rows
    once = len(of_job) - bishops * rows
    whose = np.r_[np.arange(once), once + np.arange(bishops * rows) // rows]
    n = len(of_job)
    frame = pl.DataFrame({"id": [f"c{at}" for at in whose], "job": of_job})
    frame = frame.with_columns(sex=np.resize(["f", "m"], n), y=np.resize(["yes", "no"], n))
    return ValidTable(
        frame=frame,
        raw=frame,
        records=np.arange(1, n + 1),
        flags=pl.Series([""] * n),
        contract=Contract(
            name="jobs",
            outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
            columns=COLUMNS,
        ),
        at="planning",
        ledger=Ledger(read=n, accepted=n),
    )


def of_jobs(found: pl.DataFrame) -> dict[str, int]:
    return dict(found.filter(column="job").select("level", "customers").iter_rows())


def test_customers_are_counted_and_not_their_rows() -> None:
    jobs, whose = pl.Series(["a", "a", "a", None, "b"]), np.array([1, 1, 2, 3, 3])
    assert customers_by_level(jobs) == {"a": 3, "b": 1, None: 1}
    assert customers_by_level(jobs, whose) == {"a": 2, "b": 1, None: 1}
    assert count_customers(jobs.is_in(["a", "b"]), whose) == 3
    assert count_customers(jobs == "a") == 3


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"a": 10, "b": 20}, {"a": 10, "b": 20}),
        ({"a": 40, "b": 4, "c": 6}, {"a": 40, OTHER: 10}),
        ({"a": 40, "b": 30, "c": 1}, {"a": 40, OTHER: 31}),
        ({"a": 40, "b": 30, OTHER: 20, "c": 1}, {"a": 40, "b": 30, OTHER: 21}),
        ({"a": 399, "b": 1}, {OTHER: 400}),
        ({"a": 5}, {OTHER: 5}),
        ({}, {}),
    ],
)
def test_rare_levels_are_told_together_and_the_next_smallest_with_them(
    sizes: dict[str, int], told: dict[str, int]
) -> None:
    levels = pl.Series([level for level, size in sizes.items() for _ in range(size)], dtype=pl.String)
    assert customers_by_level(pool_rare(levels)) == told


def test_a_level_of_one_customer_with_a_dozen_rows_is_named_nowhere() -> None:
    found = table(("clerk", 199), ("nurse", 200), bishops=1)
    whose = np.r_[np.arange(399), np.full(12, 399)]
    assert of_jobs(outcome_by_level(found)) == {"nurse": 200, OTHER: 200}
    assert {name for name, _ in parts_of(found.frame["job"], whose)} == {"everyone", "nurse", OTHER}
    assert learn_coding(segment_inputs(found))[0]["labels"] == ["nurse", "clerk"]
    learned = CustomerFeatures([COLUMNS[1]]).fit(pl.DataFrame({"job": pool_repeated(found.frame["job"], whose)}))
    assert learned.state_["columns"][0]["levels"] == ["clerk", "nurse", KEPT_OTHER]
    reference = reference_of(found, ("no", "yes"), None)
    assert reference["rows"] == 400
    assert reference["columns"][0]["levels"] == {"clerk": 190, "nurse": 200, KEPT_OTHER: 10}


def test_ten_customers_of_a_level_are_named_however_many_rows_they_have() -> None:
    found = table(("clerk", 50), bishops=10)
    assert of_jobs(outcome_by_level(found)) == {"clerk": 50, "bishop": 10}
    assert learn_coding(segment_inputs(found))[0]["labels"] == ["clerk", "bishop"]
    assert pool_repeated(found.frame["job"], np.r_[np.arange(50), 50 + np.arange(120) // 12]).equals(found.frame["job"])


def test_what_an_encoder_learns_where_each_customer_has_one_row_is_left_alone() -> None:
    jobs = pl.Series(["clerk"] * 30 + ["diver"] * 9 + [None])
    assert pool_repeated(jobs, np.arange(40)).equals(jobs)


@pytest.mark.parametrize("rare", range(10))
@pytest.mark.parametrize("common", [10, 12, 19, 20, 300])
def test_a_reference_counts_everybody_once_and_never_fewer_than_ten(rare: int, common: int) -> None:
    found = table(("clerk", 300), ("nurse", common), ("pope", rare))
    levels = reference_of(found, ("no", "yes"), None)["columns"][0]["levels"]
    assert sum(levels.values()) == common + 300 + rare
    assert min(levels.values()) >= FEWEST_TOGETHER
    assert "pope" not in levels
    assert common < 20 or levels.keys() >= {"clerk", "nurse"}
    beside = of_jobs(outcome_by_level(found))  # the same sums as on the page, so that nobody can subtract
    assert all(levels[name] == count for name, count in beside.items() if name in levels)


def test_no_value_has_one_name_for_people() -> None:
    found = table(("clerk", 50), (None, 20))
    assert of_jobs(outcome_by_level(found)) == {"clerk": 50, NO_VALUE: 20}
    assert groups_of(found.frame["job"])[-1] == NO_VALUE

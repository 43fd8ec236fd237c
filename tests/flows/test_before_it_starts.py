from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segmint.config import load_config
from segmint.contract.contract import load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.flows import run as flow
from segmint.flows.demo import sample_path
from segmint.report.lesson import behind_teacher
from segmint.splits.groups import RowIdentity
from segmint.tables.source import open_table


@pytest.fixture(scope="module")
def table() -> ValidTable:
    return validate(open_table(sample_path()), load_contract("bank-marketing"))


def test_the_best_recipe_says_its_minutes_and_what_it_does_without(
    table: ValidTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "missed_teachers", lambda: ["xgboost", "catboost"])
    minutes, missed = flow.before_it_starts(table, load_config(None, ["model.recipe=best"]), RowIdentity.of(table))
    assert "trains 5 networks" in minutes  # three folds and the one in the bundle, which learns twice on a small table
    assert "minutes on two free processor cores" in minutes
    assert "without xgboost and catboost" in missed
    assert "pip install 'segmint[best]'" in missed


def test_without_a_comparison_one_network_is_announced(table: ValidTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "missed_teachers", list)
    alone = ["model.recipe=best", "compare.enabled=false", "model.refit=false"]
    said = flow.before_it_starts(table, load_config(None, alone), RowIdentity.of(table))
    assert len(said) == 1
    assert "trains 1 network " in said[0]


def test_recipes_that_take_seconds_say_nothing(table: ValidTable) -> None:
    assert flow.before_it_starts(table, load_config(), RowIdentity.of(table)) == []


def test_neighbours_of_a_large_table_are_said_to_be_a_part_of_it(
    table: ValidTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "MOST_NEIGHBOURS", 1_000)
    who = RowIdentity.of(table)
    (said,) = flow.before_it_starts(table, load_config(), who)
    assert "nearest neighbours remember 1,000 customers of each training part" in said
    assert flow.before_it_starts(table, load_config(None, ["compare.models=['dense_network']"]), who) == []


def test_rows_of_one_look_are_said_to_count_as_one_customer(table: ValidTable) -> None:
    who = RowIdentity.of(table)
    few = RowIdentity(who.keys, np.arange(len(table)) % 24)
    (said,) = flow.before_it_starts(table, load_config(), few)
    assert said.startswith("rows that look the same count as one customer: 24 of 4,521 are left")
    assert 'role = "id"' in said


def test_best_does_not_promise_teachers_that_too_few_customers_could_have(table: ValidTable) -> None:
    best = load_config(None, ["model.recipe=best", "compare.models=['dense_network']"])
    few = table.rows(np.arange(len(table)) < 340)
    (said,) = flow.before_it_starts(few, best, RowIdentity.of(few))
    assert said.startswith(
        "too few customers for the teachers of 'best' (at least 300 customers to learn from, 3 of each"
    )


def test_a_search_shorter_than_its_first_trial_is_said_to_be_too_short(table: ValidTable) -> None:
    who = RowIdentity.of(table)
    short, long = (load_config(None, ["model.recipe=best", f"search.minutes={minutes}"]) for minutes in (0.1, 60))
    effort, said = flow.before_it_starts(table, short, who)[0], flow.before_it_starts(table, short, who)[-1]
    assert "beside the search" in effort
    assert said.startswith("the time of the search (6.0 s) is less than its first trial may take (about ")
    assert said.endswith("give --search at least 1m")
    assert not any("the time of the search" in said for said in flow.before_it_starts(table, long, who))


def test_a_result_says_first_where_too_few_said_yes(table: ValidTable) -> None:
    assert flow._conclusion(table, None) == ()
    yes = np.flatnonzero(table.outcome == "yes")
    few = np.ones(len(table), dtype=bool)
    few[yes[30:]] = False
    (said,) = flow._conclusion(table.rows(few), None)
    assert said.startswith("Only 30 said yes: with fewer than about 50")


def test_a_result_says_whose_customers_bring_most_where_the_outcome_is_a_segment(tmp_path: Path) -> None:
    worth = {"label": "profit", "role": "value"}
    segments = [
        {"key": key, "customers": 100, "worth": [worth | {"mean": mean, "low": mean - 9.0, "high": mean + 9.0}]}
        for key, mean in (("A", 100.0), ("B", 300.0))
    ]
    summary = {"inner": {"customers": 40}, "rows": 200, "classes": {"A": 100, "B": 100}}
    told = flow._of_segments({"brought": None, "segments": segments}, "")
    said = flow.RunResult(tmp_path, tmp_path, "200 rows.", (), summary | told).sentences
    assert said[-1].startswith("Customers of segment B bring most: profit 300.00")
    assert flow._of_segments(None, "too few") == {"no_segments": "too few"}


@pytest.mark.parametrize("auc", [0.60, 0.69])
def test_a_result_and_its_summary_say_where_the_network_is_surely_behind_its_teacher(
    table: ValidTable, tmp_path: Path, auc: float
) -> None:
    student = {"auc": auc, "auc_error": 0.02, "loss": 0.5, "customers": 40}
    lesson = {"recipe": "fast", "taught": {"auc": 0.70, "auc_error": 0.01}, "student": student}
    behind = behind_teacher(lesson, compared=False)
    summary = flow._summary(table, load_config(None, []), None, {}, flow._Clock(), lesson, behind)
    said = flow.RunResult(tmp_path, tmp_path, "200 rows.", (), summary).sentences
    assert summary["inner"]["auc"] == auc
    assert ("behind_teacher" in summary) == (auc == 0.60)
    assert (said[-1] == behind) == (auc == 0.60)

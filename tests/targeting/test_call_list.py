from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmint.targeting.call_list import COLUMNS, CallList, build_call_list
from segmint.targeting.choose import STATUSES, choose
from tests.targeting.conftest import make_customers, make_policy


def make_list(frame, blocked=(), rejected=(), **rules) -> CallList:
    policy = make_policy(**rules)
    because = pl.Series(["objected" if i in blocked else "" for i in range(frame.height)], dtype=pl.String)
    eligible = (because == "").to_numpy()
    choice = choose(frame["client"], frame["propensity"], policy, columns=frame, eligible=eligible)
    return build_call_list(
        frame["client"],
        choice,
        because,
        policy,
        carried=frame.select("full_name", "mobile", "job"),
        rejected=rejected,
        run="run-1",
    )


@given(
    st.integers(1, 60),
    st.sets(st.integers(0, 59)),
    st.integers(1, 40),
    st.floats(0, 0.8),
    st.lists(st.integers(100, 200), unique=True, max_size=9),
)
@settings(max_examples=100, deadline=None)
def test_read_is_the_sum_of_every_status(n, blocked, budget, share, rejected):
    frame = make_customers(n)
    made = make_list(frame, blocked, rejected, budget_calls=budget, holdout_share=share)
    assert sum(made.counts.values()) == n + len(rejected) == len(made)
    assert made.counts["suppressed"] == len({i for i in blocked if i < n})
    assert made.counts["rejected"] == len(rejected)
    assert list(made.counts) == list(STATUSES)
    assert made.listed["customer"].n_unique() == made.listed.height <= budget


def test_the_columns_are_those_agreed_and_carried_ones_follow():
    made = make_list(make_customers())
    assert made.frame().columns == [*COLUMNS, "full_name", "mobile", "job"]
    assert dict(list(made.rows.schema.items())[: len(COLUMNS)]) == dict(COLUMNS)


def test_shuffling_the_table_does_not_change_a_single_cell():
    frame = make_customers(300).with_columns(pl.col("propensity").round(2))
    one = make_list(frame, budget_calls=60, holdout_share=0.2)
    other = make_list(frame.sample(fraction=1, shuffle=True, seed=4), budget_calls=60, holdout_share=0.2)
    assert one.rows.drop("record").equals(other.rows.drop("record"))


def test_segments_and_reasons_are_joined_later_without_losing_a_row():
    made = make_list(make_customers(), budget_calls=20)
    late = made.listed.select("customer", segment=pl.lit("savers"), reason_1=pl.lit("balance is high"))
    joined = made.joined(late)
    assert joined.rows.columns == made.rows.columns
    assert joined.listed["reason_1"].null_count() == 0
    assert joined.counts == made.counts
    with pytest.raises(ValueError, match="Only segment"):
        made.joined(pl.DataFrame({"customer": ["00001"], "rank": [1]}))
    with pytest.raises(ValueError, match="stands twice"):
        made.joined(pl.DataFrame({"customer": ["00001", "00001"], "segment": ["a", "b"]}))


def test_a_late_objector_leaves_and_the_ranks_close_up():
    made = make_list(make_customers(), budget_calls=20)
    first = made.listed["customer"][0]
    after = made.without(made.rows["customer"] == first, because="objected on the phone")
    assert first not in after.listed["customer"].to_list()
    assert after.listed["rank"].to_list() == list(range(1, 20))
    assert after.listed["customer"].to_list() == made.listed["customer"].to_list()[1:]
    assert after.reasons == {"objected on the phone": 1}


def test_a_list_that_breaks_its_promises_cannot_exist():
    made = make_list(make_customers(), budget_calls=20)
    twice = pl.concat([made.rows, made.listed.head(1)])
    with pytest.raises(AssertionError, match="listed once"):
        CallList(twice, made.policy)
    unknown = twice.with_columns(status=pl.col("status").replace("beyond_budget", "?"))
    with pytest.raises(AssertionError, match=r"one known status; .* listed once"):
        CallList(unknown, made.policy)


def test_a_list_keeps_its_promises_under_python_o_too(tmp_path):
    made = make_list(make_customers(), budget_calls=20)
    pl.concat([made.rows, made.listed.head(1)]).write_parquet(tmp_path / "twice.parquet")
    script = "import sys, polars; from segmint.targeting.call_list import CallList; CallList(polars.read_parquet(sys.argv[1]), None)"
    child = subprocess.run(
        [sys.executable, "-O", "-c", script, str(tmp_path / "twice.parquet")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "a customer is listed once" in child.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": pl.lit(None, pl.String)}, "one known status"),
        ({"rank": pl.col("rank") + 1}, "ranks run from 1"),
        ({"arm": pl.lit("holdout")}, "nobody held out is listed"),
        ({"arm": pl.lit(None, pl.String)}, "nobody held out is listed"),
        ({"status": pl.lit("suppressed"), "suppressed_because": pl.lit("")}, "suppression has a reason"),
    ],
)
def test_each_promise_is_held_against_the_list(change, words):
    made = make_list(make_customers(), budget_calls=20)
    with pytest.raises(AssertionError, match=words):
        CallList(made.rows.with_columns(**change), made.policy)


def test_the_file_is_the_truth(tmp_path):
    frame = make_customers(30).with_columns(full_name=pl.lit("=HYPERLINK(1)"))
    made = make_list(frame)
    made.write(tmp_path / "call_list.parquet")
    assert pl.read_parquet(tmp_path / "call_list.parquet").equals(made.rows)


def test_the_list_says_where_everyone_went_and_what_the_holdout_shows():
    said = make_list(make_customers(), blocked={1}, budget_calls=50, holdout_share=0.2).sentences()
    assert said[0].startswith("200 rows read: 50 to be called; ")
    assert "held out" in said[-1]


def test_the_list_names_what_keeps_most_customers_off():
    frame = make_customers(10)
    because = pl.Series(["a"] * 4 + ["a; b"] + ["c", "d", "e", "", ""])
    choice = choose(
        frame["client"], frame["propensity"], make_policy(), columns=frame, eligible=(because == "").to_numpy()
    )
    said = build_call_list(frame["client"], choice, because, make_policy()).sentences()[0]
    assert "8 suppressed by a rule (a: 5, " in said
    assert said.endswith(", 2 more reasons; a customer may count under several).")
    assert "(" not in make_list(frame).sentences()[0]


def test_objections_are_named_however_few_they_are():
    frame = make_customers(20)
    because = pl.Series(
        ["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"] * 2 + ["on 'asked.csv'", "no consent (consent)"] + [""] * 4
    )
    policy = make_policy(suppress=[Path("lists/asked.csv")])
    choice = choose(frame["client"], frame["propensity"], policy, columns=frame, eligible=(because == "").to_numpy())
    said = build_call_list(frame["client"], choice, because, policy).sentences()[0]
    assert "(a: 5, b: 4, c: 3, no consent (consent): 1, on 'asked.csv': 1, 1 more reason);" in said


def test_a_clashing_column_is_kept_under_another_name():
    frame = make_customers(5)
    policy = make_policy()
    choice = choose(frame["client"], frame["propensity"], policy)
    made = build_call_list(
        frame["client"],
        choice,
        pl.Series([""] * 5),
        policy,
        carried=pl.DataFrame({"rank": np.arange(5)}),
    )
    assert made.carried == ("rank_input",)

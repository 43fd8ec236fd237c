"""Whom a list of the campaign calls already is said, unless a rule leaves them out of the next one."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.flows.steps.same_campaign import called_though_held_out, held_out_again, shared_customers, spelt_otherwise
from segmint.flows.target import Targeted, target
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from segmint.store.runs import runs_in
from segmint.targeting.holdout import plan_holdout
from segmint.targeting.policy import ContactPolicy, Economics
from segmint.targeting.suppress import with_settings
from tests.service.small import CONTRACT, small_parts

POLICY = ContactPolicy(economics=Economics(cost_per_call=1, value_per_success=10), campaign="Spring 2026")
CUSTOMERS = pl.Series(["c1", "c2", "c3", "record 7"])


def a_list(runs: Path, campaign: str, called: list[str], *, command: str = "target") -> Path:
    with Run.create(runs, command, f'[policy]\ncampaign = "{campaign}"\n', None, {"a.csv": "sha256:1"}) as here:
        statuses = {"customer": [*called, "c3"], "status": ["listed"] * len(called) + ["held_out"]}
        pl.DataFrame(statuses).write_parquet(here.folder / "call_list.parquet")
        here.done({})
    return here.folder


def said(runs: Path, policy: ContactPolicy = POLICY, *, by_id: bool = True, table: str = "sha256:2") -> list[str]:
    doubts = shared_customers(runs_in(runs), policy, CUSTOMERS, "who may be called", by_id=by_id, table=table)
    return [doubt["sentence"] for doubt in doubts]


def test_a_campaign_is_the_same_however_a_spreadsheet_writes_its_year(tmp_path: Path) -> None:
    a_list(tmp_path, "2026.0", ["c1"])
    assert "1 of the 4" in said(tmp_path, POLICY.but(campaign="2026"))[0]


def test_customers_of_a_list_of_the_same_campaign_are_counted(tmp_path: Path) -> None:
    a_list(tmp_path, "autumn", ["c1"])
    a_list(tmp_path, "spring 2026", ["c1"], command="predict")
    assert said(tmp_path) == []
    made = a_list(tmp_path, " spring  2026", ["c1", "c2", "record 7", "stranger"])
    (sentence,) = said(tmp_path)
    assert "2 of the 4 who may be called are called by the list of" in sentence
    assert (
        f"(the run {made.name}) too, and are not left out of this one; if both are used, name call_list.parquet of that run"
        in sentence
    )
    assert "3 of the 4" in said(tmp_path, table="sha256:1")[0]  # records are the same in the same table alone


def test_customers_of_several_lists_are_counted_once_and_every_list_is_named(tmp_path: Path) -> None:
    older = a_list(tmp_path, "Spring 2026", ["c1", "c2"])
    assert said(tmp_path, POLICY.but(other_lists=[older / "call_list.parquet"])) == []
    newer = a_list(tmp_path, "Spring 2026", ["c2"])
    (sentence,) = said(tmp_path)
    assert "2 of the 4 who may be called are called by 2 earlier lists (the runs " in sentence
    assert older.name in sentence
    assert newer.name in sentence
    (sentence,) = said(tmp_path, POLICY.but(other_lists=[older / "call_list.parquet"]))
    # a copy of one list is named as a rule: of the other, one customer is left
    assert "1 of the 4 who may be called is called by the list of" in sentence
    assert "too, and is not left out" in sentence


def test_the_power_of_a_holdout_that_was_held_out_before_is_that_of_the_new_customers(tmp_path: Path) -> None:
    made = a_list(tmp_path, "Spring 2026", ["c1", "c2"])  # c3 is held out
    rows = pl.DataFrame(
        {
            "customer": [f"c{n}" for n in range(4_000)],
            "status": ["listed"] * 3 + ["held_out"] + ["listed"] * 2_000 + ["held_out"] * 1_996,
        }
    )
    rows = rows.with_columns(status=pl.when(customer=pl.lit("c3")).then(pl.lit("held_out")).otherwise("status"))
    power = plan_holdout(0.1, 2_003, 1_997)

    def of(policy: ContactPolicy) -> list[str]:
        doubts = held_out_again(runs_in(tmp_path), policy, rows, power, by_id=True, table="sha256:2")
        return [doubt["sentence"] for doubt in doubts]

    (sentence,) = of(POLICY)
    assert sentence.startswith("1 of the 1,997 held out was held out on the list of ")
    assert f"{made.name}) as well; if that was used" in sentence
    assert "With 2,001 called and 1,996 held out, a difference of" in sentence
    assert of(POLICY.but(campaign="autumn")) == []


def test_what_to_set_where_too_few_would_be_left_is_among_the_settings_of_the_doubt(tmp_path: Path) -> None:
    a_list(tmp_path, "Spring 2026", ["c1"])  # c3 is held out
    rows = pl.DataFrame({"customer": [f"c{n}" for n in range(2_000)]})
    rows = rows.with_columns(
        status=pl.when(pl.col("customer").is_in(["c3", "c4", "c5"]))
        .then(pl.lit("held_out"))
        .otherwise(pl.lit("listed"))
    )
    doubts = held_out_again(runs_in(tmp_path), POLICY, rows, plan_holdout(0.1, 1_997, 3), by_id=True, table="sha256:2")
    (doubt,) = with_settings(doubts)
    assert doubt["settings"] == ["policy.holdout_share"]
    assert doubt["sentence"].endswith("with as many called")


def test_where_all_held_out_were_on_the_list_before_nobody_would_be_left_to_measure_by(tmp_path: Path) -> None:
    a_list(tmp_path, "Spring 2026", ["c1"])  # c3 is held out

    def of(**statuses: str) -> str:
        rows = pl.DataFrame({"customer": list(statuses), "status": list(statuses.values())})
        power = plan_holdout(0.1, 2, 1)
        (doubt,) = held_out_again(runs_in(tmp_path), POLICY, rows, power, by_id=True, table="sha256:2")
        return doubt["sentence"]

    left_out = "if that was used, segmint measure leaves them out with --earlier, and then nobody"
    held = of(c1="listed", c2="listed", c3="held_out")
    assert held.startswith("1 of the 1 held out was held out on the list of ")
    assert held.endswith(f"as well; {left_out} held out would be left to measure by")
    called = of(c1="held_out", c2="listed", c3="held_out")
    assert called.startswith("2 of the 2 held out stand on the list of ")
    assert called.endswith(f"too; {left_out} held out would be left to measure by")
    assert of(c1="listed", c2="held_out", c3="held_out").endswith(f"{left_out} called would be left to measure by")


def test_without_ids_only_lists_of_the_same_table_share_customers(tmp_path: Path) -> None:
    a_list(tmp_path, "Spring 2026", ["c1"])
    assert said(tmp_path, by_id=False) == []
    assert "use one of the two" in said(tmp_path, by_id=False, table="sha256:1")[0]


def test_ids_that_lost_their_zeros_are_of_the_same_customers(tmp_path: Path) -> None:
    a_list(tmp_path, "Spring 2026", ["7", "0009"])
    ids = pl.Series(["007", "9", "10"])
    doubts = shared_customers(runs_in(tmp_path), POLICY, ids, "to be called", by_id=True, table="sha256:2")
    assert "2 of the 3 to be called are called by the list of" in doubts[0]["sentence"]


@pytest.mark.parametrize("is_copy", [False, True])
def test_nothing_is_said_where_a_rule_leaves_them_out(tmp_path: Path, is_copy: bool) -> None:
    made = a_list(tmp_path / "runs", "Spring 2026", ["c1"]) / "call_list.parquet"
    copy = shutil.copy(made, tmp_path / "spring.parquet") if is_copy else made
    assert said(tmp_path / "runs", POLICY.but(other_lists=[tmp_path / "other.parquet"])) != []
    assert said(tmp_path / "runs", POLICY.but(other_lists=[copy])) == []
    history = {"history": tmp_path / "calls.csv"}
    assert said(tmp_path / "runs", POLICY.but(**history)) != []  # it keeps nobody off by itself
    assert said(tmp_path / "runs", POLICY.but(**history, rest_days=30)) == []


def test_a_list_that_cannot_be_read_shares_nobody(tmp_path: Path) -> None:
    made = a_list(tmp_path, "Spring 2026", ["c1"])
    (made / "call_list.parquet").write_text("no")
    (a_list(tmp_path, "Spring 2026", ["c1"]) / "config.toml").write_text("[[[")
    assert said(tmp_path) == []


@pytest.mark.parametrize("name", ["call_list.parquet", "config.toml", "run.json"])
def test_a_list_that_could_not_be_read_for_a_moment_is_read_again(tmp_path: Path, name: str) -> None:
    made = a_list(tmp_path, "Spring 2026", ["c1"])
    known = runs_in(tmp_path)
    (made / name).rename(made / "away")
    assert shared_customers(known, POLICY, CUSTOMERS, "to be called", by_id=True, table="sha256:2") == []
    (made / "away").rename(made / name)
    assert len(said(tmp_path)) == 1


def test_who_was_held_out_before_and_is_to_be_called_under_an_id_in_capitals_is_told(tmp_path: Path) -> None:
    made = a_list(tmp_path, "Spring 2026", ["c1"])  # c3 is held out

    def said(policy: ContactPolicy, *called: str) -> list[str]:
        doubts = called_though_held_out(runs_in(tmp_path), policy, pl.Series(called), by_id=True, table="sha256:2")
        return [doubt["sentence"] for doubt in doubts]

    (sentence,) = said(POLICY, "C1", "C3")
    assert sentence.startswith("1 of the 2 to be called was held out on the list of ")
    assert f"(the run {made.name}): once called, that customer shows no more" in sentence
    assert said(POLICY, "C1", "C2") == said(POLICY.but(campaign="autumn"), "C3") == []


def test_a_phone_number_beside_two_customers_is_said(tmp_path: Path) -> None:
    with_id = CONTRACT + '[columns.client]\nkind = "text"\nrole = "id"\nlabel = "client"\n'
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": parse_contract(with_id, origin="test")})
    rows = [
        {"client": client, "age": "40", "job": "student", "phone": f"+35191000000{n % 3}"}
        for n, client in enumerate(["3094", "17", "18", "0003094"])
    ]
    made = target(pl.DataFrame(rows), tmp_path / "bundle", policy=POLICY.but(holdout_share=0.0), runs=tmp_path / "runs")
    assert any("1 phone number is on the list more than once, beside 2 customers" in said for said in made.sentences)


def test_a_list_that_is_made_says_whom_an_earlier_one_calls_too(tmp_path: Path) -> None:
    with_id = CONTRACT + '[columns.client]\nkind = "text"\nrole = "id"\nlabel = "client"\n'
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": parse_contract(with_id, origin="test")})

    def made(customers: range, **rules: object) -> Targeted:
        rows = [{"client": f"c{n}", "age": "40", "job": "student", "phone": f"+3519100{n:05}"} for n in customers]
        policy = POLICY.but(holdout_share=0.0, **rules)
        return target(pl.DataFrame(rows), tmp_path / "bundle", policy=policy, runs=tmp_path / "runs")

    said = "20 of the 30 to be called are called by the list of"
    first = made(range(30))
    assert not any("are called by" in sentence for sentence in first.sentences)
    second = made(range(10, 40))
    assert any(sentence.startswith(f"warning: {said}") for sentence in second.sentences)
    assert said in (second.folder / "report.html").read_text("utf-8")
    apart = made(range(10, 40), other_lists=[first.folder / "call_list.parquet", second.folder / "call_list.parquet"])
    assert apart.call_list.counts["listed"] == 0
    assert not any("are called by" in sentence for sentence in apart.sentences)


def test_a_campaign_that_was_spelt_otherwise_draws_another_holdout_and_is_told(tmp_path: Path) -> None:
    first = a_list(tmp_path, "spring 2026", ["c1"])
    (doubt,) = spelt_otherwise(runs_in(tmp_path), POLICY)
    assert (
        f"(the run {first.name}) is of the same campaign and spells it 'spring 2026', this one 'Spring 2026'"
        in doubt["sentence"]
    )
    assert doubt["sentence"].endswith("write policy.campaign as 'spring 2026'")
    second = a_list(tmp_path, "Spring 2026", ["c1"])
    both = [Run.open(second), Run.open(first)]  # made in one second, so their ids do not tell which came first
    assert spelt_otherwise(both, POLICY.but(campaign="spring 2026 ")) == []
    assert spelt_otherwise(runs_in(tmp_path), POLICY.but(holdout_share=0)) == []
    assert spelt_otherwise(runs_in(tmp_path), POLICY.but(campaign="autumn")) == []


def test_a_list_whose_ids_are_in_capitals_now_says_that_it_calls_who_was_held_out(tmp_path: Path) -> None:
    with_id = CONTRACT + '[columns.client]\nkind = "text"\nrole = "id"\nlabel = "client"\n'
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": parse_contract(with_id, origin="test")})

    def made(letter: str) -> str:
        rows = [
            {"client": f"{letter}{n}", "age": "40", "job": "student", "phone": f"+3519100{n:05}"} for n in range(40)
        ]
        policy = POLICY.but(holdout_share=0.5)
        listed = target(pl.DataFrame(rows), tmp_path / "bundle", policy=policy, runs=tmp_path / "runs")
        return " ".join(listed.sentences)

    assert "held out on" not in made("c")
    assert " to be called were held out on the list of " in made("C")

"""From a bundle and a policy to lists on disk: nobody lost, nobody called who must not be."""

from __future__ import annotations

import csv
import json
import shutil
import time
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from segmint.cli import main, results
from segmint.cli.screen import Screen
from segmint.config import Config, load_config
from segmint.contract.valid_table import ValidTable
from segmint.errors import PolicyError, RunError
from segmint.flows import target as flow
from segmint.flows.demo import sample_path
from segmint.flows.run import RunResult, run
from segmint.flows.steps.settings import policy_of
from segmint.flows.target import Targeted, target
from segmint.simulation import Campaign, simulate_batches
from segmint.store.as_made import sealed
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from segmint.store.runs import runs_in
from segmint.targeting.choose import choose
from segmint.wording import capital
from tests.flows.conftest import QUICK_DEMO as QUICK
from tests.flows.conftest import draw_nothing
from tests.service.small import SEGMENTS, small_parts

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

POLICY = ["economics.cost_per_call=5", "economics.value_per_success=60", "policy.budget_calls=300"]


def policy(*more: str) -> Config:
    return load_config(None, [*POLICY, *more])


@pytest.fixture(scope="module")
def targeted(done: RunResult, runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Targeted:
    return target(sample_path(), done.folder, policy(), runs=runs, out=tmp_path_factory.mktemp("t") / "lists")


def test_everyone_read_has_one_place(targeted: Targeted) -> None:
    frame = pl.read_parquet(targeted.folder / "call_list.parquet")
    assert sorted(frame["record"].to_list()) == list(range(1, 4522))
    assert sum(targeted.summary["counts"].values()) == 4521
    assert targeted.summary["sentences"] == list(targeted.sentences)
    assert targeted.summary["counts"]["listed"] == 300


@pytest.mark.usefixtures("undrawn")
def test_of_a_table_with_empty_lines_the_list_names_the_record_that_was_rejected(
    done: RunResult, runs: Path, tmp_path: Path
) -> None:
    header, *lines = sample_path().read_text("utf-8").splitlines()[:301]
    unreadable = "x" + lines[-1][lines[-1].index(";") :]
    lines[100:100] = [";" * header.count(";")] * 3
    (tmp_path / "table.csv").write_text("\n".join([header, *lines[:-1], unreadable]), "utf-8")
    rows = target(tmp_path / "table.csv", done.folder, policy(), runs=runs).call_list.rows
    assert rows.filter(pl.col("status") == "rejected")["record"].to_list() == [303]
    assert rows.height == 300


def test_the_page_of_a_list_that_another_version_made_is_refused_in_words(
    targeted: Targeted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = tmp_path / targeted.folder.name
    shutil.copytree(targeted.folder, older)
    told = json.loads((older / "target.json").read_text("utf-8"))
    del told["doubts"]
    (older / "target.json").write_text(json.dumps(told), encoding="utf-8")
    record = json.loads((older / "run.json").read_text("utf-8"))
    (older / "run.json").write_text(json.dumps(sealed(record, older)), encoding="utf-8")
    assert main(["report", older.name, "--runs", str(tmp_path)]) == 2
    assert "do not say 'doubts', which its report shows" in capsys.readouterr().err


def test_the_list_is_the_best_that_pays_best_first(targeted: Targeted) -> None:
    listed = targeted.call_list.listed
    assert listed["expected_profit"].is_sorted(descending=True)
    assert listed["expected_profit"].min() > 0
    beyond = targeted.call_list.frame().filter(pl.col("status") == "beyond_budget")
    assert listed["expected_profit"].min() >= beyond["expected_profit"].max()


def test_without_ids_the_very_table_that_was_trained_on_is_known_and_said(
    targeted: Targeted, done: RunResult, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert targeted.summary["trained_on"] == 300
    assert any("trained on 300 of the 300 to be called" in said for said in targeted.sentences)
    assert "The network has seen customers of this list" in (targeted.folder / "report.html").read_text("utf-8")
    argv = ["--bundle", str(done.folder), "--runs", str(runs)]
    assert main(["predict", str(sample_path()), *argv]) == 0
    said = capsys.readouterr().out
    assert "warning: 4,521 of 4,521 customers were trained on" in said
    assert "how well on the customers it learned from (95 % intervals in brackets): " in said
    other = tmp_path / "other.csv"
    other.write_text("".join(sample_path().read_text("utf-8").splitlines(keepends=True)[:400]), "utf-8")
    assert main(["predict", str(other), *argv]) == 0
    said = capsys.readouterr().out
    assert "trained on" not in said
    assert "how well, if it learned from none of them (nobody can tell) (95 % intervals in brackets): " in said


def test_of_another_form_of_the_trained_table_nobody_can_tell_and_that_is_said(done: RunResult, runs: Path) -> None:
    frame = pl.read_csv(sample_path(), separator=";").head(300)
    found = target(frame, done.folder, policy(), runs=runs)
    to_call = found.summary["counts"]["listed"]
    said = f"{to_call:,} of the {to_call:,} to be called have an outcome already, and nobody can tell whether the network was trained"
    assert any(said in sentence and "not the very table" in sentence for sentence in found.sentences)
    new = target(frame.drop("y"), done.folder, policy(), runs=runs)
    assert "trained_on" not in new.summary
    assert not any("trained" in sentence for sentence in new.sentences)


def test_a_bundle_of_which_nobody_can_say_what_it_learned_is_refused_before_there_is_a_list(
    done: RunResult, tmp_path: Path
) -> None:
    folder = shutil.copytree(done.folder, tmp_path / done.folder.name)
    (folder / "learned_tables.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match=r"added: learned_tables\.json"):
        target(sample_path(), folder, policy(), runs=tmp_path)
    assert [run.id for run in runs_in(tmp_path)] == [done.folder.name]


def test_copies_lie_where_they_were_asked_for(targeted: Targeted) -> None:
    assert targeted.out is not None
    assert sorted(path.name for path in targeted.out.iterdir()) == [
        "call_list.parquet",
        "call_list.xlsx",
        "dialler.csv",
    ]


def test_the_page_has_counts_and_no_customer(targeted: Targeted) -> None:
    page = (targeted.folder / "report.html").read_text("utf-8")
    assert "Whom to call" in page
    assert "spring" not in page


@pytest.mark.usefixtures("undrawn")
def test_what_if_works_out_only_reasons_that_nobody_asked_for_before(
    targeted: Targeted, done: RunResult, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    real = flow.reasons_for

    def counted(table: ValidTable, *rest: Any, **named: Any) -> pl.DataFrame:
        asked.append(len(table))
        return real(table, *rest, **named)

    monkeypatch.setattr(flow, "reasons_for", counted)
    steps: list[str] = []
    fewer = target(
        sample_path(), done.folder, policy("policy.budget_calls=200"), runs=runs,
        progress=lambda task, done, total: steps.append(f"{task} {done} of {total}"),
    )  # fmt: skip
    assert [step for step in steps if "reading" not in step and "explaining" not in step] == [
        f"{task} {done} of 1"
        for task in ("weighing", "predicting", "choosing", "summing up", "writing")
        for done in (0, 1)
    ]
    more = target(sample_path(), done.folder, policy("policy.budget_calls=350"), runs=runs)
    assert sum(asked) < 300
    asked.clear()
    target(sample_path(), done.folder, policy("data.max_rejected=0.2"), runs=runs)
    assert asked == [300], "a table that is read another way may hold other values"
    reasons = ["customer", "reason_1", "reason_2", "reason_3"]
    monkeypatch.setattr(flow, "runs_in", lambda runs: [])
    alone = target(sample_path(), done.folder, policy("policy.budget_calls=350"), runs=runs)
    assert more.call_list.frame().select(reasons).equals(alone.call_list.frame().select(reasons))
    assert fewer.call_list.listed["reason_1"].null_count() == 0


def test_of_an_earlier_list_only_the_reasons_of_the_rows_it_lists_are_known(tmp_path: Path) -> None:
    inputs = {"a.csv": "sha256:1", "bundle": "sha256:2"}
    with Run.create(tmp_path, "target", policy().to_toml(), None, inputs) as earlier:
        rows = {
            "record": [1, 2, 3], "customer": ["17", "17", "18"], "status": ["suppressed", "listed", "listed"],
            "reason_1": ["of record 2", "of record 2", None], "reason_2": [None] * 3, "reason_3": [None] * 3,
        }  # fmt: skip
        pl.DataFrame(rows).write_parquet(earlier.folder / flow.LIST)
        earlier.done()
    known = flow._reasons_before(runs_in(tmp_path), inputs, policy())
    assert known is not None
    assert known["record"].to_list() == [2]


def test_the_segment_of_a_customer_is_that_of_the_row_which_is_listed() -> None:
    customers = pl.Series(["17", "18", "17"])
    choice = choose(customers, [0.2, 0.5, 0.6], policy_of(policy("policy.holdout_share=0")))
    said = flow._of_rows_weighed(customers, pl.DataFrame({"segment": ["of row 1", "of row 2", "of row 3"]}), choice)
    assert dict(said.iter_rows()) == {"17": "of row 3", "18": "of row 2"}


@pytest.mark.usefixtures("undrawn")
def test_whom_the_dialler_cannot_call_is_said(done: RunResult, runs: Path, tmp_path: Path) -> None:
    profile = tmp_path / "dialler.toml"
    profile.write_text('[[columns]]\nheader = "phone"\nsource = "customer"\nphone = true\n')
    found = target(sample_path(), done.folder, policy("policy.budget_calls=20"), runs=runs, dialler=profile)
    assert found.summary["hand_off"]["dialler.csv"] == {
        "rows": 0, "without_phone": 20, "neutralised": 0, "others": 0,
    }  # fmt: skip
    assert found.summary["hand_off"]["call_list.xlsx"]["rows"] == 20
    assert any("20 of the 20 to be called have no number that the dialler takes" in said for said in found.sentences)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = tmp_path_factory.mktemp("campaign") / "customers.csv"
    blocks = simulate_batches(Campaign(rows=1_200, seed=5, missing_share=0.0))
    pl.concat([block.frame for block in blocks]).write_csv(table)
    return table


@pytest.fixture(scope="module")
def knows_ids(campaign: Path, runs: Path) -> Path:
    config = load_config(None, [*QUICK, 'compare.models=["dense_network","base_rate"]'])
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        return run(campaign, "simulated-campaign", config, runs=runs).folder


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("late", [1, 199], ids=["one comes late", "all but one come late"])
def test_whoever_objects_at_any_moment_is_on_no_later_list(
    campaign: Path, knows_ids: Path, runs: Path, tmp_path: Path, late: int
) -> None:
    """An objection keeps a customer off the next list, whatever is remembered of the one before."""
    objectors = pl.read_csv(campaign)["customer_id"].sample(200, seed=3)
    file, config = tmp_path / "do_not_call.csv", policy(f'policy.suppress=["{tmp_path / "do_not_call.csv"}"]')
    for known in (objectors.tail(200 - late), objectors):
        pl.DataFrame({"customer_id": known}).write_csv(file)
        made = target(
            campaign, knows_ids, config, runs=runs, out=tmp_path / f"lists-{len(known)}-{time.monotonic_ns()}"
        )
        chosen = made.call_list.frame().filter(pl.col("status").is_in(["listed", "held_out"]))
        assert chosen.height > 100
        assert not set(chosen["customer"]) & set(known)
        assert made.out is not None
        assert not set(pl.read_csv(made.out / "dialler.csv")["customer"]) & set(known)


@pytest.mark.usefixtures("undrawn")
def test_an_objector_is_neither_listed_nor_predicted(done: RunResult, runs: Path, tmp_path: Path) -> None:
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False).head(400)
    with_consent = given.with_columns(consent=pl.Series(["yes", "no"] * 200))
    with_consent.write_csv(tmp_path / "customers.csv")
    config = policy('policy.exclude=[{name = "objected", column = "consent", levels = ["no"]}]')
    result = target(tmp_path / "customers.csv", done.folder, config, runs=runs)
    held_back = result.call_list.frame().filter(pl.col("status") == "suppressed")
    assert held_back.height == 200
    assert held_back["propensity"].null_count() == 200
    assert result.summary["suppressed_because"] == {"objected": 200}
    assert not any("do-not-call" in sentence for sentence in result.sentences)


def test_a_list_that_respects_no_objection_says_so(targeted: Targeted) -> None:
    assert any("this list respects no do-not-call list" in sentence for sentence in targeted.sentences)


@pytest.mark.usefixtures("undrawn")
def test_a_list_that_does_not_name_customers_by_the_ids_of_the_table_says_so(done: RunResult, runs: Path) -> None:
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    with_ids = table.with_columns(customer=pl.int_range(90_000, 90_000 + table.height).reverse().cast(pl.String))
    found = target(with_ids, done.folder, policy(), runs=runs)
    (doubt,) = (each for each in found.summary["doubts"] if each["title"] == "The ids of the table are not used")
    assert "named by the number of the record" in doubt["sentence"]
    assert 'role = "id"' in doubt["sentence"]
    assert f"warning: {doubt['sentence']}" in found.sentences


def test_a_table_that_is_not_written_as_the_network_learned_it_is_said(
    done: RunResult, runs: Path, targeted: Targeted
) -> None:
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    written = table.with_columns(pl.col("housing").replace({"yes": "owns", "no": "rents"}))
    said = "have a level of 'housing' that training did not know"
    found = target(written, done.folder, policy(), runs=runs)
    (doubt,) = (each for each in found.summary["doubts"] if "not written as" in each["title"])
    assert said in doubt["sentence"]
    assert any(sentence.startswith("warning: ") and said in sentence for sentence in found.sentences)
    assert said in unescape((found.folder / "report.html").read_text("utf-8"))
    assert not any("not written as" in each["title"] for each in targeted.summary["doubts"])


@pytest.mark.usefixtures("undrawn")
def test_a_do_not_call_file_of_nobody_is_said(campaign: Path, knows_ids: Path, runs: Path, tmp_path: Path) -> None:
    (tmp_path / "stop.csv").write_text("customer_id\nnobody-1\nnobody-2\n", "utf-8")
    found = target(campaign, knows_ids, policy(f'policy.suppress=["{tmp_path / "stop.csv"}"]'), runs=runs)
    said = "warning: none of the 2 entries of 'stop.csv' is a customer of this table"
    assert any(sentence.startswith(said) for sentence in found.sentences)


@pytest.mark.usefixtures("undrawn")
def test_calls_that_lie_ahead_are_said(campaign: Path, knows_ids: Path, runs: Path, tmp_path: Path) -> None:
    customer = next(iter(pl.read_csv(campaign, infer_schema=False)["customer_id"]))
    (tmp_path / "calls.csv").write_text(f"customer_id,date\n{customer},2962-03-14\n", "utf-8")
    history = [f'policy.history="{tmp_path / "calls.csv"}"', "policy.rest_days=10"]
    found = target(campaign, knows_ids, policy(*history), runs=runs)
    assert any(sentence.startswith("warning: 1 customer has a call after") for sentence in found.sentences)


@pytest.mark.usefixtures("undrawn")
def test_a_bundle_that_knows_the_future_is_refused(runs: Path) -> None:
    quick = [
        "model.recipe=plain",
        "model.hidden=[8]",
        "model.epochs=1",
        "compare.enabled=false",
        "segments.enabled=false",
    ]
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:600]
    cheat = run(table, "bank-marketing", load_config(None, quick, {"data.at": "after_call"}), runs=runs)
    with pytest.raises(PolicyError, match="only after the call"):
        target(sample_path(), cheat.folder, policy(), runs=runs)


@pytest.mark.parametrize(
    "rule",
    [
        'policy.quotas=[{column = "job", level = "studnet", maximum = 3}]',
        'policy.exclude=[{name = "young", column = "job", levels = ["studnet"]}]',
    ],
)
def test_a_level_that_the_contract_does_not_know_is_refused_before_there_is_a_run(
    done: RunResult, runs: Path, rule: str
) -> None:
    before = set(runs.iterdir())
    with pytest.raises(PolicyError, match="'studnet', which 'job' never says"):
        target(sample_path(), done.folder, policy(rule), runs=runs)
    assert set(runs.iterdir()) == before


def test_a_level_that_nobody_has_is_said_everywhere(
    done: RunResult, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False).head(300)
    given.with_columns(branch=pl.Series(["101", "102"] * 150)).write_csv(tmp_path / "customers.csv")
    rules = policy(
        'policy.exclude=[{name = "closed", column = "branch", levels = ["101", "11O"]}]',
        'policy.quotas=[{column = "branch", level = "Porto", maximum = 5}]',
    )
    found = target(tmp_path / "customers.csv", done.folder, rules, runs=runs)
    said = [doubt["sentence"] for doubt in found.summary["doubts"] if doubt["title"] == "A rule waits for nobody"]
    assert said == [
        "nobody has '11O' in 'branch', for which the exclusion 'closed' waits; look how the table writes it",
        "nobody has 'Porto' in 'branch', for which the quota 'branch Porto' waits; look how the table writes it",
    ]
    page = unescape((found.folder / "report.html").read_text("utf-8"))
    results.targeted(Screen(json=True), found)
    told = json.loads(capsys.readouterr().out)["sentences"]
    for sentence in said:
        assert f"warning: {sentence}" in found.sentences
        assert f"warning: {sentence}" in told
        assert f"{capital(sentence)}." in page
    assert found.summary["suppressed_because"] == {"closed": 150}


@pytest.mark.usefixtures("undrawn")
def test_a_level_of_the_contract_that_nobody_has_this_time_is_no_doubt(done: RunResult, runs: Path) -> None:
    table = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    rule = policy('policy.exclude=[{name = "studying", column = "job", levels = ["student"]}]')
    found = target(table.filter(pl.col("job") != "student"), done.folder, rule, runs=runs)
    assert not any("waits for nobody" in doubt["title"] for doubt in found.summary["doubts"])


def test_what_those_who_call_need_is_carried_into_every_file_and_no_page(
    done: RunResult, runs: Path, tmp_path: Path
) -> None:
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False).head(300)
    branches = pl.Series(["007", "=1+1"] * 150)
    given.with_columns(branch=branches, adviser=pl.lit("Dr. Mukherjee")).write_csv(tmp_path / "customers.csv")
    profile = tmp_path / "dialler.toml"
    profile.write_text('[[columns]]\nheader = "Branch"\nsource = "branch"\n')
    config = policy('policy.carry=["branch", "adviser"]')
    made = target(tmp_path / "customers.csv", done.folder, config, runs=runs, dialler=profile)
    kept = pl.read_parquet(made.folder / "call_list.parquet").sort("record")
    assert kept["branch"].to_list() == branches.to_list()
    sheet = openpyxl.load_workbook(made.folder / "call_list.xlsx")["Call list"]
    headers, *rows = sheet.iter_rows(min_col=3, max_col=4, values_only=True)
    assert headers == ("branch", "adviser")
    assert {branch for branch, _ in rows} == {"007", "'=1+1"}
    written = pl.read_csv(made.folder / "dialler.csv", infer_schema=False)
    assert set(written["Branch"]) == {"007", "'=1+1"}
    assert "Mukherjee" not in (made.folder / "report.html").read_text("utf-8")
    config = policy('policy.sheet_by="branch"')
    by_branch = target(tmp_path / "customers.csv", done.folder, config, runs=runs, dialler=profile)
    assert set(pl.read_csv(by_branch.folder / "dialler.csv", infer_schema=False)["Branch"]) == {"007", "'=1+1"}
    book = openpyxl.load_workbook(by_branch.folder / "call_list.xlsx")
    assert book.sheetnames == ["How to read", "007", "_=1+1", "What if"]
    assert sum(book[name].max_row - 1 for name in ("007", "_=1+1")) == by_branch.summary["counts"]["listed"]
    with pytest.raises(PolicyError, match="'branhc' that the table does not have"):
        target(tmp_path / "customers.csv", done.folder, policy('policy.carry=["branhc"]'), runs=runs)
    rule = 'policy.exclude=[{name="long", column="durration", above=5}]'
    with pytest.raises(PolicyError, match="'durration' that the table does not have") as refused:
        target(given.drop("duration", strict=False), done.folder, policy(rule), runs=runs)
    assert {*refused.value.expected.removeprefix("one of ").split(", ")} <= {*given.columns, "segment"} - {"duration"}


def test_no_economics_no_list(done: RunResult, runs: Path) -> None:
    with pytest.raises(PolicyError, match="what a call costs"):
        target(sample_path(), done.folder, load_config(), runs=runs)


def test_a_missing_objection_file_stops_the_work(done: RunResult, runs: Path, tmp_path: Path) -> None:
    missing = tmp_path / "do_not_call.csv"
    code = main(
        ["target", str(sample_path()), "--bundle", str(done.folder), "--runs", str(runs), "--suppress", str(missing)]
        + [word for text in POLICY for word in ("--set", text)]
    )
    assert code == 2


def test_the_template_makes_sense(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "init"]) == 0
    (tmp_path / "policy.toml").write_text(capsys.readouterr().out)
    assert main(["policy", "check", str(tmp_path / "policy.toml")]) == 0


def test_everyone_listed_has_a_reason_and_no_sensitive_column_is_named(targeted: Targeted) -> None:
    listed = targeted.call_list.listed
    assert listed["reason_1"].null_count() == 0
    others = targeted.call_list.frame().filter(pl.col("status") != "listed")
    assert others["reason_1"].null_count() == others.height
    said = " ".join(listed.select("reason_1", "reason_2", "reason_3").unpivot()["value"].drop_nulls())
    assert "raises the chance" in said
    assert "age of" not in said
    assert "marital" not in said


def test_quotas_and_a_team_are_kept_and_priced_in_words(done: RunResult, runs: Path) -> None:
    config = policy(
        'policy.quotas=[{column = "job", level = "retired", maximum = 10}]',
        'policy.capacities=[{name = "agent hour", agents = 2, hours = 8, handling_minutes = 6.0}]',
    )
    result = target(sample_path(), done.folder, config, runs=runs)
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False)["job"]
    jobs = given.gather(result.call_list.listed["record"] - 1)
    assert (jobs == "retired").sum() <= 10
    assert result.call_list.counts["listed"] <= 160
    assert any("one more agent hour is worth" in sentence for sentence in result.sentences)
    page = (result.folder / "report.html").read_text("utf-8")
    assert "What limits the list" in page
    assert "What this ranking brought among past customers" in page


@pytest.mark.usefixtures("undrawn")
def test_an_earlier_list_is_compared_with_and_more_budget_drops_nobody(
    targeted: Targeted, done: RunResult, runs: Path, tmp_path: Path
) -> None:
    pl.read_parquet(targeted.folder / "call_list.parquet").write_csv(tmp_path / "list.csv")
    before = f'policy.compare_with="{tmp_path / "list.csv"}"'
    more = target(sample_path(), done.folder, policy("policy.budget_calls=350", before), runs=runs)
    fewer = target(sample_path(), done.folder, policy("policy.budget_calls=100", before), runs=runs)
    assert {name: more.summary["dropped"][name] for name in ("before", "dropped")} == {"before": 300, "dropped": 0}
    assert not more.summary["dropped"]["sentences"]
    assert fewer.summary["dropped"]["dropped"] == 200
    assert pl.read_parquet(fewer.folder / "dropped_out.parquet").height == 200


def test_a_quota_by_segment_needs_a_bundle_with_segments(done: RunResult, runs: Path) -> None:
    with pytest.raises(PolicyError, match="this bundle knows none"):
        target(
            sample_path(),
            done.folder,
            policy('policy.quotas=[{column = "segment", level = "A", maximum = 10}]'),
            runs=runs,
        )


@pytest.mark.usefixtures("undrawn")
def test_calls_that_cost_nothing_are_worth_making(done: RunResult, runs: Path) -> None:
    free = load_config(None, ["economics.cost_per_call=0", "economics.value_per_success=60"])
    made = target(sample_path(), done.folder, free, runs=runs)
    assert made.summary["counts"]["listed"] + made.summary["counts"]["held_out"] == 4521


@pytest.mark.parametrize("knows_jobs", [False, True])
def test_whose_segment_was_chosen_without_knowing_them_is_said_on_the_list(knows_jobs: bool, tmp_path: Path) -> None:
    nodes = [{"column": 0, "left_levels": [0], "left": 1, "right": 2}, {"leaf": 0}, {"leaf": 1}]
    by_job = SEGMENTS["state"] | {"method": "tree", "tree": {"nodes": nodes}, "segment_of_leaf": [1, 0]}
    parts = small_parts() | {"segments": SEGMENTS | {"state": by_job}}
    write_bundle(tmp_path / "bundle", **parts)
    jobs = ["student", "student" if knows_jobs else None, "admin."] * 40
    called = pl.DataFrame({"age": [41] * 120, "job": jobs, "phone": [f"+3519100{number:05}" for number in range(120)]})
    made = target(called, tmp_path / "bundle", policy("policy.holdout_share=0"), runs=tmp_path / "runs")
    listed = made.call_list.listed
    without = pl.when(pl.col("record") % 3 == 2).then(pl.lit("job: segment chosen without it"))
    assert listed.height == 120
    assert listed["segment"].null_count() == 0
    doubts = listed.select(without).to_series() if not knows_jobs else pl.Series([None] * 120, dtype=pl.String)
    assert listed["segment_doubt"].to_list() == doubts.to_list()
    with (made.folder / "dialler.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    sheet = openpyxl.load_workbook(made.folder / "call_list.xlsx")["Call list"]
    assert (header[-1] == "segment_doubt") is not knows_jobs
    assert ("Segment doubt" in [cell.value for cell in sheet[1]]) is not knows_jobs

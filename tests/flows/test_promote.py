"""What the gate lets through: bundles that prove themselves and decide no later than the champion."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.contract.contract import load_contract, parse_contract
from segmint.contract.validate import validate
from segmint.errors import BundleError, DataError, RunError
from segmint.evaluation.recalibration import cross_fitted
from segmint.flows.predict import predict
from segmint.flows.promote import compare_bundles, promote, promotions, rollback, told_promotion
from segmint.flows.update import update
from segmint.monitoring.results import customer_groups
from segmint.splits.groups import names_of
from segmint.store.bundle import open_bundle, write_bundle
from segmint.store.promoted import Entry
from segmint.store.run import Run
from segmint.store.run_files import FINGERPRINTS
from segmint.store.training_ids import write_training_ids
from segmint.tables.source import file_fingerprint, open_table
from tests.flows.waves import CONFIG as QUICK_CONFIG
from tests.flows.waves import more_yes
from tests.service.small import CONTRACT, small_parts

CONFIG = load_config()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: other tests make runs too."""
    return tmp_path_factory.mktemp("runs")


def finished(runs: Path, seed: int, inputs: Any = None, **changes: Any) -> Path:
    with Run.create(runs, "run", "", seed, inputs or {}) as here:
        write_bundle(here.folder / "bundle", **small_parts(seed) | changes)
        here.done({})
    return here.folder


def taught(folder: Path, ids: Any) -> None:
    """Let a finished run have been trained on these customers."""
    write_training_ids(folder, ids)
    Run.open(folder).done({})


def test_golden_rows_are_predicted_before_a_bundle_is_used_and_before_going_back(tmp_path: Path) -> None:
    spoilt = small_parts(1)["golden"]
    spoilt["probabilities"][0] = [0.9, 0.1]
    with pytest.raises(BundleError, match="golden rows"):
        promote(finished(tmp_path, 1, golden=spoilt), CONFIG, runs=tmp_path)
    assert promotions(runs=tmp_path).entries == ()
    for seed in (2, 3):
        promote(finished(tmp_path, seed), CONFIG, runs=tmp_path, despite="a test")
    assert rollback(runs=tmp_path).sentence.startswith("In use again")


def test_a_first_champion_knows_nothing_of_the_call(tmp_path: Path) -> None:
    late = finished(tmp_path, 1, at="after_call")
    with pytest.raises(RunError, match="known only after the call") as told:
        promote(late, CONFIG, runs=tmp_path)
    assert "segmint run --at planning" in told.value.fix
    entry = promote(late, CONFIG, runs=tmp_path, despite="to see what it is worth").entry
    assert entry.gate["passed"] is False
    assert "known only after the call" in entry.gate["sentence"]


def test_a_challenger_decides_no_later_than_the_champion(tmp_path: Path) -> None:
    promote(finished(tmp_path, 1), CONFIG, runs=tmp_path)
    for seed, at in ((2, "dialling"), (3, "after_call")):
        late = finished(tmp_path, seed, at=at)
        with pytest.raises(RunError, match="the champion decides at planning"):
            promote(late, CONFIG, runs=tmp_path)
    entry = promote(late, CONFIG, runs=tmp_path, despite="the reason").entry
    assert (entry.gate["passed"], entry.gate["despite"]) == (False, "the reason")
    assert "the reason" in promotions(runs=tmp_path).sentences[-1]
    earlier = finished(tmp_path, 4)  # the other way round it is only compared
    with pytest.raises(RunError, match="nothing to compare"):
        promote(earlier, CONFIG, runs=tmp_path)


@pytest.mark.parametrize("command", ["run", "update"])
def test_only_an_update_judges_itself_and_only_by_what_it_wrote(tmp_path: Path, command: str) -> None:
    champion = promote(finished(tmp_path, 1), CONFIG, runs=tmp_path).entry.manifest
    forged = {"passed": True, "verdict": "better", "sentence": "better by far", "champion": champion}
    with Run.create(tmp_path, command, "", 2, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts(2))
        here.done({})
    (here.folder / "gate.json").write_text(json.dumps(forged))
    with pytest.raises(RunError, match="nothing to compare"):
        promote(here.folder, CONFIG, runs=tmp_path)
    (here.folder / "gate.json").unlink()
    Run.open(here.folder).keep("gate.json", forged)
    Run.open(here.folder).done({})
    if command == "update":
        assert promote(here.folder, CONFIG, runs=tmp_path).entry.gate["passed"]
    else:
        with pytest.raises(RunError, match="nothing to compare"):
            promote(here.folder, CONFIG, runs=tmp_path)


def called(seed: int, n: int = 400) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "age": (18 + 70 * draw.random(n)).round(6),
            "job": draw.choice(["admin.", "student"], n),
            "phone": [None] * n,
            "y": draw.choice(["no", "yes"], n),
        },
        schema_overrides={"phone": pl.String},
    )


def test_without_ids_no_bundle_is_judged_on_the_table_it_was_trained_on(tmp_path: Path) -> None:
    runs, file = tmp_path / "runs", tmp_path / "train.csv"
    called(1).write_csv(file)
    champion = finished(runs, 1, at="planning")
    promote(champion, CONFIG, runs=runs)
    challenger = finished(runs, 2, {"train.csv": file_fingerprint(file)})
    with pytest.raises(DataError, match="trained on this very table"):
        promote(challenger, CONFIG, runs=runs, on=file)


@pytest.mark.parametrize("learned", ["champion", "challenger"])
def test_without_ids_customers_of_training_are_found_by_how_they_look(tmp_path: Path, learned: str) -> None:
    """Another file, another order, other rows beside them: what was learned by heart still does not judge itself."""
    folders = {name: finished(tmp_path, seed) for seed, name in enumerate(("champion", "challenger"), 1)}
    trained = validate(open_table(called(1)), small_parts()["contract"])
    taught(folders[learned], names_of(trained))
    promote(folders["champion"], CONFIG, runs=tmp_path)
    again = called(1).reverse()
    with pytest.raises(DataError, match="trained on 400 of the 400 customers, or on customers who look the same"):
        promote(folders["challenger"], CONFIG, runs=tmp_path, on=again)
    both = pl.concat([again, called(2)])
    entry = promote(folders["challenger"], CONFIG, runs=tmp_path, on=both, despite="a test").entry
    assert entry.gate["judged_on"] == {"customers": 400, "learned_from": 400, "nobody_called": 0}
    assert "; judged on 400 customers; 400 customers that" in promotions(runs=tmp_path).sentences[-1]
    assert "400 customers that one of the two was trained on" in entry.gate["sentence"]
    alone = promote(folders["champion"], CONFIG, runs=tmp_path, on=called(2), despite="a test").entry
    assert alone.gate["difference"] == pytest.approx(-entry.gate["difference"])


def test_the_gate_needs_enough_new_customers_and_enough_of_each_outcome(tmp_path: Path) -> None:
    """What is checked is what is left once customers of training are taken out."""
    champion, challenger = (finished(tmp_path, seed) for seed in (1, 2))
    taught(champion, names_of(validate(open_table(called(1)), small_parts()["contract"])))
    promote(champion, CONFIG, runs=tmp_path)
    with pytest.raises(DataError, match="There are 60 customers to judge by"):
        promote(challenger, CONFIG, runs=tmp_path, on=called(2, 60))
    nobody = called(2).with_columns(y=pl.lit("no"))
    with pytest.raises(DataError, match="400 customers to judge by; 0 said yes and 400 said no") as told:
        promote(challenger, CONFIG, runs=tmp_path, on=pl.concat([called(1), nobody]))
    assert "10 of each outcome" in told.value.expected
    few = nobody.with_columns(y=pl.when(pl.int_range(pl.len()) < 9).then(pl.lit("yes")).otherwise("y"))
    with pytest.raises(DataError, match="9 said yes"):
        promote(challenger, CONFIG, runs=tmp_path, on=pl.concat([called(1), few]))


def two_with_ids(runs: Path) -> tuple[Path, Path]:
    """Two bundles whose contract names the customers."""
    contract = parse_contract(
        CONTRACT + '[columns.customer]\nkind = "text"\nrole = "id"\nlabel = "customer"\n', origin="test"
    )
    goldens = [small_parts(seed)["golden"] for seed in (1, 2)]
    for golden in goldens:
        golden["rows"] = [row | {"customer": f"G{place}"} for place, row in enumerate(golden["rows"])]
    first, second = (finished(runs, seed, contract=contract, golden=golden) for seed, golden in enumerate(goldens, 1))
    return first, second


def with_ids(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(customer=pl.format("C{}", pl.int_range(pl.len())))


def test_rows_of_one_customer_are_one_customer_to_the_gate(tmp_path: Path) -> None:
    """Five rows each are no five times as many customers: the interval must not shrink."""
    first, second = two_with_ids(tmp_path)
    promote(first, CONFIG, runs=tmp_path)
    once = with_ids(called(3))
    gates = []
    for table, challenger in ((once, second), (pl.concat([once] * 5), first)):
        gates.append(promote(challenger, CONFIG, runs=tmp_path, on=table, despite="a test").entry.gate)
    one, five = (gate["high"] - gate["low"] for gate in gates)
    assert five == pytest.approx(one, rel=0.15)


def test_customers_left_out_are_counted_as_customers_and_not_by_their_rows(tmp_path: Path) -> None:
    first, second = two_with_ids(tmp_path)
    once = with_ids(called(3))
    learned = once.head(150)
    taught(first, learned["customer"])
    promote(first, CONFIG, runs=tmp_path)
    with pytest.raises(DataError, match="trained on 150 of the 150 customers, or moved by their results"):
        promote(second, CONFIG, runs=tmp_path, on=pl.concat([learned] * 3))
    entry = promote(second, CONFIG, runs=tmp_path, on=pl.concat([once] * 3), despite="a test").entry
    assert entry.gate["judged_on"] == {"customers": 250, "learned_from": 150, "nobody_called": 0}
    assert "judged on 250 customers; 150 customers that one of the two was trained on" in entry.gate["sentence"]


def test_a_bundle_whose_fingerprints_were_removed_is_judged_and_nobody_can_tell_whom_it_learned_from(
    tmp_path: Path,
) -> None:
    first, second = two_with_ids(tmp_path)
    table = with_ids(called(3))
    for folder in (first, second):
        taught(folder, table["customer"].head(150))
    for name in FINGERPRINTS:
        (first / name).unlink(missing_ok=True)
    promote(first, CONFIG, runs=tmp_path)
    gate = promote(second, CONFIG, runs=tmp_path, on=table, despite="a test").entry.gate
    assert gate["judged_on"] == {"customers": 250, "learned_from": 150, "nobody_called": 0}
    assert gate["sentence"].endswith(f"left out; nobody can tell whom {first.name} learned from")


@pytest.mark.network
def test_the_challenger_passes_the_gate_and_the_way_back_is_one_line(
    updated: Any, trained: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there was no champion" in promote(trained, QUICK_CONFIG, runs=runs).sentence
    assert "better" in promote(updated.folder, QUICK_CONFIG, runs=runs).sentence
    assert open_bundle("PROMOTED", runs).digest == open_bundle(updated.folder).digest
    assert main(["rollback", "--runs", str(runs), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == trained.name
    assert main(["rollback", "--runs", str(runs)]) == 2
    with pytest.raises(RunError, match="no earlier champion"):
        rollback(runs=runs)


def strangers(wave: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The wave with its answers as they were, of customers who moved no bundle."""
    answered = wave["wave"].join(wave["results"], on="customer_id")
    return answered.with_columns(customer_id=pl.lit("N") + pl.col("customer_id"))


@pytest.mark.network
def test_a_bundle_is_not_judged_on_the_customers_who_moved_it(
    wave: dict[str, pl.DataFrame], trained: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained, tmp_path / trained.name)
    promote(trained.name, QUICK_CONFIG, runs=tmp_path)
    scored = predict(wave["wave"], trained, QUICK_CONFIG, runs=tmp_path).folder / "predictions.parquet"
    answers = more_yes(wave["results"])
    found = update(answers.head(900), scored, "PROMOTED", QUICK_CONFIG, runs=tmp_path)
    assert "already" not in found.sentences[0]
    whole = wave["wave"].join(answers, on="customer_id")
    gate = promote(found.folder, QUICK_CONFIG, runs=tmp_path, on=whole).entry.gate
    assert "900 customers that one of the two was trained on, or moved by, are left out" in gate["sentence"]
    again = update(answers.tail(1_000), scored, "PROMOTED", QUICK_CONFIG, runs=tmp_path)
    assert "400 of 1,000 customers have moved the present bundle already" in again.sentences[0]
    assert (again.summary["moved_before"], again.summary["customers"]) == (400, 1_000)
    assert again.summary["observed"] == pytest.approx((answers.tail(1_000)["subscribed"] == "yes").mean())
    with pytest.raises(DataError, match="on 1,500 of the 1,500 customers, or moved by their results"):
        promote(again.folder, QUICK_CONFIG, runs=tmp_path, on=whole)


def test_without_ids_who_moved_a_bundle_is_found_by_how_the_customer_looks(tmp_path: Path) -> None:
    champion = finished(tmp_path, 1)
    promote(champion, CONFIG, runs=tmp_path)
    wave = called(1).with_columns(record=pl.int_range(pl.len()))
    found = update(wave.select("record", "y"), wave.drop("y"), champion, CONFIG, runs=tmp_path)
    with pytest.raises(DataError, match="400 of the 400 customers, or on customers who look the same, or moved by"):
        promote(found.folder, CONFIG, runs=tmp_path, on=called(1).reverse(), despite="a test")
    promote(found.folder, CONFIG, runs=tmp_path, on=called(2), despite="a test")


def test_without_ids_an_update_keeps_the_table_that_was_trained_on_apart_from_those_that_moved_it(
    tmp_path: Path,
) -> None:
    runs, files = tmp_path / "runs", {name: tmp_path / f"{name}.csv" for name in ("train", "wave", "results", "again")}
    called(1).write_csv(files["train"])
    wave = called(2).with_columns(record=pl.int_range(1, pl.len() + 1))
    wave.write_csv(files["wave"])
    wave.select("record", "y").write_csv(files["results"])
    wave.select("record", "y").head(300).write_csv(files["again"])
    bundle = finished(runs, 1, {"train.csv": file_fingerprint(files["train"])})
    promote(bundle, CONFIG, runs=runs)
    scored = wave.drop("y")
    for results in ("results", "again"):
        bundle = update(files[results], scored, bundle, CONFIG, runs=runs, customers=files["wave"]).folder
        assert predict(files["train"], bundle, CONFIG, runs=runs).trained_on == 400
        assert predict(files["wave"], bundle, CONFIG, runs=runs).trained_on is None
        with pytest.raises(DataError, match=f"{bundle.name} was moved by the results of this very table"):
            promote(bundle, CONFIG, runs=runs, on=files["wave"])
    with pytest.raises(DataError, match="was trained on this very table"):
        promote(bundle, CONFIG, runs=runs, on=files["train"])


def test_a_bundle_without_its_run_can_be_updated_and_nobody_can_tell_whom_it_was_trained_on(tmp_path: Path) -> None:
    bare, wave = tmp_path / "bare", called(2).with_columns(record=pl.int_range(pl.len()))
    shutil.copytree(finished(tmp_path / "elsewhere", 1) / "bundle", bare)
    found = update(wave.select("record", "y"), wave.drop("y"), bare, CONFIG, runs=tmp_path / "runs")
    assert predict(called(1), found.folder, CONFIG, runs=tmp_path / "runs").trained_on is None


@pytest.mark.network
def test_a_challenger_that_is_no_better_is_refused_unless_a_person_says_why(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, runs: Path, tmp_path: Path
) -> None:
    promote(trained, QUICK_CONFIG, runs=runs)
    as_it_was = strangers(wave)
    with pytest.raises(RunError, match="was not promoted; worse"):
        promote(updated.folder, QUICK_CONFIG, runs=runs, on=as_it_was)
    entry = promote(updated.folder, QUICK_CONFIG, runs=runs, on=as_it_was, despite="the rate will rise").entry
    assert entry.gate["despite"] == "the rate will rise"


@pytest.mark.network
def test_two_bundles_are_not_compared_on_customers_that_one_was_trained_on(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, tmp_path: Path
) -> None:
    now, next_one = (shutil.copytree(folder, tmp_path / folder.name) for folder in (trained, updated.folder))
    promote(now, QUICK_CONFIG, runs=tmp_path)
    with pytest.raises(DataError, match=r"trained on 2,000 of the 2,000 customers"):
        promote(next_one, QUICK_CONFIG, runs=tmp_path, on=wave["train"])
    both = pl.concat([wave["train"].head(300), strangers(wave)], how="diagonal")
    with pytest.raises(RunError, match="300 customers that one of the two was trained on, or moved by, are left out"):
        promote(next_one, QUICK_CONFIG, runs=tmp_path, on=both)


@pytest.mark.network
def test_the_gate_says_on_whom_it_judged(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now, next_one = (shutil.copytree(folder, tmp_path / folder.name) for folder in (trained, updated.folder))
    promote(now, QUICK_CONFIG, runs=tmp_path)
    alone = pl.when(pl.int_range(pl.len()) < 200).then(pl.lit("no")).otherwise(pl.lit("yes"))
    table = pl.concat([strangers(wave).with_columns(called=alone), wave["train"].head(300)], how="diagonal_relaxed")
    table.with_columns(pl.col("called").fill_null("yes")).write_csv(tmp_path / "latest.csv")
    argv = ["promote", str(next_one), "--runs", str(tmp_path), "--on", str(tmp_path / "latest.csv"), "--json"]
    assert main([*argv, "--despite", "a test"]) == 0
    gate = json.loads(capsys.readouterr().out)["gate"]
    assert gate["judged_on"] == {"customers": 1_300, "learned_from": 300, "nobody_called": 200}
    assert "judged on 1,300 customers; 300 customers that one" in gate["sentence"]
    assert gate["sentence"].endswith("200 rows whose customer nobody called are left out")


@pytest.mark.network
def test_the_history_says_when_which_run_and_why(
    trained: Path, updated: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["promote", "--runs", str(tmp_path)]
    assert main([*argv, "--history"]) == 0
    assert "Nothing was promoted here yet" in capsys.readouterr().out
    for folder in (trained, updated.folder):
        shutil.copytree(folder, tmp_path / folder.name)
        promote(folder.name, QUICK_CONFIG, runs=tmp_path, despite="the quarter begins")
    assert main(["rollback", "--runs", str(tmp_path), "--because", "too many complaints"]) == 0
    capsys.readouterr()
    assert main([*argv, "--history"]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert f"promote   {trained.name}  first: there was no champion" in first
    assert f"promote   {updated.folder.name}  better: log score" in second
    assert f"rollback  {trained.name}  back to the one before: too many complaints; by " in third
    assert third.endswith("(in use)")
    assert main([*argv, "--history", "--json"]) == 0
    assert [entry["action"] for entry in json.loads(capsys.readouterr().out)["history"]] == ["promote"] * 2 + [
        "rollback"
    ]
    assert main(argv) == 2
    assert "No run was named" in capsys.readouterr().err


def test_a_promotion_against_the_gate_tells_the_reason() -> None:
    entry = Entry(
        "2026-03-14T10-15-02Z-3f9c",
        "a" * 64,
        "2026-11-26",
        "promote",
        None,
        {"passed": False, "sentence": "worse: x", "despite": "trust"},
        "ann",
        "desk",
        "1.0",
        "",
    )
    assert told_promotion(entry).endswith("worse: x; promoted all the same: trust; by ann on desk")


def test_calls_of_one_customer_judge_as_one() -> None:
    """The same 200 customers four times are no 800 customers, and none judges a shift that it helped to find."""
    random = np.random.default_rng(3)
    said, better = random.uniform(0.05, 0.3, (2, 200))
    yes, bundle = random.random(200) < 0.2, SimpleNamespace(weights={})
    once = compare_bundles(bundle, bundle, (better, said), yes, np.arange(200))
    four = [np.tile(values, 4) for values in (better, said, yes, np.arange(200))]
    again = compare_bundles(bundle, bundle, (four[0], four[1]), four[2], four[3])
    assert (again.low, again.high) == pytest.approx((once.low, once.high), abs=1e-9)
    moved = cross_fitted(four[1], four[2], four[3]).reshape(4, 200)
    assert np.array_equal(moved[0], moved[3])
    repeated = pl.DataFrame({"customer_id": ["7", " 7", None, None, "8"]})
    groups = customer_groups(repeated, load_contract("simulated-campaign"))
    assert groups[0] == groups[1]
    assert np.unique(groups).size == 4


def test_an_equal_and_simpler_challenger_passes() -> None:
    random = np.random.default_rng(3)
    said = random.uniform(0.05, 0.3, 20_000)
    yes = random.random(20_000) < said
    small, large = (SimpleNamespace(weights={"w": np.zeros(size)}) for size in (10, 100))
    nearly = said * (1 + random.normal(0, 0.002, said.size))
    assert compare_bundles(small, large, (nearly, said), yes).verdict == "equal_and_simpler"
    assert compare_bundles(large, small, (nearly, said), yes).verdict == "not_better"

"""From a scored wave and its results to alarms, a challenger, the champion, and what calling brought."""

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
from segmint.contract.contract import load_contract
from segmint.errors import ConfigError, DataError, RunError
from segmint.evaluation.recalibration import cross_fitted, intercept_shift
from segmint.flows.measure import measure
from segmint.flows.monitor import monitor
from segmint.flows.predict import predict
from segmint.flows.promote import compare_bundles, promote, rollback, told_promotion
from segmint.flows.report import write_report
from segmint.flows.results import groups_of
from segmint.flows.run import run
from segmint.flows.scored import known_of, scoring_run
from segmint.flows.target import target
from segmint.flows.update import _require_apart, update
from segmint.models.interval import PropensityInterval
from segmint.report.run_view import RunView
from segmint.store.bundle import open_bundle
from segmint.store.promoted import Entry
from segmint.store.run import Run, list_runs
from segmint.tables.simulate import Campaign, simulate_batches

QUICK = [
    "model.recipe=plain", "model.hidden=[8]", "model.epochs=6", "segments.enabled=false", "split.folds=2", "compare.repeats=100",
    'compare.models=["dense_network","base_rate"]',
]  # fmt: skip
CONFIG = load_config(None, QUICK)


@pytest.fixture(scope="module")
def wave() -> dict[str, pl.DataFrame]:
    whole = pl.concat([block.frame for block in simulate_batches(Campaign(rows=3_500, seed=5, missing_share=0.0))])
    whole = whole.sample(fraction=1.0, shuffle=True, seed=2)
    now = whole[2_000:]
    return {"train": whole[:2_000], "wave": now.drop("subscribed"), "results": now.select("customer_id", "subscribed")}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def trained(wave: dict[str, pl.DataFrame], runs: Path) -> Path:
    pytest.importorskip("tensorflow")
    return run(wave["train"], "simulated-campaign", CONFIG, runs=runs).folder


def more_yes(results: pl.DataFrame, share: float = 0.25) -> pl.DataFrame:
    lucky = pl.Series(np.random.default_rng(1).random(results.height) < share)
    return results.with_columns(subscribed=pl.when(lucky).then(pl.lit("yes")).otherwise(pl.col("subscribed")))


@pytest.fixture(scope="module")
def updated(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> Any:
    scored = predict(wave["wave"], trained, CONFIG, runs=runs)
    path = scored.folder / "predictions.parquet"
    return update(more_yes(wave["results"]), path, trained, CONFIG, runs=runs)


@pytest.mark.network
def test_more_yes_than_promised_is_an_alarm_with_advice(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    found = monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=more_yes(wave["results"]))
    assert "DRIFT-06" in {alarm.code for alarm in found.drift.alarms}
    assert "1,500 of 1,500 scored customers have an outcome" in found.sentences[0]
    page = found.report.read_text("utf-8")
    assert "Does the wave still look like training" in page
    assert "DRIFT-06" in page
    assert wave["wave"]["customer_id"][0] not in page


@pytest.mark.network
def test_waves_held_against_the_same_bundle_are_lined_up(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, tmp_path: Path
) -> None:
    first, second = tmp_path / "spring.csv", tmp_path / "summer.csv"
    wave["wave"].head(600).write_csv(first)
    wave["wave"].tail(700).write_csv(second)
    assert len(monitor(first, trained, CONFIG, runs=tmp_path / "r").summary["waves"]) == 1
    monitor(first, trained, CONFIG, runs=tmp_path / "r", outcomes=wave["results"])
    monitor(second, updated.folder, CONFIG, runs=tmp_path / "r")
    found = monitor(second, trained, CONFIG, runs=tmp_path / "r", outcomes=more_yes(wave["results"]))
    spring, summer = found.summary["waves"]
    assert (spring["wave"], spring["customers"], spring["answered"]) == ("spring.csv", 600, 600)
    said_yes = wave["wave"].head(600).join(wave["results"], on="customer_id")["subscribed"] == "yes"
    assert spring["observed"] == pytest.approx(said_yes.mean())
    assert summer["wave"] == "summer.csv"
    assert "DRIFT-06" in summer["alarms"]
    page = found.report.read_text("utf-8")
    assert "Wave by wave, the same bundle" in page
    assert "spring.\u200bcsv" in page


@pytest.mark.network
def test_advice_names_the_run_and_what_an_alarm_means_stands_with_the_user(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=more_yes(wave["results"]))
    assert f"--bundle {trained.name}" in found.sentences[-1]
    assert "segmint monitor --explain DRIFT-06" in " ".join(found.sentences)
    page = found.report.read_text("utf-8")
    assert "The order of the customers may still be right" in page
    for text in (page, *found.sentences):
        assert "docs/alarms" not in text
        assert "--bundle RUN" not in text
    assert main(["monitor", "--explain", "DRIFT-06"]) == 0
    assert "The order of the customers may still be right" in capsys.readouterr().out
    assert main(["monitor", "--explain", "DRIFT-60"]) == 2
    assert "one of DRIFT-01" in capsys.readouterr().err


@pytest.mark.network
def test_without_outcomes_performance_is_estimated(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> None:
    found = monitor(wave["wave"], trained, CONFIG, runs=runs)
    assert found.drift.realised is None
    assert found.summary["estimated"]["auc"] > 0.5
    assert found.frame().height == len(open_bundle(trained).reference["columns"])


@pytest.mark.network
def test_outcomes_in_the_wave_count_also_where_some_are_not_known_yet(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    """Three blanks among 1,500 had made "no outcomes yet" of a wave in which nobody said yes."""
    nobody = wave["wave"].with_columns(subscribed=pl.Series(["", "", ""] + ["no"] * (wave["wave"].height - 3)))
    found = monitor(nobody, trained, CONFIG, runs=runs)
    assert found.summary["receipt"] == f"{nobody.height - 3:,} of {nobody.height:,} rows have an outcome."
    assert found.drift.realised is not None
    assert "DRIFT-06" in {alarm.code for alarm in found.drift.alarms}
    blank = monitor(nobody.with_columns(subscribed=pl.lit(" ")), trained, CONFIG, runs=runs)
    assert blank.drift.realised is None
    strange = nobody.with_columns(subscribed=pl.Series(["maybe"] * 7 + ["no"] * (nobody.height - 7)))
    with pytest.raises(DataError, match="7 of 1,500 rows have a word in 'subscribed' that means no outcome"):
        monitor(strange, trained, CONFIG, runs=runs)


@pytest.mark.network
def test_customers_who_stand_in_the_wave_twice_count_once(
    wave: dict[str, pl.DataFrame], trained: Path, tmp_path: Path
) -> None:
    once, twice = (
        monitor(frame, trained, CONFIG, runs=tmp_path, outcomes=wave["results"])
        for frame in (wave["wave"], pl.concat([wave["wave"], wave["wave"]]))
    )
    assert twice.sentences[0].startswith("1,500 customers held against training")
    assert twice.summary["customers"] == twice.summary["realised"]["customers"] == 1_500
    assert twice.frame().sort("column").equals(once.frame().sort("column"))
    assert [alarm.p_value for alarm in twice.drift.alarms] == pytest.approx([a.p_value for a in once.drift.alarms])
    assert open_bundle(trained).reference["rows"] == 2_000
    with pytest.raises(DataError, match="60 customers"):
        monitor(pl.concat([wave["wave"].head(60)] * 3), trained, CONFIG, runs=tmp_path)


@pytest.mark.network
def test_a_recalibrated_challenger_promises_what_was_observed(updated: Any, trained: Path) -> None:
    before, now = open_bundle(trained), open_bundle(updated.folder)
    assert updated.summary["promised_now"] == pytest.approx(updated.summary["observed"], abs=0.005)
    assert updated.summary["gate"]["verdict"] == "better"
    moved = abs(now.calibration["offset"] - before.calibration["offset"])
    assert now.reference["propensities"]["yes"]["offset"] == pytest.approx(moved)
    assert now.reference["propensities"]["no"]["offset"] == pytest.approx(-moved)
    assert all(np.array_equal(before.weights[name], now.weights[name]) for name in before.weights)
    assert now.calibration["offset"] > before.calibration["offset"]
    assert now.reference["average"]["yes"] > before.reference["average"]["yes"] + 0.05
    assert sum(now.reference["average"].values()) == pytest.approx(1.0)


@pytest.mark.network
def test_how_well_a_propensity_is_known_is_learned_anew(
    wave: dict[str, pl.DataFrame], updated: Any, runs: Path
) -> None:
    scored = pl.read_parquet(predict(wave["wave"], updated.folder, CONFIG, runs=runs).folder / "predictions.parquet")
    assert (scored["propensity_low"] < scored["propensity_high"]).all()
    assert scored.select(pl.col("propensity").is_between("propensity_low", "propensity_high").all()).item()
    interval = PropensityInterval.from_json(open_bundle(updated.folder).calibration["interval"])
    assert interval.customers == 1_500
    assert "learned anew from these 1,500 outcomes" in " ".join(updated.sentences)
    top = scored.sort("propensity").tail(150)
    happened = more_yes(wave["results"]).join(top, on="customer_id")["subscribed"] == "yes"
    assert top["propensity_low"].mean() < happened.mean() < top["propensity_high"].mean()


@pytest.mark.network
def test_the_challenger_passes_the_gate_and_the_way_back_is_one_line(
    updated: Any, trained: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "there was no champion" in promote(trained, CONFIG, runs=runs).sentence
    assert "better" in promote(updated.folder, CONFIG, runs=runs).sentence
    assert open_bundle("PROMOTED", runs).digest == open_bundle(updated.folder).digest
    assert main(["rollback", "--runs", str(runs), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == trained.name
    assert main(["rollback", "--runs", str(runs)]) == 2
    with pytest.raises(RunError, match="no earlier champion"):
        rollback(runs=runs)


@pytest.mark.network
def test_a_challenger_that_is_no_better_is_refused_unless_a_person_says_why(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, runs: Path, tmp_path: Path
) -> None:
    promote(trained, CONFIG, runs=runs)
    as_it_was = wave["wave"].join(wave["results"], on="customer_id")
    with pytest.raises(RunError, match="was not promoted; worse"):
        promote(updated.folder, CONFIG, runs=runs, on=as_it_was)
    entry = promote(updated.folder, CONFIG, runs=runs, on=as_it_was, despite="the rate will rise").entry
    assert entry.gate["despite"] == "the rate will rise"


@pytest.mark.network
def test_two_bundles_are_not_compared_on_customers_that_one_was_trained_on(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, tmp_path: Path
) -> None:
    now, next_one = (shutil.copytree(folder, tmp_path / folder.name) for folder in (trained, updated.folder))
    promote(now, CONFIG, runs=tmp_path)
    with pytest.raises(DataError, match=r"trained on 2,000 of the 2,000 customers"):
        promote(next_one, CONFIG, runs=tmp_path, on=wave["train"])
    both = pl.concat([wave["train"].head(300), wave["wave"].join(wave["results"], on="customer_id")], how="diagonal")
    with pytest.raises(RunError, match="300 customers that one of the two was trained on are left out"):
        promote(next_one, CONFIG, runs=tmp_path, on=both)


@pytest.mark.network
def test_whoever_a_network_was_trained_on_is_told_by_id_and_after_an_update_too(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, runs: Path
) -> None:
    for bundle in (trained, trained.name, updated.folder, updated.folder.name, trained / "bundle"):
        assert predict(wave["train"].head(20), bundle, CONFIG, runs=runs).trained_on == 20
        assert predict(wave["wave"].head(20), bundle, CONFIG, runs=runs).trained_on == 0


@pytest.mark.network
def test_the_page_of_a_prediction_and_its_moment_are_those_of_the_bundle(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    otherwise = load_config(None, [*QUICK, "data.at=after_call"])
    found = predict(wave["wave"].head(50), trained, otherwise, runs=runs)
    assert RunView(found.folder).at == open_bundle(trained).at == "planning"
    assert "those known" in write_report(found.folder).read_text("utf-8")


@pytest.mark.network
def test_a_scored_table_can_be_scored_again_and_again(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> None:
    table: Any = wave["wave"].head(30)
    for _ in range(3):
        table = predict(table, trained, CONFIG, runs=runs).folder / "predictions.parquet"
    frame = pl.read_parquet(table)
    assert {"propensity", "propensity_input", "propensity_input_input"} <= set(frame.columns)
    assert frame["propensity"].equals(frame["propensity_input_input"].alias("propensity"))


@pytest.mark.network
def test_a_scored_table_with_decimal_commas_is_read_again_as_it_was(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    column = next(name for name, kind in wave["wave"].schema.items() if kind.is_numeric())
    few = wave["wave"].head(200).with_columns((pl.col(column).rank() + 0.125).alias(column))
    frames = []
    for name, comma in (("point.csv", False), ("comma.csv", True)):
        few.write_csv(tmp_path / name, separator=";", decimal_comma=comma)
        scored = predict(tmp_path / name, trained, CONFIG, runs=runs).folder / "predictions.parquet"
        table = pl.read_parquet(scored)
        known = known_of(open_bundle(trained), table, None, CONFIG.data, scoring_run(scored, table, runs))
        assert known is not None
        frames.append(known.frame)
    assert frames[0].equals(frames[1])


@pytest.mark.network
def test_the_history_says_when_which_run_and_why(
    trained: Path, updated: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["promote", "--runs", str(tmp_path)]
    assert main([*argv, "--history"]) == 0
    assert "Nothing was promoted here yet" in capsys.readouterr().out
    for folder in (trained, updated.folder):
        shutil.copytree(folder, tmp_path / folder.name)
        promote(folder.name, CONFIG, runs=tmp_path, despite="the quarter begins")
    rollback(runs=tmp_path)
    assert main([*argv, "--history"]) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert f"promote   {trained.name}  first: there was no champion" in first
    assert f"promote   {updated.folder.name}  better: log score" in second
    assert f"rollback  {trained.name}  back to the one before (in use)" in third
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
    )
    assert told_promotion(entry).endswith("worse: x; promoted all the same: trust")


@pytest.mark.network
def test_a_network_trained_anew_on_a_history_can_be_promoted_and_taken_back(
    wave: dict[str, pl.DataFrame], trained: Path, tmp_path: Path
) -> None:
    scored = predict(wave["wave"], trained, CONFIG, runs=tmp_path).folder / "predictions.parquet"
    found = update(more_yes(wave["results"]), scored, trained, CONFIG, runs=tmp_path, history=wave["train"])
    assert "trained anew" in found.summary["how"]
    assert found.summary["promised_now"] == pytest.approx(found.summary["observed"], abs=0.005)
    before, now = open_bundle(trained), open_bundle(found.folder)
    assert now.digest != before.digest
    assert now.calibration["offset"] > before.calibration["offset"]
    promote(shutil.copytree(trained, tmp_path / trained.name), CONFIG, runs=tmp_path)
    assert promote(found.folder, CONFIG, runs=tmp_path).entry.manifest == now.digest
    assert rollback(runs=tmp_path).entry.manifest == before.digest


@pytest.mark.network
def test_what_is_trained_anew_is_what_a_backtest_replays(
    wave: dict[str, pl.DataFrame], trained: Path, tmp_path: Path
) -> None:
    scored = predict(wave["wave"], trained, CONFIG, runs=tmp_path).folder / "predictions.parquet"
    wave["wave"].head(200).write_csv(tmp_path / "next.csv")
    settings = load_config(
        None, [*QUICK, "model.recipe=fast", "compare.enabled=false"], {"data.upcoming": tmp_path / "next.csv"}
    )
    found = update(wave["results"], scored, trained, settings, runs=tmp_path, history=wave["train"])
    fresh = next(run for run in list_runs(tmp_path) if run.record["command"] == "run")
    lesson = json.loads((fresh.folder / "lesson.json").read_text())
    assert lesson["recipe"] == "rolling"
    assert lesson["taught"]["upcoming"] == 200
    units = [layer["units"] for layer in open_bundle(found.folder).network["layers"] if layer["type"] == "Dense"]
    assert units == [24, 1]  # three networks of 8 units, side by side


@pytest.mark.network
def test_customers_yet_to_be_called_are_for_a_recipe_that_looks_at_them(
    wave: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    wave["wave"].head(200).write_csv(tmp_path / "next.csv")
    settings = load_config(None, QUICK, {"data.upcoming": tmp_path / "next.csv"})
    with pytest.raises(ConfigError, match="'plain' does not look at customers who are yet to be called"):
        run(wave["train"], "simulated-campaign", settings, runs=tmp_path)


@pytest.mark.network
def test_customers_of_the_wave_who_stand_in_the_history_judge_nothing(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    scored = predict(wave["wave"], trained, CONFIG, runs=runs).folder / "predictions.parquet"
    again = wave["wave"].head(600).join(wave["results"], on="customer_id")
    history = pl.concat([wave["train"], again.select(wave["train"].columns)])
    found = update(wave["results"], scored, trained, CONFIG, runs=tmp_path, history=history)
    assert found.summary["customers"] == 900
    assert "stand in the history: 600" in found.sentences[0]


@pytest.mark.network
def test_a_history_that_holds_the_wave_is_refused(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    scored = predict(wave["wave"], trained, CONFIG, runs=tmp_path).folder / "predictions.parquet"
    history = tmp_path / "history.csv"
    wave["wave"].join(wave["results"], on="customer_id").write_csv(history)
    with pytest.raises(DataError, match="1,500 of 1,500 customers of the wave stand in the history"):
        update(wave["results"], scored, trained, CONFIG, runs=runs, history=history)


def test_so_many_may_stand_in_the_history_that_enough_are_left_to_judge() -> None:
    many = np.arange(1_000) < 800
    _require_apart(many, by_id=True)
    with pytest.raises(DataError, match="950 of 1,000 customers of the wave stand in the history\\."):
        _require_apart(np.arange(1_000) < 950, by_id=True)
    with pytest.raises(DataError, match="800 of 1,000 customers of the wave stand in the history with the same values"):
        _require_apart(many, by_id=False)


@pytest.fixture(scope="module")
def call_list(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> Path:
    """A list of everybody: calls cost next to nothing, and one in five is held out."""
    money = ["economics.cost_per_call=0.001", "economics.value_per_success=1", 'economics.currency="SEK"']
    policy = load_config(None, [*QUICK, *money, "policy.holdout_share=0.2"])
    return target(wave["wave"], trained, policy, runs=runs).folder / "call_list.parquet"


@pytest.mark.network
def test_a_network_trained_anew_is_not_judged_by_what_another_said_on_a_call_list(
    wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, runs: Path, tmp_path: Path
) -> None:
    before = len(list(runs.iterdir()))
    with pytest.raises(DataError, match=r"(?s)lacks the customers' columns.*--customers"):
        update(wave["results"], call_list, trained, CONFIG, runs=runs, history=wave["train"])
    assert len(list(runs.iterdir())) == before
    found = update(
        wave["results"], call_list, trained, CONFIG, runs=tmp_path, history=wave["train"], customers=wave["wave"]
    )
    fresh = next(folder for folder in tmp_path.iterdir() if Run.open(folder).record["command"] == "run")
    listed = pl.read_parquet(call_list).filter(pl.col("status") == "listed")
    asked = listed.join(wave["results"], left_on="customer", right_on="customer_id")
    said = predict(wave["wave"], fresh, CONFIG, runs=runs).folder / "predictions.parquet"
    by_fresh = asked.select("customer").join(
        pl.read_parquet(said).select("customer_id", "propensity"), left_on="customer", right_on="customer_id",
        maintain_order="left",
    )  # fmt: skip
    shift = open_bundle(found.folder).calibration["offset"] - open_bundle(fresh).calibration["offset"]
    expected = intercept_shift(by_fresh["propensity"], asked["subscribed"] == "yes")
    assert abs(shift) == pytest.approx(abs(expected), abs=1e-6)


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
    groups = groups_of(repeated, load_contract("simulated-campaign"))
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


@pytest.mark.network
def test_a_list_finds_the_very_row_that_it_chose(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    """A customer with two rows is listed with the better one, which need not be the first."""
    inputs = [column.name for column in open_bundle(trained).contract.features("planning")]
    other = (
        wave["wave"]
        .head(300)
        .with_columns(wave["wave"].slice(300, 300).select(name for name in inputs if name in wave["wave"].columns))
    )
    twice = pl.concat([other, wave["wave"].head(300)])
    money = ["economics.cost_per_call=0.001", "economics.value_per_success=1", "policy.holdout_share=0.2"]
    listed = target(twice, trained, load_config(None, [*QUICK, *money]), runs=runs).call_list.listed
    assert (listed["record"] > 300).any()
    assert (listed["record"] <= 300).any()
    known = known_of(open_bundle(trained), listed, twice, CONFIG.data, scoring_run(listed, listed, runs))
    assert known is not None
    assert known.raw.equals(twice[listed["record"].to_numpy() - 1])


@pytest.mark.network
def test_a_history_with_the_wave_in_it_is_noticed_on_a_call_list_too(
    wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, runs: Path
) -> None:
    history = wave["wave"].join(wave["results"], on="customer_id")
    with pytest.raises(DataError, match="stand in the history"):
        update(wave["results"], call_list, trained, CONFIG, runs=runs, history=history, customers=wave["wave"])
    some = wave["wave"].head(10)
    with pytest.raises(DataError, match="are not in the table of customers"):
        update(wave["results"], call_list, trained, CONFIG, runs=runs, customers=some)


@pytest.mark.network
def test_propensities_of_another_bundle_recalibrate_nothing(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, call_list: Path, runs: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="with another bundle than the one to be updated"):
        update(wave["results"], call_list, updated.folder, CONFIG, runs=runs)
    known = update(wave["results"], call_list, trained, CONFIG, runs=runs)
    assert "are taken for" not in known.sentences[0]
    nobody_knows = update(wave["results"], pl.read_parquet(call_list), trained, CONFIG, runs=tmp_path)
    assert "are taken for those of this bundle" in nobody_knows.sentences[0]
    assert nobody_knows.summary["promised_before"] == known.summary["promised_before"]


@pytest.mark.network
def test_whoever_was_not_reached_says_nothing_of_the_propensities(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    code = np.random.default_rng(3).choice(["as it was", "not_reached", "wrong_number", "call_back"], 1_500)
    told = wave["results"].select(customer="customer_id", code=pl.Series(code)).with_columns(
        code=pl.when(pl.col("code") == "as it was").then(wave["results"]["subscribed"]).otherwise("code")
    )  # fmt: skip
    reached = told.filter(pl.col("code").is_in(["yes", "no"]))
    again = int((code == "call_back").sum())
    found = monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=told)
    only = monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=reached)
    assert found.summary["realised"] == only.summary["realised"]
    assert found.summary["realised"]["customers"] == reached.height
    assert f"{1_500 - reached.height - again:,} not reached, {again:,} to be called back" in found.sentences[0]
    assert "Left out" not in only.sentences[0]
    # a later call that reached the customer counts, whatever came before
    at_last = pl.concat([told, wave["results"].select(customer="customer_id", code="subscribed")])
    assert monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=at_last).summary["realised"]["customers"] == 1_500
    nobody = told.with_columns(code=pl.lit("not_reached"))
    with pytest.raises(DataError, match="None of the 1,500 scored customers with a result was called and reached"):
        monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=nobody)


@pytest.mark.network
def test_what_customers_held_out_bought_moves_no_intercept(
    wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, tmp_path: Path
) -> None:
    """Results for `measure` hold purchases of customers held out, and nothing of those who did not buy."""
    listed = pl.read_parquet(call_list)
    held = listed.filter(pl.col("status") == "held_out").select("customer", code=pl.lit("yes"))
    calls = listed.filter(pl.col("status") == "listed").select("customer")
    called = wave["results"].select(customer="customer_id", code="subscribed").join(calls, on="customer", how="semi")
    found = update(pl.concat([called, held]), call_list, trained, CONFIG, runs=tmp_path)
    assert found.summary["observed"] == pytest.approx((called["code"] == "yes").mean())
    assert f"not to be called: {held.height:,} with a result" in found.sentences[0]


@pytest.mark.network
def test_results_of_other_customers_are_refused(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> None:
    strangers = wave["results"].with_columns(customer_id=pl.lit("X") + pl.col("customer_id"))
    with pytest.raises(DataError, match="None of the results"):
        monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=strangers)
    with pytest.raises(DataError, match="no column that names the customers"):
        monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=wave["results"].rename({"customer_id": "who"}))
    few = wave["results"].head(20)
    with pytest.raises(DataError, match="20 customers have an outcome"):
        update(few, wave["wave"], trained, CONFIG, runs=runs)
    said_yes = pl.col("subscribed") == "yes"
    one_sided = pl.concat([wave["results"].filter(said_yes).head(9), wave["results"].filter(~said_yes)])
    with pytest.raises(DataError, match="9 said yes"):
        update(one_sided, wave["wave"], trained, CONFIG, runs=runs)


def campaign(share: float = 0.2, n: int = 3_000) -> tuple[pl.DataFrame, pl.DataFrame]:
    random = np.random.default_rng(4)
    held = random.random(n) < share
    yes = random.random(n) < np.where(held, 0.05, 0.15)
    ids = [f"C{i:05d}" for i in range(n)]
    listed = pl.DataFrame(
        {"customer": ids, "status": np.where(held, "held_out", "listed"), "propensity": np.full(n, 0.15), "value": np.full(n, 60.0),
         "cost": np.full(n, 2.0)}
    )  # fmt: skip
    code = np.where(yes, "SALE", np.where(random.random(n) < 0.02, "STOP", "NO"))
    results = pl.DataFrame({"customer": ids, "code": code}).filter(pl.Series(yes | ~held))
    return listed, results


CODES = '[codes]\nSALE = "success"\nNO = "refused"\nSTOP = "do_not_call"\n'


def test_what_calling_brought_stands_on_a_page_and_objectors_in_a_file(tmp_path: Path) -> None:
    listed, results = campaign()
    (tmp_path / "codes.toml").write_text(CODES)
    found = measure(listed, results, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml")
    response = found.frame().filter((pl.col("quantity") == "response") & (pl.col("method") == "plain"))
    assert response["low"].item() < 0.1 < response["high"].item()
    objectors = pl.read_csv(found.folder / "do_not_call.csv")["customer"].to_list()
    assert objectors == results.filter(pl.col("code") == "STOP")["customer"].to_list()
    page = found.report.read_text("utf-8")
    assert "What calling brought" in page
    assert "after the planned cost of calling" in page
    assert "C00001" not in page
    record = (found.folder / "run.json").read_text("utf-8")
    assert "C0" not in record
    assert list(json.loads(record)["inputs"]) == ["a frame", "a frame (2)"]


def test_purchases_and_earlier_lists_are_named_at_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, results = campaign()
    (tmp_path / "codes.toml").write_text(CODES)
    listed.write_parquet(tmp_path / "list.parquet")
    results.write_csv(tmp_path / "results.csv")
    results.filter(pl.col("code") == "SALE").select("customer", date=pl.lit("2026-03-14")).write_csv(
        tmp_path / "purchases.csv"
    )
    listed.head(500).write_parquet(tmp_path / "earlier.parquet")
    argv = [
        "measure",
        str(tmp_path / "list.parquet"),
        str(tmp_path / "results.csv"),
        "--runs",
        str(tmp_path / "runs"),
        "--json",
    ]
    argv += ["--codes", str(tmp_path / "codes.toml")]
    assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert "judged by call codes" in told["cautions"][0]
    assert "cannot be compared as they are" in Path(told["report"]).read_text("utf-8")
    argv += ["--purchases", str(tmp_path / "purchases.csv"), "--earlier", str(tmp_path / "earlier.parquet")]
    assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cautions"] == []
    assert told["left_out"] == {"earlier": 500, "repeated": 0}
    assert "cannot be compared as they are" not in Path(told["report"]).read_text("utf-8")
    ids = pl.read_csv(tmp_path / "purchases.csv").select("customer")
    ids.write_csv(tmp_path / "purchases.csv")  # a plain list has no delimiter
    assert main(argv) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == told["rows"]
    listed.with_columns(customer=pl.lit("record 1")).write_parquet(tmp_path / "earlier.parquet")
    assert main(argv) == 2
    assert "by their place in a table" in capsys.readouterr().err


def test_calls_that_reached_nobody_stay_in_what_calling_brought(tmp_path: Path) -> None:
    """Who answers is no random part of those called: leaving the others out would flatter the calls."""
    listed, results = campaign()
    refused = (pl.col("code") == "NO") & (pl.int_range(pl.len()) % 2 == 0)
    (tmp_path / "codes.toml").write_text(
        CODES + 'NOBODY = "not_reached"\nWRONG = "wrong_number"\nLATER = "call_back"\n'
    )
    for code in ("NOBODY", "WRONG", "LATER"):
        some = results.with_columns(code=pl.when(refused).then(pl.lit(code)).otherwise("code"))
        found = measure(listed, some, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml").frame()
        was = measure(listed, results, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml").frame()
        assert found.equals(was)


def test_without_a_control_group_the_command_refuses_with_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, results = campaign(share=0.0)
    listed.write_parquet(tmp_path / "list.parquet")
    results.write_csv(tmp_path / "results.csv")
    (tmp_path / "codes.toml").write_text(CODES)
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    assert main([*argv, "--codes", str(tmp_path / "codes.toml")]) == 2
    assert "propensity is not uplift" in capsys.readouterr().err
    assert main(argv) == 2
    assert "a code without a meaning" in capsys.readouterr().err
    assert main([*argv, "--codes", "nowhere.toml"]) == 2
    assert main(["measure", str(tmp_path / "results.csv"), str(tmp_path / "results.csv"), "--runs", str(tmp_path)]) == 2
    assert "has no column 'status'" in capsys.readouterr().err


def test_a_small_holdout_is_said_on_the_page(tmp_path: Path) -> None:
    listed, results = campaign(share=0.01, n=600)
    (tmp_path / "codes.toml").write_text(CODES)
    found = measure(
        listed, results, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml", silence_means_no=True
    )
    page = found.report.read_text("utf-8")
    assert "The holdout is too small to tell" in page
    assert "too few purchases to tell" in page
    assert "nan" not in page.lower().replace("nance", "")


@pytest.mark.network
def test_money_is_in_the_currency_of_the_lists_own_run(
    wave: dict[str, pl.DataFrame], call_list: Path, runs: Path, tmp_path: Path
) -> None:
    results = wave["results"].rename({"customer_id": "customer", "subscribed": "code"})
    euros = load_config(None, ["economics.cost_per_call=1", "economics.value_per_success=1"])
    copy = Path(shutil.copy(call_list, tmp_path / "list.parquet"))
    for path in (call_list, copy):
        found = measure(path, results, euros, runs=runs)
        assert found.summary["currency"] == "SEK"
        assert call_list.parent.name in found.sentences[1]
        assert "SEK after the planned cost" in " ".join(found.sentences)
        assert not any("EUR" in sentence for sentence in found.sentences)
        page = found.report.read_text("utf-8")
        assert f"{path.name} and " in page
        assert "Revenue and profit in SEK" in page
        assert "Columns used" not in page
    # by the id of the list's own contract, where the results name the customer so
    named = measure(call_list, wave["results"].rename({"subscribed": "code"}), euros, runs=runs)
    assert named.frame().equals(found.frame(), null_equal=True)
    # and by the outcome of that contract, as `update` takes it
    told = measure(call_list, wave["results"], euros, runs=runs)
    assert told.frame().equals(found.frame(), null_equal=True)
    assert "'subscribed' of the results tells who said yes" in told.sentences[1]
    some_open = wave["results"].with_columns(
        subscribed=pl.when(pl.int_range(pl.len()) >= 5).then("subscribed").otherwise(pl.lit(""))
    )
    assert "Left out: 5 results without an outcome yet." in measure(call_list, some_open, euros, runs=runs).sentences[1]
    with pytest.raises(DataError, match="neither 'code' nor 'subscribed'"):
        measure(call_list, wave["results"].rename({"subscribed": "said"}), euros, runs=runs)
    # a no of somebody held out is an outcome there, and no call
    bought = wave["results"].filter(pl.col("subscribed") == "yes").select("customer_id")
    by_purchases = measure(call_list, wave["results"], euros, runs=runs, purchases=bought)
    assert not by_purchases.summary["cautions"]
    assert by_purchases.frame().equals(found.frame(), null_equal=True)


def test_where_the_lists_run_is_gone_the_policy_names_the_currency_or_nobody_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, results = campaign()
    listed.write_parquet(tmp_path / "list.parquet")
    results.with_columns(code=pl.col("code").replace({"SALE": "yes", "NO": "no", "STOP": "do_not_call"})).write_csv(
        tmp_path / "results.csv"
    )
    (tmp_path / "policy.toml").write_text('[economics]\ncurrency = "CHF"\ncost_per_call = 1\nvalue_per_success = 2\n')
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    assert main([*argv, "--json", "--policy", str(tmp_path / "policy.toml")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["currency"], "as the given policy says" in told["sentences"][1]) == ("CHF", True)
    assert main([*argv, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["currency"] == ""
    assert "which no run or policy at hand names" in told["sentences"][1]
    assert not any("EUR" in sentence for sentence in told["sentences"])


@pytest.mark.network
def test_who_asked_not_to_be_called_again_is_on_no_later_list(
    wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, runs: Path, tmp_path: Path
) -> None:
    listed = pl.read_parquet(call_list)
    asked = listed.filter(pl.col("status") == "listed")["customer"].head(20)
    results = wave["results"].select(customer="customer_id", code="subscribed").with_columns(
        code=pl.when(pl.col("customer").is_in(asked.implode())).then(pl.lit("do_not_call")).otherwise("code")
    )  # fmt: skip
    file = tmp_path / "do_not_call.csv"
    found = measure(call_list, results, CONFIG, runs=runs, do_not_call=file)
    assert found.sentences[-1] == f"'{file}' has 20 entries, 20 of them new."
    assert found.summary["do_not_call_file"] == {"entries": 20, "added": 20}
    assert measure(call_list, results, CONFIG, runs=runs, do_not_call=file).sentences[-1].endswith("0 of them new.")
    money = ["economics.cost_per_call=0.001", "economics.value_per_success=1", f'policy.suppress=["{file}"]']
    again = target(wave["wave"], trained, load_config(None, [*QUICK, *money]), runs=runs).call_list
    assert set(again.rows.filter(pl.col("customer").is_in(asked.implode()))["status"]) == {"suppressed"}
    assert not set(again.listed["customer"]) & set(asked)

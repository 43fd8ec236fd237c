"""From a scored wave and its results to a challenger: recalibrated, or trained anew on a history."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.errors import ConfigError, DataError
from segmint.evaluation.recalibration import intercept_shift
from segmint.flows.monitor import monitor
from segmint.flows.predict import predict
from segmint.flows.promote import promote, rollback
from segmint.flows.run import run
from segmint.flows.steps.scored import made_on
from segmint.flows.update import _require_apart, update
from segmint.models.interval import PropensityInterval
from segmint.store.bundle import open_bundle
from segmint.store.run import Run
from segmint.store.runs import runs_in
from tests.flows.waves import CONFIG, QUICK, a_saved_list, more_yes

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: other tests make runs too."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.network
def test_a_recalibrated_challenger_promises_what_was_observed(updated: Any, trained: Path) -> None:
    before, now = open_bundle(trained), open_bundle(updated.folder)
    assert updated.summary["promised_now"] == pytest.approx(updated.summary["observed"], abs=0.005)
    assert updated.summary["gate"]["verdict"] == "better"
    assert updated.summary["beyond_chance"]
    assert updated.summary["results"]["read"] >= updated.summary["customers"]
    assert f"{updated.summary['results']['read']:,} results read" in updated.sentences[0]
    assert "chance" not in " ".join(updated.sentences)
    moved = abs(now.calibration["offset"] - before.calibration["offset"])
    assert now.reference["propensities"]["yes"]["offset"] == pytest.approx(moved)
    assert now.reference["propensities"]["no"]["offset"] == pytest.approx(-moved)
    assert all(np.array_equal(before.weights[name], now.weights[name]) for name in before.weights)
    assert now.calibration["offset"] > before.calibration["offset"]
    assert now.reference["average"]["yes"] > before.reference["average"]["yes"] + 0.05
    assert sum(now.reference["average"].values()) == pytest.approx(1.0)


@pytest.mark.network
def test_a_verdict_by_results_that_say_both_yes_and_no_is_questioned_beside_it(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    scored = predict(wave["wave"], trained, CONFIG, runs=runs).folder / "predictions.parquet"
    results = pl.concat([wave["results"], wave["results"].head(300).with_columns(subscribed=pl.lit("yes"))])
    found = update(results, scored, trained, CONFIG, runs=runs)
    verdict = next(
        place for place, said in enumerate(found.sentences) if said.startswith("Against the present one: better")
    )
    assert "customers with an answer said both yes and no" in found.sentences[verdict - 1]
    assert found.summary["two_answers"] == found.sentences[verdict - 1]
    assert found.sentences[-1].startswith("Look first at the results; then, to use it: segmint promote")


@pytest.mark.network
def test_a_rate_that_moved_by_chance_alone_makes_nothing_better_or_worse(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    scored = predict(wave["wave"], trained, CONFIG, runs=runs).folder / "predictions.parquet"
    said = pl.read_parquet(scored).sample(fraction=1.0, shuffle=True, seed=1).head(800)
    beyond = []
    for seed in range(3):
        lucky = pl.Series(np.random.default_rng(seed).random(said.height)) < said["propensity"]
        told = said.select("customer_id", subscribed=pl.when(lucky).then(pl.lit("yes")).otherwise(pl.lit("no")))
        found = update(told, scored, trained, CONFIG, runs=tmp_path)
        assert found.summary["gate"]["verdict"] == "not_better"
        beyond.append(found.summary["beyond_chance"])
        assert ("The rate has not moved by more than chance." in found.sentences) != beyond[-1]
    assert sum(beyond) <= 1  # by chance alone one time in twenty


@pytest.mark.network
def test_a_chosen_part_of_the_results_that_moved_a_bundle_moves_it_no_further(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, runs: Path, tmp_path: Path
) -> None:
    told = more_yes(wave["results"])
    said_yes = pl.col("subscribed") == "yes"
    mostly_no = pl.concat([told.filter(~said_yes).head(400), told.filter(said_yes).head(20)])
    wave["wave"].write_csv(tmp_path / "wave.csv")
    old = predict(tmp_path / "wave.csv", trained, CONFIG, runs=runs).folder / "predictions.parquet"
    moved = update(told, old, trained, CONFIG, runs=runs)
    scored_again = predict(tmp_path / "wave.csv", moved.folder, CONFIG, runs=runs).folder / "predictions.parquet"
    before = open_bundle(moved.folder)
    for scored in (old, scored_again):
        found = update(mostly_no, scored, moved.folder, CONFIG, runs=runs)
        now = open_bundle(found.folder)
        assert now.calibration == before.calibration
        assert found.summary["promised_now"] == found.summary["promised_before"]
        assert (found.summary["gate"]["verdict"], found.summary["beyond_chance"]) == ("not_better", None)
        assert "420 of 420 customers have moved the present bundle already" in found.sentences[0]
        said = " ".join(found.sentences)
        assert "propensity_low and propensity_high stay as they were" in said
        assert "so its intercept stays where it is" in said
        assert found.summary["how"] == "the same bundle"
        assert "There is nothing to promote" in said


@pytest.mark.network
def test_customers_of_a_later_wave_answer_anew_whatever_part_of_the_results_comes_first(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    told = more_yes(wave["results"])
    scored = predict(wave["wave"], trained, CONFIG, runs=runs).folder / "predictions.parquet"
    bundle = update(told, scored, trained, CONFIG, runs=runs).folder
    later = wave["wave"].with_columns(pl.col("age") + 1)
    scored = predict(later, bundle, CONFIG, runs=runs).folder / "predictions.parquet"
    for part in (told.head(600), told.tail(600)):
        found = update(part, scored, bundle, CONFIG, runs=runs)
        assert found.summary["moved_before"] == 0
        assert found.summary["promised_now"] == pytest.approx(found.summary["observed"], abs=0.005)
        bundle = found.folder
    again = update(told.head(600), scored, bundle, CONFIG, runs=runs)
    assert (again.summary["moved_before"], again.summary["gate"]["verdict"]) == (600, "not_better")
    copied = update(told.head(600), pl.read_parquet(scored), bundle, CONFIG, runs=runs)
    assert "without the run that scored them nobody can tell" in copied.sentences[0]


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
def test_whoever_a_network_was_trained_on_is_told_by_id_and_after_an_update_too(
    wave: dict[str, pl.DataFrame], trained: Path, updated: Any, runs: Path
) -> None:
    for bundle in (trained, trained.name, updated.folder, updated.folder.name, trained / "bundle"):
        assert predict(wave["train"].head(20), bundle, CONFIG, runs=runs).trained_on == 20
        assert predict(wave["wave"].head(20), bundle, CONFIG, runs=runs).trained_on == 0


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
    assert len(now.manifest["learned_from"].pop("moved_by")) == 2  # what was scored, and the results
    assert now.manifest["learned_from"]["rows"] == before.manifest["learned_from"]["rows"] == len(wave["train"])
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
    fresh = next(run for run in runs_in(tmp_path) if run.record["command"] == "run")
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
@pytest.mark.parametrize("name", ["list.csv", "comma.csv", "list.xlsx"])
def test_a_call_list_that_was_saved_again_moves_a_bundle_as_the_list_itself(
    name: str, wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, runs: Path, tmp_path: Path
) -> None:
    told, listed = more_yes(wave["results"]), pl.read_parquet(call_list)
    before = update(told, listed, trained, CONFIG, runs=runs).summary
    saved = a_saved_list(name, listed, tmp_path)
    assert update(told, saved, trained, CONFIG, runs=runs).summary == before
    if name == "comma.csv":  # nor need it have more than ids and propensities
        few = a_saved_list(name, listed.filter(status="listed").select("customer", "propensity"), tmp_path)
        found = update(told, few, trained, CONFIG, runs=runs).summary
        counts = {"results", "left_out"}  # who is not called is no longer in the list, and a stranger
        assert {name: found[name] for name in found.keys() - counts} == {
            name: before[name] for name in before.keys() - counts
        }


@pytest.mark.network
@pytest.mark.parametrize("wrong", [None, float("nan"), 12.5], ids=["nothing", "not a number", "per cent"])
def test_an_outcome_without_a_propensity_makes_no_challenger(
    wrong: float | None, wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, runs: Path, tmp_path: Path
) -> None:
    listed = pl.read_parquet(call_list)
    one = (pl.int_range(pl.len()) == 0) & (pl.col("status") == "listed")
    lacking = listed.with_columns(propensity=pl.when(one).then(pl.lit(wrong)).otherwise("propensity"))
    lacking.write_parquet(tmp_path / "list.parquet")
    before, called = len(list(runs.iterdir())), listed.filter(status="listed").height
    for path in (tmp_path / "list.parquet", a_saved_list("list.csv", lacking.fill_nan(None), tmp_path)):
        with pytest.raises(
            DataError, match=rf"^1 of {called:,} customers with an outcome has no propensity"
        ) as refused:
            update(wave["results"], path, trained, CONFIG, runs=runs)
        assert "--customers" in refused.value.fix
    assert len(list(runs.iterdir())) == before
    assert update(wave["results"], path, trained, CONFIG, runs=runs, customers=wave["wave"]).summary["customers"]


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
def test_calls_before_the_list_move_no_intercept(
    wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, tmp_path: Path
) -> None:
    day = made_on(Run.open(call_list.parent))
    told = wave["results"].select(customer="customer_id", code="subscribed", called_at=pl.lit(f"{day} 09:30"))
    early = told.with_columns(code=pl.lit("yes"), called_at=pl.lit("2020-10-10 09:30"))
    runs = call_list.parent.parent
    plain = update(told, call_list, trained, CONFIG, runs=runs)
    found = update(pl.concat([told, early]), call_list, trained, CONFIG, runs=runs)
    early_ones = found.summary["left_out"].pop("before_the_list")
    assert (plain.summary["left_out"].pop("before_the_list"), early_ones) == (0, early.height)
    assert found.summary["results"].pop("read") == plain.summary["results"].pop("read") + early.height
    assert found.summary == plain.summary
    assert f"results are of calls before the list of {day}, as 'called_at' says, and left out." in found.sentences[0]
    assert "left out" not in plain.sentences[0]
    with pytest.raises(DataError, match="of scored customers are of calls before the list of"):
        update(early, call_list, trained, CONFIG, runs=runs)


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


@pytest.mark.network
def test_results_most_of_which_are_of_another_wave_make_no_challenger(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = predict(wave["wave"], trained, CONFIG, runs=runs).folder / "predictions.parquet"
    told = wave["results"]
    others = told.head(1_200).with_columns(customer_id=pl.lit("X") + pl.col("customer_id"))
    pl.concat([told.head(300), others]).write_csv(tmp_path / "results.csv")
    argv = ["update", str(tmp_path / "results.csv"), "--scored", str(scored), "--bundle", str(trained), "--runs"]
    assert main([*argv, str(tmp_path / "runs")]) == 2
    said = capsys.readouterr().err
    assert "1,200 of 1,500 results are of customers who are not in the scored table" in said
    assert "Expected:" in said
    assert "--scored" in said
    assert not (tmp_path / "runs").exists()
    half = pl.concat([told.head(300), others.head(300)])
    assert update(half, scored, trained, CONFIG, runs=tmp_path).summary["customers"] == 300

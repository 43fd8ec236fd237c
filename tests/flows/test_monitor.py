"""A wave held against its bundle: alarms with advice, with and without outcomes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import Data
from segmint.contract.contract import parse_contract
from segmint.errors import BundleError, DataError
from segmint.flows.monitor import _advice, _are_most, _seen, _taught, monitor
from segmint.flows.predict import predict
from segmint.flows.steps.as_commands import WaveCommands
from segmint.monitoring.drift import Alarm, Drift
from segmint.monitoring.results import ENOUGH, Answers
from segmint.store.bundle import open_bundle, write_bundle
from tests.flows.waves import CONFIG, more_yes
from tests.service.small import CONTRACT, small_parts


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: other tests make runs too."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.network
def test_more_yes_than_promised_is_an_alarm_with_advice(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    found = monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=more_yes(wave["results"]))
    assert "DRIFT-06" in {alarm.code for alarm in found.drift.alarms}
    assert "1,500 of 1,500 scored customers have an outcome" in found.sentences[0]
    page = found.report.read_text("utf-8")
    assert "The wave beside training" in page
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
    assert main(["monitor", "--explain", "drift-06"]) == 0
    assert "The order of the customers may still be right" in capsys.readouterr().out
    assert main(["monitor", "--explain", "DRIFT-60"]) == 2
    assert "one of DRIFT-01" in capsys.readouterr().err


@pytest.mark.network
def test_a_column_in_another_unit_is_to_be_looked_at_before_anybody_retrains(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    cents = wave["wave"].with_columns(pl.col("age") * 100)
    found = monitor(cents, trained, CONFIG, runs=runs)
    assert found.drift.advice == "retrain"
    assert found.sentences[-1].startswith(
        "Look first at what changed in the data (age), then retrain: That needs results"
    )
    assert f"segmint monitor wave.csv --outcomes RESULTS --bundle {trained.name}" in found.sentences[-1]
    assert "Look first at what changed in the data (age), then retrain" in found.report.read_text("utf-8")


def test_a_wave_that_the_network_learned_from_is_said_to_be_one() -> None:
    class Half:
        def rows(self, table: list[int]) -> np.ndarray:
            return np.arange(len(table)) % 2 == 0

    assert _taught([0, 1, 2, 3], Half()).sum() == 2  # type: ignore[arg-type]
    assert _taught([0, 1], None).sum() == 0  # type: ignore[arg-type]
    assert _seen(2, 4).startswith("The network was trained on 2 of the 4 rows of this wave.")
    assert _seen(0, 2) == ""


@pytest.mark.network
def test_results_that_moved_the_bundle_are_no_proof_of_it(
    wave: dict[str, pl.DataFrame], updated: Any, runs: Path
) -> None:
    told = more_yes(wave["results"])
    found = monitor(wave["wave"], updated.folder, CONFIG, runs=runs, outcomes=told)
    asked = "Results of 1,500 of the 1,500 customers who answered have moved this bundle."
    assert found.sentences[0].startswith(asked)
    assert found.summary["moved"] == found.sentences[0]
    assert asked in found.report.read_text("utf-8")
    assert {alarm.code for alarm in found.drift.alarms} == {"DRIFT-07"}
    assert (found.drift.advice, found.summary["advice_head"]) == ("look", "Wait for other outcomes")
    assert found.sentences[-1].endswith("take results of other customers.")
    cents = wave["wave"].with_columns(pl.col("age") * 100)
    shifted = monitor(cents, updated.folder, CONFIG, runs=runs, outcomes=told)
    assert shifted.drift.advice == "retrain"
    assert "then retrain: That needs other results first" in shifted.sentences[-1]
    assert "segmint update" not in shifted.sentences[-1]
    assert monitor(wave["wave"], updated.folder, CONFIG, runs=runs).summary["moved"] == ""


@pytest.mark.network
def test_the_commands_of_the_advice_work_as_they_stand(
    wave: dict[str, pl.DataFrame], trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wave["wave"].write_csv("spring wave.csv")
    results = more_yes(wave["results"]).with_columns(code=pl.col("subscribed").replace({"yes": "SALE", "no": "NO"}))
    results.select("customer_id", "code").write_csv("back.csv")
    Path("codes.toml").write_text('[codes]\nSALE = "success"\nNO = "refused"\n', "utf-8")
    found = monitor("spring wave.csv", trained, CONFIG, outcomes="back.csv", codes="codes.toml")
    assert found.drift.advice in ("recalibrate", "retrain")
    commands = WaveCommands("spring wave.csv", "back.csv", "codes.toml", str(trained), Path("runs"), Data())
    assert found.sentences[-1].endswith(commands.update(anew=found.drift.advice == "retrain"))
    for command in commands.update(anew=False).split(" && "):
        assert main(shlex.split(command)[1:]) == 0


@pytest.mark.network
def test_without_outcomes_performance_is_estimated(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> None:
    found = monitor(wave["wave"], trained, CONFIG, runs=runs)
    assert found.drift.realised is None
    with pytest.raises(DataError, match=r"^The wave has 1 customer\."):
        monitor(wave["wave"].head(1), trained, CONFIG, runs=runs)
    assert found.summary["estimated"]["auc"] > 0.5
    assert found.summary["estimated"]["promised_in_training"] == pytest.approx(
        found.summary["estimated"]["rate_in_training"], rel=0.3
    )
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
    assert found.drift.advice == "look"  # `update` refuses answers of one kind
    assert "probably an export of one kind" in found.sentences[-1]
    assert f"wants {ENOUGH}." in found.sentences[-1]
    assert "Look at the data first: " not in found.report.read_text("utf-8")
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


@pytest.mark.parametrize(("answers", "enough"), [(Answers(3, 2, 1), False), (Answers(1_500, 200, 1_300), True)])
def test_too_few_outcomes_are_no_reason_to_do_nothing(answers: Answers, enough: bool) -> None:
    drift = Drift(pl.DataFrame(), (), "none", {}, None)
    commands = WaveCommands("wave.csv", None, None, "a-run", Path("runs"), Data())
    head, sentence = _advice(drift, commands, answers)
    if enough:
        assert sentence == "Nothing to do: The wave looks like training."
    else:
        assert head == "Wait for more outcomes"
        assert sentence.endswith(f"2 said yes and 1 said no. `segmint update` wants {ENOUGH}.")
    assert _advice(drift, commands, None)[0] == "Nothing to do"
    assert _advice(drift, commands, answers, mostly_seen=True)[0] == "Nothing can be said yet"
    moved = _advice(drift, commands, answers, mostly_used=True)[0]
    assert moved == ("Wait for other outcomes" if enough else "Wait for more outcomes")


@pytest.mark.parametrize(
    ("mostly_seen", "head"), [(True, "Nothing can be said yet"), (False, "Wait for other outcomes")]
)
def test_what_the_taught_and_the_moving_say_is_no_reason_to_teach_or_move_again(mostly_seen: bool, head: str) -> None:
    alarm = Alarm("DRIFT-06", "", "Fewer say yes than promised.", "look", 0.0)
    drift = Drift(pl.DataFrame(), (alarm,), "look", {}, {})
    commands = WaveCommands("wave.csv", None, None, "a-run", Path("runs"), Data())
    told = _advice(drift, commands, Answers(1_500, 200, 1_300), "both", mostly_seen=mostly_seen, mostly_used=True)
    assert told[0] == head
    assert "segmint" not in told[1]


def test_customers_of_several_rows_are_used_once() -> None:
    happened, groups = (np.array([0, 1, 2, 3]), np.zeros(4, dtype=bool)), np.array([0, 0, 1, 2, 3, 4])
    assert not _are_most(np.array([True, True, False, False, True, True]), happened, groups)
    assert _are_most(np.array([True, False, True, False, False, False]), happened, groups)


@pytest.mark.network
def test_results_that_say_both_yes_and_no_are_questioned_first(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    told = wave["results"]
    again = told.head(300).with_columns(subscribed=pl.lit("yes"))
    found = monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=pl.concat([told, again]))
    asked = found.summary["two_answers"]
    assert "of 1,500 customers with an answer said both yes and no" in asked
    assert found.sentences[0] == asked
    assert found.sentences[-1].startswith("Look first at the results, where customers said both yes and no, then re")
    assert "customers with an answer said both yes and no" in found.report.read_text("utf-8")


@pytest.mark.network
def test_results_most_of_which_are_of_others_are_questioned_first(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path
) -> None:
    told = wave["results"]
    others = told.head(1_350).with_columns(customer_id=pl.lit("X") + pl.col("customer_id"))
    found = monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=pl.concat([told.tail(150), others]))
    asked = "90 % of the results are of customers who are not in this table: are they of this wave?"
    assert found.sentences[0] == asked
    assert found.summary["caution"] == asked
    page = found.report.read_text("utf-8")
    assert page.index("Most results are of other customers") < page.index("Promised response rate")
    assert monitor(wave["wave"], trained, CONFIG, runs=runs, outcomes=told).summary["caution"] is None


@pytest.mark.network
def test_whom_nobody_called_answers_nothing_and_is_counted(
    wave: dict[str, pl.DataFrame], trained: Path, tmp_path: Path
) -> None:
    """All who were left alone say yes by themselves, which no call brought about."""
    answered = wave["wave"].drop("subscribed", strict=False).join(wave["results"], on="customer_id")
    alone = pl.int_range(answered.height, eager=True) % 3 == 0
    called = pl.when(alone).then(pl.lit("no")).otherwise(pl.lit("yes"))
    said = pl.when(alone).then(pl.lit("yes")).otherwise("subscribed")
    mixed = answered.with_columns(called=called, subscribed=said)
    found = monitor(mixed, trained, CONFIG, runs=tmp_path)
    alike = monitor(mixed.filter(~alone), trained, CONFIG, runs=tmp_path)
    assert found.summary["realised"]["observed"] == alike.summary["realised"]["observed"]
    assert found.summary["receipt"] == (
        f"1,000 of {answered.height:,} rows have an outcome of a call. Left out, as nobody called them: 500 rows."
    )
    # before the first call nobody has been called, and nobody is left out
    before = monitor(mixed.drop("subscribed"), trained, CONFIG, runs=tmp_path)
    assert "No outcomes yet: performance is estimated." in before.sentences[0]
    assert "Left out" not in before.sentences[0]
    nobody = monitor(mixed.filter(alone), trained, CONFIG, runs=tmp_path)
    assert "estimated. Left out, as nobody called them: 500 rows." in nobody.sentences[0]
    assert (
        predict(mixed, trained, runs=tmp_path).quality == predict(mixed.filter(~alone), trained, runs=tmp_path).quality
    )
    assert predict(mixed, trained, runs=tmp_path).outcomes.left_alone == 500


def test_a_bundle_that_names_segments_is_watched_without_a_response(tmp_path: Path) -> None:
    text = CONTRACT.replace('kind = "response"', 'kind = "assignment"', 1).replace('positive = "yes"\n', "")
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": parse_contract(text, origin="test")})
    people = pl.DataFrame({"age": ["85", "89"] * 100, "job": ["student"] * 200, "y": ["no", "yes"] * 100})
    told: list[tuple[str, int, int]] = []
    bundle, runs = tmp_path / "bundle", tmp_path / "runs"
    found = monitor(people, bundle, runs=runs, progress=lambda *step: told.append(step))
    stages = ("predicting", "holding the wave against training", "writing the report")
    assert told[-6:] == [(stage, done, 1) for stage in stages for done in (0, 1)]
    assert "outcomes are not" in found.sentences[0]
    assert {"DRIFT-01"} == {alarm.code for alarm in found.drift.alarms}
    assert any(line.startswith("expected in each segment (in training): no ") for line in found.sentences)
    assert found.sentences[-1].endswith("Train on customers of today whose segment is known: segmint run.")
    assert "How many are expected in each segment" in found.report.read_text("utf-8")
    with pytest.raises(BundleError, match=r"names segments(.|\n)*leave --outcomes out"):
        monitor(people, tmp_path / "bundle", runs=tmp_path / "runs", outcomes=people)

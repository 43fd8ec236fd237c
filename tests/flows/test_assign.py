"""New customers in known segments."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.errors import BundleError, ConfigError
from segmint.flows.assign import assign
from segmint.flows.demo import sample_path
from segmint.flows.segment import Segmented, segment
from tests.flows.described import WAVE, wave


def test_the_same_customers_are_assigned_to_the_same_segments(segmented: Segmented, runs: Path) -> None:
    again = assign(sample_path(), str(segmented.folder), load_config(), runs=runs)
    first, second = pl.read_parquet(segmented.customers), pl.read_parquet(again.customers)
    assert (first["segment"] == second["segment"]).mean() > 0.999


def test_a_run_without_segments_cannot_assign(runs: Path, segmented: Segmented) -> None:
    bare = assign(sample_path(), str(segmented.folder), load_config(), runs=runs).folder
    assert main(["segment", str(sample_path()), "--assign-with", str(bare), "--runs", str(runs)]) == 2


def test_known_segments_are_assigned_by_the_network(tmp_path: Path) -> None:
    settings = load_config(None, ["segments.count=2"])
    contract = tmp_path / "waves.toml"
    contract.write_text(WAVE)
    made = segment(wave(0, 300, 1, 0.3), contract, settings, runs=tmp_path)
    told = json.loads((made.folder / "segments.json").read_text())
    (made.folder / "segments.json").write_text(json.dumps({**told, "kind": "known", "state": None}))
    with pytest.raises(BundleError, match="its network assigns new customers") as caught:
        assign(wave(0, 50, 1, 0.3), str(made.folder), settings, runs=tmp_path)
    assert "segmint predict" in str(caught.value)


@pytest.mark.parametrize(
    ("tampered", "why"), [({"state": {}}, "state"), ({"brought": {}}, "brought"), ({"segments": []}, "segments")]
)
def test_segments_that_are_not_as_they_were_written_assign_nobody(
    tampered: dict[str, Any], why: str, tmp_path: Path, segmented: Segmented, said: Callable[..., tuple[int, str, str]]
) -> None:
    broken = tmp_path / segmented.folder.name
    shutil.copytree(segmented.folder, broken)
    told = json.loads((broken / "segments.json").read_text())
    (broken / "segments.json").write_text(json.dumps({**told, **tampered}))
    code, _, err = said("segment", sample_path(), "--assign-with", broken, "--runs", tmp_path)
    assert code == 2
    assert f"'segments.json' of the run {broken.name} cannot be used: {why}" in err
    code, out, _ = said("verify", broken)
    assert (code, "changed: segments.json" in out) == (2, True)


def test_a_later_wave_says_who_moved_and_which_segments_grew(tmp_path: Path) -> None:
    contract = tmp_path / "waves.toml"
    contract.write_text(WAVE)
    settings = load_config(None, ["segments.count=2"])
    earlier = segment(wave(0, 600, 1, 0.3), contract, settings, runs=tmp_path)
    later = assign(wave(300, 600, 2, 0.6).drop("y"), str(earlier.folder), settings, runs=tmp_path)
    found = json.loads((later.folder / "migration.json").read_text())
    cells = np.array(found["migration"]["customers"])
    assert (cells % 10 == 0).all()
    assert abs(cells.sum() - 300) <= 20  # to the nearest ten, and fewer than ten as none
    assert cells.sum() - np.trace(cells) < 150
    assert sum(row["customers_after"] for row in found["shares"]) == 600
    assert any("grew from" in line for line in later.sentences)
    page = (later.folder / "report.html").read_text("utf-8")
    assert "From segment to segment" in page
    assert not any(f"customer-{number}" in page for number in range(300, 900))


def test_a_later_wave_with_answers_says_how_it_answered_and_what_calls_earned(tmp_path: Path) -> None:
    contract = tmp_path / "waves.toml"
    contract.write_text(WAVE)
    settings = load_config(None, ["segments.count=2"])
    earlier = segment(wave(0, 600, 1, 0.3), contract, settings, runs=tmp_path)
    money = [
        "segments.count=2",
        "economics.cost_per_call=5",
        "economics.value_per_success=120",
        "economics.currency=EUR",
    ]
    table = wave(600, 600, 2, 0.3).with_columns(y=pl.when(pl.int_range(600) < 100).then(None).otherwise("y"))
    later = assign(table, earlier.folder, load_config(None, money), runs=tmp_path)
    told = json.loads((later.folder / "migration.json").read_text())["answers"]
    assert sum(row["answers"] for row in told["segments"]) == 500
    assert sum(row["now"]["yes"] for row in told["segments"]) == (table["y"] == "yes").sum()
    for row, found in zip(told["segments"], earlier.summary["segments"], strict=True):
        assert row["before"]["rate"] == found["response"]["rate"]
        assert row["low"] < row["change"] < row["high"]
        assert row["now"]["profit_per_call"] == pytest.approx(120 * row["now"]["rate"] - 5)
    said = " ".join(later.sentences)
    assert "a call to them earned" in said
    assert "5.00 EUR as the cost of a call" in said
    page = (later.folder / "report.html").read_text("utf-8")
    assert "How the segments answer now" in page
    assert "Who the customers of the new wave are" in page
    assert "said yes (" not in page  # the table says it
    assert all(row["sentence"] in later.sentences for row in told["segments"])
    assert "Whom to call first" in page
    assert "What to do with each segment" in page
    assert "Needs and offers are those told of" in page
    assert told["steps"].keys() == {"1", "2"}
    assert told["first"].startswith(
        ("By how this wave answered: call segment", "By how this wave answered: no segment")
    )
    assert told["first"] in later.sentences
    assert "profit per call now, EUR" in page
    plain = assign(table, earlier.folder, settings, runs=tmp_path)
    assert "a call to them" not in " ".join(plain.sentences)
    assert "said yes" in " ".join(plain.sentences)
    silent = assign(table.drop("y"), earlier.folder, load_config(None, money), runs=tmp_path)
    assert "Nobody's answer is in this wave: what calls to it earned is not said." in silent.sentences


def test_where_one_segment_was_called_its_answers_decide_and_the_earlier_wave_only_of_the_other(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    money = load_config(
        None,
        ["segments.count=2", "economics.cost_per_call=5", "economics.value_per_success=120", "economics.currency=EUR"],
    )
    earlier = segment(wave(0, 600, 1, 0.3), tmp_path / "waves.toml", money, runs=tmp_path)
    table = wave(600, 600, 2, 0.3).with_columns(y=pl.when(pl.col("age") > 50).then(pl.lit("no")))
    later = assign(table, earlier.folder, money, runs=tmp_path)
    told = json.loads((later.folder / "migration.json").read_text())["answers"]
    (mine,) = [row["key"] for row in told["segments"] if row["now"]]
    (other,) = {"1", "2"} - {mine}
    assert told["steps"] == {mine: "write", other: "call"}, "before, those who lose now were the best"
    assert told["by_earlier"] == [other]
    assert told["first"] == (
        f"By how this wave answered: no called segment surely pays for its calls; segment {mine} loses, write to them. "
        f"Of segments without enough answers in this wave, by how the earlier one answered: segment {other} pays."
    )
    assert (later.folder / "report.html").read_text("utf-8").count("(by the earlier wave)") == 1

    by_rate = assign(table, earlier.folder, load_config(None, ["segments.count=2"]), runs=tmp_path)
    rates = json.loads((by_rate.folder / "migration.json").read_text())["answers"]
    assert rates["steps"] == {other: "call"}, "one response alone is above or below no other"
    assert f"Nothing is decided of segment {mine}: one response alone" in rates["first"]


def test_a_later_wave_says_first_what_is_empty_now_and_which_values_no_segment_knows(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    earlier = segment(
        wave(0, 600, 1, 0.3), tmp_path / "waves.toml", load_config(None, ["segments.count=2"]), runs=tmp_path
    )
    place = pl.int_range(600)
    now = wave(600, 600, 2, 0.3).with_columns(
        plan=pl.lit(None, pl.String),
        job=pl.when(place % 12 == 0).then(pl.lit("astronaut")).otherwise("job"),
    )
    later = assign(now, earlier.folder, runs=tmp_path)
    said = json.loads((later.folder / "migration.json").read_text())["sentences"]
    assert said[:3] == [
        "Job: 8.3 % of the rows have a value that nobody or hardly anybody had when the segments were found; "
        "no segment knows it.",
        "Plan: 100.0 % of the rows have no value, 0.0 % before.",
        "Changes of the segments below may come of that alone, and not of other customers: check the table first.",
    ]
    assert set(said) <= set(later.sentences)
    assert "astronaut" not in " ".join(said)
    assert "no segment knows it" in (later.folder / "report.html").read_text("utf-8")
    assert later.frame()["flags"].dtype == pl.String

    alike = assign(wave(600, 600, 2, 0.3), earlier.folder, runs=tmp_path)
    assert not any("no value" in line or "no segment knows" in line for line in alike.sentences)


def test_a_later_wave_takes_names_and_no_other_setting_of_segments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    had = ["segments.count=2", "segments.names.1=Savers"]
    earlier = segment(wave(0, 400, 1, 0.3), tmp_path / "waves.toml", load_config(None, had), runs=tmp_path / "runs")
    by_itself = earlier.summary["segments"][1]["name"]
    now = load_config(
        None, flags={"segments.count": 2, "segments.names": {"1": "Savers", by_itself: "Golden", "9": "Lost"}}
    )
    later = assign(wave(300, 400, 2, 0.3), earlier.folder, now, runs=tmp_path / "runs")
    assert later.frame()["segment"].unique().sort().to_list() == ["Golden", "Savers"]
    assert later.summary["names"] == ["Savers", "Golden"]
    assert [line for line in later.sentences if "nobody's" in line] == [
        "No segment is called '9' or has it as its number: the name given for it is nobody's."
    ]
    own = earlier.summary["segments"][0]["own_name"]
    still = load_config(None, flags={"segments.names": {own: "Keepers", "2": "Golden", by_itself: "Silver"}})
    answered = assign(wave(300, 400, 2, 0.3), earlier.folder, still, runs=tmp_path / "runs")
    assert answered.summary["names"] == ["Keepers", "Golden"], "segmint's own name still answers"
    assert "Segment 2 was given two names; 'Golden' holds, and 'Silver' is lost." in answered.sentences
    alike = load_config(None, flags={"segments.names": {"1": "Golden", "2": "Golden"}})
    twins = assign(wave(300, 400, 2, 0.3), earlier.folder, alike, runs=tmp_path / "runs")
    assert twins.frame()["segment"].unique().sort().to_list() == ["Golden (1)", "Golden (2)"]

    runs_before = sorted((tmp_path / "runs").iterdir())
    wave(300, 400, 2, 0.3).write_csv(tmp_path / "wave.csv")
    argv = ["segment", str(tmp_path / "wave.csv"), "--assign-with", str(earlier.folder), "--runs"]
    other = ["--count", "5", "--leave-out-sensitive", "--set", "segments.words=w.toml"]
    assert main([*argv, str(tmp_path / "runs"), *other]) == 2
    said = capsys.readouterr().err
    assert all(f"segments.{name}" in said for name in ("count", "leave_out_sensitive", "words"))
    assert "segments.method" not in said
    assert sorted((tmp_path / "runs").iterdir()) == runs_before


def test_a_later_wave_is_read_at_the_moment_of_the_segments(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    at = load_config(None, flags={"segments.count": 2, "data.at": "dialling"})
    earlier = segment(wave(0, 400, 1, 0.3), tmp_path / "waves.toml", at, runs=tmp_path)
    later = assign(wave(300, 400, 2, 0.3), earlier.folder, runs=tmp_path)
    assert load_config(later.folder / "config.toml").data.at == "dialling"
    with pytest.raises(ConfigError, match="'planning', and the segments were found for 'dialling'"):
        assign(wave(300, 400, 2, 0.3), earlier.folder, load_config(None, ["data.at=planning"]), runs=tmp_path)


def test_without_ids_only_the_shares_are_compared(segmented: Segmented, runs: Path) -> None:
    later = assign(sample_path(), str(segmented.folder), load_config(), runs=runs)
    assert json.loads((later.folder / "migration.json").read_text())["migration"] is None
    assert any("no id column" in line for line in later.sentences)
    assert any("the very table in which the segments were found" in line for line in later.sentences)

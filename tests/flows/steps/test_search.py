"""A search on a part of the embedded sample with a budget of three trials."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.contract.column import Column
from segmint.flows.demo import sample_path
from segmint.flows.run import RunResult, run
from segmint.flows.steps import search as flow
from segmint.models.network import DenseNetworkClassifier
from segmint.models.network_model import NetworkModel

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")
pytest.importorskip("optuna")

QUICK = ["model.recipe=plain", "search.trials=3", "compare.repeats=100", "segments.enabled=false", "compare.models=['dense_network', 'base_rate']"]  # fmt: skip
ROWS = 1_500


@pytest.fixture(scope="module")
def seen() -> list[set[int]]:
    """Fingerprints of the rows that each fit of a network was given."""
    return []


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory, seen: list[set[int]]) -> RunResult:
    with pytest.MonkeyPatch.context() as patch:
        fit = NetworkModel.fit

        def watched(
            self: NetworkModel, X: pl.DataFrame, y: np.ndarray, *, inner: object, **more: object
        ) -> NetworkModel:
            rows = set(X.hash_rows(seed=1).to_list()) | set(inner[0].hash_rows(seed=1).to_list())  # type: ignore[index]
            seen.append(rows)
            return fit(self, X, y, inner=inner, **more)  # type: ignore[arg-type]

        patch.setattr(NetworkModel, "fit", watched)
        patch.setattr(flow, "WIDTHS", ("16-8", "128-64"))
        start = flow._Trial.start  # too slow a start, so that some trial is better
        patch.setattr(flow._Trial, "start", lambda self: start(self) | {"learning_rate": 3e-4, "epochs": 4})
        table = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:ROWS]
        return run(table, "bank-marketing", load_config(None, QUICK), runs=tmp_path_factory.mktemp("runs"))


def test_trials_and_the_two_networks_compared_never_see_the_rows_kept_apart(
    searched: RunResult, seen: list[set[int]]
) -> None:
    assert len(seen) == 3 + 2 + 1  # trials, before and after, the final one
    assert all(rows <= seen[0] for rows in seen[:5])
    assert not seen[5] <= seen[0]
    predicted = pl.read_parquet(searched.folder / "predictions.parquet")
    assert predicted["record"].n_unique() == pytest.approx(ROWS / 5, abs=3)


def test_it_says_everywhere_on_which_rows_it_is_judged(searched: RunResult) -> None:
    sentence = "the comparison, its intervals and the calibration are about the other 20 %"
    assert sentence in searched.conclusion[0]
    assert sentence in json.loads((searched.folder / "search.json").read_text())["sentence"]
    assert sentence in (searched.folder / "bundle" / "model_card.md").read_text()
    assert sentence in json.dumps(searched.summary)
    page = searched.report.read_text()
    assert page.replace("\u00a0", " ").count(sentence) >= 2


def test_the_bundle_is_the_best_trial_trained_on_all_rows(searched: RunResult) -> None:
    told = json.loads((searched.folder / "search.json").read_text())
    best = told["trials"][told["best"]]["settings"]
    layers = json.loads((searched.folder / "bundle" / "network.json").read_text())["layers"]
    widths = [layer["units"] for layer in layers if layer["type"] == "Dense"][:-1]
    assert widths == [int(width) for width in best["hidden"].split("-")]
    models = pl.read_parquet(searched.folder / "predictions.parquet")["model"].unique().to_list()
    assert set(models) == {"dense_network", "dense_network_start", "base_rate"}


def test_a_start_that_nothing_beat_is_not_set_beside_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Compared:
        models: dict[str, Any]
        conclusion: tuple[str, ...] = ()

    monkeypatch.setattr(flow, "compare_models", lambda models, *args, **kwargs: Compared(models))
    config = load_config(None, QUICK)
    fold = SimpleNamespace(train=range(80), test=range(20))
    for best, expected in ((0, ["base_rate", "dense_network"]), (2, ["base_rate", "dense_network", flow.START])):
        searched = SimpleNamespace(best=SimpleNamespace(number=best), trials=range(3))
        found = flow.Found(searched, config, fold)  # type: ignore[arg-type]
        compared = flow.compare_apart(None, config, found, lambda name, config: name, *[None] * 3)  # type: ignore[arg-type,return-value]
        assert sorted(compared.models) == expected


def found_after(seconds: list[float], *search: str) -> flow.Found:
    """Return what is found after trials of so many seconds, the first the best."""
    trials = [SimpleNamespace(seconds=spent, number=number) for number, spent in enumerate(seconds)]
    fold = SimpleNamespace(train=range(80), test=range(20))
    return flow.Found(SimpleNamespace(trials=trials, best=trials[0]), load_config(None, list(search)), fold)  # type: ignore[arg-type]


def test_a_search_with_time_for_one_trial_says_that_nothing_else_was_tried_and_how_long_it_must_be() -> None:
    found = found_after([200.0], "search.minutes=0.5")
    assert "made 1 trial on 80 % of the rows (80)" in found.sentence
    assert "No other settings were tried: the time (30 s) was too short for a second trial" in found.sentence
    assert "after a first of 3 min 20 s; give --search at least 7m." in found.sentence
    assert "the comparison, its intervals and the calibration are about the other 20 % (20 rows)" in found.sentence
    assert "were searched" not in found.sentence


def test_one_trial_that_was_asked_for_is_no_matter_of_time() -> None:
    found = found_after([200.0], "search.minutes=9", "search.trials=1")
    assert "one trial was asked for; set search.trials to 2 or more" in found.sentence
    assert not found_after([1.0, 1.0], "search.minutes=9").only_the_start


def test_without_optuna_nothing_is_read_and_the_pip_line_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["demo", "--search", "1m", "--runs", str(tmp_path)]) == 2
    assert "pip install 'segmint[search]'" in capsys.readouterr().err


def test_a_trial_of_several_networks_writes_nothing_where_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "2" / "training" / "figures.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    inputs, answers = draw.normal(size=(80, 3)).astype(np.float32), np.arange(80) % 2
    followed: list[int] = []
    network = DenseNetworkClassifier(
        hidden=(4,), epochs=2, members=3, log=flow._Watching(lambda epoch, loss: bool(followed.append(epoch)))
    )
    network.fit(inputs, answers, inner=(inputs, answers))
    assert followed == [0, 1]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


WHO = SimpleNamespace(keys=np.arange(1_000))
SETTINGS = {"hidden": [48, 24], "dropout": 0.33, "learning_rate": 0.004, "epochs": 12, "batch_size": 32, "copies": 3, "swap": 0.4, "share": 0.5}  # fmt: skip


@pytest.mark.parametrize("given", SETTINGS)
def test_a_setting_that_was_given_is_kept_and_not_searched(given: str) -> None:
    config = load_config(None, ["model.recipe=best", "search.trials=1", f"model.{given}={SETTINGS[given]}"])
    age = Column(name="age", kind="number", role="characteristic", label="age")
    contract = SimpleNamespace(name="any", version="1")
    table = SimpleNamespace(features=[age], contract=contract, at="planning")
    fold = SimpleNamespace(fit=np.arange(1_000), inner=np.arange(9))
    trial = flow._Trial(table, config, fold, WHO)  # type: ignore[arg-type]
    space = flow.settings_to_search(config)
    assert set(space) == set(SETTINGS) - {given}
    assert set(trial.start()) == set(space)
    proposed = {name: some.choices[0] if some.choices else some.low for name, some in space.items()}
    assert given not in trial.settings(proposed)
    assert given in trial.key()["given"]


def test_a_search_starts_from_what_was_given() -> None:
    config = load_config(None, ["search.trials=1", "model.copies=1", "model.epochs=12"])
    age = Column(name="age", kind="number", role="characteristic", label="age")
    table, fold = SimpleNamespace(features=[age]), SimpleNamespace(fit=np.arange(16_000))
    start = flow._Trial(table, config, fold, WHO).start()  # type: ignore[arg-type]
    assert start["batch_size"] == 512
    assert start["learning_rate"] == 2e-3  # twelve epochs are not few
    assert start["hidden"] == "256-128"


def test_a_search_that_is_left_nothing_to_try_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [f"--set=model.{name}={value}" for name, value in SETTINGS.items()]
    assert main(["demo", "--search", "1m", *given, "--runs", str(tmp_path / "runs")]) == 2
    assert "all of them are set already" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("folds", [["--folds", "3"], ["--set", "split.folds=3"], ["--set", "split={folds=3}"]])
def test_folds_beside_a_search_are_refused_and_not_dropped(
    folds: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--search", "1m", *folds, "--runs", str(tmp_path / "runs")]) == 2
    assert "the comparison is on 20 % of the rows, which the search never saw" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_folds_that_a_file_sets_are_said_to_be_of_no_use_to_a_search(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[split]\nfolds = 3\n")
    with_search = load_config(tmp_path / "config.toml", ["search.trials=2"])
    assert "split.folds = 3" in flow.unused_folds(with_search)
    assert not flow.unused_folds(load_config(tmp_path / "config.toml"))
    assert not flow.unused_folds(load_config(None, ["search.trials=2"]))
    assert not flow.unused_folds(load_config(None, ["search.trials=2", "model.recipe=best"]))  # the recipe's own folds


@pytest.mark.parametrize("wrong", ["soon", "0m", "-5m", "20 minutes"])
def test_a_duration_that_is_none_is_refused(wrong: str, tmp_path: Path) -> None:
    assert main(["demo", f"--search={wrong}", "--runs", str(tmp_path)]) == 2


def test_no_more_copies_are_tried_than_a_large_table_gets() -> None:
    config = load_config(None, ["search.trials=2"])
    few, many = (flow.settings_to_search(config, customers)["copies"] for customers in (1_000, 400_000))
    assert (few.low, few.high) == (0.5, 12.0)
    assert many.low < many.high == 0.25

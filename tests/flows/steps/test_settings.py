"""What every flow takes: settings in any form, places as texts, and the defaults of its command."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from pathlib import Path

import polars as pl
import pytest

import segmint
from segmint.cli import main
from segmint.config import Config, load_config
from segmint.errors import BundleError, ConfigError
from segmint.flows.steps.settings import contract_of, policy_of, require_its_moment, settings_of, with_policy
from segmint.store.bundle import Bundle, open_bundle, write_bundle
from segmint.targeting.policy import ContactPolicy, Economics, policy_template
from tests.service.small import small_parts

FLOWS = [name for name in segmint.__all__ if (getattr(segmint, name).__module__ or "").startswith("segmint.flows")]


@pytest.mark.parametrize("name", [name for name in FLOWS if inspect.isfunction(getattr(segmint, name))])
def test_a_flow_has_the_defaults_of_its_command(name: str) -> None:
    asked = inspect.signature(getattr(segmint, name)).parameters
    defaults = {key: asked[key].default for key in ("bundle", "config", "runs") if key in asked}
    assert defaults.items() <= {"bundle": "PROMOTED", "config": None, "runs": "runs"}.items()


def test_settings_that_were_copied_with_other_values_are_checked() -> None:
    config = load_config(sets=["model.recipe=best"])
    assert settings_of(config) == config
    assert settings_of(config.model_copy(update={"split": {"folds": 4}})).split.folds == 4
    with pytest.raises(ConfigError, match=r"'split\.folds' makes no sense: 1"):
        settings_of(config.model_copy(update={"split": config.split.model_copy(update={"folds": 1})}))
    with pytest.raises(ConfigError, match="'seed' makes no sense: 'x'"):
        settings_of(config.model_copy(update={"seed": "x"}))


def test_a_contract_is_taken_or_loaded_by_its_name() -> None:
    contract = contract_of("bank-marketing")
    assert contract_of(contract) is contract


def test_a_result_is_frozen_and_has_a_frame() -> None:
    from segmint.flows import backtest, explain, measure, monitor, predict, promote, run, segment, target, update

    results = [
        backtest.Backtested, explain.Explained, measure.Measured, monitor.Monitored, predict.Predicted, promote.Promoted,
        promote.Promotions, run.RunResult, segment.Segmented, target.Targeted, update.Updated,
    ]  # fmt: skip
    for result in results:
        assert dataclasses.is_dataclass(result)
        assert result.__dataclass_params__.frozen, result
        assert callable(result.frame), result
        shown = {part.name for part in dataclasses.fields(result) if part.repr}
        assert shown <= {"folder", "report", "out", "sentences", "sentence", "receipt", "conclusion", "customers", "reasons",
                         "ledger", "counts", "trained_on", "outcomes", "quality", "entry", "entries", "problems"}, result  # fmt: skip


def test_settings_are_taken_in_any_form(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("seed = 3\n")
    assert settings_of(None) == Config()
    assert settings_of(str(tmp_path / "c.toml")) == settings_of(load_config(tmp_path / "c.toml")) == Config(seed=3)
    policy = ContactPolicy(economics=Economics(cost_per_call=1, value_per_success=2))
    with pytest.raises(TypeError, match="a contact policy goes to segmint"):
        settings_of(policy)  # type: ignore[arg-type]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", **small_parts(1))
    return tmp_path / "bundle"


PEOPLE = pl.DataFrame({"age": ["40"] * 20, "job": ["student"] * 20, "phone": ["1"] * 20})
MONEY = ["economics.cost_per_call=1", "economics.value_per_success=2"]


@pytest.mark.parametrize("door", ["predict", "target", "monitor", "explain_customers", "update", "open_model"])
def test_a_bundle_decides_the_moment_and_another_one_is_refused(door: str, bundle: Path, tmp_path: Path) -> None:
    config, runs = load_config(None, [*MONEY, "data.at=dialling"]), tmp_path / "runs"
    given = {"update": (PEOPLE, PEOPLE), "open_model": ()}.get(door, (PEOPLE,))
    module = {"open_model": "model", "explain_customers": "explain"}.get(door, door)
    flow = getattr(importlib.import_module(f"segmint.flows.{module}"), door)
    with pytest.raises(ConfigError) as caught:
        flow(*given, bundle, config, runs=runs)
    said = str(caught.value)
    assert "data.at is 'dialling', and the bundle was trained for 'planning'" in said
    assert 'data.at = "planning", or none' in said
    assert "segmint run --at dialling" in said
    assert not runs.exists()


def test_settings_shared_with_the_training_go_on_working(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    PEOPLE.write_csv(tmp_path / "people.csv")
    shared = tmp_path / "shared.toml"
    argv = ["predict", str(tmp_path / "people.csv"), "--bundle", str(bundle), "--runs", str(tmp_path / "runs")]
    for at, code in (("planning", 0), ("dialling", 2)):
        shared.write_text(f'[data]\nat = "{at}"\n')
        assert main([*argv, "--config", str(shared)]) == code
    assert "data.at is 'dialling'" in capsys.readouterr().err
    assert main([*argv, "--set", "data.at=planning"]) == 0
    require_its_moment(load_config(None, ["data.max_rejected=0.5"]), replace_at(bundle, "dialling"))


@pytest.mark.parametrize(("command", "table"), [("predict", "predictions.parquet"), ("target", "call_list.parquet")])
def test_the_settings_of_a_run_name_its_moment_and_repeat_it(command: str, table: str, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts(1) | {"at": "dialling"})
    PEOPLE.with_columns(phone=pl.lit("+48221234567")).write_csv(tmp_path / "people.csv")
    argv = [command, str(tmp_path / "people.csv"), "--bundle", str(tmp_path / "bundle")]
    money = [text for each in MONEY if command == "target" for text in ("--set", each)]
    assert main([*argv, *money, "--runs", str(tmp_path / "first")]) == 0
    (kept,) = (tmp_path / "first").glob("*/config.toml")
    assert load_config(kept).data.at == "dialling"
    assert main([*argv, "--config", str(kept), "--runs", str(tmp_path / "again")]) == 0
    (before,), (again,) = ((tmp_path / name).glob(f"*/{table}") for name in ("first", "again"))
    assert pl.read_parquet(before)["propensity"].equals(pl.read_parquet(again)["propensity"])


def test_the_settings_of_an_old_run_are_refused_with_a_word_about_it(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts(1) | {"at": "dialling"})
    (tmp_path / "config.toml").write_text(Config().to_toml(), "utf-8")
    with pytest.raises(ConfigError, match="settings that an earlier run kept"):
        require_its_moment(load_config(tmp_path / "config.toml"), open_bundle(tmp_path / "bundle"))


def replace_at(bundle: Path, at: str) -> Bundle:
    return dataclasses.replace(open_bundle(bundle), at=at)


def test_a_policy_wins_over_the_settings_and_leaves_the_rest(tmp_path: Path) -> None:
    before = load_config(None, ["seed=3", "economics.cost_per_call=1", "economics.value_per_success=2"])
    (tmp_path / "policy.toml").write_text(policy_template())
    of_file = with_policy(before, str(tmp_path / "policy.toml"))
    of_object = with_policy(before, segmint.load_policy(tmp_path / "policy.toml"))
    assert of_file.seed == of_object.seed == 3
    assert of_file.economics == of_object.economics != before.economics
    assert of_file.policy == of_object.policy
    assert with_policy(before, None) is before


def test_a_policy_file_is_read_in_one_way_by_everybody(tmp_path: Path) -> None:
    whole = tmp_path / "whole.toml"
    whole.write_text(f'seed = 3\n{policy_template()}\n[data]\nat = "dialling"\n')
    assert segmint.load_policy(whole) == policy_of(load_config(whole)) == policy_of(with_policy(Config(), whole))
    misspelt = tmp_path / "misspelt.toml"
    misspelt.write_text(policy_template().replace("budget_calls", "budget_cals"))
    said = []
    for read in (segmint.load_policy, load_config, lambda path: with_policy(Config(), path)):
        with pytest.raises(ConfigError) as caught:
            read(misspelt)
        said.append(str(caught.value))
    assert len(set(said)) == 1
    assert "policy.budget_calls" in caught.value.fix


def test_a_policy_file_that_cannot_be_read_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[economics\n")
    for name in ("none.toml", "broken.toml"):
        with pytest.raises(ConfigError, match="segmint policy init"):
            segmint.load_policy(tmp_path / name)


def test_the_champion_is_looked_for_where_the_commands_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BundleError, match="No run is promoted"):
        segmint.open_bundle()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "PROMOTED").write_text("{}")
    with pytest.raises(BundleError, match="does not name a run"):
        segmint.open_bundle("PROMOTED")

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from segmint import config as config_module
from segmint.config import Config, load_config
from segmint.errors import ConfigError


def test_one_text_is_one_setting() -> None:
    assert load_config(sets="seed=3") == load_config(sets=["seed=3"])


def test_flags_win_over_set_and_set_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('seed = 1\n[split]\nfolds = 3\n[data]\nat = "dialling"\n')
    config = load_config(file, ["split.folds=4", "seed=2"], {"seed": 3, "data.at": None})
    assert (config.seed, config.split.folds, config.data.at) == (3, 4, "dialling")


def test_a_written_configuration_reads_back_equal() -> None:
    config = load_config(None, ["model.hidden=[32, 16]", "data.at=after_call"])
    assert Config(**tomllib.loads(config.to_toml())) == config
    assert load_config(None, ["data.max_rejected=0.5"]).to_toml(only_set=True) == "[data]\nmax_rejected = 0.5\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("split.fold=3", "did you mean 'split.folds'"),
        ("modl.recipe=best", "did you mean 'model'"),
        ("model.recipe=bst", "did you mean 'best'"),
        ("data.at=dialing", "did you mean 'dialling'"),
        ('compare.models=["lihgtgbm"]', "did you mean 'lightgbm'"),
        ("folds=3", "did you mean 'split.folds'"),
        ("econmics={currency='EUR'}", "did you mean 'economics'?"),
        ("econmics.currency=EUR", "did you mean 'economics'?"),
        ("split.folds=many", "split.folds"),
        ("split.folds=1", "split.folds"),
        ("split.folds", "no key and value"),
        ("data.at=tomorrow", "data.at"),
        ("compare.models=['knn']", "dense_network"),
        ("compare.models=['dense_network', 'oracle']", "there is no 'oracle'"),
        ("model.hidden=[0]", "model.hidden"),
        ("model.hidden=[64, -1]", "greater than or equal to 1"),
        ("model.hidden=[8192]", "at most 4,096"),
        ("model={recipe='rolling', hidden=[1366]}", "at most 1,365: the recipe 'rolling' makes one network of 3"),
        ("model.hidden=[4096, 4096, 4096, 4096, 4096]", "at most 50,000,000 weights"),
        ("data.delimiter=tab", 'one character; a tab is "\\t"'),
        ("data.delimiter=''", "one character"),
        ("data.delimiter=\udcff", "Expected: text that can be written in UTF-8\n"),
        ("data.test=t\udcff.csv", "Expected: text that can be written in UTF-8\n"),
        ("policy.campaign=k\udcff", "Expected: text that can be written in UTF-8\n"),
        ("segments.names={'\udcff'='x'}", "Expected: text that can be written in UTF-8\n"),
        ("seed.x=1", "seed"),
        ("segments.count=50", "setting 'segments.count' makes no sense"),
        ("segments.count=50", "12 or 'auto'"),
        ("model.epochs=many", "Expected: a whole number\n"),
        ("model.epochs=1.5", "Expected: a whole number\n"),
        ("split.inner=much", "Expected: a number\n"),
        ("segments.thorough=perhaps", "Expected: true or false\n"),
        ("compare.models=7", "Expected: a list\n"),
        ("policy.hash_key=''", "Expected: a text that is not empty\n"),
        ("policy.country_code=Germany", 'Expected: the one to three digits of a country: "49", "+49" or "0049"\n'),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [text])
    assert words in str(caught.value)


@pytest.mark.parametrize("code", ["49", "+49", "0049", "'+49'", "' 49 '"])
def test_a_country_code_is_taken_however_it_is_dialled(code: str) -> None:
    assert load_config(None, [f"policy.country_code={code}"]).policy.country_code == "49"


def test_an_unknown_setting_names_its_neighbours_and_not_every_setting_there_is() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, ["policy.budget=3"])
    assert "policy.budget_calls" in str(caught.value)
    assert "split.folds" not in str(caught.value)
    with pytest.raises(ConfigError, match="one of seed, data"):
        load_config(None, ["name=3"])


@pytest.mark.parametrize("key", ["seed", "split.inner", "segments.count", "model.hidden", "policy.budget_calls"])
@pytest.mark.parametrize("given", [True, [False], np.bool_(True)])
def test_a_truth_value_is_no_number(key: str, given: object) -> None:
    with pytest.raises(ConfigError, match=f"'{key}' makes no sense") as caught:
        load_config(flags={key: given})
    assert "a number, not true or false" in str(caught.value)
    assert load_config(flags={"model.refit": True, "segments.thorough": True}).model.refit


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("folds = = 3")
    with pytest.raises(ConfigError, match=r"bad\.toml"):
        load_config(tmp_path / "bad.toml")


def test_the_best_recipe_compares_on_three_folds_unless_told_otherwise() -> None:
    assert load_config(None, ["model.recipe=best"]).split.folds == 3
    assert load_config(None, ["model.recipe=best", "split.folds=5"]).split.folds == 5
    assert load_config(None, ["model.recipe=best", "split.inner=0.2"]).split.folds == 3
    assert load_config(None, ["model.recipe=fast"]).split.folds == 5


def test_a_compact_network_is_at_most_64_wide_and_widths_win_over_the_size() -> None:
    assert max(load_config(None, ["model.size=compact"]).model.settings["hidden"]) <= 64
    assert load_config(None, ["model.size=compact", "model.hidden=[8]"]).model.settings["hidden"] == (8,)
    assert "hidden" not in load_config().model.settings
    assert "size" not in load_config(None, ["model.size=compact"]).model.settings


def test_a_table_of_upcoming_customers_is_found_again_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = tmp_path / "config.toml"
    written.write_text(load_config(None, ["data.upcoming=next.csv"]).to_toml(), "utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert load_config(written).data.upcoming == tmp_path / "next.csv"


def test_a_file_may_be_named_by_a_text(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("seed = 3")
    (tmp_path / "other.toml").write_text("[split]\nfolds = 4")
    config = load_config([str(tmp_path / "my.toml"), str(tmp_path / "other.toml")])
    assert (load_config(str(tmp_path / "my.toml")).seed, config.split.folds) == (3, 4)


def test_names_that_are_numbers_need_no_quotes() -> None:
    data = load_config(None, ["data.sheet=2026", "data.encoding=1252"]).data
    assert (data.sheet, data.encoding) == ("2026", "1252")


def test_a_network_as_wide_as_a_bundle_holds_is_no_mistake() -> None:
    assert load_config(None, ["model.hidden=[4096]"]).model.hidden == (4_096,)
    assert load_config(None, ["model={recipe='rolling', hidden=[1365, 8]}"]).model.hidden == (1_365, 8)


def test_a_network_too_wide_to_be_learned_wave_by_wave_is_refused() -> None:
    assert load_config(None, ["model.hidden=[1365]", "model.dropout=0.2"]).model.over_time.settings == {
        "recipe": "rolling", "hidden": (1_365,), "dropout": 0.2,
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"model\.hidden") as caught:
        _ = load_config(None, ["model.hidden=[1366]"]).model.over_time
    assert "at most 1,365" in str(caught.value)


def test_the_numbers_said_here_are_those_of_the_models() -> None:
    from segmint.models.network_model import RECIPES

    assert RECIPES["rolling"].learning["members"] == config_module.ROLLING_MEMBERS


def test_a_file_that_holds_no_settings_is_sent_to_where_they_are_explained(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("id;age\n1;2\n")
    for path in (tmp_path / "customers.csv", tmp_path / "policy.toml"):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            load_config(path)
        assert "segmint policy init" in caught.value.fix

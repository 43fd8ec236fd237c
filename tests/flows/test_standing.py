"""What an operator sets lies under every list: other settings win, objections stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.errors import ConfigError, PolicyError
from segmint.flows.standing import StandingPolicy

POLICY = """
[economics]
cost_per_call = 4
value_per_success = 90
[policy]
budget_calls = 300
suppress = ["{folder}/stop.csv"]
other_lists = ["{folder}/spring.csv"]
history = "{folder}/calls.csv"
rest_days = 30
attempts = 3
[[policy.exclude]]
name = "students"
column = "job"
levels = ["student"]
[[policy.quotas]]
column = "job"
level = "clerk"
maximum = 20
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "stop.csv").write_text("client\n7\n")
    (tmp_path / "spring.csv").write_text("customer,status,campaign\n1,listed,spring\n")
    (tmp_path / "calls.csv").write_text("client,date\n1,2026-01-01\n")
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.format(folder=tmp_path))
    return path


def test_without_a_file_settings_are_what_they_would_be() -> None:
    sets = ["policy.consent_words=['ja']", "policy.rest_days=0"]
    assert StandingPolicy.load(None).under(sets) == load_config(None, sets)
    assert StandingPolicy().rules() == []


def test_settings_of_a_list_win_and_what_they_leave_open_is_the_banks(file: Path) -> None:
    laid = StandingPolicy.load(file).under(["economics.cost_per_call=5"], {"policy.budget_calls": 100})
    assert laid.economics is not None
    assert (laid.economics.cost_per_call, laid.economics.value_per_success) == (5, 90)
    assert laid.policy.budget_calls == 100
    assert StandingPolicy.load(file).under().policy.budget_calls == 300


def test_no_setting_brings_anybody_back_who_must_not_be_called(file: Path) -> None:
    exclude = [{"name": "old", "column": "age", "above": 90}]
    loose = {"rest_days": 0, "attempts": 9, "exclude": exclude, "suppress": [], "other_lists": []}
    flags = {f"policy.{name}": value for name, value in loose.items()} | {"policy.consent_words": ["no", "YES"]}
    policy = StandingPolicy.load(file).under(flags=flags).policy
    assert (policy.rest_days, policy.attempts) == (30, 3)
    assert [path.name for path in (*policy.suppress, *policy.other_lists)] == ["stop.csv", "spring.csv"]
    assert policy.history == file.parent / "calls.csv"
    assert [rule.name for rule in policy.exclude] == ["students", "old"]
    assert policy.consent_words == ("yes",)
    strict = StandingPolicy.load(file).under(["policy.rest_days=60", "policy.attempts=1"]).policy
    assert (strict.rest_days, strict.attempts) == (60, 1)


def test_quotas_add_up_and_one_for_the_same_level_takes_its_place(file: Path) -> None:
    quotas = [{"column": "job", "level": "clerk", "maximum": 5}, {"column": "job", "level": "farmer", "maximum": 9}]
    policy = StandingPolicy.load(file).under(flags={"policy.quotas": quotas}).policy
    assert [(quota.level, quota.maximum) for quota in policy.quotas] == [("clerk", 5), ("farmer", 9)]


def test_what_holds_is_said_in_words(file: Path) -> None:
    said = " / ".join(StandingPolicy.load(file).rules())
    for word in ("stop.csv", "spring.csv", "students", "job clerk", "30 days of rest", "3 calls"):
        assert word in said


@pytest.mark.parametrize("gone", ["stop.csv", "spring.csv", "calls.csv"])
def test_a_file_that_is_named_and_gone_is_said_at_the_start(file: Path, gone: str) -> None:
    (file.parent / gone).unlink()
    with pytest.raises(PolicyError, match=gone):
        StandingPolicy.load(file)


def test_a_policy_that_contradicts_itself_is_refused_though_it_says_no_money(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[policy]\nrest_days = 30\n")
    with pytest.raises(ConfigError, match="no history"):
        StandingPolicy.load(tmp_path / "policy.toml")


@pytest.mark.parametrize("door", ["serve", "dashboard"])
@pytest.mark.parametrize("text", [None, "[policy]\nsupress = []", "[policy]\nsuppress = ['nowhere.csv']"])
def test_both_doors_refuse_to_open_under_a_policy_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], door: str, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "policy.toml").write_text(text)
    assert main([door, "--runs", str(tmp_path), "--policy", str(tmp_path / "policy.toml")]) == 2
    told = capsys.readouterr().err
    assert "policy.toml" in told or "suppress" in told or "nowhere.csv" in told

"""What an operator sets lies under every list: other settings win, objections stay."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomlkit

from segmint.cli import main
from segmint.config import load_config
from segmint.errors import ConfigError, PolicyError
from segmint.flows.standing import StandingPolicy
from segmint.flows.steps.settings import policy_of

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
    flags |= {"policy.no_exclusion_words": ["yes", "NO", "nein"]}
    policy = StandingPolicy.load(file).under(flags=flags).policy
    assert (policy.rest_days, policy.attempts) == (30, 3)
    assert [path.name for path in (*policy.suppress, *policy.other_lists)] == ["stop.csv", "spring.csv"]
    assert policy.history == file.parent / "calls.csv"
    assert [rule.name for rule in policy.exclude] == ["students", "old"]
    assert policy.consent_words == ("yes",)
    assert policy.no_exclusion_words == ("no", "nein")
    strict = StandingPolicy.load(file).under(["policy.rest_days=60", "policy.attempts=1"]).policy
    assert (strict.rest_days, strict.attempts) == (60, 1)


@pytest.mark.parametrize("setting", ["consent_words", "no_exclusion_words"])
def test_words_of_a_list_that_the_standing_policy_does_not_know_are_refused(setting: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text("[policy]\nbudget_calls = 3\n")
    with pytest.raises(PolicyError, match=rf"policy.{setting} \('agreed'\) is a word of the standing policy") as caught:
        StandingPolicy.load(file).under(flags={f"policy.{setting}": ["agreed"]})
    assert "set in the standing policy" in str(caught.value.fix)
    file.write_text(f"[policy]\n{setting} = ['Agreed', '1']\n")
    standing = StandingPolicy.load(file)
    assert getattr(standing.under().policy, setting) == ("Agreed", "1")
    assert getattr(standing.under(flags={f"policy.{setting}": [" agreed", "1.0"]}).policy, setting) == ("Agreed", "1")
    assert getattr(standing.under(flags={f"policy.{setting}": []}).policy, setting) == ()


@pytest.mark.parametrize(("asked", "holds"), [(5, 5), (100_000, 20), (None, 20)])
def test_quotas_add_up_and_of_two_for_the_same_level_the_tighter_holds(
    file: Path, asked: int | None, holds: int
) -> None:
    clerk = {"column": "job", "level": "clerk", "minimum": 3, "maximum": asked}
    quotas = [clerk, {"column": "job", "level": "farmer", "maximum": 9}]
    policy = StandingPolicy.load(file).under(flags={"policy.quotas": quotas}).policy
    found = [(quota.level, quota.minimum, quota.maximum) for quota in policy.quotas]
    assert found == [("clerk", 3, holds), ("farmer", 0, 9)]


def test_of_two_capacities_of_one_name_the_banks_holds_unless_there_is_less_of_the_same(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("[[policy.capacities]]\nname = 'hour'\navailable = 10\nper_customer = 1\n")

    def hours(available: float, per_customer: float) -> float:
        own = [{"name": "hour", "available": available, "per_customer": per_customer}]
        [found] = StandingPolicy.load(path).under(flags={"policy.capacities": own}).policy.capacities
        assert found.per_customer == 1
        return found.total

    assert [hours(4, 1), hours(99, 1), hours(4, 0.001)] == [4, 10, 10]


def test_what_is_set_twice_by_one_list_is_still_a_contradiction(file: Path) -> None:
    quotas = [{"column": "job", "level": "farmer", "maximum": most} for most in (1, 2)]
    laid = StandingPolicy.load(file).under(flags={"policy.quotas": quotas})
    with pytest.raises(PolicyError, match="given 2 times"):
        policy_of(laid)


def test_nobody_changes_in_which_campaign_calls_count_who_is_held_out_and_which_numbers_are_dialled(
    tmp_path: Path,
) -> None:
    path = tmp_path / "policy.toml"
    said = {"campaign": "spring", "hash_key": "ours", "country_code": "351", "call_windows": ["Mon-Fri 09:00-19:00"]}
    path.write_text(tomlkit.dumps({"policy": said | {"holdout_share": 0.2}}))
    other = {"campaign": "x", "hash_key": "y", "country_code": "1", "call_windows": ["Sun 00:00-24:00"]}
    standing = StandingPolicy.load(path)
    policy = standing.under(flags={f"policy.{k}": v for k, v in (other | {"holdout_share": 0.0}).items()}).policy
    assert {name: policy.model_dump(mode="json")[name] for name in said} == said
    assert policy.holdout_share == 0.2
    assert standing.under(["policy.holdout_share=0.5"]).policy.holdout_share == 0.5
    rules = " / ".join(standing.rules())
    assert "the campaign is spring" in rules
    assert "at least 20 % are held out" in rules
    assert "ours" not in rules
    path.write_text("[policy]\nattempts = 3\n")  # what the bank leaves open is the list's
    policy = StandingPolicy.load(path).under(["policy.campaign=x", "policy.holdout_share=0"]).policy
    assert (policy.campaign, policy.holdout_share) == ("x", 0)


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

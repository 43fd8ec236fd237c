"""Controls become settings; what makes no sense is said in words."""

from __future__ import annotations

import pytest

from segmint.config import load_config
from segmint.dashboard.policy_form import ControlError, config_of, placeholders, policy_of_controls, starts
from segmint.errors import PolicyError, SegmintError
from segmint.flows.standing import StandingPolicy


def test_controls_become_economics_and_policy() -> None:
    config = config_of(
        {
            "cost": "4,5", "value": "100", "calls": "300", "money": "", "holdout": "0",
            "quota_column_0": "job", "quota_level_0": "clerk", "quota_most_0": "20",
            "exclude_column_1": "default", "exclude_level_1": "yes",
        }
    )  # fmt: skip
    assert config.economics is not None
    assert config.economics.cost_per_call == 4.5
    assert config.policy.budget_calls == 300
    assert config.policy.budget_money is None
    assert config.policy.holdout_share == 0
    assert [(q.column, q.level, q.minimum, q.maximum) for q in config.policy.quotas] == [("job", "clerk", 0, 20)]
    assert config.policy.exclude[0].levels == ("yes",)


def test_a_long_name_is_taken_whole_as_at_every_other_door() -> None:
    """The campaign draws with each id who is held out: two long ones that differ at the end are two."""
    config = config_of({"campaign": "c" * 120, "currency": "Convertible mark"})
    assert config.economics is not None
    assert (config.policy.campaign, config.economics.currency) == ("c" * 120, "Convertible mark")


def test_a_text_that_is_no_number_is_named() -> None:
    with pytest.raises(PolicyError, match="“Calls at most”"):
        config_of({"calls": "many"})


def test_thousands_are_thousands_and_an_amount_that_may_be_either_is_refused() -> None:
    form = {"calls": "3,000", "quota_column_0": "job", "quota_level_0": "clerk", "quota_most_0": "1,234,567"}
    policy = config_of(form).policy
    assert policy.budget_calls == 3_000
    assert policy.quotas[0].maximum == 1_234_567
    for name in ("cost", "money", "holdout"):
        with pytest.raises(PolicyError, match="read in two ways"):
            config_of({name: "3,000"})
    assert config_of({"holdout": "0,125"}).policy.holdout_share == pytest.approx(0.00125)


@pytest.mark.parametrize("text", ["1.234", "1,234", "12.345", "999,000", "+1.234", "(1.234)"])
def test_an_amount_that_may_be_thousands_or_a_fraction_is_refused_with_words_how_to_write_it(text: str) -> None:
    for name in ("cost", "value", "money", "holdout"):
        with pytest.raises(ControlError, match="read in two ways") as told:
            config_of({name: text})
        assert (told.value.control, "1234" in told.value.fix, "1.2340" in told.value.fix) == (name, True, True)


@pytest.mark.parametrize(
    "text",
    [
        "1_0",
        "٣",
        "３",
        "1 0",
        "1,234.5",
        "1.234,5",
        "1,234,567",
        "1.234.567",
        "1e",
        ".",
        ",",
        "0x1",
        "5-",
        "nan",
        "infinity",
    ],
)
def test_an_amount_has_plain_digits_only(text: str) -> None:
    for name in ("cost", "value", "money", "holdout"):
        with pytest.raises(ControlError, match="holds no number") as told:
            config_of({name: text})
        assert "without marks between thousands" in told.value.expected


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.2340", 1.234),
        ("1234", 1234),
        ("0.125", 0.125),
        ("0,125", 0.125),
        (".5", 0.5),
        ("5.", 5),
        ("1e2", 100),
        ("4,50", 4.5),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, amount: float) -> None:
    assert config_of({"cost": text}).economics.cost_per_call == amount


@pytest.mark.parametrize("amount", [1.234, 12.345, 1234.0, 1234.567, 0.125, 1e15])
def test_what_the_bank_set_stands_in_its_control_so_that_it_can_be_read(amount: float) -> None:
    economics = [f"economics.cost_per_call={amount}", "economics.value_per_success=1.234"]
    standing = StandingPolicy(
        load_config(
            None,
            [*economics, f"policy.budget_money={amount}", "policy.budget_calls=1234", "policy.holdout_share=0.01234"],
        )
    )
    config = config_of(starts(standing), standing)
    assert (config.economics.cost_per_call, config.economics.value_per_success) == (amount, 1.234)
    assert (config.policy.budget_money, config.policy.budget_calls) == (amount, 1234)
    assert config.policy.holdout_share == pytest.approx(0.01234)


@pytest.mark.parametrize("text", ["2.5", "2,5", "1.000", "1 000", "12,34", "٣"])
def test_a_call_is_a_whole_thing(text: str) -> None:
    for name in ("calls", "quota_most_0"):
        with pytest.raises(PolicyError, match="holds no whole number"):
            config_of({"quota_column_0": "job", "quota_level_0": "clerk", name: text})


QUOTA = {"quota_column_1": "job", "quota_level_1": "clerk", "quota_least_1": "3"}


@pytest.mark.parametrize(
    ("form", "control"),
    [
        ({"exclude_column_0": "job", "exclude_level_0": ""}, "exclude_level_0"),
        ({"exclude_column_0": "", "exclude_level_0": "clerk"}, "exclude_column_0"),
        (QUOTA | {"quota_level_1": ""}, "quota_level_1"),
        (QUOTA | {"quota_column_1": ""}, "quota_column_1"),
        (QUOTA | {"quota_least_1": ""}, "quota_most_1"),
    ],
)
def test_half_a_rule_is_an_error_and_not_no_rule(form: dict[str, str], control: str) -> None:
    with pytest.raises(ControlError, match=r"(Exclusion 1|Quota 2) (names|has) no") as told:
        config_of(form)
    assert told.value.control == control


@pytest.mark.parametrize("name", ["cost", "value", "currency", "holdout", "campaign"])
def test_an_emptied_control_that_no_policy_fills_is_an_error(name: str) -> None:
    with pytest.raises(ControlError, match="is empty") as told:
        config_of({name: " "})
    assert told.value.control == name
    economics = ["economics.cost_per_call=4", "economics.value_per_success=90", "economics.currency=CHF"]
    standing = StandingPolicy(load_config(None, [*economics, "policy.holdout_share=0.07", "policy.campaign=spring"]))
    assert config_of({name: ""}, standing) == config_of({}, standing)
    assert placeholders(standing)[name].endswith("(the bank's policy)")


@pytest.mark.parametrize(
    ("control", "text"), [("cost", "-1"), ("holdout", "100"), ("money", "abc"), ("calls", "x"), ("value", "1,000")]
)
def test_an_error_names_its_control(control: str, text: str) -> None:
    with pytest.raises(ControlError) as told:
        config_of({control: text})
    assert told.value.control == control


@pytest.mark.parametrize("text", ["9" * 17, "9" * 5_000, str(2**64)])
def test_a_count_that_no_bank_has_is_refused_and_not_repeated(text: str) -> None:
    for name in ("calls", "quota_most_0"):
        with pytest.raises(PolicyError) as told:
            config_of({"quota_column_0": "job", "quota_level_0": "clerk", name: text})
        assert f"{len(text):,} digits" in str(told.value)
        assert text not in str(told.value)
    with pytest.raises(SegmintError, match=r"1,?000,?000,?000,?000,?000"):
        config_of({"value": "1e308"})


@pytest.mark.parametrize(
    ("form", "control", "said"),
    [
        ({"calls": "0"}, "calls", "“Calls at most” is 0, so no list can be built."),
        ({"value": "0"}, "value", "“Value of a yes” is 0, so no call can pay."),
        ({"money": "1"}, "money", "“Money at most” is 1, less than one customer costs (5)."),
        ({"cost": "5000"}, "cost", "exchange “Cost of a call” and “Value of a yes”"),
        (
            {"value": "1e308"},
            "value",
            "The number in the control “Value of a yes” is too large.\nExpected: 0 to 1,000,000,000,000,000",
        ),
        (QUOTA | {"calls": "2"}, "calls", "lower the minimums or raise “Calls at most”"),
        (
            {"cost": "1e16"},
            "cost",
            "The number in the control “Cost of a call” is too large.\nExpected: 0 to 1,000,000,000,000,000",
        ),
        ({"money": "1e400"}, "money", "The number in the control “Money at most” is too large."),
        (
            {"calls": "9" * 16},
            "calls",
            "“Calls at most” is too large: 16 digits.\nExpected: at most 1,000,000,000,000,000",
        ),
        (QUOTA | {"quota_most_1": "2"}, "quota_most_1", "Quota 2 asks for at least 3 and at most 2."),
        (QUOTA | {"quota_most_1": "x"}, "quota_most_1", "The control “Quota 2: At most” holds no whole number."),
        (
            QUOTA | {"quota_column_2": "job", "quota_level_2": "clerk", "quota_most_2": "9"},
            "quota_level_2",
            "Quota 3 chooses the same column and level as quota 2.",
        ),
        (
            {f"exclude_{part}_{row}": part for part in ("column", "level") for row in (0, 2)},
            "exclude_level_2",
            "Exclusion 3 chooses the same column and level as exclusion 1.",
        ),
        ({"holdout": ""}, "holdout", "The control “Held out” is empty."),
    ],
)
def test_a_control_that_leaves_nobody_to_be_called_is_named_as_the_page_names_it(
    form: dict[str, str], control: str | None, said: str
) -> None:
    """A marketer read "policy.budget_calls is 0", and no control of the page is called that."""
    with pytest.raises(PolicyError) as told:
        policy_of_controls(config_of(form))
    assert "must be" not in str(told.value)
    assert said in str(told.value)
    assert "policy." not in str(told.value)
    assert "economics." not in str(told.value)
    assert getattr(told.value, "control", None) == control


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e999"])
def test_numbers_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(SegmintError):
        config_of({"calls": text})


def test_controls_start_as_the_bank_set_them_and_an_empty_one_leaves_it_so() -> None:
    economics = ["economics.cost_per_call=call_cost", "economics.value_per_success=90", "economics.currency=CHF"]
    rules = ["policy.budget_calls=300", "policy.holdout_share=0.07", "policy.campaign=spring"]
    standing = StandingPolicy(load_config(None, economics + rules))
    said = starts(standing)
    assert [said[name] for name in ("cost", "value", "currency", "calls", "holdout", "campaign")] == [
        "", "90", "CHF", "300", "7", "spring",
    ]  # fmt: skip
    assert placeholders(standing)["cost"] == "column call_cost"
    assert "300" in placeholders(standing)["calls"]
    for form in (said, {}, said | {"calls": "", "cost": ""}):
        config = config_of(form, standing)
        assert config.economics is not None
        assert (config.economics.cost_per_call, config.policy.budget_calls) == ("call_cost", 300)
        assert (config.policy.holdout_share, config.policy.campaign) == (0.07, "spring")
    assert config_of({"calls": "20"}, standing).policy.budget_calls == 20

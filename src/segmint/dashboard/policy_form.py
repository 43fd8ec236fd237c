"""The list builder's form: texts of controls in, one Config out, the bank's standing policy under it."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from math import inf
from typing import Any

from segmint.config import Config, setting_named
from segmint.contract.cells import has_two_readings, in_one_way
from segmint.errors import ConfigError, PolicyError
from segmint.flows.standing import StandingPolicy
from segmint.flows.steps.settings import policy_of
from segmint.targeting.policy import MOST, ContactPolicy
from segmint.wording import in_words, terms_in

ROWS = range(3)
_GROUPED = "[1-9][0-9]{0,2}(?:,[0-9]{3})+"
_AMOUNT = re.compile(
    r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?"
)  # `float` also reads 1_0 and other digits
DEFAULTS = {
    "cost": "5",
    "value": "120",
    "currency": "EUR",
    "calls": "",
    "money": "",
    "holdout": "10",
    "campaign": "campaign",
}
# what the page calls its controls
_LABELS = {
    "cost": "Cost of a call",
    "value": "Value of a yes",
    "currency": "Currency",
    "calls": "Calls at most",
    "money": "Money at most",
    "holdout": "Held out",
    "campaign": "Campaign",
}
# what an emptied control that no policy fills would have to say
_NEEDED = {
    "cost": "an amount such as 5 or 4.50",
    "value": "an amount such as 120",
    "currency": "a name such as EUR",
    "holdout": "a percentage such as 10, or 0 to call everybody who is worth it",
    "campaign": "a name such as spring",
}
_SETTINGS = {
    "economics.cost_per_call": "cost",
    "economics.value_per_success": "value",
    "economics.currency": "currency",
    "policy.campaign": "campaign",
    "policy.budget_calls": "calls",
    "policy.budget_money": "money",
    "policy.holdout_share": "holdout",
}
# whoever moves a control has never seen the setting's own name
WORDS = {setting: f"“{_LABELS[control]}”" for setting, control in _SETTINGS.items()} | {
    "policy.quotas": "the quotas",
    "policy.exclude": "the exclusions",
}
_CALLED = WORDS | {setting_named(setting): f"The control {words}" for setting, words in WORDS.items()}
_CONTROLS = _SETTINGS | {setting_named(setting): control for setting, control in _SETTINGS.items()}


class ControlError(PolicyError):
    """A control that says nothing sensible.

    Attributes
    ----------
    control : str
        The name of the control, beside which the page shows the error.
    """

    def __init__(self, control: str, came: str, *, expected: str, fix: str) -> None:
        super().__init__(came, expected=expected, fix=fix)
        self.control = control


def starts(standing: StandingPolicy) -> dict[str, str]:
    """What the controls say before anybody moves them: the standing policy, and `DEFAULTS` where it says nothing."""
    return DEFAULTS | _bank(standing)


def _bank(standing: StandingPolicy) -> dict[str, str]:
    """What the standing policy says of the controls; "" for what it takes from a column."""
    if standing.config is None:
        return {}
    economics, policy = standing.config.economics, standing.config.policy
    said = {"calls": _shown(policy.budget_calls), "money": _shown(policy.budget_money)}
    if economics is not None:
        said |= {"cost": _shown(economics.cost_per_call), "value": _shown(economics.value_per_success)}
        said["currency"] = economics.currency
    if "holdout_share" in policy.model_fields_set:
        said["holdout"] = _shown(round(100 * policy.holdout_share, 6))
    if "campaign" in policy.model_fields_set:
        said["campaign"] = policy.campaign
    return said


def _shown(amount: float | str | None) -> str:
    """A number as a control shows it and `_number` reads it; what is taken from a column stands in no control."""
    return in_one_way(f"{amount:.12g}") if isinstance(amount, int | float) else ""


def placeholders(standing: StandingPolicy) -> dict[str, str]:
    """What an empty control means; nothing for one that must not be empty."""
    economics = None if standing.config is None else standing.config.economics
    columns = {} if economics is None else {"cost": economics.cost_per_call, "value": economics.value_per_success}
    empty = dict.fromkeys(DEFAULTS, "") | {"calls": "no limit", "money": "no limit"}
    bank = {name: f"{text} (the bank's policy)" for name, text in _bank(standing).items() if text}
    return empty | bank | {name: f"column {column}" for name, column in columns.items() if isinstance(column, str)}


def config_of(
    form: Mapping[str, str], standing: StandingPolicy | None = None, labels: Mapping[str, str] | None = None
) -> Config:
    """Read the controls as the sections ``economics`` and ``policy``; an empty control leaves it to the standing policy.

    An exclusion is named by the label of its column, where `labels` knows it.

    Raises
    ------
    ControlError
        If a control is half filled, empty though no policy fills it, no number that makes sense, or says again or
        against what another one says.
    PolicyError
        If a setting beside the controls makes no sense.
    """
    standing = standing or StandingPolicy()
    filled = {name: text.strip() for name, text in form.items()}
    bank = _bank(standing)
    for name, expected in _NEEDED.items():
        if name in filled and not filled[name] and name not in bank:
            raise ControlError(name, f"The control “{_LABELS[name]}” is empty.", expected=expected, fix="fill it in")
    said = {name: filled.get(name) or default for name, default in starts(standing).items()}
    flags = {
        "economics.cost_per_call": _number(said, "cost"),
        "economics.value_per_success": _number(said, "value"),
        "economics.currency": said["currency"],
        "policy.campaign": said["campaign"],
        "policy.budget_calls": _count(said, "calls", _LABELS["calls"]),
        "policy.budget_money": _number(said, "money"),
        "policy.holdout_share": (_number(said, "holdout", below=100) or 0.0) / 100,
        "policy.quotas": _quotas(filled) or None,
        "policy.exclude": _exclusions(filled, labels or {}) or None,
    }
    with words_of_the_page():
        return standing.under(flags=flags)


def policy_of_controls(config: Config) -> ContactPolicy:
    """Join the sections that the controls have made, free of contradictions; what contradicts is said in the page's words.

    Raises
    ------
    ControlError
        If a control leaves nobody to be called.
    PolicyError
        If the rules contradict each other otherwise.
    """
    with words_of_the_page():
        return policy_of(config)


@contextmanager
def words_of_the_page() -> Iterator[None]:
    """Say what is wrong with settings as whoever sees their controls knows them.

    Raises
    ------
    ControlError
        Beside the first control that is named.
    PolicyError
        If none is.
    """
    try:
        yield
    except ControlError:
        raise
    except ConfigError as error:
        raise _reworded_error(error) from error


def _reworded_error(error: ConfigError) -> PolicyError:
    came, expected, fix = (in_words(text, _CALLED) for text in (error.came, error.expected, error.fix))
    named = [_CONTROLS[name] for name in (*terms_in(error.came), *terms_in(error.fix)) if name in _CONTROLS]
    if not named:
        return PolicyError(came, expected=expected, fix=fix)
    return ControlError(named[0], came, expected=expected, fix=fix)


def _quotas(form: Mapping[str, str]) -> list[dict[str, Any]]:
    quotas = {row: quota for row in ROWS if (quota := _quota(form, row))}
    _refuse_again({row: (quota["column"], quota["level"]) for row, quota in quotas.items()}, "Quota", "quota_level")
    return list(quotas.values())


def _exclusions(form: Mapping[str, str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    rules = {row: rule for row in ROWS if (rule := _exclusion(form, row, labels))}
    _refuse_again({row: (rule["column"], *rule["levels"]) for row, rule in rules.items()}, "Exclusion", "exclude_level")
    return list(rules.values())


def _refuse_again(chosen: Mapping[int, Hashable], what: str, control: str) -> None:
    """Refuse a row that chooses what an earlier one has chosen."""
    earlier: dict[Hashable, int] = {}
    for row, choice in chosen.items():
        if choice in earlier:
            raise ControlError(
                f"{control}_{row}",
                f"{what} {row + 1} chooses the same column and level as {what.lower()} {earlier[choice] + 1}.",
                expected="each column and level once",
                fix=f"choose another level, or “none” as the column of {what.lower()} {row + 1}",
            )
        earlier[choice] = row


def _quota(form: Mapping[str, str], row: int) -> dict[str, Any] | None:
    names = {part: f"quota_{part}_{row}" for part in ("column", "level", "least", "most")}
    if not any(form.get(name) for name in names.values()):
        return None
    column, level = _chosen(form, names["column"], names["level"], f"Quota {row + 1}")
    least = _count(form, names["least"], f"Quota {row + 1}: At least")
    most = _count(form, names["most"], f"Quota {row + 1}: At most")
    if least is None and most is None:
        raise ControlError(
            names["most"], f"Quota {row + 1} has no number.", expected="at least, at most, or both", fix="fill one in"
        )
    if most is not None and (least or 0) > most:
        raise ControlError(
            names["most"],
            f"Quota {row + 1} asks for at least {least:,} and at most {most:,}.",
            expected="“At most” no smaller than “At least”",
            fix="correct one of the two",
        )
    return {"column": column, "level": level, "minimum": least or 0, "maximum": most}


def _exclusion(form: Mapping[str, str], row: int, labels: Mapping[str, str]) -> dict[str, Any] | None:
    names = (f"exclude_column_{row}", f"exclude_level_{row}")
    if not any(form.get(name) for name in names):
        return None
    column, level = _chosen(form, *names, f"Exclusion {row + 1}")
    return {"name": f"{labels.get(column, column)} is {level}", "column": column, "levels": [level]}


def _chosen(form: Mapping[str, str], column: str, level: str, rule: str) -> tuple[str, str]:
    """The column and the level of a rule; half a rule would be no rule, and nobody would notice."""
    for name, what in ((column, "column"), (level, "level")):
        if not form.get(name):
            raise ControlError(
                name, f"{rule} names no {what}.", expected="a column and a level", fix="choose both, or clear the rule"
            )
    return form[column], form[level]


def _count(form: Mapping[str, str], control: str, what: str) -> int | None:
    """Read a whole number; it has no decimal sign, so that 3,000 can only mean thousands."""
    text = form.get(control, "")
    if not text:
        return None
    if not re.fullmatch(rf"[0-9]+|{_GROUPED}", text, re.ASCII):
        raise ControlError(
            control,
            f"The control “{what}” holds no whole number.",
            expected="a number such as 3000 or 3,000",
            fix="correct it",
        )
    digits = text.replace(",", "").lstrip("0")
    if len(digits) > len(str(MOST)) or int(digits or 0) > MOST:
        raise ControlError(
            control,
            f"The number in the control “{what}” is too large: {len(digits):,} digits.",
            expected=f"at most {MOST:,}",
            fix="leave it empty for no limit",
        )
    return int(digits or 0)


def _number(form: Mapping[str, str], control: str, *, below: float = inf) -> float | None:
    """Read an amount with a decimal point or comma; 3,000 and 3.000 could mean either three or three thousand."""
    text, what = form.get(control, ""), _LABELS[control]
    if not text:
        return None
    if has_two_readings(text):
        raise ControlError(
            control,
            f"The control “{what}” holds a number that can be read in two ways.",
            expected="an amount without marks between thousands",
            fix="write 1234 for thousands, and 1.2340 for a fraction",
        )
    if not _AMOUNT.fullmatch(text):
        raise ControlError(
            control,
            f"The control “{what}” holds no number.",
            expected="a number without marks between thousands, such as 1234 or 4.50",
            fix="correct it",
        )
    number = float(text.replace(",", "."))
    if number < 0 or number >= below or number > MOST:
        raise ControlError(
            control,
            f"The number in the control “{what}” is too {'small' if number < 0 else 'large'}.",
            expected=f"0 to {MOST:,}" if below == inf else f"0 or more, and below {below:g}",
            fix="correct it",
        )
    return number

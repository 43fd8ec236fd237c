"""The list builder's form: texts of controls in, one Config out, the bank's standing policy under it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from segmint.config import Config
from segmint.errors import PolicyError
from segmint.flows.standing import StandingPolicy
from segmint.targeting.policy import MOST

ROWS = range(3)
_GROUPED = "[1-9][0-9]{0,2}(?:,[0-9]{3})+"
DEFAULTS = {
    "cost": "5",
    "value": "120",
    "currency": "EUR",
    "calls": "",
    "money": "",
    "holdout": "10",
    "campaign": "campaign",
}


def starts(standing: StandingPolicy) -> dict[str, str]:
    """What the controls say before anybody moves them: the standing policy, and `DEFAULTS` where it says nothing."""
    if standing.config is None:
        return dict(DEFAULTS)
    economics, policy = standing.config.economics, standing.config.policy
    said = {"calls": _shown(policy.budget_calls), "money": _shown(policy.budget_money)}
    if economics is not None:
        said |= {"cost": _shown(economics.cost_per_call), "value": _shown(economics.value_per_success)}
        said["currency"] = economics.currency
    if "holdout_share" in policy.model_fields_set:
        said["holdout"] = _shown(round(100 * policy.holdout_share, 6))
    if "campaign" in policy.model_fields_set:
        said["campaign"] = policy.campaign
    return DEFAULTS | said


def _shown(amount: float | str | None) -> str:
    """A number as a control shows it; what is taken from a column stands in no control."""
    return f"{amount:.12g}" if isinstance(amount, int | float) else ""


def placeholders(standing: StandingPolicy) -> dict[str, str]:
    """What an empty control means."""
    economics = None if standing.config is None else standing.config.economics
    columns = {} if economics is None else {"cost": economics.cost_per_call, "value": economics.value_per_success}
    empty = {"calls": "no limit", "money": "no limit", "cost": "", "value": ""}
    bank = {name: f"{text} (the bank's policy)" for name, text in starts(standing).items() if text and empty.get(name)}
    return empty | bank | {name: f"column {column}" for name, column in columns.items() if isinstance(column, str)}


def config_of(form: Mapping[str, str], standing: StandingPolicy | None = None) -> Config:
    """Read the controls as the sections ``economics`` and ``policy``; an empty control leaves it to the standing policy.

    Raises
    ------
    SegmintError
        If a text is no number, or the rules contradict each other.
    """
    standing = standing or StandingPolicy()
    filled = {name: text.strip() for name, text in form.items()}
    said = {name: filled.get(name) or default for name, default in starts(standing).items()}
    flags = {
        "economics.cost_per_call": _number(said["cost"], "cost of a call"),
        "economics.value_per_success": _number(said["value"], "value of a yes"),
        "economics.currency": said["currency"][:12],
        "policy.campaign": said["campaign"][:100],
        "policy.budget_calls": _count(said["calls"], "calls at most"),
        "policy.budget_money": _number(said["money"], "money at most"),
        "policy.holdout_share": (_number(said["holdout"], "holdout") or 0.0) / 100,
        "policy.quotas": [quota for row in ROWS if (quota := _quota(filled, row))] or None,
        "policy.exclude": [rule for row in ROWS if (rule := _exclusion(filled, row))] or None,
    }
    return standing.under(flags=flags)


def _quota(form: Mapping[str, str], row: int) -> dict[str, Any] | None:
    column, level = form.get(f"quota_column_{row}", ""), form.get(f"quota_level_{row}", "")
    least = _count(form.get(f"quota_least_{row}", ""), "quota")
    most = _count(form.get(f"quota_most_{row}", ""), "quota")
    if not column or not level or (least is None and most is None):
        return None
    return {
        "column": column,
        "level": level,
        "minimum": least or 0,
        "maximum": most,
    }


def _exclusion(form: Mapping[str, str], row: int) -> dict[str, Any] | None:
    column, level = form.get(f"exclude_column_{row}", ""), form.get(f"exclude_level_{row}", "")
    return {"name": f"{column} is {level}", "column": column, "levels": [level]} if column and level else None


def _count(text: str, what: str) -> int | None:
    """Read a whole number; 3,000 can only mean thousands."""
    if not text:
        return None
    if not re.fullmatch(rf"[0-9]+|{_GROUPED}", text, re.ASCII):
        raise PolicyError(
            f"The control “{what}” holds no whole number.", expected="a number such as 3000 or 3,000", fix="correct it"
        )
    digits = text.replace(",", "").lstrip("0")
    if len(digits) > len(str(MOST)):
        raise PolicyError(
            f"The control “{what}” holds a number of {len(digits):,} digits.",
            expected=f"at most {MOST:,}",
            fix="leave it empty for no limit",
        )
    return int(digits or 0)


def _number(text: str, what: str) -> float | None:
    """Read an amount with a decimal point or comma; 3,000 could mean either three or three thousand."""
    if not text:
        return None
    if re.fullmatch(_GROUPED, text):
        raise PolicyError(
            f"The control “{what}” holds a number that can be read in two ways.",
            expected="an amount without marks between thousands",
            fix="write 3000 for three thousand, and 3.0 for three",
        )
    try:
        number = float(text.replace(",", "."))
        if not isfinite(number):
            raise ValueError("not finite")
        return number
    except ValueError as error:
        raise PolicyError(
            f"The control “{what}” holds no number.", expected="a number such as 5 or 4.50", fix="correct it"
        ) from error

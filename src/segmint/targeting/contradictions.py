"""What a contact policy says against itself, found before work starts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from segmint.targeting.levels import has_level
from segmint.wording import Said, Term

if TYPE_CHECKING:
    from segmint.targeting.policy import ContactPolicy, Economics

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(r"^(?P<first>[A-Z][a-z]{2})(-(?P<last>[A-Z][a-z]{2}))? (?P<open>\d\d:\d\d)-(?P<close>\d\d:\d\d)$")
_CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")

Contradiction = tuple[str, str, str]


def contradictions(policy: ContactPolicy) -> Iterator[Contradiction]:
    """Say what a policy says against itself: what came, what was expected, what to do."""
    yield from _empty_budgets(policy)
    yield from _hopeless_economics(policy.economics)
    yield from _impossible_quotas(policy)
    yield from _bad_windows(policy.call_windows)
    yield from _mute_exclusions(policy)
    calls = policy.economics.calls_per_customer
    if policy.attempts is not None and calls > policy.attempts:
        yield (
            Said(
                Term("economics.calls_per_customer"),
                f" is {calls:g}, but ",
                Term("policy.attempts"),
                f" allows {policy.attempts}: calls would be counted that may not be made.",
            ),
            f"at most {policy.attempts} calls for one customer",
            Said("lower ", Term("economics.calls_per_customer"), ", or raise ", Term("policy.attempts")),
        )
    if policy.rest_days and policy.history is None:
        yield (
            Said(Term("policy.rest_days"), f" is {policy.rest_days}, but no history of calls is named."),
            Said(Term("policy.history"), ", the file with one row for each call made"),
            Said("name the file in ", Term("policy.history"), ", or set ", Term("policy.rest_days"), " to 0"),
        )


def _empty_budgets(policy: ContactPolicy) -> Iterator[Contradiction]:
    economics = policy.economics
    calls = economics.calls_per_customer
    if policy.budget_calls is not None and policy.budget_calls < calls:
        yield (
            Said(Term("policy.budget_calls"), f" is {policy.budget_calls}, so no list can be built."),
            "at least the one call that a customer takes"
            if calls == 1
            else f"at least the {calls:g} calls that one customer takes",
            Said("set ", Term("policy.budget_calls"), " to the number of calls the team can make"),
        )
    if policy.budget_money is not None and isinstance(economics.cost_per_call, (int, float)):
        needed = economics.cost_per_call * calls
        if policy.budget_money < needed or policy.budget_money == 0:
            yield (
                Said(
                    Term("policy.budget_money"),
                    f" is {policy.budget_money:g}, less than one customer costs ({needed:g}).",
                ),
                "enough money for one customer",
                Said("set ", Term("policy.budget_money"), " to what the campaign may spend"),
            )


def _hopeless_economics(economics: Economics) -> Iterator[Contradiction]:
    cost, value = economics.cost_per_call, economics.value_per_success
    if isinstance(value, (int, float)) and value == 0:
        yield (
            Said(Term("economics.value_per_success"), " is 0, so no call can pay."),
            "the money that one yes brings",
            Said("set ", Term("economics.value_per_success")),
        )
    elif isinstance(cost, (int, float)) and isinstance(value, (int, float)) and cost > 10 * value:
        yield (
            f"A call costs {cost:g} and a yes brings {value:g}: cost and value look swapped.",
            "a cost below the value",
            Said("exchange ", Term("economics.cost_per_call"), " and ", Term("economics.value_per_success")),
        )


def _impossible_quotas(policy: ContactPolicy) -> Iterator[Contradiction]:
    for quota in policy.quotas:
        if quota.maximum is not None and quota.minimum > quota.maximum:
            yield (
                f"The quota '{quota.words}' asks for at least {quota.minimum} and at most {quota.maximum}.",
                "a minimum that is not above the maximum",
                Said("correct ", Term("policy.quotas")),
            )
    twice = Counter((quota.column, quota.level) for quota in policy.quotas)
    for (column, level), count in twice.items():
        if count > 1:
            yield (
                f"The quota '{column} {level}' is given {count} times.",
                "one quota for each level of a column",
                Said("join them into one entry of ", Term("policy.quotas")),
            )
    yield from _quotas_of_excluded(policy)
    yield from _quotas_above_budget(policy)
    for name, count in Counter(capacity.name for capacity in policy.capacities).items():
        if count > 1:
            yield (
                f"Two capacities are named '{name}'.",
                "one name for each capacity",
                "rename one of them, so that their prices can be told apart",
            )


def _quotas_of_excluded(policy: ContactPolicy) -> Iterator[Contradiction]:
    """Find minimums of levels that an exclusion keeps off, compared as the rules of a list compare them."""
    for quota in policy.quotas:
        level = pl.Series([quota.level])
        by = [
            rule.name for rule in policy.exclude if rule.column == quota.column and has_level(level, rule.levels).any()
        ]
        if quota.minimum and by:
            yield (
                f"The quota '{quota.words}' asks for at least {quota.minimum}, and the exclusion '{by[0]}' keeps all of them off.",
                "a minimum of customers who may be called",
                Said(
                    "take the level out of ", Term("policy.exclude"), ", or the minimum out of ", Term("policy.quotas")
                ),
            )


def _quotas_above_budget(policy: ContactPolicy) -> Iterator[Contradiction]:
    wanted: Counter[str] = Counter()
    for quota in policy.quotas:
        wanted[quota.column] += quota.minimum
    each = policy.economics.calls_per_customer
    if policy.attempts is not None and policy.history is not None:
        each = min(each, 1.0)  # earlier calls may leave so few; whether they do, the list will tell
    for column, minimum in wanted.items():
        calls = minimum * each
        if policy.budget_calls is not None and calls > policy.budget_calls:
            yield (
                f"The quotas of '{column}' ask for {'at least ' if each < policy.economics.calls_per_customer else ''}{calls:g} calls, the budget allows {policy.budget_calls}.",
                "minimums that fit the budget",
                Said("lower the minimums or raise ", Term("policy.budget_calls")),
            )


def _bad_windows(windows: tuple[str, ...]) -> Iterator[Contradiction]:
    for window in windows:
        if not _makes_sense(window):
            yield (
                f"The call window '{window}' makes no sense.",
                "days and hours such as 'Mon-Fri 09:00-19:00', opening before closing",
                Said("correct ", Term("policy.call_windows")),
            )


def _makes_sense(window: str) -> bool:
    parts = _WINDOW.match(window)
    if parts is None:
        return False
    first, last = parts["first"], parts["last"] or parts["first"]
    return (
        first in WEEKDAYS
        and last in WEEKDAYS
        and all(_CLOCK.match(clock) for clock in (parts["open"], parts["close"]))
        and parts["open"] < parts["close"]
    )


def _mute_exclusions(policy: ContactPolicy) -> Iterator[Contradiction]:
    for rule in policy.exclude:
        if not rule.says_something:
            yield (
                f"The exclusion '{rule.name}' says no condition, so it would exclude nobody.",
                "levels, above, below or missing = true",
                "add a condition to the exclusion",
            )
    for name, count in Counter(rule.name for rule in policy.exclude).items():
        if count > 1:
            yield (
                f"Two exclusions are named '{name}'.",
                "one name for each exclusion",
                "rename one of them, so that the counts can be told apart",
            )

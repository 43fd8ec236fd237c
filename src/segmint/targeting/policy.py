"""The contact policy: what a call costs and brings, and the rules of the bank, free of contradictions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from segmint.arrays import Floats
from segmint.complaints import Section, fields_at, first_of, wanted
from segmint.contract.yes_no import NO, YES, bare_words
from segmint.errors import PolicyError
from segmint.targeting.contradictions import contradictions
from segmint.wording import did_you_mean, joined, some_named

MOST = 10**15  # calls, customers or money; a float still tells every whole number
WHOLE = 1e-6  # a customer or a call short of so little is a whole one
_NO_NAMES = "NaN, Infinity and numbers too large to be one are no names of columns here: rename a column called so"
_MONEY_OR_COLUMN = f"must be an amount of money, 0 to {MOST:,}, or the name of a column ({_NO_NAMES})"
_AMOUNT_OR_COLUMN = f"must be a number, or the name of a column ({_NO_NAMES})"
_DAYS = 36_500
_MOST_NAMED = 8
_ALIKE = 0.5  # the names of a bank's columns differ more than those of settings

_COUNTRY = re.compile(r"^[1-9][0-9]{0,2}\Z")


def whole_up(amount: float) -> int:
    """Round up to whole customers or calls; what is above one by the noise of computing is that one."""
    return math.ceil(amount - WHOLE)


def _whole_down(amount: float) -> int:
    """Round down to whole customers or calls; what is short of one by the noise of computing is that one."""
    return math.floor(amount + WHOLE)


class _Section(Section):
    model_config = ConfigDict(str_strip_whitespace=True)


class _Words(_Section):
    """A section whose texts may look like numbers: a country code, a level, a campaign named after its year."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


def _is_no_amount(given: object) -> bool:
    """Whether a text is what a program makes of a number that it does not have; no column is called that."""
    try:
        return isinstance(given, str) and not math.isfinite(float(given))
    except ValueError:
        return False


class Economics(_Section):
    """What a call costs and what a success brings.

    Attributes
    ----------
    currency : str
        The account currency, as people write it.
    cost_per_call : float or str
        Money per dialled call, or the name of the column that holds it.
    value_per_success : float or str
        Money per customer who says yes, or the name of the column that holds it.
    calls_per_customer : float
        Calls dialled for one listed customer, on average; at least 1.
    value_shape : float
        How much the value differs from success to success, as the shape of a gamma distribution: 12 is a
        standard deviation of 29 % of the mean. Only the expected maximum profit of the ranking needs it.
    """

    currency: str = "EUR"
    cost_per_call: float | str
    value_per_success: float | str
    calls_per_customer: float = Field(default=1.0, ge=1, le=1_000)
    value_shape: float = Field(default=12.0, gt=0, le=1e6)

    @field_validator("cost_per_call", "value_per_success", mode="before")
    @classmethod
    def _money_or_column(cls, amount: object) -> object:
        if isinstance(amount, bool) or amount == "" or _is_no_amount(amount):
            raise ValueError(_MONEY_OR_COLUMN)
        if isinstance(amount, (int, float)) and not 0 <= amount <= MOST:
            raise ValueError(_MONEY_OR_COLUMN)
        return amount

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that hold cost or value."""
        return tuple(name for name in (self.cost_per_call, self.value_per_success) if isinstance(name, str))

    def conversations(self, contact_rate: float) -> float:
        """Chance that a listed customer is reached by one of the calls, where `contact_rate` is that of each."""
        return min(self.calls_per_customer * contact_rate, 1.0)


class Exclusion(_Words):
    """A named rule that keeps customers off the list.

    Attributes
    ----------
    name : str
        What is said beside the customer: "in arrears".
    column : str
        The column that is looked at.
    levels : tuple of str
        Excluded when the column holds one of these.
    above : float or None
        Excluded when the number is above this. A code that the contract knows to be no number is not.
    below : float or None
        Excluded when the number is below this. A code that the contract knows to be no number is not.
    missing : bool
        Excluded when the column holds no value; a code that the contract knows says something, as a level does.
    """

    name: str = Field(min_length=1)
    column: str
    levels: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None
    missing: bool = False

    @property
    def says_something(self) -> bool:
        """Whether the rule can exclude anybody."""
        return bool(self.levels) or self.above is not None or self.below is not None or self.missing


class Quota(_Words):
    """The fewest and the most listed customers with one level of a column.

    Attributes
    ----------
    column : str
        By what customers are told apart: a column of the table, or "segment".
    level : str
        Of whom: one of the column's levels.
    minimum : int
        The fewest of them on the list.
    maximum : int or None
        The most of them on the list.
    """

    column: str
    level: str
    minimum: int = Field(default=0, ge=0, le=MOST)
    maximum: int | None = Field(default=None, ge=0, le=MOST)

    @property
    def words(self) -> str:
        """The quota's name for people."""
        return f"{self.column} {self.level}"

    def tighter(self, other: Quota) -> Quota:
        """Ask for as many as either asks for, and allow no more than either allows."""
        most = [quota.maximum for quota in (self, other) if quota.maximum is not None]
        update = {"minimum": max(self.minimum, other.minimum), "maximum": min(most, default=None)}
        return self.model_copy(update=update)


class Capacity(_Section):
    """Something there is only so much of: agent hours, lines, vouchers.

    Either `available` and `per_customer`, or a team: `agents`, `hours` and `handling_minutes`.

    Attributes
    ----------
    name : str
        One unit of it, for people: "agent hour".
    available : float or None
        How many units there are.
    per_customer : float, str or None
        How much one listed customer takes, or the name of the column that holds it.
    agents : float or None
        How many agents call.
    hours : float or None
        The hours that each agent has for this list.
    handling_minutes : float or None
        Minutes of one conversation, the work after it counted.
    ringing_minutes : float
        Minutes of a call that nobody answers.
    """

    name: str = Field(min_length=1)
    available: float | None = Field(default=None, ge=0, le=MOST)
    per_customer: float | str | None = None
    agents: float | None = Field(default=None, ge=0, le=MOST)
    hours: float | None = Field(default=None, ge=0, le=MOST)
    handling_minutes: float | None = Field(default=None, gt=0, le=MOST)
    ringing_minutes: float = Field(default=0.0, ge=0, le=MOST)

    @field_validator("per_customer", mode="before")
    @classmethod
    def _amount_or_column(cls, amount: object) -> object:
        if _is_no_amount(amount):
            raise ValueError(_AMOUNT_OR_COLUMN)
        return amount

    @model_validator(mode="after")
    def _said_once(self) -> Capacity:
        plain = (self.available, self.per_customer)
        team = (self.agents, self.hours, self.handling_minutes)
        if [None not in plain, None not in team].count(True) != 1 or not (set(plain) == {None} or set(team) == {None}):
            raise ValueError("must say available and per_customer, or agents, hours and handling_minutes")
        return self

    @property
    def total(self) -> float:
        """How much there is of it; of a team, agent hours."""
        if self.available is not None:
            return self.available
        return float(self.agents or 0) * float(self.hours or 0)

    def tighter(self, other: Capacity) -> Capacity:
        """Take the other one only if it is less of the same: if a customer takes as much of it."""
        alike = all(
            getattr(self, name) == getattr(other, name)
            for name in ("per_customer", "handling_minutes", "ringing_minutes")
        )
        return other if alike and other.total < self.total else self

    def use(self, policy: ContactPolicy, calls: Floats) -> float | str | Floats:
        """How much each listed customer takes: an amount, the name of a column, or what so many `calls` to each take."""
        if self.per_customer is not None:
            return self.per_customer
        reached = policy.reached_by(calls)
        hours: Floats = (reached * float(self.handling_minutes or 0) + (calls - reached) * self.ringing_minutes) / 60
        return hours


class ContactRules(_Words):
    """The section ``[policy]``: budget, rest days, exclusions, holdout.

    Attributes
    ----------
    campaign : str
        Decides with the customer's id who is held out; change it and the arms are drawn anew.
    budget_calls : int or None
        Calls the team can make in this wave; None is no limit.
    budget_money : float or None
        Money for calls, in account currency.
    conversations : int or None
        Conversations the team wants; as many names are listed as these take at `contact_rate`.
    contact_rate : float
        Share of calls that reach the customer, one in a million at least, at most 1. A propensity is that of a customer
        who is reached, so expected profit and successes count it.
    attempts : int or None
        Most calls to one customer in this campaign, earlier ones counted.
    rest_days : int
        Calendar days that must pass after a call before the next.
    call_windows : tuple of str
        "Mon-Fri 09:00-19:00", local time.
    holdout_share : float
        Share of eligible customers deliberately not called, in [0, 1).
    suppress : tuple of Path
        Do-not-call and objection files, by id or phone.
    other_lists : tuple of Path
        Call lists of other campaigns; whoever is listed or held out there is not called here.
    compare_with : Path or None
        An earlier list: whoever was called there and is not called here is named.
    history : Path or None
        One row for each call made: id, date, and campaign where there is one.
    exclude : tuple of Exclusion
    quotas : tuple of Quota
    capacities : tuple of Capacity
    sensitive : tuple of str
        Columns whose groups are watched on the list.
    carry : tuple of str
        Columns of the table that the list takes along for those who call: the branch, the adviser. They decide nothing.
    one_per : str or None
        A column that customers of a household share, or of a firm: of those with the same value only the best is called
        or held out. Who has no value there shares it with nobody.
    sheet_by : str or None
        A column of the table, carried too, or the bundle's `segment`: the workbook has a sheet for each of its values.
    consent_words : tuple of str
        What a consent column says when there is consent; anything else is no consent.
    no_exclusion_words : tuple of str
        What an `exclude_if` column says of who may be called; anything else keeps the customer off.
    country_code : str
        Digits put before national phone numbers: "351", or "+351" or "00351". A number that could as well hold them already is not dialled.
    hash_key : str
        Makes arms and the order of ties unpredictable from outside.
    """

    campaign: str = Field(default="campaign", min_length=1)
    budget_calls: int | None = Field(default=None, ge=0, le=MOST)
    budget_money: float | None = Field(default=None, ge=0, le=MOST)
    conversations: int | None = Field(default=None, ge=1, le=MOST)
    contact_rate: float = Field(default=1.0, ge=1e-6, le=1)
    attempts: int | None = Field(default=None, ge=1, le=MOST)
    rest_days: int = Field(default=0, ge=0, le=_DAYS)
    call_windows: tuple[str, ...] = ()
    holdout_share: float = Field(default=0.1, ge=0, lt=1)
    suppress: tuple[Path, ...] = ()
    other_lists: tuple[Path, ...] = ()
    compare_with: Path | None = None
    history: Path | None = None
    exclude: tuple[Exclusion, ...] = ()
    quotas: tuple[Quota, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    sensitive: tuple[str, ...] = ()
    carry: tuple[str, ...] = Field(default=(), max_length=30)
    one_per: str | None = Field(default=None, min_length=1)
    sheet_by: str | None = Field(default=None, min_length=1)
    consent_words: tuple[str, ...] = YES
    no_exclusion_words: tuple[str, ...] = NO
    country_code: str = ""
    hash_key: str = Field(default="segmint", min_length=1, max_length=64)

    @field_validator("consent_words", "no_exclusion_words")
    @classmethod
    def _words_alone(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse an empty word: what an empty cell means is said of one column, and only of an exclusion."""
        if not all(word.strip() for word in words):
            raise ValueError(
                'words, and "" is none: an empty cell is no consent; where it means no in a column of the role exclude_if, '
                'write missing_means = "no" for that column in the contract'
            )
        return words

    @field_validator("country_code")
    @classmethod
    def _digits_alone(cls, code: str) -> str:
        """Take +49, 0049 and 49 for the same."""
        digits = re.sub(r"^(\+|00)", "", code)
        if code and not _COUNTRY.match(digits):
            raise ValueError('the one to three digits of a country: "49", "+49" or "0049"')
        return digits

    def under(self, standing: ContactRules) -> ContactRules:
        """Join these rules with standing ones: whoever must not be called by either is not called.

        Files and exclusions of both hold, the longer rest, the fewer attempts, and consent and no exclusion only as both read it. Quotas
        and capacities of both hold; for the same level or name the tighter. Columns that either carries are carried, and sheets are the
        standing rules'. What decides in which campaign calls are
        counted, who is held out, which numbers can be dialled and when, is the standing rules' where they set it; more
        may be held out. What else is set here stays.

        Raises
        ------
        PolicyError
            If no word is one of both, so that nobody could be called.
        """
        attempts = [most for most in (self.attempts, standing.attempts) if most is not None]
        kept = {name: getattr(standing, name) for name in _KEPT if name in standing.model_fields_set}
        if "holdout_share" in standing.model_fields_set:
            # a larger share keeps everyone of a smaller one
            kept["holdout_share"] = max(standing.holdout_share, self.holdout_share)
        return self.model_copy(
            update={
                "suppress": _both(standing.suppress, self.suppress),
                "other_lists": _both(standing.other_lists, self.other_lists),
                "history": standing.history or self.history,
                "exclude": _both(standing.exclude, self.exclude),
                "rest_days": max(standing.rest_days, self.rest_days),
                "attempts": min(attempts, default=None),
                "consent_words": _words_of_both(standing, self, "consent_words"),
                "no_exclusion_words": _words_of_both(standing, self, "no_exclusion_words"),
                "carry": _both(standing.carry, self.carry),
                "one_per": standing.one_per or self.one_per,
                "sheet_by": standing.sheet_by or self.sheet_by,
                "quotas": _tighter(standing.quotas, self.quotas, lambda quota: (quota.column, quota.level)),
                "capacities": _tighter(standing.capacities, self.capacities, lambda capacity: capacity.name),
                **kept,
            }
        )


_KEPT = ("campaign", "hash_key", "country_code", "call_windows")  # what standing rules set of these nobody changes

T = TypeVar("T")
_Part = TypeVar("_Part", bound=_Section)


Limit = TypeVar("Limit", Quota, Capacity)


def _both(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    return (*first, *(one for one in second if one not in first))


def _words_of_both(standing: ContactRules, own: ContactRules, setting: str) -> tuple[str, ...]:
    """Keep the standing words that are the list's own too, however they are spelt."""
    here, there = (pl.Series(getattr(rules, setting), dtype=pl.String) for rules in (own, standing))
    both = tuple(there.filter(bare_words(there).is_in(bare_words(here).implode())))
    if len(here) and len(there) and not both:
        raise PolicyError(
            f"None of the words of policy.{setting} ({_listed(here)}) is a word of the standing policy ({_listed(there)}): nobody could be called.",
            expected=f"policy.{setting} among the words of the standing policy",
            fix=f"have these words set in the standing policy: policy.{setting}; a list of its own can only leave some out",
        )
    return both


def _listed(words: pl.Series) -> str:
    return some_named([f"'{word}'" for word in words], _MOST_NAMED)


def _tighter(standing: tuple[Limit, ...], own: tuple[Limit, ...], key: Callable[[Limit], Any]) -> tuple[Limit, ...]:
    """Join limits of the same key, as `tighter` of each says."""
    by_key, standing_keys = {key(limit): limit for limit in own}, {key(limit) for limit in standing}
    tight = tuple(limit.tighter(by_key.get(key(limit), limit)) for limit in standing)
    return tight + tuple(limit for limit in own if key(limit) not in standing_keys)


class ContactPolicy(ContactRules):
    """The rules together with the economics; whoever holds one knows it does not contradict itself.

    Attributes
    ----------
    economics : Economics
    """

    economics: Economics

    @model_validator(mode="after")
    def _free_of_contradictions(self) -> ContactPolicy:
        found = tuple(contradictions(self))
        if found:
            raise PolicyError(joined(" ", [came for came, _, _ in found]), expected=found[0][1], fix=found[0][2])
        return self

    @classmethod
    def of(cls, economics: Economics, rules: ContactRules) -> ContactPolicy:
        """Join the two sections of a configuration.

        Raises
        ------
        PolicyError
            If they contradict each other.
        """
        return cls(economics=economics, **{name: getattr(rules, name) for name in ContactRules.model_fields})

    def but(self, **changes: Any) -> ContactPolicy:
        """Return the same policy with other settings, checked like any: what if there were 2,000 calls?

        Parameters
        ----------
        **changes
            Settings by name, as in ``budget_calls=2000``; a part of `economics` is enough: ``economics={"cost_per_call": 4}``.

        Raises
        ------
        PolicyError
            If a setting is unknown, a value makes no sense, or two contradict each other.
        """
        kept = {name: getattr(self, name) for name in self.model_fields_set - {"economics"}}
        money = changes.pop("economics", {})
        if isinstance(money, Economics):
            money = money.model_dump(exclude_unset=True)
        if isinstance(money, Mapping):
            money = {**self.economics.model_dump(exclude_unset=True), **money}
        return ContactPolicy.of(_checked(Economics, money), _checked(ContactRules, {**kept, **changes}))

    @property
    def conversations_per_customer(self) -> float:
        """Chance that a listed customer is reached: at most one conversation, as nobody is called again who was reached."""
        return self.economics.conversations(self.contact_rate)

    def attempts_left(self, customers: int, spent: pl.Series | None) -> pl.Series:
        """Calls that each customer may still get in this campaign after those `spent`; null without a most."""
        most = pl.Series("attempts", [self.attempts], dtype=pl.Int64).new_from_index(0, customers)
        return (most if spent is None else most - spent).clip(0)

    def calls_each(self, left: pl.Series) -> Floats:
        """Calls dialled for each listed customer: as many as the economics say, and no more than are `left`."""
        return calls_each(self.economics.calls_per_customer, left)

    def reached_by(self, calls: Floats) -> Floats:
        """Chance that each listed customer is reached by one of so many calls."""
        chance: Floats = np.minimum(calls * self.contact_rate, 1.0)
        return chance

    @property
    def most_customers(self) -> float:
        """Listed customers that the budget in calls and the conversations wanted allow; infinite without a limit."""
        most = math.inf
        if self.budget_calls is not None:
            most = _whole_down(self.budget_calls / self.economics.calls_per_customer)
        return min(most, self.customers_for_conversations)

    @property
    def customers_for_conversations(self) -> float:
        """Listed customers that bring the conversations wanted; infinite where none are set."""
        return (
            math.inf if self.conversations is None else whole_up(self.conversations / self.conversations_per_customer)
        )

    @property
    def has_budget(self) -> bool:
        """Whether calls, conversations or money limit how many are listed."""
        return math.isfinite(self.most_customers) or self.budget_money is not None

    @property
    def needs_optimiser(self) -> bool:
        """Whether quotas or capacities are set, so that no single order of customers is right under every limit."""
        return bool(self.quotas or self.capacities)

    @property
    def counts_calls(self) -> bool:
        """Whether earlier calls can keep a customer off."""
        return self.history is not None and (self.rest_days > 0 or self.attempts is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column by which the policy decides, once, in the order of mention."""
        named = [
            *self.economics.columns,
            *(rule.column for rule in self.exclude),
            *(quota.column for quota in self.quotas),
            *(c.per_customer for c in self.capacities if isinstance(c.per_customer, str)),
            *self.sensitive,
            *([] if self.one_per is None else [self.one_per]),
        ]
        return tuple(dict.fromkeys(named))

    @property
    def number_columns(self) -> tuple[str, ...]:
        """Those of `columns` that hold nothing but numbers: money, what a customer takes of a capacity, what is above or below."""
        levels = {quota.column for quota in self.quotas} | {rule.column for rule in self.exclude if rule.levels}
        return tuple(name for name in self.read_as_numbers if name not in levels)

    @property
    def read_as_numbers(self) -> tuple[str, ...]:
        """Those of `columns` whose numbers decide, once, levels of some of them too."""
        return tuple(dict.fromkeys((*self.amount_columns, *self.measured_exclusions)))

    @property
    def amount_columns(self) -> tuple[str, ...]:
        """The columns of money, and of what a customer takes of a capacity."""
        takes = [c.per_customer for c in self.capacities if isinstance(c.per_customer, str)]
        return (*self.economics.columns, *takes)

    @property
    def measured_exclusions(self) -> tuple[str, ...]:
        """The columns in which a number above or below a limit keeps a customer off."""
        return tuple(rule.column for rule in self.exclude if rule.above is not None or rule.below is not None)

    @property
    def handed_over(self) -> tuple[str, ...]:
        """The columns that the list takes along, once."""
        return tuple(dict.fromkeys((*self.carry, *([] if self.sheet_by is None else [self.sheet_by]))))

    def require_columns(self, present: tuple[str, ...]) -> None:
        """Check that the table has every column that decides who is called.

        Raises
        ------
        PolicyError
            Naming the column and the closest one there is.
        """
        _require(self.columns, present)

    def require_handed_over(self, present: tuple[str, ...]) -> None:
        """Check that the table has every column that the list takes along.

        Raises
        ------
        PolicyError
            Naming the column and the closest one there is.
        """
        _require(self.handed_over, present)


def _require(names: tuple[str, ...], present: tuple[str, ...]) -> None:
    for name in names:
        if name not in present:
            raise PolicyError(
                f"The policy names a column '{name}' that the table does not have.",
                expected=f"one of {', '.join(present[:40])}",
                fix=did_you_mean(name, present, cutoff=_ALIKE) or "correct the name in the policy",
            )


def _checked(model: type[_Part], values: Any) -> _Part:
    """Make a part of a policy; what makes no sense is said in words."""
    section = "economics" if issubclass(model, Economics) else "policy"
    if not isinstance(values, Mapping):
        raise PolicyError(
            f"{section} is no section.", expected="settings by their names", fix="see: segmint policy init"
        )
    try:
        return model(**values)
    except ValidationError as error:
        first = first_of(error.errors(include_url=False, include_input=False))
    name = ".".join((section, *map(str, first["loc"])))
    if first["type"] == "extra_forbidden":
        *place, key = first["loc"]
        known = fields_at(model, place)
        if section == "policy" and not place and key in Economics.model_fields:
            known, fix = tuple(Economics.model_fields), f'it is one of economics: economics={{"{key}": ...}}'
        else:
            fix = did_you_mean(str(key), known, cutoff=_ALIKE) or "leave it out"
        raise PolicyError(f"There is an unknown key '{name}'.", expected=f"one of {', '.join(known)}", fix=fix)
    raise PolicyError(
        f"'{name}' makes no sense.", expected=wanted(first), fix=f"set {name} to a value that makes sense"
    )


def calls_each(calls_per_customer: float | Floats, left: pl.Series) -> Floats:
    """Calls dialled for each listed customer: `calls_per_customer`, and no more than are `left`; null is no limit."""
    each: Floats = np.minimum(calls_per_customer, left.cast(pl.Float64).fill_null(math.inf).to_numpy())
    return each


def policy_template() -> str:
    """Return a policy to start from, every key explained, ready to be parsed."""
    return resources.files("segmint.targeting").joinpath("policy.toml").read_text("utf-8")

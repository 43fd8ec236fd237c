"""What a contract says of one column: its kind, its role, and when the bank knows it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import isinf, isnan
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Strict, field_validator, model_validator

from segmint.contract.dates import is_format
from segmint.contract.yes_no import NO
from segmint.tables.amounts import MONEY
from segmint.wording import quoted

Kind = Literal["number", "category", "text", "date"]
Known = Literal["planning", "dialling", "after_call"]
Role = Literal[
    "id", "outcome", "characteristic", "holding", "interest", "satisfaction", "history", "context",
    "value", "cost", "time", "campaign", "treatment", "name", "phone", "consent", "exclude_if", "quota",
    "weight", "ignore",
]  # fmt: skip

ROLES: Mapping[Role, str] = {
    "id": "names the customer, whose rows stay together; never a feature",
    "outcome": "inert: the outcome stands under [outcome]",
    "characteristic": "who the customer is: age, profession, household",
    "holding": "what the customer has: balances, loans, cards; may be advised to change",
    "interest": "what the customer likes or looks at; may be advised to change",
    "satisfaction": "how content the customer is; describes segments and makes none",
    "history": "earlier calls and campaigns, and what came of them",
    "context": "the calendar, the channel, the economy; makes and describes no segments",
    "value": "money that a yes of this customer brings, or the customer where the outcome is a segment; never a feature",
    "cost": "money that a call to this customer costs; never a feature",
    "time": "a date; never a feature",
    "campaign": "the campaign or wave of a row; never a feature",
    "treatment": "whether the customer was called or left alone, who then teaches nothing; never a feature",
    "name": "who somebody is; reaches the call list and nothing else",
    "phone": "a number to call; reaches the call list and nothing else",
    "consent": "yes means that the customer may be called, anything else that the customer may not",
    "exclude_if": "yes means that the customer must not be called; an empty cell too, unless missing_means says no",
    "quota": "a group that a list is counted by, such as a branch; reaches the call list, never a feature",
    "weight": "inert: how much a row counts",
    "ignore": "not used at all",
}
"""What each role means, in a sentence for people."""


Number: TypeAlias = Annotated[float, Strict()]
"""A number, and neither a truth value nor a text that Python would take for one."""
Bounds: TypeAlias = tuple[Number | None, Number | None]

KNOWN_ORDER: tuple[Known, ...] = ("planning", "dialling", "after_call")
FEATURE_ROLES: frozenset[str] = frozenset(
    {"characteristic", "holding", "interest", "satisfaction", "history", "context"}
)


def named_twice(names: Sequence[str]) -> str:
    """List what occurs more than once, in quotes; "" if nothing does."""
    return quoted([name for name, often in Counter(names).items() if often > 1])


class Condition(BaseModel):
    """Holds where the number in `column` is greater than `above`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    column: str
    above: Number


_CURRENCY = re.compile(rf".*currency.*|[A-Z]{{3}}|R\$|лв|{MONEY}")


class State(BaseModel):
    """A code inside a number column that is no number: ``-1`` meaning "never contacted".

    Attributes
    ----------
    value : float
        The code in a validated table.
    name : str
        What it means: "never contacted".
    written : float or None
        The code in the table as it comes, where `when` holds; validation turns it into `value`. For a table
        that uses one code for two things.
    when : Condition or None
        Where `written` means this state. Comes together with `written`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    value: Number
    name: str
    written: Number | None = None
    when: Condition | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> State:
        if not self.name.strip():
            raise ValueError(f"state {self.value:g}: `name` is empty; say what the code means")
        if (self.written is None) != (self.when is None):
            raise ValueError(f"state '{self.name}': `written` and `when` come together")
        return self

    @classmethod
    def unnamed(cls, value: float) -> State:
        """Name a code of which nobody has said yet what it means."""
        return cls(value=value, name=f"code {value:g}")

    @property
    def is_unnamed(self) -> bool:
        """Whether nobody has said what it means, so that its name says nothing by itself."""
        return self.name == f"code {self.value:g}"


class Column(BaseModel):
    """One column of a contract.

    Attributes
    ----------
    name : str
        The column's name in the table.
    kind : {"number", "category", "text", "date"}
        How its values are read. Only numbers and categories can be features.
    role : str
        What the column is for: one of the roles.
    label : str
        The column's name for people, as in the middle of a sentence: "months since the last call".
    known : {"planning", "dialling", "after_call"}
        When the bank knows it: when the list is made, when the call is placed, or after the call.
    unit : str
        The unit of a number: "years", "account currency", "calls", "calendar days". A cell may carry it: with ``unit =
        "EUR"``, 1.234,50 EUR is a number; with another currency behind it, it is none. Of a
        measure any spelling does: with ``unit = "days"`` also 1 day.
    allowed : tuple of str
        The levels of a category; empty means any. In order, if `cyclic` or `ordered`.
    format : str
        How a date is written: ``"%d.%m.%Y"``; empty means ``"%Y-%m-%d"``. Nothing guesses it at reading: 03/04 is a day
        in March or in April.
    bounds : (float or None, float or None)
        The smallest and largest number that is believable, infinite for none; states are exempt.
    missing : tuple of str or None
        Texts that mean "no value"; None takes the contract's. In a column of numbers "999" is also the number 999.
    missing_means : str
        What "no value" says, if it says something: "never contacted". Of the role `exclude_if` "no" lets those be called who have none.
    states : tuple of State
        Codes of a number column that are no numbers: ``states = [{ value = -1, name = "never contacted" }]``.
    sensitive : bool
        Whether law or decency asks for care: age, gender, marital status.
    changeable : bool or None
        Whether it may be proposed as a change that raises a chance; None takes what is usual for the role: yes for
        a holding or an interest that is not sensitive.
    cyclic : bool
        Whether the levels of `allowed` form a ring, as months do: after the last comes the first.
    ordered : bool
        Whether the levels of `allowed` form a ladder, as schooling does.
    note : str
        What whoever keeps the contract wants to be remembered: why a column is ignored. The report shows it; nothing else reads it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind
    role: Role
    label: str
    known: Known = "planning"
    unit: str = ""
    allowed: tuple[str, ...] = ()
    format: str = ""
    bounds: Bounds = (None, None)
    missing: tuple[str, ...] | None = None
    missing_means: str = ""
    states: tuple[State, ...] = Field(default=())
    sensitive: bool = False
    changeable: bool | None = None
    cyclic: bool = False
    ordered: bool = False
    note: str = ""

    @field_validator("bounds", mode="after")
    @classmethod
    def _infinite_is_no_bound(cls, bounds: Bounds) -> Bounds:
        if any(bound is not None and isnan(bound) for bound in bounds):
            raise ValueError("a bound is a number, and nan is none; inf and -inf stand for no bound")
        low, high = (None if bound is not None and isinf(bound) else bound for bound in bounds)
        return low, high

    @model_validator(mode="after")
    def _makes_sense(self) -> Column:
        low, high = self.bounds
        if not self.label.strip():
            raise ValueError(f"column '{self.name}': `label` is empty; name the column for people")
        if self.role == "id" and self.kind in ("number", "date"):
            raise ValueError(f"column '{self.name}': every digit of an id counts, so it is of kind \"text\"")
        if self.kind != "number" and (self.states or low is not None or high is not None):
            raise ValueError(f"column '{self.name}': only a number can have bounds or states")
        if self.kind != "category" and self.allowed:
            raise ValueError(f"column '{self.name}': only a category can have allowed levels")
        if self.format and (self.kind != "date" or not is_format(self.format)):
            raise ValueError(f"column '{self.name}': `format` is for dates and names day, month and year: %d.%m.%Y")
        if (self.cyclic or self.ordered) and len(self.allowed) < 3:
            raise ValueError(f"column '{self.name}': cyclic or ordered needs its levels in `allowed`, in order")
        if low is not None and high is not None and low > high:
            raise ValueError(f"column '{self.name}': the lower bound is above the upper bound")
        if twice := named_twice(self.allowed):
            raise ValueError(f"column '{self.name}': allowed has {twice} twice")
        if twice := named_twice([f"{code:.15g}" for code in self.codes]):
            raise ValueError(f"column '{self.name}': two states have the same value, {twice}")
        return self

    def known_by(self, at: Known) -> bool:
        """Tell whether the bank knows this column at the moment `at`."""
        return KNOWN_ORDER.index(self.known) <= KNOWN_ORDER.index(at)

    @property
    def codes(self) -> tuple[float, ...]:
        """The codes of a number column that are no numbers, as a validated table holds them."""
        return tuple(state.value for state in self.states)

    @property
    def empty_may_be_called(self) -> bool:
        """Whether a column of exclusions says of an empty cell that it means no."""
        return self.role == "exclude_if" and self.missing_means.strip().casefold() in NO

    @property
    def is_money(self) -> bool:
        """Whether its unit is a currency: "account currency", the code of one, or its sign."""
        return _CURRENCY.fullmatch(self.unit) is not None

    @property
    def is_feature(self) -> bool:
        """Whether the column may describe a customer to a model."""
        return self.role in FEATURE_ROLES and self.kind in ("number", "category")

"""What a contract says of one column: its kind, its role, and when the bank knows it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["number", "category", "text", "date"]
Known = Literal["planning", "dialling", "after_call"]
Role = Literal[
    "id", "outcome", "characteristic", "holding", "interest", "satisfaction", "history", "context",
    "value", "cost", "time", "campaign", "treatment", "name", "phone", "consent", "exclude_if", "quota",
    "weight", "ignore",
]  # fmt: skip

KNOWN_ORDER: tuple[Known, ...] = ("planning", "dialling", "after_call")
FEATURE_ROLES: frozenset[str] = frozenset(
    {"characteristic", "holding", "interest", "satisfaction", "history", "context"}
)


class State(BaseModel):
    """A code inside a number column that is no number: ``-1`` meaning "never contacted"."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    name: str


class Column(BaseModel):
    """One column of a contract.

    Attributes
    ----------
    name : str
        The column's name in the table.
    kind : {"number", "category", "text", "date"}
    role : str
        What the column is for; see `Role`.
    label : str
        The column's name for people, in lower case: "months since the last call".
    known : {"planning", "dialling", "after_call"}
        When the bank knows it: when the list is made, when the call is placed, or after the call.
    unit : str
        The unit of a number: "years", "account currency", "calls", "calendar days".
    allowed : tuple of str
        The levels of a category; empty means any. In order, if `cyclic` or `ordered`.
    bounds : (float or None, float or None)
        The smallest and largest number that is believable; states are exempt.
    missing : tuple of str or None
        Texts that mean "no value"; None takes the contract's.
    states : tuple of State
        Codes of a number column that are no numbers.
    sensitive : bool
        Whether law or decency asks for care: age, gender, marital status.
    cyclic, ordered : bool
        Whether the levels of `allowed` form a ring (months) or a ladder (schooling).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind
    role: Role
    label: str
    known: Known = "planning"
    unit: str = ""
    allowed: tuple[str, ...] = ()
    bounds: tuple[float | None, float | None] = (None, None)
    missing: tuple[str, ...] | None = None
    states: tuple[State, ...] = Field(default=())
    sensitive: bool = False
    cyclic: bool = False
    ordered: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Column:
        low, high = self.bounds
        if self.kind != "number" and (self.states or low is not None or high is not None):
            raise ValueError(f"column '{self.name}': only a number can have bounds or states")
        if self.kind != "category" and self.allowed:
            raise ValueError(f"column '{self.name}': only a category can have allowed levels")
        if (self.cyclic or self.ordered) and len(self.allowed) < 3:
            raise ValueError(
                f"column '{self.name}': cyclic or ordered needs its levels in `allowed`, in order"
            )
        if low is not None and high is not None and low > high:
            raise ValueError(f"column '{self.name}': the lower bound is above the upper bound")
        return self

    def known_by(self, at: Known) -> bool:
        """Tell whether the bank knows this column at the moment `at`."""
        return KNOWN_ORDER.index(self.known) <= KNOWN_ORDER.index(at)

    @property
    def is_feature(self) -> bool:
        """Whether the column may describe a customer to a model."""
        return self.role in FEATURE_ROLES and self.kind in ("number", "category")

"""The contract: what a table must look like, read from TOML, shipped or the user's own."""

from __future__ import annotations

import re
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from segmint.arguments import place_of
from segmint.complaints import first_of, said
from segmint.contract.column import Column, Known, named_twice
from segmint.contract.names import SHIPPED
from segmint.contract.yes_no import NO, NO_WORDS, WHOLE, YES, YES_WORDS
from segmint.errors import ContractError
from segmint.toml_files import parse_toml, toml_text_of
from segmint.wording import counted, did_you_mean, listed, printable, quoted, shorten

LONGEST_NAME = 80  # of a contract in an error: whoever gives its text for its name reads it once


def _of_one_line(name: str) -> str:
    if not name.strip() or printable(name) != name or "\n" in name or "\t" in name:
        raise ValueError("the name of a contract is a text of one line")
    return name


def _as_in_a_header(name: str) -> str:
    """A name that a column of a table can have: its header is read without the spaces around it."""
    if not name or name != name.strip():
        raise ValueError(f"the name of a column is not empty and has no spaces around it: '{name}'")
    return name


class Outcome(BaseModel):
    """What the campaign or the label says of a customer.

    Attributes
    ----------
    column : str
        The column that holds it.
    kind : {"response", "assignment"}
        Yes or no, or one of several known segments.
    positive : str
        The level that means yes (response only).
    levels : tuple of str
        All levels, "no" first for a response.
    words : dict
        Spellings that mean a level: ``{"YES": "yes", "1": "yes"}``.
    blank : str or None
        The level that an empty cell means: "no" where only who said yes is written down. None where it means that there is no
        answer, as a word of `missing` always does.
    label : str
        The outcome for people: "subscribed a term deposit".
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    column: Annotated[str, AfterValidator(_as_in_a_header)]
    kind: Literal["response", "assignment"]
    levels: tuple[str, ...]
    positive: str | None = None
    words: dict[str, str] = {}
    blank: str | None = None
    label: str = "outcome"

    @model_validator(mode="after")
    def _makes_sense(self) -> Outcome:
        if twice := named_twice(self.levels):
            raise ValueError(f"levels must differ, and {twice} stands there twice")
        if self.kind == "response" and (len(self.levels) != 2 or self.positive not in self.levels):
            raise ValueError("a response has two levels and names the positive one of them")
        if self.kind == "assignment" and (len(self.levels) < 2 or self.positive is not None):
            raise ValueError("an assignment has at least two levels and no positive one")
        if strangers := set(self.words.values()) - set(self.levels):
            raise ValueError(f"words lead to unknown levels: {sorted(strangers)}")
        if self.blank not in (None, *self.levels):
            raise ValueError(f"blank is {self.blank!r} and must be one of {listed(self.levels, last='or')}")
        return self

    @property
    def negative(self) -> str | None:
        """The level that means no; None for an assignment."""
        return None if self.positive is None else next(level for level in self.levels if level != self.positive)

    @property
    def unanswered(self) -> Outcome:
        """The outcome of a table in which nobody has answered yet: there an empty cell means nothing."""
        return self.model_copy(update={"blank": None})

    def level_of(self, text: str) -> str | None:
        """Read a spelling: ``YES``, ``1`` and ``1.0`` are "yes"; None if it means no level.

        The rule: a level or one of `words` as it is written; else, whatever the case, one of `words` or of `levels`;
        else, for a response, a common word for yes or no; a word of another language, ``ja`` or ``nein``, only where the
        levels are a yes and a no themselves. ``1.0`` and ``1.00`` are read as ``1``, and ``1`` as a level ``1.0``; with
        levels ``1`` and ``1.0``, ``1.00`` is neither. ``1.000`` may be a thousand and is only itself.
        """
        word = text.strip()
        return word if word in self.levels else self.words.get(word, self._spellings.get(_folded(word)))

    @cached_property
    def _spellings(self) -> dict[str, str]:
        spellings: dict[str, str] = {}
        if self.negative is not None:
            own = _folded(str(self.positive)) in YES and _folded(self.negative) in NO
            spellings |= dict.fromkeys(YES if own else YES_WORDS, str(self.positive))
            spellings |= dict.fromkeys(NO if own else NO_WORDS, self.negative)
        folded = [_folded(level) for level in self.levels]
        # levels that differ only in case, or in decimals, are told apart by these alone
        spellings |= {fold: level for fold, level in zip(folded, self.levels, strict=True) if folded.count(fold) == 1}
        return spellings | {_folded(word): level for word, level in self.words.items()}


def _folded(word: str) -> str:
    return re.sub(WHOLE, r"\1", word.casefold())


class Contract(BaseModel):
    """What a table must look like: an outcome and its columns, each with kind, role and `known`.

    Attributes
    ----------
    name : str
    version : int
    title, source : str
        What the table is, for people, and where it comes from.
    reviewed : bool
        Whether a person looked at every column; nothing is trained before.
    missing : tuple of str
        The words that mean "no value" in every column.
    note : str
        What whoever keeps it wants to be remembered; the report shows it, nothing else reads it.
    outcome : Outcome
    columns : tuple of Column
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    name: Annotated[str, AfterValidator(_of_one_line)]
    version: int = Field(default=1, ge=0)
    title: str = ""
    source: str = ""
    reviewed: bool = True
    missing: tuple[str, ...] = ("",)
    note: str = ""
    outcome: Outcome
    columns: tuple[Column, ...]

    def __repr__(self) -> str:
        state = "reviewed" if self.reviewed else "a draft"
        return f"<Contract {self.name}, version {self.version}: {counted(len(self.columns), 'column')}, {state}>"

    @model_validator(mode="after")
    def _makes_sense(self) -> Contract:
        names = [_as_in_a_header(column.name) for column in self.columns]
        if twice := named_twice(names):
            raise ValueError(f"columns named twice: {twice}")
        outcome = self.outcome.column
        if outcome in names:
            raise ValueError(f"'{outcome}' is the outcome and stands under columns too")
        if sum(column.role == "id" for column in self.columns) > 1:
            raise ValueError("only one column can be the id")
        for column in self.columns:
            if column.empty_may_be_called and (unknown := set(self.missing_tokens(column)) - {""}):
                raise ValueError(
                    f"columns.{column.name}: missing_means would let be called whose cell is {quoted(sorted(unknown))}; "
                    'write missing = [""] for the column, so that an empty cell alone means no'
                )
            if both := [level for level in column.allowed if level in self.missing_tokens(column)]:
                raise ValueError(f"columns.{column.name}: '{both[0]}' is in `allowed` and is a word of `missing`")
            for state in column.states:
                if state.when and state.when.column not in names:
                    raise ValueError(f"state '{state.name}' looks at '{state.when.column}', which is no column")
        return self

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def id_column(self) -> str | None:
        """The name of the id column, if there is one."""
        return next((column.name for column in self.columns if column.role == "id"), None)

    def features(self, at: Known) -> tuple[Column, ...]:
        """Columns that may describe a customer to a model at the moment `at`."""
        return tuple(column for column in self.columns if column.is_feature and column.known_by(at))

    def set_aside(self, at: Known) -> tuple[Column, ...]:
        """Feature columns that are known only later than `at`."""
        return tuple(column for column in self.columns if column.is_feature and not column.known_by(at))

    def missing_tokens(self, column: Column) -> tuple[str, ...]:
        """Texts that mean "no value" in `column`."""
        return self.missing if column.missing is None else column.missing


_KEYS = (*Column.model_fields, *Contract.model_fields, *Outcome.model_fields)


def load_contract(name: str | Path) -> Contract:
    """Load a shipped contract by name, or the user's own from a TOML file.

    Parameters
    ----------
    name : str or Path
        One of `SHIPPED`, or the path of a TOML file.

    Raises
    ------
    ContractError
        If there is no such contract, or the file makes no sense.
    """
    name = place_of("name", name, expected="the name of a contract, or the path of a TOML file")
    if str(name) in SHIPPED:
        text = resources.files("segmint.contract").joinpath("shipped", f"{name}.toml").read_text("utf-8")
        return parse_contract(text, origin=str(name))
    path = Path(name)
    if path.suffix != ".toml":
        otherwise = (
            "write the text into a .toml file, and name that"
            if "\n" in str(name)
            else "name one of these, or write your own"
        )
        raise ContractError(
            f"There is no contract '{shorten(name, LONGEST_NAME)}'.",
            expected=f"one of {', '.join(SHIPPED)}, or the path of a .toml file",
            fix=did_you_mean(str(name), SHIPPED) or otherwise,
        )
    text = toml_text_of(path, "The contract", ContractError, fix="check the path and the file")
    return parse_contract(text, origin=str(path))


def parse_contract(text: str, *, origin: str) -> Contract:
    """Read a contract from TOML text; `origin` is named in errors."""
    if not text.strip():
        raise ContractError(
            f"The contract '{origin}' is empty.",
            expected="TOML with name, [outcome] and one [columns.<name>] table for each column",
            fix="draft it again, and read what the command says: segmint contract infer TABLE --outcome COLUMN",
        )
    try:
        raw = parse_toml(text)
        columns = _section("columns", raw.pop("columns", {}), "sections [columns.<name>]")
        _section("outcome", raw.get("outcome", {}))
        return Contract(**raw, columns=tuple(_column(name, rest) for name, rest in columns.items()))
    except ValueError as error:
        raise ContractError(
            f"The contract '{origin}' makes no sense: {_said(error)}",
            expected="TOML with name, [outcome] and one [columns.<name>] table for each column",
            fix="compare with a shipped contract: `segmint contract show bank-marketing`",
        ) from error


def _section(key: str, given: Any, wanted: str = "") -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"{key} must be {wanted or f'a section [{key}]'}")
    return given


def _column(name: str, given: Any) -> Column:
    settings = _section(f"columns.{name}", given)
    if "name" in settings:
        raise ValueError(f"columns.{name}: no key `name` is needed, the section [columns.{name}] names the column")
    try:
        return Column(name=name, **settings)
    except ValidationError as error:
        raise ValueError(f"columns.{name}: {_said(error)}") from error


def _said(error: Exception) -> str:
    """Say an error; of a key of the whole file below a section, where it stands."""
    place = first_of(error.errors())["loc"] if isinstance(error, ValidationError) else ()
    key = str(place[-1]) if place else ""
    unknown = said(error, _KEYS)
    if unknown.startswith("unknown key") and key in Contract.model_fields:
        return f"'{key}' stands at the top of the file, above [outcome] and [columns], and not under one of them"
    return unknown

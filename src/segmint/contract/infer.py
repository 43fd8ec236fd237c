"""Draft a contract from a table: every column once, under the moment it is known, with suspects named beside it.

A draft is a guess from names and values. It carries ``reviewed = false``, and `run`, `segment` and `backtest`
refuse it until a person has read it and set that to true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl
from pydantic import ValidationError

from segmint.complaints import said
from segmint.contract.column import KNOWN_ORDER, Column
from segmint.contract.columns_used import columns_used
from segmint.contract.contract import Contract, Outcome
from segmint.contract.copies import copies_told
from segmint.contract.counts import count_values
from segmint.contract.draft_column import draft_column, id_column, with_twins
from segmint.contract.draft_outcome import draft_outcome, outcome_to_come
from segmint.contract.draft_text import draft_text
from segmint.contract.header import header_told
from segmint.contract.hints import (
    date_known_by_name,
    is_german,
    label_for,
)
from segmint.contract.ids import bare_ids
from segmint.contract.look import MIN_PER_LEVEL, Look, few_named, look_at
from segmint.contract.sample import sample_of
from segmint.errors import ContractError
from segmint.progress import Progress, silent
from segmint.tables.decimal_sign import ONE_SIGN, decimal_of, written_apart
from segmint.tables.table_source import TableSource
from segmint.tables.text_source import GUESSED
from segmint.wording import counted, joined


@dataclass(frozen=True, repr=False)
class Draft:
    """A drafted contract.

    Attributes
    ----------
    contract : Contract
        With ``reviewed`` false.
    suspects : dict of str to str
        What a person should look at, by column: "alone tells the outcome (AUC 0.97)".
    notes : dict of str to str
        Why a column is no feature, by column: "free text: 1,204 different values".
    text : str
        The contract as TOML, suspects and notes as comments; `parse_contract` reads it back.
    sentence : str
        How many rows were looked at unless all were, which outcome was guessed, how many columns are read as characteristics,
        and how many are set aside and why.
    """

    contract: Contract
    suspects: Mapping[str, str]
    notes: Mapping[str, str]
    text: str
    sentence: str = ""

    def __repr__(self) -> str:
        return f"<Draft of {self.contract!r}: {counted(len(self.suspects), 'suspect')}>"

    def reviewed(self) -> Contract:
        """Return the contract as one that a person has looked at: call it when you have read `text`, suspects and notes.

        What is to be different is corrected in a file, which holds `text`; `load_contract` reads it.
        """
        return self.contract.model_copy(update={"reviewed": True})


def infer_contract(
    source: TableSource,
    *,
    name: str,
    outcome: str | None = None,
    without_outcome: bool = False,
    progress: Progress = silent,
) -> Draft:
    """Draft a contract from a table.

    Parameters
    ----------
    source : TableSource
        Read to its end; of more rows than `SAMPLE_ROWS` so many are looked at, spread over the whole table.
    name : str
        The contract's name.
    outcome : str, optional
        The outcome column; guessed from the names if not given.
    without_outcome : bool
        Whether nobody has answered yet: the outcome is the column `outcome`, or "response", that the campaign will fill.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    Draft

    Raises
    ------
    ContractError
        If no row can be read, the first line is a customer for sure, no column looks like an outcome, the named one has one
        level or too many, or any where there should be none.
    """
    sample = sample_of(source, progress)
    frame = sample.frame
    headless = header_told(frame, source)
    found = (outcome_to_come if without_outcome else draft_outcome)(frame, outcome, source.name)
    drafted, suspects = found.outcome, dict(found.suspects)
    notes: dict[str, str] = {}
    inputs = [column for column in frame.columns if column != drafted.column]
    looks = [
        look_at(frame[column], decimal_of(source.receipt, column, inputs))
        for column in _told(inputs, "looking at columns", progress)
    ]
    identity = id_column(looks)
    customers = next((bare_ids(look.texts) for look in looks if look.name == identity), None)
    called = next(
        (look for look in looks if look.kind == "date" and date_known_by_name(look.plain) == "dialling"), None
    )
    guesses = [
        draft_column(look, drafted, found.answers, called, customers, is_id=look.name == identity)
        for look in _told(looks, "drafting columns", progress)
    ]
    columns = []
    for look, guess in zip(looks, with_twins(looks, guesses), strict=True):
        columns.append(_with_own_words(guess.column, look, found.no_answer))
        if doubts := [*([suspects[look.name]] if look.name in suspects else []), *guess.doubts]:
            suspects[look.name] = joined("; ", doubts)
        if guess.note:
            notes[look.name] = guess.note
    if is_german(frame.columns):
        drafted, columns = _with_capitals(drafted), [_with_capitals(column) for column in columns]
    columns.sort(key=lambda column: KNOWN_ORDER.index(column.known))
    try:
        contract = Contract(
            name=name,
            title=" ".join(name.replace("_", " ").replace("-", " ").split()) or name,
            reviewed=False,
            missing=("", *found.no_answer),
            outcome=drafted,
            columns=tuple(columns),
        )
    except ValidationError as error:
        raise ContractError(
            f"No contract can be drafted for '{source.name}': {said(error)}.",
            expected="a table and a name of which a contract can be made",
            fix="give another name, or rename the column in the table or leave it out",
        ) from error
    about_table = (
        headless,
        _guess_told(source, frame),
        _two_signs_told(source, columns),
        *sample.doubts,
        copies_told(frame),
    )
    about_draft = f"{sample.looked_at}; what is said and counted here is of these" if sample.looked_at else ""
    text = draft_text(contract, suspects, notes, about_table, about_draft)
    guessed = f"outcome: '{drafted.column}' (guessed from its name)" if outcome is None and not without_outcome else ""
    used = columns_used(columns, {look.name: look for look in looks})
    return Draft(contract, suspects, notes, text, "; ".join(filter(None, (sample.looked_at, guessed, used))))


_Labelled = TypeVar("_Labelled", Column, Outcome)
_Item = TypeVar("_Item")


def _told(items: Sequence[_Item], task: str, progress: Progress) -> Iterator[_Item]:
    """Hand over one after the other, and tell when each is done with."""
    for done, item in enumerate(items, start=1):
        yield item
        progress(task, done, len(items))


def _guess_told(source: TableSource, frame: pl.DataFrame) -> str:
    """Ask whether a guessed encoding is right, by names that hold signs which another one reads otherwise, or by signs.

    Also names the signs that both read alike, which prove nothing. Signs of fewer than ten values are a customer's own.
    """
    if source.receipt.get("encoding") != GUESSED:
        return ""
    signs: Counter[str] = Counter()
    for column in frame:
        signs.update(count_values(column.str.extract_all(r"[^\x00-\x7f\s]").list.unique().explode().drop_nulls()))
    often = [sign for sign, count in signs.most_common() if count >= MIN_PER_LEVEL]
    alike = [sign for sign in often if _is_the_same_elsewhere(sign)]
    told = [sign for sign in often if sign not in alike]
    names = [name for name in frame.columns if not all(map(_is_the_same_elsewhere, name))]
    asked = f"names such as {few_named(names)}" if names else f"signs such as {few_named(told)}"
    asked = asked if names or told else "its signs beyond ASCII"
    same = f" Windows-1250 reads {few_named(alike)} alike." if alike else ""
    return f"read as Windows-1252, which is a guess: are {asked} right?{same} Otherwise: --set data.encoding=cp1250, or what it is"


def _is_the_same_elsewhere(sign: str) -> bool:
    """Whether Windows-1250 reads the byte of a sign of Windows-1252 alike."""
    return sign.encode("cp1252", "replace").decode("cp1250", "replace") == sign


def _two_signs_told(source: TableSource, columns: Sequence[Column]) -> str:
    """Say that two columns of numbers that the draft uses write decimals differently; "" where none do."""
    apart = written_apart(
        source.receipt, [column.name for column in columns if column.kind == "number" and column.role != "ignore"]
    )
    return f"{apart}: {ONE_SIGN}" if apart else ""


def _with_own_words(column: Column, look: Look, words: Sequence[str]) -> Column:
    """Keep a word that means no outcome from meaning no value in a column of which nobody has said so."""
    if column.missing is None and words and bool(look.texts.is_in(list(words)).any()):
        return column.model_copy(update={"missing": ("",)})
    return column


def _with_capitals(drafted: _Labelled) -> _Labelled:
    """Keep the capitals of a column's name in the label made of it."""
    name = drafted.column if isinstance(drafted, Outcome) else drafted.name
    if drafted.label != label_for(name):  # "customer" for an id
        return drafted
    return drafted.model_copy(update={"label": label_for(name, capitals=True)})

"""A contract for a table that has none: drafted by looking at it, kept once a person has reviewed it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segmint.arguments import place_of, require_switches, require_texts
from segmint.config import Data
from segmint.contract.column_match import Purpose, lacks_outcome, match_columns
from segmint.contract.contract import parse_contract
from segmint.contract.infer import Draft
from segmint.contract.infer import infer_contract as draft
from segmint.errors import ContractError
from segmint.flows.steps.read import open_source, reading_as_typed, refuse_drafting_over
from segmint.flows.steps.settings import Settings, settings_of
from segmint.progress import Progress, silent
from segmint.store.staging import publish_bytes
from segmint.wording import Said, in_plain_letters

_REVIEWED = re.compile(r"^[ \t]*reviewed[ \t]*=[ \t]*false", re.MULTILINE)


def draft_contract(source: Any, *, name: str, outcome: str | None = None, without_outcome: bool = False) -> str:
    """Draft a contract as TOML, suspects as comments; nothing is written."""
    plain = re.sub(r"[^a-z0-9]+", "-", in_plain_letters(name).lower()).strip("-") or "table"
    return infer_contract(source, name=plain, outcome=outcome, without_outcome=without_outcome).text


def infer_contract(
    source: Any,
    *,
    name: str | None = None,
    outcome: str | None = None,
    without_outcome: bool = False,
    out: Path | str | None = None,
    config: Settings = None,
    progress: Progress = silent,
) -> Draft:
    """Draft a contract from a table, to be reviewed by a person before it trains anything.

    Parameters
    ----------
    source : path or frame
    name : str, optional
        The contract's name; that of the file if left out.
    outcome : str, optional
        The outcome column; guessed if left out.
    without_outcome : bool
        Whether nobody has answered yet: the outcome is the column `outcome`, or "response", that the campaign will fill.
    out : path, optional
        Where the draft is written, a new file; nowhere if left out.
    config : Config or path, optional
        How tables are read.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    Draft
        `text` is the contract as TOML, suspects as comments; `contract` the same, parsed.

    Raises
    ------
    ContractError
        If no row can be read, the first line is a customer for sure, no column looks like an outcome, the named one has one
        level or too many, or any where there should be none.
    InputError
        If there is a file at `out` already: the table itself, or what somebody may have reviewed.
    """
    require_switches(without_outcome=without_outcome)
    require_texts(name=name, outcome=outcome)
    if out is not None:
        refuse_drafting_over(place_of("out", out), source, config)
    named = name or (_plainly(Path(source).stem) if isinstance(source, str | Path) else "table")
    data = settings_of(config).data
    opened = open_source(source, data)
    drafted = draft(opened, name=named, outcome=outcome, without_outcome=without_outcome, progress=progress)
    if typed := reading_as_typed(data):
        drafted = replace(
            drafted, text=Said(f"# Its table is read with {typed}: say so at each command.\n", drafted.text)
        )
    if out is not None:
        publish_bytes(Path(out), drafted.text.encode("utf-8"))
    return drafted


def _plainly(stem: str) -> str:
    """Name a contract after a file: what no name of a contract holds becomes a blank."""
    return "".join(sign if sign.isprintable() and sign != "\\" else " " for sign in stem).strip() or "table"


def next_command(table: Path, data: Data, out: Path | None = None) -> str:
    """Write the command that says what a draft makes of its table, as somebody types it."""
    draft = "DRAFT.toml" if out is None else shlex.quote(str(out))
    return f"segmint check {shlex.quote(str(table))} --contract {draft} {reading_as_typed(data)}".rstrip()


def review_contract(text: str, path: Path, *, reviewed: bool, columns: Sequence[str], table: str) -> None:
    """Keep a contract that a person has looked at.

    Parameters
    ----------
    text : str
    path : Path
        Where it is kept.
    reviewed : bool
        Whether somebody says to have looked at it.
    columns : sequence of str
        The names of the columns of the table that it was drafted for.
    table : str
        The table's name, for errors.

    Raises
    ------
    ContractError
        If nobody says to have reviewed it, it makes no sense, or it asks for columns that the table does not have.
    """
    if not reviewed:
        raise ContractError(
            "Nobody has said that the contract was reviewed.",
            expected="a look at every column's role and at when the bank knows it",
            fix="read it, correct it, then tick the box",
        )
    signed = _REVIEWED.sub("reviewed = true", text.replace("\r\n", "\n"))
    contract = parse_contract(signed, origin="the contract")
    purpose: Purpose = "predict" if lacks_outcome(columns, contract) else "train"
    match_columns(columns, contract, table=table, purpose=purpose, at="planning")
    publish_bytes(path, signed.encode("utf-8"))

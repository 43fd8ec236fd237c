"""A contract for a table that has none: drafted by looking at it, kept once a person has reviewed it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from segmint.config import Data
from segmint.contract.contract import parse_contract
from segmint.contract.infer import infer_contract
from segmint.errors import ContractError
from segmint.flows.read import open_source
from segmint.store.staging import publish_file, write_file

_REVIEWED = re.compile(r"^[ \t]*reviewed[ \t]*=[ \t]*false", re.MULTILINE)


def draft_contract(source: Any, *, name: str, outcome: str | None = None, without_outcome: bool = False) -> str:
    """Draft a contract as TOML, suspects as comments; nothing is written."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "table"
    opened = open_source(source, Data())
    return infer_contract(opened, name=plain, outcome=outcome, without_outcome=without_outcome).text


def review_contract(text: str, path: Path, *, reviewed: bool) -> None:
    """Keep a contract that a person has looked at.

    Raises
    ------
    ContractError
        If nobody says to have reviewed it, or it makes no sense.
    """
    if not reviewed:
        raise ContractError(
            "Nobody has said that the contract was reviewed.",
            expected="a look at every column's role and at when the bank knows it",
            fix="read it, correct it, then tick the box",
        )
    signed = _REVIEWED.sub("reviewed = true", text.replace("\r\n", "\n"))
    parse_contract(signed, origin="the contract")
    publish_file(path, lambda staged: write_file(staged, signed.encode("utf-8")))

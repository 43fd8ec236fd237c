"""A drafted contract as a TOML file, with suspects and notes as comments beside the columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import tomlkit

from segmint.contract.column import KNOWN_ORDER, ROLES, Column, Known
from segmint.contract.contract import Contract
from segmint.contract.export import column_table, contract_to_toml
from segmint.wording import Said, Term, joined, parts_of


def draft_text(
    contract: Contract,
    suspects: Mapping[str, str],
    notes: Mapping[str, str],
    about_rows: Sequence[str],
    about_draft: str,
) -> str:
    """Write the draft with a heading for each `known` level and the suspects beside their columns."""
    whole = tomlkit.parse(contract_to_toml(contract.model_copy(update={"columns": ()})))
    whole.pop("columns", None)
    head, outcome = tomlkit.dumps(whole).strip().split("\n[outcome]\n")
    parts = [
        "# A draft. Look at every column: its kind, its role, and when the bank knows it.\n"
        "# `segmint check` helps. Then set reviewed = true; `run`, `segment` and `backtest` refuse the contract until a person does.\n"
        + _roles_used(contract)
        + _comment("NOTE", about_draft)
        + "".join(_comment("LOOK", doubt) for doubt in about_rows)
        + head.rstrip(),
        Said(_comment("LOOK", suspects.get(contract.outcome.column)), f"[outcome]\n{outcome}"),
    ]
    for known in KNOWN_ORDER:
        columns = [column for column in contract.columns if column.known == known]
        if columns:
            parts.append(f"# ---- {_HEADINGS[known]} ----")
        for column in columns:
            doubt, note = _comment("LOOK", suspects.get(column.name)), _comment("NOTE", notes.get(column.name))
            parts.append(Said(doubt, note, _column_text(column)))
    return Said(joined("\n\n", parts), "\n")


def _roles_used(contract: Contract) -> str:
    """Say what the draft's roles mean."""
    used = {column.role for column in contract.columns}
    lines = [f"#   {role}: {meaning}\n" for role, meaning in ROLES.items() if role in used]
    return "".join(["# Its roles (all of them, and what else a column may say: segmint contract roles):\n", *lines])


_HEADINGS: Mapping[Known, str] = {
    "planning": "known when the list is made",
    "dialling": "known when the call is placed",
    "after_call": "known only after the call: never used to choose whom to call",
}


def _column_text(column: Column) -> str:
    document, columns = tomlkit.document(), tomlkit.table(is_super_table=True)
    columns[column.name] = column_table(column)
    document["columns"] = columns
    return tomlkit.dumps(document).strip()


def _comment(word: str, text: str | None) -> str:
    """Write a comment on one line, whatever a column's name holds."""
    bare = [part if isinstance(part, Term) else re.sub(r"[\x00-\x1f\x7f]+", " ", part) for part in parts_of(text or "")]
    return Said(f"# {word}: ", *bare, "\n") if text else ""

"""How many columns of a draft describe customers, and why the others do not, in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from segmint.contract.column import Column, Role
from segmint.contract.hints import known_by_name
from segmint.contract.look import Look
from segmint.wording import counted, listed

_PERSONAL, _DATE, _ID = "with personal data", "date", "id"
_STRONG = "that tells the outcome almost by itself (look and decide)"
_MANY: Mapping[str, str] = {
    _DATE: "dates",
    _ID: "ids",
    _STRONG: "that tell the outcome almost by themselves (look and decide)",
}
_BY_ROLE: Mapping[Role, str] = {
    "id": _ID,
    "name": _PERSONAL,
    "phone": _PERSONAL,
    "consent": "on who may be called",
    "exclude_if": "on who may be called",
    "treatment": "on who was called",
}


def columns_used(columns: Sequence[Column], looks: Mapping[str, Look]) -> str:
    """Say how many columns are read as characteristics, and how many are set aside and why.

    Parameters
    ----------
    columns : sequence of Column
        As drafted, without the outcome.
    looks : mapping of str to Look
        What the values of each look like, by name.
    """
    reasons = Counter(why for column in columns if (why := _why_set_aside(column, looks[column.name])))
    read = len(columns) - reasons.total()
    said = f"{counted(read, 'column is', 'columns are')} read as characteristics"
    if not reasons:
        return f"{said}, none is set aside."
    why = listed([counted(number, reason, _MANY.get(reason, reason)) for reason, number in reasons.most_common()])
    return f"{said}, {reasons.total():,} {'is' if reasons.total() == 1 else 'are'} set aside: {why}."


def _why_set_aside(column: Column, look: Look) -> str:
    """Say in a few words why a column describes no customer when a list is made; empty if it does."""
    if column.is_feature:
        strong = column.known == "after_call" and known_by_name(look.plain) != "after_call"
        return "" if column.known_by("planning") else _STRONG if strong else "known only later than the list"
    if column.role in _BY_ROLE:
        return _BY_ROLE[column.role]
    if look.personal:
        return _PERSONAL
    if look.distinct <= 1:
        return "with one value or none"
    if column.kind == "date":
        return _DATE
    return "of free text or codes" if look.kind == "text" and not look.is_written_otherwise else "for other reasons"

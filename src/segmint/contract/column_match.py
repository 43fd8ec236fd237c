"""Hold a table's column names against a contract: what to read, what to leave, what is missing."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from segmint.contract.column import Column, Known
from segmint.contract.contract import Contract, load_contract
from segmint.contract.names import SHIPPED
from segmint.errors import ContractError

Purpose = Literal["train", "judge", "predict"]
SHOWN_NAMES = 12


@dataclass(frozen=True)
class ColumnMatch:
    """Which columns of a table are used.

    Attributes
    ----------
    read : tuple of Column
        Columns of the contract that are in the table and known in time, in the contract's order.
    outcome : bool
        Whether the table has the outcome column.
    set_aside : tuple of Column
        Columns that are in the table and known too late.
    strangers : tuple of str
        Columns of the table that the contract does not know.
    """

    read: tuple[Column, ...]
    outcome: bool
    set_aside: tuple[Column, ...]
    strangers: tuple[str, ...]


def match_columns(
    names: Sequence[str], contract: Contract, *, table: str, purpose: Purpose, at: Known, needs_id: bool = True
) -> ColumnMatch:
    """Match a table's columns with a contract; without `needs_id` the column of ids may lack.

    Raises
    ------
    ContractError
        If the id, a feature known by `at` or (but to predict) the outcome is missing; it shows the difference.
    """
    present, strangers = set(names), _strangers(names, contract)
    if missing := missing_columns(names, contract, purpose=purpose, at=at, needs_id=needs_id):
        raise _does_not_meet(names, missing, strangers, contract, table, purpose)
    used = [column for column in contract.columns if column.name in present and column.role != "ignore"]
    return ColumnMatch(
        read=tuple(column for column in used if column.known_by(at)),
        outcome=contract.outcome.column in present,
        set_aside=tuple(column for column in used if not column.known_by(at)),
        strangers=strangers,
    )


def missing_columns(
    names: Sequence[str], contract: Contract, *, purpose: Purpose, at: Known, needs_id: bool = True
) -> list[str]:
    """Name the columns that a contract cannot do without and a table does not have."""
    required = [column.name for column in contract.columns if _is_required(column, at, needs_id)]
    if purpose != "predict":
        required.append(contract.outcome.column)
    return [name for name in required if name not in set(names)]


def lacks_outcome(names: Sequence[str], contract: Contract) -> bool:
    """Whether a table comes without the outcome, and has no strange column that may be a misspelling of it."""
    outcome = contract.outcome.column
    return outcome not in names and _with_suggestion(outcome, _strangers(names, contract)) == outcome


def _strangers(names: Sequence[str], contract: Contract) -> tuple[str, ...]:
    return tuple(name for name in names if name not in contract.by_name and name != contract.outcome.column)


def _is_required(column: Column, at: Known, needs_id: bool) -> bool:
    return (column.is_feature or (needs_id and column.role == "id")) and column.known_by(at)


def _does_not_meet(
    names: Sequence[str],
    missing: list[str],
    strangers: tuple[str, ...],
    contract: Contract,
    table: str,
    purpose: Purpose,
) -> ContractError:
    lines = [f"'{table}' does not meet the contract '{contract.name}'."]
    other = _contract_that_fits(names)
    if other or _is_header(names, contract):
        lines.append(_listed("missing", [_with_suggestion(name, strangers) for name in missing]))
        if strangers:
            lines.append(_listed("unexpected", strangers))
    else:
        lines.append(_listed("missing", missing))
        lines.append(f"  unexpected: all {len(names):,} names; is the first line a header?")
    fix = (
        "rename the columns, or write a contract for this table"
        if purpose != "predict"
        else _to_deliver(missing, contract)
    )
    if other:
        fix = f"the table meets the contract '{other}'; use that{'' if purpose != 'predict' else ', or a bundle that was trained with it'}"
    elif missing == [contract.outcome.column] and lacks_outcome(names, contract):
        lines[0] = f"'{table}' has no outcome: without what customers answered nothing can be learned or judged."
        fix = "add the column from the results of a campaign; `segmint predict` and `segmint segment` need no answers"
    return ContractError("\n".join(lines), expected=f"every column of the contract '{contract.name}'", fix=fix)


def _to_deliver(missing: Sequence[str], contract: Contract) -> str:
    """Say what to do where the contract is fixed, as it is beside a bundle."""
    features = [name for name in missing if name != contract.id_column]
    said = [_to_deliver_features(features)] if features else []
    return "; ".join([*said, _to_deliver_ids(contract.id_column)] if contract.id_column in missing else said)


def _to_deliver_ids(name: str | None) -> str:
    return (
        f"deliver the column '{name}' with the customers' ids, from the system that the table was exported from; where there are "
        "none, deliver it empty: the probabilities are the same, but no answer names its customer, and nobody can tell who "
        "was trained on or stands on another list"
    )


def _to_deliver_features(missing: Sequence[str]) -> str:
    them, they = ("it", "it") if len(missing) == 1 else ("them", "they")
    which = (
        f"the column under the name '{missing[0]}'" if len(missing) == 1 else "the missing columns under these names"
    )
    return (
        f"deliver {which}; where nobody knows {them}, deliver {them} empty: {they} then count{'s' if they == 'it' else ''} as "
        "no value for every customer, and the answers say less"
    )


def _is_header(names: Sequence[str], contract: Contract) -> bool:
    """Whether a name is one of the contract's; if none is, they may be the values of the first customer."""
    known = {_folded(name) for name in (contract.outcome.column, *contract.by_name)}
    return any(_folded(name) in known for name in names)


def _folded(name: str) -> str:
    return name.casefold().replace(" ", "_")


def _listed(title: str, names: Sequence[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return f"  {title}: {', '.join(names[:SHOWN_NAMES])}{f' and {more} more' if more > 0 else ''}"


def _with_suggestion(name: str, strangers: Sequence[str]) -> str:
    suggestion = suggested(name, strangers)
    return f"{name} ({suggestion})" if suggestion else name


def suggested(name: str, known: Sequence[str]) -> str:
    """Ask whether a known name was meant that differs little or in capitals alone; "" where none is near."""
    folded = {_folded(one): one for one in known}
    close = difflib.get_close_matches(_folded(name), list(folded), n=1)
    return f"did you mean '{folded[close[0]]}'?" if close else ""


def _contract_that_fits(names: Sequence[str]) -> str | None:
    for shipped in SHIPPED:
        contract = load_contract(shipped)
        if {contract.outcome.column, *contract.by_name} <= set(names):
            return shipped
    return None

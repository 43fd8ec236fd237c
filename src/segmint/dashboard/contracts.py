"""The contracts a table can be run under: the one reviewed for it, those of runs, and those that come with segmint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from segmint.contract.column_match import missing_columns
from segmint.contract.contract import Contract, load_contract, parse_contract
from segmint.contract.draft_outcome import NAME_OUTCOME, NO_OUTCOME, SAY_NO_OUTCOME
from segmint.contract.names import SHIPPED
from segmint.dashboard.desk import Desk
from segmint.dashboard.tables import Table
from segmint.errors import ContractError, InputError, SegmintError
from segmint.store.run import CONTRACT, Run
from segmint.wording import in_words, some_named

UNFIT = "Asks for other columns"
REVIEWED, OF_A_RUN = "reviewed", "run:"
# what the form calls the command's options
_CALLED: dict[str, str] = {
    NAME_OUTCOME: " in the field “Name the outcome's column”",
    SAY_NO_OUTCOME: ", tick the box “Nobody has answered yet”",
    NO_OUTCOME: "the box “Nobody has answered yet”",
}
Option = tuple[str, str]  # what the form sends, and what people read


def choices(desk: Desk, table: str) -> list[tuple[str, list[Option]]]:
    """Offer contracts in groups, the likeliest first and those that a table cannot meet last; empty groups are left out.

    A new wave of a campaign has the columns of the last one, whose contract a person reviewed already.
    """
    found = desk.tables.find(table)
    header = desk.header(table)
    own = [(REVIEWED, "the one reviewed for this table")] if found.contract is not None else []
    fits: list[Option] = []
    others: list[Option] = []
    for (value, words), contract in (*_of_runs(desk), *_shipped()):
        if missing := missing_columns(header, contract, purpose="train", at="planning"):
            others.append((value, f"{words}: the table lacks {some_named(missing, 3)}"))
        else:
            fits.append((value, words))
    groups = [("Reviewed here", own), ("Its columns are in the table", fits), (UNFIT, others)]
    return [(title, offered) for title, offered in groups if offered]


def chosen(desk: Desk, table: str, value: str) -> str:
    """Find the contract that a form chose, as `segmint run --contract` takes it; a stranger's text is never a path.

    Raises
    ------
    InputError
        If none was chosen, or the run has no contract that can be used.
    RunError
        If there is no such run.
    """
    reviewed = desk.tables.find(table).contract
    if value == REVIEWED and reviewed is not None:
        return str(reviewed)
    if value in SHIPPED:
        return value
    if value.startswith(OF_A_RUN):
        run = desk.run(value.removeprefix(OF_A_RUN))
        if _contract_of(run) is not None:
            return str(run.folder / CONTRACT)
    raise InputError("No contract was chosen.", expected="one of the list", fix="choose one, or draft one")


def drafted(found: Table, *, outcome: str | None, without_outcome: bool) -> str:
    """Draft a contract for a table; what is doubtful is said as whoever sees the form knows its field and its box.

    Raises
    ------
    ContractError
        If it cannot be drafted, in the same words.
    """
    from segmint.flows.draft import draft_contract

    name = Path(found.name.lower().removesuffix(".gz").removesuffix(".zst")).stem or "table"
    try:
        return in_words(
            draft_contract(found.path, name=name, outcome=outcome, without_outcome=without_outcome), _CALLED
        )
    except ContractError as error:
        expected, fix = (in_words(text, _CALLED) for text in (error.expected, error.fix))
        raise ContractError(error.came, expected=expected, fix=fix) from error


def _of_runs(desk: Desk) -> Iterator[tuple[Option, Contract]]:
    """Take the newest of each name and version from finished runs; what comes with segmint is offered anyway."""
    shipped = [contract for _, contract in _shipped()]
    seen: set[tuple[str, int]] = set()
    texts: set[str] = set()  # most runs share a contract: it is read once
    for run in desk.all_runs():
        text = _text(run) if run.status == "done" else ""
        if not text or text in texts:
            continue
        texts.add(text)
        contract = _contract_of(run)
        if contract is None or contract in shipped:
            continue
        if (contract.name, contract.version) not in seen:
            seen.add((contract.name, contract.version))
            words = f"{contract.title or contract.name}, version {contract.version}, of the run {run.id}"
            yield (f"{OF_A_RUN}{run.id}", words), contract


def _shipped() -> Iterator[tuple[Option, Contract]]:
    for name in SHIPPED:
        contract = load_contract(name)
        yield (name, contract.title or name), contract


def _text(run: Run) -> str:
    try:
        return (run.folder / CONTRACT).read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _contract_of(run: Run) -> Contract | None:
    """Read the contract of a run; None if there is none that a person reviewed."""
    with suppress(SegmintError):
        contract = parse_contract(_text(run), origin=CONTRACT)
        return contract if contract.reviewed else None
    return None

"""What was read: the receipt, the ledger, and the columns that were set aside."""

from __future__ import annotations

from typing import Any

from segmint.contract.ledger import say_blanks
from segmint.report.blocks import Block, Page, figures, fold, make_page, table, text
from segmint.report.run_view import RunView
from segmint.report.set_aside import MOMENTS, columns_set_aside
from segmint.wording import count, listed, percent, spoken

_RECEIPT_LABELS = {
    "name": "file",
    "format": "format",
    "delimiter": "fields are separated by",
    "encoding": "encoding",
    "decimal": "decimal sign",
}
_SHOWN_ELSEWHERE = frozenset({"set_aside", "not_in_contract", "delimiter_name", "decimals", "blank_outcome"})
_SIGNS = {";": "semicolon ;", ",": "comma ,", "\t": "tab", "|": "bar |", ".": "point .", " ": "space"}


def page(run: RunView) -> Page | None:
    """Show that every row read was either accepted or rejected, and why."""
    ledger = run.ledger
    if ledger is None:
        return None
    read, accepted, rejected = (int(ledger.get(name) or 0) for name in ("read", "accepted", "rejected"))
    blanks = say_blanks(int(ledger.get("blanks") or 0), (ledger.get("receipt") or {}).get("blank_outcome"))
    return make_page(
        "reading",
        title="What was read",
        short="What was read",
        lead=f"{count(read)} rows read = {count(accepted)} accepted + {count(rejected)} rejected.",
        blocks=[
            figures(
                [
                    ("Rows read", count(read), run.source),
                    ("Accepted", count(accepted), f"{percent(accepted / read if read else None)} of the rows"),
                    (
                        "Rejected",
                        count(rejected),
                        "each with its reason in rejected.csv" if rejected else "every row was used",
                    ),
                ]
            ),
            text(f"The contract says: {run.contract.note}") if run.contract and run.contract.note else None,
            text(f"{blanks}.") if blanks else None,
            _reasons(ledger.get("reasons") or {}),
            _set_aside(run),
            _receipt(ledger.get("receipt") or {}),
            _used(run),
        ],
    )


def _reasons(reasons: dict[str, Any]) -> Block | None:
    if not reasons:
        return None
    rows = [[spoken(reason), count(number)] for reason, number in sorted(reasons.items(), key=lambda item: -item[1])]
    return table(["Why rows were rejected", "rows"], rows)


def _set_aside(run: RunView) -> Block | None:
    rows = [[*_names(run, name), reason] for name, reason in _unused(run)]
    if not rows:
        return text("No column was set aside: all describe the customer and are known in time.")
    return table(
        ["Column that is no feature", "name in the file", "why"],
        rows,
        words=(0, 1, 2),
        note=_only_what_is_known(run) if any(why.startswith("known ") for *_, why in rows) else "",
    )


def _only_what_is_known(run: RunView) -> str:
    who = "A model that chooses whom to call" if run.is_response else "A model"
    return f"{who} may use only what is known {MOMENTS.get(run.at, run.at)}."


def _unused(run: RunView) -> list[tuple[str, str]]:
    return columns_set_aside(run.contract, run.at, (run.ledger or {}).get("receipt") or {})


def _names(run: RunView, column: str) -> tuple[str, str]:
    return run.column_label(column), column


def _receipt(receipt: dict[str, Any]) -> Block | None:
    rows = [
        [_RECEIPT_LABELS.get(name, spoken(name)), _written(value)]
        for name, value in receipt.items()
        if name not in _SHOWN_ELSEWHERE and value not in (None, "", [], {})
    ]
    return fold("How the file was read", [table(["Property", "found"], rows, words=(0, 1))]) if rows else None


def _written(value: Any) -> str:
    if isinstance(value, list | tuple):
        return listed([str(part) for part in value])
    if isinstance(value, dict):
        return listed([f"{spoken(name)}: {part}" for name, part in value.items()])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    return _SIGNS.get(str(value), str(value))


def _used(run: RunView) -> Block | None:
    if run.contract is None:
        return None
    segmented = run.run.get("command") == "segment"
    kept_out = {column.name for column in run.described_only} if segmented else set()
    rows = [
        [
            column.label,
            column.name,
            column.kind,
            column.unit or "–",
            "described only" if column.name in kept_out else "with care" if column.sensitive else "–",
        ]
        for column in run.contract.features(run.at)
    ]
    names = ["Column used", "name in the file", "kind", "unit", "sensitive"]
    title = "columns that segments are made of or described by" if segmented else "columns the model may use"
    return fold(f"The {len(rows)} {title}", [table(names, rows, words=(0, 1, 2, 3, 4))]) if rows else None

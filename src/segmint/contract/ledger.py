"""Ledger: read = accepted + rejected, where each row went, and how the source was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segmint.tables.rejects import CUT_OFF, EMPTY_ROW, Reject
from segmint.tables.table_source import JSON
from segmint.wording import counted

KEPT_REJECTS = 1_000
DECIMAL_NAMES = {"point": "decimal point", "comma": "decimal comma"}
LEFT_ALONE = "left_alone"
"""The reason of a record whose customer nobody called."""
TOTAL_ROW = "total_row"
"""The reason of a record that sums the table up."""
KNOWN_NAMES = {
    "dialling": "known only when the call is placed",
    "after_call": "known only after the call",
}


@dataclass(frozen=True)
class Ledger:
    """What became of every record that was read.

    Attributes
    ----------
    read, accepted, rejected : int
        Records; read = accepted + rejected.
    reasons : dict of str to int
        Rejected records by reason code, with the column if it is one: "unknown_level: job".
    rejects : tuple of Reject
        The first `KEPT_REJECTS`; all of them went to `on_reject`.
    flagged : int
        Accepted records with something unusual.
    flags : dict of str to int
        What was unusual: "job: unseen level".
    receipt : dict
        How the source was read and which columns were not used.
    blanks : int
        Accepted records whose empty outcome was read as the contract's `blank`.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    flagged: int = 0
    flags: Mapping[str, int] = field(default_factory=dict)
    receipt: Mapping[str, JSON] = field(default_factory=dict)
    blanks: int = 0

    def __add__(self, other: Ledger) -> Ledger:
        """Add the ledgers of two batches of one source."""
        return Ledger(
            self.read + other.read,
            self.accepted + other.accepted,
            self.rejected + other.rejected,
            dict(Counter(self.reasons) + Counter(other.reasons)),
            (self.rejects + other.rejects)[:KEPT_REJECTS],
            self.flagged + other.flagged,
            dict(Counter(self.flags) + Counter(other.flags)),
            self.receipt or other.receipt,
            self.blanks + other.blanks,
        )

    @property
    def left_alone(self) -> int:
        """Records, among the rejected, of customers whom nobody called: nothing is wrong with them."""
        return self._rejected_for(LEFT_ALONE)

    @property
    def empty(self) -> int:
        """Records, among the rejected, that hold no value: nothing is lost with them."""
        return self._rejected_for(EMPTY_ROW)

    @property
    def totals(self) -> int:
        """Records, among the rejected, that sum the table up: no customer is lost with them."""
        return self._rejected_for(TOTAL_ROW)

    @property
    def cut_off(self) -> str:
        """Say that the table ends in the middle of a record; "" where it does not."""
        ends = "the table ends in the middle of a record, as a half-copied file does: check that it is whole"
        return ends if self._rejected_for(CUT_OFF) else ""

    def _rejected_for(self, code: str) -> int:
        return sum(count for reason, count in self.reasons.items() if reason.partition(": ")[0] == code)

    def check(self) -> None:
        """Raise AssertionError unless every record was accepted, or rejected for a named reason."""
        if self.read != self.accepted + self.rejected or self.rejected != sum(self.reasons.values()):
            raise AssertionError(
                f"the ledger does not add up: {self.read} read, {self.accepted} accepted, "
                f"{self.rejected} rejected, {sum(self.reasons.values())} for a reason"
            )

    def sentence(self) -> str:
        """Say it in a sentence: "4,521 rows, ';'-separated, UTF-8; not used: duration, known only ..."."""
        parts = [", ".join([self._rows(), *_written(self.receipt)])]
        parts += [f"not used: {text}" if i == 0 else text for i, text in enumerate(_unused(self.receipt))]
        blanks = say_blanks(self.blanks, self.receipt.get("blank_outcome"))
        return "; ".join([*parts, *filter(None, [blanks, self.cut_off])])

    def by_reason(self) -> tuple[str, ...]:
        """Say how many were rejected and flagged, and why, a line for each reason."""
        return (*self.why_rejected(), *(f"flagged {count:,}: {reason}" for reason, count in self.flags.items()))

    def why_rejected(self) -> tuple[str, ...]:
        """Say how many were rejected, and why, a line for each reason."""
        return tuple(f"rejected {count:,}: {reason}" for reason, count in self.reasons.items())

    def to_json(self) -> dict[str, JSON]:
        """Everything but the rejected records themselves, which hold customers' values."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "reasons": dict(self.reasons),
            "flagged": self.flagged,
            "flags": dict(self.flags),
            "receipt": dict(self.receipt),
            "blanks": self.blanks,
            "sentence": self.sentence(),
        }

    def _rows(self) -> str:
        if not self.rejected:
            return counted(self.read, "row")
        alone = f", {self.left_alone:,} of them because nobody called the customer" if self.left_alone else ""
        return f"{counted(self.read, 'row')} ({self.accepted:,} accepted, {self.rejected:,} rejected{alone})"


def say_blanks(blanks: int, level: Any) -> str:
    """Say how many empty outcomes were read as the contract says; "" where none was."""
    return f"{counted(blanks, 'blank outcome')} read as {level}, as the contract says" if blanks else ""


def _written(receipt: Mapping[str, Any]) -> list[str]:
    if "delimiter_name" not in receipt:
        comma = [DECIMAL_NAMES["comma"]] if receipt.get("decimal") == "comma" else []
        return [str(receipt["format"]), *comma] if "format" in receipt else []
    decimal = DECIMAL_NAMES.get(receipt["decimal"])
    return [f"{receipt['delimiter_name']}-separated", receipt["encoding"], *([decimal] if decimal else [])]


def _unused(receipt: Mapping[str, Any]) -> list[str]:
    """List the columns that were not used, with the reason behind them."""
    texts = []
    for known, reason in KNOWN_NAMES.items():
        names = [entry["column"] for entry in receipt.get("set_aside", ()) if entry["known"] == known]
        if names:
            texts.append(f"{', '.join(names)}, {reason}")
    if strangers := receipt.get("not_in_contract"):
        texts.append(f"{', '.join(strangers)}, not in the contract")
    return texts

"""Reject: one record that was read and not accepted, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_RAW = 65_536
EMPTY_ROW = "empty_row"
CUT_OFF = "cut_off"


@dataclass(frozen=True)
class Reject:
    """A rejected record.

    Attributes
    ----------
    record : int
        Record number in the source; the first record after the header is 1.
    reason : str
        Stable code: "too_few_fields", "not_a_number", "unknown_level", ...
    detail : str
        The reason as a sentence. Never a customer's value.
    raw : str
        The record as it came, at most `MAX_RAW` characters. Belongs in rejected.csv and nowhere else.
    column : str or None
        The column at fault, if it is one.
    """

    record: int
    reason: str
    detail: str
    raw: str = field(repr=False)
    column: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the record holds no value at all, so that nothing is lost with it."""
        return self.reason == EMPTY_ROW


def raw_text(values: Sequence[str | None], delimiter: str) -> str:
    """Write a row as a record of a rejected row."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(values)
    return text.getvalue()[:MAX_RAW]

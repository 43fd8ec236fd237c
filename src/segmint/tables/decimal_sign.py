"""Which sign the columns of a table write their decimals with, and which the columns that are read do."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from segmint.tables.amounts import bare_amount
from segmint.tables.table_source import JSON

DECIMALS = "decimals"
"""Where a receipt keeps the sign of each column, if they are not all written alike."""
ONE_SIGN = (
    "write all numbers with one decimal sign in the export, or give a column that you can do without the role ignore"
)
"""What helps against `written_apart`: each sign rejects what is written with the other."""
SAMPLE_ROWS = 2_000
POINT = re.compile(r"[+-]?(\d*\.(\d{1,2}|\d{4,})|\d{4,}\.\d+|0\.\d+|\d{1,3}(,\d{3})+\.\d+|[1-9]\d{0,2}(,\d{3}){2,})")
COMMA = re.compile(r"[+-]?(\d*,(\d{1,2}|\d{4,})|\d{4,},\d+|0,\d+|\d{1,3}(\.\d{3})+,\d+|[1-9]\d{0,2}(\.\d{3}){2,})")
_EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
_NO_VALUE = re.compile(r"\W+|n\W?a\W?|nan|null|none|missing|unknown", re.IGNORECASE)
_NUMBER_LIKE = re.compile(r"[+-]?[\d.,]*\d[\d.,]*")
# 03.2024 and 10.30 may be a month and a time of day: alone they prove nothing of how decimals are written
_MONTH_OR_CLOCK = re.compile(r"(0?[1-9]|1[0-2])\.(19|20)\d\d|([01]?\d|2[0-3])\.[0-5]\d")
# what predicting appends says nothing of how the table's own columns are written
_APPENDED = re.compile(r"propensity(_low|_high)?|probability_.+", re.DOTALL)


@dataclass
class _Column:
    """What the filled fields of one column look like."""

    name: str
    filled: int = 0
    numbers: int = 0
    months_or_clocks: int = 0
    point: bool = False
    comma: bool = False
    either: bool = False

    def add(self, text: str) -> None:
        if _NO_VALUE.fullmatch(text):
            return
        self.filled += 1
        text = text if _NUMBER_LIKE.fullmatch(text) else bare_amount(text)
        if not _NUMBER_LIKE.fullmatch(text):
            return
        self.numbers += 1
        if text.isdigit():
            return
        self.months_or_clocks += bool(_MONTH_OR_CLOCK.fullmatch(text))
        self.point = self.point or bool(POINT.fullmatch(text))
        self.comma = self.comma or bool(COMMA.fullmatch(text))
        self.either = self.either or bool(_EITHER.fullmatch(text))

    @property
    def tells(self) -> bool:
        """Whether it is a column of numbers, of which some may be words, and not of months or times of day."""
        return 3 * self.numbers > self.filled and self.numbers > self.months_or_clocks

    @property
    def sign(self) -> str | None:
        if not self.tells or not (self.point or self.comma or self.either):
            return None
        if self.point and self.comma:
            return "both"
        return "point" if self.point else "comma" if self.comma else "either"


@dataclass
class DecimalSigns:
    """The signs that the columns of numbers write their decimals with."""

    columns: list[_Column]

    @classmethod
    def of(cls, records: Sequence[Sequence[str | None]]) -> DecimalSigns:
        """Look at records below a header."""
        header, *rows = records
        signs = cls([_Column(re.sub(r"\s*[\r\n]+\s*", " ", str(name).strip())) for name in header])
        for row in rows:
            signs.add(row)
        return signs

    def add(self, row: Sequence[str | None]) -> None:
        """Look at a record; one of another width is none."""
        if len(row) == len(self.columns):
            for column, text in zip(self.columns, row, strict=True):
                if bare := (text or "").strip():
                    column.add(bare)

    @property
    def decided(self) -> bool:
        """Whether a column of the table's own shows a sign."""
        return not {"point", "comma", "both"}.isdisjoint(self._own.values())

    @property
    def by_column(self) -> dict[str, str]:
        """The sign of each column that shows one: "point", "comma", "both", or "either", like 1.234."""
        return {column.name: column.sign for column in self.columns if column.sign is not None}

    @property
    def where_unlike(self) -> dict[str, str]:
        """`by_column` where the columns are not all written alike, else nothing."""
        found = self.by_column
        return found if len(set(found.values()) - {"either"}) > 1 or "both" in found.values() else {}

    def decimal(self, delimiter: str) -> str:
        """Say what sign the table has, by its own columns where they show any: "point", "comma" or "ambiguous"."""
        signs = set((self._own or self.by_column).values())
        if "both" in signs or {"point", "comma"} <= signs:
            return "ambiguous"
        if "comma" in signs:
            return "comma"
        # where the comma parts the fields, nobody writes 1.234 for a thousand
        return "ambiguous" if signs == {"either"} and delimiter != "," else "point"

    @property
    def _own(self) -> dict[str, str]:
        return {name: sign for name, sign in self.by_column.items() if not _APPENDED.fullmatch(name)}


def unlike(decimals: Mapping[str, str]) -> dict[str, JSON]:
    """Note in a receipt the signs of columns that are not all written alike."""
    return {DECIMALS: dict(decimals)} if decimals else {}


def signs_of_texts(frame: pl.DataFrame) -> dict[str, JSON]:
    """Note in a receipt how columns of texts in a typed table write decimals, unless all have a point.

    Parameters
    ----------
    frame : polars.DataFrame
        Of which the first rows are looked at.
    """
    texts = frame.select(pl.col(pl.String)).head(SAMPLE_ROWS)
    found = DecimalSigns.of([texts.columns, *texts.iter_rows()]).by_column if texts.width else {}
    if set(found.values()) <= {"point"}:
        return {}
    # no delimiter says here which is meant
    return {DECIMALS: {name: "ambiguous" if sign == "either" else sign for name, sign in found.items()}}


def decimal_among(receipt: Mapping[str, JSON], names: Collection[str]) -> str:
    """Say which sign the columns that are read have: what others have does not matter.

    Parameters
    ----------
    receipt : dict
        Of a `TableSource`.
    names : collection of str
        The columns of numbers that are read.

    Returns
    -------
    {"point", "comma", "ambiguous"}
    """
    signs = {sign for _, sign in _signs_of(receipt, names)} - {"either"}
    shown = signs - {"ambiguous"}
    if len(shown) == 1 and "both" not in shown:
        return shown.pop()
    return "ambiguous" if signs == {"ambiguous"} else str(receipt.get("decimal", "point"))


def decimal_of(receipt: Mapping[str, JSON], name: str, names: Collection[str]) -> str:
    """Say which sign one column has: its own where it shows one, else that of all `names`, as `decimal_among` does."""
    shown = {sign for _, sign in _signs_of(receipt, [name])} - {"either", "ambiguous"}
    return decimal_among(receipt, [name] if shown else names)


def written_apart(receipt: Mapping[str, JSON], names: Collection[str]) -> str:
    """Name two columns that write their decimals differently, or one that does both; "" where none do."""
    found = _signs_of(receipt, names)
    if mixed := next((name for name, sign in found if sign == "both"), None):
        return f"'{mixed}' has decimal commas, as in 0,5, and decimal points, as in 0.5"
    comma, point = (next((name for name, sign in found if sign == one), None) for one in ("comma", "point"))
    if comma is None or point is None:
        return ""
    return f"'{comma}' has decimal commas, as in 0,5, and '{point}' decimal points, as in 0.5"


def _signs_of(receipt: Mapping[str, JSON], names: Collection[str]) -> list[tuple[str, str]]:
    decimals = receipt.get(DECIMALS)
    told = decimals if isinstance(decimals, dict) else {}
    return [(name, str(told[name])) for name in names if name in told]

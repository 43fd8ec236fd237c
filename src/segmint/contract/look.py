"""What one column's values look like, before anybody said what the column means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import polars as pl

from segmint.contract.cells import DAYS, as_text, number_cells, read_cells
from segmint.contract.column import Column, Kind, Role
from segmint.contract.counts import count_values
from segmint.contract.dates import ISO, format_words, formats_of
from segmint.contract.hints import (
    feature_role,
    is_identity_number,
    may_count,
    names_a_kind,
    names_code,
    personal_role,
    plain_name,
    reaches,
)
from segmint.contract.no_value import ERROR_WORDS, says_nothing, words_for_nothing
from segmint.contract.yes_no import MARKS, YES, bare_words
from segmint.tables.amounts import AFTER, BEFORE, MONEY, bare_amounts, unit_of
from segmint.wording import quoted

MIN_PER_LEVEL = 10  # customers, of fewer of whom a level may name one; rows, where nobody knows whose they are
MAX_LEVELS = 60
MAX_ANSWERS = 6
# Zeros where a date should be; no calendar has that day.
NO_DAYS = ("0000-00-00", "00.00.0000", "00/00/0000", "00000000")
SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0)
MANY = 0.98
FEW_DIGITS = 100_000
MOST_NAMED = 3
MOST_WORDS = 0.2  # of the values may be words that nobody knows, for the others to be a column of numbers or dates
_PERIOD = (
    r"^(19|20)[0-9]{2}[-/. ]?(0[1-9]|1[0-2]|[QqWwKk][0-9]{1,2})$"  # 2024-03, 202403, 2024Q1, 2024W07
    r"|^(0?[1-9]|1[0-2]|[QqWwKk][0-9]{1,2})[-/. ](19|20)[0-9]{2}$"  # 03/2024, Q1 2024
)
_CLOCK = r"^-?[0-9]{1,3}:[0-5][0-9](:[0-5][0-9]([.,][0-9]+)?)?( ?[AaPp]\.?[Mm]\.?)?$"  # 09:30, 9:30 pm, 00:02:17
_WITH_UNIT = rf"^([^0-9A-Za-z]{{0,4}}|({MONEY}) ?)[0-9][0-9., ']*[^0-9]{{0,4}}$"  # FIL012 is a branch
# € 1234.50, 12'345.60, 12 345,60, 12345,60-, (12.50), 12.3456 %, 1.234.567
_AMOUNT = (
    rf"^\(?[+-]?((\p{{Sc}}|{BEFORE})\s?)?[+-]?[0-9]+([.,'’\s][0-9]{{3}})*([.,][0-9]*)?\s?(\p{{Sc}}|{AFTER})?-?\)?$"
)
_WORDS = r"\p{L}{2,}[.,;:]?\s+(\S+\s+)?\p{L}{2,}"
_PERSON = r"^(\p{Lu}\p{Ll}*\.? )?\p{Lu}[\p{L}'’-]+,? \p{Lu}[\p{L}'’.-]*$"  # Anna Novak, Novak, A., Dr. Jan Novak
_MOST_ARE_PERSONS = 0.8
_SEVERAL = 5  # different first words, and last ones, below which two words are a product: Gold Card, Silver Card
WHO = (
    r"^[^@\s]+@[^@\s]+\.[A-Za-z]+$"  # e-mail
    r"|^[A-Z]{2}[0-9]{2} ?([A-Z0-9]{4} ?){2,7}[A-Z0-9]{0,4}$"  # IBAN
    r"|^(\+|00)[0-9][0-9 ()/.-]{6,}$|^0[1-9]([ .-][0-9]{2}){4}$"  # phone
)


@dataclass(frozen=True)
class Look:
    """What one column's values look like.

    Attributes
    ----------
    name : str
    texts : polars.Series of shape (n_rows,), String
        Without white space around them; null where empty.
    numbers : polars.Series of shape (n_rows,), Float64
        Null where a text is no number.
    days : polars.Series of shape (n_rows,), Date
        For a date; else all null.
    missing : tuple of str
        Words that mean "no value".
    levels : dict of str to int
        Rows of each level, without words that mean "no value"; empty if there are more than `MAX_LEVELS`.
    kind : {"number", "category", "text", "date"}
    format : str
        How dates are written, if not as 2026-03-14.
    unit : str
        What numbers are written with: "EUR", "%"; empty for nothing.
    doubts : list of str
        What a person should look at.
    otherwise : polars.Series of shape (n_rows,), Float64, or None
        The numbers by the other decimal sign, where nobody can tell which is meant.
    """

    name: str
    texts: pl.Series
    numbers: pl.Series
    days: pl.Series
    missing: tuple[str, ...]
    levels: Mapping[str, int]
    kind: Kind
    format: str = ""
    unit: str = ""
    doubts: list[str] = field(default_factory=list)
    otherwise: pl.Series | None = None

    @cached_property
    def plain(self) -> str:
        """The name in lower case with underscores."""
        return plain_name(self.name)

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return self.texts.drop_nulls().n_unique()

    @cached_property
    def personal(self) -> Role | None:
        """The role of a column that says who somebody is, else None; two levels are a flag, not names."""
        if (
            self.kind == "date"
            or self._said.n_unique() <= 2
            or self._says_who_may_be_called
            or self._says_how_one_is_reached
        ):
            return None
        if self.distinct <= MAX_ANSWERS and (is_identity_number(self.plain) or names_a_kind(self.plain)):
            return None  # kinds of a passport or of an address, numbers of cards
        if may_count(self.plain) and self._has_few_digits:
            return None
        role = personal_role(self.plain)
        return role or ("ignore" if self._mostly(WHO, 0.5) else None)

    @property
    def _says_who_may_be_called(self) -> bool:
        """Whether "consent phone" holds a few answers and no numbers to call."""
        return self.distinct <= MAX_ANSWERS and feature_role(self.plain) in ("consent", "exclude_if")

    @property
    def _has_few_digits(self) -> bool:
        """Whether nearly all numbers have fewer digits than any number by which somebody is reached or known."""
        return self.kind == "number" and share(self.numbers.drop_nulls().abs() < FEW_DIGITS) > MANY

    @property
    def _says_how_one_is_reached(self) -> bool:
        """Whether "use of e-mail" holds a few phrases and no address or number."""
        return self.distinct <= MAX_ANSWERS and reaches(self.plain) and not self._mostly(r"[0-9@]", 0.0)

    @cached_property
    def is_period(self) -> bool:
        """Whether the values are months, quarters or weeks of some year."""
        return self.kind != "date" and self.distinct > 1 and self._mostly(_PERIOD)

    @cached_property
    def is_clock(self) -> bool:
        """Whether the values are times of day, or lengths of time written so."""
        return self.kind in ("text", "category") and self._mostly(_CLOCK)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all numbers are whole."""
        return bool((self.numbers == self.numbers.round(0)).all())

    @cached_property
    def is_count(self) -> bool:
        """Whether the values are whole numbers, all different: what numbers customers, cases or rows."""
        if self.kind != "number" or self.distinct <= MAX_LEVELS or self.distinct < len(self.texts):
            return False
        return self.is_whole

    @cached_property
    def has_units(self) -> bool:
        """Whether the values are numbers with a currency, a unit or spaces."""
        return self.kind in ("text", "category") and self._mostly(_WITH_UNIT) and not self._mostly(r"^[0-9.,]+$", 0.5)

    @cached_property
    def is_amount(self) -> bool:
        """Whether the texts are numbers as people write them: grouped, with a sign behind or a currency."""
        return self.kind == "text" and self._mostly(_AMOUNT) and not self._mostly(r"^[+-]?[0-9]+$", 0.5)

    @property
    def is_written_otherwise(self) -> bool:
        """Whether the values are times, periods, or numbers with what is no digit: neither names nor codes."""
        return self.is_clock or self.is_period or self.is_amount or self.has_units

    @cached_property
    def is_free_text(self) -> bool:
        """Whether most texts are of several words."""
        return self.kind == "text" and self._mostly(_WORDS, 0.5)

    @cached_property
    def reads_as_persons(self) -> bool:
        """Whether most texts are two or three words with capitals, of many different first and last ones."""
        if self.kind not in ("text", "category") or not self._mostly(_PERSON, _MOST_ARE_PERSONS):
            return False
        words = self._said.unique().str.split(" ")
        return min(words.list.first().n_unique(), words.list.last().n_unique()) >= _SEVERAL

    def _mostly(self, pattern: str, most: float = MANY) -> bool:
        return share(self._said.str.contains(pattern)) > most

    @cached_property
    def _said(self) -> pl.Series:
        """The values without words for "no value"."""
        known = self.texts.drop_nulls()
        return known.filter(~known.is_in(words_for_nothing(known)))

    @cached_property
    def is_marked(self) -> bool:
        """Whether a yes or a mark stands in some rows and nothing in others: a flag of two states."""
        empty = self.texts.null_count()
        if self.distinct != 1 or min(empty, len(self.texts) - empty) < MIN_PER_LEVEL:
            return False
        return bool(bare_words(self.texts).drop_nulls().is_in([*YES, *MARKS]).all())

    @property
    def unread(self) -> pl.Series:
        """The values that are neither read by the kind nor words for "no value"."""
        return self.texts.filter(self.is_unread)

    @cached_property
    def is_unread(self) -> pl.Series:
        """Which rows hold such a value; shape (n_rows,)."""
        if self.kind not in ("number", "date"):
            return pl.repeat(False, len(self.texts), eager=True)
        read = self.numbers if self.kind == "number" else self.days
        return (self.texts.is_not_null() & read.is_null() & ~self.texts.is_in(list(self.missing))).fill_null(False)

    def sentinels(self) -> list[float]:
        """Find codes among the numbers: frequent, at an end, and far from all others."""
        found = []
        values = self.numbers.drop_nulls()
        distinct = values.unique().sort().to_list()
        counts = count_values(values.filter(values.is_in(list(SENTINELS))))
        for code, rest in [(distinct[0], distinct[1:]), (distinct[-1], distinct[:-1])] if len(distinct) > 3 else []:
            if code not in SENTINELS or counts[code] < 0.01 * len(values):
                continue
            lonely = abs(code - (rest[0] if code < rest[0] else rest[-1])) > 5 * max(b - a for a, b in pairwise(rest))
            if lonely or (code < 0 <= rest[0]):
                found.append(float(code))
        return found


def look_at(raw: pl.Series, decimal: str) -> Look:
    """Look at a column.

    Parameters
    ----------
    raw : polars.Series of shape (n_rows,)
        Text or native types.
    decimal : {"point", "comma", "ambiguous"}
    """
    texts = bare_texts(raw)
    strange = _strange_words(texts)
    nothing = [*words_for_nothing(texts), *strange, *NO_DAYS]
    formats = formats_of(texts.filter(~texts.is_in(nothing)))
    is_date = formats or raw.dtype in DAYS
    look = _date(raw, texts, formats, nothing) if is_date else _other(raw, texts, decimal, strange)
    if look.distinct <= 1:
        one = "has one value, or none" if texts.null_count() else "has one value only"
        look.doubts.append(one if look.distinct else "is empty")
    if look.kind == "category" and look.distinct > 2 and look.has_units:
        look.doubts.append(
            "numbers with currencies or units that differ or are not read, read as levels; write bare numbers instead?"
        )
    if known := [word for word in look.missing if word not in strange]:
        look.doubts.append(f"read as no value: {', '.join(known)}")
    if guessed := [word for word in look.missing if word in strange]:
        codes = ' Of codes, write kind = "category" without bounds and missing' if look.kind == "number" else ""
        look.doubts.append(f"{quoted(guessed)} between {look.kind}s, read as no value: right?{codes}")
    if look.kind == "category":
        look.doubts.extend(unsure_told(look.levels))
    return look


def unsure_told(levels: Iterable[str]) -> list[str]:
    """Ask about the levels that may mean "no value", if there are any."""
    words = sorted(filter(says_nothing, levels))
    asked = f"is {quoted(words)} a level" if len(words) == 1 else f"are {quoted(words)} levels"
    return [f"{asked}, or no value?"] if words else []


def bare_texts(raw: pl.Series) -> pl.Series:
    """Write cells as text without white space around them; null where nothing is left."""
    texts = as_text(raw, raw.name, exact=False).str.strip_chars()
    return texts.set(texts == "", None)


def few_named(values: Sequence[str]) -> str:
    """Name up to three of several values, and say that there are more."""
    return f"{', '.join(values[:MOST_NAMED])}{', …' if len(values) > MOST_NAMED else ''}"


def share(mask: pl.Series) -> float:
    """The share of true values, 0 of none."""
    return float(mask.sum()) / len(mask) if len(mask) else 0.0


def _strange_words(texts: pl.Series) -> tuple[str, ...]:
    """Name the few words without digits that ten rows or more have beside other values; none where they are many, or letters."""
    said = texts.drop_nulls()
    said = said.filter(~said.is_in(words_for_nothing(said)))
    words = said.filter(~said.str.contains("[0-9]") & ~said.str.contains(WHO))
    if not 0 < len(words) <= MOST_WORDS * len(said):
        return ()
    common = sorted(word for word, rows in count_values(words).items() if rows >= MIN_PER_LEVEL)
    return tuple(common) if len(common) <= MOST_NAMED and all(len(word) > 1 for word in common) else ()


def _date(raw: pl.Series, texts: pl.Series, formats: Sequence[str], nothing: Collection[str]) -> Look:
    form = formats[0] if formats and raw.dtype not in DAYS and formats[0] != ISO else ""
    missing = tuple(sorted(set(texts.drop_nulls().unique()) & set(nothing)))
    column = Column(name=raw.name, kind="date", role="time", label="date", format=form)
    days = read_cells(column, raw, ("", *missing), "point").values
    look = Look(raw.name, texts, pl.Series([None] * len(raw), dtype=pl.Float64), days, missing, {}, "date", form)
    if len(formats) > 1:
        look.doubts.append(f"read as {format_words(formats[0])}; all would also be days as {format_words(formats[1])}")
    return look


def _other(raw: pl.Series, texts: pl.Series, decimal: str, strange: Collection[str]) -> Look:
    unit = unit_of(texts) if raw.dtype == pl.String else ""
    numbers = _as_numbers(raw, decimal, unit)
    missing, strangers = _words_between(raw, texts, numbers)
    known = texts.drop_nulls()
    days = pl.Series([None] * len(raw), dtype=pl.Date)
    bare = bare_amounts(texts, unit)
    kind = _kind(bare, numbers, missing)
    # levels of numbers and words stay levels
    if kind != "category" and strange and _kind(bare, numbers, [*missing, *strange]) == "number":
        kind, missing = "number", tuple(sorted({*missing, *strange}))
    if kind != "number" and strangers:
        missing = tuple(sorted(word for word in known.unique() if word in ERROR_WORDS))
        kind = _kind(bare, numbers, missing)
        missing = () if kind == "text" else missing
    known = known.filter(~known.is_in(list(missing)))
    levels = count_values(known, sort=True) if known.n_unique() <= MAX_LEVELS else {}
    if kind == "number" and names_code(plain_name(raw.name)):
        kind = "category" if levels else "text"
    look = Look(raw.name, texts, numbers, days, missing, levels, kind, unit=unit if kind == "number" else "")
    if decimal == "ambiguous" and kind == "number" and raw.dtype == pl.String and texts.str.contains(r"[.,]").any():
        look = replace(look, otherwise=_as_numbers(raw, "comma", unit))
        look.doubts.append(
            '1.234 may be a thousand or one: say which (data.decimal = "point" or "comma"); read as a point'
        )
    return look


def _as_numbers(raw: pl.Series, decimal: str, unit: str) -> pl.Series:
    return number_cells(raw, decimal="point" if decimal == "ambiguous" else decimal, unit=unit).values


def _words_between(raw: pl.Series, texts: pl.Series, numbers: pl.Series) -> tuple[tuple[str, ...], bool]:
    """Find the words for "no value" between numbers, and whether other texts stand there too."""
    if raw.dtype != pl.String and not raw.dtype.is_float():
        return (), False
    others = texts.filter(numbers.is_null()).drop_nulls().unique()
    words = tuple(words_for_nothing(others))
    return words, len(words) < len(others)


def _kind(texts: pl.Series, numbers: pl.Series, missing: Sequence[str]) -> Kind:
    filled = texts.drop_nulls()
    filled = filled.filter(~filled.is_in(list(missing))) if missing else filled
    distinct = filled.n_unique()
    codes = filled.str.contains(r"^[+-]?0[0-9]")  # 007 is a code, not seven
    if len(filled) and numbers.count() >= MANY * len(filled) and not codes.any():
        return "category" if distinct <= 2 else "number"
    return "category" if distinct <= MAX_LEVELS else "text"

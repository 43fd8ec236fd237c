"""Cells to values: numbers, categories, texts and dates, with a reason where a cell cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import polars as pl

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.contract.dates import ISO, read_dates
from segmint.contract.no_value import NO_ANSWER
from segmint.contract.yes_no import DECIMAL_ZEROS, NO, YES
from segmint.errors import ContractError, InputError
from segmint.tables.amounts import bare_amount, bare_amounts
from segmint.tables.lengths import lengths_as_text
from segmint.tables.table_source import TableSource

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
GROUPED = r"^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$"
_WHOLE = re.compile(rf"^([0-9]+)\.{DECIMAL_ZEROS}$")
_EITHER_WAY = re.compile(r"[+\u2212-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
LARGEST = float(np.finfo(np.float32).max)
"""A network holds no larger number, and the square of a much larger one is held nowhere."""
EMPTY_CELL = "empty_cell"
"""The reason of a number or date that is empty where the contract says that an empty cell means something else than no value."""
TRUTHS = ("true", "false")
_BITS = ("1", "0")  # the same, as a database or a spreadsheet writes them
SAFE_INTEGER = 2**53 - 1  # from 2**53 on, two whole numbers are one Float64
DAYS = (pl.Date, pl.Datetime)

Text = pl.String


@dataclass(frozen=True)
class Cells:
    """The values of one column in a batch.

    Attributes
    ----------
    values : polars.Series of shape (n_rows,)
        Float64 without NaN, infinity or what is beyond `LARGEST`, String, or Date; null means no value.
    problem : polars.Series of shape (n_rows,), String
        Reason code where a cell could not be read, else null.
    """

    values: pl.Series
    problem: pl.Series

    @classmethod
    def without_problem(cls, values: pl.Series) -> Cells:
        """Take values that could all be read."""
        return cls(values, pl.Series([None], dtype=Text).new_from_index(0, len(values)))


def read_cells(column: Column, raw: pl.Series, missing: Sequence[str], decimal: str) -> Cells:
    """Read the cells of one column.

    Parameters
    ----------
    column : Column
    raw : polars.Series of shape (n_rows,)
        Text or native types.
    missing : sequence of str
        Texts that mean "no value"; of those that are numbers, any way to write the number does.
    decimal : {"point", "comma", "ambiguous"}

    Raises
    ------
    InputError
        If a number could be read both ways and nobody declared the decimal sign.
    ContractError
        If a column of texts came as floating point numbers that cannot hold its digits.
    """
    if column.kind == "number":
        return number_cells(raw, missing, decimal, column.unit)
    if column.kind == "date":
        return _dates(column, raw, missing)
    level = column.kind == "category" and column.role != "id"
    texts = as_text(raw, column.name) if level else whole_as_text(raw, column.name)
    if column.kind == "category" and _is_clean(texts, missing):
        return Cells.without_problem(_as_allowed(column, texts))
    bare = texts.str.strip_chars()
    values = _without(bare if column.kind == "category" else texts, missing, bare)
    return Cells.without_problem(_as_allowed(column, values))


def number_cells(raw: pl.Series, missing: Sequence[str] = ("",), decimal: str = "point", unit: str = "") -> Cells:
    """Read the cells of a column of numbers, of whatever role, as `read_cells` does; each may carry its unit."""
    cells, codes = _numbers(raw, missing, decimal, unit), missing_codes(missing, decimal)
    if codes:
        cells = Cells(cells.values.set(cells.values.is_in(codes).fill_null(False), None), cells.problem)
    return _without_too_large(cells)


def _without_too_large(cells: Cells) -> Cells:
    large = (cells.values.abs() > LARGEST).fill_null(False)
    if not large.any():
        return cells
    return Cells(cells.values.set(large, None), cells.problem.zip_with(~large, _code_where(large, "too_large")))


def spellings(allowed: Sequence[str]) -> dict[str, str]:
    """Say which level of a contract a truth value or a whole number means, however a program has written it.

    One writes TRUE where another writes True or true, and a flag becomes 1.0 once somebody has none. Where the levels are a
    yes and a no, with or without one for no answer, true and false are these.

    Parameters
    ----------
    allowed : sequence of str
        The contract's levels.

    Returns
    -------
    dict
        By what `plainly` makes of a text; without those that could mean two levels.
    """
    plain = [plainly(level) for level in allowed]
    return _yes_and_no(allowed) | {
        text: level for text, level in zip(plain, allowed, strict=True) if plain.count(text) == 1
    }


def _yes_and_no(levels: Sequence[str]) -> dict[str, str]:
    """Say which levels true and false mean: those of a yes and a no; none where there are levels that say something else."""
    said = [level for level in levels if level.casefold() not in NO_ANSWER]
    yes = [level for level in said if level.casefold() in YES]
    no = [level for level in said if level.casefold() in NO]
    return dict(zip(TRUTHS, (*yes, *no), strict=True)) if len(yes) == len(no) == 1 and len(said) == 2 else {}


def plainly(text: str) -> str:
    """Write a truth value in small letters and a whole number without its decimals; leave all else."""
    small = text.lower()
    return small if small in TRUTHS else _WHOLE.sub(r"\1", text)


def as_learned(raw: pl.Series, levels: Sequence[str]) -> pl.Series:
    """Write the cells of a category as text, each level spelled as it was when a model learned.

    Besides the spellings of `spellings`, 1 and 0 are true and false to a model that knows only these, and the other way
    round: truth values come back from a file or a database as either.

    Parameters
    ----------
    raw : polars.Series of shape (n_rows,)
    levels : sequence of str
        Those learned.

    Raises
    ------
    ContractError
        As `as_text`.
    """
    texts = as_text(raw, raw.name)
    known = spellings(levels)
    for mine, theirs in (_BITS, TRUTHS), (TRUTHS, _BITS):
        if known and set(known) <= set(mine):
            known |= {their: known[my] for my, their in zip(mine, theirs, strict=True) if my in known}
            break
    return _spelled(texts, levels, known)


def _as_allowed(column: Column, values: pl.Series) -> pl.Series:
    """Spell levels as the contract does."""
    return _spelled(values, column.allowed, spellings(column.allowed)) if column.allowed else values


def _spelled(values: pl.Series, levels: Sequence[str], known: Mapping[str, str]) -> pl.Series:
    """Spell levels as is `known` of them; only those that are none of `levels` are looked at."""
    strangers = set(values.unique().drop_nulls()) - set(levels)
    meant = {text: known[plainly(text)] for text in strangers if plainly(text) in known}
    return values.replace(meant) if meant else values


def unusual(column: Column, values: pl.Series) -> pl.Series | None:
    """Name what the contract does not expect of readable values.

    Returns
    -------
    polars.Series of shape (n_rows,), String, or None
        "out_of_bounds", "unknown_level", "other_capitals" or null; None if there is nothing at all.
    """
    strange = _strange(column, values)
    if strange is None or not strange.any():
        return None
    if column.kind == "number":
        return _code_where(strange, "out_of_bounds")
    alike = {
        level: "other_capitals" for level in values.filter(strange).unique() if but_for_capitals(level, column.allowed)
    }
    return values.set(~strange, None).replace_strict(
        alike, default=_code_where(strange, "unknown_level"), return_dtype=Text
    )


def but_for_capitals(text: str, levels: Sequence[str]) -> bool:
    """Whether a text is one of the levels but for capitals: it may be that one, or the "na" beside Namibia's NA."""
    return text.casefold() in _without_capitals(tuple(levels))


@lru_cache(maxsize=1000)
def _without_capitals(levels: tuple[str, ...]) -> frozenset[str]:
    return frozenset(level.casefold() for level in levels)


def has_two_readings(text: str, unit: str = "") -> bool:
    """Tell whether a number is a thousand to one reader and a fraction to another, where nobody said how it is written.

    That is one mark, with exactly three digits behind it and one to three before it, of which the first is no nought. A
    number has but one decimal sign: 1,234,567 can only be a million, whether or not a door takes it. What stands around the
    number, brackets or its unit, says nothing of it.

    Examples
    --------
    >>> has_two_readings("1.234"), has_two_readings("1.2340"), has_two_readings("0,125"), has_two_readings("1,234,567")
    (True, False, False, False)
    """
    return _EITHER_WAY.fullmatch(bare_amount(text.strip(), unit)) is not None


def in_one_way(text: str) -> str:
    """Write a number that has a decimal point so that nobody reads it as thousands: 1.2340 for 1.234."""
    return f"{text}0" if has_two_readings(text) else text


def read_outcome(outcome: Outcome, raw: pl.Series, missing: Sequence[str]) -> Cells:
    """Read the outcome: spellings by the rule of `Outcome.level_of`, empty cells as `Outcome.blank` says."""
    bare = _bare_outcome(outcome, raw)
    texts = _without(bare, missing, bare)
    if outcome.blank is not None:
        texts = texts.set(_is_blank(bare), outcome.blank)
    spellings = texts.drop_nulls().unique().to_list()
    levels = {text: outcome.level_of(text) for text in spellings}
    values = texts.replace_strict(levels, default=None, return_dtype=Text) if levels else texts
    absent = texts.is_null()
    problem = pl.select(
        pl.when(absent)
        .then(pl.lit("missing_outcome"))
        .when(values.is_null())
        .then(pl.lit("unknown_outcome"))
        .otherwise(pl.lit(None, dtype=Text))
        .alias("problem")
    ).to_series()
    return Cells(values, problem)


def count_blanks(outcome: Outcome, raw: pl.Series) -> int:
    """Count the empty cells that `Outcome.blank` makes a level."""
    return 0 if outcome.blank is None else int(_is_blank(_bare_outcome(outcome, raw)).sum())


def _bare_outcome(outcome: Outcome, raw: pl.Series) -> pl.Series:
    return as_text(raw, outcome.column, exact=False).str.strip_chars()


def _is_blank(bare: pl.Series) -> pl.Series:
    return bare.fill_null("") == ""


def has_answers(source: TableSource, contract: Contract) -> bool:
    """Whether any customer's outcome is filled in; a table for the next calls may bring the column empty."""
    outcome = contract.outcome
    return outcome.column in source.columns and any(
        _is_answered(outcome, batch.frame[outcome.column], contract.missing) for batch in source.batches()
    )


def as_answered(outcome: Outcome, raw: pl.Series, missing: Sequence[str]) -> Outcome:
    """Return the outcome by which a whole column is read: where nobody has answered, an empty cell means nothing."""
    return outcome if outcome.blank is None or _is_answered(outcome, raw, missing) else outcome.unanswered


def read_answers(outcome: Outcome, raw: pl.Series, missing: Sequence[str]) -> Cells:
    """Read the outcome of a whole table, as `as_answered` says."""
    return read_outcome(as_answered(outcome, raw, missing), raw, missing)


def _is_answered(outcome: Outcome, raw: pl.Series, missing: Sequence[str]) -> bool:
    bare = _bare_outcome(outcome, raw)
    return _without(bare, missing, bare).count() > 0


def missing_codes(missing: Sequence[str], decimal: str) -> list[float]:
    """Read the numbers among texts that mean "no value": in a column of numbers 999 is "999", and so is 999.0."""
    words = pl.Series([word for word in missing if word.strip()], dtype=Text).str.strip_chars()
    if not len(words):
        return []
    # 00 is a word and not nought; and while nobody said what 1.234 is, only whole numbers are sure
    words = words.filter(~words.str.contains(r"^[+-]?0[0-9]" + (r"|[.,]" if decimal == "ambiguous" else "")))
    numbers = _parsed(words, "", decimal)
    return numbers.filter(numbers.is_finite()).to_list()


def as_text(raw: pl.Series, name: str, *, exact: bool = True) -> pl.Series:
    """Write cells as text: whole floating point numbers without ``.0``, truth values as true and false.

    Decimals keep their digits, so that levels are those which a bundle has learned.

    Parameters
    ----------
    raw : polars.Series of shape (n_rows,)
    name : str
        Of the column, for the error.
    exact : bool
        Whether the texts may be ids, of which every digit counts; a look or an outcome does without.

    Raises
    ------
    ContractError
        If exact whole numbers came as floating point and are too large for it: their last digits are lost already.
    """
    if raw.dtype == Text:
        return raw
    if raw.dtype == pl.Duration:
        return lengths_as_text(raw)
    if not raw.dtype.is_float():
        return raw.cast(Text)
    numbers = raw.fill_nan(None)
    size = numbers.abs()
    if exact and ((size > _safe_integer(raw)) & numbers.is_finite()).any():
        raise ContractError(
            f"The column '{name}' came as floating point numbers too large to keep every digit.",
            expected="text",
            fix="read this column as text before handing the table over",
        )
    whole = (numbers == numbers.round(0)) & (size <= SAFE_INTEGER)
    return pl.select(
        pl.when(whole).then(numbers.cast(pl.Int64, strict=False).cast(Text)).otherwise(numbers.cast(Text))
    ).to_series()


def rows_as_text(frame: pl.DataFrame) -> list[tuple[str | None, ...]]:
    """Write the rows of a frame as texts."""
    # as Python's own values, days after the year 9999 would be an error
    return pl.DataFrame([as_text(column, column.name, exact=False) for column in frame.iter_columns()]).rows()


def whole_as_text(raw: pl.Series, name: str) -> pl.Series:
    """Write ids, phone numbers or days as text: by the rule of `as_text`, and whole decimals without ``.00``.

    Parameters
    ----------
    raw : polars.Series of shape (n_rows,)
    name : str
        Of the column, for the error.

    Raises
    ------
    ContractError
        As `as_text`.
    """
    texts = as_text(raw, name)
    return texts.str.replace(r"\.0+$", "") if raw.dtype.is_decimal() else texts


def _safe_integer(floats: pl.Series) -> int:
    """Say up to which whole number each has a floating point number of its own."""
    digits = int(np.finfo(floats.clear().to_numpy().dtype).nmant) + 1
    return (1 << digits) - 1


def cell_texts(values: Sequence[Any], name: str) -> pl.Series:
    """Write values that each have a kind of their own, as JSON brings them, by the rule of `as_text`.

    Parameters
    ----------
    values : sequence of str, int, float, bool or None
    name : str
        Of their column.

    Raises
    ------
    ContractError
        As `as_text`.
    """
    floats = pl.Series(name, [value if isinstance(value, float) else None for value in values], dtype=pl.Float64)
    others = [None if value is None or isinstance(value, float) else _plain(value) for value in values]
    texts = pl.Series(name, others, dtype=Text)
    return texts.zip_with(texts.is_not_null(), as_text(floats, name))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numbers(raw: pl.Series, missing: Sequence[str], decimal: str, unit: str) -> Cells:
    if raw.dtype.is_integer():  # always a number, always finite
        return Cells.without_problem(raw.cast(pl.Float64))
    wrong: pl.Expr = pl.lit("not_a_number")
    if raw.dtype == Text:
        bare = raw.str.strip_chars()
        texts = _without(bare, missing, bare)
        values, absent = _parsed(bare_amounts(texts, unit), raw.name, decimal), texts.is_null()
        wrong = _wrong(bare, "not_a_number")
    elif raw.dtype.is_temporal() or raw.dtype == pl.Boolean:
        values, absent = pl.Series([None] * len(raw), dtype=pl.Float64), raw.is_null()
    else:
        # not a number is how pandas writes "no value"
        values = raw.cast(pl.Float64, strict=False).fill_nan(None)
        absent = raw.is_null() | (raw.is_nan() if raw.dtype.is_float() else False)
        absent |= values.is_in(infinities(missing)).fill_null(False)
    finite = values.is_finite().fill_null(False)
    problem = pl.select(
        pl.when(absent | finite)
        .then(pl.lit(None, dtype=Text))
        .when(values.is_not_null())
        .then(pl.lit("not_finite"))
        .otherwise(wrong)
    ).to_series()
    # -0.0 equals 0.0 and would still sort, print and hash differently
    clean = pl.select(pl.when(finite & (values == 0)).then(0.0).when(finite).then(values)).to_series()
    return Cells(clean.alias(raw.name), problem)


def _wrong(bare: pl.Series, code: str) -> pl.Expr:
    """Say what is wrong with a text that is no value: another thing where there is none at all."""
    return pl.when(bare == "").then(pl.lit(EMPTY_CELL)).otherwise(pl.lit(code))


def infinities(missing: Sequence[str]) -> list[float]:
    """Read the words among texts that mean "no value" as which a float writes infinity."""
    return [float(word) for word in missing if re.fullmatch(r"[+-]?inf(inity)?", word.strip(), re.IGNORECASE)]


def _parsed(texts: pl.Series, name: str, decimal: str) -> pl.Series:
    """Parse texts as numbers: null where they are none, infinite where they are too large."""
    if decimal == "ambiguous":
        if texts.str.contains(r"[.,]").any():
            raise InputError(
                f"The numbers in '{name}' can be read in two ways, like 1.234.",
                expected="to know whether the decimal sign is a point or a comma",
                fix='declare it (data.decimal = "point" or "comma")',
            )
    elif decimal == "comma":
        texts = _swapped(texts)
    grouped = texts.str.contains(GROUPED)
    if grouped.any():
        texts = pl.select(pl.when(grouped).then(texts.str.replace_all(",", "")).otherwise(texts)).to_series()
    plain = texts.str.contains(NUMBER)
    return pl.select(pl.when(plain).then(texts.str.to_lowercase().cast(pl.Float64, strict=False))).to_series()


def _swapped(texts: pl.Series) -> pl.Series:
    """Exchange points and commas."""
    return texts.str.replace_all(".", "\0", literal=True).str.replace_all(",", ".").str.replace_all("\0", ",")


def _dates(column: Column, raw: pl.Series, missing: Sequence[str]) -> Cells:
    """Read dates as the contract says they are written, or as ISO 8601 (2026-03-14), as a workbook gives its own dates."""
    if raw.dtype == Text or raw.dtype.is_numeric():  # 20260314
        bare = whole_as_text(raw, column.name).str.strip_chars()
        texts = _without(bare, missing, bare)
        values = read_dates(texts, column.format or ISO)
        if column.format and not column.format.startswith("%Y-"):  # such a format means something else by it
            values = values.zip_with(values.is_not_null(), read_dates(texts, ISO))
        failed = texts.is_not_null() & values.is_null()
        problem = pl.select(pl.when(failed).then(_wrong(bare, "not_a_date"))).to_series()
        return Cells(values.alias(raw.name), problem)
    # the local day, which a cast would not take from a time with a zone
    values = raw.dt.date() if raw.dtype in DAYS else pl.Series([None] * len(raw), dtype=pl.Date)
    failed = raw.is_not_null() & values.is_null()
    return Cells(values.alias(raw.name), _code_where(failed, "not_a_date"))


def _is_clean(texts: pl.Series, missing: Sequence[str]) -> bool:
    """Whether every level is written as it is meant: a few levels are looked at, not every cell."""
    levels = texts.unique().drop_nulls()
    return bool((levels == levels.str.strip_chars()).all()) and not levels.is_in(list(missing)).any()


def _strange(column: Column, values: pl.Series) -> pl.Series | None:
    if column.kind == "category" and column.allowed:
        if values.unique().drop_nulls().is_in(list(column.allowed)).all():
            return None
        return (~values.is_in(list(column.allowed))).fill_null(False)
    low, high = column.bounds
    if column.kind != "number" or (low is None and high is None):
        return None
    least, most = cast("float | None", values.min()), cast("float", values.max())
    if least is None or ((low is None or least >= low) and (high is None or most <= high)):
        return None
    outside = values.is_null() & False
    if low is not None:
        outside |= values < low
    if high is not None:
        outside |= values > high
    return (outside & ~values.is_in(column.codes)).fill_null(False) if column.states else outside.fill_null(False)


def _without(texts: pl.Series, missing: Sequence[str], bare: pl.Series) -> pl.Series:
    """Replace texts by null whose `bare` form, without white space around it, means "no value"."""
    gone = bare.is_in(list(missing)) if missing else texts.is_null()
    if not gone.any():
        return texts
    return pl.select(pl.when(~gone).then(texts).alias(texts.name)).to_series()


def _code_where(mask: pl.Series, code: str) -> pl.Series:
    return pl.select(pl.when(mask).then(pl.lit(code)).otherwise(pl.lit(None, dtype=Text))).to_series()

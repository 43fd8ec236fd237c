"""Dates as banks write them: which format a column has, and reading them by it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import polars as pl

ISO = "%Y-%m-%d"
# The order is the guess where several fit: 03/04/2024 is read as the third of April.
FORMATS = (
    ISO, "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d. %m. %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%d%b%Y", "%d-%b-%y", "%d %B %Y", "%B %d, %Y",
)  # fmt: skip
# the only formats whose texts can be read as two days
_DAY_OR_MONTH_FIRST = (("%d/%m/%Y", "%m/%d/%Y"), ("%d-%m-%Y", "%m-%d-%Y"), ("%d/%m/%y", "%m/%d/%y"))
PARTS: Mapping[str, tuple[str, str]] = {
    "%Y": ("[0-9]{4}", "yyyy"),
    "%y": ("[0-9]{2}", "yy"),
    "%m": ("[0-9]{1,2}", "mm"),
    "%d": ("[0-9]{1,2}", "dd"),
    "%b": ("[A-Za-z]{3}", "Mon"),
    "%B": ("[A-Za-z]{3,9}", "Month"),
}
ENOUGH = 0.98
NEVER = 9999  # 31.12.9999: how many systems write "open"
_YEARS = (1900, 2100)
_FIRST = 100  # so many texts of a column of dates hold one
# days since this one are how a spreadsheet keeps dates; those from 1954 to 2118 have five digits
_FIRST_SERIAL, _SERIAL = date(1899, 12, 30), r"^([2-7][0-9]{4})([.,][0-9]+)?$"
_TIME_OF_DAY = r"(T|\s+)[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?\s*([AaPp][Mm]|Z|UTC|[+-][0-9]{2}:?[0-9]{2})?$"


def today() -> date:
    """Return the day where this runs: histories of calls and call windows are in local time too."""
    return datetime.now().astimezone().date()


def read_dates(texts: pl.Series, form: str) -> pl.Series:
    """Read texts as dates; a time of day after a date is not looked at.

    Parameters
    ----------
    texts : polars.Series of shape (n_rows,), String
    form : str
        Of `PARTS`: ``"%d.%m.%Y"``.

    Returns
    -------
    polars.Series of shape (n_rows,), Date
        Null where a text has another shape, or there is no such day.
    """
    days = _without_time(texts)
    return days.set(~days.str.contains(_shape(form)), None).str.to_date(form, strict=False)


def days_of(column: pl.Series) -> pl.Series:
    """Read a column that nobody described as days: its own dates, or texts in any of `FORMATS`.

    46294 is the 29th of September 2026, as a spreadsheet keeps its dates.

    Parameters
    ----------
    column : polars.Series of shape (n_rows,)

    Returns
    -------
    polars.Series of shape (n_rows,), Date
        Null where nothing can be read. 03/04/2024 is read as more of the other dates that are written with slashes are.
    """
    return days_in_each_reading(column)[0]


def days_in_each_reading(column: pl.Series) -> tuple[pl.Series, ...]:
    """Read a column that nobody described as days in each way that `readings_of` names, the first as `days_of` does.

    Parameters
    ----------
    column : polars.Series of shape (n_rows,)

    Returns
    -------
    tuple of polars.Series of shape (n_rows,), Date
        One or two.
    """
    if isinstance(column.dtype, pl.Date | pl.Datetime):
        return (column.dt.date(),)  # the local day, which a cast would not take from a time with a zone
    texts = _bare_texts(column)
    serials = _serial_days(texts)
    likelier, meant_too = _orders(texts)
    orders = (likelier, [*meant_too.values(), *likelier]) if meant_too else (likelier,)
    return tuple(_read_by_turns(texts, order).fill_null(serials) for order in orders)


def written_days_of(column: pl.Series) -> pl.Series:
    """Read a column as `days_of` does, but no serial number of a spreadsheet as a day."""
    if isinstance(column.dtype, pl.Date | pl.Datetime):
        return column.dt.date()
    texts = _bare_texts(column)
    return _read_by_turns(texts, _orders(texts)[0])


def readings_of(column: pl.Series) -> str:
    """Say how else the dates of a column that nobody described can be read: "dd/mm/yyyy or as mm/dd/yyyy"; "" if in no other way."""
    if isinstance(column.dtype, pl.Date | pl.Datetime):
        return ""
    meant_too = _orders(_bare_texts(column))[1]
    return " or as ".join(", ".join(map(format_words, forms)) for forms in zip(*meant_too.items(), strict=True))


def _bare_texts(column: pl.Series) -> pl.Series:
    return _without_time(column.cast(pl.String).str.strip_chars())


def _serial_days(texts: pl.Series) -> pl.Series:
    days = texts.str.extract(_SERIAL).cast(pl.Int32)
    return (days + (_FIRST_SERIAL - date(1970, 1, 1)).days).cast(pl.Date)


def _orders(texts: pl.Series) -> tuple[list[str], dict[str, str]]:
    """Name the likelier format of each two that differ by whether the day or the month stands first, and by it the other where that may be meant too.

    Those are settled where one reads every text that either does, and the other does not; or no text is two days.
    """
    counts = texts.alias("text").drop_nulls().value_counts(name="rows")
    likelier, meant_too = list[str](), dict[str, str]()
    for pair in _DAY_OR_MONTH_FIRST:
        days = {form: read_dates(counts["text"], form) for form in pair}
        rows = {form: int(counts["rows"].filter(days[form].is_not_null()).sum()) for form in pair}
        one, other = sorted(pair, key=rows.__getitem__, reverse=True)
        likelier.append(one)
        either = int(counts["rows"].filter(days[one].fill_null(days[other]).is_not_null()).sum())
        settled = rows[one] == either > rows[other]
        if not settled and (days[one] != days[other]).any():
            meant_too[one] = other
    return likelier, meant_too


def _read_by_turns(texts: pl.Series, first: Sequence[str]) -> pl.Series:
    """Read each text by the first format that fits, of some formats and then of all."""
    different = texts.unique()
    days = pl.Series([None], dtype=pl.Date).new_from_index(0, len(different))
    for form in dict.fromkeys((*first, *FORMATS)):
        days = days.fill_null(read_dates(different, form))
    return texts.replace_strict(different, days, return_dtype=pl.Date)


def formats_of(texts: pl.Series) -> tuple[str, ...]:
    """Name the formats in which nearly all texts are dates between 1900 and 2100, the likeliest first."""
    different = texts.drop_nulls().unique()
    if not _without_time(different.head(_FIRST)).str.contains(_ANY_SHAPE).any():  # most columns are no dates
        return ()
    return tuple(form for form in FORMATS if _is_written(different, form))


def format_words(form: str) -> str:
    """Say a format: ``"%d.%m.%Y"`` is "dd.mm.yyyy"."""
    for part, (_, word) in PARTS.items():
        form = form.replace(part, word)
    return form


def is_format(form: str) -> bool:
    """Whether a format is made of `PARTS` and has a day, a month and a year."""
    parts = re.findall("%.", form)
    return set(parts) <= set(PARTS) and sorted(part[1].lower() for part in parts) in (["b", "d", "y"], ["d", "m", "y"])


def _is_written(texts: pl.Series, form: str) -> bool:
    if not read_dates(texts.head(_FIRST), form).count():
        return False
    years = read_dates(texts, form).dt.year()
    return int((years.is_between(*_YEARS) | (years == NEVER)).sum()) >= ENOUGH * len(texts)


def _without_time(texts: pl.Series) -> pl.Series:
    return texts.str.replace(_TIME_OF_DAY, "")


def _shape(form: str) -> str:
    shape = re.escape(form)
    for part, (written, _) in PARTS.items():
        shape = shape.replace(part, written)
    return f"^{shape}$"


_ANY_SHAPE = "|".join(map(_shape, FORMATS))

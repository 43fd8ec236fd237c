"""Numbers as people write them, and as bare numbers: € 1'234.50, 12 345,60 EUR, 12,5 %, 12345,60-, (12.50), 72 kg."""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

_SPACE = "[ \u00a0\u2009\u202f]"
_MARK = "[ \u00a0\u2009\u202f'\u2019]"
_DIGITS = rf"[1-9][0-9]{{0,2}}(?:{_MARK}[0-9]{{3}})+(?:[.,][0-9]+)?|[0-9.,]*[0-9](?:[eE][+-]?[0-9]+)?"
_SIGN = "[€$£¥¢₺₽₹₪₴₩₫฿]"
_SYMBOL = rf"[%‰]|{_SIGN}"
# ISO 4217, and how some of these are written at home; 3 Mio, 800 DR and SEG1 are other things than 3, 800 and 1
_CURRENCY = (
    "AED|ALL|AUD|BAM|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HRK|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|MAD|MXN|MYR"
    "|NGN|NOK|NZD|PEN|PHP|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TND|TRY|TWD|UAH|USD|VND|ZAR|Euro|Eur|eur|euro|zł|Kč|Ft|kr\\.?|Fr\\.|lei"
)
# each with its spellings; the capitals of M, T and MM may say millions and thousands
_MEASURES = (
    "(?i:kg)", "g", "t", "(?i:lbs?)", "oz", "km", "m", "cm", "mm", "mi|(?i:miles?)", "ft", "m²|m2|(?i:sqm)", "(?i:sq ?ft)", "ha", "l", "(?i:kWh)",
    "GB", "MB", "(?i:points?|pts)", "(?i:pcs)", "(?i:seconds?|secs?)", "(?i:minutes?|mins?)", "(?i:hours?|hrs?)|h", "(?i:days?)", "(?i:weeks?)",
    "(?i:months?)", "(?i:years?|yrs?)", "(?i:Sekunden?)", "(?i:Minuten?)", "(?i:Stunden?)", "(?i:Tage?)", "(?i:Wochen?)", "(?i:Monate?)",
    "(?i:Jahre?)", "(?i:Stück)", "(?i:Punkte?)",
)  # fmt: skip
_MEASURE = "|".join(_MEASURES)
MONEY = rf"{_SIGN}|{_CURRENCY}"
# PEN10234 may be the number of a customer
BEFORE = rf"{_SYMBOL}|(?:{_CURRENCY}){_SPACE}"
AFTER = rf"{_SYMBOL}|{_CURRENCY}|{_MEASURE}"
# as accounts write what is below nought: (12.50), $(12.50), (12,50 €)
_IN_BRACKETS = r"^([^()0-9]*)\(([^()+-]*[0-9][^()+-]*)\)([^()0-9]*)$"
_BARE = r"^[+-]?[0-9.,]*([eE][+-]?[0-9]+)?$"


def _pattern(before: str, after: str) -> str:
    """Match a number with its unit; a sign may stand before or behind either, and the ``'`` that `guarded` puts before all."""
    return rf"^'?([+-]?){_SPACE}?(?:{before})?{_SPACE}?([+-]?)({_DIGITS})(-?){_SPACE}?(?:{after})?(-?)$"


_OF_A_UNIT = _pattern(f"(?P<before>{BEFORE})", f"(?P<after>{AFTER})")
_OF_ANY_UNIT = re.compile(_pattern(BEFORE, AFTER))
_WRITTEN_BARE, _BRACKETS, _MARKS = re.compile(_BARE), re.compile(_IN_BRACKETS), re.compile(_MARK)


def bare_amounts(texts: pl.Series, unit: str = "") -> pl.Series:
    """Write numbers without their unit, without the spaces or apostrophes between thousands, with the minus before them.

    A number in brackets is below nought, as accounts write it.

    Points and commas stay as they are, and so does what is no number, or has another unit.

    Parameters
    ----------
    texts : polars.Series of shape (n_rows,), String
        Without white space around them.
    unit : str
        What may stand before or behind a number, as ``unit = "EUR"`` in a contract says, a measure in any of its spellings;
        empty for nothing.
    """
    odd = ~texts.str.contains(_BARE)
    if not odd.any():
        return texts
    return _rewritten(texts, odd, _pattern_of(unit))


def bare_amount(text: str, unit: str | None = None) -> str:
    """Write one number as `bare_amounts` does; whatever its currency or measure where no unit is given."""
    if _WRITTEN_BARE.fullmatch(text):
        return text
    pattern = _OF_ANY_UNIT if unit is None else _compiled(unit)
    parts = pattern.fullmatch(_BRACKETS.sub(r"-\1\2\3", text.replace("\u2212", "-")))
    return _MARKS.sub("", "".join(parts.group(1, 2, 4, 5, 3))) if parts else text


def _pattern_of(unit: str) -> str:
    """Match numbers in a unit: day and Days are one measure, and so are kg and KG."""
    measure = next((measure for measure in _MEASURES if re.fullmatch(measure, unit)), None)
    return _pattern(*[measure or pl.escape_regex(unit)] * 2)


@lru_cache
def _compiled(unit: str) -> re.Pattern[str]:
    return re.compile(_pattern_of(unit))


def unit_of(texts: pl.Series) -> str:
    """Name the currency, % or measure that numbers are written with, as most are; "" where there is none or more than one.

    Only a currency may be missing from some of them: 7 beside 7 % may be another size.

    Parameters
    ----------
    texts : polars.Series of shape (n_rows,), String
        Without white space around them.
    """
    is_bare = texts.str.contains(_BARE).fill_null(True)
    if is_bare.all():
        return ""
    odd = _with_minus(texts.filter(~is_bare))
    groups = odd.str.extract_groups(_OF_A_UNIT).struct.unnest()
    units = pl.concat([groups["before"], groups["after"].rename("before")]).drop_nulls().str.strip_chars()
    some_only = texts.filter(is_bare).str.contains("[0-9]").any()
    if len({_pattern_of(unit) for unit in units.unique()}) != 1:
        return ""
    unit = str(units.mode().max())
    return "" if some_only and re.fullmatch(f"[%‰]|{_MEASURE}", unit) else unit  # 0.07 beside 7 %


def _rewritten(texts: pl.Series, odd: pl.Series, pattern: str) -> pl.Series:
    plain = _with_minus(texts)
    is_amount = (odd & plain.str.contains(pattern)).fill_null(False)
    bare = plain.str.replace(pattern, "${1}${2}${4}${5}${3}").str.replace_all(_MARK, "")
    return bare.zip_with(is_amount, texts).alias(texts.name)


def _with_minus(texts: pl.Series) -> pl.Series:
    """Write a minus for its sign of print, and for brackets around a number."""
    return texts.str.replace_all("\u2212", "-").str.replace(_IN_BRACKETS, "-${1}${2}${3}")

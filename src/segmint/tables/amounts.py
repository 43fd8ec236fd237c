"""Numbers as people write them, and as bare numbers: € 1'234.50, 12 345,60 EUR, 12,5 %, 12345,60-, (12.50), 72 kg."""

from __future__ import annotations

import re

import polars as pl

_SPACE = "[ \u00a0\u2009\u202f]"
_MARK = "[ \u00a0\u2009\u202f'\u2019]"
_DIGITS = rf"[1-9][0-9]{{0,2}}(?:{_MARK}[0-9]{{3}})+(?:[.,][0-9]+)?|[0-9.,]*[0-9](?:[eE][+-]?[0-9]+)?"
_SYMBOL = "[%‰€$£¥¢₺₽₹₪₴₩₫฿]"
# ISO 4217, and how some of these are written at home; 3 Mio, 800 DR and SEG1 are other things than 3, 800 and 1
_CURRENCY = (
    "AED|ALL|AUD|BAM|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HRK|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|MAD|MXN|MYR"
    "|NGN|NOK|NZD|PEN|PHP|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TND|TRY|TWD|UAH|USD|VND|ZAR|Euro|Eur|eur|euro|zł|Kč|Ft|kr\\.?|Fr\\.|lei"
)
_MEASURE = (
    "kg|g|t|lbs?|oz|km|m|cm|mm|mi|miles?|ft|m²|m2|sqm|sq ?ft|ha|l|kWh|GB|MB|points?|pts|pcs|seconds?|secs?|minutes?|mins?|hours?|hrs?|h"
    "|days?|weeks?|months?|years?|yrs?|Sekunden?|Minuten?|Stunden?|Tage?|Wochen?|Monate?|Jahre?|Stück|Punkte?"
)
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


def bare_amounts(texts: pl.Series, unit: str = "") -> pl.Series:
    """Write numbers without their unit, without the spaces or apostrophes between thousands, with the minus before them.

    A number in brackets is below nought, as accounts write it.

    Points and commas stay as they are, and so does what is no number, or has another unit.

    Parameters
    ----------
    texts : polars.Series of shape (n_rows,), String
        Without white space around them.
    unit : str
        What may stand before or behind a number, as ``unit = "EUR"`` in a contract says; empty for nothing.
    """
    odd = ~texts.str.contains(_BARE)
    if not odd.any():
        return texts
    written = pl.escape_regex(unit) if unit else ""
    return _rewritten(texts, odd, _pattern(written, written))


def bare_amount(text: str) -> str:
    """Write one number as `bare_amounts` does, whatever its currency."""
    parts = _OF_ANY_UNIT.fullmatch(re.sub(_IN_BRACKETS, r"-\1\2\3", text.replace("\u2212", "-")))
    return re.sub(_MARK, "", "".join(parts.group(1, 2, 4, 5, 3))) if parts else text


def unit_of(texts: pl.Series) -> str:
    """Name the currency, % or measure that numbers are written with; "" where there is none or more than one.

    Only a currency may be missing from some of them: 7 beside 7 % may be another size.

    Parameters
    ----------
    texts : polars.Series of shape (n_rows,), String
        Without white space around them.
    """
    is_bare = texts.str.contains(_BARE).fill_null(True)
    odd = _with_minus(texts.filter(~is_bare))
    groups = odd.str.extract_groups(_OF_A_UNIT).struct.unnest()
    units = pl.concat([groups["before"], groups["after"].rename("before")]).drop_nulls().str.strip_chars().unique()
    some_only = texts.filter(is_bare).str.contains("[0-9]").any()
    if len(units) != 1 or (some_only and re.fullmatch(f"[%‰]|{_MEASURE}", units[0])):  # 0.07 beside 7 %
        return ""
    return str(units[0])


def _rewritten(texts: pl.Series, odd: pl.Series, pattern: str) -> pl.Series:
    plain = _with_minus(texts)
    is_amount = (odd & plain.str.contains(pattern)).fill_null(False)
    bare = plain.str.replace(pattern, "${1}${2}${4}${5}${3}").str.replace_all(_MARK, "")
    return bare.zip_with(is_amount, texts).alias(texts.name)


def _with_minus(texts: pl.Series) -> pl.Series:
    """Write a minus for its sign of print, and for brackets around a number."""
    return texts.str.replace_all("\u2212", "-").str.replace(_IN_BRACKETS, "-${1}${2}${3}")

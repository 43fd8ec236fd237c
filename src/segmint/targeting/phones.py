"""Phone numbers: written for a dialler, and compared so that an objection is never missed."""

from __future__ import annotations

import polars as pl

E164 = r"^\+[1-9][0-9]{6,14}$"
_COMPARED_DIGITS = 9


def to_e164(phones: pl.Series, country_code: str = "") -> pl.Series:
    """Write phone numbers as diallers want them: plus, country, number; null where that is not possible.

    Parameters
    ----------
    phones : polars.Series of String
        As the bank keeps them: "+351 912 345 678", "00351912345678", "0912-345678".
    country_code : str
        Digits put before national numbers; empty leaves those null.
    """
    text = phones.cast(pl.String).str.replace_all(r"[\s().\-/\u00a0]", "").str.replace(r"^00", "+")
    if country_code:
        # a national number may carry a trunk prefix 0, which is not dialled from abroad
        national = text.str.contains(r"^[0-9]+$")
        full = pl.lit(f"+{country_code}") + text.str.replace(r"^0", "")
        text = pl.select(pl.when(national).then(full).otherwise(text)).to_series()
    return pl.select(pl.when(text.str.contains(E164)).then(text)).to_series().rename(phones.name)


def comparable(phones: pl.Series) -> pl.Series:
    """Reduce phone numbers to their last nine digits; null where there are fewer than five.

    Two spellings of one number must meet whatever prefix they carry. Two numbers of different countries
    may meet too: then one customer too many is left uncalled, which is the side to err on.

    Parameters
    ----------
    phones : polars.Series of String
    """
    digits = phones.cast(pl.String).str.replace_all(r"[^0-9]", "")
    enough = digits.str.len_chars() >= 5
    return pl.select(pl.when(enough).then(digits.str.tail(_COMPARED_DIGITS))).to_series().rename(phones.name)

"""Phone numbers: written for a dialler, and compared so that an objection is never missed."""

from __future__ import annotations

import polars as pl

E164 = r"^\+[1-9][0-9]{6,14}$"
_COMPARED_DIGITS, _FEWEST_DIGITS = 9, 5
_MOST_DIGITS = 15  # of a number with its country code (E.164)
# fewest and most digits of a country's own numbers, without a trunk prefix; of other countries nothing is taken for granted
_NATIONAL_DIGITS = {
    "1": (10, 10), "7": (10, 10), "27": (9, 9), "30": (10, 10), "31": (9, 9), "32": (8, 9), "33": (9, 9), "34": (9, 9),
    "36": (8, 9), "39": (9, 11), "40": (9, 9), "41": (9, 9), "43": (4, 13), "44": (9, 10), "45": (8, 8), "46": (7, 9),
    "47": (8, 8), "48": (9, 9), "49": (6, 11), "52": (10, 10), "55": (10, 11), "56": (9, 9), "61": (9, 9), "65": (8, 8),
    "90": (10, 10), "91": (10, 10), "212": (9, 9), "216": (8, 8), "351": (9, 9), "353": (7, 9), "354": (7, 7),
    "356": (8, 8), "357": (8, 8), "358": (5, 12), "359": (7, 9), "370": (8, 8), "371": (8, 8), "372": (7, 8),
    "373": (8, 8), "375": (9, 9), "380": (9, 9), "385": (8, 9), "386": (8, 8), "420": (9, 9), "421": (9, 9),
    "852": (8, 8), "853": (8, 8),
}  # fmt: skip


def to_e164(phones: pl.Series, country_code: str = "") -> pl.Series:
    """Write phone numbers as diallers want them: plus, country, number; null where that is not possible.

    Parameters
    ----------
    phones : polars.Series of String
        As the bank keeps them: "+351 912 345 678", "00351912345678", "0912-345678", "351912345678".
    country_code : str
        Digits put before national numbers; empty leaves those null. A number that begins with these digits is national
        or has its country code already, as its length tells; where both can be, it is null: another person might answer.
    """
    text = phones.cast(pl.String).str.replace_all(r"[\s.\-/\u00a0]", "").str.replace(r"\(0\)", "")
    text = text.str.replace_all(r"[()]", "").str.replace(r"^00", "+")
    if country_code:
        national = text.str.contains(r"^[0-9]+$")
        text = pl.select(pl.when(national).then(_abroad(text, country_code)).otherwise(text)).to_series()
    return pl.select(pl.when(text.str.contains(E164)).then(text)).to_series().rename(phones.name)


def _abroad(digits: pl.Series, country_code: str) -> pl.Series:
    """Write digits as they are dialled from abroad; null where they may hold the country code, or may not."""
    fewest, most = _NATIONAL_DIGITS.get(country_code, (_FEWEST_DIGITS, _MOST_DIGITS - len(country_code)))
    length = digits.str.len_chars()
    same_start = digits.str.starts_with(country_code)
    bare = length.is_between(fewest, most)
    coded = (length - len(country_code)).cast(pl.Int64).is_between(fewest, most)
    # a national number may carry a trunk prefix 0, which is not dialled from abroad
    full = pl.lit(f"+{country_code}") + digits.str.replace(r"^0", "")
    return pl.select(
        pl.when(~same_start | (bare & ~coded)).then(full).when(coded & ~bare).then(pl.lit("+") + digits)
    ).to_series()


def comparable(phones: pl.Series) -> pl.Series:
    """Reduce phone numbers to their last nine digits, zeros before them left out; null where there are fewer than five.

    Parameters
    ----------
    phones : polars.Series of String
    """
    digits = phones.cast(pl.String).str.replace(r"\(0\)", "").str.replace_all(r"[^0-9]", "").str.strip_chars_start("0")
    enough = digits.str.len_chars() >= _FEWEST_DIGITS
    return pl.select(pl.when(enough).then(digits.str.tail(_COMPARED_DIGITS))).to_series().rename(phones.name)


def among(phones: pl.Series, others: pl.Series) -> pl.Series:
    """Tell which phone numbers are among others, however either is written.

    Two spellings of one number must meet whatever prefix they carry: the last nine digits are compared, and where one
    of the two has fewer, as Danish numbers have without their country code, as many as it has. Two numbers of
    different countries may meet too: then one customer too many is left uncalled, which is the side to err on.

    Parameters
    ----------
    phones : polars.Series of String, shape (n_customers,)
        In comparable form.
    others : polars.Series of String
        In comparable form, none null.

    Returns
    -------
    polars.Series of bool, shape (n_customers,)
    """
    found = phones.is_in(others.implode())
    mine, theirs = phones.str.len_chars(), others.str.len_chars()
    for length in range(_FEWEST_DIGITS, _COMPARED_DIGITS):
        short = others.filter(theirs == length)
        if len(short):
            found |= phones.str.tail(length).is_in(short.implode())
        if (mine == length).any():
            tails = others.filter(theirs > length).str.tail(length)
            found |= (mine == length) & phones.is_in(tails.implode())
    return found.fill_null(False)

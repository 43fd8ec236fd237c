"""Phone numbers: written for a dialler, and compared so that an objection is never missed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

E164 = r"^\+[1-9][0-9]{6,14}$"
_COMPARED_DIGITS, _FEWEST_DIGITS = 9, 5
_MOST_DIGITS = 15  # of a number with its country code (E.164)
_NO_COUNTRY = f"^[0-9]{{{_FEWEST_DIGITS},{_MOST_DIGITS}}}$"
# fewest and most digits of a country's own numbers, without a trunk prefix; of other countries nothing is taken for granted
_NATIONAL_DIGITS = {
    "1": (10, 10), "7": (10, 10), "27": (9, 9), "30": (10, 10), "31": (9, 9), "32": (8, 9), "33": (9, 9), "34": (9, 9),
    "36": (8, 9), "40": (9, 9), "41": (9, 9), "43": (4, 13), "44": (9, 10), "45": (8, 8), "46": (7, 9),
    "47": (8, 8), "48": (9, 9), "49": (6, 11), "52": (10, 10), "55": (10, 11), "56": (9, 9), "61": (9, 9), "65": (8, 8),
    "90": (10, 10), "91": (10, 10), "212": (9, 9), "216": (8, 8), "351": (9, 9), "353": (7, 9), "354": (7, 7),
    "356": (8, 8), "357": (8, 8), "358": (5, 12), "359": (7, 9), "370": (8, 8), "371": (8, 8), "372": (7, 8),
    "373": (8, 8), "375": (9, 9), "380": (9, 9), "385": (8, 9), "386": (8, 8), "420": (9, 9), "421": (9, 9),
    "852": (8, 8), "853": (8, 8),
}  # fmt: skip
_NATIONAL_FORM = {"39": "(?:0[0-9]{5,10}|3[0-9]{8,9})"}  # a landline with its 0, or a mobile
# what is dialled before a national number inside of the country only, or was until lately; elsewhere 0
_TRUNK = {"7": ("8",), "36": ("06",), "52": ("1", "01", "044", "045"), "370": ("8", "0"), "375": ("80",)}
_ZERO_BELONGS = frozenset({"39", "225", "229", "242", "378", "379"})  # here a number may begin with 0, and keeps it
# eight digits, before which people inside of the country dial a ninth, 8 or 0, that the last of 370 is not
_LITHUANIAN = r"^370([0-9]{8})$"
_WHOLE = r"^(\s*\+?[0-9 ]*[0-9])[.,]0\s*$"  # a whole number as pandas and spreadsheets write it in a half-empty column
_PLAIN = r"^[\s0-9+().\-\u00a0]*$"
_SEVERAL = re.compile(r"[/;,|&\n]|[^\W\d_]+")  # what may stand between two numbers; a slash may stand inside of one
_REMARK = re.compile(r"\((?=[^)]*[^\W\d_])[^)]*\)")
_EXTENSION = re.compile(r"[;,\s]*(?:ext(?:ension)?\b\.?|x|#)[=:\s]*\d{1,6}\s*$", re.IGNORECASE)
_OWN_DIGITS = 7  # a part with fewer is an area code, an extension or a year, no number


def to_e164(phones: pl.Series, country_code: str = "") -> pl.Series:
    """Write phone numbers as diallers want them: plus, country, number; null where that is not possible.

    Parameters
    ----------
    phones : polars.Series of String
        As the bank keeps them: "+351 912 345 678", "00351912345678", "0912-345678", "351912345678".
    country_code : str
        Digits put before national numbers; empty leaves those null. A number that begins with these digits is national
        or has its country code already, as its length tells; where both can be, or it is as long as no number of the
        country, it is null: another person might answer.
    """
    text = _bare(phones)
    if country_code:
        given, plus = pl.lit(text), f"+{country_code}"
        own = _abroad(given.str.strip_prefix(plus), country_code, coded=False)
        national = pl.when(given.str.contains(r"^[0-9]+$")).then(_abroad(given, country_code)).otherwise(given)
        text = pl.select(pl.when(given.str.starts_with(plus)).then(own).otherwise(national)).to_series()
    possible = text.str.contains(E164)
    return pl.select(pl.when(possible).then(text)).to_series().rename(phones.name)


def lack_country(phones: pl.Series) -> pl.Series:
    """Tell which phone numbers are bare digits that nobody can dial before a country is known; null counts as no."""
    return _bare(phones).str.contains(_NO_COUNTRY).fill_null(False)


def _bare(phones: pl.Series) -> pl.Series:
    text = phones.cast(pl.String).str.replace(_WHOLE, "${1}")
    text = text.str.replace_all(r"[\s.\-/\u00a0]", "").str.replace(r"\(0\)", "")
    return text.str.replace_all(r"[()]", "").str.replace(r"^00", "+")


def _abroad(digits: pl.Expr, code: str, *, coded: bool = True) -> pl.Expr:
    """Write digits as they are dialled from abroad; null where they can be read in two ways, or in none.

    `coded` says whether they may begin with the country code; a trunk prefix is also written behind it.
    """
    trunk = () if code in _ZERO_BELONGS else _TRUNK.get(code, ("0",))
    behind = (code, *(f"{code}{prefix}" for prefix in trunk)) if coded else ()
    readings = [_after(prefix, digits, code) for prefix in ("", *trunk, *behind)]
    once = pl.sum_horizontal(reading.is_not_null() for reading in readings) == 1
    return pl.when(once).then(pl.lit(f"+{code}") + pl.coalesce(readings))


def _after(prefix: str, digits: pl.Expr, code: str) -> pl.Expr:
    """Take a prefix off; null where what is left is no national number of the country."""
    rest = digits.str.strip_prefix(prefix)
    return pl.when(digits.str.starts_with(prefix) & rest.str.contains(f"^{_national(code)}$")).then(rest)


def _national(code: str) -> str:
    if code in _NATIONAL_FORM:
        return _NATIONAL_FORM[code]
    fewest, most = _NATIONAL_DIGITS.get(code, (_FEWEST_DIGITS, _MOST_DIGITS - len(code)))
    first = "[0-9]" if code in _ZERO_BELONGS else "[1-9]"
    return f"{first}[0-9]{{{fewest - 1},{most - 1}}}"


def comparable(phones: pl.Series) -> pl.Series:
    """Reduce phone numbers to their last nine digits, zeros before them left out; null where there are fewer than five.

    Of Lithuanian numbers with their country code only the national eight are left: an 8 may stand before these elsewhere.

    Parameters
    ----------
    phones : polars.Series of String
        One number in each; see `numbers_in` for what people write into such cells.
    """
    digits = phones.cast(pl.String).str.replace(_WHOLE, "${1}").str.replace(r"\(0\)", "")
    digits = digits.str.replace_all(r"[^0-9]", "").str.strip_chars_start("0")
    digits = digits.str.replace(_LITHUANIAN, "${1}")
    enough = digits.str.len_chars() >= _FEWEST_DIGITS
    return pl.select(pl.when(enough).then(digits.str.tail(_COMPARED_DIGITS))).to_series().rename(phones.name)


def numbers_in(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Find every phone number in cells that people filled: two numbers, an extension, a remark in parentheses.

    Parameters
    ----------
    columns : sequence of polars.Series of String, each of shape (n_rows,)

    Returns
    -------
    polars.DataFrame
        row (from 0), number (comparable) and clear, a row for each number; not clear where a cell has digits that
        cannot be told apart, whose number is then made of all of them. A cell without digits, or with fewer than five
        and nothing else, has no row.
    """
    schema = {"row": pl.UInt32, "number": pl.String, "clear": pl.Boolean}
    return pl.concat([pl.DataFrame(schema=schema), *map(_in_column, columns)])


def shared_numbers(columns: Sequence[pl.Series]) -> tuple[int, int]:
    """Count the phone numbers, in comparable form, that stand in several rows, and these rows."""
    rows = numbers_in(columns).filter("clear").unique(["row", "number"])
    shared = rows.filter(rows["number"].is_duplicated())
    return shared["number"].n_unique(), shared["row"].n_unique()


def _in_column(cells: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame({"text": cells.cast(pl.String).str.strip_chars()}).with_row_index("row").drop_nulls()
    digits = frame["text"].str.replace_all(r"[^0-9]", "").str.strip_chars_start("0").str.len_chars()
    plain = frame["text"].str.contains(_PLAIN) & (digits <= _MOST_DIGITS)
    odd = frame.filter(~plain)
    read = {text: _numbers(text) for text in odd["text"].unique()}
    parts = pl.Series([read[text] for text in odd["text"]], dtype=pl.List(pl.String))
    told = odd.with_columns(text=parts).filter(parts.list.len() > 0).explode("text")
    unclear = odd.filter(parts.is_null())
    found = [
        some.select("row", comparable(some["text"]).alias("number"), clear=pl.lit(clear))
        for some, clear in ((frame.filter(plain), True), (told, True), (unclear, False))
    ]
    return pl.concat(found).filter(pl.col("number").is_not_null() | ~pl.col("clear"))


def _numbers(cell: str) -> list[str] | None:
    """Tell the numbers of one cell apart; None where that is not possible."""
    text = re.sub(_WHOLE, r"\1", cell)
    text = _REMARK.sub(lambda said: said[0] if _length(said[0]) >= _FEWEST_DIGITS else " ", text)
    text = _EXTENSION.sub("", text)
    parts = [part for part in _SEVERAL.split(text) if re.search(r"\d", part)]
    one = re.search(r"[^\W\d_]", text) is None and _length(text) <= _MOST_DIGITS
    if all(_OWN_DIGITS <= _length(part) <= _MOST_DIGITS for part in parts):
        # two short numbers, or one with a slash inside: whoever has either is meant
        return [*parts, text] if one and len(parts) > 1 else parts
    return [text] if one else None


def _length(text: str) -> int:
    return len(re.sub(r"\D", "", text).lstrip("0"))


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

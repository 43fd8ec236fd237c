"""How numbers and names are written for people, on the screen, in files and on pages: 4,521 · 11.5 % · 3.1 times.

A page keeps a number and its unit on one line (`report.html`); here they stand apart by an ordinary space.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which no file and no page can hold."""
_SMALLEST = 0.00005  # of the shares that two decimals of a percentage can hold
_DUST = 1e-7  # what is left of nothing, or lacks of all, when single-precision numbers are added
_TWO_LETTERS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ü": "Ue",
        "ß": "ss",
        "æ": "ae",
        "Æ": "Ae",
        "ø": "o",
        "Ø": "O",
    }
)


def in_plain_letters(text: str) -> str:
    """Write a name in ASCII, as it can be read: Größe is Groesse; what has no plain letters is left out."""
    spelt = unicodedata.normalize("NFC", text).translate(_TWO_LETTERS)
    return unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()


def printable(text: object) -> str:
    """Write `text` without control characters, lone surrogates and marks that turn the direction of reading."""
    return _UNPRINTABLE.sub("\ufffd", str(text))


def shorten(text: object, length: int = 24) -> str:
    """Cut a long name in its middle, as names that are alike differ at either end; the table under a chart has it in full."""
    clean = printable(text).replace("\n", " ").replace("\t", " ")
    if len(clean) <= length:
        return clean
    whole_words = (clean[-1 - length // part :].partition(" ")[2] for part in (3, 2))
    end = next(filter(None, whole_words), clean[len(clean) - length // 4 :])
    return f"{clean[: length - 1 - len(end)].rstrip()}…{end}"


def capital(label: str) -> str:
    """Begin a label with a capital and leave the rest of it alone."""
    return label[:1].upper() + label[1:]


def count(number: float) -> str:
    """Write a whole number: 4,521."""
    return decimal(number, 0)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write how many there are of something: 1 row, 4,521 rows; `many` where it is not `one` and an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def some_of(number: int, total: int, many: str, does: str, do: str) -> str:
    """Write how many of all do something: 1 of 300 customers has, 4 of 300 customers have; `many` names all of them."""
    return f"{number:,} of {total:,} {many} {does if number == 1 else do}"


def decimal(number: float | None, digits: int = 3) -> str:
    """Write a number with a fixed count of digits; a dash when there is none."""
    if number is None or not math.isfinite(number):
        return "–"
    text = f"{number:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def hoped(number: float) -> str:
    """Write how many are to be expected: 45, below ten with a decimal, 0.5, and below a tenth with two."""
    return decimal(number, 0 if number >= 9.95 or not number else 1 if number >= 0.1 else 2)


def plain(number: float) -> str:
    """Write a number with the digits that it has: 25,310 and 1.25; no decimals from 1,000 on."""
    if abs(number) >= 1_000 or float(number).is_integer():
        return decimal(number, 0)
    return f"{number:,.4g}".replace("-", "−")


def signed(number: float | None, digits: int = 3) -> str:
    """Write a difference: +0.012; what is nothing to so many digits has no sign."""
    text = decimal(number, digits)
    return f"+{text}" if number is not None and round(number, digits) > 0 else text


def money(amount: float | None, currency: str, digits: int | None = 0) -> str:
    """Write an amount of money: 4,521 EUR; `digits` None writes cents below 100 only."""
    if digits is None:
        digits = 0 if abs(amount or 0) >= 100 else 2
    return "–" if amount is None or not math.isfinite(amount) else f"{decimal(amount, digits)} {currency}".rstrip()


def money_between(low: float, high: float, currency: str) -> str:
    """Write an interval of money: 382 to 4,607 EUR; cents only where both ends are below 100."""
    digits = 0 if max(abs(low), abs(high)) >= 100 else 2
    return f"{between(low, high, digits)} {currency}".rstrip()


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as a percentage: 11.5 %; a small one is not written as 0 %, nor one that is almost all as 100 %."""
    if share is None or not math.isfinite(share):
        return "–"
    digits = _enough(share, digits)
    if share > 0 and _rounds_away(share, digits, least=_DUST):
        return "less than 0.01 %" if share < 0.5 else "more than 99.99 %"
    return f"{decimal(100 * share, digits)} %"


def _enough(share: float, digits: int) -> int:
    """Decimals of a percentage, two at most, until a share that is not nothing is not written as 0 %, nor one that is not all as 100 %."""
    while digits < 2 and _rounds_away(share, digits, least=_SMALLEST):
        digits += 1
    return digits


def _rounds_away(share: float, digits: int, *, least: float) -> bool:
    """Whether `least` or more, of what is there or of what lacks of all, is not seen in a percentage with so many decimals."""
    size, rounded = abs(share), round(100 * abs(share), digits)
    return (rounded == 0 and size >= least) or (rounded == 100 and 1 - size >= least)


def times(ratio: float | None) -> str:
    """Write a ratio: 3.1 times."""
    return f"{decimal(ratio, 1)} times"


def between(low: float | None, high: float | None, digits: int = 3) -> str:
    """Write an interval: 0.412 to 0.487; a dash when there is none."""
    if low is None or high is None:
        return "–"
    return f"{decimal(low, digits)} to {decimal(high, digits)}"


def percent_between(low: float | None, high: float | None, digits: int = 1) -> str:
    """Write an interval of shares: 10.2 to 12.9 %, both ends with the digits of the smaller."""
    if low is None or high is None:
        return "–"
    digits = max(_enough(low, digits), _enough(high, digits))
    if low > 0 and _rounds_away(low, digits, least=_DUST):
        ends = dict.fromkeys(percent(end, digits) for end in (low, high))
        return " to ".join(ends) if low < 0.5 else percent(low, digits)
    return f"{decimal(100 * low, digits)} to {percent(high, digits)}"


def listed(words: Sequence[str], *, last: str = "and") -> str:
    """Join words as people do: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


class Term(str):
    """What a sentence calls a setting or an option: in `Said`, a door that calls it otherwise says its own word."""

    __slots__ = ()


class Said(str):
    """A sentence that knows its terms: as text it says those of the command line, by `in_words` those of another door.

    Parameters
    ----------
    *parts : str
        Texts, terms, and what was said already.
    """

    parts: tuple[str, ...]

    def __new__(cls, *parts: str) -> Said:
        """Join the parts."""
        said = super().__new__(cls, "".join(parts))
        said.parts = tuple(each for part in parts for each in parts_of(part))
        return said


def parts_of(text: str) -> tuple[str, ...]:
    """Take a sentence apart into texts and terms; one that knows no terms is a text."""
    return text.parts if isinstance(text, Said) else (text,)


def terms_in(text: str) -> tuple[Term, ...]:
    """Tell the terms of a sentence, in its order."""
    return tuple(part for part in parts_of(text) if isinstance(part, Term))


def in_words(text: str, words: Mapping[str, str]) -> str:
    """Say a sentence with a door's own `words` for its terms; terms without one stay."""
    return "".join(words.get(part, part) if isinstance(part, Term) else part for part in parts_of(text))


def joined(glue: str, texts: Sequence[str], *, last: str | None = None) -> Said:
    """Join sentences as `glue.join` does, before the last with `last`; their terms are kept."""
    between = [*[glue] * (len(texts) - 2), glue if last is None else last]
    return Said(*(part for pair in zip(["", *between], texts, strict=False) for part in pair if part))


def without_stop(text: str) -> Said:
    """Take the full stop off a sentence, so that it goes on; its terms are kept."""
    *parts, last = parts_of(text) or ("",)
    return Said(*parts, last if isinstance(last, Term) else last.removesuffix("."))


def some_named(names: Sequence[str], most: int) -> str:
    """Join the first few of many words: a, b and 3 more."""
    more = len(names) - most
    return listed([*names[:most], *([f"{more:,} more"] if more > 0 else [])])


def quoted(names: Sequence[str]) -> str:
    """Name columns, codes or levels: 'a', 'b' and 'c'."""
    return listed([f"'{name}'" for name in names])


def did_you_mean(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Ask whether a known word was meant that is written almost so; whatever its capitals; "" where none is at least `cutoff` alike."""
    written = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), written, n=1, cutoff=cutoff)
    return f"did you mean '{written[close[0]]}'?" if close else ""


def seconds(duration: float) -> str:
    """Write a duration: 12 s, 3 min 20 s; a dash when there is none."""
    if not math.isfinite(duration):
        return "–"
    if duration < 60:
        return f"{decimal(duration, 1 if duration < 10 else 0)} s"
    return f"{int(duration // 60)} min {int(duration % 60)} s"


def spoken(code: object) -> str:
    """Turn a code into words: too_few_fields → too few fields."""
    return str(code).replace("_", " ").strip()

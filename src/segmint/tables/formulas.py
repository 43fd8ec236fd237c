"""Texts that no spreadsheet takes for a formula, and the way back.

After OWASP ASVS 5.0, requirement 1.2.10: neutralising formulas in exported cells.
"""

from __future__ import annotations

import re

import polars as pl

# what makes a spreadsheet calculate, and the wide, small and raised forms that some of them fold into it
SIGNS = "=+\\-@|%＝＋－＠｜％﹢﹣﹦﹪﹫⁺⁼₊₌⩵⩶﬩"
# what they skip before it: blanks, quotes, separators, control and invisible characters, and their wide forms
SKIPPED = "\\s\"'`;,\\x00-\\x1f\\x7f-\\x9f\u200b-\u200f\u2060\ufeff＂＇｀；，﹐﹔︐︔\u037e\u1fef"
_FORMULA = f"^[{SKIPPED}]*[{SIGNS}]|^[\\t\\r\\n\\x00;]"
_NEGATIVE_NUMBER = "^-[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$"
_GUARDED = f"^'+([{SKIPPED}]*[{SIGNS}]|[\\t\\r\\n;])"
# a negative number that fills its cell is none: it ends with the separator it began with, or with the line
_TAIL = re.compile(rf"(\r\n|[;,\t|\r\n])(?!-[0-9]+([.,][0-9]+)?(\1|[\r\n]|\Z))(?=[{SKIPPED}]*[{SIGNS}])")


def guarded(texts: pl.Expr) -> pl.Expr:
    """Put ``'`` before every text that a spreadsheet could calculate; a negative number is no formula."""
    formula = texts.str.contains(_FORMULA) & ~texts.str.contains(_NEGATIVE_NUMBER)
    return pl.when(~formula).then(texts).otherwise(pl.lit("'") + texts)


def guarded_text(text: str) -> str:
    """Do for one text what `guarded` does for a column."""
    formula = re.search(_FORMULA, text) and not re.fullmatch(_NEGATIVE_NUMBER, text)
    return f"'{text}" if formula else text


def guarded_field(text: str) -> str:
    """Make a text safe in a delimited file too: opened with the wrong separator, none of its parts is a formula either.

    A spreadsheet that splits at semicolons reads the tail of a quoted "a;=1+1" as a cell of its own, and what follows
    a line break inside of quotes as a row.
    """
    return _TAIL.sub(r"\1'", guarded_text(text))


def unguarded(texts: pl.Series) -> pl.Series:
    """Take the ``'`` away again from texts that came back from a spreadsheet or a dialler."""
    return texts.str.replace(_GUARDED, "${1}")

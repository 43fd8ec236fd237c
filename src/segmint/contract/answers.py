"""What people write for yes and for no, said once: in outcomes, consents, objections, rules and purchases."""

from __future__ import annotations

from typing import Final

import polars as pl

YES_WORDS: Final = ("yes", "y", "true", "t", "1")
NO_WORDS: Final = ("no", "n", "false", "f", "0")
"""Read in every outcome, whatever its own levels are."""

YES_ABROAD: Final = (
    "ja", "j", "oui", "sim", "si", "sí", "sì", "tak", "ano", "áno", "da", "igen", "kyllä",
    "wahr", "vrai", "vero", "verdadero", "verdadeiro",
)  # fmt: skip
NO_ABROAD: Final = (
    "nein", "non", "não", "nao", "nee", "nie", "nej", "nei", "ne", "nem", "ei", "falsch", "faux", "falso",
)  # fmt: skip

YES: Final = (*YES_WORDS, *YES_ABROAD)
NO: Final = (*NO_WORDS, *NO_ABROAD)

CALLED: Final = (*YES, "called", "treated", "treatment", "contacted", "reached")
LEFT_ALONE: Final = (*NO, "control", "holdout", "held out", "left alone", "untreated", "not called")
"""What a column of the role `treatment` says: whether anybody called the customer."""

_WHOLE = r"^([0-9]+)[.,]0+$"  # as pandas and spreadsheets write the whole numbers of a half-empty column


def bare_words(values: pl.Series) -> pl.Series:
    """Write words so that spellings of one meet: blanks and capitals do not count, and 1.0 is 1.

    Parameters
    ----------
    values : polars.Series of shape (n_rows,)

    Returns
    -------
    polars.Series of shape (n_rows,), String
    """
    return values.cast(pl.String).str.strip_chars().str.to_lowercase().str.replace(_WHOLE, "${1}")


def left_alone(texts: pl.Series) -> pl.Series:
    """Read whether nobody called the customer, as a column of the role `treatment` says it; a number counts calls.

    Parameters
    ----------
    texts : polars.Series of shape (n_rows,), String

    Returns
    -------
    polars.Series of shape (n_rows,), Boolean
        Null where it is not said.
    """
    words = bare_words(texts)
    called = words.is_in(CALLED) | (words.cast(pl.Float64, strict=False) > 0).fill_null(False)
    said = pl.when(words.is_in(LEFT_ALONE)).then(True).when(called).then(False)
    return pl.select(said.alias(texts.name)).to_series()

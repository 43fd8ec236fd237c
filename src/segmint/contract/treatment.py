"""Who was called and who was left alone, as a column of the role `treatment` says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from segmint.contract.cells import as_text
from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.contract.yes_no import NO, YES, bare_words

CALLED: Final = (*YES, "call", "called", "treated", "treatment", "contacted", "reached", "listed")
LEFT_ALONE: Final = (*NO, "control", "control group", "holdout", "held out", "left alone", "untreated", "not called")


def nobody_called(frame: pl.DataFrame, contract: Contract) -> pl.Series:
    """Mark the rows of customers whom nobody called; none where the table has no column that says it.

    What such a customer did, no call brought about: a propensity is that of a called customer. Which segment a customer
    is in has nothing to do with a call.

    Parameters
    ----------
    frame : polars.DataFrame of shape (n_rows, n_columns)
        As the table came.
    contract : Contract

    Returns
    -------
    polars.Series of shape (n_rows,), Boolean
    """
    marked = pl.Series([False]).new_from_index(0, frame.height)
    for said in said_left_alone(frame, contract).values():
        marked |= said.fill_null(False)
    return marked


def said_left_alone(frame: pl.DataFrame, contract: Contract) -> dict[str, pl.Series]:
    """Read each column of a table that says who was called, see `left_alone`; none of an assignment."""
    if contract.outcome.kind != "response":
        return {}
    here = set(frame.columns)
    return {
        column.name: left_alone(frame[column.name], column, contract.missing_tokens(column))
        for column in contract.columns
        if column.role == "treatment" and column.name in here
    }


def left_alone(raw: pl.Series, column: Column, missing: Iterable[str] = ()) -> pl.Series:
    """Read whether nobody called the customer: in words, or as a number of calls.

    Words for no value, and codes of a number that are none, say what the contract says they mean.

    Parameters
    ----------
    raw : polars.Series of shape (n_rows,)
    column : Column
    missing : iterable of str
        Texts that mean "no value".

    Returns
    -------
    polars.Series of shape (n_rows,), Boolean
        Null where it is not said.
    """
    texts = as_text(raw, column.name, exact=False)
    bare = bare_words(texts)
    numbers, words = bare.cast(pl.Float64, strict=False), bare.str.replace_all("[_-]", " ")
    counted = ((numbers > 0) & numbers.is_finite()).fill_null(False)
    said: pl.Expr = pl.when(words.is_in(LEFT_ALONE)).then(True).when(words.is_in(CALLED) | counted).then(False)
    nothing = bare.is_null() | bare.is_in(["", *bare_words(pl.Series([*missing], dtype=pl.String))])
    said = pl.when(nothing).then(_meant(column.missing_means)).otherwise(said)
    for state in column.states:
        code = state.value if state.written is None else state.written
        said = pl.when(numbers == code).then(_meant(state.name)).otherwise(said)
    return pl.select(said.alias(raw.name)).to_series()


def _meant(words: str) -> pl.Expr:
    """Say what words of the contract mean; nothing where they speak of something else."""
    plain = words.strip().casefold()
    return pl.lit(True if plain in LEFT_ALONE else False if plain in CALLED else None, dtype=pl.Boolean)

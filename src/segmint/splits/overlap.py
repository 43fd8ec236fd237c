"""Does a history hold the wave? Who taught a network must not judge it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.cells import read_outcome
from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.contract.ids import bare_ids, in_small_letters
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import MIN_ROWS, MIN_ROWS_PER_LEVEL
from segmint.errors import DataError
from segmint.wording import counted, some_of

MOST_WHO_SAID_YES_BEFORE = 0.8  # of those who say yes now; so many bought before in no campaign


def standing_in(history: pl.DataFrame, wave: pl.DataFrame, contract: Contract, *, by_id: bool) -> NDArray[np.bool_]:
    """Tell which customers of the wave stand in the history: the same id, if there are any, and the same values before the call.

    What a call itself fills in, such as its month, differs between the wave as planned and the same wave in the history:
    who has an id is found all the same. A customer of earlier waves whose values have moved since is another case, and may
    judge.

    Parameters
    ----------
    history, wave : polars.DataFrame
        As they came, every column.
    contract : Contract
    by_id : bool
        Whether both name customers by the contract's id.

    Returns
    -------
    ndarray of bool, shape (n_wave,)
    """
    columns = contract.columns
    both = [column for column in columns if column.name in set(history.columns) & set(wave.columns)]
    # without an id the few columns of planning are many customers': all that is known before the call must agree
    early = ("planning",) if by_id else ("planning", "dialling")
    shared = [column for column in both if column.known in early and column.role != "id"]
    if by_id:
        shared += [column for column in both if column.role == "id"]
    shared = shared or both
    if not shared:
        return np.zeros(wave.height, dtype=bool)
    names = [column.name for column in shared]
    asked = _values(wave, shared)
    seen = _values(history, shared).unique().with_columns(_seen=pl.lit(True))
    again = asked.join(seen, on=names, how="left", nulls_equal=True, maintain_order="left")["_seen"].fill_null(False)
    if by_id and contract.id_column is not None:  # nobody without an id is anybody else without one
        again &= asked[contract.id_column].is_not_null()
    return again.to_numpy()


def standing_in_with_their_answers(
    history: pl.DataFrame, wave: pl.DataFrame, yes: NDArray[np.bool_], contract: Contract
) -> NDArray[np.bool_]:
    """Tell who stands in the history by id, if the history holds the wave's own outcomes, though other values beside them.

    Balances move between two exports of one wave. But of those who said yes now, few said yes before: where nearly all
    have a yes in the history, it is the yes of this wave.

    Parameters
    ----------
    history, wave : polars.DataFrame
        Both with the contract's id.
    yes : ndarray of bool, shape (n_wave,)
    contract : Contract

    Returns
    -------
    ndarray of bool, shape (n_wave,)
        All False where the history does not hold this wave.
    """
    name, outcome = str(contract.id_column), contract.outcome
    nobody = np.zeros(wave.height, dtype=bool)
    if outcome.column not in history.columns:
        return nobody
    said = read_outcome(outcome, history[outcome.column], contract.missing).values
    known, ids = history[name], wave[name]
    there, before = _among(ids, known), _among(ids, known.filter(said == outcome.positive))
    again = before[there & yes]
    return there if again.size >= MIN_ROWS_PER_LEVEL and again.mean() > MOST_WHO_SAID_YES_BEFORE else nobody


def apart_from_training(table: ValidTable, test: ValidTable) -> tuple[ValidTable, str]:
    """Leave out of a test table the customers that a model learns from, and say how many rows of it the training table holds.

    Where both tables name customers by id, the same id is the same customer and is left out. The same values before the call
    may be another customer's: such rows judge like all, and are said; under other ids only where they are more than chance
    would give, as many as look like another customer within the training table.

    Parameters
    ----------
    table, test : ValidTable
        To learn from, and to judge by, of the same contract and moment.

    Returns
    -------
    test : ValidTable
        The rows that may judge.
    told : str
        A sentence; "" where the training table holds none of them.

    Raises
    ------
    ValueError
        If the tables are of different contracts or moments.
    DataError
        If those who are left cannot judge: too few, or all of one outcome.
    """
    if (table.contract, table.at) != (test.contract, test.at):
        raise ValueError(
            "The training table and the test table must be checked against the same contract, at the same moment."
        )
    if table.ids is not None and test.ids is not None:
        again = _among(test.ids, table.ids)
    else:
        again = np.zeros(len(test), dtype=bool)
    judges, told = test.rows(~again), []
    if number := int(again.sum()):
        are = some_of(number, len(test), "test rows", "is of a customer", "are of customers")
        told.append(f"{are} in the training table: for them the models know the answer, so they are left out.")
    told += _look_alikes(table, judges)
    _require_judges(judges, " ".join(told))
    return judges, " ".join(told)


def _look_alikes(table: ValidTable, test: ValidTable) -> list[str]:
    """Say how many test rows look like a training row; where ids tell customers apart only if chance gives far fewer."""
    number, chance, most = int(standing_in(table.raw, test.raw, table.contract, by_id=False).sum()), 0.0, 0.0
    under, why = "", "No id tells them from others who look the same"
    if table.ids is not None and test.ids is not None:
        chance = len(test) * _share_of_look_alikes(table)
        most = chance + 3 * math.sqrt(chance + 1)
        under, why = (
            " under another id or none",
            f"By chance they would be about {chance:,.0f}; which they are nobody can tell",
        )
    if number <= most:
        return []
    have = some_of(number, len(test), "test rows", "has", "have")
    return [
        f"{have} the same values before the call as a row of the training table{under}: for customers who are in both, the "
        f"models know the answer and the figures are too good. {why}, so they judge too."
    ]


def _share_of_look_alikes(table: ValidTable) -> float:
    """Say which share of the customers of a table look like another one in it."""
    early = [column for column in table.contract.columns if column.known in ("planning", "dialling")]
    there = [column for column in early if column.name in table.raw.columns]
    customers = _values(table.raw, there).unique()
    looks = customers.select(column.name for column in there if column.role != "id")
    return int(looks.is_duplicated().sum()) / len(customers) if looks.width else 0.0


def _require_judges(test: ValidTable, told: str) -> None:
    outcomes = len(set(test.outcome.tolist()))
    if len(test) < MIN_ROWS or outcomes < 2:
        raise DataError(
            f"{told} {counted(len(test), 'test row')} of {counted(outcomes, 'outcome')} cannot judge.".strip(),
            expected=f"at least {MIN_ROWS} rows of two outcomes, of customers who are not in the training table",
            fix="name a larger test table, or take its customers out of the training table",
        )


def _among(ids: pl.Series, known: pl.Series) -> NDArray[np.bool_]:
    """Tell which ids are known, whatever marks, zeros and capitals they are written with."""
    theirs = _spelled(known).drop_nulls()
    return _spelled(ids).is_in(theirs.implode()).fill_null(False).to_numpy()


def _spelled(ids: pl.Series) -> pl.Series:
    return in_small_letters(bare_ids(ids))


def _values(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Write the columns so that what is equal is equal, ids too."""
    return frame.select(
        _spelled(frame[column.name]).alias(column.name)
        if column.role == "id"
        else _comparable(pl.col(column.name), number=column.kind == "number")
        for column in columns
    )


def _comparable(values: pl.Expr, *, number: bool) -> pl.Expr:
    """Write values so that equal ones are equal, whatever the decimal sign; what cannot be read equals only itself."""
    texts = values.cast(pl.String)
    if not number:
        return texts
    plain = texts.cast(pl.Float64, strict=False)
    comma = texts.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    return pl.coalesce(plain.cast(pl.String), comma.cast(pl.String), texts)

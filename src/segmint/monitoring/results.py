"""What customers of a scored table said, of the results that came back from the call centre."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import distinct
from segmint.contract.cells import as_answered, count_blanks, read_answers
from segmint.contract.contract import Contract
from segmint.contract.ids import bare_ids
from segmint.contract.ledger import say_blanks
from segmint.contract.treatment import nobody_called
from segmint.contract.validate import MIN_ROWS_PER_LEVEL
from segmint.errors import DataError
from segmint.monitoring.codes import (
    Dispositions,
    meanings_of,
)
from segmint.monitoring.early import Early
from segmint.monitoring.met_results import meet, say_repeated
from segmint.monitoring.two_answers import TwoAnswers, answers_in, said_yes
from segmint.wording import capital, counted, some_of

FEWEST_OUTCOMES = 100
"""Customers with an answer from which on a bundle can be judged or moved."""

ENOUGH = f"at least {FEWEST_OUTCOMES} customers with an outcome, {MIN_ROWS_PER_LEVEL} of each answer"
"""What `Answers.enough` asks for, in words."""


class Outcomes(NamedTuple):
    """What customers of a scored table said.

    Attributes
    ----------
    rows : ndarray
        Positions in the scored table of the customers with an outcome.
    said_yes : ndarray of bool
    sentence : str
        Where the result rows went.
    named, strangers : int
        Result rows with an id, and those of customers who are not in the scored table.
    counts : dict
        What was read and what was left out, by name, for JSON; as `segmint measure` counts.
    two_answers : str
        Asks about customers who said both yes and no, who count as yes; "" where they are few.
    """

    rows: NDArray[np.int64]
    said_yes: NDArray[np.bool_]
    sentence: str
    named: int
    strangers: int
    counts: dict[str, dict[str, int]]
    two_answers: str = ""


def require_since(early: Early, whose: str) -> None:
    """Refuse results all of which are of calls before the list, or where the reading of their dates decides which are.

    Parameters
    ----------
    early : Early
    whose : str
        Those whose results count: "scored customers".

    Raises
    ------
    DataError
    """
    early.require_one_reading()
    if early.left_out and early.left_out == early.known:
        raise DataError(
            f"All {counted(early.left_out, 'result')} of {whose} are of calls before the list of {early.since}, as "
            f"'{early.dated_by}' says.",
            expected="results of calls since the day of the list",
            fix="export those, or name the list that these results are of; leave the column of dates out if the calls were "
            "made since all the same",
        )


def outcomes_of(
    scored: pl.DataFrame,
    results: pl.DataFrame,
    contract: Contract,
    codes: Dispositions,
    *,
    since: date | None = None,
    today: date | None = None,
) -> Outcomes:
    """Find what customers of a scored table said who were reached.

    A propensity is that of a contacted customer. Whoever was not reached, or is to be called back, has not answered yet
    and is left out; so are those of a call list who were not called, and whom nobody called as either table says.

    Parameters
    ----------
    scored : polars.DataFrame
        With the id of the contract, a `customer` or a `record` column that the results have too.
    results : polars.DataFrame
        One row per call, with a code; or one row per customer with the contract's outcome column.
    contract : Contract
        Of the bundle that scored: names the id and the outcome, and tells whom nobody called.
    codes : Dispositions
        What the codes mean, and the columns of the customer and the code.
    since : datetime.date, optional
        The day on which the scored list was made: results that a column of dates puts before it are left out.
    today : datetime.date, optional
        Results that a column of dates puts after it count, and are asked about.

    Raises
    ------
    DataError
        If the two cannot be joined, nobody has an outcome, or the dates leave open which calls were made before the list.
    """
    here, there = _keys(scored, results, contract, codes)
    keys = bare_ids(scored[here]).alias("_key")
    met = meet(results, there, keys, codes.code, contract.outcome.column, since=since, today=today)
    early = met.early
    told = (
        results.select(
            met.named,
            _meaning=meaning_of(results, contract, codes),
            _alone=nobody_called(results, contract),
            _day=early.days,
        )
        .filter(~met.aside)
        .sort("_day", maintain_order=True)
        .join(met.pairs, on="_named", maintain_order="left")
        .group_by("_key", maintain_order=True)
        .agg(
            pl.col("_meaning").is_null().all().alias("_open"),
            said_yes(pl.col("_meaning")).max().alias("_yes"),
            # under a number that turned out to be wrong nobody can be called back
            ((pl.col("_meaning") == "call_back").any() & (pl.col("_meaning").drop_nulls().last() != "wrong_number"))
            .fill_null(False)
            .alias("_again"),
            pl.col("_alone").all(),
            **answers_in(pl.col("_meaning")),
        )
    )
    joined = (
        scored.select(keys, _called=_was_called(scored, contract))
        .with_row_index("_row")
        .join(told, on="_key", how="inner", maintain_order="left")
        .with_columns(pl.col("_called") & ~pl.col("_alone"))
    )
    require_since(early, "scored customers")
    if joined.is_empty():
        raise DataError(
            "None of the results belongs to a customer of the scored table.",
            expected=f"ids in '{there}' of the results that stand in '{here}' of the scored table",
            fix="check that the two files belong to the same wave",
        )
    answered = joined.filter("_called", pl.col("_yes").is_not_null())
    customers = pl.Series(customer_groups(scored, contract))
    if answered.is_empty():
        if _told_by_outcome(results, contract, codes):
            raise DataError(
                f"Nobody has an outcome under '{contract.outcome.column}' of the results.",
                expected="answers; where nobody has answered, an empty outcome is no answer whatever the contract says",
                fix="wait for more results",
            )
        raise DataError(
            f"None of the {customers[joined['_row']].n_unique():,} scored customers with a result was called and reached.",
            expected="results that mean success, refused or do_not_call",
            fix="wait for more results, or correct the meaning of the codes",
        )
    left_out = _left_out(joined)
    several = TwoAnswers.of(answered.unique("_key"))
    nameless = f", {met.unnamed:,} without an id" if met.unnamed else ""
    sentence = " ".join(
        (
            f"{counted(results.height, 'result')} read, {met.strangers:,} of customers who are not in the scored table{nameless}; "
            f"{some_of(customers[answered['_row']].n_unique(), customers.n_unique(), 'scored customers', 'has', 'have')} an outcome.",
            *([several.sentence] if several.sentence else []),
            *filter(None, [blanks_read(results, contract, codes)]),
            *early.sentences(early.left_out),
            *filter(None, [say_repeated(met.repeated)]),
            *early.cautions,
            *met.match.said("result"),
            *_say_left_out(left_out, "they were not to be called" if is_call_list(scored) else "nobody called them"),
        )
    )
    return Outcomes(
        answered["_row"].to_numpy().astype(np.int64),
        answered["_yes"].to_numpy(),
        sentence,
        results.height - met.unnamed,
        met.strangers,
        {
            "results": {"read": results.height, "strangers": met.strangers, "without_id": met.unnamed},
            "left_out": {**left_out, "before_the_list": early.left_out, "repeated_results": met.repeated},
        },
        several.caution,
    )


def ids_in(scored: pl.DataFrame, contract: Contract) -> str | None:
    """Name the column with the customers' ids: a call list keeps them as ``customer``, and its ``record`` is a number.

    Parameters
    ----------
    scored : polars.DataFrame
        As `segmint predict` or `segmint target` wrote it.
    contract : Contract

    Returns
    -------
    str or None
        None if there is no such column.
    """
    names = ("customer",) if is_call_list(scored) else (contract.id_column, "customer")
    return next((name for name in names if name and name in scored.columns), None)


def customer_groups(scored: pl.DataFrame, contract: Contract) -> NDArray[np.int64]:
    """Number the customers of a scored table: rows of one id have one outcome, and are one customer."""
    name = ids_in(scored, contract)
    if name is None:
        return np.arange(scored.height)
    ids = bare_ids(scored[name])
    alone = pl.int_range(scored.height, eager=True).cast(pl.String)
    named = pl.select(pl.when(ids.is_not_null()).then("id " + ids).otherwise("row " + alone)).to_series()
    return (named.rank("dense").to_numpy() - 1).astype(np.int64)


class Answers(NamedTuple):
    """How many customers answered, and how many of them said yes and no; rows of one customer are one."""

    customers: int
    said_yes: int
    said_no: int

    @classmethod
    def of(cls, groups: NDArray[np.int64], yes: NDArray[np.bool_]) -> Answers:
        """Count; `groups` says whose each row is, see `customer_groups`."""
        return cls(*(distinct(some).size for some in (groups, groups[yes], groups[~yes])))

    @property
    def enough(self) -> bool:
        """Whether they can say anything of a response rate: fewer of one answer are chance that no interval shows."""
        return self.customers >= FEWEST_OUTCOMES and min(self.said_yes, self.said_no) >= MIN_ROWS_PER_LEVEL

    @property
    def sentence(self) -> str:
        """Say how many said yes and no."""
        return f"{self.said_yes:,} said yes and {self.said_no:,} said no."


def meaning_of(results: pl.DataFrame, contract: Contract, codes: Dispositions) -> pl.Series:
    """Say what each result means; null where there is no outcome yet: a blank, or a word of the contract for no value."""
    outcome = contract.outcome
    if _told_by_outcome(results, contract, codes):
        cells = read_answers(outcome, results[outcome.column], contract.missing)
        if (cells.problem == "unknown_outcome").any():
            raise DataError(
                f"'{outcome.column}' of the results has words that mean no outcome.",
                expected=f"one of {', '.join(outcome.levels)}",
                fix="correct the file, or the words of the contract",
            )
        means = {level: "success" if level == outcome.positive else "refused" for level in outcome.levels}
        return cells.values.replace_strict(means, default=None, return_dtype=pl.String)
    if codes.code not in results.columns:
        raise DataError(
            f"The results have neither '{codes.code}' nor '{outcome.column}'.",
            expected="a column of codes, or the outcome",
            fix=codes.name_the_columns,
        )
    return meanings_of(results, codes, nothing=("", *contract.missing))


def blanks_read(results: pl.DataFrame, contract: Contract, codes: Dispositions) -> str:
    """Say in a sentence how many empty outcomes `meaning_of` takes for what the contract says; "" for none."""
    if not _told_by_outcome(results, contract, codes):
        return ""
    raw = results[contract.outcome.column]
    outcome = as_answered(contract.outcome, raw, contract.missing)
    blanks = say_blanks(count_blanks(outcome, raw), outcome.blank)
    return f"{capital(blanks)}." if blanks else ""


def _told_by_outcome(results: pl.DataFrame, contract: Contract, codes: Dispositions) -> bool:
    return contract.outcome.column in results.columns and codes.code not in results.columns


def _keys(scored: pl.DataFrame, results: pl.DataFrame, contract: Contract, codes: Dispositions) -> tuple[str, str]:
    ids = ids_in(scored, contract)
    pairs = [(ids, contract.id_column), (ids, codes.customer), ("record", "record")]
    for here, there in pairs:
        if here and there and here in scored.columns and there in results.columns:
            return here, there
    wanted = [name for name in (contract.id_column, "customer", "record") if name]
    if ids is not None:
        raise DataError(
            f"The results have no column that names the customers, as '{ids}' of the scored table does.",
            expected=f"one of {', '.join(dict.fromkeys((contract.id_column or codes.customer, codes.customer)))}",
            fix=codes.name_the_columns,
        )
    raise DataError(
        "The results and the scored table have no column that tells whose result it is.",
        expected=f"one of {', '.join(wanted)} in both",
        fix="score with `segmint predict` a table that has such a column, and hand it on to the call centre",
    )


def _was_called(scored: pl.DataFrame, contract: Contract) -> pl.Series:
    """Everyone, but on a call list only those listed, and else nobody who was left alone: what they bought says nothing of a call."""
    return scored["status"] == "listed" if is_call_list(scored) else ~nobody_called(scored, contract)


def is_call_list(scored: pl.DataFrame) -> bool:
    """Whether a table of scored customers is a call list, whose columns segmint has named, not the bank."""
    return {"status", "arm", "suppressed_because", "customer"} <= set(scored.columns)


def _left_out(joined: pl.DataFrame) -> dict[str, int]:
    """Count who has a result and no outcome, by reason."""
    waiting = joined.filter("_called", pl.col("_yes").is_null()).unique("_key")
    again, unknown = int(waiting["_again"].sum()), int(waiting["_open"].sum())
    return {
        "not_reached": waiting.height - again - unknown,
        "call_back": again,
        "no_outcome_yet": unknown,
        "not_called": joined.filter(~pl.col("_called").any().over("_key"))["_key"].n_unique(),
    }


def _say_left_out(left_out: Mapping[str, int], uncalled: str) -> list[str]:
    """Say how many with a result have no outcome, and why."""
    unreached, again, unknown, others = left_out.values()
    said = []
    if unreached + again + unknown:
        said.append(
            f"Left out, as they have not answered: {unreached:,} not reached, {again:,} to be called "
            f"back, {unknown:,} with no outcome yet."
        )
    if others:
        said.append(f"Left out, as {uncalled}: {others:,} with a result.")
    return said

"""ValidTable: rows that met their contract. Only `validate` makes one; everyone downstream trusts it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.cells import Cells, number_cells, read_outcome
from segmint.contract.column import Column, Known, Role
from segmint.contract.contract import Contract
from segmint.contract.copies import copies_told
from segmint.contract.hints import names_customer, plain_name
from segmint.contract.ids import bare_ids, without_id_told
from segmint.contract.ledger import Ledger
from segmint.contract.look import MANY, MAX_LEVELS
from segmint.contract.yes_no import few_yes_told
from segmint.errors import DataError
from segmint.tables.decimal_sign import decimal_of
from segmint.wording import counted, percent, some_of

FEWEST_IDS = 10  # of fewer values nobody can tell whether each customer has one


@dataclass(frozen=True, eq=False, repr=False)
class ValidTable:
    """Accepted rows, typed, with their ledger.

    Attributes
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
        Columns of the contract that are present and known by `at`: numbers as Float64 (never NaN or
        infinite; state codes such as -1 are still there), categories, texts and ids as String, dates as Date;
        null means no value. The outcome, when read, is a String column under its own name.
    raw : polars.DataFrame of shape (n_customers, n_file_columns)
        The same rows as they came, every column of the file, in order.
    records : ndarray of shape (n_customers,)
        Record numbers in the source; the first record after the header is 1.
    flags : polars.Series of String
        For predicting: what is unusual about a row ("job: unseen level; age: out of range"), "" if nothing.
        Never a value.
    contract, at : Contract, {"planning", "dialling", "after_call"}
    ledger : Ledger
        Read = accepted + rejected, and the receipt of how the source was read.
    rejected : ndarray of shape (n_rejected,)
        Record numbers of what was not accepted, in order. Lines without any value have numbers too and are no records.
    rejected_raw : polars.DataFrame of shape (n_rejected_rows, n_file_columns)
        Of one batch, the rows with a value that cannot be accepted, as they came: all of `rejected` but the records
        that are no rows. A joined table holds none, so that a table of bad rows needs no memory.
    """

    frame: pl.DataFrame
    raw: pl.DataFrame
    records: NDArray[np.int64]
    flags: pl.Series
    contract: Contract
    at: Known
    ledger: Ledger
    rejected: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    rejected_raw: pl.DataFrame = field(default_factory=pl.DataFrame)

    def __repr__(self) -> str:
        return f"<ValidTable of {counted(len(self), 'row')}: {self.contract.name}, {self.at}>"

    def __len__(self) -> int:
        return self.frame.height

    def rows(self, chosen: NDArray[np.bool_]) -> ValidTable:
        """Return some of the rows; the ledger and what was rejected stay those of the whole table.

        Raises
        ------
        ValueError
            If `chosen` does not say yes or no of each row.
        """
        chosen = np.asarray(chosen)
        if chosen.shape != (len(self),) or chosen.dtype != bool:
            raise ValueError(
                f"'chosen' must be true or false for each of the {len(self):,} rows. "
                f"Got {chosen.dtype} values of shape {chosen.shape} instead."
            )
        mask = pl.Series(chosen)
        return replace(
            self,
            frame=self.frame.filter(mask),
            raw=self.raw.filter(mask),
            records=self.records[chosen],
            flags=self.flags.filter(mask),
        )

    def numbers(self, name: str) -> Cells:
        """Read any column of the file as numbers, written as the whole table is: its decimal sign, its words for no value.

        A column that the contract knows as a number is as the contract read it; its state codes are no value.

        Raises
        ------
        InputError
            If a number could be read both ways and nobody declared the decimal sign.
        ValueError
            If the file has no such column.
        """
        known = self.contract.by_name.get(name)
        if known is not None and known.kind == "number" and name in self.frame.columns:
            values = self.frame[name]
            if known.states:
                values = values.set(values.is_in(known.codes).fill_null(False), None)
            return Cells.without_problem(values)
        if name not in self.raw.columns:
            raise ValueError(f"The table has no column {name!r}. Choose one of: {', '.join(self.raw.columns)}.")
        missing = self.contract.missing if known is None else self.contract.missing_tokens(known)
        unit = known.unit if known is not None and known.kind == "number" else ""
        numbers = [column.name for column in self.contract.columns if column.kind == "number"]
        return number_cells(self.raw[name], missing, decimal_of(self.ledger.receipt, name, [*numbers, name]), unit)

    def column_of(self, role: Role) -> Column | None:
        """Return the first column of the contract with this role that is in the table: of several, it is the one that counts."""
        return next((c for c in self.contract.columns if c.role == role and c.name in self.frame.columns), None)

    @property
    def features(self) -> tuple[Column, ...]:
        """Feature columns of the contract known by `at` that are in the table."""
        return tuple(column for column in self.contract.features(self.at) if column.name in self.frame.columns)

    @property
    def inputs(self) -> pl.DataFrame:
        """The feature columns only, in the contract's order."""
        return self.frame.select([column.name for column in self.features])

    @property
    def has_outcome(self) -> bool:
        """Whether every row has an outcome."""
        name = self.contract.outcome.column
        return name in self.frame.columns and self.frame[name].null_count() == 0 and self.frame.height > 0

    @property
    def outcome_problems(self) -> pl.Series | None:
        """Why the outcome of a row cannot be read, "missing_outcome" or "unknown_outcome"; null where it can, None without its column."""
        outcome = self.contract.outcome
        if outcome.column not in self.frame.columns:
            return None
        problem = read_outcome(outcome.unanswered, self.raw[outcome.column], self.contract.missing).problem
        return problem.set(self.frame[outcome.column].is_not_null(), None)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what was read and rejected, what the table is good for, how many rows have no id, its share of the yes and whether they are too few, and whether many rows are copies."""
        said = [self.ledger.sentence(), *self.ledger.by_reason(), f"meets the contract '{self.contract.name}'"]
        if not self.contract.reviewed:
            said.append(
                "the contract is a draft: `segmint run`, `segment` and `backtest` refuse it until a person sets "
                "reviewed = true"
            )
        if not self.has_outcome:
            said.append(
                f"nobody's '{self.contract.outcome.column}' is in the table: it can be segmented and predicted, not "
                "learned from"
            )
        return (*said, *self._without_id(), *self._share_of_yes(), *filter(None, [copies_told(self.raw)]))

    def _without_id(self) -> list[str]:
        return [] if self.ids is None else list(filter(None, [without_id_told(bare_ids(self.ids))]))

    def _share_of_yes(self) -> list[str]:
        outcome = self.contract.outcome
        if outcome.positive is None or not self.has_outcome:
            return []
        yes = int((self.outcome == outcome.positive).sum())
        share = f"{yes:,} of {len(self):,} rows ({percent(yes / len(self))}) have the outcome '{outcome.positive}'"
        return [share, *filter(None, [few_yes_told(yes)])]

    @property
    def outcome(self) -> NDArray[np.str_]:
        """The outcome of each row, as a level of the contract; shape (n_customers,).

        Raises
        ------
        DataError
            If the table has no outcome, or not of every row.
        """
        self._require_outcome()
        return self.frame[self.contract.outcome.column].to_numpy().astype(str)

    def _require_outcome(self) -> None:
        name = self.contract.outcome.column
        without = self.frame[name].null_count() if name in self.frame.columns else len(self)
        if without or name not in self.frame.columns:
            raise DataError(
                f"{some_of(without, len(self), 'rows', 'has', 'have')} no outcome: the column '{name}' is "
                f"{'empty there' if name in self.frame.columns else 'not in the table'}.",
                expected=f"an outcome in each row: {', '.join(self.contract.outcome.levels)}",
                fix="learn from, and compare models on, customers who have answered; leave the others out",
            )

    @property
    def ids(self) -> pl.Series | None:
        """The customer ids as they came, if the contract has an id column and the table holds it."""
        name = self.contract.id_column
        return self.frame[name] if name is not None and name in self.frame.columns else None

    @property
    def unread_ids(self) -> str | None:
        """The first column that looks like ids and that the contract does not know, where the contract has no id column."""
        if self.contract.id_column is not None:
            return None
        known = {*self.contract.by_name, self.contract.outcome.column}
        return next((name for name in self.raw.columns if name not in known and self._looks_like_ids(name)), None)

    def _looks_like_ids(self, name: str) -> bool:
        plain, values = plain_name(name), self.raw[name].drop_nulls()
        if not (plain == "id" or names_customer(plain)) or len(values) < FEWEST_IDS:
            return False
        # the rows of a customer who was called twice have one id
        return values.n_unique() > min(MAX_LEVELS, MANY * len(values))


def concatenate(batches: Iterable[ValidTable]) -> ValidTable:
    """Join the batches of one table; at least one."""
    tables = [replace(batch, rejected_raw=pl.DataFrame()) for batch in batches]
    first = tables[0]
    return ValidTable(
        frame=pl.concat([table.frame for table in tables]),
        raw=pl.concat([table.raw for table in tables], how="vertical_relaxed"),
        records=np.concatenate([table.records for table in tables]),
        flags=pl.concat([table.flags for table in tables]),
        contract=first.contract,
        at=first.at,
        ledger=reduce(add, (table.ledger for table in tables)),
        rejected=np.concatenate([table.rejected for table in tables]),
    )


def require_valid_table(table: object) -> None:
    """Refuse a frame where a table is needed that was held against a contract.

    Raises
    ------
    TypeError
        If it is anything but a ValidTable.
    """
    if not isinstance(table, ValidTable):
        raise TypeError(
            f"A ValidTable is needed, a table that was held against its contract. Got {type(table).__name__} instead. "
            "Next: table = segmint.check(frame, contract)"
        )

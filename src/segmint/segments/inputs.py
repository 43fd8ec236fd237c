"""What segments are made from: the columns that describe a customer, chosen by role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import distinct
from segmint.contract.cells import as_text
from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError
from segmint.splits.groups import row_customers
from segmint.tables.frame_source import frame_of

SEGMENT_ROLES = frozenset({"characteristic", "holding", "interest", "history"})


@dataclass(frozen=True)
class SegmentInputs:
    """Columns that may make a segment.

    Attributes
    ----------
    frame : polars.DataFrame of shape (n_customers, n_columns)
        Numbers as Float64, categories as String; null means no value.
    columns : tuple of Column
        What the contract says of each, in the frame's order; `missing` holds the words that mean "no value" in the table as
        it comes.
    customers : ndarray of int of shape (n_rows,), optional
        Whose row each is; without it every row is a customer.
    """

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    customers: NDArray[np.int64] | None = None

    def rows(self, indices: pl.Series | list[int]) -> SegmentInputs:
        """The same columns for some of the customers."""
        whose = None if self.customers is None else self.customers[np.asarray(indices)]
        return SegmentInputs(self.frame[indices], self.columns, whose)

    def in_order(self, told: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Order the rows by what is known of each, so that what is drawn by place is drawn alike however a table is sorted.

        Parameters
        ----------
        told : ndarray of int of shape (n_rows,), optional
            What else tells rows apart: how they responded, or their segment.

        Returns
        -------
        ndarray of shape (n_rows,)
            Positions; rows that change places are alike in all of it.
        """
        more = [pl.Series(each) for each in (told, self.customers) if each is not None]
        known = pl.DataFrame([each.alias(str(place)) for place, each in enumerate([*self.frame, *more])])
        return known.select(pl.arg_sort_by(known.columns, maintain_order=True)).to_series().to_numpy().astype(np.int64)

    def described(self) -> int:
        """Count the customers who have any value."""
        if not self.columns:
            return 0
        there = self.frame.select(pl.any_horizontal(pl.all().is_not_null())).to_series().to_numpy()
        return int(there.sum()) if self.customers is None else len(distinct(self.customers[there]))


def segment_inputs(table: ValidTable, *, leave_out_sensitive: bool = False) -> SegmentInputs:
    """Choose the columns that may make a segment.

    Characteristics, holdings, interests and history that are known at planning; never the outcome, the economy or the
    calendar, nor anything that is known only once the call is placed: a segment must be reachable before the call.

    Parameters
    ----------
    table : ValidTable
    leave_out_sensitive : bool
        Leave out columns marked sensitive, such as age or marital status.

    Raises
    ------
    DataError
        If fewer than two columns are left.
    """
    columns = tuple(
        column.model_copy(update={"missing": table.contract.missing_tokens(column)})
        for column in table.features
        if column.role in SEGMENT_ROLES
        and column.known == "planning"
        and not (leave_out_sensitive and column.sensitive)
    )
    if len(columns) < 2:
        raise DataError(
            f"Segments need at least two describing columns; {len(columns)} came.",
            expected="two or more columns with the role characteristic, holding, interest or history, "
            "known at planning",
            fix="give more columns such a role in the contract"
            + (", or keep the sensitive ones" if leave_out_sensitive else ""),
        )
    return SegmentInputs(table.frame.select([column.name for column in columns]), columns, row_customers(table))


def sensitive_inputs(contract: Contract) -> list[Column]:
    """Return the sensitive columns that may make segments."""
    return [column for column in contract.features("planning") if column.sensitive and column.role in SEGMENT_ROLES]


def left_out_in_vain(contract: Contract, *, leave_out_sensitive: bool) -> str:
    """Say that no sensitive column is there to be left out; empty where one is, or where none is to be."""
    if not leave_out_sensitive or sensitive_inputs(contract):
        return ""
    return (
        "no sensitive column is left out of the segments, as the contract marks none that may make them: mark age, gender and "
        "the like there with sensitive = true"
    )


def as_inputs(frame: Any) -> SegmentInputs:
    """Take every column of a Polars, pandas or Arrow table as a describing one: numbers by their type, all others as categories.

    A named index of pandas describes nobody; inputs are handed back as they are.
    """
    if isinstance(frame, SegmentInputs):
        return frame
    frame = frame_of(frame, named_index=False)
    columns = tuple(
        Column(
            name=name,
            kind="number" if dtype.is_numeric() else "category",
            role="characteristic",
            label=name.replace("_", " ").lower(),
        )
        for name, dtype in frame.schema.items()
    )
    typed = frame.select(
        pl.col(column.name).cast(pl.Float64).fill_nan(None)
        if column.kind == "number"
        else as_text(frame[column.name], column.name)
        for column in columns
    )
    return SegmentInputs(typed, columns)

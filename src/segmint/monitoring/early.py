"""Which results and purchases were made before the day of the list, to which they are no answer."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_
from typing import Literal, NamedTuple

import polars as pl

from segmint.contract.dates import days_in_each_reading, readings_of
from segmint.contract.event_dates import ask_of_days_ahead, dated_by
from segmint.errors import DataError
from segmint.wording import counted, percent, some_of

_IS_EARLY = {
    "result": ("result is of a call", "results are of calls"),
    "purchase": ("purchase was made", "purchases were made"),
}
_MANY, _MANY_SHARE = 10, 0.05
_SINCE = {"result": "of calls since the list", "purchase": "made since the list"}


class Early(NamedTuple):
    """Rows of before the list, of which they are no answer.

    Attributes
    ----------
    event : {"result", "purchase"}
        What the rows are.
    rows : polars.Series of Boolean
    days : polars.Series of Date
        When each was made; null where nothing tells.
    dated_by : str or None
        The column of dates; None where no column is called so.
    since : datetime.date or None
        The day of the list.
    known, left_out : int
        Rows of customers who count, and those of them that are of before the list.
    doubtful : int
        Rows of customers who count that another reading of the dates puts on the other side of the list.
    undated : int
        Rows of customers who count without a date that can be read: they count too, with a caution where they are many.
    readings : str
        How the dates can be read, the way that was taken first; "" if in one way only.
    ahead : str
        Asks whether days after today are right, which count; "" if there are none.
    """

    event: Literal["result", "purchase"]
    rows: pl.Series
    days: pl.Series
    dated_by: str | None
    since: date | None
    known: int
    left_out: int = 0
    doubtful: int = 0
    undated: int = 0
    readings: str = ""
    ahead: str = ""

    def require_one_reading(self) -> None:
        """Refuse dates of which each reading leaves out other rows of customers who count.

        Raises
        ------
        DataError
        """
        if self.doubtful:
            raise DataError(
                f"The dates under '{self.dated_by}' of the {self.event}s can be read as {self.readings}, and whether "
                f"{some_of(self.doubtful, self.known, f'{self.event}s', 'is', 'are')} from before the list of {self.since} depends on it.",
                expected="dates that can be read in one way, such as 2026-03-14 or 14.03.2026",
                fix=f"write the year first; leave the column of dates out if the {self.event}s are all {_SINCE[self.event]}",
            )

    @property
    def _many_undated(self) -> bool:
        return self.undated >= _MANY and self.undated > _MANY_SHARE * self.known

    @property
    def cautions(self) -> tuple[str, ...]:
        """Ask whether days after today are right, and whether many rows without a date are since the list."""
        said = []
        if self._many_undated:
            events, many = f"{self.event}s of customers on the list", percent(self.undated / self.known, 0)
            said.append(
                f"{some_of(self.undated, self.known, events, 'has', 'have')} no date that can be read under '{self.dated_by}' ({many}), and "
                f"count as {_SINCE[self.event]}: those of before it would count too. Write the dates as 2026-03-14."
            )
        return (*said, *([self.ahead] if self.ahead else []))

    def sentences(self, left_out: int) -> list[str]:
        """Say that so many are left out, how many have no date, and how else the dates can be read."""
        said = []
        if left_out:
            early = counted(left_out, *_IS_EARLY[self.event])
            said.append(f"{early} before the list of {self.since}, as '{self.dated_by}' says, and left out.")
        if self.undated and not self._many_undated:
            undated = counted(self.undated, f"{self.event} without a date", f"{self.event}s without a date")
            counts = "counts" if self.undated == 1 else "count"
            said.append(f"{undated} that can be read under '{self.dated_by}' {counts} as {_SINCE[self.event]}.")
        if self.readings:
            said.append(
                f"The dates under '{self.dated_by}' of the {self.event}s can be read as {self.readings}: the first was taken. "
                "Write the year first."
            )
        return said


def made_before(
    table: pl.DataFrame,
    event: Literal["result", "purchase"],
    since: date | None,
    *,
    known: pl.Series | None,
    today: date | None,
) -> Early:
    """Find the rows of before the day of the list, where a column is plainly named as their date.

    Parameters
    ----------
    table : polars.DataFrame
        Without columns that are known to be something else.
    event : {"result", "purchase"}
        What the rows are.
    since : datetime.date or None
        The day of the list; None where nobody knows it.
    known : polars.Series of Boolean or None
        Rows of customers who count; all if None.
    today : datetime.date or None
        Days after it are asked about.
    """
    known = pl.Series([True]).new_from_index(0, table.height) if known is None else known
    column = dated_by(table, event)
    undated = pl.Series([None], dtype=pl.Date).new_from_index(0, table.height)
    days, *others = (undated,) if column is None else days_in_each_reading(table[column])
    ahead = ask_of_days_ahead(days, column, today, event=event)
    none = pl.Series([False]).new_from_index(0, table.height)
    if column is None or since is None:
        return Early(event, none, days, column, since, int(known.sum()), ahead=ahead)
    early, *otherwise = ((each < since).fill_null(False) for each in (days, *others))
    doubtful = reduce(or_, (other != early for other in otherwise), none)
    return Early(
        event,
        early,
        days,
        column,
        since,
        known=int(known.sum()),
        left_out=int((early & known).sum()),
        doubtful=int((doubtful & known).sum()),
        undated=int((days.is_null() & known).sum()),
        readings=readings_of(table[column]),
        ahead=ahead,
    )

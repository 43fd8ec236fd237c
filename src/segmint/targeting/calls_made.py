"""The calls that customers have had: who must rest, and who has been called often enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from segmint.contract.contract import Contract
from segmint.contract.dates import days_of, readings_of
from segmint.contract.event_dates import NAMES_OF_DATES, dated_by
from segmint.contract.header import columns_told
from segmint.contract.ids import same_ids
from segmint.contract.yes_no import bare_words
from segmint.errors import PolicyError
from segmint.targeting.named_files import any_given, first_named, id_columns_of, ids_of, nobody, read_whole, texts_of
from segmint.targeting.policy import ContactPolicy
from segmint.wording import Said, Term, counted


def read_calls(path: Path | str, contract: Contract) -> pl.DataFrame:
    """Read the history of calls, one row for each: customer, date, campaign (null where the file says none).

    Raises
    ------
    PolicyError
        If the file cannot be used, a record has no id or no date, or the dates can be read in two ways.
    """
    frame = read_whole(path)
    name = Path(path).name
    id_columns = id_columns_of(frame, contract.id_column)
    day_column = dated_by(frame, "call")
    if contract.id_column is None or not id_columns or day_column is None:
        missing = "a date" if id_columns and contract.id_column else "a customer id the table has too"
        raise PolicyError(
            f"The history '{name}' does not say {missing}.",
            expected=f"an id column as in the contract, and a date ({NAMES_OF_DATES['call']}), among {columns_told(frame)}",
            fix="name the columns in the file's first line",
        )
    campaign = first_named(frame, ("campaign",))
    ids = [ids_of(frame[column], name) for column in id_columns]
    _require_one_reading(frame[day_column], name)
    days = _days(frame[day_column])
    if useless := int((~any_given(ids, frame.height) | days.is_null()).sum()):
        raise PolicyError(
            f"The history '{name}' has {counted(useless, 'record')} without an id or a date under '{day_column}'"
            f"{_shape_of_first(frame[day_column], days)}.",
            expected="an id and a date such as 2026-03-14 or 14.03.2026 in every record",
            fix="correct these records: each might be a customer who must rest",
        )
    said = texts_of(frame[campaign], name) if campaign else nobody(days)
    made = pl.DataFrame({"date": days, "campaign": said}).with_row_index("call")
    made = made.with_columns(campaign=pl.when(pl.col("campaign") != "").then("campaign"))
    calls = pl.concat([made.with_columns(customer=each.alias("customer")) for each in ids])
    # whom two columns name was called once
    once = calls.drop_nulls("customer").unique(["call", "customer"], maintain_order=True)
    return once.select("customer", "date", "campaign")


def _days(values: pl.Series) -> pl.Series:
    days = days_of(values)
    if isinstance(values.dtype, pl.Date | pl.Datetime):
        return days
    # whatever stands behind the year, month and day, and beside dates that are written otherwise
    return days.fill_null(
        values.cast(pl.String).str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    )


def _require_one_reading(values: pl.Series, file: str) -> None:
    if readings := readings_of(values):
        raise PolicyError(
            f"The dates under '{values.name}' of the history '{file}' can be read as {readings}.",
            expected="dates that can be read in one way, such as 2026-03-14 or 14.03.2026",
            fix="write the year first: each might be a call to a customer who must rest",
        )


def _shape_of_first(values: pl.Series, days: pl.Series) -> str:
    """Say how the first text is written that is no date; its digits and letters are nobody's business."""
    texts = values.cast(pl.String).str.strip_chars()
    strange = texts.filter(days.is_null() & (texts != ""))
    if strange.is_empty():
        return ""
    shape = re.sub(r"[^\W\d_]", "x", re.sub(r"[0-9]", "9", strange[0][:20]))
    return f"; the first that is none is written like '{shape}'"


def of_table(calls: pl.DataFrame, customers: pl.Series) -> pl.DataFrame:
    """Name the customers of a history as the table does."""
    pairs = same_ids(calls["customer"], customers)
    found = calls.join(pairs, left_on="customer", right_on="named", how="left", maintain_order="left")
    return found.with_columns(customer=pl.coalesce("known", "customer")).drop("known")


def spent_by(customers: pl.Series, calls: pl.DataFrame | None, policy: ContactPolicy) -> pl.Series:
    """Count the calls of this campaign that each customer has had."""
    if calls is None:
        return pl.Series("spent", np.zeros(len(customers), dtype=np.int64))
    mine = calls.filter(calls["campaign"].is_null() | _of_campaign(calls, policy))
    counted = mine.group_by("customer").len("spent")
    found = customers.to_frame("customer").join(counted, on="customer", how="left", maintain_order="left")
    return found["spent"].fill_null(0).cast(pl.Int64)


def _of_campaign(calls: pl.DataFrame, policy: ContactPolicy) -> pl.Series:
    """Tell which calls were made for this campaign, however the history spells it; null where it names none."""
    named, key = calls["campaign"], campaign_key(policy.campaign)
    mine = [name for name in named.drop_nulls().unique() if campaign_key(name) == key]
    return named.is_in(pl.Series(mine, dtype=pl.String).implode())


def campaign_key(name: str) -> str:
    """Write the name of a campaign so that spellings of one meet: capitals and blanks do not count, and 2026.0 is 2026."""
    return str(bare_words(pl.Series([" ".join(name.split()).casefold()]))[0])


def of_no_call(file: str, calls: pl.DataFrame, policy: ContactPolicy) -> str:
    """Say that a history names campaigns, and never this one."""
    named = calls["campaign"].count()
    if policy.attempts is None or not named or _of_campaign(calls, policy).any():
        return ""
    return Said(
        f"{f'none of the {named:,} calls' if named > 1 else 'not the one call'} in '{file}' that name{'s' * (named == 1)} a campaign is of '{policy.campaign}', so `attempts` does not count "
        "them; if calls were made for it, write ",
        Term("policy.campaign"),
        " as the history does",
    )


def earlier_calls(
    customers: pl.Series, calls: pl.DataFrame, spent: pl.Series, policy: ContactPolicy, today: date
) -> Iterator[tuple[pl.Series, str]]:
    """Say who must rest after a call, and who has been called as often as the policy allows; each with the reason."""
    if policy.rest_days:
        recent = calls.filter(
            pl.col("date").is_between(today - timedelta(days=policy.rest_days), today, closed="right")
        )["customer"]
        yield customers.is_in(recent.implode()), f"called within the last {policy.rest_days} days"
        # a wrong year hides when the call was made: nobody knows that the customer has rested
        yield customers.is_in(_later(calls, today).implode()), f"called after {today}, as the history says"
    if policy.attempts is not None:
        yield spent >= policy.attempts, f"called {policy.attempts} times in this campaign"


def _later(calls: pl.DataFrame, today: date) -> pl.Series:
    """Whom the history says was called on a day that has not come."""
    return calls.filter(pl.col("date") > today)["customer"]


def not_yet_made(file: str, calls: pl.DataFrame, customers: pl.Series, policy: ContactPolicy, today: date) -> str:
    """Say that a history has calls after today, whose customers are kept off while days of rest are asked; "" if none."""
    off = customers.filter(customers.is_in(_later(calls, today).implode())).n_unique() if policy.rest_days else 0
    if not off:
        return ""
    return (
        f"{counted(off, 'customer has', 'customers have')} a call after {today} in '{file}': are the years right, and day and "
        "month in their places? They are kept off the list until that file is corrected"
    )

"""Who was on an earlier list and is not on this one, by name and with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from segmint.contract.cells import number_cells
from segmint.contract.ids import IdMatch, bare_ids, match_ids
from segmint.errors import PolicyError
from segmint.targeting.call_list import STATUS_WORDS, CallList
from segmint.targeting.named_files import read_whole
from segmint.wording import Said, Term, counted

GONE = "not in the table any more"
COLUMNS = ("customer", "rank_before", "status", "because", "propensity", "expected_profit")


@dataclass(frozen=True)
class Dropped:
    """Who drops out since an earlier list.

    Attributes
    ----------
    rows : polars.DataFrame
        customer, rank_before, status and because (of now), propensity, expected_profit; by their rank before.
    met : IdMatch
        Whom of now the earlier list names; an id that could be of several is compared with none.
    """

    rows: pl.DataFrame
    met: IdMatch

    @property
    def sentences(self) -> tuple[str, ...]:
        """How the ids of the earlier list met those of now, where zeros before them were lost, or capitals differ."""
        return self.met.said("customer", of=" of the earlier list")


def read_earlier_list(path: Path) -> pl.DataFrame:
    """Read whom an earlier list called: customer and rank.

    Parameters
    ----------
    path : Path
        ``call_list.parquet``, or what another program saved from it.

    Raises
    ------
    PolicyError
        If the file cannot be read whole, or is no call list.
    """
    frame, name = read_whole(path), Path(path).name
    if not {"customer", "status", "rank"} <= set(frame.columns):
        raise PolicyError(
            f"'{name}' is no call list.",
            expected="a call_list.parquet with customer, status and rank",
            fix=Said("correct ", Term("policy.compare_with")),
        )
    listed = frame.filter(pl.col("status") == "listed")
    return listed.select(bare_ids(listed["customer"]), _ranks(listed["rank"], name).alias("rank_before"))


def _ranks(told: pl.Series, file: str) -> pl.Series:
    """Read ranks as numbers: a text file or workbook keeps them as texts."""
    read = number_cells(told)
    wrong = read.problem.is_not_null() | (read.values % 1 != 0).fill_null(False)
    if wrong.any():
        raise PolicyError(
            f"'rank' of '{file}' has {counted(int(wrong.sum()), 'value that is', 'values that are')} no whole number.",
            expected="the ranks of a call_list.parquet",
            fix=Said(
                "correct the file, or name the call_list.parquet that it was saved from: ", Term("policy.compare_with")
            ),
        )
    return read.values.cast(pl.Int64)


def dropped_since(earlier: pl.DataFrame, call_list: CallList) -> Dropped:
    """Name who was to be called before and is not now.

    With one budget and equal costs a larger budget drops nobody; with quotas, capacities or unequal costs it can.

    Parameters
    ----------
    earlier : polars.DataFrame
        From `read_earlier_list`.
    call_list : CallList

    Returns
    -------
    Dropped
    """
    now = (
        call_list.rows.filter(pl.col("customer").is_not_null())
        .sort(pl.col("status") == "listed", descending=True, maintain_order=True)
        .unique("customer", keep="first", maintain_order=True)
        .select("customer", "status", "suppressed_because", "propensity", "expected_profit")
    )
    met = match_ids(earlier["customer"], now["customer"])
    known = met.pairs.unique("named", keep="first", maintain_order=True).rename({"named": "customer"})
    joined = (
        earlier.filter(~pl.col("customer").is_in(list(met.unclear)).fill_null(False))
        .join(known, on="customer", how="left", maintain_order="left")
        .with_columns(customer=pl.coalesce("known", "customer"))
        .join(now, on="customer", how="left", maintain_order="left")
    )
    gone = joined.filter(pl.col("status").fill_null("") != "listed")
    words = pl.col("status").replace_strict(STATUS_WORDS, default=GONE, return_dtype=pl.String)
    because = pl.coalesce(pl.when(pl.col("status") == "suppressed").then("suppressed_because"), words, pl.lit(GONE))
    rows = gone.with_columns(because=because).select(COLUMNS).sort("rank_before")
    return Dropped(rows, met)

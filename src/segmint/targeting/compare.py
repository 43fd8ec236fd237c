"""Who was on an earlier list and is not on this one, by name and with the reason."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from segmint.contract.ids import bare_ids
from segmint.errors import PolicyError, why
from segmint.targeting.call_list import STATUS_WORDS, CallList

GONE = "not in the table any more"
COLUMNS = ("customer", "rank_before", "status", "because", "propensity", "expected_profit")


def read_earlier_list(path: Path) -> pl.DataFrame:
    """Read whom an earlier list called: customer and rank.

    Raises
    ------
    PolicyError
        If the file is missing or is no call list.
    """
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise PolicyError(
            f"The earlier list '{path}' cannot be read: {why(error)}.",
            expected="a call_list.parquet",
            fix="correct policy.compare_with",
        ) from error
    if not {"customer", "status", "rank"} <= set(frame.columns):
        raise PolicyError(
            f"'{Path(path).name}' is no call list.",
            expected="a call_list.parquet with customer, status and rank",
            fix="correct policy.compare_with",
        )
    listed = frame.filter(pl.col("status") == "listed")
    return listed.select(bare_ids(listed["customer"]), pl.col("rank").cast(pl.Int64).alias("rank_before"))


def dropped_since(earlier: pl.DataFrame, call_list: CallList) -> pl.DataFrame:
    """Name who was to be called before and is not now.

    With one budget and equal costs a larger budget drops nobody; with quotas, capacities or unequal costs it can.

    Parameters
    ----------
    earlier : polars.DataFrame
        From `read_earlier_list`.
    call_list : CallList

    Returns
    -------
    polars.DataFrame
        customer, rank_before, status and because (of now), propensity, expected_profit; by their rank before.
    """
    order = pl.col("status") == "listed"
    now = (
        call_list.rows.filter(pl.col("customer").is_not_null())
        .sort(order, descending=True, maintain_order=True)
        .unique("customer", keep="first", maintain_order=True)
        .select("customer", "status", "suppressed_because", "propensity", "expected_profit")
    )
    joined = earlier.join(now, on="customer", how="left", maintain_order="left")
    gone = joined.filter(pl.col("status").fill_null("") != "listed")
    words = pl.col("status").replace_strict(STATUS_WORDS, default=GONE, return_dtype=pl.String)
    because = pl.coalesce(pl.when(pl.col("status") == "suppressed").then("suppressed_because"), words, pl.lit(GONE))
    return gone.with_columns(because=because).select(COLUMNS).sort("rank_before")

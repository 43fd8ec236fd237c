"""Lists of one campaign that were made before in the folder of runs: whom they call, a new one does not leave out by itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from filecmp import cmp
from functools import lru_cache
from itertools import islice
from pathlib import Path

import polars as pl

from segmint.contract.ids import are_among
from segmint.errors import RunError
from segmint.store.run import Run
from segmint.store.run_files import LIST
from segmint.targeting.policy import ContactPolicy, ContactRules
from segmint.targeting.suppress import UNNAMED, Doubt

NEWEST = 10  # lists of a campaign that are looked into


def shared_customers(
    runs: Sequence[Run], policy: ContactPolicy, customers: pl.Series, who: str, *, by_id: bool, table: str
) -> list[Doubt]:
    """Say that customers are called by a finished list of the same campaign, and that no rule leaves them out.

    A history with `rest_days` or `attempts` is such a rule, and so is the list itself, or a copy of it, in `other_lists`.

    Parameters
    ----------
    runs : sequence of Run
        Newest first.
    policy : ContactPolicy
    customers : polars.Series of String
        Whom a list calls or may call, as `customers_of` names them.
    who : str
        What they are to the list: "who may be called".
    by_id : bool
        Whether these names are ids; the number of a record is somebody else in another table.
    table : str
        The fingerprint of their table.
    """
    if policy.counts_calls:
        return []
    made = (run for run in runs if run.record["command"] == "target" and run.status == "done")
    of_campaign = (run for run in made if _campaign(run.folder) == _plain(policy.campaign))
    for run in islice(of_campaign, NEWEST):
        called = _called(run.folder)
        if table not in (run.record.get("inputs") or {}).values():
            called = called.filter(~called.str.starts_with(UNNAMED) & by_id)
        both = int(are_among(customers, called).sum())
        if both and not any(_is_copy(path, run.folder / LIST) for path in policy.other_lists):
            return [_said(run, policy.campaign, f"{both:,} of the {len(customers):,} {who}", by_id=by_id)]
    return []


def _said(run: Run, campaign: str, who: str, *, by_id: bool) -> Doubt:
    day = datetime.fromisoformat(str(run.record["made"]))
    fix = (
        f"if both are used, name {LIST} of the run {run.id} in policy.other_lists, or the calls made as policy.history"
        if by_id
        else "without an id in the contract no rule can leave them out, so use one of the two"
    )
    return Doubt(
        title=f"A list of the campaign '{campaign}' was made before",
        sentence=f"{who} are called by the list of {day:%d %b %Y, %H:%M} UTC too, and are not left out of this one; {fix}",
    )


def _campaign(folder: Path) -> str | None:
    """The campaign of a finished list; None where its settings cannot be read."""
    with suppress(OSError, ValueError, AttributeError, RunError):
        return _campaign_in(folder)
    return None


def _called(folder: Path) -> pl.Series:
    """The customers that a finished list calls; nobody where it cannot be read."""
    with suppress(OSError, pl.exceptions.PolarsError):
        return _called_in(folder)
    return pl.Series("customer", [], dtype=pl.String)


# what raises is not kept: a list that cannot be read now may be there again in a moment
@lru_cache(maxsize=1000)
def _campaign_in(folder: Path) -> str:
    said = Run.open(folder).settings.get("policy", {})
    return _plain(str(said.get("campaign", ContactRules().campaign)))


@lru_cache(maxsize=NEWEST)
def _called_in(folder: Path) -> pl.Series:
    rows = pl.read_parquet(folder / LIST, columns=["customer", "status"])
    return rows.filter(pl.col("status") == "listed")["customer"].cast(pl.String)


def _plain(campaign: str) -> str:
    return " ".join(campaign.split()).casefold()


def _is_copy(path: Path, of: Path) -> bool:
    try:
        return path.stat().st_size == of.stat().st_size and cmp(path, of, shallow=False)
    except OSError:  # whoever reads the files says what is wrong with one
        return False

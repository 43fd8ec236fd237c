"""Lists of one campaign that were made before in the folder of runs: whom they call, a new one does not leave out by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from filecmp import cmp
from functools import lru_cache
from itertools import islice
from pathlib import Path

import polars as pl

from segmint.contract.ids import are_among
from segmint.errors import RunError
from segmint.monitoring.joined import ARMS
from segmint.store.run import Run
from segmint.store.run_files import LIST
from segmint.targeting.calls_made import campaign_key
from segmint.targeting.holdout import PowerCalculation, plan_holdout
from segmint.targeting.policy import ContactPolicy, ContactRules
from segmint.targeting.suppress import UNNAMED, Doubt
from segmint.wording import Said, Term, some_named, without_stop

NEWEST = 10  # lists of a campaign that are looked into
MOST_NAMED = 3  # so many of them are named


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
    left_out = policy.other_lists
    kept = (
        run
        for run in _lists_of(runs, policy.campaign)
        if not any(_is_copy(path, run.folder / LIST) for path in left_out)
    )
    met = _met(kept, customers, ("listed",), by_id=by_id, table=table)
    return [_said(met, policy.campaign, who, by_id=by_id)] if met.lists else []


def held_out_again(
    runs: Sequence[Run], policy: ContactPolicy, rows: pl.DataFrame, power: PowerCalculation, *, by_id: bool, table: str
) -> list[Doubt]:
    """Say that customers held out stand on a finished list of the same campaign, and what the others can show.

    Parameters
    ----------
    runs, policy, by_id, table
        As `shared_customers` takes them.
    rows : polars.DataFrame
        The call list.
    power : PowerCalculation
        What all of its customers can show.
    """
    lists = list(_lists_of(runs, policy.campaign))
    called, held = (
        _met(lists, rows.filter(status=arm)["customer"], ARMS, by_id=by_id, table=table)
        for arm in ("listed", "held_out")
    )
    if not held.lists:
        return []
    again = _met(lists, rows.filter(status="held_out")["customer"], ("held_out",), by_id=by_id, table=table)
    one, as_now = held.who.sum() == 1, (again.who == held.who).all()
    were = f"{'was' if one else 'were'} held out" if as_now else f"{'stands' if one else 'stand'}"
    new = [len(met.who) - int(met.who.sum()) for met in (called, held)]
    gone = [arm for arm, left in zip(("called", "held out"), new, strict=True) if not left]
    left = f", and then nobody {' or '.join(gone)} would be left to measure by"
    then = [left] if gone else [". ", without_stop(plan_holdout(power.base_rate, *new).sentence)]
    return [
        Doubt(
            title="Customers held out were part of the campaign before",
            sentence=Said(
                f"{held.of('held out')} {were} on {held.named} {'as well' if as_now else 'too'}; if that was used, "
                "segmint measure leaves them out with --earlier",
                *then,
            ),
        )
    ]


def called_though_held_out(
    runs: Sequence[Run], policy: ContactPolicy, called: pl.Series, *, by_id: bool, table: str
) -> list[Doubt]:
    """Say that customers to be called are held out by a finished list of the same campaign: the draw was another one there.

    Parameters
    ----------
    runs, policy, by_id, table
        As `shared_customers` takes them.
    called : polars.Series of String
        Whom the list calls.
    """
    met = _met(_lists_of(runs, policy.campaign), called, ("held_out",), by_id=by_id, table=table)
    if not met.lists:
        return []
    one = met.who.sum() == 1
    return [
        Doubt(
            title="Customers held out before are to be called",
            sentence=Said(
                f"{met.of('to be called')} {'was' if one else 'were'} held out on {met.named}: once called, "
                f"{'that customer shows' if one else 'they show'} no more what happens without a call. The draw goes by the ids and the campaign "
                "as they are written, capitals too, by ",
                Term("policy.hash_key"),
                " and ",
                Term("policy.holdout_share"),
                f": if that list was used, write and set them as it did, or name its {LIST} in ",
                Term("policy.other_lists"),
            ),
        )
    ]


def spelt_otherwise(runs: Sequence[Run], policy: ContactPolicy) -> list[Doubt]:
    """Say that the campaign's first list spells it otherwise: who is held out is drawn by the name as it is written.

    Parameters
    ----------
    runs : sequence of Run
        Newest first.
    policy : ContactPolicy
    """
    # the first, so that who goes back to its spelling is told no more
    *_, first = (None, *_lists_of(runs, policy.campaign))
    there = policy.campaign if first is None else _spelling(first.folder)
    if first is None or there == policy.campaign or not policy.holdout_share:
        return []
    return [
        Doubt(
            title="The campaign was spelt otherwise before",
            sentence=Said(
                f"{_named(first)} is of the same campaign and spells it '{there}', this one '{policy.campaign}': who is held out is "
                f"drawn by the name as it is written, so this list may call those who are held out there; write ",
                Term("policy.campaign"),
                f" as '{there}'",
            ),
        )
    ]


def unnamed_lists(runs: Sequence[Run], own: Sequence[str], since: Run, compared: pl.Series) -> str:
    """Say that compared customers stand on older lists of the campaign that nobody named; "" if none do.

    Parameters
    ----------
    runs : sequence of Run
        Newest first.
    own : sequence of str
        The runs of the lists that are measured.
    since : Run
        The list's own run: only older ones are looked at.
    compared : polars.Series of String
        Ids of those who are compared.
    """
    if (campaign := _campaign(since.folder)) is None:
        return ""
    older = (run for run in runs if run.record["made"] < since.record["made"] and run.id not in own)
    met = _met(_lists_of(older, campaign), compared, ARMS, by_id=True, table="")
    if not met.lists:
        return ""
    return (
        f"{met.of('compared')} {'stands' if met.who.sum() == 1 else 'stand'} on {met.named} of the same campaign too, to be called or held "
        f"out. If that was used, leave them out: --earlier, with its {LIST}."
    )


@dataclass(frozen=True)
class _Met:
    """Which customers stand on lists, and on which."""

    who: pl.Series
    lists: tuple[Run, ...]

    def of(self, what: str) -> str:
        return f"{int(self.who.sum()):,} of the {len(self.who):,} {what}"

    @property
    def named(self) -> str:
        """Name the lists: one by the time it was made, several by their runs."""
        if len(self.lists) > 1:
            return (
                f"{len(self.lists)} earlier lists (the runs {some_named([run.id for run in self.lists], MOST_NAMED)})"
            )
        return _named(self.lists[0])


def _named(run: Run) -> str:
    day = datetime.fromisoformat(str(run.record["made"]))
    return f"the list of {day:%d %b %Y, %H:%M} UTC (the run {run.id})"


def _lists_of(runs: Iterable[Run], campaign: str) -> Iterator[Run]:
    """Name the newest finished lists of a campaign, however their policies spell it."""
    made = (run for run in runs if run.record["command"] == "target" and run.status == "done")
    key = campaign_key(campaign)
    return islice((run for run in made if _campaign(run.folder) == key), NEWEST)


def _met(lists: Iterable[Run], customers: pl.Series, arms: Sequence[str], *, by_id: bool, table: str) -> _Met:
    who, met = pl.Series([False]).new_from_index(0, len(customers)), []
    for run in lists:
        theirs = _customers(run.folder).filter(pl.col("status").is_in(arms))["customer"]
        if table not in (run.record.get("inputs") or {}).values():
            theirs = theirs.filter(~theirs.str.starts_with(UNNAMED) & by_id)
        here = are_among(customers, theirs)
        who |= here
        met += [run] if here.any() else []
    return _Met(who, tuple(met))


def _said(met: _Met, campaign: str, who: str, *, by_id: bool) -> Doubt:
    one, several = met.who.sum() == 1, len(met.lists) > 1
    fix = (
        Said(
            f"if {'several' if several else 'both'} are used, name {LIST} of {'these runs' if several else 'that run'} in ",
            Term("policy.other_lists"),
            ", or the calls made as ",
            Term("policy.history"),
        )
        if by_id
        else f"without an id in the contract no rule can leave them out, so use one of the {'lists' if several else 'two'}"
    )
    return Doubt(
        title=f"A list of the campaign '{campaign}' was made before",
        sentence=Said(
            f"{met.of(who)} {'is' if one else 'are'} called by {met.named} too, and {'is' if one else 'are'} not left out of this "
            "one; ",
            fix,
        ),
    )


def _campaign(folder: Path) -> str | None:
    """The campaign of a finished list, however it is spelt; None where its settings cannot be read."""
    return None if (name := _spelling(folder)) is None else campaign_key(name)


def _spelling(folder: Path) -> str | None:
    with suppress(OSError, ValueError, AttributeError, RunError):
        return _spelling_in(folder)
    return None


def _customers(folder: Path) -> pl.DataFrame:
    """The customers that a finished list calls or holds out; nobody where it cannot be read."""
    with suppress(OSError, pl.exceptions.PolarsError):
        return _customers_in(folder)
    return pl.DataFrame(schema={"customer": pl.String, "status": pl.String})


# what raises is not kept: a list that cannot be read now may be there again in a moment
@lru_cache(maxsize=1000)
def _spelling_in(folder: Path) -> str:
    said = Run.open(folder).settings.get("policy", {})
    return str(said.get("campaign", ContactRules().campaign)).strip()


@lru_cache(maxsize=NEWEST)
def _customers_in(folder: Path) -> pl.DataFrame:
    rows = pl.read_parquet(folder / LIST, columns=["customer", "status"])
    return rows.filter(pl.col("status").is_in(ARMS)).with_columns(pl.col("customer").cast(pl.String))


def _is_copy(path: Path, of: Path) -> bool:
    try:
        return path.stat().st_size == of.stat().st_size and cmp(path, of, shallow=False)
    except OSError:  # whoever reads the files says what is wrong with one
        return False

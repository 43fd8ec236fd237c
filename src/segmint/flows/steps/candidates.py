"""Who could be called: what targeting and its preview take from a table and a bundle before they choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.contract.dates import today
from segmint.contract.valid_table import ValidTable
from segmint.errors import PolicyError
from segmint.flows.steps.bundle import SEGMENT, propensities, require_response, segments_doubted
from segmint.flows.steps.list_doubts import unread
from segmint.flows.steps.named import customers_of, named_by_record
from segmint.flows.steps.policy_columns import columns_of, measured_columns
from segmint.progress import Progress, silent
from segmint.store.bundle import Bundle
from segmint.targeting.choose import ANOTHER_CUSTOMER, NO_AMOUNT, Choice, choose
from segmint.targeting.levels import has_level
from segmint.targeting.optimise import LOWER_THE_MINIMUM, UnfilledQuotaError
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.suppress import Doubt, Suppression, count_reasons, suppress
from segmint.wording import Said, Term, joined, listed

_NO_LIMITS = {"quotas": (), "capacities": (), "budget_calls": None, "budget_money": None, "conversations": None}


def require_usable(bundle: Bundle) -> None:
    """Refuse a bundle that cannot choose whom to call.

    Raises
    ------
    BundleError
        If it names segments.
    PolicyError
        If it uses what is known only after the call.
    """
    require_response(bundle, "it does not say who will say yes")
    if bundle.at == "after_call":
        raise PolicyError(
            "This bundle uses what is known only after the call, so it cannot choose whom to call.",
            expected="a bundle trained --at planning, or --at dialling with the planned values in the table",
            fix="train again: segmint run ... --at planning",
        )


@dataclass(frozen=True)
class Candidates:
    """The customers of a table under a policy, before anybody is chosen.

    Attributes
    ----------
    customers : polars.Series of String, shape (n_customers,)
        Their names; a customer may have several rows.
    columns : polars.DataFrame
        What the policy may take from, the segment that the bundle found among it.
    held_back : Suppression
    segments : polars.DataFrame of n_customers rows, or None
        `segment`, as the bundle found it, and `segment_doubt`; None where it knows none.
    propensity : ndarray of shape (n_customers,)
        NaN where the customer may not be called.
    doubts : tuple of Doubt
        What reading them leaves open: ids that are not used, columns that the network cannot make sense of, files.
    """

    customers: pl.Series
    columns: pl.DataFrame
    held_back: Suppression
    segments: pl.DataFrame | None
    propensity: NDArray[np.float64]
    doubts: tuple[Doubt, ...]


def weigh(table: ValidTable, policy: ContactPolicy, bundle: Bundle, progress: Progress = silent) -> Candidates:
    """Say who may be called today, and how likely each of them is to say yes.

    Raises
    ------
    PolicyError
        If the policy names columns, levels or files that cannot be used.
    """
    progress("weighing", 0, 1)
    columns, customers = columns_of(table, policy, bundle), customers_of(table)
    numbers = measured_columns(table, columns, policy)
    held_back = suppress(customers, columns, bundle.contract, policy, today=today(), numbers=numbers)
    progress("weighing", 1, 1)
    progress("predicting", 0, 1)
    segments, likely = segments_of(table, bundle, held_back), propensities_of(table, bundle, held_back)
    progress("predicting", 1, 1)
    if segments is not None and SEGMENT not in columns.columns:
        columns = columns.with_columns(segments[SEGMENT])
    named = named_by_record(table)
    doubts = (
        *([Doubt(title="The table may be cut off", sentence=table.ledger.cut_off)] if table.ledger.cut_off else []),
        *([Doubt(title="The ids of the table are not used", sentence=named)] if named else []),
        *unread(bundle, columns),
        *held_back.doubts,
    )
    return Candidates(customers, columns, held_back, segments, likely, doubts)


def choose_of(
    customers: pl.Series,
    propensity: ArrayLike,
    policy: ContactPolicy,
    columns: pl.DataFrame,
    because: pl.Series,
    spent: pl.Series | None = None,
) -> Choice:
    """Choose from those of whom nothing says `because` of what they must not be called; `spent` as `choose` takes it.

    Raises
    ------
    PolicyError
        As `choose`; of a quota that cannot be filled it says what keeps its customers off, or where choosing lost them.
    """
    able = (because == "").to_numpy()
    try:
        return choose(customers, propensity, policy, columns=columns, eligible=able, spent=spent)
    except UnfilledQuotaError as error:
        bare = policy.model_copy(update=_NO_LIMITS)
        free = choose(customers, propensity, bare, columns=columns, eligible=able, spent=spent)
        raise _explained(error, customers, policy, columns, because, free) from None


def _explained(
    error: UnfilledQuotaError,
    customers: pl.Series,
    policy: ContactPolicy,
    columns: pl.DataFrame,
    because: pl.Series,
    choice: Choice,
) -> UnfilledQuotaError:
    """Say where the customers of a quota went: nobody has its level, rules keep them off, or choosing does."""
    quota = next(quota for quota in policy.quotas if quota.words == error.quota)
    members, able = has_level(columns[quota.column], [quota.level]), because == ""
    if not members.any():
        said = f"{error.came} Nobody has '{quota.level}' in '{quota.column}'."
        return UnfilledQuotaError(error.quota, said, fix="look how the table writes it")
    sentences: list[str] = [error.came]
    fixes: list[str] = [LOWER_THE_MINIMUM]
    off, of = int((members & ~able).sum()), customers.filter(members & able).n_unique()
    if off and of < quota.minimum:
        reason, most = next(iter(count_reasons(because.filter(members)).items()))
        there = int(members.sum())
        those = f"{off:,} of its {there:,} customers" if off < there else f"all of its {off:,} customers"
        sentences.append(f"Rules keep {those} off, most of them: {reason} ({most:,}).")
        fixes.insert(0, "look at that rule")
    if lost := _lost_in_choosing(customers, policy, members & able, choice):
        sentences.append(f"Of the {of:,} whom no rule keeps off, {listed([clause for clause, _ in lost])}.")
        fixes += [fix for _, fix in lost]
    return UnfilledQuotaError(error.quota, " ".join(sentences), fix=joined(", ", fixes, last=" or "))


def _lost_in_choosing(
    customers: pl.Series, policy: ContactPolicy, free: pl.Series, choice: Choice
) -> list[tuple[str, str]]:
    """Say how many of the `free` rows' customers the `choice` without limits holds out or leaves out, and what to do."""
    because = pl.Series([choice.because.get(row, "") for row in range(len(customers))], dtype=pl.String)
    of, weighed = (customers.filter(rows).n_unique() for rows in (free, free & (because != NO_AMOUNT)))
    another = customers.filter(free & (because == ANOTHER_CUSTOMER.format(column=policy.one_per))).n_unique()
    held = int((choice.holdout & free.to_numpy())[choice.order].sum())
    household = f"way to another customer of the same '{policy.one_per}'"
    told = [
        (held, "is held out", "are held out", Said("lower ", Term("policy.holdout_share"))),
        (another, f"gives {household}", f"give {household}", Said("take ", Term("policy.one_per"), " out")),
        (of - weighed, "has no known cost or value", "have no known cost or value", "fill in the amounts"),
    ]
    return [(f"{number:,} {one if number == 1 else many}", fix) for number, one, many, fix in told if number]


def propensities_of(table: ValidTable, bundle: Bundle, held_back: Suppression) -> NDArray[np.float64]:
    """Predict those who may be called, and nobody else: an objection forbids profiling too."""
    propensity = np.full(len(table), np.nan)
    eligible = held_back.eligible
    if eligible.any():
        propensity[eligible] = propensities(bundle, table.frame.filter(pl.Series(eligible)))
    return propensity


def segments_of(table: ValidTable, bundle: Bundle, held_back: Suppression) -> pl.DataFrame | None:
    """Name the segment of everyone who may be called, where the bundle knows segments; nobody else is profiled."""
    found = segments_doubted(bundle, table.frame.filter(pl.Series(held_back.eligible)))
    if found is None:
        return None
    nobody = pl.Series([None], dtype=pl.String).new_from_index(0, len(table))
    places = np.flatnonzero(held_back.eligible)
    return pl.DataFrame({said.name: nobody.clone().scatter(places, said) for said in found})

"""Who could be called: what targeting and its preview take from a table and a bundle before they choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.contract.ids import bare_ids
from segmint.contract.valid_table import ValidTable
from segmint.errors import PolicyError
from segmint.flows.bundle import SEGMENT, propensities, require_response, segment_names, segments_in
from segmint.flows.same_campaign import shared_customers
from segmint.monitoring.unread import Unread
from segmint.store.bundle import Bundle
from segmint.store.run import Run
from segmint.targeting.choose import Choice, choose
from segmint.targeting.holdout import in_holdout, keyed_words
from segmint.targeting.levels import has_level, levels_of_nobody, require_known_levels
from segmint.targeting.optimise import UnfilledQuotaError
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.stakes import Stakes
from segmint.targeting.suppress import UNNAMED, Doubt, Suppression, count_reasons, respects_objections, suppress
from segmint.wording import counted, listed

CARRIED = frozenset({"name", "phone", "quota"})
NO_OBJECTIONS = Doubt(
    title="No do-not-call list was used",
    sentence="this list respects no do-not-call list; name the files of objections as policy.suppress, or a column of "
    "consent in the contract",
)
NO_HISTORY = Doubt(
    title="No earlier calls are counted",
    sentence="no file of earlier calls is named as policy.history, so policy.attempts keeps nobody off; none is needed for a "
    "campaign's first list",
)


def doubts_of_list(
    policy: ContactPolicy,
    bundle: Bundle,
    columns: pl.DataFrame,
    called: pl.Series,
    who: str,
    *,
    seen: int,
    sure: bool,
    read: Sequence[Doubt],
    runs: Sequence[Run],
    table: str,
) -> list[Doubt]:
    """Say what may be wrong with a list that is made, or would be.

    Parameters
    ----------
    policy, bundle
    columns : polars.DataFrame
        What the policy may take from.
    called : polars.Series of String
        The customers `who`, as `customers_of` names them.
    who : str
        What they are to the list: "to be called".
    seen : int
        How many of them the network was trained on, or may have been.
    sure : bool
        Whether anybody can tell.
    read : sequence of Doubt
        The doubts of `Candidates`.
    runs : sequence of Run
        Newest first; lists of the same campaign among them may call the same customers.
    table : str
        The fingerprint of the customers' table.
    """
    by_id = bundle.contract.id_column is not None
    return [
        *_trained_on(seen, len(called), who, sure=sure, by_id=by_id),
        *shared_customers(runs, policy, called, who, by_id=by_id, table=table),
        *_doubts_of(policy, bundle, columns, read),
    ]


def _trained_on(seen: int, of: int, who: str, *, sure: bool, by_id: bool) -> list[Doubt]:
    """Say that the network has learned from `seen` of the `of` customers `who`, or may have, where it has from any."""
    if not seen:
        return []
    if sure:
        said = (
            f"the network was trained on {seen:,} of the {of:,} {who}: for them this is no prediction about strangers, and what "
            "they are expected to bring may be too high"
        )
        return [Doubt(title="The network has seen customers of this list", sentence=said)]
    why = (
        "the run that trained it is not here"
        if by_id
        else "the contract has no id, and this is not the very table it learned"
    )
    said = (
        f"{seen:,} of the {of:,} {who} have an outcome already, and nobody can tell whether the network was trained on them "
        f"({why}): if it was, what they are expected to bring may be too high"
    )
    return [Doubt(title="Nobody can tell whether the network has seen customers of this list", sentence=said)]


def unread(bundle: Bundle, columns: pl.DataFrame) -> list[Doubt]:
    """Say which columns the network cannot make sense of, as they are written otherwise than in training."""
    found = Unread(bundle.contract.features(bundle.at), bundle.reference)
    found.add(columns)
    said = ". ".join([*found.doubts, "What is expected of the list may be far off"])
    return [Doubt(title="The table is not written as the network learned it", sentence=said)] if found.doubts else []


def named_by_record(table: ValidTable) -> str:
    """Say that customers are named by the number of their record although the table has ids; "" where they are not."""
    name = table.unread_ids
    if name is None:
        return ""
    return (
        f"'{name}' looks like the ids of customers, and the contract '{table.contract.name}' has no id column: every customer "
        f"is named by the number of the record in the table, not by '{name}'; to use the ids, add the column to the contract "
        'with role = "id" and train again'
    )


def today() -> date:
    """Return the day where this runs: histories of calls and call windows are in local time too."""
    return datetime.now().astimezone().date()


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
    segments : polars.Series of String, shape (n_customers,), or None
        As the bundle found them; None where it knows none.
    propensity : ndarray of shape (n_customers,)
        NaN where the customer may not be called.
    doubts : tuple of Doubt
        What reading them leaves open: ids that are not used, columns that the network cannot make sense of, files.
    """

    customers: pl.Series
    columns: pl.DataFrame
    held_back: Suppression
    segments: pl.Series | None
    propensity: NDArray[np.float64]
    doubts: tuple[Doubt, ...]


def weigh(table: ValidTable, policy: ContactPolicy, bundle: Bundle) -> Candidates:
    """Say who may be called today, and how likely each of them is to say yes.

    Raises
    ------
    PolicyError
        If the policy names columns, levels or files that cannot be used.
    """
    columns, customers = columns_of(table, policy, bundle), customers_of(table)
    numbers = measured_columns(table, columns, policy)
    held_back = suppress(customers, columns, bundle.contract, policy, today=today(), numbers=numbers)
    segments = segments_of(table, bundle, held_back)
    if segments is not None and SEGMENT not in columns.columns:
        columns = columns.with_columns(segments)
    named = named_by_record(table)
    doubts = (
        *([Doubt(title="The table may be cut off", sentence=table.ledger.cut_off)] if table.ledger.cut_off else []),
        *([Doubt(title="The ids of the table are not used", sentence=named)] if named else []),
        *unread(bundle, columns),
        *held_back.doubts,
    )
    return Candidates(customers, columns, held_back, segments, propensities_of(table, bundle, held_back), doubts)


def choose_of(
    customers: pl.Series, propensity: ArrayLike, policy: ContactPolicy, columns: pl.DataFrame, because: pl.Series
) -> Choice:
    """Choose from those of whom nothing says `because` of what they must not be called; see `choose`.

    Raises
    ------
    PolicyError
        As `choose`; of a quota that cannot be filled it says what keeps its customers off, or where choosing lost them.
    """
    able = because == ""
    try:
        return choose(customers, propensity, policy, columns=columns, eligible=able.to_numpy())
    except UnfilledQuotaError as error:
        raise _explained(error, customers, policy, columns, because) from None


def _explained(
    error: UnfilledQuotaError, customers: pl.Series, policy: ContactPolicy, columns: pl.DataFrame, because: pl.Series
) -> UnfilledQuotaError:
    """Say where the customers of a quota went: nobody has its level, rules keep them off, or choosing does."""
    quota = next(quota for quota in policy.quotas if quota.words == error.quota)
    members, able = has_level(columns[quota.column], [quota.level]), because == ""
    if not members.any():
        said = f"{error.came} Nobody has '{quota.level}' in '{quota.column}'."
        return UnfilledQuotaError(error.quota, said, fix="look how the table writes it")
    off = int((members & ~able).sum())
    if not off or customers.filter(members & able).n_unique() >= (quota.minimum or 0):
        return _lost_in_choosing(error, customers, policy, columns, members & able)
    reason, most = next(iter(count_reasons(because.filter(members)).items()))
    those = (
        f"{off:,} of its {int(members.sum()):,} customers" if off < members.sum() else f"all of its {off:,} customers"
    )
    said = f"{error.came} Rules keep {those} off, most of them: {reason} ({most:,})."
    return UnfilledQuotaError(error.quota, said, fix="look at that rule, or lower the minimum in policy.quotas")


def _lost_in_choosing(
    error: UnfilledQuotaError, customers: pl.Series, policy: ContactPolicy, columns: pl.DataFrame, free: pl.Series
) -> UnfilledQuotaError:
    """Say how many of the `free` rows' customers are held out or have no known amount, where any are."""
    weighed = customers.filter(free & pl.Series(Stakes.of(policy, columns).known)).unique()
    words = keyed_words(weighed, campaign=policy.campaign, key=policy.hash_key)
    held = int(in_holdout(words[:, 0], policy.holdout_share).sum())
    of = customers.filter(free).n_unique()
    told = [
        (held, "is held out", "are held out", "lower policy.holdout_share"),
        (of - len(weighed), "has no known cost or value", "have no known cost or value", "fill in the amounts"),
    ]
    lost = [(f"{number:,} {one if number == 1 else many}", fix) for number, one, many, fix in told if number]
    if not lost:
        return error
    said = f"{error.came} Of the {of:,} whom no rule keeps off, {listed([clause for clause, _ in lost])}."
    fixes = listed(["lower the minimum in policy.quotas", *(fix for _, fix in lost)], last="or")
    return UnfilledQuotaError(error.quota, said, fix=fixes)


def _doubts_of(policy: ContactPolicy, bundle: Bundle, columns: pl.DataFrame, read: Sequence[Doubt]) -> list[Doubt]:
    """Say that a list respects no objection or earlier call, what was `read`, and which rules wait in vain."""
    known = known_levels(bundle, segments=SEGMENT not in bundle.contract.by_name)
    waiting = levels_of_nobody(policy, columns, known)
    uncounted = policy.attempts is not None and policy.history is None
    return [
        *([] if respects_objections(policy, bundle.contract) else [NO_OBJECTIONS]),
        *([NO_HISTORY] if uncounted else []),
        *read,
        *(Doubt(title="A rule waits for nobody", sentence=said) for said in waiting),
    ]


def columns_of(table: ValidTable, policy: ContactPolicy, bundle: Bundle) -> pl.DataFrame:
    """Join the validated columns with the file's other columns that the policy names."""
    found_by_bundle = require_policy_columns((*table.frame.columns, *table.raw.columns), policy, bundle)
    return with_policy_columns(table, policy, apart=found_by_bundle)


def require_policy_columns(columns: Sequence[str], policy: ContactPolicy, bundle: Bundle) -> tuple[str, ...]:
    """Check that every column and level that the policy names can be there; return those that only the bundle finds.

    Parameters
    ----------
    columns : sequence of str
        Names in the table.
    policy : ContactPolicy
    bundle : Bundle

    Raises
    ------
    PolicyError
        Naming the column or level.
    """
    present = tuple(dict.fromkeys(columns))
    found_by_bundle = (SEGMENT,) if segment_names(bundle) and SEGMENT not in present else ()
    if SEGMENT in (*policy.columns, *policy.handed_over) and SEGMENT not in (*present, *found_by_bundle):
        raise PolicyError(
            "The policy names segments, but this bundle knows none.",
            expected="a bundle made with segments, or a column 'segment' in the table",
            fix="train with segments.enabled=true, or add the column",
        )
    policy.require_columns((*present, *found_by_bundle))
    policy.require_handed_over((*present, *found_by_bundle))
    of_contract = known_levels(bundle, segments=False)
    require_known_levels(policy, of_contract, quotas=known_levels(bundle) if found_by_bundle else of_contract)
    return found_by_bundle


def known_levels(bundle: Bundle, *, segments: bool = True) -> dict[str, tuple[str, ...]]:
    """Name the levels that the contract allows, by column, and with `segments` those that the bundle found."""
    levels = {column.name: tuple(column.allowed) for column in bundle.contract.columns if column.allowed}
    return levels | ({SEGMENT: tuple(segment_names(bundle))} if segments else {})


def with_policy_columns(table: ValidTable, policy: ContactPolicy, *, apart: Sequence[str] = ()) -> pl.DataFrame:
    """Join the validated columns with those of the file that the policy names; what it reads as numbers becomes numbers.

    Raises
    ------
    PolicyError
        If values that could keep a customer off the list are no numbers.
    """
    extra = [_numbers(table, name, policy) for name in policy.number_columns if name not in apart]
    there = {*table.frame.columns, *apart, *(column.name for column in extra)}
    extra += [table.raw[name] for name in policy.columns if name not in there]
    return table.frame.with_columns(extra)


def measured_columns(table: ValidTable, columns: pl.DataFrame, policy: ContactPolicy) -> dict[str, pl.Series]:
    """Read what exclusions compare as numbers, where `columns` keeps it as it is written for those that name levels.

    Raises
    ------
    PolicyError
        As `with_policy_columns`.
    """
    there = {name: columns[name] for name in policy.measured_exclusions if name in columns.columns}
    return {
        name: values if values.dtype.is_numeric() else _numbers(table, name, policy) for name, values in there.items()
    }


def _numbers(table: ValidTable, name: str, policy: ContactPolicy) -> pl.Series:
    if name in table.frame.columns and table.frame[name].dtype.is_numeric() and name not in policy.amount_columns:
        return table.frame[name]  # an exclusion tells the contract's codes from numbers and from no value
    cells = table.numbers(name)
    unreadable = len(table) - cells.problem.null_count()
    if unreadable and name in policy.measured_exclusions:
        raise PolicyError(
            f"An exclusion compares '{name}', where {counted(unreadable, 'value is no number', 'values are no numbers')}.",
            expected="a number column",
            fix="use levels instead of above or below, or clean the column",
        )
    return cells.values.alias(name)


def carried_of(table: ValidTable, policy: ContactPolicy) -> pl.DataFrame:
    """Return what the list takes along for those who call: names, phones, columns of quotas, and what the policy carries.

    What the policy carries is as the table says it, for people to read; a segment that only the bundle finds is on the
    list anyway.
    """
    frame = table.frame
    by_role = [c.name for c in table.contract.columns if c.role in CARRIED and c.name in frame.columns]
    more = [name for name in policy.handed_over if name not in by_role and name in table.raw.columns]
    return pl.DataFrame([*(frame[name] for name in by_role), *(table.raw[name] for name in more)])


def ids_of(table: ValidTable) -> pl.Series:
    """Return each customer's id as joins compare it, null for who has none; the record where the contract has no ids."""
    ids = pl.Series(table.records).cast(pl.String) if table.ids is None else bare_ids(table.ids)
    return ids.alias("customer")


def customers_of(table: ValidTable) -> pl.Series:
    """Name each customer: by id, or by record where the contract has no ids or the customer has none."""
    ids = ids_of(table)
    return ids.zip_with(ids.is_not_null(), UNNAMED + pl.Series(table.records).cast(pl.String))


def propensities_of(table: ValidTable, bundle: Bundle, held_back: Suppression) -> NDArray[np.float64]:
    """Predict those who may be called, and nobody else: an objection forbids profiling too."""
    propensity = np.full(len(table), np.nan)
    eligible = held_back.eligible
    if eligible.any():
        propensity[eligible] = propensities(bundle, table.frame.filter(pl.Series(eligible)))
    return propensity


def segments_of(table: ValidTable, bundle: Bundle, held_back: Suppression) -> pl.Series | None:
    """Name the segment of everyone who may be called, where the bundle knows segments; nobody else is profiled."""
    found = segments_in(bundle, table.frame.filter(pl.Series(held_back.eligible)))
    if found is None:
        return None
    nobody = pl.Series(SEGMENT, [None], dtype=pl.String).new_from_index(0, len(table))
    return nobody.scatter(np.flatnonzero(held_back.eligible), found)

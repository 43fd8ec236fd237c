"""The columns of a table that a contact policy names: whether they can be there, and how they are read."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from segmint.contract.valid_table import ValidTable
from segmint.errors import PolicyError
from segmint.flows.steps.bundle import SEGMENT, segment_names
from segmint.store.bundle import Bundle
from segmint.targeting.levels import require_known_levels
from segmint.targeting.policy import ContactPolicy
from segmint.wording import counted

CARRIED = frozenset({"name", "phone", "quota"})


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
    of_contract = levels_by_column(bundle, segments=False)
    require_known_levels(policy, of_contract, quotas=levels_by_column(bundle) if found_by_bundle else of_contract)
    return found_by_bundle


def levels_by_column(bundle: Bundle, *, segments: bool = True) -> dict[str, tuple[str, ...]]:
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
    extra += [
        _with_no_value(table, name) if name == policy.one_per else table.raw[name]
        for name in policy.columns
        if name not in there
    ]
    return table.frame.with_columns(extra)


def _with_no_value(table: ValidTable, name: str) -> pl.Series:
    """Return a column of the file with null where it says the contract's words for no value, which nobody shares."""
    known = table.contract.by_name.get(name)
    words = table.contract.missing if known is None else table.contract.missing_tokens(known)
    values = table.raw[name]
    return values.set(values.cast(pl.String).str.strip_chars().is_in(list(words)).fill_null(False), None)


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

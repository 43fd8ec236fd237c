"""The levels that a policy names, found in a column however the table writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from segmint.contract.cells import as_text

if TYPE_CHECKING:
    from segmint.targeting.policy import ContactPolicy


def has_level(values: pl.Series, levels: Sequence[str]) -> pl.Series:
    """Tell where a column holds one of some levels: blanks around a text do not count, and 101 is 101.0.

    Parameters
    ----------
    values : polars.Series of shape (n_customers,)
        Text or numbers.
    levels : sequence of str
        As the policy writes them.

    Returns
    -------
    polars.Series of bool, shape (n_customers,)
        False where there is no value.
    """
    if values.dtype.is_numeric():
        wanted = pl.Series(levels, dtype=pl.String).cast(pl.Float64, strict=False).drop_nulls()
        return values.cast(pl.Float64).is_in(wanted.implode()).fill_null(False)
    return as_text(values, values.name).str.strip_chars().is_in(list(levels)).fill_null(False)


def levels_of_nobody(
    policy: ContactPolicy, columns: pl.DataFrame, known: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Say which levels of exclusions and quotas no customer has: misspelt, they exclude or limit nobody.

    A level that is known is no misspelling: it is said only where the column is not written in known levels.

    Parameters
    ----------
    policy : ContactPolicy
    columns : polars.DataFrame of n_customers rows
        A level that the contract knows may be written otherwise here: branch 001 as the number 1.
    known : dict of str to sequence of str
        The levels that a column can have, where they are known.
    """
    waiting = [(f"exclusion '{rule.name}'", rule.column, level) for rule in policy.exclude for level in rule.levels]
    waiting += [(f"quota '{quota.words}'", quota.column, quota.level) for quota in policy.quotas]
    return tuple(
        f"nobody has '{level}' in '{column}', for which the {what} waits; look how the table writes it"
        for what, column, level in waiting
        if not has_level(columns[column], [level]).any()
        and not (level in known.get(column, ()) and _written_in(columns[column], known[column]))
    )


def _written_in(values: pl.Series, levels: Sequence[str]) -> bool:
    """Tell whether a column has values, and no others than these levels."""
    there = values.drop_nulls()
    if not values.dtype.is_numeric():
        there = there.filter(as_text(there, there.name).str.strip_chars() != "")
    return bool(len(there) and has_level(there, levels).all())

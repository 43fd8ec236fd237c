"""The levels that a policy names, found in a column however the table writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from segmint.contract.cells import as_text
from segmint.errors import PolicyError
from segmint.wording import Said, Term

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


def require_known_levels(
    policy: ContactPolicy, levels: Mapping[str, Sequence[str]], *, quotas: Mapping[str, Sequence[str]]
) -> None:
    """Refuse a level that no customer can have: misspelt, its rule would limit or exclude nobody.

    Parameters
    ----------
    policy : ContactPolicy
    levels, quotas : dict of str to sequence of str
        The levels that columns can have, where they are known, for exclusions and for quotas.

    Raises
    ------
    PolicyError
        Naming the first.
    """
    for quota in policy.quotas:
        if quota.level not in quotas.get(quota.column, (quota.level,)):
            raise PolicyError(
                f"A quota names '{quota.level}', which '{quota.column}' never says.",
                expected=f"one of {', '.join(quotas[quota.column])}",
                fix=Said("correct the level in ", Term("policy.quotas")),
            )
    for rule in policy.exclude:
        if strange := sorted(set(rule.levels) - set(levels.get(rule.column, rule.levels))):
            raise PolicyError(
                f"The exclusion '{rule.name}' waits for '{strange[0]}', which '{rule.column}' never says.",
                expected=f"one of {', '.join(levels[rule.column])}",
                fix="correct the levels; for customers without a value say missing = true",
            )


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

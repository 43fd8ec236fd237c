"""One wave beside an earlier one, in the same segments: who moved where, and which segments grew or shrank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.ids import bare_ids, match_ids
from segmint.features.edges import FEWEST_TOGETHER
from segmint.metrics.intervals import rate_difference
from segmint.segments.stability import Labels
from segmint.wording import percent, signed


@dataclass(frozen=True)
class Migration:
    """Where customers went between two assignments.

    Attributes
    ----------
    before, after : tuple of str
        Names of the segments.
    customers : ndarray of shape (n_before, n_after)
        What is shown of them is `told`.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    customers: NDArray[np.int64]

    @property
    def told(self) -> NDArray[np.int64]:
        """The customers to the nearest ten, and fewer than ten as 0: from the sums of rows and columns no few can be reckoned."""
        return np.where(self.customers < FEWEST_TOGETHER, 0, (self.customers + 5) // 10 * 10)

    @property
    def stayed(self) -> float:
        """The share of customers who stayed, of all; needs the same segments before and after."""
        return float(min(np.trace(self.told) / max(int(self.customers.sum()), 1), 1.0))

    def frame(self) -> pl.DataFrame:
        """Return one row per pair: before, after, customers as `told`, share of those before."""
        told = self.told
        shares = np.minimum(told / np.maximum(self.customers.sum(axis=1, keepdims=True), 1), 1.0)
        return pl.DataFrame(
            [
                {
                    "before": before, "after": after,
                    "customers": int(told[row, column]), "share": float(shares[row, column]),
                }
                for row, before in enumerate(self.before)
                for column, after in enumerate(self.after)
            ]
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, customers as `told`."""
        return {
            "before": list(self.before), "after": list(self.after),
            "customers": self.told.tolist(), "stayed": self.stayed,
        }  # fmt: skip


def migration_table(before: Labels, after: Labels, before_keys: Sequence[str], after_keys: Sequence[str]) -> Migration:
    """Count where the same customers, in the same order, were before and are after."""
    if len(before) != len(after):
        raise ValueError(f"Customers before ({len(before)}) and after ({len(after)}) must be the same.")
    rows, columns = len(before_keys), len(after_keys)
    cells = np.bincount(before * columns + after, minlength=rows * columns).reshape(rows, columns)
    return Migration(tuple(before_keys), tuple(after_keys), cells)


@dataclass(frozen=True)
class ShareChange:
    """How a segment's share of the customers changed between two waves.

    Attributes
    ----------
    key : str
    customers_before, customers_after : int
    before, after : float
        Shares of each wave's customers.
    change, low, high : float
        After less before, with its interval for waves of different customers; 95 % hold those of all segments together.
    """

    key: str
    customers_before: int
    customers_after: int
    before: float
    after: float
    change: float
    low: float
    high: float

    @property
    def surely(self) -> bool:
        """Whether the interval leaves out no change."""
        return self.low > 0 or self.high < 0


def share_changes(before: Labels, after: Labels, keys: Sequence[str]) -> tuple[ShareChange, ...]:
    """Compare the segments' shares of two waves.

    Parameters
    ----------
    before, after : ndarray of int, each of its own length
        The segment of each customer, from 0.
    keys : sequence of str
        Names of the segments.
    """
    first, second = np.bincount(before, minlength=len(keys)), np.bincount(after, minlength=len(keys))
    old, new = first / max(len(before), 1), second / max(len(after), 1)
    all_before, all_after = (np.full(len(keys), max(len(wave), 1)) for wave in (before, after))
    low, high = rate_difference(second, all_after, first, all_before, 1 - 0.05 / len(keys))
    return tuple(
        ShareChange(
            key, int(first[place]), int(second[place]), float(old[place]), float(new[place]),
            float(new[place] - old[place]), float(low[place]), float(high[place]),
        )
        for place, key in enumerate(keys)
    )  # fmt: skip


def say_migration(
    changes: Sequence[ShareChange], migration: Migration | None, names: Sequence[str], *, known: str
) -> tuple[str, ...]:
    """Say what changed between two waves.

    Parameters
    ----------
    changes : sequence of ShareChange
    migration : Migration or None
        Of the customers in both waves; None where nobody can be recognised.
    names : sequence of str
        The segments' names for people, in the order of `changes`.
    known : str
        Why customers can or cannot be recognised, when there is no migration.
    """
    said = [known] if migration is None else _moves(migration, names)
    sure = sorted((row for row in changes if row.surely), key=lambda row: -abs(row.change))
    place = {row.key: number for number, row in enumerate(changes)}
    for row in sure:
        verb = "grew" if row.change > 0 else "shrank"
        said.append(
            f"{row.key} {names[place[row.key]]} {verb} from {percent(row.before)} to {percent(row.after)} of the "
            f"customers ({signed(100 * row.change, 1)} points, 95 % interval of all together {signed(100 * row.low, 1)} to {signed(100 * row.high, 1)})."
        )
    if not sure:
        said.append("No segment's share of the customers surely changed.")
    return tuple(said)


def _moves(migration: Migration, names: Sequence[str]) -> list[str]:
    table, both = migration.told, f"{int(migration.customers.sum()):,} customers are in both waves"
    if not table.any():
        return [f"{both}: too few to say where they went."]
    said = [
        f"{both}; about {min(int(np.trace(table)), int(migration.customers.sum())):,} of them ({percent(migration.stayed, 0)}) stayed in their segment. "
        "Of fewer than ten who moved alike nothing is said, and more are counted to the nearest ten."
    ]
    away = table - np.diag(np.diag(table))
    for cell in np.argsort(-away, axis=None, kind="stable")[:3]:
        row, column = np.unravel_index(cell, away.shape)
        if away[row, column] > 0:
            share = min(away[row, column] / migration.customers[row].sum(), 1.0)
            said.append(
                f"About {int(away[row, column]):,} went from {migration.before[row]} {names[row]} to "
                f"{migration.after[column]} {names[column]}: {percent(share, 0)} of those who were there."
            )
    return said


def changes_frame(changes: Sequence[ShareChange]) -> pl.DataFrame:
    """Return one row per segment: customers and shares before and after, change with interval."""
    return pl.DataFrame([asdict(row) for row in changes])


@dataclass(frozen=True)
class WavesCompared:
    """One wave beside an earlier one.

    Attributes
    ----------
    changes : tuple of ShareChange
    migration : Migration or None
        Of the customers in both waves; None where nobody can be recognised.
    known : str
        Why customers can or cannot be recognised, when there is no migration.
    matched : tuple of str
        That customers were recognised although their ids lost zeros or have other capitals, or could not be.
    """

    changes: tuple[ShareChange, ...]
    migration: Migration | None
    known: str
    matched: tuple[str, ...] = ()

    def frame(self) -> pl.DataFrame:
        """Return one row per segment; see `changes_frame`."""
        return changes_frame(self.changes)

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Return it as JSON; `names` are the segments' names for people."""
        return {
            "names": list(names),
            "shares": self.frame().to_dicts(),
            "migration": None if self.migration is None else self.migration.to_json(),
            "sentences": [*self.matched, *say_migration(self.changes, self.migration, names, known=self.known)],
        }


def compare_waves(before: pl.DataFrame, now: pl.DataFrame, keys: Sequence[str], *, by_id: bool) -> WavesCompared:
    """Compare a wave with an earlier one in the same segments.

    Parameters
    ----------
    before, now : polars.DataFrame
        customer and segment_key, one row for each row of the table.
    keys : sequence of str
        The segments' keys.
    by_id : bool
        Whether `customer` is an id, by which a customer is the same in both, zeros lost before it or not; the last row
        of each then counts.
    """
    place = {key: number for number, key in enumerate(keys)}

    def codes(segments: pl.Series) -> Labels:
        return segments.replace_strict(place, return_dtype=pl.Int64).to_numpy()

    known = (
        "The contract names no id column: who moved, or is in both waves, cannot be told, only how the shares changed."
    )
    migration: Migration | None = None
    matched: tuple[str, ...] = ()
    if by_id:
        before, now = _last_of_each(before.with_columns(bare_ids(before["customer"]))), _last_of_each(now)
        met = match_ids(now["customer"], before["customer"])
        matched = met.said("customer")
        both = met.pairs.join(before, left_on="known", right_on="customer")
        both = both.join(now, left_on="named", right_on="customer", suffix="_now")
        known = "No customer is in both waves: who moved cannot be told, only how the shares changed."
        if both.height:
            migration = migration_table(codes(both["segment_key"]), codes(both["segment_key_now"]), keys, keys)
    return WavesCompared(
        share_changes(codes(before["segment_key"]), codes(now["segment_key"]), keys), migration, known, matched
    )


def _last_of_each(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep the last row of every customer, and every row without an id."""
    return rows.filter(pl.col("customer").is_null() | pl.col("customer").is_last_distinct())

"""Folds for comparing models: stratified, groups together, the same whatever the order of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import distinct
from segmint.errors import DataError

Rows = NDArray[np.int64]

# Enough to tell when to stop and how bold probabilities are; more would teach better than they judge.
INNER_CUSTOMERS, INNER_OF_THE_RAREST = 1_250, 150


@dataclass(frozen=True)
class Fold:
    """Row positions of one fold; `fit` and `inner` by the rows' keys, the others ascending.

    What a model learns depends on the order of its rows, which must not be that of the table.

    Attributes
    ----------
    train : ndarray
        Rows that may teach: `fit` and `inner` together.
    test : ndarray
        Rows kept apart to judge.
    fit : ndarray
        Rows that the weights learn from.
    inner : ndarray
        Rows for early stopping and calibration; no weight of a compared model learns from them.
    """

    train: Rows
    test: Rows
    fit: Rows
    inner: Rows


def make_folds(
    outcome: NDArray[np.str_],
    groups: NDArray[np.int64],
    *,
    count: int,
    inner: float | None = None,
    seed: int,
    keys: NDArray[np.uint64],
) -> list[Fold]:
    """Split rows into folds; every row is kept apart once.

    Groups are dealt out like cards, those with the same outcomes in a row, in an order that a hash decides.

    Parameters
    ----------
    outcome : ndarray of shape (n,)
        Level of each row.
    groups : ndarray of shape (n,)
        Rows of one group stay together; see `row_groups`.
    count : int
        Folds, at least 2.
    inner : float, optional
        Share of each training part that becomes the inner part; see `inner_split`.
    seed : int
        Another seed deals another hand.
    keys : ndarray of shape (n,)
        Fingerprints of the rows; see `row_keys`.

    Raises
    ------
    DataError
        If an outcome has fewer groups than there are folds.
    """
    if count < 2:
        raise ValueError(f"count must be at least 2. Got {count!r} instead.")
    deck = _Deck.sorted_by_hash(outcome, groups, seed=seed, keys=keys)
    _require_enough(deck, count)
    fold_of_group = np.empty(deck.order.size, dtype=np.int64)
    fold_of_group[_dealt(deck, count)] = np.arange(deck.order.size) % count
    fold_of_row = fold_of_group[deck.member]
    folds = []
    for number in range(count):
        train = np.flatnonzero(fold_of_row != number)
        fit, held = inner_split(outcome[train], groups[train], share=inner, seed=seed, keys=keys[train])
        folds.append(Fold(train, np.flatnonzero(fold_of_row == number), train[fit], train[held]))
    return folds


def inner_split(
    outcome: NDArray[np.str_],
    groups: NDArray[np.int64],
    *,
    share: float | None = None,
    seed: int,
    keys: NDArray[np.uint64],
) -> tuple[Rows, Rows]:
    """Split training rows once into a part to fit and an inner part, stratified and groups together.

    Parameters
    ----------
    outcome, groups, seed, keys
        As in `make_folds`.
    share : float, optional
        Share of the groups that becomes the inner part, in (0, 1). Left out, as many as hold `INNER_CUSTOMERS` groups and
        `INNER_OF_THE_RAREST` of the rarest outcome, at least a twentieth and at most 15 %.

    Returns
    -------
    fit, inner : ndarray
        Row positions, by the rows' keys. Each outcome with two groups or more is in both parts.
    """
    if share is not None and not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1. Got {share!r} instead.")
    deck = _Deck.sorted_by_hash(outcome, groups, seed=seed + 1, keys=keys)
    share = _enough(deck) if share is None else share
    held = np.zeros(deck.order.size, dtype=bool)
    for level in distinct(deck.level):
        cards = deck.order[deck.level[deck.order] == level]
        wanted = min(max(1, round(share * cards.size)), cards.size - 1)
        held[cards[_evenly(wanted, cards.size)]] = True
    order = in_order(keys)
    return order[~held[deck.member][order]], order[held[deck.member][order]]


def in_order(keys: NDArray[np.uint64]) -> Rows:
    """Return the row positions in an order that the order of the table does not change; rows of one key are alike."""
    return np.argsort(keys, kind="stable").astype(np.int64)


@dataclass(frozen=True)
class _Deck:
    """Groups as cards: the rarest outcome in each, all it holds, their order by outcomes and hash, each row's card."""

    level: NDArray[np.int64]
    holds: NDArray[np.bool_]
    order: NDArray[np.int64]
    member: NDArray[np.int64]
    names: NDArray[np.str_]

    @classmethod
    def sorted_by_hash(
        cls,
        outcome: NDArray[np.str_],
        groups: NDArray[np.int64],
        *,
        seed: int,
        keys: NDArray[np.uint64],
    ) -> _Deck:
        if not outcome.shape == groups.shape == keys.shape:
            raise ValueError("outcome, groups and keys need the same length")
        names, levels = np.unique(outcome, return_inverse=True)
        member = np.unique(groups, return_inverse=True)[1]
        cells = np.zeros((int(member.max(initial=-1)) + 1, names.size), dtype=np.int64)
        np.add.at(cells, (member, levels), 1)
        smallest = np.full(cells.shape[0], np.iinfo(np.uint64).max, dtype=np.uint64)
        np.minimum.at(smallest, member, keys)
        rarest_first = np.argsort(cells.sum(axis=0), kind="stable")
        level = rarest_first[(cells[:, rarest_first] > 0).argmax(axis=1)] if cells.size else member
        # Groups with the same mix of outcomes lie side by side: each fold gets its share of every mix.
        order = np.lexsort((_mixed(smallest, seed), *cells.T, level))
        return cls(level.astype(np.int64), cells > 0, order.astype(np.int64), member.astype(np.int64), names)


def _require_enough(deck: _Deck, count: int) -> None:
    holders = deck.holds.sum(axis=0)
    if holders.size and holders.min() < count:
        raise DataError(
            f"The outcome '{deck.names[holders.argmin()]}' occurs for only {holders.min()} customers who can be told apart.",
            expected=f"at least {count}, one for each fold",
            fix="ask for fewer folds (--folds 2), or bring more rows",
        )


def _dealt(deck: _Deck, count: int) -> NDArray[np.int64]:
    """Order the cards for dealing; who holds an outcome of which too few cards are left lies side by side, at the front.

    Customers who look alike have said yes and no, so a frequent outcome may have few cards of its own.
    """
    own = np.bincount(deck.level, minlength=deck.names.size)
    if not own.size or own.min() >= count:
        return deck.order
    scarce = own.argmin()
    place = np.where(deck.level == scarce, 0, np.where(deck.holds[:, scarce], 1, 2))
    return deck.order[np.argsort(place[deck.order], kind="stable")]


def _enough(deck: _Deck) -> float:
    """Return the share of the groups that is enough to judge by."""
    groups = max(deck.order.size, 1)
    rarest = max(int(np.bincount(deck.level).min(initial=groups)), 1)
    return float(np.clip(max(INNER_CUSTOMERS / groups, INNER_OF_THE_RAREST / rarest), 0.05, 0.15))


def _evenly(wanted: int, size: int) -> NDArray[np.int64]:
    """Pick `wanted` places spread evenly over `size`."""
    return ((np.arange(wanted) + 0.5) * size / max(wanted, 1)).astype(np.int64)


def _mixed(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Hash keys with a seed: the finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    mixed = keys + np.uint64((seed * 0x9E3779B97F4A7C15) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    result: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return result

"""Which segment a customer belongs to, from the stored state: NumPy and Polars only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from segmint.arrays import Mask
from segmint.contract.valid_table import ValidTable
from segmint.segments.coding import Design, encode
from segmint.segments.tree import find_leaves, leaf_paths

CHUNK = 65_536
WITHOUT = "{column}: segment chosen without it"

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float64]


def assign_segments(state: dict[str, Any], frame: pl.DataFrame) -> tuple[Labels, Probabilities]:
    """Assign customers to the segments of a state.

    Parameters
    ----------
    state : dict
        `SegmentFinder.state_`, or the part `state` of a bundle's `segments.json`.
    frame : polars.DataFrame of shape (n_customers, any)
        Holds the describing columns; others are not looked at.

    Returns
    -------
    labels : ndarray of shape (n_customers,), int
        0 is the largest segment.
    probabilities : ndarray of shape (n_customers, count)
        How sure the assignment is; rows sum to 1.
    """
    labels = np.empty(frame.height, np.int64)
    probabilities = np.empty((frame.height, int(state["count"])))
    for start in range(0, frame.height, CHUNK):
        piece = frame[start : start + CHUNK]
        part = slice(start, start + piece.height)
        probabilities[part] = _probabilities_of(state, encode(state["coding"], piece))
        labels[part] = probabilities[part].argmax(axis=1)
    return labels, probabilities


def chosen_without(state: dict[str, Any], frame: pl.DataFrame) -> dict[str, Mask]:
    """Tell by column whose segment was chosen by a split on it though their value has no code, so that its name may be untrue.

    Only a tree splits: of groups the other columns decide, and a name says what most of them are.

    Parameters
    ----------
    state, frame
        As for `assign_segments`.
    """
    if state["method"] != "tree":
        return {}
    design = encode(state["coding"], frame)
    paths = {leaf["leaf"]: [*path] for leaf, path in leaf_paths(state["tree"], design.sizes)}
    asked = np.zeros((len(paths), len(design.sizes)), bool)
    for leaf, columns in paths.items():
        asked[leaf, columns] = True
    without = asked[find_leaves(state["tree"], design.codes)] & (design.codes < 0)
    return {state["coding"][place]["column"]: without[:, place] for place in np.flatnonzero(without.any(axis=0))}


def say_chosen_without(state: dict[str, Any], frame: pl.DataFrame) -> pl.Series:
    """Say of each customer without which columns the segment was chosen, see `chosen_without`; null where there is none."""
    return _in_words(chosen_without(state, frame), frame.height)


def flag_chosen_without(state: dict[str, Any], table: ValidTable) -> ValidTable:
    """Flag the customers of `chosen_without`, behind what is unusual about them."""
    without = chosen_without(state, table.frame)
    if not without:
        return table
    parts = [table.flags.set(table.flags == "", None), _in_words(without, len(table))]
    flags = pl.select(pl.concat_str(parts, separator="; ", ignore_nulls=True).alias("flags")).to_series()
    counts = {WITHOUT.format(column=name): int(mask.sum()) for name, mask in without.items()}
    ledger = replace(table.ledger, flagged=int((flags != "").sum()), flags={**table.ledger.flags, **counts})
    return replace(table, flags=flags, ledger=ledger)


def _in_words(without: dict[str, Mask], customers: int) -> pl.Series:
    if not without:
        return pl.Series([None], dtype=pl.String).new_from_index(0, customers)
    said = [pl.when(pl.Series(mask)).then(pl.lit(WITHOUT.format(column=name))) for name, mask in without.items()]
    words = pl.select(pl.concat_str(said, separator="; ", ignore_nulls=True).alias("words")).to_series()
    return words.set(words == "", None)


def given_labels(labels: ArrayLike, customers: int) -> Labels:
    """Read the segment of each customer that somebody hands over.

    Parameters
    ----------
    labels : array-like of int of shape (n_customers,)
        From 0.
    customers : int

    Raises
    ------
    ValueError
        If they are not of as many customers, or no whole numbers from 0.
    """
    given = np.asarray(labels)
    if given.shape != (customers,):
        raise ValueError(
            f"'labels' must say the segment of each of the {customers:,} customers. "
            f"Got an array of shape {given.shape} instead."
        )
    if not np.issubdtype(given.dtype, np.integer):
        raise ValueError(
            f"'labels' must be whole numbers from 0, one for each customer. Got {given.dtype} values instead."
        )
    if outside := int((given < 0).sum()):
        raise ValueError(f"'labels' must be 0 or more. {outside:,} of {customers:,} are less.")
    return given


def _probabilities_of(state: dict[str, Any], design: Design) -> Probabilities:
    """Probabilities of the segments for coded customers; shape (n_customers, count)."""
    if state["method"] == "tree":
        segment_of_leaf = np.asarray(state["segment_of_leaf"])
        return np.asarray(np.eye(int(state["count"]))[segment_of_leaf[find_leaves(state["tree"], design.codes)]])
    logs = _log_densities(state, design)
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _log_densities(state: dict[str, Any], design: Design) -> Probabilities:
    """Look up what each level adds, rather than multiply by one-hot rows: fast for a million customers."""
    weights = np.asarray(state["weights"], float)
    nothing = np.zeros((1, weights.shape[1]))
    logs = np.tile(np.asarray(state["log_shares"], float), (len(design), 1))
    start = 0
    for place, size in enumerate(design.sizes):
        table = np.vstack([weights[start : start + size], nothing])  # code -1, no value, finds the last row
        logs += table[design.codes[:, place]]
        start += size
    if design.scores.shape[1]:
        there = ~np.isnan(design.scores)
        scores = np.where(there, design.scores, 0.0).astype(float)
        logs += np.hstack([scores**2, scores, there]) @ weights[start:]
    return logs

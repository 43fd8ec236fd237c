"""The arrays that every room passes on, by what they hold, and how those that name rows are counted."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_Number = TypeVar("_Number", bound=np.generic)


def distinct(numbers: NDArray[_Number]) -> NDArray[_Number]:
    """Return the distinct numbers in order, as `np.unique` alone does: it hashes whole numbers, which takes fifty times as long as sorting them."""
    in_order: NDArray[_Number] = np.unique(numbers, return_counts=True)[0]
    return in_order


def holders(labels: Integers, groups: NDArray[np.integer] | None = None) -> Integers:
    """Count the groups that hold each class; shape (n_classes,).

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        Places of the classes, 0 to n_classes - 1.
    groups : ndarray of shape (n_rows,), optional
        A group counts once for a class, however many of its rows are of it. Left out, every row is a group.
    """
    whose = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    classes = int(labels.max(initial=-1)) + 1
    return np.bincount(distinct(whose * classes + labels) % classes, minlength=classes)

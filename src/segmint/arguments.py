"""What the arguments of public functions must be, where Python would take another type for an answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def require_switches(**switches: Any) -> None:
    """Refuse switches that are neither true nor false: the text "no" would count as a yes.

    Parameters
    ----------
    **switches
        What came, by the names of the arguments.

    Raises
    ------
    TypeError
        For the first that is anything but True or False.
    """
    for name, given in switches.items():
        if not isinstance(given, bool | np.bool_):
            raise TypeError(f"'{name}' must be True or False. Got {_came(given)} instead.")


def require_between(name: str, given: Any, low: float, high: float) -> None:
    """Refuse what is no number from `low` to `high`: 95 for 95 %.

    Raises
    ------
    ValueError
        For any other.
    """
    if not (_is_number(given) and low <= given <= high):
        raise ValueError(f"'{name}' must lie between {low:g} and {high:g}. Got {_came(given)} instead.")


def require_made(kind: type, **made: Any) -> None:
    """Refuse what is not of a class that is made first, such as a policy.

    Parameters
    ----------
    kind : type
    **made
        What came, by the names of the arguments.

    Raises
    ------
    TypeError
        For the first that is of another.
    """
    for name, given in made.items():
        if not isinstance(given, kind):
            raise TypeError(f"'{name}' must be a {kind.__name__}. Got {_came(given)} instead.")


def require_several(**several: Any) -> None:
    """Refuse one text, path or table in the place of a list of them: it would be gone through part by part.

    Parameters
    ----------
    **several
        What came, by the names of the arguments.

    Raises
    ------
    TypeError
        For the first that is no list.
    """
    for name, given in several.items():
        if isinstance(given, str) or not isinstance(given, Iterable) or hasattr(given, "columns"):
            raise TypeError(f"'{name}' must be a list. Got {_came(given)} instead.")


def require_texts(**texts: Any) -> None:
    """Refuse anything but texts; None where nothing is said.

    Parameters
    ----------
    **texts
        What came, by the names of the arguments.

    Raises
    ------
    TypeError
        For the first that is neither.
    """
    for name, given in texts.items():
        if given is not None and not isinstance(given, str):
            raise TypeError(f"'{name}' must be a text. Got {_came(given)} instead.")


def place_of(name: str, value: Any, *, expected: str = "a place, as a text or a pathlib.Path") -> Path:
    """Take a place as a path.

    Parameters
    ----------
    name : str
        Of the argument, for the error.
    value : path
    expected : str
        What the argument may be, for the error.

    Raises
    ------
    TypeError
        For anything else, such as a table in the place of a bundle.
    """
    if not isinstance(value, Path | str):
        raise TypeError(
            f"'{name}' is of type {type(value).__name__}. Expected: {expected}. "
            "Next: look at the order of the arguments with help(), or give them by name"
        )
    return Path(value)


def require_no_gaps(y: ArrayLike) -> None:
    """Refuse outcomes of which some are None, or the NA of pandas.

    Raises
    ------
    ValueError
        Saying how many.
    """
    labels = np.asarray(y)
    if (
        labels.ndim == 1
        and labels.dtype == object
        and (gaps := sum(label is None or type(label).__name__ == "NAType" for label in labels))
    ):
        raise ValueError(
            f"The outcome is None or NA in {gaps:,} of {len(labels):,} rows. Leave these rows out, or give them a class."
        )


def between(given: Any, low: float, high: float) -> bool:
    """Whether it is a number above the one and below the other."""
    return _is_number(given) and bool(low < given < high)


def _is_number(given: Any) -> bool:
    return isinstance(given, (int, float, np.number)) and not isinstance(given, bool)


def _came(given: Any) -> str:
    return repr(given) if isinstance(given, str | int | float | None) else f"a {type(given).__name__}"

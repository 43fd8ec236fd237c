"""What the arguments of public functions must be, where Python would take another type for an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
    if not (isinstance(given, (int, float, np.number)) and low <= given <= high):
        raise ValueError(f"'{name}' must lie between {low:g} and {high:g}. Got {_came(given)} instead.")


def require_no_gaps(y: NDArray[Any]) -> None:
    """Refuse outcomes of which some are None.

    Raises
    ------
    ValueError
        Saying how many.
    """
    if y.dtype == object and (gaps := sum(label is None for label in y)):
        raise ValueError(
            f"The outcome is None in {gaps:,} of {len(y):,} rows. Leave these rows out, or give them a class."
        )


def between(given: Any, low: float, high: float) -> bool:
    """Whether it is a number above the one and below the other."""
    return isinstance(given, (int, float, np.number)) and not isinstance(given, bool) and bool(low < given < high)


def _came(given: Any) -> str:
    return repr(given) if isinstance(given, str | int | float | None) else f"a {type(given).__name__}"

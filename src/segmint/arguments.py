"""What the arguments of public functions must be, where Python would take another type for an answer."""

from __future__ import annotations

from typing import Any

import numpy as np


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


def between(given: Any, low: float, high: float) -> bool:
    """Whether it is a number above the one and below the other."""
    return isinstance(given, (int, float, np.number)) and not isinstance(given, bool) and bool(low < given < high)


def _came(given: Any) -> str:
    return repr(given) if isinstance(given, str | int | float | None) else f"a {type(given).__name__}"

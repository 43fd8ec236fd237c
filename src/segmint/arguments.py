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


def require_share(name: str, given: Any) -> None:
    """Refuse what is no share between none and all: 95 for 95 %.

    Raises
    ------
    ValueError
        Unless it is a number above 0 and below 1.
    """
    if not between(given, 0, 1):
        raise ValueError(f"'{name}' must lie between 0 and 1. Got {_came(given)} instead.")


def between(given: Any, low: float, high: float) -> bool:
    """Whether it is a number above the one and below the other."""
    return isinstance(given, (int, float, np.number)) and not isinstance(given, bool) and bool(low < given < high)


def _came(given: Any) -> str:
    return repr(given) if isinstance(given, str | int | float | None) else f"a {type(given).__name__}"

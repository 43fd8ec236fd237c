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
            came = repr(given) if isinstance(given, str | int | float | None) else f"a {type(given).__name__}"
            raise TypeError(f"'{name}' must be True or False. Got {came} instead.")

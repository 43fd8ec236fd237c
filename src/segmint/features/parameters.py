"""What the parameters of a classifier or transformer must be: in words, and as a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

Rules: TypeAlias = Mapping[str, tuple[str, Callable[[Any], bool]]]


def check_parameters(estimator: Any, rules: Rules) -> None:
    """Hold the parameters of an estimator against what they must be.

    Raises
    ------
    ValueError
        For the first that is something else.
    """
    for name, (expected, fits) in rules.items():
        given = getattr(estimator, name)
        if not fits(given):
            raise ValueError(
                f"The '{name}' parameter of {type(estimator).__name__} must be {expected}. Got {given!r} instead."
            )


def count(given: Any, least: int = 1) -> bool:
    """Whether it is a whole number of 1, or of `least`, or more."""
    return isinstance(given, (int, np.integer)) and not isinstance(given, bool) and bool(given >= least)


def auto(given: Any) -> bool:
    """Whether it is the word that leaves the choice open."""
    return isinstance(given, str) and given == "auto"

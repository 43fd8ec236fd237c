"""One customer's propensity as a short letter: how high, why, what would change it, and how sure all this is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmint.explain.change import Change
from segmint.explain.reasons import Attributions
from segmint.explain.words import strongest
from segmint.wording import percent, signed

OPENING = "This customer has a chance of {chance} {event}. Customers in general have {average}; this is {beside}."
REST = (
    "Everything not named here moves it by {points} points. The points start from {base}, where customers would be on "
    "average if their columns had nothing to do with each other, and lead to {chance}."
)
NO_CHANGE = "No single change of what a bank can offer would raise it."
CHANGES = "Of a customer who is otherwise the same, the network would expect more if these were different; it does not say that changing them helps:"
USE = (
    "This is a guess about an answer to one offer. It is no judgement of the customer and must not be used for credit."
)


def letter(
    found: Attributions,
    said: Sequence[str],
    allowed: Sequence[bool],
    changes: Sequence[Change],
    stability: str,
    *,
    average: float,
    target: str | None,
) -> tuple[str, ...]:
    """Write what can be said about one customer, in the order a person would say it.

    Parameters
    ----------
    found : Attributions
        Of this one customer.
    said : sequence of str
        The reasons in words, strongest first.
    allowed : sequence of bool
        Which columns may be named, as when the reasons were put into words.
    changes : sequence of Change
    stability : str
        How stable reasons are, in a sentence.
    average : float
        What customers in general have; `found.base` is of made-up ones, whose columns are combined at random.
    target : str or None
        The segment that is spoken for; None for a response.

    Returns
    -------
    tuple of str
        Opening, reasons with their size in points, the rest, what would change it, how stable, what it is not for.
    """
    base, chance = float(found.base[0]), float(found.prediction[0])
    opening = OPENING.format(
        chance=percent(chance),
        event="of saying yes if called" if target is None else f"of belonging to {target}",
        average=percent(average),
        beside=_beside(chance, average),
    )
    moved = found.contributions[0]
    places = strongest(found.contributions, np.asarray(allowed), len(said))[0]
    sized = [f"{sentence} by {_points(abs(moved[place]))} points" for sentence, place in zip(said, places, strict=True)]
    left = float(moved.sum() - moved[places].sum()) if len(said) else float(moved.sum())
    rest = REST.format(points=_signed(left), base=percent(base), chance=percent(chance))
    told = [CHANGES, *(change.sentence() for change in changes)] if changes else [NO_CHANGE]
    return (opening, *sized, rest, *told, USE, stability)


def _points(size: float) -> str:
    return f"{100 * size:.1f}" if size >= SMALL else "less than 0.1"


SMALL = 0.0005


def _signed(size: float) -> str:
    return "less than 0.1" if abs(size) < SMALL else signed(100 * size, 1)


def _beside(chance: float, average: float) -> str:
    if average <= 0 or abs(chance - average) < 0.05 * average:
        return "about as usual"
    if chance > average:
        return f"{chance / average:.1f} times as much"
    return f"{percent(chance / average, 0)} of it"

"""One customer's propensity as a short letter: how high, why, what would change it, and how sure all this is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmint.explain.change import Change
from segmint.explain.reasons import Attributions
from segmint.explain.words import strongest
from segmint.wording import percent, signed

HEAD = "For the bank's staff: what the network expects of one customer, and why."
OPENING = "This customer has a chance of {chance} {event}. Customers in general have {average}; this is {beside}."
REST = "Everything not named here moves it by {points} points."
HIDDEN_ONE = (
    "One column that is not named because it is sensitive (1 of {columns}) moves it by {points} points; {rest}."
)
HIDDEN = (
    "Columns that are not named because they are sensitive ({hidden} of {columns}) move it by {points} points "
    "together; {rest}."
)
REST_BESIDE = "everything else by {points}"
START = (
    "The points start from {base}, where customers would be on average if their columns had nothing to do with each "
    "other, and lead to {chance}."
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
        For whom it is, opening, reasons with their size in points, what is not named (apart what may not be named),
        what would change it, what it is not for, how stable.
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
    rest = f"{unnamed(found, allowed, len(said))} {START.format(base=percent(base), chance=percent(chance))}"
    told = [CHANGES, *(change.sentence() for change in changes)] if changes else [NO_CHANGE]
    return (HEAD, opening, *sized, rest, *told, USE, stability)


def unnamed(found: Attributions, allowed: Sequence[bool], named: int) -> str:
    """Say what the columns move that are not named: those that may not be, apart from those that matter too little.

    Parameters
    ----------
    found : Attributions
        Of one customer.
    allowed : sequence of bool
        Which columns may be named.
    named : int
        How many reasons are, the strongest.
    """
    moved, may = found.contributions[0], np.asarray(allowed)
    places = strongest(found.contributions, may, named)[0]
    hidden = int((~may).sum())
    rest = _signed(float(moved[may].sum() - moved[places].sum()))
    if not hidden:
        return REST.format(points=rest)
    return (HIDDEN_ONE if hidden == 1 else HIDDEN).format(
        hidden=hidden,
        columns=len(moved),
        points=_signed(float(moved[~may].sum())),
        rest=REST_BESIDE.format(points=rest),
    )


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

"""Results most of which are of other customers: of another wave, most likely."""

from __future__ import annotations

from segmint.wording import percent

MOST = 0.5


def most_are_strangers(strangers: int, named: int) -> bool:
    """Say whether more than half of the results that name a customer are of customers who are not there."""
    return strangers > MOST * named


def caution_of_strangers(strangers: int, named: int, place: str) -> str | None:
    """Ask whether results are of this wave, where most are of customers who are not on `place`; None where they are.

    >>> caution_of_strangers(893, 1_032, "on this list")
    '87 % of the results are of customers who are not on this list: are they of this wave?'
    """
    if not most_are_strangers(strangers, named):
        return None
    return (
        f"{percent(strangers / named, 0)} of the results are of customers who are not {place}: are they of this wave?"
    )

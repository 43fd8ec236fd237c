"""How long work tells the doors how far it is, and keeps what it has done, without knowing who listens or where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

# Asked with what a result depends on and with what computes it; gives the result, computed now or before.
Remember = Callable[[Mapping[str, Any], Callable[[], dict[str, Any]]], dict[str, Any]]


class Progress(Protocol):
    """Called with the name of a piece of work, the units done and the units in all."""

    def __call__(self, task: str, done: int, total: int) -> None:
        """Report that `done` of `total` units of `task` are finished."""


def silent(task: str, done: int, total: int) -> None:
    """Report to nobody."""


def share_of(progress: Progress, whole: str, before: int, size: int, units: int) -> Progress:
    """Report a piece of work as a share of the whole: `size` of its `units`, behind the `before` that are done."""

    def tell(task: str, done: int, total: int) -> None:
        progress(whole, before + size * done // max(total, 1), units)

    return tell


def tell_both(first: Progress, second: Progress) -> Progress:
    """Report to two who listen."""

    def tell(task: str, done: int, total: int) -> None:
        first(task, done, total)
        second(task, done, total)

    return tell

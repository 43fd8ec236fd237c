"""How long work tells the doors how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the name of a piece of work, the units done and the units in all."""

    def __call__(self, task: str, done: int, total: int) -> None:
        """Report that `done` of `total` units of `task` are finished."""


def silent(task: str, done: int, total: int) -> None:
    """Report to nobody."""

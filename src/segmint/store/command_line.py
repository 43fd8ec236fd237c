"""The command as typed, which the runs that it makes keep for the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_TYPED: ContextVar[tuple[str, ...]] = ContextVar("command_line", default=())


@contextmanager
def command_line(argv: Sequence[str]) -> Iterator[None]:
    """Let the runs that are made inside a ``with`` keep this command."""
    before = _TYPED.set(tuple(argv))
    try:
        yield
    finally:
        _TYPED.reset(before)


def as_typed() -> list[str]:
    """Return the command without who was asked about: no record names a customer. Empty where none was typed."""
    said: list[str] = []
    for word in _TYPED.get():
        if said and said[-1] == "--customer":
            said.append("…")
        else:
            said.append("--customer=…" if word.startswith("--customer=") else word)
    return said

"""A setting of the whole process that several threads may need at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class SharedSetting:
    """The first in sets it, and only the last to leave puts back what was before.

    Threads that each put back what they had found would leave behind what another of them had set.

    Parameters
    ----------
    change : callable () -> callable () -> None
        Sets it, and returns what puts back what was before.
    """

    def __init__(self, change: Callable[[], Callable[[], object]]) -> None:
        self._change, self._lock, self._inside = change, Lock(), 0
        self._undo: Callable[[], object] = lambda: None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it inside a ``with``."""
        with self._lock:
            if not self._inside:
                self._undo = self._change()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._undo()

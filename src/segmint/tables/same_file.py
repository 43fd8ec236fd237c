"""A file that is read several times: every time it has to be the one that was opened first, and as it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any

from segmint.errors import InputError, why


class SameFile:
    """A file as it was when it was opened first.

    Whoever replaces it by renaming harms no reader that has it open; the next one would read other bytes and is
    refused, as is one under whose hands it is written to.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        If it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        with _Watched(path) as file:
            facts = os.fstat(file.fileno())
        self.size = facts.st_size
        self._known = _identity(facts)

    @contextmanager
    def opened(self) -> Iterator[BufferedReader[Any]]:
        """Open it anew, and look at it again with every read: whoever reads a file that grows would never be done.

        Raises
        ------
        InputError
            If it is another file than before, is written to, or is gone.
        """
        try:
            file = _Watched(self.path, self._compare)
        except OSError as error:
            raise self._gone(error) from error
        with BufferedReader(file) as buffered, self._unchanged(file.fileno()):
            yield buffered

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Let others open it by its path, and look at it before and after.

        Raises
        ------
        InputError
            If it is another file than before, is written to, or is gone.
        """
        try:
            with self._unchanged(self.path):
                yield
        except FileNotFoundError as error:
            raise self._gone(error) from error

    @contextmanager
    def _unchanged(self, place: int | Path) -> Iterator[None]:
        self._compare(place)
        try:
            yield
        except Exception:
            self._compare(place)  # what is wrong with its bytes may be that they are being written
            raise
        self._compare(place)

    def _compare(self, place: int | Path) -> None:
        if _identity(os.fstat(place) if isinstance(place, int) else place.stat()) != self._known:
            raise InputError(
                f"'{self.name}' changed while it was read.",
                expected="a table that stays as it is until it has been read to its end",
                fix="wait until whoever writes it is done, or read a copy of it",
            )

    def _gone(self, error: OSError) -> InputError:
        return InputError(
            f"'{self.name}' could be opened before and cannot be opened again: {why(error)}.",
            expected="a table that stays where it is until it has been read to its end",
            fix="put it back, or read a copy of it",
        )


class _Watched(FileIO):
    """A file that is looked at after every read; a pipe that nobody writes to is not waited for."""

    def __init__(self, path: Path, look: Callable[[int], None] | None = None) -> None:
        super().__init__(path, "rb", opener=_not_waiting)
        self._look = look

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        if self._look is not None:
            self._look(self.fileno())
        return count


def _not_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _identity(facts: os.stat_result) -> tuple[int, int, int, int]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns

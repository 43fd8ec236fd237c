"""The bundle in use: held whole, swapped whole when ``PROMOTED`` changes, never in the middle of an answer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segmint.errors import SegmintError
from segmint.flows.steps.bundle import predictor_of, require_golden, single_predictor_of
from segmint.models.predict import Predictor
from segmint.models.single import SinglePredictor
from segmint.service.problems import place_of
from segmint.store.bundle import Bundle, folder_of, open_bundle
from segmint.store.promoted import WORD, read_promoted

log = logging.getLogger("segmint.service")

LOOK_EVERY = 1.0  # seconds
TRY_EVERY = 60.0
MOST_SAID = 500  # characters of a cause in the log


@dataclass(frozen=True)
class Handle:
    """One bundle, ready to answer; a request takes one and keeps it to its end. `origin` is where it lies."""

    origin: Path
    bundle: Bundle
    predictor: Predictor
    single: SinglePredictor

    @property
    def digest(self) -> str:
        """SHA-256 of the bundle's manifest."""
        return self.bundle.digest

    @classmethod
    def open(cls, path: Path | str, runs: Path) -> Handle:
        """Open a bundle and let it predict its golden rows.

        Raises
        ------
        BundleError
            If it fails a check.
        """
        bundle = open_bundle(path, runs)
        require_golden(bundle)
        return cls(_folder(path, runs), bundle, predictor_of(bundle), single_predictor_of(bundle))


def _cause(error: Exception) -> str:
    """Say for the log why a bundle is refused, in one line; what an unexpected error says may hold anything."""
    if not isinstance(error, SegmintError):
        return place_of(error)
    told = f"{error.came} Next: {error.fix}" if error.fix else error.came
    # a bundle from elsewhere may hold line breaks that would write lines of their own into the log
    return ascii(" ".join(told.split())[:MOST_SAID])[1:-1]


def _folder(path: Path | str, runs: Path) -> Path:
    if str(path) != WORD:
        return folder_of(path, runs)
    promoted = read_promoted(runs)
    return promoted.runs / promoted.run


class Champion:
    """Holds the handle in use, and once it is told to `watch` looks every second whether another bundle was promoted.

    Parameters
    ----------
    path : Path or str
        A run, a bundle's folder, or PROMOTED; only the last can change.
    runs : Path
    """

    def __init__(self, path: Path | str, runs: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._runs, self._clock = path, runs, clock
        # first the mark: what is promoted while the bundle is opened is seen at the next look
        self._mark, self._looked = self._promoted_mark(), clock()
        self._handle = Handle.open(path, runs)
        self._again: float | None = None
        self._swapping = threading.Lock()
        self.swaps = self.refused = 0

    @property
    def handle(self) -> Handle:
        """The bundle in use."""
        return self._handle

    def is_stale(self) -> bool:
        """Whether ``PROMOTED`` looks changed, or was refused a while ago; looks at the file once a second at most."""
        if str(self._path) != WORD or (now := self._clock()) - self._looked < LOOK_EVERY:
            return False
        self._looked = now
        return self._promoted_mark() != self._mark or (self._again is not None and now >= self._again)

    def swap(self) -> None:
        """Open what is promoted now; one that fails, in whatever way, is refused and the old one stays.

        It is tried again after a while: a folder that is not mounted yet, or being copied, may be whole then.
        """
        if not self._swapping.acquire(blocking=False):
            return
        before, self._mark = self._mark, self._promoted_mark()
        try:
            self._handle = Handle.open(self._path, self._runs)
            self.swaps += 1
            self._again = None
        except Exception as error:
            self.refused += self._again is None or self._mark != before
            self._again = self._clock() + TRY_EVERY
            log.error("the promoted bundle %sis refused: %s", self._run_promoted(), _cause(error))
        finally:
            self._swapping.release()

    def _run_promoted(self) -> str:
        """The id of the run that is promoted, for the log; nothing where that cannot be read."""
        try:
            return f"of {read_promoted(self._runs).run} "
        except (SegmintError, OSError):
            return ""

    def look(self) -> None:
        """Take what was promoted meanwhile into use."""
        if self.is_stale():
            self.swap()

    def watch(self) -> None:
        """Look every second from now on, on a thread of its own: no answer waits for it, and none is needed to look."""

        def for_ever() -> None:
            while True:
                time.sleep(LOOK_EVERY)
                self.look()

        threading.Thread(target=for_ever, name="watch", daemon=True).start()

    def _promoted_mark(self) -> tuple[int, ...]:
        if str(self._path) != WORD:
            return ()
        try:
            seen = (self._runs / WORD).stat()
        except OSError:
            return ()
        return seen.st_ino, seen.st_mtime_ns, seen.st_size

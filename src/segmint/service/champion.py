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
from segmint.service.problems import cause_of, one_line
from segmint.store.bundle import Bundle, folder_of, open_bundle
from segmint.store.promoted import WORD, read_promoted

log = logging.getLogger("segmint.service")

LOOK_EVERY = 1.0  # seconds
TRY_EVERY = 60.0


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

    @property
    def run(self) -> str:
        """The name of the folder that it lies in: the id of its run, where it is of one."""
        return one_line(self.origin.absolute().name)

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
            if self._again is not None:
                log.info("the promoted bundle is well again")
            self._again = None
            self.say_in_use()
        except Exception as error:
            self.refused += self._again is None or self._mark != before
            self._again = self._clock() + TRY_EVERY
            log.error("the promoted bundle %sis refused: %s", self._run_promoted(), cause_of(error))
        finally:
            self._swapping.release()

    def _run_promoted(self) -> str:
        """The id of the run that is promoted, for the log; nothing where that cannot be read."""
        try:
            return f"of {read_promoted(self._runs).run} "
        except (SegmintError, OSError):
            return ""

    def say_in_use(self) -> None:
        """Name the bundle in use in the log."""
        log.info("bundle %s of %s in use", self._handle.digest, self._handle.run)

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

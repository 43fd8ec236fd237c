"""What the pages stand on: the folder of runs, the bundle in use, the tables brought, and what was prepared of them."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from segmint.config import Config
from segmint.contract.valid_table import ValidTable
from segmint.dashboard.jobs import AtWorkError, Jobs, is_quick_look
from segmint.dashboard.sign_in import Doorkeeper
from segmint.dashboard.tables import Tables
from segmint.errors import InputError, RunError, SegmintError
from segmint.flows.preview import PreparedList, prepare_list, read_customers, stands_on
from segmint.flows.standing import StandingPolicy
from segmint.flows.steps.bundle import require_golden
from segmint.flows.steps.learned import Learned, run_folder
from segmint.flows.steps.read import open_source
from segmint.service.champion import Champion
from segmint.service.children import Children, list_workers
from segmint.service.limits import Workers, page_workers
from segmint.service.problems import Problem
from segmint.store.brought_tables import BROUGHT
from segmint.store.bundle import FOLDER, Bundle, open_bundle, run_of, trainings
from segmint.store.promoted import WORD, read_history, read_promoted
from segmint.store.run import Run
from segmint.store.runs import Unreadable, find_run, read_runs
from segmint.tables.workbook_source import SeveralSheetsError

KEPT, MOST_HEADERS = 3, 100
Key = TypeVar("Key")
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """The last few things that were made, each of them once; who asks for one that is being made waits for it alone.

    Parameters
    ----------
    most : int
    seconds : float
        To wait for what somebody else makes, at most.
    """

    def __init__(self, most: int = KEPT, seconds: float = 30.0) -> None:
        self._most, self._seconds, self._lock = most, seconds, Lock()
        self._made: OrderedDict[Key, Future[Value]] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return what is kept, or make it; what cannot be made is not kept.

        Raises
        ------
        Problem
            504 if somebody else makes it for too long.
        """
        with self._lock:
            is_new = key not in self._made
            promised = self._made.setdefault(key, Future())
            self._made.move_to_end(key)
            finished = [old for old, value in self._made.items() if value.done()]
            for old in finished[: max(len(self._made) - self._most, 0)]:
                del self._made[old]
        if is_new:
            self._fulfil(promised, key, make)
        try:
            return promised.result(self._seconds)
        except TimeoutError as error:
            if promised.done():
                raise
            raise Problem(504, "deadline", "This is still being prepared for somebody else.") from error

    def drop(self, is_gone: Callable[[Key], bool]) -> None:
        """Keep no longer what a key says is gone, be it made or still being made."""
        with self._lock:
            for key in [key for key in self._made if is_gone(key)]:
                del self._made[key]

    def _fulfil(self, promised: Future[Value], key: Key, make: Callable[[], Value]) -> None:
        try:
            promised.set_result(make())
        except BaseException as error:
            with self._lock:
                self._made.pop(key, None)
            promised.set_exception(error)


class Desk:
    """One dashboard.

    Parameters
    ----------
    runs : Path
    bundle : str, optional
        A run's id or folder, or PROMOTED; left out, the champion, or else the newest training; a quick look only where there
        is no other.
    keeper : Doorkeeper, optional
    standing : StandingPolicy, optional
        What every list made here respects, whatever its form says.
    served : Champion, optional
        What the HTTP service beside the pages answers by: the pages use the same, and `bundle` says nothing.
    lists, children : Workers, Children, optional
        Who makes call lists here; left out, a few of its own.
    workers : Workers, optional
        Who works on pages; left out, a few of its own.

    Raises
    ------
    RunError
        If `bundle` is no run of this folder.
    """

    def __init__(
        self,
        runs: Path,
        bundle: str | None = None,
        *,
        keeper: Doorkeeper | None = None,
        standing: StandingPolicy | None = None,
        served: Champion | None = None,
        lists: Workers | None = None,
        workers: Workers | None = None,
        children: Children | None = None,
    ) -> None:
        self.runs, self.served = runs, served
        self.bundle_name = bundle if bundle in (None, WORD) else _run_in(str(bundle), runs)
        self.standing = standing or StandingPolicy()
        self.keeper = keeper or Doorkeeper()
        self.tables, self.jobs = Tables(runs / BROUGHT), Jobs(runs)
        self.tables.sweep()
        self.lists, self.workers = lists or list_workers(), workers or page_workers()
        self.children = children or Children()
        self._bundle: tuple[tuple[object, ...], Bundle] | None = None
        self._headers: Kept[str, tuple[str, ...]] = Kept(MOST_HEADERS)
        self._fingerprints: Kept[str, str] = Kept(MOST_HEADERS)
        self._read: Kept[tuple[str, str], ValidTable] = Kept()
        self._prepared: Kept[tuple[str, str, str], PreparedList] = Kept()

    def all_runs(self) -> list[Run]:
        """Every run, newest first."""
        return self.runs_and_unreadable()[0]

    def runs_and_unreadable(self) -> tuple[list[Run], list[Unreadable]]:
        """Every run, and the folders of runs that cannot be read, newest first."""
        return read_runs(self.runs)

    def run(self, name: str) -> Run:
        """One run by its id; a stranger's name is never a path."""
        try:
            return find_run(name, self.runs, paths=False)
        except RunError as error:
            raise RunError(error.came, expected="a run of the list", fix="choose one under “Runs”") from error

    def champion(self) -> str | None:
        """The id of the promoted run; None where nothing was ever promoted.

        Raises
        ------
        BundleError
            If what is promoted cannot be trusted; no other run takes its place.
        """
        return read_promoted(self.runs).run if os.path.lexists(self.runs / WORD) else None

    def promoted_on(self) -> str | None:
        """When the champion was promoted, or came back by a rollback; None where that is not known."""
        history = read_history(self.runs)
        return history[-1].when if history else None

    def bundle_run(self) -> str | None:
        """The run whose bundle is in use here; None if there is none, or a bundle is served that is of no run here."""
        if self.served is not None:
            run = run_of(self.served.handle.origin, self.runs)
            return None if run is None else run.name
        if self.bundle_name not in (None, WORD):
            return self.run(str(self.bundle_name)).id
        champion = self.champion()
        if champion is not None or self.bundle_name == WORD:
            return champion
        trained = self.trained()
        return next((run.id for run in trained if not is_quick_look(run)), trained[0].id if trained else None)

    def trained(self) -> list[Run]:
        """The finished trainings, newest first."""
        return list(trainings(self.all_runs()))

    def origin(self) -> Path | str:
        """Where the bundle in use lies, as `open_bundle` is told it.

        Raises
        ------
        RunError
            If there is none.
        """
        return self._origin_of(self.bundle_run())

    def _origin_of(self, run: str | None) -> Path | str:
        if self.served is not None:
            return self.served.handle.origin
        if run is None:
            raise RunError(
                "There is no model yet.",
                expected="a finished run, or a promoted one",
                fix="bring a table of past campaign results under “Upload and run”",
            )
        named = self.bundle_name not in (None, WORD)
        return WORD if not named and run == self.champion() else self.runs / run

    def bundle(self) -> Bundle:
        """The bundle in use, opened and proven once, and again when its files look changed.

        Raises
        ------
        RunError
            If there is none.
        BundleError
            If it cannot be trusted, or does not predict its golden rows.
        """
        if self.served is not None:
            return self.served.handle.bundle
        run = self.bundle_run()
        where = self._origin_of(run)
        looks = (
            run,
            *_looks(self.runs / str(run) / FOLDER),
        )  # first: what changes while it is opened is seen next time
        kept = self._bundle  # somebody else may open another meanwhile
        if kept is None or kept[0] != looks:
            opened = open_bundle(where, self.runs)
            require_golden(opened)
            kept = self._bundle = (looks, opened)
        return kept[1]

    def stop(self) -> None:
        """End what is made for those who still wait, and tell them so."""
        self.children.close()
        self.lists.close()
        self.workers.close()

    def close(self) -> bool:
        """End the lists and runs that were started here, and start no more; return whether everything did end."""
        self.stop()
        self.jobs.stop()
        return self.lists.is_idle() and self.workers.is_idle()

    def header(self, table: str) -> tuple[str, ...]:
        """The names of a table's columns, looked at once; none if it cannot be read."""
        try:
            return self._look_at(table)
        except SegmintError:
            return ()

    def unreadable(self, table: str) -> SegmintError | None:
        """Why nothing can be done with a table; None if it can be opened."""
        try:
            self._look_at(table)
        except SegmintError as error:
            return error
        return None

    def _look_at(self, table: str) -> tuple[str, ...]:
        path = self.tables.find(table).path
        try:
            return self._headers.get(table, lambda: tuple(open_source(path, self.standing.under().data).columns))
        except SeveralSheetsError as error:  # no page takes the name of a sheet
            alone = "save the sheet with the customers alone, as .xlsx or .csv, and bring that under “Upload and run”"
            raise InputError(error.came, expected=error.expected, fix=alone) from error

    def fingerprint(self, table: str) -> str:
        """What names the content of a table's file; worked out once."""
        path = self.tables.find(table).path
        return self._fingerprints.get(table, lambda: open_source(path, self.standing.under().data).fingerprint)

    def customers(self, table: str) -> ValidTable:
        """A table of customers, read once under the bundle's contract."""
        return self._customers_under(self.bundle(), table)

    def _customers_under(self, bundle: Bundle, table: str) -> ValidTable:
        path = self.tables.find(table).path  # one whose folder was deleted is forgotten
        self._look_at(table)
        return self._read.get((bundle.digest, table), lambda: read_customers(path, bundle, self.standing.under()))

    def forget(self, table: str) -> None:
        """Delete a table that was brought, and what is remembered of it.

        Raises
        ------
        RunError
            If there is none.
        AtWorkError
            If a run that was started here is at work on it.
        """
        place = self.tables.place(table)
        if self.jobs.works_in(place):
            raise AtWorkError(
                "A run is at work on this table.",
                expected="a table that nothing reads",
                fix="wait until it is finished",
            )
        self.tables.forget(table)
        self._headers.drop(lambda key: key == table)
        self._fingerprints.drop(lambda key: key == table)
        self._read.drop(lambda key: key[1] == table)
        self._prepared.drop(lambda key: key[1] == table)

    def prepared(self, table: str, config: Config) -> PreparedList:
        """A list prepared for previews; made anew when what it stands on changes."""
        bundle = self.bundle()
        valid = self._customers_under(bundle, table)
        key = (bundle.digest, table, stands_on(config, valid))
        return self._prepared.get(key, lambda: prepare_list(valid, bundle, config, self._learned(table, bundle)))

    def _learned(self, table: str, bundle: Bundle) -> Learned | None:
        source = open_source(self.tables.find(table).path, self.standing.under().data)
        return Learned.of(bundle, run_folder(self.origin(), self.runs), source)


def _looks(folder: Path) -> list[tuple[str | int, ...]]:
    """What the files of a folder look like from outside; nothing where it is gone."""
    try:
        with os.scandir(folder) as files:
            seen = {file.name: file.stat(follow_symlinks=False) for file in files}
    except OSError:
        return []
    return sorted((name, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in seen.items())


def _run_in(name: str, runs: Path) -> str:
    """Find the run that whoever starts the pages names, by id or by a path."""
    run = find_run(Path(name).parent if Path(name).name == FOLDER else name, runs)
    if run_of(run.folder, runs) is None:
        raise RunError(
            f"The run {run.id} is not in the folder of runs that the pages show.",
            expected=f"a run in '{runs}'",
            fix="name the folder that it is in with --runs",
        )
    return run.id

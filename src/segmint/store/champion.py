"""Champion and challenger: which bundle is in use, how it got there, and the way back.

Everything stands in the one file ``runs/PROMOTED``, so a promotion and its place in the history become
visible in one step.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from segmint.errors import BundleError, RunError
from segmint.store import as_made
from segmint.store.alone import alone
from segmint.store.asked_by import BY, asked_by, legible
from segmint.store.bundle import FOLDER, Bundle, Opening
from segmint.store.promoted import WORD, Entry, read_history, require_readable, to_bytes
from segmint.store.run import Run, installed_versions, typed
from segmint.store.runs import find_run
from segmint.store.sealed_folder import in_ascii
from segmint.store.staging import publish_bytes, real_path

if TYPE_CHECKING:
    from segmint.evaluation.gate import Gate

Prove = Callable[[Bundle], object]


def _trusted(bundle: Bundle) -> None:
    """Ask no more of a bundle than that it could be opened."""


def promote(
    runs: Path,
    name: Path | str,
    gate: Gate,
    *,
    despite: str | None = None,
    against: str | None = None,
    prove: Prove = _trusted,
) -> Entry:
    """Put a run's bundle in use.

    Parameters
    ----------
    runs : Path
    name : Path or str
        The run: its id, the beginning of it, or its folder in `runs`.
    gate : Gate
        The answer of the comparison with the champion.
    despite : str, optional
        A person's reason to promote although the gate did not pass; kept in the history.
    against : str, optional
        The manifest of the champion that the gate was judged against, "" if there was none; None does not ask.
    prove : callable (Bundle), optional
        Raises a `BundleError` if the very bundle that is to be pinned should not be used.

    Returns
    -------
    Entry
        What stands in the history now. Promoting the champion again changes nothing.

    Raises
    ------
    RunError
        If the gate did not pass, the run is not done or not as it was left, another promotion is under way, or the
        champion is another one than the gate was judged against.
    BundleError
        If the bundle does not pass every check.
    """
    run, despite = find_run(name, runs), reason(despite)
    require_promotable(run, runs)
    if not gate.passed and not despite:
        raise RunError(
            f"The run {run.id} was not promoted; {gate.sentence}.",
            expected="a challenger that is better with its interval, or equal and simpler",
            fix="keep the champion, or give a reason to promote all the same",
        )
    bundle = _opened(runs, run.id, None)
    digest = bundle.digest
    _require_its_own(run, digest)
    prove(bundle)
    with alone(runs, "promotion"):
        past = read_history(runs)
        if past and (past[-1].run, past[-1].manifest) == (run.id, digest):
            return past[-1]
        if against is not None and against != (past[-1].manifest if past else ""):
            raise RunError(
                f"The run {run.id} was not promoted: another bundle was put in use while it was compared.",
                expected="the champion that it was compared with",
                fix="promote it again; it is then compared with the new champion",
            )
        back = len(past) - 1 if past else None
        told = {**asdict(gate), "despite": despite}
        return _write(runs, past, Entry(run.id, digest, _now(), "promote", back, told, **_signed(past)))


def require_promotable(run: Run, runs: Path) -> None:
    """Refuse a run of another folder, a copy, under another name, not done, or not as it was left.

    Raises
    ------
    RunError
        If it is one of these.
    """
    if run.folder.parent.resolve() != runs.resolve():
        raise RunError(
            f"The run {run.id} cannot be promoted: it is not in '{runs}'.",
            expected="a run of this folder of runs",
            fix=f"name its own folder of runs: --runs {run.folder.parent}",
        )
    if run.is_copy:
        raise RunError(
            f"The run '{in_ascii(run.id)}' cannot be promoted: it is a copy of {run.made_as}.",
            expected="the name that it was made under: the history names runs by it",
            fix=f"promote that one: {typed(f'segmint promote {run.made_as}', runs)}",
        )
    if run.is_renamed:
        raise RunError(
            f"The run '{in_ascii(run.id)}' cannot be promoted: its folder was renamed.",
            expected="the name that it was made under: the history names runs by it",
            fix=f"rename the folder back to {in_ascii(run.made_as)}",
        )
    if run.status != "done":
        raise RunError(
            f"The run {run.id} cannot be promoted: it is {run.status}.",
            expected="a run that is done",
            fix="list the runs: `segmint runs`",
        )
    as_made.require_as_made(run.record, run.folder)


def rollback(runs: Path, *, because: str | None = None, prove: Prove = _trusted) -> Entry:
    """Put the bundle back in use that the present one replaced, proven as by `promote`; again goes further back.

    Parameters
    ----------
    runs : Path
    because : str, optional
        A person's reason; kept in the history.
    prove : callable (Bundle), optional

    Raises
    ------
    RunError
        If there is nothing to go back to.
    BundleError
        If that bundle is gone, was changed or does not prove itself.
    """
    with alone(runs, "promotion"):
        past = read_history(runs)
        back = past[-1].back if past else None
        if back is None:
            raise RunError(
                "There is no earlier champion to go back to"
                + (f": {past[-1].run}, the present one, was the first." if past else ": none was ever promoted."),
                expected="a champion before which another was in use",
                fix="promote another run: `segmint promote runs/<id>`",
            )
        earlier = past[back]
        prove(_opened(runs, earlier.run, earlier.manifest))
        step = Entry(
            earlier.run,
            earlier.manifest,
            _now(),
            "rollback",
            earlier.back,
            {},
            **_signed(past),
            because=reason(because),
        )
        return _write(runs, past, step)


def _require_its_own(run: Run, digest: str) -> None:
    if run.record["files"].get(as_made.MANIFEST) != digest:
        raise RunError(
            f"The run {run.id} cannot be promoted: its bundle is not the one that it made.",
            expected="the bundle that the run finished with",
            fix="copy the run again from where it was made",
        )


def _opened(runs: Path, run: str, pinned: str | None) -> Bundle:
    return Opening(real_path(runs), (run, FOLDER), pinned=pinned).finish()


def _write(runs: Path, past: list[Entry], entry: Entry) -> Entry:
    content = to_bytes([*past, entry])
    try:
        require_readable(content)
    except BundleError as error:
        raise RunError(
            f"The step to {entry.run} was not written down: {WORD} could not be read again. What was in use still is.",
            expected="reasons and names that are text",
            fix=f"write the reason, and {BY}, in plain letters",
        ) from error
    publish_bytes(runs / WORD, content)
    return entry


def _signed(past: list[Entry]) -> dict[str, str]:
    """Say who takes the next step of a history, where, with what, and after which step."""
    return {
        "by": asked_by(),
        "host": legible(socket.gethostname()),
        "version": installed_versions().get("segmint", ""),
        "before": past[-1].digest if past else "",
    }


def reason(text: str | None) -> str | None:
    """Return a person's reason as it is kept; None where nothing but blanks was given."""
    return legible(text).strip() or None if text else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

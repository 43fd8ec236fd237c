"""Verify a run and its bundle: the run's files, every check of the bundle by name, and the golden rows predicted again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmint.errors import BundleError, SegmintError
from segmint.store import as_made, manifest
from segmint.store.bundle import FOLDER, Bundle, Opening, folder_of, locate
from segmint.store.promoted import RUN_ID, WORD, read_promoted
from segmint.store.run import RECORD, Run, typed
from segmint.store.sealed_folder import in_ascii

Rows = list[dict[str, str]]
Predict = Callable[[Bundle, Rows], NDArray[np.float64]]
Assign = Callable[[Bundle, Rows], list[str] | None]

TOLERANCE = 1e-6
GOLDEN = "golden rows are predicted as when it was made"
RUN = "run"


@dataclass(frozen=True)
class Check:
    """One question about a run or its bundle and its answer.

    Attributes
    ----------
    name : str
    ok : bool
    detail : str
    content : str or None
        SHA-256 over the bundle's files, as its manifest seals it: equal for equal content, whenever and wherever it was
        made. Of the check of the manifest alone.
    """

    name: str
    ok: bool
    detail: str
    content: str | None = None


def verify_bundle(
    path: Path | str, predict: Predict, assign: Assign | None = None, *, runs: Path | None = None
) -> list[Check]:
    """Ask every question about a bundle; after a no, the ones that follow are not looked at and count as no.

    Of a run its own files are looked at first, whatever comes of the bundle; a run that made none is verified by them alone.

    Parameters
    ----------
    path : Path or str
        As for `open_bundle`.
    predict : callable (Bundle, list of rows) -> ndarray of shape (n_rows, n_classes)
        Predicts rows of texts (column to text) with the bundle.
    assign : callable (Bundle, list of rows) -> list of str or None, optional
        Says the key of the segment of each such row; None of a bundle that assigns to none. Left out, segments are not
        looked at.
    runs : Path, optional
        The folder of runs, for PROMOTED.

    Returns
    -------
    list of Check
        All of them, in order, whatever happens.
    """
    files: list[Check] = []
    try:
        run = _run(path, runs)
        files = [] if run is None else [check_run(run)]
        if run is not None and _without_bundle(run):
            return files
        opening = locate(path, runs)
    except SegmintError as error:
        return [*files, Check("the bundle is there", False, f"{error.came} Next: {error.fix}")]
    return [*files, *_verified(opening, predict, assign)]


def check_run(folder: Path) -> Check:
    """Hold every file of a finished run against what the run vouches for, and its folder's name against its own."""
    if not os.path.lexists(folder / RECORD):
        bundle = "; only the bundle could be checked" if os.path.lexists(folder / FOLDER) else ""
        return Check(RUN, False, f"{RECORD} is missing, which vouches for the run's files{bundle}")
    try:
        run = Run.open(Path(os.path.realpath(folder)))
        record = run.record
        found = as_made.look(record, folder)
    except SegmintError as error:
        return Check(RUN, False, error.came)
    if found.differences:
        again = f"; write the page again: {typed(f'segmint report {folder.name}', folder.parent)}"
        return Check(RUN, False, found.differences + (again if found.only_pages else ""))
    if run.is_renamed:
        told = f"what lies here is {f'the run {run.made_as}' if run.made_as else 'another run'}"
        return Check(RUN, False, f"{told}: folders were renamed or exchanged, or this is a copy under another name")
    return Check(RUN, True, f"{found.sentence}; seal {record['seal']}")


def _run(path: Path | str, runs: Path | None) -> Path | None:
    """Say which run is meant; None where it is a bundle by itself."""
    if str(path) != WORD:
        folder = folder_of(path, runs)
        _refuse_link(folder)
    elif runs is None:
        return None
    else:
        folder = runs / read_promoted(runs).run
    return folder if os.path.lexists(folder / RECORD) or _was_a_run(folder) else None


def _refuse_link(folder: Path) -> None:
    """No bundle is opened by a link, so none is verified by one."""
    if folder.is_symlink():
        raise BundleError(
            f"'{in_ascii(str(folder))}' is a link.",
            expected="the folder of a run or of a bundle itself: by a link none is used",
            fix=f"name what it leads to: {os.path.realpath(folder)}",
        )


def _was_a_run(folder: Path) -> bool:
    """Tell a run whose record is gone from a bundle: by what a run writes beside it; without a bundle by its name."""
    if not os.path.lexists(folder / FOLDER):
        return bool(RUN_ID.fullmatch(folder.name)) and folder.is_dir() and not os.path.lexists(folder / manifest.NAME)
    return bool(as_made.orphans(folder))


def _without_bundle(folder: Path) -> bool:
    """Tell whether a run neither holds a bundle nor, as far as its record says, made one."""
    if os.path.lexists(folder / FOLDER):
        return False
    if not os.path.lexists(folder / RECORD):
        return True
    try:
        record = Run.open(folder).record
    except SegmintError:
        return False
    return record["status"] == "done" and as_made.MANIFEST not in (record.get("files") or {})


def _verified(opening: Opening, predict: Predict, assign: Assign | None) -> list[Check]:
    checks: list[Check] = []
    while opening.steps:
        name = opening.steps[0][0]
        try:
            checks.append(Check(name, True, opening.take_step(), opening.content_hash if not checks else None))
        except BundleError as error:
            rest = [name for name, _ in opening.steps] + [GOLDEN]
            return [
                *checks,
                Check(name, False, error.came),
                *(Check(name, False, "not looked at") for name in rest),
            ]
    return [*checks, check_golden(opening.bundle(), predict, assign)]


def check_golden(bundle: Bundle, predict: Predict, assign: Assign | None = None) -> Check:
    """Predict the golden rows, segments too, and compare with what was said when the bundle was made."""
    try:
        rows, expected = bundle.golden["rows"], np.asarray(bundle.golden["probabilities"], dtype=np.float64)
        found = np.asarray(predict(bundle, rows), dtype=np.float64)
        elsewhere, told = _segments(bundle, rows, assign)
    except SegmintError as error:
        return Check(GOLDEN, False, error.came)
    except Exception as error:  # whatever strange rows make a predictor do, the answer is no
        return Check(GOLDEN, False, f"they cannot be predicted ({type(error).__name__})")
    if not len(rows) or expected.shape != (len(rows), len(bundle.classes)) or found.shape != expected.shape:
        return Check(GOLDEN, False, "there are none, or they are not one probability per class")
    difference = float(np.abs(found - expected).max())
    # Not `difference > TOLERANCE`: a NaN must not pass.
    passed = difference <= TOLERANCE and not elsewhere
    return Check(GOLDEN, passed, f"{len(rows)} rows, largest difference {difference:.1e}{told}")


def _segments(bundle: Bundle, rows: Rows, assign: Assign | None) -> tuple[bool, str]:
    """Tell whether golden rows come into other segments than when the bundle was made, and say it."""
    keys = None if assign is None else assign(bundle, rows)
    kept = bundle.golden.get("segments")
    if keys is None:
        return False, ""
    if kept is None:  # bundles of before kept none
        return False, "; their segments were not kept"
    if not isinstance(kept, list) or len(kept) != len(keys):
        return True, "; their segments are not one for each"
    elsewhere = sum(now != before for now, before in zip(keys, kept, strict=True))
    return elsewhere > 0, f"; {elsewhere or 'none'} in another segment"

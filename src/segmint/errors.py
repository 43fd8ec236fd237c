"""Every error and warning of segmint.

::

    SegmintError                 exit code 2, HTTP 422
    ├── InputError               a file or frame that cannot be read as a table
    ├── ContractError            a contract that makes no sense, or a table that does not meet it
    ├── DataError                readable rows that cannot answer the question (one outcome, too few rows)
    ├── ConfigError              a setting or flag that makes no sense
    │   └── PolicyError          a contact policy that contradicts itself
    ├── LayerRuleError           a network with a layer other than Dense, Dropout, BatchNormalization
    ├── BundleError              a bundle that is damaged, altered or of an unknown format
    ├── RunError                 a run folder that is missing, busy or unfinished
    └── MissingExtraError        an optional package that is not installed

Wrong arguments to Python functions stay ``ValueError`` and ``TypeError``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from segmint.wording import Term, parts_of, terms_in

TRAINING = ("sklearn", "lightgbm", "keras", "tensorflow")
_EXTRAS: Mapping[str, str] = {
    **dict.fromkeys((*TRAINING, "tensorboard"), "train"),
    **dict.fromkeys(("catboost", "xgboost"), "best"),
    "optuna": "search",
    **dict.fromkeys(("prometheus_client", "starlette", "uvicorn"), "serve"),
}


class SegmintError(Exception):
    """An error that answers three questions: what came, what was expected, what to do next.

    Settings and options that a door calls otherwise are terms of these sentences, see `segmint.wording.Said`.

    Parameters
    ----------
    came : str
        What was found, in one sentence. Never a customer's value unless the user typed it.
    expected : str
        What would have been right.
    fix : str
        The next step for the user.
    """

    exit_code = 2
    status = 422

    def __init__(self, came: str, *, expected: str = "", fix: str = "") -> None:
        self.came, self.expected, self.fix = came, expected, fix
        parts = [came]
        if expected:
            parts.append(f"Expected: {expected}")
        if fix:
            parts.append(f"Next: {fix}")
        super().__init__("\n".join(parts))


class InputError(SegmintError):
    """A file or frame that cannot be read as a table."""


class ContractError(SegmintError):
    """A contract that makes no sense, or a table that does not meet it."""


class DataError(SegmintError):
    """Readable rows that cannot answer the question."""


class ConfigError(SegmintError):
    """A setting or flag that makes no sense."""


class PolicyError(ConfigError):
    """A contact policy that contradicts itself."""


class LayerRuleError(SegmintError):
    """A network with a layer other than Dense, Dropout and BatchNormalization."""


class BundleError(SegmintError):
    """A bundle that is damaged, altered or of an unknown format."""


class RunError(SegmintError):
    """A run folder that is missing, busy or unfinished."""


class MissingExtraError(SegmintError):
    """An optional package that is not installed."""


def out_of_memory(error: MemoryError) -> RunError:
    """Say of an error that memory ran out, and what then helps; numpy says how much it asked for."""
    wanted = re.search(r"Unable to allocate ([\d.]+ \w+)", str(error))
    return RunError(
        f"There is not enough memory for {f'the next {wanted[1]} of ' if wanted else ''}this work.",
        expected="memory for the whole table and what is made of it",
        fix="use a machine with more memory, or fewer columns or rows",
    )


def require(*packages: str) -> None:
    """Refuse to go on without optional packages, with the line that installs them.

    Raises
    ------
    MissingExtraError
        If one of them is not installed.
    """
    for package in packages:
        if find_spec(package) is None:
            raise _missing(package)


def of_import(error: ImportError) -> SegmintError | None:
    """Say of a failed import what it lacks: an optional package, or memory; None if neither."""
    package = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and package in _EXTRAS:
        return _missing(package)
    if "failed to map segment" in str(error) or "annot allocate memory" in str(error):
        return out_of_memory(MemoryError())
    return None


def _missing(package: str) -> MissingExtraError:
    extra = f"segmint[{_EXTRAS[package]}]"
    return MissingExtraError(f"{package} is not installed.", expected=extra, fix=f"pip install '{extra}'")


def kind_of(error: SegmintError) -> str:
    """Name the kind of an error as the tree above has it, for programs: classes elsewhere only add to one of these."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == __name__)


def told_of(error: SegmintError) -> dict[str, Any]:
    """Tell an error to programs: its kind and sentences, and of those that have terms the parts."""
    told: dict[str, Any] = {"came": error.came, "expected": error.expected, "fix": error.fix}
    parts = {
        which: [{"term": part} if isinstance(part, Term) else part for part in parts_of(text)]
        for which, text in told.items()
        if terms_in(text)
    }
    return {"kind": kind_of(error)} | told | ({"parts": parts} if parts else {})


def why(error: Exception) -> str:
    """Say in a few words why a file could not be used: what the system says, or the kind of error."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return getattr(error, "strerror", None) or type(error).__name__

"""`segmint demo`: the embedded sample through `segmint run`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from segmint.errors import InputError
from segmint.flows.run import RunResult, nobody, run
from segmint.flows.steps.settings import RUNS, Place, Settings
from segmint.progress import Progress, silent
from segmint.tables.source import file_fingerprint

CONTRACT = "bank-marketing"


def sample_path() -> Path:
    """Return the path of the embedded sample, after checking that nobody changed it.

    Raises
    ------
    InputError
        If its SHA-256 is not the recorded one.
    """
    samples = Path(str(resources.files("segmint.samples")))
    expected = (samples / "bank.csv.sha256").read_text("ascii").split()[0]
    if file_fingerprint(samples / "bank.csv") != f"sha256:{expected}":
        raise InputError(
            "The embedded sample is not the one that was shipped.",
            expected=f"SHA-256 {expected}",
            fix="install segmint again",
        )
    return samples / "bank.csv"


def demo(
    config: Settings = None,
    *,
    runs: Place = RUNS,
    progress: Progress = silent,
    say: Callable[[str], None] = nobody,
) -> RunResult:
    """Run everything on the embedded sample: 4,521 calls of a Portuguese bank (CC BY 4.0)."""
    return run(sample_path(), CONTRACT, config, runs=runs, progress=progress, say=say)

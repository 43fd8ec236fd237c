"""What to type after a wave was watched, with the names that were typed, so that it can be copied."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmint.config import Data
from segmint.flows.steps.read import reading_as_typed
from segmint.flows.steps.settings import Place
from segmint.store.run import typed


@dataclass(frozen=True)
class WaveCommands:
    """Commands about a wave.

    Attributes
    ----------
    wave, results : path or frame
        A frame has no name: one that could be its own stands for it. Results are None where the wave holds them.
    codes : path or None
    bundle : str
    runs : Path
    data : Data
        How the tables are read.
    nameless : bool
        Whether no column of the wave says whose row it is.
    """

    wave: Any
    results: Any
    codes: Place | None
    bundle: str
    runs: Path
    data: Data
    nameless: bool = False

    def watch(self) -> str:
        """Watch the wave again when there are results."""
        return self._line("monitor", _named(self.wave, "wave.csv"), "--outcomes", "RESULTS")

    def update(self, *, anew: bool) -> str:
        """Score the wave, then move the bundle by the results, or train anew."""
        wave = _named(self.wave, "wave.csv")
        scored = f"{Path(wave).stem}_scored.parquet"
        codes = [] if self.codes is None else ["--codes", str(self.codes)]
        history = ["--history", "HISTORY"] if anew else []
        results = scored if self.results is None else _named(self.results, "results.csv")
        predict = self._line("predict", wave, "--out", scored)
        update = self._line("update", results, *codes, "--scored", scored, *history)
        told = "First number the rows of the wave from 1 in a column 'record'. " if self.nameless else ""
        told += "For HISTORY name earlier calls with their outcomes, without this wave: " if anew else ""
        return f"{told}{predict} && {update}"

    def _line(self, command: str, *words: str) -> str:
        told = typed(shlex.join(["segmint", command, *words, "--bundle", self.bundle]), self.runs)
        return f"{told} {reading_as_typed(self.data)}".rstrip()


def _named(source: Any, otherwise: str) -> str:
    return str(source) if isinstance(source, str | Path) else otherwise

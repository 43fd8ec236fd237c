"""RunView: what a run left in its folder, read when a page asks for it."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import tomlkit
from numpy.typing import NDArray

from segmint.contract.column import KNOWN_ORDER, Column, Known
from segmint.contract.contract import Contract, parse_contract
from segmint.metrics.classification import confusion_matrix
from segmint.segments.inputs import sensitive_inputs
from segmint.segments.kept import KeptSegments
from segmint.store import run_files
from segmint.store.run import CONFIG, CONTRACT, RECORD, read_kept, read_with
from segmint.wording import listed


@dataclass(frozen=True)
class Predictions:
    """What one model said of every customer, each by a network that had not seen the customer.

    Attributes
    ----------
    outcome, predicted : ndarray of str, shape (n_customers,)
    probabilities : ndarray of shape (n_customers, n_classes)
        In the order of `classes`.
    classes : tuple of str
    groups : ndarray of shape (n_customers,)
        Rows of one number may be one customer's.
    """

    outcome: NDArray[np.str_]
    predicted: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    groups: NDArray[np.int64]

    def confusion(self) -> NDArray[np.int64]:
        """How many customers of each class, row by row, were named each, column by column."""
        return confusion_matrix(self.outcome, self.predicted, self.classes)

    def said(self, name: str) -> NDArray[np.bool_]:
        """Whether each customer's outcome is `name`."""
        happened: NDArray[np.bool_] = self.outcome == name
        return happened

    def probability(self, name: str) -> NDArray[np.float64]:
        """The probability of `name` for each customer."""
        return self.probabilities[:, self.classes.index(name)]


@dataclass(frozen=True)
class RunView:
    """A read-only look at a run folder. A file that is absent reads as None."""

    folder: Path

    def text(self, name: str) -> str | None:
        """The text of a file of the run."""
        return read_with(lambda path: path.read_text("utf-8"), self.folder, name)

    def json(self, name: str) -> dict[str, Any] | None:
        """The content of a JSON file of the run."""
        return read_kept(self.folder, name)

    @property
    def correction(self) -> dict[str, Any] | None:
        """What the bundle adds to the probabilities that its figures are of, see `before_and_after`; None without a comparison."""
        return self.json(run_files.CALIBRATION)

    @property
    def segments(self) -> KeptSegments | None:
        """The segments that the run found or described."""
        return cast(KeptSegments | None, self.json(run_files.SEGMENTS))

    def table(self, name: str) -> pl.DataFrame | None:
        """The content of a Parquet file of the run."""
        return read_with(pl.read_parquet, self.folder, name)

    @cached_property
    def run(self) -> dict[str, Any]:
        """What run.json says: command, status, versions, seed, inputs."""
        return self.json(RECORD) or {}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The headline figures."""
        return self.json(run_files.SUMMARY) or {}

    @cached_property
    def ledger(self) -> dict[str, Any] | None:
        """What was read, accepted and rejected."""
        return self.json(run_files.LEDGER)

    @cached_property
    def search(self) -> dict[str, Any] | None:
        """The trials of a search for settings, and how many rows it was kept from."""
        return self.json(run_files.SEARCH)

    @property
    def kept_apart(self) -> int | None:
        """How many customers figures are about, where a search saw the others; None for all of them."""
        told = (self.search or {}).get("rows_apart")
        return None if told is None else int(told)

    @cached_property
    def comparison(self) -> dict[str, Any] | None:
        """The models side by side."""
        return self.json(run_files.COMPARISON)

    @cached_property
    def test(self) -> dict[str, Any] | None:
        """The models on a test table of the user's own."""
        return self.json(run_files.TEST)

    @property
    def on_test(self) -> RunView | None:
        """The same run as if its comparison had been on that test table; None without one."""
        return None if self.test is None else _OnTest(self.folder)

    @cached_property
    def columns(self) -> pl.DataFrame | None:
        """How the outcome differs by the levels of each column."""
        return self.table(run_files.LEVELS)

    @cached_property
    def history(self) -> pl.DataFrame | None:
        """Loss and accuracy of each training, epoch by epoch."""
        return self.table(run_files.HISTORY)

    @cached_property
    def contract(self) -> Contract | None:
        """The contract the table was held against."""
        content = self.text(CONTRACT)
        return None if content is None else parse_contract(content, origin=CONTRACT)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Every setting as resolved."""
        content = self.text(CONFIG)
        return {} if content is None else tomllib.loads(content)

    @property
    def settings_told(self) -> str:
        """Every setting as TOML, but the key by which arms are drawn: it tells who is held out, and more may read this."""
        told = deepcopy(self.settings)
        told.get("policy", {}).pop("hash_key", None)
        return tomlkit.dumps(told)

    @property
    def at(self) -> Known:
        """The moment up to which columns were used."""
        # a bundle that is used decides the moment, whatever the settings say
        read = ((self.ledger or {}).get("receipt") or {}).get("at")
        said = read or self.summary.get("at") or self.settings.get("data", {}).get("at")
        return next((moment for moment in KNOWN_ORDER if moment == said), "planning")

    @property
    def leaves_out_sensitive(self) -> bool:
        """Whether the settings keep sensitive columns out of the segments."""
        return bool(self.settings.get("segments", {}).get("leave_out_sensitive"))

    @property
    def described_only(self) -> list[Column]:
        """Sensitive columns that the settings kept out of the segments: they describe segments and make none."""
        if self.contract is None or not self.leaves_out_sensitive:
            return []
        return sensitive_inputs(self.contract)

    @property
    def is_response(self) -> bool:
        """Whether the outcome is a yes or no."""
        if self.contract is not None:
            return self.contract.outcome.kind == "response"
        return bool((self.comparison or {}).get("task", "response") == "response")

    @property
    def positive(self) -> str:
        """The level that means yes."""
        return str((self.contract.outcome.positive if self.contract else None) or "yes")

    def of_yes(self, found: Predictions) -> bool:
        """Whether predictions say how likely a yes is."""
        return self.is_response and self.positive in found.classes

    @property
    def outcome_label(self) -> str:
        """The outcome in words: "subscribed a term deposit"."""
        return self.contract.outcome.label if self.contract else "outcome"

    @property
    def largest_share(self) -> float | None:
        """How often somebody would be right who names the most frequent outcome every time."""
        counts = self.summary.get("classes")
        return max(counts.values()) / sum(counts.values()) if isinstance(counts, dict) and counts else None

    @property
    def source(self) -> str:
        """The name of the file that was read, without its folders; of several, all of them."""
        receipt = (self.ledger or {}).get("receipt") or {}
        read = receipt.get("source") or receipt.get("name")
        names = [read] if read else [name for name in self.run.get("inputs") or {} if name != "bundle"]
        return listed([str(name).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] for name in names]) or "the table"

    def column_label(self, name: str) -> str:
        """A column's name for people."""
        column = self.contract.by_name.get(name) if self.contract else None
        return column.label if column else name

    def model_label(self, name: str) -> str:
        """A model's name for people."""
        return str(((self.comparison or {}).get("models") or {}).get(name, name))

    @cached_property
    def _all_predictions(self) -> pl.DataFrame | None:
        return self.table(run_files.PREDICTIONS)

    def predictions(self, model: str) -> Predictions | None:
        """What `model` said of the rows kept apart from it."""
        every = self._all_predictions
        if every is None or "model" not in every.columns:  # what `segmint predict` wrote knows one model and no rivals
            return None
        frame = every.filter(pl.col("model") == model).sort("record")
        names = tuple(name for name in frame.columns if name.startswith("probability_"))
        if frame.is_empty() or not names:
            return None
        return Predictions(
            outcome=frame["outcome"].cast(pl.String).to_numpy().astype(str),
            predicted=frame["predicted"].cast(pl.String).to_numpy().astype(str),
            probabilities=frame.select(names).to_numpy().astype(np.float64),
            classes=tuple(name.removeprefix("probability_") for name in names),
            groups=frame["group" if "group" in frame.columns else "record"].to_numpy().astype(np.int64),
        )


class _OnTest(RunView):
    """A run whose figures and predictions are those on the test table."""

    @property
    def correction(self) -> dict[str, Any] | None:
        return None  # the bundle itself was judged

    @cached_property
    def comparison(self) -> dict[str, Any] | None:
        return (self.test or {}).get("comparison")

    @cached_property
    def summary(self) -> dict[str, Any]:
        return self.test or {}

    @cached_property
    def search(self) -> dict[str, Any] | None:
        return None

    @cached_property
    def _all_predictions(self) -> pl.DataFrame | None:
        return self.table(run_files.TEST_PREDICTIONS)

"""A bundle in memory, for a notebook: predict and explain frames, with nothing written."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arguments import place_of, require_switches
from segmint.config import Config
from segmint.contract.ledger import Ledger
from segmint.contract.valid_table import ValidTable, concatenate
from segmint.contract.validate import validate_batches
from segmint.features.apply import apply_features
from segmint.flows.explain import reasons_of
from segmint.flows.serve import errors_of, predicted_batches, require_records
from segmint.flows.steps.bundle import predictor_of
from segmint.flows.steps.read import open_source
from segmint.flows.steps.settings import RUNS, Place, Settings, bundle_of, require_its_moment, settings_of
from segmint.models.predict import Predictor
from segmint.monitoring.unread import Unread
from segmint.store.bundle import Bundle
from segmint.store.promoted import WORD
from segmint.tables.rejects import Reject
from segmint.wording import counted


class _Forks:
    """Which processes this one is a fork of, since this module was loaded."""

    def __init__(self) -> None:
        self.before: set[int] = set()
        self._here = os.getpid()
        if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
            os.register_at_fork(after_in_child=self._is_child)

    def _is_child(self) -> None:
        self.before.add(self._here)
        self._here = os.getpid()


_forks = _Forks()


@dataclass(frozen=True, repr=False)
class OpenModel:
    """A trained model, ready to be asked; it writes nothing.

    Attributes
    ----------
    bundle : Bundle
        What was trained, and the contract that tables must meet.
    config : Config
        How tables are read.
    """

    bundle: Bundle
    config: Config
    _opened_in: int = field(init=False, default_factory=os.getpid, compare=False)
    _warned: set[str] = field(init=False, default_factory=set, compare=False)

    def __repr__(self) -> str:
        return f"<OpenModel of {self.bundle!r}>"

    @cached_property
    def _predictor(self) -> Predictor:
        return predictor_of(self.bundle)

    def predict(self, source: Any) -> pl.DataFrame:
        """Predict every customer of a table.

        Parameters
        ----------
        source : polars.DataFrame, pandas.DataFrame, pyarrow.Table or path

        Returns
        -------
        polars.DataFrame
            One row for each row of the table, in order: its columns, then `propensity` with `propensity_low` and
            `propensity_high` where the bundle knows how sure it is (or one `probability_...` per segment), `predicted`,
            `segment` where the bundle knows segments, `flags`, `record` (the row's number, from 1) and `error`: why it was
            rejected, or null. A column of the table with one of these names becomes ``<name>_input``.

        Raises
        ------
        SegmintError
            For a table without the contract's columns, or without rows.

        Warns
        -----
        UserWarning
            Once for each column of which the network can make little: levels that training did not know, values that are gone.
        """
        self._require_no_fork()
        ledgers: list[Ledger] = []
        opened = open_source(source, self.config.data)
        unread = self._unread()
        parts = list(predicted_batches(self.bundle, self._predictor, opened, ledgers, unread=unread))
        require_records(sum(ledgers, Ledger()))
        self._warn(unread, 3)
        return pl.concat(parts, how="diagonal_relaxed")

    def encode(self, source: Any) -> NDArray[np.float32]:
        """Return what the network reads of every customer of a table.

        Parameters
        ----------
        source : polars.DataFrame, pandas.DataFrame, pyarrow.Table or path

        Returns
        -------
        ndarray of shape (n_rows, n_inputs)
            One row for each row of the table, in order; NaN where it was rejected.

        Raises
        ------
        SegmintError
            As for `predict`.

        Warns
        -----
        UserWarning
            As `predict`.
        """
        table, rejects = self._read(source)
        records = np.sort([*table.records, *(reject.record for reject in rejects)])  # blank lines are none, but count
        encoded = np.full((len(records), self.bundle.network["inputs"]), np.nan, dtype=np.float32)
        encoded[np.searchsorted(records, table.records)] = apply_features(self.bundle.features, table.frame)
        return encoded

    def keras_model(self) -> Any:
        """Build the network in Keras: a `keras.Sequential` from what `encode` returns to logits, before calibration.

        Of two classes there is one logit, of the second in ``bundle.classes``. `probabilities` makes the bundle's of them.
        """
        from segmint.models import _keras

        network = self.bundle.network
        return _keras.with_weights(network["layers"], self.bundle.weights, inputs=network["inputs"])

    def probabilities(self, logits: Any) -> NDArray[np.float64]:
        """Turn the logits of `keras_model` into the bundle's probabilities, by its calibration.

        Parameters
        ----------
        logits : array-like of shape (n_rows, n_outputs)
            Of two classes also of shape (n_rows,). NaN, as of what `encode` returns of a rejected row, stays NaN.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
            In the order of ``bundle.classes``; each row sums to 1.

        Raises
        ------
        ValueError
            For any other shape.
        """
        logits, outputs = np.asarray(logits, dtype=np.float64), len(self._predictor.folded[-1][1])
        if logits.shape[1:] != (outputs,) and (logits.ndim, outputs) != (1, 1):
            raise ValueError(
                f"The logits must have {counted(outputs, 'column')}, as keras_model() returns them. "
                f"Got an array of shape {logits.shape} instead."
            )
        return self._predictor.calibrated.apply(logits)

    def explain(self, source: Any, *, sensitive: bool = False) -> pl.DataFrame:
        """Say why customers get the predictions they get; a few thousand at a time, as it takes a while.

        Parameters
        ----------
        source : polars.DataFrame, pandas.DataFrame, pyarrow.Table or path
        sensitive : bool
            Whether sensitive columns may be named as reasons.

        Returns
        -------
        polars.DataFrame
            One row for each row of the table, in order: record, customer, class, base, prediction, reason_1, ..., one
            column of contributions per column, and `error`: why the row was rejected, or null.

        Raises
        ------
        SegmintError
            As for `predict`.

        Warns
        -----
        UserWarning
            As `predict`.
        """
        require_switches(sensitive=sensitive)
        table, rejects = self._read(source)
        reasons = reasons_of(table, self.bundle, sensitive=sensitive)
        return pl.concat([reasons, errors_of(rejects)], how="diagonal").sort("record")

    def _unread(self) -> Unread:
        return Unread(self.bundle.contract.features(self.bundle.at), self.bundle.reference)

    def _require_no_fork(self) -> None:
        """Refuse a fork of the process that opened the model: Polars's threads are not in it, and it would wait for ever."""
        if self._opened_in in _forks.before:
            raise RuntimeError(
                f"The model was opened in process {self._opened_in}, and this one is a fork of it, in which Polars waits for "
                'ever. Next: start processes with multiprocessing.get_context("spawn") or "forkserver", or with joblib'
            )

    def _read(self, source: Any) -> tuple[ValidTable, list[Reject]]:
        self._require_no_fork()
        rejects: list[Reject] = []
        opened = open_source(source, self.config.data)
        known = self.bundle.contract
        batches = validate_batches(opened, known, purpose="predict", at=self.bundle.at, on_reject=rejects.append)
        table = concatenate(batches)
        require_records(table.ledger)
        unread = self._unread()
        unread.add(table.frame)
        self._warn(unread, 4)
        return table, rejects

    def _warn(self, unread: Unread, level: int) -> None:
        """Warn whoever called, so many calls above, once of each column: a table may come in a thousand parts."""
        doubts = [(name, said) for name, said in unread.doubts_of_columns if name not in self._warned]
        self._warned.update(name for name, _ in doubts)
        for _, said in doubts:
            warnings.warn(said, UserWarning, stacklevel=level)


def open_model(bundle: Place = WORD, config: Settings = None, *, runs: Place = RUNS) -> OpenModel:
    """Open a bundle to predict and explain frames in memory.

    Parameters
    ----------
    bundle : path
        A run, a bundle's folder, or PROMOTED.
    config : Config or path, optional
        How tables are read.
    runs : path
        The folder that holds all runs.

    Raises
    ------
    BundleError
        If the bundle fails its checks.
    ConfigError
        If the settings name another moment than the bundle's.
    """
    opened, config = bundle_of(bundle, place_of("runs", runs)), settings_of(config)
    require_its_moment(config, opened)
    return OpenModel(opened, config)

"""`segmint run --test`: the delivered network and its rivals on a test table of the user's own, each judged once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segmint.arrays import Floats
from segmint.config import Config
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.errors import ContractError, DataError
from segmint.evaluation.comparison import Comparison, classes_apart, compare_on_test
from segmint.flows.steps.bundle import predictor_of
from segmint.flows.steps.read import open_source, read_beside, require_contract
from segmint.models.names import MODEL_LABELS, OURS
from segmint.progress import Progress
from segmint.report.scores import metric_label
from segmint.splits.groups import RowIdentity
from segmint.splits.overlap import apart_from_training
from segmint.store import run_files
from segmint.store.bundle import Bundle
from segmint.store.run import Run
from segmint.tables.table_source import TableSource
from segmint.wording import between, counted, decimal, percent


@dataclass(frozen=True)
class OnTest:
    """A test table that was read.

    Attributes
    ----------
    table : ValidTable
        The rows that judge.
    source : str
        What the table is called.
    told : str
        How many of its rows are of customers in the training table; "" if none is.
    classes_apart : list of str
        Which outcomes only one of the two tables has.
    rejected : Path
        Where its rejected rows are, if there are any.
    """

    table: ValidTable
    source: str
    told: str
    classes_apart: list[str]
    rejected: Path

    @property
    def classes(self) -> dict[str, int]:
        """How many rows have each outcome."""
        names, counts = np.unique(self.table.outcome, return_counts=True)
        return {str(name): int(count) for name, count in zip(names, counts, strict=True)}

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say how it was read, what was left out, who judges, and whether they are too few."""
        ledger, outcome = self.table.ledger, self.table.contract.outcome
        said = [f"test table {self.source}: {ledger.sentence()}", *ledger.by_reason()]
        said += [f"rejected rows of the test table: {self.rejected}"] if ledger.rejected else []
        said += [f"warning: {told}" for told in (self.told, *self.classes_apart) if told]
        judges = f"judged on {counted(len(self.table), 'test row')}"
        if outcome.positive is None:
            shares = ", ".join(f"'{name}' {percent(count / len(self.table))}" for name, count in self.classes.items())
            return (*said, f"{judges}, {shares}:")
        yes = int((self.table.outcome == outcome.positive).sum())
        return (*said, f"{judges}, {percent(yes / len(self.table))} of which have the outcome '{outcome.positive}':")


def open_test(test: Any, training: TableSource, contract: Contract, config: Config) -> TableSource | None:
    """Open the test table, if there is one, and refuse before any work what cannot judge by its columns, or taught everything."""
    given = config.data.test if test is None else test
    if given is None:
        return None
    opened = open_source(given, config.data)
    if opened.fingerprint == training.fingerprint:
        raise DataError(
            f"The test table {opened.name} is the training table.",
            expected="a table of customers whom no model learns from",
            fix="cut the table in two, or leave --test out: the comparison judges on rows kept apart anyway",
        )
    try:
        require_contract(opened, contract, purpose="judge", at=config.data.at)
    except ContractError as error:
        fix, name = error.fix, contract.id_column
        if name is not None and name not in opened.columns:
            fix = f"deliver the column '{name}' too, or leave it empty: rows without an id are compared by their values; otherwise {fix}"
        raise ContractError(f"The test table: {error.came}", expected=error.expected, fix=fix) from error
    return opened


def read_test(
    source: TableSource | None, table: ValidTable, config: Config, here: Run, progress: Progress
) -> OnTest | None:
    """Read the test table, if there is one, under the contract that the training table met; leave the customers of that one out.

    Values that the contract does not allow judge too, as they are predicted: the figures are of all whom the network will score.
    """
    if source is None:
        return None
    rejected = here.folder / run_files.TEST_REJECTED
    try:
        test = read_beside(source, table.contract, config.data, rejected, purpose="judge", progress=progress)
        test, told = apart_from_training(table, test)
    except DataError as error:
        raise DataError(f"The test table: {error.came}", expected=error.expected, fix=error.fix) from error
    return OnTest(test, source.name, told, classes_apart(table, test), rejected)


def judge_on_test(
    here: Run,
    table: ValidTable,
    test: OnTest | None,
    bundle: Bundle,
    comparison: Comparison | None,
    maker: Callable[[str], Callable[[], Any]],
    config: Config,
    progress: Progress,
    who: RowIdentity,
) -> tuple[Comparison | None, dict[str, Any]]:
    """Judge the bundle and every rival of the comparison on the test table, if there is one; the run keeps how they did.

    Parameters
    ----------
    here : Run
    table : ValidTable
        That every model learns from.
    test : OnTest or None
    bundle : Bundle
        The network as it is delivered, with its calibration and threshold.
    comparison : Comparison or None
        Names the rivals and their thresholds; without one the network is judged alone.
    maker : callable (name) -> callable () -> model
        Makes an untrained rival.
    config : Config
    progress : Progress
    who : RowIdentity
        Of `table`.

    Returns
    -------
    tested : Comparison or None
    told : dict
        What the summary of the run says of it, under "test".
    """
    if test is None:
        return None, {}
    rivals = () if comparison is None else config.compare.models
    models = {OURS: lambda: _Delivered(bundle), **{name: maker(name) for name in rivals if name != OURS}}
    positive = table.contract.outcome.positive
    thresholds = {name: comparison.threshold(name, positive) for name in rivals if comparison is not None}
    tested = compare_on_test(
        models,
        table,
        test.table,
        thresholds | {OURS: bundle.calibration.get("threshold")},
        seed=config.seed,
        inner=config.split.inner,
        repeats=config.compare.repeats,
        progress=progress,
        remember=here.remember,
        labels=MODEL_LABELS,
        identity=who,
    )
    summary = {
        "source": test.source,
        "rows": len(test.table),
        "classes": test.classes,
        "told": test.told,
        "classes_apart": test.classes_apart,
        "sentences": [*test.sentences, *_figures(tested), *tested.conclusion],
        "quality": {name: _with_ends(tested, name) for name in tested.models},
    }
    kept = {name: summary[name] for name in ("source", "rows", "classes", "told", "classes_apart")}
    here.keep(run_files.TEST, {**kept, "ledger": test.table.ledger.to_json(), "comparison": tested.to_json()})
    here.keep(run_files.TEST_PREDICTIONS, tested.predictions)
    return tested, {"test": summary}


def _with_ends(tested: Comparison, model: str) -> dict[str, float]:
    """Return the metrics of a model by name, with `_low` and `_high` where there is an interval, as `segmint predict` does."""
    ends = {"": "value", "_low": "low", "_high": "high"}
    found = {f"{row['metric']}{end}": row[key] for row in tested.measured(model) for end, key in ends.items()}
    return {name: value for name, value in found.items() if value is not None and not math.isnan(value)}


def _figures(tested: Comparison) -> list[str]:
    """Write the main metric of each model in a line, the best first."""
    rows = tested.rows.filter(metric=tested.metric).sort("value", descending=True, maintain_order=True)
    label = metric_label(tested.metric)
    return [
        f"  {label} {decimal(row['value'])} ({between(row['low'], row['high'])}) {tested.models[row['model']]}"
        for row in rows.to_dicts()
    ]


class _Delivered:
    """The network of a bundle as a model of the comparison: it has learned already."""

    def __init__(self, bundle: Bundle) -> None:
        self._predictor, self._digest = predictor_of(bundle), bundle.digest
        self.classes_ = np.asarray(bundle.classes)

    def get_params(self) -> Mapping[str, str]:
        """Tell it from another bundle."""
        return {"bundle": self._digest}

    def fit(self, X: pl.DataFrame, y: Any) -> _Delivered:
        """Change nothing."""
        return self

    def predict_proba(self, X: pl.DataFrame) -> Floats:
        """Say what the bundle says."""
        return self._predictor.probabilities(X)

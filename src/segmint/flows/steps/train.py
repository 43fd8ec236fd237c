"""Train the network that goes into the bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import Config
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import ConfigError, DataError
from segmint.features.levels import pool_repeated
from segmint.flows.steps.read import open_source
from segmint.metrics.classification import best_f1_threshold, class_index
from segmint.models.distil import auc_error
from segmint.models.fitted import fill, fitted
from segmint.models.network import TRAINING, epoch_rows
from segmint.models.network_model import RECIPES, NetworkModel
from segmint.models.teachers import missed_teachers
from segmint.progress import Progress, Remember, share_of
from segmint.splits.folds import in_order, inner_split
from segmint.splits.groups import RowIdentity, groups_among, row_customers
from segmint.store import run_files
from segmint.store.run import Run

FINAL = "final"
# A larger share of the customers than this, kept from teaching, is worth a second training.
MANY_INNER = 0.1


@dataclass(frozen=True)
class Trained:
    """The network of the bundle, and what it said of its inner customers before it learned from them.

    Attributes
    ----------
    model : NetworkModel
    inner : ndarray of int
        Rows that told when to stop and how bold probabilities are.
    inner_groups : ndarray of shape (n_inner,)
        Which of them are one customer.
    inner_said : ndarray of shape (n_inner, n_classes)
        Probabilities, by a network that had not learned from these rows.
    again : int
        For how many epochs the network then learned once more, from all rows; 0 if it did not.
    """

    model: NetworkModel
    inner: NDArray[np.int64]
    inner_groups: NDArray[np.int64]
    inner_said: NDArray[np.float64]
    again: int = 0


def train(
    table: ValidTable,
    config: Config,
    make: Callable[[], NetworkModel],
    progress: Progress,
    who: RowIdentity,
    remember: Remember,
    upcoming: ValidTable | None = None,
) -> Trained:
    """Train on all rows but an inner part for stopping and calibration; where that is large, then on all rows.

    Parameters
    ----------
    table : ValidTable
    config : Config
    make : callable () -> NetworkModel
        Makes the untrained network, with its log.
    progress : Progress
    who : RowIdentity
    remember : Remember
    upcoming : ValidTable, optional
        Customers who are called next, for a recipe that looks at them.
    """
    whose = row_customers(table)
    inputs, outcome = _inputs(table, whose), table.outcome
    fit, inner = inner_parts(table, config, who)
    if not inner.size:
        raise DataError(
            "No outcome is held by two customers who can be told apart, so none can be kept from teaching.",
            expected="at least two customers for each outcome",
            fix="bring more rows, or check the id column: rows with one id are one customer",
        )
    again = learns_again(config, len(inner), len(table))
    model, whole = make(), 100 * (1 + again)  # percent of each training
    key = {"work": "the network of the bundle", "table": table.ledger.receipt["fingerprint"], "at": table.at}
    key |= {"settings": config.model_dump(mode="json", include={"seed", "data", "split", "model"})}
    if upcoming is not None:
        key |= {"upcoming": upcoming.ledger.receipt["fingerprint"]}

    def learn() -> dict[str, Any]:
        more: dict[str, Any] = {}
        if upcoming is not None:
            theirs = groups_among(table, who.groups, upcoming)
            more = {"upcoming": upcoming.inputs, "upcoming_groups": theirs}
        judge = (inputs[inner], outcome[inner])
        progress(TRAINING, 0, whole)
        tell = share_of(progress, TRAINING, 0, 100, whole)
        groups, customers = who.groups[fit], whose[fit]
        model.fit(inputs[fit], outcome[fit], inner=judge, groups=groups, customers=customers, progress=tell, **more)
        more_said: dict[str, Any] = {"inner_said": model.predict_proba(judge[0]), "again": 0}
        if again:
            progress(TRAINING, 100, whole)
            tell = share_of(progress, TRAINING, 100, 100, whole)
            order = in_order(who.keys)
            groups, customers = who.groups[order], whose[order]
            model.refit(inputs[order], outcome[order], groups=groups, customers=customers, progress=tell, **more)
            more_said["again"] = model[-1].refit_epochs_
        return fitted(model) | more_said

    learned = remember(key, learn)
    progress(TRAINING, whole, whole)
    return Trained(fill(model, learned), inner, who.groups[inner], learned["inner_said"], learned["again"])


def _inputs(table: ValidTable, whose: NDArray[np.int64]) -> pl.DataFrame:
    """Read what the network learns from, without levels of few customers, but for those that the contract names."""
    unnamed = [column.name for column in table.features if column.kind == "category" and not column.allowed]
    return table.inputs.with_columns(pool_repeated(table.frame[name], whose) for name in unnamed)


def inner_parts(table: ValidTable, config: Config, who: RowIdentity) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split the rows into those that teach the network of the bundle and its inner ones."""
    return inner_split(table.outcome, who.groups, share=config.split.inner, seed=config.seed, keys=who.keys)


def learns_again(config: Config, inner: int, rows: int) -> bool:
    """Tell whether the network learns once more from everybody: as is set, or where many had to be kept from it."""
    if config.model.refit is not None:
        return config.model.refit
    return RECIPES[config.model.recipe].refit and inner > MANY_INNER * rows


def upcoming_customers(table: ValidTable, config: Config) -> ValidTable | None:
    """Read the customers who are called next, where a recipe looks at them."""
    if config.data.upcoming is None:
        return None
    if not RECIPES[config.model.recipe].upcoming:
        raise ConfigError(
            f"The recipe '{config.model.recipe}' does not look at customers who are yet to be called.",
            expected="data.upcoming with the recipe 'rolling' only",
            fix="add --recipe rolling, or leave data.upcoming out",
        )
    source = open_source(config.data.upcoming, config.data)
    return validate(source, table.contract, purpose="predict", at=table.at, max_rejected=config.data.max_rejected)


def inner_threshold(table: ValidTable, trained: Trained) -> float | None:
    """Choose the threshold of a response where F1 is best among the inner rows; for want of a comparison."""
    positive = table.contract.outcome.positive
    if positive is None:
        return None
    likely = trained.inner_said[:, list(trained.model.classes_).index(positive)]
    return best_f1_threshold(table.outcome[trained.inner] == positive, likely, default=0.5)


def keep_history(here: Run, table: ValidTable, trained: Trained) -> dict[str, Any]:
    """Keep the epochs, and the lesson: what the teacher taught beside what the student then knew of rows it had not seen; return the lesson."""
    model = trained.model
    best = model[-1].history_[model[-1].best_epoch_ - 1]
    happened = class_index(table.outcome[trained.inner], model.classes_)
    error = auc_error(best.validation_auc, happened, trained.inner_said, trained.inner_groups)
    student = {
        "loss": best.validation_loss, "auc": best.validation_auc, "auc_error": error if isfinite(error) else None,
        "customers": len(trained.inner),
    }  # fmt: skip
    lesson = {"recipe": model.recipe, "taught": model.lesson_, "student": student, "missed": missed_teachers()}
    if trained.again:
        lesson["again"] = {"customers": len(table), "epochs": trained.again}
    here.keep(run_files.LESSON, lesson)
    here.keep(run_files.HISTORY, pl.DataFrame(epoch_rows(model[-1].history_, FINAL)))
    return lesson

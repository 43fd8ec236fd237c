"""Calibrate the network that goes into the bundle on customers that did not teach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats, Integers, distinct
from segmint.contract.valid_table import ValidTable
from segmint.evaluation.calibration_gain import before_and_after, halves
from segmint.evaluation.comparison import Comparison
from segmint.metrics.classification import class_index
from segmint.models.calibration import Calibration, fit_calibration, logits_of, moved_threshold
from segmint.models.interval import fit_interval
from segmint.models.names import OURS

if TYPE_CHECKING:
    from segmint.flows.steps.train import Trained


@dataclass(frozen=True)
class Calibrated:
    """How the bundle's logits become probabilities, and what that was learned from.

    Attributes
    ----------
    calibration : dict
        The content of ``calibration.json``: temperature, offset, threshold, interval.
    judged : (outcomes, probabilities) or None
        Customers kept apart in the comparison, calibrated as the bundle does.
    told : dict or None
        For the report: calibration before and after, on customers kept apart, and whether the correction is `applied`.
    """

    calibration: dict[str, Any]
    judged: tuple[NDArray[np.str_], Floats] | None
    told: dict[str, Any] | None


def calibrate(
    table: ValidTable, trained: Trained, comparison: Comparison | None, threshold: float | None
) -> Calibrated:
    """Calibrate on the out-of-fold predictions of the comparison; without one, on the inner rows of the training.

    In the comparison every customer was judged by a network that had not seen the customer, calibrated on its own inner
    rows. What was still wrong with these probabilities is learned on all of them and, if it lowers the cross-entropy of
    customers that did not teach it, added to the calibration of the final network; the threshold then moves along, so that
    it chooses the same customers.
    """
    classifier = trained.model.named_steps["classifier"]
    ours: Calibration = classifier.calibration_
    positive = table.contract.outcome.positive
    classes = tuple(str(name) for name in classifier.classes_)
    place = None if positive is None else classes.index(positive)
    if comparison is None:
        return Calibrated(
            ours.to_json() | {"threshold": threshold} | _on_inner_rows(table, trained, positive), None, None
        )
    mine = comparison.of(OURS)
    labels = class_index(mine.outcome, classes)
    folds, groups = comparison.predictions.filter(model=OURS).select("fold", "group").to_numpy().T
    if distinct(folds).size == 1:  # after a search
        folds = halves(groups)
    told = before_and_after(mine.probabilities, labels, folds, place, groups)
    more, likely = fit_calibration(logits_of(mine.probabilities), labels), mine.probabilities
    applied = told["after"]["log_loss"] < told["before"]["log_loss"]
    if applied:
        ours, likely = ours.then(more), more.again(likely)
        threshold = threshold if threshold is None or place is None else moved_threshold(threshold, more, place)
    found = ours.to_json() | {"threshold": threshold}
    if place is not None:
        found |= interval_of(likely[:, place], mine.outcome == positive, groups)
    return Calibrated(found, (mine.outcome, likely), told | more.to_json() | {"applied": applied})


def rows_judged(table: ValidTable, comparison: Comparison) -> NDArray[np.int64]:
    """Return the place in the table of each row that the comparison kept apart, in its order."""
    records = comparison.predictions.filter(model=OURS)["record"].to_numpy()
    order = np.argsort(table.records)
    return np.asarray(order[np.searchsorted(table.records[order], records)])


def _on_inner_rows(table: ValidTable, trained: Trained, positive: str | None) -> dict[str, Any]:
    """Learn the intervals on the rows that only told the training when to stop."""
    if positive is None:
        return {}
    likely = trained.inner_said[:, list(trained.model.classes_).index(positive)]
    return interval_of(likely, table.outcome[trained.inner] == positive, trained.inner_groups)


def interval_of(propensity: Floats, said_yes: NDArray[np.bool_], groups: Integers) -> dict[str, Any]:
    """Learn the entry "interval" of ``calibration.json`` from customers that did not teach; empty if they are too few."""
    found = fit_interval(propensity, said_yes, groups)
    return {} if found is None else {"interval": found.to_json()}

"""How well the network does by sensitive group, each beside all customers, on rows kept apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.evaluation.conclusion import Estimate
from segmint.evaluation.paired_bootstrap import Judged, bootstrap_scores
from segmint.metrics.classification import class_index
from segmint.metrics.intervals import FEWEST_OF_EACH, auc_interval, design_effect, interval, wilson
from segmint.metrics.ranking import roc_auc
from segmint.targeting.fairness import groups_of, parts_of
from segmint.wording import capital, decimal, listed, percent

ERRORS = {"response": ("calibration", "roc_auc", "missed"), "assignment": ("accuracy",)}
"""What tells that the network errs otherwise for a group; a share of yes only tells that the group answers otherwise."""

_REPEATS = 200
_LEVEL = 0.95
_Measures = dict[str, Callable[[float], Estimate]]


def quality_by_group(
    judged: pl.DataFrame,
    columns: Sequence[pl.Series],
    customers: NDArray[np.int64],
    *,
    positive: str | None,
    labels: Mapping[str, str],
    seed: int,
) -> dict[str, Any]:
    """Judge the network by the groups of some columns, and say which groups it surely serves otherwise than all customers.

    A group differs in an error where its interval, corrected for the number of comparisons (Bonferroni), leaves out the figure of all
    customers; in calibration where that of its share of yes leaves out its mean propensity.

    Parameters
    ----------
    judged : polars.DataFrame
        One model's rows of `Comparison.predictions`.
    columns : sequence of polars.Series of shape (n_rows,)
        The columns to look at; see `groups_of`.
    customers : ndarray of shape (n_rows,)
        The customer of each row: no group of fewer than 10 is named, see `parts_of`.
    positive : str or None
        The class that means yes; None for an assignment.
    labels : mapping of str to str
        Columns' names for people.
    seed : int
        Of the bootstrap of weighted F1.

    Returns
    -------
    dict
        The content of ``quality_by_group.json``: task; comparisons; columns (column, label, rows); sentences. A row: group, customers,
        rows, and measures, each with _low and _high (95 %): of a response rate, roc_auc, predicted (share named yes) and missed (of those who
        said yes, the share not named) and without an interval mean_propensity; of an assignment accuracy and weighted_f1. First row:
        everyone, alone where no two groups are large enough. `apart` names the errors in which the row differs.
    """
    task = "assignment" if positive is None else "response"
    measure = _of_assignment(judged, seed) if positive is None else _of_response(judged, positive)
    found = [
        [_Part(name, rows, measure(rows)) for name, rows in parts_of(groups_of(each), customers)] for each in columns
    ]
    found = [parts if len(parts) > 2 else parts[:1] for parts in found]
    comparisons = sum(part.can_tell(error) for parts in found for part in parts[1:] for error in ERRORS[task])
    level = 1 - (1 - _LEVEL) / max(comparisons, 1)
    told = [
        {
            "column": column.name,
            "label": labels.get(column.name, column.name),
            "rows": [part.to_json(customers, parts[0], ERRORS[task], level) for part in parts],
        }
        for column, parts in zip(columns, found, strict=True)
    ]
    return {
        "task": task,
        "comparisons": comparisons,
        "columns": told,
        "sentences": _sentences(told, ERRORS[task], comparisons),
    }


@dataclass(frozen=True)
class _Part:
    """A group, or everyone: which rows are theirs, and what was measured on them."""

    name: str
    member: NDArray[np.bool_]
    measures: _Measures

    def can_tell(self, error: str) -> bool:
        return math.isfinite(self._held_against(error)(_LEVEL).low)

    def _held_against(self, error: str) -> Callable[[float], Estimate]:
        return self.measures["rate" if error == "calibration" else error]

    def differs(self, error: str, everyone: _Part, level: float) -> bool:
        mine = self._held_against(error)(level)
        there = self._if_off_as(everyone) if error == "calibration" else everyone.measures[error](level).value
        return there < mine.low or there > mine.high

    def _if_off_as(self, everyone: _Part) -> float:
        """Share of yes, if the network were as far off for the group as it is for everyone."""
        expected, all_expected, all_yes = (
            part.measures[name](_LEVEL).value
            for part, name in ((self, "mean_propensity"), (everyone, "mean_propensity"), (everyone, "rate"))
        )
        return expected + all_yes - all_expected

    def to_json(
        self, customers: NDArray[np.int64], everyone: _Part, errors: Sequence[str], level: float
    ) -> dict[str, Any]:
        told: dict[str, Any] = {"group": self.name, "customers": pl.Series(customers[self.member]).n_unique()}
        told["rows"] = int(self.member.sum())
        for name, measure in self.measures.items():
            value, low, high = (number if math.isfinite(number) else None for number in measure(_LEVEL))
            told |= (
                {name: value} if name == "mean_propensity" else {name: value, f"{name}_low": low, f"{name}_high": high}
            )
        told["apart"] = [error for error in errors if self is not everyone and self.differs(error, everyone, level)]
        return told


def _of_response(judged: pl.DataFrame, positive: str) -> Callable[[NDArray[np.bool_]], _Measures]:
    said_yes = (judged["outcome"] == positive).to_numpy()
    named = (judged["predicted"] == positive).to_numpy()
    propensity, together = judged[f"probability_{positive}"].to_numpy(), judged["group"].to_numpy()

    def measures(member: NDArray[np.bool_]) -> _Measures:
        yes, likely, whose = said_yes[member], propensity[member], together[member]
        return {
            "rate": _share(yes, whose),
            "mean_propensity": lambda level: Estimate(float(likely.mean()), math.nan, math.nan),
            "roc_auc": _area(yes, likely, whose),
            "predicted": _share(named[member], whose),
            "missed": _share(~named[member][yes], whose[yes]),
        }

    return measures


def _of_assignment(judged: pl.DataFrame, seed: int) -> Callable[[NDArray[np.bool_]], _Measures]:
    classes = [name.removeprefix("probability_") for name in judged.columns if name.startswith("probability_")]
    truth, predicted = (class_index(judged[name].to_numpy(), classes) for name in ("outcome", "predicted"))
    likely = judged.select([f"probability_{name}" for name in classes]).to_numpy()
    together = judged["group"].to_numpy()

    def measures(member: NDArray[np.bool_]) -> _Measures:
        drawn = bootstrap_scores(
            truth[member],
            [Judged(likely[member], predicted[member])],
            classes,
            positive=None,
            seed=seed,
            repeats=_REPEATS,
            groups=together[member],
        )["weighted_f1"][:, 0]
        return {
            "accuracy": _share(truth[member] == predicted[member], together[member]),
            "weighted_f1": lambda level: Estimate(float(drawn[0]), *map(float, interval(drawn[1:], level))),
        }

    return measures


def _share(hit: NDArray[np.bool_], together: NDArray[np.int64]) -> Callable[[float], Estimate]:
    """Estimate a share; rows of one customer count for less than as many customers."""
    if not hit.size:
        return lambda level: Estimate(math.nan, math.nan, math.nan)
    effect = design_effect(hit, together)
    return lambda level: Estimate(float(hit.mean()), *map(float, wilson(hit.sum() / effect, hit.size / effect, level)))


def _area(
    yes: NDArray[np.bool_], likely: NDArray[np.float64], together: NDArray[np.int64]
) -> Callable[[float], Estimate]:
    hits, others = int(yes.sum()), int((~yes).sum())
    if min(hits, others) < FEWEST_OF_EACH:
        return lambda level: Estimate(math.nan, math.nan, math.nan)
    area, effect = roc_auc(yes, likely), design_effect(yes - likely, together)
    return lambda level: Estimate(area, *auc_interval(area, hits / effect, others / effect, level))


def _sentences(columns: Sequence[Mapping[str, Any]], errors: Sequence[str], comparisons: int) -> list[str]:
    """Say which groups surely differ, and what that means and does not mean."""
    alone = [
        f"{capital(column['label'])}: no two groups have 10 customers or more, so nothing was compared."
        for column in columns
        if len(column["rows"]) == 1
    ]
    if not comparisons:
        return alone
    told = [
        f"{capital(column['label'])} {row['group']}: {_SAID[error](row, column['rows'][0])}."
        for column in columns
        for row in column["rows"][1:]
        for error in row["apart"]
    ]
    together = f" for all {comparisons:,} comparisons together" if comparisons > 1 else ""
    sure = f"surely {{}} from everyone in {listed([_WORDS[error] for error in errors], last='or')}, at 95 %{together}"
    first = f"Groups that {sure.format('differ')}:" if told else f"No group {sure.format('differs')}."
    return [
        *alone,
        first,
        *told,
        "A difference says how the network errs for a group on these rows, not why, and not that anybody is treated unfairly. No sure difference "
        "is no proof that there is none: a small group shows only large ones.",
        *(
            [
                "Of a group that says yes more often more are predicted to, and fewer missed; inside a group the order is harder to find where the "
                "column itself says much of the outcome. Whom a list calls, by group, the list's own page says."
            ]
            if "missed" in errors
            else []
        ),
    ]


_WORDS = {
    "calibration": "calibration",
    "roc_auc": "ROC AUC",
    "missed": "who is missed",
    "accuracy": "how many are named rightly",
}
_SAID: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]] = {
    "calibration": lambda row, everyone: (
        f"{percent(row['mean_propensity'])} were expected to say yes, {percent(row['rate'])} did; "
        f"of everyone {percent(everyone['mean_propensity'])} and {percent(everyone['rate'])}"
    ),
    "roc_auc": lambda row, everyone: f"ROC AUC {decimal(row['roc_auc'])}, of everyone {decimal(everyone['roc_auc'])}",
    "missed": lambda row, everyone: (
        f"{percent(row['missed'])} of those who said yes were missed, of everyone {percent(everyone['missed'])}"
    ),
    "accuracy": lambda row, everyone: (
        f"{percent(row['accuracy'])} were named rightly, of everyone {percent(everyone['accuracy'])}"
    ),
}

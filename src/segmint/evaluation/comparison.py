"""Models side by side: the same folds, inner rows and threshold rule for all, differences with paired intervals."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats, holders
from segmint.contract.valid_table import ValidTable
from segmint.contract.yes_no import few_yes_told
from segmint.evaluation.conclusion import (
    BESIDES,
    Estimate,
    Standing,
    Verdict,
    conclude,
    meaning_of,
    rival_of,
    verdict_of,
)
from segmint.evaluation.paired_bootstrap import LOWER_IS_BETTER, Judged, affordable_repeats, bootstrap_scores
from segmint.metrics.classification import best_f1_threshold, class_index, cross_fitted_thresholds
from segmint.metrics.intervals import interval
from segmint.models.names import MODELS, OURS
from segmint.models.reads import read_by, reads_inner
from segmint.progress import Progress, Remember, share_of, silent
from segmint.splits.folds import Fold, in_order, inner_split
from segmint.splits.groups import RowIdentity, digest_of
from segmint.wording import capital, listed, some_of

LEVEL = 0.95
MAIN_METRIC = {"response": "f1", "assignment": "weighted_f1"}
SCHEMA = {
    **dict.fromkeys(("task", "model", "metric"), pl.String),
    **dict.fromkeys(("value", "low", "high", "difference_to_best", "difference_low", "difference_high"), pl.Float64),
    **dict.fromkeys(("folds", "rows"), pl.Int64),
    "seconds": pl.Float64,
}
"""Columns of `Comparison.frame`."""


@dataclass(frozen=True)
class OutOfFold:
    """What one model said of rows kept apart.

    Attributes
    ----------
    outcome : ndarray of str, shape (n,)
    probabilities : ndarray of shape (n, n_classes)
    classes : tuple of str
        In the order of the columns of `probabilities`.
    """

    outcome: NDArray[np.str_]
    probabilities: Floats
    classes: tuple[str, ...]

    def probability(self, name: str) -> Floats:
        """Return the probability of one class; shape (n,).

        Raises
        ------
        ValueError
            If there is no such class.
        """
        if name not in self.classes:
            raise ValueError(f"Unknown class {name!r}. Choose one of: {', '.join(self.classes)}.")
        return np.asarray(self.probabilities[:, self.classes.index(name)])


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What every model said of rows kept apart, and how good that was.

    Attributes
    ----------
    task : {"response", "assignment"}
    metric : str
        The main metric: "f1" or "weighted_f1".
    models : dict of str to str
        Label of each model, in the order they were compared.
    rows : polars.DataFrame
        One row per model and metric; see `frame`.
    predictions : polars.DataFrame
        One row per model and customer kept apart: record, fold (from 1), model, outcome, probability_<class>,
        threshold (of that fold, null for an assignment), predicted, group (rows of one number are drawn together by the
        bootstrap, as they may be one customer's).
    conclusion : tuple of str
        The intervals in words.
    meaning : str
        What they mean for our network: the last sentence of the conclusion, "" where there is none.
    verdict : {"told", "order", "nothing", ""}
        What the table says of the outcome: who it is, only the order of a list, nothing; "" where knowing nothing was not
        compared.
    folds, repeats : int
        Folds, and bootstrap repeats behind each interval.
    history : polars.DataFrame
        Epochs of models that train in epochs: model, fit ("fold 1"…), epoch, losses; empty if there are none.
    tested : Comparison or None
        The same models, trained on the table as one (see `compare_on_test`), on a test table of the user's own.
    """

    task: str
    metric: str
    models: dict[str, str]
    rows: pl.DataFrame
    predictions: pl.DataFrame
    conclusion: tuple[str, ...]
    verdict: Verdict
    folds: int
    repeats: int
    history: pl.DataFrame = field(default_factory=pl.DataFrame)
    tested: Comparison | None = None
    meaning: str = ""

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.models)}: {self.metric} on {self.folds} folds>"

    def frame(self) -> pl.DataFrame:
        """Return one row per model and metric.

        Columns: task, model, metric, value, low, high (95 % bootstrap interval), difference_to_best (this model
        minus the best by the same metric), difference_low, difference_high (paired, same rows), folds, rows,
        seconds (to learn and predict, all folds).
        """
        return self.rows

    def of(self, model: str) -> OutOfFold:
        """Return what one model said of each customer kept apart.

        Raises
        ------
        ValueError
            If no such model was compared.
        """
        if model not in self.models:
            raise ValueError(f"The model {model!r} was not compared. Choose one of: {', '.join(self.models)}.")
        mine = self.predictions.filter(pl.col("model") == model)
        classes = tuple(name.removeprefix("probability_") for name in mine.columns if name.startswith("probability_"))
        likely = mine.select([f"probability_{name}" for name in classes]).to_numpy()
        return OutOfFold(mine["outcome"].to_numpy().astype(str), likely, classes)

    def threshold(self, model: str, positive: str | None) -> float | None:
        """Return the threshold where one model's F1 is best on all rows kept apart; None for an assignment."""
        if positive is None:
            return None
        mine = self.of(model)
        return best_f1_threshold(mine.outcome == positive, mine.probability(positive), default=0.5)

    def measured(self, model: str) -> list[dict[str, Any]]:
        """Return one model's rows of `frame`, but for undefined metrics."""
        return self.rows.filter(pl.col("model") == model).drop_nulls("value").drop_nans("value").to_dicts()

    def headline(self, model: str) -> dict[str, float]:
        """Return one model's metrics by name."""
        return {row["metric"]: row["value"] for row in self.measured(model)}

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``comparison.json``; undefined numbers are null."""
        return {
            "task": self.task,
            "metric": self.metric,
            "models": self.models,
            "folds": self.folds,
            "repeats": self.repeats,
            "conclusion": list(self.conclusion),
            "meaning": self.meaning,
            "verdict": self.verdict,
            "rows": self.rows.fill_nan(None).to_dicts(),
        }


def compare_models(
    models: Mapping[str, Callable[[], Any]],
    table: ValidTable,
    folds: Sequence[Fold],
    *,
    seed: int,
    repeats: int = 1_000,
    progress: Progress = silent,
    remember: Remember | None = None,
    labels: Mapping[str, str] | None = None,
    identity: RowIdentity | None = None,
) -> Comparison:
    """Train each model on each fold and judge it on the rows kept apart.

    Each model learns from `fold.fit` and may look at `fold.inner` to stop early. For a response the threshold with the
    best F1 is chosen on what the model said of the other folds' rows kept apart, as the final threshold is; with one fold,
    on `fold.inner`. Nothing is chosen on `fold.test`. Metrics are of the pooled predictions; intervals come from a
    bootstrap that draws customers (groups of rows) and is the same for every model.

    Parameters
    ----------
    models : mapping of str to callable
        Makes a fresh model with ``fit(X, y, inner=(X, y))``, ``predict_proba(X)`` and ``classes_``. One that has
        `reads_groups` is also told which rows are of one customer, as ``fit(..., groups=groups)``; one that has
        `reads_progress` is given a `Progress`, as ``fit(..., progress=progress)``.
    table : ValidTable
        With its outcome.
    folds : sequence of Fold
    seed : int
        Of the bootstrap; models carry their own.
    repeats : int
        Bootstrap repeats; fewer for tables above 40,000 rows, at least 200. The comparison says how many.
    progress : Progress
        Told after each model and fold, and of what a model itself tells, in percent of one model on one fold.
    remember : callable, optional
        ``remember(key, compute)`` keeps the result of one model on one fold, so that work can be taken up again.
    labels : mapping of str to str, optional
        Names of the models for people.
    identity : RowIdentity, optional
        Who is who in the table, where it is known already.

    Raises
    ------
    ValueError
        If there are no models or folds, or a model gives probabilities that are none.
    """
    if not models or not folds:
        raise ValueError("compare_models needs at least one model and one fold")
    contract = table.contract
    classes = tuple(sorted(set(table.outcome.tolist())))
    who = RowIdentity.of(table) if identity is None else identity
    parts: dict[str, list[_Part]] = {name: [] for name in models}
    total, done = 100 * len(models) * len(folds), 0
    for number, fold in enumerate(folds, start=1):
        for name, make in models.items():
            progress("comparing models", done, total)
            tell = share_of(progress, "comparing models", done, 100, total)
            asked = _Asked(table.inputs[fold.test], who.keys[fold.test])
            task = _Task(table, fold, asked, classes, contract.outcome.positive, who, len(folds) == 1, tell)
            parts[name].append(_Part.of(task, name, make(), number, remember))
            done += 100
    progress("comparing models", done, total)
    return _judge(table, folds, parts, classes, _labels(models, labels), who.groups, seed=seed, repeats=repeats)


def compare_on_test(
    models: Mapping[str, Callable[[], Any]],
    table: ValidTable,
    test: ValidTable,
    thresholds: Mapping[str, float | None],
    *,
    seed: int,
    inner: float | None = None,
    repeats: int = 1_000,
    progress: Progress = silent,
    remember: Remember | None = None,
    labels: Mapping[str, str] | None = None,
    identity: RowIdentity | None = None,
) -> Comparison:
    """Train each model on a whole table and judge it once on the rows of another; nothing is chosen on those.

    A model that stops early keeps inner rows of the table for that, as in a fold, and does not learn from them; the others learn
    from every row, and so may a network that is delivered, which learns once more on a small table. Metrics,
    intervals and conclusion are those of `compare_models`; `seconds` is null, as a delivered network is not trained again.

    Parameters
    ----------
    models : mapping of str to callable
        As in `compare_models`; one that is trained already has a `fit` that changes nothing.
    table, test : ValidTable
        To learn from, and to judge by; no customer should be in both, see `apart_from_training`.
    thresholds : mapping of str to float or None
        From which propensity on each model says yes, see `Comparison.threshold`; of an assignment None.
    seed, repeats, progress, remember, labels, identity
        As in `compare_models`; `identity` is that of `table`.
    inner : float, optional
        Share of the table for early stopping; see `segmint.splits.folds.inner_split`.
    """
    classes = tuple(sorted({*table.outcome.tolist(), *test.outcome.tolist()}))
    who, theirs = RowIdentity.of(table) if identity is None else identity, RowIdentity.of(test)
    everyone, nobody = in_order(who.keys), np.arange(0)
    fit, held = inner_split(table.outcome, who.groups, share=inner, seed=seed, keys=who.keys)
    asked, parts, work = _Asked(test.inputs, theirs.keys), {}, "judging on the test table"
    for place, (name, make) in enumerate(models.items()):
        progress(work, 100 * place, 100 * len(models))
        model = make()
        fold = Fold(everyone, nobody, fit if reads_inner(model) else everyone, held)
        tell = share_of(progress, work, 100 * place, 100, 100 * len(models))
        task = _Task(table, fold, asked, classes, table.contract.outcome.positive, who, False, tell)
        parts[name] = [replace(_Part.of(task, name, model, 1, remember), threshold=thresholds[name])]
    progress(work, 100, 100)
    judged = [Fold(nobody, np.arange(len(test)), nobody, nobody)]
    found = _judge(test, judged, parts, classes, _labels(models, labels), theirs.groups, seed=seed, repeats=repeats)
    untimed = found.rows.with_columns(seconds=pl.lit(None, dtype=pl.Float64))
    return replace(found, rows=untimed, history=pl.DataFrame())


def classes_apart(table: ValidTable, test: ValidTable) -> list[str]:
    """Say which outcomes only one of two tables has: none that was never taught can be named, none that is not there is judged."""
    taught, asked = set(table.outcome.tolist()), Counter(test.outcome.tolist())
    strange = [name for name in sorted(asked) if name not in taught]
    lacking = [f"'{name}'" for name in sorted(taught - set(asked))]
    said = [
        f"{some_of(asked[name], len(test), 'test rows', 'is', 'are')} '{name}', which no training row is: no model can name it, "
        "and in every figure they count as named wrongly."
        for name in strange
    ]
    return [
        *said,
        *(
            [f"No test row is {listed(lacking, last='or')}: how well it is named is not judged here."]
            if lacking
            else []
        ),
    ]


def _labels(models: Iterable[str], labels: Mapping[str, str] | None) -> dict[str, str]:
    return {name: (labels or {}).get(name, name.replace("_", " ")) for name in models}


@contextmanager
def _named(model: str) -> Iterator[None]:
    """Say which model cannot be trained; those that are shipped say what they need themselves."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if model in MODELS:
            raise
        raise ValueError(
            f"The model {model!r} cannot be trained on the table's columns. If it reads numbers alone, put what encodes "
            "them before it: sklearn.pipeline.make_pipeline(segmint.CustomerFeatures(), model)"
        ) from error


@dataclass(frozen=True)
class _Asked:
    """Rows that a model is asked about, with their fingerprints."""

    inputs: pl.DataFrame
    keys: NDArray[np.uint64]


@dataclass(frozen=True)
class _Task:
    """One model to learn from one fold, and whom it is then asked about."""

    table: ValidTable
    fold: Fold
    asked: _Asked
    classes: tuple[str, ...]
    positive: str | None
    who: RowIdentity
    alone: bool
    progress: Progress

    def key(self, name: str, model: Any) -> dict[str, Any]:
        """Everything the result depends on, as far as the rows and the model can say it."""
        keys = self.who.keys
        return {
            "work": "one model on one fold",
            "model": name,
            "settings": _settings(model),
            "rows": digest_of(keys[self.fold.fit], keys[self.fold.inner], self.asked.keys).hexdigest(),
            "columns": [column.name for column in self.table.features],
            "contract": f"{self.table.contract.name} {self.table.contract.version}",
            "at": self.table.at,
            "alone": self.alone,
        }

    def learn(self, name: str, model: Any) -> dict[str, Any]:
        """Fit, predict the rows kept apart; without other folds to choose a threshold on, choose it on the inner rows."""
        began = time.perf_counter()
        inputs, outcome, fold = self.table.inputs, self.table.outcome, self.fold
        inner = (inputs[fold.inner], outcome[fold.inner])
        together = read_by(model, groups=self.who.groups[fold.fit], inner=inner, progress=self.progress)
        with _named(name):
            model.fit(inputs[fold.fit], outcome[fold.fit], **together)
        probabilities = _aligned(model, self.asked.inputs, self.classes)
        threshold = None
        if self.positive is not None and self.alone:
            place = self.classes.index(self.positive)
            said_yes = inner[1] == self.positive
            propensity = _aligned(model, inner[0], self.classes)[:, place]
            threshold = best_f1_threshold(said_yes, propensity, default=0.5)
        seconds = time.perf_counter() - began
        return {
            "probabilities": probabilities,
            "threshold": threshold,
            "seconds": seconds,
            "history": _epochs(model),
        }


@dataclass(frozen=True)
class _Part:
    """What one model said of one fold's rows kept apart."""

    probabilities: Floats
    threshold: float | None
    seconds: float
    history: list[dict[str, Any]]

    @classmethod
    def of(cls, task: _Task, name: str, model: Any, number: int, remember: Remember | None) -> _Part:
        if remember is None:
            found = task.learn(name, model)
        else:
            found = remember(task.key(name, model), lambda: task.learn(name, model))
        epochs = [{"model": name, "fit": f"fold {number}", **epoch} for epoch in found["history"]]
        return cls(np.asarray(found["probabilities"]), found["threshold"], float(found["seconds"]), epochs)

    def named(self, positive: int | None) -> NDArray[np.int64]:
        """Index of the predicted class: yes from the threshold on, else the likeliest."""
        if positive is None or self.threshold is None:
            return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)
        yes = self.probabilities[:, positive] >= self.threshold
        return np.asarray(np.where(yes, positive, 1 - positive), dtype=np.int64)


def _judge(
    table: ValidTable,
    folds: Sequence[Fold],
    parts: Mapping[str, list[_Part]],
    classes: tuple[str, ...],
    labels: dict[str, str],
    groups: NDArray[np.int64],
    *,
    seed: int,
    repeats: int,
) -> Comparison:
    outcome = table.contract.outcome
    positive = None if outcome.positive is None else classes.index(outcome.positive)
    rows = np.concatenate([fold.test for fold in folds])
    if positive is not None and len(folds) > 1:
        said_yes = [table.outcome[fold.test] == outcome.positive for fold in folds]
        parts = {name: _with_thresholds(mine, said_yes, positive) for name, mine in parts.items()}
    fold_of = np.repeat(np.arange(len(folds)), [fold.test.size for fold in folds])
    judged = [
        Judged(
            np.concatenate([part.probabilities for part in mine]),
            np.concatenate([part.named(positive) for part in mine]),
            None if positive is None or len(folds) == 1 else fold_of,
        )
        for mine in parts.values()
    ]
    repeats, truth = affordable_repeats(rows.size, repeats), class_index(table.outcome[rows], classes)
    scores = bootstrap_scores(
        truth,
        judged,
        classes,
        positive=positive,
        seed=seed,
        repeats=repeats,
        groups=groups[rows],
    )
    metric = MAIN_METRIC[outcome.kind]
    names = list(parts)
    seconds = [sum(part.seconds for part in mine) for mine in parts.values()]
    conclusion, verdict, meaning = _conclusion(scores, names, labels, metric)
    return Comparison(
        task=outcome.kind,
        metric=metric,
        models=labels,
        rows=_rows(outcome.kind, names, scores, folds=len(folds), rows=rows.size, seconds=seconds),
        predictions=_predictions(table, folds, parts, classes, positive, groups),
        conclusion=(*_few(truth, groups[rows], classes, positive), *conclusion),
        verdict=verdict,
        folds=len(folds),
        repeats=repeats,
        history=_history(parts),
        meaning=meaning,
    )


def _with_thresholds(parts: list[_Part], said_yes: list[NDArray[np.bool_]], positive: int) -> list[_Part]:
    thresholds = cross_fitted_thresholds(said_yes, [part.probabilities[:, positive] for part in parts])
    return [replace(part, threshold=threshold) for part, threshold in zip(parts, thresholds, strict=True)]


def _rows(
    task: str, names: list[str], scores: Mapping[str, Floats], *, folds: int, rows: int, seconds: list[float]
) -> pl.DataFrame:
    found = []
    for metric, values in scores.items():
        best = _best(metric, values[0])
        to_best = _estimates(values - values[:, [best]])
        for place, (name, score) in enumerate(zip(names, _estimates(values), strict=True)):
            found.append(
                {
                    "task": task,
                    "model": name,
                    "metric": metric,
                    "value": score.value,
                    "low": score.low,
                    "high": score.high,
                    "difference_to_best": to_best[place].value,
                    "difference_low": to_best[place].low,
                    "difference_high": to_best[place].high,
                    "folds": folds,
                    "rows": rows,
                    "seconds": seconds[place],
                }
            )
    return pl.DataFrame(found, schema=SCHEMA)


def _conclusion(
    scores: Mapping[str, Floats], names: list[str], labels: Mapping[str, str], metric: str
) -> tuple[tuple[str, ...], Verdict, str]:
    values = scores[metric]
    best = _best(metric, values[0])
    to_best = _estimates(values - values[:, [best]])
    to_ours = _estimates(values - values[:, [names.index(OURS)]]) if OURS in names else [None] * len(names)
    standings = [
        Standing(name, labels[name], score, to_best[place], to_ours[place])
        for place, (name, score) in enumerate(zip(names, _estimates(values), strict=True))
    ]
    # of our own model, if it is there: the best of several would rank too well by chance
    judged = names.index(OURS) if OURS in names else best
    area = _estimates(scores["roc_auc"])[judged] if "roc_auc" in scores else None
    besides = _besides(scores, names, rival_of(standings)) if OURS in names else {}
    said = conclude(standings, metric=metric, area=area, besides=besides)
    meaning = meaning_of(standings, metric=metric, area=area, besides=besides)
    return said, verdict_of(standings, metric=metric, area=area), meaning


def _besides(scores: Mapping[str, Floats], names: list[str], rival: Standing | None) -> dict[str, Estimate]:
    """Hold our model against its rival in what the main metric does not see, at 95 % for all of it together (Bonferroni)."""
    if rival is None:
        return {}
    looks = [name for name in BESIDES if name in scores]
    pair = [names.index(OURS), names.index(rival.model)]
    found = {}
    for name in looks:
        ours, theirs = scores[name][:, pair].T
        better = theirs - ours if name in LOWER_IS_BETTER else ours - theirs
        (found[name],) = _estimates(better[:, None], 1 - (1 - LEVEL) / len(looks))
    return found


def _few(
    truth: NDArray[np.int64], groups: NDArray[np.int64], classes: tuple[str, ...], positive: int | None
) -> tuple[str, ...]:
    """Say of the rarest outcome if too few customers have it for intervals by bootstrap to hold as often as they say."""
    customers = holders(truth, groups)
    outcomes = np.flatnonzero(customers)
    rarest = int(outcomes[customers[outcomes].argmin()])
    did = f"are '{classes[rarest]}'" if positive is None else f"said {'yes' if rarest == positive else 'no'}"
    told = few_yes_told(int(customers[rarest]), did)
    return (f"{capital(told)}.",) if told else ()


def _best(metric: str, values: Floats) -> int:
    worst_first = -values if metric in LOWER_IS_BETTER else values
    return int(np.nan_to_num(worst_first, nan=-np.inf).argmax())


def _estimates(values: Floats, level: float = LEVEL) -> list[Estimate]:
    """Estimate of each model from values of shape (1 + repeats, n_models), row 0 being the rows as they are."""
    low, high = interval(values[1:], level)
    return [Estimate(*map(float, numbers)) for numbers in zip(values[0], low, high, strict=True)]


def _predictions(
    table: ValidTable,
    folds: Sequence[Fold],
    parts: Mapping[str, list[_Part]],
    classes: tuple[str, ...],
    positive: int | None,
    groups: NDArray[np.int64],
) -> pl.DataFrame:
    names, outcome = np.asarray(classes), table.outcome
    frames = []
    for model, mine in parts.items():
        for number, (fold, part) in enumerate(zip(folds, mine, strict=True), start=1):
            frames.append(
                pl.DataFrame(
                    {
                        "record": table.records[fold.test],
                        "fold": np.full(fold.test.size, number),
                        "model": [model] * fold.test.size,
                        "outcome": outcome[fold.test],
                        **{f"probability_{name}": part.probabilities[:, place] for place, name in enumerate(classes)},
                        "threshold": pl.Series([part.threshold] * fold.test.size, dtype=pl.Float64),
                        "predicted": names[part.named(positive)],
                        "group": groups[fold.test],
                    }
                )
            )
    return pl.concat(frames)


def _history(parts: Mapping[str, list[_Part]]) -> pl.DataFrame:
    epochs = [epoch for mine in parts.values() for part in mine for epoch in part.history]
    return pl.DataFrame(epochs, infer_schema_length=None)


def _aligned(model: Any, inputs: pl.DataFrame, classes: tuple[str, ...]) -> Floats:
    """Probabilities with one column per class of the table, 0 for a class the model never saw."""
    given = np.asarray(model.predict_proba(inputs), dtype=np.float64)
    seen = class_index(model.classes_, classes)
    if given.shape != (inputs.height, seen.size) or not np.isfinite(given).all():
        raise ValueError(f"a model gave no finite probabilities of shape ({inputs.height}, {seen.size})")
    probabilities = np.zeros((inputs.height, len(classes)))
    probabilities[:, seen] = given
    return probabilities


def _settings(model: Any) -> dict[str, str]:
    """Parameters of a model that tell it from another: plain values only, as text."""
    if not hasattr(model, "get_params"):
        return {"type": type(model).__qualname__}
    plain = (str, int, float, bool, tuple, type(None))
    return {name: repr(value) for name, value in sorted(model.get_params().items()) if isinstance(value, plain)}


def _epochs(model: Any) -> list[dict[str, Any]]:
    """Epochs of a model whose classifier keeps a history of them."""
    classifier = getattr(model, "named_steps", {}).get("classifier", model)
    history = getattr(classifier, "history_", [])
    return [asdict(epoch) for epoch in history if is_dataclass(epoch) and not isinstance(epoch, type)]

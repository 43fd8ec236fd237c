"""ModelComparison: the class an analyst reuses to set models side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sklearn.base import clone

from segmint.arguments import between, require_several
from segmint.contract.valid_table import ValidTable, require_valid_table
from segmint.contract.validate import require_reviewed
from segmint.evaluation.comparison import Comparison, classes_apart, compare_models, compare_on_test
from segmint.features.parameters import Rules, check_parameters, count
from segmint.models.customer_model import make_model
from segmint.models.names import MODEL_LABELS, MODELS
from segmint.progress import Progress, silent
from segmint.splits.folds import make_folds
from segmint.splits.groups import RowIdentity
from segmint.splits.overlap import apart_from_training

# What each parameter must be, in words and as a check.
_PARAMETERS: Rules = {
    "folds": ("2 or more", lambda given: count(given, 2)),
    "inner": ("above 0 and below 1, or None", lambda given: given is None or between(given, 0, 1)),
    "repeats": ("1 or more", count),
    "random_state": ("a whole number of 0 or more", lambda given: count(given, 0)),
}


class ModelComparison:
    """Compare models on the same folds, inner rows and threshold rule, with paired intervals.

    Parameters
    ----------
    models : sequence of str or estimator, or mapping
        Names of `segmint.models.names.MODELS`, or classifiers that read Polars frames of the contract's columns, as
        `make_model` returns them: scikit-learn's own behind a Pipeline that encodes, such as
        ``Pipeline([("features", segmint.NaturalFeatures(columns)), ("classifier", RandomForestClassifier())])``. A mapping names them.
    folds : int
        Parts; each is kept apart once.
    inner : float, optional
        Share of each training part for early stopping and calibration; see `segmint.splits.folds.inner_split`.
    repeats : int
        Bootstrap repeats behind each interval.
    random_state : int

    Examples
    --------
    >>> ModelComparison(["knn_5", "oracle"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: Unknown model 'oracle'. Choose one of: dense_network, lightgbm, ...
    """

    def __init__(
        self,
        models: Sequence[Any] | Mapping[str, Any],
        *,
        folds: int = 5,
        inner: float | None = None,
        repeats: int = 1_000,
        random_state: int = 7,
    ) -> None:
        self.models, self.folds, self.inner = _named(models), folds, inner
        self.repeats, self.random_state = repeats, random_state
        check_parameters(self, _PARAMETERS)

    def __repr__(self) -> str:
        settings = ("folds", "inner", "repeats", "random_state")
        given = ", ".join(f"{name}={getattr(self, name)!r}" for name in settings)
        return f"ModelComparison({list(self.models)}, {given})"

    def run(self, table: ValidTable, *, test: ValidTable | None = None, progress: Progress = silent) -> Comparison:
        """Train every model on every fold of a table and judge it on the rows kept apart.

        Parameters
        ----------
        table : ValidTable
        test : ValidTable, optional
            A test table of your own: every model is then trained on `table` as one too (one that stops early, without its inner
            rows) and judged on it once, see
            `Comparison.tested`. Thresholds come from the folds. Customers whose id is in `table` are left out.
        progress : Progress

        Raises
        ------
        TypeError
            If a table is not one that was held against a contract.
        ValueError
            If the tables were held against different contracts, or for different moments.
        ContractError
            If nobody has reviewed the table's contract.
        DataError
            If an outcome has fewer customers than there are folds, or too few of the test table are no customers of `table`.
        """
        require_valid_table(table)
        require_reviewed(table.contract)
        told = ""
        if test is not None:
            require_valid_table(test)
            test, told = apart_from_training(table, test)
        who = RowIdentity.of(table)
        folds = make_folds(
            table.outcome, who.groups, count=self.folds, inner=self.inner, seed=self.random_state, keys=who.keys
        )
        made = {name: self._maker(model, table) for name, model in self.models.items()}
        known: dict[str, Any] = {"seed": self.random_state, "repeats": self.repeats, "progress": progress}
        known |= {"labels": MODEL_LABELS, "identity": who}
        compared = compare_models(made, table, folds, **known)
        if test is None:
            return compared
        thresholds = {name: compared.threshold(name, table.contract.outcome.positive) for name in made}
        tested = compare_on_test(made, table, test, thresholds, inner=self.inner, **known)
        return replace(
            compared,
            tested=replace(tested, conclusion=(*filter(None, [told]), *classes_apart(table, test), *tested.conclusion)),
        )

    def _maker(self, model: Any, table: ValidTable) -> Callable[[], Any]:
        if isinstance(model, str):
            return lambda: make_model(model, columns=table.features, random_state=self.random_state)
        return lambda: clone(model)


def _named(models: Sequence[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """Name each model, those that come without a name by their place."""
    if isinstance(models, str):
        raise ValueError(f"models must be several, as [{models!r}]. Got one text instead.")
    if not isinstance(models, Mapping):
        require_several(models=models)
        models = list(models)
        names = [model if isinstance(model, str) else f"model_{place + 1}" for place, model in enumerate(models)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(
                f"The model {twice[0]!r} is there twice. Name each once, or give a mapping of names to models."
            )
        models = dict(zip(names, models, strict=True))
    if not models:
        raise ValueError("models must be one or more. Got none.")
    for name, model in models.items():
        if not isinstance(model, str) and (isinstance(model, type) or not _learns(model)):
            raise TypeError(
                f"The model {name!r} must be a name, or a classifier with fit, predict_proba and get_params. "
                f"Got {model.__name__ if isinstance(model, type) else type(model).__name__} instead."
            )
        if isinstance(model, str) and model not in MODELS:
            raise ValueError(f"Unknown model {model!r}. Choose one of: {', '.join(MODELS)}.")
        if not isinstance(name, str):
            raise ValueError(f"A model is named by a text. Got {name!r} instead.")
        if name in MODELS and model != name:
            raise ValueError(f"{name!r} is the name of a model that is shipped. Give yours another.")
    return dict(models)


def _learns(model: Any) -> bool:
    return all(hasattr(model, name) for name in ("fit", "predict_proba", "get_params"))

"""CustomerModel: features and classifier in one Pipeline; `make_model` makes any of them by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import polars as pl
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from segmint.arguments import require_texts
from segmint.contract.column import Column
from segmint.features.customer_features import CustomerFeatures
from segmint.features.natural import NaturalFeatures
from segmint.models.names import MODELS, OURS
from segmint.models.network_model import NetworkModel
from segmint.models.rivals import CatBoost, LightGBM, TunedKNN, XGBoost

Inner = tuple[pl.DataFrame, NDArray[Any]]


class CustomerModel(Pipeline):
    """A Pipeline of features and classifier whose `fit` takes inner rows for early stopping."""

    def fit(self, X: Any, y: Any, *, inner: Inner | None = None) -> CustomerModel:
        """Learn features and classifier; hand the encoded inner rows to a classifier that asks for them."""
        features, classifier = self[0], self[-1]
        encoded = features.fit_transform(X, y)
        extra: dict[str, Any] = {}
        if inner is not None and "inner" in inspect.signature(classifier.fit).parameters:
            extra["inner"] = (features.transform(inner[0]), inner[1])
        classifier.fit(encoded, y, **extra)
        return self


class _Forest(RandomForestClassifier):
    """A forest that grows on all cores and is asked on one: threads add in order of arrival, which moves the last bit."""

    def predict_proba(self, X: Any) -> Any:
        """Say how likely each class is; shape (n_customers, n_classes)."""
        alone = copy(self)
        alone.n_jobs = 1
        return super(_Forest, alone).predict_proba(X)


def _natural(columns: Sequence[Column], classifier: Any, *, fill: bool = False) -> CustomerModel:
    return CustomerModel([("features", NaturalFeatures(columns, fill=fill)), ("classifier", classifier)])


def _scaled(columns: Sequence[Column], classifier: Any) -> CustomerModel:
    return CustomerModel([("features", CustomerFeatures(columns, numbers="scaled")), ("classifier", classifier)])


def _categories(columns: Sequence[Column]) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(columns) if column.kind == "category")


Maker = Callable[[Sequence[Column], Any], CustomerModel]

_MAKERS: dict[str, Maker] = {
    "knn_5": lambda columns, seed: _scaled(columns, TunedKNN((5,), random_state=seed)),
    "knn": lambda columns, seed: _scaled(columns, TunedKNN(random_state=seed)),
    "gradient_boosting": lambda columns, seed: _natural(
        columns, GradientBoostingClassifier(n_estimators=100, learning_rate=0.1, random_state=seed), fill=True
    ),
    "random_forest": lambda columns, seed: _natural(
        columns, _Forest(300, min_samples_leaf=5, n_jobs=-1, random_state=seed)
    ),
    "lightgbm": lambda columns, seed: _natural(columns, LightGBM(categories=_categories(columns), random_state=seed)),
    "catboost": lambda columns, seed: _natural(columns, CatBoost(categories=_categories(columns), random_state=seed)),
    "xgboost": lambda columns, seed: _natural(columns, XGBoost(categories=_categories(columns), random_state=seed)),
    "logistic": lambda columns, seed: _scaled(columns, LogisticRegression(max_iter=2000)),
    "base_rate": lambda columns, seed: _natural(columns, DummyClassifier(strategy="prior"), fill=True),
}


def make_model(
    name: str, *, columns: Sequence[Column], random_state: int | None = None, **settings: Any
) -> CustomerModel | NetworkModel:
    """Make a model by name, with the encoding its users would give it.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    columns : sequence of Column
        The feature columns, from the contract.
    random_state : int, optional
    **settings
        For the network: `recipe`, `log`, and the parameters of `DenseNetworkClassifier`.

    Returns
    -------
    Pipeline
        With `fit(X, y, inner=(X, y))`, `predict_proba` and `classes_`; `X` is a Polars frame.

    Raises
    ------
    ValueError
        If there is no such model, or no such recipe.
    TypeError
        If a setting came that the model does not take.

    Examples
    --------
    >>> age = Column(name="age", kind="number", role="characteristic", label="age")
    >>> make_model("lightgbm", columns=(age,)).named_steps["classifier"].leaves
    31
    >>> make_model("oracle", columns=(age,))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: Unknown model 'oracle'. Choose one of: dense_network, lightgbm, ...
    """
    require_texts(name=name)
    if name == OURS:
        return NetworkModel.of(columns, random_state=random_state, **settings)
    if name not in _MAKERS:
        raise ValueError(f"Unknown model {name!r}. Choose one of: {', '.join(MODELS)}.")
    if settings:
        raise TypeError(f"{name} takes no settings here. Got {sorted(settings)}.")
    return _MAKERS[name](columns, random_state)

"""The teachers of the recipes: scaffolding that is thrown away once the network has learned."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.models.distil import TeacherFactory
from segmint.models.network import DenseNetworkClassifier
from segmint.models.rivals import CatBoost, LightGBM, XGBoost

OPTIONAL = ("xgboost", "catboost")
FEW = 10_000
MANY = 100_000

Teachers = dict[str, TeacherFactory]
"""What makes each teacher, under its name for people, in the order in which they are stacked."""


def one_teacher(categories: Sequence[int], customers: int) -> Teachers:
    """Return the teacher of the rolling recipe: LightGBM, small leaves, stopped in time."""
    return {"LightGBM": lambda seed: _lightgbm(categories, seed, leaves=15)}


def quick_teachers(categories: Sequence[int], customers: int) -> Teachers:
    """Return the teachers of the fast recipe: LightGBM, and of few customers a network, which is wrong in other places."""
    return one_teacher(categories, customers) | (_NETWORK if customers < FEW else {})


def several_teachers(categories: Sequence[int], customers: int) -> Teachers:
    """Return the teachers of the best recipe: two LightGBMs, a network, and what else is installed."""
    teachers = one_teacher(categories, customers) | _NETWORK
    teachers["LightGBM with larger trees"] = lambda seed: _lightgbm(categories, seed + 100, leaves=63, min_leaf=100)
    if find_spec("xgboost"):
        teachers["XGBoost"] = lambda seed: XGBoost(learning_rate=0.04, categories=tuple(categories), random_state=seed)
    if find_spec("catboost"):
        teachers["CatBoost"] = lambda seed: CatBoost(categories=tuple(categories), random_state=seed)
    return teachers


def missed_teachers() -> list[str]:
    """Name the optional packages whose teachers the best recipe does without."""
    return [name for name in OPTIONAL if not find_spec(name)]


def _lightgbm(categories: Sequence[int], seed: int, *, leaves: int, min_leaf: int = 40) -> LightGBM:
    return LightGBM(
        rounds=600,
        learning_rate=0.04,
        leaves=leaves,
        min_leaf=min_leaf,
        categories=tuple(categories),
        random_state=seed,
    )


class _Network:
    """A small Dense network that learns from outcomes alone; much dropout keeps it from learning them by heart."""

    reads_encoded = True

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, X: NDArray[np.float32], y: NDArray[np.int64], *, inner: Any) -> _Network:
        some = np.random.default_rng(self.seed).permutation(len(y))[:MANY]
        some = np.union1d(some, np.unique(y, return_index=True)[1])  # one of each class at least
        # Of many customers less is learned by heart, and a teacher must not take longer than its pupil.
        pace: dict[str, Any] = (
            {"hidden": (128, 64), "dropout": 0.3, "epochs": 20}
            if len(y) < FEW
            else {"hidden": (96, 48), "dropout": 0.15, "batch_size": 256, "learning_rate": 5e-3}
        )
        self.model = DenseNetworkClassifier(random_state=self.seed, **pace)
        self.model.fit(X[some], y[some], inner=inner)
        return self

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.model.predict_proba(X)


_NETWORK: Teachers = {"a small network": _Network}

"""The teachers of the recipes: scaffolding that is thrown away once the network has learned."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.models.distil import TeacherFactory
from segmint.models.rivals import CatBoost, LightGBM, XGBoost

OPTIONAL = ("xgboost", "catboost")


def one_teacher(categories: Sequence[int]) -> list[TeacherFactory]:
    """Return the teacher of the fast recipe: LightGBM, small leaves, stopped in time."""
    return [lambda seed: _lightgbm(categories, seed, leaves=15)]


def several_teachers(categories: Sequence[int]) -> list[TeacherFactory]:
    """Return the teachers of the best recipe: two LightGBMs, extra trees, and what else is installed."""
    teachers: list[TeacherFactory] = [
        lambda seed: _lightgbm(categories, seed, leaves=15),
        lambda seed: _lightgbm(categories, seed + 100, leaves=63, min_leaf=100),
        _ExtraTrees,
    ]
    if find_spec("xgboost"):
        teachers.append(lambda seed: XGBoost(learning_rate=0.04, categories=tuple(categories), random_state=seed))
    if find_spec("catboost"):
        teachers.append(lambda seed: CatBoost(categories=tuple(categories), random_state=seed))
    return teachers


def teacher_names(recipe: str) -> list[str]:
    """Name the teachers of a recipe for people; none for "plain"."""
    if recipe == "plain":
        return []
    if recipe in ("fast", "rolling"):
        return ["LightGBM"]
    here = {"xgboost": "XGBoost", "catboost": "CatBoost"}
    return [
        "LightGBM",
        "LightGBM with larger trees",
        "extra trees",
        *(here[name] for name in OPTIONAL if find_spec(name)),
    ]


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


class _ExtraTrees:
    """Many deep random trees: wrong in other places than boosting (Geurts et al. 2006)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64], *, inner: Any = None) -> _ExtraTrees:
        from sklearn.ensemble import ExtraTreesClassifier

        trees = ExtraTreesClassifier(300, min_samples_leaf=5, max_features=0.5, n_jobs=-1, random_state=self.seed)
        self.model = trees.fit(np.nan_to_num(X, nan=-1e6), y)
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.model.predict_proba(np.nan_to_num(X, nan=-1e6)))

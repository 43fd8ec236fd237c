"""The rivals: what a bank would otherwise use, each met at its best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted


class LightGBM(ClassifierMixin, BaseEstimator):
    """Gradient boosting by LightGBM, with native categories and early stopping on the inner rows.

    Parameters
    ----------
    rounds : int
        Trees at most; with `inner`, training stops 50 rounds after the best one.
    learning_rate : float
    leaves, min_leaf : int
        Leaves per tree and customers per leaf.
    categories : sequence of int
        Places of the columns that hold category codes.
    random_state : int
    """

    def __init__(
        self,
        *,
        rounds: int = 1000,
        learning_rate: float = 0.05,
        leaves: int = 31,
        min_leaf: int = 20,
        categories: Sequence[int] = (),
        random_state: int | None = None,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.min_leaf = min_leaf
        self.categories = categories
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, inner: tuple[Any, Any] | None = None) -> LightGBM:
        """Grow trees; `inner` says when to stop."""
        from lightgbm import LGBMClassifier, early_stopping

        self.classes_, labels = np.unique(y, return_inverse=True)
        self.booster_ = LGBMClassifier(
            n_estimators=self.rounds,
            learning_rate=self.learning_rate,
            num_leaves=self.leaves,
            min_child_samples=self.min_leaf,
            subsample=0.8,
            subsample_freq=1,
            colsample_bytree=0.8,
            random_state=self.random_state,
            deterministic=True,
            force_row_wise=True,
            verbose=-1,
        )
        watching: dict[str, Any] = {}
        if inner is not None:
            watching = {
                "eval_X": inner[0],
                "eval_y": np.searchsorted(self.classes_, inner[1]),
                "callbacks": [early_stopping(50, verbose=False)],
            }
        self.booster_.fit(X, labels, categorical_feature=list(self.categories), **watching)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Say how likely each class is; shape (n_customers, n_classes)."""
        check_is_fitted(self, "booster_")
        return np.asarray(self.booster_.predict_proba(X), dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the likeliest class."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class TunedKNN(ClassifierMixin, BaseEstimator):
    """K nearest neighbours with the number of neighbours that does best on the inner rows.

    Parameters
    ----------
    candidates : sequence of int
        Numbers of neighbours to try.
    """

    def __init__(self, candidates: Sequence[int] = (5, 15, 45, 101)) -> None:
        self.candidates = candidates

    def fit(self, X: Any, y: Any, *, inner: tuple[Any, Any] | None = None) -> TunedKNN:
        """Remember the customers and choose the number of neighbours by cross-entropy."""
        from sklearn.metrics import log_loss
        from sklearn.neighbors import KNeighborsClassifier

        usable = [count for count in self.candidates if count <= len(X)] or [1]
        fitted = [KNeighborsClassifier(count).fit(X, y) for count in usable]
        if inner is None:
            self.neighbours_ = fitted[len(fitted) // 2]
        else:
            losses = [log_loss(inner[1], each.predict_proba(inner[0]), labels=each.classes_) for each in fitted]
            self.neighbours_ = fitted[int(np.argmin(losses))]
        self.classes_ = self.neighbours_.classes_
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Say how likely each class is; shape (n_customers, n_classes)."""
        check_is_fitted(self, "neighbours_")
        return np.asarray(self.neighbours_.predict_proba(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the likeliest class."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

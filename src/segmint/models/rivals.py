"""The rivals: what a bank would otherwise use, each with the encoding that suits it and stopped in time; none is tuned to a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

from segmint.arguments import require_no_gaps
from segmint.errors import require
from segmint.features.parameters import Rules, check_parameters
from segmint.models.keep_apart import keep_apart

# Nearest neighbours hold each customer asked about against all they remember: of a million that would take an hour a fold.
MOST_NEIGHBOURS = 30_000
# Below so many cells one thread grows trees as quickly as two, and does not wait for cores that others use: with
# OMP_NUM_THREADS=1 on a busy machine, two that wait for each other have taken 60 times as long.
FEWEST_CELLS_TO_SHARE = 4_000_000


def grown_on_one_thread(X: NDArray[Any]) -> bool:
    """Say whether trees for a table of this size leave the other cores alone."""
    return X.size < FEWEST_CELLS_TO_SHARE


# Of fewer customers a leaf may hold fewer, in proportion: trees that cannot split say no more than the base rate.
_ENOUGH_FOR_USUAL_LEAVES = 200


def _of_usual_leaf(X: NDArray[Any]) -> float:
    """Say what share of the usual customers per leaf suits a table of this size."""
    return min(1.0, len(X) / _ENOUGH_FOR_USUAL_LEAVES)


def _threads(X: NDArray[Any]) -> int:
    """Say how many threads grow trees for this table; 0 leaves it to the machine."""
    return 1 if grown_on_one_thread(X) else 0


_INNER_SHARE: Rules = {
    "inner_share": (
        "0 or more and below 1",
        lambda given: isinstance(given, int | float | np.number) and bool(0 <= given < 1),
    )
}


class _Rival(ClassifierMixin, BaseEstimator):
    """What the rivals of our own wrapping share: checked inputs, and the likeliest class as the prediction."""

    def _learned(self, X: Any, y: Any, **checks: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        require_no_gaps(y)
        X, y = validate_data(self, X, y, dtype=np.float64, **checks)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        return X, labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Say how likely each class is; shape (n_customers, n_classes)."""
        raise NotImplementedError

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the likeliest class."""
        check_is_fitted(self)
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class _Boosted(_Rival):
    """Grown trees: a missing value is a value, and inner rows say when to stop."""

    def __init__(
        self,
        *,
        rounds: int = 1000,
        categories: Sequence[int] = (),
        inner_share: float = 0.15,
        random_state: int | None = None,
    ) -> None:
        self.rounds = rounds
        self.categories = categories
        self.inner_share = inner_share
        self.random_state = random_state

    def _taught(
        self, X: Any, y: Any, inner: tuple[Any, Any] | None
    ) -> tuple[NDArray[Any], NDArray[np.int64], tuple[Any, NDArray[np.int64]] | None]:
        """Return the rows that teach and those that say when to stop: a share of the former where none came."""
        X, labels = self._learned(X, y, ensure_all_finite="allow-nan")
        if inner is not None:
            return X, labels, (inner[0], np.searchsorted(self.classes_, inner[1]))
        check_parameters(self, _INNER_SHARE)
        if not self.inner_share or len(self.classes_) < 2:
            return X, labels, None
        seed = int(check_random_state(self.random_state).randint(2**16))
        rest, kept = keep_apart(labels, share=float(self.inner_share), seed=seed)
        return X[rest], labels[rest], (X[kept], labels[kept])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Say how likely each class is; shape (n_customers, n_classes)."""
        check_is_fitted(self, "booster_")
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(self._likely(X), dtype=np.float64)

    def _likely(self, X: NDArray[np.float64]) -> Any:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class LightGBM(_Boosted):
    """Gradient boosting by LightGBM, with native categories and early stopping on the inner rows.

    Parameters
    ----------
    rounds : int
        Trees at most; training stops 50 rounds after the best one.
    learning_rate : float
    leaves : int
        Leaves per tree.
    min_leaf : int, optional
        Customers per leaf; if left out 20, and of fewer than 200 customers a tenth of them.
    categories : sequence of int
        Places of the columns that hold category codes.
    inner_share : float
        Share of the rows of each class kept apart to say when to stop when `fit` gets no `inner`; with 0 all teach, and
        all `rounds` are grown.
    random_state : int
    """

    def __init__(
        self,
        *,
        rounds: int = 1000,
        learning_rate: float = 0.05,
        leaves: int = 31,
        min_leaf: int | None = None,
        categories: Sequence[int] = (),
        inner_share: float = 0.15,
        random_state: int | None = None,
    ) -> None:
        super().__init__(rounds=rounds, categories=categories, inner_share=inner_share, random_state=random_state)
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.min_leaf = min_leaf

    def fit(self, X: Any, y: Any, *, inner: tuple[Any, Any] | None = None) -> LightGBM:
        """Grow trees; `inner`, or a share of the rows if left out, says when to stop."""
        from lightgbm import LGBMClassifier, early_stopping

        X, labels, watched = self._taught(X, y, inner)
        self.booster_ = LGBMClassifier(
            n_estimators=self.rounds,
            learning_rate=self.learning_rate,
            num_leaves=self.leaves,
            min_child_samples=max(1, int(20 * _of_usual_leaf(X))) if self.min_leaf is None else self.min_leaf,
            subsample=0.8,
            subsample_freq=1,
            colsample_bytree=0.8,
            n_jobs=_threads(X),
            random_state=self.random_state,
            deterministic=True,
            force_row_wise=True,
            verbose=-1,
        )
        watching: dict[str, Any] = {}
        if watched is not None:
            watching = {
                "eval_X": watched[0],
                "eval_y": watched[1],
                "callbacks": [early_stopping(50, verbose=False)],
            }
        self.booster_.fit(X, labels, categorical_feature=list(self.categories), **watching)
        return self

    def _likely(self, X: NDArray[np.float64]) -> Any:
        return self.booster_.predict_proba(X)


class CatBoost(_Boosted):
    """Gradient boosting by CatBoost; its parameters are those of `LightGBM` but for the size of the trees and of a step."""

    def fit(self, X: Any, y: Any, *, inner: tuple[Any, Any] | None = None) -> CatBoost:
        """Grow trees; `inner`, or a share of the rows if left out, says when to stop."""
        require("catboost")
        from catboost import CatBoostClassifier, Pool

        X, labels, watched = self._taught(X, y, inner)
        if len(self.classes_) < 2:
            raise ValueError(f"The outcome has 1 class, {self.classes_[0]!r}; CatBoost needs at least 2.")
        self.booster_ = CatBoostClassifier(
            iterations=self.rounds,
            learning_rate=0.06,
            depth=6,
            loss_function="Logloss" if len(self.classes_) == 2 else "MultiClass",
            random_seed=self.random_state or 0,
            allow_writing_files=False,
            verbose=False,
        )
        watching = {}
        if watched is not None:
            pool = Pool(self._parts(np.asarray(watched[0])), watched[1])
            watching = {"eval_set": pool, "early_stopping_rounds": 50}
        self.booster_.fit(Pool(self._parts(X), labels), **watching)
        return self

    def _likely(self, X: NDArray[np.float64]) -> Any:
        return self.booster_.predict_proba(self._parts(X))

    def _parts(self, X: NDArray[np.float64]) -> Any:
        """Hand numbers over as numbers and codes as levels; a missing code is a level too."""
        from catboost import FeaturesData

        kept = [place for place in range(X.shape[1]) if place not in set(self.categories)]
        codes = np.nan_to_num(X[:, list(self.categories)], nan=-1.0).astype(np.int64)
        return FeaturesData(
            num_feature_data=np.ascontiguousarray(X[:, kept], dtype=np.float32) if kept else None,
            cat_feature_data=codes.astype("S8").astype(object) if len(self.categories) else None,
        )


class XGBoost(_Boosted):
    """Gradient boosting by XGBoost; its parameters are those of `LightGBM` but for the size of the trees."""

    def __init__(
        self,
        *,
        rounds: int = 1000,
        learning_rate: float = 0.05,
        categories: Sequence[int] = (),
        inner_share: float = 0.15,
        random_state: int | None = None,
    ) -> None:
        super().__init__(rounds=rounds, categories=categories, inner_share=inner_share, random_state=random_state)
        self.learning_rate = learning_rate

    def fit(self, X: Any, y: Any, *, inner: tuple[Any, Any] | None = None) -> XGBoost:
        """Grow trees; `inner`, or a share of the rows if left out, says when to stop."""
        require("xgboost")
        from xgboost import DMatrix, train

        X, labels, watched = self._taught(X, y, inner)
        kinds = ["c" if place in set(self.categories) else "q" for place in range(X.shape[1])]
        self.matrix_ = {"feature_types": kinds, "enable_categorical": True}
        several = len(self.classes_) > 2
        settings = {
            "objective": "multi:softprob" if several else "binary:logistic",
            "eval_metric": "mlogloss" if several else "logloss",
            "eta": self.learning_rate,
            "max_depth": 5,
            "min_child_weight": 5 * _of_usual_leaf(X),
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "seed": self.random_state or 0,
            "nthread": _threads(X),
            "verbosity": 0,
        }
        if several:
            settings["num_class"] = len(self.classes_)
        watching: dict[str, Any] = {}
        if watched is not None:
            held = DMatrix(np.asarray(watched[0], dtype=np.float64), watched[1], **self.matrix_)
            watching = {"evals": [(held, "inner")], "early_stopping_rounds": 50, "verbose_eval": False}
        self.booster_ = train(settings, DMatrix(X, labels, **self.matrix_), self.rounds, **watching)
        self.rounds_ = self.booster_.best_iteration + 1 if watched is not None else self.rounds
        return self

    def _likely(self, X: NDArray[np.float64]) -> Any:
        from xgboost import DMatrix

        likely = self.booster_.predict(DMatrix(X, **self.matrix_), iteration_range=(0, self.rounds_))
        likely = likely.astype(np.float64)
        return np.column_stack([1.0 - likely, likely]) if likely.ndim == 1 else likely


class TunedKNN(_Rival):
    """K nearest neighbours with the number of neighbours that does best on the inner rows.

    Which of several customers equally far away are neighbours is drawn by lot, whatever the order of the rows, where all are
    remembered, and the number of threads.

    Parameters
    ----------
    candidates : sequence of int
        Numbers of neighbours to try; a single one is not tuned.
    most : int
        Customers that are remembered at most, drawn at random: everybody asked about is held against each of them.
    random_state : int
    """

    def __init__(
        self,
        candidates: Sequence[int] = (5, 15, 45, 101),
        *,
        most: int = MOST_NEIGHBOURS,
        random_state: int | None = None,
    ) -> None:
        self.candidates = candidates
        self.most = most
        self.random_state = random_state

    @property
    def reads_inner(self) -> bool:
        """Whether inner rows choose anything."""
        return len(self.candidates) > 1

    def fit(self, X: Any, y: Any, *, inner: tuple[Any, Any] | None = None) -> TunedKNN:
        """Remember the customers and choose the number of neighbours by cross-entropy."""
        from sklearn.metrics import log_loss
        from sklearn.neighbors import KNeighborsClassifier

        X, labels = self._learned(X, y)
        draw = np.random.default_rng(self.random_state)
        if len(X) > self.most:
            some = draw.choice(len(X), self.most, replace=False)
            X, labels = X[some], labels[some]
        # Of customers equally far away those come first who are remembered first: by lot, cast among customers in an order of their own.
        order = np.lexsort((labels, *X.T))[draw.permutation(len(X))]
        X, labels = X[order], labels[order]
        usable = [count for count in self.candidates if count <= len(X)] or [1]
        fitted = [KNeighborsClassifier(count).fit(X, labels) for count in usable]
        if inner is None or len(fitted) == 1:
            self.neighbours_ = fitted[len(fitted) // 2]
        else:
            truth = np.searchsorted(self.classes_, inner[1])
            places = np.arange(len(self.classes_))
            losses = [log_loss(truth, self._likely(each, inner[0]), labels=places) for each in fitted]
            self.neighbours_ = fitted[int(np.argmin(losses))]
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Say how likely each class is; shape (n_customers, n_classes)."""
        check_is_fitted(self, "neighbours_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self._likely(self.neighbours_, X)

    def _likely(self, neighbours: Any, X: Any) -> NDArray[np.float64]:
        """Probabilities with a column for each class, also one of which nobody is remembered."""
        likely = np.zeros((len(X), len(self.classes_)))
        with threadpool_limits(1):  # more would decide who of those equally far away comes first
            likely[:, neighbours.classes_] = neighbours.predict_proba(X)
        return likely

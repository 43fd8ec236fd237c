"""Rivals: native categories, missing values, early stopping, and a pip line where one is not installed."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from segmint.errors import MissingExtraError
from segmint.metrics.calibration import log_loss
from segmint.models import rivals
from segmint.models.rivals import CatBoost, LightGBM, TunedKNN, XGBoost


def some_customers(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """A number with gaps, and a category whose code says nothing as a number."""
    draw = np.random.default_rng(7)
    category = draw.integers(0, 6, 900)
    number = np.where(draw.random(900) < 0.1, np.nan, draw.normal(size=900))
    effect = np.array([0, 2, 0, 2, 0, 2])[category] + np.nan_to_num(number, nan=1.0)
    cuts = np.quantile(effect, np.linspace(0, 1, classes + 1)[1:-1])
    return np.column_stack([number, category]), np.array(["a", "b", "c", "d"])[np.searchsorted(cuts, effect)]


@pytest.mark.parametrize("kind", [LightGBM, CatBoost, XGBoost])
@pytest.mark.parametrize("classes", [2, 4])
def test_native_categories_and_missing_values_are_learned(kind: type, classes: int) -> None:
    X, y = some_customers(classes)
    fitted = kind(rounds=200, categories=(1,), random_state=1).fit(X[:600], y[:600], inner=(X[600:700], y[600:700]))
    likely = fitted.predict_proba(X[700:])
    assert likely.shape == (200, classes)
    assert np.allclose(likely.sum(axis=1), 1.0, atol=1e-6)
    assert (fitted.predict(X[700:]) == y[700:]).mean() > 0.8


@pytest.mark.parametrize("kind", [LightGBM, CatBoost, XGBoost])
def test_without_inner_rows_a_share_of_the_rows_says_when_to_stop(kind: type) -> None:
    draw = np.random.default_rng(3)
    X, y = draw.normal(size=(1_200, 5)), np.where(draw.random(1_200) < 0.1, "yes", "no")
    by_rate = log_loss(y[800:] == "yes", np.full(400, (y[:800] == "yes").mean()))
    stopped = kind(random_state=1).fit(X[:800], y[:800])
    assert log_loss(y[800:] == "yes", stopped.predict_proba(X[800:])[:, 1]) < by_rate + 0.06


def _rounds(fitted: object) -> int:
    booster = fitted.booster_
    if isinstance(fitted, LightGBM):
        return booster.booster_.num_trees()
    return booster.tree_count_ if isinstance(fitted, CatBoost) else fitted.rounds_


@pytest.mark.parametrize("kind", [LightGBM, CatBoost, XGBoost])
def test_where_nobody_is_kept_apart_all_rows_teach_all_rounds(kind: type) -> None:
    draw = np.random.default_rng(3)
    X, y = draw.normal(size=(400, 3)), np.where(draw.random(400) < 0.3, "yes", "no")
    assert _rounds(kind(rounds=150, inner_share=0, random_state=1).fit(X, y)) == 150
    assert _rounds(kind(rounds=150, random_state=1).fit(X, y)) < 150


@pytest.mark.parametrize("kind", [LightGBM, CatBoost, XGBoost])
@pytest.mark.parametrize("share", [1.5, -0.1, "a", None, float("nan")])
def test_a_share_that_is_none_is_refused_in_words(kind: type, share: object) -> None:
    X, y = some_customers(2)
    with pytest.raises(
        ValueError, match=rf"'inner_share' parameter of .* must be 0 or more and below 1. Got {share!r}"
    ):
        kind(inner_share=share).fit(X, y)


def test_a_small_table_is_learned_on_one_thread_and_a_large_one_on_as_many_as_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = some_customers(2)
    small = LightGBM(rounds=5, random_state=1).fit(X, y)
    monkeypatch.setattr(rivals, "FEWEST_CELLS_TO_SHARE", X.size // 2)
    large = LightGBM(rounds=5, random_state=1).fit(X, y)
    assert (small.booster_.n_jobs, large.booster_.n_jobs) == (1, 0)
    assert np.array_equal(small.predict_proba(X), large.predict_proba(X))


@pytest.mark.parametrize("kind", [CatBoost, XGBoost])
def test_a_level_never_seen_is_predicted(kind: type) -> None:
    X, y = some_customers(2)
    fitted = kind(rounds=20, categories=(1,), random_state=1).fit(X[:600], y[:600])
    assert np.isfinite(fitted.predict_proba(np.array([[0.0, np.nan]]))).all()


@pytest.mark.parametrize(("kind", "package"), [(CatBoost, "catboost"), (XGBoost, "xgboost")])
def test_a_missing_rival_answers_with_the_pip_line(kind: type, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    X, y = some_customers(2)
    with pytest.raises(MissingExtraError, match=rf"{package} is not installed[\s\S]*pip install 'segmint\[best\]'"):
        kind(rounds=5).fit(X, y)


def test_neighbours_remember_some_customers_of_many_and_know_every_class() -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(500, 3))
    y = np.where(X[:, 0] > 0, "yes", "no").astype(object)
    y[0] = "rare"
    model = TunedKNN((5,), most=60, random_state=1).fit(X, y)
    assert model.neighbours_.n_samples_fit_ == 60
    likely = model.predict_proba(X)
    assert likely.shape == (500, 3)
    np.testing.assert_allclose(likely.sum(axis=1), 1.0)
    assert (model.predict(X) == y).mean() > 0.9


def test_neighbours_are_the_same_whatever_the_order_of_rows_and_the_threads() -> None:
    draw = np.random.default_rng(4)
    X, asked = (draw.integers(0, 2, size=(rows, 8)) / 3 for rows in (2_500, 400))
    y, order = (draw.random(2_500) < 0.3).astype(int), draw.permutation(2_500)
    inner, said = (asked, (draw.random(400) < 0.3).astype(int)), []
    for threads, rows in ((1, np.arange(2_500)), (2, np.arange(2_500)), (2, order)):
        with threadpool_limits(threads):
            said.append(TunedKNN((5, 15), random_state=1).fit(X[rows], y[rows], inner=inner).predict_proba(asked))
    assert np.array_equal(said[0], said[1])
    assert np.array_equal(said[0], said[2])


@pytest.mark.parametrize("kind", [LightGBM, XGBoost])
def test_trees_of_few_customers_can_split(kind: type) -> None:
    X = np.random.default_rng(3).normal(size=(40, 2))
    fitted = kind(rounds=50, inner_share=0, random_state=1).fit(X, X[:, 0] > 0)
    assert (fitted.predict(X) == (X[:, 0] > 0)).mean() > 0.9

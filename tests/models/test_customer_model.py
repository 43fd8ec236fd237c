from __future__ import annotations

import threading
import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from segmint.contract.column import Column
from segmint.models.customer_model import _MAKERS, make_model
from segmint.models.names import MODELS, OURS
from segmint.models.network_model import RECIPES

COLUMNS = (
    Column(name="age", kind="number", role="characteristic", label="age"),
    Column(name="job", kind="category", role="characteristic", label="job"),
)
RIVALS = [name for name in MODELS if name != OURS]


def customers(count: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    draw = np.random.default_rng(seed)
    age, job = draw.normal(size=count), draw.choice(["a", "b", "c"], count)
    chance = 1 / (1 + np.exp(-(2 * age + 2 * (job == "b") - 1)))
    frame = pl.DataFrame({"age": age, "job": job}).with_columns(
        age=pl.when(pl.Series(draw.random(count) < 0.1)).then(None).otherwise(pl.col("age"))
    )
    return frame, np.where(draw.random(count) < chance, "yes", "no")


def test_a_forest_says_the_same_whenever_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import sklearn.ensemble._forest as grown

    frame, y = customers(300, 0)
    model = make_model("random_forest", columns=COLUMNS, random_state=3).fit(frame, y)
    sums, asked = grown._accumulate_prediction, []

    def told(*given: object) -> None:
        asked.append(threading.get_ident())
        sums(*given)

    monkeypatch.setattr(grown, "_accumulate_prediction", told)
    model.predict_proba(frame)
    assert set(asked) == {threading.get_ident()}  # trees that are added in another order move the last bit


def auc_of(name: str, **settings: object) -> float:
    X, y = customers(900, 0)
    inner, new = customers(200, 1), customers(1000, 2)
    model = make_model(name, columns=COLUMNS, random_state=1, **settings).fit(X, y, inner=inner)
    assert list(model.classes_) == ["no", "yes"]
    likely = model.predict_proba(new[0])
    np.testing.assert_allclose(likely.sum(axis=1), 1.0, atol=1e-6)
    return float(roc_auc_score(new[1] == "yes", likely[:, 1]))


@pytest.mark.parametrize("name", RIVALS)
def test_each_rival_finds_the_pattern_unless_it_knows_nothing(name: str) -> None:
    auc = auc_of(name)
    assert auc == 0.5 if name == "base_rate" else auc > 0.8


@pytest.mark.network
@pytest.mark.parametrize("recipe", ["fast", "plain"])
def test_the_network_finds_it_too(recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teacher_folds=2))
    assert auc_of("dense_network", recipe=recipe) > 0.8


def test_every_model_that_can_be_made_has_a_name_for_people() -> None:
    assert {OURS, *_MAKERS} == set(MODELS)


def test_an_unknown_recipe_is_named() -> None:
    with pytest.raises(ValueError, match="Unknown recipe 'magic'"):
        make_model("dense_network", columns=COLUMNS, recipe="magic")


def test_the_fast_recipe_is_shorter_and_shows_fewer_epochs_of_many_rows_unless_asked() -> None:
    fast, best = (make_model("dense_network", columns=COLUMNS, recipe=recipe)[-1] for recipe in ("fast", "best"))
    assert fast.pace(30_000, copied=True) == best.pace(200_000, copied=True) == (10, 2e-3)
    assert fast.pace(100_000, copied=True) == (8, 2.5e-3)
    assert fast.pace(5_000_000, copied=True) == (6, 3e-3)
    assert fast.widths(9_000) == best.widths(9_000) == (128, 64)
    assert (fast.widths(30_000), best.widths(30_000)) == ((256, 128), (256, 256, 128))
    asked = make_model("dense_network", columns=COLUMNS, recipe="fast", epochs=3)[-1]
    assert asked.pace(5_000_000, copied=True) == (3, 2e-3)


def test_lightgbm_stops_early_on_the_inner_rows() -> None:
    X, y = customers(900, 0)
    model = make_model("lightgbm", columns=COLUMNS, random_state=3).fit(X, y, inner=customers(200, 1))
    assert model[-1].booster_.best_iteration_ < 1000


@pytest.mark.parametrize("name", ["lightgbm", "dense_network", "logistic"])
def test_the_view_of_a_notebook_warns_of_nothing(name: str) -> None:
    age = Column(name="age", kind="number", role="characteristic", label="age")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "<div" in make_model(name, columns=(age,))._repr_html_()

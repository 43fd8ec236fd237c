"""Teachers: trees and a network, each reading what is made for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segmint.models import teachers
from segmint.models.distil import teach
from segmint.models.network_model import RECIPES
from segmint.models.teachers import missed_teachers


def names(recipe: str, customers: int) -> list[str]:
    make = RECIPES[recipe].teachers
    return [] if make is None else list(make([], customers))


@pytest.mark.parametrize("customers", [5_000, 50_000])
def test_every_teacher_of_a_recipe_is_named(customers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teachers, "find_spec", lambda name: name == "catboost")
    assert names("best", customers) == ["LightGBM", "a small network", "LightGBM with larger trees", "CatBoost"]
    assert missed_teachers() == ["xgboost"]


def test_a_network_teaches_in_best_and_of_few_customers_in_fast() -> None:
    assert "a small network" in names("best", 50_000)
    assert "a small network" in names("fast", 5_000)
    assert names("fast", 50_000) == names("rolling", 5_000) == ["LightGBM"]


def test_a_recipe_without_teachers_names_none() -> None:
    assert names("plain", 5_000) == []
    assert set(missed_teachers()) <= {"xgboost", "catboost"}


@pytest.mark.network
def test_the_network_among_the_teachers_learns_what_only_the_encoding_shows() -> None:
    draw = np.random.default_rng(5)
    yes = draw.integers(0, 2, 900)
    encoded = np.column_stack([yes + draw.normal(scale=0.7, size=900), draw.normal(size=900)]).astype(np.float32)
    nothing = np.zeros((900, 2))
    found = teach(
        nothing,
        yes,
        [teachers._Network],
        folds=3,
        copies=600,
        swap=0.0,
        seed=2,
        encoded=lambda came: encoded[came[:, 0]],
        groups=None,
    )
    said = found.targets[:, 1]
    assert said[yes == 1].mean() > said[yes == 0].mean() + 0.2
    assert np.array_equal(found.inputs, encoded[found.sources[:, 0]])


@pytest.mark.network
def test_of_very_many_customers_the_network_learns_from_some(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[int, int]] = []

    class Watching(teachers.DenseNetworkClassifier):
        def fit(self, X: Any, y: Any, **more: Any) -> Any:
            shown.append((len(y), len(np.unique(y))))
            return self

    monkeypatch.setattr(teachers, "DenseNetworkClassifier", Watching)
    monkeypatch.setattr(teachers, "MANY", 50)
    rows, rare = np.zeros((80, 3), dtype=np.float32), (np.arange(80) == 79).astype(int)
    teachers._Network(1).fit(rows, rare, inner=(rows, rare))
    assert shown[0][0] in (50, 51, 52)
    assert shown[0][1] == 2

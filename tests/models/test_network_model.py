"""The recipes that the network is taught by; what each learns is in `test_customer_model` and `test_distil`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.models.distil import COPIES_OF_UPCOMING
from segmint.models.network_model import RECIPES, NetworkModel, enough_for_a_teacher, most_copies
from segmint.models.teachers import one_teacher

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

COLUMNS = (
    Column(name="age", kind="number", role="characteristic", label="age"),
    Column(name="job", kind="category", role="characteristic", label="job"),
)


@pytest.fixture(autouse=True)
def fewer_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folds of the teachers prove what five do: the small network among them is trained for each."""
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teacher_folds=2))


def calls(seed: int, count: int = 900) -> tuple[pl.DataFrame, np.ndarray]:
    draw = np.random.default_rng(seed)
    age = draw.integers(18, 80, count).astype(float)
    frame = pl.DataFrame({"age": age, "job": draw.choice(["clerk", "nurse"], count)})
    yes = draw.random(count) < 1 / (1 + np.exp(-(age - 50) / 10))
    return frame, np.where(yes, "yes", "no")


def learned(recipe: str = "rolling", upcoming: pl.DataFrame | None = None) -> NetworkModel:
    model = NetworkModel.of(COLUMNS, recipe=recipe, random_state=3, hidden=(16,), epochs=2)
    return model.fit(*calls(1), inner=calls(2, 300), upcoming=upcoming)


@pytest.fixture(scope="module")
def rolling() -> NetworkModel:
    return learned()


def test_a_rolling_network_is_three_in_one_and_its_teacher_teaches_once(rolling: NetworkModel) -> None:
    assert rolling[-1].layers_[0]["units"] == 48
    assert rolling.lesson_ is not None
    assert (rolling.lesson_["members"], rolling.lesson_["customers"], rolling.lesson_["upcoming"]) == (3, 900, 0)
    frame = calls(9)[0]
    assert np.array_equal(learned().predict_proba(frame), rolling.predict_proba(frame))


def test_teachers_and_epochs_are_told_of_one_training_that_never_goes_back() -> None:
    model, told = NetworkModel.of(COLUMNS, recipe="rolling", random_state=3, hidden=(16,), epochs=2), []
    model.fit(*calls(1), inner=calls(2, 300), progress=lambda *step: told.append(step))
    folds, shares = RECIPES["rolling"].teacher_folds, [done for _, done, _ in told]
    assert {(task, total) for task, _, total in told} == {("training the network", 100)}
    assert shares == sorted(shares)
    assert (shares[0], shares[folds], len(shares)) == (10, 60, 1 + folds + 2 * 3)
    assert shares[-1] == 100


def test_a_rolling_network_carries_no_trend_beyond_what_it_saw(rolling: NetworkModel) -> None:
    seen = calls(1)[0]["age"]
    frame = pl.DataFrame({"age": [-40.0, seen.min(), seen.max(), 500.0], "job": ["clerk"] * 4})
    said = rolling.predict_proba(frame)[:, 1]
    assert said[0] == said[1]
    assert said[2] == said[3]


def test_customers_yet_to_be_called_move_what_a_rolling_network_says(rolling: NetworkModel) -> None:
    upcoming = calls(7, 200)[0]
    shown = learned(upcoming=upcoming)
    assert shown.lesson_ is not None
    assert rolling.lesson_ is not None
    assert shown.lesson_["upcoming"] == 200
    assert shown.lesson_["copies"] == rolling.lesson_["copies"] + 200 * COPIES_OF_UPCOMING
    alone, told = (model.predict_proba(upcoming)[:, 1] for model in (rolling, shown))
    assert not np.allclose(alone, told)
    assert np.corrcoef(alone, told)[0, 1] > 0.9


def test_another_recipe_does_not_look_at_customers_yet_to_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
    upcoming = calls(7, 200)[0]
    assert np.array_equal(learned("fast", upcoming).predict_proba(upcoming), learned("fast").predict_proba(upcoming))


def test_nothing_learned_depends_on_how_the_inner_customers_answered() -> None:
    models = []
    for inner in (calls(2, 300), (calls(2, 300)[0], calls(2, 300)[1][::-1])):
        model = NetworkModel.of(COLUMNS, recipe="fast", random_state=3, hidden=(16,), epochs=1)
        models.append(model.fit(*calls(1), inner=inner))
    one, other = models
    assert one.lesson_ == other.lesson_
    for name, weight in one[-1].weights_.items():
        np.testing.assert_array_equal(weight, other[-1].weights_[name])


def test_a_refit_lets_teachers_and_features_learn_from_everybody() -> None:
    model = NetworkModel.of(COLUMNS, recipe="fast", random_state=3, hidden=(16,), epochs=2)
    model.fit(*calls(1), inner=calls(2, 300))
    curves, lesson = model[-1].history_, model.lesson_
    (one, first), (other, second) = calls(1), calls(2, 300)
    everybody, answers = pl.concat([one, other.with_columns(job=pl.lit("smith"))]), np.concatenate([first, second])
    model.refit(everybody, answers, groups=np.arange(1_200))
    assert model.lesson_ == lesson  # of those whom its validation customers could judge; there are no pairs here
    assert model[-1].history_ == curves
    jobs = next(column for column in model[0].state_["columns"] if column["name"] == "job")
    assert "smith" in jobs["levels"]
    assert model.predict_proba(everybody).shape == (1_200, 2)


def test_whom_labels_alone_taught_they_teach_again() -> None:
    model = NetworkModel.of(COLUMNS, recipe="fast", random_state=3, hidden=(16,), epochs=2)
    model.fit(*calls(1, 290), inner=calls(2, 100))
    assert model.lesson_ is None
    (one, first), (other, second) = calls(1, 290), calls(2, 100)
    model.refit(pl.concat([one, other]), np.concatenate([first, second]))
    assert (
        model.lesson_ is None
    )  # 390 customers are enough for a teacher, but it was not a taught network that was judged


def test_copies_stop_where_memory_would() -> None:
    fast = RECIPES["fast"]
    assert most_copies(fast, 1_000, 200) == 6_000
    assert most_copies(fast, 40_000, 200) == 100_000
    assert most_copies(fast, 40_000, 8_000) == 25_000


def test_without_inner_rows_it_keeps_its_own_and_the_teacher() -> None:
    X, y = calls(1)
    model = NetworkModel.of(COLUMNS, recipe="fast", random_state=3, hidden=(16,), epochs=1).fit(X, y)
    assert model.lesson_ is not None
    assert model.lesson_["customers"] == 765  # 15 % tell when to stop
    assert model.predict_proba(X).shape == (900, 2)


def test_a_rare_class_takes_folds_from_the_teacher_and_not_the_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher, teacher_folds=5))
    X, y = calls(1)
    y = np.where(np.arange(900) < 4, "perhaps", y)
    model = NetworkModel.of(COLUMNS, recipe="fast", random_state=3, hidden=(16,), epochs=1)
    assert model._recipe(np.unique(y, return_inverse=True)[1], None).teacher_folds == 4  # type: ignore[union-attr]
    model.fit(X, y, inner=calls(2, 300))
    assert model.lesson_ is not None
    assert model.lesson_["folds"] == 4


def test_customers_and_not_rows_are_enough_for_a_teacher() -> None:
    labels = np.where(np.arange(900) < 12, 2, np.arange(900) % 2)
    assert enough_for_a_teacher(labels, None)
    assert enough_for_a_teacher(labels, np.arange(900) // 3)
    assert not enough_for_a_teacher(labels, np.arange(900) // 4)
    model = NetworkModel.of(COLUMNS, recipe="best")
    for groups in (
        np.maximum(np.arange(900), 11),
        np.maximum(np.arange(900), 10),
    ):  # of the third class one customer, or two
        assert model._recipe(labels, groups).teacher_folds == 8  # type: ignore[union-attr]
    assert not enough_for_a_teacher(np.where(labels == 2, 1, 0), np.maximum(np.arange(900), 11))


def test_a_class_of_one_customer_leaves_everyone_else_to_teachers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
    draw = np.random.default_rng(0)
    whose = np.repeat(np.arange(301), 4)
    frame = pl.DataFrame({"age": draw.normal(size=301)[whose], "job": ["nurse"] * len(whose)})
    answers = np.where(np.arange(301) == 0, "perhaps", draw.choice(["no", "yes"], 301))  # the age says nothing
    model = NetworkModel.of(COLUMNS, recipe="fast", random_state=3, hidden=(16,), epochs=1)
    inner = (pl.DataFrame({"age": draw.normal(size=50), "job": ["nurse"] * 50}), draw.choice(["no", "yes"], 50))
    model.fit(frame, answers[whose], inner=inner, groups=whose)
    assert model.lesson_ is not None
    assert abs(model.lesson_["auc"] - 0.5) < 1.96 * model.lesson_["auc_error"]
    assert 0.6 < model.lesson_["loss"] < 0.9
    assert model[-1].calibration_.surest == pytest.approx(np.log(302))


def test_another_recipe_brings_its_own_way_of_learning() -> None:
    model = NetworkModel.of(COLUMNS, recipe="fast", dropout=0.2)
    model.set_params(recipe="best")
    same = NetworkModel.of(COLUMNS, recipe="best", dropout=0.2)
    assert model[-1].get_params() == same[-1].get_params()
    asked = NetworkModel.of(COLUMNS, recipe="fast", hidden=(16,)).set_params(recipe="rolling", classifier__epochs=3)
    assert (asked[-1].hidden, asked[-1].epochs, asked[-1].members, asked[0].within) == ((16,), 3, 3, True)
    with pytest.raises(ValueError, match="Unknown recipe 'magic'"):
        model.set_params(recipe="magic")


def test_inner_rows_are_kept_of_a_pandas_frame_too_and_of_two_rows_none() -> None:
    X, y = calls(1, 200)
    model = NetworkModel.of(COLUMNS, recipe="plain", random_state=3, hidden=(8,), epochs=1)
    same = NetworkModel.of(COLUMNS, recipe="plain", random_state=3, hidden=(8,), epochs=1).fit(X, y)
    assert np.array_equal(model.fit(X.to_pandas(), y).predict_proba(X), same.predict_proba(X))
    with pytest.warns(UserWarning, match="also say when to stop"):
        model.fit(X[:2], np.array(["no", "yes"]))


def said_having_learned_of(make: Callable[[pl.DataFrame], Any]) -> np.ndarray:
    """What a network says whose tables, to learn from and to predict, were all made by `make`."""
    (X, y), (inner, said), upcoming = calls(1), calls(2, 300), calls(7, 60)[0]
    settings = {"random_state": 3, "hidden": (8,), "epochs": 1, "members": 1, "pairs": True}
    model = NetworkModel.of(COLUMNS, recipe="rolling", **settings)
    model.fit(make(X), y, inner=(make(inner), said), upcoming=make(upcoming)).refit(make(X), y)
    return model.predict_proba(make(X))


def test_a_teacher_takes_tables_of_any_kind() -> None:
    same = said_having_learned_of(lambda frame: frame)
    for make in (pl.DataFrame.to_pandas, pl.DataFrame.to_arrow):
        assert np.array_equal(same, said_having_learned_of(make)), make


def test_more_or_fewer_outcomes_than_customers_are_refused(rolling: NetworkModel) -> None:
    X, y = calls(1)
    for learn in (NetworkModel.of(COLUMNS).fit, rolling.refit):
        with pytest.raises(ValueError, match=r"\[900, 700\]"):
            learn(X, y[:700])


def test_a_change_of_recipe_leaves_widths_of_an_array_and_changes_nothing_where_a_name_is_wrong() -> None:
    model = NetworkModel.of(COLUMNS, recipe="fast", hidden=np.array([8, 4]))
    assert list(model.set_params(recipe="best")[-1].hidden) == [8, 4]
    with pytest.raises(ValueError, match="wrong"):
        model.set_params(recipe="rolling", classifier__wrong=1)


def test_nobody_is_surer_than_the_customers_who_taught_allow() -> None:
    model = NetworkModel.of(COLUMNS, recipe="plain", random_state=3, hidden=(16,), epochs=2).fit(*calls(1))
    head = max(name for name in model[-1].weights_ if name.endswith(".bias"))
    model[-1].weights_[head] = model[-1].weights_[head] + np.float32(50.0)  # an unusual customer may get such logits
    known = model[-1].calibration_
    assert known.surest == pytest.approx(np.log(0.85 * 900 + 1), abs=0.01)
    most = 1 / (1 + np.exp(-(known.surest / known.temperature + known.offset)))
    np.testing.assert_allclose(model.predict_proba(calls(9)[0])[:, 1], most)


def test_a_random_state_is_a_seed_for_teachers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
    frame = calls(9)[0]
    said = []
    for _ in range(2):
        model = NetworkModel.of(COLUMNS, recipe="fast", hidden=(16,), epochs=1)
        model.set_params(classifier__random_state=np.random.RandomState(4))
        said.append(model.fit(*calls(1), inner=calls(2, 300)).predict_proba(frame))
    assert np.array_equal(*said)

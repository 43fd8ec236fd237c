"""A refreshed network starts where it stood, keeps its features, and averages its last states."""

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.models.warm_network import WarmNetwork

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

COLUMNS = (
    Column(name="age", kind="number", role="characteristic", label="age"),
    Column(name="job", kind="category", role="characteristic", label="job"),
)


def calls(seed, n=900):
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, n).astype(float)
    frame = pl.DataFrame({"age": age, "job": random.choice(["clerk", "nurse"], n)})
    yes = random.random(n) < 1 / (1 + np.exp(-(age - 50) / 10))
    return frame, np.where(yes, "yes", "no")


@pytest.fixture(scope="module")
def warm():
    model = WarmNetwork.of(COLUMNS, recipe="plain", random_state=3, hidden=(16,), epochs=4)
    return model.fit(*calls(1), inner=calls(2, 300))


def test_a_refresh_moves_the_weights_a_short_way_and_keeps_the_features(warm):
    features, before = warm[0].state_, {name: value.copy() for name, value in warm[-1].weights_.items()}
    said = warm.predict_proba(calls(9)[0])
    warm.refresh(*calls(4), inner=calls(5, 300))
    assert warm[0].state_ is features
    after = warm[-1].weights_
    moved = np.abs(after["0.kernel"] - before["0.kernel"]).mean()
    assert 0 < moved < 0.1 * np.abs(before["0.kernel"]).mean()
    assert warm[-1].epochs == 4
    assert np.abs(warm.predict_proba(calls(9)[0]) - said).mean() < 0.05


def test_what_is_said_is_the_average_of_the_last_states_and_no_more_are_kept(warm):
    for seed in range(6, 12):
        warm.refresh(*calls(seed), inner=calls(seed + 20, 300))
    assert len(warm.states_) == warm.kept
    likely = warm.predict_proba(calls(30)[0])
    assert np.allclose(likely.sum(axis=1), 1)
    newest = warm[-1].predict_proba(warm[0].transform(calls(30)[0]))
    assert not np.allclose(likely, newest)
    order = np.corrcoef(likely[:, 1], newest[:, 1])[0, 1]
    assert order > 0.99


def test_numbers_never_seen_are_taken_for_the_nearest_seen(warm):
    low, high = warm.ranges_["age"]
    frame = pl.DataFrame({"age": [low - 40, low, high, high + 500], "job": ["clerk"] * 4})
    said = warm.predict_proba(frame)[:, 1]
    assert said[0] == said[1]
    assert said[2] == said[3]


def test_a_window_that_has_outgrown_the_features_is_learned_anew():
    model = WarmNetwork.of(COLUMNS, recipe="plain", random_state=3, hidden=(8,), epochs=1)
    model.fit(*calls(1), inner=calls(2, 300))
    frame, outcome = calls(4)
    rare = frame.with_columns(job=pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("pilot")).otherwise(pl.col("job")))
    model.refresh(rare, outcome, inner=calls(5, 300))
    assert len(model.states_) == 2
    new = frame.with_columns(job=pl.when(pl.int_range(pl.len()) < 50).then(pl.lit("pilot")).otherwise(pl.col("job")))
    model.refresh(new, outcome, inner=calls(5, 300))
    assert len(model.states_) == 1
    assert "job = pilot" in list(model[0].get_feature_names_out())
    older = frame.with_columns(age=pl.when(pl.int_range(pl.len()) < 50).then(99.0).otherwise(pl.col("age")))
    model.refresh(older, outcome, inner=calls(5, 300))
    assert len(model.states_) == 1
    assert model.ranges_["age"][1] == 99.0

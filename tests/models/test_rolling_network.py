"""Small networks learned anew on a window say what they say on average."""

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.models.distil import COPIES_OF_UPCOMING
from segmint.models.forward import forward
from segmint.models.rolling_network import RollingNetwork

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


def learned(**settings):
    model = RollingNetwork.of(COLUMNS, random_state=3, **{"hidden": (16,), "epochs": 3, **settings})
    return model.fit(*calls(1), inner=calls(2, 300))


@pytest.fixture(scope="module")
def rolling():
    return learned()


def test_what_is_said_is_the_average_of_networks_that_differ(rolling):
    frame, _ = calls(9)
    likely = rolling.predict_proba(frame)
    encoded = rolling[0].transform(frame)
    single = [calibration.apply(forward(layers, encoded))[:, 1] for layers, calibration in rolling.states_]
    assert len(single) == rolling.members
    assert np.abs(single[0] - single[1]).max() > 0.001
    odds = np.mean([np.log(each / (1 - each)) for each in single], axis=0)
    assert np.allclose(likely[:, 1], 1 / (1 + np.exp(-odds)), atol=1e-6)
    assert np.allclose(likely.sum(axis=1), 1)


def test_the_same_seed_says_the_same_and_the_teacher_teaches_once(rolling):
    again = learned()
    assert np.array_equal(again.predict_proba(calls(9)[0]), rolling.predict_proba(calls(9)[0]))
    assert rolling.lesson_["customers"] == 1_200
    assert rolling[-1].random_state == 3


def test_numbers_never_seen_are_taken_for_the_nearest_seen(rolling):
    low, high = rolling.ranges_["age"]
    frame = pl.DataFrame({"age": [low - 40, low, high, high + 500], "job": ["clerk"] * 4})
    said = rolling.predict_proba(frame)[:, 1]
    assert said[0] == said[1]
    assert said[2] == said[3]


def test_a_later_window_is_learned_with_its_own_levels_and_ends():
    model = learned(recipe="plain", epochs=1)
    frame, outcome = calls(4)
    new = frame.with_columns(
        age=pl.when(pl.int_range(pl.len()) < 50).then(99.0).otherwise(pl.col("age")),
        job=pl.when(pl.int_range(pl.len()) < 50).then(pl.lit("pilot")).otherwise(pl.col("job")),
    )
    model.fit(new, outcome, inner=calls(5, 300))
    assert "job = pilot" in list(model[0].get_feature_names_out())
    assert model.ranges_["age"][1] == 99.0
    assert len(model.states_) == model.members


def test_customers_yet_to_be_called_move_what_is_said():
    model = RollingNetwork.of(COLUMNS, random_state=3, hidden=(16,), epochs=2)
    frame, outcome = calls(1)
    upcoming = calls(7, 200)[0]
    alone = model.fit(frame, outcome, inner=calls(2, 300)).predict_proba(upcoming)
    copies = model.lesson_["copies"]
    shown = model.fit(frame, outcome, inner=calls(2, 300), upcoming=upcoming).predict_proba(upcoming)
    assert model.lesson_["copies"] == copies + 200 * COPIES_OF_UPCOMING
    assert not np.allclose(alone, shown)
    assert np.corrcoef(alone[:, 1], shown[:, 1])[0, 1] > 0.9

"""What a later wave leaves open, beside the customers among whom the segments were found."""

import numpy as np
import polars as pl
import pytest

from segmint.segments.coding import learn_coding
from segmint.segments.gaps import gaps_of, say_gaps
from segmint.segments.inputs import as_inputs


def campaign(empty: float, seed: int, job: str = "farmer", rows: int = 2_000) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    jobs = np.where(draw.random(rows) < 0.05, job, draw.choice(["clerk", "unknown", "nurse"], rows))
    balance = pl.Series(draw.normal(size=rows)).set(pl.Series(draw.random(rows) < empty), None)
    return pl.DataFrame({"job": jobs, "balance": balance})


@pytest.mark.parametrize("bands", [True, False])
def test_empty_cells_unknown_answers_and_new_levels_are_told_apart_from_what_was(bands):
    first = campaign(0.1, 1)
    coding = learn_coding(as_inputs(first), bands=bands)
    before = gaps_of(coding, first)
    assert before["job"]["empty"] == pytest.approx(float((first["job"] == "unknown").mean()), abs=1e-4)
    assert before["job"]["rare"] == 0
    assert before["balance"]["empty"] == pytest.approx(0.1, abs=0.03)
    labels = {"job": "profession"}
    assert say_gaps(before, 2_000, coding, campaign(0.1, 2), labels) == ()
    said = say_gaps(before, 2_000, coding, campaign(0.3, 2, "astronaut"), labels)
    assert len(said) == 3
    assert said[0].startswith("Profession: ")
    assert "no segment knows it" in said[0]
    assert said[1].startswith("Balance: 3")
    assert "may come of that alone" in said[2]


def test_nothing_is_said_of_a_run_that_kept_no_shares():
    first = campaign(0.1, 1)
    assert say_gaps({}, 2_000, learn_coding(as_inputs(first)), campaign(0.9, 2, "astronaut"), {}) == ()

"""One customer at a time: the segment that assigning a whole table says, whatever the method and the values."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.segments.assign import assign_segments, chosen_without
from segmint.segments.finder import SegmentFinder
from segmint.segments.inputs import segment_inputs
from segmint.segments.single import SingleAssigner

# values that nobody had: other levels, no value, codes, the ends of bands
ODD = pl.DataFrame(
    {
        "age": [None, 0.0, 1e9, 30.0, -1.0, 42.0],
        "job": ["astronaut", None, "unknown", "student", "retired", "services"],
        "housing": ["yes", None, "no", "unknown", "maybe", "yes"],
        "balance": [None, -0.0, 1e12, 55.0, 148.0, -500.0],
        "pdays": [-1.0, None, 0.0, 999.0, 1.0, 299.0],
    }
)


def assert_alike(state: dict, frame: pl.DataFrame) -> None:
    assigner, (labels, _) = SingleAssigner(state), assign_segments(state, frame)
    told, columns = zip(*map(assigner.label, frame.iter_rows(named=True)), strict=True)
    assert [*told] == labels.tolist()
    without = chosen_without(state, frame)
    assert [*map(set, columns)] == [{name for name, whose in without.items() if whose[row]} for row in range(len(told))]


def test_one_customer_gets_the_segment_of_the_table(campaign, found):
    assert_alike(found.state, campaign.frame)
    assert_alike(found.state, ODD)


@pytest.mark.parametrize("method", ["mixture", "k-means", "tree"])
def test_of_every_method(campaign, method):
    finder = SegmentFinder(count=3, method=method, random_state=7)
    finder.fit(segment_inputs(campaign), campaign.outcome == "yes" if method == "tree" else None)
    assert_alike(finder.state_, campaign.frame)
    assert_alike(finder.state_, ODD)

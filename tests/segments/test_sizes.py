"""Sizes say what they count."""

import numpy as np
import pytest

from segmint.segments.sizes import Sizes


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 0, 1, 1], "No customer has rows in more than one segment."),
        ([0, 1, 1, 1], "One customer has rows in more than one segment."),
        ([0, 1, 0, 1], "2 of the customers have rows in more than one segment."),
    ],
)
def test_who_is_in_several_segments_is_said_in_one_number(labels, said):
    sizes = Sizes.of(np.array(labels), np.array([0, 0, 1, 1]), 2)
    assert sizes.sentence.endswith(said)

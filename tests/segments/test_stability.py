"""Agreement of segments, checked against scikit-learn and by hand."""

import numpy as np
import pytest

from segmint.segments.stability import adjusted_rand, best_jaccard, segment_stability, shared, trust


def test_adjusted_rand_equals_scikit_learns():
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(0)
    first, second = random.integers(0, 4, 500), random.integers(0, 3, 500)
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))
    assert adjusted_rand(first, (first + 1) % 4) == pytest.approx(1.0)


def test_jaccard_is_intersection_over_union_with_the_nearest_segment():
    first = np.array([0, 0, 0, 0, 1, 1])
    second = np.array([1, 1, 1, 0, 0, 0])
    assert best_jaccard(first, second) == pytest.approx([3 / 4, 2 / 3])


@pytest.mark.parametrize(
    ("jaccard", "band"), [(0.9, "highly stable"), (0.75, "stable"), (0.6, "doubtful"), (0.59, "unstable")]
)
def test_bands_are_hennigs(jaccard, band):
    assert trust(jaccard) == band


def test_a_jaccard_is_the_share_that_two_groups_of_one_size_have_in_common():
    first, second = np.repeat([0, 1], 50), np.r_[np.repeat(0, 40), np.repeat(1, 50), np.repeat(0, 10)]
    assert shared(float(best_jaccard(first, second)[0])) == pytest.approx(40 / 50)
    assert (shared(0.0), shared(1.0)) == (0.0, 1.0)


def test_segments_that_always_come_back_have_jaccard_one_and_chance_has_not():
    truth = np.repeat([0, 1], 200)
    same = segment_stability({2: truth}, lambda c, r: {2: 1 - truth}, resamples=5, random=np.random.default_rng(1))
    chance = segment_stability(
        {2: truth}, lambda c, r: {2: r.integers(0, 2, 400)}, resamples=5, random=np.random.default_rng(1)
    )
    assert same.of(2).jaccard == (1.0, 1.0)
    assert same.of(2).adjusted_rand == 1.0
    assert chance.of(2).weakest < 0.5
    assert same.frame()["trust"].to_list() == ["highly stable"] * 2


def test_a_segment_that_is_nobodys_overlaps_with_nothing():
    found = segment_stability(
        {3: np.repeat([0, 1], 50)},
        lambda c, r: {3: np.repeat([1, 0], 50)},
        resamples=4,
        random=np.random.default_rng(1),
    )
    assert found.of(3).jaccard == (1.0, 1.0, 0.0)
    assert found.of(3).weakest == 0.0

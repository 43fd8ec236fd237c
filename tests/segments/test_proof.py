"""The proof finds what is there and is quiet where nothing is."""

import numpy as np
import pytest

from segmint.segments.proof import prove_segments
from segmint.store.strict_json import to_bytes

RANDOM = np.random.default_rng(5)
LABELS = RANDOM.integers(0, 4, 4_000)
APART = RANDOM.random(4_000) < 0.3
CHANCE = np.array([0.05, 0.1, 0.2, 0.3])[LABELS]
YES = RANDOM.random(4_000) < CHANCE


def test_segments_that_differ_are_proven_and_rank_customers():
    proof = prove_segments(LABELS, YES, APART, propensity=CHANCE, in_time_order=True, random_state=1, customers=None)
    assert proof.differs
    assert proof.p < 1e-6
    assert proof.auc > 0.6
    assert proof.profit_kept == pytest.approx(1.0)  # the individual model knows no more than the segment
    assert proof.rank_stability > 0.6
    assert proof.rows == APART.sum()


def test_segments_that_do_not_differ_are_not_proven():
    p = [
        prove_segments(LABELS, np.random.default_rng(seed).random(4_000) < 0.2, APART, random_state=1, customers=None).p
        for seed in range(20)
    ]
    assert np.mean(np.array(p) < 0.05) <= 0.2
    assert np.median(p) > 0.15


def test_the_response_of_rows_kept_apart_alone_decides():
    other = YES.copy()
    other[~APART] = ~other[~APART]
    first = prove_segments(LABELS, YES, APART, random_state=1, customers=None)
    second = prove_segments(LABELS, other, APART, random_state=1, customers=None)
    assert first.chi_square == second.chi_square


def test_no_individual_profit_means_no_share_of_it():
    proof = prove_segments(LABELS, YES, APART, propensity=np.zeros(4_000), random_state=1, customers=None)
    assert proof.profit_kept is None


def test_rows_apart_that_are_all_of_one_segment_prove_nothing():
    proof = prove_segments(
        np.where(APART, 0, LABELS), YES, APART, propensity=CHANCE, in_time_order=True, random_state=1, customers=None
    )
    assert proof.p == proof.permutation_p == 1.0
    assert not proof.differs
    assert to_bytes(proof.to_json())


def test_a_model_that_knows_nothing_is_no_measure_of_profit():
    """Its gain over calling everyone or nobody is luck, and so would be the share of it that segments keep."""
    draw = np.random.default_rng(3)
    for seed in range(10):
        yes, labels = draw.random(1_500) < 0.15, draw.integers(3, size=1_500)
        apart = np.arange(1_500) % 10 < 3
        proof = prove_segments(
            labels, yes, apart, propensity=draw.beta(2, 11, 1_500), random_state=seed, customers=None
        )
        assert proof.profit_kept is None


def test_customers_with_many_rows_prove_nothing_by_their_number():
    draw = np.random.default_rng(8)
    customers = np.repeat(np.arange(300), 10)
    apart = np.isin(customers, draw.permutation(300)[:90])
    proven = 0
    for seed in range(20):
        labels = draw.integers(5, size=300)[customers]
        yes = (draw.random(300) < 0.2)[customers]
        proof = prove_segments(labels, yes, apart, customers=customers, random_state=seed)
        proven += proof.differs
        assert proof.rows == 90
    assert proven <= 2


def test_customers_are_not_judged_by_their_first_call():
    """Who is called until they say yes says no at first; one answer for all is proof of nothing, and no failure."""
    customers = np.repeat(np.arange(400), 3)
    labels = (customers % 2).astype(np.int64)
    yes = (np.arange(1_200) % 3 == 2) & (labels == 1)
    apart = customers < 200
    assert prove_segments(labels, yes, apart, customers=customers, random_state=1).differs
    nobody = prove_segments(labels, yes & ~apart, apart, customers=customers, random_state=1)
    assert (nobody.p, nobody.auc, nobody.differs) == (1.0, 0.5, False)
    assert to_bytes(nobody.to_json())

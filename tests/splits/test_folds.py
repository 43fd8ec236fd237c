"""Folds keep every row apart once, hold outcomes in balance, and never tear a group."""

import numpy as np
import pytest

from segmint.errors import DataError
from segmint.splits.folds import inner_split, make_folds


def campaign(seed=0, n=1_000, groups=700, rate=0.12):
    random = np.random.default_rng(seed)
    outcome = np.where(random.random(n) < rate, "yes", "no")
    return outcome, random.integers(0, groups, n), random.integers(0, 2**63, n, dtype=np.uint64)


def test_every_row_is_kept_apart_once_and_the_parts_fit_together():
    outcome, groups, keys = campaign()
    folds = make_folds(outcome, groups, count=5, seed=7, keys=keys)
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.test for fold in folds])), np.arange(1_000))
    for fold in folds:
        np.testing.assert_array_equal(np.sort(np.concatenate([fold.train, fold.test])), np.arange(1_000))
        np.testing.assert_array_equal(np.sort(np.concatenate([fold.fit, fold.inner])), fold.train)


def test_no_group_is_torn():
    outcome, groups, keys = campaign()
    for fold in make_folds(outcome, groups, count=5, seed=7, keys=keys):
        assert not set(groups[fold.train]) & set(groups[fold.test])
        assert not set(groups[fold.fit]) & set(groups[fold.inner])


def test_outcomes_and_sizes_are_in_balance():
    outcome, groups, keys = campaign(n=5_000, groups=4_500)
    yes = outcome == "yes"
    for fold in make_folds(outcome, groups, count=5, seed=7, keys=keys):
        assert fold.test.size == pytest.approx(1_000, abs=10)
        assert yes[fold.test].mean() == pytest.approx(yes.mean(), abs=0.01)
        assert yes[fold.inner].mean() == pytest.approx(yes.mean(), abs=0.01)
        assert fold.inner.size == pytest.approx(0.15 * fold.train.size, rel=0.03)


def test_order_of_rows_never_matters():
    outcome, groups, keys = campaign()
    order = np.random.default_rng(9).permutation(outcome.size)
    plain = make_folds(outcome, groups, count=4, seed=3, keys=keys)
    shuffled = make_folds(outcome[order], groups[order] * -7, count=4, seed=3, keys=keys[order])
    for one, other in zip(plain, shuffled, strict=True):
        for part in ("train", "test"):
            np.testing.assert_array_equal(getattr(one, part), np.sort(order[getattr(other, part)]))
        for part in ("fit", "inner"):  # a model is taught the same rows in the same order
            np.testing.assert_array_equal(keys[getattr(one, part)], keys[order][getattr(other, part)])


def test_another_seed_deals_another_hand():
    outcome, groups, keys = campaign()
    one, other = (make_folds(outcome, groups, count=5, seed=seed, keys=keys) for seed in (1, 2))
    shared = len(set(one[0].test) & set(other[0].test))
    assert 20 < shared < 80


def test_a_fold_does_not_depend_on_the_keys_being_ordered_by_outcome():
    outcome, groups, _ = campaign(groups=10**6)
    keys = np.arange(outcome.size, dtype=np.uint64)
    first = make_folds(outcome, groups, count=5, seed=1, keys=keys)[0].test
    assert first.mean() == pytest.approx(499.5, abs=60)


def test_too_few_customers_of_one_outcome_is_said_plainly():
    outcome = np.array(["no"] * 20 + ["yes"] * 3)
    with pytest.raises(DataError, match="'yes' occurs for only 3 customers who can be told apart"):
        make_folds(outcome, np.arange(23), count=5, seed=1, keys=np.arange(23, dtype=np.uint64))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("names", "count"), [(("no", "yes"), 5), (("yes", "no"), 5), (("no", "yes"), 2)])
def test_customers_who_look_alike_and_said_both_count_for_both(seed, names, count):
    """Five columns of yes and no make 32 groups at most; each has both outcomes, so no group is of a "no" alone."""
    random = np.random.default_rng(seed)
    groups = random.integers(0, 32, 2_000)
    outcome = np.where(random.random(2_000) < 0.2, names[1], names[0])
    outcome[groups > count] = names[1]  # as few customers as there are folds hold the other outcome too
    for fold in make_folds(outcome, groups, count=count, seed=seed, keys=groups.astype(np.uint64)):
        for rows in (fold.train, fold.test):
            assert set(outcome[rows]) == set(names)


def test_a_rare_outcome_is_in_both_inner_parts():
    outcome = np.array(["no"] * 50 + ["yes"] * 2)
    fit, inner = inner_split(outcome, np.arange(52), seed=1, keys=np.arange(52, dtype=np.uint64))
    assert "yes" in outcome[fit]
    assert "yes" in outcome[inner]


def test_senseless_arguments_are_refused():
    outcome, groups, keys = campaign()
    with pytest.raises(ValueError, match="count"):
        make_folds(outcome, groups, count=1, seed=1, keys=keys)
    with pytest.raises(ValueError, match="share"):
        inner_split(outcome, groups, share=1.0, seed=1, keys=keys)
    with pytest.raises(ValueError, match="same length"):
        inner_split(outcome, groups[1:], seed=1, keys=keys)


def test_an_outcome_that_only_occurs_beside_another_still_reaches_every_fold():
    outcome = np.array(["no", "no", "yes"] * 10 + ["no"] * 30)
    groups = np.concatenate([np.repeat(np.arange(10), 3), np.arange(10, 40)])
    for fold in make_folds(outcome, groups, count=5, seed=1, keys=np.arange(60, dtype=np.uint64)):
        assert (outcome[fold.test] == "yes").sum() == 2


def test_the_inner_part_is_as_small_as_can_still_judge():
    for n, rate, share in ((1_000, 0.12, 0.15), (20_000, 0.12, 0.0625), (40_000, 0.03, 0.125), (100_000, 0.12, 0.05)):
        outcome, _, keys = campaign(n=n, rate=rate)
        _, held = inner_split(outcome, np.arange(n), seed=3, keys=keys)
        assert held.size == pytest.approx(share * n, rel=0.05)

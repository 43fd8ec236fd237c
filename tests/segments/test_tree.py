"""One small tree: it splits where it helps and never more than allowed."""

import json

import numpy as np
import pytest

from segmint.segments.tree import find_leaves, grow_tree, leaf_nodes

CODES = np.random.default_rng(0).integers(-1, 4, (2_000, 3)).astype(np.int16)


def test_a_rule_on_two_columns_is_found_exactly():
    target = (np.isin(CODES[:, 0], [0, 3]) & (CODES[:, 1] >= 2)).astype(np.int64)
    tree = grow_tree(CODES, (4, 4, 4), (False, True, False), target, leaves=6, smallest=5)
    votes = np.array([np.argmax(leaf["counts"]) for leaf in leaf_nodes(tree)])
    assert (votes[find_leaves(tree, CODES)] == target).all()


def test_no_value_can_go_to_either_end_of_a_ladder():
    target = ((CODES[:, 1] == -1) | (CODES[:, 1] == 3)).astype(np.int64)
    tree = grow_tree(CODES, (4, 4, 4), (True, True, True), target, leaves=4, smallest=5)
    assert len(leaf_nodes(tree)) == 2


@pytest.mark.parametrize("prune_from", [0, 30])
def test_leaves_and_their_size_stay_within_limits(prune_from):
    target = np.random.default_rng(1).integers(0, 3, len(CODES))
    tree = grow_tree(CODES, (4, 4, 4), (False,) * 3, target, leaves=7, smallest=50, prune_from=prune_from)
    sizes = np.bincount(find_leaves(tree, CODES))
    assert 2 <= len(leaf_nodes(tree)) <= 7
    assert sizes.min() >= 50
    assert [leaf["leaf"] for leaf in leaf_nodes(tree)] == list(range(len(sizes)))


def test_no_sure_split_means_no_split_at_all():
    target = np.random.default_rng(2).integers(0, 2, len(CODES))
    tree = grow_tree(CODES, (4, 4, 4), (False,) * 3, target, leaves=7, smallest=50, surest=25)
    assert len(leaf_nodes(tree)) == 1


def test_a_tree_is_json():
    target = (CODES[:, 0] > 1).astype(np.int64)
    tree = grow_tree(CODES, (4, 4, 4), (True,) * 3, target, leaves=3, smallest=5)
    again = json.loads(json.dumps(tree))
    assert (find_leaves(again, CODES) == find_leaves(tree, CODES)).all()

"""A state that came from a file assigns nobody before it was checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError

from segmint.contract.column import Column
from segmint.segments.assign import assign_segments, chosen_without
from segmint.segments.segmentation import Segmentation
from segmint.segments.single import SingleAssigner
from segmint.segments.state import State, require_columns

from .small_state import AGE, BY_TREE, BY_WEIGHTS, JOB, NODES, SCORE

Told = dict[str, Any]
STATE: TypeAdapter[Any] = TypeAdapter(State)
COLUMNS = (
    Column(name="age", kind="number", role="characteristic", label="age"),
    Column(name="job", kind="category", role="characteristic", label="job"),
)
BY_SCORES = BY_WEIGHTS | {
    "method": "k-means", "coding": [JOB, SCORE], "weights": [[0.0, 0.0]] * 3 + [[-0.5, -0.5], [-1.0, 1.0], [0.0, 0.0]],
}  # fmt: skip


@pytest.mark.parametrize("state", [BY_WEIGHTS, BY_SCORES, BY_TREE])
def test_what_passes_assigns_every_customer_by_both_ways(state: Told) -> None:
    require_columns(STATE.validate_python(state), COLUMNS)
    frame = pl.DataFrame({"age": [20.0, 70.0, None, 40.0], "job": ["student", "cook", None, "admin."]})
    labels, likely = assign_segments(state, frame)
    assert np.isfinite(likely).all()
    chosen_without(state, frame)
    assert [SingleAssigner(state).label(row)[0] for row in frame.to_dicts()] == labels.tolist()


def test_a_state_as_it_was_found_passes(found: Segmentation) -> None:
    assert STATE.validate_python(found.state).count == len(found.keys)


def coded(first: Told) -> Told:
    return {"coding": [first, JOB]}


def split(**changes: Any) -> Told:
    return {"tree": {"nodes": [NODES[0] | changes, *NODES[1:]]}}


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (BY_WEIGHTS, {"format": 2}),
        (BY_WEIGHTS, {"method": "oracle"}),
        (BY_WEIGHTS, {"method": "tree"}),
        (BY_WEIGHTS, {"count": 3}),
        (BY_WEIGHTS, {"count": True}),
        (BY_WEIGHTS, {"count": 10**9}),
        (BY_WEIGHTS, {"coding": []}),
        (BY_WEIGHTS, {"coding": {}}),
        (BY_WEIGHTS, {"weights": BY_WEIGHTS["weights"][1:]}),
        (BY_WEIGHTS, {"weights": [["0", "0"]] * 5}),
        (BY_WEIGHTS, {"weights": [[10**400, 0]] * 5}),
        (BY_WEIGHTS, {"log_shares": [0.0]}),
        (BY_WEIGHTS, coded(AGE | {"type": "levels"})),
        (BY_WEIGHTS, coded(AGE | {"column": 5})),
        (BY_WEIGHTS, coded(AGE | {"cuts": [60.0, 40.0]})),
        (BY_WEIGHTS, coded(AGE | {"cuts": [1.0, 2.0]})),
        (BY_WEIGHTS, coded(AGE | {"missing": 0})),
        (BY_WEIGHTS, coded(AGE | {"codes": ["999"]})),
        (BY_WEIGHTS, coded({name: told for name, told in AGE.items() if name != "codes"})),
        (BY_WEIGHTS, {"coding": [AGE, JOB | {"other": 7}]}),
        (BY_WEIGHTS, {"coding": [AGE, JOB | {"levels": ["admin.", "\ud800"]}]}),
        (BY_WEIGHTS, {"coding": [AGE, JOB | {"labels": ["admin."]}]}),
        (BY_SCORES, {"coding": [JOB, SCORE | {"knots": [60.0, 20.0]}]}),
        (BY_SCORES, {"coding": [JOB, SCORE | {"values": [0.0]}]}),
        (BY_TREE, split(column=2)),
        (BY_TREE, split(column=-1)),
        (BY_TREE, split(left_levels="0")),
        (BY_TREE, split(left=0)),
        (BY_TREE, split(right=1)),
        (BY_TREE, split(right=9)),
        (BY_TREE, {"tree": {"nodes": []}}),
        (BY_TREE, {"tree": {"nodes": [5]}}),
        (BY_TREE, {"tree": {"nodes": [NODES[0], NODES[1], NODES[1]]}}),
        (BY_TREE, {"segment_of_leaf": [0, 2]}),
        (BY_TREE, {"segment_of_leaf": [0, 0]}),
    ],
)  # fmt: skip
def test_what_could_not_assign_is_refused(state: Told, changes: Told) -> None:
    with pytest.raises(ValidationError):
        STATE.validate_python(state | changes)


@pytest.mark.parametrize("gone", [*BY_TREE])
def test_no_part_of_a_state_may_be_missing(gone: str) -> None:
    with pytest.raises(ValidationError):
        STATE.validate_python({name: told for name, told in BY_TREE.items() if name != gone})


@pytest.mark.parametrize("columns", [COLUMNS[:1], (COLUMNS[0], COLUMNS[1].model_copy(update={"kind": "number"}))])
def test_a_state_reads_only_columns_of_the_contract(columns: tuple[Column, ...]) -> None:
    with pytest.raises(ValueError, match="column that the contract does not have"):
        require_columns(STATE.validate_python(BY_WEIGHTS), columns)

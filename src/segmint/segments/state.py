"""What the state of segments may say: read from a file, it is checked before any customer is assigned by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from segmint.contract.column import Column
from segmint.wording import LONE_SURROGATE

MOST_SEGMENTS, MOST_LEVELS, LARGEST = 100, 1_000, 1e300  # far more than are ever learned


def _can_be_written(text: str) -> str:
    if LONE_SURROGATE.search(text):
        raise ValueError("text that can be written in UTF-8")
    return text


Text = Annotated[str, AfterValidator(_can_be_written)]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Segment = Annotated[int, Field(ge=0)]
Levels = Annotated[list[Text], Field(max_length=MOST_LEVELS)]


class Told(BaseModel):
    """A part of ``segments.json``; what stands there besides is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)


class _Coded(Told):
    """A column of levels or bands: a label for each code, the last one perhaps for no value."""

    column: Text
    missing: int
    labels: Annotated[Levels, Field(min_length=1)]

    def _require_codes(self, *may_be: int) -> None:
        lacking = self.missing >= 0
        if len(self.labels) - lacking not in may_be or self.missing not in (-1, len(self.labels) - 1):
            raise ValueError("its labels are not one for each code")


class _OfLevels(_Coded):
    type: Literal["levels"]
    levels: Levels
    other: int

    @model_validator(mode="after")
    def _adds_up(self) -> _OfLevels:
        own = len(self.levels)
        if self.other not in (-1, own):
            raise ValueError("its code of other levels is not the one behind them")
        self._require_codes(own + (self.other >= 0))
        return self


class _OfBands(_Coded):
    type: Literal["bands"]
    cuts: list[Number]
    states: list[Number]
    codes: list[Number]

    @model_validator(mode="after")
    def _adds_up(self) -> _OfBands:
        if self.cuts != sorted(self.cuts):
            raise ValueError("its cuts do not rise")
        self._require_codes(len(self.states), len(self.states) + len(self.cuts) + 1)
        return self


class _OfScores(Told):
    type: Literal["score"]
    column: Text
    knots: Annotated[list[Number], Field(min_length=1)]
    values: list[Number]
    states: list[Number]

    @model_validator(mode="after")
    def _adds_up(self) -> _OfScores:
        if self.knots != sorted(self.knots) or len(self.knots) != len(self.values):
            raise ValueError("its knots do not rise, or do not have one score each")
        return self


_Coding = Annotated[_OfLevels | _OfBands | _OfScores, Field(discriminator="type")]


class _State(Told):
    format: Annotated[int, Field(ge=1, le=1)]
    count: Annotated[int, Field(ge=1, le=MOST_SEGMENTS)]
    coding: Annotated[list[_Coding], Field(min_length=1)]

    @property
    def sizes(self) -> list[int]:
        """How many codes each column of levels or bands has."""
        return [len(part.labels) for part in self.coding if isinstance(part, _Coded)]


class _OfWeights(_State):
    method: Literal["latent-class", "mixture", "k-means"]
    weights: list[list[Number]]
    log_shares: list[Number]

    @model_validator(mode="after")
    def _fits(self) -> _OfWeights:
        rows = sum(self.sizes) + 3 * (len(self.coding) - len(self.sizes))
        if [len(row) for row in (*self.weights, self.log_shares)] != [self.count] * (rows + 1):
            raise ValueError("its weights do not fit the columns and the segments")
        return self


class _Leaf(Told):
    leaf: Segment


class _Split(Told):
    column: Segment
    left_levels: list[int]
    left: int
    right: int


def _kind_of_node(node: Any) -> str:
    return "leaf" if isinstance(node, dict) and "leaf" in node else "split"


class _Tree(Told):
    nodes: list[
        Annotated[
            Annotated[_Leaf, Tag("leaf")] | Annotated[_Split, Tag("split")],
            Discriminator(_kind_of_node),
        ]
    ]


class _OfTree(_State):
    method: Literal["tree"]
    tree: _Tree
    segment_of_leaf: list[Segment]

    @model_validator(mode="after")
    def _fits(self) -> _OfTree:
        nodes, leaves = self.tree.nodes, len(self.segment_of_leaf)
        if sorted(self.segment_of_leaf) != list(range(self.count)):
            raise ValueError("its tree does not have one leaf for each segment")
        if sorted(node.leaf for node in nodes if isinstance(node, _Leaf)) != list(range(leaves)):
            raise ValueError("its tree does not number its leaves")
        splits = [(place, node) for place, node in enumerate(nodes) if isinstance(node, _Split)]
        # a parent stands before its children, so that every way ends at a leaf
        below = sorted(child for _, node in splits for child in (node.left, node.right))
        if below != list(range(1, len(nodes))) or any(min(node.left, node.right) <= place for place, node in splits):
            raise ValueError("its tree has a node that cannot be reached, or in two ways")
        if any(node.column >= len(self.sizes) for _, node in splits):
            raise ValueError("its tree splits a column that is not coded")
        return self


State = Annotated[_OfWeights | _OfTree, Field(discriminator="method")]


def require_columns(state: State, columns: Sequence[Column]) -> None:
    """Hold the columns that a state reads against those of its contract.

    Parameters
    ----------
    state : State
    columns : sequence of Column
        All that a table can have at the moment of the segments.

    Raises
    ------
    ValueError
        If one of them is not there, or is of another kind.
    """
    kinds = {column.name: column.kind for column in columns}
    for part in state.coding:
        if kinds.get(part.column) != ("category" if isinstance(part, _OfLevels) else "number"):
            raise ValueError("its state reads a column that the contract does not have, or as another kind")

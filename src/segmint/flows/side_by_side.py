"""Two trainings beside one another: which two, whether they learned one outcome, and how much better the second does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segmint.contract.contract import Contract
from segmint.errors import SegmintError
from segmint.evaluation.paired_bootstrap import LOWER_IS_BETTER
from segmint.report.run_view import RunView
from segmint.store.run import Run

_LOOKED_AT = 100  # of the newest runs, for two that are alike


@dataclass(frozen=True)
class QualityPair:
    """One metric of two runs, on rows kept apart.

    Attributes
    ----------
    metric : str
    first, second : float
    """

    metric: str
    first: float
    second: float

    @property
    def difference(self) -> float:
        """How much more the second has."""
        return self.second - self.first

    @property
    def lower_is_better(self) -> bool:
        """Whether less of it is better."""
        return self.metric in LOWER_IS_BETTER


@dataclass(frozen=True)
class SideBySide:
    """Two trainings beside one another.

    Attributes
    ----------
    pair : tuple of str or None
        The runs that are shown; None where none can be.
    left_out : dict of str to SegmintError
        The runs that would have been shown and cannot be read, and why.
    views : tuple of RunView
        Of the two; empty where there are not two.
    alike : bool
        Whether both learned one outcome, so that how well they do can be compared.
    qualities : tuple of QualityPair
        The metrics that both have; none where they are not alike.
    withheld : bool
        Whether both have figures that are not set beside one another, as they are of two outcomes.
    same_table : bool or None
        Whether both were judged on one table; None where that is not known.
    """

    pair: tuple[str | None, str | None]
    left_out: dict[str, SegmintError] = field(default_factory=dict)
    views: tuple[RunView, ...] = ()
    alike: bool = False
    qualities: tuple[QualityPair, ...] = ()
    withheld: bool = False
    same_table: bool | None = None


def side_by_side(trained: Sequence[Run], first: str = "", second: str = "") -> SideBySide:
    """Put two trainings beside one another: the newest two of one outcome, the older first, so that a plus says that the newer is better.

    Parameters
    ----------
    trained : sequence of Run
        Finished trainings, newest first.
    first, second : str
        The runs that were asked for, "" for the usual ones; no other stands in the place of one that is not among `trained`.
    """
    names, views = [run.id for run in trained], {run.id: RunView(run.folder) for run in trained}
    left_out: dict[str, SegmintError] = {}
    pair = _pair(views, names, (first, second))
    while astray := {name: wrong for name in pair if name and (wrong := _unreadable(views[name]))}:
        left_out |= astray
        names = [name for name in names if name not in astray]
        pair = _pair(views, names, (first, second))
    if not (pair[0] and pair[1]):
        return SideBySide(pair, left_out)
    chosen = views[pair[0]], views[pair[1]]
    alike = _learned(chosen[0]) == _learned(chosen[1])
    fingerprints = [view.summary.get("fingerprints") for view in chosen]
    same_table = fingerprints[0] == fingerprints[1] if all(fingerprints) else None
    withheld = not alike and all(_figures(view) for view in chosen)
    return SideBySide(pair, left_out, chosen, alike, _qualities(*chosen) if alike else (), withheld, same_table)


def quality_of(view: RunView) -> dict[str, Any]:
    """What a run kept of how well its network does; nothing where it kept nothing."""
    quality = view.summary.get("quality")
    return quality if isinstance(quality, dict) else {}


def _pair(views: Mapping[str, RunView], names: list[str], asked: tuple[str, str]) -> tuple[str | None, str | None]:
    """Name the two runs that stand side by side: those that were asked for, or what is usual where none was."""
    first, second = (name if name in names else None for name in asked)
    if any(name and name not in names for name in asked):
        return first, second
    usual = _usual_pair(views, names, first or second)
    first, second = (chosen or (usual.pop() if usual else None) for chosen in (first, second))
    return first, second


def _usual_pair(views: Mapping[str, RunView], names: list[str], chosen: str | None) -> list[str]:
    """Name what stands beside `chosen`, or the newest two: runs that learned one outcome, where there are any; newest first."""
    for place, name in enumerate([chosen] if chosen else names[:_LOOKED_AT]):
        others = [other for other in (names if chosen else names[place + 1 :]) if other != name]
        if alike := next(
            (other for other in others[:_LOOKED_AT] if _learned(views[other]) == _learned(views[name])), None
        ):
            return [alike] if chosen else [name, alike]
    return [name for name in names if name != chosen][: 1 if chosen else 2]


def _unreadable(view: RunView) -> SegmintError | None:
    """Why a run cannot be put beside another; None if it can."""
    try:
        _ = view.summary, view.contract, view.source
    except SegmintError as error:
        return error
    return None


def _learned(view: RunView) -> tuple[str, tuple[str, ...]] | None:
    """What a run learned to tell apart."""
    contract: Contract | None
    try:
        contract = view.contract
    except SegmintError:
        return None
    return None if contract is None else (contract.outcome.column, contract.outcome.levels)


def _qualities(first: RunView, second: RunView) -> tuple[QualityPair, ...]:
    one, other = _figures(first), _figures(second)
    return tuple(QualityPair(name, one[name], other[name]) for name in one if name in other)


def _figures(view: RunView) -> dict[str, float]:
    return {name: value for name, value in quality_of(view).items() if isinstance(value, int | float)}

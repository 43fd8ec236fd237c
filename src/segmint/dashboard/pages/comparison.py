"""Two runs beside one another."""

from __future__ import annotations

from collections.abc import Mapping

from segmint.contract.contract import Contract
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import UNKNOWN, Context, line_of, listed_of, or_why_not, quality_of, trained_on
from segmint.errors import SegmintError
from segmint.evaluation.paired_bootstrap import LOWER_IS_BETTER
from segmint.report.blocks import Block, banner, table
from segmint.report.run_view import RunView
from segmint.report.scores import metric_label
from segmint.store.promoted import RUN_ID
from segmint.wording import decimal, signed


def compare(desk: Desk, first: str, second: str) -> Context:
    """Two training runs side by side: the newest two of one outcome, the older first, so that a plus says that the newer is better.

    One that was asked for and cannot be shown is named, and no other stands in its place.
    """
    trained = [run for run in desk.all_runs() if run.record["command"] == "run" and run.status == "done"]
    names, views = [run.id for run in trained], {run.id: RunView(run.folder) for run in trained}
    blocks = [_not_there(desk, name) for name in dict.fromkeys((first, second)) if name and name not in views]
    pair = _pair(views, names, (first, second))
    while astray := {name: wrong for name in pair if name and (wrong := _unreadable(views[name]))}:
        blocks += [banner("caution", f"Run {name} is left out", wrong.came) for name, wrong in astray.items()]
        names = [name for name in names if name not in astray]
        pair = _pair(views, names, (first, second))
    if pair[0] and pair[1]:
        blocks += _side_by_side([views[pair[0]], views[pair[1]]])
    return {"title": "Compare runs", "choices": [line_of(run) for run in trained], "pair": pair, "blocks": blocks}


def _pair(views: Mapping[str, RunView], names: list[str], asked: tuple[str, str]) -> list[str | None]:
    """Name the two runs that stand side by side: those that were asked for, or what is usual where none was."""
    pair = [name if name in names else None for name in asked]
    if any(name and name not in names for name in asked):
        return pair
    usual = _usual_pair(views, names, next((name for name in pair if name), None))
    return [chosen or (usual.pop() if usual else None) for chosen in pair]


def _not_there(desk: Desk, name: str) -> Block:
    """Say why a run that was asked for is not among those that can be compared."""
    shown = name[:60]
    if not RUN_ID.fullmatch(name) or not (desk.runs / name).is_dir():
        return banner("caution", f"There is no run {shown} any more", "No other stands in its place: choose one.")
    run, wrong = or_why_not(lambda: desk.run(name))
    said = wrong.came if run is None and wrong else "It is no training that is done."
    return banner("caution", f"Run {shown} is left out", said)


def _unreadable(view: RunView) -> SegmintError | None:
    """Why a run cannot be put beside another; None if it can."""
    return or_why_not(lambda: (view.summary, view.contract, view.source))[1]


def _usual_pair(views: Mapping[str, RunView], names: list[str], chosen: str | None) -> list[str]:
    """Name what stands beside `chosen`, or the newest two: runs that learned one outcome, where there are any; newest first."""
    for place, name in enumerate([chosen] if chosen else listed_of(names)):
        others = [other for other in (names if chosen else names[place + 1 :]) if other != name]
        if alike := next(
            (other for other in listed_of(others) if _learned(views[other]) == _learned(views[name])), None
        ):
            return [alike] if chosen else [name, alike]
    return [name for name in names if name != chosen][: 1 if chosen else 2]


def _learned(view: RunView) -> tuple[str, tuple[str, ...]] | None:
    """What a run learned to tell apart."""
    contract, _ = or_why_not(lambda: view.contract)
    return None if contract is None else (contract.outcome.column, contract.outcome.levels)


def _side_by_side(views: list[RunView]) -> list[Block]:
    blocks = [_qualities(views) if _learned(views[0]) == _learned(views[1]) else _not_alike(views), _facts(views)]
    return [block for block in blocks if block is not None]


def _not_alike(views: list[RunView]) -> Block:
    return banner(
        "caution",
        "Two different outcomes",
        f"The first learned {_outcome_words(views[0])}, the second {_outcome_words(views[1])}: how well they do cannot be compared.",
    )


def _outcome_words(view: RunView) -> str:
    contract = view.contract
    named = "" if contract is None else f" (column {contract.outcome.column} of {contract.name})"
    return f"“{view.outcome_label}”{named}"


def _qualities(views: list[RunView]) -> Block | None:
    qualities = [quality_of(view) for view in views]
    names = [name for name in qualities[0] if all(isinstance(q.get(name), int | float) for q in qualities)]
    rows = [
        [
            metric_label(name),
            *(decimal(float(q[name])) for q in qualities),
            signed(qualities[1][name] - qualities[0][name]),
        ]
        for name in names
    ]
    note = _same_table(*(view.summary.get("fingerprints") for view in views))
    if less := [metric_label(name) for name in names if name in LOWER_IS_BETTER]:
        note += f" Less is better: {', '.join(less)}."
    return table(["Quality on rows kept apart", "first", "second", "difference"], rows, note=note) if rows else None


def _same_table(first: object, second: object) -> str:
    if not first or not second:
        return "Whether both were judged on the same table is not known: read the difference with care."
    if first == second:
        return "Both were judged on the same table."
    return "The tables differ, so the figures are not of the same customers: read the difference with care."


def _facts(views: list[RunView]) -> Block:
    facts = [
        ["Table", *(view.source for view in views)],
        ["Customers", *(trained_on(view) for view in views)],
        ["Contract", *(_contract_name(view.contract) for view in views)],
        ["Outcome", *(UNKNOWN if view.contract is None else view.outcome_label for view in views)],
        ["Recipe", *(_known(view.summary.get("recipe")) for view in views)],
        ["Columns used", *(_how_many(view.summary.get("columns")) for view in views)],
        ["Seed", *(_known(view.summary.get("seed")) for view in views)],
    ]
    return table(["How they were made", "first", "second"], facts, words=(0, 1, 2))


def _how_many(found: object) -> str:
    return str(len(found)) if isinstance(found, list) else UNKNOWN


def _known(told: object) -> str:
    return UNKNOWN if told is None else str(told)


def _contract_name(contract: Contract | None) -> str:
    return contract.name if contract else UNKNOWN

"""Two runs beside one another."""

from __future__ import annotations

from collections.abc import Sequence

from segmint.contract.contract import Contract
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import UNKNOWN, Context, kept_by, line_of, or_why_not, trained_on
from segmint.flows.side_by_side import SideBySide, side_by_side
from segmint.report.blocks import Block, banner, table
from segmint.report.run_view import RunView
from segmint.report.scores import metric_label
from segmint.store.promoted import RUN_ID
from segmint.store.run_files import COMPARISON
from segmint.wording import decimal, signed

SAME_TABLE = {
    True: "Both were judged on the same table.",
    False: "The tables differ, so the figures are not of the same customers: read the difference with care.",
    None: "Whether both were judged on the same table is not known: read the difference with care.",
}


def compare(desk: Desk, first: str, second: str) -> Context:
    """Two training runs side by side; one that was asked for and cannot be shown is named."""
    trained = [run for run in desk.all_runs() if run.record["command"] == "run" and run.status == "done"]
    names, found = [run.id for run in trained], side_by_side(trained, first, second)
    blocks = [_not_there(desk, name) for name in dict.fromkeys((first, second)) if name and name not in names]
    blocks += [banner("caution", f"Run {name} is left out", wrong.came) for name, wrong in found.left_out.items()]
    if found.views:
        blocks += [block for block in (_judged(found), _facts(found.views)) if block is not None]
    return {
        "title": "Compare runs",
        "choices": [line_of(run) for run in trained],
        "pair": list(found.pair),
        "blocks": blocks,
    }


def _not_there(desk: Desk, name: str) -> Block:
    """Say why a run that was asked for is not among those that can be compared."""
    shown = name[:60]
    if not RUN_ID.fullmatch(name) or not (desk.runs / name).is_dir():
        return banner("caution", f"There is no run {shown} any more", "No other stands in its place: choose one.")
    run, wrong = or_why_not(lambda: desk.run(name))
    said = wrong.came if run is None and wrong else "It is no training that is done."
    return banner("caution", f"Run {shown} is left out", said)


def _judged(found: SideBySide) -> Block | None:
    """How much better the second does; of two outcomes why that is not said, where both have figures."""
    if found.alike:
        return _qualities(found)
    return _not_alike(found.views) if found.withheld else None


def _not_alike(views: Sequence[RunView]) -> Block:
    return banner(
        "caution",
        "Two different outcomes",
        f"The first learned {_outcome_words(views[0])}, the second {_outcome_words(views[1])}: how well they do cannot be compared.",
    )


def _outcome_words(view: RunView) -> str:
    contract = view.contract
    named = "" if contract is None else f" (column {contract.outcome.column} of {contract.name})"
    return f"“{view.outcome_label}”{named}"


def _qualities(found: SideBySide) -> Block | None:
    rows = [
        [metric_label(one.metric), decimal(float(one.first)), decimal(float(one.second)), signed(one.difference)]
        for one in found.qualities
    ]
    note = SAME_TABLE[found.same_table]
    one, other = map(_parts, found.views)
    if one and other and one != other:
        note += (
            f" The first was compared on {_parts_words(one)}, the second on {_parts_words(other)}: where there are fewer, each "
            "network learned from fewer customers, and some of the difference may come from that."
        )
    if less := [metric_label(one.metric) for one in found.qualities if one.lower_is_better]:
        note += f" Less is better: {', '.join(less)}."
    return table(["Quality on rows kept apart", "first", "second", "difference"], rows, note=note) if rows else None


def _facts(views: Sequence[RunView]) -> Block:
    facts = [
        ["Table", *(view.source for view in views)],
        ["Customers", *(trained_on(view) for view in views)],
        ["Contract", *(_contract_name(view.contract) for view in views)],
        ["Outcome", *(UNKNOWN if view.contract is None else view.outcome_label for view in views)],
        ["Recipe", *(_known(view.summary.get("recipe")) for view in views)],
        ["Compared on", *(_parts_words(_parts(view)) for view in views)],
        ["Columns used", *(_how_many(view.summary.get("columns")) for view in views)],
        ["Seed", *(_known(view.summary.get("seed")) for view in views)],
    ]
    return table(["How they were made", "first", "second"], facts, words=(0, 1, 2))


def _parts(view: RunView) -> int | None:
    """In how many parts the rows were that the run's models were compared on; None where it compared none."""
    told = kept_by(view.folder, COMPARISON).get("folds")
    return told if isinstance(told, int) else None


def _parts_words(parts: int | None) -> str:
    if parts is None:
        return UNKNOWN
    return "one part kept apart" if parts == 1 else f"{parts} parts, each kept apart once"


def _how_many(found: object) -> str:
    return str(len(found)) if isinstance(found, list) else UNKNOWN


def _known(told: object) -> str:
    return UNKNOWN if told is None else str(told)


def _contract_name(contract: Contract | None) -> str:
    return contract.name if contract else UNKNOWN

"""`segmint monitor`: does a new wave still look like training, and did it go as promised?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arguments import place_of
from segmint.arrays import Floats, distinct
from segmint.contract.dates import today
from segmint.contract.treatment import nobody_called
from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError, RunError
from segmint.flows.report import write_report
from segmint.flows.steps.as_commands import WaveCommands
from segmint.flows.steps.bundle import predictor_of, require_response, segments_in
from segmint.flows.steps.call_results import read_codes, read_frame
from segmint.flows.steps.learned import Learned, run_folder
from segmint.flows.steps.read import inputs_of, open_for_bundle, read
from segmint.flows.steps.settings import RUNS, Place, Settings, settings_of
from segmint.monitoring.codes import Dispositions
from segmint.monitoring.drift import ADVICE_WORDS, REALISED, Drift, by_group, drift_of, drift_of_shares, say_observed
from segmint.monitoring.results import ENOUGH, Answers, meaning_of, outcomes_of
from segmint.monitoring.strangers import caution_of_strangers
from segmint.progress import Progress, silent
from segmint.splits.groups import names_of, row_customers
from segmint.store.bundle import Bundle, run_of
from segmint.store.promoted import WORD
from segmint.store.run import Run
from segmint.store.run_files import MONITOR
from segmint.store.runs import runs_in
from segmint.store.training_ids import open_moved_ids
from segmint.wording import counted, percent, some_named, some_of

COLUMNS = "monitor_columns.parquet"
FEWEST_CUSTOMERS = 100
MOST_EARLIER = 50
NAMED = 3
NO_COMMAND = {"none": "The wave looks like training.", "look": "See each alarm."}
RESULTS_FIRST = "That needs results of calls. When this wave has been called:"
TOO_FEW = (
    "Wait for more outcomes",
    "The columns look like training; too few customers have answered to tell whether the response holds.",
)
_OF_THE_USED = "most who answered here have taught or moved the bundle: take results of other customers."
MOSTLY_USED = (
    "Wait for other outcomes",
    f"The columns look like training; whether the response holds cannot be told, as {_OF_THE_USED}",
)
OTHERS_FIRST = f"That needs other results first, as {_OF_THE_USED}"
MOSTLY_SEEN = ("Nothing can be said yet", "Watch a wave that the network was not trained on.")
RETRAIN_SEGMENTS = "Train on customers of today whose segment is known: segmint run."
WITHOUT_OUTCOMES = (
    "leave --outcomes out; how well known segments are met, segmint predict says of a table that holds them"
)


@dataclass(frozen=True, repr=False)
class Monitored:
    """How a wave differs from training, for any door.

    Attributes
    ----------
    folder, report : Path
    sentences : tuple of str
        The advice, then each alarm.
    summary : dict
        The content of ``monitor.json``; no customer.
    drift : Drift
    """

    folder: Path
    report: Path
    sentences: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)
    drift: Drift = field(repr=False)

    def __repr__(self) -> str:
        return f"<Monitored {self.folder}: {counted(self.frame().height, 'column')}>"

    def frame(self) -> pl.DataFrame:
        """Return one row per column."""
        return self.drift.frame()


def monitor(
    wave: Any,
    bundle: Place = WORD,
    config: Settings = None,
    *,
    runs: Place = RUNS,
    outcomes: Any = None,
    codes: Place | None = None,
    progress: Progress = silent,
) -> Monitored:
    """Hold a wave of customers against a bundle's training table; with outcomes, also what happened against promises.

    Parameters
    ----------
    wave : path or frame
        Customers as for `predict`; outcomes that it holds count.
    bundle : path
        A run, a bundle's folder, or PROMOTED.
    config : Config or path, optional
    runs : path
        The folder that holds all runs.
    outcomes : path or frame, optional
        Results of the wave, for a bundle of a response: a row per call with its code, or the contract's outcome column.
    codes : path, optional
        TOML that says what the codes mean.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    SegmintError
        For results of a bundle that names segments, or a table that does not meet its contract.
    """
    config, runs = settings_of(config), place_of("runs", runs)
    known, config, opened = open_for_bundle(wave, bundle, config, runs)
    if outcomes is not None:
        require_response(known, "it promises no answers that results could be held against", fix=WITHOUT_OUTCOMES)
    told, meaning = None if outcomes is None else read_frame(outcomes, config.data), read_codes(codes, outcomes)
    if told is not None:
        meaning_of(told, known.contract, meaning)
    inputs = inputs_of(opened, bundle=known.digest)
    with Run.create(runs, "monitor", config.to_toml(), None, inputs) as here:
        table = read(opened, known.contract, config.data, here, purpose="predict", progress=progress)
        progress("predicting", 0, 1)
        groups = row_customers(table)
        customers = distinct(groups).size
        if customers < FEWEST_CUSTOMERS:
            raise DataError(
                f"The wave has {counted(customers, 'customer')}.",
                expected=f"at least {FEWEST_CUSTOMERS}",
                fix="monitor a larger wave",
            )
        said = predictor_of(known).probabilities(table.frame)
        progress("predicting", 1, 1)
        progress("holding the wave against training", 0, 1)
        happened, receipt, others, two_answers = _outcomes(table, known, told, meaning)
        cut_off = f"warning: {table.ledger.cut_off}" if table.ledger.cut_off else ""
        taught = _taught(table, Learned.of(known, run_folder(bundle, runs), opened))
        seen = _seen(int(taught.sum()), len(table))
        answers = None if happened is None else Answers.of(groups[happened[0]], happened[1])
        have_moved = _have_moved(table, happened, run_folder(bundle, runs))
        moved = _moved(distinct(groups[have_moved]).size, 0 if answers is None else answers.customers)
        mostly_used = happened is not None and _are_most(taught | have_moved, happened, groups)
        cautions = [said for said in (others, two_answers, seen, moved, cut_off) if said]
        drift = _drift(known, table.inputs, said, happened, groups, mostly_used)
        progress("holding the wave against training", 1, 1)
        name = _name_of(bundle, runs)
        nameless = {known.contract.id_column, "customer", "record"}.isdisjoint(table.raw.columns)
        head, advice = _advice(
            drift,
            WaveCommands(wave, outcomes, codes, name, runs, config.data, nameless),
            answers,
            two_answers,
            mostly_seen=2 * int(taught.sum()) > len(table),
            mostly_used=mostly_used,
        )
        summary = {
            **drift.to_json(),
            "bundle": name,
            "customers": customers,
            "caution": others,
            "two_answers": two_answers,
            "seen": seen,
            "moved": moved,
            "receipt": receipt,
            "advice_head": head,
            "advice_sentence": advice,
        }
        if happened is not None and summary["realised"] is not None:
            summary["realised"]["segments"] = _by_segment(
                table, known, _yes_of(known, said), happened, summary["realised"]["design_effect"]
            )
        summary["waves"] = [*_earlier(runs, here), _line(here, summary)]
        here.keep(MONITOR, summary)
        here.keep(COLUMNS, drift.frame())
        report = write_report(here.folder, progress)
        here.done({"advice": drift.advice, "alarms": [alarm.code for alarm in drift.alarms]})
    return Monitored(here.folder, report, _sentences(drift, customers, receipt, advice, cautions), summary, drift)


def _taught(table: ValidTable, learned: Learned | None) -> NDArray[np.bool_]:
    return np.zeros(len(table), dtype=bool) if learned is None else learned.rows(table)


def _seen(rows: int, of_all: int) -> str:
    """Say how much of the wave the network was trained on: what it has learned by heart looks like training."""
    if not rows:
        return ""
    return (
        f"The network was trained on {rows:,} of the {counted(of_all, 'row')} of this wave."
        " Those look like training whatever has changed, and its promises for them may be too good: take customers it has not seen."
    )


def _have_moved(table: ValidTable, happened: Happened | None, folder: Path) -> NDArray[np.bool_]:
    """Tell for each row whether its customer has an outcome there, and results that have moved the bundle."""
    have_moved = np.zeros(len(table), dtype=bool)
    if happened is not None and (moved := open_moved_ids(folder)) is not None:
        rows = happened[0]
        have_moved[rows] = moved.known(names_of(table).gather(rows))
    return have_moved


def _are_most(used: NDArray[np.bool_], happened: Happened, groups: NDArray[np.int64]) -> bool:
    """Tell whether most customers with an outcome have such a row."""
    rows = happened[0]
    return 2 * distinct(groups[rows[used[rows]]]).size > distinct(groups[rows]).size


def _moved(customers: int, answered: int) -> str:
    """Say how many answered whom the bundle has been moved by: that it promises what they said proves nothing."""
    if not customers:
        return ""
    return (
        f"Results of {customers:,} of the {answered:,} customers who answered have moved this bundle."
        " That it promises what they said is no proof: take results of other customers."
    )


def _drift(
    bundle: Bundle,
    inputs: pl.DataFrame,
    said: Floats,
    happened: Happened | None,
    groups: NDArray[np.int64],
    mostly_used: bool,
) -> Drift:
    positive = bundle.contract.outcome.positive
    if positive is None:
        return drift_of_shares(bundle.reference, inputs, said, bundle.classes, groups=groups)
    likely = _yes_of(bundle, said)
    return drift_of(
        bundle.reference, inputs, likely, positive=positive, said_yes=happened, groups=groups, mostly_used=mostly_used
    )


def _yes_of(bundle: Bundle, said: Floats) -> Floats:
    return said[:, bundle.classes.index(str(bundle.contract.outcome.positive))]


def _advice(
    drift: Drift,
    commands: WaveCommands,
    answers: Answers | None,
    two_answers: str = "",
    *,
    mostly_seen: bool = False,
    mostly_used: bool = False,
) -> tuple[str, str]:
    """Say what to do, in a few words and in a sentence that begins with them: what may be a fault of data or results comes first."""
    few = answers if answers is not None and not answers.enough else None
    head, how = ADVICE_WORDS[drift.advice], NO_COMMAND.get(drift.advice, "")
    # what the used say is no proof, neither that the response holds nor that it does not
    proves_nothing = drift.advice == "none" or (mostly_used and all(alarm.code in REALISED for alarm in drift.alarms))
    is_command = not proves_nothing and not how and not mostly_used and answers is not None
    if proves_nothing:
        head, how = MOSTLY_SEEN if mostly_seen else TOO_FEW if few else MOSTLY_USED if mostly_used else (head, how)
    elif is_command:
        how = commands.update(anew=drift.advice == "retrain")
    elif mostly_used:
        how = how or OTHERS_FIRST
    elif not how:
        how = RETRAIN_SEGMENTS if "shares" in drift.estimated else f"{RESULTS_FIRST} {commands.watch()}"
    doubtful = ["the results, where customers said both yes and no"] if two_answers and not proves_nothing else []
    doubtful += [f"what changed in the data ({some_named(drift.look_first, NAMED)})"] if drift.look_first else []
    if doubtful:
        first = f"Look first at {', and at '.join(doubtful)}"
        head = first if drift.advice == "look" else f"{first}, then {head[0].lower()}{head[1:]}"
    sentence = f"{head}: {how}"
    about_answers = is_command or drift.advice == "none" or any(alarm.code in REALISED for alarm in drift.alarms)
    if few and about_answers:
        one_kind = min(few.said_yes, few.said_no) == 0
        doubt = (
            " Results of one answer only are probably an export of one kind: ask for all of them." if one_kind else ""
        )
        sentence += f"{'.' if is_command else ''} {few.sentence}{doubt} `segmint update` wants {ENOUGH}."
    return head, sentence


Happened = tuple[NDArray[np.int64], NDArray[np.bool_]]


class _Told(NamedTuple):
    """What happened, where the results went, and what is asked about results of others and customers of two answers."""

    happened: Happened | None
    receipt: str
    others: str | None = None
    two_answers: str = ""


def _outcomes(table: ValidTable, bundle: Bundle, outcomes: pl.DataFrame | None, codes: Dispositions) -> _Told:
    """Find what happened; say where the results went, and ask about results of other customers and of two answers."""
    if bundle.contract.outcome.positive is None:
        return _Told(None, "Columns and segments are watched; outcomes are not.")
    if outcomes is not None:
        # by record too, for a table whose customers have no id
        joined = table.raw if "record" in table.raw.columns else table.raw.with_columns(record=pl.Series(table.records))
        found = outcomes_of(joined, outcomes, bundle.contract, codes, today=today())
        others = caution_of_strangers(found.strangers, found.named, "in this table")
        return _Told((found.rows, found.said_yes), found.sentence, others, found.two_answers)
    alone = nobody_called(table.raw, bundle.contract)
    answered = _answered(table)
    rows = answered[~alone.to_numpy()[answered]]
    left_out = f" Left out, as nobody called them: {counted(int(alone.sum()), 'row')}." if alone.any() else ""
    if not rows.size:
        return _Told(None, f"No outcomes yet: performance is estimated.{left_out if answered.size else ''}")
    receipt = "Every customer has an outcome."
    if rows.size < len(table):
        have = some_of(rows.size, len(table), "rows", "has", "have")
        receipt = f"{have} an outcome{' of a call' if left_out else ''}."
    said = table.frame[bundle.contract.outcome.column][rows]
    return _Told((rows, (said == bundle.contract.outcome.positive).to_numpy()), receipt + left_out)


def _answered(table: ValidTable) -> NDArray[np.int64]:
    """Number the rows whose outcome stands in the table itself; a word that means none might be any."""
    outcome, problems = table.contract.outcome, table.outcome_problems
    if problems is None:
        return np.empty(0, dtype=np.int64)
    if strange := int((problems == "unknown_outcome").sum()):
        raise DataError(
            f"{some_of(strange, len(table), 'rows', 'has', 'have')} a word in '{outcome.column}' that means no outcome.",
            expected=f"one of {', '.join(outcome.levels)}, or no value while there is none",
            fix="correct the table, or the words of the contract",
        )
    return np.flatnonzero(problems.is_null().to_numpy())


def _by_segment(
    table: ValidTable, bundle: Bundle, said: NDArray[np.float64], happened: Happened, together: float
) -> list[dict[str, Any]]:
    segments = segments_in(bundle, table.frame[happened[0]])
    return [] if segments is None else by_group(segments.to_list(), said[happened[0]], happened[1], together)


def _name_of(bundle: Path | str, runs: Path) -> str:
    """Name a bundle as --bundle wants it: by the id of its run where that is in the folder of runs."""
    run = run_of(bundle, runs)
    return str(bundle) if run is None else run.name


def _earlier(runs: Path, here: Run) -> list[dict[str, Any]]:
    """Sum up the waves held against this bundle before, oldest first; a table watched twice stands once."""
    bundle = here.record["inputs"]["bundle"]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for run in runs_in(runs):
        of_bundle = run.record["command"] == "monitor" and run.record["inputs"].get("bundle") == bundle
        if not of_bundle or run.status != "done" or _table_of(run) == _table_of(here):
            continue
        if len(found) == MOST_EARLIER:
            break
        # a folder that was tidied by hand is no reason to stop
        with suppress(RunError, KeyError, TypeError):
            line = _line(run, run.kept(MONITOR) or {})
            known = found.setdefault(_table_of(run), line)
            if known["observed"] is None and line["observed"] is not None:
                found[_table_of(run)] = line
    return sorted(found.values(), key=lambda line: str(line["made"]))


def _table_of(run: Run) -> tuple[str, str]:
    return next((name, sha) for name, sha in run.record["inputs"].items() if name != "bundle")


def _line(run: Run, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Sum up one wave: what was promised, what came, which alarms were raised."""
    realised = summary["realised"]
    return {
        "run": run.id,
        "made": run.record["made"],
        "wave": _table_of(run)[0],
        "customers": summary["customers"],
        "answered": None if realised is None else realised["customers"],
        "promised": summary["estimated"].get("rate") if realised is None else realised["promised"],
        "observed": None if realised is None else realised["observed"],
        "alarms": sorted({alarm["code"] for alarm in summary["alarms"]}),
    }


def _shares_told(drift: Drift) -> str:
    each = [
        f"{told['class']} {percent(told['share'])} ({percent(told['share_in_training'])})"
        for told in drift.estimated["shares"]
    ]
    return f"expected in each segment (in training): {', '.join(each)}"


def _sentences(drift: Drift, customers: int, receipt: str, advice: str, cautions: Sequence[str]) -> tuple[str, ...]:
    alarms = [f"{alarm.code}: {alarm.sentence}" for alarm in drift.alarms]
    head = f"{counted(customers, 'customer')} held against training; {counted(len(alarms), 'alarm') if alarms else 'no alarms'}. {receipt}"
    if drift.realised is not None:
        head += f" {say_observed(drift.realised)}"
    untold = (
        [_shares_told(drift), drift.untold] if "shares" in drift.estimated else [drift.untold] if drift.untold else []
    )
    codes = sorted({alarm.code for alarm in drift.alarms})
    explained = [f"What {code} means: segmint monitor --explain {code}" for code in codes]
    return (*cautions, head, *alarms, *untold, *explained, advice)

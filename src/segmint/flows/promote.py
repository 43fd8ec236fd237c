"""`segmint promote` and `segmint rollback`: which bundle is in use, let through by a gate, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arguments import place_of, require_texts
from segmint.arrays import distinct
from segmint.config import Config
from segmint.contract.column import KNOWN_ORDER
from segmint.contract.ledger import KNOWN_NAMES
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import MIN_ROWS_PER_LEVEL
from segmint.errors import DataError, RunError
from segmint.evaluation.gate import Gate, judge_losses
from segmint.flows.check import check
from segmint.flows.steps.bundle import propensities, require_golden, require_response
from segmint.flows.steps.learned import run_folder
from segmint.flows.steps.read import open_source
from segmint.flows.steps.settings import RUNS, Place, Settings, require_its_moment, settings_of
from segmint.metrics.calibration import log_loss_by_row
from segmint.monitoring.results import FEWEST_OUTCOMES, Answers, customer_groups
from segmint.splits.groups import names_of
from segmint.store import champion
from segmint.store.bundle import Bundle, open_bundle
from segmint.store.learned_tables import LearnedTables
from segmint.store.promoted import WORD, Entry, read_history
from segmint.store.run import Run, read_kept
from segmint.store.runs import find_run
from segmint.store.training_ids import TrainingIds, open_moved_ids, open_training_ids
from segmint.wording import counted

GATE = "gate.json"


@dataclass(frozen=True, repr=False)
class Promoted:
    """What is in use now, and why.

    Attributes
    ----------
    entry : Entry
    sentence : str
    """

    entry: Entry
    sentence: str

    def __repr__(self) -> str:
        return f"<Promoted {self.entry.run}: {self.entry.action}>"

    def frame(self) -> pl.DataFrame:
        """Return the promotion in one row; see `Promotions.frame`."""
        return _entries_frame([self.entry])


def promote(
    run: Place, config: Settings = None, *, runs: Place = RUNS, on: Any = None, despite: str | None = None
) -> Promoted:
    """Put a run's bundle in use if it is better than the champion, or equal and simpler.

    Parameters
    ----------
    run : path
        A run's folder or id.
    config : Config or path, optional
        How the table of `on` is read.
    runs : path
        The folder that holds all runs.
    on : path or frame, optional
        Customers with outcomes that neither of the two was trained on, to compare them by. Not needed for the first
        champion, nor for a run of `segmint update`, which has compared itself.
    despite : str, optional
        A person's reason to promote although the gate did not pass.

    Raises
    ------
    RunError
        If the gate did not pass, the run is not as it was left, the challenger reads what is known later than what the
        champion reads, or there is nothing to compare by.
    BundleError
        If the bundle cannot be trusted, or does not predict its golden rows.
    """
    place_of("run", run)
    require_texts(despite=despite)
    config, runs, despite = settings_of(config), place_of("runs", runs), champion.reason(despite)
    here = find_run(run, runs)
    champion.require_promotable(here, runs)
    challenger = open_bundle(here.folder)
    require_its_moment(config, challenger)
    past = read_history(runs)
    gate = _gate(here.folder, challenger, config, runs, on, despite)
    against = past[-1].manifest if past else ""
    entry = champion.promote(runs, here.folder, gate, despite=despite, against=against, prove=require_golden)
    return Promoted(entry, f"In use: {entry.run} ({gate.sentence}).")


def rollback(*, runs: Place = RUNS, because: str | None = None) -> Promoted:
    """Put the bundle back in use that the present one replaced; again goes further back.

    Parameters
    ----------
    runs : path
        The folder that holds all runs.
    because : str, optional
        A person's reason; kept in the history.

    Raises
    ------
    RunError
        If there is nothing to go back to, or another promotion is under way.
    BundleError
        If that bundle is gone, was changed, or does not predict its golden rows.
    """
    require_texts(because=because)
    entry = champion.rollback(place_of("runs", runs), because=because, prove=require_golden)
    return Promoted(entry, f"In use again: {entry.run}.")


@dataclass(frozen=True)
class Promotions:
    """Every promotion and rollback, oldest first.

    Attributes
    ----------
    entries : tuple of Entry
    sentences : tuple of str
        One for each: when, what, which run, why, by whom.
    """

    entries: tuple[Entry, ...]
    sentences: tuple[str, ...]

    def frame(self) -> pl.DataFrame:
        """Return when, action, run, why, by, host and version of each, one row per promotion or rollback."""
        return _entries_frame(self.entries)


def promotions(*, runs: Place = RUNS) -> Promotions:
    """Tell which bundle was in use from when on, and why it was let through."""
    entries = tuple(read_history(Path(runs)))
    said = [told_promotion(entry) for entry in entries]
    if not said:
        return Promotions((), ("Nothing was promoted here yet.",))
    return Promotions(entries, (*said[:-1], f"{said[-1]} (in use)"))


def told_promotion(entry: Entry) -> str:
    """Say in a line when which bundle was put in use, why, and by whom."""
    return f"{entry.when}  {entry.action:<8}  {entry.run}  {_why(entry)}; by {entry.by} on {entry.host}"


def _entries_frame(entries: Sequence[Entry]) -> pl.DataFrame:
    names = ("when", "action", "run", "why", "by", "host", "version")
    rows = [(each.when, each.action, each.run, _why(each), each.by, each.host, each.version) for each in entries]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _why(entry: Entry) -> str:
    if entry.action == "rollback":
        return f"back to the one before{f': {entry.because}' if entry.because else ''}"
    despite = entry.gate.get("despite")
    why = str(entry.gate.get("sentence", ""))
    return f"{why}; promoted all the same: {despite}" if despite and not entry.gate.get("passed") else why


def compare_bundles(
    ours: Bundle,
    theirs: Bundle,
    said: tuple[NDArray[np.float64], NDArray[np.float64]],
    yes: NDArray[np.bool_],
    groups: NDArray[np.int64] | None = None,
    flattered: float = 0.0,
) -> Gate:
    """Judge a challenger against the champion on the same rows by the log score, more being better.

    Rows of one group, which is one customer, are drawn together. `flattered` is what the challenger gains per row by
    numbers that were fitted on these very rows; it is taken off, but never speaks for "worse".
    """
    our_loss, their_loss = (log_loss_by_row(yes, each) for each in said)
    simpler = _parameters(ours) < _parameters(theirs)
    return judge_losses(our_loss, their_loss, groups=groups, simpler=simpler, flattered=flattered)


def _gate(folder: Path, challenger: Bundle, config: Config, runs: Path, on: Any, despite: str | None) -> Gate:
    current = open_bundle(WORD, runs) if read_history(runs) else None
    if current is not None and current.digest == challenger.digest:
        return Gate(True, "first", "in use already")
    knows_more = _knows_more(challenger, current)
    if knows_more and not despite:
        raise RunError(
            f"The challenger was not promoted: {knows_more}.",
            expected="a challenger that decides no later than the champion, and before the call",
            fix="train it for an earlier moment: segmint run --at planning, or give a reason with --despite",
        )
    gate = _compared(folder, challenger, current, config, runs, on, despite)
    return replace(gate, passed=False, sentence=f"{gate.sentence}; {knows_more}") if knows_more else gate


def _knows_more(challenger: Bundle, current: Bundle | None) -> str:
    """Say what makes a comparison unfair: columns filled in after the moment at which the champion decides."""
    latest = "dialling" if current is None else current.at
    if KNOWN_ORDER.index(challenger.at) <= KNOWN_ORDER.index(latest):
        return ""
    champion = "" if current is None else f", and the champion decides at {current.at}"
    return f"it reads what is {KNOWN_NAMES[challenger.at]}{champion}"


def _compared(
    folder: Path,
    challenger: Bundle,
    current: Bundle | None,
    config: Config,
    runs: Path,
    on: Any,
    despite: str | None,
) -> Gate:
    if current is None:
        return Gate(True, "first", "first: there was no champion")
    if on is not None:
        folders = (folder, run_folder(WORD, runs))
        _require_another_table(on, (challenger, folders[0]), (current, folders[1]), config)
        gate = _on_table(challenger, current, [_learned_from(each) for each in folders], config, on)
        return replace(gate, sentence="; ".join((gate.sentence, *_untold(folders))))
    told = _its_own_gate(folder)
    if told is not None and told.get("champion") == current.digest:
        return Gate(**{name: value for name, value in told.items() if name != "champion"})
    if despite:
        return Gate(False, "not_better", "not compared with the champion")
    raise RunError(
        "There is nothing to compare the challenger with the champion by.",
        expected="customers with outcomes that neither of the two was trained on",
        fix="name a table of them: segmint promote RUN --on latest.csv, or give a reason with --despite",
    )


def _its_own_gate(folder: Path) -> dict[str, Any] | None:
    """Return how a run of `segmint update` judged itself; None of any other run, whatever lies in its folder."""
    run = Run.open(folder)
    if run.record["command"] != "update" or GATE not in (run.record.get("files") or {}):
        return None
    return read_kept(folder, GATE)


def _require_another_table(on: Any, ours: tuple[Bundle, Path], theirs: tuple[Bundle, Path], config: Config) -> None:
    """Refuse the very table that one of the two was trained on or moved by, where no id tells its customers from new ones."""
    fingerprint = open_source(on, config.data).fingerprint
    for bundle, folder in (ours, theirs):
        if bundle.contract.id_column is not None:
            continue
        learned = LearnedTables.of(folder)
        if fingerprint in learned.trained | learned.moved:
            trained = fingerprint in learned.trained
            raise DataError(
                f"{folder.name} was trained on this very table; what was learned by heart must not judge itself."
                if trained
                else f"{folder.name} was moved by the results of this very table; they must not judge what they moved.",
                expected=f"at least {FEWEST_OUTCOMES} customers with outcomes that neither of the two was trained on or moved by",
                fix="name a table of other customers, such as the latest wave",
            )


def _on_table(
    challenger: Bundle, current: Bundle, learned: Sequence[Sequence[TrainingIds]], config: Config, on: Any
) -> Gate:
    """Judge the two on the customers of a table that neither was trained on, nor moved by."""
    (ours, said), (theirs, before) = (_predicted(bundle, config, on) for bundle in (challenger, current))
    yes = ours.outcome == challenger.contract.outcome.positive
    same_rows = np.array_equal(ours.records, theirs.records)
    if not same_rows or not np.array_equal(yes, theirs.outcome == current.contract.outcome.positive):
        raise DataError(
            "The two bundles do not accept the same rows of the table.",
            expected="a table that meets both contracts",
            fix="remove the rows that one of them rejects: segmint check",
        )
    new = np.ones(len(ours), dtype=bool)
    for table, known in zip((ours, theirs), learned, strict=True):
        for each in known:
            new &= ~each.known(names_of(table))
    alike = "" if ours.ids is not None else ", or on customers who look the same"
    groups = customer_groups(ours.frame, ours.contract)
    _require_enough(groups, yes, new, alike)
    gate = compare_bundles(challenger, current, (said[new], before[new]), yes[new], groups[new])
    judged, old, alone = distinct(groups[new]).size, distinct(groups[~new]).size, ours.ledger.left_alone
    words = [gate.sentence, f"judged on {counted(judged, 'customer')}"]
    if old:
        are = f"{'is' if old == 1 else 'are'} left out"
        words.append(f"{counted(old, 'customer')} that one of the two was trained on{alike}, or moved by, {are}")
    if alone:
        words.append(f"{counted(alone, 'row')} whose customer nobody called {'is' if alone == 1 else 'are'} left out")
    counts = {"customers": judged, "learned_from": old, "nobody_called": alone}
    return replace(gate, sentence="; ".join(words), judged_on=counts)


def _learned_from(folder: Path) -> tuple[TrainingIds, ...]:
    """Say whom a bundle was trained on and who moved its intercept, as far as its run can tell."""
    return tuple(each for each in (open_training_ids(folder), open_moved_ids(folder)) if each is not None)


def _untold(folders: Sequence[Path]) -> list[str]:
    """Name the runs that no longer tell whom they were trained on: those customers are judged on like any others."""
    untold = [each.name for each in folders if open_training_ids(each) is None]
    return [f"nobody can tell whom {' and '.join(untold)} learned from"] if untold else []


def _require_enough(groups: NDArray[np.int64], yes: NDArray[np.bool_], new: NDArray[np.bool_], alike: str) -> None:
    """Refuse too few new customers, or too few of one outcome, whose chance no interval would show."""
    answers = Answers.of(groups[new], yes[new])
    if answers.enough:
        return
    there_are = f"There {'is' if answers.customers == 1 else 'are'} {counted(answers.customers, 'customer')}"
    judges = f"{there_are} to judge by; {answers.sentence}"
    learned, every = distinct(groups[~new]).size, distinct(groups).size
    old = f"One of the two bundles was trained on {learned:,} of the {every:,} customers{alike}, or moved by their results. "
    raise DataError(
        judges if new.all() else old + judges,
        expected=f"at least {FEWEST_OUTCOMES} customers with outcomes that neither of the two was trained on, "
        f"{MIN_ROWS_PER_LEVEL} of each outcome",
        fix="name a table of other customers, or more of them, such as the latest wave",
    )


def _predicted(bundle: Bundle, config: Config, on: Any) -> tuple[ValidTable, NDArray[np.float64]]:
    """Read a table under a bundle's contract; say how likely each customer says yes."""
    require_response(bundle, "the gate compares responses", fix="give a reason with --despite")
    data = config.data.model_copy(update={"at": bundle.at})
    table = check(on, bundle.contract, config.model_copy(update={"data": data}))
    return table, propensities(bundle, table.frame)


def _parameters(bundle: Bundle) -> int:
    return sum(int(np.prod(weight.shape)) for weight in bundle.weights.values())

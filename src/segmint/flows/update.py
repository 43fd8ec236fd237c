"""`segmint update`: move a bundle's propensities to what was lately observed, or retrain; either way a challenger."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arguments import place_of
from segmint.config import Config, load_config
from segmint.contract.contract import Contract
from segmint.contract.dates import today
from segmint.contract.ids import bare_ids, without_marks_and_zeros
from segmint.errors import TRAINING, DataError, require
from segmint.evaluation.gate import Gate, judge_move
from segmint.evaluation.recalibration import Move, cross_fitted, flattered_by, move_of
from segmint.flows.promote import GATE, compare_bundles
from segmint.flows.steps.bundle import predict_texts, propensities, require_response
from segmint.flows.steps.calibrate import interval_of
from segmint.flows.steps.call_lists import read_call_list, with_numbers
from segmint.flows.steps.call_results import read_codes, read_frame
from segmint.flows.steps.learned import run_folder
from segmint.flows.steps.read import data_beside, inputs_of, open_source
from segmint.flows.steps.scored import ScoredCustomers, known_of, made_on, scoring_run
from segmint.flows.steps.settings import RUNS, Place, Settings, bundle_of, of_its_moment, settings_of
from segmint.metrics.calibration import shifted
from segmint.monitoring.reference import moved_reference
from segmint.monitoring.results import (
    ENOUGH,
    FEWEST_OUTCOMES,
    Answers,
    Outcomes,
    customer_groups,
    ids_in,
    is_call_list,
    outcomes_of,
)
from segmint.monitoring.strangers import most_are_strangers
from segmint.progress import Progress, silent
from segmint.splits.groups import looks_of
from segmint.splits.overlap import standing_in, standing_in_with_their_answers
from segmint.store.bundle import FOLDER, Bundle, open_bundle, write_bundle
from segmint.store.learned_tables import carry_learned_tables
from segmint.store.promoted import WORD
from segmint.store.run import Run, installed_versions
from segmint.store.training_ids import carry_moved_ids, carry_training_ids, open_moved_ids
from segmint.wording import counted, percent, some_of

FOUND = "update.json"
UNMOVED = Move(0.0, 0.0, 0.0, 0.0, 0.0)
NOTHING_NEW = Gate(
    False,
    "not_better",
    "not better: all of these results have moved the present one already, so its intercept stays where it is",
)
MOST_AGAIN = 0.5  # in narrow tables other customers may well look the same


@dataclass(frozen=True, repr=False)
class Updated:
    """The challenger and how it compares, for any door.

    Attributes
    ----------
    folder : Path
        The run with the challenger's bundle.
    sentences : tuple of str
    summary : dict
    """

    folder: Path
    sentences: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return f"<Updated {self.folder}: {counted(self.summary['customers'], 'customer')}>"

    def frame(self) -> pl.DataFrame:
        """Return what was observed and promised, before and now, in one row."""
        names = ("customers", "observed", "promised_before", "promised_now")
        return pl.DataFrame([{name: self.summary[name] for name in names}])


def update(
    results: Any,
    scored: Any,
    bundle: Place = WORD,
    config: Settings = None,
    *,
    runs: Place = RUNS,
    codes: Place | None = None,
    history: Any = None,
    customers: Any = None,
    upcoming: Place | None = None,
    progress: Progress = silent,
) -> Updated:
    """Make a challenger from what became of a scored wave.

    Without a history the network stays as it is and only its intercept moves, so that it promises what was observed.
    With one a network is trained anew on it, in a run of its own, then moved the same way: by the recipe that a backtest
    replays, "rolling", unless the settings say "best" or "plain".

    Parameters
    ----------
    results : path or frame
        One row per call with its code, or with the contract's outcome column.
    scored : path or frame
        What `segmint predict` or `segmint target` wrote for the wave.
    bundle : path
        The bundle that scored it.
    config : Config or path, optional
    runs : path
        The folder that holds all runs.
    codes : path, optional
        TOML that says what the codes mean.
    history : path or frame, optional
        Earlier calls with their outcomes, to train on. The wave itself must not be among them.
    customers : path or frame, optional
        The table that was scored, for a call list: it carries no columns that a new network could be judged on.
    upcoming : path, optional
        Who is called next: the teacher of the network trained on `history` labels them too.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    BundleError
        If the bundle names segments.
    DataError
        If fewer than 100 customers have an outcome, or all have the same; if most results are of other customers; if the history holds the wave; or if the
        wave would be judged by what another bundle said of it.
    """
    if history is not None:
        require(*TRAINING)
    config, runs = load_config(settings_of(config), flags={"data.upcoming": upcoming}), place_of("runs", runs)
    current = bundle_of(bundle, runs)
    config = of_its_moment(config, current)
    require_response(current, "there is no response to recalibrate")
    wave = _read_wave(results, scored, customers, current, codes, config, runs)
    learned = run_folder(bundle, runs)
    before = _moved_before(learned, wave)
    receipt = wave.receipt + _said_before(before, wave.yes.size, known=wave.name is not None)
    tables = (each for each in (results, scored, customers) if each is not None)
    inputs = inputs_of(*(open_source(each, data_beside(each, config.data)) for each in tables))
    if history is None:
        said, doubt = _said(current, wave, scored, config)
        receipt += doubt
        draft = _Draft(current, learned, "recalibrated on the results", said, said)
    else:
        from segmint.flows.run import run as train_run  # a recalibration needs nothing that trains

        wave, left_out = _apart_from(read_frame(history, config.data, whole=False), wave, current.contract)
        receipt += left_out
        settings = config.model_copy(update={"model": config.model.over_time})
        trained = train_run(history, current.contract, settings, runs=runs, progress=progress)
        draft = _trained_anew(trained.folder, current, wave)
    with Run.create(runs, "update", config.to_toml(), config.seed, inputs) as here:
        return _challenger(here, draft, current, wave, before, receipt)


@dataclass(frozen=True)
class _Wave:
    """Customers of the scored wave who have an outcome.

    Attributes
    ----------
    judged : polars.DataFrame of shape (n_rows, n_scored_columns)
        Their rows of the scored table.
    known : ScoredCustomers or None
        Their columns; None where nothing that was named has them.
    yes : ndarray of bool, shape (n_rows,)
    groups : ndarray of shape (n_rows,)
        Whose each row is.
    names : polars.Series or None
        As training names them; None where nothing tells.
    made_by : Run or None
        The run that scored them, where it is found.
    counts : dict
        Results read, and left out.
    receipt : str
        How the results met the scored table, and that one the table of customers.
    two_answers : str
        Asks about customers who said both yes and no; "" where they are few.
    """

    judged: pl.DataFrame
    known: ScoredCustomers | None
    yes: NDArray[np.bool_]
    groups: NDArray[np.int64]
    names: pl.Series | None
    made_by: Run | None
    counts: dict[str, dict[str, int]]
    receipt: str
    two_answers: str

    @property
    def name(self) -> str | None:
        """The list's run, or the table that was predicted, whoever predicts it again; None where nothing tells."""
        if self.made_by is None:
            return None
        if self.made_by.record["command"] == "target":
            return self.made_by.id
        return " ".join(sorted(sha for name, sha in self.made_by.record["inputs"].items() if name != "bundle"))

    @property
    def marks(self) -> pl.Series | None:
        """The customers as those of this wave, where it has a name: in the next one they answer anew."""
        if self.names is None or self.name is None:
            return None
        return f"{self.name} " + without_marks_and_zeros(bare_ids(self.names))

    def of(self, kept: NDArray[np.bool_]) -> _Wave:
        """Keep some customers."""
        mask = pl.Series(kept)
        return replace(
            self,
            judged=self.judged.filter(mask),
            known=None if self.known is None else self.known.of(kept),
            yes=self.yes[kept],
            groups=self.groups[kept],
            names=None if self.names is None else self.names.filter(mask),
        )


class _Draft(NamedTuple):
    """A network before its intercept moves, and what it and the present bundle said of the wave.

    Attributes
    ----------
    bundle : Bundle
    learned : Path
        The run that it was trained in.
    how : str
    said : ndarray of shape (n_rows,)
    said_now : ndarray of shape (n_rows,)
        By the present bundle.
    """

    bundle: Bundle
    learned: Path
    how: str
    said: NDArray[np.float64]
    said_now: NDArray[np.float64]


def _read_wave(
    results: Any, scored: Any, customers: Any, current: Bundle, codes: Place | None, config: Config, runs: Path
) -> _Wave:
    """Join the results to the scored table; refuse those of another wave, and too few."""
    wave, told = read_call_list(scored, config.data), read_frame(results, config.data)
    since = made_on(scoring_run(scored, wave, runs)) if is_call_list(wave) else None
    found = outcomes_of(wave, told, current.contract, read_codes(codes, results), since=since, today=today())
    _require_this_wave(found)
    judged = wave[found.rows]
    groups = customer_groups(judged, current.contract)
    _require_enough(found.said_yes, groups)
    made_by = scoring_run(scored, judged, runs)
    known = known_of(current, judged, customers, config.data, made_by)
    names = _names(judged, known, current)
    receipt = " ".join((found.sentence, *(() if known is None else known.said)))
    return _Wave(judged, known, found.said_yes, groups, names, made_by, found.counts, receipt, found.two_answers)


def _apart_from(history: pl.DataFrame, wave: _Wave, contract: Contract) -> tuple[_Wave, str]:
    """Leave out customers of the wave who stand in the history: what was learned by heart must not judge itself."""
    if wave.known is None:
        raise DataError(
            "A network trained anew cannot be judged on this scored table: it lacks the customers' columns.",
            expected="predictions.parquet of `segmint predict`, or the table that was scored beside the call list",
            fix="name that table: --customers customers.csv",
        )
    raw = wave.known.raw
    by_id = contract.id_column in set(history.columns) & set(raw.columns)
    by_heart = standing_in(history, raw, contract, by_id=by_id)
    if by_id:
        by_heart |= standing_in_with_their_answers(history, raw, wave.yes, contract)
    _require_apart(by_heart, by_id=by_id)
    # without ids a customer of the history may just look the same
    if not (by_heart.any() and by_id):
        return wave, ""
    wave = wave.of(~by_heart)
    _require_enough(wave.yes, wave.groups)
    return (
        wave,
        f" Left out, as they stand in the history: {int(by_heart.sum()):,}; what was learned by heart must not judge itself.",
    )


def _trained_anew(folder: Path, current: Bundle, wave: _Wave) -> _Draft:
    """Let the network that was trained in `folder` and the present one say what they think of the wave."""
    assert wave.known is not None
    fresh = open_bundle(folder)
    how = f"trained anew in {folder} and recalibrated on the results"
    return _Draft(fresh, folder, how, propensities(fresh, wave.known.frame), propensities(current, wave.known.frame))


def _challenger(here: Run, draft: _Draft, current: Bundle, wave: _Wave, before: int, receipt: str) -> Updated:
    """Move the draft's intercept by those who answered; judge it beside the present bundle.

    Where all of them, `before` in number, have moved the present bundle already, it stays as it is: they are a part of
    what it learned, chosen by whoever sent them, and would move it towards themselves.
    """
    yes, groups = wave.yes, wave.groups
    recalibrated = draft.bundle is current
    stays = recalibrated and wave.name is not None and before == yes.size
    _carry(draft.learned, here.folder, wave)
    move = UNMOVED if stays else move_of(draft.said, yes, groups)
    sureness = _interval_in(current) if stays else interval_of(cross_fitted(draft.said, yes, groups), yes, groups)
    moved = _moved(here, draft.bundle, move.shift, sureness)
    promised = shifted(draft.said, move.shift)
    if stays:
        gate = NOTHING_NEW
    elif recalibrated:  # nothing but the move tells it from the present one
        gate = judge_move(move)
    else:
        both = promised, draft.said_now
        gate = compare_bundles(moved, current, both, yes, groups, flattered_by(draft.said, yes, groups))
    here.keep(GATE, {**asdict(gate), "champion": current.digest})
    intervals_from = int(yes.size) if sureness and not stays else None
    summary = {
        "how": "the same bundle" if stays else draft.how,
        **wave.counts,
        "customers": int(yes.size),
        "moved_before": before,
        "two_answers": wave.two_answers,
        "observed": float(yes.mean()),
        "promised_before": float(draft.said_now.mean()),
        "promised_now": float(promised.mean()),
        "beyond_chance": move.beyond_chance if recalibrated and not stays else None,
        "intervals_from": intervals_from,
        "gate": asdict(gate),
    }
    here.keep(FOUND, summary)
    here.done(summary)
    kept = "propensity_low and propensity_high stay as they were." if stays else _sureness(intervals_from)
    sentences = (
        receipt,
        *_sentences(summary, gate, kept),
        _what_next(gate, here.folder, stays=stays, doubtful=bool(summary["two_answers"])),
    )
    return Updated(here.folder, sentences, summary)


def _carry(learned: Path, folder: Path, wave: _Wave) -> None:
    """Take over what tells whom the network has learned from, and whom it has been moved by."""
    carry_learned_tables(learned, folder)
    carry_training_ids(learned, folder)
    names, marks = wave.names, wave.marks
    carry_moved_ids(learned, folder, [*([] if names is None else names), *([] if marks is None else marks)])


def _names(judged: pl.DataFrame, known: ScoredCustomers | None, bundle: Bundle) -> pl.Series | None:
    """Name the customers as training does; None where a list tells neither ids nor looks."""
    if bundle.contract.id_column is None:
        return None if known is None else looks_of(known.frame, bundle.contract, bundle.at)
    ids = ids_in(judged, bundle.contract)
    return None if ids is None else judged[ids].cast(pl.String)


def _moved_before(learned: Path, wave: _Wave) -> int:
    """Count the customers whose results have moved the present bundle already; in any wave where nobody knows which this is."""
    moved = open_moved_ids(learned)
    marks = wave.names if wave.marks is None else wave.marks
    return 0 if moved is None or marks is None else int(moved.known(marks).sum())


def _said_before(before: int, customers: int, *, known: bool) -> str:
    if not before:
        return ""
    have = some_of(before, customers, "customers", "has", "have")
    which = (
        ""
        if known
        else ", with these results or those of another wave: without the run that scored them nobody can tell"
    )
    return f" {have} moved the present bundle already{which}."


def _interval_in(bundle: Bundle) -> dict[str, Any]:
    return {name: value for name, value in bundle.calibration.items() if name == "interval"}


def _moved(here: Run, current: Bundle, shift: float, sureness: dict[str, Any]) -> Bundle:
    """Write the same network with another intercept, and intervals learned after the move."""
    positive = str(current.contract.outcome.positive)
    toward = shift if current.classes[1] == positive else -shift
    kept = {name: value for name, value in current.calibration.items() if name != "interval"}
    calibration = {**kept, "offset": float(current.calibration["offset"]) + toward, **sureness}
    draft = replace(current, calibration=calibration)
    golden = {**current.golden, "probabilities": predict_texts(draft, current.golden["rows"]).tolist()}
    return write_bundle(
        here.folder / FOLDER,
        contract=current.contract,
        at=current.at,
        features=current.features,
        network=current.network,
        weights=current.weights,
        calibration=calibration,
        reference=moved_reference(current.reference, shift, positive),
        golden=golden,
        card=f"{current.card}\n\nThe intercept was moved by {shift:+.3f} (log odds) in the run {here.id}.\n",
        versions=installed_versions(),
        learned_from=_learned_from(here, current),
        segments=current.segments,
    )


def _learned_from(here: Run, current: Bundle) -> dict[str, Any] | None:
    """Say what a bundle learned from, and by what it was moved since."""
    known = current.manifest.get("learned_from")
    read = sorted(sha for name, sha in here.record["inputs"].items() if name != "bundle")
    return None if known is None else {**known, "moved_by": [*known["moved_by"], *read]}


def _sentences(summary: dict[str, Any], gate: Gate, intervals: str) -> tuple[str, ...]:
    return (
        f"{percent(summary['observed'])} said yes; the bundle promised {percent(summary['promised_before'])}. "
        f"The challenger, {summary['how']}, promises {percent(summary['promised_now'])}.",
        *(["The rate has not moved by more than chance."] if summary["beyond_chance"] is False else []),
        intervals,
        *([summary["two_answers"]] if summary["two_answers"] else []),
        f"Against the present one: {gate.sentence}.",
    )


def _what_next(gate: Gate, folder: Path, *, stays: bool, doubtful: bool) -> str:
    if stays:
        return f"There is nothing to promote: {folder} says what the present one says."
    if gate.passed:
        return f"{'Look first at the results; then, to use it' if doubtful else 'To use it'}: segmint promote {folder}"
    return f"It stays in {folder}; segmint promote takes it only if somebody says why: --despite WHY."


def _sureness(customers: int | None) -> str:
    if customers is None:
        return "propensity_low and propensity_high are gone: too few outcomes to say how well a propensity is known."
    return f"propensity_low and propensity_high are learned anew from these {customers:,} outcomes."


def _said(bundle: Bundle, wave: _Wave, scored: Any, config: Config) -> tuple[NDArray[np.float64], str]:
    """Predict the customers again, or take what this very bundle said of them; say so if nobody can tell who said it."""
    if wave.known is not None:
        return propensities(bundle, wave.known.frame), ""
    judged, run = with_numbers(wave.judged, ("propensity",), scored, config.data), wave.made_by
    if "propensity" not in judged.columns:
        raise DataError(
            "The scored table has neither propensities nor the customers' columns.",
            expected="what `segmint predict` or `segmint target` wrote",
            fix="score the wave again: segmint predict WAVE --bundle BUNDLE --out wave.parquet",
        )
    if run is not None and run.record["inputs"].get("bundle") != f"sha256:{bundle.digest}":
        raise DataError(
            f"The scored table was made by {run.id} with another bundle than the one to be updated.",
            expected="the bundle that said these propensities",
            fix="name that bundle, or the table that was scored: --customers customers.csv",
        )
    told = judged["propensity"].cast(pl.Float64)
    if lacking := len(told) - int(told.is_between(0, 1).sum()):
        have = some_of(lacking, len(told), "customers with an outcome", "has", "have")
        raise DataError(
            f"{have} no propensity between 0 and 1 in the scored table.",
            expected="the propensity of everyone who was called, as segmint wrote it",
            fix="name the file that segmint wrote, or the table that was scored: --customers customers.csv",
        )
    doubt = "" if run is not None else " The propensities of the scored table are taken for those of this bundle."
    return told.to_numpy(), doubt


def _require_this_wave(found: Outcomes) -> None:
    """Refuse results most of which are of other customers: the few that match by chance are not the wave."""
    if most_are_strangers(found.strangers, found.named):
        are = some_of(found.strangers, found.named, "results", "is of a customer who is", "are of customers who are")
        raise DataError(
            f"{are} not in the scored table: they seem to be of another wave.",
            expected="results most of which are of customers of the scored table",
            fix="name the table or list that these results are of with --scored, or the results of that wave alone",
        )


def _require_enough(yes: NDArray[np.bool_], groups: NDArray[np.int64]) -> None:
    """Refuse too few customers, or too few of one outcome, to say anything of a response rate."""
    answers = Answers.of(groups, yes)
    if not answers.enough:
        raise DataError(
            f"{counted(answers.customers, 'customer has', 'customers have')} an outcome; {answers.sentence}",
            expected=ENOUGH,
            fix="wait for more results",
        )


def _require_apart(learned: NDArray[np.bool_], *, by_id: bool) -> None:
    """Refuse a history that holds the wave: what was learned by heart would then judge itself."""
    again = int(learned.sum())
    most = learned.size - FEWEST_OUTCOMES if by_id else MOST_AGAIN * learned.size
    if again > max(most, 0):
        raise DataError(
            f"{some_of(again, learned.size, 'customers of the wave', 'stands', 'stand')} in the history{'' if by_id else ' with the same values'}.",
            expected="a history of earlier calls, without the wave that the results are of",
            fix="take the wave out of the history; what it taught is judged on it",
        )

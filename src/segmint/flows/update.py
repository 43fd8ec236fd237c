"""`segmint update`: move a bundle's propensities to what was lately observed, or retrain; either way a challenger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import Config, load_config
from segmint.contract.ids import bare_ids
from segmint.contract.validate import MIN_ROWS_PER_LEVEL
from segmint.errors import DataError
from segmint.evaluation.gate import Gate, judge_move
from segmint.evaluation.recalibration import Move, cross_fitted, flattered_by, move_of
from segmint.flows.bundle import predict_texts, propensities, require_response
from segmint.flows.calibrate import interval_of
from segmint.flows.call_lists import read_call_list, with_numbers
from segmint.flows.learned import run_folder
from segmint.flows.promote import GATE, compare_bundles
from segmint.flows.read import inputs_of, open_source
from segmint.flows.results import read_codes, read_frame
from segmint.flows.run import run as train_run
from segmint.flows.scored import Known, known_of, made_on, scoring_run
from segmint.flows.settings import RUNS, Place, Settings, of_its_moment, settings_of
from segmint.metrics.calibration import shifted
from segmint.monitoring.reference import moved_reference
from segmint.monitoring.results import FEWEST, Answers, Outcomes, groups_of, ids_in, is_call_list, outcomes_of
from segmint.monitoring.strangers import most_are_strangers
from segmint.progress import Progress, silent
from segmint.splits.groups import looks_of
from segmint.splits.overlap import standing_in, standing_in_with_their_answers
from segmint.store.bundle import Bundle, open_bundle, write_bundle
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


@dataclass(frozen=True)
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
    argv: Sequence[str] = (),
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
    argv : sequence of str
        The command as typed, for the record.
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
    config, runs = load_config(settings_of(config), flags={"data.upcoming": upcoming}), Path(runs)
    current = open_bundle(bundle, runs)
    config = of_its_moment(config, current)
    require_response(current, "there is no response to recalibrate")
    wave, told = read_call_list(scored, config.data), read_frame(results, config.data)
    since = made_on(scoring_run(scored, wave, runs)) if is_call_list(wave) else None
    found = outcomes_of(wave, told, current.contract, read_codes(codes), since=since)
    _require_this_wave(found)
    yes, receipt, judged = found.said_yes, found.sentence, wave[found.rows]
    groups = groups_of(judged, current.contract)
    _require_enough(yes, groups)
    made_by = scoring_run(scored, judged, runs)
    known = known_of(current, judged, customers, config.data, made_by)
    answered = _Answered(yes, groups, _names(judged, known, current))
    learned = run_folder(bundle, runs)
    which = _wave_of(made_by)
    before = _moved_before(learned, answered.names, which)
    receipt += _said_before(before, yes.size, known=which is not None)
    inputs = inputs_of(*(open_source(each, config.data) for each in (results, scored, customers) if each is not None))
    if history is None:
        if known is None:
            judged = with_numbers(judged, ("propensity",), scored, config.data)
        said, doubt = _said(current, known, judged, made_by)
        how = "recalibrated on the results"
        receipt += doubt
        return _challenger(
            current, current, (said, said), answered, before, receipt, config, runs, argv, inputs, how, learned, which
        )
    if known is None:
        raise DataError(
            "A network trained anew cannot be judged on this scored table: it lacks the customers' columns.",
            expected="predictions.parquet of `segmint predict`, or the table that was scored beside the call list",
            fix="name that table: --customers customers.csv",
        )
    earlier = read_frame(history, config.data, whole=False)
    by_id = current.contract.id_column in set(earlier.columns) & set(known.raw.columns)
    by_heart = standing_in(earlier, known.raw, current.contract, by_id=by_id)
    if by_id:
        by_heart |= standing_in_with_their_answers(earlier, known.raw, yes, current.contract)
    _require_apart(by_heart, by_id=by_id)
    # without ids a customer of the history may just look the same
    if by_heart.any() and by_id:
        known, answered = known.of(~by_heart), answered.of(~by_heart)
        receipt += f" Left out, as they stand in the history: {int(by_heart.sum()):,}; what was learned by heart must not judge itself."
        _require_enough(answered.yes, answered.groups)
    settings = config.model_copy(update={"model": config.model.over_time})
    trained = train_run(history, current.contract, settings, runs=runs, argv=argv, progress=progress)
    fresh = open_bundle(trained.folder)
    how = f"trained anew in {trained.folder} and recalibrated on the results"
    both = propensities(fresh, known.frame), propensities(current, known.frame)
    return _challenger(
        fresh, current, both, answered, before, receipt, config, runs, argv, inputs, how, trained.folder, which
    )


class _Answered(NamedTuple):
    """Customers with an outcome.

    Attributes
    ----------
    yes : ndarray of bool, shape (n_rows,)
    groups : ndarray of shape (n_rows,)
        Whose each row is.
    names : polars.Series or None
        As training names them; None where nothing tells.
    """

    yes: NDArray[np.bool_]
    groups: NDArray[np.int64]
    names: pl.Series | None

    def of(self, kept: NDArray[np.bool_]) -> _Answered:
        """Keep some rows."""
        names = None if self.names is None else self.names.filter(pl.Series(kept))
        return _Answered(self.yes[kept], self.groups[kept], names)


def _challenger(
    fresh: Bundle,
    current: Bundle,
    said: tuple[NDArray[np.float64], NDArray[np.float64]],
    answered: _Answered,
    before: int,
    receipt: str,
    config: Config,
    runs: Path,
    argv: Sequence[str],
    inputs: dict[str, str],
    how: str,
    learned: Path,
    wave: str | None,
) -> Updated:
    """Move the intercept of `fresh`, trained in the run `learned`, by those who answered; judge it beside the present bundle.

    Where all of them, `before` in number, have moved the present bundle already, it stays as it is: they are a part of
    what it learned, chosen by whoever sent them, and would move it towards themselves.
    """
    yes, groups, names = answered
    stays = fresh is current and wave is not None and before == yes.size
    how = "the same bundle" if stays else how
    with Run.create(runs, "update", argv, config.to_toml(), config.seed, inputs) as here:
        carry_learned_tables(learned, here.folder)
        carry_training_ids(learned, here.folder)
        carry_moved_ids(learned, here.folder, [] if names is None else [*names, *_in_wave(names, wave)])
        move = UNMOVED if stays else move_of(said[0], yes, groups)
        sureness = _interval_in(current) if stays else interval_of(cross_fitted(said[0], yes, groups), yes)
        intervals_from = int(yes.size) if sureness and not stays else None
        moved = _moved(here, fresh, move.shift, sureness)
        promised = shifted(said[0], move.shift)
        own = move if fresh is current and not stays else None
        gate = NOTHING_NEW if stays else _judged(moved, current, (promised, said[1]), yes, groups, own)
        here.keep(GATE, {**asdict(gate), "champion": current.digest})
        summary = {
            "how": how,
            "customers": int(yes.size),
            "moved_before": before,
            "observed": float(yes.mean()),
            "promised_before": float(said[1].mean()),
            "promised_now": float(promised.mean()),
            "beyond_chance": None if own is None else own.beyond_chance,
            "intervals_from": intervals_from,
            "gate": asdict(gate),
        }
        here.keep(FOUND, summary)
        here.done(summary)
    kept = "propensity_low and propensity_high stay as they were." if stays else _sureness(intervals_from)
    told = _what_next(gate, here.folder, stays=stays)
    sentences = (receipt, *_sentences(summary, gate, how, kept), told)
    return Updated(here.folder, sentences, summary)


def _names(judged: pl.DataFrame, known: Known | None, bundle: Bundle) -> pl.Series | None:
    """Name the customers as training does; None where a list tells neither ids nor looks."""
    if bundle.contract.id_column is None:
        return None if known is None else looks_of(known.frame, bundle.contract, bundle.at)
    ids = ids_in(judged, bundle.contract)
    return None if ids is None else judged[ids].cast(pl.String)


def _wave_of(made_by: Run | None) -> str | None:
    """Name the wave that was scored: by the list's run, or by the table that was predicted, whoever predicts it again."""
    if made_by is None:
        return None
    if made_by.record["command"] == "target":
        return made_by.id
    return " ".join(sorted(sha for name, sha in made_by.record["inputs"].items() if name != "bundle"))


def _in_wave(names: pl.Series, wave: str | None) -> pl.Series:
    """Name customers as those of a wave: in the next one they answer anew."""
    return bare_ids(names).head(0) if wave is None else f"{wave} " + bare_ids(names)


def _moved_before(folder: Path, names: pl.Series | None, wave: str | None) -> int:
    """Count the customers whose results have moved the present bundle already; in any wave where nobody knows which this is."""
    moved = open_moved_ids(folder)
    if moved is None or names is None:
        return 0
    return int(moved.known(names if wave is None else _in_wave(names, wave)).sum())


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


def _judged(
    moved: Bundle,
    current: Bundle,
    said: tuple[NDArray[np.float64], NDArray[np.float64]],
    yes: NDArray[np.bool_],
    groups: NDArray[np.int64],
    move: Move | None,
) -> Gate:
    """Judge the challenger on the customers who moved it; `move` where nothing else tells it from the present bundle."""
    if move is not None:
        return judge_move(move)
    return compare_bundles(moved, current, said, yes, groups, flattered_by(said[0], yes, groups))


def _moved(here: Run, current: Bundle, shift: float, sureness: dict[str, Any]) -> Bundle:
    """Write the same network with another intercept, and intervals learned after the move."""
    positive = str(current.contract.outcome.positive)
    toward = shift if current.classes[1] == positive else -shift
    kept = {name: value for name, value in current.calibration.items() if name != "interval"}
    calibration = {**kept, "offset": float(current.calibration["offset"]) + toward, **sureness}
    draft = replace(current, calibration=calibration)
    golden = {**current.golden, "probabilities": predict_texts(draft, current.golden["rows"]).tolist()}
    return write_bundle(
        here.folder / "bundle",
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
        segments=current.segments,
    )


def _sentences(summary: dict[str, Any], gate: Gate, how: str, intervals: str) -> tuple[str, ...]:
    return (
        f"{percent(summary['observed'])} said yes; the bundle promised {percent(summary['promised_before'])}. "
        f"The challenger, {how}, promises {percent(summary['promised_now'])}.",
        *(["The rate has not moved by more than chance."] if summary["beyond_chance"] is False else []),
        intervals,
        f"Against the present one: {gate.sentence}.",
    )


def _what_next(gate: Gate, folder: Path, *, stays: bool) -> str:
    if stays:
        return f"There is nothing to promote: {folder} says what the present one says."
    if gate.passed:
        return f"To use it: segmint promote {folder}"
    return f"It stays in {folder}; segmint promote takes it only if somebody says why: --despite WHY."


def _sureness(customers: int | None) -> str:
    if customers is None:
        return "propensity_low and propensity_high are gone: too few outcomes to say how well a propensity is known."
    return f"propensity_low and propensity_high are learned anew from these {customers:,} outcomes."


def _said(
    bundle: Bundle, known: Known | None, judged: pl.DataFrame, run: Run | None
) -> tuple[NDArray[np.float64], str]:
    """Predict the customers again, or take what this very bundle said of them; say so if nobody can tell who said it."""
    if known is not None:
        return propensities(bundle, known.frame), ""
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
            expected=f"at least {FEWEST} customers with an outcome, {MIN_ROWS_PER_LEVEL} of each",
            fix="wait for more results",
        )


def _require_apart(learned: NDArray[np.bool_], *, by_id: bool) -> None:
    """Refuse a history that holds the wave: what was learned by heart would then judge itself."""
    again = int(learned.sum())
    most = learned.size - FEWEST if by_id else MOST_AGAIN * learned.size
    if again > max(most, 0):
        raise DataError(
            f"{some_of(again, learned.size, 'customers of the wave', 'stands', 'stand')} in the history{'' if by_id else ' with the same values'}.",
            expected="a history of earlier calls, without the wave that the results are of",
            fix="take the wave out of the history; what it taught is judged on it",
        )

"""`segmint run`: from a table of customers to a bundle and a report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from segmint.arguments import place_of
from segmint.arrays import distinct
from segmint.config import Config, load_config
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.yes_no import few_yes_told
from segmint.errors import TRAINING, ConfigError, DataError, require
from segmint.evaluation.comparison import SCHEMA, Comparison, compare_models
from segmint.evaluation.differences import outcome_by_level
from segmint.evaluation.search import require_optuna
from segmint.flows.explain import keep_importance
from segmint.flows.report import write_report
from segmint.flows.segment import (
    find_segments,
    keep_segments,
    known_segments,
    require_settings,
    words_of,
)
from segmint.flows.steps.call_money import economics_in_vain
from segmint.flows.steps.on_test import judge_on_test, open_test, read_test
from segmint.flows.steps.pack import pack
from segmint.flows.steps.read import begin, open_source, read, require_contract
from segmint.flows.steps.search import Found, compare_apart, find_settings, settings_to_search, too_short, unused_folds
from segmint.flows.steps.settings import RUNS, Place, Settings, contract_of, settings_of
from segmint.flows.steps.train import (
    FINAL,
    Trained,
    inner_parts,
    inner_threshold,
    keep_history,
    learns_again,
    train,
    upcoming_customers,
)
from segmint.models.customer_model import make_model
from segmint.models.effort import expected_minutes
from segmint.models.names import MODEL_LABELS, OURS
from segmint.models.network_model import FEWEST_FOR_A_TEACHER, FEWEST_OF_A_CLASS, enough_for_a_teacher
from segmint.models.rivals import MOST_NEIGHBOURS
from segmint.models.teachers import missed_teachers
from segmint.models.tensorboard_log import TensorBoardLog
from segmint.progress import Progress, Remember, silent, tell_both
from segmint.report.lesson import behind_teacher
from segmint.report.tensorboard_images import result_images
from segmint.segments.bring_most import say_who_brings_most
from segmint.segments.inputs import left_out_in_vain
from segmint.segments.kept import KeptSegments
from segmint.splits.folds import Fold, make_folds
from segmint.splits.groups import RowIdentity, names_of
from segmint.store import run_files
from segmint.store.run import Run
from segmint.store.training_ids import write_training_ids
from segmint.wording import capital, counted, decimal, listed, percent

_INNER = ("customers", "loss", "auc")


@dataclass(frozen=True, eq=False, repr=False)
class RunResult:
    """What a finished run has to say, for any door.

    Attributes
    ----------
    folder : Path
    report : Path
    receipt : str
        How the table was read, in a sentence.
    conclusion : tuple of str
        What the comparison supports; empty without one. First whether too few said yes for that.
    summary : dict
        Headline figures, plain JSON.
    comparison : Comparison or None
        The network beside its rivals, out of fold.
    tested : Comparison or None
        The delivered network beside its rivals on the test table that was named; its `frame` has the figures.
    """

    folder: Path
    report: Path
    receipt: str
    conclusion: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)
    comparison: Comparison | None = field(default=None, repr=False)
    tested: Comparison | None = field(default=None, repr=False)

    @property
    def sentences(self) -> tuple[str, ...]:
        """How the table was read, what the comparison and the test table support, whether the network is behind its teacher, and whose customers bring most.

        Without a comparison, who was learned from and what is not known.
        """
        unknown = [] if self.comparison is not None else _not_compared(self.summary)
        last = [self.summary[name] for name in ("behind_teacher", "brings_most") if name in self.summary]
        return (self.receipt, *self.conclusion, *unknown, *self.summary.get("test", {}).get("sentences", ()), *last)

    def __repr__(self) -> str:
        return f"<RunResult {self.folder}: {counted(self.summary['rows'], 'row')}>"

    def frame(self) -> pl.DataFrame:
        """Return one row per model and metric, see `Comparison.frame`; no row without a comparison."""
        return pl.DataFrame(schema=SCHEMA) if self.comparison is None else self.comparison.frame()


def _not_compared(summary: dict[str, Any]) -> list[str]:
    """Say who was learned from, and that quality is not known without a comparison or a test table."""
    shares = ", ".join(f"'{name}' {percent(count / summary['rows'])}" for name, count in summary["classes"].items())
    inner = summary["inner"]
    learned = f"Learned from {counted(summary['rows'], 'row')}: {shares}."
    if "test" in summary:
        return [learned]
    names = {"loss": "log loss", "auc": "ROC AUC"}
    figures = listed([f"{said} {decimal(inner[name], 3)}" for name, said in names.items() if name in inner])
    return [
        learned,
        f"Quality was not measured on rows kept apart, as no models were compared. On the {counted(inner['customers'], 'inner row')}, "
        f"which say when to stop and how bold probabilities are: {figures}.",
    ]


@dataclass
class _Clock:
    """Seconds per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, stage: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        self.seconds[stage] = round(time.perf_counter() - start, 2)
        return result


def nobody(sentence: str) -> None:
    """Tell nobody."""


def run(
    source: Any,
    contract: Contract | str | Path,
    config: Settings = None,
    *,
    test: Any = None,
    runs: Place = RUNS,
    progress: Progress = silent,
    say: Callable[[str], None] = nobody,
    here: Run | None = None,
) -> RunResult:
    """Read, compare, train, pack, report.

    Parameters
    ----------
    source : path, polars.DataFrame, pandas.DataFrame or pyarrow.Table
    contract : Contract, or the name or path of one
    config : Config or path, optional
    test : path or frame, optional
        A test table of your own, with outcomes, that no model learns from: the delivered network, and each rival trained on the
        whole table, are judged on it once. The same as `data.test`.
    runs : path
        The folder that holds all runs.
    progress : Progress
    say : callable (sentence)
        Told, before the work starts, what a long recipe will take and what it does without.
    here : Run, optional
        An earlier run to continue; what it remembers is not computed again.

    Raises
    ------
    SegmintError
        For a table, contract or setting that cannot be worked with.
    """
    require(*TRAINING)
    settings, runs = _with_test(settings_of(config), test), place_of("runs", runs)
    _refuse_search_in_vain(settings)
    if settings.segments.enabled:
        words_of(settings)
    contract = contract_of(contract)
    opened = open_source(source, settings.data)
    require_contract(opened, contract, at=settings.data.at)
    opened_test = open_test(test, opened, contract, settings)
    with here or begin("run", _again(source, test), opened, contract, settings, runs=runs, test=opened_test) as here:
        if settings.search.enabled:
            require_optuna()
        clock, both = _Clock(), tell_both(progress, here.progress)
        table = clock.time("read", lambda: read(opened, contract, settings.data, here, progress=both))
        on_test = read_test(opened_test, table, settings, here, both)
        if settings.segments.enabled and contract.outcome.kind == "response":
            require_settings(table, settings)
        upcoming, who = upcoming_customers(table, settings), RowIdentity.of(table)
        for sentence in before_it_starts(table, settings, who):
            say(sentence)
        _keep_input(here, table)
        positive = table.contract.outcome.positive
        log = TensorBoardLog(here.folder / "tensorboard", positive=positive, has_yes=positive is not None)
        comparison, found, start = None, None, settings
        if settings.search.enabled:
            found = clock.time("search", lambda: find_settings(table, start, who, here.remember, both))
            here.keep(run_files.SEARCH, found.to_json())
            settings = found.config
            comparison = clock.time(
                "compare", lambda: _compare_apart(table, start, found, log, both, who, here.remember)
            )
            _keep_comparison(here, comparison)
        elif settings.compare.enabled:
            comparison = clock.time("compare", lambda: compare(table, settings, log, both, who, here.remember))
            _keep_comparison(here, comparison)
        make = _maker(OURS, table, settings, lambda: log.named(FINAL))
        trained = clock.time("train", lambda: train(table, settings, make, both, who, here.remember, upcoming))
        lesson = keep_history(here, table, trained)
        behind = behind_teacher(lesson, compared=comparison is not None)
        note = "" if found is None else found.sentence
        threshold = _threshold(table, trained, comparison)
        segments, without = clock.time("segments", lambda: _segments(here, table, settings, both, who))
        if without:
            say(f"no segments: {without}")
        bundle = clock.time(
            "pack", lambda: pack(here, table, trained, comparison, threshold, settings, segments, note, behind)
        )
        clock.time("reasons", lambda: keep_importance(here, table, bundle))
        rivals = lambda name: _maker(name, table, settings, lambda: log)  # noqa: E731
        tested, told = judge_on_test(here, table, on_test, bundle, comparison, rivals, settings, both, who)
        summary = (
            _summary(table, settings, comparison, bundle.calibration, clock, lesson, behind)
            | told
            | _of_segments(segments, without)
        )
        if found is not None:
            summary["search"] = {"sentence": found.sentence, "settings": found.config.model.settings}
        here.keep(run_files.SUMMARY, summary)
        both("writing the report", 0, 1)
        log.results(**result_images(here.folder))
        report = write_report(here.folder, both)
        here.done(summary)
    conclusion = _conclusion(table, comparison)
    return RunResult(here.folder, report, table.ledger.sentence(), conclusion, summary, comparison, tested)


def _with_test(config: Config, test: Any) -> Config:
    """Put the path of a test table into the settings, where it is found again when a run is continued."""
    return load_config(config, flags={"data.test": test}) if isinstance(test, Path | str) else config


def _again(source: Any, test: Any) -> Any:
    """Name what a run is continued with: nothing where its test table is a frame, which is gone by then."""
    return source if test is None or isinstance(test, Path | str) else None


def _conclusion(table: ValidTable, comparison: Comparison | None) -> tuple[str, ...]:
    """Say whether too few said yes for any figure to mean much, and what the comparison supports."""
    if comparison is not None:
        return comparison.conclusion
    positive = table.contract.outcome.positive
    few = "" if positive is None else few_yes_told(int((table.outcome == positive).sum()))
    return (f"{capital(few)}.",) if few else ()


def _refuse_search_in_vain(config: Config) -> None:
    if not config.search.enabled:
        return
    settings_to_search(config)
    if not config.compare.enabled:
        raise ConfigError(
            "A search for settings is asked for, and the comparison is switched off (--no-compare).",
            expected="a search with its comparison: what it found is judged beside the settings before, on rows kept apart",
            fix="leave one of them out; to train no rivals: --set 'compare.models=[\"dense_network\"]'",
        )


def before_it_starts(table: ValidTable, config: Config, who: RowIdentity) -> list[str]:
    """Say what a long recipe takes and does without, what is left out of a large table, and who counts as one customer."""
    return [
        *_effort_of_best(table, config, who),
        *filter(None, (too_short(table, config), unused_folds(config), economics_in_vain(table, config))),
        *_left_out(table, config),
        *filter(None, [left_out_in_vain(table.contract, leave_out_sensitive=config.segments.leave_out_sensitive)]),
        *_taken_for_one(table, who),
    ]


def _taken_for_one(table: ValidTable, who: RowIdentity) -> list[str]:
    """Say that rows of the same look stand together, where no id tells them apart and they are many."""
    looks = len(distinct(who.groups))
    if table.ids is not None or looks > len(table) / 2:
        return []
    return [
        f"rows that look the same count as one customer: {looks:,} of {len(table):,} are left; if they are different "
        'customers, say in the contract which column names them (role = "id")'
    ]


def _left_out(table: ValidTable, config: Config) -> list[str]:
    """Say that nearest neighbours remember a part of a large table only."""
    learning = len(table) * (config.split.folds - 1) // config.split.folds
    if not config.compare.enabled or learning <= MOST_NEIGHBOURS or not {"knn", "knn_5"} & set(config.compare.models):
        return []
    return [f"nearest neighbours remember {MOST_NEIGHBOURS:,} customers of each training part: more would take hours"]


def _effort_of_best(table: ValidTable, config: Config, who: RowIdentity) -> list[str]:
    if config.model.recipe != "best":
        return []
    fit, inner = inner_parts(table, config, who)
    if not enough_for_a_teacher(np.unique(table.outcome[fit], return_inverse=True)[1], who.groups[fit]):
        least = f"at least {FEWEST_FOR_A_TEACHER} customers to learn from, {FEWEST_OF_A_CLASS} of each of two outcomes"
        return [f"too few customers for the teachers of 'best' ({least}): the network learns from the outcomes alone"]
    final = 1 + learns_again(config, len(inner), len(table))
    compared = 2 if config.search.enabled else config.split.folds  # after a search: the settings found and those before
    fits = (compared if config.compare.enabled else 0) + final
    classes = len(table.contract.outcome.levels)
    minutes = expected_minutes(config.model.recipe, len(table), len(table.features), fits, classes=classes)
    said = [
        f"the recipe 'best' trains {fits} {'network' if fits == 1 else 'networks'} and their teachers: about "
        f"{minutes:.0f} {'minute' if round(minutes) == 1 else 'minutes'} on two free processor cores"
        f"{', beside the search' if config.search.enabled else ''}"
    ]
    if missed := missed_teachers():
        said.append(f"it does without {' and '.join(missed)}; to have them: pip install 'segmint[best]'")
    return said


def compare(
    table: ValidTable,
    config: Config,
    log: TensorBoardLog,
    progress: Progress,
    who: RowIdentity,
    remember: Remember | None = None,
) -> Comparison:
    """Train the network and its rivals on the same folds and set them side by side, with intervals."""
    fold_names = iter(f"fold {number + 1}" for number in range(config.split.folds))
    models = {name: _maker(name, table, config, lambda: log.named(next(fold_names))) for name in config.compare.models}
    return compare_models(
        models,
        table,
        folds(table, config, who),
        seed=config.seed,
        repeats=config.compare.repeats,
        progress=progress,
        labels=MODEL_LABELS,
        remember=remember,
        identity=who,
    )


def _compare_apart(
    table: ValidTable,
    start: Config,
    found: Found,
    log: TensorBoardLog,
    progress: Progress,
    who: RowIdentity,
    remember: Remember,
) -> Comparison:
    """Set the settings found beside those the search started from and the rivals, on rows it never saw."""
    names = iter(("kept apart, settings found", "kept apart, settings before"))
    make = lambda name, config: _maker(name, table, config, lambda: log.named(next(names)))  # noqa: E731
    return compare_apart(table, start, found, make, progress, who, remember)


def folds(table: ValidTable, config: Config, who: RowIdentity) -> list[Fold]:
    """Split the rows into folds, customers kept together."""
    return make_folds(
        table.outcome,
        who.groups,
        count=config.split.folds,
        inner=config.split.inner,
        seed=config.seed,
        keys=who.keys,
    )


def _maker(name: str, table: ValidTable, config: Config, log: Callable[[], TensorBoardLog]) -> Callable[[], Any]:
    if name != OURS:
        return lambda: make_model(name, columns=table.features, random_state=config.seed)
    return lambda: make_model(
        name, columns=table.features, random_state=config.seed, log=log(), **config.model.settings
    )


def _threshold(table: ValidTable, trained: Trained, comparison: Comparison | None) -> float | None:
    """Choose the threshold of a response where F1 is best: out of fold, or on the inner rows without folds."""
    positive = table.contract.outcome.positive
    if positive is None or comparison is None:
        return inner_threshold(table, trained)
    return comparison.threshold(OURS, positive)


def _segments(
    here: Run, table: ValidTable, config: Config, progress: Progress, who: RowIdentity
) -> tuple[dict[str, Any] | None, str]:
    """Find the segments of a response's customers, or describe those that the outcome names; or say why there are none."""
    if not config.segments.enabled:
        return None, ""
    known = table.contract.outcome.kind == "assignment"

    def find() -> dict[str, Any]:
        found = known_segments(table, config) if known else find_segments(table, config, progress=progress, who=who)
        keep_segments(here, table, found)
        return {**found.to_json()}

    settings = config.model_dump(mode="json", include={"seed", "data", "segments", "economics"})
    settings["contact_rate"] = config.policy.contact_rate
    settings["words"] = words_of(config)  # the file may be another when the run goes on
    key = {"work": "segments", "table": table.ledger.receipt["fingerprint"], "settings": settings}
    try:
        return here.remember(key, find), ""
    except DataError as error:  # a table without segments has a network all the same
        return None, error.came


def _of_segments(segments: dict[str, Any] | None, without: str) -> dict[str, str]:
    """Say whose customers bring most, where that can be said, or why there are no segments."""
    most = "" if segments is None else say_who_brings_most(cast(KeptSegments, segments))
    return {name: said for name, said in (("brings_most", most), ("no_segments", without)) if said}


def _keep_input(here: Run, table: ValidTable) -> None:
    write_training_ids(here.folder, names_of(table))
    here.keep(run_files.LEVELS, outcome_by_level(table))


def _keep_comparison(here: Run, comparison: Comparison) -> None:
    here.keep(run_files.COMPARISON, comparison.to_json())
    here.keep(run_files.PREDICTIONS, comparison.predictions)


def _summary(
    table: ValidTable,
    config: Config,
    comparison: Comparison | None,
    calibration: dict[str, Any],
    clock: _Clock,
    lesson: dict[str, Any],
    behind: str,
) -> dict[str, Any]:
    outcome, student = table.outcome, lesson["student"]
    names, counts = np.unique(outcome, return_counts=True)
    positive = table.contract.outcome.positive
    return {
        "rows": len(table),
        "base_rate": None if positive is None else float(np.mean(outcome == positive)),
        "fingerprints": {"table": table.ledger.receipt["fingerprint"]},
        "contract": table.contract.name,
        "outcome": table.contract.outcome.label,
        "task": table.contract.outcome.kind,
        "positive": positive,
        "classes": {str(name): int(count) for name, count in zip(names, counts, strict=True)},
        "at": table.at,
        "columns": [column.name for column in table.features],
        "threshold": calibration.get("threshold"),
        "seed": config.seed,
        "recipe": config.model.recipe,
        "missed_teachers": missed_teachers() if config.model.recipe == "best" else [],
        "quality": comparison.headline(OURS) if comparison is not None else {},
        **(
            {}
            if comparison is not None
            else {"inner": {name: student[name] for name in _INNER if np.isfinite(student[name])}}
        ),
        **({"behind_teacher": behind} if behind else {}),
        "seconds": clock.seconds,
    }

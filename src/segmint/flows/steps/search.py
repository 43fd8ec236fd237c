"""`segmint run --search`: look for better settings on most rows, and judge them on rows that the search never saw."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from segmint.config import Config
from segmint.contract.valid_table import ValidTable
from segmint.errors import ConfigError
from segmint.evaluation.comparison import Comparison, compare_models
from segmint.evaluation.search import GivenUp, Range, Searched, Settings, Watch, search
from segmint.models.customer_model import make_model
from segmint.models.effort import expected_seconds
from segmint.models.names import MODEL_LABELS, OURS
from segmint.models.network_model import RECIPES, most_copies
from segmint.models.tensorboard_log import TensorBoardLog
from segmint.progress import Progress, Remember
from segmint.splits.folds import Fold, make_folds
from segmint.splits.groups import RowIdentity, digest_of
from segmint.wording import seconds

APART = 5  # one part of five is never seen by the search
START = "dense_network_start"
WIDTHS = ("64-32", "128-64", "256-128", "256-256-128", "512-256-128")


@dataclass(frozen=True)
class Found:
    """What the search found and how it does on rows kept apart.

    Attributes
    ----------
    searched : Searched
    config : Config
        With the best settings in its `model` section.
    fold : Fold
        `train` was searched on, `test` was never seen.
    """

    searched: Searched
    config: Config
    fold: Fold

    @property
    def sentence(self) -> str:
        """What must stand beside every figure of this run."""
        searched, apart = f"80 % of the rows ({len(self.fold.train):,})", f"20 % ({len(self.fold.test):,} rows)"
        figures = (
            f"the comparison, its intervals and the calibration are about the other {apart}, which the search never saw, trials and curves of "
            "training about rows it saw"
        )
        if self.only_the_start:
            return f"The search made 1 trial on {searched}. {self.only_the_start} Compared all the same: {figures}."
        return f"The settings were searched on {searched} in {len(self.searched.trials):,} trials; {figures}."

    @property
    def only_the_start(self) -> str:
        """Why no settings were tried but those the search started from; empty where others were."""
        if len(self.searched.trials) > 1:
            return ""
        first, minutes, trials = self.searched.trials[0].seconds, self.config.search.minutes, self.config.search.trials
        if minutes is None or trials == 1:
            return "No other settings were tried: one trial was asked for; set search.trials to 2 or more."
        return (
            f"No other settings were tried: the time ({seconds(60 * minutes)}) was too short for a second trial, after a first of "
            f"{seconds(first)}; give --search at least {_long_enough(first)}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``search.json``."""
        return {
            **self.searched.to_json(),
            "sentence": self.sentence,
            "only_the_start": self.only_the_start,
            "rows_searched": len(self.fold.train),
            "rows_apart": len(self.fold.test),
        }


def too_short(table: ValidTable, config: Config) -> str:
    """Say before the start that the time of a search is less than its first trial takes; empty where it is not."""
    minutes = config.search.minutes
    if minutes is None or config.search.trials == 1:
        return ""
    learning, classes = len(table) * (APART - 1) // APART, len(table.contract.outcome.levels)
    first = expected_seconds(config.model.recipe, learning, len(table.features), 1, classes=classes)
    if 60 * minutes >= first:
        return ""
    return (
        f"the time of the search ({seconds(60 * minutes)}) is less than its first trial may take (about {seconds(first)}): it will "
        f"then end with the settings that it starts from; give --search at least {_long_enough(first)}"
    )


def unused_folds(config: Config) -> str:
    """Say before the start that folds which somebody set serve nothing beside a search; empty where none do.

    They are not refused here: the settings that a run keeps name every setting, its folds too.
    """
    usual = Config.model_validate({"model": {"recipe": config.model.recipe}}).split.folds
    if not config.search.enabled or config.split.folds == usual:
        return ""
    return f"split.folds = {config.split.folds} is not used: after a search the comparison is on 20 % of the rows, which the search never saw"


def _long_enough(first: float) -> str:
    """Return a time in which there are two trials, as --search takes it."""
    return f"{math.ceil(2 * first / 60)}m"


def settings_to_search(config: Config, customers: int = 0) -> dict[str, Range]:
    """Return what may be tried: nothing that is set already, and more of a recipe with teachers.

    Of many `customers` a recipe makes fewer copies each; more than that is not tried, it would change nothing.

    Raises
    ------
    ConfigError
        If everything is set already.
    """
    recipe, given = RECIPES[config.model.recipe], config.model.settings
    space = {
        "hidden": Range(choices=WIDTHS),
        "dropout": Range(low=0.02, high=0.4),
        "learning_rate": Range(low=3e-4, high=1e-2, log=True),
        "epochs": Range(low=4, high=24, whole=True),
        "batch_size": Range(choices=(64, 128, 256, 512)),
    }
    if recipe.teachers is not None:
        most = min(max(2.0 * recipe.copies, 1.0), recipe.most_copies / max(customers, 1))
        space |= {
            "copies": Range(low=min(0.5, most / 4), high=most),
            "swap": Range(low=0.05, high=0.6),
            "share": Range(low=0.3, high=1.0),
        }
    left = {name: some for name, some in space.items() if name not in given}
    if not left:
        raise ConfigError(
            "A search for settings is asked for, and all of them are set already.",
            expected=f"at least one of these left open: {', '.join(f'model.{name}' for name in space)}",
            fix="leave out the settings that may be searched for, or the search",
        )
    return left


def find_settings(table: ValidTable, config: Config, who: RowIdentity, remember: Remember, progress: Progress) -> Found:
    """Search for settings of the network under the budget of ``[search]``.

    Every trial learns from the same rows and is judged by the cross-entropy on the same inner rows, both among 80 % of
    the table; the teachers are trained once and serve every trial. What `config.model` sets stays as it is.
    """
    fold = make_folds(
        table.outcome, who.groups, count=APART, inner=config.split.inner, seed=config.seed, keys=who.keys
    )[0]
    trial = _Trial(table, config, fold, who)
    minutes = config.search.minutes
    searched = search(
        trial.judge,
        settings_to_search(config, len(fold.fit)),
        trial.start(),
        seconds=None if minutes is None else 60.0 * minutes,
        trials=config.search.trials,
        seed=config.seed,
        remember=remember,
        key=trial.key(),
        progress=progress,
    )
    best = trial.settings(searched.best.settings)
    model = config.model.model_copy(update=best)
    return Found(searched, config.model_copy(update={"model": model}), fold)


def compare_apart(
    table: ValidTable,
    start: Config,
    found: Found,
    make: Callable[[str, Config], Callable[[], Any]],
    progress: Progress,
    who: RowIdentity,
    remember: Remember,
) -> Comparison:
    """Set the network with the settings found beside the one it started from and the rivals, on the rows kept apart."""
    models = {name: make(name, found.config) for name in found.config.compare.models}
    if found.searched.best.number:  # trial 0 is the start: the same network twice would be told apart by chance only
        models[START] = make(OURS, start)
    compared = compare_models(
        models,
        table,
        [found.fold],
        seed=start.seed,
        repeats=start.compare.repeats,
        progress=progress,
        labels={**MODEL_LABELS, START: "Dense network before the search"},
        identity=who,
        remember=remember,
    )
    return replace(compared, conclusion=(found.sentence, *compared.conclusion))


class _Trial:
    """Trains and judges one proposal."""

    def __init__(self, table: ValidTable, config: Config, fold: Fold, who: RowIdentity) -> None:
        self.table, self.config, self.fold, self.who = table, config, fold, who
        self.recipe = RECIPES[config.model.recipe]
        self.given = config.model.settings
        self.teachers: dict[Any, Any] = {}

    def start(self) -> Settings:
        """What the recipe and the settings that were given do anyway, in numbers."""
        network = make_model(OURS, columns=self.table.features, **self.given)[-1]
        customers, recipe = len(self.fold.fit), self.recipe
        asked = replace(recipe, copies=self.given.get("copies", recipe.copies))
        copies = 0 if recipe.teachers is None else most_copies(asked, customers)
        epochs, rate = network.pace(customers + copies, copied=copies > 0)
        start: Settings = {
            "hidden": "-".join(str(width) for width in network.widths(customers)),
            "dropout": network.dropout,
            "learning_rate": rate,
            "epochs": epochs,
            "batch_size": network.batch(customers + copies),
            "copies": copies / customers,
            "swap": recipe.swap,
            "share": recipe.share,
        }
        return {name: start[name] for name in settings_to_search(self.config, customers)}

    def settings(self, proposed: Settings) -> Settings:
        """Turn a proposal into settings of ``[model]``."""
        widths = proposed.get("hidden")
        return proposed if widths is None else {**proposed, "hidden": tuple(int(width) for width in widths.split("-"))}

    def key(self) -> dict[str, Any]:
        """Everything that the result of a trial depends on, beside its settings."""
        keys = self.who.keys
        return {
            "work": "one trial of a search",
            "rows": digest_of(keys[self.fold.fit], keys[self.fold.inner]).hexdigest(),
            "columns": [column.name for column in self.table.features],
            "contract": f"{self.table.contract.name} {self.table.contract.version}",
            "at": self.table.at,
            "seed": self.config.seed,
            "given": self.given,
        }

    def judge(self, proposed: Settings, watch: Watch) -> float:
        """Train on `fit`; return the lowest cross-entropy on `inner`."""
        model: Any = make_model(  # the network: only it takes groups
            OURS,
            columns=self.table.features,
            random_state=self.config.seed,
            log=_Watching(watch),
            **{**self.given, **self.settings(proposed)},
        )
        model.kept_teachers = self.teachers
        inputs, outcome, fold = self.table.inputs, self.table.outcome, self.fold
        inner = (inputs[fold.inner], outcome[fold.inner])
        model.fit(inputs[fold.fit], outcome[fold.fit], inner=inner, groups=self.who.groups[fold.fit])
        return float(min(epoch.validation_loss for epoch in model[-1].history_))


class _Watching(TensorBoardLog):
    """Hands each epoch to the search instead of TensorBoard, and stops a training that is given up."""

    def __init__(self, watch: Watch) -> None:
        super().__init__("")
        self._watch = watch

    @contextmanager
    def watch(self, network: Any, settings: Mapping[str, Any]) -> Iterator[Callable[[Any, Any], None]]:
        def hand_over(epoch: Any, seen: Any) -> None:
            if self._watch(epoch.epoch - 1, epoch.validation_loss):
                raise GivenUp

        yield hand_over

    def named(self, fit: str) -> TensorBoardLog:
        return _Quiet(self.root)  # the search follows the first network of several


class _Quiet(TensorBoardLog):
    """Writes nothing."""

    @contextmanager
    def watch(self, network: Any, settings: Mapping[str, Any]) -> Iterator[Callable[[Any, Any], None]]:
        yield lambda epoch, seen: None

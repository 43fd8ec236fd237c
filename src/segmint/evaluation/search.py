"""Search for settings: Optuna proposes, a trial trains on most rows and is judged on inner rows, and can be taken up again.

Optuna's TPE (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization", NeurIPS) proposes from what earlier
trials found; the median rule gives up a trial that is behind. Every finished trial is remembered. With the same seed the
same results lead to the same proposals, so a search that was interrupted replays in an instant and goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segmint.errors import DataError, require
from segmint.progress import Progress, Remember, silent

Settings = dict[str, Any]
# Told the loss after an epoch; True gives the trial up.
Watch = Callable[[int, float], bool]
Judge = Callable[[Settings, Watch], float]
STARTUP = 8


class GivenUp(Exception):  # noqa: N818
    """A trial was given up because it was behind."""


@dataclass(frozen=True)
class Range:
    """What one setting may be: one of `choices`, or a number from `low` to `high`."""

    choices: tuple[str | int | float, ...] = ()
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    whole: bool = False

    def ask(self, trial: Any, name: str) -> Any:
        """Let Optuna choose."""
        if self.choices:
            return trial.suggest_categorical(name, list(self.choices))
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Trial:
    """One trial: its settings, the loss after each epoch, and whether it was given up."""

    number: int
    settings: Settings
    losses: tuple[float, ...]
    given_up: bool
    seconds: float

    @property
    def loss(self) -> float:
        """The lowest loss of its epochs; lower is better."""
        return min(self.losses)


@dataclass(frozen=True)
class Searched:
    """What a search found.

    Attributes
    ----------
    trials : tuple of Trial
        Number 0 has the settings that the search started from.
    best : Trial
    """

    trials: tuple[Trial, ...]
    best: Trial

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"trials": [asdict(trial) | {"loss": trial.loss} for trial in self.trials], "best": self.best.number}


def require_optuna() -> Any:
    """Return the package that proposes settings.

    Raises
    ------
    MissingExtraError
        If Optuna is not installed.
    """
    require("optuna")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def search(
    judge: Judge,
    space: Mapping[str, Range],
    start: Settings,
    *,
    seconds: float | None,
    trials: int | None,
    seed: int,
    remember: Remember,
    key: Mapping[str, Any],
    progress: Progress = silent,
) -> Searched:
    """Try settings until the time is spent or enough were tried.

    Parameters
    ----------
    judge : callable (settings, watch) -> float
        Trains and calls ``watch(epoch, loss)`` after each epoch, from 0; raises `GivenUp` when that returns True.
    space : mapping of str to Range
    start : dict
        The settings of trial 0, all of them in `space`.
    seconds, trials : float and int, or None
        The search ends with whatever is reached first; at least trial 0 is made. Seconds of remembered trials count.
    seed : int
    remember : callable
        Keeps every trial under `key`, its number and its settings.
    key : mapping
        Names everything else that the result of a trial depends on.
    progress : Progress

    Raises
    ------
    MissingExtraError
        If Optuna is not installed.
    """
    optuna = require_optuna()
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
    )
    study.enqueue_trial(start)
    made: list[Trial] = []
    while not made or not _over(made, seconds, trials):
        _tell(progress, made, seconds, trials)
        asked = study.ask()
        settings = {name: some.ask(asked, name) for name, some in space.items()}
        found = _made(judge, asked, settings, remember, {**key, "trial": len(made), "settings": settings})
        made.append(Trial(len(made), settings, *found))
        if made[-1].given_up:
            study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(asked, made[-1].loss)
    _tell(progress, made, seconds, trials)
    finished = [trial for trial in made if not trial.given_up]
    return Searched(tuple(made), min(finished, key=lambda trial: trial.loss))


def _made(
    judge: Judge, asked: Any, settings: Settings, remember: Remember, key: Mapping[str, Any]
) -> tuple[tuple[float, ...], bool, float]:
    """Make a trial, or recall it and tell Optuna what it was told then."""
    fresh: list[float] = []

    def compute() -> dict[str, Any]:
        began = time.perf_counter()

        def watch(epoch: int, loss: float) -> bool:
            fresh.append(float(loss))
            asked.report(float(loss), epoch)
            return bool(asked.should_prune())

        try:
            judge(settings, watch)
            given_up = False
        except GivenUp:
            given_up = True
        return {"losses": list(fresh), "given_up": given_up, "seconds": time.perf_counter() - began}

    found = remember(key, compute)
    if not found["losses"]:
        raise DataError(
            "A trial of the search trained no epoch.", expected="at least one epoch", fix="see model.epochs"
        )
    for epoch, loss in enumerate(found["losses"] if not fresh else ()):
        asked.report(loss, epoch)
    return tuple(found["losses"]), bool(found["given_up"]), float(found["seconds"])


def _over(made: list[Trial], seconds: float | None, trials: int | None) -> bool:
    spent = sum(trial.seconds for trial in made)
    return (trials is not None and len(made) >= trials) or (seconds is not None and spent >= seconds)


def _tell(progress: Progress, made: list[Trial], seconds: float | None, trials: int | None) -> None:
    spent = sum(trial.seconds for trial in made)
    shares = [spent / seconds if seconds else 0.0, len(made) / trials if trials else 0.0]
    progress("searching for settings", min(round(100 * max(shares)), 100), 100)

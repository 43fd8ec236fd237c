"""Strategies of a backtest: ways of saying, before a wave, who is likely to answer or who is called.

A strategy is shown a `Moment`: the wave's customers and everything known when it is decided. It cannot look at the
future because the future is not in its hands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arrays import Floats, Mask
from segmint.evaluation.recalibration import intercept_shift, slope_of, turned
from segmint.metrics.calibration import log_loss, shifted
from segmint.models.reads import read_by
from segmint.splits.folds import inner_split

FEWEST_RESPONDERS = 10
FEWEST_RESOLVED = 200  # calls that the intercept rests on: of fewer, the rest are taken to have gone as promised


@dataclass(frozen=True)
class Proposal:
    """What a strategy proposes for a wave.

    Attributes
    ----------
    propensity : ndarray of shape (n,) or None
        What each customer is promised to answer, as it would be used to decide. None from a strategy that names
        customers without propensities.
    raw : ndarray of shape (n,) or None
        The propensity before recalibration, on which ranking metrics are made.
    called : ndarray of shape (n,) or None
        Whom a strategy calls that decides by itself; None leaves that to the contact policy.
    most : float, optional
        How many of them are called, anyone as likely as the next; None calls them all.
    """

    propensity: Floats | None = None
    raw: Floats | None = None
    called: Mask | None = None
    most: float | None = None

    @property
    def chances(self) -> Floats:
        """How likely each customer is called by a strategy that decides by itself."""
        if self.called is None:
            raise ValueError("a strategy said neither who is likely to answer nor who is called")
        named = int(self.called.sum())
        whole = self.most is None or self.most >= named
        return np.where(self.called, 1.0 if whole or self.most is None else self.most / named, 0.0)


@dataclass(frozen=True)
class Told:
    """What a strategy said of customers whose outcome is known by now, each before it was; NaN where it said nothing."""

    raw: Floats
    propensity: Floats


@dataclass(frozen=True)
class Moment:
    """All that is known when a wave is decided.

    Attributes
    ----------
    number : int
        Of the wave, from 1.
    customers : polars.DataFrame
        Feature columns of the wave.
    groups : ndarray
        Their groups, among `known_groups`.
    known : polars.DataFrame
        Feature columns of earlier customers with a known outcome, in the order of time.
    outcome : ndarray of str
        Their outcomes.
    known_groups, known_keys : ndarray
        Their groups and fingerprints.
    positive : str
        The outcome that means yes.
    told : mapping of str to Told
        What each strategy said of the known customers before their outcome was known.
    able : ndarray of bool
        Which customers of the wave can be called at all.
    looks : mapping of str to Proposal
        What strategies before this one say of the present wave.
    decided : mapping of str to ndarray
        How likely strategies before this one call each customer of the present wave; 1 or 0 where they choose.
    memory : dict
        What this strategy kept from earlier waves of this backtest, to read and to write.
    """

    number: int
    customers: pl.DataFrame
    groups: NDArray[np.int64]
    known: pl.DataFrame
    outcome: NDArray[np.str_]
    known_groups: NDArray[np.int64]
    known_keys: NDArray[np.uint64]
    positive: str
    told: Mapping[str, Told]
    able: Mask
    looks: Mapping[str, Proposal] = field(default_factory=dict)
    decided: Mapping[str, Floats] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def said_yes(self) -> Mask:
        """Whether each known customer said yes."""
        yes: Mask = self.outcome == self.positive
        return yes


class Strategy(Protocol):
    """A way of choosing. `settings` is plain JSON and tells it from others; `hidden` ones are not reported."""

    @property
    def name(self) -> str:
        """Its word in tables."""

    @property
    def label(self) -> str:
        """Its name for people."""

    @property
    def hidden(self) -> bool:
        """Whether it only serves others."""

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that changes what it says."""

    def begins(self, number: int) -> int:
        """The first wave that must have been looked at for this strategy to remember what it needs at `number`."""

    def look(self, moment: Moment) -> Proposal:
        """Say who is likely to answer, or who is called."""


class Forgetful:
    """A strategy that needs nothing from earlier waves, and is reported."""

    hidden: ClassVar[bool] = False

    def begins(self, number: int) -> int:
        """Begin anywhere."""
        return number


@dataclass(frozen=True)
class Learner:
    """A model under the drift kit: sliding window, refresh cadence, recalibrated intercept.

    Attributes
    ----------
    name, label : str
    make : callable
        Makes a fresh model with ``fit(X, y, inner=(X, y))``, ``predict_proba(X)`` and ``classes_``. One that has
        `reads_upcoming` is also shown the wave's customers, as ``fit(..., upcoming=X)``; one that has `reads_groups` is
        told which rows are of one customer, as ``fit(..., groups=groups)``.
    window : int or None
        Calls to learn from, the latest; None for all.
    every : int or None
        Waves between refits; None never refits: the static model.
    recalibrate : int
        Latest resolved calls on which the intercept is moved, twice as many on which the slope is; 0 leaves both.
    inner : float, optional
        Share of the window for early stopping and the model's own calibration.
    model : str
        What `make` makes, for `settings`; defaults to `name`.
    """

    name: str
    label: str
    make: Callable[[], Any]
    window: int | None = 20_000
    every: int | None = 1
    recalibrate: int = 1_000
    inner: float | None = None
    seed: int = 7
    model: str = ""
    hidden: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that changes what it says."""
        return {
            "kind": "learner", "model": self.model or self.name, "window": self.window, "every": self.every,
            "recalibrate": self.recalibrate, "fewest": FEWEST_RESOLVED, "slope": True, "inner": self.inner, "seed": self.seed,
        }  # fmt: skip

    def look(self, moment: Moment) -> Proposal:
        """Learn from the window if a refit is due, predict the wave, move the intercept."""
        model = self._model(moment)
        raw = _propensities(model, moment.customers, moment.positive)
        return Proposal(self._recalibrated(raw, moment), raw)

    def _recalibrated(self, raw: Floats, moment: Moment) -> Floats:
        """Learn from the latest calls that this strategy had propensities for before they were resolved."""
        told = moment.told.get(self.name)
        if not self.recalibrate or told is None:
            return raw
        latest = np.flatnonzero(np.isfinite(told.raw))
        long, short = latest[-2 * self.recalibrate :], latest[-self.recalibrate :]
        slope, middle = slope_of(told.raw[long], moment.said_yes[long])
        said, fewest = turned(told.raw[short], slope, middle), min(FEWEST_RESOLVED, self.recalibrate)
        shift = intercept_shift(said, moment.said_yes[short], at_least=fewest)
        return shifted(turned(raw, slope, middle), shift)

    def begins(self, number: int) -> int:
        """Begin at the last refit."""
        if self.every is None:
            return 1
        return number - (number - 1) % self.every

    def _model(self, moment: Moment) -> Any:
        if moment.number == self.begins(moment.number):
            moment.memory["model"] = self._learned(moment)
        return moment.memory["model"]

    def _learned(self, moment: Moment) -> Any:
        window = slice(None if self.window is None else -self.window, None)
        known, outcome, groups = moment.known[window], moment.outcome[window], moment.known_groups[window]
        if not teaches(outcome == moment.positive):
            return _Average(float(np.mean(outcome == moment.positive)) if outcome.size else 0.5, moment.positive)
        fit, held = inner_split(outcome, groups, share=self.inner, seed=self.seed, keys=moment.known_keys[window])
        lesson = (known[fit], outcome[fit])
        inner = (known[held], outcome[held])
        model = self.make()
        more = read_by(model, groups=groups[fit], upcoming=moment.customers, upcoming_groups=moment.groups)
        model.fit(*lesson, inner=inner, **more)
        return model


def teaches(said_yes: Mask) -> bool:
    """Whether there are customers enough of both outcomes to learn from."""
    yes = int(said_yes.sum())
    return min(yes, said_yes.size - yes) >= FEWEST_RESPONDERS


@dataclass(frozen=True)
class _Average:
    """What stands in for a model where there is too little to learn from: the rate for everyone."""

    rate: float
    positive: str

    @property
    def classes_(self) -> NDArray[np.str_]:
        return np.array([self.positive])

    def predict_proba(self, X: pl.DataFrame) -> Floats:
        return np.full((X.height, 1), self.rate)


@dataclass(frozen=True)
class BestSoFar(Forgetful):
    """The candidate whose propensities served best on calls already resolved: a choice never made in hindsight.

    Attributes
    ----------
    candidates : tuple of str
        Names of strategies that come before this one; of equals, and while nothing is resolved, the first.
    last : int
        Resolved calls to judge by, the latest; the judge is the log loss of the propensities as they were used.
    """

    name: str
    label: str
    candidates: tuple[str, ...]
    last: int = 5_000

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that changes what it says."""
        return {"kind": "best so far", "candidates": list(self.candidates), "last": self.last}

    def look(self, moment: Moment) -> Proposal:
        """Say what the best candidate so far says."""
        return moment.looks[min(self.candidates, key=lambda name: self._loss(moment, name))]

    def _loss(self, moment: Moment, name: str) -> float:
        told = moment.told[name].propensity
        latest = np.flatnonzero(np.isfinite(told))[-self.last :]
        return log_loss(moment.said_yes[latest], told[latest]) if latest.size else 0.0


@dataclass(frozen=True)
class Everyone(Forgetful):
    """Call everyone."""

    name: str = "everyone"
    label: str = "Call everyone"

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that changes what it says."""
        return {"kind": "everyone"}

    def look(self, moment: Moment) -> Proposal:
        """Call each customer of the wave."""
        return Proposal(called=moment.able)


@dataclass(frozen=True)
class Rule(Forgetful):
    """Today's rule: call whom a function of the columns names.

    Attributes
    ----------
    choose : callable
        Takes the wave's feature columns, returns True for who is called.
    text : str
        The rule as written; it tells rules apart.
    """

    choose: Callable[[pl.DataFrame], Any]
    text: str
    name: str = "rule"
    label: str = "Today's rule"

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that changes what it says."""
        return {"kind": "rule", "text": self.text}

    def look(self, moment: Moment) -> Proposal:
        """Call whom the rule names."""
        return Proposal(called=np.asarray(self.choose(moment.customers), dtype=bool) & moment.able)


@dataclass(frozen=True)
class AtRandom(Forgetful):
    """Call as many as another strategy does, but anyone who can be called: what the choosing itself is worth.

    Attributes
    ----------
    as_many_as : str
        A strategy that comes before this one.
    """

    as_many_as: str
    name: str = "random"
    label: str = "As many calls, at random"

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that changes what it says."""
        return {"kind": "random", "as_many_as": self.as_many_as}

    def look(self, moment: Moment) -> Proposal:
        """Give everyone the same chance: what a draw brings on average, as a single one may bring anything."""
        return Proposal(called=moment.able, most=float(moment.decided[self.as_many_as].sum()))


def _propensities(model: Any, customers: pl.DataFrame, positive: str) -> Floats:
    place = [str(name) for name in model.classes_].index(positive)
    return np.asarray(model.predict_proba(customers), dtype=np.float64)[:, place]

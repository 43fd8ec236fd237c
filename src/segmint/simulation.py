"""Campaign tables whose truth is known: who would say yes, what a call changes, which segment stands behind a row.

The customers are planted in four segments, each with its own age, work, household, holdings and interests. Propensity
is a smooth function of columns that a bank knows when it plans, with a few interactions; the segment acts through these
columns only, so it can be found but is never handed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any, Literal, TypedDict

import numpy as np
import polars as pl
from numpy.random import Generator
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.wording import counted

Drift = Literal["inputs", "effects", "base_rate"]

BLOCK = 131_072
SEGMENTS = ("young starters", "busy families", "established professionals", "calm savers")
SEGMENT_SHARES = (0.27, 0.33, 0.18, 0.22)
JOBS = ("student", "clerk", "technician", "manager", "self-employed", "retired")
INTERESTS = ("travel", "home", "investing", "family", "sports")
CHANNELS = ("mobile", "landline")
EARLIER = ("none", "failure", "success")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
GAPS = ("age", "job", "balance", "satisfaction", "interest")

_AGE = np.array([26.0, 39.0, 47.0, 66.0])
_AGE_SPREAD = np.array([4.0, 6.0, 8.0, 7.0])
_LOG_BALANCE = np.array([6.0, 6.6, 8.6, 8.1])
_HOUSEHOLD = np.array([0.4, 2.4, 1.1, 0.7])
_SATISFACTION = np.array([6.4, 5.8, 7.2, 7.8])
_LOAN = np.array([0.15, 0.65, 0.35, 0.05])
_CARD = np.array([0.70, 0.55, 0.80, 0.30])
_JOBS = np.array(
    [
        [0.45, 0.25, 0.22, 0.03, 0.05, 0.00],
        [0.02, 0.38, 0.34, 0.12, 0.13, 0.01],
        [0.00, 0.14, 0.18, 0.43, 0.22, 0.03],
        [0.00, 0.06, 0.05, 0.05, 0.06, 0.78],
    ]
)
_INTERESTS = np.array(
    [
        [0.42, 0.05, 0.13, 0.05, 0.35],
        [0.12, 0.33, 0.06, 0.37, 0.12],
        [0.22, 0.15, 0.43, 0.10, 0.10],
        [0.25, 0.28, 0.18, 0.24, 0.05],
    ]
)
_JOB_EFFECT = np.array([0.5, -0.2, -0.1, 0.15, -0.3, 0.45])
_INTEREST_EFFECT = np.array([0.0, -0.1, 0.55, -0.35, 0.05])
_EARLIER_EFFECT = np.array([0.0, 0.25, 1.7])

# beyond these log-odds every probability is 0 or 1; more customers would take days, more months no calendar has
_KINDS: dict[str, tuple[Any, str]] = {"int": (Integral, "a whole number"), "float": (Real, "a number")}
_LIMITS = {
    "rows": (1, 100_000_000),
    "waves": (1, 1_000),
    "call_effect": (-20, 20),
    "drift_size": (-20, 20),
    "cost": (0, 1_000_000_000),
    "value": (0, 1_000_000_000),
    "first": (0, 50_000_000),
}


@dataclass(frozen=True, repr=False)
class Campaign:
    """What to simulate.

    Attributes
    ----------
    rows : int
        Customers in all waves together.
    seed : int
        The same seed gives the same table.
    waves : int
        Campaign periods, a month each.
    base_rate : float
        Share of called customers who say yes in the first wave, in (0, 1).
    call_effect : float
        How much a call adds to the log-odds of a customer of average satisfaction.
    control_share : float
        Share of customers deliberately not called, in [0, 1).
    drift : tuple of {"inputs", "effects", "base_rate"}
        What changes from the first wave to the last: who the customers are, what moves them, how many say yes.
    drift_size : float
        How much it changes; 1 is plain to see.
    missing_share : float
        Share of empty cells in the columns `GAPS`, at random.
    cost, value : float
        Cost of a call and mean value of a yes, in account currency.
    first : int
        Number of the first customer: a second table, with a `seed` of its own, has other people under other ids.
    """

    rows: int = 20_000
    seed: int = 7
    waves: int = 6
    base_rate: float = 0.12
    call_effect: float = 1.2
    control_share: float = 0.0
    drift: tuple[Drift, ...] = ()
    drift_size: float = 1.0
    missing_share: float = 0.02
    cost: float = 5.0
    value: float = 80.0
    first: int = 0

    def __post_init__(self) -> None:
        self._require_kinds()
        for name, (least, most) in _LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:  # nor is what is no number
                raise ValueError(f"{name} must lie between {least:,} and {most:,}. Got {value} instead.")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0. Got {self.seed} instead.")
        if not 0 < self.base_rate < 1:
            raise ValueError(f"base_rate must be above 0 and below 1. Got {self.base_rate} instead.")
        for name in ("control_share", "missing_share"):
            if not 0 <= (share := getattr(self, name)) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1. Got {share} instead.")
        if strangers := set(self.drift) - {"inputs", "effects", "base_rate"}:
            raise ValueError(
                f"drift must be inputs, effects or base_rate. Got {', '.join(sorted(map(str, strangers)))} instead."
            )

    def __repr__(self) -> str:
        return f"<Campaign of {counted(self.rows, 'row')}: {counted(self.waves, 'wave')}, seed {self.seed}>"

    def _require_kinds(self) -> None:
        """Refuse numbers that came as texts, and one kind of drift where a tuple is meant."""
        for field in fields(self):
            given = getattr(self, field.name)
            kind, said = _KINDS.get(str(field.type), (tuple, "a tuple"))
            if not isinstance(given, kind) or isinstance(given, bool):
                raise ValueError(f"{field.name} must be {said}. Got {given!r} instead.")


class CampaignSettings(TypedDict, total=False):
    """What may be said of a `Campaign`; it says itself what holds where nothing is said."""

    rows: int
    seed: int
    waves: int
    base_rate: float
    call_effect: float
    control_share: float
    drift: tuple[Drift, ...]
    drift_size: float
    missing_share: float
    cost: float
    value: float
    first: int


@dataclass(frozen=True)
class Simulated:
    """A campaign table and the truth behind it, row by row.

    Attributes
    ----------
    frame : polars.DataFrame of shape (rows, 22)
        The table; the contract "simulated-campaign" describes it.
    truth : polars.DataFrame of shape (rows, 6)
        customer_id, wave, segment, propensity (probability of yes if called), propensity_uncalled, uplift.
    """

    frame: pl.DataFrame
    truth: pl.DataFrame


def simulate(campaign: Campaign) -> Simulated:
    """Simulate a whole campaign table."""
    blocks = list(simulate_batches(campaign))
    return Simulated(pl.concat([b.frame for b in blocks]), pl.concat([b.truth for b in blocks]))


def simulate_batches(campaign: Campaign) -> Iterator[Simulated]:
    """Simulate block by block, so that a table may be larger than memory; see `simulate`."""
    intercept = _intercept(campaign)
    for start in range(0, campaign.rows, BLOCK):
        rng = np.random.default_rng((campaign.seed, start))
        number = np.arange(start, min(start + BLOCK, campaign.rows))
        yield _block(campaign, number, intercept, rng)


@dataclass(frozen=True)
class _Customers:
    """What is true of each customer, gaps not yet made; every array has shape (rows,)."""

    wave: NDArray[np.int64]
    segment: NDArray[np.int64]
    age: Floats
    job: NDArray[np.int64]
    household: NDArray[np.int64]
    balance: Floats
    loan: NDArray[np.bool_]
    card: NDArray[np.bool_]
    interest: NDArray[np.int64]
    satisfaction: Floats
    earlier: NDArray[np.int64]


def _draw(campaign: Campaign, wave: NDArray[np.int64], rng: Generator) -> _Customers:
    n, shift = len(wave), _shift(campaign, wave, "inputs")
    segment = rng.choice(len(SEGMENTS), size=n, p=SEGMENT_SHARES)
    age = np.clip(_AGE[segment] + _AGE_SPREAD[segment] * rng.standard_normal(n) + 8 * shift, 18, 95)
    log_balance = _LOG_BALANCE[segment] + 0.9 * rng.standard_normal(n) - 0.5 * shift
    satisfaction = _SATISFACTION[segment] + 1.6 * rng.standard_normal(n) - 1.0 * shift
    return _Customers(
        wave=wave,
        segment=segment,
        age=np.floor(age),
        job=_categories(_JOBS[segment], rng),
        household=1 + rng.poisson(_HOUSEHOLD[segment]),
        balance=np.round(np.exp(log_balance) - 250, 2),
        loan=rng.random(n) < _LOAN[segment],
        card=rng.random(n) < np.clip(_CARD[segment] - 0.3 * shift, 0, 1),
        interest=_categories(_INTERESTS[segment], rng),
        satisfaction=np.clip(np.round(satisfaction), 1, 10),
        earlier=rng.choice(3, size=n, p=(0.72, 0.2, 0.08)),
    )


def _log_odds(campaign: Campaign, who: _Customers) -> Floats:
    """Log-odds of yes if called, up to the intercept."""
    shift = _shift(campaign, who.wave, "effects")
    wealth = (np.log(np.maximum(who.balance + 260, 1.0)) - 7.0) / 1.3
    mood = (who.satisfaction - 6.5) / 2
    effects = (
        1.1 * np.square((who.age - 45) / 20)
        + _JOB_EFFECT[who.job]
        + _INTEREST_EFFECT[who.interest]
        + _EARLIER_EFFECT[who.earlier]
        + (0.7 - 1.4 * shift) * wealth
        + 0.5 * mood
        - 0.6 * who.loan
        + 0.15 * who.card
        - 0.1 * (who.household - 2)
        + 0.4 * wealth * (who.interest == INTERESTS.index("investing"))
        - 0.4 * who.loan * (who.age < 35)
    )
    return np.asarray(0.8 * effects + _shift(campaign, who.wave, "base_rate"), dtype=np.float64)


def _intercept(campaign: Campaign) -> float:
    """Find the intercept that gives the base rate in the first wave, by bisection on customers of its own."""
    wave = np.zeros(50_000, dtype=np.int64)
    odds = _log_odds(campaign, _draw(campaign, wave, np.random.default_rng((campaign.seed, 2**32))))
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _logistic(odds + middle).mean() < campaign.base_rate else (low, middle)
    return (low + high) / 2


def _block(campaign: Campaign, number: NDArray[np.int64], intercept: float, rng: Generator) -> Simulated:
    n = len(number)
    who = _draw(campaign, number * campaign.waves // campaign.rows, rng)
    odds = _log_odds(campaign, who) + intercept
    # content customers would have come by themselves; a call moves the others more
    effect = campaign.call_effect * np.clip(1 - (who.satisfaction - 6.5) / 8, 0, None)
    propensity, uncalled = _logistic(odds), _logistic(odds - effect)
    called = rng.random(n) >= campaign.control_share
    yes = rng.random(n) < np.where(called, propensity, uncalled)
    ids = pl.Series("customer_id", [f"C{i:08d}" for i in campaign.first + number])
    frame = _frame(campaign, who, ids, called, yes, rng)
    truth = pl.DataFrame(
        {
            "customer_id": ids,
            "wave": _waves(who.wave),
            "segment": _named(SEGMENTS, who.segment),
            "propensity": propensity,
            "propensity_uncalled": uncalled,
            "uplift": propensity - uncalled,
        }
    )
    return Simulated(frame, truth)


def _frame(
    campaign: Campaign,
    who: _Customers,
    ids: pl.Series,
    called: NDArray[np.bool_],
    yes: NDArray[np.bool_],
    rng: Generator,
) -> pl.DataFrame:
    n = len(ids)
    contacted = who.earlier > 0
    talk = rng.gamma(2.0, 90.0 + 180.0 * yes)
    frame = pl.DataFrame(
        {
            "customer_id": ids,
            # numbers reserved for fiction: nobody answers
            "phone": [f"+1-555-01{i % 100:02d}-{i // 100:06d}" for i in rng.integers(0, 10**8, size=n)],
            "wave": _waves(who.wave),
            "age": who.age.astype(np.int64),
            "job": _named(JOBS, who.job),
            "household": who.household,
            "balance": who.balance,
            "loan": _yes_no(who.loan),
            "card": _yes_no(who.card),
            "interest": _named(INTERESTS, who.interest),
            "satisfaction": who.satisfaction.astype(np.int64),
            "earlier_outcome": _named(EARLIER, who.earlier),
            "days_since_call": np.where(contacted, rng.integers(20, 700, size=n), -1),
            "consent": _yes_no(rng.random(n) < 0.93),
            "month": _named(MONTHS, who.wave % 12),
            "channel": _named(CHANNELS, (rng.random(n) < 0.2).astype(np.int64)),
            "calls": 1 + rng.poisson(1.2, size=n),
            "called": _yes_no(called),
            "talk_seconds": np.where(called, np.round(talk), 0).astype(np.int64),
            "cost": np.full(n, campaign.cost),
            "value": np.round(campaign.value * np.exp(0.3 * rng.standard_normal(n) - 0.045), 2),
            "subscribed": _yes_no(yes),
        }
    )
    gaps = {name: pl.Series(rng.random(n) < campaign.missing_share) for name in GAPS}
    return frame.with_columns(pl.when(~gap).then(pl.col(name)).alias(name) for name, gap in gaps.items())


def _shift(campaign: Campaign, wave: NDArray[np.int64], kind: Drift) -> Floats:
    """How far the drift of a kind has come in each row: 0 in the first wave, `drift_size` in the last."""
    if kind not in campaign.drift:
        return np.zeros(len(wave))
    return campaign.drift_size * wave / max(campaign.waves - 1, 1)


def _categories(probabilities: Floats, rng: Generator) -> NDArray[np.int64]:
    """Draw one category for each row of probabilities; shape (rows, categories) to (rows,)."""
    cumulative = probabilities.cumsum(axis=1)
    passed = rng.random(len(probabilities))[:, None] > cumulative
    return np.asarray(np.minimum(passed.sum(axis=1), probabilities.shape[1] - 1), dtype=np.int64)


def _named(names: tuple[str, ...], index: NDArray[np.int64]) -> pl.Series:
    return pl.Series(np.array(names)[index].tolist(), dtype=pl.String)


def _waves(wave: NDArray[np.int64]) -> pl.Series:
    """The first day of each wave's month, from January 2025 on, as text."""
    firsts = [f"{2025 + i // 12}-{i % 12 + 1:02d}-01" for i in range(int(wave.max()) + 1)]
    return _named(tuple(firsts), wave)


def _yes_no(flags: NDArray[np.bool_]) -> pl.Series:
    return _named(("no", "yes"), flags.astype(np.int64))


def _logistic(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float64)

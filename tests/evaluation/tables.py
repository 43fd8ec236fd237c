"""Small tables and stand-in models whose truth is known."""

from __future__ import annotations

import numpy as np
import polars as pl

from segmint.contract.column import Column, State
from segmint.contract.contract import Contract, Outcome
from segmint.contract.ledger import Ledger
from segmint.contract.valid_table import ValidTable

COLUMNS = (
    Column(name="age", kind="number", role="characteristic", label="age", unit="years"),
    Column(name="job", kind="category", role="characteristic", label="profession"),
    Column(
        name="pdays",
        kind="number",
        role="history",
        label="days since the last call",
        unit="calendar days",
        states=(State(value=-1, name="never contacted"),),
    ),
)
RESPONSE = Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
ASSIGNMENT = Outcome(column="y", kind="assignment", levels=("A", "B", "C"))


def valid(frame: pl.DataFrame, outcome: Outcome, columns: tuple[Column, ...] = COLUMNS) -> ValidTable:
    return ValidTable(
        frame=frame,
        raw=frame.with_columns(pl.int_range(frame.height).alias("line")),
        records=np.arange(1, frame.height + 1),
        flags=pl.Series([""] * frame.height, dtype=pl.String),
        contract=Contract(name="small", outcome=outcome, columns=columns),
        at="planning",
        ledger=Ledger(read=frame.height, accepted=frame.height),
    )


def campaign(n: int = 600, seed: int = 7, strength: float = 1.5) -> ValidTable:
    """A response that depends on age with `strength` and on nothing else."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, n).astype(float)
    logit = -1.5 + strength * (age - 49) / 18
    yes = random.random(n) < 1 / (1 + np.exp(-logit))
    return valid(
        pl.DataFrame(
            {
                "age": age,
                "job": random.choice(["clerk", "nurse", "pilot"], n),
                "pdays": np.where(random.random(n) < 0.7, -1.0, random.integers(0, 400, n)),
                "y": np.where(yes, "yes", "no"),
            }
        ),
        RESPONSE,
    )


def segments(n: int = 600, seed: int = 7) -> ValidTable:
    """Three segments that age tells apart, with noise."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, n).astype(float)
    place = np.clip((age + random.normal(0, 12, n) - 18) // 21, 0, 2).astype(int)
    return valid(
        pl.DataFrame(
            {
                "age": age,
                "job": random.choice(["clerk", "nurse"], n),
                "pdays": np.full(n, -1.0),
                "y": np.array(["A", "B", "C"])[place],
            }
        ),
        ASSIGNMENT,
    )


class ByAge:
    """Histogram over ages: a model that learns quickly and never fails."""

    def __init__(self, width: float = 10.0, sharpness: float = 1.0) -> None:
        self.width, self.sharpness = width, sharpness
        self.seen: list[int] = []

    def get_params(self) -> dict[str, float]:
        return {"width": self.width, "sharpness": self.sharpness}

    def _bins(self, X: pl.DataFrame) -> np.ndarray:
        return np.minimum(X["age"].to_numpy() // self.width, 20).astype(int)

    def fit(self, X, y, *, inner=None):
        self.classes_, index = np.unique(y, return_inverse=True)
        base = np.bincount(index) / len(y)
        self.table = np.tile(5 * base, (21, 1))
        np.add.at(self.table, (self._bins(X), index), 1)
        self.table = (self.table / self.table.sum(axis=1, keepdims=True)) ** self.sharpness
        self.table /= self.table.sum(axis=1, keepdims=True)
        return self

    def predict_proba(self, X):
        return self.table[self._bins(X)]


class BaseRate(ByAge):
    """Gives everyone the average."""

    def __init__(self) -> None:
        super().__init__(width=1e9)

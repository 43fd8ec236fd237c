"""One small campaign with three kinds of customers, validated and segmented once."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.segments.profile import CallMoney, SegmentProfile, profile_segments
from segmint.segments.segmentation import Segmentation, discover_segments
from segmint.tables.source import open_table

CONTRACT = """
name = "three-kinds"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
unit = "years"
sensitive = true
[columns.job]
kind = "category"
role = "characteristic"
label = "profession"
[columns.housing]
kind = "category"
role = "holding"
label = "has a housing loan"
[columns.balance]
kind = "number"
role = "holding"
label = "balance"
unit = "account currency"
[columns.pdays]
kind = "number"
role = "history"
label = "days since the last call"
states = [{ value = -1, name = "never contacted" }]
[columns.rate]
kind = "number"
role = "context"
label = "interest rate"
[columns.contact]
kind = "category"
role = "context"
label = "channel of the call"
known = "dialling"
"""


def draw_campaign(rows: int = 1_500, seed: int = 3) -> pl.DataFrame:
    """Retired savers say yes often, young students sometimes, workers with loans seldom."""
    random = np.random.default_rng(seed)
    kind = random.choice(3, rows, p=[0.5, 0.3, 0.2])
    jobs = np.array([["blue-collar", "services"], ["student", "services"], ["retired", "management"]])
    chance = np.array([0.05, 0.15, 0.45])
    called = random.random(rows) < np.array([0.1, 0.2, 0.8])[kind]
    return pl.DataFrame(
        {
            "age": (np.array([42, 24, 66])[kind] + random.normal(0, 4, rows)).round(),
            "job": jobs[kind, (random.random(rows) > 0.9).astype(int)],
            "housing": np.where(random.random(rows) < np.array([0.9, 0.1, 0.1])[kind], "yes", "no"),
            "balance": np.exp(random.normal(np.array([5, 4, 8])[kind], 0.7)).round(),
            "pdays": np.where(called, random.integers(1, 300, rows), -1).astype(float),
            "rate": random.normal(size=rows),
            "contact": random.choice(["cellular", "telephone"], rows),
            "y": np.where(random.random(rows) < chance[kind], "yes", "no"),
            "kind": kind,
        }
    ).with_columns(age=pl.when(pl.int_range(rows) % 10 == 0).then(None).otherwise("age"))


@pytest.fixture(scope="session")
def campaign() -> ValidTable:
    return validate(open_table(draw_campaign()), parse_contract(CONTRACT, origin="test"))


@pytest.fixture(scope="session")
def truth() -> np.ndarray:
    return draw_campaign()["kind"].to_numpy()


@pytest.fixture(scope="session")
def found(campaign: ValidTable) -> Segmentation:
    return discover_segments(campaign, random_state=7, money=CallMoney(5.0, 40.0, "EUR"))


@pytest.fixture(scope="session")
def retired(campaign: ValidTable, truth: np.ndarray) -> SegmentProfile:
    return profile_segments(campaign, truth, money=CallMoney(5.0, 40.0, "EUR")).segments[2]

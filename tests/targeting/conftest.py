"""A bank small enough to reason about, with every role that can forbid a call."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.suppress import Suppression, suppress

TODAY = date(2026, 3, 14)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract(
        name="small-bank",
        outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
        columns=(
            Column(name="client", kind="text", role="id", label="client"),
            Column(name="full_name", kind="text", role="name", label="name"),
            Column(name="mobile", kind="text", role="phone", label="mobile phone"),
            Column(name="opt_in", kind="category", role="consent", label="consent to calls"),
            Column(name="deceased", kind="category", role="exclude_if", label="deceased"),
            Column(name="arrears", kind="number", role="exclude_if", label="in arrears"),
            Column(
                name="job",
                kind="category",
                role="characteristic",
                label="profession",
                allowed=("clerk", "farmer", "student"),
            ),
            Column(name="balance", kind="number", role="holding", label="balance"),
        ),
    )


def make_customers(n: int = 200, seed: int = 7) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "client": [f"{i:05d}" for i in range(n)],
            "full_name": [f"Customer {i}" for i in range(n)],
            "mobile": [f"+35191{i:07d}" for i in range(n)],
            "opt_in": ["yes"] * n,
            "deceased": ["no"] * n,
            "arrears": [0.0] * n,
            "job": rng.choice(["clerk", "farmer", "student"], n),
            "balance": rng.normal(1000, 500, n).round(2),
            "propensity": rng.beta(1, 6, n),
        }
    )


@pytest.fixture
def customers() -> pl.DataFrame:
    return make_customers()


def make_policy(cost: float | str = 5.0, value: float | str = 100.0, **rules: object) -> ContactPolicy:
    calls = rules.pop("calls_per_customer", 1.0)
    money = {"cost_per_call": cost, "value_per_success": value, "calls_per_customer": calls}
    return ContactPolicy(economics=money, **{"holdout_share": 0.0, **rules})


def run(frame: pl.DataFrame, contract: Contract, policy: ContactPolicy) -> Suppression:
    return suppress(frame["client"], frame, contract, policy, today=TODAY)


def doubted(found: Suppression, title: str) -> list[str]:
    """What is said under a title of what may be wrong."""
    return [doubt["sentence"] for doubt in found.doubts if doubt["title"] == title]


def with_columns(contract: Contract, *columns: Column) -> Contract:
    return Contract(name="other", outcome=contract.outcome, columns=columns)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path

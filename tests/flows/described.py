"""Customers who are old or young, in waves."""

from __future__ import annotations

import numpy as np
import polars as pl

WAVE = """
name = "waves"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
label = "said yes"
[columns.id]
label = "id"
role = "id"
kind = "text"
[columns.age]
label = "age"
kind = "number"
role = "characteristic"
[columns.job]
label = "job"
kind = "category"
role = "characteristic"
[columns.plan]
label = "plan"
kind = "category"
role = "holding"
"""


def wave(first: int, rows: int, seed: int, share: float) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    old = np.random.default_rng(0).random(10_000)[first : first + rows] < share
    return pl.DataFrame(
        {
            "id": [f"customer-{number}" for number in range(first, first + rows)],
            "age": np.where(old, 65, 30) + random.integers(-4, 5, rows),
            "job": np.where(old, "retired", np.where(random.random(rows) < 0.5, "student", "services")),
            "plan": np.where(random.random(rows) < np.where(old, 0.9, 0.1), "yes", "no"),
            "y": np.where(random.random(rows) < np.where(old, 0.4, 0.1), "yes", "no"),
        }
    )


def rows_of_customers(rows: int, customers: int, seed: int = 1) -> pl.DataFrame:
    """Rows that describe anybody, with ids of few customers."""
    ids = pl.Series([f"customer-{number % customers}" for number in range(rows)])
    return wave(0, rows, seed, 0.3).with_columns(id=ids)

"""Small networks with known behaviour, made without training."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from segmint.contract.contract import Contract, parse_contract
from segmint.models.predict import Predictor

CONTRACT = """
name = "small"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.customer]
kind = "text"
role = "id"
label = "customer"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
unit = "years"
sensitive = true
[columns.balance]
kind = "number"
role = "holding"
label = "balance"
unit = "account currency"
[columns.job]
kind = "category"
role = "characteristic"
label = "profession"
[columns.loan]
kind = "category"
role = "holding"
label = "has a personal loan"
allowed = ["no", "yes"]
[columns.months]
kind = "number"
role = "history"
label = "months since the last call"
unit = "months"
states = [{ value = -1, name = "never contacted before" }]
missing_means = "no call on record"
"""

JOBS = ("admin.", "retired", "student")
WIDTHS = {"age": 1, "balance": 1, "job": 3, "loan": 2, "months": 3}


def number(
    name: str, center: float, scale: float, states: tuple[float, ...] = (), flag: bool = False
) -> dict[str, Any]:
    return {
        "name": name, "kind": "number", "states": list(states), "flag_missing": flag, "center": center, "scale": scale,
        "edges": [], "scores": [],
    }  # fmt: skip


FEATURES: dict[str, Any] = {
    "format": 1,
    "columns": [
        number("age", 40.0, 10.0),
        number("balance", 1000.0, 1500.0),
        {"name": "job", "kind": "category", "levels": list(JOBS)},
        {"name": "loan", "kind": "category", "levels": ["no", "yes"]},
        number("months", 6.0, 4.0, (-1.0,), flag=True),
    ],
}

REFERENCE: dict[str, Any] = {
    "format": 1,
    "rows": 1000,
    "columns": [
        {"name": "age", "kind": "number", "missing_share": 0.0, "edges": np.arange(22.0, 60.0, 2.0).tolist(),
         "counts": [50] * 20, "states": {}},
        {"name": "balance", "kind": "number", "missing_share": 0.0, "edges": np.linspace(-200, 5000, 19).tolist(),
         "counts": [50] * 20, "states": {}},
        {"name": "job", "kind": "category", "missing_share": 0.0, "levels": {"admin.": 600, "retired": 300, "student": 100}},
        {"name": "loan", "kind": "category", "missing_share": 0.0, "levels": {"no": 850, "yes": 150}},
        {"name": "months", "kind": "number", "missing_share": 0.1, "edges": [1.0, 3.0, 6.0, 12.0],
         "counts": [0, 50, 50, 50, 50], "states": {"-1": 700}},
    ],
}  # fmt: skip


def norm(units: int, place: str) -> dict[str, np.ndarray]:
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    return {f"{place}.{name}": np.full(units, value) for name, value in zip(names, (1.1, 0.2, 0.3, 0.9), strict=True)}


def contract() -> Contract:
    return parse_contract(CONTRACT, origin="test")


def make_predictor(
    features: dict[str, Any] = FEATURES, *, classes: tuple[str, ...] = ("no", "yes"), seed: int = 3, ignored: str = ""
) -> Predictor:
    """A random network of two hidden layers; it does not look at the column `ignored`."""
    from segmint.features.apply import count_features, feature_blocks

    draw = np.random.default_rng(seed)
    inputs, outputs = count_features(features), 1 if len(classes) == 2 else len(classes)
    kernel = draw.normal(size=(inputs, 12))
    for column, block in zip(features["columns"], feature_blocks(features), strict=True):
        if column["name"] == ignored:
            kernel[block] = 0.0
    layers = [
        {"type": "Dense", "units": 12, "activation": "relu"},
        {"type": "BatchNormalization", "epsilon": 0.001},
        {"type": "Dropout", "rate": 0.1},
        {"type": "Dense", "units": 6, "activation": "tanh"},
        {"type": "Dense", "units": outputs, "activation": "linear"},
    ]
    weights = {
        "0.kernel": kernel, "0.bias": draw.normal(size=12), **norm(12, "1"), "3.kernel": 0.5 * draw.normal(size=(12, 6)),
        "3.bias": draw.normal(size=6), "4.kernel": draw.normal(size=(6, outputs)), "4.bias": draw.normal(size=outputs),
    }  # fmt: skip
    network = {"layers": layers, "classes": list(classes)}
    plain = {name: weight.astype(np.float32) for name, weight in weights.items()}
    return Predictor(features, network, plain, {"temperature": 1.2, "offset": -0.3, "surest": 4.0, "threshold": 0.5})


def customers(count: int, seed: int = 0) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    months = np.where(draw.random(count) < 0.6, -1.0, draw.integers(0, 24, count))
    return pl.DataFrame(
        {
            "customer": [f"c{i}" for i in range(count)],
            "age": draw.integers(18, 90, count).astype(float),
            "balance": draw.normal(1000, 2000, count).round(),
            "job": draw.choice(JOBS, count),
            "loan": draw.choice(["no", "yes"], count),
            "months": pl.Series(months).set(pl.Series(draw.random(count) < 0.1), None),
        }
    )

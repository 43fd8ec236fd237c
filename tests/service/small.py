"""The parts of a small bundle of a response: age and job, a fixed network."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from segmint.contract.contract import Contract, parse_contract
from segmint.contract.validate import validate
from segmint.models.predict import Predictor
from segmint.monitoring.reference import reference_of
from segmint.tables.source import open_table

CONTRACT = """
name = "small"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
bounds = [17, 110]
[columns.job]
kind = "category"
role = "characteristic"
label = "job"
allowed = ["admin.", "student"]
[columns.phone]
kind = "text"
role = "phone"
label = "phone"
"""
FEATURES: dict[str, Any] = {
    "columns": [
        {
            "name": "age", "kind": "number", "states": [], "flag_missing": False,
            "center": 40.0, "scale": 10.0, "edges": [], "scores": [],
        },
        {"name": "job", "kind": "category", "levels": ["admin.", "student"]},
    ]
}  # fmt: skip
NETWORK: dict[str, Any] = {
    "format": 1,
    "layers": [
        {"type": "Dense", "units": 4, "activation": "relu"},
        {"type": "BatchNormalization", "epsilon": 0.001},
        {"type": "Dropout", "rate": 0.1},
        {"type": "Dense", "units": 1, "activation": "linear"},
    ],
    "inputs": 3,
    "outputs": 1,
    "head": "logit",
    "classes": ["no", "yes"],
}
CALIBRATION = {"temperature": 1.5, "offset": -0.25, "threshold": 0.5}
GOOD = {"age": 41, "job": "student"}
SEGMENTS: dict[str, Any] = {
    "kind": "discovered",
    "segments": [
        {"key": "1", "name": "Students", "customers": 150, "share": 0.5, "sentences": []},
        {"key": "2", "name": "Others", "customers": 150, "share": 0.5, "sentences": []},
    ],
    "state": {
        "format": 1, "method": "latent-class", "count": 2, "log_shares": [-0.6, -0.8],
        "weights": [[-2.0, 0.5], [3.0, -3.0], [0.2, -0.2], [-0.2, 0.2]],
        "coding": [
            {
                "column": "job", "type": "levels", "levels": ["admin.", "student"], "other": -1, "missing": -1,
                "labels": ["admin.", "student"], "ordered": False, "no_value": [],
            },
            {
                "column": "age", "type": "bands", "cuts": [30.0], "states": [], "missing": -1,
                "labels": ["under 30", "30 or more"], "ordered": True, "codes": [], "recoded": [],
            },
        ],
    },
}  # fmt: skip


def small_weights(seed: int = 7) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    shapes = {"0.kernel": (3, 4), "0.bias": (4,), "3.kernel": (4, 1), "3.bias": (1,)}
    norm = {f"1.{name}": (4,) for name in ("gamma", "beta", "moving_mean", "moving_variance")}
    return {name: np.abs(draw.normal(size=shape)).astype(np.float32) for name, shape in {**shapes, **norm}.items()}


def small_parts(seed: int = 7) -> dict[str, Any]:
    """What `write_bundle` needs."""
    weights = small_weights(seed)
    rows = [{"age": str(20 + i), "job": ("admin.", "student", "nobody")[i % 3]} for i in range(20)]
    frame = pl.DataFrame({"age": [float(row["age"]) for row in rows], "job": [row["job"] for row in rows]})
    likely = Predictor(FEATURES, NETWORK, weights, CALIBRATION).probabilities(frame)
    contract = parse_contract(CONTRACT, origin="test")
    return {
        "contract": contract,
        "at": "planning",
        "features": FEATURES,
        "network": NETWORK,
        "weights": weights,
        "calibration": CALIBRATION,
        "reference": _reference(contract),
        "golden": {"rows": rows, "probabilities": likely.tolist()},
        "card": "# A small model\n",
        "versions": {"segmint": "0.1.0"},
        "quality": {"f1": 0.5},
    }


def _reference(contract: Contract) -> dict[str, Any]:
    draw = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "age": draw.integers(18, 90, 300).astype(str),
            "job": draw.choice(["admin.", "student"], 300),
            "y": draw.choice(["no", "yes"], 300),
        }
    )
    made = reference_of(validate(open_table(frame), contract), ["no", "yes"], None)
    return made | {"average": made["outcome_shares"]}

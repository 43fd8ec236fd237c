"""A small bundle to open, change and break."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.models.predict import Predictor
from segmint.store.bundle import Bundle, write_bundle
from tests.service.small import FEATURES, NETWORK, small_weights

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
"""


def predict(bundle: Bundle, rows: list[dict[str, str]]) -> np.ndarray:
    frame = pl.DataFrame({"age": [float(row["age"]) for row in rows], "job": [row["job"] for row in rows]})
    return Predictor(bundle.features, bundle.network, bundle.weights, bundle.calibration).probabilities(frame)


@pytest.fixture(scope="session")
def parts() -> dict[str, Any]:
    """What `write_bundle` needs, golden rows included."""
    made: dict[str, Any] = {
        "contract": parse_contract(CONTRACT, origin="test"),
        "at": "planning",
        "features": FEATURES,
        "network": NETWORK,
        "weights": small_weights(),
        "calibration": {"temperature": 1.5, "offset": -0.25},
        "reference": {"rows": 100, "columns": []},
        "card": "# A small model\n",
        "versions": {"segmint": "0.1.0"},
        "quality": {"f1": 0.5},
    }
    rows = [{"age": str(20 + i), "job": ("admin.", "student", "nobody")[i % 3]} for i in range(20)]
    frame = pl.DataFrame({"age": [float(row["age"]) for row in rows], "job": [row["job"] for row in rows]})
    likely = Predictor(FEATURES, NETWORK, made["weights"], made["calibration"]).probabilities(frame)
    return {**made, "golden": {"rows": rows, "probabilities": likely.tolist()}}


@pytest.fixture
def make_bundle(tmp_path: Path, parts: dict[str, Any]) -> Callable[..., Path]:
    """Publish the small bundle, with changes, and return its folder."""

    def make(name: str = "bundle", **changes: Any) -> Path:
        write_bundle(tmp_path / name, **{**parts, **changes})
        return tmp_path / name

    return make

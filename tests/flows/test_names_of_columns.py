"""A table may call its columns as it likes, also by the words that the work itself uses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.config import load_config
from segmint.contract.contract import Contract, parse_contract
from segmint.contract.infer import infer_contract
from segmint.flows.monitor import monitor
from segmint.flows.run import run
from segmint.flows.segment import segment
from segmint.tables.source import open_table

QUICK = [
    "model.recipe=plain", "model.hidden=[8]", "model.epochs=2", "split.folds=2", "compare.repeats=100", "segments.count=2",
    'compare.models=["dense_network","base_rate"]',
]  # fmt: skip
RENAMED = {"job": "count", "age": "proportion", "town": "value", "debts": "len"}


def customers(rows: int = 600) -> pl.DataFrame:
    draw = np.random.default_rng(4)
    age = draw.integers(18, 90, rows)
    job = draw.choice(["clerk", "nurse", "baker"], rows)
    return pl.DataFrame(
        {
            "job": job,
            "age": age,
            "town": draw.choice(["north", "south"], rows),
            "debts": draw.integers(0, 5, rows),
            "said_yes": np.where(draw.random(rows) < np.where(job == "nurse", 0.6, 0.2), "yes", "no"),
        }
    ).rename(RENAMED)


@pytest.fixture(scope="module")
def contract() -> Contract:
    text = infer_contract(open_table(customers()), name="odd", outcome="said_yes").text
    return parse_contract(text.replace("reviewed = false", "reviewed = true"), origin="odd")


def test_a_draft_names_every_column(contract: Contract) -> None:
    assert set(RENAMED.values()) <= {column.name for column in contract.columns}
    assert contract.by_name["count"].kind == "category"


def test_segments_are_found(contract: Contract, tmp_path: Path) -> None:
    assert len(segment(customers(), contract, load_config(None, QUICK), runs=tmp_path).summary["segments"]) == 2


@pytest.mark.network
def test_a_network_is_trained_and_a_wave_watched(contract: Contract, tmp_path: Path) -> None:
    config = load_config(None, QUICK)
    trained = run(customers(), contract, config, runs=tmp_path)
    found = monitor(customers(), trained.folder, config, runs=tmp_path)
    assert {"count", "proportion"} <= set(found.frame()["column"])

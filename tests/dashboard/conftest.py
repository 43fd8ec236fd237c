"""One small run whose every name is hostile, and a dashboard in front of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.config import load_config
from segmint.dashboard.desk import Desk
from segmint.evaluation.gate import Gate
from segmint.store.champion import promote
from segmint.store.staging import publish_file
from tests.undrawn import undrawn_lists

__all__ = ["undrawn_lists"]

HOSTILE = "<img src=x onerror=alert(1)>'\"</script><script>alert(2)</script>"
QUICK = ["model.recipe=plain", "model.hidden=[8]", "model.epochs=3", "split.folds=2", "compare.repeats=100"]
QUICK += ["segments.count=2", 'compare.models=["dense_network", "logistic", "base_rate"]']

CONTRACT = f"""
name = "hostile"
title = '''{HOSTILE}'''
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
label = '''said yes {HOSTILE}'''
[columns.customer]
kind = "text"
role = "id"
label = "id"
[columns.age]
kind = "number"
role = "characteristic"
label = '''age {HOSTILE}'''
[columns.job]
kind = "category"
role = "holding"
label = '''job {HOSTILE}'''
[columns."plan <b>{HOSTILE.replace('"', "'")}"]
kind = "category"
role = "holding"
label = "plan"
"""
PLAN = f"plan <b>{HOSTILE.replace(chr(34), chr(39))}"


def hostile_table(rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(3)
    age, job = random.integers(20, 80, rows), random.integers(0, 3, rows)
    yes = random.random(rows) < 0.1 + 0.4 * (job == 1) + 0.2 * (age > 60)
    return pl.DataFrame(
        {
            "customer": [f"{HOSTILE}{n}" if n % 5 == 0 else f"c{n}" for n in range(rows)],
            "age": age,
            "job": np.array([f"job {HOSTILE}", "clerk", "=cmd|' /C calc'!A0"])[job],
            PLAN: np.array(["old", f"new {HOSTILE}"])[random.integers(0, 2, rows)],
            "y": np.where(yes, "yes", "no"),
        }
    )


@dataclass
class Here:
    desk: Desk
    table: str
    path: Path
    run: str


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Here:
    pytest.importorskip("tensorflow")
    from segmint.contract.contract import parse_contract
    from segmint.flows.run import run

    runs = tmp_path_factory.mktemp("runs")
    done = run(hostile_table(), parse_contract(CONTRACT, origin="test"), load_config(None, QUICK), runs=runs)
    promote(runs, done.folder.name, Gate(True, "better", "test"))  # other runs may come while tests go on
    desk = Desk(runs)
    place = desk.tables.folder / ("a" * 16)
    place.mkdir(parents=True)
    hostile_table().write_csv(place / "table.csv")
    publish_file(
        place / "about.json",
        lambda path: path.write_text('{"name": "<img src=x onerror=alert(3)>.csv", "file": "table.csv"}'),
    )
    return Here(desk, "a" * 16, place / "table.csv", done.folder.name)


@pytest.fixture(scope="session")
def address(here: Here) -> Iterator[str]:
    import uvicorn

    from segmint.dashboard.app import dashboard

    config = uvicorn.Config(dashboard(here.desk), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")  # an open one keeps its event loop, in which no other test could run its own
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path="/usr/bin/chromium", args=[*quiet, "--no-first-run"])
        yield opened
        opened.close()

"""EST-03: the same table, settings and seed give the same bundle to the byte, wherever and whenever; its manifest says when besides."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from segmint.config import load_config
from segmint.flows.demo import demo
from segmint.flows.run import RunResult
from segmint.store import strict_json
from segmint.store.runs import runs_in
from tests.flows.conftest import QUICK_DEMO

pytestmark = [pytest.mark.network, pytest.mark.timeout(900)]
pytest.importorskip("tensorflow")

QUICK = [*QUICK_DEMO, 'compare.models=["dense_network", "lightgbm"]']
# What is made while the clock shows another second: `datetime` itself cannot be changed, its users can.
LATER = """
import sys, time
from datetime import UTC, datetime, timedelta
from segmint.cli import main
from segmint.store import manifest, run
moved = timedelta(seconds=float(sys.argv[1]) - time.time())
class Then(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + moved
manifest.datetime = run.datetime = Then
here = time.time
time.time = lambda: here() + moved.total_seconds()
sys.exit(main(sys.argv[2:]))
"""
Y1970, Y2038, SUMMER = 3_600, 2_147_483_647, 1_774_745_999  # the last: a second before the clocks go forward


def place(hashed: int, zone: str, language: str, now: int, threads: int) -> dict[str, Any]:
    names = {"PYTHONHASHSEED": str(hashed), "TZ": zone, "LC_ALL": language, "OMP_NUM_THREADS": str(threads)}
    return {"now": now, "names": names}


FIRST = place(1, "Pacific/Chatham", "tr_TR.UTF-8", Y2038, 2)
OTHERS = [
    place(2, "UTC", "de_DE.UTF-8", Y1970, 1),
    place(3, "Europe/Berlin", "de_DE.UTF-8", SUMMER, 2),
    place(4, "Europe/Berlin", "C", SUMMER + 1, 1),
    place(5, "America/St_Johns", "tr_TR.UTF-8", Y1970, 2),
    place(6, "Asia/Kathmandu", "C.UTF-8", Y2038 + 1, 1),
    place(7, "Pacific/Kiritimati", "POSIX", SUMMER, 2),
    place(8, "Europe/Istanbul", "tr_TR.UTF-8", SUMMER, 1),
    place(9, "Pacific/Niue", "de_DE.UTF-8", Y2038, 2),
    place(4_294_967_295, "Africa/Casablanca", "C", Y1970, 1),
]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return demo(load_config(None, QUICK), runs=tmp_path_factory.mktemp("here"))


@pytest.mark.parametrize("there", [FIRST, *(pytest.param(other, marks=pytest.mark.slow) for other in OTHERS)])
def test_est_03_the_same_seed_gives_the_same_bundle(here: RunResult, there: dict[str, Any], tmp_path: Path) -> None:
    sets = [word for text in QUICK for word in ("--set", text)]
    command = [sys.executable, "-c", LATER, str(there["now"]), "demo", "--quiet", "--runs", str(tmp_path), *sets]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **there["names"]})
    (again,) = runs_in(tmp_path)
    assert again.record["made"][:4] in ("1970", "2026", "2038")
    before, after = (
        strict_json.from_bytes((run / "bundle" / "manifest.json").read_bytes()) for run in (here.folder, again.folder)
    )
    assert after["files"] == before["files"]
    assert after["content"] == before["content"]
    assert {name for name, told in before.items() if after[name] != told} == {"made", "seal"}
    assert after["learned_from"]["rows"] > 0

"""Two trainings beside one another: of one outcome, the older first, and a difference only of what is alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segmint.flows.side_by_side import side_by_side
from segmint.store.run import Run
from segmint.store.runs import runs_in
from tests.service.small import CONTRACT

OTHER = CONTRACT.replace('column = "y"', 'column = "segment"')


def trained(runs: Path, day: int, contract: str, log_loss: float, table: str) -> str:
    with Run.create(runs, "run", "", 1, {}) as here:
        summary = {"quality": {"log_loss": log_loss, "f1": None}, "fingerprints": {"t.csv": table}}
        (here.folder / "summary.json").write_text(json.dumps(summary))
        (here.folder / "contract.toml").write_text(contract)
        here.done({})
    name = f"2025-01-{day:02}{here.folder.name[10:]}"
    here.folder.rename(runs / name)
    record = json.loads((runs / name / "run.json").read_text())
    (runs / name / "run.json").write_text(json.dumps(record | {"id": name}))
    return name


def test_runs_of_one_outcome_are_paired_the_older_first(tmp_path: Path) -> None:
    told = ((CONTRACT, 0.5, "a"), (CONTRACT, 0.4, "a"), (OTHER, 0.3, "b"))
    first, second, other = (trained(tmp_path, day, *about) for day, about in enumerate(told, 1))
    runs = runs_in(tmp_path)
    assert side_by_side(runs).pair == (first, second)
    assert side_by_side(runs, "", first).pair == (second, first)
    assert side_by_side(runs, other).pair == (other, second)
    assert side_by_side(runs, other, "gone").pair == (other, None)
    found = side_by_side(runs)
    (loss,) = found.qualities
    assert (loss.metric, loss.difference, loss.lower_is_better) == ("log_loss", pytest.approx(-0.1), True)
    assert (found.alike, found.same_table) == (True, True)
    apart = side_by_side(runs, first, other)
    assert (apart.alike, apart.qualities, apart.withheld, apart.same_table) == (False, (), True, False)
    (tmp_path / other / "summary.json").write_text("{}")
    assert not side_by_side(runs_in(tmp_path), first, other).withheld
    (tmp_path / second / "summary.json").write_text("{")
    left = side_by_side(runs)
    assert (left.pair, list(left.left_out)) == ((first, other), [second])

"""What a notebook shows of a result is short, and no customer is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import segmint
from segmint.contract.ledger import Ledger
from segmint.evaluation.comparison import SCHEMA
from segmint.flows.explain import Explained
from segmint.flows.find import FoundCustomers
from segmint.flows.old_runs import OldRuns
from segmint.flows.predict import Predicted
from segmint.flows.run import RunResult
from segmint.flows.runs import RunLine, RunList
from segmint.flows.segment import Segmented
from segmint.flows.update import Updated
from segmint.simulation import Campaign

IDS = [f"customer-{number // 2}" for number in range(400)]
POLICY = segmint.ContactPolicy(
    economics=segmint.Economics(cost_per_call=5, value_per_success=80), budget_calls=20, holdout_share=0
)


@pytest.fixture(scope="module")
def table() -> segmint.ValidTable:
    return segmint.check(pl.read_csv(segmint.sample_path(), separator=";").head(400), "bank-marketing")


def test_the_repr_of_a_result_is_short_and_names_nobody(table: segmint.ValidTable) -> None:
    models = segmint.ModelComparison(["knn_5", "base_rate"], folds=2, repeats=50)
    draft = segmint.infer_contract(segmint.sample_path(), outcome="y")
    chances = np.linspace(0.1, 0.9, 400)
    shown = {
        repr(table): "<ValidTable of 400 rows: bank-marketing, planning>",
        repr(table.contract): f"<Contract bank-marketing, version 1: {len(table.contract.columns)} columns, reviewed>",
        repr(draft): f"<Draft of {draft.contract!r}: {len(draft.suspects)} suspect",
        repr(models): "ModelComparison(['knn_5', 'base_rate'], folds=2, inner=None, repeats=50, random_state=7)",
        repr(models.run(table)): "<Comparison of knn_5, base_rate: f1 on 2 folds>",
        repr(segmint.TensorBoardLog("runs/x", "wide")): "TensorBoardLog('runs/x', 'wide', positive=None)",
        repr(segmint.ListPreview(IDS, chances, POLICY)): "<ListPreview of 400 customers>",
        repr(segmint.choose(IDS, chances, POLICY)): "<Choice of 20 among 400 customers>",
    }
    for found, expected in shown.items():
        assert found.startswith(expected)
        assert len(found) < 150


def test_a_list_of_runs_is_a_few_lines_and_says_that_there_are_more() -> None:
    line = RunLine(Path("runs/a"), "target", "done", "2026-03-14", "customers.csv", 5, None, None, None, False)
    few, many = (repr(RunList(Path("runs"), (line,) * count)) for count in (1, 300))
    assert few == "<RunList of 1 run in runs>\na  target  done  customers.csv"
    assert len(many.splitlines()) == 10
    assert many.endswith("and 292 more: frame() has all")


def test_results_of_runs_name_their_folder() -> None:
    folder, page, said = Path("runs/a"), Path("runs/a/report.html"), ("long " * 99,)
    run = RunResult(folder, page, "read", said, {"rows": 4_521})
    shown = {
        repr(run): "<RunResult runs/a: 4,521 rows>",
        repr(Predicted(folder, None, Ledger(accepted=3), {"no": 3}, None, {})): "<Predicted runs/a: 3 customers>",
        repr(Explained(folder, page, pl.DataFrame({"record": [1]}), said, {})): "<Explained runs/a: 1 customer>",
        repr(Segmented(folder, said, {}, folder)): "<Segmented runs/a>",
        repr(Updated(folder, said, {"customers": 500})): "<Updated runs/a: 500 customers>",
        repr(FoundCustomers(folder, 1, (), ())): "<FoundCustomers in runs/a: 0 files>",
        repr(OldRuns(folder, 9, True, (), (), ())): "<OldRuns in runs/a: 0 runs would be removed>",
        repr(Campaign(rows=2_000)): "<Campaign of 2,000 rows: 6 waves, seed 7>",
    }
    assert list(shown) == list(shown.values())
    assert run.frame().schema == SCHEMA  # nothing was compared


def test_results_that_hold_frames_are_equal_to_themselves_alone_and_can_be_hashed(table: segmint.ValidTable) -> None:
    compared = segmint.ModelComparison(["base_rate"], folds=2, repeats=50).run(table)
    again = segmint.ModelComparison(["base_rate"], folds=2, repeats=50).run(table)
    assert compared == compared != again
    assert compared.frame().schema == SCHEMA
    assert len({compared, again, table}) == 3

"""What is shown of a result: the sentences that Python shows too, then where things lie."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from segmint.cli import results
from segmint.cli.screen import Screen
from segmint.contract.ledger import Ledger
from segmint.flows.check import check
from segmint.flows.demo import sample_path
from segmint.flows.draft import infer_contract
from segmint.flows.predict import Predicted
from segmint.flows.runs import RunLine, RunList
from segmint.store.verify import Check


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_predictions_are_shown_in_the_sentences_of_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    found = Predicted(Path("runs/a"), None, Ledger(read=5, accepted=5), {"no": 4, "yes": 1}, 2, {"f1": 0.5})
    results.predicted(Screen(), found)
    assert lines(capsys) == [*found.sentences, "predictions: runs/a/predictions.parquet"]
    results.predicted(Screen(json=True), found)
    told = json.loads(capsys.readouterr().out)
    assert (told["trained_on"], told["predicted"], told["out"]) == (2, {"no": 4, "yes": 1}, None)


def test_a_checked_table_is_shown_in_its_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    table = check(sample_path(), infer_contract(sample_path()).contract, draft=True)
    results.checked(Screen(), table)
    assert lines(capsys) == list(table.sentences)
    assert any("the contract is a draft" in said for said in table.sentences)
    results.checked(Screen(json=True), table)
    told = json.loads(capsys.readouterr().out)
    assert (told["answers"], told["reviewed"], told["read"]) == (True, False, 4521)


def test_runs_stand_below_each_other_with_what_tells_them_apart(capsys: pytest.CaptureFixture[str]) -> None:
    trained = RunLine(Path("r/1"), "run", "done", "", "bank.csv", 4521, "fast", "roc_auc", 0.81, in_use=True)
    failed = RunLine(Path("r/2"), "target", "failed", "", "a.csv", None, None, None, None, in_use=False)
    results.runs(Screen(), RunList(Path("r"), (trained, failed)))
    first, second = lines(capsys)
    assert first.endswith("4,521 rows  fast  ROC AUC 0.8100  in use")
    assert first.index("bank.csv") == second.index("a.csv")
    assert second == second.rstrip()
    results.runs(Screen(), RunList(Path("r"), ()))
    assert lines(capsys) == ["no runs in r; make one: segmint demo"]


@pytest.mark.parametrize("ok", [True, False])
def test_one_failed_check_fails_the_bundle(capsys: pytest.CaptureFixture[str], ok: bool) -> None:
    checks = [Check("manifest", True, "as sealed", content="00ff"), Check("golden rows", ok, "predicted again")]
    assert results.verified(Screen(), checks) is ok
    assert lines(capsys) == ["ok   manifest: as sealed", f"{'ok  ' if ok else 'FAIL'} golden rows: predicted again"]
    results.verified(Screen(json=True), checks)
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["content"]) == (ok, "00ff")


@pytest.mark.parametrize("number", [0, 2])
def test_the_file_of_who_asked_not_to_be_called_is_named_where_somebody_did(
    capsys: pytest.CaptureFixture[str], number: int
) -> None:
    found: Any = SimpleNamespace(
        folder=Path("runs/1"), report=Path("runs/1/report.html"), sentences=(), summary={"do_not_call": number}
    )
    results.measured(Screen(), found)
    assert ("do_not_call.csv" in capsys.readouterr().out) is bool(number)

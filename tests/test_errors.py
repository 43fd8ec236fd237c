from __future__ import annotations

import inspect
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import segmint
from segmint import errors
from segmint.tables.table_source import NoRowsError
from segmint.targeting.optimise import UnfilledQuotaError
from segmint.wording import Said, Term


def test_the_drawn_tree_equals_the_classes() -> None:
    drawn = set(re.findall(r"\b(\w+(?:Error|Warning))\b", (errors.__doc__ or "").split("Wrong arguments")[0]))
    made = {name for name, item in vars(errors).items() if inspect.isclass(item) and item.__module__ == errors.__name__}
    assert drawn == made


def test_an_error_says_what_came_what_was_expected_and_what_to_do() -> None:
    text = str(errors.InputError("'x.csv' is empty.", expected="a header and rows", fix="check the export"))
    assert text == "'x.csv' is empty.\nExpected: a header and rows\nNext: check the export"


def test_every_error_is_code_2() -> None:
    for item in vars(errors).values():
        if inspect.isclass(item) and issubclass(item, errors.SegmintError):
            assert item.exit_code == 2


def test_the_kind_of_an_error_is_one_of_the_tree() -> None:
    assert errors.kind_of(errors.PolicyError("x")) == "PolicyError"
    assert errors.kind_of(UnfilledQuotaError("q", "x")) == "PolicyError"
    assert errors.kind_of(NoRowsError("x", ("age",), fix="y")) == "InputError"


def test_a_program_is_told_the_terms_of_an_error() -> None:
    error = errors.PolicyError("It is 0.", fix=Said("set ", Term("policy.attempts")))
    plain = {"kind": "PolicyError", "came": "It is 0.", "expected": "", "fix": "set policy.attempts"}
    assert errors.told_of(error) == plain | {"parts": {"fix": ["set ", {"term": "policy.attempts"}]}}
    assert errors.told_of(errors.PolicyError("It is 0.", fix="set policy.attempts")) == plain


WITHOUT = (
    "import sys; sys.modules.update(dict.fromkeys(('sklearn', 'lightgbm', 'keras', 'tensorflow', 'tensorboard'))); "
)
SAID = r"is not installed\.\nExpected: segmint\[train\]\nNext: pip install 'segmint\[train\]'\n$"


def without_training(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, cwd=cwd)


@pytest.mark.parametrize("argv", [["demo"], ["resume", "x"], ["run", "x", "--contract", "y"]])
def test_a_command_that_trains_says_what_is_not_installed(argv: list[str], tmp_path: Path) -> None:
    ended = without_training(f"from segmint.cli import main; sys.exit(main({argv}))", tmp_path)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 3)
    assert re.search(SAID, ended.stderr)
    assert not list(tmp_path.iterdir())


def test_a_function_that_trains_says_what_is_not_installed(tmp_path: Path) -> None:
    assert re.search(SAID, without_training("from segmint import run", tmp_path).stderr)


def test_pages_lists_reasons_and_monitoring_need_nothing_that_trains(tmp_path: Path) -> None:
    names = "explain_customers, monitor, target, predict, measure, SegmentFinder"
    code = f"from segmint import {names}; import segmint.flows.assign, segmint.flows.report, segmint.dashboard.app"
    assert without_training(code, tmp_path).stderr == ""


def test_what_trains_is_asked_for_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of it may be there for another's sake."""
    flows = segmint.run, segmint.backtest, partial(segmint.update, history="nowhere")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    for flow in flows:
        with pytest.raises(errors.MissingExtraError, match="tensorflow is not installed"):
            flow(
                *["nowhere"]
                * len([one for one in inspect.signature(flow).parameters.values() if one.default is one.empty])
            )


def test_a_failed_import_is_told_by_what_it_lacks() -> None:
    mapped = errors.of_import(ImportError("x.so: failed to map segment from shared object", name="sklearn._lib"))
    assert "not enough memory" in str(mapped)
    assert isinstance(errors.of_import(ModuleNotFoundError("No", name="catboost.core")), errors.MissingExtraError)
    assert errors.of_import(ModuleNotFoundError("No", name="segmint.nothing")) is None
    assert errors.of_import(ImportError("cannot import name 'x' from 'sklearn'", name="sklearn")) is None

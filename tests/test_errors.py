from __future__ import annotations

import inspect
import re

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

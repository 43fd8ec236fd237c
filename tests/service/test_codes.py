"""Every code that can be told to a caller is in the lists that the description and the documentation are made from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from segmint import errors
from segmint.contract import cells, one_row, validate
from segmint.errors import SegmintError
from segmint.flows import serve
from segmint.service import problems
from segmint.service.codes import PROBLEMS, RECORDS, ROWS


def texts_of(path: str | None) -> Iterator[str]:
    assert path is not None
    tree = ast.parse(Path(path).read_text("utf-8"))
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def calls_of(path: str | Path, name: str, place: int) -> Iterator[str]:
    """The constant that each call of `name` gives at a place."""
    for node in ast.walk(ast.parse(Path(path).read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            given = node.args[place]
            if isinstance(given, ast.Constant):
                yield str(given.value)


def test_the_codes_of_problems_are_those_that_are_raised() -> None:
    folder = Path(str(problems.__file__)).parent
    raised = {code for path in folder.glob("*.py") for code in calls_of(path, "Problem", 1)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SegmintError)]
    assert raised | {problems.problem_of(kind("x")).code for kind in kinds} == set(PROBLEMS)


def test_the_codes_of_rows_are_those_that_are_said() -> None:
    assert set(calls_of(str(serve.__file__), "_error", 0)) <= set(ROWS)
    said = {text for module in (cells, one_row) for text in texts_of(module.__file__)} & set(validate.DETAILS)
    # what a customer answered refuses no prediction, and what is only unusual is flagged
    predicted = said - {"missing_outcome", "unknown_outcome", *validate.FLAG_WORDS}
    assert {"not_a_number", "not_a_date"} <= predicted
    assert predicted <= set(ROWS) & set(RECORDS)

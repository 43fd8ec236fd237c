"""Problems: what a caller is told when something goes wrong, and what stays on the server."""

from __future__ import annotations

from segmint.errors import DataError, RunError
from segmint.service.problems import problem_of


def test_folders_of_the_server_are_not_told_to_callers() -> None:
    problem = problem_of(
        RunError("'/srv/bank/runs/2026-11-26' could not be written: Permission denied", fix="see '/srv/x'")
    )
    assert problem.status == 503
    assert problem.detail == "'2026-11-26' could not be written: Permission denied. Next: see 'x'."


def test_a_senders_own_words_stay_as_they_are() -> None:
    problem = problem_of(DataError("The column 'a/b' is missing", fix="send it"), field="/rows")
    assert problem.status == 422
    assert problem.field == "/rows"
    assert "'a/b'" in problem.detail

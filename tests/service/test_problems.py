"""Problems: what a caller is told when something goes wrong, and what stays on the server."""

from __future__ import annotations

import errno

import pytest

from segmint.errors import DataError, RunError
from segmint.service.problems import place_of, problem_of, unexpected


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


def thrown(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES])
def test_a_full_or_closed_disk_can_be_waited_for_and_is_named_in_the_log(number: int) -> None:
    full = OSError(number, "SECRET")
    outer = ValueError("SECRET")
    outer.__cause__ = full
    for error in (full, outer):
        problem = unexpected(error)
        assert (problem.status, problem.code, problem.headers) == (503, "storage", {"retry-after": "60"})
    said = place_of(thrown(full))
    assert said.startswith(f"{type(full).__name__} (")
    assert said.partition(" at ")[2].startswith("test_problems.py:")
    assert "SECRET" not in said


def test_other_errors_have_no_name_for_callers() -> None:
    for error in (OSError(errno.EIO, "x"), ValueError("SECRET")):
        assert (unexpected(error).status, unexpected(error).code) == (500, "failed")
    assert place_of(ValueError("SECRET")) == "ValueError"

"""Problems: what a caller is told when something goes wrong, and what stays on the server."""

from __future__ import annotations

import errno

import pytest
from polars.exceptions import ComputeError

from segmint.errors import BundleError, DataError, RunError
from segmint.service.problems import cause_of, place_of, problem_of, unexpected


def test_folders_of_the_server_are_not_told_to_callers() -> None:
    problem = problem_of(
        RunError("'/srv/bank/runs/2026-11-26' could not be written: Permission denied", fix="see '/srv/x'")
    )
    assert problem.status == 503
    told = "'2026-11-26' could not be written: Permission denied. Next: tell whoever runs the service."
    assert problem.detail == told


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


def test_a_full_disk_that_a_library_puts_in_words_only_is_one_too() -> None:
    for error in (
        ComputeError("parquet: SECRET: No space left on device (os error 28)"),
        OSError("Read-only file system (os error 30)"),
    ):
        assert unexpected(error).code == "storage"
        assert "SECRET" not in place_of(thrown(error))
    assert place_of(error).startswith("OSError (Read-only file system)")


def test_a_cause_takes_one_line_of_the_log() -> None:
    said = cause_of(BundleError("a\nb\x1b[1m" + "c" * 1_000, fix="d"))
    assert said.startswith("a b\\x1b[1mccc")
    assert len(said) < 600
    assert cause_of(ValueError("SECRET")) == "ValueError"


def test_other_errors_have_no_name_for_callers() -> None:
    for error in (OSError(errno.EIO, "x"), ValueError("SECRET")):
        assert (unexpected(error).status, unexpected(error).code) == (500, "failed")
    assert place_of(ValueError("SECRET")) == "ValueError"

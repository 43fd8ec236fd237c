"""Where it is seen: progress beside the results, results alone on standard output, and nobody's text as a command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from segmint.cli.screen import Screen, one_line


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have gone by, as a test sets them."""
    now = [100.0]
    monkeypatch.setattr("segmint.cli.screen.time.monotonic", lambda: now[0])
    return now


def test_a_table_of_unknown_length_is_not_called_done_at_every_batch(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    for done in (1_000, 2_000, 3_000):
        screen.progress("reading a.csv.gz", done, 0)
    screen.progress("training", 0, 1)
    screen.progress("training", 1, 1)
    assert capsys.readouterr().err.splitlines() == ["reading a.csv.gz", "training", "training done"]


def test_a_terminal_gets_long_lines_broken_between_words_and_a_file_gets_them_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    said = "4,521 rows, ';'-separated, decimal point; not used: contact, day, month"
    for terminal in (False, True):
        monkeypatch.setattr(sys.stdout, "isatty", lambda terminal=terminal: terminal, raising=False)
        Screen().say({}, said)
        lines = capsys.readouterr().out.splitlines()
        assert " ".join(lines) == said
        assert len(lines) == (2 if terminal else 1)
        Screen().say({}, "next: segmint update results.csv --scored predictions.parquet")  # copied as one
        assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_long_task_is_told_every_few_seconds_and_when_it_ends(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen()
    for seconds, done in ((0, 0), (1, 10), (6, 20), (7, 30), (8, 100)):
        clock[0] = 100.0 + seconds
        screen.progress("reading", done, 100)
    assert capsys.readouterr().err.splitlines() == ["reading 0 %", "reading 20 %", "reading 100 %"]


def test_results_are_lines_or_one_object_and_progress_is_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    for screen in (Screen(), Screen(json=True)):
        with screen:
            screen.progress("reading", 1, 1)
            screen.notice("This takes a while.")
            screen.say({"kept": "Grüße"}, "first", "second")
    plain, told = capsys.readouterr(), json.loads
    first, second, third = plain.out.splitlines()
    assert (first, second, told(third)) == ("first", "second", {"kept": "Grüße"})
    assert "Grüße" in third
    assert plain.err.splitlines() == ["reading done", "This takes a while."] * 2


def test_quiet_says_nothing_but_the_object_that_a_program_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for screen in (Screen(quiet=True), Screen(quiet=True, json=True)):
        with screen:
            screen.progress("reading", 1, 1)
            screen.notice("This takes a while.")
            screen.say({"rows": 3}, "three")
    seen = capsys.readouterr()
    assert (json.loads(seen.out), seen.err) == ({"rows": 3}, "")


def test_a_strangers_text_stays_in_its_line_and_gives_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().say({}, "a\nb\tc\x1b[2Jd")
    assert capsys.readouterr().out.count("\n") == 1
    assert "\x1b" not in one_line("\x1b[2J")
    assert one_line("a\nb\tc") == "a b c"


def test_what_comes_after_a_result_still_happens_where_its_reader_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    class Gone:
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            pass

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr("segmint.cli.screen.silence", closed.append)
    monkeypatch.setattr(sys, "stdout", Gone())
    Screen().say({}, "first", "second")
    assert closed == [sys.stdout]


def test_quiet_keeps_the_warnings_beside_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ("12 customers to call.", "warning: none of the 3 entries of 'dnc.csv' is a customer", "report: a.html")
    Screen(quiet=True).say({"rows": 3}, *lines)
    seen = capsys.readouterr()
    assert (seen.out, seen.err) == ("", lines[1] + "\n")


def test_paths_below_the_working_folder_are_shown_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert one_line(f"report: {tmp_path / 'runs' / 'a' / 'report.html'}") == "report: runs/a/report.html"
    assert one_line(f"report: {tmp_path.parent / 'report.html'}") == f"report: {tmp_path.parent / 'report.html'}"

"""What a user types, and what is said when it is wrong: one clear message, exit code 2, nothing half-written."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segmint import ModelComparison, check, infer_contract
from segmint.cli.time import measure
from segmint.errors import ContractError
from segmint.flows.demo import sample_path
from segmint.metrics.effect_level import EFFECT_LEVEL
from segmint.simulation import Campaign

HEAVY = ("numpy", "polars", "pydantic", "tensorflow", "sklearn", "rich")


@pytest.mark.parametrize(("argv", "heavy"), [(["--help"], HEAVY), (["contract", "list"], ("numpy", "polars"))])
def test_what_reads_no_file_loads_nothing_heavy(argv: list[str], heavy: tuple[str, ...]) -> None:
    code = (
        f"import sys; from segmint.cli import main; main({argv!r}); "
        f"loaded = [name for name in {heavy!r} if name in sys.modules]; sys.exit(', '.join(loaded) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_measure_asks_for_the_interval_that_the_holdout_was_planned_with() -> None:
    assert inspect.signature(measure).parameters["level"].default == EFFECT_LEVEL


def test_the_version_is_said(said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = said("--version")
    assert code == 0
    assert re.fullmatch(r"segmint \d+\.\d+\.\d+\n", out)


def test_check_prints_the_receipt(said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = said("check", sample_path(), "--contract", "bank-marketing")
    assert code == 0
    assert "4,521 rows, ';'-separated, UTF-8" in out
    assert "duration, known only after the call" in out


def test_json_is_one_object_and_nothing_else(said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = said("check", sample_path(), "--contract", "bank-marketing", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["read"] == found["accepted"] == 4521


def test_quiet_says_nothing_when_all_is_well(said: Callable[..., tuple[int, str, str]]) -> None:
    assert said("check", sample_path(), "--contract", "bank-marketing", "--quiet") == (0, "", "")


def _files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Bad tables by name: the file and a word of the message it must give."""
    sample = sample_path().read_text("utf-8").splitlines(keepends=True)
    one_class = [line for line in sample if not line.rstrip().endswith('"yes"')]
    contents: dict[str, tuple[bytes, str]] = {
        "empty": (b"", "empty"),
        "header_only": (sample[0].encode(), "no rows"),
        "other_columns": (b"a,b,c\n" + b"1,2,3\n" * 60, "missing"),
        "one_class": ("".join(one_class).encode(), "same outcome"),
        "random_bytes": (bytes(range(256)) * 40, "random_bytes"),
    }
    found = {}
    for name, (content, word) in contents.items():
        (folder / f"{name}.csv").write_bytes(content)
        found[name] = (folder / f"{name}.csv", word)
    return found | {"missing": (folder / "nothing.csv", "no file"), "folder": (folder, "folder")}


BAD = ("empty", "header_only", "other_columns", "one_class", "random_bytes", "missing", "folder")


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_table_gets_one_clear_message(
    name: str, command: str, tmp_path: Path, said: Callable[..., tuple[int, str, str]]
) -> None:
    path, word = _files(tmp_path)[name]
    runs = tmp_path / "runs"
    options = [] if command == "check" else ["--runs", runs]
    code, out, err = said(command, path, "--contract", "bank-marketing", "--quiet", *options)
    assert code == 2
    assert out == ""
    assert word in err
    assert "Traceback" not in err
    assert "Next:" in err
    assert not list(runs.glob("*/bundle")) + list(runs.glob("*/report.html"))


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("--contract", "bank-marketting"), "did you mean 'bank-marketing'"),
        (("--contract", "nowhere.toml"), "cannot be read"),
        (("--contract", "bank-marketing", "--set", "split.fold=3"), "did you mean 'split.folds'"),
        (("--contract", "bank-marketing", "--at", "tomorrow"), "data.at"),
        (("--contract", "bank-marketing", "--folds", "1"), "split.folds"),
        (("--contract", "bank-marketing", "--config", "nowhere.toml"), "cannot be read"),
        (("--contract", "bank-marketing", "--search", "1m", "--no-compare"), "comparison is switched off"),
    ],
)
def test_a_wrong_flag_is_named(
    argv: tuple[str, ...], word: str, tmp_path: Path, said: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, err = said("run", sample_path(), "--runs", tmp_path / "runs", *argv)
    assert code == 2
    assert word in err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "argv",
    [("run",), ("predict", "x.csv"), ("fly",), ("check", "x.csv", "--contract", "bank-marketing", "--wings", "2")],
)
def test_a_wrong_command_line_is_code_2(argv: tuple[str, ...], said: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = said(*argv)
    assert code == 2
    assert "segmint" in err


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("run", "x.csv", "--json"), "--contract"),
        (("fly", "--json"), "fly"),
        (("check", "x.csv", "--contract", "c", "--wings", "--json"), "--wings"),
        (("segment", "x.csv", "--json"), "either --contract or --assign-with"),
    ],
)
def test_a_wrong_command_line_is_told_as_json_too(
    argv: tuple[str, ...], word: str, said: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = said(*argv)
    told = json.loads(out)["error"]
    assert (code, told["kind"]) == (2, "UsageError")
    assert word in told["came"]
    assert told["expected"].startswith("segmint")
    assert told["fix"].endswith("--help")
    assert word in err


def test_small_commands_answer_as_json(tmp_path: Path, said: Callable[..., tuple[int, str, str]]) -> None:
    assert "bank-marketing" in json.loads(said("contract", "list", "--json")[1])["contracts"]
    table, policy = tmp_path / "t.csv", tmp_path / "policy.toml"
    assert json.loads(said("simulate", "--rows", 60, "--out", table, "--json")[1])["out"] == str(table)
    policy.write_text(said("policy", "init")[1])
    assert json.loads(said("policy", "check", policy, "--json")[1])["ok"] is True
    code, out, _ = said("policy", "check", policy, "--set", "policy.holdout_share=2", "--json")
    assert (code, json.loads(out)["error"]["kind"]) == (2, "ConfigError")


@pytest.mark.parametrize("command", ["report", "tensorboard"])
def test_a_run_that_is_not_there_is_named(
    command: str, tmp_path: Path, said: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, err = said(command, "nowhere", "--runs", tmp_path)
    assert code == 2
    assert "no run 'nowhere'" in err


def test_verify_fails_where_there_is_no_bundle(tmp_path: Path, said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = said("verify", tmp_path / "nothing")
    assert code == 2
    assert "FAIL" in out


def test_a_failed_run_is_remembered_with_its_reason(tmp_path: Path, said: Callable[..., tuple[int, str, str]]) -> None:
    path, _ = _files(tmp_path)["one_class"]
    said("run", path, "--contract", "bank-marketing", "--runs", tmp_path / "runs", "--quiet")
    code, out, _ = said("runs", "--runs", tmp_path / "runs", "--json")
    assert code == 0
    assert [run["status"] for run in json.loads(out)["runs"]] == ["failed"]


def test_contracts_can_be_listed_and_shown(said: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    assert "bank-marketing" in said("contract", "list")[1]
    text = said("contract", "show", "bank-marketing")[1]
    (tmp_path / "mine.toml").write_text(text)
    assert said("check", sample_path(), "--contract", tmp_path / "mine.toml", "--quiet")[0] == 0


def test_plain_lines_on_no_terminal(said: Callable[..., tuple[int, str, str]]) -> None:
    _, out, err = said("check", sample_path(), "--contract", "bank-marketing")
    assert "reading bank.csv 100 %" in err
    assert "\x1b" not in out + err


def test_python_m_segmint_is_the_same_door() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "segmint", "contract", "list"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "bank-marketing")


def test_help_says_what_works_without_what_is_required_and_which_customers_can_be_named(
    said: Callable[..., tuple[int, str, str]],
) -> None:
    assert "needs no wave and no --bundle" in " ".join(said("monitor", "--help")[1].split())
    code, out, _ = said("monitor", "--explain", "DRIFT-01")
    assert (code, out[:8]) == (0, "DRIFT-01")
    assert "'record 7'; 7 where the contract has no id" in " ".join(said("explain", "--help")[1].split())


def test_an_inferred_contract_waits_for_a_person(tmp_path: Path, said: Callable[..., tuple[int, str, str]]) -> None:
    _, draft, beside = said("contract", "infer", sample_path())
    assert "11 columns are read as characteristics, 5 are set aside: 5 known only later" in beside
    assert beside.rstrip().endswith("/bank.csv --contract DRAFT.toml")
    mine = tmp_path / "mine.toml"
    code, out, beside = said("contract", "infer", sample_path(), "--out", mine)
    assert (code, out, mine.read_text("utf-8")) == (0, "", draft)
    assert beside.rstrip().endswith(f"/bank.csv --contract {mine}")
    for command in ("run", "segment"):
        code, _, err = said(command, sample_path(), "--contract", mine, "--quiet", "--runs", tmp_path / "runs")
        assert code == 2
        assert "reviewed = true" in err
    code, out, _ = said("check", sample_path(), "--contract", mine)
    assert code == 0
    assert "the contract is a draft" in out
    assert json.loads(said("check", sample_path(), "--contract", mine, "--json")[1])["reviewed"] is False
    mine.write_text(draft.replace("reviewed = false", "reviewed = true"))
    code, out, _ = said("check", sample_path(), "--contract", mine)
    assert code == 0
    assert "draft" not in out


def test_from_python_a_draft_is_checked_where_that_is_asked_for_and_teaches_nothing() -> None:
    draft = infer_contract(sample_path()).contract
    with pytest.raises(ContractError, match="Nobody has reviewed"):
        check(sample_path(), draft)
    table = check(sample_path(), draft, draft=True)
    assert len(table) == 4521
    with pytest.raises(ContractError, match="Nobody has reviewed"):
        ModelComparison(["base_rate"], folds=2).run(table)


def test_a_table_in_which_nobody_has_answered_is_checked_and_not_learned_from(
    tmp_path: Path, said: Callable[..., tuple[int, str, str]]
) -> None:
    header, *lines = sample_path().read_text("utf-8").splitlines()
    table, mine, runs = tmp_path / "next.csv", tmp_path / "mine.toml", tmp_path / "runs"
    table.write_text("\n".join(line.rpartition(";")[0] for line in (header, *lines)), "utf-8")
    draft = said("contract", "infer", table, "--no-outcome")[1]
    mine.write_text(draft)
    assert "the contract is a draft" in said("check", table, "--contract", mine)[1]
    mine.write_text(draft.replace("reviewed = false", "reviewed = true"))
    code, out, _ = said("check", table, "--contract", mine)
    assert (code, "nobody's 'response' is in the table" in out) == (0, True)
    assert json.loads(said("check", table, "--contract", mine, "--json")[1])["answers"] is False
    code, _, err = said("run", table, "--contract", mine, "--runs", runs)
    assert (code, "has no outcome" in err, "missing: response" in err) == (2, True, True)
    table.write_text("\n".join((f"{header.rpartition(';')[0]};Response", *lines)), "utf-8")
    assert "did you mean 'Response'?" in said("check", table, "--contract", mine)[2]


@pytest.mark.parametrize(("option", "value"), [("--control-share", "1.5"), ("--call-effect", "nan"), ("--drift", "x")])
def test_a_setting_of_a_simulation_is_refused_by_its_option(
    tmp_path: Path, said: Callable[..., tuple[int, str, str]], option: str, value: str
) -> None:
    code, _, err = said("simulate", "--out", tmp_path / "t.csv", option, value)
    assert code == 2
    assert re.match(rf"error: {option} must .*\. Got {value} instead\.\n", err)
    assert not list(tmp_path.iterdir())


def test_the_help_of_simulate_says_what_holds_where_nothing_is_asked(said: Callable[..., tuple[int, str, str]]) -> None:
    told = dict(
        re.findall(r"--([a-z-]+) <(?:int|float)>.*?default:\s+\(([0-9.]+)\)", said("simulate", "--help")[1], re.S)
    )
    assert len(told) == 8
    assert told == {name: str(getattr(Campaign(), name.replace("-", "_"))) for name in told}


def test_a_simulated_campaign_meets_its_contract(tmp_path: Path, said: Callable[..., tuple[int, str, str]]) -> None:
    table, truth = tmp_path / "campaign.csv", tmp_path / "truth.parquet"
    assert said("simulate", "--rows", 500, "--out", table, "--truth", truth)[0] == 0
    assert truth.is_file()
    assert said("check", table, "--contract", "simulated-campaign", "--quiet") == (0, "", "")
    assert said("simulate", "--rows", 0, "--out", table)[0] == 2
    assert said("simulate", "--out", tmp_path / "campaign.xml")[0] == 2


@pytest.mark.parametrize(
    "argv",
    [
        ("check", "T", "--contract", "bank-marketing", "--rejected", "T"),
        ("check", "T", "--contract", "bank-marketing", "--rejected", "LINK"),
        ("check", "T", "--contract", "C", "--rejected", "C"),
        ("predict", "T", "--bundle", "nowhere", "--out", "T"),
        ("measure", "L", "T", "--do-not-call", "T"),
        ("simulate", "--rows", "60", "--out", "T", "--truth", "T"),
    ],
)
def test_no_command_writes_over_what_it_reads(
    argv: tuple[str, ...], tmp_path: Path, said: Callable[..., tuple[int, str, str]]
) -> None:
    names = {name: tmp_path / file for name, file in [("T", "t.csv"), ("LINK", "l.csv"), ("C", "c.toml")]}
    names["T"].write_bytes(sample_path().read_bytes())
    names["C"].write_text(said("contract", "show", "bank-marketing")[1])
    names["LINK"].symlink_to(names["T"])
    before = {name: path.read_bytes() for name, path in names.items()}
    code, _, err = said(*(names.get(word, word) for word in argv), *(["--runs", tmp_path] if "L" in argv else []))
    assert code == 2
    assert "Next: " in err
    assert "another name" in err
    assert {name: path.read_bytes() for name, path in names.items()} == before
    assert names["LINK"].is_symlink()


def test_objection_files_of_the_command_line_are_added_to_those_of_the_policy() -> None:
    """A flag that took the place of the policy's file would put its objectors back on the list."""
    from segmint.cli.lists import _with_objections
    from segmint.config import load_config

    config = load_config(None, ['policy.suppress=["always.csv"]'])
    assert _with_objections(config, [Path("today.csv")]).policy.suppress == (Path("always.csv"), Path("today.csv"))


def run_with(argv: list[object], **streams: int) -> int:
    words = [sys.executable, "-m", "segmint", *map(str, argv)]
    return subprocess.run(
        words, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **streams}, check=False
    ).returncode


@pytest.fixture
def unread() -> Iterator[int]:
    """Lend a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_who_went_away_stops_no_work(tmp_path: Path, unread: int, stream: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(sample_path().read_text("utf-8").replace("\n30;", "\nthirty;", 1))
    argv = ["check", table, "--contract", "bank-marketing", "--rejected", tmp_path / "rejected.csv"]
    assert run_with(argv, **{stream: unread}) == 0
    assert "not_a_number" in (tmp_path / "rejected.csv").read_text("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_under_the_output_is_said(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full, (tmp_path / "said").open("wb") as said:
        assert run_with(["contract", "show", "bank-marketing"], stdout=full.fileno(), stderr=said.fileno()) == 2
    assert "could not be written: No space left on device." in (tmp_path / "said").read_text("utf-8")


@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_the_caller_closed_stops_no_work(tmp_path: Path, closed: str) -> None:
    table, rejected = tmp_path / "t.csv", tmp_path / "rejected.csv"
    table.write_text(sample_path().read_text("utf-8").replace("\n30;", "\nthirty;", 1))
    words = [sys.executable, "-m", "segmint", "check", table, "--contract", "bank-marketing", "--rejected", rejected]
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert ("rejected" in done.stdout) is (closed == "2>&-")
    lines = rejected.read_text("utf-8").splitlines()
    assert lines[0] == "record,reason,column,detail,raw"
    assert len(lines) == 2


@pytest.mark.parametrize(("option", "code"), [("--out", 2), ("--runs", 2), ("PYTHONUTF8", 0)])
def test_a_name_that_libraries_would_write_in_other_bytes_is_refused_before_the_work(
    tmp_path: Path, option: str, code: int
) -> None:
    place = tmp_path / "Größe"
    argv = ["simulate", "--rows", "10", "--out", place / "t.parquet"]
    if option == "--runs":
        argv = ["segment", sample_path(), "--contract", "bank-marketing", "--runs", place]
    done = subprocess.run(
        [sys.executable, "-m", "segmint", *map(str, argv)],
        env=os.environ | {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "1" if code == 0 else "0"},
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert (f"name another place: {option}".encode() in done.stderr) is (code == 2)
    assert place.exists() is (code == 0)


def test_memory_that_ran_out_is_told_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, said: Callable[..., tuple[int, str, str]]
) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 1.25 TiB for an array with shape (9,) and data type float64")

    monkeypatch.setattr("segmint.flows.check.check", no_memory)
    code, _, err = said("check", sample_path(), "--contract", "bank-marketing")
    assert code == 2
    assert "There is not enough memory for the next 1.25 TiB of this work." in err
    assert "fewer columns" in err


def test_a_folder_that_was_removed_below_the_command_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Callable[..., tuple[int, str, str]]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    code, _, err = said("simulate", "--rows", 500, "--out", "made.csv")
    assert code == 2
    assert "The folder you are in no longer exists." in err
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("threads", ["0", "many", "-1"])
def test_threads_that_polars_cannot_have_are_refused(
    threads: str, monkeypatch: pytest.MonkeyPatch, said: Callable[..., tuple[int, str, str]]
) -> None:
    monkeypatch.setenv("POLARS_MAX_THREADS", threads)
    code, _, err = said("check", sample_path(), "--contract", "bank-marketing")
    assert code == 2
    assert "a whole number of 1 or more" in err


@pytest.mark.parametrize(("asked", "code"), [("complete_bash", 0), ("complete_nothing", 1)])
def test_completion_is_no_stop(asked: str, code: int) -> None:
    told = {"_SEGMINT_COMPLETE": asked, "COMP_WORDS": "segmint ver", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-m", "segmint"], env={**os.environ, **told}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, "" if code else "verify\n")
    assert "stopped" not in done.stderr


def test_an_import_without_memory_is_told_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, said: Callable[..., tuple[int, str, str]]
) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise ImportError("libx.so: failed to map segment from shared object")

    monkeypatch.setattr("segmint.flows.check.check", no_memory)
    code, _, err = said("check", sample_path(), "--contract", "bank-marketing")
    assert (code, "There is not enough memory for this work." in err) == (2, True)


@pytest.mark.parametrize(
    "argv",
    [
        ("find", "C\udcff"),
        ("explain", "--bundle", "r", "--customer", "C\udcff"),
        ("contract", "infer", sample_path(), "--name", "k\udcff"),
        ("check", sample_path(), "--contract", "bank-marketing", "--set", "data.delimiter=\udcff"),
    ],
)
def test_a_word_that_is_no_utf_8_is_refused_unless_it_is_a_file(
    argv: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Callable[..., tuple[int, str, str]]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = said(*argv)
    assert (code, out) == (2, "")
    assert "is neither text in UTF-8 nor a file that is there" in err
    (tmp_path / "k\udcff.csv").write_bytes(sample_path().read_bytes())
    assert said("check", "k\udcff.csv", "--contract", "bank-marketing", "--quiet")[0] == 0


def test_a_setting_taken_for_an_option_is_told_how_it_is_given(said: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = said("run", "x.csv", "--epochs", "3", "--json")
    assert code == 2
    assert json.loads(out)["error"]["fix"] == "a setting of that name is given by --set model.epochs=…"
    assert "--set model.epochs=…" in err
    assert "--set compare.enabled=… or --set segments.enabled=…" in said("run", "x.csv", "--enabled", "no")[2]
    assert "--set" not in said("run", "x.csv", "--level", "5")[2]  # of each entry of a list, which no key leads to
    assert "--set" not in said("verify", "x", "--epochs", "3")[2]

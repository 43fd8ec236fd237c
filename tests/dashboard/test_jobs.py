"""Runs started from a page: watched while they work, told in words when they fail, ended with the dashboard."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from segmint.dashboard import jobs as jobs_file
from segmint.dashboard.desk import Desk
from segmint.dashboard.jobs import Job, Jobs
from segmint.errors import RunError
from segmint.flows.demo import sample_path
from segmint.store.process import is_alive
from segmint.store.run import Run
from segmint.store.runs import runs_in

from .test_app import client

TINY = (
    "--folds", "2", "--recipe", "plain", "--set", "segments.enabled=false", "--set", "compare.repeats=100",
    "--set", "model.hidden=[8]", "--set", 'compare.models=["dense_network", "base_rate"]',
)  # fmt: skip
STUCK = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"


def few_rows(folder: Path, rows: int = 400) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = sample_path().read_text("utf-8").splitlines(keepends=True)
    (folder / "table.csv").write_text("".join(lines[: rows + 1]), "utf-8")
    return folder / "table.csv"


def until(told: Callable[[], object], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if told():
            return True
        time.sleep(0.05)
    return False


def program(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(jobs_file, "SEGMINT", (sys.executable, "-c", code))


@pytest.mark.network
def test_a_run_shows_its_steps_while_it_works_and_its_id_when_it_is_done(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "runs")
    job = jobs.start("few.csv", few_rows(tmp_path / "t"), "bank-marketing", (*TINY, "--set", "model.epochs=10"))
    seen = []

    def ended() -> bool:
        state = job.state()
        seen.append(state)
        return state["status"] != "running"

    assert until(ended, 200)
    assert (seen[-1]["status"], seen[-1]["error"]) == ("done", None)
    assert (tmp_path / "runs" / seen[-1]["run"] / "report.html").is_file()
    working = [state for state in seen if state["status"] == "running"]
    assert working[0]["task"] == "starting"
    assert len({(state["task"], state["done"]) for state in working}) > 2
    assert all(0 <= state["done"] <= max(state["total"], 1) for state in working)


def test_a_run_that_fails_says_why_and_no_value(tmp_path: Path) -> None:
    path = few_rows(tmp_path / "t", 20)
    path.write_text(path.read_text("utf-8").replace("\n", "\nSECRET;", 1), "utf-8")
    job = Jobs(tmp_path / "runs").start("few.csv", path, "bank-marketing", TINY)
    assert until(lambda: job.state()["status"] == "failed", 60)
    told = job.state()["error"]
    assert all(told[part] for part in ("came", "expected", "fix"))
    assert "error:" not in told["came"]
    assert "SECRET" not in str(told)


def test_a_child_that_dies_without_a_word_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import os; os.write(2, b'Traceback of SECRET'); os._exit(1)")
    job = Jobs(tmp_path).start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    assert until(lambda: job.state()["status"] == "failed", 20)
    assert job.state()["error"]["came"] == "The run stopped unexpectedly."


def test_a_child_that_is_killed_is_gone_on_with_as_its_run_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = few_rows(tmp_path / "t")
    program(
        monkeypatch,
        "import os, signal; from pathlib import Path; from segmint.store.run import Run\n"
        f"Run.create(Path({str(tmp_path)!r}), 'run', '', 1, source=Path({str(table)!r}), contract_toml='')\n"
        "os.kill(os.getpid(), signal.SIGKILL)",
    )
    job = Jobs(tmp_path).start("a.csv", table, "bank-marketing")
    assert until(lambda: job.state()["status"] == "failed", 20)
    told = job.state()
    assert told["error"]["fix"] == f"segmint resume {told['run']} --runs {tmp_path} continues it"


def test_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import time; time.sleep(60)")
    jobs, table = Jobs(tmp_path), few_rows(tmp_path / "t")
    first = jobs.start("a.csv", table, "bank-marketing")
    with pytest.raises(RunError, match="Another table"):
        jobs.start("a.csv", table, "bank-marketing", ("--folds", "2"))
    assert jobs.start("a.csv", table, "bank-marketing") is first  # whoever clicks twice means it once
    assert len(jobs.at_work()) == 1
    jobs.stop()
    assert first.process.returncode == -signal.SIGTERM
    with pytest.raises(RunError):  # no child is born while the dashboard goes
        jobs.start("a.csv", table, "bank-marketing")


def test_a_run_that_is_at_work_is_found_again_and_by_whoever_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(monkeypatch, "import time; time.sleep(60)")
    desk = Desk(tmp_path)
    browser = client(desk, signed_in=True)
    place = desk.tables.folder / ("a" * 16)
    few_rows(place)
    (place / "about.json").write_text('{"name": "a.csv", "file": "table.csv"}')
    form = {"token": desk.keeper.token(browser.cookies["segmint_session"]), "contract": "bank-marketing"}
    for path in ("/upload", "/runs"):
        assert "A run is at work" not in browser.get(path).text
    begun = browser.post(f"/tables/{place.name}/run", data=form)
    assert begun.status_code == 303
    link = f'href="{begun.headers["location"]}">See how far it is'
    again = browser.post(f"/tables/{place.name}/run", data=form)  # whoever clicks twice means it once
    assert again.headers["location"] == begun.headers["location"]
    refused = browser.post(f"/tables/{place.name}/run", data=form | {"how": "quick"})
    assert refused.status_code == 409
    assert "Another table is being worked on" in refused.text
    for shown in (browser.get("/upload"), browser.get("/runs"), refused):
        assert link in shown.text
    desk.jobs.stop()
    for path in ("/upload", "/runs"):
        assert link not in browser.get(path).text


def test_a_run_is_stopped_from_its_page_and_another_may_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, "import time; time.sleep(60)")
    desk = Desk(tmp_path)
    browser = client(desk, signed_in=True)
    job = desk.jobs.start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    token = {"token": desk.keeper.token(browser.cookies["segmint_session"])}
    stop = f"/work/{job.id}/stop"
    assert f'action="{stop}"' in browser.get(f"/work/{job.id}").text
    assert browser.post(stop).status_code == 422
    assert browser.get(stop).status_code == 405
    assert job.process.poll() is None
    assert browser.post(stop, data=token).headers["location"] == f"/work/{job.id}"
    told = browser.get(f"/work/{job.id}/state").json()
    assert (told["status"], told["error"]["came"]) == ("failed", "The run was stopped.")
    assert browser.post(stop, data=token).status_code == 303  # it has ended already
    desk.jobs.start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    desk.jobs.stop()


def test_the_same_run_goes_on_where_it_was_stopped_and_another_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, runs = few_rows(tmp_path / "t"), tmp_path / "runs"
    program(
        monkeypatch,
        "import sys, time; from pathlib import Path; from segmint.store.run import Run\n"
        "runs = Path(sys.argv[sys.argv.index('--runs') + 1])\n"
        "sys.argv[1] == 'resume' or Run.create(runs, 'run', '', 1, source=Path(sys.argv[2]), contract_toml='')\n"
        "time.sleep(60)",
    )
    jobs = Jobs(runs)
    first = jobs.start("a.csv", table, "bank-marketing")
    assert until(lambda: first.state()["run"] is not None, 20)
    first.stop()
    assert "goes on where it was" in first.state()["error"]["fix"]
    other = jobs.start("a.csv", table, "bank-marketing", jobs.quick)
    assert "resume" not in other.process.args
    other.stop()
    again = jobs.start("a.csv", table, "bank-marketing")
    assert again.process.args[3:5] == ["resume", first.run]
    assert again.state()["run"] == first.run
    jobs.stop()


def test_a_stuck_child_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(monkeypatch, STUCK.replace("print('ready', flush=True)", "open('/proc/self/fd/2', 'w').write('ready')"))
    monkeypatch.setattr(jobs_file, "PATIENCE", 0.3)
    jobs = Jobs(tmp_path)
    job = jobs.start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    assert until(lambda: job.errors.read_text() == "ready", 20)
    assert job.state()["status"] == "running"
    jobs.stop()
    assert job.process.returncode == -signal.SIGKILL
    assert job.state()["status"] == "failed"


def test_an_older_run_with_the_same_process_id_is_not_taken_for_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(monkeypatch, "import time; time.sleep(60)")
    with Run.create(tmp_path, "run", "", 1, {}) as older:
        older.done({})
    jobs = Jobs(tmp_path)
    job = jobs.start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    older.record["process"]["pid"] = job.process.pid
    older._update()
    assert job.find_run() is None
    assert job.state()["task"] == "starting"
    jobs.stop()


def test_work_that_nobody_started_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such work") as told:
        Jobs(tmp_path).find("../x")
    assert "a run ends with the service that started it" in told.value.expected


@pytest.mark.network
@pytest.mark.parametrize("door", ["dashboard", "serve"])
def test_told_to_stop_a_door_ends_the_run_that_was_started_from_it(door: str, tmp_path: Path) -> None:
    process, address, code = opened(door, tmp_path)
    try:
        with httpx.Client(base_url=address, timeout=30) as browser:
            assert browser.get(f"/sign-in?code={code}").status_code == 303
            token = re.search(r'name="token" content="(\w+)"', browser.get("/").text)
            assert token is not None
            table = few_rows(tmp_path / "t").read_bytes()
            brought = browser.put("/tables?name=a.csv", content=table, headers={"x-token": token[1]})
            form = {"token": token[1], "contract": "bank-marketing", "how": "full"}
            begun = browser.post(f"{brought.json()['location']}/run", data=form)
            assert begun.status_code == 303
            place = begun.headers["location"]
            assert until(lambda: browser.get(f"{place}/state").json()["run"] is not None, 60)
            run = Run.open(tmp_path / "runs" / browser.get(f"{place}/state").json()["run"])
        child = run.record["process"]
        assert is_alive(child)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert not is_alive(child)
        assert run.status == "interrupted"
    finally:
        process.kill()
        process.wait()


def opened(door: str, folder: Path) -> tuple[subprocess.Popen[str], str, str]:
    """Start a door as its command does and return where it is and the code that opens it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bundle = []
    if door == "serve":
        from segmint.store.bundle import write_bundle
        from tests.service.small import small_parts

        write_bundle(folder / "bundle", **small_parts())
        bundle = ["--bundle", str(folder / "bundle")]
    command = [sys.executable, "-m", "segmint", door, "--port", str(port), "--runs", str(folder / "runs"), *bundle]
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, text=True)

    def code() -> re.Match[str] | None:
        return re.search(r"sign-in\?code=(\S+)", (folder / "said.txt").read_text())

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/sign-in").status_code == 200
        except httpx.TransportError:
            return False

    assert until(lambda: code() and answers(), 60), (folder / "said.txt").read_text()
    found = code()
    assert found is not None
    return process, f"http://127.0.0.1:{port}", found[1]


def test_the_job_of_a_page_belongs_to_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = (
        "import sys; from pathlib import Path; from segmint.store.run import Run\n"
        "runs = Path(sys.argv[sys.argv.index('--runs') + 1])\n"
        "here = Run.create(runs, 'run', '', 1, {}); here.progress('reading', 3, 9); here._update(); here.done({})"
    )
    program(monkeypatch, made)
    job: Job = Jobs(tmp_path).start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    assert until(lambda: job.state()["status"] == "done", 30)
    told = job.state()
    assert (told["run"], told["task"], told["done"], told["total"]) == (runs_in(tmp_path)[0].id, "reading", 3, 9)


def test_a_python_file_of_the_working_folder_is_not_taken_for_a_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "typer.py").write_text("raise SystemExit('ran')", "utf-8")
    monkeypatch.chdir(tmp_path)
    done = subprocess.run([*jobs_file.SEGMINT, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")

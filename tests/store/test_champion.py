"""A champion is replaced only through the gate, and the way back is always open."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segmint.cli import main
from segmint.errors import BundleError, RunError
from segmint.evaluation.gate import Gate
from segmint.store.bundle import Bundle, open_bundle, write_bundle
from segmint.store.champion import promote, rollback
from segmint.store.promoted import read_history, read_promoted
from segmint.store.run import Run, installed_versions

GOOD = Gate(True, "first", "there was no champion")
Finished = Callable[[int], Run]


@pytest.fixture
def finished(tmp_path: Path, parts: dict[str, object]) -> Finished:
    def make(seed: int) -> Run:
        run = Run.create(tmp_path, "run", "", seed)
        weights = {name: array + np.float32(seed) for name, array in parts["weights"].items()}  # type: ignore[attr-defined]
        write_bundle(run.folder / "bundle", **{**parts, "weights": weights})
        run.done()
        return run

    return make


def test_the_promoted_bundle_is_the_one_in_use(finished: Finished, tmp_path: Path) -> None:
    run = finished(1)
    entry = promote(tmp_path, run.folder, GOOD)
    assert open_bundle("PROMOTED", tmp_path).digest == entry.manifest == open_bundle(run.folder).digest
    assert read_promoted(tmp_path).run == run.id
    assert entry.gate["verdict"] == "first"


def test_the_folder_of_runs_may_be_a_link_and_nothing_below_it(finished: Finished, tmp_path: Path) -> None:
    run = finished(1)
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path)
    entry = promote(linked, run.id, GOOD)
    assert open_bundle("PROMOTED", linked).digest == entry.manifest
    assert read_promoted(linked).run == run.id
    again = promote(linked, finished(2).id, GOOD)
    assert rollback(linked).manifest == entry.manifest != again.manifest
    run.folder.rename(tmp_path / "moved")
    run.folder.symlink_to(tmp_path / "moved")
    with pytest.raises(BundleError, match="is a link"):
        open_bundle("PROMOTED", linked)


def test_the_gate_holds_unless_a_person_gives_a_reason(finished: Finished, tmp_path: Path) -> None:
    first, second = finished(1), finished(2)
    promote(tmp_path, first.id, GOOD)
    shut = Gate.judge("profit", -3.0, -5.0, -1.0, simpler=True)
    with pytest.raises(RunError, match=r"worse: profit -3 \(-5 to -1\)"):
        promote(tmp_path, second.id, shut)
    for blank in ("", " ", "\t\n"):
        with pytest.raises(RunError, match="worse: profit -3"):
            promote(tmp_path, second.id, shut, despite=blank)
    assert read_promoted(tmp_path).run == first.id
    entry = promote(tmp_path, second.id, shut, despite=" the old data are wrong ")
    assert read_promoted(tmp_path).run == second.id
    assert entry.gate["despite"] == "the old data are wrong"
    assert entry.gate["passed"] is False


def test_what_does_not_prove_itself_is_neither_promoted_nor_gone_back_to(finished: Finished, tmp_path: Path) -> None:
    first, second = finished(1), finished(2)
    asked = []

    def never(bundle: Bundle) -> None:
        asked.append(bundle.digest)
        raise BundleError("it does not prove itself")

    with pytest.raises(BundleError, match="prove itself"):
        promote(tmp_path, first.id, GOOD, prove=never)
    assert read_history(tmp_path) == []
    promote(tmp_path, first.id, GOOD)
    promote(tmp_path, second.id, GOOD)
    with pytest.raises(BundleError, match="prove itself"):
        rollback(tmp_path, prove=never)
    assert read_promoted(tmp_path).run == second.id
    assert asked == [open_bundle(first.folder).digest] * 2


def test_a_gate_judged_against_another_champion_lets_nobody_through(finished: Finished, tmp_path: Path) -> None:
    first, second, third = (finished(seed) for seed in (1, 2, 3))
    promote(tmp_path, first.id, GOOD, against="")
    before = read_promoted(tmp_path).manifest
    promote(tmp_path, second.id, GOOD, against=before)
    for judged_against in (before, ""):
        with pytest.raises(RunError, match="another bundle was put in use while it was compared"):
            promote(tmp_path, third.id, GOOD, against=judged_against)
    assert read_promoted(tmp_path).run == second.id


def test_without_a_folder_of_runs_there_is_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be opened"):
        rollback(tmp_path / "nowhere")


def test_rolling_back_goes_one_champion_back_each_time_and_history_is_kept(finished: Finished, tmp_path: Path) -> None:
    runs = [finished(seed) for seed in (1, 2, 3)]
    for run in runs:
        promote(tmp_path, run.id, GOOD)
    assert rollback(tmp_path).run == runs[1].id
    assert rollback(tmp_path).run == runs[0].id
    with pytest.raises(
        RunError, match=f"no earlier champion to go back to: {runs[0].id}, the present one, was the first"
    ):
        rollback(tmp_path)
    promote(tmp_path, runs[2].id, GOOD)
    assert rollback(tmp_path).run == runs[0].id
    told = [(entry.action, entry.run) for entry in read_history(tmp_path)]
    places = [
        ("promote", 0),
        ("promote", 1),
        ("promote", 2),
        ("rollback", 1),
        ("rollback", 0),
        ("promote", 2),
        ("rollback", 0),
    ]
    assert told == [(action, runs[place].id) for action, place in places]


def test_nothing_to_go_back_to_is_one_sentence(finished: Finished, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no earlier champion"):
        rollback(tmp_path)
    promote(tmp_path, finished(1).id, GOOD)
    with pytest.raises(RunError, match="no earlier champion"):
        rollback(tmp_path)


def test_a_changed_bundle_is_not_gone_back_to(finished: Finished, tmp_path: Path, parts: dict[str, object]) -> None:
    first, second = finished(1), finished(2)
    for run in (first, second):
        promote(tmp_path, run.id, GOOD)
    write_bundle(first.folder / "bundle", **{**parts, "card": "another"}, replace=True)
    with pytest.raises(BundleError, match="not the one that was promoted"):
        rollback(tmp_path)
    assert open_bundle("PROMOTED", tmp_path).digest == open_bundle(second.folder).digest


def test_promoting_the_champion_again_changes_nothing(finished: Finished, tmp_path: Path) -> None:
    run = finished(1)
    promote(tmp_path, run.id, GOOD)
    before = (tmp_path / "PROMOTED").read_bytes()
    promote(tmp_path, run.id, GOOD)
    assert (tmp_path / "PROMOTED").read_bytes() == before


def test_only_a_finished_run_of_this_folder_with_a_sound_bundle_is_promoted(finished: Finished, tmp_path: Path) -> None:
    running = Run.create(tmp_path, "run", "", 1)
    with pytest.raises(RunError, match="it is running"):
        promote(tmp_path, running.id, GOOD)
    running.done()
    with pytest.raises(BundleError, match="'bundle' is missing"):
        promote(tmp_path, running.id, GOOD)
    damaged = finished(2)
    (damaged.folder / "bundle" / "features.json").write_text("{}")
    with pytest.raises(BundleError, match=r"features\.json"):
        promote(tmp_path, damaged.id, GOOD)
    sound = finished(3)
    (tmp_path / "other").mkdir()
    with pytest.raises(RunError, match=r"it is not in '.*/other'") as caught:
        promote(tmp_path / "other", sound.folder, GOOD)
    assert caught.value.fix.endswith(f"--runs {tmp_path}")
    assert read_history(tmp_path) == []


@pytest.mark.parametrize("name", ["the good one", "2026-03-14T10-15-02Z-0000"])
def test_a_renamed_run_is_not_promoted_and_told_its_name(
    name: str, finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished(1)
    renamed = run.folder.rename(tmp_path / name)
    with pytest.raises(RunError, match="its folder was renamed") as told:
        promote(tmp_path, renamed, GOOD)
    assert told.value.fix == f"rename the folder back to {run.id}"
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert f"{renamed}  was renamed; its name was {run.id}" in capsys.readouterr().out
    renamed.rename(run.folder)
    assert promote(tmp_path, run.id, GOOD).run == run.id


@pytest.mark.parametrize("name", ["the same again", "2026-03-14T10-15-02Z-0000"])
def test_a_copy_beside_its_original_is_not_told_to_take_its_name(
    name: str, finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished(1)
    copy = shutil.copytree(run.folder, tmp_path / name)
    with pytest.raises(RunError, match=f"it is a copy of {run.id}") as told:
        promote(tmp_path, copy, GOOD)
    assert told.value.fix.startswith(f"promote that one: segmint promote {run.id}")
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"{copy}  is a copy of {run.id}\n" in said
    assert "rename it back" not in said


@pytest.mark.parametrize(
    "change",
    [
        {"run": "2026-03-14T10-15-02Z-0000"},
        {"manifest": "0" * 64},
        {"extra": 1},
        {"history": [{}]},
        {"history": "none"},
        {"history": []},
        {"head": "0" * 64},
    ],
)
def test_an_edited_history_is_not_believed(change: dict[str, object], finished: Finished, tmp_path: Path) -> None:
    promote(tmp_path, finished(1).id, GOOD)
    path = tmp_path / "PROMOTED"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    for ask in (lambda: open_bundle("PROMOTED", tmp_path), lambda: rollback(tmp_path)):
        with pytest.raises(BundleError, match="PROMOTED"):
            ask()


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize(
    "change", [{"when": "2020-01-01T00:00:00+00:00"}, {"by": "nobody"}, {"because": "x"}, {"gate": {}}]
)
def test_no_step_of_the_history_can_be_changed_by_itself(
    change: dict[str, object], step: int, finished: Finished, tmp_path: Path
) -> None:
    shut = Gate.judge("profit", -3.0, -5.0, -1.0, simpler=True)
    promote(tmp_path, finished(1).id, GOOD)
    promote(tmp_path, finished(2).id, shut, despite="the old data are wrong")
    rollback(tmp_path, because="they were right")
    path = tmp_path / "PROMOTED"
    told = json.loads(path.read_text())
    told["history"][step] |= {"gate": {"sentence": "better"}} if change == {"gate": {}} else change
    path.write_text(json.dumps(told))
    for ask in (lambda: read_history(tmp_path), lambda: read_promoted(tmp_path)):
        with pytest.raises(BundleError, match=f"changed after it was written: step {step + 1} of 3"):
            ask()


def test_a_step_taken_out_of_the_history_is_missed(finished: Finished, tmp_path: Path) -> None:
    for seed in (1, 2):
        promote(tmp_path, finished(seed).id, GOOD)
    path = tmp_path / "PROMOTED"
    told = json.loads(path.read_text())
    del told["history"][0]
    told["history"][0]["back"] = None
    path.write_text(json.dumps(told))
    with pytest.raises(BundleError, match="changed after it was written"):
        read_history(tmp_path)


def test_each_step_names_who_took_it_where_and_why(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.delenv("SEGMINT_BY", raising=False)
    first = promote(tmp_path, finished(1).id, GOOD)
    assert (first.by, first.host, first.before) == (account, socket.gethostname(), "")
    assert first.version == installed_versions()["segmint"]
    monkeypatch.setenv("SEGMINT_BY", "Ann Example")
    promote(tmp_path, finished(2).id, GOOD)
    rollback(tmp_path, because="too many complaints")
    _, second, third = read_history(tmp_path)
    assert second.by == f"Ann Example (account {account})"
    assert (second.before, third.before) == (first.digest, second.digest)
    assert third.because == "too many complaints"


def test_a_byte_of_another_encoding_does_not_make_the_history_unreadable(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    latin = os.fsdecode(b"J\xf6rg")
    monkeypatch.setenv("SEGMINT_BY", latin)
    promote(tmp_path, finished(1).id, GOOD)
    promote(tmp_path, finished(2).id, Gate.judge("profit", -3.0, -5.0, -1.0, simpler=True), despite=latin)
    rollback(tmp_path, because=latin)
    first, second, back = read_history(tmp_path)
    assert first.by.startswith("J\N{REPLACEMENT CHARACTER}rg (account ")
    assert second.gate["despite"] == back.because == "J\N{REPLACEMENT CHARACTER}rg"


def test_a_history_that_could_not_be_read_again_is_not_written(finished: Finished, tmp_path: Path) -> None:
    first, second = finished(1), finished(2)
    promote(tmp_path, first.id, GOOD)
    with pytest.raises(RunError, match="What was in use still is"):
        promote(tmp_path, second.id, Gate(True, "first", os.fsdecode(b"b\xe4nk")))
    assert read_promoted(tmp_path).run == first.id


def test_promotions_at_the_same_moment_are_all_in_the_history(finished: Finished, tmp_path: Path) -> None:
    """CRA-07, small: two processes, six promotions each, a reader all the while."""
    runs = [finished(seed) for seed in (1, 2)]
    code = (
        "import sys; from pathlib import Path; from segmint.evaluation.gate import Gate\n"
        "from segmint.store.champion import promote\n"
        "for i in range(3):\n"
        "    for name in sys.argv[2:]:\n"
        "        promote(Path(sys.argv[1]), name, Gate(True, 'better', 'x'))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), *[run.id for run in runs]]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    reads = 0
    while any(process.poll() is None for process in processes):
        if (tmp_path / "PROMOTED").exists():
            assert open_bundle("PROMOTED", tmp_path).classes == ("no", "yes")
            reads += 1
        time.sleep(0.02)  # leave the two processes some of the machine
    assert [process.communicate()[1] for process in processes] == ["", ""]
    past = read_history(tmp_path)
    assert reads > 0
    assert [entry.back for entry in past] == [None, *range(len(past) - 1)]
    assert all(one.run != two.run for one, two in zip(past, past[1:], strict=False))
    assert len(past) >= 6

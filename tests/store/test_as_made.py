"""A finished run vouches for its files: what was changed, lost or exchanged is found, what may change is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmint.errors import RunError
from segmint.evaluation.gate import Gate
from segmint.store.as_made import look, require_as_made
from segmint.store.bundle import write_bundle
from segmint.store.champion import promote
from segmint.store.run import Run
from segmint.store.run_files import BACKTEST_CALLS, BACKTEST_WAVES, FINGERPRINTS, OF_CUSTOMERS
from segmint.store.training_ids import carry_moved_ids, open_training_ids, write_training_ids
from segmint.store.verify import Check, verify_bundle

from .conftest import predict

Make = Callable[[int], Path]


@pytest.fixture
def finished(tmp_path: Path, parts: dict[str, Any]) -> Make:
    def make(seed: int) -> Path:
        with Run.create(tmp_path / "runs", "run", "seed = 1\n", seed) as run:
            write_bundle(run.folder / "bundle", **{**parts, "card": f"the bundle of run {seed}"})
            run.keep("summary.json", {"quality": {"roc_auc": 0.75}})
            run.keep("tables/columns.parquet", b"a table")
            for name in ("segments.parquet", "predictions.parquet", "do_not_call.csv"):
                run.keep(name, b"customers")
            for page in ("report.html", "report.json"):
                run.keep(page, b"{}")
            write_training_ids(run.folder, ["1"])
            run.done({"quality": {"roc_auc": 0.75}})
        return run.folder

    return make


def checked(folder: Path) -> Check:
    """What `verify` says of the files of a run."""
    return verify_bundle(folder, predict)[0]


def test_a_run_as_it_was_left_is_said_to_be_and_may_be_copied_and_renamed(finished: Make, tmp_path: Path) -> None:
    folder = finished(1)
    checks = verify_bundle(folder, predict)
    assert [check.ok for check in checks] == [True] * 10
    assert checks[0].name == "run"
    assert checks[0].detail.startswith("12 files as they were; seal ")
    (tmp_path / "runs").rename(tmp_path / "renamed")
    shutil.copytree(tmp_path / "renamed", tmp_path / "copied")
    for runs in ("renamed", "copied"):
        assert verify_bundle(folder.name, predict, runs=tmp_path / runs)[0].ok


def _figures(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    record["summary"]["quality"]["roc_auc"] = 0.99
    (folder / "run.json").write_text(json.dumps(record))


def _summary(folder: Path) -> None:
    path = folder / "summary.json"
    path.write_text(path.read_text().replace("0.75", "0.99"))


def _settings(folder: Path) -> None:
    (folder / "config.toml").write_text("seed = 2\n")


def _link(folder: Path) -> None:
    (folder / "summary.json").rename(folder.parent / "elsewhere.json")
    (folder / "summary.json").symlink_to(folder.parent / "elsewhere.json")


def _lost(folder: Path) -> None:
    (folder / "tables" / "columns.parquet").unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_figures, "changed: run.json"),
        (_summary, "changed: summary.json"),
        (_settings, "changed: config.toml"),
        (_link, "changed: summary.json"),
        (_lost, "missing: tables/columns.parquet"),
    ],
)
def test_what_was_changed_or_lost_is_named_and_not_promoted(
    change: Callable[[Path], None], said: str, finished: Make
) -> None:
    folder = finished(1)
    change(folder)
    assert (checked(folder).ok, checked(folder).detail) == (False, said)
    with pytest.raises(RunError, match=f"not as it was left: {said}"):
        promote(folder.parent, folder.name, Gate(True, "first", "first"))


def test_the_bundle_of_another_run_is_not_its_own(finished: Make) -> None:
    ours, theirs = finished(1), finished(2)
    shutil.rmtree(ours / "bundle")
    shutil.copytree(theirs / "bundle", ours / "bundle")
    checks = verify_bundle(ours, predict)
    assert [check.ok for check in checks] == [False] + [True] * 9  # a sound bundle, but another one
    assert checks[0].detail == "changed: bundle/manifest.json"
    with pytest.raises(RunError, match="changed: bundle/manifest"):
        promote(ours.parent, ours.name, Gate(True, "first", "first"))


def test_what_segmint_would_read_must_not_come_later_and_what_it_does_not_may_lie_beside(finished: Make) -> None:
    folder = finished(1)
    (folder / "approval.pdf").write_text("a memo")
    (folder / "tensorboard").mkdir()
    (folder / "tensorboard" / "events.1").write_text("")
    assert checked(folder).ok
    assert "laid beside them: approval.pdf" in checked(folder).detail
    (folder / "gate.json").write_text("{}")
    assert (checked(folder).ok, checked(folder).detail) == (False, "added: gate.json")
    assert (
        promote(folder.parent, folder.name, Gate(True, "first", "first")).run == folder.name
    )  # which does not read it


def test_hidden_files_and_leftovers_of_the_work_are_named(finished: Make) -> None:
    folder = finished(1)
    (folder / "work").mkdir()
    for name in (".secret.json", "tables/.customers.csv", "work/train.csv"):
        (folder / name).write_text("")
    assert checked(folder).ok
    assert "; laid beside them: .secret.json, tables/.customers.csv, work/train.csv; seal " in checked(folder).detail


def test_a_run_without_its_record_is_damaged_and_a_bundle_alone_is_not(finished: Make, tmp_path: Path) -> None:
    folder = finished(1)
    bare = tmp_path / "bare"
    shutil.copytree(folder / "bundle", bare / folder.name)  # whatever it is called
    shutil.copytree(folder / "bundle", bare / "of a bank" / "bundle")
    for name in ("README.md", "policy.toml", "do_not_call.csv", "tables/notes.json"):
        (bare / "of a bank" / name).parent.mkdir(exist_ok=True)
        (bare / "of a bank" / name).write_text("")
    shutil.copytree(folder / "bundle", bare / "shared" / folder.name / "bundle")
    for sound in (folder / "bundle", bare / folder.name, bare / "of a bank", bare / "shared" / folder.name):
        assert [check.ok for check in verify_bundle(sound, predict)] == [True] * 9
    (folder / "run.json").unlink()
    (folder / "report.html").write_text("ROC AUC 0.99")
    shutil.copytree(folder, tmp_path / "other")
    for damaged in (folder, tmp_path / "other"):
        assert [check.ok for check in verify_bundle(damaged, predict)] == [False] + [True] * 9
        assert "run.json is missing" in checked(damaged).detail
        assert "only the bundle could be checked" in checked(damaged).detail
    shutil.rmtree(folder / "bundle")
    (only,) = verify_bundle(folder.name, predict, runs=folder.parent)
    assert not only.ok


def test_a_link_to_a_run_is_refused_in_one_sentence(finished: Make, tmp_path: Path) -> None:
    folder = finished(1)
    (tmp_path / "latest").symlink_to(folder)
    (only,) = verify_bundle(tmp_path / "latest", predict)
    assert not only.ok
    assert only.detail == f"'{tmp_path / 'latest'}' is a link. Next: name what it leads to: {folder}"


def test_runs_whose_folders_were_exchanged_or_renamed_are_not_what_their_names_say(
    finished: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = finished(1), finished(2)
    shutil.copytree(ours, tmp_path / "elsewhere" / ours.name)
    monkeypatch.chdir(ours)
    for sound in (tmp_path / "elsewhere" / ours.name, Path()):
        assert [check for check in verify_bundle(sound, predict) if not check.ok] == []
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ours, tmp_path / "copied")
    ours.rename(tmp_path / "aside")
    theirs.rename(ours)
    (tmp_path / "aside").rename(theirs)
    for folder, run in ((ours, theirs.name), (theirs, ours.name), (tmp_path / "copied", ours.name)):
        assert [check.ok for check in verify_bundle(folder, predict)] == [False] + [True] * 9
        assert checked(folder).detail.startswith(f"what lies here is the run {run}: ")


def _page(folder: Path) -> None:
    (folder / "report.html").write_text("ROC AUC 0.99")


def _no_page(folder: Path) -> None:
    (folder / "report.html").unlink()


@pytest.mark.parametrize(("change", "said"), [(_page, "changed: report.html"), (_no_page, "missing: report.html")])
def test_a_page_saved_or_deleted_is_named_with_the_way_out_and_the_run_is_promoted(
    change: Callable[[Path], None], said: str, finished: Make
) -> None:
    folder = finished(1)
    change(folder)
    assert not checked(folder).ok
    assert checked(folder).detail.startswith(f"{said}; write the page again: segmint report {folder.name}")
    assert promote(folder.parent, folder.name, Gate(True, "first", "first")).run == folder.name
    _summary(folder)
    assert "segmint report" not in checked(folder).detail


def test_a_page_written_again_is_vouched_for_and_the_seal_stays(finished: Make) -> None:
    folder = finished(1)
    seal = Run.open(folder).record["seal"]
    _page(folder)
    Run.open(folder).page_written_again()
    assert checked(folder).ok
    assert Run.open(folder).record["seal"] == seal


def test_writing_the_page_again_does_not_vouch_for_anything_else(finished: Make) -> None:
    folder = finished(1)
    _figures(folder)
    _settings(folder)
    Run.open(folder).page_written_again()
    assert checked(folder).detail == "changed: run.json, config.toml"


def test_a_run_that_is_not_finished_vouches_for_nothing(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "run", "", 1)
    assert "not finished" in checked(run.folder).detail
    with pytest.raises(RunError, match="vouches for no file"):
        require_as_made(run.record, run.folder)


def test_a_run_of_a_command_without_a_bundle_is_verified_by_its_files(tmp_path: Path) -> None:
    with Run.create(tmp_path, "target", "", 1) as run:
        run.done({"counts": {"call": 3}})
    (only,) = verify_bundle(run.folder, predict)
    assert only.ok
    _settings(run.folder)
    (only,) = verify_bundle(run.folder, predict)
    assert not only.ok


def test_a_lost_bundle_is_missed(finished: Make) -> None:
    folder = finished(1)
    shutil.rmtree(folder / "bundle")
    checks = verify_bundle(folder, predict)
    assert [check.ok for check in checks] == [False, False]
    assert checks[0].detail == "missing: bundle/manifest.json"


def test_trained_customers_that_the_run_does_not_vouch_for_are_not_believed(finished: Make) -> None:
    folder = finished(1)
    write_training_ids(folder, [])  # in good order by themselves
    with pytest.raises(RunError, match=r"changed: training_ids\.bin, training_ids\.key"):
        open_training_ids(folder)


def test_files_of_customers_may_be_removed_and_the_run_is_used_on(finished: Make) -> None:
    folder = finished(1)
    for name in OF_CUSTOMERS:
        (folder / name).unlink(missing_ok=True)
    assert open_training_ids(folder) is None
    assert checked(folder).ok
    removed = "do_not_call.csv, predictions.parquet, segments.parquet, training_ids.bin, training_ids.key"
    assert checked(folder).detail.startswith(f"7 files as they were; removed since: {removed}; seal ")
    assert promote(folder.parent, folder.name, Gate(True, "first", "first")).run == folder.name


def test_the_calls_of_a_replay_may_be_removed_and_nothing_else_of_it(tmp_path: Path) -> None:
    with Run.create(tmp_path, "backtest", "", 1) as run:
        for name in (BACKTEST_CALLS, BACKTEST_WAVES):
            run.keep(name, pl.DataFrame({"record": [1]}))
    (run.folder / BACKTEST_CALLS).unlink()
    assert checked(run.folder).ok
    (run.folder / BACKTEST_WAVES).unlink()
    assert checked(run.folder).detail == f"missing: {BACKTEST_WAVES}"


@pytest.mark.parametrize("name", ["training_ids.bin", "training_ids.key"])
def test_fingerprints_are_removed_whole_or_not_at_all(name: str, finished: Make) -> None:
    folder = finished(1)
    (folder / name).unlink()
    assert (checked(folder).ok, checked(folder).detail) == (False, f"missing: {name}")
    for refused in (open_training_ids, lambda _: promote(folder.parent, folder.name, Gate(True, "first", "first"))):
        with pytest.raises(RunError, match=f"missing: {name}"):
            refused(folder)


def test_fingerprints_laid_beside_those_that_were_removed_are_not_believed(finished: Make, tmp_path: Path) -> None:
    folder = finished(1)
    for name in FINGERPRINTS:
        (folder / name).unlink(missing_ok=True)
    carry_moved_ids(tmp_path / "nowhere", folder, ["1"])
    with pytest.raises(
        RunError, match=r"changed: training_ids\.key; missing: training_ids\.bin; added: moved_ids\.bin"
    ):
        open_training_ids(folder)


def test_a_file_of_customers_written_again_without_one_is_changed(finished: Make) -> None:
    folder = finished(1)
    (folder / "segments.parquet").write_bytes(b"one customer less")
    assert (checked(folder).ok, checked(folder).detail) == (False, "changed: segments.parquet")


def test_the_seal_does_not_depend_on_how_the_record_was_held(tmp_path: Path) -> None:
    with Run.create(tmp_path, "run", "", 1) as run:
        run.done({"by_number": {1: 2.5, 10: 1e-7}, "both": ("a", None)})
    read = Run.open(run.folder)
    assert not look(read.record, read.folder).differences
    assert not look(run.record, run.folder).differences

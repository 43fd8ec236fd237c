"""Names from strangers lead nowhere outside the folder they belong to (BND-08)."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

from segmint.contract.column import Column
from segmint.store.bundle import open_bundle
from segmint.store.run import Run

CHILD = Path(__file__).with_name("find_child.py")
ID = "2026-03-14T10-15-02Z-3f9c"
WAYS_UP = [
    "../",
    "..\\",
    "..%2f",
    "%2e%2e/",
    "%252e%252e%252f",
    "....//",
    "..;/",
    "\u2025/",
    "..\u2215",
    "./",
    "//",
    "\\\\host\\share\\",
]
BEFORE = [
    "",
    "/",
    "C:\\",
    "\\\\?\\",
    "file://",
    "-",
    "--runs=",
    "~",
    " ",
    "\t",
    "\u202e",
    "\ufeff",
    "$(id)",
    "`id`",
    "|",
    "%00",
]
AFTER = ["", "\0", "\0.json", ".", " ", "/", "/.", "\n", "\r\n", "%00", ":stream", "*", "?", ";ls", "\u0301", "a" * 300]
PLACES = [
    "etc/passwd",
    "outside",
    ID,
    "CON",
    "NUL.json",
    "run.json",
    unicodedata.normalize("NFD", "k\u00e9y"),
    "\udc80",
]


def hostile_names(count: int) -> list[str]:
    every = ["".join(parts) for parts in itertools.product(BEFORE, WAYS_UP, PLACES, AFTER)]
    every += ["".join(parts) for parts in itertools.product(BEFORE[1:], PLACES, AFTER)]
    return every[:: len(every) // count]


def test_no_name_opens_anything_outside_the_folder_of_runs(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    Run.create(runs, "run", "", 1).done()
    outside = tmp_path / "outside"
    whole = Run.create(tmp_path, "run", "", 1)
    whole.done()
    whole.folder.rename(outside)
    (runs / ID).symlink_to(outside)
    names = hostile_names(2_000)
    assert len(names) >= 2_000
    ended = subprocess.run(
        [sys.executable, str(CHILD), str(runs)],
        input=json.dumps([*names, ID]),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(ended.stdout)
    assert told["wrong"] == []
    root = os.path.realpath(runs)
    assert told["opened"], "the hook heard nothing at all"
    assert [path for path in told["opened"] if path != root and not path.startswith(root + "/")] == []


def test_no_column_name_becomes_a_file_name(make_bundle: Callable[..., Path], parts: dict[str, object]) -> None:
    contract = parts["contract"]
    names = [name.strip() for name in hostile_names(200) if name.strip().isprintable() and 0 < len(name.strip()) < 200]
    columns = [Column(name=name, kind="text", role="ignore", label=name) for name in dict.fromkeys(names)]
    assert len(columns) > 100
    wide = contract.model_copy(update={"columns": (*contract.columns, *columns)})  # type: ignore[attr-defined]
    plain = {path.name for path in make_bundle("plain").iterdir()}
    folder = make_bundle("wide", contract=wide)
    assert {path.name for path in folder.iterdir()} == plain
    assert open_bundle(folder).contract == wide
    assert {path.name for path in folder.parent.iterdir()} == {"plain", "wide"}

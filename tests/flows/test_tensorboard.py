from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segmint.errors import RunError
from segmint.flows.run import RunResult
from segmint.flows.tensorboard import show_tensorboard
from segmint.store.run import Run
from tests.payloads import payloads

CHROMIUM = "/usr/bin/chromium"


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def test_a_run_that_never_trained_has_nothing_to_show(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no training log"):
        show_tensorboard(tmp_path, host="127.0.0.1", port=6006)


def test_ctrl_c_ends_tensorboard_quietly_even_while_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run" / "tensorboard").mkdir(parents=True)
    started, child = tmp_path / "started", tmp_path / "child"
    child.write_text(f"""#!{sys.executable}
import os, signal, time
assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
open({str(started)!r}, "w").close()
time.sleep(60)
""")
    child.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(child))

    def interrupt() -> None:
        while not started.exists():
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    before = time.monotonic()
    whoever_listened = signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal
    threading.Thread(target=interrupt, daemon=True).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            show_tensorboard(tmp_path / "run", host="127.0.0.1", port=6006)
    finally:
        signal.signal(signal.SIGINT, whoever_listened or signal.SIG_DFL)
    assert time.monotonic() - before < 50


@pytest.mark.network
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_fills_every_tab(done: RunResult) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = done.folder / "tensorboard"
    tags = lambda run, plugin: set(EventAccumulator(str(log / run)).Reload().PluginTagToContent(plugin))  # noqa: E731
    assert tags(".", "images") == {"results/f1", "results/confusion", "results/gains", "results/calibration"}
    assert tags(".", "text") == {"results/conclusion", "results/settings"}
    assert tags(".", "custom_scalars")
    for fit in ("fold 1", "fold 2", "final"):
        assert tags(fit, "hparams")
        assert {"loss", "accuracy", "profit", "auc"} <= tags(f"{fit}/validation", "scalars")
        assert {"loss", "accuracy", "matching_loss"} <= tags(f"{fit}/training", "scalars")
        assert tags(f"{fit}/training", "histograms")
        assert tags(f"{fit}/validation", "pr_curves") == {"yes (inner rows)/pr_curves"}
    for model in ("dense_network", "lightgbm", "base_rate"):
        assert tags(f"compared/{model}", "pr_curves") == {"yes (rows kept apart)/pr_curves"}
    graph = EventAccumulator(str(log / "final" / "training")).Reload().Graph()
    assert all(any(layer in node.name for node in graph.node) for layer in ("dense", "batch_normalization", "dropout"))


@pytest.mark.network
@pytest.mark.browser
def test_tensorboard_of_a_run_shows_its_scalars_in_a_browser(done: RunResult) -> None:
    sync = pytest.importorskip("playwright.sync_api")
    with shown(done.folder) as address, tab_of(sync) as page:
        wait_for(f"{address}/data/plugin/scalars/tags", "final/validation")
        page.goto(f"{address}/#timeseries", timeout=60_000)
        for words in ("final/training", "final/validation", "loss", "accuracy"):
            sync.expect(page.get_by_text(re.compile(f"^\\s*{words}\\s*$")).first).to_be_attached(timeout=60_000)


@pytest.mark.network
@pytest.mark.browser
@pytest.mark.parametrize("count", [50, pytest.param(1_000, marks=pytest.mark.slow)])
def test_out_02_no_name_in_the_log_runs_or_loads_anything(tmp_path: Path, count: int) -> None:
    """Names of outcome levels, models and settings as TensorBoard shows them: curves and text."""
    sync = pytest.importorskip("playwright.sync_api")
    from segmint.models.tensorboard_log import TensorBoardLog

    hostile = payloads(count)
    curve = (np.arange(40) % 2 == 0, np.linspace(0, 1, 40))
    run = Run.create(tmp_path, "run", "", 1)
    log = TensorBoardLog(run.folder / "tensorboard")
    settings = "\n".join(f"note = '{text}'" for text in hostile)
    texts = {"results/settings": f"```toml\n{settings}\n```", "results/conclusion": "\n\n".join(hostile)}
    log.results(images={}, texts=texts, curves={"network": dict.fromkeys(hostile, curve)})
    run.done()
    with shown(run.folder) as address, tab_of(sync) as page:
        wait_for(f"{address}/data/plugin/pr_curves/tags", "network")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        for plugin in ("text", "pr_curves", "timeseries"):
            page.goto(f"{address}/?again={plugin}#{plugin}", timeout=60_000)
            page.wait_for_load_state("networkidle")
            for frame in page.frames:
                assert frame.evaluate("window.hit") is None
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@contextmanager
def shown(run: Path) -> Iterator[str]:
    """`segmint tensorboard` at work, and its address."""
    port = free_port()
    command = [sys.executable, "-m", "segmint", "tensorboard", str(run), "--port", str(port)]
    serving = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(serving.pid, signal.SIGTERM)
        serving.wait(timeout=30)


@contextmanager
def tab_of(sync: Any) -> Iterator[Any]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield chromium.new_page(viewport={"width": 1280, "height": 900})
        chromium.close()


def wait_for(address: str, name: str) -> None:
    """Wait until the log is read: a page that opens before that is empty until its next refresh."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                if name.encode() in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.5)
    pytest.fail(f"TensorBoard did not find '{name}' within 120 seconds")

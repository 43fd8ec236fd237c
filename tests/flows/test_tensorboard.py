from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from segmint.errors import RunError
from segmint.flows.run import RunResult
from segmint.flows.tensorboard import show_tensorboard

CHROMIUM = "/usr/bin/chromium"


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def test_a_run_that_never_trained_has_nothing_to_show(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no training log"):
        show_tensorboard(tmp_path, host="127.0.0.1", port=6006)


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
    assert EventAccumulator(str(log / "final" / "training")).Reload().Tags()["graph"]


@pytest.mark.network
@pytest.mark.browser
def test_tensorboard_of_a_run_shows_its_scalars_in_a_browser(done: RunResult) -> None:
    sync = pytest.importorskip("playwright.sync_api")
    run = done.folder
    port = free_port()
    command = [sys.executable, "-m", "segmint", "tensorboard", str(run), "--port", str(port)]
    shown = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for_tags(address)
        with sync.sync_playwright() as play:
            chromium = play.chromium.launch(
                executable_path=CHROMIUM,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
            )
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{address}/#timeseries", timeout=60_000)
            for words in ("final/training", "final/validation", "loss", "accuracy"):
                sync.expect(page.get_by_text(re.compile(f"^\\s*{words}\\s*$")).first).to_be_attached(timeout=60_000)
            chromium.close()
    finally:
        os.killpg(shown.pid, signal.SIGTERM)
        shown.wait(timeout=30)


def wait_for_tags(address: str) -> None:
    """Wait until the log is read: a page that opens before that is empty until its next refresh."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/data/plugin/scalars/tags", timeout=10) as answer:
                if b"final/validation" in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.5)
    pytest.fail("TensorBoard did not find the run's scalars within 120 seconds")

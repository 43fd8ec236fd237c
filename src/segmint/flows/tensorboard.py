"""`segmint tensorboard`: show a run's training curves."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from segmint.errors import RunError, require


def show_tensorboard(folder: Path, *, host: str, port: int) -> None:
    """Serve a run's TensorBoard log until it is stopped, by Ctrl-C for example.

    Raises
    ------
    RunError
        If the run has no log, or TensorBoard cannot start (the port may be taken).
    MissingExtraError
        If TensorBoard is not installed.
    """
    log = folder / "tensorboard"
    if not log.is_dir():
        raise RunError(
            f"The run {folder.name} has no training log.", expected="a run that trained", fix="see: segmint runs"
        )
    require("tensorboard")
    command = [
        sys.executable,
        "-P",
        "-m",
        "tensorboard.main",
        "--logdir",
        str(log),
        "--host",
        host,
        "--port",
        str(port),
    ]
    command += ["--load_fast=false", "--reload_interval=5"]  # the fast loader lags behind a run that is still training
    serving = subprocess.Popen(command, preexec_fn=_ignore_interrupts)  # noqa: S603
    try:
        while (code := serving.poll()) is None:
            time.sleep(0.2)  # Ctrl-C ends it; a wait goes on where a library has laid its own handler over Python's
    finally:
        serving.terminate()
        serving.wait()
    if code:
        raise RunError(
            f"TensorBoard stopped with code {code}.", expected=f"a free port {port}", fix="try another: --port 6007"
        )


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the command that waits: TensorBoard would say where in its imports it was stopped."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

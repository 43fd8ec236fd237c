"""`segmint tensorboard`: show a run's training curves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from segmint.errors import MissingExtraError, RunError


def show_tensorboard(folder: Path, *, host: str, port: int) -> None:
    """Serve a run's TensorBoard log until it is stopped.

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
    try:
        import tensorboard  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "TensorBoard is not installed.", expected="segmint[train]", fix="pip install 'segmint[train]'"
        ) from error
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(log), "--host", host, "--port", str(port)]
    command += ["--load_fast=false", "--reload_interval=5"]  # the fast loader lags behind a run that is still training
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603
    except KeyboardInterrupt:
        return
    if code:
        raise RunError(
            f"TensorBoard stopped with code {code}.", expected=f"a free port {port}", fix="try another: --port 6007"
        )

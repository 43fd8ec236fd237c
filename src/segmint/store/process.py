"""Tell whether the process that wrote a record still lives, though process ids are used again."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """Describe the running process: its id, when it started, and on which machine."""
    return {"pid": os.getpid(), "started": _started(os.getpid()), "host": socket.gethostname()}


def is_here(record: dict[str, Any]) -> bool:
    """Tell whether `record` was written on this machine."""
    return record.get("host") == socket.gethostname()


def is_alive(record: dict[str, Any]) -> bool:
    """Tell whether the process in `record`, of this machine, is still the same one and running."""
    pid = record.get("pid")
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it lives and belongs to someone else
    return _started(pid) == record.get("started")


def _started(pid: int) -> str | None:
    """Return the boot and the tick at which a process started; None if it has ended or cannot be told."""
    try:
        # The command's name stands in brackets and may hold anything, so count the fields after the last
        # bracket.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"

"""How a command ends that was stopped: by Ctrl-C, by whoever asks it to end, or with its terminal."""

from __future__ import annotations

import signal
import threading
from typing import Any

INTERRUPTED = 130  # what a shell expects
STOPPED = "stopped; nothing was published by halves, see: segmint runs"

_ASKED = (signal.SIGTERM, signal.SIGHUP)
_heard: list[int] = []


def heed_signals() -> None:
    """Let a request to end, and a terminal that closes, stop the work as Ctrl-C does.

    Who started us with one of them ignored, as `nohup` does, wants it ignored.
    """
    if threading.current_thread() is threading.main_thread():
        for number in _ASKED:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _stop)


def ended_by() -> int:
    """Say with which exit code a stopped command ends: 128 and the number of the signal."""
    return 128 + _heard[0] if _heard else INTERRUPTED


def _stop(number: int, _: Any) -> None:
    _heard.append(number)
    for asked in _ASKED:  # it is heard; what has to be put away is put away first
        signal.signal(asked, signal.SIG_IGN)
    raise KeyboardInterrupt

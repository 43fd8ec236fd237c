"""How a command ends that was stopped: by Ctrl-C, by whoever asks it to end, or with its terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from typing import Any

INTERRUPTED = 130  # what a shell expects
STOPPED = "stopped; nothing was published by halves, see: segmint runs"
STOPPED_WITHOUT_RUN = "stopped; this command makes no run: give it again"

_WITHOUT_RUN = ("check", "contract", "find", "settings", "simulate", "verify")

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


def stopped(argv: Sequence[str]) -> str:
    """Say that a command was stopped, and what to do, where no run says more of it."""
    return STOPPED_WITHOUT_RUN if argv and argv[0] in _WITHOUT_RUN else STOPPED


def ended_by() -> int:
    """Say with which exit code a stopped command ends: 128 and the number of the signal."""
    return 128 + _heard[0] if _heard else INTERRUPTED


def _stop(number: int, _: Any) -> None:
    _heard.append(number)
    for asked in _ASKED:  # it is heard; what has to be put away is put away first
        signal.signal(asked, signal.SIG_IGN)
    raise KeyboardInterrupt

"""The command line: parses, calls flows, shows. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from segmint.cli.stopped import ended_by, heed_signals, stopped
from segmint.cli.streams import flush_streams, open_closed_streams

__all__ = ["command", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; see `segmint.cli.app.main`."""
    from segmint.cli import app

    return app.main(argv)


def command() -> NoReturn:
    """Run the command line of this process and end it, also by a Ctrl-C that comes before anything is read."""
    open_closed_streams()
    try:
        heed_signals()
        from segmint.cli import app

        app.command()
    except KeyboardInterrupt:
        with suppress(OSError):
            sys.stderr.write(f"{stopped(sys.argv[1:])}\n")
        flush_streams()
        os._exit(ended_by())

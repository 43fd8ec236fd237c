"""The command line: parses, calls flows, shows. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from segmint.cli.stopped import INTERRUPTED, STOPPED

__all__ = ["command", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; see `segmint.cli.app.main`."""
    from segmint.cli import app

    return app.main(argv)


def command() -> NoReturn:
    """Run the command line of this process and end it, also by a Ctrl-C that comes before anything is read."""
    try:
        from segmint.cli import app

        app.command()
    except KeyboardInterrupt:
        sys.stderr.write(f"{STOPPED}\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)

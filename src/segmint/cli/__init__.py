"""The command line: parses, calls flows, shows. Nothing is imported before a Ctrl-C is heard, and nothing heavy before a command runs.

========================  ===================================================================================
`app`                     the command line as a whole
*Commands*
`contracts`               contract, settings, simulate
`training`                run, resume, check, report, runs, verify: to train, and look at what was trained
`customers`               predict, segment, words, explain, find
`lists`                   target and policy: whom to call
`time`                    backtest, monitor, measure, update, promote, rollback, codes
`serve`                   serve and keys: the HTTP service
`dashboard`               dashboard, on this machine
*What commands share*
`options`                 the arguments and options that several of them take
`screen`                  progress on standard error, results on standard output
`results`                 the lines that a person reads of a result, and the JSON object that a program reads
`streams`                 standard streams that the caller has closed
`stopped`                 how a command ends that was stopped
========================  ===================================================================================
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["command", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; see `segmint.cli.app.main`."""
    from segmint.cli import app

    return app.main(argv)


def command() -> NoReturn:
    """Run the command line of this process and end it, also by a Ctrl-C that comes before anything is read."""
    try:
        from segmint.cli.stopped import heed_signals
        from segmint.cli.streams import open_closed_streams

        open_closed_streams()
        heed_signals()
        from segmint.cli import app

        app.command()
    except (KeyboardInterrupt, RuntimeError) as error:
        # Python 3.11 wraps what comes while a class is made, as libraries do when they are imported.
        if not isinstance(error, KeyboardInterrupt) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        from contextlib import suppress

        from segmint.cli.stopped import ended_by, stopped
        from segmint.cli.streams import flush_streams, open_closed_streams

        open_closed_streams()
        with suppress(OSError):
            sys.stderr.write(f"{stopped(sys.argv[1:])}\n")
        flush_streams()
        os._exit(ended_by())

"""The command line as a whole: each group of commands is a file beside this one."""

from __future__ import annotations

import errno
import json
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from segmint.cli import contracts, customers, dashboard, lists, serve, time, training
from segmint.cli.screen import from_here, silence, tell_beside
from segmint.cli.stopped import INTERRUPTED, ended_by, stopped
from segmint.cli.streams import flush_streams
from segmint.store.command_line import command_line
from segmint.wording import LONE_SURROGATE, printable

if TYPE_CHECKING:
    from segmint.errors import SegmintError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

app = typer.Typer(
    name="segmint",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    """Say which version this is instead of running a command."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"segmint {version('segmint')}")
        raise typer.Exit


@app.callback()
def _segmint(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """From a bank's table of customers and campaign results to segments, call lists and a page."""


for group in (training, customers, lists, time, contracts, dashboard, serve):
    app.add_typer(group.app)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for bad input, 128 and the number of a signal that stopped it."""
    from segmint.errors import SegmintError, of_import, out_of_memory

    try:
        _require_threads()
        _require_text(sys.argv[1:] if argv is None else argv)
        with command_line(sys.argv[1:] if argv is None else argv):
            app(args=None if argv is None else list(argv), prog_name="segmint")
    except SegmintError as error:
        return _refused(error, argv)
    except MemoryError as error:
        return _refused(out_of_memory(error), argv)
    except ImportError as error:
        if (told := of_import(error)) is None:
            raise
        return _refused(told, argv)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and _is_nowhere():
            return _refused(_nowhere(), argv)
        if error.errno not in _FULL:
            raise
        silence(sys.stdout)
        return _refused(_not_written(error), argv)
    except SystemExit as stop:
        return _ended(stop, argv)
    return 0


def _ended(stop: SystemExit, argv: Sequence[str] | None) -> int:
    """Say what there is to say of an end that Typer made; return the exit code."""
    # Who only wanted the beginning of a text has it; results and exit codes are told by `Screen`.
    if isinstance(stop.__context__, BrokenPipeError):
        return 0
    if _as_json(argv) and hasattr(stop.__context__, "format_message"):
        _tell_json(_misused(stop.__context__))
    if meant := _setting_meant(stop.__context__):
        tell_beside(f"Next: {meant}")
    # Typer aborts where an input ends that an answer is asked of.
    if stop.code == INTERRUPTED or isinstance(stop.__context__, typer.Abort):
        tell_beside("\n".join(_notes(stop)) or stopped(sys.argv[1:] if argv is None else argv))
        return ended_by()
    if isinstance(stop.code, str):
        tell_beside(stop.code)
        return 1
    return stop.code or 0


def _require_threads() -> None:
    """Refuse a number of threads at which Polars would panic."""
    from segmint.errors import ConfigError

    threads = os.environ.get("POLARS_MAX_THREADS") or "1"
    if not threads.isdecimal() or int(threads) < 1:
        raise ConfigError(
            f"POLARS_MAX_THREADS is {threads!r}.",
            expected="a whole number of 1 or more",
            fix="set it to the number of threads to use, or unset it",
        )


def _require_text(argv: Sequence[str]) -> None:
    """Refuse a word that is no UTF-8, as a terminal of another encoding sends some; files of such names can be read."""
    from segmint.errors import ConfigError

    for word in argv:
        if not (_is_text(word) or any(map(os.path.lexists, (word, word.partition("=")[2])))):
            raise ConfigError(
                f"'{printable(word)}' is neither text in UTF-8 nor a file that is there.",
                expected="words in UTF-8",
                fix="set the terminal to UTF-8 and type it again",
            )


def _is_text(word: str) -> bool:
    """Whether a word is text here, or would be in a locale of UTF-8."""
    try:
        if LONE_SURROGATE.search(word):
            os.fsencode(word).decode("utf-8")
    except UnicodeError:
        return False
    return True


def _is_nowhere() -> bool:
    """Whether the folder that relative paths start from was removed."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _nowhere() -> SegmintError:
    from segmint.errors import InputError

    return InputError(
        "The folder you are in no longer exists.", expected="a folder to work in", fix="cd to another folder"
    )


def _notes(stop: SystemExit) -> list[str]:
    """Find what was noted about the Ctrl-C behind the end that Typer makes of it."""
    interrupt = getattr(stop.__context__, "__cause__", None)
    return list(getattr(interrupt, "__notes__", []))


def _refused(error: SegmintError, argv: Sequence[str] | None) -> int:
    """Say what was wrong; return the exit code."""
    from segmint.errors import told_of

    if _as_json(argv):
        _tell_json(told_of(error))
    # a table may have been written by a stranger: its names give the terminal no commands
    tell_beside(printable(from_here("\n".join((f"error: {error}", *getattr(error, "__notes__", []))))))
    return error.exit_code


def _as_json(argv: Sequence[str] | None) -> bool:
    return "--json" in (sys.argv[1:] if argv is None else argv)


def _tell_json(told: dict[str, Any]) -> None:
    try:
        typer.echo(json.dumps({"error": told}))
    except OSError:
        silence(sys.stdout)


def _setting_meant(error: Any) -> str | None:
    """Say how a setting is given that somebody took for an option, where the command takes settings; None if there is none."""
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if option is None or context is None or not any("--set" in given.opts for given in context.command.params):
        return None
    from segmint.config import settings_ending_in
    from segmint.wording import listed

    found = settings_ending_in(option.lstrip("-").replace("-", "_"))
    given = listed([f"--set {key}=…" for key in found], last="or")
    return f"a setting of that name is given by {given}" if found else None


def _misused(error: Any) -> dict[str, Any]:
    """Say what is wrong with a command line as any other error is said; Typer has said it in plain text beside."""
    context = getattr(error, "ctx", None)
    told = {"kind": "UsageError", "came": error.format_message(), "expected": None, "fix": "see: segmint --help"}
    if context is not None:
        usage = " ".join(context.get_usage().split()).removeprefix("Usage: ")
        told |= {"expected": usage, "fix": _setting_meant(error) or f"see: {context.command_path} --help"}
    return told


def _not_written(error: OSError) -> SegmintError:
    from segmint.errors import RunError

    return RunError(
        f"What this command says could not be written: {os.strerror(error.errno or 0)}.",
        expected="a place for its output with room left",
        fix="make room or write to another place",
    )


def command() -> NoReturn:
    """Run the command line of this process and end it."""
    # Some BLAS kernels read past the end of finite operands and mark the product invalid (numpy issue 24067).
    warnings.filterwarnings("ignore", "invalid value encountered in matmul", RuntimeWarning)
    code = main()
    if code and ended_by() != INTERRUPTED:
        code = ended_by()  # with its terminal closed it may have failed to say so
    if code == ended_by():
        # Libraries may still be at work in threads of their own; to end them politely has crashed the process.
        flush_streams()
        os._exit(code)
    sys.exit(code)

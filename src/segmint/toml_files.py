"""TOML as people and their editors write it."""

from __future__ import annotations

import codecs
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from segmint.errors import SegmintError, why

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_toml_text(path: Path) -> str:
    """Read the text of a TOML file, with or without the mark that Windows puts before UTF-8.

    Raises
    ------
    ValueError
        If it cannot be read, is a named pipe or a device, or is no UTF-8, with the cause in words.
    """
    try:
        _refuse_waiting(path)
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(why(error)) from error
    if content.startswith(_WIDE):
        raise ValueError("it is written in UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start:,} is no UTF-8; save it as UTF-8") from error


def _refuse_waiting(path: Path) -> None:
    """Refuse what may never begin or end to give: a pipe with a name waits for a writer, a device for anybody.

    A pipe without a name, as the shell makes it for ``<(command)``, has its writer; nothing comes from the null device.
    """
    mode = path.stat().st_mode
    nameless = stat.S_ISFIFO(mode) and not Path(os.path.realpath(path)).exists()
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or nameless or path.samefile(os.devnull)):
        raise ValueError("it is a pipe or a device; save it to a file first, and name that")


def toml_text_of(path: Path, what: str, refuse: type[SegmintError], *, fix: str = "check the path") -> str:
    """Read the text of a TOML file, or refuse it as an error of whoever asks; `what` names it: "The policy".

    Raises
    ------
    SegmintError
        Of the kind `refuse`, with the cause in words.
    """
    try:
        return read_toml_text(path)
    except ValueError as error:
        raise refuse(f"{what} '{path}' cannot be read: {error}.", expected="a TOML file in UTF-8", fix=fix) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    ValueError
        If it is none, with the place or the cause in words.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise ValueError("its lists or tables are nested too deeply") from error
    except ValueError as error:  # Python's limit on the digits of a whole number
        raise ValueError("a number in it has too many digits") from error

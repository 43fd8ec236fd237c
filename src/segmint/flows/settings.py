"""What every flow takes besides its tables, as a person writes it: settings and places."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from segmint.config import Config, load_config

Place: TypeAlias = Path | str
Settings: TypeAlias = Config | Place | None

RUNS = "runs"
"""The folder that holds all runs, as on the command line."""


def settings_of(config: Settings) -> Config:
    """Take settings, read them from a TOML file, or begin with none.

    Raises
    ------
    ConfigError
        For a file that is no TOML, or an unknown key in it.
    TypeError
        For anything else.
    """
    if isinstance(config, Config):
        return config
    if config is None or isinstance(config, Path | str):
        return load_config(config)
    raise TypeError(
        f"The settings are of type {type(config).__name__}. Expected: a Config, the path of a TOML file, or None. "
        "Next: config=segmint.load_config(...); a contact policy goes to segmint.target as policy=..."
    )


def path_of(place: Place | None) -> Path | None:
    """Take a place as a path, if there is one."""
    return None if place is None else Path(place)

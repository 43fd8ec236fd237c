"""Commands in an advice are written with the names that were typed."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from segmint.config import Data
from segmint.flows.steps.as_commands import WaveCommands


def test_a_wave_that_holds_its_outcomes_and_names_with_spaces_are_typed_as_they_must_be() -> None:
    commands = WaveCommands("my wave.csv", None, None, "a-run", Path("r"), Data(delimiter=";"))
    assert commands.update(anew=False) == (
        "segmint predict 'my wave.csv' --out 'my wave_scored.parquet' --bundle a-run --runs r --set 'data.delimiter=\";\"' && "
        "segmint update 'my wave_scored.parquet' --scored 'my wave_scored.parquet' --bundle a-run --runs r --set 'data.delimiter=\";\"'"
    )


def test_rows_that_nothing_names_are_numbered_first() -> None:
    commands = WaveCommands("wave.csv", "back.csv", None, "a-run", Path("runs"), Data(), nameless=True)
    assert commands.update(anew=False).startswith(
        "First number the rows of the wave from 1 in a column 'record'. segmint "
    )


def test_a_history_that_nobody_named_is_asked_for() -> None:
    commands = WaveCommands(pl.DataFrame(), pl.DataFrame(), Path("codes.toml"), "a-run", Path("runs"), Data())
    told = commands.update(anew=True)
    assert told.startswith(
        "For HISTORY name earlier calls with their outcomes, without this wave: segmint predict wave.csv "
    )
    assert told.endswith(
        "segmint update results.csv --codes codes.toml --scored wave_scored.parquet --history HISTORY --bundle a-run"
    )

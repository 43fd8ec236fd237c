"""Commands about time: will it hold in the next wave, did it, and which bundle is in use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from segmint.cli.options import (
    RUNS,
    AsJson,
    At,
    ConfigFile,
    ContractName,
    Quiet,
    Recipe,
    Runs,
    Seed,
    Sets,
)
from segmint.cli.screen import Screen

app = typer.Typer()


@app.command()
def backtest(
    history: Annotated[Path, typer.Argument(help="Past calls with their outcomes: a table.", show_default=False)],
    contract: ContractName,
    time_order: Annotated[
        str | None, typer.Option("--time-order", help="A date or number column, or rows: their order is time.")
    ] = None,
    policy: Annotated[Path | None, typer.Option("--policy", help="Money and budget per wave: a TOML file.")] = None,
    window: Annotated[int | None, typer.Option("--window", help="Calls to learn from, the latest.")] = None,
    step: Annotated[int | None, typer.Option("--step", help="Calls of a wave.")] = None,
    first: Annotated[int | None, typer.Option("--first", help="Calls before the first wave.")] = None,
    delay: Annotated[
        float | None, typer.Option("--delay", help="Days (or calls) until the outcome of a call is known.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", help="Today's rule: a column, or a condition such as 'age >= 60'.")
    ] = None,
    at: At = None,
    seed: Seed = None,
    recipe: Recipe = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Replay past waves in money: the network, its rivals, today's rule, calling everyone."""
    from segmint.config import load_config
    from segmint.flows.backtest import backtest as flow

    flags = {
        "backtest.time_order": time_order,
        "backtest.window": window,
        "backtest.step": step,
        "backtest.first": first,
        "backtest.delay": delay,
        "backtest.rule": rule,
        "data.at": at,
        "seed": seed,
        "model.recipe": recipe,
    }
    settings = load_config((config, policy), sets or (), flags)
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(history, contract, settings, runs=runs, argv=sys.argv[1:], progress=screen.progress)
    screen.backtested(result)

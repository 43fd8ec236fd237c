"""Commands that train and look at what was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segmint.cli import results
from segmint.cli.options import (
    RUNS,
    AsJson,
    At,
    ConfigFile,
    ContractName,
    Folds,
    NoCompare,
    Quiet,
    Recipe,
    RunPath,
    Runs,
    Search,
    Seed,
    Sets,
    Table,
    Test,
    refuse_folds_of_a_search,
    run_flags,
)
from segmint.cli.screen import Screen

app = typer.Typer()


@app.command(epilog="Example: segmint run customers.csv --contract my-bank.toml")
def run(
    table: Table,
    contract: ContractName,
    test: Test = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    at: At = None,
    seed: Seed = None,
    folds: Folds = None,
    recipe: Recipe = None,
    no_compare: NoCompare = False,
    search: Search = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read a table, compare the network with its rivals, train it, write a bundle and a report."""
    from segmint.config import load_config
    from segmint.flows.run import run as flow

    settings = load_config(config, sets or (), run_flags(at, seed, folds, recipe, no_compare, search, test))
    refuse_folds_of_a_search(settings, folds, sets or ())
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(table, contract, settings, runs=runs, progress=screen.progress, say=screen.notice)
    results.run_result(screen, result)


@app.command()
def resume(run: RunPath, runs: Runs = RUNS, json: AsJson = False, quiet: Quiet = False) -> None:
    """Continue a run or backtest that failed or was stopped, from the last stage that was finished."""
    from segmint.flows.resume import resume as flow

    with Screen(json=json, quiet=quiet) as screen:
        result = flow(run, runs=runs, progress=screen.progress)
    results.resumed(screen, result)


@app.command()
def demo(
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    at: At = None,
    seed: Seed = None,
    folds: Folds = None,
    recipe: Recipe = None,
    no_compare: NoCompare = False,
    search: Search = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run everything on the embedded sample of 4,521 calls of a Portuguese bank."""
    from segmint.config import load_config
    from segmint.flows.demo import demo as flow

    settings = load_config(config, sets or (), run_flags(at, seed, folds, recipe, no_compare, search))
    refuse_folds_of_a_search(settings, folds, sets or ())
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(settings, runs=runs, progress=screen.progress, say=screen.notice)
    results.run_result(screen, result)


@app.command()
def check(
    table: Table,
    contract: ContractName,
    config: ConfigFile = None,
    sets: Sets = None,
    at: At = None,
    rejected: Annotated[
        Path | None,
        typer.Option("--rejected", help="Write each rejected row here: as a workbook (.xlsx), else as CSV."),
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Hold a table against a contract and say what would be rejected; write nothing but --rejected."""
    from segmint.config import load_config
    from segmint.flows.check import check as flow

    settings = load_config(config, sets or (), {"data.at": at})
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(table, contract, settings, rejected=rejected, draft=True, progress=screen.progress)
    results.checked(screen, result)


@app.command()
def report(run: RunPath, runs: Runs = RUNS, json: AsJson = False, quiet: Quiet = False) -> None:
    """Write a run's page again."""
    from segmint.flows.report import write_report_again
    from segmint.store.runs import find_run

    page = write_report_again(find_run(run, runs).folder)
    Screen(json=json, quiet=quiet).say({"report": str(page)}, f"report: {page}")


@app.command()
def tensorboard(
    run: RunPath,
    runs: Runs = RUNS,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 6006,
) -> None:
    """Show a run's training curves in TensorBoard until Ctrl-C."""
    from segmint.flows.tensorboard import show_tensorboard
    from segmint.store.runs import find_run

    show_tensorboard(find_run(run, runs).folder, host=host, port=port)


@app.command("runs")
def list_runs(
    runs: Runs = RUNS,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            help="Only runs made, and tables brought to the dashboard, so many days ago or earlier: 180d.",
        ),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove them, but none in use, needed by a rollback or at work.")
    ] = False,
    json: AsJson = False,
) -> None:
    """List all runs, newest first; remove old ones."""
    from segmint.flows.old_runs import remove_runs
    from segmint.flows.runs import list_runs as flow

    if remove and older_than is None:
        raise typer.BadParameter("--remove wants --older-than: which runs are to be removed")
    screen = Screen(json=json)
    if older_than is None:
        results.runs(screen, flow(runs))
    elif not results.old_runs(screen, remove_runs(older_than, runs, dry=not remove)):
        raise typer.Exit(2)


@app.command()
def verify(
    bundle: Annotated[str, typer.Argument(help="A run, a bundle's folder, or PROMOTED.", show_default=False)],
    runs: Runs = RUNS,
    json: AsJson = False,
) -> None:
    """Check a run and its bundle: files, hashes, the layer rule, segments, the golden rows."""
    from segmint.flows.check import verify as flow

    if not results.verified(Screen(json=json), flow(bundle, runs=runs)):
        raise typer.Exit(2)

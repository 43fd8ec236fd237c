"""The command that opens the dashboard on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from segmint.cli.options import RUNS, Runs, Standing

app = typer.Typer()


@app.command()
def dashboard(
    runs: Runs = RUNS,
    bundle: Annotated[
        str | None,
        typer.Option("--bundle", help="A run's id or PROMOTED; left out, the champion or the newest training."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on, on this machine only.")] = 8000,
    policy: Standing = None,
) -> None:
    """Show runs, segments, lists and customers in a browser, on this machine only, until Ctrl-C."""
    from segmint.dashboard.app import open_door
    from segmint.dashboard.desk import Desk
    from segmint.flows.standing import StandingPolicy

    desk = Desk(runs, bundle, standing=StandingPolicy.load(policy))
    if bundle is not None:
        desk.bundle()  # a wrong name is said here, not on every page
    open_door(desk, port, say=typer.echo)

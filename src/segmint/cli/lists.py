"""Commands that choose whom to call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segmint.cli import results
from segmint.cli.options import RUNS, AsJson, Bundle, ConfigFile, Quiet, Runs, Sets, Table
from segmint.cli.screen import Screen

if TYPE_CHECKING:
    from segmint.config import Config

app = typer.Typer()
policy_app = typer.Typer(no_args_is_help=True, help="Contact policies: budget, cost, rest days, exclusions, holdout.")
app.add_typer(policy_app, name="policy")


@app.command(epilog="Example: segmint target new.csv --bundle PROMOTED --policy policy.toml")
def target(
    table: Table,
    bundle: Bundle,
    policy: Annotated[Path | None, typer.Option("--policy", help="The contact policy: a TOML file.")] = None,
    suppress: Annotated[
        list[Path] | None, typer.Option("--suppress", help="One more do-not-call or objection file. Repeatable.")
    ] = None,
    history: Annotated[Path | None, typer.Option("--history", help="Earlier calls: id and date.")] = None,
    dialler: Annotated[Path | None, typer.Option("--dialler", help="What the dialler accepts: a TOML profile.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A new folder for copies of the lists.")] = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Choose whom to call under the contact policy, and hand the list over."""
    from segmint.config import load_config
    from segmint.flows.target import target as flow

    settings = load_config((config, policy), sets or (), {"policy.history": None if history is None else str(history)})
    settings = _with_objections(settings, suppress or [])
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(table, bundle, settings, runs=runs, out=out, dialler=dialler, progress=screen.progress)
    results.targeted(screen, result)


def _with_objections(settings: Config, files: list[Path]) -> Config:
    """Add objection files to those of the policy: no flag may put an objector back on the list."""
    every = tuple(dict.fromkeys((*settings.policy.suppress, *files)))
    return settings.model_copy(update={"policy": settings.policy.model_copy(update={"suppress": every})})


@policy_app.command("init")
def policy_init() -> None:
    """Print a policy to start from, every key explained."""
    from segmint.targeting.policy import policy_template

    typer.echo(policy_template(), nl=False)


@policy_app.command("check")
def policy_check(
    file: Annotated[Path, typer.Argument(help="A policy.", show_default=False)],
    sets: Sets = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say whether a policy contradicts itself."""
    from segmint.config import load_config
    from segmint.flows.steps.settings import policy_of

    policy_of(load_config(file, sets or ()))
    Screen(json=json, quiet=quiet).say({"ok": True, "policy": str(file)}, f"'{file}' makes sense")

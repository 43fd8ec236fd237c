"""Commands about contracts, settings, and tables whose truth is known."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from segmint.cli.options import AsJson, ConfigFile, Quiet, Sets, Table
from segmint.cli.screen import Screen, one_line, tell_beside

app = typer.Typer()
contract_app = typer.Typer(no_args_is_help=True, help="Contracts: what a table must look like.")
app.add_typer(contract_app, name="contract")


@contract_app.command("list")
def contract_list(json: AsJson = False) -> None:
    """Name the shipped contracts."""
    from segmint.contract.names import SHIPPED

    Screen(json=json).say({"contracts": list(SHIPPED)}, *SHIPPED)


@contract_app.command("show")
def contract_show(name: Annotated[str, typer.Argument(help="A shipped contract or a .toml file.")]) -> None:
    """Print a contract, to read or to start your own from."""
    from segmint.contract.contract import load_contract
    from segmint.contract.export import contract_to_toml

    typer.echo(contract_to_toml(load_contract(name)), nl=False)


@contract_app.command("roles")
def contract_roles() -> None:
    """Say what a column's role means, and what else a contract may say of a column."""
    from segmint.contract.column import ROLES, Column
    from segmint.flows.list_settings import said

    for title, meanings in (("Roles", ROLES), ("Keys of a column", said(Column)[1])):
        typer.echo(title)
        for name, meaning in meanings.items():
            typer.echo(_entry(f"  {name}", meaning))


@app.command()
def settings(
    section: Annotated[
        str | None, typer.Argument(help="One section: data, segments, policy.", show_default=False)
    ] = None,
) -> None:
    """Print every setting: its key, what holds when nothing is said, and what it means."""
    from segmint.flows.list_settings import sections_named

    for found in sections_named(section):
        if found.name:
            typer.echo(f"\n{_entry(f'[{found.name}]', found.meaning)}")
        for setting in found.settings:
            default = {None: "must be given", "": "nothing"}.get(setting.default, setting.default)
            typer.echo(_entry(f"  {setting.key} ({default})", setting.meaning))


def _entry(name: str, meaning: str) -> str:
    """Write a name and what it means, in lines that a screen shows whole."""
    return textwrap.fill(
        f"{name}: {meaning}" if meaning else name,
        100,
        subsequent_indent=" " * 6,
        break_long_words=False,
        break_on_hyphens=False,
    )


@contract_app.command("infer", epilog="Example: segmint contract infer customers.csv --outcome y --out my-bank.toml")
def contract_infer(
    table: Table,
    outcome: Annotated[str | None, typer.Option("--outcome", help="The outcome column; guessed if left out.")] = None,
    no_outcome: Annotated[
        bool, typer.Option("--no-outcome", help="Nobody has answered yet; --outcome then names the column to come.")
    ] = False,
    name: Annotated[str | None, typer.Option("--name", help="The contract's name.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the draft goes, a new .toml file; printed if left out.")
    ] = None,
    config: ConfigFile = None,
    sets: Sets = None,
) -> None:
    """Draft a contract from a table, suspects commented; run, segment and backtest refuse it until you set reviewed = true."""
    from segmint.config import load_config
    from segmint.flows.draft import infer_contract as flow
    from segmint.flows.draft import next_command

    settings = load_config(config, sets or ())
    with Screen() as screen:
        draft = flow(
            table,
            name=name,
            outcome=outcome,
            without_outcome=no_outcome,
            out=out,
            config=settings,
            progress=screen.progress,
        )
    if out is None:
        typer.echo(draft.text, nl=False)
    tell_beside(one_line(draft.sentence))
    tell_beside(one_line(f"next: review {out or 'the draft'}, then: {next_command(table, settings.data, out)}"))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Where the table goes: .csv or .parquet.", show_default=False)],
    truth: Annotated[Path | None, typer.Option("--truth", help="Where the truth goes: .csv or .parquet.")] = None,
    rows: Annotated[int | None, typer.Option(help="Customers.", show_default="20000")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.", show_default="7")] = None,
    waves: Annotated[int | None, typer.Option(help="Campaign periods.", show_default="6")] = None,
    base_rate: Annotated[
        float | None, typer.Option(help="Share who say yes in the first wave.", show_default="0.12")
    ] = None,
    call_effect: Annotated[
        float | None, typer.Option(help="What a call adds to the log-odds.", show_default="1.2")
    ] = None,
    control_share: Annotated[
        float | None, typer.Option(help="Share deliberately not called.", show_default="0.0")
    ] = None,
    drift: Annotated[list[str] | None, typer.Option(help="inputs, effects or base_rate. Repeatable.")] = None,
    missing_share: Annotated[float | None, typer.Option(help="Share of empty cells.", show_default="0.02")] = None,
    first: Annotated[
        int | None,
        typer.Option(help="Number of the first customer; a second table has other people.", show_default="0"),
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a campaign table whose truth is known; its contract is simulated-campaign."""
    from segmint.flows.simulate import simulate as flow

    asked: dict[str, Any] = {
        "rows": rows,
        "seed": seed,
        "waves": waves,
        "base_rate": base_rate,
        "call_effect": call_effect,
        "control_share": control_share,
        "drift": tuple(drift) if drift else None,
        "missing_share": missing_share,
        "first": first,
    }
    made = flow(out, truth, **{name: value for name, value in asked.items() if value is not None})
    said = {"rows": made.rows, "out": str(out), "truth": None if truth is None else str(truth)}
    Screen(json=json, quiet=quiet).say(said, f"{made.rows:,} customers: {out}")

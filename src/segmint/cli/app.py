"""The commands, one short function each."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from segmint.cli.screen import INTERRUPTED, Screen

app = typer.Typer(
    name="segmint",
    help="From a bank's table of customers and campaign results to segments, call lists and a page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
contract_app = typer.Typer(no_args_is_help=True, help="Contracts: what a table must look like.")
app.add_typer(contract_app, name="contract")
policy_app = typer.Typer(no_args_is_help=True, help="Contact policies: budget, cost, rest days, exclusions, holdout.")
app.add_typer(policy_app, name="policy")

Table = Annotated[Path, typer.Argument(help="A table: delimited text or Parquet.", show_default=False)]
RunPath = Annotated[str, typer.Argument(help="A run: its folder or id.", show_default=False)]
ContractName = Annotated[
    str, typer.Option("--contract", help="A shipped contract, or the path of a .toml file.", show_default=False)
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="A TOML file of settings.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="One setting: dotted.key=value. Repeatable.")]
Runs = Annotated[Path, typer.Option("--runs", help="The folder that holds all runs.")]
At = Annotated[str | None, typer.Option("--at", help="The moment of the decision: planning, dialling or after_call.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")]
Folds = Annotated[int | None, typer.Option("--folds", help="Parts to compare on.")]
Recipe = Annotated[str | None, typer.Option("--recipe", help="How the network is taught: fast, best or plain.")]
NoCompare = Annotated[bool, typer.Option("--no-compare", help="Train only; compare with nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="The result as one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say only what went wrong.")]

RUNS = Path("runs")


@app.command()
def run(
    table: Table,
    contract: ContractName,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    at: At = None,
    seed: Seed = None,
    folds: Folds = None,
    recipe: Recipe = None,
    no_compare: NoCompare = False,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read a table, compare the network with its rivals, train it, write a bundle and a report."""
    from segmint.config import load_config
    from segmint.flows.run import run as flow

    settings = load_config(config, sets or (), _flags(at, seed, folds, recipe, no_compare))
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(table, contract, settings, runs=runs, argv=sys.argv[1:], progress=screen.progress)
    screen.run_result(result)


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
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run everything on the embedded sample of 4,521 calls of a Portuguese bank."""
    from segmint.config import load_config
    from segmint.flows.demo import demo as flow

    settings = load_config(config, sets or (), _flags(at, seed, folds, recipe, no_compare))
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(settings, runs=runs, argv=sys.argv[1:], progress=screen.progress)
    screen.run_result(result)


@app.command()
def predict(
    table: Table,
    bundle: Annotated[str, typer.Option("--bundle", help="A run, a bundle's folder, or PROMOTED.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Where a copy goes: .csv or .parquet.")] = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Predict every customer of a table with a trained bundle."""
    from segmint.config import load_config
    from segmint.flows.predict import predict as flow

    settings = load_config(config, sets or ())
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(table, bundle, settings, runs=runs, out=out, argv=sys.argv[1:], progress=screen.progress)
    screen.predicted(result)


@app.command()
def segment(
    table: Table,
    contract: Annotated[str | None, typer.Option("--contract", help="A shipped contract, or a .toml file.")] = None,
    assign_with: Annotated[
        str | None, typer.Option("--assign-with", help="Put customers into this run's segments.")
    ] = None,
    count: Annotated[str | None, typer.Option("--count", help="auto, or 2 to 12.")] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="auto, latent-class, mixture, k-means or tree.")
    ] = None,
    thorough: Annotated[bool, typer.Option("--thorough", help="More bootstrap pairs, more time.")] = False,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    at: At = None,
    seed: Seed = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find groups of customers with common characteristics, or put new customers into known ones."""
    from segmint.config import load_config
    from segmint.flows import segment as flows

    flags = {
        "data.at": at,
        "seed": seed,
        "segments.count": count if count in (None, "auto") else _number(str(count), "--count"),
        "segments.method": method,
        "segments.thorough": thorough or None,
    }
    settings = load_config(config, sets or (), flags)
    if (contract is None) == (assign_with is None):
        raise typer.BadParameter("say either --contract or --assign-with")
    with Screen(json=json, quiet=quiet) as screen:
        more: dict[str, Any] = {"runs": runs, "argv": sys.argv[1:], "progress": screen.progress}
        if assign_with is not None:
            result = flows.assign(table, assign_with, settings, **more)
        else:
            result = flows.segment(table, str(contract), settings, **more)
    screen.segmented(result)


@app.command()
def target(
    table: Table,
    bundle: Annotated[str, typer.Option("--bundle", help="A run, a bundle's folder, or PROMOTED.", show_default=False)],
    policy: Annotated[Path | None, typer.Option("--policy", help="The contact policy: a TOML file.")] = None,
    suppress: Annotated[
        list[Path] | None, typer.Option("--suppress", help="A do-not-call or objection file. Repeatable.")
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

    flags = {
        "policy.suppress": [str(path) for path in suppress] if suppress else None,
        "policy.history": None if history is None else str(history),
    }
    settings = load_config((config, policy), sets or (), flags)
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(
            table, bundle, settings, runs=runs, out=out, dialler=dialler, argv=sys.argv[1:], progress=screen.progress
        )
    screen.targeted(result)


@app.command()
def explain(
    table: Table,
    bundle: Annotated[str, typer.Option("--bundle", help="A run, a bundle's folder, or PROMOTED.", show_default=False)],
    customer: Annotated[
        str | None, typer.Option("--customer", help="One customer: the id, or the record number.")
    ] = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say why customers get the predictions they get, and what would change them."""
    from segmint.config import load_config
    from segmint.flows.explain import explain as flow

    settings = load_config(config, sets or ())
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(
            table, bundle, settings, customer=customer, runs=runs, argv=sys.argv[1:], progress=screen.progress
        )
    screen.explained(result)


@app.command()
def check(
    table: Table,
    contract: ContractName,
    config: ConfigFile = None,
    sets: Sets = None,
    at: At = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Hold a table against a contract and say what would be rejected; write nothing."""
    from segmint.config import load_config
    from segmint.flows.check import check as flow

    settings = load_config(config, sets or (), {"data.at": at})
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(table, contract, settings, progress=screen.progress)
    screen.checked(result)


@app.command()
def report(run: RunPath, runs: Runs = RUNS, json: AsJson = False, quiet: Quiet = False) -> None:
    """Write a run's page again."""
    from segmint.flows.report import write_report
    from segmint.store.run import find_run

    page = write_report(find_run(run, runs).folder)
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
    from segmint.store.run import find_run

    show_tensorboard(find_run(run, runs).folder, host=host, port=port)


@app.command("runs")
def list_runs(runs: Runs = RUNS, json: AsJson = False) -> None:
    """List all runs, newest first."""
    from segmint.store.run import list_runs as flow

    Screen(json=json).runs(flow(runs), runs)


@app.command()
def verify(
    bundle: Annotated[str, typer.Argument(help="A run, a bundle's folder, or PROMOTED.", show_default=False)],
    runs: Runs = RUNS,
    json: AsJson = False,
) -> None:
    """Check a bundle: files, hashes, the layer rule, the golden rows."""
    from segmint.flows.check import verify as flow

    if not Screen(json=json).verified(flow(bundle, runs=runs)):
        raise typer.Exit(2)


@contract_app.command("list")
def contract_list() -> None:
    """Name the shipped contracts."""
    from segmint.contract.contract import SHIPPED

    for name in SHIPPED:
        typer.echo(name)


@contract_app.command("show")
def contract_show(name: Annotated[str, typer.Argument(help="A shipped contract or a .toml file.")]) -> None:
    """Print a contract, to read or to start your own from."""
    from segmint.contract.contract import load_contract
    from segmint.contract.export import contract_to_toml

    typer.echo(contract_to_toml(load_contract(name)), nl=False)


@contract_app.command("infer")
def contract_infer(
    table: Table,
    outcome: Annotated[str | None, typer.Option("--outcome", help="The outcome column; guessed if left out.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The contract's name.")] = None,
    config: ConfigFile = None,
    sets: Sets = None,
) -> None:
    """Draft a contract from a table, suspects commented; training refuses it until you set reviewed = true."""
    from segmint.config import load_config
    from segmint.contract.infer import infer_contract
    from segmint.flows.read import open_source

    source = open_source(table, load_config(config, sets or ()).data)
    typer.echo(infer_contract(source, name=name or table.stem, outcome=outcome).text, nl=False)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="Where the table goes: .csv or .parquet.", show_default=False)],
    truth: Annotated[Path | None, typer.Option("--truth", help="Where the truth goes: .csv or .parquet.")] = None,
    rows: Annotated[int, typer.Option(help="Customers.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 7,
    waves: Annotated[int, typer.Option(help="Campaign periods.")] = 6,
    base_rate: Annotated[float, typer.Option(help="Share who say yes in the first wave.")] = 0.12,
    call_effect: Annotated[float, typer.Option(help="What a call adds to the log-odds.")] = 1.2,
    control_share: Annotated[float, typer.Option(help="Share deliberately not called.")] = 0.0,
    drift: Annotated[list[str] | None, typer.Option(help="inputs, effects or base_rate. Repeatable.")] = None,
    missing_share: Annotated[float, typer.Option(help="Share of empty cells.")] = 0.02,
) -> None:
    """Write a campaign table whose truth is known; its contract is simulated-campaign."""
    from segmint.flows.simulate import simulate as flow

    flow(
        out,
        truth,
        rows=rows,
        seed=seed,
        waves=waves,
        base_rate=base_rate,
        call_effect=call_effect,
        control_share=control_share,
        drift=tuple(drift or ()),
        missing_share=missing_share,
    )
    typer.echo(f"{rows:,} customers: {out}")


@policy_app.command("init")
def policy_init() -> None:
    """Print a policy to start from, every key explained."""
    from segmint.targeting.policy import policy_template

    typer.echo(policy_template(), nl=False)


@policy_app.command("check")
def policy_check(
    file: Annotated[Path, typer.Argument(help="A policy.", show_default=False)], sets: Sets = None
) -> None:
    """Say whether a policy contradicts itself."""
    from segmint.config import load_config
    from segmint.flows.target import policy_of

    policy_of(load_config(file, sets or ()))
    typer.echo(f"'{file}' makes sense")


def _number(text: str, flag: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise typer.BadParameter(f"{flag} wants auto or a whole number") from error


def _flags(at: str | None, seed: int | None, folds: int | None, recipe: str | None, no_compare: bool) -> dict[str, Any]:
    return {
        "data.at": at,
        "seed": seed,
        "split.folds": folds,
        "model.recipe": recipe,
        "compare.enabled": False if no_compare else None,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for bad input, 130 for Ctrl-C."""
    from segmint.errors import SegmintError

    try:
        app(args=None if argv is None else list(argv), prog_name="segmint")
    except SegmintError as error:
        typer.echo(f"error: {error}", err=True)
        return error.exit_code
    except SystemExit as stop:
        # Typer ends with 1 for one thing only: Ctrl-C outside of a `Screen`.
        return INTERRUPTED if stop.code == 1 else int(stop.code or 0)
    return 0

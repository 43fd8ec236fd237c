"""Commands about time: will it hold in the next wave, did it, and which bundle is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segmint.cli import results as shown  # two commands take a table of results
from segmint.cli.options import (
    RUNS,
    AsJson,
    At,
    Bundle,
    ConfigFile,
    ContractName,
    Quiet,
    Recipe,
    Runs,
    Seed,
    Sets,
    Table,
)
from segmint.cli.screen import Screen, one_line, tell_beside
from segmint.metrics.effect_level import EFFECT_LEVEL, EFFECT_LEVELS

app = typer.Typer()
codes_app = typer.Typer(no_args_is_help=True, help="Codes: what the results of the call centre mean.")
app.add_typer(codes_app, name="codes")
Codes = Annotated[Path | None, typer.Option("--codes", help="What the call centre's codes mean: a TOML file.")]


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
        result = flow(history, contract, settings, runs=runs, progress=screen.progress)
    shown.backtested(screen, result)


def _explain(code: str | None) -> None:
    """Say what an alarm means instead of watching a wave."""
    if code is not None:
        from segmint.monitoring.alarm_texts import alarm_text

        typer.echo("\n".join(alarm_text(code).lines()))
        raise typer.Exit


@app.command()
def monitor(
    wave: Table,
    bundle: Bundle,
    outcomes: Annotated[Path | None, typer.Option("--outcomes", help="What became of the wave: a table.")] = None,
    codes: Codes = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            callback=_explain,
            is_eager=True,
            help="Say what an alarm means, and nothing else: --explain DRIFT-01 needs no wave and no --bundle.",
        ),
    ] = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say whether a new wave still looks like training, and what to do if not."""
    from segmint.config import load_config
    from segmint.flows.monitor import monitor as flow

    settings = load_config(config, sets or ())
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(
            wave,
            bundle,
            settings,
            runs=runs,
            outcomes=outcomes,
            codes=codes,
            progress=screen.progress,
        )
    shown.monitored(screen, result)


@app.command()
def update(
    results: Annotated[Path, typer.Argument(help="What became of the scored wave: a table.", show_default=False)],
    scored: Annotated[
        Path, typer.Option("--scored", help="The wave as `predict` or `target` wrote it.", show_default=False)
    ],
    bundle: Bundle,
    history: Annotated[
        Path | None, typer.Option("--history", help="Earlier calls with outcomes: trains anew on them.")
    ] = None,
    customers: Annotated[
        Path | None, typer.Option("--customers", help="The table that was scored: a call list lacks its columns.")
    ] = None,
    upcoming: Annotated[
        Path | None, typer.Option("--upcoming", help="Who is called next: the new network's teacher labels them too.")
    ] = None,
    codes: Codes = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a challenger from results: move the intercept, or with a history train anew."""
    from segmint.config import load_config
    from segmint.flows.update import update as flow

    settings = load_config(config, sets or (), {"data.upcoming": upcoming})
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(
            results, scored, bundle, settings, runs=runs, codes=codes, history=history, customers=customers,
            progress=screen.progress,
        )  # fmt: skip
    shown.updated(screen, result)


@app.command()
def promote(
    run: Annotated[str | None, typer.Argument(help="A run: its folder or id.", show_default=False)] = None,
    on: Annotated[
        Path | None, typer.Option("--on", help="Customers with outcomes that neither bundle was trained on.")
    ] = None,
    despite: Annotated[str | None, typer.Option("--despite", help="Why to promote although the gate says no.")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Promote nothing; list every promotion and rollback, and why.")
    ] = False,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put a run's bundle in use: better than the present one, or equal and simpler."""
    from segmint.config import load_config
    from segmint.errors import InputError
    from segmint.flows.promote import promote as flow
    from segmint.flows.promote import promotions

    if history:
        return shown.promotions(Screen(json=json, quiet=quiet), promotions(runs=runs))
    if run is None:
        raise InputError(
            "No run was named.", expected="segmint promote RUN, or --history", fix="list the runs: segmint runs"
        )
    result = flow(run, load_config(config, sets or ()), runs=runs, on=on, despite=despite)
    shown.promoted(Screen(json=json, quiet=quiet), result)


@app.command()
def rollback(
    because: Annotated[str | None, typer.Option("--because", help="Why; kept in the history.")] = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Put the bundle back in use that the present one replaced."""
    from segmint.flows.promote import rollback as flow

    shown.promoted(Screen(json=json, quiet=quiet), flow(runs=runs, because=because))


@app.command()
def measure(
    call_list: Annotated[
        Path, typer.Argument(help="call_list.parquet of a target run, every row.", show_default=False)
    ],
    results: Annotated[Path, typer.Argument(help="Calls, one row each.", show_default=False)],
    codes: Codes = None,
    purchases: Annotated[
        Path | None,
        typer.Option("--purchases", help="Purchases since the list was made, of everyone, called or held out."),
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--earlier", help="An earlier list of the campaign, to leave its customers out; repeatable."),
    ] = None,
    level: Annotated[
        float,
        typer.Option("--level", min=EFFECT_LEVELS[0], max=EFFECT_LEVELS[1], help="Coverage of the intervals."),
    ] = EFFECT_LEVEL,
    silence_means_no: Annotated[
        bool, typer.Option("--silence-means-no", help="A held-out customer without a row did not buy.")
    ] = False,
    do_not_call: Annotated[
        Path | None, typer.Option("--do-not-call", help="A growing .csv file of who asked not to be called again.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Its economics hold where the list's own run is gone.")
    ] = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say what calling brought: called against held out, with intervals."""
    from segmint.config import load_config
    from segmint.flows.measure import measure as flow

    settings = load_config((config, policy), sets or ())
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(
            call_list, results, settings, runs=runs, codes=codes, purchases=purchases, earlier=earlier or (), level=level,
            silence_means_no=silence_means_no, do_not_call=do_not_call, progress=screen.progress,
        )  # fmt: skip
    shown.measured(screen, result)
    for problem in result.problems:
        tell_beside(one_line(f"error: {problem}"))
    if result.problems:
        raise typer.Exit(2)


@codes_app.command("init")
def codes_init(
    results: Annotated[Path, typer.Argument(help="Calls, one row each.", show_default=False)],
    customer: Annotated[
        str | None, typer.Option("--customer", help="The customer's column; guessed if left out.")
    ] = None,
    code: Annotated[str | None, typer.Option("--code", help="The column of codes; guessed if left out.")] = None,
    contract: Annotated[
        str | None, typer.Option("--contract", help="The customers' contract, which names the customer's column.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the draft goes, a new .toml file; printed if left out.")
    ] = None,
    config: ConfigFile = None,
    sets: Sets = None,
) -> None:
    """Say what the codes of some results seem to mean, to look at and to use with --codes."""
    from segmint.config import load_config
    from segmint.flows.steps.call_results import codes_draft

    data = load_config(config, sets or ()).data
    draft = codes_draft(results, data, customer=customer, code=code, contract=contract, out=out)
    if out is None:
        typer.echo(draft, nl=False)
    else:
        tell_beside(one_line(f"next: look at every line of {out}, then use it with --codes"))

"""Commands about customers: predict, segment, words, explain, find."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from segmint.cli import results
from segmint.cli.options import RUNS, AsJson, At, Bundle, ConfigFile, Quiet, Runs, Seed, Sets, Table
from segmint.cli.screen import Screen

app = typer.Typer()
words_app = typer.Typer(no_args_is_help=True, help="Words: what segments are called and what is said of them.")
app.add_typer(words_app, name="words")


@app.command(epilog="Example: segmint predict new.csv --bundle PROMOTED --out predicted.csv")
def predict(
    table: Table,
    bundle: Bundle,
    out: Annotated[Path | None, typer.Option("--out", help="Where a copy goes: .csv, .xlsx or .parquet.")] = None,
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
        result = flow(table, bundle, settings, runs=runs, out=out, progress=screen.progress)
    results.predicted(screen, result)


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
    leave_out_sensitive: Annotated[
        bool, typer.Option("--leave-out-sensitive", help="Make segments without age, gender and the like.")
    ] = False,
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
    from segmint.flows import assign as assigning
    from segmint.flows import segment as finding

    flags = {
        "data.at": at,
        "seed": seed,
        "segments.count": count if count in (None, "auto") else _count(str(count)),
        "segments.method": method,
        "segments.thorough": thorough or None,
        "segments.leave_out_sensitive": leave_out_sensitive or None,
    }
    settings = load_config(config, sets or (), flags)
    if (contract is None) == (assign_with is None):
        raise typer.BadParameter("say either --contract or --assign-with")
    with Screen(json=json, quiet=quiet) as screen:
        more: dict[str, Any] = {"runs": runs, "progress": screen.progress}
        if assign_with is not None:
            result = assigning.assign(table, assign_with, settings, **more)
        else:
            result = finding.segment(table, str(contract), settings, **more)
    results.segmented(screen, result)


@words_app.command("init")
def words_init() -> None:
    """Print the words of segments, to put your own offers and messages in; `segments.words` names the edited file."""
    from segmint.segments.word_file import shipped_words

    typer.echo(shipped_words(), nl=False)


@app.command()
def explain(
    table: Table,
    bundle: Bundle,
    customer: Annotated[
        str | None,
        typer.Option("--customer", help="One customer: the id, or 'record 7'; 7 where the contract has no id."),
    ] = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say why customers get the predictions they get, and what would change them."""
    from segmint.config import load_config
    from segmint.flows.explain import explain_customers as flow

    settings = load_config(config, sets or ())
    with Screen(json=json, quiet=quiet) as screen:
        result = flow(table, bundle, settings, customer=customer, runs=runs, progress=screen.progress)
    results.explained(screen, result)


@app.command(epilog="Example: segmint find C00017 --runs runs")
def find(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Who is looked for: ids, as tables write them.", show_default=False)
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option(
            "--ids", help="A file of ids, one a line or in a column, or - to type them: no shell remembers them."
        ),
    ] = None,
    config: ConfigFile = None,
    sets: Sets = None,
    runs: Runs = RUNS,
    json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say in which files below the folder of runs customers stand; exit code 0 whether or not they do."""
    from segmint.config import load_config
    from segmint.flows.find import find_customers, ids_listed

    settings = load_config(config, sets or ())
    wanted = [*(ids or ()), *(ids_listed(listed) if listed else ())]
    with Screen(json=json, quiet=quiet) as screen:
        result = find_customers(wanted, settings, runs=runs, progress=screen.progress)
    results.found(screen, result)


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise typer.BadParameter("--count wants auto or a whole number") from error

"""What commands have in common: the arguments and options that several of them take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segmint.errors import ConfigError

if TYPE_CHECKING:
    from segmint.config import Config

Table = Annotated[
    Path, typer.Argument(help="A table: delimited text, Parquet or an .xlsx workbook.", show_default=False)
]
RunPath = Annotated[str, typer.Argument(help="A run: its folder or id, or how the id begins.", show_default=False)]
ContractName = Annotated[
    str, typer.Option("--contract", help="A shipped contract, or the path of a .toml file.", show_default=False)
]
Bundle = Annotated[str, typer.Option("--bundle", help="A run, a bundle's folder, or PROMOTED.", show_default=False)]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="A TOML file of settings.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="One setting: dotted.key=value. Repeatable.")]
Runs = Annotated[Path, typer.Option("--runs", help="The folder that holds all runs.")]
At = Annotated[str | None, typer.Option("--at", help="The moment of the decision: planning, dialling or after_call.")]
Standing = Annotated[
    Path | None, typer.Option("--policy", help="The bank's policy, a TOML file: every list made here respects it.")
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")]
Folds = Annotated[int | None, typer.Option("--folds", help="Parts to compare on. Not with --search.")]
Recipe = Annotated[
    str | None, typer.Option("--recipe", help="How the network is taught: fast, best, plain or rolling.")
]
Search = Annotated[
    str | None,
    typer.Option(
        "--search",
        help="Look for better settings this long: 20m, 1h, 90s. The comparison is then on 20 % of the rows, kept apart from "
        "the search. Needs segmint[search]; not with --no-compare or --folds.",
    ),
]
Test = Annotated[
    Path | None,
    typer.Option("--test", help="A test table of your own, with outcomes: every model is judged on it once."),
]
NoCompare = Annotated[bool, typer.Option("--no-compare", help="Train only; compare with nothing. Not with --search.")]
AsJson = Annotated[bool, typer.Option("--json", help="The result as one JSON object on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say only errors and warnings.")]

RUNS = Path("runs")


def run_flags(
    at: str | None,
    seed: int | None,
    folds: int | None,
    recipe: str | None,
    no_compare: bool,
    search: str | None = None,
    test: Path | None = None,
) -> dict[str, Any]:
    """Turn the short names of settings of `run` into full dotted keys."""
    return {
        "data.at": at,
        "data.test": test,
        "seed": seed,
        "split.folds": folds,
        "model.recipe": recipe,
        "compare.enabled": False if no_compare else None,
        "search.minutes": None if search is None else minutes(search),
    }


def refuse_folds_of_a_search(config: Config, folds: int | None, sets: Sequence[str]) -> None:
    """Refuse folds typed beside a search; a file of settings may have them, as the one that a run keeps does.

    Raises
    ------
    ConfigError
        If both were asked for.
    """
    if config.search.enabled and (folds is not None or _sets_folds(sets)):
        raise ConfigError(
            "Folds to compare on are asked for (--folds), and a search for settings (--search).",
            expected="one of them: after a search the comparison is on 20 % of the rows, which the search never saw",
            fix="leave out --folds, or the search",
        )


def _sets_folds(sets: Sequence[str]) -> bool:
    """Whether folds are among the settings typed, by their own key or in a table: ``split={folds=3}``."""
    from segmint.config import load_config

    of_split = [text for text in sets if text.partition("=")[0].strip().partition(".")[0] == "split"]
    return "folds" in load_config(None, of_split).split.model_fields_set


def minutes(text: str) -> float:
    """Read a duration: "90s", "20m", "1h", or a plain number of minutes."""
    found = re.fullmatch(r"\s*([0-9]+\.?[0-9]*)\s*([smh]?)\s*", text)
    if found is None or not float(found[1]):
        raise typer.BadParameter(f"--search wants a duration such as 20m, 1h or 90s. Got {text!r} instead.")
    return float(found[1]) * {"s": 1 / 60, "m": 1.0, "": 1.0, "h": 60.0}[found[2]]

"""`segmint simulate`: a campaign table whose truth is known, written in a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Unpack

import polars as pl

from segmint.arguments import place_of
from segmint.errors import ConfigError, InputError
from segmint.flows.steps.read import refuse_overwriting
from segmint.flows.steps.settings import Place, path_of
from segmint.simulation import Campaign, CampaignSettings, Simulated, simulate_batches
from segmint.store.staging import publish_file, require_free, require_writable
from segmint.tables.write import write_csv, write_parquet
from segmint.wording import quoted

WRITERS: dict[str, Callable[[Iterator[pl.DataFrame], Path], int]] = {".csv": write_csv, ".parquet": write_parquet}


def simulate(out: Place, truth: Place | None = None, **settings: Unpack[CampaignSettings]) -> Campaign:
    """Write a simulated table, and its truth if a path is given.

    Parameters
    ----------
    out, truth : path
        Names ending in .csv or .parquet.
    **settings
        `rows` (customers in all waves together), `seed`, `waves` (campaign periods, a month each), `base_rate` (share of
        called customers who say yes in the first wave, in (0, 1)), `call_effect` (what a call adds to the log-odds),
        `control_share` (share deliberately not called, in [0, 1)), `drift` (a tuple of "inputs", "effects" and
        "base_rate": what changes from the first wave to the last), `drift_size` (1 is plain to see), `missing_share`
        (share of empty cells), `cost` and `value` (of a call and of a yes, in account currency), `first` (number of the
        first customer: other people than those of another table).

    Returns
    -------
    Campaign
        All settings of what was written, also those left out.

    Raises
    ------
    TypeError
        If there is no such setting.
    InputError
        If a path has another ending or lies in a run, or both are the same.
    RunError
        If something lies there already.
    ConfigError
        If a setting makes no sense.
    """
    out, truth = place_of("out", out), path_of("truth", truth)
    known = [field.name for field in fields(Campaign)]
    if unknown := [name for name in settings if name not in known]:
        raise TypeError(f"A campaign has no setting {quoted(unknown)}. Choose among: {', '.join(known)}.")
    try:
        campaign = Campaign(**settings)
    except ValueError as error:
        name, _, rest = str(error).partition(" ")
        raise ConfigError(
            f"--{name.replace('_', '-')} {rest}", expected="settings of a campaign", fix="see: segmint simulate --help"
        ) from error
    for path, option in ((out, "--out"), (truth, "--truth")):
        if path is not None:
            _writer(path)
            require_writable(path, option)
            refuse_overwriting(path)
            require_free(path)  # what lies there may be real customers
    if truth is not None and truth.resolve() == out.resolve():
        raise InputError(
            f"'{out}' cannot be both the table and its truth.", expected="two names", fix="give --truth another name"
        )
    _write(campaign, out, lambda block: block.frame)
    if truth is not None:
        _write(campaign, truth, lambda block: block.truth)
    return campaign


def _writer(path: Path) -> Callable[[Iterator[pl.DataFrame], Path], int]:
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise InputError(
            f"'{path.name}' has no format that can be written.",
            expected="a name ending in .csv or .parquet",
            fix="rename it",
        )
    return writer


def _write(campaign: Campaign, path: Path, part: Callable[[Simulated], pl.DataFrame]) -> None:
    writer = _writer(path)
    publish_file(path, lambda staged: writer((part(block) for block in simulate_batches(campaign)), staged))

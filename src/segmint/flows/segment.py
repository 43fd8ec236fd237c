"""`segmint segment`: who the customers are, what they are worth, what to do; or new customers into known segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from segmint.config import Config
from segmint.contract.column_match import Purpose
from segmint.contract.contract import Contract, load_contract
from segmint.contract.valid_table import ValidTable
from segmint.errors import BundleError, DataError
from segmint.flows.read import keep_reading, open_source, read
from segmint.flows.report import write_report
from segmint.progress import Progress, silent
from segmint.report.run_view import RunView
from segmint.segments.assign import assign_segments
from segmint.segments.profile import Economics
from segmint.segments.segmentation import Segmentation, describe_known_segments, discover_segments
from segmint.store.run import Run, find_run
from segmint.store.staging import publish_file

SEGMENTS, CUSTOMERS = "segments.json", "segments.parquet"


@dataclass(frozen=True)
class Segmented:
    """What came of segmenting, for any door.

    Attributes
    ----------
    folder : Path
        The run.
    sentences : tuple of str
        One line per segment, then what is missed.
    summary : dict
        The content of ``segments.json``, no customer in it; empty when customers were assigned.
    customers : Path
        One row per customer: segment, name, how sure.
    """

    folder: Path
    sentences: tuple[str, ...]
    summary: dict[str, Any]
    customers: Path


def segment(
    source: Any,
    contract: Contract | str | Path,
    config: Config,
    *,
    runs: Path,
    argv: Sequence[str] = (),
    progress: Progress = silent,
) -> Segmented:
    """Find groups of customers with common characteristics, say who they are, and prove it on rows kept apart.

    Raises
    ------
    SegmintError
        For a table that cannot be segmented: too few rows, one column, all customers alike.
    """
    contract = contract if isinstance(contract, Contract) else load_contract(contract)
    opened = open_source(source, config.data)
    with Run.create(runs, "segment", argv, config.to_toml(), config.seed, {opened.name: opened.fingerprint}) as here:
        purpose: Purpose = "train" if contract.outcome.column in opened.columns else "predict"
        table = read(opened, contract, config.data, here, purpose=purpose, progress=progress)
        keep_reading(here, table)
        found = find_segments(table, config, progress=progress)
        keep_segments(here, table, found)
        write_report(here.folder)
        here.done({"segments": len(found.keys)})
    return Segmented(here.folder, sentences_of(found), found.to_json(), here.folder / CUSTOMERS)


def find_segments(table: ValidTable, config: Config, *, progress: Progress = silent) -> Segmentation:
    """Discover the segments of a table under the settings."""
    return discover_segments(
        table,
        count=config.segments.count,
        method=config.segments.method,
        thorough=config.segments.thorough,
        leave_out_sensitive=config.segments.leave_out_sensitive,
        economics=_economics(config),
        random_state=config.seed,
        progress=progress,
    )


def _economics(config: Config) -> Economics | None:
    """Return the money of a call, where it is the same for everyone."""
    money = config.economics
    if money is None or money.columns:
        return None
    return Economics(float(money.cost_per_call), float(money.value_per_success), money.currency)


def known_segments(table: ValidTable, config: Config) -> Segmentation:
    """Describe the segments that the table's outcome names."""
    return describe_known_segments(table, random_state=config.seed)


def keep_segments(here: Run, table: ValidTable, found: Segmentation) -> None:
    """Keep the segments in the run, and who belongs to which."""
    here.keep(SEGMENTS, found.to_json())
    rows = _named(table).hstack(found.customers())
    publish_file(here.folder / CUSTOMERS, lambda path: rows.write_parquet(path))


def assign(
    source: Any, run: str, config: Config, *, runs: Path, argv: Sequence[str] = (), progress: Progress = silent
) -> Segmented:
    """Put new customers into the segments that an earlier run found.

    Raises
    ------
    BundleError
        If that run found no segments.
    """
    earlier = RunView(find_run(run, runs).folder)
    found = earlier.json(SEGMENTS)
    if found is None or found.get("state") is None or earlier.contract is None:
        raise BundleError(
            f"The run '{run}' found no segments.",
            expected="a run of segmint segment, or of segmint run with segments",
            fix="find segments first: segmint segment TABLE --contract NAME",
        )
    opened = open_source(source, config.data)
    with Run.create(runs, "segment", argv, config.to_toml(), None, {opened.name: opened.fingerprint}) as here:
        table = read(opened, earlier.contract, config.data, here, purpose="predict", progress=progress)
        if not len(table):
            raise DataError("No row could be read.", expected="at least one row", fix="check the table")
        keep_reading(here, table)
        labels, likely = assign_segments(found["state"], table.frame)
        names = {place: (part["key"], part["name"]) for place, part in enumerate(found["segments"])}
        rows = _named(table).with_columns(
            segment=pl.Series([names[int(label)][0] for label in labels]),
            segment_name=pl.Series([names[int(label)][1] for label in labels]),
            segment_probability=pl.Series(likely.max(axis=1)),
        )
        publish_file(here.folder / CUSTOMERS, lambda path: rows.write_parquet(path))
        counts = rows.group_by("segment", "segment_name").len().sort("segment")
        here.done({"rows": len(table)})
    lines = tuple(f"{key} {name}: {count:,} customers" for key, name, count in counts.iter_rows())
    return Segmented(here.folder, lines, {}, here.folder / CUSTOMERS)


def sentences_of(found: Segmentation) -> tuple[str, ...]:
    """Say each segment in a line, why so many, and which promises they miss."""
    frame = found.frame()
    lines = [
        f"{key} {name}: {size:,} customers ({100 * share:.0f} %)"
        for key, name, size, share in zip(
            found.keys, found.names, frame["customers"].to_list(), frame["share"].to_list(), strict=True
        )
    ]
    return (*([] if found.choice is None else found.choice.reasons), *lines, *found.gates())


def _named(table: ValidTable) -> pl.DataFrame:
    customers = pl.Series("customer", table.records).cast(pl.String) if table.ids is None else table.ids
    return pl.DataFrame({"record": table.records, "customer": customers})

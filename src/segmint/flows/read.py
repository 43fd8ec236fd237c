"""Read a table and hold it against its contract, keeping what was rejected."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segmint.config import Data
from segmint.contract.column_match import Purpose
from segmint.contract.contract import Contract
from segmint.contract.export import contract_to_toml
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.progress import Progress, silent
from segmint.store.run import Run
from segmint.store.staging import publish_file
from segmint.tables.rejects import Reject
from segmint.tables.source import ReadOptions, TableSource, open_table

REJECTED = "rejected.csv"


def open_source(source: Any, data: Data) -> TableSource:
    """Open a table with what the settings know of how it is written."""
    known = data.model_dump(include={"delimiter", "encoding", "decimal", "sheet", "header_row"})
    return open_table(source, ReadOptions(**known))


def read(
    source: TableSource,
    contract: Contract,
    data: Data,
    run: Run,
    *,
    purpose: Purpose = "train",
    progress: Progress = silent,
) -> ValidTable:
    """Read a table and hold it against its contract; what is rejected is published, whatever comes of it."""
    with rejected_rows(run.folder / REJECTED) as on_reject:
        return validate(
            source,
            contract,
            purpose=purpose,
            at=data.at,
            max_rejected=data.max_rejected,
            on_reject=on_reject,
            progress=progress,
        )


def keep_reading(run: Run, table: ValidTable) -> None:
    """Keep in the run how its table was read, and under which contract."""
    run.keep("ledger.json", table.ledger.to_json())
    run.keep("contract.toml", contract_to_toml(table.contract).encode("utf-8"))


@contextmanager
def rejected_rows(path: Path) -> Iterator[Callable[[Reject], None]]:
    """Collect rejected rows and publish them as a file, also when the work fails; no file if there are none."""
    rejects: list[Reject] = []
    try:
        yield rejects.append
    finally:
        if rejects:
            publish_file(path, lambda staged: _write(rejects, staged))


def _write(rejects: list[Reject], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["record", "reason", "column", "detail", "raw"])
        writer.writerows([r.record, r.reason, r.column or "", r.detail, r.raw] for r in rejects)

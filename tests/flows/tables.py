"""Small tables of customers with ids."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.tables.source import open_table

CONTRACT = Contract(
    name="with-ids",
    outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
    columns=(
        Column(name="client", kind="text", role="id", label="client"),
        Column(name="age", kind="number", role="characteristic", label="age"),
    ),
)


def read_text(folder: Path, text: str) -> ValidTable:
    (folder / "customers.csv").write_text(text)
    return validate(open_table(folder / "customers.csv"), CONTRACT, purpose="predict", max_rejected=1.0)


def read(ids: list[str | None], ages: list[str]) -> ValidTable:
    frame = pl.DataFrame({"client": pl.Series(ids, dtype=pl.String), "age": ages})
    return validate(open_table(frame), CONTRACT, purpose="predict", max_rejected=1.0)

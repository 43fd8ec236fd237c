"""Who could be called: everyone has a name, and everyone read has a place."""

from __future__ import annotations

import numpy as np
import polars as pl

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.contract.ledger import KEPT_REJECTS
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.flows.candidates import customers_of, rejected_of
from segmint.tables.source import open_table
from segmint.targeting.choose import choose
from tests.targeting.conftest import make_policy

CONTRACT = Contract(
    name="with-ids",
    outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
    columns=(
        Column(name="client", kind="text", role="id", label="client"),
        Column(name="age", kind="number", role="characteristic", label="age"),
    ),
)


def read(ids: list[str | None], ages: list[str]) -> ValidTable:
    frame = pl.DataFrame({"client": pl.Series(ids, dtype=pl.String), "age": ages})
    return validate(open_table(frame), CONTRACT, purpose="predict", max_rejected=1.0)


def test_whoever_has_no_id_is_named_by_the_record_and_is_nobody_else() -> None:
    customers = customers_of(read(["17", None, "17 ", "", " "], ["40"] * 5))
    assert customers.to_list() == ["17", "record 2", "17", "record 4", "record 5"]
    chosen = choose(customers, np.full(5, 0.5), make_policy())
    assert len(chosen.listed) == 4


def test_more_rejected_records_than_the_ledger_names_are_all_told() -> None:
    table = read([str(number) for number in range(2_500)], ["40", "forty"] * 1_250)
    assert len(table.ledger.rejects) == KEPT_REJECTS < table.ledger.rejected
    assert rejected_of(table) == list(range(2, 2_501, 2))

"""A scored wave that results came back for: its customers' columns, and which run scored it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import Data
from segmint.contract.ids import bare_ids, match_ids
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import DataError, RunError
from segmint.flows.steps.appended import APPENDED
from segmint.flows.steps.named import customers_of
from segmint.flows.steps.read import open_source
from segmint.monitoring.results import ids_in
from segmint.store.bundle import Bundle
from segmint.store.promoted import RUN_ID
from segmint.store.run import Run
from segmint.store.run_files import LEDGER
from segmint.tables.decimal_sign import decimal_among, signs_of_texts
from segmint.wording import some_of

SCORING = ("predict", "target")


@dataclass(frozen=True)
class ScoredCustomers:
    """What is known of customers whose outcome came back.

    Attributes
    ----------
    raw : polars.DataFrame of shape (n_customers, n_file_columns)
        Their columns as they came.
    frame : polars.DataFrame of shape (n_customers, n_columns)
        The same, typed: what a bundle of the same contract can predict.
    said : tuple of str
        How ids that lost the zeros before them, or have other capitals, found their customer.
    """

    raw: pl.DataFrame
    frame: pl.DataFrame
    said: tuple[str, ...] = ()

    def of(self, chosen: NDArray[np.bool_]) -> ScoredCustomers:
        """Return some of the customers."""
        return replace(self, raw=self.raw.filter(pl.Series(chosen)), frame=self.frame.filter(pl.Series(chosen)))


def known_of(
    bundle: Bundle, wave: pl.DataFrame, customers: Any, data: Data, run: Run | None = None
) -> ScoredCustomers | None:
    """Find the columns of a wave's customers: in the scored table itself, or in the table of `customers`.

    Parameters
    ----------
    bundle : Bundle
        Its contract says which columns are wanted.
    wave : polars.DataFrame
        The scored customers that are asked for.
    customers : path or frame, optional
        The table that was scored: joined by record where it is the very table that `run` read, as a customer may have
        several rows and the list names one of them; else by id, as `match_ids` compares them, or by record where the
        contract has no ids.
    data : Data
        How that table is read.
    run : Run, optional
        That scored the wave: it knows which decimal sign the texts of its table have. Where it is not at hand, as for a
        copy elsewhere, the texts themselves say it.

    Returns
    -------
    ScoredCustomers or None
        None if the scored table lacks columns and no other table was named.

    Raises
    ------
    DataError
        If a customer is not in the table of `customers`.
    """
    if customers is not None:
        return _joined(bundle, wave, customers, data, run)
    if not all(column.name in wave.columns for column in bundle.contract.features(bundle.at)):
        return None
    inputs = _as_it_came(wave, bundle)
    written = data.model_copy(update={"decimal": data.decimal or _decimal_of(run) or _decimal_in(wave, bundle)})
    table = validate(open_source(inputs, written), bundle.contract, purpose="predict", at=bundle.at, max_rejected=0.0)
    return ScoredCustomers(wave, table.frame)


def _as_it_came(wave: pl.DataFrame, bundle: Bundle) -> pl.DataFrame:
    """Take away what predicting appended; a column of the table's own that it moved aside gets its name back."""
    own = {column.name for column in bundle.contract.features(bundle.at)}
    aside = {f"{name}_input": name for name in APPENDED if name in own and f"{name}_input" in wave.columns}
    # a feature that was not moved aside is the table's own
    appended = [name for name in APPENDED if name in wave.columns and (name not in own or name in aside.values())]
    return wave.drop(appended).rename(aside)


def scoring_run(scored: Any, wave: pl.DataFrame, runs: Path) -> Run | None:
    """Find the run that scored a table: the one a call list names, or the one whose folder it lies in."""
    named = (
        wave["run"].drop_nulls().cast(pl.String).unique(maintain_order=True).to_list() if "run" in wave.columns else []
    )
    folders = [runs / name for name in named if RUN_ID.fullmatch(name)]
    if isinstance(scored, str | Path):
        folders.append(Path(scored).absolute().parent)
    for folder in folders:
        with suppress(RunError):
            run = Run.open(folder)
            if run.record.get("command") in SCORING:
                return run
    return None


def made_on(run: Run | None) -> date | None:
    """The day where this runs on which a run was made, that of its list, as calls are dated; None where it is not at hand."""
    return None if run is None else datetime.fromisoformat(run.record["made"]).astimezone().date()


def _decimal_of(run: Run | None) -> str | None:
    ledger = (None if run is None else run.kept(LEDGER)) or {}
    receipt = ledger.get("receipt", {})
    sign = receipt.get("decimal")
    return str(sign) if sign in ("point", "comma") else None


def _decimal_in(wave: pl.DataFrame, bundle: Bundle) -> str | None:
    numbers = [column.name for column in bundle.contract.features(bundle.at) if column.kind == "number"]
    sign = decimal_among(signs_of_texts(wave), numbers)
    return None if sign == "ambiguous" else sign


def _joined(bundle: Bundle, wave: pl.DataFrame, customers: Any, data: Data, run: Run | None) -> ScoredCustomers:
    opened = open_source(customers, data)
    table = validate(opened, bundle.contract, purpose="predict", at=bundle.at, max_rejected=data.max_rejected)
    ids = ids_in(wave, bundle.contract)
    if (
        "record" in wave.columns
        and ids != "record"
        and run is not None
        and opened.fingerprint in run.record["inputs"].values()
    ):
        there = pl.DataFrame({"_key": pl.Series(table.records).cast(pl.Int64)}).with_row_index("_row")
        return ScoredCustomers(*_rows_of(table, wave["record"].cast(pl.Int64), there))
    here = ids or ("record" if "record" in wave.columns else None)
    if here is None:
        raise DataError(
            "The scored table has no column that tells which customer of the other table stands in a row.",
            expected=f"one of {', '.join(n for n in (bundle.contract.id_column, 'customer', 'record') if n)}",
            fix="give the table as `segmint predict` or `segmint target` wrote it",
        )
    customers, wanted = customers_of(table), bare_ids(wave[here])
    met = match_ids(wanted, customers)
    said = met.said("customer", " of the scored table")
    there = pl.DataFrame({"_key": customers}).with_row_index("_row")
    return ScoredCustomers(*_rows_of(table, met.theirs(wanted), there, said[met.by_zeros > 0 :]), said)


def _rows_of(
    table: ValidTable, wanted: pl.Series, there: pl.DataFrame, unclear: tuple[str, ...] = ()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    keys = wanted.to_frame("_key")
    rows = keys.join(there.unique("_key", keep="first"), on="_key", how="left", maintain_order="left")["_row"]
    if lacking := rows.null_count():
        missed = (
            f"{some_of(lacking, len(wanted), 'customers with an outcome', 'is', 'are')} not in the table of customers."
        )
        raise DataError(
            " ".join((missed, *unclear)),
            expected="the table that was scored, with every customer of it",
            fix="name that table with --customers",
        )
    return table.raw[rows], table.frame[rows]

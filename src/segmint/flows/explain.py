"""`segmint explain`: why customers get the propensities they get, one of them or all of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segmint.arguments import place_of, require_switches, require_texts
from segmint.contract.contract import Contract
from segmint.contract.ids import bare_ids, match_ids, same_ids
from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError, InputError
from segmint.explain.background import background_rows
from segmint.explain.change import what_would_change
from segmint.explain.importance import effect_curves, global_importance
from segmint.explain.letter import letter, unnamed
from segmint.explain.reasons import Attributions, attribute
from segmint.explain.stability import draw_again, how_stable
from segmint.explain.words import SEED, Wording, reason_frame
from segmint.flows.report import write_report
from segmint.flows.steps.bundle import predictor_of
from segmint.flows.steps.named import customer_ids, named_by_record
from segmint.flows.steps.read import inputs_of, open_for_bundle, read
from segmint.flows.steps.settings import RUNS, Place, Settings, settings_of
from segmint.progress import Progress, silent
from segmint.splits.groups import row_keys
from segmint.store import run_files
from segmint.store.bundle import Bundle
from segmint.store.promoted import WORD
from segmint.store.run import Run
from segmint.tables.table_source import TableSource
from segmint.wording import counted, some_of

REASONS_OF_EACH = "reasons.parquet"
MOST_EXPLAINED, MOST_WEIGHED, MOST_DRAWN_AGAIN = 10_000, 500, 100
DRAWS = (1, 2, 3)
MANY_COLUMNS = 40  # from here on fewer customers are weighed, as each has as many steps as there are columns
_RECORD = re.compile(r"record\s+([0-9]{1,15})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Explained:
    """What came of explaining, for any door.

    Attributes
    ----------
    folder : Path
        The run.
    report : Path or None
        The page; None for a single customer.
    reasons : polars.DataFrame
        record, customer, class, base, prediction, reason_1, ..., then one column of contributions per column.
    sentences : tuple of str
        For a single customer the reasons and what would change them; always how stable reasons are.
    summary : dict
        Plain JSON.
    """

    folder: Path
    report: Path | None
    reasons: pl.DataFrame
    sentences: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return f"<Explained {self.folder}: {counted(self.reasons.height, 'customer')}>"

    def frame(self) -> pl.DataFrame:
        """Return the reasons, one row per customer."""
        return self.reasons


def explain_customers(
    source: Any,
    bundle: Place = WORD,
    config: Settings = None,
    *,
    customer: str | int | None = None,
    runs: Place = RUNS,
    sensitive: bool = False,
    progress: Progress = silent,
) -> Explained:
    """Say why customers get the predictions they get.

    Parameters
    ----------
    source : path or frame
    bundle : path
        A run, a bundle's folder, or PROMOTED.
    config : Config or path, optional
        Only how tables are read; the bundle decides everything else.
    customer : str or int, optional
        The id of one customer, or "record 7"; the number alone where the contract has no id. Left out, everyone is explained, at
        most 10,000 customers.
    runs : path
        The folder that holds all runs.
    sensitive : bool
        Whether sensitive columns may be named as reasons.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    InputError
        If there is no such customer.
    SegmintError
        For a bundle that fails its checks, or a table that does not meet its contract.
    """
    require_switches(sensitive=sensitive)
    customer = str(customer) if isinstance(customer, int | np.integer) else customer
    require_texts(customer=customer)
    config, runs = settings_of(config), place_of("runs", runs)
    opened_bundle, config, opened = open_for_bundle(source, bundle, config, runs)
    if customer is not None:
        customer = _as_written(opened, opened_bundle.contract, customer)
    inputs = inputs_of(opened, bundle=opened_bundle.digest)
    with Run.create(runs, "explain", config.to_toml(), None, inputs) as here:
        table = read(opened, opened_bundle.contract, config.data, here, purpose="predict", progress=progress)
        if customer is not None:
            one = one_customer(table, customer)
            if one.ids is not None and customer != customer_ids(one)[0] and not _RECORD.fullmatch(customer.strip()):
                raise _no_customer(customer, has_ids=True)  # its row is rejected, and another differs by zeros alone
            return _explain_one(here, one, opened_bundle, sensitive)
        return _explain_all(here, table, opened_bundle, sensitive, progress)


def keep_importance(here: Run, table: ValidTable, bundle: Bundle) -> dict[str, Any]:
    """Keep in a run what matters over all customers and how stable reasons are, for the report's page.

    Returns
    -------
    dict
        base, average (of the predictions), customers, stability (a sentence), rank_agreement, same_first; also kept as ``reasons.json``.
    """
    predictor, wording = predictor_of(bundle), Wording.of(bundle.contract, bundle.reference)
    positive = bundle.contract.outcome.positive
    columns = len(predictor.features["columns"])
    some = _spread(table, _weighed(MOST_WEIGHED, columns))
    found = _attributions(some, bundle)
    importance = global_importance(found, wording)
    targets = bundle.classes if positive is None else [positive]
    effects = effect_curves(predictor, some.frame, bundle.reference, wording, targets=targets)
    here.keep(run_files.IMPORTANCE, importance)
    here.keep(run_files.EFFECTS, effects)
    few = some.frame.head(_weighed(MOST_DRAWN_AGAIN, columns))
    again = draw_again(predictor, few, bundle.reference, target=positive, seeds=DRAWS)
    stability = how_stable(again)
    summary = {
        "customers": len(some),
        "base": float(found.base.mean()),
        "average": float(found.prediction.mean()),
        "stability": stability.sentence(),
        "rank_agreement": stability.rank_agreement,
        "same_first": stability.same_first,
    }
    here.keep(run_files.REASONS, summary)
    return summary


def one_customer(table: ValidTable, customer: str) -> ValidTable:
    """Keep one customer of a table: the first row with this id, as `match_ids` compares them, or the record that "record 7" names.

    In a table without ids the number of the record is enough, unless it has ids that the contract does not know: it may be one.

    Raises
    ------
    InputError
        If there is none, or more than one that differs from it by the zeros before the id, or by capitals.
    """
    if (by_record := named_by_record(table)) and not _RECORD.fullmatch(customer.strip()):
        raise InputError(
            f"Nobody can be found by an id: {by_record}.",
            expected="a record, as in: record 7",
            fix="look up which record of the table is the customer",
        )
    ids = customer_ids(table)
    found = np.flatnonzero((ids == (_one_id(customer, ids) or "")).fill_null(False).to_numpy())  # no id is empty
    if not len(found) and (number := _RECORD.fullmatch(customer.strip())):
        found = np.flatnonzero(table.records == int(number[1]))
    if not len(found):
        raise _no_customer(customer, has_ids=table.ids is not None)
    return table.rows(np.arange(len(table)) == found[0])


def _as_written(source: TableSource, contract: Contract, customer: str) -> str:
    """Look for an id before there is a run, and write it as the table does; records and rejected rows are counted when it is read."""
    name = contract.id_column
    if name is None or _RECORD.fullmatch(customer.strip()):
        return customer
    wanted = bare_ids(pl.Series([customer]))
    alike = pl.Series("known", [], dtype=pl.String)
    for batch in source.batches():
        alike.append(same_ids(wanted, bare_ids(batch.frame[name]))["known"])
        if wanted[0] in alike:
            break
    written = _one_id(customer, alike)
    if written is None:
        raise _no_customer(customer, has_ids=True)
    return written


def _one_id(customer: str, ids: pl.Series) -> str | None:
    """Find the id among `ids` that somebody named; None where it is none of them."""
    wanted = bare_ids(pl.Series([customer]))
    met = match_ids(wanted, ids)
    if met.unclear:
        raise InputError(
            f"'{customer}' could be several customers of the table, whose ids differ by the zeros before them or by capitals.",
            expected="the id as the table writes it",
            fix="write the zeros and capitals as there",
        )
    written = met.theirs(wanted)[0]
    return None if written is None else str(written)


def _no_customer(customer: str, *, has_ids: bool) -> InputError:
    return InputError(
        f"There is no customer '{customer}' in the table.",
        expected=f"{'an id of the id column' if has_ids else 'the number of a record'}, or: record 7",
        fix="check the id; a rejected row is no customer, see rejected.csv of the run",
    )


def _explain_one(here: Run, table: ValidTable, bundle: Bundle, sensitive: bool) -> Explained:
    reasons, summary = about_customer(table, bundle, sensitive=sensitive)
    here.keep(REASONS_OF_EACH, reasons)
    here.keep("customer.json", summary)
    here.done({"rows": 1})
    return Explained(here.folder, None, reasons, tuple(summary["letter"]), summary)


def about_customer(
    table: ValidTable, bundle: Bundle, *, sensitive: bool = False
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Say of the one customer in `table` what is predicted, why, and what would change it.

    Returns
    -------
    reasons : polars.DataFrame of one row
        As in `Explained`.
    summary : dict
        class, average (of customers in general), base (where reasons start), prediction, reasons,
        unnamed (what else moves it), changes, stability, letter; plain JSON.
    """
    predictor, positive = predictor_of(bundle), bundle.contract.outcome.positive
    found = _attributions(table, bundle)
    reasons = _reasons(table, found, bundle, sensitive, top=len(found.columns))
    changes = what_would_change(predictor, table.frame, bundle.contract, bundle.reference, target=str(found.classes[0]))
    stability = how_stable(draw_again(predictor, table.frame, bundle.reference, target=positive, seeds=DRAWS))
    said = [value for name, value in reasons.row(0, named=True).items() if name.startswith("reason_") and value]
    named = bundle.contract.by_name
    allowed = [sensitive or not named[name].sensitive for name in found.columns]
    target = None if positive is not None else str(found.classes[0])
    average = float(bundle.reference["average"][str(found.classes[0])])
    written = letter(found, said, allowed, changes, stability.sentence(), average=average, target=target)
    summary = {
        "class": str(found.classes[0]),
        "average": average,
        "base": float(found.base[0]),
        "prediction": float(found.prediction[0]),
        "reasons": said,
        "unnamed": unnamed(found, allowed, len(said)),
        "changes": [change.sentence() for change in changes],
        "stability": stability.sentence(),
        "letter": list(written),
    }
    return reasons, summary


def _explain_all(here: Run, table: ValidTable, bundle: Bundle, sensitive: bool, progress: Progress) -> Explained:
    if not len(table):
        raise DataError("There is nobody to explain.", expected="at least one accepted row", fix="check the table")
    some = _spread(table, MOST_EXPLAINED)
    progress("explaining", 0, len(some))
    reasons = reasons_of(some, bundle, sensitive=sensitive, progress=progress)
    here.keep(REASONS_OF_EACH, reasons)
    summary = keep_importance(here, table, bundle) | {"explained": len(some), "rows": len(table)}
    sentences = [str(summary["stability"])]
    sentences += [f"warning: {said}" for said in (table.ledger.cut_off, named_by_record(table)) if said]
    if len(some) < len(table):
        sentences.insert(
            0, f"{some_of(len(some), len(table), 'customers', 'was', 'were')} explained, drawn by a fixed rule."
        )
    report = write_report(here.folder, progress)
    here.done({"rows": len(table), "explained": len(some)})
    return Explained(here.folder, report, reasons, tuple(sentences), summary)


def _attributions(table: ValidTable, bundle: Bundle, progress: Progress = silent) -> Attributions:
    behind = background_rows(bundle.reference, seed=SEED)
    positive = bundle.contract.outcome.positive
    return attribute(predictor_of(bundle), table.frame, behind, seed=SEED, target=positive, progress=progress)


def reasons_of(
    table: ValidTable, bundle: Bundle, *, sensitive: bool = False, progress: Progress = silent
) -> pl.DataFrame:
    """Say why the customers of a table get their predictions, all of them; see `Explained.reasons`."""
    return _reasons(table, _attributions(table, bundle, progress), bundle, sensitive)


def _reasons(table: ValidTable, found: Attributions, bundle: Bundle, sensitive: bool, *, top: int = 3) -> pl.DataFrame:
    numbers = pl.Series("record", table.records)
    words = reason_frame(table, found, bundle.reference, top=top, sensitive=sensitive)
    told = found.frame()
    first = ["class", "base", "prediction"]
    return pl.concat(
        [pl.DataFrame([numbers, customer_ids(table)]), told.select(first), words, told.drop(first)], how="horizontal"
    )


def _weighed(most: int, columns: int) -> int:
    """Say how many of at most so many customers are weighed by so many columns: a fifth of them at least."""
    return max(most * MANY_COLUMNS // max(columns, MANY_COLUMNS), most // 5)


def _spread(table: ValidTable, most: int) -> ValidTable:
    """Draw customers by the hash of what they are, so that the order of rows never matters; all, if they are few."""
    if len(table) <= most:
        return table
    drawn = np.argsort(row_keys(table), kind="stable")[:most]
    return table.rows(np.isin(np.arange(len(table)), drawn))

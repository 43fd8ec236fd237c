"""What a service asks of a bundle: answers row by row, and reasons, for customers that came as plain values."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl

from segmint.config import Data
from segmint.contract.cells import SAFE_INTEGER, cell_texts, has_two_readings
from segmint.contract.contract import Contract
from segmint.contract.ledger import Ledger
from segmint.contract.one_row import UnreadableCellError
from segmint.contract.valid_table import ValidTable, concatenate
from segmint.contract.validate import refuse_rejected, validate_batches
from segmint.errors import ContractError, DataError
from segmint.explain.words import reasons_for
from segmint.flows.steps.appended import moved_aside, with_predictions
from segmint.flows.steps.bundle import segments_flagged, segments_in
from segmint.flows.steps.read import open_source
from segmint.models.predict import Predictor
from segmint.models.single import Answer, SinglePredictor
from segmint.monitoring.unread import Unread
from segmint.store.bundle import Bundle
from segmint.tables.rejects import MAX_RAW, Reject
from segmint.tables.source import TableSource, open_rows
from segmint.tables.write import write_parquet, write_safe_csv

Row = Mapping[str, Any]
Answers = dict[int, dict[str, Any]]
FEW_VALUES = 2_000  # up to here one by one is quicker


class NobodyWaits(Exception):  # noqa: N818 - nothing is wrong
    """A table is not predicted to its end, as whoever asked for it was told something else or has gone."""


def answer_rows(bundle: Bundle, predictor: Predictor, single: SinglePredictor, rows: Sequence[Row]) -> dict[str, Any]:
    """Predict customers; a row that cannot be read gets the reason, the others their answer.

    A few customers go one by one, many as a table. Both ways say the same but for the last digits: 32-bit numbers are
    added up in another order, and propensities agree to within a millionth.

    Parameters
    ----------
    bundle : Bundle
    predictor, single : Predictor, SinglePredictor
        Made of the bundle.
    rows : sequence of mapping of str to text, number, truth value or None

    Returns
    -------
    dict
        read, accepted, rejected (which add up) and answers: one for each row, in order, with its place `row`.
    """
    if _are_few(rows):
        return _counted(_refused(bundle, rows), lambda kept: _one_by_one(single, rows, kept), len(rows))
    return _counted(_refused(bundle, rows), lambda kept: _as_table(bundle, predictor, rows, kept), len(rows))


def _are_few(rows: Sequence[Row]) -> bool:
    return sum(map(len, rows)) <= FEW_VALUES


def as_frame(rows: Sequence[Row], names: Sequence[str], contract: Contract) -> pl.DataFrame:
    """Write rows as a table of texts, as a file would bring them; a column that a row lacks has no value there.

    Raises
    ------
    ContractError
        If a text came as a floating point number too large to keep every digit.
    """
    columns = {name: [row.get(name) for row in rows] for name in names}
    for name in {column.name for column in contract.columns if column.kind == "number"} & columns.keys():
        columns[name] = [str(value) if isinstance(value, float) else value for value in columns[name]]
    return pl.DataFrame([cell_texts(values, name) for name, values in columns.items()])


def explain_rows(bundle: Bundle, predictor: Predictor, single: SinglePredictor, rows: Sequence[Row]) -> dict[str, Any]:
    """Say why customers get their predictions, in words; a row that cannot be read gets the reason instead.

    Returns
    -------
    dict
        As `answer_rows`; an answer has probabilities and reasons too.
    """
    return _counted(_refused(bundle, rows), lambda kept: _explained(bundle, predictor, single, rows, kept), len(rows))


def refused_rows(bundle: Bundle, rows: Sequence[Row], measured: Sequence[str] = ()) -> dict[int, str]:
    """Say why rows cannot be customers of a call list, before anything else is asked of them: as for a prediction, or without an id.

    Parameters
    ----------
    bundle : Bundle
    rows : sequence of mapping of str to text, number, truth value or None
    measured : sequence of str
        Columns that a policy reads as numbers, whether or not the bundle reads them.

    Returns
    -------
    dict of int to str
        The reason by the row's place, from 0; it names columns and no value.
    """
    return _details(_refused(bundle, rows, measured, needs_id=True))


def unreadable_rows(bundle: Bundle, rows: Sequence[Row], max_rejected: float) -> dict[int, str]:
    """Say of rows of a call list, none of which `refused_rows` refuses, why they cannot be read, where they are too many for a list.

    Parameters
    ----------
    bundle : Bundle
    rows : sequence of mapping of str to text, number, truth value or None
    max_rejected : float
        The largest share of rows that a list may lack.

    Returns
    -------
    dict of int to str
        As `refused_rows`; empty where a list is made of the other rows.
    """
    table, unread = _table_of(bundle, rows, list(range(len(rows))))
    try:
        refuse_rejected(table.ledger, bundle.contract, max_rejected, kept_in=None)
    except DataError:
        return _details(unread)
    return {}


def _details(answers: Answers) -> dict[int, str]:
    return {place: str(said["error"]["detail"]) for place, said in answers.items()}


def _counted(refused: Answers, answer: Callable[[list[int]], Answers], count: int) -> dict[str, Any]:
    kept = [place for place in range(count) if place not in refused]
    answers = refused | (answer(kept) if kept else {})
    rejected = sum("error" in answers[place] for place in range(count))
    in_order = [{"row": place, **answers[place]} for place in range(count)]
    return {"read": count, "accepted": count - rejected, "rejected": rejected, "answers": in_order}


def _refused(bundle: Bundle, rows: Sequence[Row], measured: Sequence[str] = (), *, needs_id: bool = False) -> Answers:
    """Refuse rows that lack a column or any value, answer a number with a truth value, or lost digits; name the contract's columns.

    A number that came as a text and can be read in two ways is refused too: nothing here says which is meant.
    """
    needed = [c.name for c in bundle.contract.columns if c.is_feature and c.known_by(bundle.at)]
    if needs_id and bundle.contract.id_column is not None:
        needed.append(bundle.contract.id_column)
    numbers = _read_as_numbers(bundle, measured)
    texts = [c.name for c in bundle.contract.columns if c.kind != "number"]
    refused: Answers = {}
    for place, row in enumerate(rows):
        if missing := [name for name in needed if name not in row]:
            refused[place] = _error("column_missing", f"Not sent: {', '.join(missing)}.")
        elif all(value is None or str(value).strip() == "" for value in row.values()):
            refused[place] = _error("empty_row", "The row holds no value.")
        elif told := [name for name in numbers if isinstance(row.get(name), bool)]:
            refused[place] = _error("not_a_number", f"'{told[0]}' is a truth value and should be a number.")
        elif told := [name for name in numbers if may_be_either(row.get(name), *numbers[name])]:
            said = f"'{told[0]}' is a text that can be read in two ways, like 1.234: send a JSON number."
            refused[place] = _error("value_unreadable", said)
        elif lost := [name for name in texts if isinstance(v := row.get(name), float) and abs(v) > SAFE_INTEGER]:
            refused[place] = _error("value_unreadable", f"'{lost[0]}' is a number too large to keep every digit.")
    return refused


def _read_as_numbers(bundle: Bundle, measured: Sequence[str]) -> dict[str, tuple[tuple[str, ...], str]]:
    """Name the columns that somebody reads as numbers, each with its words for no value and its unit; in others anything may stand."""
    contract = bundle.contract
    read = [c.name for c in contract.columns if c.kind == "number" and c.role != "ignore" and c.known_by(bundle.at)]
    known = contract.by_name
    return {
        name: (contract.missing_tokens(known[name]), known[name].unit) if name in known else (contract.missing, "")
        for name in (*read, *measured)
    }


def may_be_either(value: object, missing: Sequence[str], unit: str) -> bool:
    """Tell whether a value that somebody typed or sent is a text that may be thousands or a fraction."""
    return isinstance(value, str) and value.strip() not in missing and has_two_readings(value, unit)


def _error(code: str, detail: str) -> dict[str, Any]:
    return {"error": {"code": code, "detail": detail}}


def _one_by_one(single: SinglePredictor, rows: Sequence[Row], kept: list[int]) -> Answers:
    answers: Answers = {}
    for place in kept:
        try:
            answers[place] = _said(single.customer(rows[place]), single.classes)
        except UnreadableCellError as error:
            answers[place] = _error(error.code, error.came)
        except ContractError as error:
            answers[place] = _error("value_unreadable", error.came)
    return answers


def _as_table(bundle: Bundle, predictor: Predictor, rows: Sequence[Row], kept: list[int]) -> Answers:
    table, answers = _table_of(bundle, rows, kept)
    if len(table):
        for record, answer in zip(table.records.tolist(), _answers_of(bundle, predictor, table), strict=True):
            answers[kept[record - 1]] = _said(answer, bundle.classes)
    return answers


def _answers_of(bundle: Bundle, predictor: Predictor, table: ValidTable) -> Iterator[Answer]:
    """Answer the customers of a table, in order."""
    likely = predictor.probabilities(table.frame)
    said = predictor.predicted(likely, bundle.contract.outcome.positive).tolist()
    segments = segments_in(bundle, table.frame)
    named: list[str | None] = [None] * len(table) if segments is None else segments.to_list()
    ends: list[tuple[Any, Any]] = [(None, None)] * len(table)
    yes = bundle.contract.outcome.positive
    place_of_yes = None if yes is None else bundle.classes.index(yes)
    if predictor.interval is not None and place_of_yes is not None:
        low, high = predictor.interval.of(likely[:, place_of_yes])
        ends = list(zip(low.tolist(), high.tolist(), strict=True))
    flags = segments_flagged(bundle, table).flags.fill_null("").to_list()
    for number, row in enumerate(likely.tolist()):
        propensity = None if place_of_yes is None else row[place_of_yes]
        yield Answer(tuple(row), said[number], flags[number], propensity, *ends[number], named[number])


def _explained(
    bundle: Bundle, predictor: Predictor, single: SinglePredictor, rows: Sequence[Row], kept: list[int]
) -> Answers:
    table, answers = _table_of(bundle, rows, kept)
    if not len(table):
        return answers
    reasons = reasons_for(table, predictor, bundle.reference)
    said = _answers_of(bundle, predictor, table)
    if _are_few(rows):  # to the last digit what `answer_rows` says of them
        said = (single.customer(rows[kept[record - 1]]) for record in table.records.tolist())
    for number, (record, answer) in enumerate(zip(table.records.tolist(), said, strict=True)):
        told = [text for name, text in reasons.row(number, named=True).items() if name.startswith("reason_") and text]
        answers[kept[record - 1]] = {
            **_said(answer, bundle.classes),
            "probabilities": dict(zip(bundle.classes, answer.probabilities, strict=True)),
            "reasons": told,
        }
    return answers


def _table_of(bundle: Bundle, rows: Sequence[Row], kept: list[int]) -> tuple[ValidTable, Answers]:
    """Read rows as a table of texts, as a file would bring them; say what was refused, by place."""
    known = [column.name for column in bundle.contract.columns]
    names = [name for name in known if any(name in rows[place] for place in kept)]
    refused: Answers = {}

    def on_reject(reject: Reject) -> None:
        refused[kept[reject.record - 1]] = _error(reject.reason, reject.detail)

    batches = validate_batches(
        open_rows(as_frame([rows[place] for place in kept], names, bundle.contract)),
        bundle.contract,
        purpose="predict",
        at=bundle.at,
        needs_id=False,
        on_reject=on_reject,
    )
    return concatenate(batches), refused


def _said(answer: Answer, classes: Sequence[str]) -> dict[str, Any]:
    segment = {} if answer.segment is None else {"segment": answer.segment}
    rest = {"predicted": answer.predicted, **segment, **({"flags": answer.flags} if answer.flags else {})}
    if answer.propensity is None:
        likely = {f"probability_{name}": value for name, value in zip(classes, answer.probabilities, strict=True)}
        return {**likely, **rest}
    interval: dict[str, Any] = {}
    if answer.propensity_low is not None:
        interval = {"propensity_low": answer.propensity_low, "propensity_high": answer.propensity_high}
    return {"propensity": answer.propensity, **interval, **rest}


def predict_file(
    bundle: Bundle,
    predictor: Predictor,
    table: Path,
    out: Path,
    written: Data | None = None,
    given_up: Event | None = None,
) -> Ledger:
    """Predict a table that came as a file, in batches: every record of it gets a row, every input column is kept.

    Behind the columns of `with_predictions` stand `record`, the record's number in the file (the first after the header
    is 1), and `error`: null, or why the record was rejected, as a code and a sentence that names the column. A rejected
    record has its cells as far as they can be told apart, and no prediction. The column of ids may lack.

    Parameters
    ----------
    bundle : Bundle
    predictor : Predictor
        Made of the bundle.
    table : Path
        Delimited text or Parquet.
    out : Path
        Ends in .csv (safe for spreadsheets) or .parquet.
    written : Data, optional
        How the table is written, where that is known.
    given_up : Event, optional
        Set as soon as nobody waits for the table any more; it is looked at between batches.

    Raises
    ------
    SegmintError
        If the file is no such table, or holds no record.
    NobodyWaits
        If `given_up` was set before the end.
    """
    ledgers: list[Ledger] = []
    opened = open_source(table, written or Data())
    predicted = predicted_batches(bundle, predictor, opened, ledgers, given_up, needs_id=False)
    (write_safe_csv if out.suffix == ".csv" else write_parquet)(predicted, out)
    ledger = sum(ledgers, Ledger())
    require_records(ledger)
    return ledger


def predicted_batches(
    bundle: Bundle,
    predictor: Predictor,
    source: TableSource,
    ledgers: list[Ledger],
    given_up: Event | None = None,
    unread: Unread | None = None,
    *,
    needs_id: bool = True,
) -> Iterator[pl.DataFrame]:
    """Predict a table in batches, the rejected records among the others; see `predict_file`. Each adds its ledger, and to `unread`."""
    waiting: list[Reject] = []
    batches = validate_batches(
        source, bundle.contract, purpose="predict", at=bundle.at, needs_id=needs_id, on_reject=waiting.append
    )
    for batch in batches:
        if given_up is not None and given_up.is_set():
            raise NobodyWaits
        batch = segments_flagged(bundle, batch)
        ledgers.append(batch.ledger)
        if unread is not None:
            unread.add(batch.frame)
        likely = predictor.probabilities(batch.frame)
        said = predictor.predicted(likely, bundle.contract.outcome.positive)
        found = with_predictions(batch, likely, said, predictor, segments_in(bundle, batch.frame))
        yield _every_record(batch, found, waiting)
        waiting.clear()


def require_records(ledger: Ledger) -> None:
    """Refuse a table of which nothing could be read, and any of which a record is unaccounted for."""
    ledger.check()
    if not ledger.read:
        raise DataError("The table holds no record.", expected="a header and rows", fix="check the export")


def _every_record(batch: ValidTable, predicted: pl.DataFrame, rejects: Sequence[Reject]) -> pl.DataFrame:
    """Put the rejected records back among the predicted ones."""
    aside = moved_aside(predicted.columns, ("record", "error"))
    accepted = predicted.rename(aside).with_columns(
        pl.col("predicted", "flags").cast(pl.String),
        record=pl.Series(batch.records, dtype=pl.Int64),
        error=pl.lit(None, dtype=pl.String),
    )
    if not rejects:
        return accepted
    inputs = accepted.columns[: len(batch.raw.columns)]
    delimiter = str(batch.ledger.receipt.get("delimiter", ","))
    rows = [reject for reject in rejects if reject.column is not None]
    # lines of text that are no rows, and a frame's rows without any value, whose cells keep the frame's types
    broken = [reject for reject in rejects if reject.column is None]
    cells = [_cells(reject, delimiter, len(inputs)) for reject in broken]
    told_apart = pl.DataFrame(cells, schema={name: accepted.schema[name] for name in inputs}, orient="row")
    unread = batch.rejected_raw.rename(dict(zip(batch.rejected_raw.columns, inputs, strict=True)))
    parts = [accepted, _with_errors(unread, rows), *([_with_errors(told_apart, broken)] if broken else [])]
    return pl.concat(parts, how="diagonal").sort("record")


def _with_errors(frame: pl.DataFrame, rejects: Sequence[Reject]) -> pl.DataFrame:
    return frame.with_columns(errors_of(rejects).get_columns())


def errors_of(rejects: Sequence[Reject]) -> pl.DataFrame:
    """Say of each rejected record its number and why."""
    told = [(reject.record, f"{reject.reason}: {reject.detail}") for reject in rejects]
    return pl.DataFrame(told, schema={"record": pl.Int64, "error": pl.String}, orient="row")


def _cells(reject: Reject, delimiter: str, width: int) -> list[str | None]:
    """Tell the cells of a record that is no row apart; all empty where that cannot be done."""
    if len(reject.raw) < MAX_RAW:
        with suppress(csv.Error):
            found = list(csv.reader(io.StringIO(reject.raw, newline=""), delimiter=delimiter))
            if len(found) == 1 and len(found[0]) == width:
                return list(found[0])
    return [None] * width

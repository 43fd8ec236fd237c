"""What a service asks of a bundle: answers row by row, and reasons, for customers that came as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from segmint.contract.ledger import Ledger
from segmint.contract.validate import validate, validate_batches
from segmint.errors import ContractError, DataError
from segmint.explain.words import reasons_for
from segmint.flows.predict import with_predictions
from segmint.models.predict import Predictor
from segmint.models.single import Answer, SinglePredictor
from segmint.store.bundle import Bundle
from segmint.tables.source import open_table
from segmint.tables.write import write_parquet, write_safe_csv

Row = Mapping[str, Any]


def answer_rows(bundle: Bundle, single: SinglePredictor, rows: Sequence[Row]) -> dict[str, Any]:
    """Predict customers one by one; a row that cannot be read gets the reason, the others their answer.

    Parameters
    ----------
    bundle : Bundle
    single : SinglePredictor
        Made of the bundle.
    rows : sequence of mapping of str to text, number, truth value or None

    Returns
    -------
    dict
        read, accepted, rejected (which add up) and answers: one for each row, in order, with its place `row`.
    """
    answers = [_answer(bundle, single, place, row) for place, row in enumerate(rows)]
    rejected = sum("error" in answer for answer in answers)
    return {"read": len(rows), "accepted": len(rows) - rejected, "rejected": rejected, "answers": answers}


def _answer(bundle: Bundle, single: SinglePredictor, place: int, row: Row) -> dict[str, Any]:
    try:
        answer = single.customer(row)
    except ContractError:
        missing = [
            c.name for c in bundle.contract.columns if c.is_feature and c.known_by(bundle.at) and c.name not in row
        ]
        names = ", ".join(missing) or "the customer's id"
        return {"row": place, "error": {"code": "column_missing", "detail": f"Not sent: {names}."}}
    except DataError as error:
        return {"row": place, "error": {"code": "value_unreadable", "detail": error.came}}
    return {"row": place, **_said(answer, single.classes)}


def _said(answer: Answer, classes: Sequence[str]) -> dict[str, Any]:
    flags = {"flags": answer.flags} if answer.flags else {}
    if answer.propensity is None:
        likely = {f"probability_{name}": value for name, value in zip(classes, answer.probabilities, strict=True)}
        return {**likely, "predicted": answer.predicted, **flags}
    interval: dict[str, Any] = {}
    if answer.propensity_low is not None:
        interval = {"propensity_low": answer.propensity_low, "propensity_high": answer.propensity_high}
    return {"propensity": answer.propensity, **interval, "predicted": answer.predicted, **flags}


def explain_rows(bundle: Bundle, predictor: Predictor, rows: Sequence[Row]) -> dict[str, Any]:
    """Say why customers get their predictions, in words; a row that cannot be read gets the reason instead.

    Returns
    -------
    dict
        read, accepted, rejected and answers, each with `prediction` and `reasons`, or `error`.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    # As text, as a file would bring it: the same reading in every door.
    frame = pl.DataFrame(
        {name: [_text(row.get(name)) for row in rows] for name in names}, schema=dict.fromkeys(names, pl.String)
    )
    refused: dict[int, str] = {}
    table = validate(
        open_table(frame),
        bundle.contract,
        purpose="predict",
        at=bundle.at,
        max_rejected=1.0,
        on_reject=lambda reject: refused.__setitem__(
            reject.record, f"{reject.column or 'the row'}: {reject.reason}".replace("_", " ")
        ),
    )
    answers: dict[int, dict[str, Any]] = {
        record - 1: {"row": record - 1, "error": {"code": "value_unreadable", "detail": detail}}
        for record, detail in refused.items()
    }
    if len(table):
        likely = predictor.probabilities(table.frame)
        said = predictor.predicted(likely, bundle.contract.outcome.positive)
        reasons = reasons_for(table, predictor, bundle.reference)
        for place, record in enumerate(table.records.tolist()):
            told = [
                text for name, text in reasons.row(place, named=True).items() if name.startswith("reason_") and text
            ]
            likelihood = dict(zip(bundle.classes, likely[place].tolist(), strict=True))
            answers[record - 1] = {
                "row": record - 1,
                "predicted": str(said[place]),
                "probabilities": likelihood,
                "reasons": told,
            }
    in_order = [answers[place] for place in sorted(answers)]
    return {"read": len(rows), "accepted": len(table), "rejected": len(refused), "answers": in_order}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def predict_file(bundle: Bundle, predictor: Predictor, table: Path, out: Path) -> Ledger:
    """Predict a table that came as a file, in batches, every input column kept.

    Parameters
    ----------
    bundle : Bundle
    predictor : Predictor
        Made of the bundle.
    table : Path
        Delimited text or Parquet.
    out : Path
        Ends in .csv (safe for spreadsheets) or .parquet.

    Raises
    ------
    SegmintError
        If the file is no such table, or no row could be read.
    """
    ledgers: list[Ledger] = []

    def predicted() -> Iterator[pl.DataFrame]:
        for batch in validate_batches(open_table(table), bundle.contract, purpose="predict", at=bundle.at):
            ledgers.append(batch.ledger)
            likely = predictor.probabilities(batch.frame)
            said = predictor.predicted(likely, bundle.contract.outcome.positive)
            yield with_predictions(batch, likely, said, predictor)

    (write_safe_csv if out.suffix == ".csv" else write_parquet)(predicted(), out)
    ledger = sum(ledgers, Ledger())
    ledger.check()
    if not ledger.accepted:
        raise DataError(
            "No row could be read.", expected="at least one good row", fix="hold the table against the contract"
        )
    return ledger

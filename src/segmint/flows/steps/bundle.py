"""Use a bundle: predict, and name segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.valid_table import ValidTable
from segmint.errors import BundleError
from segmint.flows.steps.read import typed_rows
from segmint.models.predict import Predictor
from segmint.models.single import SinglePredictor
from segmint.segments.assign import (
    WITHOUT,
    assign_segments,
    chosen_without,
    flag_chosen_without,
    say_chosen_without,
)
from segmint.segments.kept import EVERYBODY
from segmint.segments.single import SingleAssigner
from segmint.store.bundle import Bundle
from segmint.store.verify import check_golden

SEGMENT, SEGMENT_DOUBT = "segment", "segment_doubt"
_ADVICE = ("need", "offer", "message", "avoid")
# a list says itself whom to call, by customer and not by segment; and what is said of everybody sets no segment apart
_OF_NO_LIST = (EVERYBODY, ("response", "yes"), ("profit per call", ""))


def predictor_of(bundle: Bundle) -> Predictor:
    """Make a bundle ready to predict."""
    return Predictor(bundle.features, bundle.network, bundle.weights, bundle.calibration)


def require_response(bundle: Bundle, so: str, *, fix: str = "train one on past campaign results: segmint run") -> str:
    """Return the outcome that counts as yes.

    Raises
    ------
    BundleError
        If the bundle names segments: `so` says what cannot be done then.
    """
    positive = bundle.contract.outcome.positive
    if positive is None:
        raise BundleError(f"This bundle names segments; {so}.", expected="a bundle trained on a response", fix=fix)
    return positive


def propensities(bundle: Bundle, frame: pl.DataFrame) -> NDArray[np.float64]:
    """Say how likely each customer of a typed frame says yes; shape (n_customers,)."""
    return predictor_of(bundle).probabilities(frame)[:, bundle.classes.index(str(bundle.contract.outcome.positive))]


def single_predictor_of(bundle: Bundle) -> SinglePredictor:
    """Make a bundle ready to predict one customer at a time, as a service is asked: microseconds, no frame."""
    names = segment_names(bundle)
    if not names or bundle.segments is None:
        return SinglePredictor(predictor_of(bundle), bundle.contract, bundle.at)
    assigner = SingleAssigner(bundle.segments["state"])

    def segment_of(values: Mapping[str, Any]) -> tuple[str, list[str]]:
        label, without = assigner.label(values)
        return names[label], [WITHOUT.format(column=column) for column in without]

    return SinglePredictor(predictor_of(bundle), bundle.contract, bundle.at, segment_of=segment_of)


def segment_names(bundle: Bundle) -> list[str]:
    """Name the segments that a bundle knows, in the order of its labels; none if it knows none."""
    known = bundle.segments
    return [] if known is None or known.get("state") is None else [str(part["name"]) for part in known["segments"]]


def segment_numbers(bundle: Bundle) -> dict[str, str]:
    """The number of each segment that a bundle knows, by its name."""
    return {
        name: str(part["key"])
        for name, part in zip(segment_names(bundle), (bundle.segments or {}).get("segments", []), strict=False)
    }


def segment_advice(bundle: Bundle) -> dict[str, dict[str, str]]:
    """Say of each segment that a bundle knows what it needs, what to offer, to say and to avoid; nothing of whom to call."""
    found: dict[str, dict[str, str]] = {}
    for name, part in zip(segment_names(bundle), (bundle.segments or {}).get("segments", []), strict=False):
        said: dict[str, str] = {}
        for sentence in part.get("sentences", []):
            proven = {(proof["column"], proof["level"]) for proof in sentence["evidence"]}
            if sentence["kind"] in _ADVICE and not proven.intersection(_OF_NO_LIST):
                said[sentence["kind"]] = f"{said.get(sentence['kind'], '')} {sentence['text']}".strip()
        if said:
            found[name] = said
    return found


def segments_in(bundle: Bundle, frame: pl.DataFrame) -> pl.Series | None:
    """Name the segment of each customer of a typed frame; None if the bundle knows no segments."""
    names = segment_names(bundle)
    if not names or bundle.segments is None:
        return None
    labels, _ = assign_segments(bundle.segments["state"], frame)
    return pl.Series(SEGMENT, names, dtype=pl.String).gather(labels)


def segments_doubted(bundle: Bundle, frame: pl.DataFrame) -> pl.DataFrame | None:
    """Name each customer's segment and, beside it, without which columns it was chosen; None if the bundle knows no segments."""
    segments = segments_in(bundle, frame)
    if segments is None or bundle.segments is None:
        return None
    return pl.DataFrame({SEGMENT: segments, SEGMENT_DOUBT: say_chosen_without(bundle.segments["state"], frame)})


def segments_flagged(bundle: Bundle, table: ValidTable) -> ValidTable:
    """Flag the customers whose segment was chosen without knowing what it asks for; the table as it is if the bundle knows none."""
    return flag_chosen_without(bundle.segments["state"], table) if bundle.segments and segment_names(bundle) else table


def chosen_without_in(bundle: Bundle, frame: pl.DataFrame) -> list[str]:
    """Return the columns without which the segment of any customer of a typed frame was chosen."""
    return [*chosen_without(bundle.segments["state"], frame)] if bundle.segments and segment_names(bundle) else []


def predict_texts(bundle: Bundle, rows: list[dict[str, str]]) -> NDArray[np.float64]:
    """Predict rows of texts, as `verify` does with the golden ones."""
    return predictor_of(bundle).probabilities(_typed_texts(bundle, rows))


def assign_texts(bundle: Bundle, rows: list[dict[str, str]]) -> list[str] | None:
    """Name by its key the segment of each row of texts; None if the bundle assigns to none."""
    return segment_keys(bundle.segments, _typed_texts(bundle, rows))


def segment_keys(known: Mapping[str, Any] | None, frame: pl.DataFrame) -> list[str] | None:
    """Name by its key the segment of each customer of a typed frame; None where segments assign nobody.

    Parameters
    ----------
    known : mapping or None
        What `segments.json` holds.
    frame : polars.DataFrame
    """
    if known is None or known["state"] is None:
        return None
    return [str(known["segments"][label]["key"]) for label in assign_segments(known["state"], frame)[0]]


def _typed_texts(bundle: Bundle, rows: list[dict[str, str]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    return typed_rows(frame, bundle.contract, bundle.at).frame


def require_golden(bundle: Bundle) -> None:
    """Let a bundle predict its golden rows.

    Raises
    ------
    BundleError
        If it says something else than when it was made.
    """
    if not (check := check_golden(bundle, predict_texts, assign_texts)).ok:
        raise BundleError(
            f"The bundle does not predict its golden rows: {check.detail}.",
            expected="the propensities and segments it was published with",
            fix="look at it: segmint verify",
        )

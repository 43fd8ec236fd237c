"""Pack a trained model into a bundle, and use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import Config
from segmint.contract.synthetic import synthetic_rows
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import BundleError
from segmint.evaluation.comparison import Comparison
from segmint.evaluation.group_quality import quality_by_group
from segmint.features.apply import MISSING, OTHER
from segmint.flows.calibrate import calibrate, rows_judged
from segmint.models.names import OURS
from segmint.models.predict import Predictor
from segmint.models.single import SinglePredictor
from segmint.monitoring.reference import reference_of
from segmint.report.model_card import model_card
from segmint.segments.assign import assign_segments
from segmint.segments.single import SingleAssigner
from segmint.splits.groups import row_customers
from segmint.store import run_files
from segmint.store.bundle import FOLDER, Bundle, write_bundle
from segmint.store.run import CONFIG, Run, installed_versions
from segmint.store.verify import check_golden
from segmint.tables.source import open_rows
from segmint.wording import counted

if TYPE_CHECKING:
    from segmint.flows.train import Trained

GOLDEN_ROWS = 20
SEGMENT = "segment"


def pack(
    here: Run,
    table: ValidTable,
    trained: Trained,
    comparison: Comparison | None,
    threshold: float | None,
    config: Config,
    segments: dict[str, Any] | None = None,
    note: str = "",
) -> Bundle:
    """Publish what was learned as a bundle: data only, no customer in it, golden rows to prove it by.

    `note` stands in the model card beside the figures.
    """
    features, classifier = trained.model[0].state_, trained.model[-1]
    network: dict[str, Any] = classifier.network_
    calibrated = calibrate(table, trained, comparison, threshold)
    if calibrated.told is not None:
        here.keep(run_files.CALIBRATION, calibrated.told)
    calibration = calibrated.calibration
    predictor = Predictor(features, network, classifier.weights_, calibration)
    rows = _golden_rows(table, features, config.seed)
    likely = predictor.probabilities(_typed(rows, table))
    reference = reference_of(table, network["classes"], calibrated.judged, _customers_judged(table, comparison))
    reference["average"] = _average(predictor, table)
    by_group = None if comparison is None else _by_sensitive_group(table, comparison, config.seed)
    if by_group is not None:
        here.keep(run_files.QUALITY_BY_GROUP, by_group)
    return write_bundle(
        here.folder / FOLDER,
        contract=table.contract,
        at=table.at,
        features=features,
        network=network,
        weights=classifier.weights_,
        calibration=calibration,
        reference=reference,
        golden={"rows": rows.to_dicts(), "probabilities": likely.tolist()},
        card=model_card(
            table.contract,
            table.at,
            {level: int((table.outcome == level).sum()) for level in table.contract.outcome.levels},
            network,
            learned=_learned(trained, len(table), comparison),
            threshold=calibration.get("threshold"),
            quality=[] if comparison is None else comparison.measured(OURS),
            repeats=0 if comparison is None else comparison.repeats,
            by_group=by_group,
            note=note,
        ),
        versions=installed_versions(),
        quality={} if comparison is None else comparison.headline(OURS),
        learned_from=_learned_from(here, table, config),
        segments=segments,
        replace=True,
    )


def _learned(trained: Trained, rows: int, comparison: Comparison | None) -> str:
    """Say which rows taught the delivered network, and which calibrated it."""
    again = f", then for {counted(trained.again, 'epoch')} from all of them" if trained.again else ""
    said = "these" if comparison is None else "what the networks below said of rows kept apart"
    return f"all {rows:,} rows but {len(trained.inner):,}, which told it when to stop{again}; calibrated on {said}"


def _by_sensitive_group(table: ValidTable, comparison: Comparison, seed: int) -> dict[str, Any] | None:
    """Judge the network by the columns that the contract marks as sensitive; None where the table has none."""
    contract, rows = table.contract, rows_judged(table, comparison)
    watched = [column for column in contract.columns if column.sensitive and column.name in table.frame.columns]
    if not watched:
        return None
    return quality_by_group(
        comparison.predictions.filter(model=OURS),
        [table.frame[column.name].gather(rows) for column in watched],
        row_customers(table)[rows],
        positive=contract.outcome.positive,
        labels={column.name: column.label for column in watched},
        seed=seed,
    )


def _learned_from(here: Run, table: ValidTable, config: Config) -> dict[str, Any]:
    """Say what a bundle learned from: nothing of when, where or in which run, so that equal work gives equal words."""
    return {
        "table": table.ledger.receipt["fingerprint"],
        "rows": len(table),
        "seed": config.seed,
        "recipe": config.model.recipe,
        "settings": here.record["sealed"][CONFIG],
    }


def _customers_judged(table: ValidTable, comparison: Comparison | None) -> NDArray[np.int64] | None:
    """The customer of each row that the comparison kept apart, in its order."""
    if comparison is None:
        return None
    return row_customers(table)[rows_judged(table, comparison)]


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
    return SinglePredictor(
        predictor_of(bundle), bundle.contract, bundle.at, segment_of=lambda values: names[assigner.label(values)]
    )


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


def segments_in(bundle: Bundle, frame: pl.DataFrame) -> pl.Series | None:
    """Name the segment of each customer of a typed frame; None if the bundle knows no segments."""
    names = segment_names(bundle)
    if not names or bundle.segments is None:
        return None
    labels, _ = assign_segments(bundle.segments["state"], frame)
    return pl.Series(SEGMENT, names, dtype=pl.String).gather(labels)


def predict_texts(bundle: Bundle, rows: list[dict[str, str]]) -> NDArray[np.float64]:
    """Predict rows of texts, as `verify` does with the golden ones."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    table = validate(open_rows(frame), bundle.contract, purpose="predict", at=bundle.at, max_rejected=0.0)
    return predictor_of(bundle).probabilities(table.frame)


def require_golden(bundle: Bundle) -> None:
    """Let a bundle predict its golden rows.

    Raises
    ------
    BundleError
        If it says something else than when it was made.
    """
    if not (check := check_golden(bundle, predict_texts)).ok:
        raise BundleError(
            f"The bundle does not predict its golden rows: {check.detail}.",
            expected="the propensities it was published with",
            fix="look at it: segmint verify",
        )


def _average(predictor: Predictor, table: ValidTable) -> dict[str, float]:
    """What the bundle says of customers in general: who is explained is set beside them."""
    likely = predictor.probabilities(table.frame).mean(axis=0)
    return dict(zip(predictor.classes, likely.tolist(), strict=True))


def _golden_rows(table: ValidTable, features: dict[str, Any], seed: int) -> pl.DataFrame:
    numbers = [column for column in features["columns"] if column["kind"] == "number" and column["edges"]]
    levels = {
        column["name"]: _named(column["levels"]) for column in features["columns"] if column["kind"] == "category"
    }
    return synthetic_rows(
        table.contract,
        table.at,
        GOLDEN_ROWS,
        seed,
        ranges={column["name"]: (column["edges"][0], column["edges"][-1]) for column in numbers},
        levels={name: found for name, found in levels.items() if found},
    )


def _named(levels: list[str]) -> list[str]:
    return [level for level in levels if level not in (MISSING, OTHER)]


def _typed(rows: pl.DataFrame, table: ValidTable) -> pl.DataFrame:
    return validate(open_rows(rows), table.contract, purpose="predict", at=table.at, max_rejected=0.0).frame

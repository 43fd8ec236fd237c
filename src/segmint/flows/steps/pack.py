"""Pack a trained model into a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import Config
from segmint.contract.synthetic import synthetic_rows
from segmint.contract.valid_table import ValidTable
from segmint.evaluation.comparison import Comparison
from segmint.evaluation.group_quality import quality_by_group
from segmint.features.levels import KEPT_MISSING, KEPT_OTHER
from segmint.flows.steps.bundle import segment_keys
from segmint.flows.steps.calibrate import calibrate, rows_judged
from segmint.flows.steps.read import typed_rows
from segmint.models.names import OURS
from segmint.models.predict import Predictor
from segmint.monitoring.reference import reference_of
from segmint.report.lesson import teaching_words
from segmint.report.model_card import model_card
from segmint.splits.groups import row_customers
from segmint.store import run_files
from segmint.store.bundle import FOLDER, Bundle, write_bundle
from segmint.store.run import CONFIG, Run, installed_versions
from segmint.targeting.fairness import groups_of
from segmint.wording import counted

if TYPE_CHECKING:
    from segmint.flows.steps.train import Trained

GOLDEN_ROWS = 20


def pack(
    here: Run,
    table: ValidTable,
    trained: Trained,
    comparison: Comparison | None,
    threshold: float | None,
    config: Config,
    segments: dict[str, Any] | None = None,
    note: str = "",
    behind: str = "",
) -> Bundle:
    """Publish what was learned as a bundle: data only, no customer in it, golden rows to prove it by.

    `note` stands in the model card beside the figures, and so does `behind`, see `behind_teacher`.
    """
    features, classifier = trained.model[0].state_, trained.model[-1]
    network: dict[str, Any] = classifier.network_
    calibrated = calibrate(table, trained, comparison, threshold)
    if calibrated.told is not None:
        here.keep(run_files.CALIBRATION, calibrated.told)
    calibration = calibrated.calibration
    predictor = Predictor(features, network, classifier.weights_, calibration)
    rows = _golden_rows(table, features, config.seed)
    golden = typed_rows(rows, table.contract, table.at).frame
    told = {"rows": rows.to_dicts(), "probabilities": predictor.probabilities(golden).tolist()}
    keys = segment_keys(segments, golden)
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
        golden=told if keys is None else told | {"segments": keys},
        card=model_card(
            table.contract,
            table.at,
            {level: int((table.outcome == level).sum()) for level in table.contract.outcome.levels},
            table.ledger.to_json(),
            network,
            made={
                "recipe": trained.model.recipe,
                "seed": config.seed,
                "version": installed_versions()["segmint"],
            },
            taught=teaching_words(trained.model.recipe, trained.model.lesson_),
            learned=_learned(trained, len(table), calibrated.told),
            threshold=calibration.get("threshold"),
            quality=[] if comparison is None else comparison.measured(OURS),
            repeats=0 if comparison is None else comparison.repeats,
            by_group=by_group,
            note=note,
            meaning="" if comparison is None else comparison.meaning,
            behind=behind,
            correction=calibrated.told,
            segments=segments,
        ),
        versions=installed_versions(),
        quality={} if comparison is None else comparison.headline(OURS),
        learned_from=_learned_from(here, table, config),
        segments=segments,
        replace=True,
    )


def _learned(trained: Trained, rows: int, correction: dict[str, Any] | None) -> str:
    """Say which rows taught the delivered network, and which calibrated it."""
    again = f", then for {counted(trained.again, 'epoch')} from all of them" if trained.again else ""
    said = "these"
    if correction is not None and correction["applied"]:
        said = "these, then on what the networks below said of rows kept apart"
    elif correction is not None:
        said = "these alone: a correction from rows kept apart brought no gain"
    return f"all {rows:,} rows but {len(trained.inner):,}, which told it when to stop{again}; calibrated on {said}"


def _by_sensitive_group(table: ValidTable, comparison: Comparison, seed: int) -> dict[str, Any] | None:
    """Judge the network by the columns that the contract marks as sensitive; None where the table has none."""
    contract, rows = table.contract, rows_judged(table, comparison)
    watched = [column for column in contract.columns if column.sensitive and column.name in table.frame.columns]
    if not watched:
        return None
    customers = row_customers(table)  # of the whole table, as in the table of columns: bands of both must be the same
    return quality_by_group(
        comparison.predictions.filter(model=OURS),
        [groups_of(table.frame[column.name], customers=customers).gather(rows) for column in watched],
        customers[rows],
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
    return [level for level in levels if level not in (KEPT_MISSING, KEPT_OTHER)]

"""Importance counts what matters, and curves follow the network."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.explain.background import background_rows
from segmint.explain.importance import effect_curves, global_importance, set_to, values_of
from segmint.explain.reasons import attribute
from segmint.explain.words import Wording
from tests.explain.networks import REFERENCE, contract, customers, make_predictor

WORDING = Wording.of(contract(), REFERENCE)
BY_NAME = {summary["name"]: summary for summary in REFERENCE["columns"]}


def test_importance_is_the_mean_absolute_contribution_with_its_interval() -> None:
    found = attribute(make_predictor(), customers(200), background_rows(REFERENCE), seed=0, target="yes")
    table = global_importance(found, WORDING)
    assert table["importance"].is_sorted(descending=True)
    assert table["share"].sum() == pytest.approx(1.0)
    mean = dict(zip(found.columns, np.abs(found.contributions).mean(axis=0), strict=True))
    for row in table.iter_rows(named=True):
        assert row["importance"] == pytest.approx(mean[row["column"]])
        assert row["low"] < row["importance"] < row["high"]
        assert row["label"] == contract().by_name[row["column"]].label


def test_an_ignored_column_has_no_importance_and_a_flat_curve() -> None:
    predictor, frame = make_predictor(ignored="age"), customers(150)
    found = attribute(predictor, frame, background_rows(REFERENCE), seed=0, target="yes")
    row = global_importance(found, WORDING).filter(pl.col("column") == "age").row(0, named=True)
    assert (row["importance"], row["low"], row["high"]) == (0.0, 0.0, 0.0)
    curve = effect_curves(predictor, frame, REFERENCE, WORDING, targets=["yes"]).filter(pl.col("column") == "age")
    assert np.ptp(curve["prediction"].to_numpy()) < 1e-6


def test_a_point_of_a_curve_is_the_mean_prediction_with_the_column_set() -> None:
    predictor, frame = make_predictor(), customers(90)
    curves = effect_curves(predictor, frame, REFERENCE, WORDING, targets=["yes"])
    row = curves.filter((pl.col("column") == "job") & (pl.col("level") == "student")).row(0, named=True)
    likely = predictor.probabilities(frame.with_columns(job=pl.lit("student")))[:, 1]
    assert row["prediction"] == pytest.approx(likely.mean())
    assert row["low"] <= np.median(likely) <= row["high"]


def test_every_point_of_every_curve_is_what_the_predictor_says() -> None:
    predictor, frame = make_predictor(), customers(40)
    curves = effect_curves(predictor, frame, REFERENCE, WORDING, targets=["yes"])
    for name, summary in BY_NAME.items():
        drawn = curves.filter(pl.col("column") == name)["prediction"].to_list()
        cells = [point.cell for point in values_of(summary)]
        said = [predictor.probabilities(set_to(frame, name, cell))[:, 1].mean() for cell in cells]
        assert drawn == pytest.approx(said, abs=1e-6)


def test_probabilities_of_all_classes_add_up_along_a_curve() -> None:
    predictor = make_predictor(classes=("A", "B", "C"))
    curves = effect_curves(predictor, customers(30), REFERENCE, WORDING, targets=["A", "B", "C"])
    total = curves.group_by("column", "place").agg(pl.col("prediction").sum())
    assert total["prediction"].to_numpy() == pytest.approx(1.0)


def test_curves_visit_deciles_states_levels_and_missing() -> None:
    months = values_of(BY_NAME["months"])
    assert [point.cell for point in months] == [1.0, 3.0, 6.0, 12.0, -1.0, None]
    assert [point.number for point in months] == [1.0, 3.0, 6.0, 12.0, None, None]
    assert [point.cell for point in values_of(BY_NAME["job"])] == ["admin.", "retired", "student"]
    assert len(values_of(BY_NAME["balance"])) == 10


def test_pooled_levels_are_no_level_to_move_to() -> None:
    pooled = {"kind": "category", "missing_share": 0.0, "levels": {"a": 20, "(other)": 30}}
    assert [point.cell for point in values_of(pooled)] == ["a"]


def test_a_level_in_brackets_is_a_level() -> None:
    summary = {
        "name": "age",
        "kind": "category",
        "missing_share": 0.0,
        "levels": {"(18, 25]": 60, "(other)": 30, "(": 10},
    }
    assert [point.cell for point in values_of(summary)] == ["(18, 25]", "("]


def test_nobody_has_no_importance() -> None:
    with pytest.raises(ValueError, match="at least 1 customer"):
        effect_curves(make_predictor(), customers(3)[:0], REFERENCE, WORDING, targets=["yes"])

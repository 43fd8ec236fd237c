from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.features.natural import NaturalFeatures
from segmint.models.customer_model import make_model

FRAME = pl.DataFrame({"age": [30.0, None, 50.0], "job": ["clerk", "nurse", None]})


def test_numbers_stay_and_categories_become_codes_with_missing_left_in() -> None:
    matrix = NaturalFeatures().fit(FRAME).transform(FRAME)
    np.testing.assert_array_equal(matrix, [[30.0, 0.0], [np.nan, 1.0], [50.0, np.nan]])


def test_a_level_never_seen_is_missing() -> None:
    strange = FRAME.with_columns(job=pl.lit("astronaut"))
    assert np.isnan(NaturalFeatures().fit(FRAME).transform(strange)[:, 1]).all()


def test_filled_values_lie_below_everything_seen() -> None:
    matrix = NaturalFeatures(fill=True).fit(FRAME).transform(FRAME)
    assert matrix[1, 0] == 29.0
    assert matrix[2, 1] == -1.0


@pytest.mark.parametrize("name", ["gradient_boosting", "random_forest", "lightgbm", "logistic", "knn_5"])
def test_one_number_out_of_all_measure_ends_no_comparison(name: str) -> None:
    frame = pl.DataFrame({"balance": [*map(float, range(98)), 1e39, -1e300]})
    answers = np.arange(100) % 2
    column = Column(name="balance", kind="number", role="holding", label="balance")
    model = make_model(name, columns=(column,), random_state=0).fit(frame, answers)
    assert np.isfinite(model.predict_proba(frame)).all()

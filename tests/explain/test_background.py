"""Made-up customers look like the reference, and are nobody."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.explain.background import background_rows
from tests.explain.networks import REFERENCE


@pytest.fixture
def rows() -> pl.DataFrame:
    return background_rows(REFERENCE, seed=1)


def test_levels_come_as_often_as_among_the_customers(rows: pl.DataFrame) -> None:
    counts = dict(rows["job"].value_counts().iter_rows())
    assert counts == {"admin.": 120, "retired": 60, "student": 20}
    assert dict(rows["loan"].value_counts().iter_rows()) == {"no": 170, "yes": 30}


def test_states_and_missing_values_keep_their_share(rows: pl.DataFrame) -> None:
    assert rows["months"].null_count() == 20
    assert (rows["months"] == -1).sum() == 140


def test_numbers_have_the_reference_s_deciles(rows: pl.DataFrame) -> None:
    below = [(rows["age"] < edge).sum() / 200 for edge in REFERENCE["columns"][0]["edges"][1:]]
    expected = [0.1 + 0.05 * i for i in range(18)]
    assert below == pytest.approx(expected, abs=0.006)


def test_whole_numbers_stay_whole_and_inside_the_edges(rows: pl.DataFrame) -> None:
    months = rows["months"].drop_nulls()
    assert (months == months.floor()).all()
    assert set(months.unique()) <= {-1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0}


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(rows: pl.DataFrame) -> None:
    assert rows.equals(background_rows(REFERENCE, seed=1))
    assert not rows.equals(background_rows(REFERENCE, seed=2))


def test_an_empty_column_is_missing_everywhere() -> None:
    nothing = {"missing_share": 1.0, "edges": [], "counts": [0], "states": {}}
    reference = {
        "columns": [
            {"name": "a", "kind": "number", **nothing},
            {"name": "b", "kind": "category", "missing_share": 1.0, "levels": {}},
        ]
    }
    rows = background_rows(reference, rows=5)
    assert rows.schema == {"a": pl.Float64, "b": pl.String}
    assert rows.null_count().row(0) == (5, 5)

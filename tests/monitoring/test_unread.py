"""Columns written otherwise than in training are found, those of any other wave are not."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.monitoring.unread import unread_columns

REFERENCE = {
    "columns": [
        {"name": "loan", "kind": "category", "missing_share": 0.0, "levels": {"ja": 400, "nein": 600}},
        {"name": "job", "kind": "category", "missing_share": 0.1, "levels": {"clerk": 700, "(other)": 200}},
        {
            "name": "age",
            "kind": "number",
            "missing_share": 0.02,
            "edges": [30.0, 50.0],
            "counts": [1, 1, 1],
            "states": {},
        },
    ]
}


def wave(rows: int = 100, **columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"loan": ["ja"] * rows, "job": ["clerk"] * rows, "age": [40.0] * rows} | columns)


def test_a_wave_like_training_has_none() -> None:
    assert unread_columns(REFERENCE, wave()) == ()
    assert unread_columns(REFERENCE, wave(loan=["perhaps"] * 5 + ["nein"] * 95)) == ()
    # a fifth had rare jobs in training too
    assert unread_columns(REFERENCE, wave(job=["pilot"] * 20 + [None] * 10 + ["clerk"] * 70)) == ()
    assert unread_columns(REFERENCE, wave().drop("age", "job")) == ()
    assert unread_columns(REFERENCE, wave().clear()) == ()


@pytest.mark.parametrize("kind", [pl.Boolean, pl.String, pl.Categorical])
def test_words_that_are_written_otherwise_are_said_with_those_of_training(kind: pl.DataType) -> None:
    flags = pl.Series([True, False] * 50)
    written = flags if kind == pl.Boolean else flags.cast(pl.String).cast(kind)
    (found,) = unread_columns(REFERENCE, wave().with_columns(loan=written))
    assert found.sentence == (
        "100.0 % of the rows have a value of 'loan' that training did not see, or hardly (it had 'ja' and 'nein')"
    )


def test_many_more_rare_levels_than_in_training_are_said() -> None:
    (found,) = unread_columns(REFERENCE, wave(job=["pilot"] * 30 + ["clerk"] * 70))
    assert (found.column, found.unseen) == ("job", 0.3)


def test_a_column_that_is_newly_empty_is_said() -> None:
    (found,) = unread_columns(REFERENCE, wave(age=[None] * 90 + [40.0] * 10))
    assert found.sentence == "'age' has no value in 90.0 % of the rows, and in 2.0 % of those of training"

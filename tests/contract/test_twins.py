"""Columns that say what another says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.look import look_at
from segmint.contract.twins import Twin, twins_of

ROWS = 3_000
BALANCE = np.round(np.random.default_rng(3).normal(2_500, 3_000, ROWS), 2)


def found(**columns: object) -> dict[str, Twin]:
    return twins_of([look_at(pl.Series(name, values), "point") for name, values in columns.items()])  # type: ignore[arg-type]


def texts(numbers: np.ndarray, digits: int = 2) -> list[str]:
    return [f"{number:.{digits}f}" for number in numbers]


def test_a_copy_is_a_copy_however_its_numbers_are_written() -> None:
    assert found(a=texts(BALANCE), b=texts(BALANCE, 4), c=BALANCE) == {
        "b": Twin("a", 1.0, exact=True),
        "c": Twin("a", 1.0, exact=True),
    }
    jobs = ["clerk", "nurse", "cook"] * (ROWS // 3)
    assert found(job=jobs, work=jobs) == {"work": Twin("job", 1.0, exact=True)}
    assert found(job=jobs, work=["nurse", *jobs[1:]]) == {}


@pytest.mark.parametrize(
    ("times", "said"), [(100, "always 100 times 'a'"), (-1, "always -1 times"), (0.001, "0.001 times")]
)
def test_an_amount_in_another_unit_is_found_beside_gaps(times: float, said: str) -> None:
    gaps = [None if i % 50 == 7 else text for i, text in enumerate(texts(BALANCE))]
    (twin,) = found(a=gaps, b=texts(BALANCE * times, 5)).values()
    assert said in str(twin)
    assert not twin.exact


def test_a_copy_with_other_gaps_is_asked_about_and_no_exact_one() -> None:
    gaps = [None if i % 50 == 7 else text for i, text in enumerate(texts(BALANCE))]
    twin = found(a=texts(BALANCE), b=gaps)["b"]
    assert (twin.times, twin.exact) == (1, False)
    assert "where both have one" in str(twin)


def test_what_is_only_nearly_or_seldom_alike_is_no_twin() -> None:
    once = BALANCE * 100
    once[2_111] += 1  # a row that a sample passes over
    assert found(a=BALANCE, b=once) == {}
    assert found(a=BALANCE, b=BALANCE + 100) == {}
    assert found(a=np.where(np.arange(ROWS) % 3 == 0, BALANCE, 0), b=BALANCE) == {}
    assert found(a=pl.Series([1.5, 2.5, 3.5] * 3), b=pl.Series([3.0, 5.0, 7.0] * 3)) == {}


@pytest.mark.filterwarnings("error")
def test_numbers_that_never_stand_beside_one_another_are_no_twins_and_warn_of_nothing() -> None:
    odd = np.arange(ROWS) % 2 == 1
    assert found(a=np.where(odd, BALANCE, np.nan), b=np.where(odd, np.nan, BALANCE)) == {}

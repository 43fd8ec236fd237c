"""Ids come as whatever a caller has at hand; a list of another kind is refused with what came."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from segmint import ContactPolicy, ListPreview, build_call_list, choose
from segmint.targeting.given_ids import given_ids

POLICY = ContactPolicy(economics={"cost_per_call": 5, "value_per_success": 100}, holdout_share=0.2)
CHANCES = np.linspace(0.01, 0.9, 50)
NUMBERS = list(range(1001, 1051))
TEXTS = [str(number) for number in NUMBERS]


@pytest.mark.parametrize(
    "customers",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS),
        pl.Series(TEXTS, dtype=pl.Categorical),
        NUMBERS,
        range(1001, 1051),
        np.array(NUMBERS),
        pl.Series(NUMBERS),
        pd.Series(NUMBERS),
    ],
    ids=lambda given: f"{type(given).__module__}.{type(given).__name__}",
)
def test_one_list_comes_of_ids_in_any_container(customers: Any) -> None:
    expected = choose(pl.Series(TEXTS), CHANCES, POLICY)
    choice = choose(customers, CHANCES, POLICY)
    np.testing.assert_array_equal(choice.status, expected.status)
    np.testing.assert_array_equal(choice.order, expected.order)
    preview = ListPreview(customers, CHANCES, POLICY)
    assert preview.of(POLICY).customers == expected.listed.size
    rows = build_call_list(customers, choice, pl.Series([""] * 50), POLICY).rows
    assert set(rows["customer"]) == set(TEXTS)


@pytest.mark.parametrize(
    ("customers", "came"),
    [
        ("C1", "str"),
        (17, "int"),
        (iter(TEXTS), "str_ascii_iterator|list_iterator"),
        ([1, "a"], "list of several kinds of values"),
        ([1.5, 2.0], "Float64 values"),
        ([True, False], "Boolean values"),
        (np.zeros((2, 2)), "Array"),
        (pl.DataFrame({"customer": TEXTS}), "DataFrame"),
        ({"a": 1}, "dict"),
    ],
)
def test_what_is_no_list_of_ids_is_refused_with_what_came(customers: Any, came: str) -> None:
    for take in (given_ids, lambda given: choose(given, [0.5, 0.5], POLICY)):
        with pytest.raises(TypeError, match=f"must be ids.*came: .*({came})"):
            take(customers)


@pytest.mark.parametrize("choosing", [choose, ListPreview])
def test_propensities_and_columns_of_other_customers_are_refused(choosing: Any) -> None:
    few = pl.DataFrame({"branch": ["a", "b"]})
    for chances, columns in (([0.5], None), (CHANCES[:40], None), (CHANCES, few)):
        with pytest.raises(ValueError, match="of as many customers as 'customers'"):
            choosing(TEXTS, chances, POLICY, columns=columns)


def test_a_list_of_other_customers_than_were_chosen_from_is_refused() -> None:
    choice = choose(TEXTS, CHANCES, POLICY)
    with pytest.raises(ValueError, match=r"'choice' must be of as many customers as 'customers', 2. Got 50"):
        build_call_list(["a", "b"], choice, pl.Series(["", ""]), POLICY)
    with pytest.raises(ValueError, match="'because' must be of as many"):
        build_call_list(TEXTS, choice, pl.Series(["", ""]), POLICY)
    assert build_call_list(TEXTS, choice, pl.Series([""] * 50), POLICY, carried=pl.DataFrame()).rows.height == 50


def test_a_customer_without_an_id_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 2 have none"):
        choose(["a", None], [0.5, 0.5], POLICY)  # type: ignore[list-item]

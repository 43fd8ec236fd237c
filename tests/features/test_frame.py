"""Customers in any table: what is neither number nor category is named, and no cell is shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from segmint.contract.column import Column
from segmint.errors import DataError
from segmint.features.customer_features import CustomerFeatures
from segmint.features.frame import guess_columns
from segmint.features.natural import NaturalFeatures
from segmint.models.customer_model import make_model


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([date(2026, 3, 14)] * 20, "'odd': values of the type Date are neither numbers nor categories"),
        ([[1, 2]] * 20, "'odd': values of the type List are neither"),
        ([1.0] * 19 + [float("inf")], "'odd': infinite numbers are no amounts"),
    ],
)
def test_what_is_neither_number_nor_category_is_refused_by_name(values: list[Any], said: str) -> None:
    frame = pl.DataFrame({"age": range(20), "odd": values})
    for features in (CustomerFeatures(), NaturalFeatures()):
        with pytest.raises(DataError, match=said):
            features.fit(frame)


def test_dates_are_no_numbers_in_an_array_either() -> None:
    days = np.array([["2026-03-14"]] * 20, dtype="datetime64[D]")
    for features in (CustomerFeatures(), NaturalFeatures()):
        with pytest.raises(
            DataError, match=r"The array: values of the type datetime64.* neither numbers nor categories"
        ):
            features.fit(days)


def test_dates_where_numbers_were_learned_are_refused() -> None:
    frame = pl.DataFrame({"age": range(20)})
    fitted = CustomerFeatures().fit(frame)
    with pytest.raises(DataError, match="'age' is a column of numbers, and 20 values are none"):
        fitted.transform(frame.with_columns(age=pl.lit(date(2026, 3, 14))))


def test_a_lazy_frame_is_read_as_the_frame_that_it_makes() -> None:
    frame = pl.DataFrame({"age": range(20), "job": ["clerk", "none"] * 10})
    fitted = CustomerFeatures().fit(frame.lazy())
    assert np.array_equal(fitted.transform(frame.lazy()), CustomerFeatures().fit(frame).transform(frame))


def test_categories_of_pandas_stay_categories_and_arrow_tables_keep_their_names() -> None:
    frame = pl.DataFrame({"age": [float(each) for each in range(40)], "branch": [10, 20] * 20})
    pandas = frame.to_pandas().astype({"branch": "category"})
    fitted = CustomerFeatures().fit(pandas)
    assert [column["kind"] for column in fitted.state_["columns"]] == ["number", "category"]
    assert np.array_equal(
        fitted.transform(pandas), fitted.transform(frame.with_columns(pl.col("branch").cast(pl.String)))
    )
    assert list(CustomerFeatures().fit(frame.to_arrow()).feature_names_in_) == ["age", "branch"]


def test_levels_that_are_whole_numbers_are_alike_where_somebody_has_none() -> None:
    fitted = CustomerFeatures().fit(pd.DataFrame({"branch": pd.Categorical([1, 2, 3] * 20)}))
    gap = pd.DataFrame({"branch": pd.Series([1, None, 3], dtype=float).astype("category")})
    texts = pl.DataFrame({"branch": ["1", None, "3"]})
    for table in (gap, pa.Table.from_pandas(gap, preserve_index=False)):
        assert np.array_equal(fitted.transform(table), fitted.transform(texts))
    assert fitted.transform(gap).sum() == 2
    many = pd.concat([gap] * 20)
    of_arrow = CustomerFeatures().fit(pa.Table.from_pandas(many, preserve_index=False))
    assert of_arrow.state_ == CustomerFeatures().fit(many).state_
    assert [column["kind"] for column in of_arrow.state_["columns"]] == ["category"]


def test_a_text_among_numbers_of_pandas_is_read_as_text_and_never_shown() -> None:
    for cells in ([1200, "Maria Schmidt 1970", 2.5], ["Maria Schmidt 1970", 1200, 2.5], [2**70, "Maria", None]):
        mixed = pd.DataFrame({"income": pd.Series(cells * 20, dtype=object)})
        texts = pl.DataFrame({"income": [None if cell is None else str(cell) for cell in cells] * 20})
        for features in (CustomerFeatures(), NaturalFeatures(fill=True)):
            assert np.array_equal(features.fit(mixed).transform(mixed), features.fit(texts).transform(texts))
        for features in (CustomerFeatures(), NaturalFeatures()):
            fitted = features.fit(pd.DataFrame({"income": [1200, 2.5] * 20}))
            with pytest.raises(DataError, match=r"'income' is a column of numbers, and [24]0 values are none") as error:
                fitted.transform(mixed)
            assert "Maria" not in str(error.value)


def test_objects_of_pandas_that_are_all_of_one_type_keep_it() -> None:
    objects = {"age": [30, None, 40] * 20, "member": [True, None, False] * 20, "job": ["a", None, "b"] * 20}
    frame = pl.DataFrame(objects)
    table = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in objects.items()})
    table.index.name = "customer_id"
    fitted = CustomerFeatures().fit(table)
    assert list(fitted.feature_names_in_) == ["age", "member", "job"]
    assert np.array_equal(fitted.transform(table), CustomerFeatures().fit(frame).transform(frame))


def test_truth_values_and_texts_are_categories() -> None:
    frame = pl.DataFrame({"age": [1, 2], "member": [True, False], "job": ["a", "b"]})
    assert [column.kind for column in guess_columns(frame)] == ["number", "category", "category"]


def test_a_text_among_numbers_is_counted_and_not_shown() -> None:
    age = Column(name="age", kind="number", role="characteristic", label="age")
    frame = pl.DataFrame({"age": ["30", "40", "Jane Doe", None] * 10})
    for features in (CustomerFeatures((age,)), NaturalFeatures((age,))):
        with pytest.raises(DataError, match="'age' is a column of numbers, and 10 values are none") as error:
            features.fit(frame)
        assert "Jane" not in str(error.value)
    fitted = CustomerFeatures((age,)).fit(pl.DataFrame({"age": ["30", "40", None] * 10}))
    with pytest.raises(DataError, match="10 values are none"):
        fitted.transform(frame)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("numbers", "steps"),
        ("bins", 0),
        ("bins", 2.5),
        ("bins", "all"),
        ("bins", np.array([1, 2])),
        ("rare", -1),
        ("within", "yes"),
        ("finer", ["age"]),
        ("finer", {"age": 1}),
        ("finer", {"age": [np.nan]}),
        ("pairs", ["age"]),
        ("pairs", ["ab"]),
        ("pairs", [1]),
        ("columns", ["age"]),
    ],
)
def test_a_parameter_out_of_its_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"The '{name}' parameter of CustomerFeatures must be"):
        CustomerFeatures(**{name: value}).fit(pl.DataFrame({"age": range(20)}))


AGE = Column(name="age", kind="number", role="characteristic", label="age")
KIND = Column(name="kind", kind="category", role="characteristic", label="kind")


@pytest.mark.parametrize("name", ["logistic", "knn_5", "lightgbm", "dense_network"])
def test_a_level_that_is_a_number_stays_the_same_level_when_it_comes_as_another_type(name: str) -> None:
    draw = np.random.default_rng(0)
    kinds = draw.integers(0, 4, 400)
    table = pd.DataFrame({"age": draw.integers(18, 80, 400), "kind": kinds})
    answers = np.where(draw.random(400) < np.array([0.05, 0.2, 0.5, 0.8])[kinds], "yes", "no")
    settings = {"hidden": (4,), "epochs": 2} if name == "dense_network" else {}
    model = make_model(name, columns=(AGE, KIND), random_state=0, **settings).fit(table, answers)
    meant = model.predict_proba(table)[1:]
    floats = table.astype({"kind": float})
    floats.loc[0, "kind"] = np.nan
    for other in (floats, table.astype({"kind": str}), floats.astype({"kind": object}), floats.astype({"kind": str})):
        assert np.array_equal(model.predict_proba(other)[1:], meant)


@pytest.mark.parametrize("features", [CustomerFeatures(), NaturalFeatures()])
def test_truth_values_stay_what_they_are_when_they_come_as_numbers_or_texts(features: Any) -> None:
    table = pd.DataFrame({"age": range(40), "member": [True, False] * 20})
    forms = [
        table,
        table.astype({"member": int}),
        table.astype({"member": float}),
        table.astype({"member": str}),
        table.assign(member=table["member"].map({True: "TRUE", False: "FALSE"})),
    ]
    for learned in forms:
        learned = learned.astype({"member": str}) if learned["member"].dtype.kind in "if" else learned
        fitted = features.fit(learned)
        for form in forms:
            assert np.array_equal(fitted.transform(form), fitted.transform(learned))


@pytest.mark.parametrize("features", [CustomerFeatures, NaturalFeatures])
def test_a_container_of_another_kind_is_refused_with_the_columns(features: Any) -> None:
    frame = pl.DataFrame({"age": range(40), "balance": range(40)})
    with pytest.raises(ValueError, match=r"table with the columns \['age', 'balance'\] was seen.* Got ndarray without"):
        features().fit(frame).transform(frame.to_numpy())
    with pytest.raises(ValueError, match=r"array without names .* of 2 columns\. Got .* \['age', 'balance'\]"):
        features().fit(frame.to_numpy()).transform(frame)
    assert features().fit(frame.to_numpy()).transform(frame.to_numpy()).shape[0] == 40


@pytest.mark.parametrize("features", [CustomerFeatures, NaturalFeatures])
def test_a_column_of_the_contract_that_the_table_lacks_is_named(features: Any) -> None:
    frame = pl.DataFrame({"age": range(40)})
    with pytest.raises(ValueError, match=r"missing: \['kind'\]\. Got \['age'\]"):
        features((AGE, KIND)).fit(frame)
    with pytest.raises(ValueError, match=r"missing: \['age', 'kind'\]\. Got \['x0', 'x1'\]"):
        features((AGE, KIND)).fit(np.zeros((40, 2)))


def test_a_network_names_the_columns_that_its_table_lacks() -> None:
    with pytest.raises(ValueError, match=r"missing: \['kind'\]"):
        make_model("dense_network", columns=(AGE, KIND)).fit(pl.DataFrame({"age": range(40)}), ["a", "b"] * 20)

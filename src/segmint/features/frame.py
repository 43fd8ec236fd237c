"""Take customers as a Polars, pandas or Arrow table or an array of numbers, and hand on a Polars frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import polars as pl

from segmint.contract.cells import as_learned, as_text
from segmint.contract.column import Column
from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError
from segmint.tables.frame_source import frame_of
from segmint.tables.text_source import check_names
from segmint.wording import quoted


def as_frame(estimator: Any, X: Any, *, reset: bool) -> pl.DataFrame:
    """Return customers as a Polars frame, checked against what `estimator` was fitted on.

    Raises
    ------
    ValueError
        If columns are missing, or an array is not a finite two-dimensional table of numbers.
    DataError
        If an array holds days or times.
    InputError
        If a table's columns cannot be told apart, or hold what cannot be read.
    """
    frame = polars_of(X)
    if frame is None:
        return _array_frame(estimator, X, reset=reset)
    if reset:
        estimator.n_features_in_ = frame.width
        estimator.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        if not frame.height:
            raise ValueError("Found a frame with 0 customers; at least 1 is needed to learn from.")
    elif not hasattr(estimator, "feature_names_in_"):
        raise ValueError(
            f"An array without names was seen when fitting, of {estimator.n_features_in_} columns. "
            f"Got a table with the columns {frame.columns}. Fit on such a table, or give an array."
        )
    elif lacking := [name for name in estimator.feature_names_in_ if name not in frame.columns]:
        raise ValueError(f"Columns seen when fitting are missing: {lacking}. Got {frame.columns}.")
    return frame


def polars_of(X: Any) -> pl.DataFrame | None:
    """Return a Polars, pandas or Arrow table as a Polars frame, and None of an array: its columns have no names."""
    if isinstance(X, pl.DataFrame | pl.LazyFrame | ValidTable):
        return frame_of(X)  # which refuses a ValidTable: its inputs are meant
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        return _of_pandas(X) if len(X.columns) else pl.DataFrame()
    return _of_arrow(X) if type(X).__module__.partition(".")[0] == "pyarrow" else None


def _of_pandas(table: Any) -> pl.DataFrame:
    """Keep a category a category, also where its levels are numbers."""
    names = tuple(map(str, table.columns))
    check_names(names, "a frame")
    columns = [_pandas_column(table.iloc[:, [place]]).alias(name) for place, name in enumerate(names)]
    kinds = [type(dtype).__name__ for dtype in table.dtypes]
    return _with_levels(pl.DataFrame(columns), [kind == "CategoricalDtype" for kind in kinds])


def _pandas_column(table: Any) -> pl.Series:
    """Read objects as the one type that they have, as numbers with a gap may be objects; those of several are texts."""
    column = table.iloc[:, 0]
    if column.dtype == object:
        # each library that tries raises another exception, some of them with the cell
        with suppress(TypeError, ValueError, ArithmeticError, pl.exceptions.PolarsError):
            return pl.Series(values=pl.from_pandas(column))
    return frame_of(table, named_index=False).to_series()


def _of_arrow(table: Any) -> pl.DataFrame:
    """Keep a dictionary, which is how Arrow writes categories, a category."""
    import pyarrow as pa

    frame = frame_of(table)
    return _with_levels(frame, [pa.types.is_dictionary(kind) for kind in table.schema.types])


def _with_levels(frame: pl.DataFrame, categories: list[bool]) -> pl.DataFrame:
    """Write levels as text: 1.0 is a 1, as pandas makes it where somebody has none."""
    return _as_texts(frame, [name for name, category in zip(frame.columns, categories, strict=True) if category])


def _as_texts(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return frame.with_columns(as_text(frame[name], name) for name in names)


def levels_as_text(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Write the categories among `columns` as text, to learn from them: 1.0 is a 1, as in a table that a contract reads.

    Raises
    ------
    ValueError
        If the frame lacks some of the columns.
    """
    if lacking := [column.name for column in columns if column.name not in frame.columns]:
        raise ValueError(f"Columns to learn from are missing: {lacking}. Got {frame.columns}.")
    return _as_texts(frame, [column.name for column in columns if column.kind == "category"])


def levels_as_learned(frame: pl.DataFrame, levels: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Write categories as text with the levels that were learned of each, whatever type the table has now."""
    return frame.with_columns(as_learned(frame[name], known) for name, known in levels.items())


def _array_frame(estimator: Any, X: Any, *, reset: bool) -> pl.DataFrame:
    from sklearn.utils.validation import validate_data

    if not reset and hasattr(estimator, "feature_names_in_"):
        raise ValueError(
            f"A table with the columns {list(estimator.feature_names_in_)} was seen when fitting. "
            f"Got {type(X).__name__} without names. Give a Polars, pandas or Arrow table with these columns."
        )
    if (kind := str(getattr(X, "dtype", ""))).startswith(("datetime64", "timedelta64")):
        raise _neither("The array", kind)  # else they would be days since 1970
    array = validate_data(estimator, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan")
    names = [f"x{i}" for i in range(array.shape[1])]
    frame = pl.DataFrame({name: array[:, i] for i, name in enumerate(names)})
    return frame.with_columns(pl.col(names).fill_nan(None))


def guess_columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    """Tell numbers and categories apart by their type, when there is no contract to say so.

    Raises
    ------
    DataError
        If a column holds days, times or nested values, which are neither, or numbers without end.
    """
    _refuse_neither(frame)
    _refuse_endless(frame)
    return tuple(
        Column(
            name=name,
            kind="number" if dtype.is_numeric() else "category",
            role="characteristic",
            label=name,
        )
        for name, dtype in frame.schema.items()
    )


def _refuse_neither(frame: pl.DataFrame) -> None:
    strange = {
        name: dtype
        for name, dtype in frame.schema.items()
        if dtype.is_temporal() or dtype.is_nested() or dtype in (pl.Object, pl.Binary)
    }
    if strange:
        kinds = ", ".join(dict.fromkeys(str(dtype.base_type()) for dtype in strange.values()))
        raise _neither(quoted(list(strange)), kinds)


def _neither(where: str, kinds: str) -> DataError:
    return DataError(
        f"{where}: values of the type {kinds} are neither numbers nor categories.",
        expected="numbers, texts, categories or truth values in each column",
        fix="leave the columns out, or put numbers in their place: of a date, the months until the day of the list",
    )


def _refuse_endless(frame: pl.DataFrame) -> None:
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    if endless := [name for name in floats if frame[name].is_infinite().any()]:
        raise DataError(
            f"{quoted(endless)}: infinite numbers are no amounts.",
            expected="finite numbers, and nothing where there is none",
            fix="leave the cells empty, or leave these rows out",
        )

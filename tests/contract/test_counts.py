"""Values are counted whatever their column is called."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.counts import count_values


@pytest.mark.parametrize("name", ["count", "proportion", "value", "len", ""])
def test_any_name_will_do(name: str) -> None:
    assert count_values(pl.Series(name, ["a", "b", "a", None])) == {"a": 2, "b": 1, None: 1}


def test_the_most_frequent_can_come_first() -> None:
    assert list(count_values(pl.Series("count", ["a", "b", "b"]), sort=True)) == ["b", "a"]

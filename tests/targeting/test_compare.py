from __future__ import annotations

import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.targeting.compare import GONE, dropped_since, read_earlier_list
from tests.targeting.conftest import make_customers
from tests.targeting.test_call_list import make_list


def test_a_larger_budget_at_equal_cost_drops_nobody(tmp_path):
    make_list(make_customers(), budget_calls=40).write(tmp_path / "before.parquet")
    earlier = read_earlier_list(tmp_path / "before.parquet")
    assert earlier.height == 40
    assert dropped_since(earlier, make_list(make_customers(), budget_calls=60)).is_empty()


def test_who_drops_out_is_named_with_the_reason(tmp_path):
    make_list(make_customers(), budget_calls=40).write(tmp_path / "before.parquet")
    earlier = read_earlier_list(tmp_path / "before.parquet")
    now = make_list(make_customers().head(120), budget_calls=10)
    gone = dropped_since(earlier, now)
    assert set(gone["customer"]) == set(earlier["customer"]) - set(now.listed["customer"])
    there = set(now.rows["customer"])
    for customer, because in gone.select("customer", "because").iter_rows():
        assert (because == GONE) == (customer not in there)
    assert gone["rank_before"].is_sorted()


def test_what_is_no_list_is_refused(tmp_path):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(PolicyError, match="no call list"):
        read_earlier_list(tmp_path / "a.parquet")
    with pytest.raises(PolicyError, match="cannot be read"):
        read_earlier_list(tmp_path / "b.parquet")

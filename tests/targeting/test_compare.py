from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.tables.write import write_safe_csv, write_safe_workbook
from segmint.targeting.compare import GONE, dropped_since, read_earlier_list
from tests.targeting.conftest import make_customers
from tests.targeting.test_call_list import make_list


def test_a_larger_budget_at_equal_cost_drops_nobody(tmp_path):
    make_list(make_customers(), budget_calls=40).write(tmp_path / "before.parquet")
    earlier = read_earlier_list(tmp_path / "before.parquet")
    assert earlier.height == 40
    assert dropped_since(earlier, make_list(make_customers(), budget_calls=60)).rows.is_empty()


def test_who_drops_out_is_named_with_the_reason(tmp_path):
    make_list(make_customers(), budget_calls=40).write(tmp_path / "before.parquet")
    earlier = read_earlier_list(tmp_path / "before.parquet")
    now = make_list(make_customers().head(120), budget_calls=10)
    gone = dropped_since(earlier, now).rows
    assert set(gone["customer"]) == set(earlier["customer"]) - set(now.listed["customer"])
    there = set(now.rows["customer"])
    for customer, because in gone.select("customer", "because").iter_rows():
        assert (because == GONE) == (customer not in there)
    assert gone["rank_before"].is_sorted()


def test_what_is_no_list_is_refused(tmp_path):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(PolicyError, match="no call list"):
        read_earlier_list(tmp_path / "a.parquet")
    for name in ("b.parquet", "b.csv"):
        with pytest.raises(PolicyError, match=f"{name}' named in the policy cannot be used"):
            read_earlier_list(tmp_path / name)


@pytest.mark.parametrize("name", ["list.csv", "list.xlsx"])
def test_an_earlier_list_that_was_saved_again_is_the_list_itself(name, tmp_path):
    rows = make_list(make_customers(), budget_calls=40).rows
    rows.write_parquet(tmp_path / "list.parquet")
    (write_safe_workbook if name.endswith("xlsx") else write_safe_csv)(iter([rows]), tmp_path / name)
    assert read_earlier_list(tmp_path / name).equals(read_earlier_list(tmp_path / "list.parquet"))


@pytest.mark.parametrize("rank", ["first", "1.5"])
def test_a_rank_that_is_no_whole_number_is_refused_and_not_said(rank, tmp_path):
    told = pl.DataFrame({"customer": ["a", "b"], "status": ["listed", "listed"], "rank": ["1", rank]})
    told.write_csv(tmp_path / "list.csv")
    with pytest.raises(PolicyError, match=r"'rank' of 'list\.csv' has 1 value that is no whole number") as refused:
        read_earlier_list(tmp_path / "list.csv")
    assert rank not in str(refused.value)


def test_an_earlier_list_whose_ids_lost_their_zeros_in_a_spreadsheet_is_the_list_itself():
    now = make_list(make_customers(), budget_calls=40)
    customers = now.listed["customer"]
    padded = now.rows.with_columns(pl.concat_str(pl.lit("0"), pl.col("customer").rank("dense").cast(pl.String)))
    now = replace(now, rows=padded)
    listed = now.listed
    earlier = listed.select(pl.col("customer").str.strip_chars_start("0"), rank_before="rank")
    found = dropped_since(earlier, now)
    assert len(customers) == found.met.by_zeros == 40
    assert found.rows.is_empty()
    assert found.sentences == (
        "40 customers of the earlier list were matched although the ids differ by zeros before them or by capitals.",
    )
    unlisted = padded.filter(pl.col("status") != "listed")["customer"].head(1)
    gone = dropped_since(pl.DataFrame({"customer": unlisted.str.slice(1), "rank_before": [1]}), now).rows
    assert gone["customer"].to_list() == unlisted.to_list()
    assert gone["because"].to_list() != [GONE]


def test_an_id_without_zeros_that_could_be_of_several_is_compared_with_none():
    now = make_list(make_customers(), budget_calls=40)
    listed = now.listed["customer"][0]
    rest = next(name for name in now.rows["customer"].unique() if name != listed)
    named = pl.col("customer").replace({listed: "0017", rest: "017"})
    now = replace(now, rows=now.rows.with_columns(named))
    found = dropped_since(pl.DataFrame({"customer": ["17", "nobody"], "rank_before": [1, 2]}), now)
    assert found.rows["customer"].to_list() == ["nobody"]
    assert (found.met.by_zeros, len(found.met.unclear)) == (0, 1)
    assert found.sentences == (
        "1 id of the earlier list could be of several customers, but for zeros before, marks around or capitals: taken for none.",
    )

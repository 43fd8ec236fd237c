"""Rows of one customer belong together; fingerprints say what a row says and not where it stands."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.contract.ledger import Ledger
from segmint.contract.valid_table import ValidTable
from segmint.splits.groups import groups_among, last_rows, row_customers, row_groups, row_keys

CONTRACT = Contract(
    name="small",
    outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
    columns=(
        Column(name="id", kind="text", role="id", label="customer"),
        Column(name="age", kind="number", role="characteristic", label="age", unit="years"),
        Column(name="job", kind="category", role="characteristic", label="profession"),
        Column(name="seconds", kind="number", role="history", label="duration", known="after_call"),
    ),
)


def table(raw: pl.DataFrame) -> ValidTable:
    keep = [name for name in ("id", "y") if name in raw.columns]
    return ValidTable(
        frame=raw.select(keep),
        raw=raw,
        records=np.arange(1, raw.height + 1),
        flags=pl.Series([""] * raw.height, dtype=pl.String),
        contract=CONTRACT,
        at="planning",
        ledger=Ledger(read=raw.height, accepted=raw.height, rejected=0, reasons={}, rejects=(), receipt={}),
    )


def rows(**columns):
    size = len(next(iter(columns.values())))
    base = {"age": ["30"] * size, "job": ["clerk"] * size, "seconds": ["9"] * size, "y": ["no"] * size}
    return pl.DataFrame(base | columns)


def partition(groups):
    return {frozenset(np.flatnonzero(groups == group).tolist()) for group in np.unique(groups)}


def test_rows_that_differ_only_in_outcome_and_call_length_belong_together():
    groups = row_groups(table(rows(age=["30", "30", "31"], seconds=["5", "900", "5"], y=["no", "yes", "no"])))
    assert partition(groups) == {frozenset({0, 1}), frozenset({2})}


def test_a_column_outside_the_contract_tells_rows_apart():
    groups = row_groups(table(rows(age=["30", "30", "30"], branch=["north", "south", "north"])))
    assert partition(groups) == {frozenset({0, 2}), frozenset({1})}


def test_a_column_that_only_numbers_the_rows_tells_none_apart():
    ages = ["30", "30", "31", "31"]
    assert partition(row_groups(table(rows(age=ages, index=["0", "1", "2", "3"])))) == {
        frozenset({0, 1}),
        frozenset({2, 3}),
    }
    assert len(partition(row_groups(table(rows(age=["1", "2", "3", "4"], index=["0", "1", "2", "3"]))))) == 4


def test_same_id_links_rows_that_look_different_and_chains_link_on():
    raw = rows(id=["a", "a", "b", "c"], age=["30", "31", "31", "40"])
    assert partition(row_groups(table(raw))) == {frozenset({0, 1, 2}), frozenset({3})}


def test_missing_ids_are_not_one_customer():
    raw = rows(id=[None, None, "c"], age=["30", "31", "32"])
    assert len(partition(row_groups(table(raw)))) == 3


def test_the_id_alone_does_not_tell_twins_apart():
    assert len(partition(row_groups(table(rows(id=["a", "b"]))))) == 1


@pytest.mark.parametrize("seed", range(3))
def test_shuffling_rows_shuffles_keys_and_groups_and_nothing_else(seed):
    random = np.random.default_rng(seed)
    raw = rows(id=random.integers(0, 30, 40).astype(str), age=random.integers(20, 25, 40).astype(str))
    order = random.permutation(40)
    plain, shuffled = table(raw), table(raw[order.tolist()])
    np.testing.assert_array_equal(row_keys(plain)[order], row_keys(shuffled))
    same = row_groups(plain)[order]
    np.testing.assert_array_equal(
        same[:, None] == same[None, :], row_groups(shuffled)[:, None] == row_groups(shuffled)[None, :]
    )


def test_keys_do_not_see_column_order_or_the_type_of_a_number():
    text = rows(age=["30", ""])
    typed = text.select("y", "seconds", "job", pl.Series("age", [30.0, None]))
    np.testing.assert_array_equal(row_keys(table(text)), row_keys(table(typed)))


def test_different_rows_have_different_keys():
    keys = row_keys(table(rows(age=[str(age) for age in range(5_000)])))
    assert np.unique(keys).size == 5_000


def test_who_is_called_again_is_found_by_the_id_and_without_ids_by_the_features():
    known, asked = (
        table(rows(id=ids, age=ages)) for ids, ages in ((["a", "b", None], "345"), (["B ", "c", None], "453"))
    )
    groups = np.array([4, 5, 6])
    assert groups_among(known, groups, asked).tolist() == [5, -1, -1]
    known, asked = (
        replace(table(rows(age=ages)), frame=pl.DataFrame({"age": ages, "job": ["clerk"] * 3}))
        for ages in ([3.0, 4.0, 5.0], [4.0, 5.0, 9.0])
    )
    assert groups_among(known, groups, asked).tolist() == [5, 6, -1]


def test_an_empty_table_has_no_groups():
    raw = rows(id=["a"]).clear()
    assert row_groups(table(raw)).size == row_keys(table(raw)).size == 0


def test_look_alikes_do_not_chain_a_table_of_many_calls_into_one_group():
    draw = np.random.default_rng(3)
    calls = 2_000
    raw = rows(id=[f"c{n // 5}" for n in range(calls)], age=[str(age) for age in draw.integers(0, 2_000, calls)])
    groups = row_groups(table(raw))
    assert len(partition(groups)) == 400
    assert all(len(group) == 5 for group in partition(groups))


def test_customers_are_told_by_their_ids_alone():
    raw = rows(id=["a", "b", " a", None, None])
    assert partition(row_customers(table(raw))) == {frozenset({0, 2}), frozenset({1}), frozenset({3}), frozenset({4})}
    assert len(partition(row_customers(table(raw.drop("id"))))) == 5


def test_the_last_row_of_each_customer_in_order():
    assert last_rows(np.array([2, 0, 2, 1, 0])).tolist() == [2, 3, 4]
    assert last_rows(np.arange(3)).tolist() == [0, 1, 2]
    assert last_rows(np.empty(0, dtype=np.int64)).size == 0

"""Who shares a household, and what is none."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.targeting.choose import choose
from segmint.targeting.households import crowded, households_of, share_with
from segmint.targeting.suppress import CROWDED, suppress
from tests.targeting.conftest import TODAY, doubted, make_policy


@pytest.mark.parametrize("word", ["unknown", "Unknown ", "0", "000", "-", "NA", "n/a", "NULL", "#N/A", "", None])
def test_a_word_for_no_household_is_shared_with_nobody(word):
    table = pl.DataFrame({"household_id": pl.Series([word] * 6, dtype=pl.String)})
    choice = choose([f"c{n}" for n in range(6)], [0.5] * 6, make_policy(one_per="household_id"), columns=table)
    assert choice.listed.size == 6


def test_households_are_compared_as_ids_are():
    written = pl.Series("household_id", ["h1", " H1 ", "'h1", "0017", "17", "17.0", "h2"])
    found = households_of("household_id", written.to_frame())
    assert found[:3].n_unique() == found[3:6].n_unique() == 1
    assert found.n_unique() == 3
    numbers = pl.Series("household_id", [1.0, 1.0, float("nan"), None, 0.0])
    assert households_of("household_id", numbers.to_frame()).to_list() == ["1", "1", None, None, None]


def test_who_shares_a_household_with_somebody_found_is_told():
    found = share_with(pl.Series(["a", "a", None, None, "b"]), pl.Series([True, False, True, False, False]))
    assert found.to_list() == [False, True, False, False, False]


def test_a_column_that_very_many_share_is_said():
    size = crowded("household", pl.Series(["1", "2"] * 100))
    assert size.startswith("'household' keeps 198 of 200 customers off")
    assert "100 customers share '" in size
    few = crowded("household", pl.Series([f"h{n // 3}" for n in range(30)]))
    assert "keeps 20 of 30" in few
    assert "'h" not in few.replace("'household'", "")  # of a value of three customers nothing is told
    assert "50 customers share 'nn'" in crowded("household", pl.Series(["nn"] * 50 + [f"h{n}" for n in range(9000)]))
    assert not crowded("household", pl.Series([f"h{n // 2}" for n in range(400)]))
    assert not crowded("household", pl.Series([None] * 400, dtype=pl.String))


def test_a_list_by_the_size_of_the_household_is_doubted(contract, customers):
    sizes = customers.with_columns(household=pl.Series([1, 2, 3, 4] * 50))
    found = suppress(customers["client"], sizes, contract, make_policy(one_per="household"), today=TODAY)
    assert "keeps 196 of 200 customers off" in doubted(found, CROWDED)[0]
    assert "Very many customers count as one household" in [doubt["title"] for doubt in found.doubts]
    assert not doubted(suppress(customers["client"], sizes, contract, make_policy(), today=TODAY), CROWDED)


def test_the_household_of_another_campaign_is_left_to_it(tmp_path, contract, customers):
    other = {"customer": ["00000", "00002"], "status": ["held_out", "listed"], "campaign": ["cards"] * 2}
    pl.DataFrame(other).write_parquet(tmp_path / "cards.parquet")
    homes = customers.with_columns(household_id=pl.Series([f"h{n // 2}" for n in range(200)]))
    policy = make_policy(one_per="household_id", other_lists=[str(tmp_path / "cards.parquet")])
    found = suppress(customers["client"], homes, contract, policy, today=TODAY)
    assert found.because[:5].to_list() == [
        "held out by cards",
        "another customer of the same 'household_id' is held out by cards",
        "on the list of cards",
        "another customer of the same 'household_id' is on the list of cards",
        "",
    ]

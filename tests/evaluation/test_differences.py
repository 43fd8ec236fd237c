"""How the outcome differs by column: everyone counted, nobody pointed at."""

import numpy as np
import polars as pl
import pytest

from segmint.evaluation.differences import outcome_by_level
from segmint.features.edges import FEWEST_TOGETHER
from segmint.features.levels import NO_VALUE, OTHER

from .tables import ASSIGNMENT, RESPONSE, campaign, segments, valid


def of(frame, column):
    return frame.filter(pl.col("column") == column)


def test_the_column_that_decides_comes_first():
    found = outcome_by_level(campaign(2_000))
    assert found["column"][0] == "age"
    assert found["strength"].is_sorted(descending=True)


def test_levels_of_a_column_count_every_customer_once():
    table = campaign(2_000)
    found = outcome_by_level(table)
    for _, rows in found.group_by("column"):
        assert rows["customers"].sum() == 2_000
        responders = (rows["customers"] * rows["rate"]).sum()
        assert responders == pytest.approx((table.outcome == "yes").sum())


def test_index_is_the_rate_in_hundredths_of_the_base_and_lies_in_its_interval():
    table = campaign(2_000)
    found = outcome_by_level(table)
    base = (table.outcome == "yes").mean()
    np.testing.assert_allclose(found["base"], base)
    np.testing.assert_allclose(found["index"], 100 * found["rate"] / base)
    assert (found["low"] <= found["rate"]).all()
    assert (found["rate"] <= found["high"]).all()


def test_shares_of_all_segments_add_up_to_one_in_every_level():
    found = outcome_by_level(segments(900))
    for _, rows in found.group_by("column", "level"):
        assert rows["outcome_level"].sort().to_list() == ["A", "B", "C"]
        assert rows["rate"].sum() == pytest.approx(1)


def test_states_and_missing_values_have_lines_of_their_own():
    table = campaign(1_000)
    frame = table.frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 50).then(None).otherwise(pl.col("pdays")).alias("pdays"),
        pl.when(pl.int_range(pl.len()) < 30).then(None).otherwise(pl.col("job")).alias("job"),
    )
    found = outcome_by_level(valid(frame, RESPONSE))
    days = of(found, "pdays")
    assert "never contacted" in days["level"].to_list()
    assert days.filter(pl.col("level") == NO_VALUE)["customers"].to_list() == [50]
    assert of(found, "job").filter(pl.col("level") == NO_VALUE)["customers"].to_list() == [30]
    assert not days["level"].str.contains("-1").any()


def test_bands_of_numbers_are_named_by_what_lies_in_them_and_do_not_overlap():
    found = of(outcome_by_level(campaign(2_000)), "age")
    first, *middle, last = found["level"]
    ends = [(0, int(first.removeprefix("under ")) - 1)]
    ends += [tuple(map(int, level.split(" to "))) for level in middle]
    ends += [(int(last.removesuffix(" or more")), 200)]
    assert all(one[1] < other[0] for one, other in zip(ends, ends[1:], strict=False))
    assert not {"18", "79"} & set(" ".join(found["level"]).split())  # the youngest and the oldest customer


def test_rare_levels_are_pooled_with_one_more_where_they_are_still_too_few():
    n = 400
    job = np.array(["clerk"] * (n - 21) + ["pilot"] * 7 + ["diver"] * 6 + ["clown"] * 8)
    frame = pl.DataFrame({"job": job, "y": ["yes", "no"] * (n // 2)})
    rows = of(outcome_by_level(valid(frame, RESPONSE)), "job")
    assert rows.filter(pl.col("level") == OTHER)["customers"].to_list() == [21]
    assert not set(rows["level"]) & {"pilot", "diver", "clown"}
    few = frame.with_columns(job=pl.when(pl.col("job") == "pilot").then(pl.col("job")).otherwise(pl.lit("clerk")))
    rows = of(outcome_by_level(valid(few, RESPONSE)), "job")
    assert dict(rows.select("level", "customers").iter_rows()) == {OTHER: n}, "7 left out would be 400 less those shown"


@pytest.mark.parametrize("seed", range(5))
def test_no_line_speaks_of_fewer_than_ten_customers(seed):
    random = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "age": [None if random.random() < 0.1 else float(random.integers(18, 80)) for _ in range(60)],
            "job": random.choice(list("abcdefgh"), 60),
            "pdays": np.where(random.random(60) < 0.9, -1.0, random.integers(0, 400, 60)),
            "y": random.choice(["A", "B", "C"], 60),
        }
    )
    assert outcome_by_level(valid(frame, ASSIGNMENT))["customers"].min() >= FEWEST_TOGETHER


def test_real_tables_read_as_a_marketer_expects(data_folder):
    from segmint.contract.contract import load_contract
    from segmint.contract.validate import validate
    from segmint.tables.source import open_table

    table = validate(open_table(data_folder / "uci-bank/bank.csv"), load_contract("bank-marketing"))
    found = outcome_by_level(table)
    success = found.filter((pl.col("column") == "poutcome") & (pl.col("level") == "success"))
    assert success["customers"].item() == 129
    assert success["index"].item() == pytest.approx(100 * (83 / 129) / (521 / 4521))
    assert "duration" not in found["column"]


def test_levels_that_say_nothing_do_not_come_first_however_many():
    random = np.random.default_rng(5)
    frame = campaign(2_000, strength=0.4).frame.with_columns(job=pl.Series(random.integers(0, 120, 2_000).astype(str)))
    found = outcome_by_level(valid(frame, RESPONSE))
    assert found["column"][0] == "age"
    assert of(found, "job")["strength"][0] < 0.1 < of(found, "age")["strength"][0]


def test_amounts_are_written_as_people_do():
    frame = campaign(600).frame.with_columns(age=pl.Series(np.linspace(20_000.25, 250_000.75, 600)))
    levels = of(outcome_by_level(valid(frame, RESPONSE)), "age")["level"]
    assert not levels.str.contains("e+", literal=True).any()
    assert levels[0] == "under 58,000"
    assert levels[-1] == "212,000 or more"  # no customer's own amount

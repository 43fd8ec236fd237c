from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.errors import ConfigError, DataError
from segmint.monitoring.measure import Dispositions, join_results, measure, parse_dispositions

CODES = Dispositions(codes={"SALE": "success", "NO": "refused", "NA": "not_reached", "DNC": "do_not_call"})


def campaign(seed, n=4000, share=0.2, effect=0.06, value=100.0):
    """A call list and its results; calling adds `effect` to everyone's chance."""
    rng = np.random.default_rng(seed)
    base = rng.beta(1, 12, n)
    held = rng.random(n) < share
    success = rng.random(n) < np.clip(base + np.where(held, 0.0, effect), 0, 1)
    call_list = pl.DataFrame(
        {
            "customer": [f"{i:06d}" for i in range(n)],
            "status": np.where(held, "held_out", "listed"),
            "propensity": base + effect,
            "value": np.full(n, value),
            "cost": np.full(n, 2.0),
            "segment": rng.choice(["families", "retired"], n),
        }
    )
    shown = success | ~held
    results = pl.DataFrame(
        {
            "customer": call_list["customer"].filter(pl.Series(shown)),
            "code": np.where(success, "SALE", "NO")[shown],
        }
    )
    return call_list, results


def estimate(frame, quantity, method="cuped", segment="everyone"):
    return frame.filter(
        (pl.col("segment") == segment) & (pl.col("quantity") == quantity) & (pl.col("method") == method)
    ).row(0, named=True)


def test_results_are_joined_without_losing_a_row():
    call_list, results = campaign(1)
    extra = pl.DataFrame({"customer": ["stranger", "000001", "000001"], "code": ["SALE", "NA", "DNC"]})
    joined = join_results(call_list, pl.concat([results, extra]), CODES)
    assert joined.read == results.height + 3 == joined.matched + joined.strangers
    assert joined.rows.height == call_list.height
    assert joined.rows["customer"].to_list() == call_list["customer"].to_list()
    assert joined.strange_rows["customer"].to_list() == ["stranger"]
    assert joined.do_not_call.to_list() == ["000001"]
    before = results.filter(pl.col("customer") == "000001").height
    assert joined.rows["calls"].sum() == results.height + 2
    assert joined.rows.filter(pl.col("customer") == "000001")["calls"][0] == before + 2


def test_who_asks_not_to_be_called_is_heard_on_the_list_or_not():
    call_list, results = campaign(1, n=50)
    asked = pl.DataFrame({"customer": ["stranger", "000001", "stranger", None], "code": ["DNC"] * 4})
    joined = join_results(call_list, pl.concat([results, asked]), CODES)
    assert joined.do_not_call.to_list() == ["000001", "stranger"]


def test_an_id_neutralised_for_spreadsheets_finds_its_customer():
    call_list, results = campaign(1, n=50)
    call_list = call_list.with_columns(customer=pl.lit("-") + pl.col("customer"))
    dialler = results.with_columns(customer=pl.lit("'-") + pl.col("customer"))
    assert join_results(call_list, dialler, CODES).strangers == 0


def test_an_id_with_blanks_around_it_finds_its_customer():
    call_list, results = campaign(1, n=50)
    padded = call_list.with_columns(customer=pl.col("customer") + " ")
    joined = join_results(padded, results, CODES)
    assert joined.strangers == 0
    assert joined.rows.columns[: call_list.width] == call_list.columns
    assert joined.rows["customer"].to_list() == padded["customer"].to_list()


def test_a_code_without_a_meaning_stops_the_work():
    call_list, results = campaign(1, n=50)
    with pytest.raises(DataError, match="code without a meaning"):
        join_results(call_list, results.with_columns(code=pl.lit("SOLD!")), CODES)
    with pytest.raises(DataError, match="no column 'code'"):
        join_results(call_list, results.drop("code"), CODES)


def test_the_effect_of_calling_is_found_in_customers_and_in_money():
    joined = join_results(*campaign(3, n=40_000), CODES)
    found = measure(joined)
    response, profit = estimate(found.frame(), "response"), estimate(found.frame(), "profit")
    assert response["low"] < 0.06 < response["high"]
    assert profit["low"] < 100 * 0.06 - 2 < profit["high"]
    assert profit["total"] == pytest.approx(profit["difference"] * profit["customers_called"])
    assert "points" in found.sentences[1]
    assert not any("too small" in sentence for sentence in found.sentences)


def test_cuped_is_never_wider_where_the_propensity_foretells_the_outcome():
    found = measure(join_results(*campaign(3, n=20_000), CODES)).frame()
    plain, cuped = estimate(found, "response", "plain"), estimate(found, "response")
    assert cuped["high"] - cuped["low"] < plain["high"] - plain["low"]


def test_segments_are_measured_beside_everyone():
    found = measure(join_results(*campaign(3), CODES)).frame()
    parts = [estimate(found, "response", "plain", name) for name in ("families", "retired")]
    assert sum(part["customers_called"] for part in parts) == estimate(found, "response")["customers_called"]


def test_a_holdout_too_small_to_tell_is_said():
    found = measure(join_results(*campaign(5, n=400, effect=0.0), CODES))
    assert "The holdout is too small to tell" in found.sentences[-1]


def test_without_a_control_group_no_effect_is_told():
    call_list, results = campaign(1, share=0.0, n=200)
    with pytest.raises(DataError, match="propensity is not uplift"):
        measure(join_results(call_list, results, CODES))


def test_silence_of_the_held_out_is_not_taken_for_a_no():
    call_list, results = campaign(1, n=400)
    held = call_list.filter(pl.col("status") == "held_out")["customer"]
    joined = join_results(call_list, results.filter(~pl.col("customer").is_in(held.implode())), CODES)
    with pytest.raises(DataError, match="say nothing of the customers held out"):
        measure(joined)
    assert measure(joined, held_out_silence_means_no=True).rows.height > 0


def test_dispositions_are_read_from_toml_and_name_a_success():
    read = parse_dispositions('customer = "id"\n[codes]\nSALE = "success"\n10 = "not_reached"')
    assert read.codes["10"] == "not_reached"
    with pytest.raises(ConfigError, match="no code that means success"):
        parse_dispositions('[codes]\nA = "refused"')
    with pytest.raises(ConfigError, match="makes no sense"):
        parse_dispositions('[codes]\nA = "sold"')


def test_no_purchase_among_those_held_out_is_no_certainty():
    """With a variance of 0 any campaign seemed to help."""
    call_list, results = campaign(2, n=330, share=1 / 11, effect=0.0)
    held = call_list.filter(pl.col("status") == "held_out")["customer"]
    joined = join_results(call_list, results.filter(~pl.col("customer").is_in(held.implode())), CODES)
    found = measure(joined, held_out_silence_means_no=True)
    assert "too few purchases among those held out to tell" in found.sentences[-1]
    assert found.frame().filter(pl.col("segment") == "everyone")["low"].is_nan().all()
    assert not any("interval" in sentence for sentence in found.sentences)


def missed(seeds, n, share, effect):
    """Share of campaigns whose plain, and whose CUPED interval leaves the truth out; one without any claims nothing."""
    wrong = np.zeros(2)
    for seed in seeds:
        joined = join_results(*campaign(seed, n=n, share=share, effect=effect), CODES)
        found = measure(joined, held_out_silence_means_no=True).frame()
        for place, method in enumerate(("plain", "cuped")):
            row = estimate(found, "profit", method)
            wrong[place] += not np.isnan(row["low"]) and not row["low"] <= 100 * effect - 2 <= row["high"]
    return wrong / len(seeds)


@pytest.mark.parametrize(("n", "share", "effect"), [(330, 1 / 11, 0.0), (440, 1 / 11, 0.06), (120, 0.5, 0.06)])
def test_intervals_of_small_arms_leave_the_truth_out_no_more_often_than_they_say(n, share, effect):
    assert missed(range(60), n, share, effect).max() <= 0.17


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "share", "effect"), [(330, 1 / 11, 0.0), (330, 1 / 11, 0.06), (1_100, 1 / 11, 0.06), (660, 0.2, 0.0)]
)
def test_small_arms_leave_the_truth_out_in_ten_percent_at_most_of_1000_campaigns(n, share, effect):
    assert missed(range(1_000), n, share, effect).max() <= 0.12


def test_observed_rates_are_printed_and_the_difference_is_adjusted():
    """An adjusted mean is no rate: it can lie below 0."""
    call_list, results = campaign(7, n=2_000)
    joined = join_results(call_list.with_columns(propensity=pl.col("propensity") * 3), results, CODES)
    found = measure(joined)
    plain, cuped = estimate(found.frame(), "response", "plain"), estimate(found.frame(), "response")
    success = joined.rows.filter(pl.col("status") == "held_out")["success"].mean()
    assert cuped["held_out"] == plain["held_out"] == pytest.approx(success)
    assert cuped["difference"] != plain["difference"]
    assert f"against {100 * success:.1f} %" in found.sentences[1]


def covered(seeds, method):
    hits = np.zeros(2)
    for seed in seeds:
        found = measure(join_results(*campaign(seed, n=3000), CODES)).frame()
        for place, (quantity, truth) in enumerate((("response", 0.06), ("profit", 4.0))):
            row = estimate(found, quantity, method)
            hits[place] += row["low"] <= truth <= row["high"]
    return hits / len(seeds)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["plain", "cuped"])
def test_nominal_ninety_percent_intervals_hold_the_truth_in_ninety(method):
    share = covered(range(1000), method)
    assert ((share >= 0.88) & (share <= 0.92)).all(), share

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.errors import DataError
from segmint.monitoring.measure import measure
from segmint.targeting.holdout import plan_holdout
from tests.monitoring.campaigns import CODES, campaign, join_results, two_waves, unmoved

PAID, LOST = "calling surely paid", "calling surely cost more than it brought"
OPEN = "the interval of the profit holds 0"


def estimate(frame, quantity, method="cuped", segment="everyone"):
    return frame.filter(
        (pl.col("segment") == segment) & (pl.col("quantity") == quantity) & (pl.col("method") == method)
    ).row(0, named=True)


def test_the_effect_of_calling_is_found_in_customers_and_in_money():
    joined = join_results(*campaign(3, n=40_000), CODES)
    found = measure(joined)
    response, profit = estimate(found.frame(), "response"), estimate(found.frame(), "profit")
    assert response["low"] < 0.06 < response["high"]
    assert profit["low"] < 100 * 0.06 - 2 < profit["high"]
    assert profit["total"] == pytest.approx(profit["difference"] * profit["customers_called"])
    assert "points" in " ".join(found.sentences)
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
    assert found.doubt is not None
    assert "Hold out more customers" in found.doubt[1]


def test_the_remedy_names_the_arm_that_is_short():
    found = measure(join_results(*campaign(5, share=0.95, effect=0.0), CODES), held_out_silence_means_no=True)
    assert found.doubt is not None
    assert found.doubt[0] == "Too few customers were called to tell"
    assert "Call more customers" in found.doubt[1]


def test_large_arms_without_an_effect_tell_how_little_it_can_be_and_that_it_is_a_loss():
    call_list, calls, purchases = unmoved(4, share=0.5)
    found = measure(join_results(call_list, calls, CODES, purchases=purchases))
    assert found.doubt is not None
    assert found.doubt[0] == "Calling surely cost more than it brought"
    assert "too small" not in found.doubt[1]
    assert "points at most" in found.doubt[1]
    free = call_list.with_columns(cost=0.0)
    found = measure(join_results(free, calls, CODES, purchases=purchases))
    assert found.doubt is not None
    assert found.doubt[0] == "Calling changed little, if anything"


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
    with pytest.raises(DataError, match="--silence-means-no"):
        measure(joined)
    assert measure(joined, held_out_silence_means_no=True).rows.height > 0


def test_purchases_of_both_arms_from_one_table_find_no_effect_where_there_is_none():
    """Who was not reached and bought all the same bought: call codes know nothing of it."""
    call_list, calls, purchases = unmoved(1)
    held = purchases.join(call_list.filter(pl.col("status") == "held_out"), on="customer", how="semi")
    by_codes = measure(join_results(call_list, pl.concat([calls, held.with_columns(code=pl.lit("SALE"))]), CODES))
    assert estimate(by_codes.frame(), "response")["high"] < -0.05
    assert "judged by call codes" in by_codes.cautions[0]
    assert by_codes.cautions[0] in by_codes.sentences
    joined = join_results(call_list, calls, CODES, purchases=purchases)
    found = measure(joined)
    response = estimate(found.frame(), "response")
    assert response["low"] < 0 < response["high"]
    assert found.cautions == ()
    assert (joined.purchases, joined.purchases_matched) == (purchases.height, purchases.height)


def test_a_call_code_of_somebody_held_out_is_no_purchase_and_is_counted_as_a_call():
    call_list, calls, purchases = unmoved(3, n=2_000)
    held = call_list.filter(pl.col("status") == "held_out").select("customer").head(7)
    dialled = pl.concat([calls, held.with_columns(code=pl.lit("NA"))])
    with pytest.raises(DataError, match="say nothing of the customers held out"):
        measure(join_results(call_list, dialled, CODES))
    found = measure(join_results(call_list, dialled, CODES, purchases=purchases))
    assert len(found.cautions) == 1
    assert found.cautions[0].startswith("7 of ")


def test_with_purchases_any_code_of_somebody_held_out_is_a_call():
    call_list, calls, purchases = unmoved(3, n=2_000)
    held = call_list.filter(pl.col("status") == "held_out").select("customer").head(30)
    mistaken = held.with_columns(code=pl.Series(["NO"] * 17 + ["NA"] * 5 + ["SALE"] * 8))
    found = measure(join_results(call_list, pl.concat([calls, mistaken]), CODES, purchases=purchases))
    assert found.cautions[0].startswith("30 of ")


def test_a_few_held_out_who_said_yes_speak_for_the_others_with_a_caution():
    """They may be all who bought, or calls made by mistake: nobody can tell from the results."""
    call_list, results = campaign(1)
    held = call_list.filter(pl.col("status") == "held_out")
    found = measure(join_results(call_list, results, CODES))
    bought = results.join(held, on="customer", how="semi").height
    caution = f"{bought:,} of {held.height:,} customers held out have a row that says they bought"
    assert any(said.startswith(caution) for said in found.cautions)
    every = pl.concat([results, held.join(results, on="customer", how="anti").select("customer", code=pl.lit("NO"))])
    assert not any("by mistake" in said for said in measure(join_results(call_list, every, CODES)).cautions)


def test_one_outcome_of_both_arms_is_no_matter_of_call_codes():
    call_list, calls, _ = unmoved(3, n=2_000)
    outcomes = call_list.select("customer", code=pl.lit("NO"))
    by_codes, by_outcome = (join_results(call_list, outcomes, CODES, of_calls=of) for of in (True, False))
    assert any("judged by call codes" in said for said in by_codes.cautions)
    assert not by_outcome.cautions
    # of those called alone it is another measure than silence
    assert any(
        "judged by call codes" in said for said in join_results(call_list, calls, CODES, of_calls=False).cautions
    )


def test_a_row_for_every_customer_is_no_purchase_of_every_customer():
    call_list, calls, purchases = unmoved(2, n=2_000)
    with pytest.raises(DataError, match="Every one of the 2,000 customers, called or held out, has a row"):
        measure(join_results(call_list, calls, CODES, purchases=call_list.select("customer", amount=pl.lit("12"))))
    bought = pl.when(pl.col("customer").is_in(purchases["customer"].implode())).then(pl.lit("ja"))
    rows = call_list.select("customer", gekauft=bought.otherwise(pl.lit("nein")))
    joined = join_results(call_list, calls, CODES, purchases=rows)
    plain = join_results(call_list, calls, CODES, purchases=purchases)
    assert joined.rows.equals(plain.rows)
    assert "2,000 rows of purchases read, 2,000 of customers to be called or held out" in joined.sentence
    assert f"{2_000 - purchases.height:,} rows without a yes are none" in joined.sentence


def test_results_or_purchases_of_another_campaign_are_refused():
    call_list, calls, purchases = unmoved(3, n=400)
    others = pl.concat_str(pl.lit("Z"), "customer").alias("customer")
    with pytest.raises(DataError, match=r"None of the \d+ results is of a customer on the list"):
        measure(join_results(call_list, calls.with_columns(others), CODES, purchases=purchases))
    with pytest.raises(DataError, match=r"None of the \d+ purchases is of a customer on the list"):
        measure(join_results(call_list, calls, CODES, purchases=purchases.with_columns(others)))


def test_on_a_later_list_the_arms_are_not_alike_and_no_plain_difference_is_shown():
    _, second, calls, purchases = two_waves(1)
    found = measure(join_results(second, calls, CODES, purchases=purchases))
    assert found.frame()["method"].unique().to_list() == ["cuped"]
    assert "arms are not alike" in found.cautions[0]


@pytest.mark.parametrize("stacked", [False, True])
def test_customers_who_are_new_on_a_list_are_compared_and_each_counts_once(stacked):
    wrong = 0
    for seed in range(10):
        first, second, calls, purchases = two_waves(seed, n=6_000, size=800)
        both = pl.concat([first, second])
        again = second.join(first, on="customer", how="semi").height
        calls = (
            pl.concat([calls, first.filter(status="listed").select("customer", code=pl.lit("NO"))])
            if stacked
            else calls
        )
        assert again > 40
        joined = (
            join_results(both, calls, CODES, purchases=purchases)
            if stacked
            else join_results(second, calls, CODES, purchases=purchases, earlier=[first])
        )
        assert (joined.before, joined.repeated) == ((0, again) if stacked else (again, 0))
        found = measure(joined)
        assert found.cautions == ()
        plain = estimate(found.frame(), "response", "plain")
        listed = both if stacked else second.join(first, on="customer", how="anti")
        assert plain["customers_called"] + plain["customers_held_out"] == listed["customer"].n_unique()
        wrong += not plain["low"] <= 0 <= plain["high"]
    assert wrong <= 3


def two_lists(seed, n=4_000, shares=(0.1, 0.5), bases=(0.10, 0.04)):
    """Lists of two seasons with other holdouts, in a campaign in which calling changes nothing."""
    rng = np.random.default_rng(seed)
    place = np.repeat([0, 1], n // 2)
    held, buys = rng.random(n) < np.array(shares)[place], rng.random(n) < np.array(bases)[place]
    call_list = pl.DataFrame(
        {
            "customer": [f"{i:06d}" for i in range(n)],
            "status": np.where(held, "held_out", "listed"),
            "propensity": rng.beta(2, 18, n),
            "value": 100.0,
            "cost": 0.0,
            "segment": rng.choice(["families", "retired"], n),
            "run": np.array(["spring", "summer"])[place],
        }
    )
    calls = call_list.filter(status="listed").select("customer", code=pl.lit("NO"))
    return call_list, calls, call_list.select("customer").filter(pl.Series(buys))


def test_lists_with_unequal_holdouts_show_no_effect_where_there_is_none():
    wrong = np.zeros(3)
    for seed in range(40):
        call_list, calls, purchases = two_lists(seed)
        found = measure(join_results(call_list, calls, CODES, purchases=purchases))
        assert found.cautions == ()
        rows = [estimate(found.frame(), quantity) for quantity in ("response", "profit")]
        rows.append(estimate(found.frame(), "response", segment="retired"))
        wrong += [not row["low"] <= 0 <= row["high"] for row in rows]
    assert wrong.max() <= 9
    assert any("2 lists is compared with its own holdout" in said for said in found.sentences)
    merged = measure(join_results(call_list.drop("run"), calls, CODES, purchases=purchases)).frame()
    assert estimate(merged, "response")["low"] > 0


def test_lists_are_added_up_by_how_many_were_called():
    call_list, calls, purchases = two_lists(1)
    joined = join_results(call_list, calls, CODES, purchases=purchases)
    means = {key: rows["success"].mean() for key, rows in joined.rows.group_by("run", "status")}
    called = dict(call_list.filter(status="listed")["run"].value_counts().iter_rows())
    by_hand = sum(
        called[run] / sum(called.values()) * (means[run, "listed"] - means[run, "held_out"]) for run in called
    )
    assert estimate(measure(joined).frame(), "response", "plain")["difference"] == pytest.approx(by_hand)
    named = measure(join_results(call_list.with_columns(run=pl.lit("spring")), calls, CODES, purchases=purchases))
    nameless = measure(join_results(call_list.drop("run"), calls, CODES, purchases=purchases))
    assert named.frame().equals(nameless.frame())


def test_a_list_without_a_holdout_is_left_out_of_several_with_a_caution():
    call_list, calls, purchases = two_lists(3)
    spring = (pl.col("run") == "spring") & (pl.col("status") == "held_out")
    without = call_list.filter(~spring)
    found = measure(join_results(without, calls, CODES, purchases=purchases))
    called = call_list.filter(run="spring", status="listed").height
    assert f"spring ({called:,} to be called, 0 held out)" in found.cautions[0]
    alone = measure(join_results(call_list.filter(run="summer"), calls, CODES, purchases=purchases))
    assert found.frame().equals(alone.frame())
    few = pl.concat([without.filter(run="spring"), call_list.filter(run="summer", status="held_out").head(15)])
    with pytest.raises(DataError, match="None of the 2 lists has 20 customers in each arm"):
        measure(join_results(few, calls, CODES, purchases=purchases))


def test_a_list_with_few_of_a_segment_held_out_is_left_out_of_the_segment_and_counted():
    """Two held out who stand for most of those called once made an interval of 100 points."""
    call_list, calls, purchases = two_lists(3, shares=(0.5, 0.5))
    held = (pl.col("run") == "spring") & (pl.col("status") == "held_out") & (pl.col("segment") == "retired")
    few = call_list.filter(~held | (held.cum_sum() <= 9))
    found = measure(join_results(few, calls, CODES, purchases=purchases))
    alone = call_list.filter((pl.col("run") == "summer") | (pl.col("segment") != "retired"))
    expected = measure(join_results(alone, calls, CODES, purchases=purchases)).frame()
    mine, theirs = (estimate(frame, "response", "plain", segment="retired") for frame in (found.frame(), expected))
    assert mine == theirs
    spring = few.filter(run="spring", segment="retired").height
    said = "Left out of a segment, as their list has fewer than 10 customers of it in an arm: retired "
    assert f"{said}({spring:,} customers)." in found.sentences
    enough = measure(join_results(call_list, calls, CODES, purchases=purchases))
    assert not any("Left out of a segment" in sentence for sentence in enough.sentences)


def test_a_change_at_most_is_written_in_full_and_is_no_more_than_all():
    place = pl.int_range(1_010, eager=True)
    call_list = pl.DataFrame(
        {"customer": [f"{i:04d}" for i in range(1_010)], "propensity": 0.5, "value": 1.0, "cost": 0.0}
    )
    call_list = call_list.with_columns(status=pl.when(place < 10).then(pl.lit("held_out")).otherwise(pl.lit("listed")))
    purchases = call_list.select("customer").filter((place < 5) | (place >= 60))
    calls = call_list.filter(status="listed").select("customer", code=pl.lit("NO"))
    found = measure(join_results(call_list, calls, CODES, purchases=purchases), level=0.999)
    assert found.doubt is not None
    assert "by 100 points at most" in found.doubt[1]


def test_who_has_no_result_may_never_have_been_called():
    call_list, calls, purchases = unmoved(1)
    once = np.ones(call_list.height)
    some = measure(join_results(call_list, calls[: calls.height // 4], CODES, purchases=purchases), calls_planned=once)
    assert f"of {calls.height:,} listed customers have no result (75 %)" in some.cautions[0]
    planned, by_results = estimate(some.frame(), "profit"), estimate(some.frame(), "profit_by_results")
    assert by_results["difference"] - planned["difference"] == pytest.approx(2.0 * 0.75, abs=0.01)
    assert any("If only calls that left a result cost something" in said for said in some.sentences)
    every = measure(join_results(call_list, calls, CODES, purchases=purchases), calls_planned=once)
    assert every.cautions == ()
    assert "profit_by_results" not in every.frame()["quantity"]
    thrice = measure(
        join_results(call_list, pl.concat([calls] * 3), CODES, purchases=purchases), calls_planned=1.5 * once
    )
    found = thrice.frame()
    assert estimate(found, "profit")["difference"] - estimate(found, "profit_by_results")[
        "difference"
    ] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("cost", "share", "title", "planned", "by_results"),
    [
        (8.0, 0.75, "Calling surely cost more than it brought, after the planned cost", LOST, OPEN),
        (6.0, 0.01, "Whether calling paid cannot be told yet", OPEN, PAID),
        (12.0, 0.01, "Whether calling paid depends on what a call costs", LOST, PAID),
    ],
)
def test_where_two_reckonings_of_the_cost_disagree_the_planned_one_decides_and_both_are_named(
    cost, share, title, planned, by_results
):
    call_list, results = campaign(3, n=20_000)
    call_list = call_list.with_columns(cost=pl.lit(cost))
    purchases = results.filter(code="SALE").select("customer")
    joined = join_results(call_list, results.head(int(share * results.height)), CODES, purchases=purchases)
    found = measure(joined, calls_planned=np.ones(call_list.height))
    assert found.doubt is not None
    assert found.doubt[0] == title
    assert (
        f"After the planned cost of the calls, {planned}; if only calls that left a result cost something, {by_results}."
        in found.doubt[1]
    )


def test_nothing_is_said_of_calls_with_a_result_where_one_of_the_called_has_an_unknown_price():
    call_list, calls, purchases = unmoved(1, n=2_000)
    joined = join_results(call_list, calls[: calls.height // 4], CODES, purchases=purchases)
    unknown = np.where(call_list["status"] == "held_out", np.nan, 1.0)
    assert "profit_by_results" in measure(joined, calls_planned=unknown).frame()["quantity"]
    unknown[np.flatnonzero(call_list["status"] == "listed")[0]] = np.nan
    for planned in (None, unknown):
        found = measure(joined, calls_planned=planned)
        assert "profit_by_results" not in found.frame()["quantity"]
        assert not any("left a result" in said for said in found.sentences)


def test_intervals_of_segments_hold_for_all_together_and_small_segments_are_named():
    call_list, results = campaign(3, n=6_000)
    parts = call_list.with_columns(segment=pl.Series([f"s{i % 8}" for i in range(5_950)] + ["tiny"] * 50))
    found = measure(join_results(parts, results, CODES))
    level = 1 - 0.1 / 8
    alone = measure(
        join_results(parts.with_columns(segment=pl.when(segment="s3").then("segment")), results, CODES), level=level
    )
    assert estimate(found.frame(), "response", "plain", "s3") == estimate(alone.frame(), "response", "plain", "s3")
    assert "tiny" not in found.frame()["segment"]
    assert any("a segment needs 20 customers in each arm: tiny (" in said for said in found.sentences)


def test_a_segment_called_everyone_is_not_everyone():
    call_list, results = campaign(3)
    named = call_list.with_columns(segment=pl.col("segment").replace("retired", "everyone"))
    found, plain = (measure(join_results(rows, results, CODES)) for rows in (named, call_list))
    assert found.sentences == plain.sentences
    mine, theirs = (
        estimate(found.frame(), "response", segment="everyone (segment)"),
        estimate(plain.frame(), "response", segment="retired"),
    )
    assert mine["difference"] == theirs["difference"]


def test_a_customer_on_two_lists_costs_the_calls_of_both():
    call_list, calls, purchases = unmoved(4, n=2_000)
    twice = pl.concat([call_list, call_list])
    once, both = (measure(join_results(rows, calls, CODES, purchases=purchases)).frame() for rows in (call_list, twice))
    cost = estimate(once, "profit", "plain")["difference"] - estimate(both, "profit", "plain")["difference"]
    assert cost == pytest.approx(2.0)


def test_earlier_lists_that_leave_nobody_are_refused():
    call_list, calls, purchases = unmoved(4, n=200)
    with pytest.raises(DataError, match="nobody else is left"):
        measure(join_results(call_list, calls, CODES, purchases=purchases, earlier=[call_list]))


def test_no_purchase_among_those_held_out_is_no_certainty():
    """With a variance of 0 any campaign seemed to help."""
    call_list, results = campaign(2, n=330, share=1 / 11, effect=0.0)
    held = call_list.filter(pl.col("status") == "held_out")["customer"]
    joined = join_results(call_list, results.filter(~pl.col("customer").is_in(held.implode())), CODES)
    found = measure(joined, held_out_silence_means_no=True)
    assert "too few purchases among those held out to tell" in found.sentences[-1]
    assert found.frame().filter(pl.col("segment") == "everyone")["low"].is_nan().all()
    assert not any("interval" in sentence for sentence in found.sentences)


def noticed(seeds, rate, effect, called, held_out):
    """Share of campaigns whose plain interval of the response is given and leaves 0 out."""
    status = ["listed"] * called + ["held_out"] * held_out
    customers = [f"{i:06d}" for i in range(called + held_out)]
    call_list = pl.DataFrame({"customer": customers, "status": status, "propensity": rate, "value": 1.0, "cost": 0.0})
    chance = np.where(np.array(status) == "listed", rate, rate - effect)
    seen = 0
    for seed in seeds:
        success = np.random.default_rng(seed).random(chance.size) < chance
        results = pl.DataFrame({"customer": customers, "code": np.where(success, "SALE", "NO")})
        row = estimate(measure(join_results(call_list, results, CODES)).frame(), "response", "plain")
        seen += not row["low"] <= 0 <= row["high"] and not np.isnan(row["low"])
    return seen / len(seeds)


@pytest.mark.parametrize(("rate", "called", "held_out"), [(0.12, 900, 300), (0.2, 500, 100)])
def test_what_the_plan_of_a_holdout_promises_is_found(rate, called, held_out):
    plan = plan_holdout(rate, called, held_out)
    assert noticed(range(100), rate, plan.smallest_effect, called, held_out) == pytest.approx(0.8, abs=0.1)


def missed(seeds, n, share, effect):
    """Share of campaigns whose plain, and whose CUPED interval leaves the truth out; one without any claims nothing."""
    wrong = np.zeros(2)
    for seed in seeds:
        joined = join_results(*campaign(seed, n=n, share=share, effect=effect), CODES)
        found = measure(joined, held_out_silence_means_no=True).frame()
        for place, method in enumerate(("plain", "cuped")):
            if found.filter(pl.col("method") == method).is_empty():
                continue
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
    assert f"against {100 * success:.1f} %" in " ".join(found.sentences)
    without = f"{100 * (plain['called'] - plain['held_out']):+.1f} without"
    assert f"after allowing for the arms' different propensities ({without}): " in " ".join(found.sentences)


def test_where_nothing_was_allowed_for_the_sentence_subtracts():
    call_list, results = campaign(7, n=2_000)
    found = measure(join_results(call_list.with_columns(propensity=pl.lit(0.1)), results, CODES))
    assert "allowing" not in " ".join(found.sentences)


def test_arms_that_are_not_alike_have_no_plain_difference_in_the_sentence_either():
    _, second, calls, purchases = two_waves(1)
    said = " ".join(measure(join_results(second, calls, CODES, purchases=purchases)).sentences)
    assert "different propensities: " in said
    assert " without)" not in said


def covered(seeds, method):
    hits, told = np.zeros(2), 0
    for seed in seeds:
        found = measure(join_results(*campaign(seed, n=3000), CODES)).frame()
        if found.filter(pl.col("method") == method).is_empty():
            continue
        told += 1
        for place, (quantity, truth) in enumerate((("response", 0.06), ("profit", 4.0))):
            row = estimate(found, quantity, method)
            hits[place] += row["low"] <= truth <= row["high"]
    return hits / told


@pytest.mark.slow
@pytest.mark.parametrize("method", ["plain", "cuped"])
def test_nominal_ninety_percent_intervals_hold_the_truth_in_ninety(method):
    share = covered(range(1000), method)
    assert ((share >= 0.88) & (share <= 0.92)).all(), share


def test_a_table_that_says_yes_or_no_of_everybody_tells_of_no_calls():
    call_list, _ = campaign(1, n=400)
    held = pl.col("status") == "held_out"
    results = call_list.select("customer", code=pl.when(held).then(pl.lit("NO")).otherwise(pl.lit("SALE")))
    found = measure(join_results(call_list, results, CODES))  # nobody held out bought, and every one is told
    assert not any("were called all the same" in caution for caution in found.cautions)

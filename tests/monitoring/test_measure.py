from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from segmint.errors import ConfigError, DataError
from segmint.monitoring.codes import Dispositions, parse_dispositions
from segmint.monitoring.measure import join_results, measure
from segmint.targeting.holdout import plan_holdout

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
    with pytest.raises(DataError, match=r"code without a meaning \(SOLD!: [0-9]+\)\.(.|\n)*codes init RESULTS"):
        join_results(call_list, results.with_columns(code=pl.lit("SOLD!")), CODES)
    with pytest.raises(DataError, match=r"no column 'code'(.|\n)*--codes; to draft one: segmint codes init"):
        join_results(call_list, results.drop("code"), CODES)


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


def unmoved(seed, n=20_000, reached=0.4, share=0.2):
    """A campaign in which calling changes nothing: who would buy buys, and of those called some are reached and say so."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(2, 8, n)
    held, buys = rng.random(n) < share, rng.random(n) < chance
    answered = rng.random(n) < reached
    call_list = pl.DataFrame(
        {
            "customer": [f"{i:06d}" for i in range(n)],
            "status": np.where(held, "held_out", "listed"),
            "propensity": chance,
            "value": np.full(n, 100.0),
            "cost": np.full(n, 2.0),
        }
    )
    code = np.where(~answered, "NA", np.where(buys, "SALE", "NO"))
    calls = call_list.select("customer", code=pl.Series(code)).filter(pl.Series(~held))
    purchases = call_list.select("customer").filter(pl.Series(buys))
    return call_list, calls, purchases


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


def test_a_yes_on_the_phone_without_a_purchase_is_counted_and_is_no_purchase():
    call_list, calls, purchases = unmoved(2, n=2_000)
    called = call_list.filter(pl.col("status") == "listed")["customer"]
    bought = purchases.filter(~pl.col("customer").is_in(called.head(500).implode()))
    joined = join_results(call_list, calls, CODES, purchases=bought)
    said_yes = calls.filter((pl.col("code") == "SALE") & pl.col("customer").is_in(called.head(500).implode())).height
    assert f"{said_yes:,} customers said yes on the phone and have no purchase" in joined.sentence
    few = join_results(call_list, calls.head(1), CODES, purchases=purchases.head(1))
    assert few.sentence.startswith("1 result read: 1 of customers on the list, 0 of others. 1 purchase read, 1 of")
    assert not joined.rows.filter(pl.col("customer").is_in(called.head(500).implode()))["success"].any()


def test_a_call_code_of_somebody_held_out_is_no_purchase_and_is_counted_as_a_call():
    call_list, calls, purchases = unmoved(3, n=2_000)
    held = call_list.filter(pl.col("status") == "held_out").select("customer").head(7)
    dialled = pl.concat([calls, held.with_columns(code=pl.lit("NA"))])
    with pytest.raises(DataError, match="say nothing of the customers held out"):
        measure(join_results(call_list, dialled, CODES))
    found = measure(join_results(call_list, dialled, CODES, purchases=purchases))
    assert len(found.cautions) == 1
    assert found.cautions[0].startswith("7 of ")


def test_with_purchases_a_no_of_somebody_held_out_is_a_call():
    call_list, calls, purchases = unmoved(3, n=2_000)
    held = call_list.filter(pl.col("status") == "held_out").select("customer").head(30)
    mistaken = held.with_columns(code=pl.Series(["NO"] * 17 + ["NA"] * 5 + ["SALE"] * 8))
    found = measure(join_results(call_list, pl.concat([calls, mistaken]), CODES, purchases=purchases))
    assert found.cautions[0].startswith("22 of ")


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


def test_purchases_before_the_list_are_left_out_and_those_without_a_date_are_not():
    call_list, calls, purchases = unmoved(2, n=2_000)
    dates = ["01.03.2026", "31.12.2025", "?", "02.03.2026"]
    dated = purchases.with_columns(
        bought_on=pl.Series([dates[i % 4] if i < 40 else "05.03.2026" for i in range(purchases.height)])
    )
    joined = join_results(call_list, calls, CODES, purchases=dated, since=date(2026, 3, 1))
    early = purchases["customer"].gather(range(1, 40, 4))
    assert (joined.purchases, joined.bought.too_early, joined.bought.undated) == (purchases.height, 10, 10)
    assert not joined.rows.filter(pl.col("customer").is_in(early.implode()))["success"].any()
    assert joined.rows["success"].sum() == purchases.height - 10
    assert "10 purchases were made before the list of 2026-03-01 and left out." in joined.sentence
    assert "10 purchases without a date that can be read count as made" in joined.sentence


def test_purchases_that_are_all_older_than_the_list_are_of_its_customers_and_refused():
    call_list, calls, purchases = unmoved(2, n=2_000)
    dated = purchases.with_columns(Datum=pl.lit("12.03.2026"))
    joined = join_results(call_list, calls, CODES, purchases=dated, since=date(2026, 11, 27))
    assert joined.purchases_matched == purchases.height
    with pytest.raises(DataError, match=f"All {purchases.height} purchases were made before the list of 2026-11-27"):
        measure(joined)
    alone = join_results(call_list, calls, CODES, purchases=dated.head(1), since=date(2026, 11, 27))
    with pytest.raises(DataError, match="The one purchase was made before the list"):
        measure(alone)


def test_a_row_for_every_customer_is_no_purchase_of_every_customer():
    call_list, calls, purchases = unmoved(2, n=2_000)
    with pytest.raises(DataError, match="Every one of the 2,000 customers, called or held out, has a row"):
        measure(join_results(call_list, calls, CODES, purchases=call_list.select("customer", amount=pl.lit("12"))))
    bought = pl.when(pl.col("customer").is_in(purchases["customer"].implode())).then(pl.lit("ja"))
    rows = call_list.select("customer", gekauft=bought.otherwise(pl.lit("nein")))
    joined = join_results(call_list, calls, CODES, purchases=rows)
    plain = join_results(call_list, calls, CODES, purchases=purchases)
    assert joined.rows.equals(plain.rows)
    assert "2,000 rows of purchases read, 2,000 of customers on the list" in joined.sentence
    assert f"{2_000 - purchases.height:,} rows without a yes are none" in joined.sentence


def test_a_yes_or_no_of_something_else_is_refused_only_where_nearly_everybody_has_a_row():
    call_list, calls, purchases = unmoved(2, n=2_000)
    online = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("ja")).otherwise(pl.lit("nein")).alias("online")
    joined = join_results(call_list, calls, CODES, purchases=purchases.with_columns(online))
    assert joined.rows["success"].sum() == purchases.height
    assert "Every row counts as a purchase, whatever it says under 'online'" in joined.sentence
    with pytest.raises(DataError, match="have a yes or a no under 'online'"):
        join_results(call_list, calls, CODES, purchases=call_list.select("customer").head(1_900).with_columns(online))
    of_one_arm = call_list.filter(status="listed").select("customer").with_columns(online)
    assert join_results(call_list, calls, CODES, purchases=of_one_arm).bought.open_ones == ("online",)


def test_results_of_calls_are_no_purchases():
    call_list, calls, _ = unmoved(3, n=200)
    with pytest.raises(DataError, match="these are results, and no purchases"):
        join_results(call_list, calls, CODES, purchases=calls)
    products = calls.select("customer", code=pl.lit("TD-12M"))
    assert (
        join_results(call_list, calls, CODES, purchases=products).purchases
        == 200 - call_list.filter(pl.col("status") == "held_out").height
    )


def test_results_or_purchases_of_another_campaign_are_refused():
    call_list, calls, purchases = unmoved(3, n=400)
    others = pl.concat_str(pl.lit("Z"), "customer").alias("customer")
    with pytest.raises(DataError, match=r"None of the \d+ results is of a customer on the list"):
        measure(join_results(call_list, calls.with_columns(others), CODES, purchases=purchases))
    with pytest.raises(DataError, match=r"None of the \d+ purchases is of a customer on the list"):
        measure(join_results(call_list, calls, CODES, purchases=purchases.with_columns(others)))


def test_purchases_without_a_column_of_customers_are_refused():
    call_list, calls, purchases = unmoved(3, n=200)
    with pytest.raises(DataError, match="purchases have no column 'customer'"):
        join_results(call_list, calls, CODES, purchases=purchases.rename({"customer": "who"}))
    renamed = CODES.model_copy(update={"customer": "id"})
    assert join_results(call_list, calls.rename({"customer": "id"}), renamed, purchases=purchases).purchases


def two_waves(seed, n=20_000, size=2_500, share=0.1):
    """Two lists of one campaign: those called once rest, those held out come to the top of the ranking again."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 6, n)
    held, buys = rng.random(n) < share, rng.random(n) < chance
    ranking = np.argsort(-chance)
    lists = []
    for _ in range(2):
        cut = ranking[: int(np.searchsorted(np.cumsum(~held[ranking]), size)) + 1]
        lists.append(
            pl.DataFrame(
                {
                    "customer": [f"{i:06d}" for i in cut],
                    "status": np.where(held[cut], "held_out", "listed"),
                    "propensity": chance[cut],
                    "value": np.full(cut.size, 100.0),
                    "cost": np.full(cut.size, 2.0),
                }
            )
        )
        ranking = ranking[~np.isin(ranking, cut[~held[cut]])]
    calls = lists[1].filter(pl.col("status") == "listed").select("customer", code=pl.lit("NO"))
    return *lists, calls, pl.DataFrame({"customer": [f"{i:06d}" for i in np.flatnonzero(buys)]})


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


def test_dispositions_are_read_from_toml_and_name_a_success():
    read = parse_dispositions('customer = "id"\n[codes]\nSALE = "success"\n10 = "not_reached"')
    assert read.codes["10"] == "not_reached"
    with pytest.raises(ConfigError, match="no code that means success"):
        parse_dispositions('[codes]\nA = "refused"')
    with pytest.raises(ConfigError, match="gives the code 'A' no meaning"):
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


def without_zeros(table):
    return table.with_columns(pl.col("customer").cast(pl.Int64).cast(pl.String))


@pytest.mark.parametrize("lost", ["list", "others"])
def test_zeros_that_a_spreadsheet_dropped_change_nothing(lost):
    call_list, results = campaign(3)
    purchases = results.filter(pl.col("code") == "SALE").select("customer")
    earlier = call_list.head(300)
    whole = join_results(call_list, results, CODES, purchases=purchases, earlier=[earlier])
    tables = (call_list, results, purchases, earlier)
    shortened = [without_zeros(table) if (table is call_list) == (lost == "list") else table for table in tables]
    joined = join_results(shortened[0], shortened[1], CODES, purchases=shortened[2], earlier=shortened[3:])
    assert joined.strangers == 0
    assert (joined.before, joined.purchases_matched) == (300, purchases.height)
    assert measure(joined).frame().equals(measure(whole).frame())
    assert joined.by_zeros == {
        "results": results.height,
        "purchases": purchases.height,
        "customers of earlier lists": 300,
    }
    assert "zeros before them, which a spreadsheet drops: " in joined.sentence
    assert "spreadsheet drops" not in whole.sentence
    assert whole.cautions == joined.cautions == ()


def test_an_id_without_its_zeros_that_could_be_of_several_customers_is_a_caution():
    call_list, _ = campaign(3, n=100)
    twins = call_list.with_columns(customer=pl.Series(["07", "007", *call_list["customer"][2:]]))
    said = pl.DataFrame({"customer": ["7", "07", "7"], "code": ["DNC", "NO", "SALE"]})
    joined = join_results(twins, said, CODES, purchases=pl.DataFrame({"customer": ["7"]}))
    assert joined.rows.select(pl.col("dialled", "success").sum()).row(0) == (1, 0)  # 07 alone, who refused
    assert joined.do_not_call.to_list() == ["7"]  # `segmint target` keeps off whoever that may be
    assert any("1 id has lost the zeros before, and several" in said for said in joined.cautions)


def test_an_earlier_list_that_meets_nobody_is_a_caution():
    call_list, results = campaign(3, n=100)
    purchases = results.filter(pl.col("code") == "SALE").select("customer")
    other = call_list.with_columns(customer="X" + pl.col("customer"))
    joined = join_results(call_list, results, CODES, purchases=purchases, earlier=[call_list.head(1), other])
    assert joined.cautions == (
        "None of the 100 customers on an earlier list is on this one, so it left nobody out. Check that it is of the same "
        "campaign, and writes ids as this list does.",
    )

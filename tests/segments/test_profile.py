"""Profiles say what is typical, with intervals that hold the truth."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import load_contract, parse_contract
from segmint.contract.validate import validate
from segmint.metrics.intervals import wilson
from segmint.segments.profile import CallMoney, _profits, _strongest, profile_segments
from segmint.simulation import Campaign, simulate
from segmint.tables.source import open_table
from segmint.wording import decimal
from tests.segments.conftest import CONTRACT, draw_campaign
from tests.segments.one_segment import say


def test_the_retired_are_marked_as_retired(campaign, truth):
    retired = profile_segments(campaign, truth).segments[2]
    marker = next(marker for marker in retired.markers if marker.level == "retired")
    assert marker.share > 0.85
    assert marker.low < marker.share < marker.high
    assert marker.index == pytest.approx(100 * marker.share / marker.base)
    assert next(row for row in retired.typical if row.column == "age").median > 60


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"keys": ("a", "b")}, "Got 2 for the segments 0 to 2"),
        ({"keys": ("a", "b", "b")}, "must differ"),
        ({"jaccard": (0.9, 0.8)}, "each of the 3 segments. Got 2"),
        ({"probabilities": np.ones((3, 3))}, r"Got \(3, 3\)"),
        ({"labels": np.zeros(3, dtype=int)}, r"Got an array of shape \(3,\)"),
        ({"labels": np.full(1_500, 0.5)}, "whole numbers from 0"),
    ],
)
def test_what_does_not_fit_the_segments_is_refused(campaign, truth, given, words):
    with pytest.raises(ValueError, match=words):
        profile_segments(campaign, **{"labels": truth, **given})


def test_a_trait_known_of_a_few_says_of_how_many_and_names_nobody(truth):
    frame = draw_campaign().with_columns(
        job=pl.when((pl.col("kind") == 2) & (pl.int_range(pl.len()) % 10 > 0)).then(None).otherwise("job")
    )
    table = validate(open_table(frame), parse_contract(CONTRACT, origin="test"))
    profiles = profile_segments(table, truth)
    marker = next(marker for marker in profiles.segments[2].markers if marker.level == "retired")
    told = frame["job"].is_not_null().to_numpy()
    assert (marker.known, marker.base_known) == pytest.approx((told[truth == 2].mean(), told.mean()), abs=0.03)
    assert marker.share > 0.8 > 0.5 > marker.of_all
    assert "retired" not in say(profiles)[2].name.lower()


def test_what_chance_allows_in_a_small_segment_is_no_marker(campaign, truth):
    small = truth.copy()
    small[:] = 0
    small[np.random.default_rng(4).permutation(len(truth))[:12]] = 1  # drawn by lot: nothing is typical of them
    few, many = profile_segments(campaign, small).segments[1], profile_segments(campaign, truth).segments[2]
    assert few.customers == 12
    for marker in (*few.markers, *many.markers):
        assert not marker.low <= marker.base <= marker.high
    assert len(few.markers) < len(many.markers)


def test_profit_is_response_times_value_less_cost(campaign, truth):
    profiles = profile_segments(campaign, truth, money=CallMoney(5.0, 40.0))
    response = profiles.segments[2].response
    assert response.profit_per_call == pytest.approx(response.rate * 40 - 5)
    assert response.profit_low == pytest.approx(response.low * 40 - 5)
    assert profiles.frame()["response_rate"].to_list()[2] == response.rate


def test_sizes_add_up_and_state_codes_are_no_numbers(campaign, truth):
    profiles = profile_segments(campaign, truth)
    assert sum(segment.customers for segment in profiles.segments) == len(campaign)
    assert all(row.median > 0 for s in profiles.segments for row in s.typical if row.column == "pdays")
    assert set(profiles.markers()["segment"]) <= {"1", "2", "3"}


def with_channel(channel):
    frame = draw_campaign().with_columns(contact=channel)
    return validate(open_table(frame), parse_contract(CONTRACT, origin="test"))


def test_the_best_channel_is_an_association_with_its_interval(truth):
    said_yes_by_mobile = pl.when((pl.col("y") == "yes") | (pl.int_range(pl.len()) % 3 == 0))
    table = with_channel(said_yes_by_mobile.then(pl.lit("cellular")).otherwise(pl.lit("telephone")))
    best = profile_segments(table, truth).segments[2].best
    assert [(row.column, row.level) for row in best] == [("contact", "cellular")]
    assert best[0].low < best[0].rate < best[0].high
    assert best[0].pays is None
    for cost, pays in ((60 * best[0].low - 0.01, False), (10.0, True)):  # the first pays for who looks at one level
        (held,) = profile_segments(table, truth, money=CallMoney(cost, 60.0)).segments[2].best
        assert held.pays == pays, cost


def test_a_level_is_the_best_only_where_calls_enough_carry_it(truth):
    frame = draw_campaign()
    yes = (frame["y"] == "yes").to_numpy()
    here = np.flatnonzero((truth == 2) & yes)[:48], np.flatnonzero((truth == 2) & ~yes)[:12]
    channel = np.full(frame.height, "telephone", dtype=object)
    channel[np.concatenate(here)] = "mail"
    (best,) = profile_segments(with_channel(pl.Series(channel.astype(str))), truth).segments[2].best
    assert (best.level, best.customers, best.rate) == ("mail", 60, 0.8)
    channel[np.concatenate(here)[49:]] = "telephone"
    assert profile_segments(with_channel(pl.Series(channel.astype(str))), truth).segments[2].best == ()


def test_the_most_frequent_channel_is_not_the_best_when_it_is_no_better(truth):
    alike = (pl.int_range(pl.len()) % 10 == 0) | (pl.int_range(pl.len()) % 10 == 1)
    table = with_channel(pl.when(alike).then(pl.lit("cellular")).otherwise(pl.lit("telephone")))
    assert all(segment.best == () for segment in profile_segments(table, truth).segments)


def test_a_channel_is_not_the_best_because_nobody_knows_the_channel_of_those_who_said_no(truth):
    unknown = (pl.col("y") == "no") & (pl.int_range(pl.len()) % 2 == 0)
    alike = pl.when(pl.int_range(pl.len()) % 20 < 18).then(pl.lit("cellular")).otherwise(pl.lit("telephone"))
    table = with_channel(pl.when(unknown).then(pl.lit("unknown")).otherwise(alike))
    assert all(segment.best == () for segment in profile_segments(table, truth).segments)


def test_of_a_dozen_channels_that_are_alike_none_is_the_best():
    draw = np.random.default_rng(0)
    found = 0
    for _ in range(20):
        channel = pl.Series(draw.choice([f"c{number}" for number in range(12)], draw_campaign().height))
        table = with_channel(channel)
        profiles = profile_segments(table, draw.integers(5, size=len(table)))
        found += sum(segment.best != () for segment in profiles.segments)
    assert found <= 10, "of 100"


def test_of_many_columns_and_segments_that_are_alike_none_has_a_best_level():
    draw, found = np.random.default_rng(5), 0
    columns = [Column(name=f"c{n}", kind="category", role="context", label=f"c{n}", known="dialling") for n in range(8)]
    contract = parse_contract(CONTRACT, origin="test")
    contract = contract.model_copy(update={"columns": (*contract.columns, *columns)})
    for _ in range(20):
        frame = draw_campaign()
        frame = frame.with_columns(pl.Series(c.name, draw.choice(list("abcd"), frame.height)) for c in columns)
        profiles = profile_segments(validate(open_table(frame), contract), draw.integers(5, size=frame.height))
        found += any(segment.best != () for segment in profiles.segments)
    assert found <= 4, "of 20"


def test_amounts_in_a_column_say_what_the_same_amount_for_everyone_says():
    for yes in (np.zeros(300, bool), np.arange(300) < 2, np.arange(300) < 40):
        rate, low, high = float(yes.mean()), *(float(end) for end in wilson(yes.sum(), len(yes)))
        plain = _profits(yes, np.arange(300), (rate, low, high), CallMoney(5.0, 400.0, "EUR"))
        listed = _profits(
            yes, np.arange(300), (rate, low, high), CallMoney(np.full(300, 5.0), np.full(300, 400.0), "EUR")
        )
        assert listed == pytest.approx(plain, rel=1e-3)
        assert plain[:3] == pytest.approx([400 * rate - 5, 400 * low - 5, 400 * high - 5])
        lost = _profits(yes, np.arange(300), (rate, low, high), CallMoney(5.0, np.full(300, -400.0), "EUR"))
        assert lost[:3] == pytest.approx([-400 * rate - 5, -400 * high - 5, -400 * low - 5], rel=1e-3), (
            "who says yes costs more"
        )


def test_the_interval_of_a_profit_holds_the_true_one():
    draw = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        yes, values = draw.random(300) < 0.05, draw.gamma(2.0, 200.0, 300)
        ends = (float(end) for end in wilson(yes.sum(), 300))
        _, low, high, _ = _profits(yes, np.arange(300), (float(yes.mean()), *ends), CallMoney(5.0, values, "EUR"))
        held += low <= 0.05 * 400 - 5 <= high
    assert held >= 360  # of some fifteen a mean value is known poorly


def test_a_median_knows_how_many_it_is_of(campaign, truth):
    workers = profile_segments(campaign, truth).segments[0]
    known = {row.column: row.known for row in workers.typical}
    pdays = campaign.frame["pdays"].to_numpy()[truth == 0]
    assert known["pdays"] == pytest.approx((pdays > 0).mean())
    assert known["balance"] == 1


def test_half_of_a_segment_has_its_median_or_more_where_that_is_above_the_median_of_all(campaign, truth):
    rng = np.random.default_rng(3)
    balances = np.round(rng.lognormal(7, 1, len(truth)) * (1 + truth) - 500, 2)
    table = validate(
        open_table(draw_campaign().with_columns(balance=balances)), parse_contract(CONTRACT, origin="test")
    )
    parts = profile_segments(table, truth).segments
    assert len({row.base_median for part in parts for row in part.typical if row.column == "balance"}) == 1
    for place, part in enumerate(parts):
        row, here = next(row for row in part.typical if row.column == "balance"), balances[truth == place]
        assert row.side == np.sign(np.median(here) - np.median(balances)) == np.sign(row.median - row.base_median)
        assert ((here - row.median) * row.side >= 0).mean() >= 0.5
        assert row.median not in balances


def test_where_some_owe_there_are_no_shares_of_the_sum(campaign, truth):
    assert all(row.share is not None for part in profile_segments(campaign, truth).segments for row in part.worth)
    frame = draw_campaign().with_columns(balance=pl.col("balance") - 100)
    table = validate(open_table(frame), parse_contract(CONTRACT, origin="test"))
    worth = [row for part in profile_segments(table, truth).segments for row in part.worth]
    assert worth
    assert all(row.share is None for row in worth)


def test_no_mean_is_told_of_which_one_customer_makes_much(truth):
    def described(richest):
        balances = np.random.default_rng(4).integers(100, 900, len(truth)).astype(float)
        balances[np.flatnonzero(truth == 2)[0]] = richest
        frame = draw_campaign().with_columns(balance=balances)
        table = validate(open_table(frame), parse_contract(CONTRACT, origin="test"))
        return profile_segments(table, truth, money=CallMoney(5.0, balances))

    usual, rich, richer = (described(amount).segments for amount in (500.0, 400_000.0, 410_000.0))
    assert all(part.worth and not part.withheld for part in usual)
    label = usual[0].worth[0].label
    silent = [part for part in rich if not part.worth]
    assert len(silent) > 1  # of one alone the others would tell
    assert rich[2] in silent
    assert all(part.withheld == (label,) for part in silent)
    assert "no average is shown" in say(described(400_000.0))[2].of("worth")[-1].text
    assert [part.typical for part in rich] == [part.typical for part in richer]
    assert rich[2].response == richer[2].response
    assert all(row.mean == float(f"{row.mean:.4g}") for part in usual for row in part.worth)


def test_each_customers_own_value_makes_the_profit(campaign, truth):
    yes = campaign.outcome == "yes"
    value = np.where(truth == 2, 100.0, 10.0)
    money = CallMoney(np.full(len(yes), 2.0), value, calls_per_customer=2.0)
    for place, segment in enumerate(profile_segments(campaign, truth, money=money).segments):
        here = truth == place
        earned = (yes * value / 2 - 2.0)[here]
        assert segment.response.profit_per_call == pytest.approx(earned.mean(), rel=1e-3)
        assert segment.response.profit_low < earned.mean() < segment.response.profit_high
        assert segment.response.profit_per_customer == pytest.approx(2 * earned.mean(), rel=1e-3)


def test_only_who_is_reached_brings_a_profit(campaign, truth):
    money = CallMoney(2.0, 50.0, conversations_per_customer=0.4)
    for segment in profile_segments(campaign, truth, money=money).segments:
        assert segment.response.profit_per_call == pytest.approx(0.4 * 50.0 * segment.response.rate - 2.0)


def test_rows_that_say_the_same_again_make_nothing_surer():
    contract, frame = with_customers()
    frame = frame.with_columns(
        y=pl.when(pl.col("kind") == 0).then(pl.lit("no")).otherwise("y"),  # a segment in which nobody said yes
        contact=pl.when(pl.col("age") % 3 == 0).then(pl.lit("cellular")).otherwise(pl.lit("telephone")),
    )

    def described(times):
        rows = pl.concat([frame] * times)
        table = validate(open_table(rows), parse_contract(contract, origin="test"))
        money = CallMoney(5.0, 40.0 + table.frame["balance"].to_numpy() % 9, "EUR")
        return profile_segments(table, rows["kind"].to_numpy(), money=money).segments

    for once, tenfold in zip(described(1), described(10), strict=True):
        first, again = once.response, tenfold.response
        assert (again.low, again.high) == pytest.approx((first.low, first.high))
        assert again.profit_low == pytest.approx(first.profit_low, abs=0.01)
        assert again.profit_high == pytest.approx(first.profit_high, abs=0.01)
        assert tenfold.best == once.best == ()
        assert [row.high for row in tenfold.worth] == pytest.approx([row.high for row in once.worth], rel=0.001)
        ends = {(row.column, row.level): row.high for row in once.markers}
        for row in tenfold.markers:
            assert row.high == pytest.approx(ends.get((row.column, row.level), row.high))


def with_customers():
    """Return the contract with an id and a frame in which each row is a customer."""
    frame = draw_campaign().with_row_index("customer").with_columns(pl.format("k{}", "customer").alias("customer"))
    return CONTRACT + '[columns.customer]\nkind = "category"\nrole = "id"\nlabel = "customer"\n', frame


def test_of_one_customer_in_twelve_rows_no_amount_level_or_channel_is_said(truth):
    contract, frame = with_customers()
    row = pl.int_range(pl.len())
    hers, silent = row < 12, row.is_between(12, 23)  # those beside her in the segment have no values
    said = {"customer": "k0", "balance": 87654.32, "job": "retired", "y": "yes", "contact": "telephone"}
    frame = frame.with_columns(
        pl.when(hers).then(pl.lit(value)).otherwise(name).alias(name) for name, value in said.items()
    )
    empty = ("balance", "job", "age", "housing", "pdays")
    frame = frame.with_columns(pl.when(silent).then(None).otherwise(name).alias(name) for name in empty)
    table = validate(open_table(frame), parse_contract(contract, origin="test"))
    place = np.arange(len(truth))
    few = profile_segments(table, np.where(place < 24, 3, truth)).segments[3]
    assert (few.customers, few.markers, few.typical, few.worth) == (13, (), (), ())
    value = np.where(place < 12, 87654.32, 40.0)
    alone = profile_segments(table, np.where(place < 12, 3, truth), money=CallMoney(5.0, value)).segments[3]
    assert (alone.customers, alone.markers, alone.typical, alone.best, alone.worth) == (1, (), (), (), ())
    assert alone.response.profit_per_call == 35.0  # as if she brought what the others bring


def test_a_median_is_that_of_customers_and_not_the_number_of_one_with_many_rows(truth):
    contract, frame = with_customers()
    hers = frame.filter(pl.col("kind") == 2).head(1).with_columns(balance=pl.lit(87654.32))
    frame = pl.concat([frame, *[hers.cast(dict(frame.schema))] * 600])
    table = validate(open_table(frame), parse_contract(contract, origin="test"))
    retired = profile_segments(table, frame["kind"].to_numpy()).segments[2]
    assert 87654.32 not in {number for row in retired.typical for number in (row.median, row.base_median)}


def test_what_a_yes_is_worth_is_said_of_each_segment_and_what_a_call_costs_is_not(truth):
    roles = "".join(
        f'[columns.{role}]\nkind = "number"\nrole = "{role}"\nlabel = "{role}"\nunit = "account currency"\n'
        for role in ("value", "cost")
    )
    brought = np.random.default_rng(1).normal(-3.0, 40.0, len(truth)) + 5 * truth
    frame = draw_campaign().with_columns(value=pl.Series(brought), cost=pl.lit(12.0))
    table = validate(open_table(frame), parse_contract(CONTRACT + roles, origin="test"))
    profiles = profile_segments(table, truth)
    for place, segment in enumerate(profiles.segments):
        value = next(row for row in segment.worth if row.role == "value")
        assert value.mean == float(f"{brought[truth == place].mean():.4g}")
        assert value.low < value.mean < value.high
        assert value.share is None
        assert {row.column for row in segment.worth} == {"balance", "value"}
    said = [line.text for line in say(profiles, currency="EUR")[0].of("worth")]
    assert any(
        text.startswith(f"Value: {decimal(brought[truth == 0].mean(), 2)} EUR a customer on average (") for text in said
    )


@pytest.mark.parametrize(
    ("unit", "money"), [("EUR", True), ("€", True), ("Euro", True), ("account currency", True), ("months", False)]
)
def test_a_holding_in_a_currency_is_money_however_that_is_written(truth, unit, money):
    written = CONTRACT.replace('unit = "account currency"', f'unit = "{unit}"')
    table = validate(open_table(draw_campaign()), parse_contract(written, origin="test"))
    assert {row.column for row in profile_segments(table, truth).segments[0].worth} == ({"balance"} if money else set())


def test_satisfaction_is_profiled_where_the_table_knows_it():
    table = validate(open_table(simulate(Campaign(rows=600, seed=2)).frame), load_contract("simulated-campaign"))
    satisfied = table.frame["satisfaction"].to_numpy()
    halves = (satisfied > np.nanmedian(satisfied)).astype(np.int64)
    happy = profile_segments(table, halves).segments[1]
    assert "satisfaction" in {marker.column for marker in happy.markers} | {row.column for row in happy.typical}


def test_bands_of_a_number_crowd_out_no_other_column(retired):
    bands = [
        replace(retired.markers[0], column="days", level=str(place), difference=2.0 - place / 10) for place in range(9)
    ]
    success = replace(retired.markers[0], column="outcome", level="success", difference=0.5)
    kept = _strongest([*bands, success], set())
    assert [marker.column for marker in kept] == ["days"] * 4 + ["outcome"]


def test_what_no_value_means_takes_no_other_markers_place(retired):
    others = [replace(retired.markers[0], column=f"c{place}", level="x", difference=0.5) for place in range(12)]
    never = replace(retired.markers[0], column="days", level="never contacted", difference=2.0)
    kept = _strongest([*others, never], {("days", "never contacted")})
    assert kept == (never, *_strongest(others, set()))
    assert len(_strongest([*others, never], set())) == 12


def test_what_no_value_means_is_a_marker(truth):
    meant = CONTRACT.replace(
        'label = "days since the last call"', 'label = "days since the last call"\nmissing_means = "never called"'
    )
    frame = draw_campaign().with_columns(pdays=pl.when(pl.Series(truth == 2)).then("pdays"))
    table = validate(open_table(frame), parse_contract(meant, origin="test"))
    levels = {marker.level: marker.of_all for marker in profile_segments(table, truth).segments[0].markers}
    assert levels["never called"] == 1.0

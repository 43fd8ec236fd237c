from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from segmint.errors import DataError
from segmint.monitoring.measure import measure
from tests.monitoring.campaigns import CODES, campaign, join_results, unmoved


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


def test_results_that_lie_ahead_are_asked_about_as_purchases_are():
    call_list, calls, purchases = unmoved(2, n=500)
    dated = calls.with_columns(Anrufdatum=pl.lit("01.12.2062"))
    joined = join_results(call_list, dated, CODES, purchases=purchases, today=date(2026, 12, 2))
    asked = f"{calls.height} results have a day after 2026-12-02 under 'Anrufdatum': are the years right"
    assert any(said.startswith(asked) for said in joined.cautions)
    assert not any(
        "a day after" in said for said in join_results(call_list, dated, CODES, purchases=purchases).cautions
    )
    today = join_results(call_list, dated, CODES, purchases=purchases, today=date(2062, 12, 1))
    assert not any("a day after" in said for said in today.cautions)


def test_calls_before_the_list_are_no_answers_to_it_but_their_objections_hold():
    call_list, calls, purchases = unmoved(2, n=2_000)
    dated = calls.with_columns(Anrufdatum=pl.lit("01.12.2026"))
    listed = calls["customer"].head(300)
    before = pl.DataFrame({"customer": listed, "code": "SALE", "Anrufdatum": "10.10.2026"})
    asked = pl.DataFrame({"customer": [listed[0], listed[1]], "code": ["DNC", "NA"], "Anrufdatum": ["10.10.2026", "?"]})
    every, since = pl.concat([dated, before, asked]), date(2026, 11, 27)
    joined = join_results(call_list, every, CODES, purchases=purchases, since=since)
    plain = join_results(call_list, calls, CODES, purchases=purchases)
    assert joined.rows["said_yes"].to_list() == plain.rows["said_yes"].to_list()
    assert joined.rows["calls"].sum() == calls.height + 1
    assert joined.do_not_call.to_list() == [listed[0]]
    assert (joined.read, joined.matched, joined.too_early) == (every.height, every.height, 301)
    assert (
        "301 results are of calls before the list of 2026-11-27, as 'Anrufdatum' says, and left out." in joined.sentence
    )
    assert (
        "1 result without a date that can be read under 'Anrufdatum' counts as of calls since the list"
        in joined.sentence
    )
    unread = join_results(call_list, dated.with_columns(Anrufdatum=pl.lit("KW 49")), CODES, since=since)
    said = f"{calls.height:,} of {calls.height:,} results of customers on the list have no date that can be read under 'Anrufdatum' (100 %)"
    assert any(said in caution for caution in unread.cautions)
    assert "without a date" not in unread.sentence
    assert join_results(call_list, every, CODES, purchases=purchases).too_early == 0  # the day of the list is not known
    alone = join_results(call_list, before, CODES, purchases=purchases, since=since)
    assert not alone.rows["has_result"].any()
    with pytest.raises(DataError, match="All 300 results of customers on the list are of calls before the list of"):
        measure(alone)
    two_ways = join_results(call_list, dated.with_columns(Anrufdatum=pl.lit("01/12/2026")), CODES, since=since)
    assert "can be read as dd/mm/yyyy or as mm/dd/yyyy" in two_ways.sentence


@pytest.mark.parametrize("days", [("12/01/2026", "12/02/2026"), ("12/01/2026", "12/12/2026")])
def test_calls_before_the_list_in_one_reading_only_are_refused_but_their_objections_hold(days: tuple[str, ...]) -> None:
    call_list, calls, purchases = unmoved(2, n=2_000)
    called_at = pl.Series(days).gather(pl.Series(range(calls.height)) % 2)
    asked = pl.DataFrame({"customer": [calls["customer"][0]], "code": ["DNC"], "called_at": [days[0]]})
    dated = pl.concat([calls.with_columns(called_at=called_at), asked])
    joined = join_results(call_list, dated, CODES, purchases=purchases, since=date(2026, 11, 27))
    assert joined.do_not_call.to_list() == asked["customer"].to_list()
    with pytest.raises(DataError, match=r"'called_at'.*can be read as dd/mm/yyyy or as mm/dd/yyyy") as refused:
        measure(joined)
    assert "leave the column of dates out" in str(refused.value)
    # the year before in either reading
    old = dated.with_columns(pl.col("called_at").str.replace("2026", "2025"))
    both = join_results(call_list, old, CODES, purchases=purchases, since=date(2026, 11, 27))
    with pytest.raises(DataError, match=r"are of calls before the list of .*'called_at' says") as refused:
        measure(both)
    assert "leave the column of dates out" in str(refused.value)


def test_a_row_that_stands_there_twice_with_its_date_is_one_call() -> None:
    call_list, calls, purchases = unmoved(2, n=2_000)
    dated = calls.with_columns(called_at=pl.lit("2026-12-01"))
    twice = join_results(call_list, pl.concat([dated, dated]), CODES, purchases=purchases)
    assert twice.rows.equals(join_results(call_list, dated, CODES, purchases=purchases).rows)
    assert (twice.read, twice.matched, twice.repeated_results) == (2 * calls.height, 2 * calls.height, calls.height)
    assert f"{calls.height:,} results repeat another in every column" in twice.sentence
    later = dated.with_columns(called_at=pl.lit("2026-12-01 18:00"))
    for others in (pl.concat([calls, calls]), pl.concat([dated, later])):  # nothing says that these are one call
        joined = join_results(call_list, others, CODES, purchases=purchases)
        assert (joined.rows["calls"].sum(), joined.repeated_results) == (2 * calls.height, 0)
        assert "repeat" not in joined.sentence


def test_listed_customers_without_a_result_are_counted_whoever_tells_who_bought():
    call_list, calls, purchases = unmoved(2, n=500)
    for bought, counts in ((None, "called without success"), (purchases, "their purchases tell, called or not")):
        some = join_results(call_list, calls[3:], CODES, purchases=bought)
        assert f"3 listed customers have no result: {counts}." in some.sentence
        assert "no result" not in join_results(call_list, calls, CODES, purchases=bought).sentence


def test_who_asks_not_to_be_called_is_heard_on_the_list_or_not():
    call_list, results = campaign(1, n=50)
    asked = pl.DataFrame({"customer": ["stranger", "000001", "stranger", None], "code": ["DNC"] * 4})
    joined = join_results(call_list, pl.concat([results, asked]), CODES)
    assert joined.do_not_call.to_list() == ["000001", "stranger"]
    assert joined.read == joined.matched + joined.strangers + joined.unnamed == results.height + 4
    assert (joined.strangers, joined.unnamed, joined.nameless_objections) == (2, 1, 1)
    assert "2 of others, 1 without an id." in joined.sentence
    assert joined.strange_rows.height == 3


def test_an_objector_whose_id_lost_digits_is_counted_and_no_other_objection_is_lost():
    call_list, results = campaign(1, n=50)
    asked = pl.DataFrame({"customer": ["5,02E+05", "000001", "1E+2"], "code": ["DNC", "DNC", "NO"]})
    joined = join_results(call_list, pl.concat([results, asked]), CODES)
    assert joined.do_not_call.to_list() == ["000001"]
    assert (joined.shortened_objections, joined.nameless_objections, joined.strangers) == (1, 0, 2)
    # a list that was shortened alike names it, and still nobody knows who it is
    shortened = call_list.with_columns(customer=pl.col("customer").replace("000002", "5,02E+05"))
    joined = join_results(shortened, pl.concat([results, asked]), CODES)
    assert joined.do_not_call.to_list() == ["000001"]
    assert joined.shortened_objections == 1
    assert "5,02E+05" in joined.strange_rows["customer"]


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
    with pytest.raises(
        DataError, match=r"code without a meaning \(SOLD!: [0-9]+\)\.(.|\n)*codes init RESULTS --out codes"
    ):
        join_results(call_list, results.with_columns(code=pl.lit("SOLD!")), CODES)
    reviewed = CODES.model_copy(update={"origin": "ours.toml"})
    with pytest.raises(DataError, match=r"add to \[codes\] in 'ours.toml', .*: \"SOLD!\" = \"…\"$"):
        join_results(call_list, results.with_columns(code=pl.lit("SOLD!")), reviewed)
    few = pl.Series(["moved abroad", None, *["NO"] * (results.height - 2)])
    with pytest.raises(DataError, match=r"add to .*: CODE = \"…\"; write a code in each row$"):
        join_results(call_list, results.with_columns(code=few), reviewed)
    with pytest.raises(DataError, match=r"correct `customer` and `code` in 'ours.toml'"):
        join_results(call_list, results.drop("code"), reviewed)
    with pytest.raises(DataError, match=r"no column 'code'(.|\n)*--codes; to draft one: segmint codes init"):
        join_results(call_list, results.drop("code"), CODES)


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


def test_any_call_code_of_a_customer_held_out_says_that_the_customer_was_called():
    call_list, calls, purchases = unmoved(2, n=2_000)
    held = call_list.filter(status="held_out")["customer"].head(3)
    codes = pl.DataFrame({"customer": held, "code": ["SALE", "NO", "NA"]})
    by_purchase = join_results(call_list, pl.concat([calls, codes]), CODES, purchases=purchases)
    assert any(
        "customers held out have a call code and were called all the same" in said for said in by_purchase.cautions
    )
    assert by_purchase.rows.filter("dialled", status="held_out")["customer"].to_list() == held.to_list()
    by_code = join_results(call_list, pl.concat([calls, codes]), CODES)
    assert any("customers held out has a code that only a call leaves behind" in said for said in by_code.cautions)
    assert by_code.rows.filter("dialled", status="held_out")["customer"].to_list() == held.tail(1).to_list()


def test_purchases_of_customers_who_are_neither_to_be_called_nor_held_out_are_of_no_arm():
    call_list, calls, purchases = unmoved(2, n=2_000)
    off = purchases["customer"].head(40)
    status = pl.when(pl.col("customer").is_in(off.implode())).then(pl.lit("suppressed")).otherwise("status")
    joined = join_results(call_list.with_columns(status=status), calls, CODES, purchases=purchases)
    assert (joined.purchases_matched, joined.purchases_of_arms) == (purchases.height, purchases.height - 40)
    assert f"{purchases.height - 40:,} of customers to be called or held out" in joined.sentence


def test_purchases_before_the_list_are_left_out_and_those_without_a_date_are_not():
    call_list, calls, purchases = unmoved(2, n=2_000)
    dates = ["01.03.2026", "31.12.2025", "?", "02.03.2026"]
    dated = purchases.with_columns(
        bought_on=pl.Series([dates[i % 4] if i < 40 else "05.03.2026" for i in range(purchases.height)])
    )
    joined = join_results(call_list, calls, CODES, purchases=dated, since=date(2026, 3, 1))
    early = purchases["customer"].gather(range(1, 40, 4))
    assert (joined.purchases, joined.bought.too_early, joined.bought.early.undated) == (purchases.height, 10, 10)
    assert not joined.rows.filter(pl.col("customer").is_in(early.implode()))["success"].any()
    assert joined.rows["success"].sum() == purchases.height - 10
    assert "10 purchases were made before the list of 2026-03-01, as 'bought_on' says, and left out." in joined.sentence
    assert "10 purchases without a date that can be read under 'bought_on' count as made" in joined.sentence


def test_purchases_before_the_list_in_one_reading_only_are_refused_as_calls_are() -> None:
    call_list, calls, purchases = unmoved(2, n=2_000)
    for days in (("01/05/2026", "02/05/2026"), ("05/01/2026", "05/02/2026")):
        called_at = pl.Series(days).gather(pl.Series(range(purchases.height)) % 2)
        dated = purchases.with_columns(bought_on=called_at)
        joined = join_results(call_list, calls, CODES, purchases=dated, since=date(2026, 3, 2))
        with pytest.raises(DataError, match=r"'bought_on' of the purchases can be read .* depends on it"):
            measure(joined)


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


def test_purchases_without_a_column_of_customers_are_refused():
    call_list, calls, purchases = unmoved(3, n=200)
    with pytest.raises(DataError, match="purchases have no column 'customer'"):
        join_results(call_list, calls, CODES, purchases=purchases.rename({"customer": "who"}))
    renamed = CODES.model_copy(update={"customer": "id"})
    assert join_results(call_list, calls.rename({"customer": "id"}), renamed, purchases=purchases).purchases
    headless = purchases.rename({"customer": "00504149"})
    with pytest.raises(DataError, match="purchases have no column 'customer'") as told:
        join_results(call_list, calls, CODES, purchases=headless)
    assert "00504149" not in str(told.value)
    assert "is the first line a header?" in told.value.expected
    assert "data.header_row" in told.value.fix


def of_calls(call_list, results):
    return results.join(call_list.filter(status="listed"), on="customer", how="semi", maintain_order="left")


def without_zeros(table):
    return table.with_columns(pl.col("customer").cast(pl.Int64).cast(pl.String))


@pytest.mark.parametrize("lost", ["list", "others"])
def test_zeros_that_a_spreadsheet_dropped_change_nothing(lost):
    call_list, results = campaign(3)
    purchases = results.filter(pl.col("code") == "SALE").select("customer")
    results = of_calls(call_list, results)
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
    assert "zeros before them, which a spreadsheet drops, or by capitals: " in joined.sentence
    assert "spreadsheet drops" not in whole.sentence
    assert whole.cautions == joined.cautions == ()


def test_an_id_without_its_zeros_that_could_be_of_several_customers_is_a_caution():
    call_list, _ = campaign(3, n=100)
    twins = call_list.with_columns(customer=pl.Series(["07", "007", *call_list["customer"][2:]]))
    said = pl.DataFrame({"customer": ["7", "07", "7"], "code": ["DNC", "NO", "SALE"]})
    joined = join_results(twins, said, CODES, purchases=pl.DataFrame({"customer": ["7"]}))
    assert joined.rows.select(pl.col("dialled", "success").sum()).row(0) == (1, 0)  # 07 alone, who refused
    assert joined.do_not_call.to_list() == ["7"]  # `segmint target` keeps off whoever that may be
    assert any("1 id could be of several customers of the list, but for zeros" in said for said in joined.cautions)


def test_results_that_write_the_ids_of_customers_in_two_ways_are_all_theirs():
    call_list, _ = campaign(3, n=100)
    small = call_list.with_columns(customer=pl.Series([f"kd{n}" for n in range(100)]))
    said = pl.DataFrame(
        {"customer": [f"{kd}{n}" for n in range(60) for kd in ("kd", "KD")], "code": ["NO", "SALE"] * 60}
    )
    joined = join_results(small, said, CODES)
    assert (joined.matched, joined.strangers, joined.several) == (120, 0, 0)
    assert joined.rows["said_yes"].sum() == 60


def test_an_earlier_list_that_meets_nobody_is_a_caution():
    call_list, results = campaign(3, n=100)
    purchases = results.filter(pl.col("code") == "SALE").select("customer")
    results = of_calls(call_list, results)
    other = call_list.with_columns(customer="X" + pl.col("customer"))
    joined = join_results(call_list, results, CODES, purchases=purchases, earlier=[call_list.head(1), other])
    assert joined.cautions == (
        "None of the 100 customers on an earlier list is on this one, so it left nobody out. Check that it is of the same "
        "campaign, and writes ids as this list does.",
    )

"""What is said of a segment: shares, medians, yes, money."""

import re
from dataclasses import replace

import pytest

from segmint.segments.profile import Association, Profiles, Response, Typical
from segmint.segments.sentences import best_calls
from tests.segments.one_segment import plain, said_of, say


def test_nobody_is_named_by_what_is_known_of_a_few(retired):
    known_of_few = replace(
        retired, markers=tuple(replace(marker, known=0.06, base_known=0.7) for marker in retired.markers)
    )
    words = say(Profiles((known_of_few,)))[0]
    assert "retired" not in words.name.lower()
    (said, *_) = (line.text for line in words.of("who"))
    few = r"profession retired: \d+ % of the 6\.0 % of whom it is known \(all customers: \d+ %\)"
    assert re.search(few, said), said
    assert said.endswith("Shares are of those of whom it is known.")  # of all customers, here
    few_anywhere = tuple(replace(marker, known=0.06, base_known=0.3) for marker in retired.markers)
    told = said_of(replace(retired, markers=few_anywhere))
    assert re.search(r"of whom it is known \(all customers: \d+ % of the 30 % of whom it is known\)", told), told
    assert "Shares are of" not in told
    known_of_all = tuple(replace(marker, known=1.0, base_known=1.0) for marker in retired.markers)
    assert "Shares are of" not in said_of(replace(retired, markers=known_of_all))
    assert "retired" in say(Profiles((retired,)))[0].name.lower()


def test_the_best_month_is_said_of_those_with_calls_enough(retired):
    month = Association("month", "month of the call", "mar", 60, 0.4, 0.29, 0.53)
    (said,) = say(Profiles((plain(retired, "1", best=(month,)),)))[0].of("timing")
    assert said.text.startswith(
        "Best month of the call in the campaigns of this table, among those with 50 or more and 5 % or more of their calls: "
        "mar, 40 % said yes (29 % to 53 %, 60 calls)."
    )
    assert said.text.endswith("not proven to be the cause and no reason to wait.")


@pytest.mark.parametrize(
    ("step", "pays", "said"),
    [
        ("write", None, []),
        ("write", False, []),
        ("write", True, ["These calls surely pay; all calls to them together lose. Seen"]),
        ("by the list", True, ["These calls surely pay; all calls to them together may lose. Seen"]),
        ("by the list", False, ["60 calls). Seen"]),
        ("call", True, ["60 calls). Seen"]),
        ("later", None, ["60 calls). Seen"]),
    ],
)
def test_who_is_written_to_has_a_best_month_only_where_its_calls_surely_pay(retired, step, pays, said):
    month = Association("month", "month of the call", "mar", 60, 0.4, 0.29, 0.53, pays)
    told = [sentence.text for sentence in best_calls(plain(retired, "1", best=(month,)), step)]
    assert len(told) == len(said)
    assert all(part in text for part, text in zip(said, told, strict=True))


def test_balances_are_said_in_money(retired):
    (worth,) = retired.worth
    said = [sentence.text for sentence in say(Profiles((retired,)), currency="EUR")[0].of("worth")]
    assert any(f"{worth.mean:,.0f} EUR a customer on average" in text for text in said)
    assert worth.mean > worth.base_mean > 0
    assert worth.share > retired.share


def test_a_loss_is_said_with_a_minus_sign_and_its_unit(retired):
    lost = replace(
        retired.response, profit_per_call=-2.494, profit_low=-3.1, profit_high=-1.5, profit_per_customer=None
    )
    worth = replace(retired.worth[0], mean=-1234.0, low=-1500.0, high=-900.0)
    said = said_of(replace(retired, response=lost, worth=(worth,)))
    assert "A call to them earned −2.49 on average (−3.10 to −1.50), in account currency." in said
    assert "−1,234 a customer on average (−1,500 to −900)" in said


def half(median, base, known):
    return Typical("x", "satisfaction", "", median, base, 0.8, known)


def test_half_of_them_have_what_they_have(retired):
    whole = said_of(replace(retired, typical=(half(0.62, 0.5, 1.0),)))
    assert "At least half of them have satisfaction of 0.62 or more; the median of all customers is about 0.5." in whole
    few = said_of(replace(retired, typical=(half(0, 2, 1.0),)))
    assert "At least half of them have satisfaction of 0 or less; the median of all customers is about 2." in few
    some = said_of(replace(retired, typical=(half(0.62, 0.5, 0.7),)))
    assert "At least half of the 70 % of them with a number have satisfaction of 0.62 or more" in some
    assert "satisfaction" not in said_of(replace(retired, typical=(half(0.62, 0.5, 0.4),)))


def test_a_median_of_those_with_a_number_is_not_said_of_all_customers(retired):
    few = said_of(replace(retired, typical=(replace(half(133, 197, 1.0), base_known=0.19),)))
    assert (
        "At least half of them have satisfaction of 133 or less; the median of all customers with a number is about 197."
        in few
    )


def test_whose_median_is_above_that_of_all_only_before_rounding_has_high_numbers_all_the_same(retired):
    near = replace(half(1_000.0, 1_000.0, 1.0), before_rounding=1)
    assert say(Profiles((plain(retired, "1", typical=(near,)),)))[0].name == "Customers with high satisfaction"
    assert "At least half" not in said_of(plain(retired, "1", typical=(near,)))


def test_few_yes_are_said_of_as_many_as_it_takes(retired):
    few = Response(8, 0.002, 0.001, 0.004, 2.0, base=0.1)
    assert "Of 1,000 called, 2 said yes (1 to 4)" in said_of(replace(retired, response=few))


def test_where_not_every_call_reaches_its_customer_rates_are_of_those_reached(retired):
    (all_of_them,) = say(Profiles((retired,)), currency="EUR")
    (reached,) = say(Profiles((retired,)), currency="EUR", all_reached=False)
    assert [line.text.split(",")[0] for line in all_of_them.of("response")] == ["Of 100 called"]
    assert [line.text.split(",")[0] for line in reached.of("response")] == ["Of 100 reached"]
    assert all_of_them.of("worth")[0].text.startswith("A call to them earned ")
    assert reached.of("worth")[0].text.startswith("A call to them would earn ")


@pytest.mark.parametrize(
    ("label", "level", "said"),
    [
        ("education", "secondary", "education secondary: 76 % (all customers: 54 %)"),
        ("has a housing loan", "no", "has no housing loan: 76 % (all customers: 54 %)"),
        ("has defaulted", "no", "has not defaulted: 76 % (all customers: 54 %)"),
        ("has ever defaulted", "no", "has never defaulted: 76 % (all customers: 54 %)"),
        ("has a housing loan", "yes", "has a housing loan: 76 % (all customers: 54 %)"),
    ],
)
def test_who_they_are_is_said_in_few_words(retired, label, level, said):
    marker = replace(retired.markers[0], label=label, level=level, share=0.76, base=0.54, difference=0.4)
    assert (
        say(Profiles((plain(retired, "1", markers=(marker,)),)))[0].of("who")[0].text
        == f"More usual than elsewhere: {said}."
    )


def test_the_same_customers_are_told_of_once_and_what_the_name_says_is_told_however_weak(retired):
    def more(column, label, level, share, base, difference):
        return replace(
            retired.markers[0], column=column, label=label, level=level, share=share, base=base, known=1.0,
            base_known=1.0, difference=difference,
        )  # fmt: skip

    never = more("pdays", "days since the last call", "never contacted", 1.0, 0.82, 0.9)
    none = more("previous", "calls before this campaign", "0", 1.0, 0.82, 0.9)
    others = [more(f"x{place}", f"x{place}", "a", 0.4 + place / 50, 0.1, 0.8) for place in range(4)]
    married = more("marital", "marital status", "married", 0.8, 0.6, 0.4)
    (words,) = say(Profiles((plain(retired, "1", markers=(never, none, *others, married)),)))
    said = words.of("who")[0].text
    assert words.name.startswith("Married")
    assert "days since the last call never contacted" in said
    assert "calls before this campaign" not in said
    assert "x3" not in said
    assert "marital status married: 80 %" in said


@pytest.mark.parametrize(
    ("label", "unit", "said"),
    [
        ("calls before this campaign", "calls", "calls before this campaign of 1 or more"),
        ("age", "years", "age of 1 year or more"),
        ("income", "account currency", "income of 1 account currency or more"),
    ],
)
def test_units_are_said_once_and_of_one_as_one(retired, label, unit, said):
    counted = replace(half(1, 0, 1.0), label=label, unit=unit)
    assert f"At least half of them have {said};" in said_of(plain(retired, "1", typical=(counted,)))

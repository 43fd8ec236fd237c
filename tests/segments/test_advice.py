"""What to do with a segment, and with whom of it."""

from dataclasses import replace

import pytest

from segmint.segments.advice import questions
from segmint.segments.profile import Profiles, Response, Typical
from tests.segments.one_segment import advice_of, plain, said_of, say, trait


def test_three_questions_are_asked_only_where_interests_are_unknown():
    assert len(questions(["characteristic", "holding"])) == 3
    assert questions(["characteristic", "interest"]) == ()


def with_rest(retired, *segments):
    """Whatever makes the base rate of the segments 0.11."""
    rows, yes = sum(s.rows for s in segments), sum(s.rows * s.response.rate for s in segments)
    rate = (0.11 * (rows + 10_000) - yes) / 10_000
    losing = {"profit_per_call": -9.0, "profit_low": -9.5, "profit_high": -8.5}
    money = losing if segments[0].response.profit_per_call is not None else {}
    rest = Response(1, rate, rate - 0.01, rate + 0.01, 100 * rate / 0.11, base=0.11, **money)
    return Profiles((*segments, replace(plain(retired, "rest", response=rest), rows=10_000)))


def test_only_the_best_segment_is_called_first(retired):
    best = plain(retired, "6", response=Response(447, 0.447, 0.40, 0.49, 405, base=0.11))
    good = plain(retired, "4", response=Response(143, 0.143, 0.13, 0.16, 130, base=0.11))
    first, then, _ = (words.of("order") for words in say(with_rest(retired, best, good)))
    assert first[0].text.startswith("Call them first")
    assert then[0].text.startswith("Call them next")
    unsure = say(with_rest(retired, best, good), differs=False)
    assert not any(words.of("order") or words.of("avoid") for words in unsure)


def test_where_money_is_known_it_decides_whom_to_call_first_and_not_who_says_yes_most_often(retired):
    def earned(key, rate, profit):
        money = {"profit_per_call": profit, "profit_low": profit - 1, "profit_high": profit + 1}
        return plain(
            retired, key, response=Response(9, rate, rate - 0.01, rate + 0.01, 100 * rate / 0.11, base=0.11, **money)
        )

    said = say(Profiles((earned("3", 0.11, 96.0), earned("2", 0.05, 9.0), earned("4", 0.6, -18.0))))
    dear, seldom, eager = ({line.kind: line for line in words.sentences} for words in said)
    assert dear["order"].text.startswith("Call them first")
    assert dear["order"].evidence[0].column == "profit per call"
    assert seldom["order"].text.startswith("Call them next")
    assert "order" not in eager
    assert eager["avoid"].text.startswith("Do not call them, write to them")


@pytest.mark.parametrize(("low", "high", "timed"), [(0.1, 4.0, True), (-0.5, 4.0, False), (-3.0, -1.0, False)])
def test_when_to_call_is_not_said_of_a_segment_whose_calls_may_have_lost_money(retired, low, high, timed):
    money = {"profit_per_call": (low + high) / 2, "profit_low": low, "profit_high": high}
    best = plain(retired, "6", response=Response(447, 0.447, 0.40, 0.49, 405, base=0.11, **money))
    good = plain(retired, "4", response=Response(143, 0.143, 0.13, 0.16, 130, base=0.11, **money))
    said = say(with_rest(retired, best, good))[:2]
    assert [bool(words.of("order")) for words in said] == [timed, timed]


@pytest.mark.parametrize(
    ("low", "high", "avoided"), [(None, None, True), (-2.0, -1.0, True), (-1.0, 1.5, False), (0.2, 1.5, False)]
)
def test_only_calls_that_surely_lose_are_advised_against(retired, low, high, avoided):
    profit = None if low is None else (low + high) / 2
    seldom = Response(60, 0.06, 0.05, 0.07, 55, profit_per_call=profit, profit_low=low, profit_high=high, base=0.11)
    said = say(with_rest(retired, plain(retired, "2", response=seldom)))[0].of("avoid")
    write = "Do not call them, write to them: calls to them surely lose."
    later = "Do not spend calls on them while better segments are left."
    assert [line.text for line in said] == ([later if low is None else write] if avoided else [])


def test_who_is_not_surely_behind_the_best_is_called_first_too_and_who_does_not_come_back_is_not(retired):
    best = plain(retired, "6", response=Response(20, 0.20, 0.13, 0.29, 182, base=0.11))
    near = plain(retired, "4", response=Response(36, 0.18, 0.13, 0.24, 164, base=0.11))
    said = [words.of("order")[0].text for words in say(with_rest(retired, best, near))[:2]]
    assert all(text.startswith("Call them first") for text in said)
    sure = replace(near, response=Response(20, 0.05, 0.03, 0.08, 45, base=0.11))
    assert say(with_rest(retired, best, sure))[0].of("order")[0].text.startswith("Call them first")
    fleeting = tuple(replace(segment, jaccard=0.5) for segment in (best, sure))
    assert not any(words.of("order") or words.of("avoid") for words in say(with_rest(retired, *fleeting))[:2])


@pytest.mark.parametrize("label", ["age", "age in years", "customer age", "average yearly balance", "account balance"])
def test_words_find_the_columns_they_mean(retired, label):
    much = Typical("x", label, "", 9.0, 1.0, 1.5)
    plain = replace(retired, markers=(), typical=(much,), best=(), worth=(), response=None)
    assert {"need", "offer", "message"} <= {line.kind for line in say(Profiles((plain,)))[0].sentences}


def test_calls_are_not_spent_on_those_of_whom_none_said_yes(retired):
    none = Response(0, 0.0, 0.0, 0.001, 0.0, base=0.11)
    said = " ".join(line.text for line in say(with_rest(retired, plain(retired, "2", response=none)))[0].sentences)
    assert "Do not spend calls on them" in said
    assert "Of 1,000 called, 0 said yes (0 to 1)" in said


def test_most_never_called_is_not_said_as_nobody(retired):
    nobody_yet = replace(retired.markers[0], column="pdays", label="days since the last call", level="never contacted",
                         share=0.55, difference=0.4)  # fmt: skip
    said = said_of(replace(retired, markers=(nobody_yet,), typical=()))
    assert "Introduce the bank's deposit from the beginning." in said
    assert "nobody" not in said
    some = replace(nobody_yet, share=0.4, index=250.0)
    assert advice_of(plain(retired, "1", markers=(some,)), "message") == [
        "40 % of them were called in no earlier campaign: Introduce the bank's deposit from the beginning."
    ]


def earlier(retired, level, share, index):
    return replace(
        retired.markers[0], column="poutcome", label="outcome of the earlier campaign", level=level, share=share,
        index=index, difference=1.0, known=1.0,
    )  # fmt: skip


def test_a_strong_minority_speaks_where_nothing_fits_most(retired):
    split = plain(
        retired, "6", markers=(earlier(retired, "success", 0.42, 1259.0), earlier(retired, "failure", 0.4, 363.0))
    )
    assert advice_of(split, "offer") == [
        "42 % of them said yes before: Renewal, on terms at least as good as the last."
    ]
    assert advice_of(split, "avoid") == [
        "40 % of them refused before: Do not repeat the offer that they refused before."
    ]
    assert advice_of(split, "message")
    unknown = replace(
        earlier(retired, "success", 0.42, 1259.0), known=0.9
    )  # of those known, as the description says it
    assert advice_of(plain(retired, "6", markers=(unknown,)), "offer")[0].startswith("42 % of them said yes before: ")
    few = replace(earlier(retired, "success", 0.84, 1259.0), known=0.4)
    assert advice_of(plain(retired, "6", markers=(few,)), "offer")[0].startswith(
        "84 % of the 40 % of whom it is known said yes before: "
    )
    weak = plain(
        retired, "6", markers=(earlier(retired, "success", 0.2, 1259.0), earlier(retired, "failure", 0.4, 150.0))
    )
    assert advice_of(weak, "offer") == advice_of(weak, "avoid") == []


def test_advice_for_most_names_whom_it_is_for_where_many_others_are_otherwise(retired):
    failed, said_yes = earlier(retired, "failure", 0.51, 465.0), earlier(retired, "success", 0.3, 891.0)
    assert advice_of(plain(retired, "4", markers=(failed,)), "avoid") == [
        "Do not repeat the offer that they refused before."
    ]
    assert advice_of(plain(retired, "4", markers=(failed, said_yes)), "avoid") == [
        "51 % of them refused before: Do not repeat the offer that they refused before."
    ]


@pytest.mark.parametrize("owed", [0.0, 0.8])
def test_who_has_a_high_income_is_offered_something_unless_they_owe_much(retired, owed):
    income, debts = (
        Typical(label, label, "", 5.0 + far, 5.0, far) for label, far in (("income", 0.9), ("debts", owed))
    )
    wealthy = plain(retired, "2", typical=(income, debts))
    assert bool(advice_of(wealthy, "offer")) == (owed == 0)
    assert len(advice_of(wealthy, "need")) == (1 if owed == 0 else 2)


def test_no_segments_advice_is_silently_empty(retired):
    (need,) = say(Profiles((plain(retired, "1"),)))[0].of("need")
    assert (need.evidence[0].column, need.evidence[0].level) == (
        "customers",
        "all",
    )  # by which pages of older runs know it
    said = need.text
    assert said.startswith("What many of them share says nothing of a need: ask what they are saving for")


def test_whom_no_campaign_called_and_who_refused_have_a_need_too(retired):
    """Four of five customers of the sample stood in segments of which no need was told, those to be called first among them."""
    days = {"column": "pdays", "label": "days since the call of an earlier campaign"}
    never = plain(retired, "1", markers=(replace(earlier(retired, "never contacted", 1.0, 122.0), **days),))
    (told,) = advice_of(never, "need")
    assert told.startswith("They seem to need to hear what the deposit is")
    refused = plain(retired, "3", markers=(earlier(retired, "failure", 0.6, 560.0),))
    (told,) = advice_of(refused, "need")
    assert told.startswith("They know the offer and it was not what they needed then")


@pytest.mark.parametrize(("typical", "married", "told"), [(0.0, "", True), (-0.8, "", False), (0.0, "No", False)])
def test_the_young_and_unmarried_are_offered_nothing_for_the_whole_family(retired, typical, married, told):
    household = Typical("size", "people in the household", "", 5.0, 3.0, 0.9)
    age = Typical("age", "age", "years", 26.0, 40.0, typical)
    never = replace(retired.markers[0], column="m", label="ever married", level=married, share=0.98, difference=1.0)
    here = plain(retired, "3", typical=(household, age), markers=(never,) if married else ())
    assert ("Something for the whole family: savings for the children." in advice_of(here, "message")) == told


@pytest.mark.parametrize(("median", "bound"), [(900.0, True), (3_000.0, False)])
def test_who_has_a_housing_loan_and_much_money_is_not_told_to_have_none_to_put_away(retired, median, bound):
    loan = replace(trait(retired, 0.8, "housing", "yes", 0.5), label="has a housing loan")
    balances = Typical("balance", "average yearly balance", "account currency", median, 900.0, 0.8)
    here = plain(retired, "1", typical=(balances,), markers=(loan,))
    needs, offers = advice_of(here, "need"), advice_of(here, "offer")
    assert ("A monthly instalment seems to bind their income: little may be free to be put away." in needs) == bound
    assert ("A flexible savings plan beside the loan, rather than a large deposit." in offers) == bound
    assert ("Money may lie idle on their accounts." in needs) != bound
    assert ("A deposit with a better rate for larger sums." in offers) != bound
    assert advice_of(here, "avoid") == ["Do not offer a deposit that costs them the next instalment."]


@pytest.mark.parametrize("is_retired", [True, False])
def test_retired_customers_are_offered_one_term(retired, is_retired):
    old = Typical("age", "age", "years", 66.0, 42.0, 1.5)
    pension = replace(trait(retired, 0.8, "job", "retired", 2.0), label="profession")
    here = plain(retired, "1", typical=(old,), markers=(pension,) if is_retired else ())
    yearly, longer = (
        "A term deposit with yearly interest paid out, one to two years.",
        "A deposit with a fixed rate over a longer term.",
    )
    assert advice_of(here, "offer") == [yearly if is_retired else longer]


def test_one_savings_plan_is_offered_once(retired):
    young = Typical("age", "age", "years", 26.0, 40.0, -1.2)
    thrifty = replace(retired.markers[0], column="s", label="spending score", level="Low", share=0.99, difference=0.6)
    assert advice_of(plain(retired, "3", typical=(young,), markers=(thrifty,)), "offer") == [
        "A short deposit, six months or less, with a small minimum, or a savings plan."
    ]


def test_a_telling_minority_of_the_same_column_is_advised_beside_most(retired):
    """16 % of a segment brought half of its yeses, and were told to be asked why they had refused."""
    failed, said_yes = earlier(retired, "failure", 0.6, 554.0), earlier(retired, "success", 0.16, 554.0)
    mixed = plain(retired, "3", markers=(failed, said_yes))
    assert advice_of(mixed, "need") == [
        "60 % of them refused before: They know the offer and it was not what they needed then: ask what was missing.",
        "16 % of them said yes before: They know the product and need no introduction to it.",
    ]
    assert advice_of(mixed, "offer") == [
        "16 % of them said yes before: Renewal, on terms at least as good as the last."
    ]
    assert advice_of(mixed, "message") == ["16 % of them said yes before: You know this deposit: let it earn again."]
    for weak in (earlier(retired, "success", 0.09, 554.0), earlier(retired, "success", 0.16, 250.0)):
        assert advice_of(plain(retired, "3", markers=(failed, weak)), "offer") == []

"""Words: deterministic, editable, and no sentence without its evidence."""

import re
from dataclasses import replace

import numpy as np
import pytest

from segmint.contract.contract import load_contract
from segmint.errors import ConfigError
from segmint.segments.profile import Association, CallMoney, Profiles, Response, Typical, profile_segments
from segmint.segments.word_file import load_words, shipped_words
from segmint.segments.words import names_of_nobody, questions, say_named_twice, say_segments


@pytest.fixture(scope="module")
def retired(campaign, truth):
    return profile_segments(campaign, truth, money=CallMoney(5.0, 40.0, "EUR")).segments[2]


def test_the_name_says_who_they_are(campaign, truth):
    names = [words.name for words in say_segments(profile_segments(campaign, truth))]
    assert names[0].lower().startswith("blue-collar workers")
    assert "students" in names[1].lower()
    assert "older retired customers" in names[2].lower()
    assert len(set(names)) == 3


def test_the_same_profile_gives_the_same_words(retired):
    profiles = Profiles((retired,))
    assert say_segments(profiles) == say_segments(profiles)


def test_every_sentence_carries_evidence(retired):
    sentences = say_segments(Profiles((retired,)))[0].sentences
    assert {"who", "response", "worth", "need", "offer"} <= {sentence.kind for sentence in sentences}
    assert all(sentence.evidence for sentence in sentences)


def test_a_sentence_goes_when_its_evidence_goes(retired):
    sentences = say_segments(Profiles((retired,)))[0].sentences
    for sentence in sentences:
        columns = {evidence.column for evidence in sentence.evidence}
        poorer = replace(
            retired,
            markers=tuple(marker for marker in retired.markers if marker.column not in columns),
            typical=tuple(row for row in retired.typical if row.column not in columns),
            best=tuple(row for row in retired.best if row.column not in columns),
            worth=tuple(row for row in retired.worth if row.column not in columns),
            response=None if columns & {"response", "profit per call"} else retired.response,
        )
        left = {(line.kind, line.text) for line in say_segments(Profiles((poorer,)))[0].sentences}
        assert (sentence.kind, sentence.text) not in left, sentence.text


def test_users_can_bring_their_own_words(tmp_path, retired):
    own = tmp_path / "words.toml"
    own.write_text('[[noun]]\nlabel = "profession"\nlevel = "retired"\ntext = "pensioners"\n')
    assert "pensioners" in say_segments(Profiles((retired,)), load_words(own))[0].name.lower()


NOUN = "[[noun]]\nlabel = 'x'\n"
LEVEL = NOUN + "level = 'z'\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "cannot be used"),
        ("[labels]\nwork = '('", r"labels, work makes no sense: '\('(.|\n)*a regular expression"),
        ("updated = 2026-01-01", "updated is unknown"),
        ("[[nouns]]\nlabel = 'x'", r"one of labels, noun, adjective"),
        ("[noun]\nlabel = 'x'", r"begin with \[\[noun\]\]"),
        (NOUN + "text = 'y'", "either a level, or one of above"),
        (NOUN + "text = 'y'\nlevels = 'z'", "noun 1, levels is unknown"),
        (NOUN + "text = 'y'\nlevel = 'a('", r"noun 1, level makes no sense: 'a\('(.|\n)*a regular expression"),
        (NOUN + "text = 'y'\nabove = '0.5'", "above makes no sense: '0.5'(.|\n)*a number"),
        (NOUN + "text = 'y'\nlevel = 'z'\nabove = 0.5", "either a level, or"),
        (LEVEL + "text = ''", "a name of one line"),
        (LEVEL + "text = '=1+1'", "a name of one line"),
        ("[[noun]]\nlabel = 5\nlevel = 'z'\ntext = 'y'", "label makes no sense: 5(.|\n)*a text"),
        ("[[noun]]\nlabel = '('\nlevel = 'z'\ntext = 'y'", "a regular expression"),
        ("[[advice]]\nlabel = 'x'\nlevel = 'z'\ntext = 'y'\nkind = 'gift'", "'need', 'offer'"),
        ("[[by_response]]\nabove = 120\nkind = 'offer'", "by_response 1 has no text"),
        ("[[by_response]]\nabove = 120\ntext = 'y'", "by_response 1 has no kind"),
        ("[[by_response]]\nkind = 'offer'\ntext = 'y'", "above or below"),
        ("[[by_response]]\nabove = 120\nkind = 'offer'\ntext = '=1+1'", "begin with ="),
        ("[questions]\nlist = ['a', 5]", "questions, list, 2 makes no sense: 5"),
    ],
)
def test_words_that_make_no_sense_are_refused(tmp_path, text, said):
    own = tmp_path / "words.toml"
    own.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_words(own)


def test_people_name_segments_by_their_key_or_by_the_name_they_have(campaign, truth):
    profiles = profile_segments(campaign, truth)
    by_itself = [words.name for words in say_segments(profiles)]
    keys = [segment.key for segment in profiles.segments]
    given = {keys[0]: "Builders", by_itself[2]: "Golden savers"}
    called = [words.name for words in say_segments(profiles, names=given)]
    assert called == ["Builders", by_itself[1], "Golden savers"]
    assert names_of_nobody(given | {"9": "Lost", "Golden savers": "Lost"}, keys, by_itself) == ("9", "Golden savers")
    assert [words.own_name for words in say_segments(profiles, names=given)] == by_itself


def test_of_two_names_for_one_segment_the_one_that_is_lost_is_told_of():
    names = {"2": "Golden savers", "Graduates": "Young professionals", "1": "Movers", "Workers": "Movers"}
    assert say_named_twice(names, ["1", "2"], ["Workers", "Graduates"]) == (
        "Segment 2 was given two names; 'Golden savers' holds, and 'Young professionals' is lost.",
    )


def test_segments_of_one_given_name_are_told_apart(campaign, truth):
    profiles = profile_segments(campaign, truth)
    keys = [segment.key for segment in profiles.segments]
    called = [words.name for words in say_segments(profiles, names=dict.fromkeys(keys[:2], "Savers"))]
    assert called[:2] == [f"Savers ({key})" for key in keys[:2]]
    awkward = dict(zip(keys, ["Savers", "Savers", f"Savers ({keys[0]})"], strict=True))
    assert len({words.name for words in say_segments(profiles, names=awkward)}) == 3


def test_the_printed_words_say_the_same_as_those_at_work(tmp_path, retired):
    own = tmp_path / "words.toml"
    own.write_text(shipped_words(), "utf-8")
    assert say_segments(Profiles((retired,)), load_words(own)) == say_segments(Profiles((retired,)))


def test_nobody_is_named_by_what_is_known_of_a_few(retired):
    known_of_few = replace(
        retired, markers=tuple(replace(marker, known=0.06, base_known=0.7) for marker in retired.markers)
    )
    words = say_segments(Profiles((known_of_few,)))[0]
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
    assert "retired" in say_segments(Profiles((retired,)))[0].name.lower()


def test_a_few_large_balances_name_nobody_rich(retired):
    balances = Typical("balance", "average yearly balance", "account currency", 0.0, 0.0, 0.8)
    rich = Typical("balance", "average yearly balance", "account currency", 900.0, 0.0, 0.8)
    named = [say_segments(Profiles((replace(retired, markers=(), typical=(row,)),)))[0] for row in (balances, rich)]
    assert "balance" not in named[0].name.lower()
    assert "balance" in named[1].name.lower()
    assert not any("At least half" in line.text for line in named[0].of("who"))


def test_three_questions_are_asked_only_where_interests_are_unknown():
    assert len(questions(["characteristic", "holding"])) == 3
    assert questions(["characteristic", "interest"]) == ()


def test_two_segments_never_share_a_name(retired):
    twins = Profiles((retired, replace(retired, key="2", number=2)))
    assert len({words.name for words in say_segments(twins)}) == 2


def plain(segment, key, **parts):
    return replace(
        segment, **{"key": key, "markers": (), "typical": (), "best": (), "worth": (), "response": None} | parts
    )


def trait(retired, share, column="x", level="under 2", difference=0.9):
    return replace(
        retired.markers[0], column=column, label=f"{column} of theirs", level=level, share=share, difference=difference
    )


@pytest.mark.parametrize(("share", "name"), [(0.3, "Mixed customers"), (0.6, "Customers whose x of theirs is under 2")])
def test_a_name_says_only_what_most_of_the_segment_is(retired, share, name):
    odd = plain(retired, "A", markers=(trait(retired, share),))
    assert say_segments(Profiles((odd,)))[0].name == name


@pytest.mark.parametrize(
    ("share", "names"),
    [(0.3, ["Mixed customers (1)", "Mixed customers (2)"]), (0.6, ["Older customers, whose x of theirs is under 2", "Older customers"])],
)  # fmt: skip
def test_twins_are_told_apart_only_by_what_most_of_them_are(retired, share, names):
    old = () if share < 0.5 else (Typical("age", "age", "years", 66.0, 42.0, 1.5),)
    twins = (
        plain(retired, "1", typical=old, markers=(trait(retired, share),)),
        plain(retired, "2", typical=old, markers=(trait(retired, 0.4, difference=1.9),)),
    )
    assert [words.name for words in say_segments(Profiles(twins))] == names


@pytest.mark.parametrize(
    ("label", "level", "name"),
    [
        ("profession", "Lawyer", "Lawyers"),
        ("profession", "Executive", "Executives"),
        ("profession", "Doctor", "Doctors"),
        ("job", "housemaid", "Domestic workers"),
        ("job", "self-employed", "Self-employed customers"),
        ("occupation", "Self employed", "Self-employed customers"),
        ("profession", "manager", "Managers"),
        ("employment", "Pensioner", "Retired customers"),
        ("Beruf", "Rentner/in", "Retired customers"),
        ("profession", "blue collar", "Blue-collar workers"),
        ("profession", "worker", "Workers"),
        ("mortgage", "yes", "Customers with a mortgage"),
        ("mortgage", "no", "Customers without a mortgage"),
        ("home insurance policy", "Ja", "Customers with a home insurance policy"),
        ("online banking", "no", "Customers without online banking"),
        ("is insured", "no", "Customers who are not insured"),
        ("household", "family", "Customers whose household is family"),
        ("children", "1", "Customers whose children is 1"),
        ("education", "high.school", "Customers with secondary schooling"),
        ("education", "higher education", "Customers whose education is higher education"),
        ("ever married", "Yes", "Ever married customers"),  # or widowed, or divorced
    ],
)
def test_a_noun_is_true_of_the_level_that_most_of_them_have(retired, label, level, name):
    most = replace(trait(retired, 0.65, "x", level, 1.9), label=label)
    few = replace(trait(retired, 0.13, "x", "Executive" if level != "Executive" else "Lawyer", 1.0), label=label)
    assert say_segments(Profiles((plain(retired, "4", markers=(most, few)),)))[0].name == name


def test_no_two_professions_share_a_noun():
    nouns = [entry for entry in load_words().noun if "profession" in entry.label]
    assert len({entry.text for entry in nouns}) == len(nouns)
    columns = load_contract("bank-marketing").by_name["job"], load_contract("customer-segments").by_name["Profession"]
    for level in {level for column in columns for level in column.allowed}:
        assert sum(re.fullmatch(entry.level or "", level, re.IGNORECASE) is not None for entry in nouns) <= 1


def test_twins_are_not_told_apart_by_what_their_name_says_already(retired):
    learned = trait(retired, 0.9, "education", "tertiary", 2.0)
    twins = (
        plain(retired, "1", markers=(learned, trait(retired, 0.7, "city", "York"))),
        plain(retired, "2", markers=(learned,)),
    )
    assert [words.name for words in say_segments(Profiles(twins))] == [
        "Graduates, whose city of theirs is York",
        "Graduates",
    ]


def test_twins_of_one_word_are_told_apart_by_the_level_behind_it(retired):
    def called_before(key, level):
        marker = replace(trait(retired, 1.0, "poutcome", level, 3.0), label="outcome of the earlier campaign", base=0.1)
        return plain(retired, key, markers=(marker,))

    shared = trait(retired, 0.6, "x", "under 2", 0.9)
    twins = [called_before("5", "failure"), called_before("6", "other")]
    twins = [replace(twin, markers=(*twin.markers, shared)) for twin in twins]
    assert [words.name for words in say_segments(Profiles(tuple(twins)))] == [
        "Customers called before, whose outcome of the earlier campaign is failure",
        "Customers called before, whose outcome of the earlier campaign is other",
    ]


@pytest.mark.parametrize(
    ("label", "difference", "name"),
    [
        ("income", 0.8, "Customers with high incomes"),
        ("monthly salary", -0.8, "Customers with low incomes"),
        ("products", 1.1, "Customers with many products"),
        ("tenure months", 0.9, "Long-standing customers"),
        ("annual profit", -0.6, "Customers with low annual profit"),
        ("calls before", 0.6, "Customers with many calls before"),
        ("annual profit", 0.4, "Mixed customers"),
    ],
)
def test_numbers_that_are_high_or_low_are_said_in_names(retired, label, difference, name):
    number = Typical("x", label, "", 5.0 + difference, 5.0, difference)
    bands = () if abs(difference) < 0.5 else (replace(trait(retired, 0.6, "x", "8,567.26 or more", 0.4), label=label),)
    assert say_segments(Profiles((plain(retired, "2", typical=(number,), markers=bands),)))[0].name == name


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("0", "Customers without visits"),
        ("3", "Customers with visits of 3"),
        ("12.5 to under 13.25", "Customers with medium visits"),
        ("under 8,567.26", "Customers with few visits"),
        ("never seen", "Customers whose visits is never seen"),
    ],
)
def test_no_name_says_the_amount_of_a_customer(retired, level, name):
    number = Typical("x", "visits", "", 5.0, 5.0, 0.1)
    band = replace(trait(retired, 0.6, "x", level, 0.9), label="visits")
    assert say_segments(Profiles((plain(retired, "2", typical=(number,), markers=(band,)),)))[0].name == name


@pytest.mark.parametrize(
    ("known", "base", "name"),
    [(1.0, 0.19, "Customers called before"), (1.0, 0.98, "Mixed customers"), (0.4, 0.1, "Mixed customers")],
)
def test_who_has_a_day_of_the_last_call_was_called_before(retired, known, base, name):
    days = Typical("pdays", "days since the call of an earlier campaign", "days", 133, 197, 0.0, known, base)
    assert say_segments(Profiles((plain(retired, "6", typical=(days,)),)))[0].name == name


def test_who_has_no_call_before_this_campaign_was_never_called(retired):
    none = replace(trait(retired, 0.8, "previous", "0", 0.5), label="calls before this campaign")
    assert say_segments(Profiles((plain(retired, "6", markers=(none,)),)))[0].name == "Customers never called before"
    days = replace(trait(retired, 0.8, "pdays", "never contacted", 0.5), label="days since the last call")
    both = plain(retired, "6", markers=(none, days))
    assert say_segments(Profiles((both,)))[0].name == "Customers never called before"


def test_two_holdings_are_said_and_earlier_calls_only_once(retired):
    days = Typical("pdays", "days since the call of an earlier campaign", "days", 133, 197, 0.0, 1.0, 0.19)
    loan = replace(trait(retired, 0.7, "housing", "no", 0.5), label="has a housing loan")
    yes = replace(trait(retired, 0.6, "poutcome", "success", 3.0), label="outcome of the earlier campaign")
    both = plain(retired, "6", typical=(days,), markers=(loan,))
    assert say_segments(Profiles((both,)))[0].name == "Customers called before and without a housing loan"
    told = say_segments(Profiles((replace(both, markers=(loan, yes)),)))[0].name
    assert told == "Customers who said yes before and without a housing loan"


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
    first, then, _ = (words.of("timing") for words in say_segments(with_rest(retired, best, good)))
    assert first[0].text.startswith("Call them first")
    assert then[0].text.startswith("Call them next")
    unsure = say_segments(with_rest(retired, best, good), differs=False)
    assert not any(words.of("timing") or words.of("avoid") for words in unsure)


def test_where_money_is_known_it_decides_whom_to_call_first_and_not_who_says_yes_most_often(retired):
    def earned(key, rate, profit):
        money = {"profit_per_call": profit, "profit_low": profit - 1, "profit_high": profit + 1}
        return plain(
            retired, key, response=Response(9, rate, rate - 0.01, rate + 0.01, 100 * rate / 0.11, base=0.11, **money)
        )

    said = say_segments(Profiles((earned("3", 0.11, 96.0), earned("2", 0.05, 9.0), earned("4", 0.6, -18.0))))
    dear, seldom, eager = ({line.kind: line for line in words.sentences} for words in said)
    assert dear["timing"].text.startswith("Call them first")
    assert dear["timing"].evidence[0].column == "profit per call"
    assert seldom["timing"].text.startswith("Call them next")
    assert "timing" not in eager
    assert eager["avoid"].text.startswith("Do not call them, write to them")


@pytest.mark.parametrize(("low", "high", "timed"), [(0.1, 4.0, True), (-0.5, 4.0, False), (-3.0, -1.0, False)])
def test_when_to_call_is_not_said_of_a_segment_whose_calls_may_have_lost_money(retired, low, high, timed):
    money = {"profit_per_call": (low + high) / 2, "profit_low": low, "profit_high": high}
    best = plain(retired, "6", response=Response(447, 0.447, 0.40, 0.49, 405, base=0.11, **money))
    good = plain(retired, "4", response=Response(143, 0.143, 0.13, 0.16, 130, base=0.11, **money))
    said = say_segments(with_rest(retired, best, good))[:2]
    assert [bool(words.of("timing")) for words in said] == [timed, timed]


@pytest.mark.parametrize(
    ("low", "high", "avoided"), [(None, None, True), (-2.0, -1.0, True), (-1.0, 1.5, False), (0.2, 1.5, False)]
)
def test_only_calls_that_surely_lose_are_advised_against(retired, low, high, avoided):
    profit = None if low is None else (low + high) / 2
    seldom = Response(60, 0.06, 0.05, 0.07, 55, profit_per_call=profit, profit_low=low, profit_high=high, base=0.11)
    said = say_segments(with_rest(retired, plain(retired, "2", response=seldom)))[0].of("avoid")
    write = "Do not call them, write to them: calls to them surely lose."
    later = "Do not spend calls on them while better segments are left."
    assert [line.text for line in said] == ([later if low is None else write] if avoided else [])


def test_who_is_not_surely_behind_the_best_is_called_first_too_and_who_does_not_come_back_is_not(retired):
    best = plain(retired, "6", response=Response(20, 0.20, 0.13, 0.29, 182, base=0.11))
    near = plain(retired, "4", response=Response(36, 0.18, 0.13, 0.24, 164, base=0.11))
    said = [words.of("timing")[0].text for words in say_segments(with_rest(retired, best, near))[:2]]
    assert all(text.startswith("Call them first") for text in said)
    sure = replace(near, response=Response(20, 0.05, 0.03, 0.08, 45, base=0.11))
    assert say_segments(with_rest(retired, best, sure))[0].of("timing")[0].text.startswith("Call them first")
    fleeting = tuple(replace(segment, jaccard=0.5) for segment in (best, sure))
    assert not any(words.of("timing") or words.of("avoid") for words in say_segments(with_rest(retired, *fleeting))[:2])


@pytest.mark.parametrize(("customers", "few"), [(29, True), (30, False)])
def test_of_a_few_customers_no_offer_and_no_message_is_said(retired, customers, few):
    words = say_segments(Profiles((replace(retired, customers=customers),)))[0]
    assert (words.of("who")[0].text == f"{customers} customers: too few to describe.") == few
    assert {"offer", "message", "need"}.isdisjoint(line.kind for line in words.sentences) == few
    assert words.of("response")  # with an interval that is as wide as so few customers make it
    assert all(line.evidence for line in words.sentences)


def test_the_best_month_is_said_of_those_with_calls_enough(retired):
    month = Association("month", "month of the call", "mar", 10, 0.4, 0.17, 0.69)
    (said,) = say_segments(Profiles((plain(retired, "1", best=(month,)),)))[0].of("timing")
    assert said.text.startswith(
        "Best month of the call, among those with 10 or more of their calls: mar, 40 % said yes (17 % to 69 %, 10 calls)."
    )


def test_balances_are_said_in_money(retired):
    (worth,) = retired.worth
    said = [sentence.text for sentence in say_segments(Profiles((retired,)), currency="EUR")[0].of("worth")]
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


def said_of(segment):
    return " ".join(sentence.text for sentence in say_segments(Profiles((segment,)))[0].sentences)


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
    assert say_segments(Profiles((plain(retired, "1", typical=(near,)),)))[0].name == "Customers with high satisfaction"
    assert "At least half" not in said_of(plain(retired, "1", typical=(near,)))


def test_nobody_is_called_older_whose_age_is_hardly_known(retired):
    def called(known):
        age = Typical("age", "age", "years", 66.0, 42.0, 1.5, known)
        return say_segments(Profiles((replace(retired, typical=(age,)),)))[0].name

    assert "older" in called(0.9).lower()
    assert "older" not in called(0.3).lower()


@pytest.mark.parametrize(
    "label",
    ["age of account", "agency visits", "agent", "credit balance", "fund balance", "family doctor visits"],
)
def test_words_are_of_the_column_they_mean(retired, label):
    much = Typical("x", label, "", 9.0, 1.0, 1.5)
    plain = replace(retired, markers=(), typical=(much,), best=(), worth=(), response=None)
    words = say_segments(Profiles((plain,)))[0]
    assert words.name == f"Customers with high {label}"
    assert {sentence.kind for sentence in words.sentences} == {"who", "need"}
    assert words.of("need")[0].text.startswith("For what many of them share")


@pytest.mark.parametrize("label", ["age", "age in years", "customer age", "average yearly balance", "account balance"])
def test_words_find_the_columns_they_mean(retired, label):
    much = Typical("x", label, "", 9.0, 1.0, 1.5)
    plain = replace(retired, markers=(), typical=(much,), best=(), worth=(), response=None)
    assert {"need", "offer", "message"} <= {line.kind for line in say_segments(Profiles((plain,)))[0].sentences}


@pytest.mark.parametrize(
    ("label", "name", "owe"),
    [
        ("outstanding balance", "Customers with high debts", True),
        ("loan account balance", "Customers with high debts", True),
        ("credit card balance", "Customers with high debts", True),
        ("Restschuld", "Customers with high debts", True),
        ("term deposit balance", "Customers with high savings", False),
        ("savings balance", "Customers with high savings", False),
        ("Sparguthaben", "Customers with high savings", False),
    ],
)
def test_no_money_lies_idle_that_is_owed_or_put_away_already(retired, label, name, owe):
    much, old = Typical("x", label, "", 9.0, 1.0, 1.5), Typical("age", "age", "years", 66.0, 42.0, 1.5)
    (words,) = say_segments(Profiles((plain(retired, "1", typical=(much,)),)))
    assert words.name == name
    assert not any("idle" in line.text or "better rate" in line.text for line in words.sentences)
    (older,) = say_segments(Profiles((plain(retired, "1", typical=(much, old)),)))
    assert bool(older.of("offer")) != owe  # nobody who owes much is offered a deposit
    assert [line.text[:28] for line in older.of("avoid")] == (["Do not offer a deposit to th"] if owe else [])


def test_a_label_may_be_the_name_of_an_expression(tmp_path, retired):
    own = tmp_path / "words.toml"
    own.write_text(
        '[labels]\nwork = "profession|job"\n[[noun]]\nlabel = "work"\nlevel = "retired"\ntext = "pensioners"\n'
    )
    assert "pensioners" in say_segments(Profiles((retired,)), load_words(own))[0].name.lower()


def test_few_yes_are_said_of_as_many_as_it_takes(retired):
    few = Response(8, 0.002, 0.001, 0.004, 2.0, base=0.1)
    assert "Of 1,000 called, 2 said yes (1 to 4)" in said_of(replace(retired, response=few))


def test_where_not_every_call_reaches_its_customer_rates_are_of_those_reached(retired):
    (all_of_them,) = say_segments(Profiles((retired,)), currency="EUR")
    (reached,) = say_segments(Profiles((retired,)), currency="EUR", all_reached=False)
    assert [line.text.split(",")[0] for line in all_of_them.of("response")] == ["Of 100 called"]
    assert [line.text.split(",")[0] for line in reached.of("response")] == ["Of 100 reached"]
    assert all_of_them.of("worth")[0].text.startswith("A call to them earned ")
    assert reached.of("worth")[0].text.startswith("A call to them would earn ")


def test_calls_are_not_spent_on_those_of_whom_none_said_yes(retired):
    none = Response(0, 0.0, 0.0, 0.001, 0.0, base=0.11)
    said = " ".join(
        line.text for line in say_segments(with_rest(retired, plain(retired, "2", response=none)))[0].sentences
    )
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


def test_satisfaction_is_profiled_where_the_table_knows_it():
    from segmint.contract.validate import validate
    from segmint.tables.simulate import Campaign, simulate
    from segmint.tables.source import open_table

    table = validate(open_table(simulate(Campaign(rows=600, seed=2)).frame), load_contract("simulated-campaign"))
    satisfied = table.frame["satisfaction"].to_numpy()
    halves = (satisfied > np.nanmedian(satisfied)).astype(np.int64)
    happy = profile_segments(table, halves).segments[1]
    assert "satisfaction" in {marker.column for marker in happy.markers} | {row.column for row in happy.typical}


def advice_of(segment, kind):
    return [line.text for line in say_segments(Profiles((segment,)))[0].of(kind)]


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
    (need,) = say_segments(Profiles((plain(retired, "1"),)))[0].of("need")
    assert (need.evidence[0].column, need.evidence[0].level) == (
        "customers",
        "all",
    )  # by which pages of older runs know it
    said = need.text
    assert said.startswith("For what many of them share no need and no offer is known: ask what they are saving for")


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
        say_segments(Profiles((plain(retired, "1", markers=(marker,)),)))[0].of("who")[0].text
        == f"More usual than elsewhere: {said}."
    )

"""Numbers are written the same way on the screen, in files and on pages."""

import math
import pickle

import pytest

from segmint import wording


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (wording.count(4521), "4,521"),
        (wording.counted(0, "row"), "0 rows"),
        (wording.counted(1, "row"), "1 row"),
        (wording.counted(4521, "row was", "rows were"), "4,521 rows were"),
        (wording.some_of(1, 4521, "customers", "has", "have"), "1 of 4,521 customers has"),
        (wording.some_of(0, 4521, "customers", "has", "have"), "0 of 4,521 customers have"),
        (wording.decimal(-1234.5, 1), "−1,234.5"),
        (wording.decimal(-0.0004), "0.000"),  # nothing to three digits has no sign
        (wording.decimal(None), "–"),
        (wording.decimal(math.nan), "–"),
        (wording.plain(25310.4), "25,310"),
        (wording.plain(-1.25), "−1.25"),
        (wording.plain(3.0), "3"),
        (wording.signed(0.0123), "+0.012"),
        (wording.signed(-0.0123), "−0.012"),
        (wording.signed(0.0004), "0.000"),
        (wording.signed(1234.56, 1), "+1,234.6"),
        (wording.signed(None), "–"),
        (wording.money(4521.4, "EUR"), "4,521 EUR"),
        (wording.money(99.5, "€", None), "99.50 €"),
        (wording.money(-100.4, "EUR", None), "−100 EUR"),
        (wording.money(3.0, "", 2), "3.00"),
        (wording.money(None, "EUR"), "–"),
        (wording.percent(0.1149), "11.5 %"),
        (wording.percent(0.004, 0), "0.4 %"),  # a small share is not nothing
        (wording.percent(0.0003), "0.03 %"),
        (wording.percent(0.0002, 0), "0.02 %"),
        (wording.percent(0.0, 0), "0 %"),
        (wording.percent(1.0, 0), "100 %"),
        (wording.percent(0.996, 0), "99.6 %"),  # almost all is not all
        (wording.percent(0.995, 0), "99.5 %"),
        (wording.percent(0.9997), "99.97 %"),
        (wording.percent(0.9997, 0), "99.97 %"),
        (wording.percent(0.99995), "more than 99.99 %"),
        (wording.percent(0.005, 0), "0.5 %"),
        (wording.percent(0.99999, 0), "more than 99.99 %"),
        (wording.percent(0.00001), "less than 0.01 %"),
        (wording.percent(1 - 1e-9), "100.0 %"),
        (wording.percent(1.0003, 0), "100 %"),  # a ratio may be more than all
        (wording.percent_between(0.85, 0.9997), "85.00 to 99.97 %"),
        (wording.percent_between(0.99996, 0.99999), "more than 99.99 %"),
        (wording.percent_between(0.00001, 0.00002), "less than 0.01 %"),
        (wording.percent_between(0.00001, 0.3), "less than 0.01 % to 30.0 %"),
        (wording.percent(1e-17), "0.0 %"),
        (wording.count(-5), "−5"),
        (wording.seconds(math.nan), "–"),
        (wording.percent(math.inf), "–"),
        (wording.percent_between(0.102, 0.129), "10.2 to 12.9 %"),
        (wording.percent_between(0.0001, 0.0013), "0.01 to 0.13 %"),
        (wording.percent_between(0.0, 0.0004), "0.00 to 0.04 %"),
        (wording.percent_between(0.004, 0.12, 0), "0.4 to 12.0 %"),
        (wording.between(0.4121, 0.4874), "0.412 to 0.487"),
        (wording.between(None, 1.0), "–"),
        (wording.times(3.14), "3.1 times"),
        (wording.seconds(9.84), "9.8 s"),
        (wording.seconds(200.0), "3 min 20 s"),
        (wording.listed(["a"]), "a"),
        (wording.listed(["a", "b", "c"], last="or"), "a, b or c"),
        (wording.spoken("too_few_fields"), "too few fields"),
        (wording.capital("number of calls"), "Number of calls"),
        (
            wording.shorten("use of online banking in the last twelve months, SMS", 32),
            "use of online banking in the…SMS",
        ),
        (
            wording.shorten("use of online banking in the last twelve months, post", 32),
            "use of online banking in th…post",
        ),
        (wording.shorten("Kontokorrentkreditinhaber", 12), "Kontokor…ber"),
        (wording.shorten("a name\tthat is much too long"), "a name that is…too long"),
        (wording.printable("a\u202eb\x00c"), "a\ufffdb\ufffdc"),
    ],
)
def test_numbers_and_names_are_written_for_people(written: str, said: str) -> None:
    assert written == said


@pytest.mark.parametrize(
    ("text", "plain"), [("Größe", "Groesse"), ("Gro\u0308ße", "Groesse"), ("Ähre São", "Aehre Sao"), ("客户 7", " 7")]
)
def test_a_name_is_written_in_letters_that_everybody_can_type(text: str, plain: str) -> None:
    assert wording.in_plain_letters(text) == plain


def test_a_known_word_is_asked_for_where_one_is_written_almost_so() -> None:
    known = ("budget_calls", "budget_money")
    assert wording.did_you_mean("budget_cals", known) == "did you mean 'budget_calls'?"
    assert wording.did_you_mean("age", known) == ""
    assert wording.did_you_mean("calls", known) == ""
    assert wording.did_you_mean("calls", known, cutoff=0.5) == "did you mean 'budget_calls'?"
    assert wording.did_you_mean("age", ()) == ""


def test_a_sentence_is_said_in_the_words_of_a_door_and_what_only_looks_like_a_term_stays() -> None:
    said = wording.Said(
        "'policy.quotas': lower ", wording.Term("policy.quotas"), " or ", wording.Term("policy.attempts")
    )
    assert said == "'policy.quotas': lower policy.quotas or policy.attempts"
    assert (
        wording.in_words(said, {"policy.quotas": "the quotas"})
        == "'policy.quotas': lower the quotas or policy.attempts"
    )
    assert wording.in_words("policy.quotas", {"policy.quotas": "the quotas"}) == "policy.quotas"
    for count, text in ((0, ""), (1, "a"), (2, "a or x"), (3, "a, x or a")):
        both = wording.joined(", ", ["a", wording.Said(wording.Term("x")), "a"][:count], last=" or ")
        assert (both, wording.terms_in(both)) == (text, ("x",) * (count > 1))
    assert wording.joined(" ", ["a", "b", "c"]) == "a b c"
    ended = wording.without_stop(wording.Said(said, "."))
    assert (ended, wording.terms_in(ended)) == (said, wording.terms_in(said))
    assert [wording.without_stop(text) for text in ("", "a", "a.")] == ["", "a", "a"]
    assert pickle.loads(pickle.dumps(said)).parts == said.parts

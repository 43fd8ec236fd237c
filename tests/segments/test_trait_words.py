"""Traits in names: what a yes and a no are in words, by the label of the column."""

from dataclasses import replace

import pytest

from segmint.contract.hints import label_for
from segmint.segments.cuts import Cut, Cuts
from segmint.segments.profile import Profiles, profile_segments
from segmint.segments.trait_words import level_in_words
from tests.segments.one_segment import plain, say, trait

SAID = [
    ("mortgage", "with a mortgage", "without a mortgage"),
    ("online_banking", "with online banking", "without online banking"),
    ("has_account", "with an account", "without an account"),
    ("has_credit_in_default", "with credit in default", "without credit in default"),
    ("owns_car", "with a car", "without a car"),
    ("a_car", "with a car", "without a car"),
    ("uses_app", "with an app", "without an app"),
    ("holds_shares", "with shares", "without shares"),
    ("unsecured_loan", "with an unsecured loan", "without an unsecured loan"),
    ("financial_need", "with financial need", "without financial need"),
    ("high_speed", "with high speed", "without high speed"),
    ("smartphone", "with a smartphone", "without a smartphone"),
    ("insured", "who are insured", "who are not insured"),
    ("Subscribed", "who are subscribed", "who are not subscribed"),
    ("self_employed", "who are self employed", "who are not self employed"),
    ("is_student", "who are student", "who are not student"),
    ("was_called", "who were called", "who were not called"),
    ("has_defaulted", "who have defaulted", "who have not defaulted"),
    ("has_ever_defaulted", "who have ever defaulted", "who have never defaulted"),
    ("has_been_contacted", "who have been contacted", "who have not been contacted"),
    ("has_agreed_to_terms", "who have agreed to terms", "who have not agreed to terms"),
    ("wants_advice", "who want advice", "who do not want advice"),
    ("newsletter_subscribed", "whose “newsletter subscribed” is yes", "whose “newsletter subscribed” is no"),
    ("credit card used", "whose “credit card used” is yes", "whose “credit card used” is no"),
    ("contacted_before", "whose “contacted before” is yes", "whose “contacted before” is no"),
    ("loaded", "whose “loaded” is yes", "whose “loaded” is no"),
    ("has_never_defaulted", "whose “has never defaulted” is yes", "whose “has never defaulted” is no"),
    ("does_not_want_calls", "whose “does not want calls” is yes", "whose “does not want calls” is no"),
    ("has", "whose “has” is yes", "whose “has” is no"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "of_yes", "of_no"), SAID)
def test_a_yes_and_a_no_are_said_as_the_label_allows(column: str, of_yes: str, of_no: str) -> None:
    label = label_for(column)
    assert [level_in_words(label, level) for level in ("yes", "Ja", "no")] == [of_yes, of_yes, of_no]
    assert level_in_words(label, "1") == f"whose {label} is 1"


@pytest.fixture(scope="module")
def segment(campaign, truth):
    return profile_segments(campaign, truth).segments[0]


@pytest.mark.parametrize(
    "column", ["has_defaulted", "wants_advice", "owns_car", "newsletter_subscribed", "contacted_before"]
)
def test_a_tree_names_by_an_answer_as_a_description_does(segment, column):
    label, levels = label_for(column), ("yes", "no")
    profiles = Profiles(
        tuple(
            plain(segment, level, markers=(replace(trait(segment, 0.9, "x", level), label=label),)) for level in levels
        )
    )
    made_by = tuple((Cut("x", label, level, frozenset([place]), level),) for place, level in enumerate(levels))
    described, cut = ([words.name for words in say(profiles, cuts=how)] for how in (None, Cuts(made_by)))
    assert described == cut == [f"Customers {level_in_words(label, level)}" for level in levels]

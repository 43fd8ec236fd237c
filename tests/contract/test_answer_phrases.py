"""What a label says of who answered yes or no to it."""

import pytest

from segmint.contract.answer_phrases import has_or_not, trait_of


@pytest.mark.parametrize(
    ("label", "of_yes", "of_no"),
    [
        ("has a housing loan", "has a housing loan", "has no housing loan"),
        ("has defaulted", "has defaulted", "has not defaulted"),
        ("has ever defaulted", "has ever defaulted", "has never defaulted"),
        ("has never defaulted", "has never defaulted", ""),
        ("has taken out a loan", "has taken out a loan", "has not taken out a loan"),
        ("has bought a car", "has bought a car", "has not bought a car"),
        ("has used app", "has used app", "has no used app"),
        ("has no debts", "has no debts", ""),
        ("mortgage", "", ""),
    ],
)
def test_who_has_what_a_label_says_is_said_to_have_it_or_not(label: str, of_yes: str, of_no: str) -> None:
    assert [has_or_not(label, level) for level in ("Yes", "no", "unknown")] == [of_yes, of_no, ""]


@pytest.mark.parametrize("label", ["is not married", "does not own a car", "has seen advert", "credit card used"])
def test_what_is_neither_a_thing_nor_a_known_clause_is_quoted(label: str) -> None:
    assert trait_of(label, yes=False) == f"whose “{label}” is no"

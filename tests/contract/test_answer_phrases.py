"""What a label says of who answered yes or no to it."""

import pytest

from segmint.contract.answer_phrases import has_or_not


@pytest.mark.parametrize(
    ("label", "of_yes", "of_no"),
    [
        ("has a housing loan", "has a housing loan", "has no housing loan"),
        ("has defaulted", "has defaulted", "has not defaulted"),
        ("has ever defaulted", "has ever defaulted", "has never defaulted"),
        ("has never defaulted", "has never defaulted", ""),
        ("mortgage", "", ""),
    ],
)
def test_who_has_what_a_label_says_is_said_to_have_it_or_not(label: str, of_yes: str, of_no: str) -> None:
    assert [has_or_not(label, level) for level in ("Yes", "no", "unknown")] == [of_yes, of_no, ""]

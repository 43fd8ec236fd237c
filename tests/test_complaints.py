"""Pydantic's complaints in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from segmint.complaints import first_of, wanted


class Inner(BaseModel):
    amount: float = Field(default=0, ge=1, allow_inf_nan=False)


class Settings(BaseModel):
    count: int = 0
    sure: bool = True
    name: str = Field(default="x", min_length=1, max_length=3)
    places: tuple[str, ...] = Field(default=(), max_length=1)
    inner: Inner = Inner()
    where: Path = Path()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": "many"}, "a whole number"),
        ({"count": 1.5}, "a whole number"),
        ({"sure": "perhaps"}, "true or false"),
        ({"name": 7}, "a text"),
        ({"name": ""}, "a text that is not empty"),
        ({"name": "long"}, "at most 3 characters"),
        ({"places": "here"}, "a list"),
        ({"places": ["a", "b"]}, "a list of at most 1"),
        ({"inner": 7}, "a section of settings"),
        ({"inner": {"amount": "much"}}, "a number"),
        ({"inner": {"amount": float("nan")}}, "a number"),
        ({"inner": {"amount": 0}}, "greater than or equal to 1"),
        ({"where": 7}, "a path"),
    ],
)
def test_what_was_wanted_is_said_in_plain_words(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**given)
    assert wanted(caught.value.errors()[0]) == words


def test_a_misspelt_key_is_told_before_the_key_that_is_missing_for_it() -> None:
    class Strict(BaseModel, extra="forbid"):
        amount: int

    with pytest.raises(ValidationError) as caught:
        Strict.model_validate({"amuont": 1})
    complaints = caught.value.errors()
    assert [complaint["type"] for complaint in complaints] == ["missing", "extra_forbidden"]
    assert first_of(complaints)["loc"] == ("amuont",)
    assert first_of(complaints[:1])["loc"] == ("amount",)

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from segmint.explain.letter import CHANGES, HEAD, NO_CHANGE, USE, letter


def found(base=0.12, moved=(0.05, -0.2, 0.1, 0.0001)):
    moved = np.array([moved])
    return SimpleNamespace(
        columns=("a", "b", "c", "d"), contributions=moved, base=np.array([base]), prediction=base + moved.sum(axis=1)
    )


def test_the_letter_says_how_high_why_and_what_is_left():
    said = ["c is high: raises the chance", "a is high: raises the chance"]
    text = letter(found(0.3), said, [True, False, True, True], (), "The reasons are stable.", average=0.1, target=None)
    # b, the strongest, may not be named, and that is said. d is too small to be said.
    with_places = ["c is high: raises the chance by 10.0 points", "a is high: raises the chance by 5.0 points"]
    assert text[0] == HEAD
    assert text[1].startswith(
        "This customer has a chance of 25.0 % of saying yes if called. Customers in general have 10.0 %; this is 2.5 times as much."
    )
    assert list(text[2:4]) == with_places
    assert text[4].startswith(
        "One column that is not named because it is sensitive (1 of 4) moves it by −20.0 points; everything else by less than 0.1."
    )
    assert "start from 30.0 %, where customers would be on average if their columns had nothing to do" in text[4]
    assert text[5] == NO_CHANGE
    assert text[-2:] == (USE, "The reasons are stable.")


def test_sensitive_columns_are_said_apart_and_without_them_the_rest_is_one() -> None:
    said = ["c is high: raises the chance"]
    several = letter(found(0.3), said, [False, False, True, True], (), "s", average=0.1, target=None)
    assert (
        "not named because they are sensitive (2 of 4) move it by −15.0 points together; everything else by less"
        in several[3]
    )
    nothing = letter(found(0.3), said, [False, False, False, False], (), "s", average=0.1, target=None)
    assert "(4 of 4)" in nothing[3]
    none = letter(found(0.3), ["b: lowers the chance"], [True] * 4, (), "s", average=0.1, target=None)
    assert none[3].startswith("Everything not named here moves it by +15.0 points. The points start")


def test_points_named_and_the_rest_add_up_to_the_distance_from_the_base():
    said = ["b: lowers the chance", "c: raises the chance", "a: raises the chance"]
    case = found(0.3)
    text = letter(case, said, [True] * 4, (), "s", average=0.2, target=None)
    signs = {"lowers": -1, "raises": 1}
    total = sum(signs[t.split(": ")[1].split()[0]] * float(t.split(" by ")[1].split()[0]) for t in text[2:5])
    assert 30.0 + total == pytest.approx(100 * case.prediction[0], abs=0.1)


def test_changes_are_said_with_care():
    change = SimpleNamespace(sentence=lambda: "balance: 900 instead of 20 takes the chance from 6 % to 9 %")
    text = letter(found(), [], [True] * 4, (change,), "s", average=0.1, target="B")
    assert "of belonging to B" in text[1]
    assert text[3] == CHANGES

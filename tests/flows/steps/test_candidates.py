"""Who could be called: a quota that cannot be filled says why."""

from __future__ import annotations

import re

import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.flows.steps.candidates import choose_of
from tests.targeting.conftest import make_policy


def test_a_quota_that_cannot_be_filled_says_what_keeps_its_customers_off() -> None:
    people, chance = pl.Series([f"c{n}" for n in range(9)]), [0.5] * 9
    columns = pl.DataFrame({"branch": ["north"] * 6 + ["east"] * 3})
    off = pl.Series(["no phone; no consent"] * 2 + ["no phone"] * 2 + [""] * 2 + ["no consent"] * 3)
    policy = make_policy(holdout_share=0, quotas=[{"column": "branch", "level": "north", "minimum": 3}])
    with pytest.raises(PolicyError) as refused:
        choose_of(people, chance, policy, columns, off)
    assert refused.value.came == (
        "The quota asks for at least 3 of 'branch north', only 2 can be called. Rules keep 4 of its 6 customers off, most of "
        "them: no phone (4)."
    )
    assert refused.value.fix == "look at that rule or lower the minimum in policy.quotas"
    short = policy.but(quotas=[{"column": "branch", "level": "north", "minimum": 7}])
    with pytest.raises(PolicyError) as refused:
        choose_of(people, chance, short, columns, pl.Series([""] * 9))
    assert refused.value.came.endswith("only 6 can be called.")
    assert refused.value.fix == "lower the minimum in policy.quotas"
    strange = policy.but(quotas=[{"column": "branch", "level": "west", "minimum": 3}])
    with pytest.raises(PolicyError, match=r"only 0 can be called\. Nobody has 'west' in 'branch'\."):
        choose_of(people, chance, strange, columns, off)


def unfilled(minimum: int, *, holdout_share: float = 0.0, unknown: int = 0, off: int = 1) -> PolicyError:
    """Ask for at least `minimum` of 100 in the north, of whom rules keep `off` off and the next `unknown` have no value."""
    because = pl.Series(["no consent"] * off + [""] * (200 - off))
    worth = [100.0] * off + [None] * unknown + [100.0] * (200 - off - unknown)
    columns = pl.DataFrame({"branch": ["north"] * 100 + ["east"] * 100, "worth": worth})
    quota = {"column": "branch", "level": "north", "minimum": minimum}
    policy = make_policy(value="worth", holdout_share=holdout_share, quotas=[quota])
    with pytest.raises(PolicyError) as refused:
        choose_of(pl.Series([f"c{n}" for n in range(200)]), [0.5] * 200, policy, columns, because)
    return refused.value


def test_a_rule_is_not_blamed_for_a_quota_that_the_holdout_leaves_unfilled() -> None:
    error = unfilled(95, holdout_share=0.2)
    number = re.search(r"only (\d+) can be called", error.came)
    assert number is not None
    assert error.came.endswith(f"Of the 99 whom no rule keeps off, {99 - int(number[1])} are held out.")
    assert error.fix == "lower the minimum in policy.quotas or lower policy.holdout_share"
    assert "Rules keep 6 of its 100 customers off" in unfilled(95, holdout_share=0.2, off=6).came
    assert "are held out" in unfilled(100, holdout_share=0.2, off=0).came


def test_a_rule_is_not_blamed_for_a_quota_that_unknown_amounts_leave_unfilled() -> None:
    error = unfilled(95, unknown=30)
    assert error.came.endswith(
        "only 69 can be called. Of the 99 whom no rule keeps off, 30 have no known cost or value."
    )
    assert error.fix == "lower the minimum in policy.quotas or fill in the amounts"
    assert unfilled(99, unknown=1).came.endswith("Of the 99 whom no rule keeps off, 1 has no known cost or value.")
    assert "are held out and 30 have no known cost or value." in unfilled(95, holdout_share=0.2, unknown=30).came


def test_a_quota_that_one_of_a_household_leaves_unfilled_says_so() -> None:
    columns = pl.DataFrame({"branch": ["north"] * 20, "home": [f"h{n // 2}" if n < 6 else None for n in range(20)]})
    quota = {"column": "branch", "level": "north", "minimum": 18}
    policy = make_policy(one_per="home", holdout_share=0.0, quotas=[quota])
    with pytest.raises(PolicyError) as refused:
        choose_of(pl.Series([f"c{n}" for n in range(20)]), [0.5] * 20, policy, columns, pl.Series([""] * 20))
    assert refused.value.came.endswith(
        "only 17 can be called. Of the 20 whom no rule keeps off, 3 give way to another customer of the same 'home'."
    )
    assert refused.value.fix == "lower the minimum in policy.quotas or take policy.one_per out"
    with pytest.raises(PolicyError) as both:
        choose_of(
            pl.Series([f"c{n}" for n in range(20)]),
            [0.5] * 20,
            policy,
            columns,
            pl.Series([""] * 17 + ["no phone"] * 3),
        )
    assert "Rules keep 3 of its 20 customers off, most of them: no phone (3). Of the 17 whom no rule" in both.value.came
    assert both.value.fix == "look at that rule, lower the minimum in policy.quotas or take policy.one_per out"

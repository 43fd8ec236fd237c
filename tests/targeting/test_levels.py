"""A rule for a level that nobody in the table has limits nobody, and is said."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.targeting.levels import levels_of_nobody
from segmint.targeting.policy import ContactPolicy


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["001", "120"], False),
        ([" 001", "120"], False),
        ([1, 120], False),
        (["1", "120"], True),  # as validated: text of a column of whole numbers
        (["120", None], True),
    ],
)
def test_a_quota_is_said_wherever_nobody_has_its_level(written: list[object], said: bool) -> None:
    assert_said(said, written, {})


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["007", " 120", None, ""], False),  # nobody is of branch 001 this month
        ([7, 120], False),
        (["1", "7", "120"], True),
        ([7, 9], True),
        (["120", "12O"], True),
        (["", None], True),
    ],
)
def test_a_level_that_the_contract_lists_is_said_only_where_the_column_is_written_otherwise(
    written: list[object], said: bool
) -> None:
    assert_said(said, written, {"branch": ("001", "007", "120")})


def test_a_level_that_the_contract_does_not_list_is_said() -> None:
    assert_said(True, ["007", "120"], {"branch": ("007", "120")})
    assert_said(True, ["007", "120"], {"segment": ("001", "007", "120")})


def assert_said(said: bool, written: list[object], known: dict[str, tuple[str, ...]]) -> None:
    policy = ContactPolicy(
        economics={"cost_per_call": 1, "value_per_success": 10},
        quotas=[{"column": "branch", "level": "001", "maximum": 3}],
    )
    found = levels_of_nobody(policy, pl.DataFrame({"branch": written}), known)
    told = "nobody has '001' in 'branch', for which the quota 'branch 001' waits; look how the table writes it"
    assert found == ((told,) if said else ())

"""Controls become settings; what makes no sense is said in words."""

from __future__ import annotations

import pytest

from segmint.dashboard.policy_form import config_of
from segmint.errors import PolicyError, SegmintError


def test_controls_become_economics_and_policy() -> None:
    config = config_of(
        {
            "cost": "4,5", "value": "100", "calls": "300", "money": "", "holdout": "0",
            "quota_column_0": "job", "quota_level_0": "clerk", "quota_most_0": "20",
            "exclude_column_1": "default", "exclude_level_1": "yes",
        }
    )  # fmt: skip
    assert config.economics is not None
    assert config.economics.cost_per_call == 4.5
    assert config.policy.budget_calls == 300
    assert config.policy.budget_money is None
    assert config.policy.holdout_share == 0
    assert [(q.column, q.level, q.minimum, q.maximum) for q in config.policy.quotas] == [("job", "clerk", 0, 20)]
    assert config.policy.exclude[0].levels == ("yes",)


def test_a_text_that_is_no_number_is_named() -> None:
    with pytest.raises(PolicyError, match="calls at most"):
        config_of({"calls": "many"})


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e999"])
def test_numbers_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(SegmintError):
        config_of({"calls": text})

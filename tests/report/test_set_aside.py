"""Every column that is no feature is named once, with the reason."""

from __future__ import annotations

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.report.set_aside import columns_set_aside

CONTRACT = Contract(
    name="small",
    outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes", label="said yes"),
    columns=(
        Column(name="job", kind="category", role="characteristic", label="job"),
        Column(name="duration", kind="number", role="context", label="duration", known="after_call"),
        Column(name="memo", kind="text", role="ignore", label="memo", note="free text"),
        Column(name="branch", kind="category", role="quota", label="branch"),
    ),
)


def test_late_columns_roles_and_strangers_are_told_and_what_is_absent_is_not() -> None:
    late = [{"column": "duration", "label": "duration", "known": "after_call"}]
    receipt = {"set_aside": late, "not_in_contract": ["shoe"], "absent": ["branch"]}
    assert columns_set_aside(CONTRACT, "planning", receipt) == [
        ("duration", "known only after the call"),
        ("memo", "ignored: free text"),
        ("shoe", "not in the contract"),
    ]


def test_without_a_receipt_the_contract_says_what_comes_late() -> None:
    assert columns_set_aside(CONTRACT, "planning", {})[0] == ("duration", "known only after the call")
    assert columns_set_aside(None, "planning", {}) == []

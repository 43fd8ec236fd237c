"""Drafted contracts: every column once, suspects named, and nothing trains before a person looked."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from segmint.contract.contract import load_contract, parse_contract
from segmint.contract.infer import Draft, infer_contract
from segmint.contract.validate import validate
from segmint.errors import ContractError
from segmint.tables.simulate import Campaign, simulate
from segmint.tables.source import open_table


def churn(rows: int = 400) -> pl.DataFrame:
    """A telecom table as a new user might bring it."""
    draw = random.Random(2)
    left = [draw.random() < 0.3 for _ in range(rows)]
    return pl.DataFrame(
        {
            "customerID": [f"00{7_000 + i}-XYZ" for i in range(rows)],
            "gender": [draw.choice(["Female", "Male"]) for _ in range(rows)],
            "tenure": [str(draw.randrange(0, 72)) for _ in range(rows)],
            "MonthlyCharges": [f"{draw.uniform(20, 120):.2f}" if draw.random() > 0.05 else "NA" for _ in range(rows)],
            "last_visit_days": [draw.choice(["999", str(draw.randrange(1, 60))]) for _ in range(rows)],
            "PostCode": [f"0{draw.randrange(1000, 1010)}" for _ in range(rows)],
            "country": ["PT"] * rows,
            "final_bill": ["1" if gone else "0" for gone in left],
            "remark": [f"called about {draw.randrange(10**6)}" for _ in range(rows)],
            "since": [f"202{draw.randrange(5)}-01-0{draw.randrange(1, 9)}" for _ in range(rows)],
            "call_duration": [str(draw.randrange(0, 600)) for _ in range(rows)],
            "month": [draw.choice(["jan", "feb", "mar"]) for _ in range(rows)],
            "Churn": ["Yes" if gone else "No" for gone in left],
        }
    )


@pytest.fixture(scope="module")
def draft() -> Draft:
    return infer_contract(open_table(churn()), name="churn")


def test_kinds_roles_and_moments_are_guessed(draft: Draft) -> None:
    columns = draft.contract.by_name
    assert draft.contract.outcome.column == "Churn"
    assert draft.contract.outcome.positive == "yes"
    assert draft.contract.id_column == "customerID"
    assert columns["gender"].sensitive
    assert columns["PostCode"].kind == "category"
    assert columns["MonthlyCharges"].missing == ("", "NA")
    assert columns["MonthlyCharges"].role == "holding"
    assert [state.value for state in columns["last_visit_days"].states] == [999.0]
    assert columns["since"].kind == "date"
    assert columns["call_duration"].known == "after_call"
    assert columns["month"].known == "dialling"
    assert columns["remark"].role == "ignore"
    assert columns["country"].role == "ignore"


def test_copies_of_the_outcome_are_suspects_and_not_trusted(draft: Draft) -> None:
    assert "AUC 1.00" in draft.suspects["final_bill"]
    assert draft.contract.by_name["final_bill"].known == "after_call"
    assert "one value only" in draft.suspects["country"]
    assert "gender" not in draft.suspects


def test_the_text_is_the_contract_with_suspects_beside_their_columns(draft: Draft) -> None:
    assert parse_contract(draft.text, origin="draft") == draft.contract
    assert draft.text.count("[columns.") == 12
    before, _ = draft.text.split("[columns.final_bill]")
    assert before.rstrip().endswith("alone tells the outcome (AUC 1.00)")
    assert draft.text.index("known when the list is made") < draft.text.index("known only after the call")
    assert "reviewed = false" in draft.text


def test_a_draft_trains_only_after_a_person_reviewed_it(draft: Draft) -> None:
    with pytest.raises(ContractError, match="Nobody has reviewed"):
        validate(open_table(churn()), draft.contract)
    reviewed = parse_contract(draft.text.replace("reviewed = false", "reviewed = true"), origin="mine")
    table = validate(open_table(churn()), reviewed)
    assert table.ledger.rejected == 0
    assert {"tenure", "gender", "MonthlyCharges"} <= set(table.inputs.columns)
    assert "final_bill" not in table.inputs.columns


@pytest.mark.parametrize(
    ("file", "contract"),
    [
        ("uci-bank/bank.csv", "bank-marketing"),
        ("uci-bank/bank-additional-first-80.csv", "bank-additional"),
        ("term-deposit/train.csv", "term-deposit"),
        ("segments-abcd/customer_segmentation.csv", "customer-segments"),
    ],
)
def test_drafts_of_the_real_tables_agree_with_the_shipped_contracts(
    data_folder: Path, file: str, contract: str
) -> None:
    source, shipped = open_table(data_folder / file), load_contract(contract)
    draft = infer_contract(source, name="draft")
    assert draft.contract.outcome.column == shipped.outcome.column
    assert set(draft.contract.by_name) == set(shipped.by_name)
    wrong = []
    for name, column in shipped.by_name.items():
        guess = draft.contract.by_name[name]
        assert (guess.kind, guess.known, guess.sensitive) == (column.kind, column.known, column.sensitive), name
        wrong += [name] if guess.role != column.role else []
    assert len(wrong) <= 1, wrong
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    assert validate(source, reviewed, at="after_call").ledger.rejected == 0


def test_simulated_campaigns_are_understood() -> None:
    draft = infer_contract(open_table(simulate(Campaign(rows=5_000, control_share=0.2)).frame), name="simulated")
    shipped = load_contract("simulated-campaign")
    for role in ("id", "phone", "consent", "treatment", "satisfaction", "interest"):
        expected = [column.name for column in shipped.columns if column.role == role]
        assert [column.name for column in draft.contract.columns if column.role == role] == expected


def test_an_outcome_that_cannot_be_found_is_asked_for() -> None:
    frame = churn().rename({"Churn": "answer"})
    with pytest.raises(ContractError, match="looks like an outcome"):
        infer_contract(open_table(frame), name="x")
    assert infer_contract(open_table(frame), name="x", outcome="answer").contract.outcome.kind == "response"
    with pytest.raises(ContractError, match="no column 'Answer'"):
        infer_contract(open_table(frame), name="x", outcome="Answer")
    with pytest.raises(ContractError, match="has 1 levels"):
        infer_contract(open_table(frame), name="x", outcome="country")


def test_levels_of_few_customers_are_not_written_down() -> None:
    """OUT-04."""
    frame = churn().with_columns(city=pl.Series(["Lisboa"] * 395 + ["Ulm"] * 5))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["city"].allowed == ()
    assert "Ulm" not in draft.text

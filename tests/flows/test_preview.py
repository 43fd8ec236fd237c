"""What a list would be is what it becomes: a preview and the list that is made weigh the same customers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.config import load_config
from segmint.contract.contract import parse_contract
from segmint.flows.preview import prepare_list, read_customers, what_moved
from segmint.flows.steps.settings import policy_of
from segmint.flows.target import target
from segmint.store.bundle import Bundle, open_bundle, write_bundle
from tests.service.small import CONTRACT, SEGMENTS, small_parts

ID = '[columns.client]\nkind = "text"\nrole = "id"\nlabel = "customer"\n'
MONEY = ["economics.cost_per_call=5", 'economics.value_per_success="worth"', "policy.holdout_share=0.2"]
QUOTA = 'policy.quotas=[{column = "segment", level = "Students", maximum = 7}]'
HOUR = 'policy.capacities=[{name = "hour", available = 900.0, per_customer = "age"}]'


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A small bundle with ids that finds segments."""
    contract = parse_contract(CONTRACT + ID, origin="test")
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": contract, "segments": SEGMENTS})
    return open_bundle(tmp_path / "bundle")


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """Some have two rows, one of them an age that is none, others no id; "objectors.csv" names ten."""
    draw, count = np.random.default_rng(4), 120
    frame = pl.DataFrame(
        {
            "client": [f"c{number % 100}" if number % 17 else None for number in range(count)],
            "age": [str(age) for age in draw.integers(18, 80, count)],
            "job": draw.choice(["admin.", "student"], count),
            "phone": [f"+3519100{number:05}" for number in range(count)],
            "worth": draw.integers(1, 90, count).astype(str),
        }
    ).with_columns(age=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("old")).otherwise("age"))
    frame.write_csv(tmp_path / "customers.csv")
    pl.DataFrame({"client": [f"c{number}" for number in range(20, 30)]}).write_csv(tmp_path / "objectors.csv")
    return tmp_path / "customers.csv"


@pytest.mark.parametrize("rules", [[], ["policy.budget_calls=12"], [QUOTA], ["policy.budget_money=80", HOUR]])
def test_what_is_asked_exactly_is_the_list_that_is_made(
    rules: list[str], bundle: Bundle, customers: Path, tmp_path: Path
) -> None:
    files = [f'policy.suppress=["{tmp_path / "objectors.csv"}"]']
    config = load_config(None, [*MONEY, *files, *rules, "data.max_rejected=0.1"])
    table = read_customers(customers, bundle, config)
    prepared = prepare_list(table, bundle, config)
    asked = prepared.ask(policy_of(config), exact=True)
    made = target(customers, tmp_path / "bundle", config, runs=tmp_path / "runs").call_list
    assert table.records[asked.rows].tolist() == made.listed["record"].to_list()
    assert made.lists(table.records).sum() == asked.customers == made.counts["listed"] > 0
    assert asked.held_out == made.counts["held_out"]
    assert asked.expected_profit == pytest.approx(made.expected_profit)
    assert prepared.suppressed.items() <= made.reasons.items()  # choosing leaves out further rows of one customer
    likely = made.listed.select("propensity").to_series().to_numpy()
    np.testing.assert_allclose(prepared.preview.propensity[asked.rows], likely)
    assert what_moved(prepared, asked.rows, asked.rows)["joined"] == 0


def test_the_curve_does_without_limits(bundle: Bundle, customers: Path) -> None:
    config = load_config(None, [*MONEY, "policy.budget_calls=3", "data.max_rejected=0.1"])
    prepared = prepare_list(read_customers(customers, bundle, config), bundle, config)
    policy = policy_of(config)
    free = policy.model_copy(update={"budget_calls": None})
    assert prepared.ask(policy, exact=True).customers == 3
    assert prepared.preview.curve(policy)["peak"]["customers"] == prepared.ask(free, exact=True).customers > 3

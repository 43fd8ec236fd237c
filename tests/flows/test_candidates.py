"""Who could be called: everyone has a name, and everyone read has a place."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.contract.contract import Contract, Outcome
from segmint.contract.ledger import KEPT_REJECTS
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import PolicyError
from segmint.flows.candidates import choose_of, customers_of, measured_columns, today, with_policy_columns
from segmint.tables.source import open_table
from segmint.targeting.choose import NO_AMOUNT, choose
from segmint.targeting.stakes import amounts
from segmint.targeting.suppress import suppress
from tests.targeting.conftest import make_policy

CONTRACT = Contract(
    name="with-ids",
    outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
    columns=(
        Column(name="client", kind="text", role="id", label="client"),
        Column(name="age", kind="number", role="characteristic", label="age"),
    ),
)


def read_text(folder: Path, text: str) -> ValidTable:
    (folder / "customers.csv").write_text(text)
    return validate(open_table(folder / "customers.csv"), CONTRACT, purpose="predict", max_rejected=1.0)


def test_money_and_limits_are_read_with_the_decimal_sign_of_the_table(tmp_path: Path) -> None:
    table = read_text(tmp_path, "client;age;price;worth;debt\na;41,5;12,50;1.250,00;0,5\nb;30,0;?;90,5;2,5\n")
    rule = {"name": "in debt", "column": "debt", "above": 1.0}
    team = {"name": "hour", "available": 10.0, "per_customer": "age"}
    policy = make_policy("price", "worth", exclude=[rule], capacities=[team])
    columns = with_policy_columns(table, policy)
    assert columns["price"].to_list() == [12.5, None]
    assert columns["worth"].to_list() == [1250.0, 90.5]
    assert columns["debt"].to_list() == [0.5, 2.5]
    assert amounts("price", columns).tolist()[0] == 12.5
    held_back = suppress(customers_of(table), columns, CONTRACT, policy, today=date(2026, 3, 14))
    assert held_back.because.to_list() == ["", "in debt"]


def test_a_limit_that_cannot_be_held_against_a_value_stops_the_work(tmp_path: Path) -> None:
    table = read_text(tmp_path, "client;age;debt\na;41;much\nb;30;2,5\n")
    policy = make_policy(exclude=[{"name": "in debt", "column": "debt", "above": 1.0}])
    with pytest.raises(PolicyError, match="compares 'debt', where 1 value is no number"):
        with_policy_columns(table, policy)
    levels = make_policy(exclude=[{"name": "in debt", "column": "debt", "levels": ["much"]}])
    assert with_policy_columns(table, levels)["debt"].to_list() == ["much", "2,5"]


def test_a_column_of_numbers_can_be_compared_and_have_levels_at_once(tmp_path: Path) -> None:
    contract = CONTRACT.model_copy(update={"missing": ("", "n/a")})
    (tmp_path / "scores.csv").write_text("client;age;score\na;41;3,0\nb;30;12,5\nc;30;n/a\nd;30;4,5\n")
    table = validate(open_table(tmp_path / "scores.csv"), contract, purpose="predict")
    rules = [
        {"name": "high", "column": "score", "above": 10.0},
        {"name": "three", "column": "score", "levels": ["3,0"]},
    ]
    policy = make_policy(exclude=rules)
    columns = with_policy_columns(table, policy)
    numbers = measured_columns(table, columns, policy)
    held_back = suppress(customers_of(table), columns, contract, policy, today=date(2026, 3, 14), numbers=numbers)
    assert held_back.because.to_list() == ["three", "high", "", ""]


def read(ids: list[str | None], ages: list[str]) -> ValidTable:
    frame = pl.DataFrame({"client": pl.Series(ids, dtype=pl.String), "age": ages})
    return validate(open_table(frame), CONTRACT, purpose="predict", max_rejected=1.0)


def test_whoever_has_no_id_is_named_by_the_record_and_is_nobody_else() -> None:
    customers = customers_of(read(["17", None, "17 ", "", " "], ["40"] * 5))
    assert customers.to_list() == ["17", "record 2", "17", "record 4", "record 5"]
    chosen = choose(customers, np.full(5, 0.5), make_policy())
    assert len(chosen.listed) == 4


def test_more_rejected_records_than_the_ledger_names_are_all_told() -> None:
    table = read([str(number) for number in range(2_500)], ["40", "forty"] * 1_250)
    assert len(table.ledger.rejects) == KEPT_REJECTS < table.ledger.rejected
    assert table.rejected.tolist() == list(range(2, 2_501, 2))


def test_a_code_in_a_column_of_money_is_no_amount() -> None:
    states = (State(value=999, name="not known"), State(value=-1, name="never"))
    cost = Column(name="price", kind="number", role="cost", label="price", states=states)
    contract = Contract(name="coded", outcome=CONTRACT.outcome, columns=(*CONTRACT.columns, cost))
    frame = pl.DataFrame({"client": ["a", "b", "c"], "age": ["40"] * 3, "price": ["999", "5", "-1"]})
    table = validate(open_table(frame), contract, purpose="predict")
    assert table.numbers("price").values.to_list() == [None, 5.0, None]
    rule = {"name": "cheap", "column": "price", "above": 500.0}
    policy = make_policy("price", exclude=[rule])
    columns = with_policy_columns(table, policy)
    chosen = choose(customers_of(table), np.full(3, 0.5), policy, columns=columns)
    assert chosen.because == {0: NO_AMOUNT, 2: NO_AMOUNT}
    assert suppress(customers_of(table), columns, contract, policy, today=date(2026, 3, 14)).eligible.all()
    only_excluding = with_policy_columns(table, make_policy(exclude=[rule]))
    assert only_excluding["price"].to_list() == [999.0, 5.0, -1.0]
    held_back = suppress(
        customers_of(table), only_excluding, contract, make_policy(exclude=[rule]), today=date(2026, 3, 14)
    )
    assert held_back.eligible.all()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system sets time zones otherwise")
def test_today_is_the_day_where_the_calls_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two ends of the world never share a day."""
    days = []
    for zone in ("Etc/GMT+12", "Etc/GMT-14"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        days.append(today())
    monkeypatch.undo()
    time.tzset()
    assert days[0] < days[1]


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
    assert refused.value.fix == "look at that rule, or lower the minimum in policy.quotas"
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

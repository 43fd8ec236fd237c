"""The network of the bundle: judged by customers who teach nobody, then taught by everybody where these are many."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.config import Config, load_config
from segmint.contract.column import Column
from segmint.contract.contract import Contract, load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.flows.demo import sample_path
from segmint.flows.steps.train import Trained, _inputs, inner_threshold, learns_again, train
from segmint.splits.groups import RowIdentity, row_customers
from segmint.tables.source import open_table

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

from segmint.models.network_model import RECIPES, NetworkModel  # noqa: E402
from segmint.models.teachers import one_teacher  # noqa: E402


@pytest.fixture(scope="module")
def table() -> ValidTable:
    return validate(open_table(sample_path()), load_contract("bank-marketing"))


def nothing_known(key: dict[str, Any], work: Any) -> Any:
    json.dumps(key)
    return work()


def trained(table: ValidTable, *settings: str) -> Trained:
    config = load_config(None, list(settings))
    make = lambda: NetworkModel.of(  # noqa: E731
        table.features, recipe="fast", random_state=1, hidden=(16,), epochs=2, copies=1.0
    )
    said: list[int] = []
    found = train(
        table, config, make, lambda task, done, total: said.append(done), RowIdentity.of(table), nothing_known
    )
    each = [0, 10, 20, 30, 40, 50, 60, 80, 100]  # features and pairs, five teachers, two epochs
    parts = each + [100 + part for part in each[1:]] if found.again else each
    told = list(dict.fromkeys(said))
    assert told == sorted(told)
    # teachers who end at one moment are told at once
    at_once = {begin + teacher for begin in range(0, parts[-1], 100) for teacher in (20, 30, 40, 50)}
    assert set(parts) - at_once <= set(told) <= set(parts)
    return found


@pytest.fixture(scope="module")
def both(table: ValidTable) -> tuple[Trained, Trained]:
    with pytest.MonkeyPatch.context() as patch:  # the small network among the teachers would be trained fifteen times
        patch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
        return trained(table), trained(table, "model.refit=false")


def test_on_a_small_table_everybody_teaches_in_the_end(table: ValidTable, both: tuple[Trained, Trained]) -> None:
    again, once = both
    assert (again.again, once.again) == (2, 0)  # epochs
    assert once.model.lesson_ is not None
    assert again.model.lesson_ is not None
    assert once.model.lesson_["customers"] == len(table) - len(once.inner)
    assert again.model.lesson_ == once.model.lesson_ | {name: again.model.lesson_[name] for name in ("finer", "pairs")}


def test_the_same_table_in_another_order_trains_the_same_network() -> None:
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:600]
    shuffled = given.sample(fraction=1, shuffle=True, seed=5)
    one, other = (validate(open_table(rows), load_contract("bank-marketing")) for rows in (given, shuffled))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "fast", replace(RECIPES["fast"], teachers=one_teacher))
        found, again = trained(one, "model.refit=true"), trained(other, "model.refit=true")
    assert found.again == again.again > 0
    np.testing.assert_array_equal(again.inner_said, found.inner_said)
    said, once_more = (each.model.predict_proba(one.inputs) for each in (found, again))
    np.testing.assert_array_equal(once_more, said)


def test_inner_customers_are_judged_by_a_network_that_had_not_learned_from_them(
    table: ValidTable, both: tuple[Trained, Trained]
) -> None:
    again, once = both
    np.testing.assert_array_equal(again.inner_said, once.inner_said)
    inner = table.inputs[again.inner]
    np.testing.assert_array_equal(once.inner_said, once.model.predict_proba(inner))
    assert not np.allclose(again.inner_said, again.model.predict_proba(inner))
    assert again.model[-1].calibration_ == once.model[-1].calibration_


def test_inner_customers_who_all_say_no_choose_no_threshold(table: ValidTable, both: tuple[Trained, Trained]) -> None:
    some = both[1]
    no = np.flatnonzero(table.outcome == "no")[:50]
    alone = Trained(some.model, no, no, np.full((50, 2), 0.5))
    assert inner_threshold(table, alone) == 0.5


@pytest.mark.parametrize(
    ("settings", "inner", "again"),
    [
        ([], 1_500, True),
        ([], 500, False),
        (["model.refit=true"], 500, True),
        (["model.refit=false"], 1_500, False),
        (["model.recipe=rolling"], 1_500, False),
    ],
)
def test_a_second_training_is_for_many_inner_customers_or_on_demand(
    settings: list[str], inner: int, again: bool
) -> None:
    config: Config = load_config(None, settings)
    assert learns_again(config, inner, 10_000) is again


def test_the_network_is_told_whose_each_row_is(table: ValidTable) -> None:
    class FitError(Exception):
        pass

    class Model:
        def fit(self, *_: Any, customers: Any, **more: Any) -> None:
            raise FitError(len(np.unique(customers)), len(customers))

    ids = pl.Series("customer", [str(at // 2) for at in range(len(table))])
    column = Column(name="customer", kind="text", role="id", label="customer")
    contract = Contract(name="x", outcome=table.contract.outcome, columns=(*table.contract.columns, column))
    twice = replace(table, contract=contract, frame=table.frame.with_columns(ids))
    make: Any = Model
    with pytest.raises(FitError) as told:
        train(twice, load_config(None, []), make, lambda *_: None, RowIdentity.of(twice), nothing_known)
    some, rows = told.value.args
    assert some == (rows + 1) // 2 < len(table) // 2


def test_the_network_learns_no_name_of_a_level_that_one_customer_has_in_many_rows(table: ValidTable) -> None:
    columns = (
        Column(name="customer", kind="text", role="id", label="customer"),
        Column(name="town", kind="category", role="characteristic", label="town"),
    )
    contract = Contract(name="towns", outcome=table.contract.outcome, columns=(*table.contract.columns, *columns))
    towns = pl.Series("town", ["x" if at < 12 else "y" for at in range(len(table))])
    ids = pl.Series("customer", [str(max(at, 11)) for at in range(len(table))])
    repeated = replace(table, contract=contract, frame=table.frame.with_columns(towns, ids))
    inputs = _inputs(repeated, row_customers(repeated))
    assert dict(inputs["town"].value_counts().iter_rows()) == {"(other)": 12, "y": len(table) - 12}
    assert inputs.drop("town").equals(table.inputs, null_equal=True)

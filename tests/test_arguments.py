"""A word where a switch is needed is refused, and guards nothing in silence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segmint
from segmint.arguments import require_between, require_switches
from segmint.features.natural import NaturalFeatures
from segmint.flows.model import OpenModel

TABLE = pl.DataFrame({"age": range(300), "balance": range(300), "y": ["no", "yes"] * 150})

CALLS: dict[str, Callable[[Any], Any]] = {
    "draft": lambda word: segmint.check(TABLE, "bank-marketing", draft=word),
    "sensitive": lambda word: OpenModel.explain(OpenModel(None, None), TABLE, sensitive=word),  # type: ignore[arg-type]
    "sensitive of the command": lambda word: segmint.explain_customers(TABLE, sensitive=word),
    "silence_means_no": lambda word: segmint.measure(TABLE, TABLE, silence_means_no=word),
    "without_outcome": lambda word: segmint.infer_contract(TABLE, without_outcome=word),
    "dry": lambda word: segmint.remove_runs(9999, dry=word),
    "alone": lambda word: segmint.draw_architecture({}, alone=word),
    "fill": lambda word: NaturalFeatures(fill=word).fit(TABLE),
    "thorough": lambda word: segmint.SegmentFinder(3, "k-means", 0, word).fit(TABLE),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("given", ["no", 1, None])
def test_a_word_is_no_switch(name: str, given: object) -> None:
    with pytest.raises(TypeError, match=f"'{name.partition(' ')[0]}' must be True or False. Got {given!r} instead"):
        CALLS[name](given)


def test_truth_values_are_switches_those_of_numpy_too() -> None:
    require_switches(one=True, two=np.bool_(False))


@pytest.mark.parametrize("level", [95, 0, 1, -1, True, "95", None, float("nan")])
def test_a_level_is_a_share_before_a_run_begins(level: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"'level' must lie between 0\.5 and 0\.999\. Got {level!r} instead"):
        segmint.measure(TABLE, TABLE, level=level, runs=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_truth_value_is_no_number() -> None:
    with pytest.raises(ValueError, match=r"'share' must lie between 0 and 1\. Got True instead"):
        require_between("share", True, 0, 1)


@pytest.mark.parametrize("given", [None, {"holdout_share": 0.1}, "policy.toml"])
def test_a_policy_is_made_before_it_is_followed(given: Any) -> None:
    for ask in (segmint.choose, segmint.ListPreview):
        with pytest.raises(TypeError, match=r"'policy' must be a ContactPolicy\. Got "):
            ask(["a"], [0.5], given)
    with pytest.raises(TypeError, match=r"'choice' must be a Choice\. Got None"):
        segmint.build_call_list(["a"], None, pl.Series([""]), given)  # type: ignore[arg-type]


PLACES: dict[str, Callable[[Any], Any]] = {
    "bundle": lambda given: segmint.predict("runs/one", given),
    "bundle of a model": segmint.open_model,
    "bundle to verify": segmint.verify,
    "bundle to explain": lambda given: segmint.explain_customers(TABLE, given),
    "policy": lambda given: segmint.target(TABLE, policy=given),
    "run": segmint.promote,
    "runs": lambda given: segmint.run(TABLE, "bank-marketing", runs=given),
    "runs to list": segmint.list_runs,
    "out": lambda given: segmint.predict(TABLE, out=given),
    "out of a simulation": segmint.simulate,
    "rejected": lambda given: segmint.check(TABLE, "bank-marketing", rejected=given),
    "codes": lambda given: segmint.measure(TABLE, TABLE, codes=given),
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("given", [TABLE, {"budget_calls": 3}, 5])
def test_what_is_no_place_is_refused_by_the_name_of_its_argument(name: str, given: Any) -> None:
    said = rf"'{name.partition(' ')[0]}' is of type {type(given).__name__}\. Expected: a .*\. Next: "
    with pytest.raises(TypeError, match=said):
        PLACES[name](given)


CONTRACT = segmint.infer_contract(TABLE, outcome="y").reviewed()
Y = pd.Series(["a", "b"] * 10, dtype="string")
NETWORK = segmint.DenseNetworkClassifier((4,), epochs=1)

WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "despite": (lambda: segmint.promote("one", despite=3), "'despite' must be a text. Got 3"),  # type: ignore[arg-type]
    "because": (lambda: segmint.rollback(because=3), "'because' must be a text. Got 3"),  # type: ignore[arg-type]
    "runs": (lambda: segmint.rollback(runs=TABLE), "'runs' is of type DataFrame"),  # type: ignore[arg-type]
    "outcome": (lambda: segmint.infer_contract(TABLE, outcome=["y"]), "'outcome' must be a text. Got a list"),  # type: ignore[arg-type]
    "name": (lambda: segmint.infer_contract(TABLE, name=3), "'name' must be a text. Got 3"),  # type: ignore[arg-type]
    "customer": (lambda: segmint.explain_customers(TABLE, customer=1.5), "'customer' must be a text. Got 1.5"),  # type: ignore[arg-type]
    "earlier": (
        lambda: segmint.measure(TABLE, TABLE, earlier=TABLE),
        "'earlier' must be a list. Got a Data",
    ),
    "earlier path": (
        lambda: segmint.measure(TABLE, TABLE, earlier="x.csv"),
        "'earlier' must be a list. Got 'x.csv'",
    ),
    "sets": (lambda: segmint.load_config(sets=[3]), "'sets' must be a text. Got 3"),  # type: ignore[list-item]
    "flags": (lambda: segmint.load_config(flags=3), "'flags' must be a mapping of dotted keys to values. Got a int"),  # type: ignore[arg-type]
    "path": (lambda: segmint.load_config(3), "'path' is of type int"),  # type: ignore[arg-type]
    "policy": (lambda: segmint.load_policy(TABLE), "'path' is of type DataFrame"),  # type: ignore[arg-type]
    "network": (
        lambda: segmint.draw_architecture({}),
        "'network' must be a trained DenseNetworkClassifier or the content",
    ),
    "log": (lambda: segmint.TensorBoardLog(None), "'folder' is of type NoneType"),  # type: ignore[arg-type]
    "fit": (lambda: segmint.TensorBoardLog("runs", 3), "'fit' must be a text. Got 3"),  # type: ignore[arg-type]
    "model": (lambda: segmint.make_model(["knn_5"], columns=()), "'name' must be a text. Got a list"),  # type: ignore[arg-type]
    "models": (lambda: segmint.ModelComparison(None), "'models' must be a list. Got None"),  # type: ignore[arg-type]
    "contract": (
        lambda: segmint.load_contract(None),
        "'name' is of type NoneType. Expected: the name of a contract, or",
    ),  # type: ignore[arg-type]
    "bundle": (lambda: segmint.open_bundle(None), "'path' is of type NoneType"),  # type: ignore[arg-type]
    "finder": (
        lambda: segmint.SegmentFinder(3).fit(segmint.check(TABLE, CONTRACT)),
        "Got ValidTable instead. Next: give table.inputs",
    ),
    "features": (
        lambda: NaturalFeatures().fit(segmint.check(TABLE, CONTRACT)),
        "Got ValidTable instead. Next: give table.inputs",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_argument_of_another_type_is_refused_by_its_name(name: str) -> None:
    call, said = WRONG[name]
    with pytest.raises(TypeError, match=re.escape(said)):
        call()


def test_outcomes_that_pandas_does_not_know_are_counted() -> None:
    gaps = Y.mask(Y.index < 3)
    with pytest.raises(ValueError, match="The outcome is None or NA in 3 of 20 rows"):
        NETWORK.fit(np.zeros((20, 2)), gaps)


def test_a_class_in_the_place_of_a_log_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a TensorBoardLog, or None"):
        segmint.DenseNetworkClassifier(log=segmint.TensorBoardLog).fit(np.zeros((20, 2)), Y)

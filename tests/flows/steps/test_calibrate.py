from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.evaluation.comparison import OutOfFold
from segmint.flows.demo import sample_path
from segmint.flows.steps.calibrate import calibrate, interval_of
from segmint.flows.steps.train import Trained
from segmint.metrics.calibration import log_loss
from segmint.models.calibration import Calibration, fit_calibration, logits_of
from segmint.models.names import OURS
from segmint.tables.source import open_table


@pytest.fixture(scope="module")
def table() -> ValidTable:
    return validate(open_table(sample_path()), load_contract("bank-marketing"))


def trained(propensity: np.ndarray, inner: np.ndarray) -> Trained:
    """Make a finished training as far as calibrating looks at it."""
    classes = np.array(["no", "yes"])
    network = SimpleNamespace(classes_=classes, calibration_=Calibration(1.2, 0.1))
    model: Any = SimpleNamespace(classes_=classes, named_steps={"classifier": network})
    return Trained(model, inner, inner, np.column_stack([1 - propensity, propensity])[inner])


class Compared:
    """Out-of-fold predictions that promise a third of what happens."""

    def __init__(self, table: ValidTable) -> None:
        draw, yes = np.random.default_rng(0), table.outcome == "yes"
        odds = 1.2 * yes + draw.normal(size=len(yes)) - 3.4
        propensity = 1 / (1 + np.exp(-odds))
        self.mine = OutOfFold(table.outcome, np.column_stack([1 - propensity, propensity]), ("no", "yes"))
        self.predictions = pl.DataFrame(
            {
                "model": [OURS] * len(yes), "fold": np.arange(len(yes)) % 5 + 1, "record": table.records,
                "group": np.arange(len(yes)),
            }
        )  # fmt: skip

    def of(self, model: str) -> OutOfFold:
        return self.mine


def test_out_of_fold_predictions_correct_what_the_folds_promised(table: ValidTable) -> None:
    compared: Any = Compared(table)
    raw = compared.mine.probabilities[:, 1]
    found = calibrate(table, trained(raw, np.arange(10)), compared, threshold=0.2)
    assert found.judged is not None
    assert found.told is not None
    after = found.judged[1][:, 1]
    assert raw.mean() < 0.8 * np.mean(table.outcome == "yes")
    assert after.mean() == pytest.approx(np.mean(table.outcome == "yes"), rel=0.05)
    assert found.told["after"]["calibration_error"] < found.told["before"]["calibration_error"]
    assert found.told["after"]["log_loss"] < found.told["before"]["log_loss"]
    assert found.told["applied"] is True
    # the threshold chooses the same customers as before
    assert ((after >= found.calibration["threshold"]) == (raw >= 0.2)).all()
    more = Calibration(found.told["temperature"], found.told["offset"])
    assert found.calibration["temperature"] == pytest.approx(1.2 * more.temperature)
    assert found.calibration["interval"]["customers"] == len(table)


def test_without_a_comparison_the_inner_rows_say_how_sure_it_is(table: ValidTable) -> None:
    inner = np.arange(0, len(table), 7)
    propensity = np.random.default_rng(1).random(len(table))
    found = calibrate(table, trained(propensity, inner), None, threshold=0.2)
    assert found.judged is None
    assert found.calibration["threshold"] == 0.2
    assert found.calibration["temperature"] == 1.2
    assert found.calibration["interval"]["customers"] == len(inner)


def test_rows_of_one_customer_do_not_judge_what_the_others_of_them_taught(table: ValidTable) -> None:
    """After a search there is one fold, whose customers are halved; here each customer has two equal rows."""
    compared: Any = Compared(table)
    people = np.repeat(np.arange(150), 2)
    likely, said = compared.mine.probabilities[people], table.outcome[people]
    compared.mine = OutOfFold(said, likely, ("no", "yes"))
    compared.predictions = compared.predictions.head(300).with_columns(fold=pl.lit(1), group=people)
    told = calibrate(table, trained(likely[:, 1], np.arange(10)), compared, threshold=0.2).told
    yes = (said == "yes").astype(np.int64)
    by_heart = fit_calibration(logits_of(likely[::2]), yes[::2]).again(likely)
    assert told is not None
    assert told["after"]["log_loss"] > log_loss(yes, by_heart)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_correction_that_brings_no_gain_is_not_applied(table: ValidTable, classes: int) -> None:
    """The outcomes are drawn from the very probabilities: nothing is left to correct."""
    compared: Any = Compared(table)
    draw = np.random.default_rng(6)
    if classes == 2:
        odds = draw.normal(-2, 1, len(table))
        likely = np.column_stack([1 / (1 + np.exp(odds)), 1 / (1 + np.exp(-odds))])
    else:
        likely = draw.dirichlet(np.ones(3), len(table))
    names = np.array(["no", "yes"]) if classes == 2 else np.array(["a", "b", "c"])
    said = names[(draw.random(len(table))[:, None] > likely.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)]
    compared.mine = OutOfFold(said, likely, tuple(names.tolist()))
    done: Any = trained(likely[:, -1], np.arange(10))
    done.model.named_steps["classifier"].classes_ = names
    if classes == 3:
        table = replace(table, contract=SimpleNamespace(outcome=SimpleNamespace(positive=None)))  # type: ignore[arg-type]
    found = calibrate(table, done, compared, threshold=0.2 if classes == 2 else None)
    assert found.told is not None
    assert found.told["after"]["log_loss"] >= found.told["before"]["log_loss"]
    assert found.told["applied"] is False
    assert (found.calibration["temperature"], found.calibration["offset"]) == (1.2, 0.1)
    assert found.calibration["threshold"] == (0.2 if classes == 2 else None)
    assert found.judged is not None
    assert (found.judged[1] == likely).all()
    if classes == 2:
        assert (
            found.calibration["interval"] == interval_of(likely[:, 1], said == "yes", np.arange(len(said)))["interval"]
        )

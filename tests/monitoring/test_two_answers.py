"""Customers who said yes in one result and no in another."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.monitoring.codes import PLAIN
from segmint.monitoring.results import outcomes_of
from segmint.monitoring.two_answers import TwoAnswers
from tests.flows.tables import CONTRACT
from tests.monitoring.campaigns import join_results

IDS = [f"c{i}" for i in range(100)]


def results_of(both: int) -> pl.DataFrame:
    """A no of everyone, then a yes of the first few, and a call of one that reached nobody."""
    calls = [*((name, "refused") for name in IDS), *((name, "success") for name in IDS[:both]), ("c99", "not_reached")]
    return pl.DataFrame(calls, schema=["client", "code"], orient="row")


@pytest.mark.parametrize("both", [5, 20])
def test_they_count_as_yes_are_counted_and_asked_about_where_they_are_many(both: int) -> None:
    found = outcomes_of(pl.DataFrame({"client": IDS}), results_of(both), CONTRACT, PLAIN)
    assert found.said_yes.sum() == both
    said = f"{100 + both} answers stand for 100 customers; {both} of them said both yes and no, which counts as a yes."
    assert said in found.sentence
    asked = found.two_answers.startswith("20 of 100 customers with an answer said both yes and no (20 %)")
    assert asked if both == 20 else not found.two_answers


@pytest.mark.parametrize("status", ["listed", "held_out"])
def test_what_calling_brought_is_doubted_for_them_in_either_arm(status: str) -> None:
    listed = pl.DataFrame({"customer": IDS, "status": status, "propensity": 0.1, "value": 1.0, "cost": 0.0})
    results = results_of(20).rename({"client": "customer"})
    joined = join_results(listed, results, PLAIN)
    assert "20 of them said both yes and no" in joined.sentence
    assert any(said.startswith("20 of 100 customers with an answer") for said in joined.cautions)
    by_purchases = join_results(listed, results, PLAIN, purchases=listed.select("customer").head(3))
    assert "both yes and no" not in " ".join((by_purchases.sentence, *by_purchases.cautions))


def test_one_answer_each_is_nothing_to_say() -> None:
    once = TwoAnswers(100, 100, 0)
    assert (once.sentence, once.caution) == ("", "")
    assert TwoAnswers(100, 120, 0).sentence == "120 answers stand for 100 customers; none of them said both yes and no."
    assert TwoAnswers(9, 18, 9).caution == ""

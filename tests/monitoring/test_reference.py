"""What a bundle keeps of training: counts that rank rare responses too, and tell of no single customer."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.features.edges import FEWEST_TOGETHER
from segmint.features.levels import KEPT_OTHER
from segmint.metrics.calibration import shifted
from segmint.monitoring.reference import Usual, _column, _histograms, moved_reference, place_in, usual_of
from segmint.targeting.curves import curves_of_bins


def rare(base, n=20_000, seed=1):
    """Propensities of mean `base` that differ between customers, and who said yes."""
    random = np.random.default_rng(seed)
    likely = np.clip(base * np.exp(random.normal(size=n) - 0.5), 0, 1)
    return likely, random.random(n) < likely


def histogram(likely, yes):
    return _histograms(np.where(yes, "yes", "no"), np.column_stack([1 - likely, likely]), ("no", "yes"))["yes"]


@pytest.mark.parametrize("base", [0.001, 0.002, 0.1])
def test_bins_show_what_a_ranking_of_rare_responses_brought(base):
    likely, yes = rare(base)
    told = histogram(likely, yes)
    of_bins = curves_of_bins(told["customers"], told["happened"], value=100.0, cost=150 * base, currency="EUR")
    of_customers = np.cumsum((100.0 * yes - 150 * base)[np.argsort(-likely)])[199::200]  # at every percent
    assert of_bins.best_profit == pytest.approx(of_customers.max(), rel=0.05)
    assert of_bins.best_fraction == pytest.approx((of_customers.argmax() + 1) / 100, abs=0.02)


@pytest.mark.parametrize("n", [5, 37, 900, 20_000])
def test_no_bin_holds_few_customers_and_all_are_counted_once(n):
    likely, yes = rare(0.05, n)
    likely[: n // 3] = 0.02  # equal propensities share a bin
    told = histogram(likely, yes)
    assert min(told["customers"]) >= min(n, FEWEST_TOGETHER)
    assert (sum(told["customers"]), sum(told["happened"])) == (n, yes.sum())
    assert np.bincount(place_in(told, likely)).tolist() == told["customers"]
    assert np.average(told["means"], weights=told["customers"]) == pytest.approx(likely.mean())
    assert all(float(f"{edge:.4g}") == edge for edge in told["edges"])


@pytest.mark.parametrize(("known", "edges"), [(9, 0), (17, 0), (21, 1), (2_500, 19)])
def test_edges_of_a_number_are_nobodys_own_and_no_more_than_its_customers_bear(known, edges):
    amounts = np.random.default_rng(known).lognormal(6, 1, known).round(2)
    column = Column(name="alimony", kind="number", role="holding", label="alimony")
    told = _column(column, pl.Series([*amounts, *[None] * 100], dtype=pl.Float64))
    assert len(told["edges"]) == edges
    assert not set(told["edges"]) & set(amounts[amounts % 10 != 0])
    assert min(told["counts"]) >= min(known, FEWEST_TOGETHER)
    assert sum(told["counts"]) == known


def test_customers_in_general_move_as_their_propensities_do() -> None:
    draw = np.random.default_rng(4)
    likely = 1 / (1 + np.exp(-draw.normal(-2.5, 2.0, 20_000)))
    yes = np.where(draw.random(20_000) < likely, "yes", "no")
    reference = {
        "average": {"no": 1 - likely.mean(), "yes": likely.mean()},
        "propensities": _histograms(yes, np.column_stack([1 - likely, likely]), ("no", "yes")),
    }
    moved = moved_reference(reference, 1.5, "yes")["average"]
    assert moved["yes"] == pytest.approx(shifted(likely, 1.5).mean(), abs=0.01)
    assert moved["no"] == pytest.approx(1 - moved["yes"])
    assert abs(shifted(likely.mean(), 1.5) - shifted(likely, 1.5).mean()) > 0.1  # not the moved mean


def of_column(kind="number", **told):
    column = Column(name="x", kind=kind, role="holding", label="x", **told.pop("contract", {}))
    return usual_of(column, {"columns": [{"name": "x", "missing_share": 0.0} | told]})


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ({"edges": [10.0, 20.0, 30.0], "counts": [1, 5, 3, 1], "states": {}}, "10"),
        ({"edges": [10.0, 20.0, 30.0], "counts": [1, 1, 7, 1], "states": {}}, "20"),
        ({"edges": [10.0, 20.0], "counts": [9, 0, 0], "states": {}}, "10"),
        ({"edges": [10.0], "counts": [2, 2], "states": {"-1.0": 3, "999.0": 9}}, "999"),
        ({"edges": [10.0], "counts": [9, 9], "states": {"-1.0": 3}}, "10"),
        ({"edges": [], "counts": [4], "states": {}}, ""),
    ],
)
def test_a_usual_number_is_the_middle_or_the_state_that_most_have(told, value):
    usual = of_column(**told)
    assert (usual.value, usual.levels) == (value, ())
    assert usual.between == ((told["edges"][0], told["edges"][-1]) if told["edges"] else None)


def test_a_usual_level_is_one_that_a_customer_may_hold():
    assert of_column("category", levels={"a": 12, "b": 30, KEPT_OTHER: 99}).value == "b"
    assert of_column("category", levels={"a": 12, "b": 30, KEPT_OTHER: 99}).levels == ("a", "b")
    allowed = of_column("category", levels={"b": 30}, contract={"allowed": ("a", "b", "c")})
    assert (allowed.value, allowed.levels) == ("b", ("a", "b", "c"))


def test_a_column_is_mostly_empty_above_a_half_and_an_unknown_one_has_nothing_usual():
    assert [of_column(missing_share=share).mostly_empty for share in (0.5, 0.51)] == [False, True]
    column = Column(name="new", kind="number", role="holding", label="new")
    assert usual_of(column, {"columns": []}) == Usual((), "", None, mostly_empty=False)

"""The page of past waves: what is said of the best holds for all strategies, drawn or not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from segmint.evaluation.backtest_words import say_proxies
from segmint.models.names import OURS
from segmint.report.blocks import Block
from segmint.report.pages import backtest
from segmint.report.pages.backtest import (
    MOST_LINES,
    _headline,
    _label_sets,
    _money_over_time,
    _probabilities,
    _rankings,
    _rates,
    _strategies,
)

OTHERS = [*(f"rival {number}" for number in range(1, 8)), "random", "everyone"]


def money_over_time(last: dict[str, float]) -> Block:
    names = [OURS, *OTHERS]
    waves: dict[str, list[dict[str, Any]]] = {
        name: [
            {"wave": wave, "customers": 100, "profit_so_far": last.get(name, float(names.index(name))) * wave / 2}
            for wave in (1, 2)
        ]
        for name in names
    }
    found = {"strategies": {name: f"Called {name}" for name in names}, "economics": {"currency": "EUR"}}
    return _money_over_time(found, waves)


@pytest.mark.parametrize("best", ["rival 1", "random", "everyone"])
def test_the_best_is_the_best_of_all_and_its_line_is_drawn(best: str) -> None:
    told = str(money_over_time({OURS: 50.0, best: 3_000.0}))
    assert f"50.00 EUR, 2,950 EUR less than the best: Called {best}." in told
    assert told.count(f"Called {best}") > 1


def test_the_next_best_is_named_where_the_network_is_ahead() -> None:
    assert "20.00 EUR more than the next best: Called rival 3." in str(money_over_time({OURS: 50.0, "rival 3": 30.0}))


def test_a_tie_is_called_one_and_has_a_difference_of_nothing() -> None:
    tie = str(money_over_time({OURS: 50.0, "rival 3": 50.001}))
    assert "has brought 50.00 EUR, as much as the next best: Called rival 3." in tie
    found = {"strategies": {OURS: "the network", "everyone": "everyone"}, "block": 10, "economics": {"currency": "EUR"}}
    profit = {"value": 1.0, "low": 0.5, "high": 2.0, "difference": 0.0, "difference_low": 0.0, "difference_high": -0.0}
    row = {"called": {"value": 5.0}, "successes_per_call": {"value": 0.5}, "profit_per_1000": profit}
    ours, everyone = _strategies(found, {OURS: row, "everyone": row})["rows"]
    assert (ours[3], everyone[3]) == ("–", "0")


def test_calling_everyone_is_drawn_however_little_it_brings() -> None:
    told = str(money_over_time({"everyone": -900.0}))
    assert "Called everyone" in told
    assert sum(f"Called {name}" in told for name in OTHERS) == MOST_LINES


def test_no_line_has_the_blue_of_the_network() -> None:
    colors = {key["color"] for key in money_over_time({OURS: 50.0})["keys"]}
    assert len(colors) == MOST_LINES + 1
    assert "class-1" not in colors


@pytest.mark.parametrize(
    ("everyone", "said"), [(7.0, "More than calling everyone"), (12.0, "Less than calling everyone")]
)
def test_a_loss_reads_as_a_loss_and_what_is_no_money_as_successes(everyone: float, said: str) -> None:
    one = {"value": 10.0, "low": 5.0, "high": 15.0, "difference_low": -4.0, "difference_high": 9.0}
    totals = {name: dict.fromkeys(("profit", "called", "successes_per_call"), one) for name in (OURS, "everyone")}
    totals["everyone"] = totals["everyone"] | {"profit": one | {"value": everyone}}
    found = {"economics": {"currency": "", "given": False}, "bounded": False}
    profit, against, _, yes = _headline(found, totals, [{"customers": 100}])
    assert against[2] == ("95 %: −9.00 to 4.00" if everyone == 7 else "95 %: −4.00 to 9.00")
    assert yes[2] == "calling everyone: 1,000.0"
    totals["random"] = totals[OURS] | {"successes_per_call": one | {"value": 0.086}}
    assert _headline(found, totals, [{"customers": 100}])[3][2] == "as many calls, at random: 8.6"
    assert profit[:2] == ("Profit, in successes' worth", "10.00")
    assert profit[2] == "95 %: 5.00 to 15.00"
    assert against[:2] == (f"{said}, in successes' worth", "3.00" if everyone == 7 else "2.00")
    found["economics"] = {"currency": "EUR", "given": True}
    assert _headline(found, totals, [{"customers": 100}])[0][:2] == ("Profit", "10.00 EUR")


@pytest.mark.parametrize(
    "said", [None, "Tell the time rather than the customer: week. A model that is never updated takes them for causes."]
)
def test_columns_that_tell_the_time_are_named_once_whatever_version_wrote_them(
    said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in (
        "_headline",
        "_by_strategy",
        "_probabilities",
        "_money_over_time",
        "_strategies",
        "_rankings",
        "_rates",
        "_label_sets",
        "_waves",
    ):
        monkeypatch.setattr(backtest, part, lambda *_: [])
    found = {
        "strategies": {OURS: "network"},
        "waves": [{"strategy": OURS, "customers": 9}],
        "conclusion": ["It pays."],
        "rows": [],
    }
    found |= {"notes": [said or say_proxies(["week"])], "time_proxies": ["week"], "time": {}, "label_sets": {}}
    run = SimpleNamespace(json=lambda _: found, column_label=lambda name: name)
    assert str(backtest.page(run)).count("the time rather than the customer") == 1  # type: ignore[arg-type]


def test_misses_of_single_waves_are_said_beside_their_average() -> None:
    waves = [
        {"wave": wave, "customers": 100, "mean_propensity": promised, "response_rate": 0.10}
        for wave, promised in ((1, 0.16), (2, 0.06), (3, 0.10))
    ]
    said = _rates(waves)["caption"]
    assert "lies 0.7 points above on average" in said
    assert "In a wave it is off by 3.3 points on average, and by 6.0 at most (wave 1)." in said


def test_probabilities_stand_beside_a_constant_that_needs_no_model() -> None:
    found = {"strategies": {OURS: "the network", "everyone": "everyone"}}
    mine = {"log_loss": {"value": 0.47}, "brier": {"value": 0.143}, "absolute_calibration_gap": {"value": 0.111}}
    constant = {
        "log_loss": {"value": 0.427, "difference_low": -0.07, "difference_high": -0.02},
        "brier": {"value": 0.13},
    }
    told = _probabilities(found, {OURS: mine, "everyone": {}, "known_rate": constant})
    assert told is not None
    assert told["rows"] == [
        ["the network", "0.470", "–", "0.143", "11.1"],
        ["The response rate known before each wave, for everyone", "0.427", "−0.070 to −0.020", "0.130", "–"],
    ]
    assert _probabilities(found, {OURS: {}}) is None


def test_no_table_is_too_wide_for_paper() -> None:
    found = {"strategies": {OURS: "the network", "random": "at random"}, "block": 10, "economics": {"currency": "EUR"}}
    metrics = ("called", "successes_per_call", "regret", "auc_pooled", "auc_within", "gain_10", "gain_20", "gain_50")
    row = {**{name: {"value": 0.5} for name in metrics}, "profit_per_1000": {"value": 1.0, "low": 0.5, "high": 2.0}}
    tables = [make(found, {OURS: row, "random": row}) for make in (_strategies, _rankings)]
    assert all(len(table["columns"]) == len(table["rows"][0]) <= 7 for table in tables)
    assert "regret in all, EUR" in tables[0]["columns"]


def test_what_nobody_can_tell_has_neither_column_nor_row() -> None:
    found = {"strategies": {OURS: "the network", "random": "at random"}, "block": 10, "economics": {"currency": "EUR"}}
    money = {**{name: {"value": 0.5} for name in ("called", "successes_per_call")}, "regret": {"value": None}}
    row = money | {"profit_per_1000": {"value": 1.0, "low": 0.5, "high": 2.0}}
    totals = {OURS: row | {"auc_pooled": {"value": 0.7}}, "random": row | {"auc_pooled": {"value": None}}}
    strategies = _strategies(found, totals)
    assert len(strategies["columns"]) == len(strategies["rows"][0]) == 6
    assert "egret" not in str(strategies)
    assert [cells[0] for cells in _rankings(found, totals)["rows"]] == ["the network"]


@pytest.mark.parametrize(("blocks", "told"), [([0.9], False), ([0.89, 0.91], True)])
def test_the_lowest_block_is_told_where_there_is_another(blocks: list[float], told: bool) -> None:
    sets = {"coverage": 0.9, "mean_size": 1.1, "both": 0.1, "empty": 0.0, "block": 500, "blocks_within_3_points": 1.0}
    assert ("Lowest and highest block" in str(_label_sets(sets | {"block_coverage": blocks}))) == told


def test_sets_that_rule_nothing_out_are_not_praised_for_their_coverage() -> None:
    sets = {"coverage": 1.0, "mean_size": 2.0, "both": 1.0, "empty": 0.0, "block": 500, "blocks_within_3_points": 0.0}
    shown = str(_label_sets(sets | {"block_coverage": []}))
    assert "Neither outcome could be ruled out for any customer" in shown
    assert "held what happened" not in shown

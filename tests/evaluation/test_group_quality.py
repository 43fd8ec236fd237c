"""Figures by group are those of the group's rows alone, and a group differs only where no chance of its rows explains it."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from segmint.evaluation.group_quality import quality_by_group
from segmint.metrics.intervals import wilson

LABELS = {"sex": "sex", "age": "age"}


def judged(yes, propensity, named, groups=None):
    """Rows of one model as a comparison keeps them."""
    return pl.DataFrame(
        {
            "outcome": np.where(yes, "yes", "no"),
            "probability_no": 1 - np.asarray(propensity, dtype=float),
            "probability_yes": np.asarray(propensity, dtype=float),
            "predicted": np.where(named, "yes", "no"),
            "group": np.arange(len(yes)) if groups is None else groups,
        }
    )


def by_sex(frame, sex, customers=None):
    who = np.arange(frame.height) if customers is None else customers
    return quality_by_group(frame, [pl.Series("sex", sex)], who, positive="yes", labels=LABELS, seed=1)


def test_figures_are_those_of_the_groups_own_rows():
    yes = np.array([1] * 6 + [0] * 14 + [1] * 5 + [0] * 5, dtype=bool)
    propensity = np.r_[np.repeat([0.8, 0.2], [4, 2]), np.repeat([0.5, 0.1], [2, 12]), np.repeat([0.5], 10)]
    found = by_sex(judged(yes, propensity, propensity > 0.6), ["f"] * 20 + ["m"] * 10)
    everyone, women, men = found["columns"][0]["rows"]
    assert [row["group"] for row in (everyone, women, men)] == ["everyone", "f", "m"]
    assert (women["customers"], women["rate"], women["predicted"], women["missed"]) == (20, 6 / 20, 4 / 20, 2 / 6)
    assert women["mean_propensity"] == pytest.approx((4 * 0.8 + 2 * 0.2 + 2 * 0.5 + 12 * 0.1) / 20)
    assert women["roc_auc"] == pytest.approx((4 * 14 + 2 * 12) / (6 * 14))
    assert (women["rate_low"], women["rate_high"]) == pytest.approx(tuple(map(float, wilson(6, 20))))
    assert (women["missed_low"], women["missed_high"]) == pytest.approx(tuple(map(float, wilson(2, 6))))
    assert (men["rate"], men["missed"], men["roc_auc"]) == (0.5, 1.0, 0.5)
    assert (everyone["customers"], everyone["missed"]) == (30, 7 / 11)
    assert found["comparisons"] == 6


def test_a_group_as_far_off_as_everyone_does_not_differ_in_calibration():
    random = np.random.default_rng(3)
    yes, sex = random.random(4_000) < 0.1, random.choice(["f", "m"], 4_000)
    found = by_sex(judged(yes, np.full(4_000, 0.3), yes), sex)
    assert [row["apart"] for row in found["columns"][0]["rows"]] == [[], [], []]
    off = by_sex(judged(yes, np.where(sex == "f", 0.3, 0.1), yes), sex)
    assert [row["apart"] for row in off["columns"][0]["rows"]] == [[], ["calibration"], ["calibration"]]
    assert "were expected to say yes, 10" in " ".join(off["sentences"])
    assert "did; of everyone " in " ".join(off["sentences"])


def test_an_area_of_too_few_is_not_told_and_not_compared():
    yes = np.array([1] * 4 + [0] * 16 + [1] * 10 + [0] * 10, dtype=bool)
    found = by_sex(judged(yes, np.full(40, 0.4), yes), ["f"] * 20 + ["m"] * 20)
    women = found["columns"][0]["rows"][1]
    assert (women["roc_auc"], women["roc_auc_low"]) == (None, None)
    assert found["comparisons"] == 5
    json.dumps(found, allow_nan=False)


def test_a_group_whose_yes_are_missed_is_named_and_a_small_difference_is_not():
    rng = np.random.default_rng(3)
    yes, sex = rng.random(4_000) < 0.3, np.repeat(["f", "m"], 2_000)
    found = rng.random(4_000) < np.where(sex == "f", 0.5, 0.9)
    said = by_sex(judged(yes, np.full(4_000, yes.mean()), yes & found), sex)
    assert [row["apart"] for row in said["columns"][0]["rows"]] == [[], ["missed"], ["missed"]]
    women, everyone = said["columns"][0]["rows"][1], said["columns"][0]["rows"][0]
    assert (
        f"Sex f: {100 * women['missed']:.1f} % of those who said yes were missed, of everyone {100 * everyone['missed']:.1f} %."
        in said["sentences"]
    )
    even = by_sex(judged(yes, np.full(4_000, yes.mean()), yes & (rng.random(4_000) < 0.7)), sex)
    assert even["sentences"][0] == (
        "No group surely differs from everyone in calibration, ROC AUC or who is missed, at 95 % for all 6 comparisons together."
    )


def test_a_promise_that_is_not_kept_for_one_group_is_named():
    rng = np.random.default_rng(4)
    sex = np.repeat(["f", "m"], 2_000)
    yes = rng.random(4_000) < np.where(sex == "f", 0.4, 0.2)
    told = by_sex(judged(yes, np.full(4_000, 0.3), yes), sex)
    assert [row["apart"] for row in told["columns"][0]["rows"]] == [[], ["calibration"], ["calibration"]]


def test_more_groups_need_larger_differences():
    """Ten groups alike but for chance: of 200 such tables about one in twenty names a group."""
    rng = np.random.default_rng(5)
    groups, named = np.repeat(list("abcdefghij"), 100), 0
    for _ in range(200):
        yes = rng.random(1_000) < 0.4
        frame = judged(yes, np.full(1_000, 0.4), yes & (rng.random(1_000) < 0.5))
        named += any(row["apart"] for row in by_sex(frame, groups)["columns"][0]["rows"])
    assert named <= 20


def test_rows_of_one_customer_make_intervals_wider():
    rng = np.random.default_rng(6)
    once = rng.random(200) < 0.5
    alone = by_sex(judged(np.repeat(once, 5), np.full(1_000, 0.5), np.repeat(once, 5)), np.repeat(["f", "m"], 500))
    whose = np.repeat(np.arange(200), 5)
    frame = judged(np.repeat(once, 5), np.full(1_000, 0.5), np.repeat(once, 5), whose)
    together = by_sex(frame, np.repeat(["f", "m"], 500), whose)
    wide, narrow = together["columns"][0]["rows"][1], alone["columns"][0]["rows"][1]
    assert (wide["customers"], wide["rows"], wide["rate"]) == (100, 500, narrow["rate"])
    width = (wide["rate_high"] - wide["rate_low"]) / (narrow["rate_high"] - narrow["rate_low"])
    assert width == pytest.approx(np.sqrt(5), rel=0.05)


def test_a_group_of_few_customers_is_not_named_however_many_rows_they_have():
    yes = np.tile([True, False], 100)
    sex = ["f"] * 90 + ["m"] * 80 + ["x"] * 30
    whose = np.r_[np.arange(170), 170 + np.arange(30) // 10]
    told = by_sex(judged(yes, np.full(200, 0.5), yes), sex, whose)
    names = [(row["group"], row["customers"]) for row in told["columns"][0]["rows"]]
    assert names == [("everyone", 173), ("f", 90), ("other levels", 83)], (
        "the next smallest joins them: nobody can subtract"
    )


def test_one_group_alone_is_not_set_beside_everyone():
    yes = np.tile([True, False], 10)
    told = by_sex(judged(yes, np.full(20, 0.5), yes), ["f"] * 15 + ["m"] * 5)
    assert len(told["columns"][0]["rows"]) == 1
    assert told["sentences"] == ["Sex: no two groups have 10 customers or more, so nothing was compared."]


def test_known_segments_are_judged_by_how_many_are_named_rightly():
    truth, said = np.array(["A", "B"] * 30), np.array(["A", "B"] * 20 + ["A", "A"] * 10)
    frame = pl.DataFrame(
        {
            "outcome": truth,
            "probability_A": (said == "A") * 0.8 + 0.1,
            "probability_B": (said == "B") * 0.8 + 0.1,
            "predicted": said,
            "group": np.arange(60),
        }
    )
    ages = pl.Series("age", [25] * 40 + [50] * 20)
    told = quality_by_group(frame, [ages], np.arange(60), positive=None, labels={"age": "age"}, seed=1)
    everyone, young, old = told["columns"][0]["rows"]
    assert (everyone["accuracy"], young["accuracy"], old["accuracy"]) == (50 / 60, 1.0, 0.5)
    assert (young["weighted_f1"], old["weighted_f1"]) == pytest.approx((1.0, (2 * 10 / 30) / 2))
    assert old["weighted_f1_low"] < old["weighted_f1"] < old["weighted_f1_high"]
    assert young["apart"] == ["accuracy"] == old["apart"]

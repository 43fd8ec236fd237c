"""The words follow from the intervals in every case, and never claim more."""

import numpy as np
import pytest

from segmint.evaluation.conclusion import Estimate, Standing, conclude, nothing_told, rival_of, verdict_of

OURS = "dense_network"
SURELY_BEHIND, NOT_TOLD_APART = Estimate(-0.05, -0.08, -0.02), Estimate(-0.01, -0.05, 0.03)
SURELY_AHEAD = Estimate(0.04, 0.01, 0.07)


def standings(**scores):
    """Make standings from {model: (score, half width of its difference to another)}."""
    best = max(score for score, _ in scores.values())
    mine = scores.get(OURS, (None, None))[0]

    def gap(score, other, reach):
        if score == other:
            return Estimate(0.0, 0.0, 0.0)
        return Estimate(score - other, score - other - reach, score - other + reach)

    return [
        Standing(
            name,
            name.replace("_", " "),
            Estimate(score, score - 0.03, score + 0.03),
            gap(score, best, reach),
            None if mine is None else gap(score, mine, reach),
        )
        for name, (score, reach) in scores.items()
    ]


def text(metric="f1", area=None, besides=None, **scores):
    return " ".join(conclude(standings(**scores), metric=metric, area=area, besides=besides))


def test_ours_best_and_clear_is_the_model_to_use():
    said = text(dense_network=(0.5, 0.02), lightgbm=(0.45, 0.02), base_rate=(0.2, 0.02))
    assert "dense network comes first with 0.500 (95 % interval 0.470 to 0.530)" in said
    assert "ahead of every other model by more than chance explains" in said
    assert "dense network is ahead of lightgbm (+0.050, +0.030 to +0.070) and base rate" in said
    assert "our network is the model to use" in said


def test_ours_best_within_noise_is_not_called_better():
    said = text(dense_network=(0.5, 0.1), lightgbm=(0.48, 0.1), base_rate=(0.2, 0.1))
    assert "Chance alone can explain its distance to lightgbm; the others are behind." in said
    assert "dense network is ahead of base rate (+0.300, +0.200 to +0.400); not told apart from lightgbm" in said
    assert "nothing speaks against our network" in said
    assert "model to use" not in said


def test_a_rival_ahead_within_chance_is_not_passed_over():
    said = text(dense_network=(0.46, 0.1), lightgbm=(0.5, 0.1), base_rate=(0.2, 0.1))
    assert "lightgbm is ahead of our network by no more than chance can be" in said
    assert "the figures decide for neither" in said
    assert "nothing speaks against" not in said


def test_nobody_is_called_where_segments_are_named():
    behind = {"dense_network": (0.4, 0.02), "lightgbm": (0.5, 0.02), "base_rate": (0.2, 0.02)}
    said = text("weighted_f1", **behind)
    assert "lightgbm names segments better than our network does" in said
    assert "calling" not in said
    assert "the list" not in said
    assert "for the order of calls weigh lightgbm" in text("f1", besides={"roc_auc": SURELY_BEHIND}, **behind)
    assert "our network is behind lightgbm in log loss" in text(
        "weighted_f1", besides={"log_loss": SURELY_BEHIND}, **behind
    )


def test_ours_behind_is_said_plainly():
    said = text(dense_network=(0.4, 0.02), lightgbm=(0.5, 0.02), base_rate=(0.2, 0.02))
    assert "behind lightgbm (−0.100, −0.120 to −0.080)" in said
    assert "lightgbm names those who say yes better than our network does, each at its threshold" in said
    assert "nothing speaks against" not in said


@pytest.mark.parametrize(
    ("order", "probabilities", "expected"),
    [
        (SURELY_BEHIND, NOT_TOLD_APART, "is behind lightgbm in ROC AUC: for the order of calls weigh lightgbm."),
        (NOT_TOLD_APART, SURELY_BEHIND, "is behind lightgbm in log loss: for probabilities weigh lightgbm."),
        (
            SURELY_BEHIND,
            SURELY_BEHIND,
            "is behind lightgbm in ROC AUC and log loss: for the order of calls and probabilities weigh lightgbm.",
        ),
        (
            SURELY_AHEAD,
            SURELY_BEHIND,
            "is behind lightgbm in log loss, ahead of lightgbm in ROC AUC: for probabilities weigh lightgbm, "
            "for the order of calls ours is the better one.",
        ),
    ],
)
@pytest.mark.parametrize("mine", [0.17, 0.38, 0.42, 0.9])
def test_what_the_main_metric_does_not_see_is_said_wherever_ours_stands(mine, order, probabilities, expected):
    """Surely behind, not told apart, in front by chance, and surely in front."""
    reach = 0.1 if abs(mine - 0.4) < 0.1 else 0.02
    besides = {"roc_auc": order, "lift_10": NOT_TOLD_APART, "log_loss": probabilities}
    said = text(besides=besides, dense_network=(mine, reach), lightgbm=(0.4, reach), base_rate=(0.1, 0.02))
    assert expected.removeprefix("is ") in said
    for belied in ("decide for neither", "nothing speaks against", "model to use", "not told apart."):
        assert belied not in said


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        (0.17, "by the order of a list and by probabilities the two are not told apart."),
        (0.38, "the figures decide for neither"),
        (0.42, "nothing speaks against our network"),
        (0.9, "our network is the model to use."),
    ],
)
def test_what_chance_explains_is_no_reason_to_weigh_another_model(mine, expected):
    reach = 0.1 if abs(mine - 0.4) < 0.1 else 0.02
    besides = dict.fromkeys(("roc_auc", "average_precision", "lift_10", "log_loss"), NOT_TOLD_APART)
    said = text(besides=besides, dense_network=(mine, reach), lightgbm=(0.4, reach), base_rate=(0.1, 0.02))
    assert expected in said
    assert "weigh" not in said


def test_an_order_in_two_minds_is_advice_for_neither():
    besides = {"roc_auc": SURELY_AHEAD, "lift_10": SURELY_BEHIND}
    said = text(besides=besides, dense_network=(0.38, 0.1), lightgbm=(0.4, 0.1), base_rate=(0.1, 0.02))
    assert said.endswith("our network is behind lightgbm in lift at 10 %, ahead of lightgbm in ROC AUC.")


def test_the_base_rate_is_held_against_ours_only_where_nothing_else_is():
    found = standings(dense_network=(0.3, 0.1), base_rate=(0.29, 0.1), lightgbm=(0.28, 0.1))
    assert [rival_of(found).model, rival_of(found[:2]).model, rival_of(found[:1])] == ["lightgbm", "base_rate", None]


def test_an_order_alone_that_another_model_tells_better_is_said():
    said = text(
        area=Estimate(0.6, 0.55, 0.65),
        besides={"roc_auc": SURELY_BEHIND},
        dense_network=(0.20, 0.05),
        lightgbm=(0.21, 0.05),
        base_rate=(0.22, 0.05),
    )
    assert said.endswith("Our network is behind lightgbm in ROC AUC: for the order of calls weigh lightgbm.")


def test_all_equal_is_chance():
    said = text(dense_network=(0.4, 0.05), lightgbm=(0.4, 0.05), knn=(0.39, 0.05))
    assert "chance alone can explain its distance to every other model: lightgbm and knn" in said
    assert "ahead of" not in said
    assert "behind" not in said


def test_a_table_that_says_nothing_is_called_that_first():
    sentences = conclude(
        standings(dense_network=(0.22, 0.05), lightgbm=(0.21, 0.05), base_rate=(0.21, 0.05)), metric="f1"
    )
    assert sentences[0].endswith("the table does not say who will answer.")
    assert "model to use" not in " ".join(sentences)
    best = text(dense_network=(0.20, 0.05), base_rate=(0.21, 0.05))
    assert "the table does not say who will answer" in best
    assert "does not say who is who" in text("weighted_f1", dense_network=(0.2, 0.05), base_rate=(0.21, 0.05))


def test_an_order_that_says_something_is_not_thrown_away():
    said = text(area=Estimate(0.6, 0.55, 0.65), dense_network=(0.22, 0.05), base_rate=(0.21, 0.05))
    assert "ranks above another customer 60 % (55 to 65 %) of the time" in said
    assert "does not say who will answer" not in said
    faint = text(area=Estimate(0.52, 0.49, 0.55), dense_network=(0.22, 0.05), base_rate=(0.21, 0.05))
    assert "does not say who will answer" in faint


@pytest.mark.parametrize(
    ("metric", "area", "scores", "verdict"),
    [
        ("f1", None, {"dense_network": (0.5, 0.02), "base_rate": (0.2, 0.02)}, "told"),
        ("f1", None, {"dense_network": (0.22, 0.05), "base_rate": (0.21, 0.05)}, "nothing"),
        ("f1", Estimate(0.6, 0.55, 0.65), {"dense_network": (0.22, 0.05), "base_rate": (0.21, 0.05)}, "order"),
        ("f1", Estimate(0.6, 0.49, 0.65), {"dense_network": (0.22, 0.05), "base_rate": (0.21, 0.05)}, "nothing"),
        ("weighted_f1", None, {"dense_network": (0.2, 0.05), "base_rate": (0.21, 0.05)}, "nothing"),
        ("f1", None, {"dense_network": (0.4, 0.02), "knn": (0.2, 0.02)}, ""),
    ],
)
def test_programs_are_told_the_verdict_that_people_are_told(metric, area, scores, verdict):
    assert verdict_of(standings(**scores), metric=metric, area=area) == verdict
    assert (nothing_told(metric) in text(metric, area, **scores)) == (verdict == "nothing")


def test_without_a_base_rate_nothing_is_said_about_information():
    assert "does not say" not in text(dense_network=(0.4, 0.02), knn=(0.2, 0.02))


def test_one_model_alone_is_not_compared():
    assert conclude(standings(knn=(0.4, 0.02)), metric="f1") == (
        "By F1 (reaching those who say yes without calling those who say no; 1 is perfect), "
        "knn has 0.400 (95 % interval 0.370 to 0.430); no other model was compared.",
    )


def test_a_bound_above_zero_is_not_printed_as_zero():
    said = text(dense_network=(0.5, 0.0498), lightgbm=(0.45, 0.0498))
    assert "+0.0002" in said


@pytest.mark.parametrize(("low", "high", "sign"), [(0.1, 0.2, 1), (-0.2, -0.1, -1), (-0.1, 0.1, 0), (0, 0, 0)])
def test_an_interval_that_touches_zero_decides_nothing(low, high, sign):
    assert Estimate(0.0, low, high).sign == sign
    assert Estimate(np.nan, np.nan, np.nan).sign == 0


def test_a_network_behind_the_base_rate_is_named_where_no_model_says_anything():
    said = text(dense_network=(0.10, 0.02), lightgbm=(0.21, 0.05), base_rate=(0.22, 0.02))
    assert "the table does not say who will answer" in said
    assert "dense network is behind lightgbm (−0.110, −0.160 to −0.060) and base rate (−0.120" in said

"""How well the network finds them: ranking, right and wrong names, and whether its probabilities are true."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats
from segmint.features.edges import FEWEST_TOGETHER
from segmint.metrics.calibration import ReliabilityTable, expected_calibration_error, reliability_table
from segmint.metrics.classification import f1_per_class
from segmint.metrics.ranking import (
    average_precision,
    cumulative_gain,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)
from segmint.models.names import OURS
from segmint.report import charts
from segmint.report.blocks import Block, Page, budget, chart, figures, grid, key, make_page, table
from segmint.report.pages.search import judged_apart
from segmint.report.run_view import Predictions, RunView
from segmint.report.scores import before_correction, best_rival, main_metric, metric_label, metric_row
from segmint.report.svg import draw
from segmint.wording import between, count, decimal, listed, percent, percent_between, shorten, times

_DEPTHS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def page(run: RunView) -> Page | None:
    """Judge the network on customers it had not seen."""
    found = run.predictions(OURS)
    if found is None:
        return None
    if run.of_yes(found):
        return _response_page(run, found)
    return _segments_page(run, found)


def _response_page(run: RunView, found: Predictions) -> Page:
    y, score = found.said(run.positive), found.probability(run.positive)
    return make_page(
        "quality",
        title="How well the network finds those who say yes",
        short="How well",
        lead=f"{_who(run)} was ranked by a network that had not seen this customer.",
        blocks=[
            judged_apart(run),
            figures(_scores(run, found)),
            budget(len(y), int(y.sum()), cumulative_gain(y, score, np.arange(1, 101) / 100).tolist()),
            grid(
                [
                    _gains(y, score),
                    _lift(y, score),
                    _confusion(found, _threshold_words(found, run.positive)),
                    _calibration(run, y, score, found.groups, "say yes"),
                    _roc(run, y, score),
                    _precision_recall(run, y, score),
                ]
            ),
        ],
    )


def _scores(run: RunView, found: Predictions) -> list[tuple[str, str, str]]:
    """The measure of the comparison, and of a response how it is ranked."""
    metric = main_metric(run)
    items = []
    if (ours := metric_row(run, OURS, metric)) is not None:
        note = f"95 % interval {between(ours.low, ours.high, 2)}" if ours.low is not None else "on rows kept apart"
        items.append((metric_label(metric), decimal(ours.value, 3), note))
    if run.of_yes(found):
        y, score = found.said(run.positive), found.probability(run.positive)
        if metric != "roc_auc":
            items.append(("ROC AUC", decimal(roc_auc(y, score), 3), "of the ranking; 0.5 is chance, 1 perfect"))
        chance = f"of the ranking; {decimal(float(y.mean()), 3)} is chance, 1 perfect"
        items.append(("Average precision", decimal(average_precision(y, score), 3), chance))
    return items


def named(run: RunView) -> Block | None:
    """Show whom the network names rightly and whom not, and of known segments the F1 of each."""
    found = run.predictions(OURS)
    if found is None:
        return None
    if run.of_yes(found):
        return grid([_confusion(found, _threshold_words(found, run.positive))])
    return grid([_confusion(found, _class_words(found)), _per_class(found)])


def _who(run: RunView) -> str:
    return f"Each of {count(run.kept_apart)} customers kept apart" if run.kept_apart else "Every customer"


def _segments_page(run: RunView, found: Predictions) -> Page:
    return make_page(
        "quality",
        title="How well the network names the segments",
        short="How well",
        lead=f"{_who(run)} was judged by a network that had not seen this customer.",
        blocks=[
            judged_apart(run),
            figures(scores) if (scores := _scores(run, found)) else None,
            grid(
                [
                    _confusion(found, _class_words(found)),
                    _per_class(found),
                    _one_against_rest(found),
                    _confidence(run, found),
                ]
            ),
        ],
    )


def gains_picture(y: NDArray[np.bool_], score: Floats) -> charts.Chart:
    """Draw the share of all who say yes against the share called, beside chance and a perfect ranking."""
    depths = np.linspace(0, 1, 101)
    reached = cumulative_gain(y, score, depths)
    ideal = np.minimum(depths / max(float(y.mean()), 1e-9), 1.0)
    # steps of fewer than ten would be single customers' answers
    step = next((step for step in (1, 5, 10, 20, 50) if step * y.size >= 100 * FEWEST_TOGETHER), 100)
    tips = [
        {"x": float(depths[at]), "y": float(reached[at]),
         "tip": f"best {percent(float(depths[at]), 0)}: {percent(float(reached[at]), 0)} of all who say yes, "
         f"{times(float(reached[at] / depths[at]))} random"}
        for at in range(max(step, 5), 101, max(step, 5))
    ]  # fmt: skip
    lines = [("perfect", depths, ideal), ("network", depths[::step], reached[::step])]
    return charts.curves(
        lines, [charts.RIVAL, charts.ACCENT], x_title="share of customers called, best first", y_title="share of all who say yes reached",
        tips=tips, diagonal=True,
    )  # fmt: skip


def _gains(y: NDArray[np.bool_], score: Floats) -> Block:
    depths = np.linspace(0, 1, 101)
    reached = cumulative_gain(y, score, depths)
    at_20 = float(reached[20])
    picture = gains_picture(y, score)
    return chart(
        "Gains: how many you reach",
        draw(picture, "Cumulative gains curve"),
        caption=f"Calling the best 20 % reaches {percent(at_20, 0)} of all who say yes, {times(at_20 / 0.2)} random. "
        f"Half of all who say yes are among the best {percent(_depth_for_half(reached, depths), 0)}.",
        data=_depth_table(y, score),
        keys=[key("accent", "network"), key("signal", "random choice", "dash"), key("rival", "perfect ranking")],
    )


def _depth_for_half(reached: Floats, depths: Floats) -> float:
    return float(depths[int(np.argmax(reached >= 0.5))])


def _depth_table(y: NDArray[np.bool_], score: Floats) -> Block:
    reached = cumulative_gain(y, score, _DEPTHS)
    rows = []
    for depth, gain in zip(_DEPTHS, reached, strict=True):
        called, yes = round(depth * len(y)), float(gain) * int(y.sum())
        rows.append(
            [
                f"best {percent(depth, 0)}",
                count(called),
                count(round(yes)),
                percent(yes / max(called, 1)),
                percent(float(gain), 0),
                f"{decimal(float(gain) / depth, 1)}×",
            ]
        )
    return table(["Called", "customers", "say yes", "response rate", "of all yes", "lift"], rows)


def _lift(y: NDArray[np.bool_], score: Floats) -> Block:
    reached = cumulative_gain(y, score, np.linspace(0, 1, 11))
    lifts = np.diff(reached) * 10
    base = float(y.mean())
    rows = [
        {"label": f"{place}", "value": round(float(lift), 4),
         "tip": f"tenth {place} of the ranking: {percent(float(lift) * base)} say yes, {decimal(float(lift), 1)} times the average"}
        for place, lift in enumerate(lifts, start=1)
    ]  # fmt: skip
    above = int((lifts > 1).sum())
    picture = charts.columns(
        rows,
        base=1.0,
        base_label="average customer",
        x_title="tenths of the ranking, best first",
        y_title="lift (times the average response rate)",
    )
    return chart(
        "Lift: where in the ranking they are",
        draw(picture, "Lift by tenth of the ranking"),
        caption=f"In the first tenth {percent(float(lifts[0]) * base, 0)} say yes, {times(float(lifts[0]))} the average of {percent(base)}; "
        f"{above} of the ten tenths are above average.",
        data=table(
            ["Tenth", "response rate", "lift"],
            [
                [f"{place}", percent(float(lift) * base), f"{decimal(float(lift), 2)}×"]
                for place, lift in enumerate(lifts, start=1)
            ],
        ),
        keys=[key("accent", "one tenth of the customers", "square"), key("signal", "average", "dash")],
    )


def _confusion(found: Predictions, caption: str) -> Block:
    matrix = found.confusion()
    names = [shorten(name, 24) for name in found.classes]
    return chart(
        "Right and wrong names",
        draw(charts.confusion(matrix, found.classes), "Confusion matrix"),
        caption=caption,
        data=table(
            ["What happened", *(f"predicted {name}" for name in names)],
            [[name, *(count(cell) for cell in row)] for name, row in zip(names, matrix, strict=True)],
        ),
    )


def _threshold_words(found: Predictions, positive: str) -> str:
    named, said = found.predicted == positive, found.said(positive)
    hits, calls = int((named & said).sum()), int(named.sum())
    if calls == 0:
        return "At the chosen threshold nobody is predicted to say yes."
    return (
        f"At the threshold that was chosen for the best F1, {count(calls)} customers are predicted to say yes; {percent(hits / calls, 0)} of "
        f"them do (precision), and they are {percent(hits / max(int(said.sum()), 1), 0)} of all who say yes (recall)."
    )


def _class_words(found: Predictions) -> str:
    matrix = found.confusion().astype(float)
    np.fill_diagonal(matrix, 0.0)
    row, column = np.unravel_index(int(matrix.argmax()), matrix.shape)
    right = float((found.outcome == found.predicted).mean())
    names = [shorten(name, 24) for name in found.classes]
    return (
        f"{percent(right)} are named rightly (the shaded diagonal). The most frequent mistake: {names[int(row)]} taken for "
        f"{names[int(column)]}, {count(matrix[row, column])} customers."
    )


def _reliability_rows(bins: ReliabilityTable) -> list[dict[str, Any]]:
    return [
        {"promised": float(bins.mean_propensity[at]), "observed": float(bins.response_rate[at]), "low": float(bins.low[at]), "high": float(bins.high[at]),
         "tip": f"promised {percent(float(bins.mean_propensity[at]))}, observed {percent(float(bins.response_rate[at]))} of {count(bins.customers[at])} customers"}
        for at in range(len(bins.customers))
    ]  # fmt: skip


def calibration_picture(y: NDArray[np.bool_], score: Floats, groups: NDArray[np.int64]) -> charts.Chart:
    """Draw what was promised against what was observed, by tenths of the ranking."""
    rows = _reliability_rows(reliability_table(y, score, groups))
    most = min(1.0, max(max(row["high"], row["promised"]) for row in rows) * 1.05)
    return charts.reliability(rows, most=most)


def _calibration(run: RunView, y: NDArray[np.bool_], score: Floats, groups: NDArray[np.int64], what: str) -> Block:
    bins = reliability_table(y, score, groups)
    rows = _reliability_rows(bins)
    gap = expected_calibration_error(y, score)
    inside = int(((bins.low <= bins.mean_propensity) & (bins.mean_propensity <= bins.high)).sum())
    last = len(rows) - 1
    return chart(
        "Calibration: whether 20 % means 20 in 100",
        draw(calibration_picture(y, score, groups), "Calibration"),
        caption=f"Of the customers with the highest probabilities {percent(rows[last]['promised'], 0)} were expected to {what} and "
        f"{percent(rows[last]['observed'], 0)} did. On average promise and reality differ by {decimal(100 * gap, 1)} points; in {inside} of "
        f"{len(rows)} groups the difference is within chance. {before_correction(run.correction)}".strip(),
        data=table(
            ["Promised", "observed", "95 % interval", "customers"],
            [
                [
                    percent(row["promised"]),
                    percent(row["observed"]),
                    percent_between(row["low"], row["high"]),
                    count(bins.customers[at]),
                ]
                for at, row in enumerate(rows)
            ],
            words=(),
        ),
        keys=[
            key("accent", "about a tenth of the customers, 95 % interval", "dot"),
            key("signal", "promise kept exactly", "dash"),
        ],
    )


def _roc(run: RunView, y: NDArray[np.bool_], score: Floats) -> Block:
    curve, area = roc_curve(y, score), roc_auc(y, score)
    lines = [("network", curve.false_positive_rate, curve.true_positive_rate)]
    colors, keys = [charts.ACCENT], [key("accent", f"network, area {decimal(area)}")]
    if (other := _rival(run)) is not None:
        name, rival_y, rival_score = other
        rival = roc_curve(rival_y, rival_score)
        lines.insert(0, (name, rival.false_positive_rate, rival.true_positive_rate))
        colors.insert(0, charts.RIVAL)
        keys.append(key("rival", f"{name}, area {decimal(roc_auc(rival_y, rival_score))}"))
    at = [int(np.argmin(np.abs(curve.false_positive_rate - rate))) for rate in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)]
    points = [(float(curve.false_positive_rate[place]), float(curve.true_positive_rate[place])) for place in at]
    tips = [
        {
            "x": x,
            "y": true,
            "tip": f"finds {percent(true, 0)} of those who say yes while naming {percent(x, 0)} of those who say no",
        }
        for x, true in points
    ]
    picture = charts.curves(
        lines,
        colors,
        x_title="share of those who say no, named by mistake",
        y_title="share of those who say yes, found",
        tips=tips,
        diagonal=True,
    )
    return chart(
        "ROC: found against named by mistake",
        draw(picture, "ROC curve"),
        caption=f"Given one customer who says yes and one who says no, the network ranks the right one higher in {percent(area, 0)} of cases; 50 % "
        "would be chance.",
        data=table(["Named by mistake", "found"], [[percent(x), percent(true)] for x, true in points], words=()),
        keys=[*keys, key("signal", "chance", "dash")],
    )


def _precision_recall(run: RunView, y: NDArray[np.bool_], score: Floats) -> Block:
    base, area = float(y.mean()), average_precision(y, score)
    lines = [("network", *_recall_precision(y, score))]
    colors, keys = [charts.ACCENT], [key("accent", f"network, average {decimal(area)}")]
    if (other := _rival(run)) is not None:
        name, rival_y, rival_score = other
        lines.insert(0, (name, *_recall_precision(rival_y, rival_score)))
        colors.insert(0, charts.RIVAL)
        keys.append(key("rival", f"{name}, average {decimal(average_precision(rival_y, rival_score))}"))
    _, recall, precision = lines[-1]
    at = [int(np.argmin(np.abs(recall - share))) for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)]
    points = [(float(recall[place]), float(precision[place])) for place in at]
    tips = [
        {"x": x, "y": right, "tip": f"to find {percent(x, 0)} of all yes: {percent(right, 0)} of calls succeed"}
        for x, right in points
    ]
    picture = charts.curves(
        lines,
        colors,
        x_title="recall: share of all who say yes, found",
        y_title="precision: share of calls that succeed",
        tips=tips,
        level=base,
    )
    half = points[4][1]
    return chart(
        "Precision and recall: what completeness costs",
        draw(picture, "Precision and recall curve"),
        caption=f"To find half of all who say yes, {percent(half, 0)} of the calls succeed, {times(half / base)} the {percent(base)} of random calls.",
        data=table(["Recall", "precision"], [[percent(x, 0), percent(right)] for x, right in points], words=()),
        keys=[*keys, key("signal", "random calls", "dash")],
    )


def _recall_precision(y: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
    """Recall and precision where at least ten customers are named: before that precision jumps by chance alone."""
    curve = precision_recall_curve(y, score)
    kept = curve.named >= min(10, len(y))
    return curve.recall[kept][::-1], curve.precision[kept][::-1]


def _rival(run: RunView) -> tuple[str, NDArray[np.bool_], Floats] | None:
    name = best_rival(run)
    found = run.predictions(name) if name else None
    if name is None or found is None or run.positive not in found.classes:
        return None
    return run.model_label(name), found.said(run.positive), found.probability(run.positive)


def _per_class(found: Predictions) -> Block:
    f1s = f1_per_class(found.outcome, found.predicted, found.classes)
    matrix = found.confusion()
    actual, named, hits = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    order = [at for at in np.argsort(-f1s, kind="stable").tolist() if actual[at]]  # who is not there is not judged
    rows = [
        {"label": found.classes[at], "value": float(f1s[at]), "low": float(f1s[at]), "high": float(f1s[at]), "ours": True,
         "shown": decimal(float(f1s[at]), 2), "tip": f"{shorten(found.classes[at], 40)}: F1 {decimal(float(f1s[at]))} on {count(actual[at])} customers"}
        for at in order
    ]  # fmt: skip
    best, worst = (shorten(found.classes[at], 24) for at in (order[0], order[-1]))
    return chart(
        "F1 of each segment",
        draw(charts.bars(rows, title="F1"), "F1 of each segment"),
        caption=f"The network knows {best} best and {worst} least. F1 is high only when most of a segment are found and few others are "
        "taken for it.",
        data=table(
            ["Segment", "customers", "found (recall)", "right when named (precision)", "F1"],
            [
                [
                    found.classes[at],
                    count(actual[at]),
                    percent(hits[at] / max(actual[at], 1)),
                    percent(hits[at] / max(named[at], 1)),
                    decimal(float(f1s[at])),
                ]
                for at in order
            ],
        ),
    )


def _one_against_rest(found: Predictions) -> Block:
    lines, colors, keys, rows = [], [], [], []
    for place, name in enumerate(found.classes):
        y, score = found.said(name), found.probability(name)
        curve, area = roc_curve(y, score), roc_auc(y, score)
        lines.append((name, curve.false_positive_rate, curve.true_positive_rate))
        colors.append(charts.class_color(place))
        keys.append(key(charts.class_key(place), f"{shorten(name, 20)} {decimal(area, 2)}"))
        rows.append((name, area))
    best = max(rows, key=lambda row: row[1])
    picture = charts.curves(
        lines,
        colors,
        x_title="share of the others, named by mistake",
        y_title="share of the segment, found",
        diagonal=True,
    )
    return chart(
        "ROC: each segment against the rest",
        draw(picture, "ROC curves, one for each segment"),
        caption=f"The area under a line is the chance that a member of the segment gets a higher probability than another customer: "
        f"highest for {shorten(best[0], 24)}, {percent(best[1], 0)}.",
        data=table(["Segment", "area under the ROC curve"], [[name, decimal(area)] for name, area in rows]),
        keys=[*keys, key("signal", "chance", "dash")],
    )


def _confidence(run: RunView, found: Predictions) -> Block:
    """Whether the highest probability of each customer is as often right as it says."""
    right = found.outcome == np.array(found.classes)[found.probabilities.argmax(axis=1)]
    block = _calibration(run, right, found.probabilities.max(axis=1), found.groups, "be named rightly")
    second = listed([percent(share, 0) for share in np.quantile(found.probabilities.max(axis=1), [0.25, 0.75])])
    block["caption"] += f" The middle half of customers get between {second} for their segment."
    return block

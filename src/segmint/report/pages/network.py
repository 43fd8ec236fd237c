"""The network: its layers as a picture, and how it learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from segmint.models.interval import PropensityInterval
from segmint.report import charts
from segmint.report.architecture import describe, draw_architecture, total_parameters
from segmint.report.blocks import Block, Page, chart, grid, key, make_page, table
from segmint.report.lesson import lesson_block
from segmint.report.run_view import RunView
from segmint.report.scores import largest_words
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import count, decimal, listed, percent, percent_between

LAST_EPOCHS = 2
STILL_FALLING = 0.005  # of the loss, over the last epochs


def page(run: RunView) -> Page | None:
    """Show the layers of the network that was kept, who taught it, how it learned, and how far it can be believed."""
    lesson = run.json(run_files.LESSON)
    architecture, (loss, accuracy) = _architecture(run), _curves(run, (lesson or {}).get("again"))
    learned = [block for block in (loss, accuracy) if block is not None]
    if architecture is None and not learned:
        return None
    taught = [None if lesson is None else lesson_block(lesson), _calibration(run), _interval(run)]
    return make_page(
        "network",
        title="The network and how it learned",
        short="Network",
        lead="It is made only of Dense, Dropout and BatchNormalization layers.",
        blocks=[grid([architecture, grid(learned), *taught])],
    )


def _architecture(run: RunView) -> Block | None:
    network = run.json("bundle/network.json")
    if not network or not network.get("layers"):
        return None
    rows = describe(network)
    kinds = listed(
        [f"{sum(row.type == kind for row in rows)} {kind}" for kind in dict.fromkeys(row.type for row in rows)]
    )
    return chart(
        "Layers from input to answer",
        draw_architecture(network, alone=False),
        caption=f"{len(rows)} layers ({kinds}) with {count(total_parameters(rows))} parameters. Dropout leaves out a share of the "
        "signals while learning, so that no single one is relied upon; it does nothing when predicting.",
        data=table(
            ["Layer", "width", "setting", "parameters"],
            [[row.type, count(row.units), row.detail, count(row.parameters)] for row in rows],
            words=(0, 2),
        ),
    )


def _calibration(run: RunView) -> Block | None:
    """Show promise and outcome before and after calibration, each on customers kept apart from it."""
    told = run.correction
    if not told:
        return None
    before, after = told["before"], told["after"]
    lines = [
        (name, np.asarray(part["promised"]), np.asarray(part["observed"]))
        for name, part in (("before", before), ("after", after))
    ]
    tips = [
        {"x": promised, "y": observed, "tip": f"after: promised {percent(promised)}, observed {percent(observed)}"}
        for promised, observed in zip(after["promised"], after["observed"], strict=True)
    ]
    ends = np.array([0.0, max(float(np.max(line[1:])) for line in lines)])
    title = "Calibration before and after"
    picture = charts.curves(
        [("exact", ends, ends), *lines], [charts.SIGNAL, charts.RIVAL, charts.ACCENT], x_title="promised",
        y_title="observed", tips=tips, unit=(False, False), shares=True,
    )  # fmt: skip
    return chart(
        title,
        draw(picture, title),
        caption=f"Each network of the comparison was calibrated on a few rows of its own. What was still wrong was learned from "
        f"{count(told['customers'])} predictions about customers whom the network in question had not seen "
        f"({_numbers_of(told, run)}){_in_the_bundle(run, told)}. Judged on customers that did not teach this correction, promise and "
        f"reality differ by {decimal(100 * before['calibration_error'], 2)} points before and {decimal(100 * after['calibration_error'], 2)} "
        f"points after; the cross-entropy goes from {decimal(before['log_loss'], 4)} to {decimal(after['log_loss'], 4)}"
        f"{'' if after['log_loss'] < before['log_loss'] else ', which is no gain'}.",
        data=table(
            ["Promised before", "observed", "promised after", "observed after"],
            [
                [percent(row[0]), percent(row[1]), percent(row[2]), percent(row[3])]
                for row in zip(
                    before["promised"], before["observed"], after["promised"], after["observed"], strict=False
                )
            ],
            words=(),
        ),
        keys=[key("rival", "before"), key("accent", "after"), key("signal", "promise kept exactly", "dash")],
    )


def _in_the_bundle(run: RunView, told: Mapping[str, Any]) -> str:
    """Say with which numbers the bundle calibrates: those that its own network learned, and the correction on top."""
    whole = run.json("bundle/calibration.json")
    if not whole:
        return ""
    if not told.get("applied", True):
        return f". The bundle does without it: it calibrates by what its own network learned, {_numbers_of(whole, run)}"
    return (
        f". The bundle applies this after what its own network learned; together that is {_numbers_of(whole, run)} "
        "in its calibration.json"
    )


def _numbers_of(calibration: Mapping[str, Any], run: RunView) -> str:
    """Say by which numbers a calibration turns logits into probabilities; with more than two classes nothing is shifted."""
    shift = f", shift {decimal(calibration['offset'])}" if len(run.summary.get("classes") or ()) <= 2 else ""
    return f"temperature {decimal(calibration['temperature'])}{shift}"


def _interval(run: RunView) -> Block | None:
    """Show between which rates customers of a propensity say yes."""
    told = (run.json("bundle/calibration.json") or {}).get("interval")
    if not told:
        return None
    known = PropensityInterval.from_json(told)
    points = np.unique(np.concatenate([known.edges[:: max(len(known.edges) // 60, 1)], known.edges[-1:]]))
    low, high = known.of(points)
    lines = [("low end", points, low), ("high end", points, high), ("propensity", points, points)]
    tips = [
        {"x": float(x), "y": float(x), "tip": f"propensity {percent(float(x))}: {percent_between(float(a), float(b))} say yes"}
        for x, a, b in zip(points, low, high, strict=True)
    ][:: max(len(points) // 20, 1)]  # fmt: skip
    title = "How well a propensity is known"
    picture = charts.curves(
        lines, [charts.RIVAL, charts.RIVAL, charts.ACCENT], x_title="propensity", y_title="share who say yes", tips=tips,
        unit=(False, False), shares=True,
    )  # fmt: skip
    at = float(points[len(points) // 2])
    middle = known.of([at])
    return chart(
        title,
        draw(picture, title),
        caption=f"Predictions carry propensity_low and propensity_high: between these rates customers like this one say yes, as far as "
        f"{count(known.customers)} customers can tell whose own answers the network had not learned from. Of customers with {percent(at)}, "
        f"{percent_between(float(middle[0][0]), float(middle[1][0]))} say yes. Two doubts add up: which answer this very customer would have added "
        f"(Venn-Abers), and chance among the {count(known.neighbours)} of those customers who are nearest (95 %). It is no promise for another campaign: when times "
        "change, so do the rates.",
        data=table(
            ["Propensity", "say yes"],
            [
                [percent(float(x)), percent_between(float(a), float(b))]
                for x, a, b in list(zip(points, low, high, strict=True))[:: max(len(points) // 25, 1)]
            ],
            words=(),
        ),
        keys=[key("accent", "propensity"), key("rival", "ends of the interval")],
    )


def _curves(run: RunView, again: Mapping[str, Any] | None) -> tuple[Block | None, Block | None]:
    history = run.history
    if history is None or history.is_empty():
        return None, None
    fits = history["fit"].unique(maintain_order=True).to_list()
    fit = "final" if "final" in fits else fits[0]
    final = history.filter(pl.col("fit") == fit).sort("epoch")
    return _loss(final, again), _accuracy(final, run)


def _loss(final: pl.DataFrame, again: Mapping[str, Any] | None) -> Block | None:
    return _two_lines(final, "loss", "Loss while learning", "loss (lower is better)", _loss_words(final, again))


def _accuracy(final: pl.DataFrame, run: RunView) -> Block | None:
    return _two_lines(
        final,
        "accuracy",
        "Accuracy while learning",
        "accuracy (share of rows named right)",
        _accuracy_words(final, run),
    )


def _two_lines(final: pl.DataFrame, what: str, title: str, y_title: str, caption: str) -> Block | None:
    names = (f"training_{what}", f"validation_{what}")
    if not set(names) <= set(final.columns) or final[names[0]].null_count() == final.height:
        return None
    epochs = final["epoch"].to_numpy().astype(float)
    lines = [(name, epochs, final[name].to_numpy().astype(float)) for name in names]
    some = np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), 25)).round().astype(int))
    tips = [
        {"x": epochs[at], "y": float(lines[1][2][at]),
         "tip": f"epoch {epochs[at]:.0f}: training {decimal(float(lines[0][2][at]))}, validation {decimal(float(lines[1][2][at]))}"}
        for at in some
    ]  # fmt: skip
    picture = charts.curves(
        lines,
        [charts.RIVAL, charts.ACCENT],
        x_title="epoch",
        y_title=y_title,
        tips=tips,
        percentages=False,
        unit=(False, False),
        whole=True,
    )
    shown = np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), 40)).round().astype(int))
    return chart(
        title,
        draw(picture, title),
        caption=caption,
        data=table(
            ["Epoch", "training", "validation"],
            [
                [f"{epochs[at]:.0f}", decimal(float(lines[0][2][at]), 4), decimal(float(lines[1][2][at]), 4)]
                for at in shown
            ],
        ),
        keys=[key("rival", "rows it learns from"), key("accent", "rows kept apart (validation)")],
    )


def _loss_words(final: pl.DataFrame, again: Mapping[str, Any] | None = None) -> str:
    if "validation_loss" not in final.columns:
        return ""
    loss = final["validation_loss"].to_numpy().astype(float)
    epochs = final["epoch"].to_list()
    best = int(np.nanargmin(loss))
    start = f"It learned for {len(epochs)} epochs; the validation loss was lowest at epoch {epochs[best]} ({decimal(float(loss[best]))})."
    bundle = (
        ""
        if again is None
        else f" The bundle's network learned once more, from all {count(again['customers'])} customers."
    )
    if best == len(epochs) - 1:
        falling = best < LAST_EPOCHS or loss[best] < (1 - STILL_FALLING) * loss[best - LAST_EPOCHS]
        end = (
            "was still falling when learning ended: more epochs might help a little"
            if falling
            else "hardly fell any more"
        )
        return f"{start} It {end}.{bundle}"
    kept = f"the state of epoch {epochs[best]} was kept{'' if again is None else ' and judged'}"
    return f"{start} After that it learned its own rows better but new rows no better, so {kept}.{bundle}"


def _accuracy_words(final: pl.DataFrame, run: RunView) -> str:
    if not {"training_accuracy", "validation_accuracy"} <= set(final.columns):
        return ""
    loss = final["validation_loss"].to_numpy().astype(float)
    best = int(np.nanargmin(loss))
    training, validation = (float(final[f"{part}_accuracy"].to_numpy()[best]) for part in ("training", "validation"))
    how = " with a yes from a probability of 50 % on" if run.is_response else ""
    return (
        f"At its best state {percent(training)} of the training rows and {percent(validation)} of the validation rows were named "
        f"right{how}.{largest_words(run)} The loss says better how well it learned."
    )

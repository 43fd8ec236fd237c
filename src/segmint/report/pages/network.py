"""The network: its layers as a picture, and how it learned."""

from __future__ import annotations

import numpy as np
import polars as pl

from segmint.report import charts
from segmint.report.architecture import describe, draw_architecture, total_parameters
from segmint.report.blocks import Block, Page, chart, grid, key, make_page, table
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.report.wording import count, decimal, listed, percent


def page(run: RunView) -> Page | None:
    """Show the layers and the learning curves of the network that was kept."""
    architecture, (loss, accuracy) = _architecture(run), _curves(run)
    learned = [block for block in (loss, accuracy) if block is not None]
    if architecture is None and not learned:
        return None
    return make_page(
        "network",
        title="The network and how it learned",
        short="Network",
        lead="It is made only of Dense, Dropout and BatchNormalization layers.",
        blocks=[grid([architecture, grid(learned)])],
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
        draw_architecture(network),
        caption=f"{len(rows)} layers ({kinds}) with {count(total_parameters(rows))} parameters. Dropout leaves out a share of the "
        "signals while learning, so that no single one is relied upon; it does nothing when predicting.",
        data=table(
            ["Layer", "width", "setting", "parameters"],
            [[row.type, count(row.units), row.detail, count(row.parameters)] for row in rows],
            words=(0, 2),
        ),
    )


def _curves(run: RunView) -> tuple[Block | None, Block | None]:
    history = run.history
    if history is None or history.is_empty():
        return None, None
    fits = history["fit"].unique(maintain_order=True).to_list()
    fit = "final" if "final" in fits else fits[0]
    final = history.filter(pl.col("fit") == fit).sort("epoch")
    return _loss(final), _accuracy(final)


def _loss(final: pl.DataFrame) -> Block | None:
    return _two_lines(final, "loss", "Loss while learning", "loss (lower is better)", _loss_words(final))


def _accuracy(final: pl.DataFrame) -> Block | None:
    return _two_lines(
        final, "accuracy", "Accuracy while learning", "accuracy (share of rows named right)", _accuracy_words(final)
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


def _loss_words(final: pl.DataFrame) -> str:
    if "validation_loss" not in final.columns:
        return ""
    loss = final["validation_loss"].to_numpy().astype(float)
    epochs = final["epoch"].to_list()
    best = int(np.nanargmin(loss))
    start = f"It learned for {len(epochs)} epochs; the validation loss was lowest at epoch {epochs[best]} ({decimal(float(loss[best]))})."
    if best >= len(epochs) - 2:
        return f"{start} It was still falling when learning ended: more epochs might help a little."
    return f"{start} After that it learned its own rows better but new rows no better, so learning stopped and the best state was kept."


def _accuracy_words(final: pl.DataFrame) -> str:
    if not {"training_accuracy", "validation_accuracy"} <= set(final.columns):
        return ""
    loss = final["validation_loss"].to_numpy().astype(float)
    best = int(np.nanargmin(loss))
    training, validation = (float(final[f"{part}_accuracy"].to_numpy()[best]) for part in ("training", "validation"))
    gap = training - validation
    verdict = (
        "the two are close, a sign that it has not learned its rows by heart"
        if abs(gap) < 0.02
        else (
            "it knows its own rows better than new ones, as every learner does a little"
            if gap > 0
            else "new rows happened to be easier"
        )
    )
    return f"At its best state {percent(training)} of the training rows and {percent(validation)} of the validation rows were named right: {verdict}."

"""The search for settings: every trial, what was found, and on which rows that may be judged."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmint.report import charts
from segmint.report.blocks import Block, Page, banner, chart, key, make_page, table
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.wording import count, decimal

_WORDS = {
    "hidden": "widths",
    "dropout": "dropout",
    "learning_rate": "learning rate",
    "epochs": "epochs",
    "batch_size": "batch",
    "copies": "copies per customer",
    "swap": "cells swapped",
    "share": "teacher's share",
}
SHOWN = 30


def judged_apart(run: RunView) -> Block | None:
    """Return the banner that stands beside every figure of a run with a search."""
    sentence = (run.search or {}).get("sentence")
    return banner("plain", "Judged on rows that the search never saw", str(sentence)) if sentence else None


def page(run: RunView) -> Page | None:
    """Show the trials of a search as a picture and a table."""
    found = run.search
    if not found or not found.get("trials"):
        return None
    return make_page(
        "search",
        title="The search for better settings",
        short="Search",
        lead="A trial trains one network and is judged by its cross-entropy on inner rows; lower is better.",
        blocks=[
            judged_apart(run),
            _picture(found),
        ],
    )


def _picture(found: dict[str, Any]) -> Block:
    trials = found["trials"]
    whole = [trial for trial in trials if not trial["given_up"]]
    best = trials[found["best"]]
    number = np.array([trial["number"] for trial in whole], dtype=float)
    loss = np.array([trial["loss"] for trial in whole], dtype=float)
    tips = [
        {"x": float(x), "y": float(y), "tip": f"trial {x:.0f}: {decimal(float(y), 4)}"}
        for x, y in zip(number, loss, strict=True)
    ]
    title = "Every trial, and the best so far"
    picture = charts.curves(
        [("trial", number, loss), ("best so far", number, np.minimum.accumulate(loss))],
        [charts.RIVAL, charts.ACCENT],
        x_title="trial",
        y_title="cross-entropy on inner rows",
        tips=tips,
        percentages=False,
        unit=(False, False),
        whole=True,
    )
    return chart(
        title,
        draw(picture, title),
        caption=_words(found, len(whole), best),
        data=_table(found),
        keys=[key("accent", "best so far"), key("rival", "each finished trial")],
        wide=True,
    )


def _words(found: dict[str, Any], whole: int, best: dict[str, Any]) -> str:
    trials = found["trials"]
    gain = trials[0]["loss"] - best["loss"]
    if len(trials) == 1:
        return f"1 trial was made. {found.get('only_the_start') or 'No other settings were tried than those it started from.'}"
    said = f"{count(len(trials))} trials were made; {count(len(trials) - whole)} of them were given up early because they were behind. "
    if best["number"] == 0:
        return said + "None was better than the settings it started from, so these were kept."
    return (
        said
        + f"Trial {best['number']} was the best: {decimal(best['loss'], 4)}, which is {decimal(gain, 4)} below the settings it started from "
        f"(trial 0). A search finds what suits its inner rows, so this gain is flattering; what it is worth stands in the comparison, on "
        f"{count(found['rows_apart'])} rows that no trial saw, beside the network before the search."
    )


def _table(found: dict[str, Any]) -> Block:
    order = sorted(found["trials"], key=lambda trial: (trial["given_up"], trial["loss"]))[:SHOWN]
    names = list(found["trials"][0]["settings"])
    rows = [
        [
            f"{trial['number']}{' (given up)' if trial['given_up'] else ''}",
            decimal(trial["loss"], 4),
            *(_shown(trial["settings"][name]) for name in names),
            f"{trial['seconds']:.0f} s",
        ]
        for trial in order
    ]
    marked = [place for place, trial in enumerate(order) if trial["number"] == found["best"]]
    more = len(found["trials"]) - len(order)
    return table(
        ["Trial", "cross-entropy", *(_WORDS.get(name, name) for name in names), "time"],
        rows,
        words=(0, *(2 + place for place, name in enumerate(names) if name == "hidden")),
        marked=marked,
        note=f"The best {SHOWN} of {count(len(found['trials']))}; all are in search.json." if more > 0 else "",
    )


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

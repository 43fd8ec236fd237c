"""The network and its rivals side by side, on the same rows."""

from __future__ import annotations

from segmint.models.names import OURS
from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, fold, make_page, points, table
from segmint.report.run_view import RunView
from segmint.report.scores import Score, as_before_correction, largest_words, main_metric, metric_label, ranked, scores
from segmint.report.svg import draw
from segmint.wording import between, decimal, seconds, signed


def page(run: RunView) -> Page | None:
    """Show the main metric with intervals, every other metric, and the conclusion in words."""
    blocks = compared(run)
    if not blocks or run.comparison is None:
        return None
    folds = run.comparison.get("folds")
    apart = f"in {folds} parts, each kept apart once" if folds and folds > 1 else "a part kept apart from training"
    return make_page(
        "comparison",
        title="The network beside other methods",
        short="Comparison",
        lead=f"All methods saw the same rows, {apart}; every figure is about customers the method had not seen.",
        blocks=blocks,
    )


def compared(run: RunView) -> list[Block]:
    """Show the methods side by side: the conclusion, a chart, a table and the differences; nothing without figures."""
    order = ranked(run, main_metric(run))
    if not order or run.comparison is None:
        return []
    return [
        points([str(sentence) for sentence in run.comparison.get("conclusion") or ()]),
        _main_chart(run, order),
        _metrics(run, order),
        *([fold("Differences to the best method, with intervals", [_differences(run)])] if len(order) > 1 else []),
    ]


def _main_chart(run: RunView, order: list[Score]) -> Block:
    label = metric_label(main_metric(run))
    rows = [
        {
            "label": run.model_label(row.model).split(" (")[0], "value": row.value, "ours": row.model == OURS,
            "low": row.value if row.low is None else row.low, "high": row.value if row.high is None else row.high,
            "shown": decimal(row.value),
            "tip": f"{run.model_label(row.model)}: {label} {decimal(row.value)} ({between(row.low, row.high)})",
        }
        for row in order
    ]  # fmt: skip
    return chart(
        f"{label} of every method",
        draw(charts.bars(rows, title=label), f"{label} of every method with 95 % intervals"),
        caption=_reading(run, order),
        data=table(
            ["Method", label, "95 % interval"],
            [[run.model_label(row.model), decimal(row.value), between(row.low, row.high)] for row in order],
        ),
        wide=True,
    )


def _reading(run: RunView, order: list[Score]) -> str:
    what = (
        "F1 is high only when a method names most of those who say yes and is seldom wrong about it."
        if run.is_response
        else "Weighted F1 is high only when a method names every segment rightly, large segments counting more."
    )
    times = (run.comparison or {}).get("repeats")
    often = f" {times:,} times" if times else " again and again"
    lines = f"Bars are {'F1' if run.is_response else 'weighted F1'}, the thin lines 95 % intervals from redrawing the customers{often}."
    best = order[0]
    even = [
        run.model_label(row.model)
        for row in order[1:]
        if row.difference_low is not None
        and row.difference_high is not None
        and row.difference_low <= 0 <= row.difference_high
    ]
    together = (
        f" The difference to {run.model_label(best.model)} is within chance for: {', '.join(even)}."
        if even
        else f" {run.model_label(best.model)} is ahead by more than chance allows."
    )
    return f"{what} {lines}{together if len(order) > 1 else ''}"


def _metrics(run: RunView, order: list[Score]) -> Block:
    metrics = list(dict.fromkeys(row.metric for row in scores(run)))
    cells = {(row.model, row.metric): row for row in scores(run)}
    timed = any(row.seconds is not None for row in order)
    rows = []
    for row in order:
        line = [run.model_label(row.model)]
        for metric in metrics:
            found = cells.get((row.model, metric))
            line.append(decimal(found.value if found else None, 2 if metric.startswith("lift") else 3))
        rows.append(line + ([seconds(row.seconds) if row.seconds is not None else "–"] if timed else []))
    names = ["Method", *(metric_label(metric) for metric in metrics), *(["time"] if timed else [])]
    return table(
        names,
        rows,
        title="All metrics",
        marked=[place for place, row in enumerate(order) if row.model == OURS],
        note=f"Log loss and Brier score are better when lower; all others when higher.{_accuracy_note(run, metrics)} {as_before_correction(run.correction)}".strip(),
    )


def _accuracy_note(run: RunView, metrics: list[str]) -> str:
    if "accuracy" not in metrics:
        return ""
    how = " F1 and accuracy are at the threshold that suits each method's F1, not at 50 %." if run.is_response else ""
    return f"{how}{largest_words(run)}"


def _differences(run: RunView) -> Block:
    rows = [
        [metric_label(row.metric), run.model_label(row.model), decimal(row.value), between(row.low, row.high),
         signed(row.difference), f"{signed(row.difference_low)} to {signed(row.difference_high)}"]
        for row in scores(run)
    ]  # fmt: skip
    names = ["Metric", "method", "value", "95 % interval", "difference to best", "95 % interval"]
    note = "An interval that holds 0 means: the difference may be chance."
    return table(names, rows, words=(0, 1), note=note)

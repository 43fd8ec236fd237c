"""The run's results for TensorBoard: the F1 chart and the confusion matrix as pictures, the conclusion as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segmint.metrics.classification import confusion_matrix
from segmint.report import charts
from segmint.report.run_view import RunView
from segmint.report.scores import NETWORK, main_metric, metric_label, ranked
from segmint.report.wording import decimal

SCALE = 2


def result_images(folder: Path) -> dict[str, dict[str, Any]]:
    """Draw what a finished comparison has to show.

    Returns
    -------
    dict
        "images": name to PNG bytes; "texts": name to Markdown. Both empty if nothing was compared.
    """
    run = RunView(folder)
    if run.comparison is None:
        return {"images": {}, "texts": {}}
    images = {"results/f1": _png(_scores(run))}
    found = run.predictions(NETWORK)
    if found is not None:
        counts = confusion_matrix(found.outcome, found.predicted, found.classes)
        images["results/confusion"] = _png(charts.confusion(counts, found.classes))
    conclusion = "\n\n".join(str(sentence) for sentence in run.comparison.get("conclusion", ()))
    return {"images": images, "texts": {"results/conclusion": conclusion}}


def _scores(run: RunView) -> Any:
    metric = main_metric(run)
    rows = [
        {
            "label": run.model_label(score.model),
            "value": score.value,
            "low": score.value if score.low is None else score.low,
            "high": score.value if score.high is None else score.high,
            "ours": score.model == NETWORK,
            "shown": decimal(score.value),
            "tip": "",
        }
        for score in ranked(run, metric)
    ]
    return charts.bars(rows, title=metric_label(metric))


def _png(chart: Any) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(chart.to_dict(validate=False), scale=SCALE))

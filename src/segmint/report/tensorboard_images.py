"""The run's results for TensorBoard: charts as pictures, conclusion and settings as text, curves of every model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segmint.models.names import OURS
from segmint.report import charts
from segmint.report.pages import quality
from segmint.report.run_view import RunView
from segmint.report.scores import main_metric, metric_label, ranked
from segmint.wording import decimal

SCALE = 2


def result_images(folder: Path) -> dict[str, dict[str, Any]]:
    """Draw what a finished comparison has to show.

    Returns
    -------
    dict
        "images": name to PNG bytes; "texts": name to Markdown; "curves": model to name to (happened, probability), for
        precision and recall. Only the settings if nothing was compared.
    """
    run = RunView(folder)
    texts = {"results/settings": f"```toml\n{run.settings_told}\n```"}
    if run.comparison is None:
        return {"images": {}, "texts": texts, "curves": {}}
    images = {"results/f1": _png(_scores(run))}
    found = run.predictions(OURS)
    if found is not None:
        counts = found.confusion()
        images["results/confusion"] = _png(charts.confusion(counts, found.classes))
        if run.of_yes(found):
            y, score = found.said(run.positive), found.probability(run.positive)
            images["results/gains"] = _png(quality.gains_picture(y, score))
            images["results/calibration"] = _png(quality.calibration_picture(y, score, found.groups))
        else:
            right = found.outcome == np.array(found.classes)[found.probabilities.argmax(axis=1)]
            sure = found.probabilities.max(axis=1)
            images["results/calibration"] = _png(quality.calibration_picture(right, sure, found.groups))
    texts["results/conclusion"] = "\n\n".join(str(sentence) for sentence in run.comparison.get("conclusion", ()))
    return {"images": images, "texts": texts, "curves": _curves(run)}


def _curves(run: RunView) -> dict[str, dict[str, Any]]:
    """What each model said of rows kept apart: of yes, or of each class against the rest."""
    curves = {}
    for model in (run.comparison or {}).get("models", {}):
        found = run.predictions(model)
        if found is None:
            continue
        names = [run.positive] if run.of_yes(found) else found.classes
        curves[model] = {f"{name} (rows kept apart)": (found.said(name), found.probability(name)) for name in names}
    return curves


def _scores(run: RunView) -> Any:
    metric = main_metric(run)
    rows = [
        {
            "label": run.model_label(score.model).split(" (")[0],
            "value": score.value,
            "low": score.value if score.low is None else score.low,
            "high": score.value if score.high is None else score.high,
            "ours": score.model == OURS,
            "shown": decimal(score.value),
            "tip": "",
        }
        for score in ranked(run, metric)
    ]
    return charts.bars(rows, title=metric_label(metric))


def _png(chart: Any) -> bytes:
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(chart.to_dict(validate=False), scale=SCALE))

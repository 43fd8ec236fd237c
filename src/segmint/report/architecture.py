"""A picture of the network: one box for each layer, as wide as the layer has units, in the order the data flows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segmint.arguments import require_switches
from segmint.report.charts import ACCENT, CLASSES, INK, MUTED, WIDTH
from segmint.report.svg import Boxes
from segmint.wording import count, percent

_COLORS = {"Dense": ACCENT, "BatchNormalization": CLASSES[2], "Dropout": CLASSES[1]}


@dataclass(frozen=True)
class LayerRow:
    """One layer, as the picture and its table show it."""

    type: str
    units: int
    detail: str
    parameters: int


def describe(network: Mapping[str, Any]) -> list[LayerRow]:
    """List the layers of a bundle's ``network.json`` with their widths and numbers of parameters.

    A Dense layer has inputs · units weights and one bias for each unit; a BatchNormalization layer has four numbers for
    each unit (scale, shift, mean, variance), the latter two of which are observed and not learned.
    """
    width = int(network["inputs"])
    rows = []
    for layer in network["layers"]:
        kind = str(layer["type"])
        if kind == "Dense":
            units = int(layer["units"])
            activation = str(layer["activation"])
            rows.append(LayerRow(kind, units, activation, width * units + units))
            width = units
        elif kind == "BatchNormalization":
            rows.append(LayerRow(kind, width, "centres and scales", 4 * width))
        else:
            rows.append(LayerRow(kind, width, f"leaves out {percent(float(layer['rate']), 0)}", 0))
    return rows


def draw_architecture(network: Any, *, alone: bool = True) -> str:
    """Draw a network, box by box.

    Parameters
    ----------
    network : DenseNetworkClassifier or dict
        One that is trained, or the content of a bundle's ``network.json``: `Bundle.network`.
    alone : bool
        For a file of its own, rather than inside a page.

    Returns
    -------
    str
        An ``<svg>`` element, 400 units wide.

    Raises
    ------
    TypeError
        If it is neither.
    """
    require_switches(alone=alone)
    came, network = network, getattr(network, "network_", network)
    if not isinstance(network, Mapping) or not {"inputs", "layers"} <= network.keys():
        raise TypeError(
            "'network' must be a trained DenseNetworkClassifier or the content of network.json, as "
            f'segmint.open_bundle("runs/<id>").network. Got a {type(came).__name__} instead.'
        )
    rows = describe(network)
    inputs, outputs = int(network["inputs"]), int(network["outputs"])
    widest = max([row.units for row in rows] + [inputs, 1])
    answer = "propensity" if network["head"] == "logit" else f"{outputs} probabilities"
    label = f"The network: {inputs} inputs, {len(rows)} layers, {answer}"
    boxes = Boxes.of(len(rows) + 2, label, height=38, gap=14)
    _box(boxes, 0, inputs / widest, MUTED, f"{count(inputs)} inputs", "one customer", hollow=True)
    for place, row in enumerate(rows, start=1):
        title = f"{row.type}" + (
            f" · {count(row.units)} {'unit' if row.units == 1 else 'units'}" if row.type == "Dense" else ""
        )
        boxes.arrow(place)
        _box(boxes, place, row.units / widest, _COLORS.get(row.type, MUTED), title, row.detail, tip=_tip(row))
    boxes.arrow(len(rows) + 1)
    _box(boxes, len(rows) + 1, 0.0, MUTED, answer, "calibrated", hollow=True)
    return boxes.drawn(alone=alone)


def total_parameters(rows: Sequence[LayerRow]) -> int:
    """The number of parameters in all layers."""
    return sum(row.parameters for row in rows)


def _tip(row: LayerRow) -> str:
    return f"{row.type}: {count(row.units)} wide, {row.detail}, {count(row.parameters)} parameters"


def _box(
    boxes: Boxes,
    place: int,
    share: float,
    color: str,
    title: str,
    detail: str,
    *,
    hollow: bool = False,
    tip: str = "",
) -> None:
    # square root: 8 units stay visible beside 512
    width = 232 + (WIDTH - 4 - 232) * math.sqrt(max(0.0, min(1.0, share)))
    left = (WIDTH - width) / 2
    boxes.box(place, left, width, color, hollow=hollow, tip=tip)
    middle = f"{boxes.top(place) + boxes.height / 2 + 4.5:.1f}"
    boxes.words(title, left + 14, middle, "start", INK, "600")
    boxes.words(detail, left + width - 14, middle, "end", MUTED, "400")

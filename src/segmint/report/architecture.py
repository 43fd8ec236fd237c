"""A picture of the network: one box for each layer, as wide as the layer has units, in the order the data flows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from segmint.report.charts import ACCENT, CLASSES, INK, MUTED, PAPER, WIDTH
from segmint.report.wording import count, percent

_BOX, _GAP, _TOP = 38, 14, 4
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
    width = int(network.get("inputs", 0))
    rows = []
    for layer in network.get("layers", ()):
        kind = str(layer.get("type"))
        if kind == "Dense":
            units = int(layer["units"])
            activation = str(layer.get("activation") or "linear")
            rows.append(LayerRow(kind, units, activation, width * units + units))
            width = units
        elif kind == "BatchNormalization":
            rows.append(LayerRow(kind, width, "centres and scales", 4 * width))
        else:
            rows.append(LayerRow(kind, width, f"leaves out {percent(float(layer.get('rate', 0)), 0)}", 0))
    return rows


def draw_architecture(network: Mapping[str, Any]) -> str:
    """Draw the network as an ``<svg>`` element, 400 units wide."""
    rows = describe(network)
    inputs, outputs = int(network.get("inputs", 0)), int(network.get("outputs", 0))
    widest = max([row.units for row in rows] + [inputs, 1])
    answer = "propensity" if network.get("head") == "logit" else f"{outputs} probabilities"
    height = _TOP * 2 + (len(rows) + 2) * (_BOX + _GAP) - _GAP
    label = f"The network: {inputs} inputs, {len(rows)} layers, {answer}"
    svg = ElementTree.Element("svg", {"viewBox": f"0 0 {WIDTH} {height}", "role": "img", "aria-label": label})
    _box(svg, 0, inputs / widest, MUTED, f"{count(inputs)} inputs", "one customer", hollow=True)
    for place, row in enumerate(rows, start=1):
        title = f"{row.type}" + (
            f" · {count(row.units)} {'unit' if row.units == 1 else 'units'}" if row.type == "Dense" else ""
        )
        _arrow(svg, place)
        _box(svg, place, row.units / widest, _COLORS.get(row.type, MUTED), title, row.detail, tip=_tip(row))
    _arrow(svg, len(rows) + 1)
    _box(svg, len(rows) + 1, 0.0, MUTED, answer, "calibrated", hollow=True)
    return ElementTree.tostring(svg, encoding="unicode")


def total_parameters(rows: Sequence[LayerRow]) -> int:
    """The number of parameters in all layers."""
    return sum(row.parameters for row in rows)


def _tip(row: LayerRow) -> str:
    return f"{row.type}: {count(row.units)} wide, {row.detail}, {count(row.parameters)} parameters"


def _box(
    svg: ElementTree.Element,
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
    left, top = (WIDTH - width) / 2, _TOP + place * (_BOX + _GAP)
    shape = {
        "x": f"{left:.1f}", "y": f"{top}", "width": f"{width:.1f}", "height": f"{_BOX}", "rx": "8",
        "fill": PAPER if hollow else color, "stroke": color, "stroke-width": "1.5",
        "fill-opacity": "0" if hollow else "0.14",
    }  # fmt: skip
    if hollow:
        shape["stroke-dasharray"] = "4 3"
    if tip:
        shape["data-tip"] = tip
    ElementTree.SubElement(svg, "rect", shape)
    middle = f"{top + _BOX / 2 + 4.5:.1f}"
    _words(svg, title, f"{left + 14:.1f}", middle, "start", INK, "600")
    _words(svg, detail, f"{left + width - 14:.1f}", middle, "end", MUTED, "400")


def _words(svg: ElementTree.Element, content: str, x: str, y: str, anchor: str, color: str, weight: str) -> None:
    style = {"x": x, "y": y, "text-anchor": anchor, "fill": color, "font-size": "12.5px", "font-weight": weight}
    ElementTree.SubElement(svg, "text", style).text = content


def _arrow(svg: ElementTree.Element, place: int) -> None:
    top = _TOP + place * (_BOX + _GAP) - _GAP
    shape = f"M{WIDTH / 2:.0f},{top + 2}v{_GAP - 5}m-4,-4l4,4l4,-4"
    style = {"d": shape, "fill": "none", "stroke": MUTED, "stroke-width": "1.5", "stroke-linecap": "round"}
    ElementTree.SubElement(svg, "path", style)

"""From a chart's specification to a small, clean SVG that may stand inside a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from segmint.report.charts import MUTED, PAPER, WIDTH

_TOP = 4

_ELEMENTS = frozenset({"svg", "g", "path", "rect", "line", "text", "tspan", "circle"})
_ATTRIBUTES = frozenset(
    {
        "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "width", "height", "rx", "r", "cx", "cy",
        "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap",
        "stroke-linejoin", "opacity", "text-anchor", "font-size", "font-weight",
    }
)  # fmt: skip
_DEFAULTS = frozenset({("opacity", "1"), ("transform", "translate(0,0)"), ("stroke-miterlimit", "10")})
_NUMBERS = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_MEASURES = frozenset({"d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height"})


@dataclass(frozen=True)
class Boxes:
    """A picture of boxes below one another, with arrows between them.

    Attributes
    ----------
    svg : Element
    height, gap : int
        Of a box, and between two of them.
    """

    svg: ElementTree.Element
    height: int
    gap: int

    @classmethod
    def of(cls, rows: int, label: str, *, height: int, gap: int) -> Boxes:
        """Begin a picture with room for so many rows of boxes; `label` says what it shows."""
        whole = _TOP * 2 + rows * (height + gap) - gap
        attributes = {"viewBox": f"0 0 {WIDTH} {whole}", "role": "img", "aria-label": label}
        return cls(ElementTree.Element("svg", attributes), height, gap)

    def top(self, row: int) -> int:
        """The upper edge of a row."""
        return _TOP + row * (self.height + self.gap)

    def box(self, row: int, left: float, width: float, color: str, *, hollow: bool = False, tip: str = "") -> None:
        """Draw a box without words; a hollow one stands for what is no part of the machine."""
        shape = {
            "x": f"{left:.1f}", "y": f"{self.top(row)}", "width": f"{width:.1f}", "height": f"{self.height}", "rx": "8",
            "fill": PAPER if hollow else color, "stroke": color, "stroke-width": "1.5",
            "fill-opacity": "0" if hollow else "0.14",
        }  # fmt: skip
        if hollow:
            shape["stroke-dasharray"] = "4 3"
        if tip:
            shape["data-tip"] = tip
        ElementTree.SubElement(self.svg, "rect", shape)

    def words(self, content: str, x: float, y: str, anchor: str, color: str, weight: str) -> None:
        """Write a line of words."""
        style = {
            "x": f"{x:.1f}", "y": y, "text-anchor": anchor, "fill": color, "font-size": "12.5px", "font-weight": weight,
        }  # fmt: skip
        ElementTree.SubElement(self.svg, "text", style).text = content

    def arrow(self, row: int, aside: float = 0.0) -> None:
        """Draw an arrow that ends above a row."""
        shape = f"M{WIDTH / 2 + aside:.0f},{self.top(row) - self.gap + 2}v{self.gap - 5}m-4,-4l4,4l4,-4"
        style = {"d": shape, "fill": "none", "stroke": MUTED, "stroke-width": "1.5", "stroke-linecap": "round"}
        ElementTree.SubElement(self.svg, "path", style)

    def drawn(self, *, alone: bool = False) -> str:
        """The picture as one ``<svg>`` element; `alone` in a file, where no page says which font and what the tags mean."""
        if alone:
            self.svg.set("xmlns", "http://www.w3.org/2000/svg")
            self.svg.set("font-family", "system-ui, sans-serif")
        return ElementTree.tostring(self.svg, encoding="unicode")


def draw(chart: Any, label: str) -> str:
    """Draw an Altair chart.

    Parameters
    ----------
    chart : altair.Chart
    label : str
        What the picture shows, for people who cannot see it.

    Returns
    -------
    str
        One ``<svg>`` element, see `tidy`.
    """
    import vl_convert

    return tidy(vl_convert.vegalite_to_svg(chart.to_dict(validate=False)), label)


def tidy(svg: str, label: str) -> str:
    """Keep of an SVG only shapes and text, so that nothing in it can run, load or clash with the page.

    Parameters
    ----------
    svg : str
        A whole SVG document. Descriptions of its marks become ``data-tip``, which `segmint.js` shows on hover.
    label : str
        What the picture shows.

    Returns
    -------
    str
        An ``<svg>`` element that fills the width it is given.
    """
    root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by our own process, never taken from a file
    clean = ElementTree.Element(
        "svg", {"viewBox": root.get("viewBox", "0 0 400 300"), "role": "img", "aria-label": label}
    )
    for child in root:
        clean.extend(_cleaned(child))
    return ElementTree.tostring(clean, encoding="unicode")


def _cleaned(element: ElementTree.Element) -> list[ElementTree.Element]:
    name = element.tag.rpartition("}")[2]
    if name not in _ELEMENTS or _is_invisible(element):
        return []
    kept = ElementTree.Element(name, _attributes(element))
    kept.text = element.text if name in ("text", "tspan") else None
    for child in element:
        kept.extend(_cleaned(child))
    if name == "g" and not kept.attrib:
        return list(kept)
    if name == "g" and len(kept) == 0:
        return []
    return [kept]


def _is_invisible(element: ElementTree.Element) -> bool:
    classes = (element.get("class") or "").split()
    return (
        element.get("display") == "none"
        or "background" in classes
        or (element.tag.endswith("text") and element.get("opacity") == "0")
        or (element.tag.endswith("rect") and element.get("fill") == "white")
    )


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    kept = {
        name: _NUMBERS.sub(_rounded, value) if name in _MEASURES else value
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and (name, value) not in _DEFAULTS and "url(" not in value
    }
    tip = element.get("aria-label")
    if tip and element.get("role") == "graphics-symbol" and element.get("aria-roledescription") != "axis":
        kept["data-tip"] = tip
    return kept


def _rounded(match: re.Match[str]) -> str:
    short = f"{float(match.group()):.1f}".removesuffix(".0")
    return "0" if short == "-0" else short

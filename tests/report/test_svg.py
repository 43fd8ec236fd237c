"""What may stand in a picture."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from segmint.report import charts
from segmint.report.svg import draw, tidy

HOSTILE = "</svg><script>alert(1)</script>\"'&{{7*7}}"


def test_only_shapes_and_text_survive() -> None:
    svg = tidy(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()"><script>x()</script><style>*{}</style>'
        '<a href="javascript:x()"><text>inside a link</text></a><image href="http://x"/><foreignObject><p>x</p></foreignObject>'
        '<rect width="3" onclick="x()" style="fill:url(http://x)" fill="url(http://x)"/></svg>',
        'a "label" <b>',
    )
    assert [element.tag for element in ElementTree.fromstring(svg).iter()] == ["svg", "rect"]
    assert ElementTree.fromstring(svg)[0].attrib == {"width": "3"}
    assert "&lt;b&gt;" in svg


def test_hostile_levels_are_drawn_as_text_and_equal_ones_stay_apart() -> None:
    rows = [{"label": HOSTILE, "rate": rate, "low": 0.1, "high": 0.5, "tip": HOSTILE} for rate in (0.2, 0.4)]
    root = ElementTree.fromstring(draw(charts.dots(rows, base=0.2, title="response rate"), "picture"))
    shown = [element.text for element in root.iter("text") if (element.text or "").startswith("</svg>")]
    tips = [element.get("data-tip") for element in root.iter() if element.get("data-tip")]
    assert len(shown) == 2
    assert tips == [HOSTILE, HOSTILE]
    assert {element.tag for element in root.iter()} <= {"svg", "g", "path", "rect", "line", "text"}


def test_a_long_line_keeps_at_most_300_points_and_both_ends() -> None:
    x = np.linspace(0, 1, 5_000)
    line = charts.curves([("long", x, x**2)], [charts.ACCENT], x_title="x", y_title="y").to_dict(validate=False)
    values = (line.get("data") or line["layer"][0]["data"])["values"]
    assert len(values) == 300
    assert (values[0]["x"], values[-1]["x"]) == (0.0, 1.0)


def labels_along(x: np.ndarray, *, whole: bool) -> list[str]:
    line = [("line", x, np.linspace(0.1, 0.2, len(x)))]
    picture = charts.curves(line, [charts.ACCENT], x_title="x", y_title="y", unit=(False, False), whole=whole)
    texts = [element.text or "" for element in ElementTree.fromstring(draw(picture, "picture")).iter("text")]
    return texts[: texts.index("x")]


def test_a_number_between_two_whole_ones_keeps_its_decimals_along_the_axis() -> None:
    assert labels_along(np.linspace(0.05, 0.95, 19), whole=False) == ["0.2", "0.4", "0.6", "0.8"]
    assert "20,000" in labels_along(np.linspace(0.0, 40_000.0, 19), whole=False)


def test_epochs_are_whole_along_the_axis() -> None:
    assert labels_along(np.arange(1.0, 4.0), whole=True) == ["1", "2", "3"]

"""What may stand in a picture."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from segmint.report import charts
from segmint.report.html import static
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


def test_ticks_of_a_narrow_range_are_told_apart() -> None:
    rates = np.array([0.05, 0.052, 0.056, 0.058, 0.061])
    picture = charts.curves(
        [("observed", np.arange(1, 6.0), rates)], [charts.ACCENT], x_title="wave", y_title="share", unit=(False, False)
    )
    ticks = [
        text.text for text in ElementTree.fromstring(draw(picture, "rates")).iter("text") if "%" in (text.text or "")
    ]
    assert len(set(ticks)) == len(ticks) > 3


def test_a_long_line_keeps_at_most_300_points_and_both_ends() -> None:
    x = np.linspace(0, 1, 5_000)
    line = charts.curves([("long", x, x**2)], [charts.ACCENT], x_title="x", y_title="y").to_dict(validate=False)
    values = (line.get("data") or line["layer"][0]["data"])["values"]
    assert len(values) == 300
    assert (values[0]["x"], values[-1]["x"]) == (0.0, 1.0)


def texts_of(picture: Any) -> list[str]:
    root = ElementTree.fromstring(draw(picture, "picture"))
    return ["".join(element.itertext()) for element in root.iter("text")]


@pytest.mark.parametrize(("classes", "written"), [(3, True), (6, True), (7, False), (12, False)])
def test_counts_stand_in_a_confusion_only_where_cells_have_room(classes: int, written: bool) -> None:
    picture = charts.confusion(np.full((classes, classes), 4_321), [f"segment {place}" for place in range(classes)])
    assert ("4,321" in texts_of(picture)) is written
    assert f"segment {classes - 1}" in texts_of(picture)


def test_names_below_a_confusion_stand_upright_where_they_would_meet() -> None:
    for names, turned in ((["no", "yes"], False), (["a long name"] * 6, True)):
        svg = draw(charts.confusion(np.ones((len(names), len(names)), np.int64), names), "picture")
        assert ("rotate(270)" in svg) is turned


def test_twelve_classes_have_twelve_colours_that_the_style_sheet_knows() -> None:
    style = static("report.css")
    assert len({charts.class_color(place) for place in range(12)}) == 12
    for place in range(12):
        assert f'svg [fill="{charts.class_color(place)}"] {{ fill: var(--c{place + 1}); }}' in style
        assert f".{charts.class_key(place)} {{ --sign: var(--c{place + 1}); }}" in style
        assert style.count(f"--c{place + 1}: #") == 2


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_a_picture_stands_out_three_times_from_its_card(theme: int) -> None:
    style = static("report.css")
    card = re.findall(r"--card: (#\w{6})", style)[theme]
    for name in ("accent", "rival", "signal", *(f"c{place}" for place in range(1, 13))):
        color = re.findall(rf"--{name}: (#\w{{6}})", style)[theme]
        light, dark = sorted((_luminance(color), _luminance(card)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, (name, color)


def _luminance(color: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_lines_that_are_named_differ_without_their_colour() -> None:
    x = np.array([0.5, 1.0, 2.0])
    lines = [(name, x, x * times) for times, name in enumerate(("cost", "value", "budget"), start=1)]
    picture = charts.curves(
        lines, [charts.ACCENT] * 3, x_title="x", y_title="y", unit=(False, False), percentages=False, named=True
    )
    svg = draw(picture, "picture")
    dashes = {
        path.get("stroke-dasharray")
        for path in ElementTree.fromstring(svg).iter("path")
        if path.get("stroke") == charts.ACCENT
    }
    assert len(dashes) == 3
    assert {"cost", "value", "budget"} <= set(texts_of(picture))


def test_a_line_of_one_point_is_a_dot() -> None:
    lines = [("line", np.array([0.5, 1.0]), np.array([1.0, 2.0])), ("alone", np.array([1.0]), np.array([1.5]))]
    colors = [charts.ACCENT, charts.RIVAL]
    svg = draw(charts.curves(lines, colors, x_title="x", y_title="y", unit=(False, False)), "picture")
    paths = list(ElementTree.fromstring(svg).iter("path"))
    assert [path.get("fill") for path in paths if path.get("fill") == charts.RIVAL] == [charts.RIVAL]
    assert [path.get("stroke") for path in paths].count(charts.ACCENT) == 1


def test_a_share_is_written_on_an_axis_as_in_a_text() -> None:
    x = np.array([0.0, 1.0])
    ticks = [
        text
        for text in texts_of(charts.curves([("line", x, x)], [charts.ACCENT], x_title="x", y_title="y"))
        if "%" in text
    ]
    assert ticks
    assert all(text.endswith("\u00a0%") for text in ticks)


def test_bubbles_at_one_place_keep_their_numbers_apart_and_the_small_one_is_drawn_last() -> None:
    rows = [
        {"key": key, "share": 0.1, "value": 0.1, "low": 0.09, "high": 0.11, "size": size, "sure": "", "tip": key}
        for key, size in (("3", 0.2), ("4", 0.3), ("5", 1.0))
    ]
    picture = charts.bubbles(rows, base=0.1, y_title="response rate", percentages=True).to_dict(validate=False)
    keys = next(
        layer["data"]["values"] for layer in picture["layer"] if "key" in layer.get("data", {}).get("values", [{}])[0]
    )
    assert len({(key["x"], key["y"]) for key in keys}) == 3
    assert [row["key"] for row in picture["data"]["values"]] == ["5", "4", "3"]


def test_long_names_of_segments_stand_on_two_lines() -> None:
    names = ["1 Younger customers, branch Filiale 21", "2 Younger customers, age 26 to 34", "3 Graduates"]
    rows = [{"label": name, "rate": 0.2, "low": 0.1, "high": 0.3, "tip": name} for name in names]
    shown = texts_of(charts.dots(rows, base=0.2, title="response rate", lines=2))
    assert {name.replace("customers, ", "customers,") for name in names} <= set(shown)


def test_what_is_typical_is_said_with_the_whole_name_of_its_column() -> None:
    label = "contacted earlier, days unknown · days since the call of an earlier campaign"
    row = {"label": label, "share": 1.0, "base": 0.8, "more": True, "tip": label}
    assert "…" not in "".join(texts_of(charts.markers([row])))


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


def test_no_word_that_tells_segments_apart_is_cut() -> None:
    name = "4 Customers called before, with secondary schooling and without a housing loan"
    rows = [{"label": name, "rate": 0.1, "low": 0.05, "high": 0.2, "tip": "t"}]
    shown = " ".join(texts_of(charts.dots(rows, base=0.2, title="response rate", lines=4)))
    assert all(word in shown for word in name.split())

"""The charts, as Altair specifications drawn for a phone's width and scaled up from there.

Every colour here is a sentinel of the light theme: the style sheet gives each one its dark and printed counterpart, so that one
picture serves all. The classes' first colours are those of Okabe and Ito (2008), darker where they had less than three times the contrast to
white that a picture needs; the others were chosen far from them, as colour-blind eyes see them too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segmint.wording import percent, shorten

WIDTH = 400
LONGEST_LINE = 300
INK, MUTED, GRID, PAPER = "#1b2733", "#586776", "#e2e8ee", "#fffffe"
ACCENT, RIVAL, SIGNAL = "#0b63a5", "#7e8c9a", "#c2570c"
CLASSES = (
    "#0072b2", "#ad9000", "#009e73", "#cc79a7", "#2f91e8", "#c84f00", "#66661f", "#6b4c9a",
    "#333f48", "#5b2c06", "#ab8b5a", "#d4516c",
)  # fmt: skip
DASHES: tuple[list[int], ...] = ([1, 0], [9, 4], [2, 4])  # the key's shapes: line, dash, dots
LETTER = 6.9  # how wide a letter of a label is, on average
MOST_WRITTEN = 6  # classes of a confusion whose cells have room for words

PERCENT = "~%"  # as many decimals as the ticks are apart: 5 %, or 5.5 %
Chart = Any
Row = Mapping[str, Any]
Curve = tuple[str, NDArray[np.float64], NDArray[np.float64]]


class _Altair:
    """Altair, loaded by the first chart: who shows charts that are drawn, as the dashboard does, never waits for it."""

    def __getattr__(self, name: str) -> Any:
        import altair

        return getattr(altair, name)


alt: Any = _Altair()


def class_color(place: int) -> str:
    """The colour of the class at `place`; the style sheet knows it as class-1, class-2 …"""
    return CLASSES[place % len(CLASSES)]


def class_key(place: int) -> str:
    """The style sheet's name for `class_color`."""
    return f"class-{place % len(CLASSES) + 1}"


def dots(rows: Sequence[Row], *, base: float, title: str, lines: int = 1) -> Chart:
    """Rates with their intervals, one line for each level, beside the overall rate.

    Parameters
    ----------
    rows : sequence of dict
        "label", "rate", "low", "high" (shares in [0, 1]) and "tip".
    base : float
        The overall rate, drawn as an upright line.
    title : str
        Of the horizontal axis.
    lines : int
        On which a label may stand.
    """
    y = _levels(rows, lines=lines)
    x = alt.X("rate:Q", title=title, axis=_ticks(PERCENT), scale=alt.Scale(zero=True))
    chart = alt.layer(
        _dashed("x", base),
        alt.Chart()
        .mark_rule(color=ACCENT, strokeWidth=2, opacity=0.55, aria=False)
        .encode(y=y, x="low:Q", x2="high:Q"),
        alt.Chart().mark_circle(color=ACCENT, size=75, opacity=1).encode(y=y, x=x, description="tip:N"),
        data=_values(rows),
    )
    return _themed(chart, height=46 + _row_height(rows, lines) * len(rows))


def mix(rows: Sequence[Row], classes: Sequence[str]) -> Chart:
    """Shares of the classes within each level, as bars of full length.

    Parameters
    ----------
    rows : sequence of dict
        "label", "place" (of the class), "start", "end" (shares) and "tip"; level by level.
    classes : sequence of str
    """
    color = alt.Color(
        "place:N",
        legend=None,
        scale=alt.Scale(domain=list(range(len(classes))), range=[class_color(i) for i in range(len(classes))]),
    )
    x = alt.X("start:Q", title="share of customers", axis=_ticks(PERCENT), scale=_unit())
    chart = alt.layer(
        alt.Chart()
        .mark_bar(stroke=PAPER, strokeWidth=1.5, height={"band": 0.74})
        .encode(y=_levels(rows), x=x, x2="end:Q", color=color, description="tip:N"),
        data=_values(rows),
    )
    levels = len({row["label"] for row in rows})
    return _themed(chart, height=46 + 25 * levels)


def bars(rows: Sequence[Row], *, title: str, lines: int = 1) -> Chart:
    """Values as bars with their intervals; rows with "ours" stand out.

    Parameters
    ----------
    rows : sequence of dict
        "label", "value", "low", "high", "ours" (bool), "shown" (the value as text) and "tip".
    title : str
        Of the horizontal axis.
    lines : int
        On which a label may stand.
    """
    y = _levels(rows, lines=lines)
    top = max([row["high"] or row["value"] for row in rows] + [0.0]) or 1.0
    x = alt.X(
        "value:Q",
        title=title,
        axis=_ticks(",~r"),
        scale=alt.Scale(domain=[0, top * 1.2], nice=False),
    )
    color = alt.condition("datum.ours", alt.value(ACCENT), alt.value(RIVAL))
    chart = alt.layer(
        alt.Chart()
        .mark_bar(cornerRadiusEnd=3, height={"band": 0.62})
        .encode(y=y, x=x, color=color, description="tip:N"),
        alt.Chart().mark_rule(color=INK, strokeWidth=1.6, aria=False).encode(y=y, x="low:Q", x2="high:Q"),
        alt.Chart()
        .mark_text(color=INK, align="left", dx=6, fontSize=12.5, aria=False)
        .encode(y=y, x="high:Q", text="shown:N"),
        data=_values(rows),
    )
    return _themed(chart, height=46 + max(30, _row_height(rows, lines)) * len(rows))


def columns(rows: Sequence[Row], *, base: float, base_label: str, x_title: str, y_title: str) -> Chart:
    """Upright bars in order, beside a line at `base`: lift by tenth of the ranking."""
    x = alt.X("label:N", sort=None, title=x_title, axis=alt.Axis(labelAngle=0, ticks=False))
    chart = alt.layer(
        alt.Chart()
        .mark_bar(color=ACCENT, cornerRadiusEnd=3)
        .encode(x=x, y=alt.Y("value:Q", title=y_title, axis=alt.Axis(tickCount=5)), description="tip:N"),
        _dashed("y", base),
        alt.Chart(_values([{"base": base, "word": base_label}]))
        .mark_text(color=SIGNAL, align="right", dy=-7, fontSize=12.5, aria=False)
        .encode(x=alt.value("width"), y="base:Q", text="word:N"),
        data=_values(rows),
    )
    return _themed(chart, height=270)


def curves(
    lines: Sequence[Curve],
    colors: Sequence[str],
    *,
    x_title: str,
    y_title: str,
    tips: Sequence[Row] = (),
    diagonal: bool = False,
    level: float | None = None,
    percentages: bool = True,
    unit: tuple[bool, bool] = (True, True),
    shares: bool = False,
    whole: bool = False,
    named: bool = False,
) -> Chart:
    """Lines of at most 300 points each, the later ones above the earlier ones; a line of one point is a dot.

    Parameters
    ----------
    lines : sequence of (name, x, y)
    colors : sequence of str
        One for each line; `SIGNAL` lines are dashed.
    x_title, y_title : str
    tips : sequence of dict
        "x", "y" and "tip" of points that answer to a pointer.
    diagonal : bool
        Whether to draw the line from (0, 0) to (1, 1).
    level : float or None
        Height of a horizontal line.
    percentages : bool
        Whether the upright axis shows percentages.
    unit : (bool, bool)
        Whether each axis runs from 0 to 1.
    shares : bool
        Whether the horizontal axis holds shares though it does not run from 0 to 1.
    whole : bool
        Whether there is nothing between two whole numbers of the horizontal axis, as between two epochs.
    named : bool
        Whether each line has a pattern of its own and its name at its end, so that nobody needs its colour.
    """
    number = PERCENT if percentages else ",~r"
    step = _whole_steps(lines) if whole else {}
    across = number if unit[0] or shares else "~d" if whole else ",~r"
    x = alt.X(
        "x:Q",
        title=x_title,
        axis=_ticks(across, **step),
        scale=_unit() if unit[0] else alt.Scale(nice=False),
    )
    y = alt.Y(
        "y:Q",
        title=y_title,
        axis=_ticks(number),
        scale=_unit() if unit[1] else alt.Scale(zero=False),
    )
    layers = []
    if diagonal:
        layers.append(_line(_thinned(np.array([0.0, 1.0]), np.array([0.0, 1.0])), SIGNAL, x, y))
    if level is not None:
        layers.append(_line(_thinned(np.array([0.0, 1.0]), np.array([level, level])), SIGNAL, x, y))
    patterns = DASHES[: len(lines)] if named else [None] * len(lines)
    layers += [
        _line(_thinned(across, up), color, x, y, dash=dash)
        if len(across) > 1
        else _dot(_thinned(across, up), color, x, y)
        for (_, across, up), color, dash in zip(lines, colors, patterns, strict=True)
    ]
    if named:
        layers += [
            alt.Chart(_values([{"x": float(across[-1]), "y": float(up[-1]), "word": name}]))
            .mark_text(color=INK, fontSize=13, align="right", dy=-9, aria=False)
            .encode(x=x, y=y, text="word:N")
            for name, across, up in lines
        ]
    if tips:
        layers.append(_answering(tips))
    return _themed(alt.layer(*layers), height=300)


def _whole_steps(lines: Sequence[Curve]) -> dict[str, Any]:
    """Keep ticks off the halves; of a short axis Vega's smallest step does not."""
    low, high = (int(end([end(x) for _, x, _ in lines if len(x)], default=0)) for end in (min, max))
    return {"values": list(range(low, high + 1))} if high - low <= 5 else {"tickMinStep": 1}


def band(
    x: NDArray[np.float64],
    value: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    *,
    x_title: str,
    y_title: str,
    tips: Sequence[Row],
    x_share: bool = True,
    y_share: bool = False,
    level: float | None,
    level_word: str = "",
    marks: Sequence[tuple[float, str]],
    dots: Sequence[tuple[float, float]] = (),
) -> Chart:
    """One line inside its band.

    Parameters
    ----------
    x, value, low, high : ndarray of shape (n_points,)
        At most 300 points.
    x_title, y_title : str
    tips : sequence of dict
        "x", "y" and "tip" of points that answer to a pointer.
    x_share, y_share : bool
        Whether an axis shows percentages.
    level : float or None
        Height of a horizontal dashed line: where nothing is won or lost.
    level_word : str
        What stands on that line, at its left end.
    marks : sequence of (x, word)
        Upright dashed lines, each with a word.
    dots : sequence of (x, y)
        Points beside the line.
    """
    x_axis = _ticks(PERCENT if x_share else ",~r")
    y_axis = _ticks(PERCENT if y_share else ",~r")
    points = [
        {"x": round(float(a), 5), "low": round(float(b), 5), "y": round(float(c), 5), "high": round(float(d), 5)}
        for a, b, c, d in zip(x, low, value, high, strict=True)
    ]
    across = alt.X("x:Q", title=x_title, axis=x_axis, scale=alt.Scale(nice=False))
    up = alt.Y("y:Q", title=y_title, axis=y_axis, scale=alt.Scale(zero=False))
    layers = [
        alt.Chart(_values(points))
        .mark_area(color=ACCENT, opacity=0.16, aria=False)
        .encode(x=across, y="low:Q", y2="high:Q"),
    ]
    if level is not None:
        layers += [
            _dashed("y", level, RIVAL),
            alt.Chart(_values([{"y": level, "word": level_word}]))
            .mark_text(color=MUTED, fontSize=12.5, align="left", dx=5, dy=-8, aria=False)
            .encode(x=alt.value(0), y=up, text="word:N"),
        ]
    layers.append(
        alt.Chart(_values(points)).mark_line(color=ACCENT, strokeWidth=2.6, aria=False).encode(x=across, y=up)
    )
    middle = (float(x[0]) + float(x[-1])) / 2
    for place, (at, word) in enumerate(marks):
        data = _values([{"base": float(at), "word": word}])
        right = at <= middle
        layers += [
            _dashed("x", float(at)),
            alt.Chart(data)
            .mark_text(
                color=SIGNAL, fontSize=12.5, align="left" if right else "right", dx=5 if right else -5, aria=False
            )
            .encode(x="base:Q", y=alt.value(10 + 16 * place), text="word:N"),
        ]
    if dots:
        beside = _values([{"x": float(at), "y": float(height)} for at, height in dots])
        layers.append(
            alt.Chart(beside).mark_circle(color=SIGNAL, opacity=1, size=80, aria=False).encode(x=across, y=up)
        )
    return _themed(alt.layer(*layers, _answering(tips)), height=300)


def reliability(rows: Sequence[Row], *, most: float) -> Chart:
    """Promised against observed rates with intervals, beside the line where both are equal.

    Parameters
    ----------
    rows : sequence of dict
        "promised", "observed", "low", "high" and "tip".
    most : float
        Where the axes end.
    """
    scale = alt.Scale(domain=[0, most], nice=False)
    axis = _ticks(PERCENT)
    x = alt.X("promised:Q", title="probability (promised)", scale=scale, axis=axis)
    y = alt.Y("observed:Q", title="share that came true (observed)", scale=scale, axis=axis)
    ends = _values([{"x": 0, "y": 0}, {"x": most, "y": most}])
    chart = alt.layer(
        alt.Chart(ends)
        .mark_line(color=SIGNAL, strokeDash=[5, 4], strokeWidth=1.6, aria=False)
        .encode(x="x:Q", y="y:Q"),
        alt.Chart()
        .mark_rule(color=ACCENT, strokeWidth=2, opacity=0.55, clip=True, aria=False)
        .encode(x=x, y="low:Q", y2="high:Q"),
        alt.Chart().mark_circle(color=ACCENT, size=75, opacity=1).encode(x=x, y=y, description="tip:N"),
        data=_values(rows),
    )
    return _themed(chart, height=300)


def confusion(matrix: NDArray[np.int64], classes: Sequence[str]) -> Chart:
    """Customers by what happened (rows) and what was predicted (columns), shaded by the share of the row.

    Of many classes only the shades are shown: their cells have no room for words.
    """
    names = [shorten(name, 12) for name in classes]
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    rows = [
        {
            "truth": row, "said": column, "share": float(shares[row, column]),
            "count": f"{matrix[row, column]:,}", "percent": percent(float(shares[row, column]), 0),
            "tip": f"{names[row]}, predicted {names[column]}: {matrix[row, column]:,} customers, "
            f"{percent(float(shares[row, column]))} of all {names[row]}",
        }
        for row in range(len(names))
        for column in range(len(names))
    ]  # fmt: skip
    written = len(names) <= MOST_WRITTEN
    wide = round(LETTER * max(len(name) for name in names))
    level = wide * (len(names) + 1) < WIDTH - 30

    x = alt.X("said:O", title="predicted", axis=_places(names, 0 if level else -90), scale=alt.Scale(padding=0.04))
    y = alt.Y("truth:O", title="what happened", axis=_places(names), scale=alt.Scale(padding=0.04))
    shade = alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.06, 0.95]))
    color = alt.condition("datum.share > 0.75", alt.value(PAPER), alt.value(INK))
    large = 17 if len(names) < 4 else 14
    shades = alt.Chart().mark_rect(color=ACCENT, cornerRadius=4).encode(x=x, y=y, opacity=shade, description="tip:N")
    below = 45 if level else 40 + wide
    if not written:
        return _themed(alt.layer(shades, data=_values(rows)), height=25 + below + 26 * len(names))
    chart = alt.layer(
        shades,
        alt.Chart()
        .mark_text(fontSize=large, fontWeight=600, dy=-8, aria=False)
        .encode(x=x, y=y, text="count:N", color=color),
        alt.Chart().mark_text(fontSize=12.5, dy=11, aria=False).encode(x=x, y=y, text="percent:N", color=color),
        data=_values(rows),
    )
    return _themed(chart, height=35 + below + (80 if len(names) < 4 else 56) * len(names))


def cells(
    table: NDArray[np.int64], rows: Sequence[str], columns: Sequence[str], *, row_title: str, column_title: str
) -> Chart:
    """Customers by where they were (rows) and where they are (columns), shaded by the share of the row."""
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    values = [
        {
            "from": row, "to": column, "share": float(shares[row, column]), "stays": row == column,
            "percent": percent(float(shares[row, column]), 0) if table[row, column] else "",
            "tip": f"from {rows[row]} to {columns[column]}: {table[row, column]:,} customers, "
            f"{percent(float(shares[row, column]))} of {rows[row]}",
        }
        for row in range(len(rows))
        for column in range(len(columns))
    ]  # fmt: skip

    left, below = ([shorten(name, 18) for name in names] for names in (rows, columns))
    x = alt.X("to:O", title=column_title, axis=_places(below), scale=alt.Scale(padding=0.04))
    y = alt.Y("from:O", title=row_title, axis=_places(left), scale=alt.Scale(padding=0.04))
    shade = alt.Opacity("share:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.05, 0.95]))
    color = alt.condition("datum.stays", alt.value(ACCENT), alt.value(SIGNAL))
    word = alt.condition("datum.share > 0.6", alt.value(PAPER), alt.value(INK))
    chart = alt.layer(
        alt.Chart().mark_rect(cornerRadius=4).encode(x=x, y=y, color=color, opacity=shade, description="tip:N"),
        alt.Chart().mark_text(fontSize=13, fontWeight=600, aria=False).encode(x=x, y=y, text="percent:N", color=word),
        data=_values(values),
    )
    return _themed(chart, height=70 + 38 * len(rows))


SURE_COLORS = {"above": ACCENT, "below": SIGNAL}


def bubbles(rows: Sequence[Row], *, base: float, y_title: str, percentages: bool) -> Chart:
    """Segments by their share of the customers (along), by what they bring (up), as large as what they bring in all.

    Parameters
    ----------
    rows : sequence of dict
        "share", "value", "low", "high", "size" (0 to 1), "sure" ("above", "below" or ""), "key" (one or two letters) and "tip".
    base : float
        The value of all customers, drawn as a level line.
    y_title : str
    percentages : bool
        Whether the upright axis shows percentages.
    """
    number = PERCENT if percentages else ",~r"
    widest = min(1.0, max(row["share"] for row in rows) * 1.2)
    top, least = max([row["high"] for row in rows] + [base]), min([row["low"] for row in rows] + [base, 0.0])
    room = 0.08 * (top - least)
    bottom, ceiling = least - (room if least < 0 else 0), top + room
    x = alt.X(
        "share:Q",
        title="share of the customers",
        axis=_ticks(PERCENT),
        scale=alt.Scale(domain=[0, widest], nice=False),
    )
    y = alt.Y(
        "value:Q", title=y_title, axis=_ticks(number),
        scale=alt.Scale(domain=[bottom, ceiling], nice=False),
    )  # fmt: skip
    sure = [{"test": f"datum.sure == '{side}'", "value": color} for side, color in SURE_COLORS.items()]
    color: Any = {"condition": sure, "value": RIVAL}
    labels = _labels_apart(rows, widest / 340, (ceiling - bottom) / 250)
    rows = sorted(rows, key=lambda row: -row["size"])  # a small one is not hidden by a large one
    size = alt.Size("size:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[260, 2600]))
    chart = alt.layer(
        _dashed("y", base),
        alt.Chart()
        .mark_circle(fillOpacity=0.3, opacity=1)
        .encode(x=x, y=y, size=size, color=color, description="tip:N"),
        alt.Chart().mark_rule(strokeWidth=2, aria=False).encode(x=x, y="low:Q", y2="high:Q", color=color),
        alt.Chart().mark_circle(size=28, opacity=1, aria=False).encode(x=x, y=y, color=color),
        alt.Chart(_values(labels))
        .mark_text(fontSize=13, fontWeight=700, color=INK, aria=False)
        .encode(x="x:Q", y="y:Q", text="key:N"),
        data=_values(rows),
    )
    return _themed(chart, height=300)


_BESIDE = ((11, 0), (-11, 0), (11, 13), (-11, 13), (11, -13), (-11, -13), (11, 26), (-11, 26), (11, -26), (-11, -26))


def _labels_apart(rows: Sequence[Row], across: float, up: float) -> list[dict[str, Any]]:
    """Put each bubble's key beside its line where no other key and no other line is.

    Parameters
    ----------
    rows : sequence of dict
        Of `bubbles`.
    across, up : float
        How much one pixel is, along and up.
    """
    placed: list[dict[str, Any]] = []

    def hits(x: float, y: float, own: Row) -> int:
        keys = [done for done in placed if abs(x - done["x"]) < 15 * across and abs(y - done["y"]) < 14 * up]
        lines = [
            other
            for other in rows
            if other is not own
            and abs(x - other["share"]) < 8 * across
            and other["low"] - 7 * up < y < other["high"] + 7 * up
        ]
        return 2 * len(keys) + len(lines)

    for row in sorted(rows, key=lambda row: (row["share"], row["value"])):
        options = [(row["share"] + right * across, row["value"] + above * up) for right, above in _BESIDE]
        x, y = min(options, key=lambda option: hits(option[0], option[1], row))
        placed.append({"key": row["key"], "x": x, "y": y})
    return placed


def markers(rows: Sequence[Row]) -> Chart:
    """Shares in one segment (dots) beside those of all customers (ticks), one line for each characteristic.

    Parameters
    ----------
    rows : sequence of dict
        "label", "share", "base", "low", "high", "more" (bool: more usual here) and "tip".
    """
    y = _levels(rows, 24, lines=4)
    x = alt.X(
        "share:Q",
        title="share of the segment",
        axis=_ticks(PERCENT),
        scale=alt.Scale(domain=[0, 1]),
    )
    color = alt.condition("datum.more", alt.value(ACCENT), alt.value(SIGNAL))
    chart = alt.layer(
        alt.Chart().mark_rule(strokeWidth=5, opacity=0.28, aria=False).encode(y=y, x=x, x2="base:Q", color=color),
        alt.Chart().mark_tick(color=RIVAL, thickness=2.5, size=15, aria=False).encode(y=y, x="base:Q"),
        alt.Chart().mark_circle(size=85, opacity=1).encode(y=y, x=x, color=color, description="tip:N"),
        data=_values(rows),
    )
    return _themed(chart, height=46 + _row_height(rows, 4, 24) * len(rows))


def returns(rows: Sequence[Row], *, stable: float) -> Chart:
    """How well segments come back, by their number: the worst segment and the whole, beside the bar of stability.

    Parameters
    ----------
    rows : sequence of dict
        "count", "jaccard", "rand" (0 to 1), "chosen" (bool) and "tip".
    stable : float
    """
    x = alt.X("count:O", title="number of segments", sort=None, axis=alt.Axis(labelAngle=0, ticks=False, grid=False))
    y = alt.Y("jaccard:Q", title="how well they come back (1 is wholly)", axis=alt.Axis(tickCount=5), scale=_unit())
    chart = alt.layer(
        _dashed("y", stable),
        alt.Chart().mark_line(color=RIVAL, strokeWidth=1.8, aria=False).encode(x=x, y="rand:Q"),
        alt.Chart().mark_circle(color=RIVAL, size=45, opacity=1, aria=False).encode(x=x, y="rand:Q"),
        alt.Chart().mark_line(color=ACCENT, strokeWidth=2.6, aria=False).encode(x=x, y=y),
        alt.Chart()
        .mark_circle(color=ACCENT, opacity=1)
        .encode(x=x, y=y, size=alt.condition("datum.chosen", alt.value(190), alt.value(60)), description="tip:N"),
        data=_values(rows),
    )
    return _themed(chart, height=260)


def _levels(rows: Sequence[Row], longest: int = 22, *, lines: int = 1) -> Any:
    """Upright axis of levels in the order of the rows, each drawn by its place so that equal names stay apart.

    A name stands on at most so many `lines` of at most `longest` letters.
    """
    names: dict[int, list[str]] = {}
    for place, row in enumerate(rows):
        names[int(row.get("level", place))] = _in_lines(row["label"], longest, lines)
    words = "[" + ", ".join(_listed(names.get(place, [""])) for place in range(max(names) + 1)) + "][datum.value]"
    # measured here: the drawing library takes every letter for a wide one and leaves half the width empty
    room = 14 + LETTER * max(len(line) for name in names.values() for line in name)
    more = {many: [place for place, name in names.items() if len(name) == many] for many in range(2, lines + 1)}
    middle: Any = {
        "condition": [
            {"test": f"indexof({those}, datum.value) >= 0", "value": -8 * (many - 1)} for many, those in more.items()
        ],
        "value": 0,
    }
    axis = alt.Axis(
        labelExpr=words, ticks=False, domain=False, labelLimit=0, labelPadding=10, minExtent=room, maxExtent=room,
        labelOffset=middle if any(more.values()) else 0,
    )  # fmt: skip
    return alt.Y("level:O", sort=None, title=None, axis=axis)


def _in_lines(name: str, longest: int, lines: int) -> list[str]:
    wrapped = textwrap.wrap(shorten(name, 1_000), longest) or [""]
    if lines == 1 or len(wrapped) == 1:
        return [shorten(name, longest)]
    return (
        [*wrapped[: lines - 1], shorten(" ".join(wrapped[lines - 1 :]), longest)] if len(wrapped) >= lines else wrapped
    )


def _row_height(rows: Sequence[Row], lines: int, longest: int = 22) -> int:
    most = max((len(_in_lines(row["label"], longest, lines)) for row in rows), default=1)
    return 25 if most == 1 else 6 + 15 * most


def _listed(parts: Sequence[str]) -> str:
    """A string of Vega's expression language, or a list of them for a text of several lines."""
    return _quoted(parts[0]) if len(parts) == 1 else "[" + ", ".join(_quoted(part) for part in parts) + "]"


def _quoted(name: str) -> str:
    """A string of Vega's expression language; only letters and digits stay as they are."""
    return '"' + "".join(letter if letter.isascii() and letter.isalnum() else _escaped(letter) for letter in name) + '"'


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _dashed(axis: Literal["x", "y"], place: float, color: str = SIGNAL) -> Chart:
    """Cross the picture with a dashed line at a place of an axis."""
    rule = alt.Chart(_values([{"base": place}])).mark_rule(color=color, strokeDash=[5, 4], strokeWidth=1.6, aria=False)
    return rule.encode(**{axis: "base:Q"})


def _ticks(number: str, **more: Any) -> Any:
    """Axis of numbers, a share written as in the texts: 25 %."""
    words = {"labelExpr": "replace(datum.label, '%', '\u00a0%')"} if number == PERCENT else {}
    return alt.Axis(format=number, tickCount=5, **words, **more)


def _answering(tips: Sequence[Row]) -> Chart:
    """Points that nobody sees and that answer to a pointer."""
    points = alt.Chart(_values(tips)).mark_circle(color=ACCENT, size=60, opacity=0)
    return points.encode(x="x:Q", y="y:Q", description="tip:N")


def _places(names: Sequence[str], angle: int = 0) -> Any:
    """Axis of cells that lie by the places of their names."""
    words = "[" + ", ".join(_quoted(name) for name in names) + "][datum.value]"
    return alt.Axis(labelExpr=words, ticks=False, domain=False, grid=False, labelAngle=angle)


def _line(data: Any, color: str, x: Any, y: Any, *, dash: list[int] | None = None) -> Chart:
    pattern = dash or ([5, 4] if color == SIGNAL else [1, 0])
    width = 2.6 if color == ACCENT else 1.8
    line = alt.Chart(data).mark_line(color=color, strokeWidth=width, strokeDash=pattern, aria=False)
    return line.encode(x=x, y=y, order="place:Q")


def _dot(data: Any, color: str, x: Any, y: Any) -> Chart:
    return alt.Chart(data).mark_circle(color=color, size=60, opacity=1, aria=False).encode(x=x, y=y)


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> Any:
    """At most 300 points of a line, its ends among them."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), LONGEST_LINE)).round().astype(int))
    return _values([{"place": int(at), "x": round(float(x[at]), 5), "y": round(float(y[at]), 5)} for at in kept])


def _values(rows: Sequence[Row]) -> Any:
    return alt.Data(values=[{"level": place, **row} for place, row in enumerate(rows)])


def _unit() -> Any:
    return alt.Scale(domain=[0, 1])


def _themed(chart: Chart, *, height: int) -> Chart:
    # Each of Altair's `configure` methods copies the chart with all its values; this way it is copied once.
    config = alt.Config(
        font="Arial, sans-serif",  # where there is no Arial, a picture would have no words
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelFontSize=13, titleFontSize=13, titleFontWeight="normal", labelColor=INK, titleColor=MUTED,
            gridColor=GRID, domainColor=GRID, tickColor=GRID, labelPadding=6, titlePadding=8,
            labelFlush=False, labelSeparation=6,
        ),
        axisY=alt.AxisConfig(titleAlign="left", titleAngle=0, titleAnchor="start", titleY=-10, titleX=0),
    )  # fmt: skip
    return chart.properties(
        width=WIDTH,
        height=height,
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        padding={"left": 2, "right": 8, "top": 6, "bottom": 2},
        config=config,
    )

"""How the response rate, or the mix of segments, differs by column."""

from __future__ import annotations

from collections.abc import Iterable

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, fold, grid, key, make_page, table, text
from segmint.report.levels import ColumnLevels, Level, strongest_columns
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.wording import capital, count, decimal, listed, percent, percent_between, shorten

_OPEN, _MOST_LEVELS = 6, 14
_CAUTION = (
    "These are differences between groups as they are, not effects: a column may stand in for another one. "
    "Groups of fewer than 10 customers are joined, with the next smallest if they are still too few."
)


def page(run: RunView) -> Page | None:
    """Show the columns where the outcome differs most, then fold away the rest."""
    found = strongest_columns(run)
    if not found:
        return None
    pictures = [_response(column) if run.is_response else _mix(column) for column in found]
    what = "response rate" if run.is_response else "mix of segments"
    rest = pictures[_OPEN:]
    return make_page(
        "columns",
        title=f"How the {what} differs",
        short="Who differs" if run.is_response else "Segment mix",
        lead=f"The strongest columns first. Index 100 is the average customer; {_index_example(found)}",
        blocks=[
            _overview(found),
            grid(pictures[:_OPEN]),
            fold(f"{len(rest)} more columns, from stronger to weaker", [grid(rest)], printed=True) if rest else None,
            text(_how_to_look(run), _CAUTION),
        ],
    )


def _how_to_look(run: RunView) -> str:
    if run.is_response:
        return "Dots are shares, lines their 95 % intervals: short lines are certain, long lines rest on few customers."
    return "Bars show how each group divides into segments; shares, 95 % intervals and indexes are in the tables."


def _index_example(found: list[ColumnLevels]) -> str:
    level = max(found[0].levels, key=lambda level: level.away)
    return f"an index of {decimal(level.index, 0)} means {decimal(level.index / 100, 1)} times the average."


def _overview(found: list[ColumnLevels]) -> Block:
    rows = []
    for column in found:
        above, below = _surely_above(column.levels), _surely_below(column.levels)
        rows.append([column.label, decimal(column.strength, 2), _extreme(above), _extreme(below)])
    names = ["Column", "strength", "most above average", "most below average"]
    note = (
        "Strength is Cramér's V, corrected for chance: 0 when the outcome is the same at every level, 1 when the column decides it. "
        "Levels are named where their whole interval lies above or below the average."
    )
    return fold("All columns at a glance", [table(names, rows, words=(0, 2, 3), note=note)], printed=True)


def _extreme(levels: list[Level]) -> str:
    if not levels:
        return "none surely"
    level = levels[0]
    who = f", {level.outcome}" if level.outcome else ""
    return f"{level.level}{who}: {percent(level.rate)}, index {decimal(level.index, 0)}"


def _surely_above(levels: Iterable[Level]) -> list[Level]:
    """The levels that are above average by more than chance allows, the furthest first."""
    return sorted((level for level in levels if level.surely_above), key=lambda level: -level.away)


def _surely_below(levels: Iterable[Level]) -> list[Level]:
    return sorted((level for level in levels if level.surely_below), key=lambda level: level.away)


def _response(column: ColumnLevels) -> Block:
    shown = _largest(column.levels)
    base = shown[0].base
    rows = [
        {
            "label": level.level, "rate": level.rate, "low": level.low, "high": level.high,
            "tip": f"{shorten(level.level, 60)}: {percent(level.rate)} of {count(level.customers)} customers, "
            f"index {decimal(level.index, 0)}",
        }
        for level in shown
    ]  # fmt: skip
    picture = draw(charts.dots(rows, base=base, title="response rate"), f"Response rate by {column.label}")
    return chart(
        capital(column.label),
        picture,
        caption=_caption(column),
        data=table(
            [capital(column.label), "customers", "response rate", "95 % interval", "index"],
            [[level.level, *_cells(level)] for level in column.levels],
        ),
        keys=[
            key("accent", "response rate, 95 % interval", "dot"),
            key("signal", f"all customers {percent(base)}", "dash"),
        ],
    )


def _cells(level: Level) -> list[str]:
    return [
        count(level.customers),
        percent(level.rate),
        percent_between(level.low, level.high),
        decimal(level.index, 0),
    ]


def _caption(column: ColumnLevels) -> str:
    above, below = _surely_above(column.levels)[:2], _surely_below(column.levels)[:2]
    if not above and not below:
        return "No level differs from the average by more than chance allows."
    sentences = []
    if above:
        sentences.append(
            f"Above average: {listed([f'{shorten(level.level, 40)} ({percent(level.rate)})' for level in above])}."
        )
    if below:
        sentences.append(
            f"Below average: {listed([f'{shorten(level.level, 40)} ({percent(level.rate)})' for level in below])}."
        )
    return " ".join(sentences)


def _mix(column: ColumnLevels) -> Block:
    classes = list(dict.fromkeys(level.outcome for level in column.levels))
    names = list(dict.fromkeys(level.level for level in column.levels))
    by_place = {(level.level, level.outcome): level for level in column.levels}
    sizes = {level.level: level.customers for level in column.levels}
    kept = set(sorted(names, key=lambda name: -sizes[name])[:_MOST_LEVELS])
    rows = []
    for at, name in enumerate(name for name in names if name in kept):
        start = 0.0
        for place, outcome in enumerate(classes):
            if (level := by_place.get((name, outcome))) is None:
                continue
            end = min(start + level.rate, 1.0)
            tip = f"{shorten(name, 40)}: {percent(level.rate)} {shorten(outcome, 40)}, index {decimal(level.index, 0)}"
            rows.append({"level": at, "label": name, "place": place, "start": start, "end": end, "tip": tip})
            start = end
    return chart(
        capital(column.label),
        draw(charts.mix(rows, classes), f"Mix of segments by {column.label}"),
        caption=_mix_caption(column.levels),
        data=table(
            [capital(column.label), "segment", "customers", "share", "95 % interval", "index"],
            [[level.level, level.outcome, *_cells(level)] for level in column.levels],
            words=(0, 1),
        ),
        keys=[key(charts.class_key(place), shorten(name, 24), "square") for place, name in enumerate(classes)],
    )


def _mix_caption(levels: tuple[Level, ...]) -> str:
    certain = _surely_above(levels)[:3]
    if not certain:
        return "No level's mix differs from the average by more than chance allows."
    words = [
        f"{shorten(level.outcome, 24)} among {shorten(level.level, 30)} "
        f"({percent(level.rate, 0)}, of all {percent(level.base, 0)})"
        for level in certain
    ]
    return f"Most above average: {listed(words)}."


def _largest(levels: tuple[Level, ...]) -> list[Level]:
    kept = set(sorted(range(len(levels)), key=lambda place: -levels[place].customers)[:_MOST_LEVELS])
    return [level for place, level in enumerate(levels) if place in kept]

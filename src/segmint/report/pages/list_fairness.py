"""Who is on the list by sensitive group, beside who could have been; and what a floor would cost. Nothing is changed."""

from __future__ import annotations

from typing import Any

from segmint.report import charts
from segmint.report.blocks import Block, Page, chart, fold, key, make_page, points, table
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import capital, count, decimal, money, percent, percent_between

_APART = 0.8  # a group called less than four fifths as often as everyone is named

_NOTHING_WATCHED = (
    "The contract marks no column of the list as sensitive and policy.sensitive names none, so nothing was compared: mark age, "
    "gender and the like with sensitive = true."
)


def page(run: RunView) -> Page | None:
    """Set the list beside the eligible population, group by group."""
    found = run.json(run_files.TARGET)
    watched = (found or {}).get("fairness")
    if found is None or watched is None or not found["counts"].get("listed"):
        return None
    currency = str(found["currency"])
    blocks: list[Block | None] = [points(_named(watched, found) or [_NOTHING_WATCHED])]
    for part in watched:
        if len(part["rows"]) > 2:  # everyone is the first; beside one group alone, who is not in it could be counted
            blocks += [_chart(part, found), _table(part, found, currency), _floors(part, found, currency)]
    return make_page(
        "fairness",
        title="Who is called, by sensitive group",
        short="Fairness",
        lead="The list beside everyone who may be called. Groups answer differently, so a ranking by profit calls them "
        "differently. This section reports it and prices the alternatives; it changes nobody's place. Groups of fewer than 10 are "
        "joined, with the next smallest if they are still too few.",
        blocks=blocks,
    )


def _label(part: dict[str, Any], found: dict[str, Any]) -> str:
    name = str(part["column"])
    return str(found.get("labels", {}).get(name, name))


def _named(watched: list[dict[str, Any]], found: dict[str, Any]) -> list[str]:
    said = []
    for part in watched:
        everyone, *groups = part["rows"]
        apart = [row for row in groups if row["high"] < _APART * everyone["selection_rate"]]
        label = capital(_label(part, found))
        if len(groups) < 2:
            said.append(f"{label}: no two groups have 10 customers or more, so nothing was compared.")
        elif not apart:
            said.append(f"{label}: no group is clearly called less than four fifths as often as everyone.")
        for row in apart:
            said.append(
                f"{label} {row['group']}: {percent(row['selection_rate'])} are called, of everyone "
                f"{percent(everyone['selection_rate'])}; their mean propensity is {percent(row['mean_propensity'])}, "
                f"of everyone {percent(everyone['mean_propensity'])}."
            )
    return said


def _chart(part: dict[str, Any], found: dict[str, Any]) -> Block:
    everyone, *groups = part["rows"]
    label = _label(part, found)
    rows = [
        {
            "label": row["group"],
            "rate": row["selection_rate"],
            "low": row["low"],
            "high": row["high"],
            "tip": f"{row['group']}: {count(row['listed'])} of {count(row['eligible'])} called, {percent(row['selection_rate'])} "
            f"({percent_between(row['low'], row['high'])})",
        }
        for row in groups
    ]
    picture = charts.dots(rows, base=everyone["selection_rate"], title="share who are called")
    most, least = max(groups, key=lambda row: row["selection_rate"]), min(groups, key=lambda row: row["selection_rate"])
    caption = (
        f"Most often called: {most['group']} ({percent(most['selection_rate'])}); least often: {least['group']} "
        f"({percent(least['selection_rate'])}). Their mean propensities are {percent(most['mean_propensity'])} and "
        f"{percent(least['mean_propensity'])}."
    )
    cells = [
        [
            row["group"],
            count(row["eligible"]),
            count(row["listed"]),
            percent(row["selection_rate"]),
            percent_between(row["low"], row["high"]),
        ]
        for row in groups
    ]
    return chart(
        f"Called, by {label}",
        draw(picture, f"Share of each group who are called, by {label}"),
        caption=caption,
        data=table([label, "may be called", "on the list", "share", "95 % interval"], cells),
        keys=[key("accent", "share called, 95 % interval", "dot"), key("signal", "everyone", "dash")],
        wide=True,
    )


def _table(part: dict[str, Any], found: dict[str, Any], currency: str) -> Block:
    label = capital(_label(part, found))
    known = "missed" in part["rows"][0]
    columns = [label, "times everyone", "mean propensity", "profit per customer"]
    columns += ["yes, but not called", "called, but no"] if known else []
    rows = []
    for row in part["rows"]:
        cells = [
            row["group"],
            decimal(row["ratio"], 1),
            percent(row["mean_propensity"]),
            money(row["benefit"], currency, 2),
        ]
        if known:
            cells += [_error(row, "missed"), _error(row, "refused")]
        rows.append(cells)
    note = "Times everyone: selection rate divided by everyone's. The profit of fewer than 10 on the list is not shown."
    if known:
        note += (
            " The table holds the answers, so errors are counted: of those who said yes, how many the list leaves out; "
            "of those on the list, how many said no. Brackets: 95 % interval."
        )
    return table(columns, rows, marked=[0], note=note, stacked=True)


def _error(row: dict[str, Any], name: str) -> str:
    if row[name] is None:
        return "–"
    return f"{percent(row[name], 0)} ({percent_between(row[f'{name}_low'], row[f'{name}_high'], 0)})"


def _floors(part: dict[str, Any], found: dict[str, Any], currency: str) -> Block | None:
    if not part["floors"]:
        return None
    left_out = "; quotas and capacities are left out" if found["quotas_or_capacities"] else ""
    rows = [[f"{percent(row['floor'], 0)} of everyone's rate", *_price(row, currency)] for row in part["floors"]]
    together = table(
        ["If no group were called less than", "it costs", "customers exchanged"],
        rows,
        note=f"The list keeps its number of calls and its budget{left_out}.",
        stacked=True,
    )
    each = [[row["group"], count(row["wanted"]), *_price(row, currency)] for row in part["each"]]
    alone = (
        table(
            [
                f"Floor of {percent(_APART, 0)} for one group alone",
                "on the list then",
                "it costs",
                "customers exchanged",
            ],
            each,
            stacked=True,
        )
        if each
        else None
    )
    return fold(f"What a floor would cost, by {_label(part, found)}", [together, alone], printed=True)


def _price(row: dict[str, Any], currency: str) -> list[str]:
    if row["cost_of_floor"] is None:
        return ["cannot be met with this budget", "–"]
    return [money(row["cost_of_floor"], currency), count(row["changed"])]

"""The call list in money: who is on it, who is not and why. Counts only, no customer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from segmint.report import charts
from segmint.report.blocks import (
    Block,
    Page,
    banner,
    chart,
    figures,
    fold,
    grid,
    heading,
    key,
    make_page,
    statements,
    table,
    text,
)
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.targeting.call_list import STATUS_WORDS
from segmint.wording import capital, count, counted, decimal, hoped, money, percent

_WHERE = (
    f"This page names nobody. The customers are in the run's files (in the dashboard linked above): {run_files.SHEET} for people, {run_files.DIALLER} for the dialler, and "
    f"{run_files.LIST} with everyone read, the customers held out among them."
)
_ADVICE = {
    "need": "what it seems to need",
    "offer": "what to offer",
    "message": "what to say",
    "avoid": "what not to do",
}


def page(run: RunView) -> Page | None:
    """Show what the list is expected to bring, who is on it, and where everyone read went."""
    found = run.json(run_files.TARGET)
    if found is None:
        return None
    currency = str(found["currency"])
    counts: dict[str, int] = found["counts"]
    listed = counts.get("listed", 0)
    return make_page(
        "call-list",
        title="The call list",
        short="Call list",
        lead=f"{count(sum(counts.values()))} rows read; each has one place below.",
        blocks=[
            figures(
                [
                    ("To be called", count(listed), _share_of_eligible(counts)),
                    *_expected(found, currency, listed),
                ]
            ),
            *_doubts(found["doubts"]),
            _dialling(found),
            statements(_said(found, currency)),
            _dropped(found),
            grid([_where(counts), _why_not(found)]),
            _curve(found, currency, listed),
            *_who(found, currency),
            _advice(found),
        ],
    )


def _expected(found: dict[str, Any], currency: str, listed: int) -> list[tuple[str, str, str]]:
    """What the list brings and costs; nothing where that would tell of single customers."""
    spent, won, yes = (found[f"expected_{name}"] for name in ("cost", "profit", "successes"))
    if won is None:
        return []
    back = f"each {currency} spent brings {(won + spent) / spent:.2f} back" if spent else "of calling the list"
    rate = f"{percent(yes / listed)} of the list" if listed else "nobody is listed"
    return [
        ("Expected profit", money(won, currency), "after the cost of the calls"),
        ("Cost of the calls", money(spent, currency), back),
        ("Expected to say yes", hoped(yes), rate),
    ]


def _doubts(doubts: list[dict[str, Any]]) -> list[Block]:
    """What must stop a call stands open; the rest waits in one box."""
    told = [
        (bool(doubt.get("folded")), banner("caution", doubt["title"], f"{capital(doubt['sentence'])}."))
        for doubt in doubts
    ]
    waiting = [block for folded, block in told if folded]
    title = f"{counted(len(waiting), 'thing')} to check"
    return [
        *(block for folded, block in told if not folded),
        *([fold(title, waiting, printed=True)] if waiting else []),
    ]


def _dialling(found: dict[str, Any]) -> Block | None:
    if found.get("at") != "dialling":
        return None
    return banner(
        "caution",
        "This list knows the plan of the calls",
        "The network was trained on what is chosen when dialling, such as month and channel. The list holds for the values "
        "planned in the table; call in another month and it must be made again.",
    )


def eligible_of(counts: dict[str, int]) -> int:
    """Count those who may be called, the control group among them."""
    return sum(n for name, n in counts.items() if name not in ("suppressed", "rejected"))


def _share_of_eligible(counts: dict[str, int]) -> str:
    eligible = eligible_of(counts)
    return f"{percent(counts.get('listed', 0) / eligible)} of {count(eligible)} who may be called" if eligible else ""


def _said(found: dict[str, Any], currency: str) -> list[tuple[str, str]]:
    _, *advice = [str(sentence) for sentence in found["sentences"]]
    said = [("What to do", " ".join(advice[:-1]) or "Call nobody."), ("Where the list is", _WHERE)]
    binding = [limit for limit in found.get("limits", []) if limit["sentence"]]
    if binding:
        said.append(("What limits it", " ".join(limit["sentence"] for limit in binding[:3])))
    last = found.get("profit_of_last")
    if last is not None:
        said.append(
            (
                "The last on it",
                f"A call to one of the last ten customers is expected to bring {money(last, currency, 2)} on average.",
            )
        )
    return [*said, ("What it will show", _will_show(found["holdout"]))]


def _will_show(holdout: dict[str, Any]) -> str:
    """Say in short what the page of the holdout says in full."""
    if not holdout["called"] or not holdout["held_out"]:
        return f"Nothing: nobody is {'held out' if holdout['called'] else 'called'}."
    if holdout["effect"] is None:
        enough = " What would be enough, and what it costs, is said below." if holdout.get("enough_share") else ""
        return f"Nothing yet: {count(holdout['held_out'])} held out are too few.{enough}"
    return f"What calling brings, if it is {decimal(100 * holdout['effect'], 1)} points of the response rate or more."


def _dropped(found: dict[str, Any]) -> Block | None:
    gone = found.get("dropped")
    if gone is None:
        return None
    met = " ".join(("", *gone["sentences"]))
    if not gone["dropped"]:
        return text(f"Beside the earlier list: nobody of its {count(gone['before'])} customers drops out.{met}")
    rows = [[because, count(n)] for because, n in gone["because"].items()]
    note = (
        f"{count(gone['dropped'])} of {count(gone['before'])}; dropped_out.parquet in the run's folder names them.{met}"
    )
    return table(["On the earlier list, not on this one", "customers"], rows, title="Who dropped out", note=note)


def _where(counts: dict[str, int]) -> Block:
    everyone = max(sum(counts.values()), 1)
    rows = [[STATUS_WORDS[name], count(n), percent(n / everyone)] for name, n in counts.items() if name in STATUS_WORDS]
    return table(["Where everyone went", "customers", "share"], rows, title="Who is on it, who is not")


def _why_not(found: dict[str, Any]) -> Block | None:
    reasons: dict[str, int] = found["suppressed_because"]
    files = "; ".join(found.get("files", []))
    if not reasons:
        return text(f"Nobody is suppressed. Read: {files}.") if files else None
    rows = [[reason, count(n)] for reason, n in sorted(reasons.items(), key=lambda item: -item[1])]
    several = "One customer may count under several reasons." if len(reasons) > 1 else ""
    note = " ".join(part for part in (several, files) if part)
    return table(["Suppressed because", "customers"], rows, title="Suppressed before anything was predicted", note=note)


def _curve(found: dict[str, Any], currency: str, listed: int) -> Block | None:
    curve = found["curve"]
    customers = np.asarray(curve["customers"], dtype=np.float64)
    if len(customers) < 3:
        return None
    profit = np.asarray(curve["expected_profit"], dtype=np.float64)
    low, high = np.asarray(curve["low"], dtype=np.float64), np.asarray(curve["high"], dtype=np.float64)
    best, brought = int(profit.argmax()), found["expected_profit"]
    told = listed and brought is not None
    tips = [
        {"x": float(n), "y": float(p), "tip": f"the best {count(n)}: {money(p, currency)} ({count(a)} to {count(b)})"}
        for n, p, a, b in zip(customers, profit, low, high, strict=True)
    ]
    picture = charts.band(
        customers, profit, low, high,
        x_title="customers called, best first", y_title=f"expected profit, {currency}",
        tips=tips, x_share=False, level=0.0, marks=[(float(listed), "this list")] if listed else [],
        dots=[(float(listed), float(brought))] if told else [],
    )  # fmt: skip
    last = float(profit[-1])
    everyone = "bring" if last >= 0 else "lose"
    most = (
        f"the best {count(int(customers[best]))}: {money(float(profit[best]), currency)}"
        if profit[best] > 0
        else "nobody"
    )
    brings = f" With its limits and holdout it brings {money(brought, currency)}." if told else ""
    caption = (
        f"Expected of the customers of this table: without any limit or holdout, most comes from calling {most}. Calling everybody would {everyone} {money(abs(last), currency)}. "
        f"This list has {count(listed)} customers.{brings}"
    )
    rows = [
        [count(int(customers[at])), money(profit[at], currency), f"{count(round(low[at]))} to {count(round(high[at]))}"]
        for at in np.unique(np.linspace(0, len(customers) - 1, 11).astype(int))
    ]
    return chart(
        "Expected profit by the number of customers called",
        draw(picture, "Expected profit by the number of customers called"),
        caption=caption,
        data=table(["Customers", "expected profit", "90 % band"], rows, words=()),
        keys=[
            key("accent", "expected profit"),
            key("accent", "90 % band of chance", "band"),
            key("signal", "this list", "dot"),
        ],
        wide=True,
    )


def _who(found: dict[str, Any], currency: str) -> list[Block]:
    """Tables of the list by segment and by the columns of quotas."""
    by_column: dict[str, list[dict[str, Any]]] = {}
    for row in found.get("groups", []):
        by_column.setdefault(row["column"], []).append(row)
    if not by_column:
        return []
    tables = [_groups(name, rows, found, currency) for name, rows in by_column.items()]
    first, rest = tables[0], tables[1:]
    blocks = [
        heading(
            "Who is on it",
            "Beside everyone who may be called. Groups of fewer than 10 are joined, with the next smallest if they are still too few; "
            "the profit of fewer than 10 on the list is not shown.",
        ),
        first,
    ]
    return [*blocks, fold("By the columns of quotas", rest, printed=True)] if rest else blocks


def _groups(name: str, rows: list[dict[str, Any]], found: dict[str, Any], currency: str) -> Block:
    label = found.get("labels", {}).get(name, name)
    cells = [
        [
            row["group"],
            count(row["eligible"]),
            count(row["listed"]),
            percent(row["selection_rate"]),
            decimal(row["ratio"], 1),
            percent(row["mean_propensity"]),
            money(row["profit"], currency),
        ]
        for row in _best_first(rows)
    ]
    columns = [
        label,
        "may be called",
        "on the list",
        "share of them",
        "times everyone",
        "propensity",
        "expected profit",
    ]
    return table([capital(column) if not at else column for at, column in enumerate(columns)], cells, stacked=True)


def _best_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: -math.inf if row["profit"] is None else row["profit"], reverse=True)


def _advice(found: dict[str, Any]) -> Block | None:
    """What to offer and to say, by the segments on the list."""
    advice: dict[str, dict[str, str]] = found.get("advice", {})
    groups = [row for row in found.get("groups", []) if row["column"] == "segment" and row["listed"]]
    told = _best_first([row for row in groups if row["group"] in advice])
    kinds = [kind for kind in _ADVICE if any(kind in advice[row["group"]] for row in told)]
    rows = [
        [row["group"], count(row["listed"]), *(advice[row["group"]].get(kind, "–") for kind in kinds)] for row in told
    ]
    heads = ["Segment", "on the list", *(_ADVICE[kind] for kind in kinds)]
    words = [place for place, _ in enumerate(heads) if place != 1]
    note = "Shares are of the whole segment, not of those on the list."
    return table(heads, rows, title="What to offer and say", note=note, words=words, stacked=True) if rows else None

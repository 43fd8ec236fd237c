"""Had you used it since the first wave? What each way of choosing would have brought, wave by wave. No customer."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmint.evaluation.backtest_scores import KNOWN_RATE
from segmint.evaluation.backtest_words import NOTHING_RULED_OUT, WORTH, say_proxies
from segmint.models.names import OURS
from segmint.report import charts
from segmint.report.blocks import (
    Block,
    Page,
    banner,
    chart,
    figures,
    fold,
    grid,
    key,
    make_page,
    points,
    statements,
    table,
)
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import between, count, decimal, money, percent, signed

MOST_LINES = 7
Row = dict[str, Any]


def page(run: RunView) -> Page | None:
    """Show the replay of past waves in money."""
    found = run.json(run_files.BACKTEST)
    if found is None:
        return None
    totals = _by_strategy(found["rows"])
    waves: dict[str, list[Row]] = {name: [] for name in found["strategies"]}
    for row in found["waves"]:
        waves[row["strategy"]].append(row)
    mine, doubt = waves[OURS], found["time"].get("caution")
    customers = sum(row["customers"] for row in mine)
    in_money, *more = found["conclusion"]
    proxies = say_proxies(list(map(run.column_label, found["time_proxies"]))) if found["time_proxies"] else ""
    question, _, answer = found.get("answer", "").partition("?")
    return make_page(
        "backtest",
        title="What it would have brought",
        short="Past waves",
        lead=f"{found.get('replayed') or f'{len(mine)} past waves with {count(customers)} customers replayed.'} "
        "Before each wave every strategy knew only what was known then.",
        blocks=[
            banner("caution", "Does this column tell the time?", doubt) if doubt else None,
            statements([(f"{question}?", answer.strip()), *_decision(found), ("In money", in_money)])
            if answer
            else None,
            figures(_headline(found, totals, mine)),
            points([*more, *(note for note in found["notes"] if note not in (doubt, proxies))]),
            _money_over_time(found, waves),
            _strategies(found, totals),
            _rankings(found, totals),
            _probabilities(found, totals),
            grid([_rates(mine), _label_sets(found["label_sets"])]),
            # an older version said it in other words, among the notes
            banner("caution", "Columns that tell the time", proxies) if proxies in found["notes"] else None,
            fold("Every wave", [_waves(waves, found)]),
        ],
    )


def _decision(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [("What to do", found["decision"])] if "decision" in found else []


def _by_strategy(rows: list[Row]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row["strategy"], {})[row["metric"]] = row
    return found


def _headline(found: dict[str, Any], totals: dict[str, dict[str, Row]], mine: list[Row]) -> list[tuple[str, str, str]]:
    currency = found["economics"]["currency"]
    ours, everyone = totals[OURS], totals["everyone"]
    profit = ours["profit"]
    others = everyone["profit"]
    gained = profit["value"] - others["value"]
    anyone = _anyone(found)
    rival, beside = ("random", "as many calls, at random") if "random" in totals else ("everyone", anyone)
    worth = "" if found["economics"].get("given", True) else f", in {WORTH}"
    digits = 0 if abs(profit["value"]) >= 100 else 2
    return [
        (
            f"Profit{worth}",
            money(profit["value"], currency, None),
            f"95 %: {between(profit['low'], profit['high'], digits)}",
        ),
        (
            f"{'More' if gained >= 0 else 'Less'} than {anyone}{worth}",
            money(abs(gained), currency, None),
            _apart(others, digits, ahead=gained >= 0),
        ),
        ("Customers called", count(ours["called"]["value"]), f"of {count(sum(row['customers'] for row in mine))}"),
        (
            "Said yes per 100 called",
            decimal(100 * (ours["successes_per_call"]["value"] or 0), 1),
            f"{beside}: {decimal(100 * (totals[rival]['successes_per_call']['value'] or 0), 1)}",
        ),
    ]


def _apart(others: Row, digits: int, *, ahead: bool) -> str:
    """Write the interval of what the network brings more than others, or less where it is behind."""
    low, high = others["difference_low"], others["difference_high"]
    if low is None or high is None:
        return "over all waves"
    return f"95 %: {between(-high, -low, digits) if ahead else between(low, high, digits)}"


def _anyone(found: dict[str, Any]) -> str:
    """What the network is held against: everyone, or as many as the limits of the policy allow."""
    return "calling at random up to the limits" if found["bounded"] else "calling everyone"


def _money_over_time(found: dict[str, Any], waves: dict[str, list[Row]]) -> Block:
    currency = found["economics"]["currency"]
    brought = {name: rows[-1]["profit_so_far"] for name, rows in waves.items()}
    others = _drawn(brought)
    lines, colors, keys = [], [], []
    for place, name in enumerate(others):
        lines.append((name, *_so_far(waves[name])))
        colors.append(charts.class_color(place + 1))  # the first is a blue as the network's
        keys.append(key(charts.class_key(place + 1), found["strategies"][name]))
    lines.append((OURS, *_so_far(waves[OURS])))
    colors.append(charts.ACCENT)
    picture = charts.curves(
        lines,
        colors,
        x_title="calls in the order of time",
        y_title=f"profit so far, {currency or 'successes'}",
        unit=(False, False),
        percentages=False,
        level=0.0,
    )
    ours = brought.pop(OURS)
    best = max(brought, key=brought.__getitem__)
    unit = currency or WORTH
    caption = (
        f"After the last wave the network has brought {money(ours, unit, None)}, "
        f"{_beside(ours, brought[best], unit)}: {found['strategies'][best]}."
    )
    rows = [
        [
            found["strategies"][name],
            *(money(waves[name][at]["profit_so_far"], currency, None) for at in _stops(waves[name])),
        ]
        for name in (OURS, *others)
    ]
    heads = [f"wave {waves[OURS][at]['wave']}" for at in _stops(waves[OURS])]
    return chart(
        "Profit over time",
        draw(picture, "Profit so far of each strategy, wave by wave"),
        caption=caption,
        data=table(["Strategy", *heads], rows),
        keys=[key("accent", found["strategies"][OURS]), *keys],
        wide=True,
    )


def _beside(ours: float, best: float, unit: str) -> str:
    """Say how much more or less than the best of the others, by what it shows."""
    apart = money(abs(ours - best), unit, None)
    if apart == money(0.0, unit, None):
        return "as much as the next best"
    return f"{apart} {'more than the next best' if ours > best else 'less than the best'}"


def _drawn(brought: dict[str, float]) -> list[str]:
    """Choose the lines beside ours, in their order: calling everyone, and those that brought the most."""
    others = [name for name in brought if name != OURS]
    first = sorted(others, key=lambda name: (name != "everyone", -brought[name]))[:MOST_LINES]
    return [name for name in others if name in first]


def _so_far(rows: list[Row]) -> tuple[Any, Any]:
    calls = np.cumsum([0, *(row["customers"] for row in rows)]).astype(np.float64)
    return calls, np.array([0.0, *(row["profit_so_far"] for row in rows)])


def _stops(rows: list[Row]) -> list[int]:
    return [int(at) for at in np.unique(np.linspace(0, len(rows) - 1, 6).round())]


def _strategies(found: dict[str, Any], totals: dict[str, dict[str, Row]]) -> Block:
    names = list(found["strategies"])
    regretted = any(_value(totals[name], "regret") is not None for name in names)
    rows = [
        _strategy(found["strategies"][name], totals[name], ours=name == OURS, regretted=regretted) for name in names
    ]
    amounts = _in_currency(found)
    columns = [
        "Strategy", f"profit per 1,000 customers{amounts}", "95 %", "network brings more, 95 %", "called", "said yes per 100 called",
        *([f"regret in all{amounts}"] if regretted else []),
    ]  # fmt: skip
    regret = (
        "Regret: what the best cut through the same order would have brought more, known only in hindsight; none where a budget, a "
        "quota or each customer's money decides too. "
    )
    note = (
        f"{regret if regretted else ''}Intervals: bootstrap over blocks of {found['block']} successive calls, none with fewer than "
        "ten blocks; the differences are paired."
    )
    return _by_name(names, columns, rows, title="What each strategy would have brought", note=note)


def _in_currency(found: dict[str, Any]) -> str:
    currency = found["economics"]["currency"]
    return f", {currency}" if currency else ""


def _strategy(label: str, mine: dict[str, Row], *, ours: bool, regretted: bool) -> list[str]:
    profit = mine["profit_per_1000"]
    digits = 0 if abs(profit["high"] or profit["value"]) >= 100 else 1
    low, high = profit.get("difference_low"), profit.get("difference_high")
    apart = "–"
    if not ours and low is not None and high is not None:
        apart = between(-high, -low, digits) if low or high else decimal(0.0, 0)
    return [
        label,
        decimal(profit["value"], digits),
        between(profit["low"], profit["high"], digits),
        apart,
        count(mine["called"]["value"]),
        decimal(100 * (_value(mine, "successes_per_call") or 0), 1),
        *([decimal(_value(mine, "regret"), digits)] if regretted else []),
    ]


def _rankings(found: dict[str, Any], totals: dict[str, dict[str, Row]]) -> Block:
    """How well each strategy ranks: a table of its own, as one of both is too wide for paper."""
    names = [name for name in found["strategies"] if name == OURS or _value(totals[name], "auc_pooled") is not None]
    rows = [
        [
            found["strategies"][name],
            decimal(_value(totals[name], "auc_pooled")),
            decimal(_value(totals[name], "auc_within")),
            *(percent(_value(totals[name], f"gain_{share}")) for share in (10, 20, 50)),
        ]
        for name in names
    ]
    columns = ["Strategy", "AUC, all", "AUC within waves", "gain at 10 %", "at 20 %", "at 50 %"]
    note = "On propensities before recalibration; calls and money are after it. Gain: share of all successes among the first calls."
    return _by_name(names, columns, rows, title="How each strategy ranks", note=note)


def _probabilities(found: dict[str, Any], totals: dict[str, dict[str, Row]]) -> Block | None:
    """How close each strategy's probabilities come, beside a constant that needs no model."""
    labels = found["strategies"] | {KNOWN_RATE: "The response rate known before each wave, for everyone"}
    names = [name for name in labels if "log_loss" in totals.get(name, {})]
    if OURS not in names:
        return None
    rows = []
    for name in names:
        loss = totals[name]["log_loss"]
        apart = "–"
        if name != OURS and loss.get("difference_low") is not None:
            apart = f"{signed(loss['difference_low'])} to {signed(loss['difference_high'])}"
        off = _value(totals[name], "absolute_calibration_gap")
        rows.append(
            [
                labels[name],
                decimal(loss["value"]),
                apart,
                decimal(_value(totals[name], "brier")),
                "–" if off is None else decimal(100 * off, 1),
            ]
        )
    columns = ["Strategy", "log loss", "more than the network, 95 %", "Brier score", "off in a wave, points"]
    note = (
        "On propensities after recalibration; lower is better. Off in a wave: how far the promised rate lies from the observed one, "
        "whichever way, on average."
    )
    return _by_name(names, columns, rows, title="How close each strategy's probabilities are", note=note)


def _by_name(names: list[str], columns: list[str], rows: list[list[str]], *, title: str, note: str) -> Block:
    """A table with a row for each strategy, ours marked."""
    return table(columns, rows, title=title, marked=(names.index(OURS),), note=note, stacked=True)


def _value(mine: dict[str, Row], metric: str) -> float | None:
    return mine[metric]["value"] if metric in mine else None


def _rates(mine: list[Row]) -> Block:
    numbers = np.array([row["wave"] for row in mine], dtype=np.float64)
    observed = np.array([row["response_rate"] for row in mine])
    promised = np.array([row["mean_propensity"] for row in mine])
    picture = charts.curves(
        [("observed", numbers, observed), ("promised", numbers, promised)],
        [charts.RIVAL, charts.ACCENT],
        x_title="wave",
        y_title="share who say yes",
        unit=(False, False),
        whole=True,
    )
    customers, gaps = [row["customers"] for row in mine], promised - observed
    gap, each = float(np.average(gaps, weights=customers)), float(np.average(np.abs(gaps), weights=customers))
    worst = int(np.abs(gaps).argmax())
    caption = (
        f"Response rates from {percent(float(observed.min()))} to {percent(float(observed.max()))}; "
        f"what was promised lies {decimal(abs(100 * gap), 1)} points {'above' if gap > 0 else 'below'} on average. "
        f"In a wave it is off by {decimal(100 * each, 1)} points on average, and by {decimal(abs(100 * gaps[worst]), 1)} at most "
        f"(wave {mine[worst]['wave']})."
    )
    rows = [[str(row["wave"]), percent(row["mean_propensity"]), percent(row["response_rate"])] for row in mine]
    return chart(
        "Promised and observed",
        draw(picture, "Promised and observed response rate, wave by wave"),
        caption=caption,
        data=table(["Wave", "promised", "observed"], rows, words=()),
        keys=[key("accent", "promised"), key("rival", "observed")],
    )


def _label_sets(sets: Row) -> Block:
    blocks = sets["block_coverage"]
    rows = [
        ["Customers for whom they held what happened", percent(sets["coverage"])],
        ["How many they were on average", decimal(sets["mean_size"], 2)],
        ["Neither outcome ruled out", percent(sets["both"])],
        ["Both ruled out: unusual customers", percent(sets["empty"])],
        [f"Blocks of {count(sets['block'])} customers within 3 points", percent(sets["blocks_within_3_points"], 0)],
    ]
    if len(blocks) > 1:
        rows.append(["Lowest and highest block", f"{percent(min(blocks))} to {percent(max(blocks))}"])
    note = "Adaptive conformal sets: after a miss the next sets are wider, after a hit narrower, so coverage holds under drift."
    if sets["both"] == 1:
        rows, note = [["Neither outcome ruled out", percent(1.0)]], NOTHING_RULED_OUT
    return table(
        ["Outcomes that could not be ruled out", "meant: 90 %"], rows, title="How sure, whatever drifts", note=note
    )


def _waves(waves: dict[str, list[Row]], found: dict[str, Any]) -> Block:
    everyone = waves["everyone"]
    spans = found["time"].get("spans")
    records = [(count(row["first_record"]), count(row["last_record"])) for row in waves[OURS]]
    amounts, digits = _in_currency(found), 0 if max(abs(row["profit"]) for row in everyone) >= 100 else 1
    regretted = any(row["regret"] is not None for row in waves[OURS])
    rows = [
        [
            str(row["wave"]), " to ".join(dict.fromkeys(span)), count(row["customers"]), percent(row["response_rate"]),
            count(row["called"]), count(row["successes"]), decimal(row["profit"], digits), decimal(all_["profit"], digits),
            *([decimal(row["regret"], digits)] if regretted else []), decimal(row["auc"]),
        ]
        for row, all_, span in zip(waves[OURS], everyone, spans or records, strict=True)
    ]  # fmt: skip
    columns = [
        "Wave",
        "time" if spans else "records",
        "customers",
        "response rate",
        "called",
        "successes",
        f"profit{amounts}",
        f"{_anyone(found)}{amounts}",
        *([f"regret{amounts}"] if regretted else []),
        "AUC",
    ]
    return table(columns, rows, words=(), note="Called to AUC: the network, kept up to date.")

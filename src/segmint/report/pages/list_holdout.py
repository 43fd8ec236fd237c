"""What the holdout of a list can show, and what a larger or smaller one would."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmint.report import charts
from segmint.report.blocks import Block, Page, banner, chart, key, make_page, table, text
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import count, decimal, listed, money, percent

_WEAK = 0.5  # an effect as large as half the response is the least that a useful holdout finds


def page(run: RunView) -> Page | None:
    """Say what difference the campaign will be able to show."""
    found = run.json(run_files.TARGET) or {}
    holdout = found.get("holdout")
    if not holdout or not holdout["called"]:
        return None
    currency = str(found["currency"])
    return make_page(
        "holdout",
        title="What the campaign will be able to show",
        short="Holdout",
        lead="Customers held out are drawn by lot from the same ranking, and are not called: the difference between the two arms is "
        "what calling brings. From the second list of a campaign on, those who were held out before come up again while those "
        "who were called rest: compare only customers who are new on the list (segmint measure --earlier).",
        blocks=[_shows(holdout), _warning(holdout, currency), _plans(holdout, currency)],
    )


def _shows(holdout: dict[str, Any]) -> Block | None:
    """What it shows; where that is nothing, the warning says so."""
    return None if holdout["effect"] is None else text(str(holdout["sentence"]))


def _warning(holdout: dict[str, Any], currency: str) -> Block | None:
    if not holdout["held_out"]:
        return banner(
            "caution",
            "Nobody is held out",
            "After the campaign nobody will know how many would have said yes without a call. "
            "Set policy.holdout_share, for example to 0.1.",
        )
    if holdout["effect"] is None:
        return banner(
            "caution",
            "This holdout shows nothing",
            f"{holdout['sentence']}{_price(holdout, currency)} No interval is given while fewer than 5 of an arm have bought.",
        )
    if holdout["effect"] > _WEAK * holdout["base_rate"]:
        return banner(
            "caution",
            "This holdout shows large effects only",
            f"It finds an effect of {decimal(100 * holdout['effect'], 1)} points, and no smaller one, and the whole response is "
            f"{percent(holdout['base_rate'])}. {_remedy(holdout)}, or measure several lists of the campaign together.",
        )
    return None


def _price(holdout: dict[str, Any], currency: str) -> str:
    """Say what holding out enough costs beyond what is held out now."""
    forgone = {plan["share"]: plan.get("forgone") for plan in holdout["plans"]}
    enough, now = forgone.get(holdout.get("enough_share")), forgone.get(round(holdout["share"], 4))
    if enough is None or now is None:
        return ""
    return f" It costs about {money(enough - now, currency)} more of expected profit than the share of this list."


def _remedy(holdout: dict[str, Any]) -> str:
    """Name the arm that is short."""
    return "Call more" if holdout["called"] < holdout["held_out"] else "Hold out more"


def _plans(holdout: dict[str, Any], currency: str) -> Block | None:
    plans = holdout["plans"]
    if len(plans) < 3:
        return None
    found = [plan for plan in plans if plan["effect"] is not None]
    figures = _figures(holdout, currency)
    if len(found) < 3:
        return figures
    share = np.array([100 * plan["share"] for plan in found])
    effect = np.array([100 * plan["effect"] for plan in found])
    tips = [
        {
            "x": 100 * plan["share"],
            "y": 100 * plan["effect"],
            "tip": f"{percent(plan['share'], 0)} held out: finds {decimal(100 * plan['effect'], 1)} points",
        }
        for plan in found
    ]
    picture = charts.curves(
        [("effect", share, effect)], [charts.ACCENT],
        x_title="% held out", y_title="smallest effect found, points", tips=tips, unit=(False, False), percentages=False,
    )  # fmt: skip
    return chart(
        "The smallest effect that is found in 80 % of cases",
        draw(picture, "Smallest effect found by share held out"),
        caption=f"Of the {count(holdout['called'])} to be called {percent(holdout['base_rate'])} are expected to say yes. "
        f"{_own(holdout)}{_blind(holdout)}",
        data=figures,
        keys=[key("accent", "smallest effect found")],
        wide=True,
    )


def _own(holdout: dict[str, Any]) -> str:
    effect = holdout["effect"]
    shown = "no effect is found" if effect is None else f"an effect of {decimal(100 * effect, 1)} points is found"
    return f"With the {count(holdout['held_out'])} held out of this list {shown}; to find a tenth of the response takes {count(holdout['needed'])} called."


def _blind(holdout: dict[str, Any]) -> str:
    """Name the shares that have no place in the chart, as they show nothing."""
    blind = [percent(plan["share"], 0) for plan in holdout["plans"] if plan["effect"] is None]
    return f" Not drawn, as they find none: {listed(blind)}." if blind else ""


def _figures(holdout: dict[str, Any], currency: str) -> Block:
    rows = [
        [
            percent(plan["share"], 0),
            count(plan["held_out"]),
            "none" if plan["effect"] is None else f"{decimal(100 * plan['effect'], 1)} points",
            count(plan["needed"]) if plan["needed"] else "–",
            "–" if plan.get("forgone") is None else money(plan["forgone"], currency),
        ]
        for plan in holdout["plans"]
    ]
    marked = [at for at, plan in enumerate(holdout["plans"]) if abs(plan["share"] - holdout["share"]) < 1e-9]
    return table(
        ["Held out", "customers", "smallest effect", "calls for a tenth of the response", "expected profit forgone"],
        rows,
        words=(),
        marked=marked,
        stacked=True,
        note="In the row that stands out, the customers who were drawn; in the others, as many as are to be expected."
        if marked
        else "",
    )

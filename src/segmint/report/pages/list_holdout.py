"""What the holdout of a list can show, and what a larger or smaller one would."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmint.report import charts
from segmint.report.blocks import Block, Page, banner, chart, key, make_page, table, text
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import count, decimal, percent

_WEAK = 0.5  # an effect as large as half the response is the least that a useful holdout finds


def page(run: RunView) -> Page | None:
    """Say what difference the campaign will be able to show."""
    found = run.json(run_files.TARGET)
    holdout = (found or {}).get("holdout")
    if not holdout or not holdout["called"]:
        return None
    return make_page(
        "holdout",
        title="What the campaign will be able to show",
        short="Holdout",
        lead="Customers held out are drawn by lot from the same ranking, and are not called: the difference between the two arms is "
        "what calling brings. From the second list of a campaign on, those who were held out before come up again while those "
        "who were called rest: compare only customers who are new on the list (segmint measure --earlier).",
        blocks=[text(str(holdout["sentence"])), _warning(holdout), _plans(holdout)],
    )


def _warning(holdout: dict[str, Any]) -> Block | None:
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
            "The command that measures what calling brings gives no interval while fewer than 5 of an arm have bought. "
            f"{_remedy(holdout)}, or measure several lists of the campaign together.",
        )
    if holdout["effect"] > _WEAK * holdout["base_rate"]:
        return banner(
            "caution",
            "This holdout shows large effects only",
            f"It finds an effect of {decimal(100 * holdout['effect'], 1)} points, and no smaller one, and the whole response is "
            f"{percent(holdout['base_rate'])}. {_remedy(holdout)}, or measure several lists of the campaign together.",
        )
    return None


def _remedy(holdout: dict[str, Any]) -> str:
    """Name the arm that is short."""
    return "Call more" if holdout["called"] < holdout["held_out"] else "Hold out more"


def _plans(holdout: dict[str, Any]) -> Block | None:
    plans = holdout["plans"]
    if len(plans) < 3:
        return None
    found = [plan for plan in plans if plan["effect"] is not None]
    figures = _figures(holdout)
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
        caption=f"With {count(holdout['called'])} called. The expected response of the list is {percent(holdout['base_rate'])}. "
        "The last column of the table says how many calls it takes to find an effect of a tenth of that.",
        data=figures,
        keys=[key("accent", "smallest effect found")],
        wide=True,
    )


def _figures(holdout: dict[str, Any]) -> Block:
    rows = [
        [
            percent(plan["share"], 0),
            count(plan["held_out"]),
            "none" if plan["effect"] is None else f"{decimal(100 * plan['effect'], 1)} points",
            count(plan["needed"]) if plan["needed"] else "–",
        ]
        for plan in holdout["plans"]
    ]
    marked = [at for at, plan in enumerate(holdout["plans"]) if abs(plan["share"] - holdout["share"]) < 1e-9]
    return table(
        ["Held out", "customers", "smallest effect", "calls for a tenth of the response"],
        rows,
        words=(),
        marked=marked,
        note="In the row that stands out, the customers who were drawn; in the others, as many as are to be expected."
        if marked
        else "",
    )

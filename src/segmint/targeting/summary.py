"""A list as figures for the report, the command line and the dashboard: counts and money, no customer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.features.edges import FEWEST_TOGETHER, are_too_few
from segmint.metrics.profit import empa
from segmint.targeting.call_list import CallList
from segmint.targeting.choose import LISTED, SUPPRESSED, Choice, mean_of_last, needs_optimiser
from segmint.targeting.curves import curves_of_bins, expected_curve
from segmint.targeting.fairness import cost_of_floor, cost_of_floor_by_group, groups_of, selection_by_group
from segmint.targeting.holdout import PowerCalculation, plan_holdout
from segmint.targeting.optimise import limits_used
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.sensitivity import sensitivity, what_if_parts

HOLDOUT_SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)


def summarise_list(call_list: CallList, choice: Choice, policy: ContactPolicy, columns: pl.DataFrame) -> dict[str, Any]:
    """Sum up a list in money: what it brings, what limits it, what would change it; nothing that fewer than ten customers bring.

    Parameters
    ----------
    call_list : CallList
    choice : Choice
        What it was made of.
    policy : ContactPolicy
    columns : polars.DataFrame of n_customers rows

    Returns
    -------
    dict
        Plain JSON.
    """
    rows, economics = choice.order, policy.economics
    listed = call_list.listed
    told = not are_too_few(listed.height)
    curve = expected_curve(choice.successes[rows], choice.value[rows], choice.cost[rows], listed=listed.height)
    last = [mean_of_last(listed[name].to_numpy()) for name in ("propensity", "expected_profit")]
    last_propensity, last_profit = (None if math.isnan(mean) else mean for mean in last)
    return {
        "counts": call_list.counts,
        "suppressed_because": call_list.reasons,
        "sentences": list(call_list.sentences()),
        "currency": economics.currency,
        "economics": _economics(call_list, choice),
        "expected_profit": call_list.expected_profit if told else None,
        "expected_cost": float(listed["cost"].sum()) if told else None,
        "expected_successes": call_list.expected_successes if told else None,
        "propensity_of_last": last_propensity,
        "profit_of_last": last_profit,
        "curve": curve.filter(pl.col("customers") >= FEWEST_TOGETHER).to_dict(as_series=False),
        "limits": limits_used(choice.listed, choice.cost, policy, columns, choice.prices, choice.calls)
        .fill_nan(None)
        .to_dicts(),
        "optimised": needs_optimiser(policy, choice.cost[rows], choice.calls[rows]),
        "quotas_or_capacities": policy.needs_optimiser,
        "gap": choice.gap,
        "sensitivity": sensitivity(choice, policy).to_dicts(),
        "parts": what_if_parts(choice).to_dict(as_series=False),
        "holdout": _holdout_plans(call_list, choice, policy),
    }


def _economics(call_list: CallList, choice: Choice) -> dict[str, Any]:
    rows, policy, most = choice.order, call_list.policy, call_list.most_customers
    economics = policy.economics
    mean_cost, mean_value = (float(each[rows].mean()) if rows.size else 0.0 for each in (choice.cost, choice.value))
    return {
        "cost": None if isinstance(economics.cost_per_call, str) else economics.cost_per_call,
        "value": None if isinstance(economics.value_per_success, str) else economics.value_per_success,
        "calls_per_customer": call_list.calls_per_customer,
        "mean_cost": None if are_too_few(rows.size) else mean_cost,
        "mean_value": None if are_too_few(rows.size) else mean_value,
        "most_customers": None if math.isinf(most) else int(most),
        "budget_money": policy.budget_money,
    }


def groups_on_list(choice: Choice, columns: pl.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Count and price the list by the levels of some columns, beside everyone who could have been on it.

    Returns
    -------
    list of dict
        column, group, eligible, listed, selection_rate, ratio, mean_propensity, profit (account currency; None where
        `selection_by_group` tells none); groups of fewer than 10 eligible customers pooled, with the next smallest where they
        are fewer than 10 together.
    """
    found: list[dict[str, Any]] = []
    for name in names:
        selected = selection_by_group(choice, groups_of(columns[name]))
        found += [
            {
                **{key: row[key] for key in ("column", "group", "eligible", "listed", "selection_rate", "ratio")},
                "mean_propensity": row["mean_propensity"],
                "profit": None if row["benefit"] is None else row["benefit"] * row["eligible"],
            }
            for row in selected[1:].fill_nan(None).to_dicts()
        ]
    return found


def fairness_of(
    choice: Choice,
    columns: pl.DataFrame,
    watched: Sequence[str],
    policy: ContactPolicy,
    outcome: NDArray[np.bool_] | None = None,
) -> list[dict[str, Any]]:
    """Compare the list with the eligible by each watched column, and price a floor for the groups.

    Returns
    -------
    list of dict
        column, rows (see `selection_by_group`), floors (`cost_of_floor`), each (`cost_of_floor_by_group`).
    """
    found = []
    for name in watched:
        groups = groups_of(columns[name])
        rows = selection_by_group(choice, groups, outcome=outcome)
        able = 0 < choice.listed.size < choice.order.size and rows.height > 2
        found.append(
            {
                "column": name,
                "rows": rows.fill_nan(None).to_dicts(),
                "floors": cost_of_floor(choice, groups, policy).to_dicts() if able else [],
                "each": cost_of_floor_by_group(choice, groups, policy).to_dicts() if able else [],
            }
        )
    return found


def past_of(histogram: Mapping[str, Any] | None, choice: Choice, policy: ContactPolicy) -> dict[str, Any] | None:
    """Say what this ranking brought where the answers are known, at this list's cost and value.

    Parameters
    ----------
    histogram : dict or None
        ``customers`` and ``happened`` by bin of out-of-fold propensity and their ``design_effect``, as a bundle keeps them.
    choice : Choice
        Its mean cost and value are used.
    policy : ContactPolicy

    Returns
    -------
    dict or None
        customers, successes, cost, value, reach (chance of a conversation), sentence, best_fraction, break_even, level, curves (rows), empa (profit per
        customer and share called, with the value of a success gamma distributed); None where nothing is known, or the mean
        cost and value would be of fewer than ten customers.
    """
    if histogram is None or choice.order.size < FEWEST_TOGETHER or not sum(histogram["happened"]):
        return None
    rows, economics = choice.order, policy.economics
    value, cost = float(choice.value[rows].mean()), float(choice.cost[rows].mean())
    full = policy.conversations_per_customer
    reach = full - float((full - choice.reach[rows]).mean())
    worth = value * reach  # those of the past were reached
    customers, happened = np.asarray(histogram["customers"]), np.asarray(histogram["happened"])
    together = histogram.get("design_effect", 1.0)
    curves = curves_of_bins(
        customers, happened, value=worth, cost=cost, currency=economics.currency, design_effect=together
    )
    score = np.repeat(np.arange(customers.size), customers)
    said = np.concatenate([np.arange(n) < yes for n, yes in zip(customers, happened, strict=True)])
    most = None
    if worth > 0 and 0 < happened.sum() < customers.sum():
        most = empa(said, score, contact_cost=cost, mean_value=worth, shape=economics.value_shape)
    return {
        "customers": int(customers.sum()),
        "successes": int(happened.sum()),
        "cost": cost,
        "value": value,
        "reach": reach,
        "sentence": curves.sentence,
        "best_fraction": curves.best_fraction,
        "best_profit": curves.best_profit,
        "break_even": curves.break_even,
        "level": curves.level,
        "curves": curves.rows.fill_nan(None).to_dict(as_series=False),
        "empa": None if most is None else {"profit": most.profit, "fraction": most.fraction},
    }


def _holdout_plans(call_list: CallList, choice: Choice, policy: ContactPolicy) -> dict[str, Any]:
    """Say what the holdout of this list can show and what it costs, and what other shares would.

    The list keeps its length: whoever is held out is replaced by the next. Of its own share those count who were drawn,
    of others as many as are to be expected.
    """
    power, own = call_list.power, round(policy.holdout_share, 4)
    called, told = power.called, not are_too_few(power.called)
    enough = power.enough_share if power.is_in_vain else 0.0
    plans = []
    for share in sorted({*HOLDOUT_SHARES, own, enough} - {0.0}):
        expected = round(called * share / (1 - share))
        plan = power if share == own else plan_holdout(power.base_rate, called, expected)
        plans.append(
            {"share": share, "held_out": plan.held_out, "effect": _effect(plan), "needed": plan.needed}
            | {"forgone": _forgone(call_list, choice, share)}
        )
    return {
        "share": policy.holdout_share,
        "called": called,
        "held_out": power.held_out,
        "base_rate": power.base_rate if told else None,
        "effect": _effect(power),
        "needed": power.needed if told else None,
        "enough_share": enough or None,
        "sentence": power.sentence,
        "plans": plans if called and told else [],
    }


def _forgone(call_list: CallList, choice: Choice, share: float) -> float | None:
    """Expected profit that holding out a share costs, quotas and capacities left out: the next best take the place of some, or nobody.

    What fewer than ten of the next bring is reckoned from ten; None where fewer pay.
    """
    rows = choice.order
    profit = choice.successes[rows] * choice.value[rows] - choice.cost[rows]
    total = np.r_[0.0, np.cumsum(np.sort(profit[profit > 0])[::-1])]
    last = total.size - 1
    if are_too_few(last):
        return None
    called = min(call_list.counts["listed"], last) if call_list.counts["beyond_budget"] else last
    more = min(called / (1 - share), last) - called
    window = min(max(more, FEWEST_TOGETHER), last)
    start = min(called, last - window)
    without, low, high = np.interp([called, start, start + window], np.arange(total.size), total)
    asked = without + (more * (high - low) / window if window else 0.0)
    return max(float(without - (1 - share) * asked), 0.0)


def _effect(plan: PowerCalculation) -> float | None:
    return None if math.isnan(plan.smallest_effect) else plan.smallest_effect


def still_listed(choice: Choice, rows: NDArray[np.bool_]) -> Choice:
    """Take from a choice whoever left the list after it was made: `rows` is True where a customer is still on it."""
    status = choice.status.copy()
    status[(status == LISTED) & ~rows] = SUPPRESSED
    order = choice.order[status[choice.order] != SUPPRESSED]
    return replace(choice, status=status, order=order)

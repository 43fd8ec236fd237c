"""Campaigns that are played: a call list, its results and purchases."""

from __future__ import annotations

import numpy as np
import polars as pl

from segmint.monitoring import joined
from segmint.monitoring.codes import Dispositions

CODES = Dispositions(codes={"SALE": "success", "NO": "refused", "NA": "not_reached", "DNC": "do_not_call"})


def campaign(seed, n=4000, share=0.2, effect=0.06, value=100.0):
    """A call list and its results; calling adds `effect` to everyone's chance."""
    rng = np.random.default_rng(seed)
    base = rng.beta(1, 12, n)
    held = rng.random(n) < share
    success = rng.random(n) < np.clip(base + np.where(held, 0.0, effect), 0, 1)
    call_list = pl.DataFrame(
        {
            "customer": [f"{i:06d}" for i in range(n)],
            "status": np.where(held, "held_out", "listed"),
            "propensity": base + effect,
            "value": np.full(n, value),
            "cost": np.full(n, 2.0),
            "segment": rng.choice(["families", "retired"], n),
        }
    )
    shown = success | ~held
    results = pl.DataFrame(
        {
            "customer": call_list["customer"].filter(pl.Series(shown)),
            "code": np.where(success, "SALE", "NO")[shown],
        }
    )
    return call_list, results


def unmoved(seed, n=20_000, reached=0.4, share=0.2):
    """A campaign in which calling changes nothing: who would buy buys, and of those called some are reached and say so."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(2, 8, n)
    held, buys = rng.random(n) < share, rng.random(n) < chance
    answered = rng.random(n) < reached
    call_list = pl.DataFrame(
        {
            "customer": [f"{i:06d}" for i in range(n)],
            "status": np.where(held, "held_out", "listed"),
            "propensity": chance,
            "value": np.full(n, 100.0),
            "cost": np.full(n, 2.0),
        }
    )
    code = np.where(~answered, "NA", np.where(buys, "SALE", "NO"))
    calls = call_list.select("customer", code=pl.Series(code)).filter(pl.Series(~held))
    purchases = call_list.select("customer").filter(pl.Series(buys))
    return call_list, calls, purchases


def two_waves(seed, n=20_000, size=2_500, share=0.1):
    """Two lists of one campaign: those called once rest, those held out come to the top of the ranking again."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 6, n)
    held, buys = rng.random(n) < share, rng.random(n) < chance
    ranking = np.argsort(-chance)
    lists = []
    for _ in range(2):
        cut = ranking[: int(np.searchsorted(np.cumsum(~held[ranking]), size)) + 1]
        lists.append(
            pl.DataFrame(
                {
                    "customer": [f"{i:06d}" for i in cut],
                    "status": np.where(held[cut], "held_out", "listed"),
                    "propensity": chance[cut],
                    "value": np.full(cut.size, 100.0),
                    "cost": np.full(cut.size, 2.0),
                }
            )
        )
        ranking = ranking[~np.isin(ranking, cut[~held[cut]])]
    calls = lists[1].filter(pl.col("status") == "listed").select("customer", code=pl.lit("NO"))
    return *lists, calls, pl.DataFrame({"customer": [f"{i:06d}" for i in np.flatnonzero(buys)]})


def join_results(call_list, results, dispositions, **told):
    """Join the results of a list whose date is not known, a row for each call."""
    return joined.join_results(
        call_list, results, dispositions, **{"since": None, "today": None, "outcome": None, "of_calls": True} | told
    )

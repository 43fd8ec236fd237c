"""What did calling bring? Results joined to the call list, called customers against those held out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from segmint.arrays import Floats
from segmint.errors import DataError
from segmint.metrics.effect_level import EFFECT_LEVEL
from segmint.metrics.intervals import FEWEST_OF_EACH
from segmint.monitoring.joined import JoinedResults, all_told
from segmint.monitoring.results import require_since
from segmint.wording import between, counted, money, percent, signed

METHODS = ("plain", "cuped")
_SMALLEST_ARM = 20
_NOT_BY_CHANCE = 3.3  # standard errors; arms that are drawn by lot lie further apart in one campaign of 1,000


@dataclass(frozen=True)
class Measurement:
    """What calling brought, with intervals.

    Attributes
    ----------
    rows : polars.DataFrame
        segment ("everyone" first), quantity (response, revenue, profit), method (plain, cuped), called,
        held_out (observed means per customer), difference, low, high, total, total_low, total_high (over all
        customers called), customers_called, customers_held_out, smallest_visible. Intervals and smallest_visible are
        NaN where an arm has fewer than 5 customers who bought, or who did not. Where the arms are not alike there is no
        plain difference.
    level : float
        Nominal coverage of the intervals.
    sentences : tuple of str
    cautions : tuple of str
        Those of the sentences that say what makes the comparison unfair.
    unlike : str or None
        That of the cautions which says that the arms differed before the first call; None if they did not.
    """

    rows: pl.DataFrame
    level: float
    sentences: tuple[str, ...]
    cautions: tuple[str, ...] = ()
    unlike: str | None = None

    def frame(self) -> pl.DataFrame:
        """Return every estimate."""
        return self.rows


def measure(
    joined: JoinedResults,
    *,
    level: float = EFFECT_LEVEL,
    currency: str = "",
    held_out_silence_means_no: bool = False,
) -> Measurement:
    """Estimate the incremental response, revenue and profit of calling, per customer and in all.

    Profit is after the cost in the call list, which is the planned one: results need not hold a row for each call dialled.

    Everyone listed is compared with everyone held out, dialled or not (intention to treat). CUPED takes out
    of the outcome what the propensity had already foretold.

    Parameters
    ----------
    joined : JoinedResults
    level : float
        Coverage of the intervals (Welch, with a purchase and a refusal more in each arm).
    currency : str
        Put behind amounts of money; "" if nobody knows.
    held_out_silence_means_no : bool
        Whether a customer held out who is not in the results is known not to have bought.

    Raises
    ------
    DataError
        Without a control group, or when nothing is known of its purchases: no effect can be told. If the dates of the
        results or purchases leave open which were made before the list.

    References
    ----------
    Deng, Xu, Kohavi, Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data" (CUPED).
    """
    rows = joined.compared
    called = (rows["status"] == "listed").to_numpy()
    _require_same_campaign(joined)
    _require_control_group(joined, called, held_out_silence_means_no)
    _require_purchases_of_some(joined)
    quantities = _quantities(rows, called)
    apart = _apart(quantities["response"].foretold, called)
    methods = METHODS if apart is None else ("cuped",)
    table = _estimates("everyone", quantities, called, level, methods)
    segments = rows["segment"].cast(pl.String) if "segment" in rows.columns else pl.Series([None] * rows.height)
    for segment in segments.drop_nulls().unique().sort():
        inside = (segments == segment).fill_null(False).to_numpy()
        if min(called[inside].sum(), (~called[inside]).sum()) >= _SMALLEST_ARM:
            part = {name: quantity.of(inside) for name, quantity in quantities.items()}
            table += _estimates(str(segment), part, called[inside], level, methods)
    frame = pl.DataFrame(table)
    lacking = _lacking(quantities["response"].outcome, called)
    said = _sentences(frame, level, currency) if lacking is None else _too_few(frame, lacking)
    cautions = joined.cautions if apart is None else (*joined.cautions, apart)
    return Measurement(frame, level, (joined.sentence, *cautions, *said), cautions, apart)


def _apart(propensity: Floats, called: NDArray[np.bool_]) -> str | None:
    """Say that the arms differed before the first call, by more than chance explains; None if they did not."""
    one, other = propensity[called], propensity[~called]
    error = math.sqrt(one.var(ddof=1) / one.size + other.var(ddof=1) / other.size)
    if abs(one.mean() - other.mean()) <= max(_NOT_BY_CHANCE * error, 1e-9):
        return None
    return (
        f"The two arms are not alike: the mean propensity is {percent(one.mean())} of those called and "
        f"{percent(other.mean())} of those held out. The plain difference is left out; CUPED takes out what the propensity "
        "foretold, and nothing else. If this is not the campaign's first list, name the lists before it: --earlier."
    )


def _require_same_campaign(joined: JoinedResults) -> None:
    """Refuse results or purchases none of which is of a customer on the list: they are of another campaign, or other ids."""
    for what, read, matched in (
        ("results", joined.read, joined.matched),
        ("purchases", joined.purchases or 0, joined.purchases_matched),
    ):
        if read and not matched:
            raise DataError(
                f"None of the {read:,} {what} is of a customer on the list.",
                expected="the ids of the call list, and the same campaign",
                fix=f"check that the list and the {what} belong together",
            )
    if joined.early is not None:
        require_since(joined.early, "customers on the list")
    if joined.bought is not None:
        joined.bought.early.require_one_reading()
    if joined.bought is not None and joined.bought.all_too_early:
        early = joined.bought.too_early
        raise DataError(
            f"{f'All {early:,} purchases were' if early > 1 else 'The one purchase was'} made before the list of {joined.bought.early.since}, as "
            f"'{joined.bought.early.dated_by}' says: nobody has bought since.",
            expected="purchases since the day of the list",
            fix="export those, or wait for them; leave the column of dates out if they were made since all the same",
        )


def _require_purchases_of_some(joined: JoinedResults) -> None:
    """Refuse purchases of every single customer: rows of customers, with or without a purchase, look like that."""
    compared = joined.compared
    if joined.purchases is not None and compared["success"].all():
        raise DataError(
            f"Every one of the {compared.height:,} customers, called or held out, has a row among the purchases: these seem "
            "to be rows of customers, and no purchases.",
            expected="one row for each purchase, and none for who bought nothing; or a column of yes and no that is called 'bought'",
            fix="keep the rows of those who bought, and name that table with --purchases",
        )


def _require_control_group(joined: JoinedResults, called: NDArray[np.bool_], silence_means_no: bool) -> None:
    if (called.all() or not called.any()) and joined.before:
        raise DataError(
            f"{counted(joined.before, 'customer was', 'customers were')} on an earlier list, and nobody else is left in one of the two arms.",
            expected="customers who are new on this list, some called and some held out",
            fix="name only lists that were made before this one",
        )
    if called.all() or not called.any():
        raise DataError(
            "The call list has no control group, so the effect of calling cannot be told: propensity is not uplift.",
            expected="customers with status 'held_out' beside those listed",
            fix="set policy.holdout_share before the next campaign",
        )
    if min(called.sum(), (~called).sum()) < 2:
        raise DataError(
            "One arm has a single customer, so nothing can be said of chance.",
            expected="at least two customers called and two held out",
            fix="set a larger policy.holdout_share before the next campaign",
        )
    # a call code of somebody held out says that the customer was called, not what was bought without a call
    held = joined.compared.filter(pl.col("status") == "held_out")
    told = joined.purchases is not None or all_told(held) or bool(held["success"].any())
    if not silence_means_no and not told:
        raise DataError(
            "The results say nothing of the customers held out, so their own purchases are unknown.",
            expected="everyone's purchases from the product system (--purchases)",
            fix="name that table, or say that silence means no",
        )


@dataclass(frozen=True)
class _Quantity:
    """One quantity per customer: what came of it, what was foretold before the first call, and what a purchase brings."""

    outcome: Floats
    foretold: Floats
    brings: Floats

    def of(self, chosen: NDArray[np.bool_]) -> _Quantity:
        return _Quantity(self.outcome[chosen], self.foretold[chosen], self.brings[chosen])


def _quantities(rows: pl.DataFrame, called: NDArray[np.bool_]) -> dict[str, _Quantity]:
    success = rows["success"].cast(pl.Float64).to_numpy()
    value, cost = (rows[name].fill_null(0.0).to_numpy() for name in ("value", "planned_cost"))
    propensity = rows["propensity"].fill_null(rows["propensity"].mean()).to_numpy()
    revenue, worth = success * value, propensity * value
    return {
        "response": _Quantity(success, propensity, np.ones(success.size)),
        "revenue": _Quantity(revenue, worth, value),
        "profit": _Quantity(revenue - np.where(called, cost, 0.0), worth, value),
    }


def _estimates(
    segment: str,
    quantities: Mapping[str, _Quantity],
    called: NDArray[np.bool_],
    level: float,
    methods: Sequence[str],
) -> list[dict[str, float | str | int]]:
    success = quantities["response"].outcome
    return [
        {"segment": segment, "quantity": name, "method": method}
        | _difference(
            quantity,
            quantity.outcome if method == "plain" else _adjusted(quantity.outcome, quantity.foretold, called),
            success,
            called,
            level,
        )
        for name, quantity in quantities.items()
        for method in methods
    ]


def _adjusted(outcome: Floats, foretold: Floats, called: NDArray[np.bool_]) -> Floats:
    """Take out of the outcome what the propensity explains within the arms."""
    within_y, within_x = outcome.copy(), foretold.copy()
    for arm in (called, ~called):
        within_y[arm] -= outcome[arm].mean()
        within_x[arm] -= foretold[arm].mean()
    spread = float((within_x**2).sum())
    slope = float((within_x * within_y).sum()) / spread if spread > 0 else 0.0
    adjusted: Floats = outcome - slope * (foretold - foretold.mean())
    return adjusted


def _difference(
    quantity: _Quantity, adjusted: Floats, success: Floats, called: NDArray[np.bool_], level: float
) -> dict[str, float | int]:
    one, other = adjusted[called], adjusted[~called]
    shifts, parts = np.array([_with_two_more(quantity, adjusted, success, arm) for arm in (called, ~called)]).T
    error = math.sqrt(parts.sum()) if _lacking(success, called) is None else math.nan
    difference = float(one.mean() - other.mean())
    centre = difference + float(shifts[0] - shifts[1])
    reach = error * float(stdtrit(_freedom(parts, one.size, other.size), 0.5 + level / 2))
    return {
        "called": float(quantity.outcome[called].mean()),
        "held_out": float(quantity.outcome[~called].mean()),
        "difference": difference,
        "low": centre - reach,
        "high": centre + reach,
        "total": difference * one.size,
        "total_low": (centre - reach) * one.size,
        "total_high": (centre + reach) * one.size,
        "customers_called": one.size,
        "customers_held_out": other.size,
        "smallest_visible": error * float(ndtri(0.5 + level / 2) + ndtri(0.8)),
    }


def _with_two_more(
    quantity: _Quantity, adjusted: Floats, success: Floats, arm: NDArray[np.bool_]
) -> tuple[float, float]:
    """How far a purchase and a refusal more would move an arm's mean, and the variance of the mean with them.

    The variance of a few outcomes says little: without a purchase it is 0, as if all were known. One success and
    one failure more in each arm keep intervals honest (Agresti, Caffo 2000, "Simple and effective confidence intervals for
    proportions and differences of proportions", The American Statistician 54(4)). Money moves as the rate does, by
    what a purchase brings; CUPED narrows both by the share that the propensity leaves unexplained.
    """
    n, brings = int(arm.sum()), quantity.brings[arm]
    rate = (success[arm].sum() + 1) / (n + 2)
    shift = float((rate - success[arm].mean()) * brings.mean())
    floor = float(rate * (brings**2).mean() - (rate * brings.mean()) ** 2) / (n + 2)
    plain, own = float(quantity.outcome[arm].var(ddof=1)), float(adjusted[arm].var(ddof=1))
    return shift, max(own / n, floor * own / plain if plain > 0 else floor)


def _lacking(success: Floats, called: NDArray[np.bool_]) -> str | None:
    """Say which arm has too few purchases, or refusals, for any interval; None if both have enough."""
    for arm, name in ((~called, "held out"), (called, "called")):
        bought = int(success[arm].sum())
        if bought < FEWEST_OF_EACH:
            return f"purchases among those {name}"
        if arm.sum() - bought < FEWEST_OF_EACH:
            return f"customers without a purchase among those {name}"
    return None


def _freedom(parts: Floats, one: int, other: int) -> float:
    """Degrees of freedom after Welch and Satterthwaite."""
    below = parts[0] ** 2 / (one - 1) + parts[1] ** 2 / (other - 1)
    return float(parts.sum() ** 2 / below) if below > 0 else float(one + other - 2)


def _sentences(frame: pl.DataFrame, level: float, currency: str) -> Sequence[str]:
    best = {
        row["quantity"]: row
        for row in frame.filter((pl.col("segment") == "everyone") & (pl.col("method") == "cuped")).iter_rows(named=True)
    }
    response, profit = best["response"], best["profit"]
    said = [
        f"Calling changed the response rate by {signed(100 * response['difference'], 1)} points "
        f"({signed(100 * response['low'], 1)} to {signed(100 * response['high'], 1)}, {percent(level, 0)} interval){_allowed_for(frame, response)}: "
        f"{percent(response['called'])} of {response['customers_called']:,} called against {percent(response['held_out'])} "
        f"of {response['customers_held_out']:,} held out.",
        f"In all it brought {money(profit['total'], currency)} after the planned cost of the calls "
        f"({between(profit['total_low'], profit['total_high'], 0)}).",
    ]
    if response["low"] <= 0 <= response["high"]:
        said.append(
            "The holdout is too small to tell whether calling helped: only a change of "
            f"{100 * response['smallest_visible']:.1f} points or more would have been seen in 80 % of cases."
        )
    elif profit["total_low"] <= 0 <= profit["total_high"]:
        said.append("Calling changed the response, but whether it paid for itself cannot be told yet.")
    return said


def _allowed_for(frame: pl.DataFrame, response: Mapping[str, float]) -> str:
    """Say why the difference is not that of the two rates beside it, where it is not."""
    without = signed(100 * (response["called"] - response["held_out"]), 1)
    if without == signed(100 * response["difference"], 1):
        return ""
    # where the arms are not alike, their plain difference says nothing
    beside = "" if frame.filter(pl.col("method") == "plain").is_empty() else f" ({without} without)"
    return f", after allowing for the arms' different propensities{beside}"


def _too_few(frame: pl.DataFrame, lacking: str) -> Sequence[str]:
    response = frame.filter((pl.col("segment") == "everyone") & (pl.col("quantity") == "response")).row(0, named=True)
    return (
        f"{percent(response['called'])} of {response['customers_called']:,} called bought, and "
        f"{percent(response['held_out'])} of {response['customers_held_out']:,} held out.",
        f"There are too few {lacking} to tell what calling changed: at least {FEWEST_OF_EACH} customers who bought and "
        f"{FEWEST_OF_EACH} who did not are needed in each arm. Wait for more results, or hold out more customers next time.",
    )

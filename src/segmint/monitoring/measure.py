"""What did calling bring? Results joined to the call list, called customers against those held out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from segmint.arrays import Floats, distinct
from segmint.errors import DataError
from segmint.metrics.effect_level import EFFECT_LEVEL
from segmint.metrics.intervals import FEWEST_OF_EACH
from segmint.monitoring.joined import JoinedResults, all_told
from segmint.monitoring.results import require_since
from segmint.wording import between, capital, counted, listed, money, percent, signed

METHODS = ("plain", "cuped")
EVERYONE = "everyone"
_SMALLEST_ARM = 20
_SMALLEST_OF_A_LIST = 10  # in a segment: with fewer, intervals miss too often, or one list makes them useless
_USEFUL = 0.1  # a holdout that finds a tenth of the response is not too small: what `target` names beforehand
_COSTS_DIFFER = 0.1  # planned calls and those with a result, as a share of the planned cost
_PAID, _LOST = "calling surely paid", "calling surely cost more than it brought"
_NOT_BY_CHANCE = 3.3  # standard errors; arms that are drawn by lot lie further apart in one campaign of 1,000


@dataclass(frozen=True)
class Measurement:
    """What calling brought, with intervals.

    Attributes
    ----------
    rows : polars.DataFrame
        segment ("everyone" first), quantity (response, revenue, profit, and profit_by_results where the cost of calls that
        left a result is another than the planned one), method (plain, cuped), called, held_out (observed means per customer, of
        several lists those held out weighted as the lists are among those called), difference, low, high, total,
        total_low, total_high (over all customers called), customers_called, customers_held_out, smallest_visible. Called is
        who was listed, dialled or not. Intervals and smallest_visible are NaN where an arm has fewer than 5 customers who
        bought, or who did not. Where the arms are not alike there is no plain difference.
    level : float
        Nominal coverage of the intervals; those of segments hold for all segments together (Bonferroni).
    sentences : tuple of str
    cautions : tuple of str
        Those of the sentences that say what makes the comparison unfair.
    unlike : str or None
        That of the cautions which says that the arms differed before the first call; None if they did not.
    doubt : tuple of str or None
        What cannot be told, or is a loss: a title and the sentence; None if calling brought something.
    figures : tuple of str
        Those of the sentences that say what calling brought everyone, which a page shows as figures.
    """

    rows: pl.DataFrame
    level: float
    sentences: tuple[str, ...]
    cautions: tuple[str, ...] = ()
    unlike: str | None = None
    doubt: tuple[str, str] | None = None
    figures: tuple[str, ...] = ()

    def frame(self) -> pl.DataFrame:
        """Return every estimate."""
        return self.rows


def measure(
    joined: JoinedResults,
    *,
    level: float = EFFECT_LEVEL,
    currency: str = "",
    held_out_silence_means_no: bool = False,
    calls_planned: Floats | None = None,
) -> Measurement:
    """Estimate the incremental response, revenue and profit of calling, per customer and in all.

    Profit is after the cost in the call list, which is the planned one: results need not hold a row for each call dialled.
    Where that of the calls which left a result is known and differs, the profit after it stands beside.

    Everyone listed is compared with everyone held out, dialled or not (intention to treat). CUPED takes out
    of the outcome what the propensity had already foretold. Of several lists, which the column `run` tells apart, each is
    compared with its own holdout, and the differences are added up by how many were called (post-stratification): where
    the shares held out differ, one comparison of all would take the lists' different seasons for an effect.

    Parameters
    ----------
    joined : JoinedResults
    level : float
        Coverage of the intervals (Welch, with a purchase and a refusal more in each arm).
    currency : str
        Put behind amounts of money; "" if nobody knows.
    held_out_silence_means_no : bool
        Whether a customer held out who is not in the results is known not to have bought.
    calls_planned : array of shape (n_listed_rows,), optional
        Calls that the cost of each row of the list is of, NaN where nobody knows: what calls with a result cost is then open.

    Raises
    ------
    DataError
        Without a control group, or when nothing is known of its purchases: no effect can be told. If no list of several has
        at least 20 customers in each arm. If the dates of the results or purchases leave open which were made before the list.

    References
    ----------
    Deng, Xu, Kohavi, Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data" (CUPED).

    Miratrix, Sekhon, Yu 2013, "Adjusting treatment effect estimates by post-stratification in randomized experiments", JRSS B
    75(2).
    """
    rows = joined.compared
    called = (rows["status"] == "listed").to_numpy()
    _require_same_campaign(joined)
    _require_control_group(joined, called, held_out_silence_means_no)
    _require_purchases_of_some(joined)
    kept, left_out = _lists_with_both_arms(_lists_of(rows), called)
    rows, called = rows.filter(kept), called[kept]
    if calls_planned is not None:
        calls_planned = calls_planned[joined.rows["new"].to_numpy()][kept]
    quantities = _quantities(rows, called, calls_planned if joined.of_calls else None)
    lists, strata = np.unique(_lists_of(rows), return_inverse=True)
    everyone = _arms(called, strata)
    apart = _apart(quantities["response"].foretold, everyone)
    methods = METHODS if apart is None else ("cuped",)
    table = _estimates(EVERYONE, quantities, everyone, level, methods)
    segments, too_small = _segments_of(rows, called, strata)
    # as many intervals as segments: of a dozen without any effect one would seem to have some, nearly always
    together = 1 - (1 - level) / max(len(segments), 1)
    for segment, inside in segments.items():
        part = {name: quantity.of(inside) for name, quantity in quantities.items()}
        table += _estimates(segment, part, _arms(called[inside], strata[inside]), together, methods)
    frame = pl.DataFrame(table)
    best = {row["quantity"]: row for row in table if counts_for_everyone(row)}
    lacking = _lacking(quantities["response"].outcome, everyone)
    doubt = _doubt(best, currency) if lacking is None else _too_few(lacking)
    figures = tuple(
        _sentences(best, level, currency, plain="plain" in methods) if lacking is None else [_rates(best["response"])]
    )
    said = [
        *figures,
        *_of_lists(lists.size),
        *too_small,
        *([] if doubt is None else [doubt[1]]),
    ]
    cautions = (*joined.cautions, *left_out, *([] if apart is None else [apart]))
    return Measurement(frame, level, (joined.sentence, *cautions, *said), cautions, apart, doubt, figures)


@dataclass(frozen=True)
class _Arm:
    """Who was called, or held out: the rows of each list, and the share of those called who are on it."""

    rows: Sequence[NDArray[np.intp]]
    shares: Floats

    @cached_property
    def size(self) -> int:
        return sum(rows.size for rows in self.rows)

    @cached_property
    def worth(self) -> float:
        """Customers of one list that would tell as much; as many as there are where each list weighs by its customers."""
        return float(1 / sum(share**2 / rows.size for rows, share in zip(self.rows, self.shares, strict=True)))

    def mean(self, values: Floats) -> float:
        return float(sum(share * values[rows].mean() for rows, share in zip(self.rows, self.shares, strict=True)))

    def variance(self, values: Floats) -> float:
        """Variance of the mean."""
        lists = zip(self.rows, self.shares, strict=True)
        return float(sum(share**2 * values[rows].var(ddof=1) / rows.size for rows, share in lists))


_Arms = tuple[_Arm, _Arm]


def _arms(called: NDArray[np.bool_], strata: NDArray[np.intp]) -> _Arms:
    """Part those called, and those held out, by list."""
    found = distinct(strata)
    shares = np.array([(strata[called] == each).mean() for each in found])
    one, other = (_Arm([np.flatnonzero((strata == each) & arm) for each in found], shares) for arm in (called, ~called))
    return one, other


def _lists_of(rows: pl.DataFrame) -> NDArray[np.str_]:
    """Name the list of each customer, by the run that made it."""
    named = (
        rows["run"].cast(pl.String).fill_null("without a run")
        if "run" in rows.columns
        else pl.repeat("", rows.height, eager=True)
    )
    return named.to_numpy().astype(str)


def _in_both_arms(called: NDArray[np.bool_], strata: NDArray[np.intp], fewest: int) -> NDArray[np.bool_]:
    """Mark customers of lists that have enough of each arm."""
    most = int(strata.max(initial=0)) + 1
    smaller = np.minimum(*(np.bincount(strata[arm], minlength=most) for arm in (called, ~called)))
    marked: NDArray[np.bool_] = smaller[strata] >= fewest
    return marked


def _lists_with_both_arms(lists: NDArray[np.str_], called: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], list[str]]:
    """Mark customers of lists large enough to be compared, and name the other lists; one list alone is compared as it is."""
    names, strata = np.unique(lists, return_inverse=True)
    kept = _in_both_arms(called, strata, _SMALLEST_ARM if names.size > 1 else 0)
    if not kept.any():
        raise DataError(
            f"None of the {names.size:,} lists has {_SMALLEST_ARM} customers in each arm, so none can be compared with its own holdout.",
            expected=f"at least {_SMALLEST_ARM} customers to be called and as many held out, on one list",
            fix="set a larger policy.holdout_share before the next campaign",
        )
    small = [_with_arms(name, called[lists == name]) for name in np.unique(lists[~kept])]
    if not small:
        return kept, []
    return kept, [
        f"Left out, as a list with fewer than {_SMALLEST_ARM} customers in an arm cannot be compared with its own holdout: {listed(small)}."
    ]


def _with_arms(name: str, called: NDArray[np.bool_]) -> str:
    return f"{name} ({called.sum():,} to be called, {(~called).sum():,} held out)"


def _of_lists(lists: int) -> list[str]:
    if lists == 1:
        return []
    return [
        f"Each of the {lists:,} lists is compared with its own holdout, and they are added up by how many were to be called; the rate of those "
        "held out is weighted alike."
    ]


def _segments_of(
    rows: pl.DataFrame, called: NDArray[np.bool_], strata: NDArray[np.intp]
) -> tuple[dict[str, NDArray[np.bool_]], list[str]]:
    """Mark the customers of each segment that is large enough, and name those that are not.

    Of several lists, one with too few of an arm in the segment is left out of it, and its customers are counted.
    """
    names = (
        rows["segment"].cast(pl.String)
        if "segment" in rows.columns
        else pl.Series([None] * rows.height, dtype=pl.String)
    )
    shown, small, without = {}, [], []
    for name in names.drop_nulls().unique().sort():
        mine = (names == name).fill_null(False).to_numpy()
        inside = mine.copy()
        inside[mine] = _in_both_arms(called[mine], strata[mine], _SMALLEST_OF_A_LIST)
        if min(called[inside].sum(), (~called[inside]).sum()) < _SMALLEST_ARM:
            small.append(_with_arms(name, called[mine]))
            continue
        shown[f"{name} (segment)" if name == EVERYONE else name] = inside
        if left_out := int(mine.sum() - inside.sum()):
            without.append(f"{name} ({counted(left_out, 'customer')})")
    of_lists = f", on lists with {_SMALLEST_OF_A_LIST} of it in each" if strata.any() else ""
    said = []
    if small:
        said.append(f"Not shown, as a segment needs {_SMALLEST_ARM} customers in each arm{of_lists}: {listed(small)}.")
    if without:
        said.append(
            f"Left out of a segment, as their list has fewer than {_SMALLEST_OF_A_LIST} customers of it in an arm: {listed(without)}."
        )
    return shown, said


def counts_for_everyone(row: Mapping[str, Any]) -> bool:
    """Whether a row of the effect is the one that counts: of everyone, adjusted."""
    return bool(row["segment"] == EVERYONE and row["method"] == "cuped")


def _apart(propensity: Floats, arms: _Arms) -> str | None:
    """Say that the arms differed before the first call, by more than chance explains; None if they did not."""
    one, other = (arm.mean(propensity) for arm in arms)
    error = math.sqrt(sum(arm.variance(propensity) for arm in arms))
    if abs(one - other) <= max(_NOT_BY_CHANCE * error, 1e-9):
        return None
    return (
        f"The two arms are not alike: the mean propensity is {percent(one)} of those called and "
        f"{percent(other)} of those held out. The plain difference is left out; CUPED takes out what the propensity "
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
            fix="name that table, or say that silence means no: --silence-means-no",
        )


@dataclass(frozen=True)
class _Quantity:
    """One quantity per customer: what came of it, what was foretold before the first call, and what a purchase brings."""

    outcome: Floats
    foretold: Floats
    brings: Floats

    def of(self, chosen: NDArray[np.bool_]) -> _Quantity:
        return _Quantity(self.outcome[chosen], self.foretold[chosen], self.brings[chosen])


def _quantities(rows: pl.DataFrame, called: NDArray[np.bool_], calls_planned: Floats | None) -> dict[str, _Quantity]:
    """Gather what is measured; the profit by results too, where it is known what each call costs, and they cost otherwise."""
    success = rows["success"].cast(pl.Float64).to_numpy()
    value, cost = (rows[name].fill_null(0.0).to_numpy() for name in ("value", "planned_cost"))
    propensity = rows["propensity"].fill_null(rows["propensity"].mean()).to_numpy()
    revenue, worth = success * value, propensity * value
    planned = np.where(called, cost, 0.0)
    found = {
        "response": _Quantity(success, propensity, np.ones(success.size)),
        "revenue": _Quantity(revenue, worth, value),
        "profit": _Quantity(revenue - planned, worth, value),
    }
    if calls_planned is not None and (calls_planned[called] > 0).all():
        price = rows["cost"].fill_null(0.0).to_numpy() / np.where(called, calls_planned, 1.0)
        by_results = np.where(called, price * rows["calls"].to_numpy(), 0.0)
        if abs(by_results.sum() - planned.sum()) > _COSTS_DIFFER * abs(planned.sum()):
            found["profit_by_results"] = _Quantity(revenue - by_results, worth, value)
    return found


def _estimates(
    segment: str,
    quantities: Mapping[str, _Quantity],
    arms: _Arms,
    level: float,
    methods: Sequence[str],
) -> list[dict[str, Any]]:
    success = quantities["response"].outcome
    return [
        {"segment": segment, "quantity": name, "method": method}
        | _difference(
            quantity,
            quantity.outcome if method == "plain" else _adjusted(quantity.outcome, quantity.foretold, arms),
            success,
            arms,
            level,
        )
        for name, quantity in quantities.items()
        for method in methods
    ]


def _adjusted(outcome: Floats, foretold: Floats, arms: _Arms) -> Floats:
    """Take out of the outcome what the propensity explains within the arms of each list."""
    within_y, within_x = outcome.copy(), foretold.copy()
    for rows in (*arms[0].rows, *arms[1].rows):
        within_y[rows] -= outcome[rows].mean()
        within_x[rows] -= foretold[rows].mean()
    spread = float((within_x**2).sum())
    slope = float((within_x * within_y).sum()) / spread if spread > 0 else 0.0
    adjusted: Floats = outcome - slope * (foretold - foretold.mean())
    return adjusted


def _difference(
    quantity: _Quantity, adjusted: Floats, success: Floats, arms: _Arms, level: float
) -> dict[str, float | int]:
    called, held_out = arms
    shifts, parts = np.array([_with_two_more(quantity, adjusted, success, arm) for arm in arms]).T
    error = math.sqrt(parts.sum()) if _lacking(success, arms) is None else math.nan
    difference = called.mean(adjusted) - held_out.mean(adjusted)
    centre = difference + float(shifts[0] - shifts[1])
    reach = error * float(stdtrit(_freedom(parts, called.worth, held_out.worth), 0.5 + level / 2))
    return {
        "called": called.mean(quantity.outcome),
        "held_out": held_out.mean(quantity.outcome),
        "difference": difference,
        "low": centre - reach,
        "high": centre + reach,
        "total": difference * called.size,
        "total_low": (centre - reach) * called.size,
        "total_high": (centre + reach) * called.size,
        "customers_called": called.size,
        "customers_held_out": held_out.size,
        "smallest_visible": error * float(ndtri(0.5 + level / 2) + ndtri(0.8)),
    }


def _with_two_more(quantity: _Quantity, adjusted: Floats, success: Floats, arm: _Arm) -> tuple[float, float]:
    """How far a purchase and a refusal more would move an arm's mean, and the variance of the mean with them.

    The variance of a few outcomes says little: without a purchase it is 0, as if all were known. One success and
    one failure more in each arm keep intervals honest (Agresti, Caffo 2000, "Simple and effective confidence intervals for
    proportions and differences of proportions", The American Statistician 54(4)). Money moves as the rate does, by
    what a purchase brings; CUPED narrows both by the share that the propensity leaves unexplained.
    """
    n, brings, now = arm.worth, arm.mean(quantity.brings), arm.mean(success)
    rate = (now * n + 1) / (n + 2)
    floor = (rate * arm.mean(quantity.brings**2) - (rate * brings) ** 2) / (n + 2)
    plain, own = arm.variance(quantity.outcome), arm.variance(adjusted)
    return (rate - now) * brings, max(own, floor * own / plain if plain > 0 else floor)


class _Lacking(NamedTuple):
    """What an arm has too few of for any interval."""

    what: str
    held: bool


def _lacking(success: Floats, arms: _Arms) -> _Lacking | None:
    """Say which arm has too few purchases, or refusals, for any interval; None if both have enough."""
    called, held_out = arms
    for arm, held in ((held_out, True), (called, False)):
        bought = sum(success[rows].sum() for rows in arm.rows)
        if bought < FEWEST_OF_EACH:
            return _Lacking("purchases", held)
        if arm.size - bought < FEWEST_OF_EACH:
            return _Lacking("customers without a purchase", held)
    return None


def _freedom(parts: Floats, one: float, other: float) -> float:
    """Degrees of freedom after Welch and Satterthwaite."""
    below = parts[0] ** 2 / (one - 1) + parts[1] ** 2 / (other - 1)
    return float(parts.sum() ** 2 / below) if below > 0 else one + other - 2


def _sentences(best: Mapping[str, Mapping[str, Any]], level: float, currency: str, *, plain: bool) -> Sequence[str]:
    response, profit, by_results = best["response"], best["profit"], best.get("profit_by_results")
    said = [
        f"Calling changed the response rate by {signed(100 * response['difference'], 1)} points "
        # where the arms are not alike, their plain difference says nothing
        f"({signed(100 * response['low'], 1)} to {signed(100 * response['high'], 1)}, {percent(level, 0)} interval){allowed_for(response, plain=plain)}: "
        f"{_rates(response)}",
        f"In all it brought {money(profit['total'], currency)} after the planned cost of the calls "
        f"({between(profit['total_low'], profit['total_high'], 0)}).",
    ]
    if by_results is not None:
        said.append(
            f"If only calls that left a result cost something, it brought {money(by_results['total'], currency)} "
            f"({between(by_results['total_low'], by_results['total_high'], 0)})."
        )
    return said


def _doubt(best: Mapping[str, Mapping[str, Any]], currency: str) -> tuple[str, str] | None:
    """Say what cannot be told, and what is a loss: a title, and the sentence; None if calling brought something.

    The planned cost decides; where the other reckoning of the cost shows something else, both are named.
    """
    response, planned, apart = best["response"], best["profit"], two_reckonings(best)
    open_whether = response["low"] <= 0 <= response["high"]
    title, said = _open(response) if open_whether else ("", "Calling changed the response.")
    if planned["total_high"] < 0 and not depends_on_the_cost(best):
        loss = "Calling surely cost more than it brought"
        if apart:
            return f"{loss}, after the planned cost", f"{said} {apart}"
        most = f"{loss}: even the upper end of the profit's interval is {money(planned['total_high'], currency)}."
        return loss, f"{said} {most}" if open_whether else most
    if open_whether:
        return title, f"{said} {apart}".rstrip()
    if depends_on_the_cost(best):
        return "Whether calling paid depends on what a call costs", f"{said} {apart} Find out what the calls cost."
    if planned["total_low"] > 0:
        return None
    return "Whether calling paid cannot be told yet", (
        f"{said} {apart}"
        if apart
        else "Calling changed the response, but the interval of the profit holds 0: it may have cost more than it brought."
    )


def _paid_by_each(best: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """Say what the profit after the planned cost shows, and that by results; the same where there is one alone."""
    return _whether_it_paid(best["profit"]), _whether_it_paid(best.get("profit_by_results", best["profit"]))


def _whether_it_paid(profit: Mapping[str, Any]) -> str:
    if profit["total_low"] > 0:
        return _PAID
    return _LOST if profit["total_high"] < 0 else "the interval of the profit holds 0"


def two_reckonings(best: Mapping[str, Mapping[str, Any]]) -> str:
    """Say what each reckoning of the cost of calls shows, by quantity, where they disagree; "" where they agree, or there is one."""
    planned, by_results = _paid_by_each(best)
    if planned == by_results:
        return ""
    return f"After the planned cost of the calls, {planned}; if only calls that left a result cost something, {by_results}."


def depends_on_the_cost(best: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether calling surely paid by the planned cost alone, or surely lost by it and surely paid by the other: no further measuring settles that."""
    planned, by_results = _paid_by_each(best)
    return (planned == _PAID and by_results != _PAID) or (planned == _LOST and by_results == _PAID)


def would_have_been_seen(response: Mapping[str, Any]) -> bool:
    """Whether a change of a tenth of the response would have been seen in 80 % of cases."""
    return bool(response["smallest_visible"] <= _USEFUL * max(response["called"], response["held_out"]))


def _open(response: Mapping[str, Any]) -> tuple[str, str]:
    """Say how much calling can have changed at most, and which arm is too small to tell more."""
    points = 100 * min(max(-response["low"], response["high"]), 1.0)
    most = f"calling changed the response rate by {points:{'.2g' if points < 10 else '.0f'}} points at most"
    if would_have_been_seen(response):
        return "Calling changed little, if anything", f"If it did anything at all, {most}."
    held = response["customers_held_out"] <= response["customers_called"]
    short, more = _short(held=held)
    return f"{short} to tell", (
        f"{short} to tell whether calling helped: {most}, and only a change of "
        f"{100 * response['smallest_visible']:.1f} points or more would have been seen in 80 % of cases. "
        f"{capital(more)} more customers next time, or measure several lists of the campaign together."
    )


def _short(*, held: bool) -> tuple[str, str]:
    """Say which arm is short, and what to do more of."""
    return ("The holdout is too small", "hold out") if held else ("Too few customers were called", "call")


def _rates(response: Mapping[str, Any]) -> str:
    return (
        f"{percent(response['called'])} of {response['customers_called']:,} listed bought, against {percent(response['held_out'])} "
        f"of {response['customers_held_out']:,} held out."
    )


def allowed_for(response: Mapping[str, Any], *, plain: bool = False) -> str:
    """Say why the difference is not that of the two rates beside it, where it is not; with that one if `plain`."""
    without = signed(100 * (response["called"] - response["held_out"]), 1)
    if without == signed(100 * response["difference"], 1):
        return ""
    return f", after allowing for the arms' different propensities{f' ({without} without)' if plain else ''}"


def _too_few(lacking: _Lacking) -> tuple[str, str]:
    short, more = _short(held=lacking.held)
    return f"{short} to tell", (
        f"There are too few {lacking.what} among those {'held out' if lacking.held else 'listed'} to tell what calling changed: at least {FEWEST_OF_EACH} customers who bought and "
        f"{FEWEST_OF_EACH} who did not are needed in each arm. Wait for more results, or "
        f"{more} more customers next time."
    )

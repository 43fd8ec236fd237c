"""What did calling bring? Results joined to the call list, called customers against those held out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from segmint.contract.ids import bare_ids, not_told_apart, rows_by_zeros, same_ids, told_apart
from segmint.errors import DataError
from segmint.metrics.intervals import EFFECT_LEVEL, FEWEST_OF_EACH
from segmint.monitoring.codes import MEANINGS, NAME_THE_COLUMNS, SAY_WHAT_THEY_MEAN, Dispositions, codes_in_words
from segmint.monitoring.purchases import Purchases, purchases_of
from segmint.wording import between, counted, money, percent, signed, some_of

Floats = NDArray[np.float64]
METHODS = ("plain", "cuped")
ARMS = ("listed", "held_out")
_SMALLEST_ARM = 20
_NOT_BY_CHANCE = 3.3  # standard errors; arms that are drawn by lot lie further apart in one campaign of 1,000


@dataclass(frozen=True)
class JoinedResults:
    """The call list with what happened, not a row lost.

    Attributes
    ----------
    rows : polars.DataFrame of n_listed_rows rows
        The call list as it came, then calls (result rows), success, said_yes (a call code that means success), dialled
        (a code that only a call leaves behind; also a no, where purchases stand in a table of their own), do_not_call, has_result, new (the first row of a customer in any arm of the campaign) and
        planned_cost (of all rows on which the customer is listed).
    read, matched, strangers : int
        Result rows read; those of customers on the list; those of customers who are not. Read is the sum.
    strange_rows : polars.DataFrame
        The result rows of customers who are not on the list, as they came.
    do_not_call : polars.Series
        Customers who asked not to be called again, on the list or not, to be added to the do-not-call file.
    purchases, purchases_matched : int or None
        Rows of purchases read, and those of customers on the list, whenever they bought. None if nobody named any: then success is what the codes say.
    bought : Purchases or None
        What the rows of the purchases were taken for.
    of_calls : bool
        Whether the results are of calls; else an outcome, the same for both arms.
    by_zeros : dict of str to int
        How many results, purchases and customers of earlier lists found their customer only without the zeros before an id.
    several : int
        Ids of results and purchases without their zeros that could be those of several customers of the list: of none, then.
    met_nobody : tuple of int
        Customers on each earlier list that has nobody of this one.
    before, repeated : int
        Rows left out of the comparison: of customers on earlier lists, and further rows of a customer on this one.
    """

    rows: pl.DataFrame
    read: int
    matched: int
    strangers: int
    strange_rows: pl.DataFrame
    do_not_call: pl.Series
    purchases: int | None = None
    purchases_matched: int | None = None
    before: int = 0
    repeated: int = 0
    bought: Purchases | None = None
    of_calls: bool = True
    by_zeros: Mapping[str, int] = field(default_factory=dict)
    several: int = 0
    met_nobody: tuple[int, ...] = ()

    @property
    def compared(self) -> pl.DataFrame:
        """The rows of both arms, each customer once."""
        return self.rows.filter("new")

    @property
    def sentence(self) -> str:
        """Where the result rows went."""
        said = [
            f"{counted(self.read, 'result')} read: {self.matched:,} of customers on the list, {self.strangers:,} of others."
        ]
        if self.by_zeros:
            found = ", ".join(f"{rows:,} {what}" for what, rows in self.by_zeros.items())
            said.append(f"Matched although the ids differ by zeros before them, which a spreadsheet drops: {found}.")
        listed = self.compared.filter(pl.col("status") == "listed")
        if self.purchases is None:
            silent = listed.filter(~pl.col("has_result")).height
            without = counted(silent, "listed customer has", "listed customers have")
            said.append(f"{without} no result: called without success.")
        else:
            plain = self.bought is None or self.bought.told_by is None
            what = ("purchase", "purchases") if plain else ("row of purchases", "rows of purchases")
            said.append(
                f"{counted(self.purchases, *what)} read, {self.purchases_matched:,} of customers on the list: "
                "they alone tell who bought, in both arms."
            )
            said += () if self.bought is None else self.bought.sentences
            if open_yes := listed.filter("said_yes", ~pl.col("success")).height:
                who = counted(
                    open_yes, "customer said yes on the phone and has", "customers said yes on the phone and have"
                )
                said.append(f"{who} no purchase: that counts as a no.")
        if self.before:
            said.append(
                f"{counted(self.before, 'customer was', 'customers were')} on an earlier list, to be called or held out: left out."
            )
        if self.repeated:
            said.append(
                f"{counted(self.repeated, 'further row')} of customers on several lists: each counts once, by the first."
            )
        return " ".join(said)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes the comparison of the arms unfair."""
        said = [
            f"None of the {customers:,} customers on an earlier list is on this one, so it left nobody out. Check that it is of "
            "the same campaign, and writes ids as this list does."
            for customers in self.met_nobody
        ]
        if self.several:
            said.append(
                f"{counted(self.several, 'id has', 'ids have')} lost the zeros before, and several customers of the list could "
                "be meant: these results and purchases count for nobody. Export the ids as text."
            )
        said += () if self.bought is None else self.bought.cautions
        held = self.compared.filter(pl.col("status") == "held_out")
        if self.purchases is None and (self.of_calls or not held["has_result"].any()):
            said.append(
                "Those called are judged by call codes, those held out by purchases. Who was called, did not say yes and "
                "bought all the same is missed, so calling looks worse than it is. Name a table of everyone's purchases: "
                "--purchases."
            )
        bought = held.filter("success").height
        if self.purchases is None and bought and not _all_told(held):
            said.append(
                f"{some_of(bought, held.height, 'customers held out', 'has', 'have')} a row that says they bought, "
                f"{held.filter(~pl.col('has_result')).height:,} have none and count as not having bought. If the rows are of "
                "calls made by mistake, calling looks better than it is."
            )
        if dialled := held.filter("dialled").height:
            said.append(
                f"{some_of(dialled, held.height, 'customers held out', 'has a call code and was', 'have a call code and were')} called all the same. "
                "The difference then shows less than what calling brings."
            )
        return tuple(said)


def join_results(
    call_list: pl.DataFrame,
    results: pl.DataFrame,
    dispositions: Dispositions,
    *,
    purchases: pl.DataFrame | None = None,
    since: date | None = None,
    today: date | None = None,
    outcome: str | None = None,
    of_calls: bool = True,
    earlier: Sequence[pl.DataFrame] = (),
) -> JoinedResults:
    """Join the call centre's results to the call list; several calls to one customer are counted.

    Parameters
    ----------
    call_list : polars.DataFrame
        Every row of call_list.parquet. Of several lists one under the other, each customer counts once, by the first row.
    results : polars.DataFrame
        One row for each call; without `purchases` also one for each purchase of a customer held out.
    dispositions : Dispositions
    purchases : polars.DataFrame, optional
        One row for each purchase since the list was made, of anyone, called or held out.
    since : datetime.date, optional
        The day on which the list was made: purchases that a column of dates puts before it are left out.
    today : datetime.date, optional
        Purchases after it are a caution.
    outcome : str, optional
        The column of the purchases, where they have it, that says yes of who bought.
    of_calls : bool
        Whether a no of somebody held out says that the customer was called, as a call code does and an outcome does not.
    earlier : sequence of polars.DataFrame
        Earlier lists of the campaign: whoever was called or held out there is not compared here. Those called were put to
        rest, those held out were not, so that only customers who are new to both arms are alike.

    Raises
    ------
    DataError
        If a column is missing, a code has no meaning, or it is open whether a row is a purchase: a sale left out would bias
        the effect.
    """
    _require_columns(results, "results", dispositions.customer, dispositions.code)
    code = pl.col(dispositions.code).cast(pl.String).str.strip_chars()
    meaning = code.replace_strict(dict(dispositions.codes), default=None, return_dtype=pl.String)
    calls = results.select(bare_ids(results[dispositions.customer]).alias("_named"), meaning=meaning)
    if unknown := calls["meaning"].null_count():
        named = codes_in_words(results.filter(calls["meaning"].is_null())[dispositions.code])
        raise DataError(
            f"{some_of(unknown, results.height, 'results', 'carries', 'carry')} a code without a meaning{named}.",
            expected=f"a meaning for every code: {', '.join(MEANINGS)}",
            fix=SAY_WHAT_THEY_MEAN,
        )
    listed = call_list.with_columns(bare_ids(call_list["customer"]).alias("_key"))
    every = same_ids(calls["_named"], listed["_key"])
    pairs, unclear = told_apart(every), not_told_apart(every)
    known = _among(calls["_named"], pairs["named"])
    rows = _with_calls(listed, calls.join(pairs.rename({"known": "_key"}), left_on="_named", right_on="named"))
    found = [("results", calls["_named"], pairs)]
    bought, matched = None, None
    if purchases is not None:
        whose = _customers_of(purchases, dispositions)
        every = same_ids(whose, listed["_key"])
        theirs, unclear = told_apart(every), unclear | not_told_apart(every)
        arms = [_as_named(listed.filter(status=arm)["_key"], theirs) for arm in ARMS]
        bought = purchases_of(purchases, whose, since=since, today=today, outcome=outcome, arms=arms)
        dialled = pl.col("dialled") | pl.col("said_no") if of_calls else pl.col("dialled")
        buyers = theirs.filter(_among(theirs["named"], bought.buyers))["known"]
        rows = rows.with_columns(success=_among(rows["_key"], buyers), dialled=dialled)
        matched = int(_among(whose, theirs["named"]).sum())
        found.append(("purchases", whose, theirs))
    seen = [bare_ids(each.filter(pl.col("status").is_in(ARMS))["customer"]).drop_nulls().unique() for each in earlier]
    met = [same_ids(each, listed["_key"]) for each in seen]
    found.extend(("customers of earlier lists", *each) for each in zip(seen, met, strict=True))
    rows, before, repeated = _with_new(rows, met)
    others = (
        calls.filter(~known & (calls["meaning"] == "do_not_call"))["_named"].drop_nulls().unique(maintain_order=True)
    )
    asked = pl.concat([rows.filter("do_not_call")["customer"].cast(pl.String), others.rename("customer")])
    return JoinedResults(
        rows.drop("_key", "said_no"),
        results.height,
        int(known.sum()),
        int((~known).sum()),
        results.filter(~known),
        asked.unique(maintain_order=True),
        None if purchases is None else purchases.height,
        matched,
        before,
        repeated,
        bought,
        of_calls,
        _by_zeros(found),
        len(unclear),
        tuple(len(each) for each, there in zip(seen, met, strict=True) if len(each) and there.is_empty()),
    )


def _require_columns(frame: pl.DataFrame, name: str, *wanted: str) -> None:
    named = " and ".join(f"'{column}'" for column in wanted)
    for column in wanted:
        if column not in frame.columns:
            raise DataError(
                f"The {name} have no column '{column}'.",
                expected=f"{named} among the columns {', '.join(frame.columns[:20])}",
                fix=NAME_THE_COLUMNS,
            )


def _customers_of(purchases: pl.DataFrame, dispositions: Dispositions) -> pl.Series:
    """Whose each row of the purchases is."""
    code = dispositions.code
    if code in purchases.columns and purchases[code].cast(pl.String).is_in(list(dispositions.codes)).any():
        raise DataError(
            f"The column '{code}' of the purchases holds what calls came to: these are results, and no purchases.",
            expected="a table of the product system, one row for each purchase of anyone",
            fix="name that table with --purchases, and the results of the calls before it",
        )
    plain = "customer" in purchases.columns and dispositions.customer not in purchases.columns
    column = "customer" if plain else dispositions.customer
    _require_columns(purchases, "purchases", column)
    return bare_ids(purchases[column])


def _among(keys: pl.Series, known: pl.Series) -> pl.Series:
    return keys.is_in(known.drop_nulls().implode()).fill_null(False)


def _as_named(keys: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """Write ids of the list as the other file does, where it has them."""
    one = pairs.unique("known")
    return keys.replace(one["known"], one["named"])


def _by_zeros(found: Sequence[tuple[str, pl.Series, pl.DataFrame]]) -> dict[str, int]:
    """Count, by what they are, the rows that found their customer only without the zeros before an id."""
    counts: Counter[str] = Counter()
    for what, ids, pairs in found:
        counts[what] += rows_by_zeros(ids, pairs)
    return {what: rows for what, rows in counts.items() if rows}


# Where purchases stand among the results, a no may be a line of who bought: these only a call leaves behind.
_OF_A_CALL = ("call_back", "not_reached", "wrong_number", "do_not_call")


def _with_calls(listed: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Put beside each row what became of its calls."""
    success = pl.col("meaning") == "success"
    by_customer = calls.group_by("_key").agg(
        calls=pl.len(),
        success=success.any(),
        said_yes=success.any(),
        said_no=(pl.col("meaning") == "refused").any(),
        dialled=pl.col("meaning").is_in(_OF_A_CALL).any(),
        do_not_call=(pl.col("meaning") == "do_not_call").any(),
    )
    return listed.join(by_customer, on="_key", how="left", maintain_order="left").with_columns(
        pl.col("calls").is_not_null().alias("has_result"),
        pl.col("calls").fill_null(0),
        pl.col("success", "said_yes", "said_no", "dialled", "do_not_call").fill_null(False),
    )


def _with_new(rows: pl.DataFrame, met: Sequence[pl.DataFrame]) -> tuple[pl.DataFrame, int, int]:
    """Mark the rows that are compared, and count those of earlier lists and further rows of a customer."""
    in_arm = pl.col("status").is_in(ARMS)
    before = _among(rows["_key"], pl.concat([each["known"] for each in met])) if met else pl.lit(False)
    cost = pl.col("cost").filter(pl.col("status") == "listed").sum() if "cost" in rows.columns else pl.lit(0.0)
    marked = rows.with_columns(_in=in_arm, _before=before).with_columns(
        new=pl.col("_in") & ~pl.col("_before") & (pl.col("_in").cast(pl.Int64).cum_sum().over("_key") == 1),
        planned_cost=cost.over("_key"),
    )
    arms = marked.filter("_in")
    left_out = arms.filter("_before")["_key"].n_unique()
    repeated = arms.filter(~pl.col("_before") & ~pl.col("new")).height
    return marked.drop("_in", "_before"), left_out, repeated


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
        Without a control group, or when nothing is known of its purchases: no effect can be told.

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
    if joined.bought is not None and joined.bought.all_too_early:
        early = joined.bought.too_early
        raise DataError(
            f"{f'All {early:,} purchases were' if early > 1 else 'The one purchase was'} made before the list of {joined.bought.since}, as "
            f"'{joined.bought.dated_by}' says: nobody has bought since.",
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
    told = joined.purchases is not None or _all_told(held) or bool(held["success"].any())
    if not silence_means_no and not told:
        raise DataError(
            "The results say nothing of the customers held out, so their own purchases are unknown.",
            expected="everyone's purchases from the product system (--purchases)",
            fix="name that table, or say that silence means no",
        )


def _all_told(held: pl.DataFrame) -> bool:
    """Whether the results say of every customer held out what was bought, and not what a call came to."""
    return bool(held["has_result"].all()) and not held["dialled"].any()


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

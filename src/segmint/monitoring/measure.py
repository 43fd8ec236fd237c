"""What did calling bring? Results joined to the call list, called customers against those held out."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from scipy.special import ndtri, stdtrit

from segmint.contract.ids import bare_ids
from segmint.errors import ConfigError, DataError

Floats = NDArray[np.float64]
Meaning = Literal["success", "refused", "call_back", "not_reached", "wrong_number", "do_not_call"]
QUANTITIES = ("response", "revenue", "profit")
METHODS = ("plain", "cuped")
_SMALLEST_ARM = 20
_FEWEST_OF_EACH = 5  # purchases, and customers without one, in each arm: with fewer no interval is honest


class Dispositions(BaseModel):
    """What the call centre's codes mean, said once.

    Attributes
    ----------
    customer, code : str
        The result file's columns.
    codes : dict of str to Meaning
        "success", "refused", "call_back", "not_reached", "wrong_number" or "do_not_call" for each code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    customer: str = "customer"
    code: str = "code"
    codes: dict[str, Meaning]


def parse_dispositions(text: str, *, origin: str = "dispositions") -> Dispositions:
    """Read the meaning of disposition codes from TOML: ``customer``, ``code`` and a table ``[codes]``.

    Raises
    ------
    ConfigError
        If the file makes no sense, or no code means success.
    """
    try:
        dispositions = Dispositions(**tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise ConfigError(
            f"'{origin}' makes no sense.",
            expected=f"[codes] with one of {', '.join(Meaning.__args__)} for each code",  # type: ignore[attr-defined]
            fix='write lines such as SALE = "success"',
        ) from error
    if "success" not in dispositions.codes.values():
        raise ConfigError(
            f"'{origin}' names no code that means success.",
            expected='at least one code = "success"',
            fix="add the code the call centre uses for a sale",
        )
    return dispositions


@dataclass(frozen=True)
class JoinedResults:
    """The call list with what happened, not a row lost.

    Attributes
    ----------
    rows : polars.DataFrame of n_listed_rows rows
        The call list as it came, then calls (result rows), success, do_not_call, has_result.
    read, matched, strangers : int
        Result rows read; those of customers on the list; those of customers who are not. Read is the sum.
    strange_rows : polars.DataFrame
        The result rows of customers who are not on the list, as they came.
    do_not_call : polars.Series
        Customers who asked not to be called again, on the list or not, to be added to the do-not-call file.
    """

    rows: pl.DataFrame
    read: int
    matched: int
    strangers: int
    strange_rows: pl.DataFrame
    do_not_call: pl.Series

    @property
    def sentence(self) -> str:
        """Where the result rows went."""
        silent = self.rows.filter((pl.col("status") == "listed") & ~pl.col("has_result")).height
        return (
            f"{self.read:,} results read: {self.matched:,} of customers on the list, {self.strangers:,} of others. "
            f"{silent:,} listed customers have no result and count as called without success."
        )


def join_results(call_list: pl.DataFrame, results: pl.DataFrame, dispositions: Dispositions) -> JoinedResults:
    """Join the call centre's results to the call list; several calls to one customer are counted.

    Parameters
    ----------
    call_list : polars.DataFrame
        Every row of call_list.parquet.
    results : polars.DataFrame
        One row for each call, and one for each purchase of a customer held out.
    dispositions : Dispositions

    Raises
    ------
    DataError
        If a column is missing or a code has no meaning: a sale left out would bias the effect.
    """
    for name in (dispositions.customer, dispositions.code):
        if name not in results.columns:
            raise DataError(
                f"The results have no column '{name}'.",
                expected=f"one of {', '.join(results.columns[:20])}",
                fix="correct `customer` and `code` in the dispositions",
            )
    customer = bare_ids(results[dispositions.customer]).alias("_key")
    code = pl.col(dispositions.code).cast(pl.String).str.strip_chars()
    meaning = code.replace_strict(dict(dispositions.codes), default=None, return_dtype=pl.String)
    calls = results.select(customer, meaning=meaning)
    if unknown := calls["meaning"].null_count():
        raise DataError(
            f"{unknown:,} of {results.height:,} results carry a code without a meaning.",
            expected="a meaning for every code",
            fix="add the codes to [codes] of the dispositions",
        )
    listed = call_list.with_columns(bare_ids(call_list["customer"]).alias("_key"))
    known = calls["_key"].is_in(listed["_key"].drop_nulls().implode()).fill_null(False)
    by_customer = (
        calls.filter(known)
        .group_by("_key")
        .agg(
            calls=pl.len(),
            success=(pl.col("meaning") == "success").any(),
            do_not_call=(pl.col("meaning") == "do_not_call").any(),
        )
    )
    rows = (
        listed.join(by_customer, on="_key", how="left", maintain_order="left")
        .drop("_key")
        .with_columns(
            pl.col("calls").is_not_null().alias("has_result"),
            pl.col("calls").fill_null(0),
            pl.col("success").fill_null(False),
            pl.col("do_not_call").fill_null(False),
        )
    )
    others = calls.filter(~known & (calls["meaning"] == "do_not_call"))["_key"].drop_nulls().unique(maintain_order=True)
    asked = pl.concat([rows.filter("do_not_call")["customer"].cast(pl.String), others.rename("customer")])
    return JoinedResults(rows, results.height, int(known.sum()), int((~known).sum()), results.filter(~known), asked)


@dataclass(frozen=True)
class Measurement:
    """What calling brought, with intervals.

    Attributes
    ----------
    rows : polars.DataFrame
        segment ("everyone" first), quantity (response, revenue, profit), method (plain, cuped), called,
        held_out (observed means per customer), difference, low, high, total, total_low, total_high (over all
        customers called), customers_called, customers_held_out, smallest_visible. Intervals and smallest_visible are
        NaN where an arm has fewer than 5 customers who bought, or who did not.
    level : float
        Nominal coverage of the intervals.
    sentences : tuple of str
    """

    rows: pl.DataFrame
    level: float
    sentences: tuple[str, ...]

    def frame(self) -> pl.DataFrame:
        """Return every estimate."""
        return self.rows


def measure(
    joined: JoinedResults,
    *,
    level: float = 0.9,
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
    rows = joined.rows.filter(pl.col("status").is_in(["listed", "held_out"]))
    called = (rows["status"] == "listed").to_numpy()
    _require_control_group(rows, called, held_out_silence_means_no)
    quantities = _quantities(rows, called)
    table = _estimates("everyone", quantities, called, level)
    segments = rows["segment"].cast(pl.String) if "segment" in rows.columns else pl.Series([None] * rows.height)
    for segment in segments.drop_nulls().unique().sort():
        inside = (segments == segment).fill_null(False).to_numpy()
        if min(called[inside].sum(), (~called[inside]).sum()) >= _SMALLEST_ARM:
            part = {name: quantity.of(inside) for name, quantity in quantities.items()}
            table += _estimates(str(segment), part, called[inside], level)
    frame = pl.DataFrame(table)
    lacking = _lacking(quantities["response"].outcome, called)
    said = _sentences(frame, level, currency) if lacking is None else _too_few(frame, lacking)
    return Measurement(frame, level, (joined.sentence, *said))


def _require_control_group(rows: pl.DataFrame, called: NDArray[np.bool_], silence_means_no: bool) -> None:
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
    if not silence_means_no and not rows.filter(pl.col("status") == "held_out")["has_result"].any():
        raise DataError(
            "The results say nothing of the customers held out, so their own purchases are unknown.",
            expected="one result row for each purchase of a customer held out",
            fix="add their purchases from the product system, or say that silence means no",
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
    value, cost = (rows[name].fill_null(0.0).to_numpy() for name in ("value", "cost"))
    propensity = rows["propensity"].fill_null(rows["propensity"].mean()).to_numpy()
    revenue, worth = success * value, propensity * value
    return {
        "response": _Quantity(success, propensity, np.ones(success.size)),
        "revenue": _Quantity(revenue, worth, value),
        "profit": _Quantity(revenue - np.where(called, cost, 0.0), worth, value),
    }


def _estimates(
    segment: str, quantities: Mapping[str, _Quantity], called: NDArray[np.bool_], level: float
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
        for method in METHODS
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
        if bought < _FEWEST_OF_EACH:
            return f"purchases among those {name}"
        if arm.sum() - bought < _FEWEST_OF_EACH:
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
        f"Calling changed the response rate by {100 * response['difference']:+.1f} points "
        f"({100 * response['low']:+.1f} to {100 * response['high']:+.1f}, {100 * level:.0f} % interval): "
        f"{100 * response['called']:.1f} % of {response['customers_called']:,} called against {100 * response['held_out']:.1f} % "
        f"of {response['customers_held_out']:,} held out.",
        f"In all it brought {_amount(profit['total'], currency)} after the planned cost of the calls "
        f"({profit['total_low']:,.0f} to {profit['total_high']:,.0f}).",
    ]
    if response["low"] <= 0 <= response["high"]:
        said.append(
            "The holdout is too small to tell whether calling helped: only a change of "
            f"{100 * response['smallest_visible']:.1f} points or more would have been seen in 80 % of cases."
        )
    elif profit["total_low"] <= 0 <= profit["total_high"]:
        said.append("Calling changed the response, but whether it paid for itself cannot be told yet.")
    return said


def _too_few(frame: pl.DataFrame, lacking: str) -> Sequence[str]:
    response = frame.filter((pl.col("segment") == "everyone") & (pl.col("quantity") == "response")).row(0, named=True)
    return (
        f"{100 * response['called']:.1f} % of {response['customers_called']:,} called bought, and "
        f"{100 * response['held_out']:.1f} % of {response['customers_held_out']:,} held out.",
        f"There are too few {lacking} to tell what calling changed: at least {_FEWEST_OF_EACH} customers who bought and "
        f"{_FEWEST_OF_EACH} who did not are needed in each arm. Wait for more results, or hold out more customers next time.",
    )


def _amount(money: float, currency: str) -> str:
    return f"{money:,.0f} {currency}".strip()

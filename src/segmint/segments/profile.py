"""Who is in a segment: what is typical of it, how it responded, what a call to it is worth."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import asdict, dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.valid_table import ValidTable, require_valid_table
from segmint.features.edges import once_each, outer_edges, round_down, round_up
from segmint.features.levels import NO_VALUE, OTHER, count_customers, four_digits, much_of_one, pool_rare
from segmint.metrics.intervals import NORMAL_95, design_effect, rate_difference, wilson
from segmint.segments.assign import given_labels
from segmint.segments.coding import RAREST_LEVEL, Codes, encode_column, learn_coding, no_value_of
from segmint.segments.inputs import SegmentInputs
from segmint.segments.sizes import Sizes
from segmint.segments.stability import Labels, trust
from segmint.splits.groups import row_customers

DESCRIBING_ROLES = frozenset({"characteristic", "holding", "interest", "history", "satisfaction"})
MARKED = 0.20  # a standardised difference worth naming
MOST_MARKERS = 12
MOST_OF_COLUMN = 4  # of them: bands of a number crowd out no other column
# Of fewer calls at a level of the call's circumstances, or of a smaller part of a segment's, nothing is advised.
FEWEST_CALLS, FEWEST_OF_CALLS = 50, 0.05


@dataclass(frozen=True)
class CallMoney:
    """What a call costs and a yes is worth, in account currency: one amount for everyone, or one for each customer.

    Attributes
    ----------
    cost_per_call, value_per_success : float or ndarray of shape (n_customers,)
    currency : str
    calls_per_customer : float
        Calls dialled for one customer, on average.
    conversations_per_customer : float
        Chance that a customer who is called is reached.
    source : str
        Where the amounts come from, for people.
    """

    cost_per_call: float | NDArray[np.float64]
    value_per_success: float | NDArray[np.float64]
    currency: str = ""
    calls_per_customer: float = 1.0
    source: str = ""
    conversations_per_customer: float = 1.0

    @property
    def all_reached(self) -> bool:
        """Whether every call is reckoned to reach its customer."""
        return self.conversations_per_customer >= self.calls_per_customer

    @property
    def by_customer(self) -> bool:
        """Whether customers have amounts of their own."""
        return not all(isinstance(amount, (int, float)) for amount in (self.cost_per_call, self.value_per_success))

    def of(self, here: NDArray[np.bool_] | NDArray[np.int64], customers: NDArray[np.int64]) -> CallMoney:
        """The amounts of some rows; where one customer makes much of them the mean of all but for extremes, as theirs would tell of that one."""

        def some(amount: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
            if isinstance(amount, (int, float)):
                return amount
            if not much_of_one(amount[here], customers[here]):
                return amount[here]
            return four_digits(float(np.clip(amount, *outer_edges(once_each(amount, customers))).mean()))

        return replace(self, cost_per_call=some(self.cost_per_call), value_per_success=some(self.value_per_success))


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A level that is surely more, or less, usual in a segment than among all customers: `base` is outside `low` to `high`.

    Attributes
    ----------
    column, label, level : str
        The column, its name for people, and the level in words: "60 or more", "retired".
    share, low, high : float
        Share of the segment's customers with the level, with its 95 % Wilson interval.
    base : float
        Share of all customers with it.
    index : float
        100 × share ÷ base.
    difference : float
        (share − base) ÷ √(base (1 − base)): above 0.2 in size it is a marker (Dolnicar, Grün & Leisch, 2018).
    known, base_known : float
        Share of the segment's customers, and of all, of whom the column says anything; `share` and `base` are of these.
    """

    column: str
    label: str
    level: str
    share: float
    low: float
    high: float
    base: float
    index: float
    difference: float
    known: float = 1.0
    base_known: float = 1.0

    @property
    def of_all(self) -> float:
        """Share of all customers of the segment who surely have the level."""
        return self.share * self.known


@dataclass(frozen=True)
class Typical:
    """A number's median in a segment and among all, and the standardised difference of means, without the outermost numbers.

    All three are of the customers who have a number, each once with the middle one of theirs: `known` is their share of the segment, `base_known` that of all.
    Medians that few customers have are rounded, that of all down, and that of the segment down where it is the larger, else up:
    half of them have `median` or more, or less, unless both are alike then. `before_rounding` is −1, 0 or 1, as the segment's was below, at or above that of all.
    """

    column: str
    label: str
    unit: str
    median: float
    base_median: float
    difference: float
    known: float = 1.0
    base_known: float = 1.0
    before_rounding: int | None = None

    @property
    def side(self) -> int:
        """Whether the segment's median is below that of all (−1), at it (0) or above it (1)."""
        return int(np.sign(self.median - self.base_median)) if self.before_rounding is None else self.before_rounding

    @property
    def known_difference(self) -> float:
        """How much more usual having a number is here: (known − base) ÷ √(base (1 − base)), 0 where all have one."""
        spread = float(np.sqrt(self.base_known * (1 - self.base_known)))
        return (self.known - self.base_known) / spread if spread > 0 else 0.0


@dataclass(frozen=True)
class Response:
    """How a segment responded, with 95 % Wilson intervals, and what a call to it earned.

    Profits are in account currency, for a call: response × value ÷ calls per customer − cost of a call. With one value
    for everyone their interval is that of the rate; with a value for each customer, that of the mean of what each brought
    (normal, 95 %). `profit_per_customer` counts all calls to a customer. `base` is the rate of all customers.
    """

    yes: int
    rate: float
    low: float
    high: float
    index: float
    base: float
    profit_per_call: float | None = None
    profit_low: float | None = None
    profit_high: float | None = None
    profit_per_customer: float | None = None


@dataclass(frozen=True)
class Association:
    """Where or when a segment surely responded better than else: seen together, not proven to be the cause.

    `pays` is whether these calls surely brought more than they cost, however many levels were looked at; None without money.
    """

    column: str
    label: str
    level: str
    customers: int
    rate: float
    low: float
    high: float
    pays: bool | None = None


@dataclass(frozen=True)
class Worth:
    """Money that a segment's customers hold, a balance or a deposit, or that a yes of theirs brings.

    Attributes
    ----------
    column, label : str
    customers : int
        With an amount.
    mean, low, high : float
        Per customer, with a 95 % interval (normal, of the mean), to four significant digits.
    base_mean : float
        Per customer, among all, to as many.
    share : float or None
        Of the sum over all customers; None where some owe, as shares of a balance of debts mean nothing.
    role : str
        The column's: "holding", or "value" for what a yes brings.
    """

    column: str
    label: str
    customers: int
    mean: float
    low: float
    high: float
    base_mean: float
    share: float | None
    role: str = "holding"


@dataclass(frozen=True)
class SegmentProfile:
    """Who is in a segment.

    Attributes
    ----------
    number : int
        1 is the largest.
    key : str
        "1", or the level of a known segment: "A".
    customers, rows, share : int, int, float
        The share is of the rows.
    jaccard, trust : float or None, str or None
        How well it comes back on resamples, and the band of that; None for known segments.
    confidence : float or None
        Mean probability with which its customers were assigned.
    markers : tuple of Marker
        What is most unusual first.
    typical : tuple of Typical
        Medians of the numbers.
    response : Response or None
        When the outcome is a response.
    best : tuple of Association
        The channel and the month in which the segment responded best, where that is surely above its own rate.
    worth : tuple of Worth
        Of every column of money but those withheld.
    withheld : tuple of str
        Labels of the columns of money of which no mean is told: one customer makes more than a third of the sum, here or in a
        segment that could be reckoned from this one's.
    """

    number: int
    key: str
    customers: int
    rows: int
    share: float
    jaccard: float | None
    trust: str | None
    confidence: float | None
    markers: tuple[Marker, ...]
    typical: tuple[Typical, ...]
    response: Response | None
    best: tuple[Association, ...]
    worth: tuple[Worth, ...] = ()
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profiles:
    """The profiles of all segments."""

    segments: tuple[SegmentProfile, ...]

    def frame(self) -> pl.DataFrame:
        """Return one row per segment: key, customers, rows, share, jaccard, trust, response and profit."""
        return pl.DataFrame(
            [
                {
                    "segment": segment.key, "customers": segment.customers, "rows": segment.rows,
                    "share": segment.share, "jaccard": segment.jaccard, "trust": segment.trust,
                    "confidence": segment.confidence,
                    **{f"response_{name}": value for name, value in _response_row(segment).items()},
                }
                for segment in self.segments
            ],
            infer_schema_length=None,
        )  # fmt: skip

    def markers(self) -> pl.DataFrame:
        """Return one row per segment and marker."""
        return pl.DataFrame(
            [{"segment": segment.key, **asdict(marker)} for segment in self.segments for marker in segment.markers],
            infer_schema_length=None,
        )

    def to_json(self) -> list[dict[str, Any]]:
        """Return it as JSON."""
        return [asdict(segment) for segment in self.segments]


def _response_row(segment: SegmentProfile) -> dict[str, Any]:
    return {} if segment.response is None else asdict(segment.response)


def profile_segments(
    table: ValidTable,
    labels: Labels,
    *,
    keys: tuple[str, ...] | None = None,
    probabilities: NDArray[np.float64] | None = None,
    jaccard: tuple[float, ...] | None = None,
    money: CallMoney | None = None,
) -> Profiles:
    """Describe segments, discovered or known.

    Parameters
    ----------
    table : ValidTable
    labels : ndarray of int of shape (n_customers,)
        The segment of each customer, from 0.
    keys : tuple of str, optional
        What the segments are called; by default "1", "2", …
    probabilities : ndarray of shape (n_customers, n_segments), optional
    jaccard : tuple of float, optional
        Stability by segment.
    money : CallMoney, optional
        For profit per call.

    Raises
    ------
    ValueError
        If `labels`, `probabilities` or `jaccard` are of other customers or segments, or `keys` are too few or repeated.
    """
    require_valid_table(table)
    labels = given_labels(labels, len(table))
    count = int(labels.max()) + 1 if keys is None else len(keys)
    _require_as_many(labels, count, keys, probabilities, jaccard)
    names = keys or tuple(str(number + 1) for number in range(count))
    columns = tuple(column for column in table.features if column.role in DESCRIBING_ROLES)
    customers = row_customers(table)
    described = SegmentInputs(table.frame.select([column.name for column in columns]), columns, customers)
    sizes = Sizes.of(labels, customers, count)
    markers = _markers(described, labels, customers, sizes)
    typical = _typical(described, labels, customers, count)
    yes = response_of(table)
    alike = 1.0 if yes is None else _alike(yes, labels, customers, count)
    best = _best_observed(table, labels, customers, count, yes, alike, money)
    worth, withheld = _worth(table, labels, customers, count)

    def describe(place: int) -> SegmentProfile:
        here = labels == place
        back = None if jaccard is None else jaccard[place]
        sure = None if probabilities is None or not here.any() else float(probabilities[here, place].mean())
        return SegmentProfile(
            number=place + 1,
            key=names[place],
            customers=sizes.customers[place],
            rows=sizes.rows[place],
            share=sizes.rows[place] / max(len(labels), 1),
            jaccard=back,
            trust=None if back is None else trust(back),
            confidence=sure,
            markers=markers[place],
            typical=typical[place],
            response=None
            if yes is None
            else _response(yes[here], customers[here], alike, float(yes.mean()), money and money.of(here, customers)),
            best=best[place],
            worth=worth[place],
            withheld=withheld[place],
        )

    return Profiles(tuple(describe(place) for place in range(count)))


def _require_as_many(
    labels: Labels,
    count: int,
    keys: tuple[str, ...] | None,
    probabilities: NDArray[np.float64] | None,
    jaccard: tuple[float, ...] | None,
) -> None:
    if len(labels) and labels.max() >= count:
        raise ValueError(f"'keys' must name each segment. Got {count} for the segments 0 to {labels.max()}.")
    if keys is not None and len(set(keys)) < count:
        raise ValueError(f"'keys' must differ from each other. Got {list(keys)} instead.")
    if probabilities is not None and np.shape(probabilities) != (len(labels), count):
        raise ValueError(
            f"'probabilities' must be of shape {(len(labels), count)}, customers by segments. "
            f"Got {np.shape(probabilities)} instead."
        )
    if jaccard is not None and len(jaccard) != count:
        raise ValueError(f"'jaccard' must be one number for each of the {count} segments. Got {len(jaccard)}.")


def response_of(table: ValidTable) -> NDArray[np.bool_] | None:
    """Tell who said yes; None without a response. Shape (n_customers,)."""
    outcome = table.contract.outcome
    if outcome.kind != "response" or not table.has_outcome:
        return None
    return np.asarray(table.outcome == outcome.positive)


def responses_of(
    yes: NDArray[np.bool_],
    labels: Labels,
    customers: NDArray[np.int64],
    count: int,
    money: CallMoney | None = None,
) -> list[Response | None]:
    """How each of `count` segments responded. Arrays of shape (n_answers,).

    None of one without answers or with those of fewer than ten customers, and of the next smallest where these are fewer than ten together.
    """
    alike, base = _alike(yes, labels, customers, count), float(yes.mean())
    told = pool_rare(pl.Series(labels).cast(pl.String), customers).to_numpy()
    places = [told == str(place) for place in range(count)]
    return [_response(yes[here], customers[here], alike, base, money and money.of(here, customers)) for here in places]


def _alike(yes: NDArray[np.bool_], labels: Labels, customers: NDArray[np.int64], count: int) -> float:
    """How many answers of a customer say what one does, in all segments together: one where nobody says yes cannot tell."""
    rates = np.bincount(labels, weights=yes, minlength=count) / np.maximum(np.bincount(labels, minlength=count), 1)
    return design_effect(yes - rates[labels], customers * count + labels)


def _markers(
    described: SegmentInputs, labels: Labels, customers: NDArray[np.int64], sizes: Sizes
) -> list[tuple[Marker, ...]]:
    count = len(sizes.rows)
    found: list[list[Marker]] = [[] for _ in range(count)]
    meant = set()
    for state in learn_coding(described):
        column = next(column for column in described.columns if column.name == state["column"])
        codes: Codes = encode_column(state, described.frame[column.name])
        known = codes >= 0
        width = len(state["labels"])
        cells = np.bincount(labels[known] * width + codes[known], minlength=count * width)
        table = cells.reshape(count, width).astype(float)
        enough = np.asarray(Sizes.of(labels[known], customers[known], count).customers) >= RAREST_LEVEL
        meant.add((column.name, no_value_of(state)))
        for level, name in enumerate(state["labels"]):
            if name not in (OTHER, NO_VALUE):
                _add_markers(found, column, name, table[:, level], table.sum(axis=1), enough, sizes)
    return [_strongest(row, meant) for row in found]


def _strongest(markers: list[Marker], meant: Container[tuple[str, str]]) -> tuple[Marker, ...]:
    """The most unusual markers, the first ones of each column; what having no value means, by column, takes no other's place."""
    chosen: list[Marker] = []
    places = MOST_MARKERS
    for marker in sorted(markers, key=lambda marker: (-abs(marker.difference), marker.column, marker.level)):
        beside = (marker.column, marker.level) in meant
        if (beside or places) and sum(other.column == marker.column for other in chosen) < MOST_OF_COLUMN:
            chosen.append(marker)
            places -= not beside
    return tuple(chosen)


def _add_markers(
    found: list[list[Marker]],
    column: Column,
    level: str,
    hits: NDArray[np.float64],
    trials: NDArray[np.float64],
    enough: NDArray[np.bool_],
    sizes: Sizes,
) -> None:
    base = float(hits.sum() / trials.sum())
    if not 0 < base < 1:
        return
    each = np.asarray(sizes.customers) / np.maximum(sizes.rows, 1)  # all rows of a customer say the same
    low, high = wilson(hits * each, trials * each)
    for place in range(len(found)):
        if not enough[place]:
            continue
        share = float(hits[place] / trials[place])
        difference = (share - base) / float(np.sqrt(base * (1 - base)))
        if abs(difference) >= MARKED and not low[place] <= base <= high[place]:
            found[place].append(
                Marker(
                    column=column.name,
                    label=column.label,
                    level=level,
                    share=share,
                    low=float(low[place]),
                    high=float(high[place]),
                    base=base,
                    index=100 * share / base,
                    difference=difference,
                    known=float(trials[place] / sizes.rows[place]),
                    base_known=float(trials.sum() / sizes.all_rows),
                )
            )


def _typical(
    described: SegmentInputs, labels: Labels, customers: NDArray[np.int64], count: int
) -> list[tuple[Typical, ...]]:
    found: list[list[Typical]] = [[] for _ in range(count)]
    for column in described.columns:
        if column.kind != "number":
            continue
        numbers = described.frame[column.name].to_numpy()
        plain = ~np.isnan(numbers) & ~np.isin(numbers, column.codes)
        whole = once_each(numbers[plain], customers[plain], middle=True)
        if len(whole) < RAREST_LEVEL:
            continue
        ends = outer_edges(whole)  # beyond them single customers would move the means
        spread = float(np.clip(numbers[plain], *ends).std()) or 1.0
        for place in range(count):
            mine = labels == place
            here = once_each(numbers[plain & mine], customers[plain & mine], middle=True)
            if len(here) >= 2 * RAREST_LEVEL:  # so many beyond the median
                median, base_median, side = _medians(here, whole)
                found[place].append(
                    Typical(
                        column.name, column.label, column.unit, median, base_median,
                        four_digits(float((np.clip(here, *ends).mean() - np.clip(whole, *ends).mean()) / spread)),
                        float((plain & mine).sum() / mine.sum()),
                        float(plain.mean()), side,
                    )
                )  # fmt: skip
    return [tuple(row) for row in found]


def _medians(here: NDArray[np.float64], whole: NDArray[np.float64]) -> tuple[float, float, int]:
    """Round the medians of a segment and of all, each ascending, so that they do not change sides; -1, 0 or 1 says how they lay.

    That of all is rounded alike whatever the segment: one figure is written one way.
    """
    median, base = float(np.median(here)), float(np.median(whole))
    of_all = round_down(whole, base)
    if median < base:
        return min(round_up(here, median), of_all), of_all, -1
    return (max(round_down(here, median), of_all), of_all, 1) if median > base else (of_all, of_all, 0)


def _response(
    yes: NDArray[np.bool_], customers: NDArray[np.int64], alike: float, base: float, money: CallMoney | None
) -> Response | None:
    if len(yes) == 0:
        return None
    rate = float(yes.mean())
    low, high = (float(end) for end in wilson(yes.sum() / alike, len(yes) / alike))
    index = 100 * rate / base if base > 0 else 100.0
    return Response(int(yes.sum()), rate, low, high, index, base, *_profits(yes, customers, (rate, low, high), money))


def _profits(
    yes: NDArray[np.bool_],
    customers: NDArray[np.int64],
    rates: tuple[float, float, float],
    money: CallMoney | None,
    level: float = 0.95,
) -> tuple[float | None, ...]:
    """Profit per call with its interval, and per customer; the interval of the rates is of the same level.

    The interval joins that of the rate with those of the mean value and the mean cost (Zou and Donner 2008, "Construction of
    confidence limits about effect measures", Statistics in Medicine 27(10)): where nobody said yes it is as wide as the rate's.
    """
    if money is None:
        return (None, None, None, None)
    calls = money.calls_per_customer
    values, costs = (
        np.broadcast_to(np.asarray(amount, np.float64), len(yes))
        for amount in (money.value_per_success * money.conversations_per_customer / calls, money.cost_per_call)
    )
    rate, low, high = rates
    # what one customer brought is not told, and what a few did says little
    brought = np.full_like(yes, True) if much_of_one(values[yes], customers[yes]) else yes
    worth = float(values[brought].mean())
    profit = rate * worth - float(costs.mean())
    of_values = _reach(values[brought], customers[brought], max(int(yes.sum()), 1))
    wider = NormalDist().inv_cdf(0.5 + level / 2) / NORMAL_95
    unsure = wider * float(np.hypot(rate * of_values, _reach(costs, customers, len(costs))))
    if worth < 0:  # the more say yes, the more is lost
        low, high = high, low
    below, above = (float(np.hypot(worth * (end - rate), unsure)) for end in (low, high))
    found = (profit, profit - below, profit + above, profit * calls)
    return tuple(map(four_digits, found)) if money.by_customer else found


def _mean_interval(amounts: NDArray[np.float64], customers: NDArray[np.int64]) -> tuple[float, float, float]:
    mean, reach = float(amounts.mean()), _reach(amounts, customers, len(amounts))
    return four_digits(mean), four_digits(mean - reach), four_digits(mean + reach)


def _reach(amounts: NDArray[np.float64], customers: NDArray[np.int64], count: int) -> float:
    """Half the width of the 95 % interval of the mean of so many amounts as these, of these customers."""
    if len(amounts) < 2:
        return 0.0
    return NORMAL_95 * float(amounts.std(ddof=1)) * float(np.sqrt(design_effect(amounts, customers) / count))


def _worth(
    table: ValidTable, labels: Labels, customers: NDArray[np.int64], count: int
) -> tuple[list[tuple[Worth, ...]], list[tuple[str, ...]]]:
    """Every holding of money, and what a yes is worth; what a call costs is nothing that a customer has or brings.

    And the labels of those columns of which nothing is told, by segment.
    """
    found: list[list[Worth]] = [[] for _ in range(count)]
    withheld: list[list[str]] = [[] for _ in range(count)]
    value = table.column_of("value")
    for column in table.contract.columns:
        money = column == value or (column.role == "holding" and column.is_money)
        if not money or column.kind != "number" or column.name not in table.frame.columns:
            continue
        numbers = table.frame[column.name].to_numpy().astype(float)
        plain = ~np.isnan(numbers) & ~np.isin(numbers, column.codes)
        if count_customers(pl.Series(plain), customers) < RAREST_LEVEL:
            continue
        told = _tellable(numbers[plain], labels[plain], customers[plain], count)
        total, base = float(numbers[plain].sum()), float(numbers[plain].mean())
        for place in range(count):
            mine = plain & (labels == place)
            here = numbers[mine]
            holders = count_customers(pl.Series(mine), customers)
            if place not in told:
                withheld[place] += [column.label] if holders >= RAREST_LEVEL else []
                continue
            share = four_digits(float(here.sum()) / total) if total > 0 and (numbers[plain] >= 0).all() else None
            found[place].append(
                Worth(
                    column.name, column.label, holders, *_mean_interval(here, customers[mine]), four_digits(base), share,
                    column.role,
                )
            )  # fmt: skip
    return [tuple(row) for row in found], [tuple(row) for row in withheld]


def _tellable(amounts: NDArray[np.float64], labels: Labels, customers: NDArray[np.int64], count: int) -> set[int]:
    """Segments of whose amounts no customer makes much, nor of those of all the others together: all but the told can be reckoned."""
    if much_of_one(amounts, customers):
        return set()
    by_size = sorted(range(count), key=lambda place: float(np.abs(amounts[labels == place]).sum()))
    told = [place for place in by_size if not much_of_one(amounts[labels == place], customers[labels == place])]
    while told and not (others := np.isin(labels, told, invert=True)).all() and others.any():
        if not much_of_one(amounts[others], customers[others]):
            break
        told.pop(0)
    return set(told)


def _best_observed(
    table: ValidTable,
    labels: Labels,
    customers: NDArray[np.int64],
    count: int,
    yes: NDArray[np.bool_] | None,
    alike: float,
    money: CallMoney | None,
) -> list[tuple[Association, ...]]:
    """Find the level of each column of the call's circumstances in which a segment surely responded better than else.

    The best lower end of the interval wins, so that a handful of lucky calls does not; and it must lie above the rate of
    the segment's calls of other known levels, at a level that allows for all that are looked at, levels of all columns in
    all segments (Bonferroni): of dozens that are all alike one is always the best. Of levels with calls to fewer than `FEWEST_CALLS` customers, or fewer than
    `FEWEST_OF_CALLS` of the segment's, nothing is said: a week of one campaign tells little of the next.
    """
    if yes is None:
        return [()] * count
    columns = [
        column
        for column in table.contract.columns
        if column.role == "context" and column.kind == "category" and column.known == "dialling"
    ]
    looks: list[tuple[int, Column, str, NDArray[np.int64], NDArray[np.bool_]]] = []
    for column in columns:
        if column.name not in table.raw.columns:
            continue
        levels = table.raw[column.name].cast(pl.String).fill_null("").to_numpy().astype(str)
        named, codes = np.unique(levels, return_inverse=True)
        known = ~np.isin(named, [*table.contract.missing_tokens(column), "unknown"])
        for place in range(count):
            mine = (labels == place) & known[codes]
            fewest = max(FEWEST_CALLS, FEWEST_OF_CALLS * mine.sum())
            looks += [
                (place, column, str(level), np.flatnonzero(mine & (codes == code)), yes[mine & (codes != code)])
                for code, level in enumerate(named)
                if count_customers(pl.Series(mine & (codes == code)), customers) >= fewest
            ]
    best: list[dict[str, Association]] = [{} for _ in range(count)]
    for place, column, level, rows, there in looks:
        here, sure = yes[rows], 1 - 0.05 / len(looks)
        if _responded_better(here, there, alike, sure):
            pays = (
                None if money is None else _surely_pays(here, customers[rows], alike, money.of(rows, customers), sure)
            )
            options = [*filter(None, [best[place].get(column.name)]), _association(column, level, here, alike, pays)]
            best[place][column.name] = max(options, key=lambda option: (option.low, option.level))
    return [tuple(row.values()) for row in best]


def _responded_better(yes: NDArray[np.bool_], others: NDArray[np.bool_], alike: float, level: float) -> bool:
    here, there = (yes.sum() / alike, len(yes) / alike), (others.sum() / alike, len(others) / alike)
    return len(others) > 0 and float(rate_difference(*here, *there, level)[0]) > 0


def _surely_pays(
    yes: NDArray[np.bool_], customers: NDArray[np.int64], alike: float, money: CallMoney, level: float
) -> bool:
    low, high = (float(end) for end in wilson(yes.sum() / alike, len(yes) / alike, level))
    lowest = _profits(yes, customers, (float(yes.mean()), low, high), money, level)[1]
    return lowest is not None and lowest > 0


def _association(column: Column, level: str, yes: NDArray[np.bool_], alike: float, pays: bool | None) -> Association:
    low, high = (float(end) for end in wilson(yes.sum() / alike, len(yes) / alike))
    return Association(column.name, column.label, level, len(yes), float(yes.mean()), low, high, pays)

"""The call list with what happened: the results and purchases that came back, joined to it without losing a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from segmint.contract.header import NAME_THE_HEADER, columns_told, has_header
from segmint.contract.ids import bare_ids, lost_digits, match_ids, rows_by_zeros, same_ids
from segmint.errors import DataError
from segmint.monitoring.codes import Dispositions, meanings_of
from segmint.monitoring.early import Early
from segmint.monitoring.met_results import meet, say_repeated
from segmint.monitoring.purchases import Purchases, purchases_of
from segmint.monitoring.two_answers import TwoAnswers, answers_in
from segmint.wording import counted, percent, some_of

ARMS = ("listed", "held_out")
_MANY_SILENT = 0.1
# Where purchases stand among the results, a no may be a line of who bought: these only a call leaves behind.
_OF_A_CALL = ("call_back", "not_reached", "wrong_number", "do_not_call")


@dataclass(frozen=True)
class JoinedResults:
    """The call list with what happened, not a row lost.

    Attributes
    ----------
    rows : polars.DataFrame of n_listed_rows rows
        The call list as it came, then calls (result rows), success, said_yes (a call code that means success), dialled
        (a code that only a call leaves behind; any code, where purchases stand in a table of their own), answers and two_answers (see `answers_in`), do_not_call, has_result, new (the first row of a customer in any arm of the campaign) and
        planned_cost (of all rows on which the customer is listed).
    read, matched, strangers, unnamed : int
        Result rows read; those of customers on the list; those of customers who are not; those without an id. Read is the sum.
    strange_rows : polars.DataFrame
        The result rows of customers who are not on the list, or without an id, as they came; and those of `shortened_objections`.
    do_not_call : polars.Series
        Customers who asked not to be called again, on the list or not, to be added to the do-not-call file.
    early : Early
        Results of calls before the list: no answer to it, but whoever asked not to be called again has asked.
    nameless_objections, shortened_objections : int
        Rows without an id that say that somebody asked not to be called again, and rows whose id a spreadsheet has shortened
        to an exponent: nobody knows who, and none of them is in `do_not_call`.
    purchases, purchases_matched, purchases_of_arms : int or None
        Rows of purchases read, those of customers on the list, whenever they bought, and of these those to be called or held
        out. None if nobody named any: then success is what the codes say.
    bought : Purchases or None
        What the rows of the purchases were taken for.
    of_calls : bool
        Whether the results are of calls; else an outcome, the same for both arms.
    by_zeros : dict of str to int
        How many results, purchases and customers of earlier lists found their customer only by an id with other zeros before it, or other capitals.
    several : int
        Ids of results and purchases that could be those of several customers of the list, see `match_ids`: of none, then.
    met_nobody : tuple of int
        Customers on each earlier list that has nobody of this one.
    before, repeated : int
        Rows left out of the comparison: of customers on earlier lists, and further rows of a customer on this one.
    repeated_results : int
        Results of customers on the list that repeat another in every column, a date among them, and do not count again.
    """

    rows: pl.DataFrame
    read: int
    matched: int
    strangers: int
    strange_rows: pl.DataFrame
    do_not_call: pl.Series
    purchases: int | None = None
    purchases_matched: int | None = None
    purchases_of_arms: int | None = None
    before: int = 0
    repeated: int = 0
    bought: Purchases | None = None
    of_calls: bool = True
    by_zeros: Mapping[str, int] = field(default_factory=dict)
    several: int = 0
    met_nobody: tuple[int, ...] = ()
    unnamed: int = 0
    nameless_objections: int = 0
    shortened_objections: int = 0
    early: Early | None = None
    repeated_results: int = 0

    @property
    def compared(self) -> pl.DataFrame:
        """The rows of both arms, each customer once."""
        return self.rows.filter("new")

    @property
    def two_answers(self) -> TwoAnswers:
        """Who of those compared said both yes and no; nobody is asked where purchases alone tell who bought."""
        told = self.compared if self.purchases is None else self.compared.clear()
        return TwoAnswers.of(told)

    @property
    def too_early(self) -> int:
        """Results of customers on the list that are of calls before it."""
        return 0 if self.early is None else self.early.left_out

    @property
    def sentence(self) -> str:
        """Where the result rows went."""
        nameless = f", {self.unnamed:,} without an id" if self.unnamed else ""
        said = [
            f"{counted(self.read, 'result')} read: {self.matched:,} of customers on the list, {self.strangers:,} of others{nameless}."
        ]
        said += [self.two_answers.sentence] if self.two_answers.sentence else []
        said += [] if self.early is None else self.early.sentences(self.too_early)
        said += filter(None, [say_repeated(self.repeated_results)])
        if self.by_zeros:
            found = ", ".join(f"{rows:,} {what}" for what, rows in self.by_zeros.items())
            said.append(
                f"Matched although the ids differ by zeros before them, which a spreadsheet drops, or by capitals: {found}."
            )
        listed = self.compared.filter(pl.col("status") == "listed")
        if self.purchases is not None:
            plain = self.bought is None or self.bought.told_by is None
            what = ("purchase", "purchases") if plain else ("row of purchases", "rows of purchases")
            said.append(
                f"{counted(self.purchases, *what)} read, {self.purchases_of_arms:,} of customers to be called or held out: "
                "they alone tell who bought, in both arms."
            )
            said += () if self.bought is None else self.bought.sentences
            if open_yes := listed.filter("said_yes", ~pl.col("success")).height:
                who = counted(
                    open_yes, "customer said yes on the phone and has", "customers said yes on the phone and have"
                )
                said.append(f"{who} no purchase: that counts as a no.")
        if silent := listed.filter(~pl.col("has_result")).height:
            without = counted(silent, "listed customer has", "listed customers have")
            counts = "called without success" if self.purchases is None else "their purchases tell, called or not"
            said.append(f"{without} no result: {counts}.")
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
                f"{counted(self.several, 'id')} could be of several customers of the list, but for zeros before, marks around or capitals: "
                "these results and purchases count for nobody. Export the ids as text."
            )
        said += [self.two_answers.caution] if self.two_answers.caution else []
        early = (self.early, None if self.bought is None else self.bought.early)
        said += [caution for each in early if each is not None for caution in each.cautions]
        held = self.compared.filter(pl.col("status") == "held_out")
        if self.purchases is None and (self.of_calls or not held["has_result"].any()):
            said.append(
                "Those called are judged by call codes, those held out by purchases. Who was called, did not say yes and "
                "bought all the same is missed, so calling looks worse than it is. Name a table of everyone's purchases: "
                "--purchases."
            )
        bought = held.filter("success").height
        if self.purchases is None and bought and not all_told(held):
            said.append(
                f"{some_of(bought, held.height, 'customers held out', 'has', 'have')} a row that says they bought, "
                f"{held.filter(~pl.col('has_result')).height:,} have none and count as not having bought. If the rows are of "
                "calls made by mistake, calling looks better than it is."
            )
        if dialled := held.filter("dialled").height:
            code = "a call code" if self.purchases is not None else "a code that only a call leaves behind"
            said.append(
                f"{some_of(dialled, held.height, 'customers held out', f'has {code} and was', f'have {code} and were')} called all the same. "
                "The difference then shows less than what calling brings."
            )
        listed = self.compared.filter(pl.col("status") == "listed")
        silent = listed.filter(~pl.col("has_result")).height
        if silent > _MANY_SILENT * listed.height:
            said.append(
                f"{some_of(silent, listed.height, 'listed customers', 'has', 'have')} no result ({percent(silent / listed.height, 0)}). If they "
                "were never called, the change shown is that of being listed, and a call changes more; and the planned cost is of calls "
                "that nobody made."
            )
        return tuple(said)


def join_results(
    call_list: pl.DataFrame,
    results: pl.DataFrame,
    dispositions: Dispositions,
    *,
    purchases: pl.DataFrame | None = None,
    since: date | None,
    today: date | None,
    outcome: str | None,
    of_calls: bool,
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
        What the codes mean, and the columns of the customer and the code.
    purchases : polars.DataFrame, optional
        One row for each purchase since the list was made, of anyone, called or held out.
    since : datetime.date or None
        The day on which the list was made: results and purchases that a column of dates puts before it are left out.
    today : datetime.date or None
        Results and purchases after it are a caution.
    outcome : str, optional
        The column of the purchases, where they have it, that says yes of who bought.
    of_calls : bool
        Whether any code of somebody held out says that the customer was called, beside `purchases`; an outcome does not.
    earlier : sequence of polars.DataFrame
        Earlier lists of the campaign: whoever was called or held out there is not compared here. Those called were put to
        rest, those held out were not, so that only customers who are new to both arms are alike.

    Raises
    ------
    DataError
        If a column is missing, a code has no meaning, or it is open whether a row is a purchase: a sale left out would bias
        the effect.
    """
    _require_columns(results, "results", dispositions, dispositions.customer, dispositions.code)
    meaning = meanings_of(results, dispositions)
    listed = call_list.with_columns(bare_ids(call_list["customer"]).alias("_key"))
    whose = meet(results, dispositions.customer, listed["_key"], dispositions.code, since=since, today=today)
    calls = results.select(whose.named, meaning=meaning, aside=whose.aside)
    rows = _with_calls(listed, calls.join(whose.pairs, on="_named"))
    by_zeros = Counter(results=whose.match.by_zeros)
    purchased = None
    if purchases is not None:
        buyers = _customers_of(purchases, dispositions)
        purchased = _purchased(purchases, buyers, listed, since=since, today=today, outcome=outcome)
        by_zeros["purchases"] = purchased.by_zeros
        rows = rows.with_columns(
            success=_among(rows["_key"], purchased.buyers), dialled="has_result" if of_calls else "dialled"
        )
    seen = [bare_ids(each.filter(pl.col("status").is_in(ARMS))["customer"]).drop_nulls().unique() for each in earlier]
    met = [same_ids(each, listed["_key"]) for each in seen]
    by_zeros["customers of earlier lists"] = sum(map(rows_by_zeros, seen, met))
    rows, before, repeated = _with_new(rows, met)
    objections = _objections(rows, calls, whose.known)
    return JoinedResults(
        rows=rows.drop("_key"),
        read=results.height,
        matched=whose.early.known,
        strangers=whose.strangers,
        strange_rows=results.filter(~whose.known | objections.shortened),
        do_not_call=objections.customers,
        purchases=None if purchases is None else purchases.height,
        purchases_matched=None if purchased is None else purchased.matched,
        purchases_of_arms=None if purchased is None else purchased.of_arms,
        before=before,
        repeated=repeated,
        bought=None if purchased is None else purchased.taken_for,
        of_calls=of_calls,
        by_zeros=dict(+by_zeros),
        several=len(whose.match.unclear | (set() if purchased is None else purchased.unclear)),
        met_nobody=tuple(len(each) for each, there in zip(seen, met, strict=True) if len(each) and there.is_empty()),
        unnamed=whose.unnamed,
        nameless_objections=objections.nameless,
        shortened_objections=int(objections.shortened.sum()),
        early=whose.early,
        repeated_results=whose.repeated,
    )


class _Purchased(NamedTuple):
    """What the purchases say of the customers of a list."""

    taken_for: Purchases
    buyers: pl.Series
    matched: int
    of_arms: int
    by_zeros: int
    unclear: set[str]


def _purchased(
    purchases: pl.DataFrame,
    whose: pl.Series,
    listed: pl.DataFrame,
    *,
    since: date | None,
    today: date | None,
    outcome: str | None,
) -> _Purchased:
    """Say which customers of the list, by their `_key`, bought."""
    pairs, unclear, by_zeros = match_ids(whose, listed["_key"])
    arms = [_as_named(listed.filter(status=arm)["_key"], pairs) for arm in ARMS]
    known = _among(whose, pairs["named"])
    bought = purchases_of(purchases, whose, since=since, today=today, outcome=outcome, arms=arms, known=known)
    in_arms = pairs.filter(_among(pairs["known"], listed.filter(pl.col("status").is_in(ARMS))["_key"]))
    return _Purchased(
        taken_for=bought,
        buyers=pairs.filter(_among(pairs["named"], bought.buyers))["known"],
        matched=int(known.sum()),
        of_arms=int(_among(whose, in_arms["named"]).sum()),
        by_zeros=by_zeros,
        unclear=unclear,
    )


class _Objections(NamedTuple):
    """Who asked not to be called again; `shortened` marks the results, shape (n_results,), whose id lost its digits."""

    customers: pl.Series
    nameless: int
    shortened: pl.Series


def _objections(rows: pl.DataFrame, calls: pl.DataFrame, known: pl.Series) -> _Objections:
    """Gather the objections of customers on the list and of others."""
    objects = (calls["meaning"] == "do_not_call").fill_null(False)
    others = calls["_named"].filter(~known & objects)
    asked = pl.concat([rows.filter("do_not_call")["customer"].cast(pl.String), others.drop_nulls().rename("customer")])
    # 1.5E+05 may be anybody, and one such id in a do-not-call file makes the whole file useless
    whole = asked.filter(~lost_digits(bare_ids(asked)))
    return _Objections(whole.unique(maintain_order=True), others.null_count(), objects & lost_digits(calls["_named"]))


def _require_columns(frame: pl.DataFrame, name: str, dispositions: Dispositions, *wanted: str) -> None:
    named = " and ".join(f"'{column}'" for column in wanted)
    for column in wanted:
        if column not in frame.columns:
            raise DataError(
                f"The {name} have no column '{column}'.",
                expected=f"{named} among {columns_told(frame)}",
                fix=("" if has_header(frame) else f"{NAME_THE_HEADER}; else ") + dispositions.name_the_columns,
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
    _require_columns(purchases, "purchases", dispositions, column)
    return bare_ids(purchases[column])


def _among(keys: pl.Series, known: pl.Series) -> pl.Series:
    return keys.is_in(known.drop_nulls().implode()).fill_null(False)


def _as_named(keys: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """Write ids of the list as the other file does, where it has them."""
    one = pairs.unique("known")
    return keys.replace(one["known"], one["named"])


def _with_calls(listed: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Put beside each row what became of its calls."""
    answer = pl.col("meaning").filter(~pl.col("aside"))
    success = answer == "success"
    by_customer = calls.group_by("_key").agg(
        calls=answer.len(),
        success=success.any(),
        said_yes=success.any(),
        dialled=answer.is_in(_OF_A_CALL).any(),
        do_not_call=(pl.col("meaning") == "do_not_call").any(),
        **answers_in(answer),
    )
    return listed.join(by_customer, on="_key", how="left", maintain_order="left").with_columns(
        (pl.col("calls") > 0).fill_null(False).alias("has_result"),
        pl.col("calls", "answers").fill_null(0),
        pl.col("success", "said_yes", "dialled", "do_not_call", "two_answers").fill_null(False),
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


def all_told(held: pl.DataFrame) -> bool:
    """Whether the results say of every customer held out what was bought, and not what a call came to."""
    return bool(held["has_result"].all()) and not held["dialled"].any()

"""CallList: every row read, one status each. The truth; the sheet and the dialler file are views of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.arguments import require_made
from segmint.arrays import Floats
from segmint.targeting.choose import REJECTED, STATUSES, Choice, fewer_calls
from segmint.targeting.given_ids import Ids, given_ids
from segmint.targeting.holdout import PowerCalculation, plan_holdout
from segmint.targeting.policy import WHOLE, ContactPolicy
from segmint.targeting.suppress import count_reasons, is_objecting
from segmint.wording import counted

COLUMNS: Mapping[str, pl.DataType] = {
    "customer": pl.String(),
    "record": pl.Int64(),
    "campaign": pl.String(),
    "status": pl.String(),
    "arm": pl.String(),
    "rank": pl.Int64(),
    "attempts": pl.Int64(),
    "propensity": pl.Float64(),
    "expected_profit": pl.Float64(),
    "cost": pl.Float64(),
    "value": pl.Float64(),
    "segment": pl.String(),
    "segment_doubt": pl.String(),
    "reason_1": pl.String(),
    "reason_2": pl.String(),
    "reason_3": pl.String(),
    "suppressed_because": pl.String(),
    "run": pl.String(),
}
NAMED_REASONS = 3  # beside objections, in the sentence that says where everyone went; the page has all of them
LATE = ("segment", "segment_doubt", "reason_1", "reason_2", "reason_3")
STATUS_WORDS = {
    "listed": "to be called",
    "held_out": "held out, to measure the effect of calling",
    "suppressed": "suppressed by a rule",
    "beyond_budget": "would pay, but the list ends before",
    "below_break_even": "would cost more than it brings",
    "rejected": "not readable as the contract asks",
}


@dataclass(frozen=True)
class CallList:
    """Everyone read, and what becomes of them.

    Attributes
    ----------
    rows : polars.DataFrame of shape (n_read, at least 18)
        The columns of `COLUMNS`, then the carried columns of the table. Listed rows first, by rank. `attempts` are the
        calls that the customer may still get in this campaign; null where the policy sets no most. `segment_doubt` says
        why the name of the segment may be untrue of the customer; null where nothing does.
    policy : ContactPolicy
    advice : tuple of str
        What to do, in words.
    carried : tuple of str
        Names of the columns carried over from the table: names, phones, branches.
    """

    rows: pl.DataFrame
    policy: ContactPolicy
    advice: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.check()

    def __len__(self) -> int:
        return self.rows.height

    def frame(self) -> pl.DataFrame:
        """Return every row read."""
        return self.rows

    @property
    def listed(self) -> pl.DataFrame:
        """The customers to call, best first."""
        return self.rows.filter(pl.col("status") == "listed").sort("rank")

    def lists(self, records: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of each of a table's records whether it is to be called."""
        return pl.Series(records).is_in(self.listed["record"].implode()).to_numpy()

    @property
    def taken_along(self) -> tuple[str, ...]:
        """What the policy carries, as the list names it."""
        return tuple(name for name in map(carried_name, self.policy.handed_over) if name in self.carried)

    @property
    def doubts_segments(self) -> bool:
        """Whether the segment of anybody listed was chosen without knowing what its name may say."""
        return self.listed["segment_doubt"].count() > 0

    @property
    def sheet_column(self) -> str | None:
        """The list's column whose values have a sheet each; None for one sheet."""
        name = self.policy.sheet_by
        if name is not None and carried_name(name) in self.carried:
            return carried_name(name)
        return name if name in self.rows.columns else None

    @property
    def counts(self) -> dict[str, int]:
        """Rows by status; every status is named, and they add up to the rows read."""
        counted = dict(self.rows["status"].value_counts().iter_rows())
        return {status: counted.get(status, 0) for status in STATUSES}

    @property
    def reasons(self) -> dict[str, int]:
        """Suppressed customers by reason; one may count under several."""
        held_back = self.rows.filter(pl.col("status") == "suppressed")["suppressed_because"]
        return count_reasons(held_back.fill_null(""))

    @property
    def expected_profit(self) -> float:
        """Expected profit of the listed, in account currency."""
        return float(self.listed["expected_profit"].sum())

    @property
    def calls_per_customer(self) -> float:
        """Calls dialled for a listed customer, on average: fewer than the economics say where few attempts are left."""
        each = self.policy.economics.calls_per_customer
        return float(self._calls.mean()) if fewer_calls(self._calls, self.policy) else each

    @property
    def _calls(self) -> Floats:
        return self.policy.calls_each(self.listed["attempts"])

    @property
    def most_customers(self) -> float:
        """Listed customers that the budget of calls and the conversations wanted allow; infinite without a limit.

        Where few attempts are left to some of the listed, they are counted as they are, and whoever there is room for beside
        them in full.
        """
        policy, calls = self.policy, self._calls
        each = policy.economics.calls_per_customer
        if not fewer_calls(calls, policy):
            return policy.most_customers
        full = policy.conversations_per_customer
        room = [] if policy.budget_calls is None else [(policy.budget_calls - calls.sum()) / each]
        if policy.conversations is not None:
            room.append(policy.customers_for_conversations - policy.reached_by(calls).sum() / full)
        return min((calls.size + max(math.floor(more + WHOLE), 0) for more in room), default=math.inf)

    @property
    def expected_successes(self) -> float:
        """Successes expected of the listed: reached, and say yes."""
        return self.policy.conversations_per_customer * float(self.listed["propensity"].sum()) - self._missed

    @property
    def _missed(self) -> float:
        """Successes that go without as few attempts are left: 0 exactly where none do, so that no figure is added up otherwise."""
        missed = self.policy.conversations_per_customer - self.policy.reached_by(self._calls)
        return float(self.listed["propensity"].to_numpy() @ missed)

    @property
    def power(self) -> PowerCalculation:
        """What effect of calling this list with its holdout can show."""
        listed = self.listed
        rate = float(listed["propensity"].mean() or 0.0) if listed.height else 0.0  # type: ignore[arg-type]
        response = rate * self.policy.conversations_per_customer - self._missed / max(listed.height, 1)
        return plan_holdout(response, listed.height, self.counts["held_out"])

    def sentences(self) -> tuple[str, ...]:
        """Say where everyone read went, what to do, and what the holdout can show."""
        counts = self.counts
        words = STATUS_WORDS | {"suppressed": f"{STATUS_WORDS['suppressed']}{self._largest_reasons()}"}
        parts = "; ".join(f"{n:,} {words[status]}" for status, n in counts.items() if n)
        return (f"{counted(len(self), 'row')} read: {parts}.", *self.advice, self.power.sentence)

    def _largest_reasons(self) -> str:
        """Name what keeps most customers off, and each objection, in parentheses: " (no consent: 40, on 'dnc.csv': 12)"."""
        reasons = self.reasons
        if not reasons:
            return ""
        named = [
            f"{reason}: {customers:,}"
            for place, (reason, customers) in enumerate(reasons.items())
            if place < NAMED_REASONS or is_objecting(reason, self.policy)
        ]
        more = len(reasons) - len(named)
        several = "; a customer may count under several" if sum(reasons.values()) > self.counts["suppressed"] else ""
        return f" ({', '.join([*named, *([counted(more, 'more reason')] if more else [])])}{several})"

    def check(self) -> None:
        """Hold the list against its promises.

        Raises
        ------
        AssertionError
            If a status is unknown, a customer is listed twice, ranks have gaps, or a suppressed customer has
            no reason.
        """
        listed = self.rows.filter(pl.col("status") == "listed")
        suppressed = self.rows.filter(pl.col("status") == "suppressed")
        promises = [
            (self.rows["status"].is_in(list(STATUSES)).fill_null(False).all(), "every row has one known status"),
            (listed["customer"].n_unique() == listed.height, "a customer is listed once"),
            (listed["rank"].sort().to_list() == list(range(1, listed.height + 1)), "ranks run from 1"),
            ((listed["arm"] == "call").fill_null(False).all(), "nobody held out is listed"),
            ((suppressed["suppressed_because"].fill_null("") != "").all(), "suppression has a reason"),
        ]
        if broken := [words for holds, words in promises if not holds]:
            raise AssertionError(f"the call list breaks what it promises: {'; '.join(broken)}")

    def joined(self, late: pl.DataFrame) -> CallList:
        """Add segments and reasons, found later for some of the rows.

        Parameters
        ----------
        late : polars.DataFrame
            customer, and any of segment, segment_doubt, reason_1, reason_2, reason_3; one row for each customer.

        Raises
        ------
        ValueError
            If a customer stands there twice or a column is none of these.
        """
        names = [name for name in late.columns if name != "customer"]
        if strange := [name for name in names if name not in LATE]:
            raise ValueError(f"Only {', '.join(LATE)} can be joined. Got {strange[0]!r}.")
        if late["customer"].n_unique() != late.height:
            raise ValueError("A customer stands twice in what is joined.")
        order = self.rows.columns
        kept = self.rows.drop(names)
        text = late.with_columns(pl.col("customer").cast(pl.String), *(pl.col(n).cast(pl.String) for n in names))
        return replace(self, rows=kept.join(text, on="customer", how="left", maintain_order="left").select(order))

    def without(self, objectors: pl.Series, *, because: str) -> CallList:
        """Suppress customers who objected after the list was made; nobody takes their place.

        Parameters
        ----------
        objectors : polars.Series of bool, shape (n_read,)
        because : str
        """
        hit = objectors.fill_null(False) & ~self.rows["status"].is_in(["suppressed", "rejected"])
        rows = self.rows.with_columns(
            status=pl.when(hit).then(pl.lit("suppressed")).otherwise("status"),
            suppressed_because=pl.when(hit).then(pl.lit(because)).otherwise("suppressed_because"),
        )
        listed = pl.col("status") == "listed"
        renumbered = pl.when(listed).then(pl.col("rank").rank("ordinal").over(listed).cast(pl.Int64))
        return replace(self, rows=rows.with_columns(rank=renumbered))

    def write(self, path: Path) -> None:
        """Write every row as Parquet, raw values kept; `path` lies in a folder that the store lends."""
        self.rows.write_parquet(path, compression="zstd")


def _require_as_many(customers: int, **given: Sized | None) -> None:
    for name, each in given.items():
        nothing = isinstance(each, pl.DataFrame) and not each.width  # a frame without columns has no length of its own
        if each is not None and not nothing and len(each) != customers:
            raise ValueError(f"'{name}' must be of as many customers as 'customers', {customers:,}. Got {len(each):,}.")


def build_call_list(
    customers: Ids,
    choice: Choice,
    because: pl.Series,
    policy: ContactPolicy,
    *,
    records: Sequence[int] | pl.Series | None = None,
    carried: pl.DataFrame | None = None,
    rejected: Sequence[int] = (),
    run: str = "",
    spent: pl.Series | None = None,
) -> CallList:
    """Put everyone read on one list, with one status each.

    Parameters
    ----------
    customers : polars.Series, list or ndarray of shape (n_customers,)
        Ids: texts, or whole numbers.
    choice : Choice
        Of the same rows.
    because : polars.Series of String, shape (n_customers,)
        `Suppression.because`.
    policy : ContactPolicy
    records : sequence of int, optional
        Record numbers in the source.
    carried : polars.DataFrame of n_customers rows, optional
        Columns for the hand-off: names, phones, branches. A name that clashes becomes ``<name>_input``.
    rejected : sequence of int
        Record numbers of the rows that did not meet the contract.
    run : str
        The run that made the list.
    spent : polars.Series of Int64, shape (n_customers,), optional
        `Suppression.spent`; None means that nobody was called yet in this campaign.

    Raises
    ------
    TypeError
        If `choice` is no Choice, or `policy` no ContactPolicy.
    ValueError
        If one of them is of more or fewer customers than the others.
    """
    require_made(Choice, choice=choice)
    require_made(ContactPolicy, policy=policy)
    customers = given_ids(customers)
    _require_as_many(
        len(customers), choice=choice.status, because=because, records=records, carried=carried, spent=spent
    )
    late_reasons = pl.Series(list(choice.because.values()), dtype=pl.String)
    reason = because.rename("suppressed_because")
    if choice.because:
        reason = reason.scatter(list(choice.because), late_reasons)
    nothing = pl.lit(None, dtype=pl.String)
    status = pl.Series("status", STATUSES, dtype=pl.String).gather(choice.status)
    eligible = pl.col("suppressed_because") == ""
    money = {
        name: pl.Series(name, values).fill_nan(None)
        for name, values in (
            ("propensity", choice.propensity),
            ("expected_profit", choice.expected_profit),
            ("cost", choice.cost),
            ("value", choice.value),
        )
    }
    frame = pl.DataFrame({"customer": customers, "suppressed_because": reason, **money}).with_columns(
        status,
        pl.Series("record", np.arange(1, len(customers) + 1) if records is None else records, dtype=pl.Int64),
        pl.Series("rank", choice.rank).replace(0, None).alias("rank"),
        pl.when(pl.Series(choice.holdout)).then(pl.lit("holdout")).otherwise(pl.lit("call")).alias("arm"),
        campaign=pl.lit(policy.campaign),
        run=pl.lit(run),
        attempts=policy.attempts_left(len(customers), spent),
        **dict.fromkeys(LATE, nothing),
    )
    frame = frame.with_columns(
        suppressed_because=pl.when(~eligible).then("suppressed_because"),
        # a price is shown only beside those who were weighed
        **{name: pl.when(eligible).then(name) for name in ("cost", "value")},
    ).select(list(COLUMNS))
    extra = carried.rename(carried_name) if carried is not None else pl.DataFrame()
    whole = pl.concat([frame, extra], how="horizontal") if extra.width else frame
    if rejected:
        whole = pl.concat([whole, _rejected(rejected, policy, run)], how="diagonal")
    order = pl.col("status").replace_strict(STATUSES, list(range(len(STATUSES))), return_dtype=pl.Int8)
    whole = whole.sort(
        order,
        "rank",
        "expected_profit",
        "customer",
        descending=[False, False, True, False],
        nulls_last=True,
        maintain_order=True,
    )
    return CallList(whole, policy, choice.advice, tuple(extra.columns))


def carried_name(name: str) -> str:
    """Say what a list calls a column of the table that it takes along, where it has a column of that name itself."""
    return f"{name}_input" if name in COLUMNS else name


def _rejected(records: Sequence[int], policy: ContactPolicy, run: str) -> pl.DataFrame:
    return pl.DataFrame({"record": pl.Series(records, dtype=pl.Int64)}).with_columns(
        status=pl.lit(STATUSES[REJECTED]), campaign=pl.lit(policy.campaign), run=pl.lit(run)
    )

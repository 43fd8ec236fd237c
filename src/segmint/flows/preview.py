"""What a call list would be, before it is made: prepared once, asked many times while a slider moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import Config
from segmint.contract.dates import today
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.flows.steps.candidates import choose_of, require_usable, weigh
from segmint.flows.steps.learned import Learned, may_have_taught
from segmint.flows.steps.read import open_source
from segmint.flows.steps.settings import policy_of, require_its_moment
from segmint.store.bundle import Bundle
from segmint.targeting.choose import NO_AMOUNT
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.preview import ListPreview, Preview, moved, preview_of
from segmint.targeting.suppress import Doubt

NAMED = 8  # customers named among those who come and go
_DECIDING = (
    "campaign", "hash_key", "holdout_share", "suppress", "other_lists", "history", "rest_days", "attempts", "exclude",
    "consent_words", "no_exclusion_words", "country_code", "one_per",
)  # fmt: skip


@dataclass(frozen=True)
class PreparedList:
    """A table read, suppressed and predicted, ready to be asked about policies.

    Attributes
    ----------
    because : polars.Series of String, shape (n_customers,)
        As in `Suppression`.
    suppressed : dict of str to int
        Customers by the rule that keeps them off.
    rejected : int
        Rows beside these customers that could not be read as the contract asks.
    doubts : tuple of Doubt
        As in `Candidates`.
    trained_on : ndarray of bool, shape (n_customers,)
        Of those whom no rule keeps off, whom the network has learned from, or may have.
    sure : bool
        Whether anybody can tell whom it has learned from.
    preview : ListPreview
        Of these customers, and the columns that quotas, costs and values may be taken from.
    """

    because: pl.Series
    suppressed: dict[str, int]
    rejected: int
    doubts: tuple[Doubt, ...]
    trained_on: NDArray[np.bool_]
    sure: bool
    preview: ListPreview

    @property
    def eligible(self) -> NDArray[np.bool_]:
        """Whom no rule keeps off; shape (n_customers,)."""
        return (self.because == "").to_numpy()

    def may_be_called(self, policy: ContactPolicy) -> NDArray[np.int64]:
        """Return the rows of those who may be called under `policy`, each customer once, as `choose` takes them."""
        return self.preview.ranked(policy).order

    def left_out(self, policy: ContactPolicy) -> dict[str, int]:
        """Count who may not be called by reason: by the rules, and by what only choosing finds."""
        best = self.preview.ranked(policy)
        known = int((self.eligible & best.stakes.known).sum())
        chosen = {NO_AMOUNT: int(self.eligible.sum()) - known, **Counter(best.left_out.values())}
        return self.suppressed | {because: rows for because, rows in chosen.items() if rows}

    def ask(self, policy: ContactPolicy, *, exact: bool) -> Preview:
        """Say what the list under `policy` would be: as it will be made, or faster by shadow prices."""
        if not exact:
            return self.preview.of(policy)
        all_of = self.preview
        return preview_of(
            choose_of(all_of.customers, all_of.propensity, policy, all_of.columns, self.because, all_of.spent)
        )


def read_customers(source: Any, bundle: Bundle, config: Config) -> ValidTable:
    """Read a table of customers under a bundle's contract; no run is made and nothing is written."""
    require_its_moment(config, bundle)
    return validate(
        open_source(source, config.data),
        bundle.contract,
        purpose="predict",
        at=bundle.at,
        max_rejected=config.data.max_rejected,
    )


def prepare_list(table: ValidTable, bundle: Bundle, config: Config, learned: Learned | None = None) -> PreparedList:
    """Suppress and predict the customers of a table once, for many previews; `learned` tells whom the network knows.

    Raises
    ------
    BundleError, PolicyError
        If the bundle cannot choose whom to call, or the policy contradicts itself.
    """
    policy = policy_of(config)
    require_usable(bundle)
    found = weigh(table, policy, bundle)
    held_back = found.held_back
    preview = ListPreview(
        found.customers,
        found.propensity,
        policy,
        columns=found.columns,
        eligible=held_back.eligible,
        spent=held_back.spent,
    )
    sure, trained_on = learned is not None, np.zeros(len(table), dtype=bool)
    trained_on[held_back.eligible] = may_have_taught(learned, table.rows(held_back.eligible))
    rejected = table.ledger.rejected
    return PreparedList(held_back.because, held_back.counts, rejected, found.doubts, trained_on, sure, preview)


def stands_on(config: Config, table: ValidTable) -> str:
    """Name what a prepared list stands on: when any of it changes, the list must be prepared anew.

    These are the rules that say who may be called and who is held out, the state of the files they name (an objector may
    be added meanwhile), the day from which rest counts, and columns that are taken from the file only for the policy.
    """
    policy = policy_of(config)
    rules = policy.model_dump_json(include=set(_DECIDING))
    extra = sorted(set(policy.columns) - set(table.frame.columns))
    history = () if policy.history is None else (policy.history,)
    files = [_state(path) for path in (*policy.suppress, *policy.other_lists, *history)]
    return repr((rules, extra, files, today()))


def _state(path: Path) -> tuple[int, ...]:
    try:
        seen = path.stat()
    except OSError:  # `prepare_list` says what is wrong with it
        return ()
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def what_moved(
    prepared: PreparedList, before: Sequence[int] | NDArray[np.int64], after: NDArray[np.int64]
) -> dict[str, Any]:
    """Count who would come onto a list and who would leave it, and name the first of them."""
    joined, left = moved(prepared.preview.customers, np.asarray(before, dtype=np.int64), after)
    return {"joined": len(joined), "left": len(left), "first_joined": joined[:NAMED], "first_left": left[:NAMED]}

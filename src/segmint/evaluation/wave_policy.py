"""A contact policy in a replay: whom it calls in a past wave, for whom there is room, and what that brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from segmint.arrays import Floats, Mask
from segmint.evaluation.strategies import AtRandom, Everyone, Rule, Strategy
from segmint.metrics.profit import campaign_profit
from segmint.splits.waves import Rows, Wave
from segmint.targeting.choose import choose
from segmint.targeting.levels import has_level
from segmint.targeting.optimise import Limit, limits_of
from segmint.targeting.policy import ContactPolicy, Quota
from segmint.targeting.stakes import Stakes
from segmint.wording import percent

DRAWS = 200  # of calls at random, where a limit is taken unequally


class WavePolicy:
    """A contact policy applied to each wave of a history, whose customers were all reached.

    Parameters
    ----------
    policy : ContactPolicy
    columns : polars.DataFrame of n_customers rows
        Of the whole history, with the columns that the policy names.
    waves : sequence of Wave

    Attributes
    ----------
    able : ndarray of bool, shape (n_customers,)
        Whose cost and value are known: nobody calls the others.
    binds : bool
        Whether a limit keeps anybody from being called if everyone is named, in any wave.

    Raises
    ------
    PolicyError
        If a column of money is missing or holds no amounts.
    """

    def __init__(self, policy: ContactPolicy, columns: pl.DataFrame, waves: Sequence[Wave]) -> None:
        self.policy, self._columns, self._waves = policy, columns, waves
        self._ids = pl.Series("customer", np.arange(columns.height)).cast(pl.String)
        stakes = Stakes.of(policy, columns)
        self._cost, self._value, self.able = stakes.cost, stakes.value * stakes.reach, stakes.known
        self.binds = self._has_limits and any(not self._all_fit(wave.rows[self.able[wave.rows]]) for wave in waves)

    @property
    def limited(self) -> bool:
        """Whether more than the propensity decides whom a wave calls."""
        policy = self.policy
        return policy.has_budget or policy.needs_optimiser or bool(policy.economics.columns)

    def decide(self, rows: Rows, propensity: Floats) -> Mask:
        """Choose whom the policy calls of these rows: True or False for each."""
        here = self._columns[rows]
        choice = choose(self._ids[rows], propensity, self._fillable(rows), columns=here)
        called = np.zeros(rows.size, dtype=bool)
        called[choice.listed] = True
        return called

    def limit(self, rows: Rows, named: Mask, most: float | None = None) -> Floats:
        """Say how likely each of those named is called: who names customers ranks nobody, so that calls are drawn at random.

        A draw ends with `most` customers, or where nobody more fits. Where all take as much of every limit, each has the
        same chance; where they do not, it is the share of many draws that call the customer.
        """
        places = np.flatnonzero(named)
        limits = self._limits(rows, places)
        wanted = places.size if most is None else round(most)
        alike = not any(np.ptp(limit.use) for limit in limits) if places.size else True
        # by the place of the wave, not by fingerprints of the rows: they know the outcome
        random, drawn = np.random.default_rng([int(rows.min(initial=0)), rows.size]), np.zeros(places.size)
        for _ in range(1 if alike else DRAWS):
            order = random.permutation(places.size)[:wanted]
            within = [replace(limit, use=limit.use[order]) for limit in limits]
            drawn[order[who_fit(within, order.size)]] += 1
        chances = np.zeros(named.size)
        chances[places] = drawn.sum() / max(places.size, 1) if alike else drawn / DRAWS
        return chances

    def _limits(self, rows: Rows, places: Rows) -> Sequence[Limit]:
        return limits_of(places, self._cost[rows], self.policy, self._columns[rows])

    def _all_fit(self, rows: Rows) -> bool:
        return who_fit(self._limits(rows, np.arange(rows.size)), rows.size).size == rows.size

    def settle(self, rows: Rows, called: Mask, said_yes: Mask) -> Floats:
        """Say what each row brought, account currency; 0 where nobody was called, or could be."""
        return np.where(called & self.able[rows], self._value[rows] * said_yes - self._cost[rows], 0.0)

    def perfect(self, rows: Rows, said_yes: Mask) -> float:
        """What calling exactly those who say yes and bring what they cost would bring, as far as both are known."""
        value, cost = self._value[rows], self._cost[rows]
        return campaign_profit(said_yes, said_yes & (value > cost), value=value, cost=cost)

    def labelled(self, strategy: Strategy) -> Strategy:
        """Say in its name that a strategy is held to limits that keep it from anybody."""
        if not self.binds:
            return strategy
        if isinstance(strategy, Everyone):
            return replace(strategy, label="As many calls as the limits allow, at random")
        if isinstance(strategy, AtRandom) and self._takes_unequally:
            return replace(strategy, label="At most as many calls, at random, within the limits")
        if isinstance(strategy, Rule):
            return replace(strategy, label=f"{strategy.label}, within the limits")
        return strategy

    def notes(self) -> list[str]:
        """Say in words what the figures rest on: what a call counts, who is never called, quotas that a wave cannot fill."""
        economics, reach, said = self.policy.economics, self.policy.conversations_per_customer, []
        if reach < 1 or economics.calls_per_customer != 1:
            calls = f"{economics.calls_per_customer:g} call{' is' if economics.calls_per_customer == 1 else 's are'}"
            said.append(
                f"For each customer who is called, {calls} paid. {percent(reach, 0)} of those called are reached, so that a yes "
                f"of the history counts as {reach:.3g} of a success."
                if reach < 1
                else f"For each customer who is called, {calls} paid."
            )
        rows = np.concatenate([wave.rows for wave in self._waves])
        if unknown := int((~self.able[rows]).sum()):
            said.append(
                f"{unknown:,} of {rows.size:,} customers have no cost or value in the history: no strategy calls them."
            )
        return [*said, *self._short_quotas()]

    @property
    def _has_limits(self) -> bool:
        return self.policy.has_budget or self._takes_unequally

    @property
    def _takes_unequally(self) -> bool:
        """Whether as many other customers may take more of a limit: of money, a capacity or a quota."""
        policy = self.policy
        quota = any(quota.maximum is not None for quota in policy.quotas)
        return policy.budget_money is not None or bool(policy.capacities) or quota

    def _fillable(self, rows: Rows) -> ContactPolicy:
        """Lower each quota's minimum to the customers of a wave who can fill it: the last wave may be short."""
        quotas = tuple(
            quota.model_copy(update={"minimum": min(quota.minimum, self._members(quota, rows))})
            for quota in self.policy.quotas
        )
        return self.policy.model_copy(update={"quotas": quotas}) if quotas else self.policy

    def _members(self, quota: Quota, rows: Rows) -> int:
        return int((has_level(self._columns[quota.column][rows], [quota.level]).to_numpy() & self.able[rows]).sum())

    def _short_quotas(self) -> list[str]:
        """Say in how many waves too few customers were there for a quota's minimum."""
        said = []
        for quota in self.policy.quotas:
            if short := sum(self._members(quota, wave.rows) < quota.minimum for wave in self._waves):
                said.append(
                    f"In {short:,} of {len(self._waves):,} waves fewer than {quota.minimum:,} customers of {quota.words} were "
                    "there: in these the quota's minimum is those who were."
                )
        return said


def who_fit(limits: Sequence[Limit], size: int) -> Rows:
    """Go from place to place and take whoever fits into what is left of every limit; who does not takes nothing.

    Parameters
    ----------
    limits : sequence of Limit
        With what each of `size` places takes.
    size : int

    Returns
    -------
    ndarray of int64
        The places taken, in order.
    """
    use = np.array([limit.use for limit in limits]).reshape(len(limits), size)
    left = np.array([limit.high * (1 + 1e-9) for limit in limits])[:, None]
    taken, waiting = [], np.arange(size)
    while waiting.size:
        # what is left only falls: who does not fit now never will
        waiting = waiting[(use[:, waiting] <= left).all(axis=0)]
        fits = (np.cumsum(use[:, waiting], axis=1) <= left).all(axis=0)
        run = waiting if fits.all() else waiting[: fits.argmin()]
        taken.append(run)
        left = np.maximum(left - use[:, run].sum(axis=1, keepdims=True), 0.0)
        waiting = waiting[run.size :]
    return np.concatenate([np.arange(0), *taken])

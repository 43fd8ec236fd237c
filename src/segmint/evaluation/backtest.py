"""Backtest: replay past waves. Learn from what was known before each, choose, and see what happened, in money.

The replay knows the outcome of everyone who was called in the past, also of customers a strategy would not have
called; in a bank that stopped calling them, their outcomes would be missing and later waves would learn from less.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from segmint.arrays import Floats, Mask
from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError
from segmint.evaluation.backtest_scores import Replayed, block_of, totals, wave_figures
from segmint.evaluation.backtest_words import conclude_backtest
from segmint.evaluation.strategies import AtRandom, Everyone, Forgetful, Moment, Proposal, Strategy, Told
from segmint.models.names import OURS
from segmint.progress import Progress, Remember, silent
from segmint.splits.groups import digest_of, row_groups, row_keys
from segmint.splits.waves import Rows, Wave

Decide = Callable[[Rows, Floats], Mask]
Limit = Callable[[Rows, Mask, float | None], Floats]
Settle = Callable[[Rows, Mask, Mask], Floats]


@dataclass(frozen=True)
class Backtest:
    """What each strategy would have brought.

    Attributes
    ----------
    strategies : dict of str to str
        Label of each strategy shown.
    waves : polars.DataFrame
        One row per strategy and wave: wave, strategy, first_record, last_record, customers, response_rate, called,
        successes, profit, profit_so_far, best_cut (profit of the best cut through the same order, known only in
        hindsight; null without `hindsight` and for strategies without an order), regret (null likewise), auc,
        mean_propensity. Called and successes are what is to be expected where calls are drawn at random.
    rows : polars.DataFrame
        One row per strategy and metric; see `frame`.
    calls : polars.DataFrame
        One row per strategy and customer: record, wave, strategy, propensity, raw, called (1, 0, or the chance of a
        call where calls are drawn at random), profit (then times that chance).
    conclusion : tuple of str
    block, repeats : int
        Calls per block of the bootstrap as used, and its repeats for AUC and gains.
    """

    strategies: dict[str, str]
    waves: pl.DataFrame
    rows: pl.DataFrame
    calls: pl.DataFrame
    conclusion: tuple[str, ...]
    block: int
    repeats: int

    def frame(self) -> pl.DataFrame:
        """Return one row per strategy and metric over all waves.

        Columns: strategy, metric, value, low, high (95 %, bootstrap over blocks of successive calls), difference,
        difference_low, difference_high (this strategy minus ours, paired). Metrics: profit, profit_per_1000
        (customers), called, successes_per_call, regret (no interval); where there are propensities also auc_pooled,
        auc_within (mean over waves), gain_10, gain_20, gain_50 on raw propensities, log_loss, brier,
        calibration_gap (mean propensity minus response rate, waves above and below making up for each other) and
        absolute_calibration_gap (how far they lie apart in a wave, whichever way, on average; no interval) on the
        recalibrated ones. The strategy "known_rate" gives everyone of a wave the response rate known before it, and has
        only log_loss, brier and calibration_gap.
        """
        return self.rows

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON without any single customer; undefined numbers are null."""
        tables = {"rows": self.rows, "waves": self.waves}
        return {
            "strategies": self.strategies,
            "conclusion": list(self.conclusion),
            "block": self.block,
            "repeats": self.repeats,
            **{name: frame.fill_nan(None).to_dicts() for name, frame in tables.items()},
        }


def backtest(
    table: ValidTable,
    waves: Sequence[Wave],
    strategies: Sequence[Strategy],
    *,
    decide: Decide,
    settle: Settle,
    seed: int,
    limit: Limit | None = None,
    able: Mask | None = None,
    ours: str = OURS,
    block: int = 500,
    repeats: int = 1_000,
    currency: str = "",
    hindsight: bool = True,
    progress: Progress = silent,
    remember: Remember | None = None,
) -> Backtest:
    """Replay the waves with every strategy.

    Parameters
    ----------
    table : ValidTable
        The history, with its response.
    waves : sequence of Wave
        From `make_waves`.
    strategies : sequence of Strategy
        A strategy may build on those before it.
    decide : callable
        ``decide(rows, propensity)`` says whom the contact policy calls: True or False for each of the rows.
    settle : callable
        ``settle(rows, called, said_yes)`` says what each row brought, in money; 0 where nobody was called.
    seed : int
        Of the bootstrap.
    limit : callable, optional
        ``limit(rows, named, most)`` says how likely each of those that a strategy names by itself is called where the
        limits have no room for all, and at most `most` are drawn. None where there are no limits.
    able : ndarray of bool, shape (n_customers,), optional
        Whom anybody can call at all.
    ours : str
        The strategy the others are measured against.
    block : int
        Successive calls that the bootstrap keeps together; fewer where the replay is short, see `block_of`.
    repeats : int
        Of the bootstrap for AUC and gains; money, calls and losses are drawn far more often, see `draws_of`.
    currency : str
        Put before amounts of money in the conclusion.
    hindsight : bool
        Whether a strategy may be held against the best cut through its propensities: only where nothing but the
        propensity decides. Under a budget, or with other money for each customer, that cut was never to be had.
    progress : Progress
        Told after each wave and strategy.
    remember : callable, optional
        Keeps what a learning strategy said of a wave, so that a replay can be taken up again.

    Raises
    ------
    DataError
        If the table's outcome is no response.
    ValueError
        If two strategies share a name, ours is not among them, or there are no waves.
    """
    names = [strategy.name for strategy in strategies]
    if len(set(names)) < len(names) or ours not in names or not waves:
        raise ValueError("backtest needs waves, and strategies with names of their own, ours among them")
    if table.contract.outcome.positive is None:
        raise DataError(
            "The outcome is an assignment to segments, not a response.",
            expected="an outcome that says yes or no",
            fix="name a contract with a response",
        )
    replay = _Replay(table, decide, limit, settle, remember, names, able)
    total = len(waves) * len(strategies)
    for place, wave in enumerate(waves):
        for turn, strategy in enumerate(strategies):
            progress("replaying waves", place * len(strategies) + turn, total)
            replay.play(strategy, waves, place)
        replay.close(wave)
    progress("replaying waves", total, total)
    shown = [strategy for strategy in strategies if not strategy.hidden]
    return replay.result(
        waves, shown, ours=ours, block=block, repeats=repeats, seed=seed, currency=currency, hindsight=hindsight
    )


class _Replay:
    """The state of a replay: what each strategy said so far, and whom it called."""

    def __init__(
        self,
        table: ValidTable,
        decide: Decide,
        limit: Limit | None,
        settle: Settle,
        remember: Remember | None,
        names: Sequence[str],
        able: Mask | None,
    ) -> None:
        self._table, self._decide, self._settle, self._remember = table, decide, settle, remember
        self._limit = limit
        self._able = np.ones(len(table), dtype=bool) if able is None else able
        self._inputs, self._outcome = table.inputs, table.outcome
        self._keys, self._groups = row_keys(table), row_groups(table)
        self._positive = str(table.contract.outcome.positive)
        unsaid = np.full(len(table), np.nan)
        self._said = {name: Told(unsaid.copy(), unsaid.copy()) for name in names}
        self._called = {name: np.zeros(len(table)) for name in names}
        self._memories: dict[str, dict[str, Any]] = {name: {} for name in names}
        self._seen_up_to = dict.fromkeys(names, 0)
        self._looks: dict[str, Proposal] = {}
        self._past = digest_of()

    def play(self, strategy: Strategy, waves: Sequence[Wave], place: int) -> None:
        """Let a strategy look at a wave and decide whom it calls."""
        wave = waves[place]
        if self._remember is None or isinstance(strategy, Forgetful):
            look = self._look(strategy, waves, place)
        else:
            found = self._remember(self._key(strategy, wave), lambda: _as_arrays(self._look(strategy, waves, place)))
            look = Proposal(propensity=np.asarray(found["propensity"]), raw=np.asarray(found["raw"]))
        self._looks[strategy.name] = look
        if look.raw is not None and look.propensity is not None:
            self._said[strategy.name].raw[wave.rows] = look.raw
            self._said[strategy.name].propensity[wave.rows] = look.propensity
        self._called[strategy.name][wave.rows] = self._choice(look, wave)

    def close(self, wave: Wave) -> None:
        """End a wave: what was said of it belongs to the past."""
        self._looks = {}
        self._past = self._with_past(wave)

    def _look(self, strategy: Strategy, waves: Sequence[Wave], place: int) -> Proposal:
        """Look at a wave, after the earlier ones the strategy has to have seen if their results were remembered."""
        first = max(strategy.begins(waves[place].number), self._seen_up_to[strategy.name] + 1)
        for missed in range(first, waves[place].number):
            strategy.look(self._moment(strategy, waves[missed - 1]))
        look = strategy.look(self._moment(strategy, waves[place]))
        self._seen_up_to[strategy.name] = waves[place].number
        return look

    def _moment(self, strategy: Strategy, wave: Wave) -> Moment:
        # Only rows of the wave, and earlier rows whose outcome is known, are handed over.
        known = wave.known
        return Moment(
            number=wave.number,
            customers=self._inputs[wave.rows],
            groups=self._groups[wave.rows],
            known=self._inputs[known],
            outcome=self._outcome[known],
            known_groups=self._groups[known],
            known_keys=self._keys[known],
            positive=self._positive,
            told={name: Told(said.raw[known], said.propensity[known]) for name, said in self._said.items()},
            able=self._able[wave.rows],
            looks=dict(self._looks),
            decided={name: self._called[name][wave.rows] for name in self._looks},
            memory=self._memories[strategy.name],
        )

    def _with_past(self, wave: Wave) -> hashlib.blake2b:
        return digest_of(self._keys[wave.known], self._keys[wave.rows], after=self._past)

    def _key(self, strategy: Strategy, wave: Wave) -> Mapping[str, Any]:
        return {
            "work": "one wave of one strategy",
            "strategy": strategy.name,
            "settings": strategy.settings,
            "wave": wave.number,
            "rows": self._with_past(wave).hexdigest(),
            "columns": self._inputs.columns,
            "contract": f"{self._table.contract.name} {self._table.contract.version}",
            "at": self._table.at,
        }

    def _choice(self, look: Proposal, wave: Wave) -> Floats:
        if look.called is not None and self._limit is not None:
            called = self._limit(wave.rows, look.called, look.most)
        elif look.called is None and look.propensity is not None:
            called = np.asarray(self._decide(wave.rows, look.propensity), dtype=np.float64)
        else:
            called = look.chances
        if called.shape != wave.rows.shape:
            raise ValueError(f"a decision needs one answer for each of the {wave.rows.size} customers")
        return called

    def result(
        self,
        waves: Sequence[Wave],
        shown: Sequence[Strategy],
        *,
        ours: str,
        block: int,
        repeats: int,
        seed: int,
        currency: str,
        hindsight: bool,
    ) -> Backtest:
        rows = np.concatenate([wave.rows for wave in waves])
        number = np.concatenate([np.full(wave.rows.size, wave.number) for wave in waves])
        said_yes = self._outcome[rows] == self._positive
        if_called = np.asarray(self._settle(rows, np.ones(rows.size, dtype=bool), said_yes), dtype=np.float64)
        replayed = {}
        shown = self._apart(shown, rows)
        for strategy in shown:
            called, said = self._called[strategy.name][rows], self._said[strategy.name]
            money = called * np.asarray(self._settle(rows, called > 0, said_yes), dtype=np.float64)
            has_propensities = bool(np.isfinite(said.raw[rows]).all())
            replayed[strategy.name] = Replayed(
                raw=said.raw[rows] if has_propensities else None,
                propensity=said.propensity[rows] if has_propensities else None,
                called=called,
                money=money,
            )
        records = self._table.records[rows]
        labels = {strategy.name: strategy.label for strategy in shown}
        per_wave = wave_figures(
            replayed, number, said_yes, if_called, records=records, keys=self._keys[rows], hindsight=hindsight
        )
        block = block_of(rows.size, block)
        known = [self._outcome[wave.known] == self._positive for wave in waves]
        rates = [float(yes.mean()) if yes.size else 0.5 for yes in known]
        known_rate = np.repeat(rates, [wave.rows.size for wave in waves])
        figures = totals(
            replayed,
            number,
            said_yes,
            per_wave,
            known_rate=known_rate,
            ours=ours,
            block=block,
            repeats=repeats,
            seed=seed,
        )
        return Backtest(
            strategies=labels,
            waves=per_wave,
            rows=figures,
            calls=_calls(replayed, number, records),
            conclusion=conclude_backtest(figures, per_wave, labels, ours=ours, currency=currency),
            block=block,
            repeats=repeats,
        )

    def _apart(self, shown: Sequence[Strategy], rows: Rows) -> list[Strategy]:
        """Leave out calls at random where calling everyone comes to the same: by its limits, or as ours calls everyone."""
        everyone = [self._called[strategy.name][rows] for strategy in shown if isinstance(strategy, Everyone)]
        return [
            strategy
            for strategy in shown
            if not isinstance(strategy, AtRandom)
            or not any(np.allclose(self._called[strategy.name][rows], other) for other in everyone)
        ]


def _as_arrays(look: Proposal) -> dict[str, Any]:
    if look.raw is None or look.propensity is None:
        raise ValueError("a learning strategy must say propensities")
    return {"raw": look.raw, "propensity": look.propensity}


def _calls(replayed: Mapping[str, Replayed], number: Rows, records: Rows) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame(
            {
                "record": records,
                "wave": number,
                "strategy": [name] * records.size,
                "propensity": pl.Series(mine.propensity, dtype=pl.Float64)
                if mine.propensity is not None
                else pl.Series([None] * records.size, dtype=pl.Float64),
                "raw": pl.Series(mine.raw, dtype=pl.Float64)
                if mine.raw is not None
                else pl.Series([None] * records.size, dtype=pl.Float64),
                "called": mine.called,
                "profit": mine.money,
            }
        )
        for name, mine in replayed.items()
    )

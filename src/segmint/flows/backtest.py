"""`segmint backtest`: had you used it since the first wave? Replay the history, in money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segmint.arguments import place_of
from segmint.config import Config
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.errors import TRAINING, DataError, PolicyError, require
from segmint.evaluation.backtest import Backtest
from segmint.evaluation.backtest import backtest as replay
from segmint.evaluation.backtest_words import NOTHING_RULED_OUT, say_proxies, will_it_hold
from segmint.evaluation.conformal import LabelSets, adaptive_sets
from segmint.evaluation.lagged_rates import with_lagged_rates
from segmint.evaluation.rule import rule_of
from segmint.evaluation.strategies import (
    FEWEST_RESPONDERS,
    AtRandom,
    BestSoFar,
    Everyone,
    Learner,
    Rule,
    Strategy,
    teaches,
)
from segmint.evaluation.wave_policy import WavePolicy
from segmint.flows.report import write_report
from segmint.flows.steps.policy_columns import with_policy_columns
from segmint.flows.steps.read import begin, open_source, read, require_contract
from segmint.flows.steps.settings import RUNS, Place, Settings, contract_of, settings_of
from segmint.models.customer_model import make_model
from segmint.models.names import MODEL_LABELS, OURS
from segmint.progress import Progress, Remember, silent, tell_both
from segmint.splits.waves import ROW_ORDER, Wave, doubt_of_time, make_waves, time_proxies, times_of
from segmint.store.run import Run
from segmint.store.run_files import BACKTEST, BACKTEST_CALLS, BACKTEST_WAVES
from segmint.tables.table_source import TableSource
from segmint.targeting.policy import ContactPolicy, ContactRules, Economics
from segmint.wording import counted, percent, plain

MOST_UNEQUAL = 1.1


@dataclass(frozen=True, repr=False)
class Backtested:
    """What came of a replay, for any door.

    Attributes
    ----------
    folder, report : Path
    receipt : str
        How the table was read, in a sentence.
    sentences : tuple of str
        What each strategy would have brought, and what chance can explain.
    summary : dict
        The content of ``backtest.json``: figures, no customer.
    result : Backtest
        Also call by call.
    """

    folder: Path
    report: Path
    receipt: str
    sentences: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)
    result: Backtest = field(repr=False)

    def __repr__(self) -> str:
        return f"<Backtested {self.folder}>"

    def frame(self) -> pl.DataFrame:
        """Return one row per strategy and metric; see `Backtest.frame`."""
        return self.result.frame()


def backtest(
    source: Any,
    contract: Contract | str | Path,
    config: Settings = None,
    *,
    runs: Place = RUNS,
    progress: Progress = silent,
    here: Run | None = None,
) -> Backtested:
    """Replay past waves with the network, its rivals and today's rule: what would each have brought?

    Parameters
    ----------
    source : path or frame
        The history, one row per call with its outcome.
    contract : Contract, or the name or path of one
    config : Config or path, optional
        `backtest` says how; `economics` and `policy` what a call costs, a success brings, and how many calls a wave
        has. Without economics, a success brings 1 and a call costs the response rate before the first wave.
    runs : path
        The folder that holds all runs.
    progress : Progress
        Told how far the work is.
    here : Run, optional
        An earlier backtest to continue.

    Raises
    ------
    SegmintError
        For a table or setting that cannot be worked with.
    """
    require(*TRAINING)
    config, runs = settings_of(config), place_of("runs", runs)
    contract = contract_of(contract)
    opened = open_source(source, config.data)
    require_contract(opened, contract, at=config.data.at)
    with here or begin("backtest", source, opened, contract, config, runs=runs) as here:
        return _backtest_in(here, opened, contract, config, progress=progress)


def _backtest_in(
    here: Run, opened: TableSource, contract: Contract, config: Config, *, progress: Progress = silent
) -> Backtested:
    """Replay in a run that is there: what it remembers of waves already played is not learned again."""
    both = tell_both(progress, here.progress)
    table = read(opened, contract, config.data, here, progress=both)
    waves = waves_of(table, config)
    policy = money_of(table, waves[0], config)
    applied = policy_in_waves(table, waves, policy)
    played = lagged(table, config)
    found = replay_waves(played, waves, applied, config, progress=both, remember=here.remember)
    sets = label_sets(table, waves, found, config)
    found = replace(found, calls=_with_sets(found.calls, sets))
    summary = {**found.to_json(), **_about(table, waves, applied, sets, config, found)}
    here.keep(BACKTEST, summary)
    here.keep(BACKTEST_CALLS, found.calls)
    here.keep(BACKTEST_WAVES, found.waves)
    report = write_report(here.folder, both)
    sentences = (
        summary["replayed"], *summary["notes"], summary["answer"], summary["decision"], *found.conclusion, summary["label_sets"]["sentence"],
    )  # fmt: skip
    here.done({"conclusion": list(found.conclusion)})
    return Backtested(here.folder, report, table.ledger.sentence(), sentences, summary, found)


def waves_of(table: ValidTable, config: Config) -> list[Wave]:
    """Cut the history into waves."""
    settings = config.backtest
    return make_waves(
        times_of(table, settings.time_order), start=settings.start, step=settings.step, delay=settings.delay
    )


def lagged(table: ValidTable, config: Config) -> ValidTable:
    """Add how calls went lately, where the table tells when they were made."""
    settings = config.backtest
    if settings.time_order == ROW_ORDER or not settings.lagged_rates:
        return table
    return with_lagged_rates(
        table,
        times_of(table, settings.time_order),
        start=settings.start,
        step=settings.step,
        delay=settings.delay,
        last=settings.lagged_rates,
    )


def money_of(table: ValidTable, first: Wave, config: Config) -> ContactPolicy:
    """Say what a call costs and brings; rules that need today's lists do not apply to the past."""
    rules = ContactRules(
        holdout_share=0.0,
        budget_calls=config.policy.budget_calls,
        budget_money=config.policy.budget_money,
        conversations=config.policy.conversations,
        contact_rate=config.policy.contact_rate,
        quotas=config.policy.quotas,
        capacities=config.policy.capacities,
    )
    economics = config.economics
    if economics is None:
        yes = table.outcome[first.known] == table.contract.outcome.positive
        if not yes.any():
            raise DataError(
                f"Before the first wave {first.known.size:,} outcomes are known, none of them a yes: nothing says what a call may cost.",
                expected="outcomes to learn from before the first wave, or economics",
                fix="begin later (--first), shorten --delay, or name a policy with what a call costs (--policy)",
            )
        rate = float(np.mean(yes))
        economics = Economics(currency="", cost_per_call=max(rate * rules.contact_rate, 1e-6), value_per_success=1.0)
    policy = ContactPolicy.of(economics, rules)
    policy.require_columns(tuple(dict.fromkeys((*table.frame.columns, *table.raw.columns))))
    return policy


def _require_known(table: ValidTable, policy: ContactPolicy) -> None:
    """Refuse money and limits that nobody knew when the call was decided: a replay must not look ahead."""
    contract = table.contract
    for name in policy.columns:
        column = contract.by_name.get(name)
        if name == contract.outcome.column or (column is not None and not column.known_by(table.at)):
            raise PolicyError(
                f"The policy's column '{name}' cannot be used in a replay: it is known only after the decision.",
                expected=f"columns that are known --at {table.at}",
                fix="correct the name in the policy; columns known only later than --at cannot be used",
            )


def policy_in_waves(table: ValidTable, waves: Sequence[Wave], policy: ContactPolicy) -> WavePolicy:
    """Apply a policy to the waves of a history.

    Raises
    ------
    PolicyError
        If the policy takes money or limits from what was known only after the call.
    """
    _require_known(table, policy)
    return WavePolicy(policy, with_policy_columns(table, policy), waves)


def replay_waves(
    table: ValidTable,
    waves: Sequence[Wave],
    applied: WavePolicy,
    config: Config,
    *,
    progress: Progress = silent,
    remember: Remember | None = None,
) -> Backtest:
    """Let every strategy decide every wave, and settle in money."""
    return replay(
        table,
        waves,
        [applied.labelled(strategy) for strategy in strategies_of(table, config)],
        decide=applied.decide,
        limit=applied.limit if applied.binds else None,
        able=applied.able,
        settle=applied.settle,
        seed=config.seed,
        block=config.backtest.block,
        repeats=config.backtest.repeats,
        currency=applied.policy.economics.currency,
        hindsight=not applied.limited,
        progress=progress,
        remember=remember,
    )


def label_sets(table: ValidTable, waves: Sequence[Wave], found: Backtest, config: Config) -> LabelSets:
    """Name the answers still plausible for each call of the network, from outcomes known when the call was made."""
    settings = config.backtest
    rows = np.concatenate([wave.rows for wave in waves])
    times = times_of(table, settings.time_order)[rows]
    return adaptive_sets(
        found.calls.filter(pl.col("strategy") == OURS)["propensity"].to_numpy(),
        table.outcome[rows] == table.contract.outcome.positive,
        resolved=np.searchsorted(times, times - settings.delay, side="left"),
    )


def _with_sets(calls: pl.DataFrame, sets: LabelSets) -> pl.DataFrame:
    """Put the label set beside each call of the network; other strategies have none."""
    told = pl.Series("label_set", [None] * calls.height, dtype=pl.String)
    return calls.with_columns(told.scatter((calls["strategy"] == OURS).arg_true(), sets.words()))


def strategies_of(table: ValidTable, config: Config) -> list[Strategy]:
    """Line up the network, its rivals under the same kit, and what needs no model."""
    kit = _Kit(table, config)
    found: list[Strategy] = kit.learners(OURS, "Dense network, kept up to date")
    for name in config.backtest.rivals:
        found += kit.learners(name, f"{MODEL_LABELS[name]}, the same kit")
    found.append(kit.learner("static", "Dense network, never updated", OURS, every=None, recalibrate=0))
    if config.backtest.rule is not None:
        found.append(Rule(rule_of(config.backtest.rule, table), config.backtest.rule))
    return [*found, AtRandom(OURS), Everyone()]


class _Kit:
    """The drift kit: one window, one cadence, one recalibration for every model."""

    def __init__(self, table: ValidTable, config: Config) -> None:
        self.columns, self.config = table.features, config

    def learners(self, name: str, label: str) -> list[Strategy]:
        """A model on the window, or on whichever of several windows served best so far."""
        settings = self.config.backtest
        if not settings.windows:
            return [self.learner(name, label, name)]
        widths = dict.fromkeys((settings.window, *settings.windows))
        tried = [self.learner(f"{name} {width}", label, name, window=width, hidden=True) for width in widths]
        return [*tried, BestSoFar(name, label, tuple(each.name for each in tried))]

    def learner(self, name: str, label: str, model: str, **changes: Any) -> Learner:
        settings = self.config.backtest
        kit: dict[str, Any] = {
            "window": settings.window,
            "every": settings.every,
            "recalibrate": settings.recalibrate,
            "inner": self.config.split.inner,
            "seed": self.config.seed,
            "model": f"{model} {sorted(self.config.model.over_time.settings.items())}" if model == OURS else model,
        }
        return Learner(name, label, self._maker(model), **(kit | changes))

    def _maker(self, model: str) -> Callable[[], Any]:
        seed = self.config.seed
        if model == OURS:
            return lambda: make_model(
                OURS, columns=self.columns, random_state=seed, **self.config.model.over_time.settings
            )
        return lambda: make_model(model, columns=self.columns, random_state=seed)


def _about(
    table: ValidTable, waves: Sequence[Wave], applied: WavePolicy, sets: LabelSets, config: Config, found: Backtest
) -> dict[str, Any]:
    """What stands beside the figures: money, time, columns that tell the time, label sets."""
    policy, economics = applied.policy, applied.policy.economics
    proxies = time_proxies(table, waves)
    rows = np.concatenate([wave.rows for wave in waves])
    told = sets.to_json()
    told["sentence"] = (
        NOTHING_RULED_OUT
        if told["both"] == 1
        else f"The outcomes that could not be ruled out held what happened for {percent(told['coverage'])} of customers (meant: 90 %); "
        f"on average they were {told['mean_size']:.2f}."
    )
    answer, decision = will_it_hold(found.frame(), found.strategies, ours=OURS, waves=len(waves))
    return {
        "answer": f"Will it hold? {answer}",
        "decision": decision,
        "economics": {
            "currency": economics.currency,
            "cost_per_call": economics.cost_per_call,
            "value_per_success": economics.value_per_success,
            "given": config.economics is not None,
        },
        "replayed": f"{counted(len(waves), 'past wave')} with {counted(rows.size, 'customer')} replayed {_order(config)}.",
        "time": {
            "order": config.backtest.time_order,
            "caution": doubt_of_time(table, config.backtest.time_order),
            "window": config.backtest.window,
            "step": config.backtest.step,
            "delay": config.backtest.delay,
            "before": int(waves[0].known.size),
            "spans": _spans(table, waves, config.backtest.time_order),
        },
        "time_proxies": proxies,
        "label_sets": told,
        "perfect": applied.perfect(rows, table.outcome[rows] == table.contract.outcome.positive),
        "bounded": applied.binds,
        "notes": [
            *_notes(config, proxies, policy, table, binds=applied.binds),
            *_unequal(waves, binds=applied.binds),
            *_thin_lessons(table, waves, config),
            *applied.notes(),
            *_rule_of_nobody(found),
        ],
    }


def _order(config: Config) -> str:
    by = config.backtest.time_order
    return "in the order of the rows" if by == ROW_ORDER else f"in the order of '{by}'"


def _spans(table: ValidTable, waves: Sequence[Wave], by: str) -> list[list[str]] | None:
    """Say when each wave begins and ends; None where the rows' order alone tells."""
    if by == ROW_ORDER:
        return None
    times = table.frame[by]
    written = str if times.dtype == pl.Date else plain
    return [[written(times[int(row)]) for row in (wave.rows[0], wave.rows[-1])] for wave in waves]


def _unequal(waves: Sequence[Wave], *, binds: bool) -> list[str]:
    """Say that waves are of very different size; the last may always be short."""
    *sizes, last = (wave.rows.size for wave in waves)
    sizes += [last] if sizes and last > min(sizes) else []
    if not sizes or max(sizes) <= MOST_UNEQUAL * min(sizes):
        return []
    limits = " The budget and the other limits are per wave, whatever its size." if binds else ""
    return [
        f"Waves hold {min(sizes):,} to {max(sizes):,} calls, as calls of one moment are never divided between two.{limits}"
    ]


def _rule_of_nobody(found: Backtest) -> list[str]:
    """Say that today's rule named nobody."""
    named = found.waves.filter(pl.col("strategy") == "rule")
    if not named.height or named["called"].sum():
        return []
    return ["Today's rule called nobody: see whether backtest.rule says what it should."]


def _thin_lessons(table: ValidTable, waves: Sequence[Wave], config: Config) -> list[str]:
    """Say before how many waves there was too little to learn from, and the rate of all stood in for every model."""
    yes = table.outcome == table.contract.outcome.positive
    thin = sum(not teaches(yes[wave.known[-config.backtest.window :]]) for wave in waves)
    if not thin:
        return []
    return [
        f"Before {thin:,} of {len(waves):,} waves fewer than {FEWEST_RESPONDERS} customers of one outcome were known: the response "
        "rate of all stood in for every model there."
    ]


def _notes(
    config: Config, proxies: Sequence[str], policy: ContactPolicy, table: ValidTable, *, binds: bool
) -> list[str]:
    notes = []
    if doubt := doubt_of_time(table, config.backtest.time_order):
        notes.append(doubt)
    if config.backtest.time_order == ROW_ORDER:
        notes.append("The order of the rows is taken for the order of time.")
    elif config.backtest.lagged_rates:
        calls = " and ".join(f"{count:,}" for count in config.backtest.lagged_rates)
        notes.append(f"Models also read the response rate of the last {calls} calls known before the wave.")
    if config.economics is None:
        notes.append(
            f"No policy says what a call costs: a success counts 1 and a call {policy.economics.cost_per_call:.4f}, "
            f"the response rate {'of calls dialled ' if policy.contact_rate < 1 else ''}before the first wave."
        )
    elif config.policy.suppress or config.policy.exclude or config.policy.rest_days or config.policy.history:
        notes.append("Suppressions, rest days and the holdout of the policy are not applied to the past.")
    if binds:
        who = "Today's rule and calling everyone are" if config.backtest.rule is not None else "Calling everyone is"
        note = f"{who} held to the budget and the other limits of the policy too: calls are given at random, and the figures are what that brings on average."
        unheld = any(quota.minimum for quota in policy.quotas)
        notes.append(f"{note} The minimums of quotas hold for models only." if unheld else note)
    if strange := [name for name in policy.columns if name not in table.contract.by_name]:
        notes.append(
            f"The contract does not say when {', '.join(strange)} is known; the replay takes it as known before the call."
        )
    if proxies:
        notes.append(say_proxies([table.contract.by_name[name].label for name in proxies]))
    return notes

"""`segmint segment`: who the customers are, what they are worth, what to do; or new customers into known segments."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.config import Config, Segments
from segmint.contract.column import Column
from segmint.contract.column_match import Purpose
from segmint.contract.contract import Contract
from segmint.contract.treatment import nobody_called
from segmint.contract.valid_table import ValidTable
from segmint.errors import BundleError, ConfigError, DataError
from segmint.flows.named import ids_of, named_by_record
from segmint.flows.read import has_answers, open_source, read, require_contract
from segmint.flows.report import write_report
from segmint.flows.settings import RUNS, Place, Settings, contract_of, of_the_segments_moment, place_of, settings_of
from segmint.progress import Progress, silent
from segmint.report.run_view import RunView
from segmint.segments.assign import assign_segments
from segmint.segments.call_order import say_call_order
from segmint.segments.finder import require_room
from segmint.segments.gaps import say_gaps
from segmint.segments.individual import individual_propensities
from segmint.segments.inputs import segment_inputs
from segmint.segments.later_answers import compare_answers, say_answers
from segmint.segments.migration import compare_waves
from segmint.segments.profile import CallMoney
from segmint.segments.rules import rules_as_sql
from segmint.segments.segmentation import Segmentation, describe_known_segments, discover_segments
from segmint.segments.sizes import Sizes
from segmint.segments.stability import Labels
from segmint.segments.words import call_segments, load_words, say_named_twice, say_nobody
from segmint.splits.groups import RowIdentity, row_customers
from segmint.store.run import Run, find_run
from segmint.store.run_files import CUSTOMERS, MIGRATION, SEGMENTS, SQL
from segmint.targeting.stakes import known_amounts
from segmint.wording import counted, listed, money, percent, plain, some_of

UNSURE = 0.6  # a customer assigned with less than this could as well be elsewhere


@dataclass(frozen=True)
class Segmented:
    """What came of segmenting, for any door.

    Attributes
    ----------
    folder : Path
        The run.
    sentences : tuple of str
        One line per segment, then what is missed.
    summary : dict
        The content of ``segments.json``, or of ``migration.json`` when customers were assigned; no customer in it.
    customers : Path
        One row per customer: the segment's name, its key, how sure.
    """

    folder: Path
    sentences: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)
    customers: Path

    def frame(self) -> pl.DataFrame:
        """Return one row per customer; see `customers`."""
        return pl.read_parquet(self.customers)


def segment(
    source: Any,
    contract: Contract | str | Path,
    config: Settings = None,
    *,
    runs: Place = RUNS,
    argv: Sequence[str] = (),
    progress: Progress = silent,
) -> Segmented:
    """Find groups of customers with common characteristics, say who they are, and prove it on rows kept apart.

    Parameters
    ----------
    source : path or frame
    contract : Contract, or the name or path of one
    config : Config or path, optional
        `segments` says how.
    runs : path
        The folder that holds all runs.
    argv : sequence of str
        The command as typed, for the record.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    SegmintError
        For a table that cannot be segmented: too few rows, one column, all customers alike.
    """
    config, runs = settings_of(config), place_of("runs", runs)
    words_of(config)
    contract = contract_of(contract)
    opened = open_source(source, config.data)
    answered = has_answers(opened, contract)
    purpose: Purpose = "train" if answered else "predict"
    require_contract(opened, contract, purpose=purpose, at=config.data.at)
    with Run.create(runs, "segment", argv, config.to_toml(), config.seed, {opened.name: opened.fingerprint}) as here:
        table = read(opened, contract, config.data, here, purpose=purpose, progress=progress)
        require_settings(table, config)
        found = find_segments(table, config, progress=progress)
        keep_segments(here, table, found)
        write_report(here.folder)
        here.done({"segments": len(found.keys)})
    unanswered = (
        () if answered else (f"Nobody's {contract.outcome.label} is in the table: segments are described without.",)
    )
    said = (*sentences_of(found), *unanswered, *_said_left_alone(table, here), *_doubts_of_table(table))
    return Segmented(here.folder, said, found.to_json(), here.folder / CUSTOMERS)


def _said_left_alone(table: ValidTable, here: Run) -> tuple[str, ...]:
    alone = table.ledger.left_alone
    if not alone:
        return ()
    return (
        f"The segments are of the customers who were called, without {counted(alone, 'other')}: whom nobody called has not "
        f"answered. They get theirs by: segmint segment TABLE --assign-with {here.folder.name}",
    )


def _doubts_of_table(table: ValidTable) -> tuple[str, ...]:
    return tuple(f"warning: {said}" for said in (table.ledger.cut_off, named_by_record(table)) if said)


def require_settings(table: ValidTable, config: Config) -> None:
    """Refuse settings of segments and money that this table cannot meet, before anything is computed.

    A table that cannot be segmented at all is not refused here.

    Raises
    ------
    ConfigError
        If the economics name a column that the table lacks, or so many segments are asked for that they would be tiny.
    """
    _money(table, config)
    with suppress(DataError):
        inputs = segment_inputs(table, leave_out_sensitive=config.segments.leave_out_sensitive)
        require_room(inputs, config.segments.count)


def find_segments(
    table: ValidTable,
    config: Config,
    *,
    progress: Progress = silent,
    who: RowIdentity | None = None,
) -> Segmentation:
    """Discover the segments of a table under the settings.

    They are held against trees of their own in every command, so that the same table gives the same figures.
    """
    if who is None and table.has_outcome:
        who = RowIdentity.of(table)
    return discover_segments(
        table,
        count=config.segments.count,
        method=config.segments.method,
        thorough=config.segments.thorough,
        leave_out_sensitive=config.segments.leave_out_sensitive,
        money=_money(table, config),
        no_money=_why_no_money(table, config),
        propensity=individual_propensities(table, config.seed, who),
        in_time_order=config.segments.in_time_order,
        random_state=config.seed,
        words=words_of(config),
        names=config.segments.names,
        progress=progress,
        identity=who,
    )


def words_of(config: Config) -> dict[str, Any] | None:
    """Load the bank's own words; None where the shipped ones hold.

    Raises
    ------
    ConfigError
        If the words cannot be used; asked before there is a run, so that no work is done in vain.
    """
    return None if config.segments.words is None else dict(load_words(config.segments.words))


def _money(table: ValidTable, config: Config) -> CallMoney | None:
    """Return the money of a call: from the settings, or from the table's columns of cost and value."""
    economics = config.economics
    if economics is not None:
        sources = (economics.cost_per_call, economics.value_per_success)
        said = ("cost of a call", "value of a yes")
        cost, value = _amounts(table, sources[0]), _amounts(table, sources[1], below_zero=True)
        return CallMoney(
            cost,
            value,
            economics.currency,
            economics.calls_per_customer,
            "Profits are reckoned with "
            + " and ".join(
                f"the column '{source}' as the {what}"
                if isinstance(source, str)
                else f"{money(source, economics.currency, 2)} as the {what}"
                for source, what in zip(sources, said, strict=True)
            )
            + _dialled(economics.calls_per_customer, config.policy.contact_rate)
            + _at_the_mean(table, *sources),
            economics.conversations(config.policy.contact_rate),
        )
    columns = _by_role(table)
    if "cost" not in columns or "value" not in columns:
        return None
    names = columns["cost"].name, columns["value"].name
    return CallMoney(
        _amounts(table, names[0]),
        _amounts(table, names[1], below_zero=True),
        source=f"Profits are reckoned with the table's columns '{columns['cost'].label}' and '{columns['value'].label}', "
        "in account currency" + _dialled(1.0, config.policy.contact_rate) + _at_the_mean(table, *names),
        conversations_per_customer=config.policy.contact_rate,  # of one call
    )


def _by_role(table: ValidTable) -> dict[str, Column]:
    return {column.role: column for column in table.contract.columns if column.name in table.frame.columns}


def _why_no_money(table: ValidTable, config: Config) -> str:
    """Say that the table has what a call costs or what a yes brings, and the other of the two is missing; "" where not."""
    columns = _by_role(table)
    if config.economics is not None or not table.has_outcome or ("cost" in columns) == ("value" in columns):
        return ""
    known, column = next((role, columns[role]) for role in ("value", "cost") if role in columns)
    has, lacks = ("a yes brings", "a call costs") if known == "value" else ("a call costs", "a yes brings")
    cost, value = (column.name, "AMOUNT") if known == "cost" else ("AMOUNT", column.name)
    return (
        f"The column '{column.label}' says what {has}, and nothing what {lacks}: no profit of calls is reckoned. "
        f"Set economics.cost_per_call={cost} and economics.value_per_success={value}."
    )


def _dialled(calls_per_customer: float, contact_rate: float) -> str:
    """End the sentence, with how many calls a customer gets and how many of them reach, where it is not one that always does."""
    calls = f"; {plain(calls_per_customer)} calls for each customer" if calls_per_customer != 1 else ""
    reached = f"; {plain(100 * contact_rate)} % of all calls reach the customer" if contact_rate < 1 else ""
    return f"{calls}{reached}."


def _amounts(table: ValidTable, amount: float | str, *, below_zero: bool = False) -> float | NDArray[np.float64]:
    """One amount for everyone, or a column of amounts; who has none counts with the mean."""
    if not isinstance(amount, str):
        return float(amount)
    if amount not in (*table.frame.columns, *table.raw.columns):
        raise ConfigError(
            f"The economics name the column '{amount}', and the table has no such column.",
            expected=f"one of {', '.join(table.raw.columns)}",
            fix="name one of these, or write an amount of money",
        )
    numbers = known_amounts(table.numbers(amount).values, below_zero=below_zero)
    if np.isnan(numbers).all():
        raise ConfigError(
            f"The column '{amount}' holds no amount of money.",
            expected="a column of numbers",
            fix="name another column in the economics, or write an amount of money",
        )
    return np.where(np.isnan(numbers), np.nanmean(numbers), numbers)


def _at_the_mean(table: ValidTable, cost: float | str, value: float | str) -> str:
    """Say how many customers count with the mean, because a column says no amount for them."""
    lacking = {
        name: int(np.isnan(known_amounts(table.numbers(name).values, below_zero=below_zero)).sum())
        for name, below_zero in ((cost, False), (value, True))
        if isinstance(name, str)
    }
    return "".join(
        f" {some_of(count, len(table), 'customers', 'has', 'have')} no amount in '{name}' that can be read: counted with the mean."
        for name, count in lacking.items()
        if count
    )


def known_segments(table: ValidTable, config: Config) -> Segmentation:
    """Describe the segments that the table's outcome names."""
    return describe_known_segments(
        table,
        leave_out_sensitive=config.segments.leave_out_sensitive,
        random_state=config.seed,
        words=words_of(config),
        names=config.segments.names,
    )


def keep_segments(here: Run, table: ValidTable, found: Segmentation) -> None:
    """Keep the segments in the run, and who belongs to which."""
    here.keep(SEGMENTS, found.to_json())
    here.keep(SQL, rules_as_sql(found.rules, found.keys, found.names, found.descriptions).encode("utf-8"))
    here.keep(CUSTOMERS, _named(table).hstack(found.customers()))


def assign(
    source: Any,
    run: Place,
    config: Settings = None,
    *,
    runs: Place = RUNS,
    argv: Sequence[str] = (),
    progress: Progress = silent,
) -> Segmented:
    """Put new customers into the segments that an earlier run found.

    Of `segments` in the settings only the names count; the others may say what they said there.

    Parameters
    ----------
    source : path or frame
    run : path
        The earlier run: its folder or id.
    config : Config or path, optional
    runs : path
        The folder that holds all runs.
    argv : sequence of str
        The command as typed, for the record.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    BundleError
        If that run found no segments.
    ConfigError
        If the settings ask for other segments than that run's.
    ContractError
        If the table lacks columns of that run's contract.
    DataError
        If no row could be read, or too many were rejected.
    """
    config, runs = settings_of(config), place_of("runs", runs)
    earlier = RunView(find_run(run, runs).folder)
    found = earlier.json(SEGMENTS)
    if found is not None and found.get("kind") == "known":
        raise BundleError(
            f"The segments of the run '{run}' are those of its outcome; its network assigns new customers.",
            expected="a run that discovered segments",
            fix=f"segmint predict TABLE --bundle {run}",
        )
    if found is None or found.get("state") is None or earlier.contract is None:
        raise BundleError(
            f"The run '{run}' found no segments.",
            expected="a run of segmint segment, or of segmint run with segments",
            fix="find segments first: segmint segment TABLE --contract NAME",
        )
    _require_its_settings(config.segments, earlier)
    config = of_the_segments_moment(config, earlier.at)
    opened = open_source(source, config.data)
    require_contract(opened, earlier.contract, purpose="predict", at=config.data.at)
    with Run.create(runs, "segment", argv, config.to_toml(), None, {opened.name: opened.fingerprint}) as here:
        table = read(opened, earlier.contract, config.data, here, purpose="predict", progress=progress)
        if not len(table):
            raise DataError("No row could be read.", expected="at least one row", fix="check the table")
        labels, likely = assign_segments(found["state"], table.frame)
        keys = [str(part["key"]) for part in found["segments"]]
        before = [str(part["name"]) for part in found["segments"]]
        given = _names_since(config.segments, earlier)
        own = [str(part.get("own_name") or part["name"]) for part in found["segments"]]
        by_own = {name: given[first] for name, first in zip(before, own, strict=True) if first in given}
        names = call_segments(keys, before, by_own | given)
        rows = _named(table).with_columns(
            segment=pl.Series(names, dtype=pl.String).gather(labels),
            segment_key=pl.Series(keys, dtype=pl.String).gather(labels),
            segment_probability=pl.Series(likely.max(axis=1)),
            flags=table.flags,
        )
        here.keep(CUSTOMERS, rows)
        answers = _answers(table, labels, found, names, config)
        migrated = _migrate(here, earlier, found, rows, table, keys, names, answers)
        write_report(here.folder)
        here.done({"rows": len(table)})
    sizes = Sizes.of(labels, row_customers(table), len(keys))
    lines = [f"{key} {name}: {sizes.say(place)}" for place, (key, name) in enumerate(zip(keys, names, strict=True))]
    lines += [sizes.sentence] if sizes.sentence else []
    lines += [say_nobody(name) for name in given if name not in {*keys, *before, *own}]
    lines += say_named_twice(by_own | given, keys, before)
    unsure = int((likely.max(axis=1) < UNSURE).sum())
    lines.append(f"{unsure:,} of {len(table):,} {sizes.unit} could as well be elsewhere (probability below {UNSURE}).")
    return Segmented(
        here.folder,
        (*lines, *_doubts_of_table(table), *migrated.get("sentences", ())),
        migrated,
        here.folder / CUSTOMERS,
    )


def _require_its_settings(asked: Segments, earlier: RunView) -> None:
    """Refuse settings of segments that the earlier run did not have: its segments are taken as they are."""
    had = Segments().model_dump(mode="json") | earlier.settings.get("segments", {})
    told = asked.model_dump(mode="json", include=asked.model_fields_set - {"enabled", "names"})
    if other := [f"segments.{name}" for name, value in told.items() if value != had[name]]:
        raise ConfigError(
            f"The segments of the run '{earlier.folder.name}' are taken as they are, and were found with other "
            f"values of {listed(other)}.",
            expected="no setting of segments but names, or those of that run",
            fix="leave them out, or find segments anew: segmint segment TABLE --contract NAME",
        )


def _names_since(asked: Segments, earlier: RunView) -> dict[str, str]:
    """Return the names that are given now and were not when the segments were found: those are theirs already."""
    had = earlier.settings.get("segments", {}).get("names", {})
    return {key: name for key, name in asked.names.items() if had.get(key) != name}


def _answers(
    table: ValidTable, labels: Labels, found: dict[str, Any], names: list[str], config: Config
) -> dict[str, Any]:
    """How this wave answered, where it says so, and what calls to it earned, where money is known."""
    outcome = table.contract.outcome
    answered = np.zeros(len(table), bool)
    if outcome.kind == "response" and outcome.column in table.frame.columns:
        known = table.frame[outcome.column].is_not_null() & ~nobody_called(table.raw, table.contract)
        answered = known.to_numpy()
    if not answered.any():
        unused = "Nobody's answer is in this wave: what calls to it earned is not said."
        return {"segments": [], "currency": "", "sentences": [] if config.economics is None else [unused]}
    those = table.rows(answered)
    yes, money = those.frame[outcome.column].to_numpy() == outcome.positive, _money(those, config)
    told = compare_answers(yes, labels[answered], row_customers(those), found["segments"], money)
    return {
        "segments": told,
        "currency": "" if money is None else money.currency,
        "sentences": [*say_answers(told, names, money), *filter(None, [_why_no_money(those, config)])],
    }


def _migrate(
    here: Run,
    earlier: RunView,
    found: dict[str, Any],
    now: pl.DataFrame,
    table: ValidTable,
    keys: list[str],
    names: list[str],
    answers: dict[str, Any],
) -> dict[str, Any]:
    """Compare this wave with the customers among whom the segments were found; nothing when they are not kept."""
    before = earlier.table(CUSTOMERS)
    if before is None or before.is_empty():
        return {}
    compared = compare_waves(before, now, keys, by_id=table.ids is not None)
    labels = {column.name: column.label for column in table.contract.columns}
    gaps = say_gaps(found.get("gaps", {}), before.height, found["state"]["coding"], table.frame, labels)
    told = compared.to_json(names)
    content = {
        "format": 1,
        "earlier_run": earlier.folder.name,
        "earlier_source": earlier.source,
        **told,
        "answers": answers,
        "sentences": [*gaps, *told["sentences"], *answers["sentences"]],
    }
    here.keep(MIGRATION, content)
    here.keep("tables/shares.parquet", compared.frame())
    if compared.migration is not None:
        here.keep("tables/migration.parquet", compared.migration.frame())
    return content


def sentences_of(found: Segmentation) -> tuple[str, ...]:
    """Say whom to call first, each segment in a line, why so many, and which promises they miss."""
    sizes = found.sizes
    lines = [
        f"{segment.key} {name}: {sizes.say(place)} ({percent(segment.share, 0)})"
        for place, (segment, name) in enumerate(zip(found.profiles.segments, found.descriptions, strict=True))
    ]
    lines += [sizes.sentence] if sizes.sentence else []
    said = found.no_money if found.money is None else found.money.source
    money = (said,) if said else ()
    first = say_call_order(found.to_json())
    return (
        *([first] if first else []),
        *([] if found.choice is None else found.choice.reasons),
        *lines,
        *money,
        *found.gates(),
    )


def _named(table: ValidTable) -> pl.DataFrame:
    return pl.DataFrame({"record": table.records, "customer": ids_of(table)})

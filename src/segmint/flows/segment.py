"""`segmint segment`: who the customers are, what they are worth, what to do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from segmint.arguments import place_of
from segmint.config import Config
from segmint.contract.cells import has_answers
from segmint.contract.column_match import Purpose
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.errors import TRAINING, DataError, require
from segmint.flows.report import write_report
from segmint.flows.steps.call_money import call_money, why_no_money
from segmint.flows.steps.named import customer_ids, named_by_record
from segmint.flows.steps.read import open_source, read, require_contract
from segmint.flows.steps.settings import RUNS, Place, Settings, contract_of, settings_of
from segmint.progress import Progress, silent
from segmint.segments.bring_most import say_who_brings_most
from segmint.segments.call_order import say_call_order
from segmint.segments.finder import require_room
from segmint.segments.individual import individual_propensities
from segmint.segments.inputs import left_out_in_vain, segment_inputs
from segmint.segments.rules import rules_as_sql
from segmint.segments.segmentation import Segmentation, describe_known_segments, discover_segments
from segmint.segments.word_file import Words, load_words
from segmint.splits.groups import RowIdentity
from segmint.store.run import Run
from segmint.store.run_files import CUSTOMERS, SEGMENTS, SQL
from segmint.wording import counted, percent


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        return f"<Segmented {self.folder}>"

    def frame(self) -> pl.DataFrame:
        """Return one row per customer; see `customers`."""
        return pl.read_parquet(self.customers)


def segment(
    source: Any,
    contract: Contract | str | Path,
    config: Settings = None,
    *,
    runs: Place = RUNS,
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
    if answered:
        require(*TRAINING)
    with Run.create(runs, "segment", config.to_toml(), config.seed, {opened.name: opened.fingerprint}) as here:
        table = read(opened, contract, config.data, here, purpose=purpose, progress=progress)
        require_settings(table, config)
        found = find_segments(table, config, progress=progress)
        keep_segments(here, table, found)
        write_report(here.folder, progress)
        here.done({"segments": len(found.keys)})
    unanswered = (
        () if answered else (f"Nobody's {contract.outcome.label} is in the table: segments are described without.",)
    )
    in_vain = left_out_in_vain(contract, leave_out_sensitive=config.segments.leave_out_sensitive)
    warned = (f"warning: {in_vain}",) if in_vain else ()
    said = (*_sentences_of(found), *unanswered, *_said_left_alone(table, here), *doubts_of_table(table), *warned)
    return Segmented(here.folder, said, {**found.to_json()}, here.folder / CUSTOMERS)


def _said_left_alone(table: ValidTable, here: Run) -> tuple[str, ...]:
    alone = table.ledger.left_alone
    if not alone:
        return ()
    return (
        f"The segments are of the customers who were called, without {counted(alone, 'other')}: whom nobody called has not "
        f"answered. They get theirs by: segmint segment TABLE --assign-with {here.folder.name}",
    )


def doubts_of_table(table: ValidTable) -> tuple[str, ...]:
    """Say what may be wrong with the table as it was read."""
    return tuple(f"warning: {said}" for said in (table.ledger.cut_off, named_by_record(table)) if said)


def require_settings(table: ValidTable, config: Config) -> None:
    """Refuse settings of segments and money that this table cannot meet, before anything is computed.

    A table that cannot be segmented at all is not refused here.

    Raises
    ------
    ConfigError
        If the economics name a column that the table lacks, or so many segments are asked for that they would be tiny.
    """
    call_money(table, config)
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
        money=call_money(table, config),
        no_money=why_no_money(table, config),
        propensity=individual_propensities(table, config.seed, who, progress),
        in_time_order=config.segments.in_time_order,
        random_state=config.seed,
        words=words_of(config),
        names=config.segments.names,
        progress=progress,
        identity=who,
    )


def words_of(config: Config) -> Words | None:
    """Load the bank's own words; None where the shipped ones hold.

    Raises
    ------
    ConfigError
        If the words cannot be used; asked before there is a run, so that no work is done in vain.
    """
    return None if config.segments.words is None else load_words(config.segments.words)


def known_segments(table: ValidTable, config: Config) -> Segmentation:
    """Describe the segments that the table's outcome names."""
    return describe_known_segments(
        table,
        leave_out_sensitive=config.segments.leave_out_sensitive,
        random_state=config.seed,
        words=words_of(config),
        names=config.segments.names,
        no_money=why_no_money(table, config),
    )


def keep_segments(here: Run, table: ValidTable, found: Segmentation) -> None:
    """Keep the segments in the run, and who belongs to which."""
    here.keep(SEGMENTS, found.to_json())
    here.keep(SQL, rules_as_sql(found.rules, found.keys, found.names, found.descriptions).encode("utf-8"))
    here.keep(CUSTOMERS, customers_named(table).hstack(found.customers()))


def _sentences_of(found: Segmentation) -> tuple[str, ...]:
    """Say whom to call first, each segment in a line, why so many, and which promises they miss."""
    sizes = found.sizes
    lines = [
        f"{segment.key} {name}: {sizes.say(place)} ({percent(segment.share, 0)})"
        for place, (segment, name) in enumerate(zip(found.profiles.segments, found.descriptions, strict=True))
    ]
    lines += [sizes.sentence] if sizes.sentence else []
    said = found.no_money if found.money is None else found.money.source
    money = (said,) if said else ()
    content = found.to_json()
    first = say_call_order(content) or say_who_brings_most(content)
    return (
        *([first] if first else []),
        *([] if found.choice is None else found.choice.reasons),
        *lines,
        *money,
        *found.gates(),
        *found.names_in_vain(),
    )


def customers_named(table: ValidTable) -> pl.DataFrame:
    """Return each row's record and customer, as the table of memberships begins."""
    return pl.DataFrame({"record": table.records, "customer": customer_ids(table)})

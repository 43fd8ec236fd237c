"""`segmint segment --assign-with`: new customers into segments that an earlier run found, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from segmint.arguments import place_of
from segmint.arrays import Floats
from segmint.config import Config, Segments
from segmint.contract.contract import Contract
from segmint.contract.treatment import nobody_called
from segmint.contract.valid_table import ValidTable
from segmint.errors import BundleError, ConfigError, DataError, RunError
from segmint.flows.report import write_report
from segmint.flows.segment import Segmented, customers_named, doubts_of_table
from segmint.flows.steps.call_money import call_money, why_no_money
from segmint.flows.steps.read import open_source, read, require_contract
from segmint.flows.steps.settings import RUNS, Place, Settings, of_the_segments_moment, settings_of
from segmint.progress import Progress, silent
from segmint.report.run_view import RunView
from segmint.segments.assign import assign_segments, flag_chosen_without
from segmint.segments.call_order import call_order, numbered, say_call_order
from segmint.segments.gaps import say_gaps
from segmint.segments.kept import KeptSegments, WeighedSegments, read_segments, sentences_of
from segmint.segments.later_answers import compare_answers, say_answer, weigh_wave
from segmint.segments.migration import compare_waves
from segmint.segments.names import call_segments, say_named_twice, say_nobody
from segmint.segments.segmentation import memberships
from segmint.segments.sizes import Sizes
from segmint.segments.stability import Labels
from segmint.splits.groups import row_customers
from segmint.store.run import Run, typed
from segmint.store.run_files import CUSTOMERS, MIGRATION, SEGMENTS
from segmint.store.runs import find_run
from segmint.wording import listed

UNSURE = 0.6  # a customer assigned with less than this could as well be elsewhere


def assign(
    source: Any,
    run: Place,
    config: Settings = None,
    *,
    runs: Place = RUNS,
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
    progress : Progress
        Told how far the work is.

    Raises
    ------
    BundleError
        If that run found no segments.
    RunError
        If they are not as the run wrote them.
    ConfigError
        If the settings ask for other segments than that run's.
    ContractError
        If the table lacks columns of that run's contract.
    DataError
        If no row could be read, or too many were rejected.
    """
    config, runs = settings_of(config), place_of("runs", runs)
    earlier = RunView(find_run(run, runs).folder)
    contract, found, state = _segments_of(earlier, run)
    _require_its_settings(config.segments, earlier)
    config = of_the_segments_moment(config, earlier.at)
    opened = open_source(source, config.data)
    require_contract(opened, contract, purpose="predict", at=config.data.at)
    with Run.create(runs, "segment", config.to_toml(), None, {opened.name: opened.fingerprint}) as here:
        table = read(opened, contract, config.data, here, purpose="predict", progress=progress)
        if not len(table):
            raise DataError("No row could be read.", expected="at least one row", fix="check the table")
        labels, likely = assign_segments(state, table.frame)
        called = _called(config.segments, earlier, found)
        named = memberships(called.names, called.keys, labels, likely)
        rows = customers_named(table).hstack(named).with_columns(flags=flag_chosen_without(state, table).flags)
        here.keep(CUSTOMERS, rows)
        answers = _answers(table, labels, found, called.names, config)
        migrated = _migrate(here, earlier, found, rows, table, called, answers)
        write_report(here.folder, progress)
        here.done({"rows": len(table)})
    lines = (*_sizes(table, labels, likely, called), *doubts_of_table(table), *migrated.get("sentences", ()))
    return Segmented(here.folder, lines, migrated, here.folder / CUSTOMERS)


def _segments_of(earlier: RunView, run: Place) -> tuple[Contract, KeptSegments, dict[str, Any]]:
    """Return the contract of an earlier run, its segments and what assigns to them; refuse one that discovered none."""
    found = _checked(earlier)
    if found is not None and found["kind"] == "known":
        raise BundleError(
            f"The segments of the run '{run}' are those of its outcome; its network assigns new customers.",
            expected="a run that discovered segments",
            fix=f"segmint predict TABLE --bundle {run}",
        )
    if found is None or (state := found["state"]) is None or earlier.contract is None:
        raise BundleError(
            f"The run '{run}' found no segments.",
            expected="a run of segmint segment, or of segmint run with segments",
            fix="find segments first: segmint segment TABLE --contract NAME",
        )
    return earlier.contract, found, state


def _checked(earlier: RunView) -> KeptSegments | None:
    """Return the segments of an earlier run, when nobody can be assigned wrongly by them."""
    found, contract = earlier.segments, earlier.contract
    try:
        return found and read_segments(found, None if contract is None else contract.features("planning"))
    except ValueError as error:
        raise RunError(
            f"'{SEGMENTS}' of the run {earlier.folder.name} cannot be used: {error}.",
            expected="the file as the run wrote it",
            fix=f"find segments anew; what else differs: {typed(f'segmint verify {earlier.folder.name}', earlier.folder.parent)}",
        ) from error


@dataclass(frozen=True)
class _Called:
    """The segments by key, and what they are called now.

    Attributes
    ----------
    keys, names : list of str
    doubts : list of str
        Which of the names given are nobody's, and which would be two segments'.
    """

    keys: list[str]
    names: list[str]
    doubts: list[str]


def _called(asked: Segments, earlier: RunView, found: KeptSegments) -> _Called:
    """Call the segments by the names that are given now, by key, the name they had or segmint's own, and else as before."""
    keys = [str(part["key"]) for part in found["segments"]]
    before = [str(part["name"]) for part in found["segments"]]
    own = [str(part.get("own_name") or part["name"]) for part in found["segments"]]
    given = _names_since(asked, earlier)
    wanted = {name: given[first] for name, first in zip(before, own, strict=True) if first in given} | given
    nobody = [say_nobody(name) for name in given if name not in {*keys, *before, *own}]
    return _Called(keys, call_segments(keys, before, wanted), [*nobody, *say_named_twice(wanted, keys, before)])


def _sizes(table: ValidTable, labels: Labels, likely: Floats, called: _Called) -> list[str]:
    """Say how large each segment is, what is doubtful of the names, and how many customers could be elsewhere."""
    sizes = Sizes.of(labels, row_customers(table), len(called.keys))
    parts = enumerate(zip(called.keys, called.names, strict=True))
    unsure = int((likely.max(axis=1) < UNSURE).sum())
    return [
        *(f"{key} {name}: {sizes.say(place)}" for place, (key, name) in parts),
        *([sizes.sentence] if sizes.sentence else []),
        *called.doubts,
        f"{unsure:,} of {len(table):,} {sizes.unit} could as well be elsewhere (probability below {UNSURE}).",
    ]


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
    table: ValidTable, labels: Labels, found: KeptSegments, names: list[str], config: Config
) -> dict[str, Any]:
    """How this wave answered, where it says so, and what calls to it earned, where money is known."""
    outcome = table.contract.outcome
    answered = np.zeros(len(table), bool)
    if outcome.kind == "response" and outcome.column in table.frame.columns:
        known = table.frame[outcome.column].is_not_null() & ~nobody_called(table.raw, table.contract)
        answered = known.to_numpy()
    if not answered.any():
        unused = "Nobody's answer is in this wave: what calls to it earned is not said."
        ordered = _order({"segments": [], "brought": None, "proof": None}, _before(found, names))
        said = [*filter(None, [ordered["first"]]), *([] if config.economics is None else [unused])]
        return {"segments": [], "currency": "", **ordered, "sentences": said}
    those = table.rows(answered)
    yes, money = those.frame[outcome.column].to_numpy() == outcome.positive, call_money(those, config)
    told = compare_answers(yes, labels[answered], row_customers(those), found["segments"], money)
    weighed = weigh_wave(told, found["segments"], names, np.bincount(labels, minlength=len(names)))
    ordered = _order(weighed, _before(found, names))
    each = [row | {"sentence": say_answer(row, name, money)} for row, name in zip(told, names, strict=True)]
    source = "" if money is None else money.source
    said = [*(row["sentence"] for row in each), source, ordered["first"], why_no_money(those, config)]
    return {
        "segments": each,
        **ordered,
        "currency": "" if money is None else money.currency,
        "sentences": list(filter(None, said)),
    }


def _order(now: WeighedSegments, before: WeighedSegments) -> dict[str, Any]:
    """Say whom to call first and what to do with each segment: by this wave, and where it does not tell by the earlier one.

    Where one is weighed in money and the other is not, their steps mean different things: this wave's alone are told.
    """
    answered = [segment["key"] for segment in now["segments"] if segment["response"] is not None]
    weighed = [brought["in_money"] for brought in (now["brought"], before["brought"]) if brought is not None]
    steps, first, earlier, first_earlier = call_order(now), say_call_order(now), {}, ""
    if len(set(weighed)) == 1:
        earlier = {key: step for key, step in call_order(before).items() if key not in answered}
        first_earlier = say_call_order(before, without=answered)
    by = "Of segments without enough answers in this wave, by how the earlier one answered"
    said = [
        ("By how this wave answered", first),
        (by if answered else "By how the earlier wave answered", first_earlier),
    ]
    told = [f"{whose}: {text[0].lower()}{text[1:]}" for whose, text in said if text]
    if told and (alone := [key for key in answered if key not in steps]):
        told.append(f"Nothing is decided of {numbered(alone)}: one response alone is above or below no other.")
    return {
        "first": " ".join(told),
        "steps": steps | earlier,
        "by_earlier": [*earlier] if answered else [],
        "in_money": bool(weighed and weighed[0]),
    }


def _before(found: KeptSegments, names: list[str]) -> WeighedSegments:
    """Weigh the segments as they answered in the wave in which they were found, by the names that they have now."""
    called = [part | {"name": name} for part, name in zip(found["segments"], names, strict=True)]
    return {"segments": called, "brought": found.get("brought"), "proof": found.get("proof")}


def _the_very_table(here: Run, earlier: RunView) -> list[str]:
    """Say that the wave is the table in which the segments were found."""
    before = (earlier.run.get("inputs") or {}).values()
    if not any(read.startswith("sha256:") and read in before for read in here.record["inputs"].values()):
        return []
    return ["This is the very table in which the segments were found: it cannot show how they do in a later wave."]


def _migrate(
    here: Run,
    earlier: RunView,
    found: Mapping[str, Any],
    now: pl.DataFrame,
    table: ValidTable,
    called: _Called,
    answers: dict[str, Any],
) -> dict[str, Any]:
    """Compare this wave with the customers among whom the segments were found; nothing when they are not kept."""
    before = earlier.table(CUSTOMERS)
    if before is None or before.is_empty():
        return {}
    compared = compare_waves(before, now, called.keys, by_id=table.ids is not None)
    labels = {column.name: column.label for column in table.contract.columns}
    gaps = say_gaps(found.get("gaps", {}), before.height, found["state"]["coding"], table.frame, labels)
    told = compared.to_json(called.names)
    content = {
        "format": 1,
        "earlier_run": earlier.folder.name,
        "earlier_source": earlier.source,
        **told,
        "answers": answers,
        "advice": [
            {"key": part["key"], **{kind: " ".join(sentences_of(part, kind)) for kind in ("need", "offer")}}
            for part in found["segments"]
        ],
        "sentences": [*_the_very_table(here, earlier), *gaps, *told["sentences"], *answers["sentences"]],
    }
    here.keep(MIGRATION, content)
    here.keep("tables/shares.parquet", compared.frame())
    if compared.migration is not None:
        here.keep("tables/migration.parquet", compared.migration.frame())
    return content

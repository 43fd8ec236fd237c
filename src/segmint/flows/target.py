"""`segmint target`: suppress → predict → choose → say why → hand over."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress as suppress_errors
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segmint.arguments import place_of
from segmint.config import Config
from segmint.contract.column_match import match_columns
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.errors import PolicyError
from segmint.explain.words import reasons_for
from segmint.flows.report import write_report
from segmint.flows.steps.bundle import SEGMENT, predictor_of, segment_advice, segment_numbers
from segmint.flows.steps.candidates import Candidates, choose_of, require_usable, weigh
from segmint.flows.steps.learned import Learned, may_have_taught, run_folder
from segmint.flows.steps.list_doubts import doubts_of_list
from segmint.flows.steps.policy_columns import CARRIED, carried_of, require_policy_columns
from segmint.flows.steps.read import inputs_of, open_source, read, refuse_in_run
from segmint.flows.steps.same_campaign import called_though_held_out, held_out_again
from segmint.flows.steps.settings import (
    RUNS,
    Place,
    Settings,
    bundle_of,
    of_its_moment,
    path_of,
    policy_of,
    settings_of,
    with_policy,
)
from segmint.progress import Progress, silent
from segmint.store.bundle import Bundle
from segmint.store.promoted import WORD
from segmint.store.run import Run, installed_versions
from segmint.store.run_files import DIALLER, LIST, SHEET, TARGET
from segmint.store.runs import runs_in
from segmint.store.staging import publish_file, require_free, require_writable, staging, write_file
from segmint.tables.source import TableSource
from segmint.targeting.call_list import COLUMNS, CallList, build_call_list, carried_name
from segmint.targeting.choose import Choice
from segmint.targeting.compare import Dropped, dropped_since, read_earlier_list
from segmint.targeting.hand_off import (
    DiallerProfile,
    general_profile,
    parse_profile,
    recheck,
    require_sources,
    write_dialler,
    write_workbook,
)
from segmint.targeting.phones import shared_numbers
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.sheets import MOST_SHEETS, OTHERS
from segmint.targeting.summary import fairness_of, groups_on_list, past_of, still_listed, summarise_list
from segmint.targeting.suppress import Doubt, require_safety_columns, with_settings
from segmint.toml_files import toml_text_of
from segmint.wording import counted, some_of

DROPPED = "dropped_out.parquet"
REASON_COLUMNS = ("reason_1", "reason_2", "reason_3")


@dataclass(frozen=True, repr=False)
class Targeted:
    """What came of targeting, for any door.

    Attributes
    ----------
    folder : Path
        The run.
    out : Path or None
        Where copies of the hand-off lie.
    call_list : CallList
    sentences : tuple of str
        Where everyone went, what to do, what the holdout can show.
    summary : dict
        Counts and money, plain JSON, no customer in it.
    """

    folder: Path
    out: Path | None
    call_list: CallList = field(repr=False)
    sentences: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return f"<Targeted {self.folder}: {counted(self.summary['counts']['listed'], 'customer')} to call>"

    def frame(self) -> pl.DataFrame:
        """Return every row read, listed ones first; see `CallList`."""
        return self.call_list.frame()


def target(
    source: Any,
    bundle: Place = WORD,
    config: Settings = None,
    *,
    policy: ContactPolicy | Place | None = None,
    runs: Place = RUNS,
    out: Place | None = None,
    dialler: Place | None = None,
    progress: Progress = silent,
) -> Targeted:
    """Choose whom to call under the bank's policy and hand the list over.

    Parameters
    ----------
    source : path or frame
    bundle : path
        A run, a bundle's folder, or PROMOTED. Its network must not use what is known only after the call.
    config : Config or path, optional
        With `economics` and `policy`, unless `policy` is given.
    policy : ContactPolicy or path, optional
        What a call costs and a success brings, and the rules; wins over those of `config`.
    runs : path
        The folder that holds all runs.
    out : path, optional
        A folder, not there yet, that receives copies: ``call_list.parquet``, ``call_list.xlsx``, ``dialler.csv``.
    dialler : path, optional
        A TOML profile of what the dialler accepts.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    ContractError
        If the table lacks a column that the bundle reads, or one that can forbid a call.
    PolicyError
        If the policy contradicts itself, or names files or columns that cannot be used.
    """
    config, runs, out, dialler = (
        with_policy(settings_of(config), policy),
        place_of("runs", runs),
        path_of("out", out),
        path_of("dialler", dialler),
    )
    policy = policy_of(config)
    if out is not None:
        _require_place(out)
    opened_bundle = bundle_of(bundle, runs)
    config = of_its_moment(config, opened_bundle)
    require_usable(opened_bundle)
    opened = open_source(source, config.data)
    given = None if dialler is None else _profile_of(dialler)
    inputs = inputs_of(opened, bundle=opened_bundle.digest)
    _require_columns(opened, opened_bundle, policy, given)
    earlier = None if policy.compare_with is None else read_earlier_list(policy.compare_with)
    learned = Learned.of(opened_bundle, run_folder(bundle, runs), opened)
    with Run.create(runs, "target", config.to_toml(), None, inputs) as here:
        contract = opened_bundle.contract
        table = read(opened, contract, config.data, here, purpose="predict", progress=progress)
        found = weigh(table, policy, opened_bundle, progress)
        progress("choosing", 0, 1)
        choice, call_list = _choose(found, table, policy, here)
        progress("choosing", 1, 1)
        others = runs_in(runs)
        known = _reasons_before(others, inputs, config)
        call_list = recheck(_with_reasons(call_list, table, found.customers, opened_bundle, known, progress), contract)
        progress("summing up", 0, 1)
        profile = given or general_profile(call_list, contract)
        choice = still_listed(choice, call_list.lists(table.records))
        summary = _summary(call_list, choice, found, table, opened_bundle)
        progress("summing up", 1, 1)
        progress("writing", 0, 1)
        summary["hand_off"] = _publish(here, call_list, table, profile, pl.DataFrame(summary["parts"]), opened_bundle)
        seen = int(may_have_taught(learned, table.rows(call_list.lists(table.records))).sum())
        if learned is not None:
            summary["trained_on"] = seen
        summary["doubts"] = _doubts(
            call_list, found, opened_bundle, others, opened.fingerprint, seen=seen, sure=learned is not None
        )
        if earlier is not None:
            dropped = dropped_since(earlier, call_list)
            here.keep(DROPPED, dropped.rows)
            summary["dropped"] = _dropped(earlier, dropped)
        here.keep(TARGET, summary)
        if out is not None:
            _copy(here.folder, out)
        progress("writing", 1, 1)
        write_report(here.folder, progress)
        sentences = _sentences(call_list, summary)
        here.done({"counts": summary["counts"], "expected_profit": summary["expected_profit"], "sentences": sentences})
    return Targeted(here.folder, out, call_list, sentences, summary | {"sentences": list(sentences)})


def _require_place(out: Path) -> None:
    """Refuse a folder for the copies that is there already, cannot be made or lies in a run."""
    require_free(out)
    require_writable(out, "--out")
    refuse_in_run(out)


def _choose(found: Candidates, table: ValidTable, policy: ContactPolicy, here: Run) -> tuple[Choice, CallList]:
    """Choose whom to call, and put everyone read on the list with what became of them."""
    held_back = found.held_back
    choice = choose_of(found.customers, found.propensity, policy, found.columns, held_back.because, held_back.spent)
    call_list = build_call_list(
        found.customers,
        choice,
        held_back.because,
        policy,
        records=pl.Series(table.records),
        carried=carried_of(table, policy),
        rejected=table.rejected.tolist(),
        run=here.id,
        spent=held_back.spent,
    )
    if found.segments is not None:
        call_list = call_list.joined(_of_rows_weighed(found.customers, found.segments, choice))
    return choice, call_list


def _doubts(
    call_list: CallList,
    found: Candidates,
    bundle: Bundle,
    others: Sequence[Run],
    table: str,
    *,
    seen: int,
    sure: bool,
) -> list[Doubt]:
    """Gather what to look at before anybody is called; `table` is a fingerprint, of `seen` and `sure` see `doubts_of_list`."""
    contract, policy, called = bundle.contract, call_list.policy, call_list.listed["customer"]
    by_id = contract.id_column is not None
    said = [
        *doubts_of_list(
            policy,
            bundle,
            found.columns,
            called,
            "to be called",
            seen=seen,
            sure=sure,
            read=[*found.doubts, *_shared_phones(call_list, contract)],
            runs=others,
            table=table,
        ),
        *called_though_held_out(others, policy, called, by_id=by_id, table=table),
        *held_out_again(others, policy, call_list.rows, call_list.power, by_id=by_id, table=table),
    ]
    return with_settings(said)


def _publish(
    here: Run, call_list: CallList, table: ValidTable, profile: DiallerProfile, parts: pl.DataFrame, bundle: Bundle
) -> dict[str, Any]:
    """Write the list for the record, for people and for the dialler, and say what the last two were given."""
    numbers = segment_numbers(bundle)
    publish_file(here.folder / LIST, call_list.write)
    for_people = publish_file(
        here.folder / SHEET,
        lambda path: write_workbook(
            call_list,
            table.contract,
            path,
            receipt=table.ledger.receipt,
            parts=parts,
            numbers=numbers,
            advice=segment_advice(bundle),
        ),
    )
    for_dialler = publish_file(here.folder / DIALLER, lambda path: write_dialler(call_list, profile, path))
    return {SHEET: asdict(for_people), DIALLER: asdict(for_dialler)}


def _shared_phones(call_list: CallList, contract: Contract) -> list[Doubt]:
    """Say that phone numbers stand beside several listed customers: one customer under two ids is dialled twice."""
    listed = call_list.listed
    phones = [listed[c.name] for c in contract.columns if c.role == "phone" and c.name in listed.columns]
    numbers, customers = shared_numbers(phones)
    if not numbers:
        return []
    are = counted(numbers, "phone number is", "phone numbers are")
    said = f"{are} on the list more than once, beside {customers:,} customers: a household, or one customer under two ids who is dialled twice"
    return [Doubt(title="Phone numbers are on the list more than once", sentence=said)]


def _profile_of(dialler: Path) -> DiallerProfile:
    text = toml_text_of(dialler, "The dialler profile", PolicyError)
    return parse_profile(text, origin=str(dialler))


def _require_columns(
    source: TableSource, bundle: Bundle, policy: ContactPolicy, profile: DiallerProfile | None
) -> None:
    """Look at the names before there is a run: whoever sends another table leaves no failed one behind."""
    contract = bundle.contract
    match_columns(source.columns, contract, table=source.name, purpose="predict", at=bundle.at)
    require_safety_columns(contract, source.columns)
    found_by_bundle = require_policy_columns(source.columns, policy, bundle)
    policy.require_handed_over((*source.columns, *found_by_bundle))
    if profile is not None:
        require_sources(profile, _list_columns(source, contract, policy))


def _list_columns(source: TableSource, contract: Contract, policy: ContactPolicy) -> list[str]:
    """Name the columns that a dialler can be given, as far as names tell before the table is read."""
    by_role = [column.name for column in contract.columns if column.role in CARRIED]
    carried = [name for name in dict.fromkeys((*by_role, *policy.handed_over)) if name in source.columns]
    return [*COLUMNS, "call_windows", *map(carried_name, carried)]


def _of_rows_weighed(customers: pl.Series, segments: pl.DataFrame, choice: Choice) -> pl.DataFrame:
    """Say each customer's segment once: of several rows that of the one which may be listed."""
    named = segments.select(customers.alias("customer"), pl.all())
    others = np.setdiff1d(np.arange(len(customers)), choice.order, assume_unique=True)
    return named[np.concatenate([choice.order, others])].unique("customer", keep="first", maintain_order=True)


def _with_reasons(
    call_list: CallList,
    table: ValidTable,
    customers: pl.Series,
    bundle: Bundle,
    known: pl.DataFrame | None = None,
    progress: Progress = silent,
) -> CallList:
    """Say why for everyone on the list, and for nobody else; what is `known` is not worked out again."""
    listed = call_list.lists(table.records)
    if not listed.any():
        return call_list
    records = pl.Series("record", table.records)
    fresh = listed if known is None else listed & ~records.is_in(known["record"].to_list()).to_numpy()
    parts = [] if known is None else [known.filter(pl.col("record").is_in(records.filter(pl.Series(listed)).to_list()))]
    if fresh.any():
        progress("explaining", 0, int(fresh.sum()))
        reasons = reasons_for(
            table.rows(fresh), predictor_of(bundle), bundle.reference, raising_first=True, progress=progress
        )
        parts.append(reasons.insert_column(0, records.filter(pl.Series(fresh))))
    found = pl.concat(parts)
    named = pl.DataFrame({"record": records, "customer": customers})
    return call_list.joined(found.join(named, on="record", how="left").drop("record"))


def _reasons_before(runs: Sequence[Run], inputs: Mapping[str, str], config: Config) -> pl.DataFrame | None:
    """Return record and reasons from the newest list of the same table, read the same way, and bundle, if there is one.

    A customer's reasons depend on nothing else, so that asking "what if" about the same table costs seconds.
    """
    if not all(fingerprint.startswith("sha256:") for fingerprint in inputs.values()):
        return None
    wanted = {"command": "target", "inputs": dict(inputs), "versions": installed_versions()}
    read_so = tomllib.loads(config.to_toml()).get("data")
    for run in runs:
        if run.status == "done" and {name: run.record[name] for name in wanted} == wanted:
            with suppress_errors(OSError, ValueError, pl.exceptions.PolarsError):
                if run.settings.get("data") != read_so:
                    continue
                kept = pl.read_parquet(run.folder / LIST, columns=["record", "status", *REASON_COLUMNS])
                # other rows of a listed customer carry reasons too: those of the row that is listed
                said = (pl.col("status") == "listed") & pl.any_horizontal(pl.col(REASON_COLUMNS).is_not_null())
                return kept.filter(said).drop("status")
    return None


def _summary(
    call_list: CallList,
    choice: Choice,
    found: Candidates,
    table: ValidTable,
    bundle: Bundle,
) -> dict[str, Any]:
    """Sum the list up in counts and money; no customer in it."""
    policy, contract, columns = call_list.policy, bundle.contract, found.columns
    watched = list(policy.sensitive) or [c.name for c in contract.columns if c.sensitive and c.name in columns.columns]
    grouped = dict.fromkeys(
        (SEGMENT, *(c.name for c in contract.columns if c.role == "quota"), *(quota.column for quota in policy.quotas))
    )
    outcome = table.outcome == contract.outcome.positive if table.has_outcome else None
    histograms = bundle.reference.get("propensities") or {}
    return {
        **summarise_list(call_list, choice, policy, columns),
        "files": list(found.held_back.receipt),
        "at": bundle.at,
        "groups": groups_on_list(choice, columns, [name for name in grouped if name in columns.columns]),
        "fairness": fairness_of(choice, columns, watched, policy, outcome),
        "past": past_of(histograms.get(str(contract.outcome.positive)), choice, policy),
        "labels": {c.name: c.label for c in contract.columns},
        "advice": segment_advice(bundle),
    }


def _dropped(earlier: pl.DataFrame, dropped: Dropped) -> dict[str, Any]:
    because = dict(dropped.rows["because"].value_counts(sort=True).iter_rows())
    return {
        "before": earlier.height,
        "dropped": dropped.rows.height,
        "because": because,
        "matched_by_zeros": dropped.met.by_zeros,
        "of_several": len(dropped.met.unclear),
        "sentences": list(dropped.sentences),
    }


def _sentences(call_list: CallList, summary: dict[str, Any]) -> tuple[str, ...]:
    """Say where everyone went, what to do, what limits the list and who left it."""
    prices = [limit["sentence"] for limit in summary["limits"] if limit["sentence"]]
    said = [*call_list.sentences(), *prices, *(f"warning: {doubt['sentence']}" for doubt in summary["doubts"])]
    said += _hand_off_sentences(summary["hand_off"], summary["counts"]["listed"], call_list.policy.sheet_by)
    if "dropped" in summary:
        gone = summary["dropped"]
        said.append(
            f"{some_of(gone['dropped'], gone['before'], 'customers of the earlier list', 'is', 'are')} not on this one; "
            f"see {DROPPED} of the run."
            if gone["dropped"]
            else f"Nobody of the {gone['before']:,} customers of the earlier list drops out."
        )
        said += gone["sentences"]
    return tuple(said)


def _hand_off_sentences(receipts: Mapping[str, Mapping[str, int]], listed: int, sheet_by: str | None) -> list[str]:
    said = []
    if others := receipts[SHEET]["others"]:
        said.append(
            f"{others:,} of the {listed:,} to be called {'is' if others == 1 else 'are'} on the sheet '{OTHERS}' of {SHEET}: without a '{sheet_by}', or "
            f"it is none of the {MOST_SHEETS} most frequent."
        )
    if without := receipts[DIALLER]["without_phone"]:
        said.append(
            f"warning: {without:,} of the {listed:,} to be called {'has' if without == 1 else 'have'} no number that the dialler takes; "
            f"{DIALLER} leaves out whoever has none"
        )
    if any(receipt["neutralised"] for receipt in receipts.values()):
        cells = " and ".join(f"{receipt['neutralised']:,} in {name}" for name, receipt in receipts.items())
        said.append(f"Cells made harmless because a spreadsheet could calculate them: {cells}.")
    return said


def _copy(folder: Path, out: Path) -> None:
    with staging(out) as staged:
        for name in (LIST, SHEET, DIALLER):
            write_file(staged / name, (folder / name).read_bytes())

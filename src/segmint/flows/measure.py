"""`segmint measure`: what did calling bring? Called against held out, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from segmint.arguments import place_of, require_between, require_several, require_switches
from segmint.arrays import Floats
from segmint.config import Config, Data
from segmint.contract.cells import read_answers
from segmint.contract.contract import Contract, load_contract
from segmint.contract.dates import today
from segmint.contract.ids import bare_ids, match_ids
from segmint.errors import DataError, SegmintError
from segmint.flows.report import write_report
from segmint.flows.steps.call_lists import open_call_list, read_call_list
from segmint.flows.steps.call_results import read_codes, read_frame
from segmint.flows.steps.do_not_call import Grown, NotGrown, add_objectors
from segmint.flows.steps.next_step import next_step
from segmint.flows.steps.read import data_beside, data_of_list, inputs_of, open_source, refuse_overwriting
from segmint.flows.steps.same_campaign import unnamed_lists
from segmint.flows.steps.scored import made_on, scoring_run
from segmint.flows.steps.settings import RUNS, Place, Settings, path_of, settings_of
from segmint.metrics.effect_level import EFFECT_LEVEL, EFFECT_LEVELS
from segmint.monitoring.codes import PLAIN, Dispositions
from segmint.monitoring.joined import ARMS, JoinedResults, join_results
from segmint.monitoring.measure import Measurement
from segmint.monitoring.measure import measure as estimate
from segmint.monitoring.results import blanks_read, meaning_of
from segmint.monitoring.strangers import caution_of_strangers
from segmint.progress import Progress, silent
from segmint.store.run import CONTRACT, Run
from segmint.store.run_files import MEASURE, OBJECTORS, STRANGE, TARGET
from segmint.store.runs import runs_in
from segmint.store.staging import publish_file
from segmint.tables.table_source import TableSource
from segmint.tables.write import write_safe_csv
from segmint.targeting.policy import ContactRules, calls_each
from segmint.targeting.suppress import UNNAMED
from segmint.wording import counted, some_of

ROWS = "measure.parquet"
_RECORD = rf"(?i)^\s*{UNNAMED}\s*([0-9]{{1,15}})\s*$"
NEEDED = ("customer", "status", "propensity", "value", "cost")


@dataclass(frozen=True, repr=False)
class Measured:
    """What calling brought, for any door.

    Attributes
    ----------
    folder, report : Path
    sentences : tuple of str
        What was measured, with what makes it doubtful.
    problems : tuple of str
        That the do-not-call file was not written, and that nobody can name some who asked not to be called again; empty where
        no objection is lost.
    summary : dict
        The content of ``measure.json``: figures, no customer.
    measurement : Measurement
    """

    folder: Path
    report: Path
    sentences: tuple[str, ...]
    problems: tuple[str, ...]
    summary: dict[str, Any] = field(repr=False)
    measurement: Measurement = field(repr=False)

    def __repr__(self) -> str:
        return f"<Measured {self.folder}: {counted(self.summary['results']['read'], 'result')}>"

    def frame(self) -> pl.DataFrame:
        """Return every estimate; see `Measurement.frame`."""
        return self.measurement.frame()


def measure(
    call_list: Any,
    results: Any,
    config: Settings = None,
    *,
    runs: Place = RUNS,
    codes: Place | None = None,
    purchases: Any = None,
    earlier: Sequence[Any] = (),
    level: float = EFFECT_LEVEL,
    silence_means_no: bool = False,
    do_not_call: Place | None = None,
    progress: Progress = silent,
) -> Measured:
    """Measure what calling changed, against the customers held out.

    Parameters
    ----------
    call_list : path or frame
        ``call_list.parquet`` of a target run, every row.
    results : path or frame
        One row per call: customer and code, or the outcome column of the list's contract. Without `purchases` also one for each purchase of a customer held out.
    config : Config or path, optional
        Its economics name the currency, and the calls for each customer, where the list's own run is not at hand.
    runs : path
        The folder that holds all runs.
    codes : path, optional
        TOML that says what the codes mean; without it they are success, refused, call_back, not_reached, wrong_number,
        do_not_call, or yes and no.
    purchases : path or frame, optional
        One row for each purchase since the list was made, of anyone: who bought is then read here alone, for those called
        and for those held out alike.
    earlier : sequence of path or frame
        Earlier lists of the campaign, whose customers are left out: only those who are new are alike in both arms.
    level : float
        Coverage of the intervals, from 0.5 to 0.999.
    silence_means_no : bool
        Whether a held-out customer without a row is known not to have bought.
    do_not_call : path, optional
        A growing .csv file that gets everyone who asked not to be called again, also if no effect can be told. Where it
        cannot be written, `Measured.problems` says why and the run has them.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    ValueError
        If `level` lies elsewhere.
    DataError
        Without a control group: propensity is not uplift.
    InputError
        If the do-not-call file is one of the tables.
    """
    require_switches(silence_means_no=silence_means_no)
    require_several(earlier=earlier)
    earlier = tuple(earlier)
    require_between("level", level, *EFFECT_LEVELS)
    config, runs, do_not_call = settings_of(config), place_of("runs", runs), path_of("do_not_call", do_not_call)
    meaning = read_codes(codes, results)
    if do_not_call is not None:
        refuse_overwriting(do_not_call, call_list, results, codes, purchases, *earlier)
    tables = _Tables(call_list, results, purchases, earlier)
    inputs = inputs_of(*tables.opened(config))
    progress("reading results", 0, 1)
    read = _read(tables, meaning, config, runs)
    progress("reading results", 1, 1)
    with Run.create(runs, "measure", config.to_toml(), None, inputs) as here:
        _keep_lists(here, read.joined)
        grown = None if do_not_call is None else _add(do_not_call, read, here)
        currency, source = _currency(read.list_run, config)
        lost = _lost_objections(read.joined, here)
        with _said_what_grew(grown, lost):
            changed = _changed_since(read.listed, read.list_run, runs)
            found = estimate(
                read.joined,
                level=level,
                currency=currency,
                held_out_silence_means_no=silence_means_no,
                calls_planned=_calls_planned(read.listed, read.list_run, config, runs),
            )
        problems, told = _problems(grown, lost), _told(read, found, source, changed, runs)
        summary = {
            "sentences": [*problems, *told.sentences],
            "list": _which_list(read.list_run),
            "cautions": [*problems, *told.cautions],
            "others": told.others,
            "unlike": found.unlike,
            "doubt": found.doubt,
            "figures": found.figures,
            "next": _next(found, told.others),
            "level": level,
            "currency": currency,
            **_counts(read.joined),
            "do_not_call_file": _of_the_file(grown),
            "lost_objections": lost,
            "rows": found.frame().fill_nan(None).to_dicts(),
        }
        here.keep(MEASURE, summary)
        here.keep(ROWS, found.frame())
        report = write_report(here.folder, progress)
        here.done({"sentences": summary["sentences"]})
    last = (grown.sentence,) if isinstance(grown, Grown) else ()
    return Measured(here.folder, report, (*told.sentences, *last), problems, summary, found)


@dataclass(frozen=True)
class _Tables:
    """The tables as they were given."""

    call_list: Any
    results: Any
    purchases: Any
    earlier: tuple[Any, ...]

    def opened(self, config: Config) -> list[TableSource]:
        """Open those that are there."""
        others = [] if self.purchases is None else [open_source(self.purchases, self.data_of_purchases(config))]
        return [
            open_call_list(self.call_list, config.data),
            open_source(self.results, data_beside(self.results, config.data)),
            *others,
            *(open_call_list(each, config.data) for each in self.earlier),
        ]

    def data_of_purchases(self, config: Config) -> Data:
        """Say how the purchases are read: a plain list of ids has no delimiter."""
        if self.purchases is None:
            return config.data
        return data_of_list(self.purchases, data_beside(self.purchases, config.data))


@dataclass(frozen=True)
class _Read:
    """A list and its results, joined; `said`: what was read by the outcome and not by codes, "" if nothing."""

    listed: pl.DataFrame
    list_run: Run | None
    contract: Contract | None
    codes: Dispositions
    joined: JoinedResults
    said: str


def _read(tables: _Tables, codes: Dispositions, config: Config, runs: Path) -> _Read:
    listed = read_call_list(tables.call_list, config.data, needed=NEEDED)
    list_run = scoring_run(tables.call_list, listed, runs)
    contract = _contract_of(list_run)
    bought = tables.purchases is not None
    results = _by_number(read_frame(tables.results, config.data), codes.customer, contract)
    told, codes, said = _by_the_outcome(results, contract, codes, None if bought else listed)
    purchases = read_frame(tables.purchases, tables.data_of_purchases(config)) if bought else None
    joined = join_results(
        listed,
        told,
        _by_the_lists_id(codes, told, contract),
        purchases=None
        if purchases is None
        else _by_number(_as_the_contract_reads(purchases, contract), codes.customer, contract),
        since=made_on(list_run),
        today=today(),
        outcome=None if contract is None or contract.outcome.positive is None else contract.outcome.column,
        of_calls=not said,
        earlier=[_earlier_list(each, config, runs) for each in tables.earlier],
    )
    return _Read(listed, list_run, contract, codes, joined, said)


class _Told(NamedTuple):
    """What is said of a measurement, which of it makes it doubtful, and of that whether most results are of others."""

    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    others: str | None


def _told(read: _Read, found: Measurement, currency: str, changed: Sequence[str], runs: Path) -> _Told:
    """Begin with what is doubtful of the tables as a whole; `currency` says who named it, `changed` what became of the list."""
    others = caution_of_strangers(read.joined.strangers, read.joined.read - read.joined.unnamed, "on this list")
    first = (*_if_said(others), *_if_said(_unnamed_lists(read, runs)))
    sentences = (*first, found.sentences[0], *_if_said(read.said), currency, *changed, *found.sentences[1:])
    return _Told((*sentences, _next(found, others)), (*first, *changed, *found.cautions), others)


def _next(found: Measurement, others: str | None) -> str:
    return "Decide nothing on these results: first make sure that they are this list's." if others else next_step(found)


def _problems(grown: Grown | NotGrown | None, lost: str) -> tuple[str, ...]:
    """Say which objections are lost unless somebody sees to them: those in no file, and those that nobody can name."""
    return (*((grown.sentence,) if isinstance(grown, NotGrown) else ()), *_if_said(lost))


def _counts(joined: JoinedResults) -> dict[str, Any]:
    """Count what was read and what became of it."""
    return {
        "results": {
            "read": joined.read,
            "matched": joined.matched,
            "strangers": joined.strangers,
            "without_id": joined.unnamed,
        },
        "purchases": {"read": joined.purchases, "matched": joined.purchases_matched},
        "left_out": {
            "earlier": joined.before,
            "repeated": joined.repeated,
            "before_the_list": joined.too_early,
            "repeated_results": joined.repeated_results,
        },
        "do_not_call": len(joined.do_not_call),
    }


def _if_said(sentence: str | None) -> tuple[str, ...]:
    return (sentence,) if sentence else ()


def _by_the_outcome(
    results: pl.DataFrame, contract: Contract | None, codes: Dispositions, judged: pl.DataFrame | None
) -> tuple[pl.DataFrame, Dispositions, str]:
    """Read the outcome of the list's contract as `update` does, where the results have it and no codes; say so.

    Where it alone tells who bought of a list, none of the `judged` may be open: a customer without a row has bought nothing.
    """
    if contract is None or contract.outcome.positive is None or codes.code in results.columns:
        return results, codes, ""
    meaning = meaning_of(results, contract, codes)
    answered = results.with_columns(meaning.alias(codes.code)).filter(meaning.is_not_null())
    said = f"'{contract.outcome.column}' of the results tells who said yes, as the list's own contract reads it."
    said = f"{said} {blanks_read(results, contract, codes)}".rstrip()
    still_open = results.height - answered.height
    waiting = 0 if judged is None else _of_the_arms(results.filter(meaning.is_null()), judged, contract, codes)
    if waiting:
        raise DataError(
            f"{some_of(waiting, results.height, 'results', 'has', 'have')} no outcome yet under '{contract.outcome.column}'.",
            expected="an outcome in each row: a customer without one counts as a no",
            fix="wait for the others, or write the no where the customer was not reached or bought nothing; or name everyone's purchases: --purchases",
        )
    if still_open:
        said += f" Left out: {counted(still_open, 'result')} without an outcome yet."
    return answered, PLAIN.model_copy(update={"customer": codes.customer, "code": codes.code}), said


def _of_the_arms(results: pl.DataFrame, listed: pl.DataFrame, contract: Contract, codes: Dispositions) -> int:
    """Count the results of customers who are compared."""
    customer = _by_the_lists_id(codes, results, contract).customer
    if customer not in results.columns:
        return 0
    keys, ids = bare_ids(listed["customer"]), bare_ids(results[customer])
    compared = keys.filter(listed["status"].is_in(ARMS))
    pairs = match_ids(ids, keys).pairs  # of the whole list: 17 is nobody's 0017 where there is a 17
    return int(ids.is_in(pairs.filter(pairs["known"].is_in(compared.implode()))["named"].implode()).sum())


def _as_the_contract_reads(purchases: pl.DataFrame, contract: Contract | None) -> pl.DataFrame:
    """Write yes and no for the contract's own words in its outcome column; all else stays."""
    if contract is None or contract.outcome.positive is None or contract.outcome.column not in purchases.columns:
        return purchases
    outcome = contract.outcome
    words = read_answers(outcome, purchases[outcome.column], contract.missing).values
    answers = {level: "yes" if level == outcome.positive else "no" for level in outcome.levels}
    read = words.replace_strict(answers, default=None, return_dtype=pl.String)
    return purchases.with_columns(read.fill_null(purchases[outcome.column].cast(pl.String)).alias(outcome.column))


def _by_the_lists_id(codes: Dispositions, results: pl.DataFrame, contract: Contract | None) -> Dispositions:
    """Name the customer by the id of the list's contract, where the results have that and no other name was given."""
    own = None if contract is None else contract.id_column
    if own is None or codes.customer in results.columns or own not in results.columns:
        return codes
    return codes.model_copy(update={"customer": own})


def _by_number(frame: pl.DataFrame, customer: str, contract: Contract | None) -> pl.DataFrame:
    """Write "record 17" as the list does, 17, where the list's contract has no id."""
    if contract is None or contract.id_column is not None:
        return frame
    texts = [name for name in {customer, "customer"} if frame.schema.get(name) == pl.String]
    return frame.with_columns(pl.col(name).str.replace(_RECORD, "${1}") for name in texts)


def _earlier_list(given: Any, config: Config, runs: Path) -> pl.DataFrame:
    """Read a list made before; one without ids is refused: the same record is somebody else on the next one."""
    listed = read_call_list(given, config.data, needed=NEEDED)
    contract = _contract_of(scoring_run(given, listed, runs))
    by_record = listed["customer"].cast(pl.String).str.starts_with(UNNAMED).any()
    if by_record or (contract is not None and contract.id_column is None):
        raise DataError(
            "An earlier list names customers by their place in a table, which names others in the next one.",
            expected="lists made under a contract with an id column",
            fix="add the id to the contract; lists without ids can be compared with nothing",
        )
    return listed


def _add(path: Path, read: _Read, here: Run) -> Grown | NotGrown:
    """Add who asked not to be called again to the growing file; what calling brought is told also where that is refused."""
    joined, contract = read.joined, read.contract
    try:
        if contract is not None and contract.id_column is None:
            raise DataError(
                "The list names customers by their place in a table, which names others in the next one.",
                expected="a list made under a contract with an id column",
                fix="add the id to the contract, or leave --do-not-call out",
            )
        own = None if contract is None else contract.id_column
        lost = joined.nameless_objections + joined.shortened_objections
        return replace(add_objectors(path, joined.do_not_call, own, read.codes.customer), nameless=lost)
    except SegmintError as error:
        return NotGrown(path, error, f"{OBJECTORS} of the run {here.id}")


def _of_the_file(grown: Grown | NotGrown | None) -> dict[str, Any] | None:
    if isinstance(grown, NotGrown):
        return {"entries": None, "added": 0, "refused": grown.sentence}
    return None if grown is None else {"entries": grown.before + grown.added, "added": grown.added}


def _lost_objections(joined: JoinedResults, here: Run) -> str:
    """Say how many asked not to be called again whom nobody can name, and where to look for them; "" if none did."""
    kinds = (
        (joined.nameless_objections, "without an id"),
        (joined.shortened_objections, "with an id that a spreadsheet has shortened, such as 1.5E+05,"),
    )
    lost = sum(rows for rows, _ in kinds)
    if not lost:
        return ""
    who = " and ".join(f"{counted(rows, 'result')} {how}" for rows, how in kinds if rows)
    again = "; export the results with their ids as text" if joined.shortened_objections else ""
    return (
        f"{who} {'asks' if lost == 1 else 'ask'} not to be called again, and no "
        f"do-not-call file can name {'that customer' if lost == 1 else 'those customers'}: find out who it was, by {STRANGE} of "
        f"the run {here.id}, and add the id{'' if lost == 1 else 's'} to the file{again}."
    )


@contextmanager
def _said_what_grew(grown: Grown | NotGrown | None, lost: str) -> Iterator[None]:
    """Objections hold whatever can be told of calling; an error says that the file has them, or why not."""
    try:
        yield
    except SegmintError as error:
        said = [lost] if lost else []
        if isinstance(grown, NotGrown):
            said.append(grown.sentence)
        elif grown is not None and grown.added:
            said.append(f"Who asked not to be called again is kept all the same: {grown.sentence}")
        if not said:
            raise
        raise type(error)(" ".join((error.came, *said)), expected=error.expected, fix=error.fix) from error


def _contract_of(list_run: Run | None) -> Contract | None:
    """The contract that a list was made under; None where its run cannot tell."""
    if list_run is not None:
        with suppress(OSError, SegmintError):
            return load_contract(list_run.folder / CONTRACT)
    return None


def _unnamed_lists(read: _Read, runs: Path) -> str:
    """Say that customers stand on older lists of the campaign which `--earlier` does not name; "" if none do."""
    if read.list_run is None or read.contract is None or read.contract.id_column is None:
        return ""
    own = [] if "run" not in read.listed.columns else read.listed["run"].cast(pl.String).drop_nulls().unique().to_list()
    compared = bare_ids(read.joined.compared["customer"])
    return unnamed_lists(runs_in(runs), [*own, read.list_run.id], read.list_run, compared)


def _changed_since(listed: pl.DataFrame, list_run: Run | None, runs: Path) -> list[str]:
    """Say that a list has other numbers of rows to be called or held out than its own run made; of several, each list."""
    names, changed = _run_names(listed), list[str]()
    for name, made_by in _made_by(names, list_run, runs).items():
        changed += [] if made_by is None else _changed(listed.filter(names.eq_missing(name)), made_by)
    return changed


def _run_names(listed: pl.DataFrame) -> pl.Series:
    """Name the run that made each row; null where the list names none."""
    if "run" in listed.columns:
        return listed["run"].cast(pl.String)
    return pl.Series("run", [None], dtype=pl.String).new_from_index(0, listed.height)


def _made_by(names: pl.Series, list_run: Run | None, runs: Path) -> dict[str | None, Run | None]:
    """Find the run of each of several lists; a list that names none is of the folder in which it lies."""
    if names.null_count() == names.len():
        return {None: list_run}
    return {
        name: list_run
        if list_run is not None and name in (list_run.id, list_run.made_as)
        else scoring_run(None, pl.DataFrame({"run": [name]}), runs)
        for name in names.drop_nulls().unique(maintain_order=True)
    }


def _changed(own: pl.DataFrame, list_run: Run) -> list[str]:
    made = list_run.kept(TARGET)
    if made is None:
        return []
    before = {arm: int(made["counts"].get(arm, 0)) for arm in ARMS}
    now = {arm: own.filter(status=arm).height for arm in ARMS}
    if before == now:
        return []
    if before["held_out"] and not now["held_out"] and now["listed"]:
        raise DataError(
            f"The list's own run {list_run.id} held {counted(before['held_out'], 'customer')} out, and this file has none of them.",
            expected="every row of the list, those held out too",
            fix="measure call_list.parquet of that run",
        )
    return [
        f"The list's own run {list_run.id} had {before['listed']:,} to be called and {before['held_out']:,} held out; this file "
        f"has {now['listed']:,} and {now['held_out']:,}. Rows that were taken out or changed by anything but chance make the two "
        "arms unlike: measure call_list.parquet of that run, where every row stands."
    ]


def _currency(run: Run | None, config: Config) -> tuple[str, str]:
    """Say in which currency the list's amounts are, and who says so: its own run before any policy."""
    if run is not None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = run.settings["economics"]["currency"]
            return str(told), f"Amounts are in {told}, as in the list's own run {run.id}."
    if config.economics is not None:
        told = config.economics.currency
        return told, f"Amounts are in {told}, as the given policy says; the list's own run is not at hand."
    return "", "Amounts are in the list's currency, which no run or policy at hand names; --policy can."


def _calls_planned(listed: pl.DataFrame, list_run: Run | None, config: Config, runs: Path) -> Floats:
    """Calls that the cost of each row is of, as its own list's run says, or the given policy; NaN where neither can tell."""
    given = math.nan if config.economics is None else config.economics.calls_per_customer
    names = _run_names(listed)
    told = {name: _calls_per_customer(run, given) for name, run in _made_by(names, list_run, runs).items()}
    planned = np.array([told.get(name, given) for name in names])
    return calls_each(planned, listed["attempts"]) if "attempts" in listed.columns else planned


def _calls_per_customer(run: Run | None, given: float) -> float:
    if run is not None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            return float(run.settings["economics"]["calls_per_customer"])
    return given


def _which_list(run: Run | None) -> dict[str, str | None]:
    """Name the campaign, where somebody gave it a name, and the day of the list; None where its own run is not at hand."""
    day, campaign = made_on(run), None
    if run is not None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            campaign = str(run.settings["policy"]["campaign"])
    named = campaign not in (None, ContactRules.model_fields["campaign"].default)
    return {"campaign": campaign if named else None, "day": None if day is None else day.isoformat()}


def _keep_lists(here: Run, joined: JoinedResults) -> None:
    """Keep who asked not to be called again, ready for policy.suppress, and results of strangers."""
    objectors = joined.do_not_call.to_frame("customer")
    publish_file(here.folder / OBJECTORS, lambda path: write_safe_csv(iter([objectors]), path))
    if joined.strange_rows.height:
        publish_file(here.folder / STRANGE, lambda path: write_safe_csv(iter([joined.strange_rows]), path))

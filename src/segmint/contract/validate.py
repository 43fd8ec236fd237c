"""The door: hold a table against its contract. Only here does a ValidTable come to be."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from segmint.contract.cells import (
    EMPTY_CELL,
    LARGEST,
    Cells,
    count_blanks,
    has_answers,
    number_cells,
    read_cells,
    read_outcome,
    rows_as_text,
    unusual,
)
from segmint.contract.column import Column, Known
from segmint.contract.column_match import ColumnMatch, Purpose, match_columns
from segmint.contract.contract import Contract, Outcome
from segmint.contract.counts import count_values
from segmint.contract.dates import ISO, format_words, formats_of
from segmint.contract.ids import bare_ids
from segmint.contract.ledger import KEPT_REJECTS, KNOWN_NAMES, LEFT_ALONE, Ledger
from segmint.contract.look import MIN_PER_LEVEL, few_named
from segmint.contract.totals import batches_of_customers
from segmint.contract.treatment import said_left_alone
from segmint.contract.valid_table import ValidTable, concatenate
from segmint.errors import ContractError, DataError, InputError
from segmint.progress import Progress, silent
from segmint.tables.amounts import bare_amount
from segmint.tables.decimal_sign import ONE_SIGN, decimal_among, written_apart
from segmint.tables.rejects import MAX_RAW, Reject, raw_text
from segmint.tables.table_source import BATCH, JSON, TEXT, RawBatch, TableSource
from segmint.wording import counted, listed, percent, quoted

MIN_ROWS = 50
MIN_ROWS_PER_LEVEL = 10
UNKNOWN_TREATMENT = "unknown_treatment"
FLAG_WORDS = {
    "out_of_bounds": "out of range",
    "unknown_level": "unseen level",
    "other_capitals": "unseen level (known but for capitals)",
}
DETAILS = {
    EMPTY_CELL: 'is empty, and "" is not among the words of `missing` in the contract',
    "not_a_number": "is not a number",
    "not_finite": "is not a finite number",
    "too_large": f"is a number beyond {LARGEST:.1e}, which no model can hold",
    "not_a_date": "is not a date as the contract says it is written",
    "out_of_bounds": "is outside the contract's bounds",
    "unknown_level": "is not a level of the contract",
    "other_capitals": "is a level of the contract but for capitals; write it as the contract does",
    "missing_outcome": "is empty or a word for no value, and a row without an outcome can neither teach nor judge",
    "unknown_outcome": "is not a spelling of an outcome level",
    LEFT_ALONE: "says that nobody called: what this customer did, no call brought about",
    UNKNOWN_TREATMENT: "says neither that the customer was called (yes, called, 1) nor that nobody did (no, control, 0)",
}

_SAY_WHAT_MEANS_A_LEVEL = (
    'if a word means a level, say so under [outcome] of the contract: words = { "WORD" = "LEVEL" }; '
)

OnReject = Callable[[Reject], None]


def validate(
    source: TableSource,
    contract: Contract,
    *,
    purpose: Purpose = "train",
    at: Known = "planning",
    max_rejected: float = 0.05,
    on_reject: OnReject | None = None,
    kept_in: Path | None = None,
    progress: Progress = silent,
) -> ValidTable:
    """Read a whole table and hold it against its contract.

    Parameters
    ----------
    source : TableSource
    contract : Contract
    purpose : {"train", "judge", "predict"}
        To train, a row with a value that the contract does not allow is rejected; else it is accepted with a flag. To train or
        to judge what was trained, a customer without an outcome is rejected, and so is one whom nobody called, as a column of
        the role `treatment` says.
    at : {"planning", "dialling", "after_call"}
        The moment of the decision; columns known later are set aside unread.
    max_rejected : float
        The largest share of rejected rows that is acceptable, in [0, 1]; customers left alone do not count.
    on_reject : callable, optional
        Receives every rejected row, in order.
    kept_in : path, optional
        The file in which whoever receives them keeps them, to be named where too many are rejected.
    progress : Progress

    Returns
    -------
    ValidTable

    Raises
    ------
    ContractError
        If the table has other columns than the contract, or (but to predict) nobody reviewed the contract.
    DataError
        If too many rows are rejected, or the accepted ones cannot teach anything: too few, one outcome, no feature.
    """
    batches = validate_batches(source, contract, purpose=purpose, at=at, on_reject=on_reject, progress=progress)
    table = concatenate(batches)
    table.ledger.check()
    refuse_rejected(table.ledger, contract, max_rejected, kept_in=kept_in)
    if purpose != "predict":
        _refuse_unteachable(table)
    return replace(table, ledger=_with_repeated_ids(table))


def validate_batches(
    source: TableSource,
    contract: Contract,
    *,
    purpose: Purpose,
    at: Known = "planning",
    size: int = BATCH,
    needs_id: bool = True,
    on_reject: OnReject | None = None,
    progress: Progress = silent,
) -> Iterator[ValidTable]:
    """Read a table in batches and hold each against the contract; see `validate`.

    When predicting, a batch holds the outcome as far as it could be read; look at `ValidTable.has_outcome`. Without
    `needs_id` the column of ids may lack: no prediction reads it.

    Raises
    ------
    ContractError
        As `validate`, before the first batch is read.
    DataError
        To train, if no feature is known by `at`; also before the first batch.
    """
    if purpose != "predict":
        require_reviewed(contract)
    match = match_columns(source.columns, contract, table=source.name, purpose=purpose, at=at, needs_id=needs_id)
    if purpose != "predict" and not any(column.is_feature for column in match.read):
        raise _nothing_to_learn_from(contract, match, at)
    door = _Door(contract, match, purpose, at, _receipt(source, contract, match, purpose, at), contract.outcome)
    _refuse_two_signs(door)
    return _through(door, source, size, on_reject, progress)


def require_reviewed(contract: Contract) -> None:
    """Raise ContractError if no person has looked at the contract yet."""
    if not contract.reviewed:
        raise ContractError(
            f"Nobody has reviewed the contract '{contract.name}' yet.",
            expected="reviewed = true, set by a person who looked at every column's role and `known`",
            fix="read the contract, correct it, then set reviewed = true",
        )


def refuse_rejected(ledger: Ledger, contract: Contract, max_rejected: float, *, kept_in: Path | None) -> None:
    """Raise DataError with a summary if a larger share than `max_rejected` was rejected; `kept_in`: where they are.

    Customers left alone, rows that hold nothing and totals are no fault of the table: neither they nor their share count.
    """
    harmless = ledger.left_alone + ledger.empty + ledger.totals
    wrong, judged = ledger.rejected - harmless, ledger.read - harmless
    if wrong <= max_rejected * judged:
        return
    lines = [f"{wrong:,} of {judged:,} rows are rejected."]
    for reason, count in Counter(ledger.reasons).most_common(8):
        code = reason.partition(": ")[0]
        words = f", which {DETAILS[code]}" if code in (UNKNOWN_TREATMENT, EMPTY_CELL) else ""
        words += _other_levels(ledger, contract) if code == "unknown_outcome" else ""
        lines += [f"  {count:,}: {reason}{words}{_first_record(ledger, reason)}"] if code != LEFT_ALONE else []
    lines += [f"  {ledger.left_alone:,} more: nobody called the customer"] if ledger.left_alone else []
    sign, dates = _other_sign(ledger, contract), _other_dates(ledger, contract)
    raise DataError(
        "\n".join(lines),
        expected=f"at most {percent(max_rejected, 0)} rejected rows (data.max_rejected)",
        fix=sign
        + dates
        + (_SAY_WHAT_MEANS_A_LEVEL if _strange_levels(ledger, contract) else "")
        + _without_outcomes(contract.outcome, ledger, wrong, judged, max_rejected)
        + (
            "to see each: segmint check --rejected FILE"
            if kept_in is None
            else f"each rejected row and its reason is in '{kept_in}'"
        ),
    )


def _without_outcomes(outcome: Outcome, ledger: Ledger, wrong: int, judged: int, max_rejected: float) -> str:
    """Say what to do; where it is the rows without an outcome that are too many, how to go on without them."""
    empty = sum(count for reason, count in ledger.reasons.items() if reason.partition(": ")[0] == "missing_outcome")
    if not ledger.accepted or wrong - empty > max_rejected * judged:
        return "correct the table or the contract; "
    enough = ceil(20 * wrong / judged) / 20
    no = outcome.negative
    means_no = f'where a blank means a no, say so under [outcome] of the contract: blank = "{no}"; ' if no else ""
    return (
        f"where these customers did not answer, go on without them: --set data.max_rejected={enough:g} "
        f"({ledger.accepted:,} rows with an outcome are left to learn from); {means_no}"
    )


def _other_levels(ledger: Ledger, contract: Contract) -> str:
    """Say which levels of the outcome were expected, and which came instead, if ten customers have them."""
    outcome, often = contract.outcome, _strange_levels(ledger, contract)
    came = f" and reads {few_named(often)}" if often else ""
    return f", which is not {listed(outcome.levels, last='or')}{came}"


def _strange_levels(ledger: Ledger, contract: Contract) -> list[str]:
    """List what ten customers or more have for an outcome and is no spelling of one, the most frequent first."""
    name, who = contract.outcome.column, contract.id_column or ""
    rows = _rejected_rows(ledger, "unknown_outcome").get(name, [])
    # a row without an id is another customer's; a dict keeps the order
    pairs = {(row[name].strip(), row.get(who, "").strip() or place): None for place, row in enumerate(rows)}
    counts = Counter(level for level, _ in pairs)
    return [level for level, count in counts.most_common() if count >= MIN_PER_LEVEL]


def _other_sign(ledger: Ledger, contract: Contract) -> str:
    """Advise the other decimal sign if all cells that are no numbers would be some with it, and few rows are read as it is; "" if not.

    Where other columns of these rows would then be no numbers, no sign reads the table.
    """
    if ledger.accepted > ledger.rejected:
        return ""
    decimal, other = ("comma", "point") if ledger.receipt.get("decimal") == "comma" else ("point", "comma")
    rejected = _rejected_rows(ledger, "not_a_number")
    cells = [row[name] for name, rows in rejected.items() for row in rows]
    if not _any(_no_numbers(cells, decimal)) or _any(_no_numbers(cells, other)):
        return ""
    for name in _number_columns(ledger, contract):
        cells = [row[name] for rows in rejected.values() for row in rows if name in row]
        if _any(_no_numbers(cells, other).filter(_no_numbers(cells, decimal).is_null())):
            apart = f"'{name}' has decimal {decimal}s and {quoted(list(rejected))} decimal {other}s"
            return f"{apart}, so that either sign rejects these rows: {ONE_SIGN}; or "
    return f"read them with a decimal {other}: --set data.decimal={other}; or "


def _no_numbers(cells: Sequence[str], decimal: str) -> pl.Series:
    return number_cells(pl.Series(map(bare_amount, cells), dtype=pl.String), decimal=decimal).problem


def _number_columns(ledger: Ledger, contract: Contract) -> list[str]:
    """Name the columns of numbers that were read, of a text, which alone writes all of them as it was told."""
    if ledger.receipt.get("format") != TEXT:
        return []
    at = cast(Known, ledger.receipt["at"])
    return [c.name for c in contract.columns if c.kind == "number" and c.role != "ignore" and c.known_by(at)]


def _other_dates(ledger: Ledger, contract: Contract) -> str:
    """Say how rejected dates were expected, how they seem to be written, and where the contract says it; "" if there are none."""
    said = ""
    for name, cells in _rejected_cells(ledger, "not_a_date").items():
        said += f"'{name}' is read as {format_words(contract.by_name[name].format or ISO)}"
        if forms := formats_of(pl.Series(cells, dtype=pl.String).str.strip_chars()):
            looks = listed([format_words(form) for form in forms], last="or")
            keys = listed([f'"{form}"' for form in forms], last="or")
            said += f" and seems to be written {looks}: set format = {keys} under [columns.{name}] of the contract"
        said += "; "
    return said


def _rejected_cells(ledger: Ledger, reason: str) -> dict[str, list[str]]:
    """Read again what stood in the columns that were rejected for a reason."""
    return {name: [row[name] for row in rows] for name, rows in _rejected_rows(ledger, reason).items()}


def _rejected_rows(ledger: Ledger, reason: str) -> dict[str, list[dict[str, str]]]:
    """Read again the rejected rows that were kept whole, by the column that was rejected for a reason."""
    names, delimiter = ledger.receipt.get("columns"), str(ledger.receipt.get("delimiter", ","))
    columns = [str(name) for name in names] if isinstance(names, list) else []
    rows: dict[str, list[dict[str, str]]] = {}
    for reject in ledger.rejects:
        if reject.reason == reason and reject.column in columns and len(reject.raw) < MAX_RAW:
            row = dict(zip(columns, next(csv.reader(io.StringIO(reject.raw), delimiter=delimiter), []), strict=False))
            if reject.column in row:
                rows.setdefault(reject.column, []).append(row)
    return rows


@dataclass(frozen=True)
class _Door:
    contract: Contract
    match: ColumnMatch
    purpose: Purpose
    at: Known
    receipt: dict[str, JSON]
    outcome: Outcome  # as it is read

    def admit(self, batch: RawBatch) -> tuple[ValidTable, tuple[Reject, ...]]:
        """Validate one batch; also hand over its rejects, in record order."""
        cells = self._cells(batch.frame)
        problems = {name: cell.problem for name, cell in cells.items() if _any(cell.problem)}
        strange = self._strange(cells)
        if self.purpose == "train":
            problems, strange = _merged(problems, strange), {}
        if self.purpose != "predict":
            problems = _merged(self._treatment(batch.frame), problems)
        failed = _any_of(problems, batch.frame.height)
        rejects = (*batch.rejects, *_rejects(batch, problems, failed, self.receipt))
        rejects = tuple(sorted(rejects, key=lambda reject: reject.record))
        flags = _flags(strange, batch.frame.height).filter(~failed)
        raw = batch.frame.filter(~failed)
        blanks = count_blanks(self.outcome, raw[self.outcome.column]) if self.match.outcome else 0
        table = ValidTable(
            frame=pl.DataFrame([cell.values.alias(name) for name, cell in cells.items()]).filter(~failed),
            raw=raw,
            records=batch.records[~failed.to_numpy()],
            flags=flags,
            contract=self.contract,
            at=self.at,
            ledger=self._ledger(rejects, flags, blanks),
            rejected=np.array([reject.record for reject in rejects], dtype=np.int64),
            rejected_raw=batch.frame.filter(failed),
        )
        return table, rejects

    def _cells(self, frame: pl.DataFrame) -> dict[str, Cells]:
        decimal = str(self.receipt.get("decimal", "point"))
        cells = {
            column.name: read_cells(column, frame[column.name], self.contract.missing_tokens(column), decimal)
            for column in self.match.read
        }
        for column in self.match.read:
            if any(state.when for state in column.states):
                cells[column.name] = _with_states(column, cells)
        if self.match.outcome:
            read = read_outcome(self.outcome, frame[self.outcome.column], self.contract.missing)
            # what a customer answered is no reason to refuse a prediction
            cells[self.outcome.column] = Cells.without_problem(read.values) if self.purpose == "predict" else read
        return cells

    def _treatment(self, frame: pl.DataFrame) -> dict[str, pl.Series]:
        """Say of each row that nobody called the customer, or that this is not known; whenever the bank knows it."""
        found = {name: _not_called(alone) for name, alone in said_left_alone(frame, self.contract).items()}
        return {name: codes for name, codes in found.items() if _any(codes)}

    def _strange(self, cells: dict[str, Cells]) -> dict[str, pl.Series]:
        found = {column.name: unusual(column, cells[column.name].values) for column in self.match.read}
        return {name: codes for name, codes in found.items() if codes is not None}

    def _ledger(self, rejects: tuple[Reject, ...], flags: pl.Series, blanks: int) -> Ledger:
        reasons = Counter(f"{reject.reason}: {reject.column}" if reject.column else reject.reason for reject in rejects)
        flagged = flags.filter(flags != "")
        words = Counter(word for text in flagged for word in text.split("; "))
        return Ledger(
            read=len(flags) + len(rejects),
            accepted=len(flags),
            rejected=len(rejects),
            reasons=dict(reasons),
            rejects=rejects[:KEPT_REJECTS],
            flagged=len(flagged),
            flags=dict(words),
            receipt=self.receipt,
            blanks=blanks,
        )


def _through(
    door: _Door, source: TableSource, size: int, on_reject: OnReject | None, progress: Progress
) -> Iterator[ValidTable]:
    if door.purpose == "predict" and door.outcome.blank is not None and not has_answers(source, door.contract):
        door = replace(door, outcome=door.outcome.unanswered)
    for batch in batches_of_customers(source, size, door.contract.id_column):
        table, rejects = door.admit(batch)
        if on_reject is not None:
            for reject in rejects:
                on_reject(reject)
        progress(f"reading {source.name}", batch.done, source.size)
        yield table


def _receipt(
    source: TableSource, contract: Contract, match: ColumnMatch, purpose: Purpose, at: Known
) -> dict[str, JSON]:
    absent = [column.name for column in contract.columns if column.name not in source.columns]
    return {
        "source": source.name,
        "fingerprint": source.fingerprint,
        **source.receipt,
        **_decimal(source, match),
        "contract": contract.name,
        "purpose": purpose,
        "at": at,
        "columns": list(source.columns),
        "set_aside": [
            {"column": column.name, "label": column.label, "known": column.known} for column in match.set_aside
        ],
        "not_in_contract": list(match.strangers),
        "absent": list(absent),
        **({} if contract.outcome.blank is None else {"blank_outcome": contract.outcome.blank}),
    }


def _decimal(source: TableSource, match: ColumnMatch) -> dict[str, JSON]:
    """Judge the decimal sign by the columns that are read: another one may be a program's, and no customer's."""
    sign = decimal_among(source.receipt, _numbers(match))
    return {"decimal": sign} if "decimal" in source.receipt or sign != "point" else {}


def _numbers(match: ColumnMatch) -> list[str]:
    return [column.name for column in match.read if column.kind == "number"]


def _refuse_two_signs(door: _Door) -> None:
    apart = written_apart(door.receipt, _numbers(door.match)) if door.receipt.get("decimal") == "ambiguous" else ""
    if apart:
        raise InputError(
            f"The numbers are written in two ways: {apart}.",
            expected="one decimal sign in all columns of numbers that the contract reads",
            fix=f"{ONE_SIGN}; --set data.decimal=comma (or point) rejects what is written otherwise",
        )


def _with_states(column: Column, cells: dict[str, Cells]) -> Cells:
    """Tell apart what the table writes with one code: `written` becomes `value` where the condition holds."""
    read = cells[column.name]
    values = read.values
    for state in column.states:
        if state.when and state.when.column in cells:
            here = (read.values == state.written) & (cells[state.when.column].values > state.when.above)
            values = pl.select(pl.when(here.fill_null(False)).then(pl.lit(state.value)).otherwise(values)).to_series()
    return Cells(values.alias(column.name), read.problem)


def _not_called(alone: pl.Series) -> pl.Series:
    code = pl.when(alone).then(pl.lit(LEFT_ALONE)).when(alone.is_null()).then(pl.lit(UNKNOWN_TREATMENT))
    return pl.select(code).to_series()


def _any(codes: pl.Series) -> bool:
    return codes.null_count() < len(codes)


def _merged(first: dict[str, pl.Series], second: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Join reason codes of both; a column has at most one for a row."""
    joined = dict(first)
    for name, codes in second.items():
        joined[name] = pl.select(pl.coalesce(first[name], codes)).to_series() if name in first else codes
    return joined


def _any_of(problems: dict[str, pl.Series], height: int) -> pl.Series:
    failed = pl.Series([False]).new_from_index(0, height)
    for codes in problems.values():
        failed |= codes.is_not_null()
    return failed


def _rejects(
    batch: RawBatch, problems: dict[str, pl.Series], failed: pl.Series, receipt: dict[str, JSON]
) -> Iterator[Reject]:
    """Say of each failed row what is wrong with its first bad column."""
    rows = np.flatnonzero(failed.to_numpy())
    if not len(rows):
        return
    codes = {name: series.gather(rows).to_list() for name, series in problems.items()}
    raws = rows_as_text(batch.frame[rows])
    for k, i in enumerate(rows):
        name = next(name for name in codes if codes[name][k])
        code = codes[name][k]
        yield Reject(
            record=int(batch.records[i]),
            reason=code,
            detail=f"'{name}' {DETAILS[code]}.",
            raw=raw_text(raws[k], str(receipt.get("delimiter", ","))),
            column=name,
        )


def _flags(strange: dict[str, pl.Series], height: int) -> pl.Series:
    """Say what is unusual about each row: "age: out of range; job: unseen level"."""
    if not strange:
        return pl.Series("flags", [""]).new_from_index(0, height)
    texts = [
        codes.replace_strict({code: f"{name}: {words}" for code, words in FLAG_WORDS.items()}, default=None)
        for name, codes in strange.items()
    ]
    joined = pl.select(pl.concat_str(texts, separator="; ", ignore_nulls=True)).to_series()
    return joined.fill_null("").alias("flags")


def _with_repeated_ids(table: ValidTable) -> Ledger:
    """Record in the receipt how many rows belong to a customer who was there before; all of them are kept."""
    if table.ids is None:
        return table.ledger
    known = bare_ids(table.ids).drop_nulls()
    customers = known.n_unique()
    ids: dict[str, JSON] = {
        "customers": customers,
        "repeated_rows": len(known) - customers,
        "without_id": len(table) - len(known),
        "policy": "every row is kept; rows of one customer stay on one side of every split",
    }
    return replace(table.ledger, receipt={**table.ledger.receipt, "ids": ids})


def _first_record(ledger: Ledger, reason: str) -> str:
    code, _, column = reason.partition(": ")
    first = next((r.record for r in ledger.rejects if r.reason == code and (r.column or "") == column), None)
    return f" (first at row {first:,})" if first else ""


def _nothing_to_learn_from(contract: Contract, match: ColumnMatch, at: Known) -> DataError:
    late = [f"{column.name} ({KNOWN_NAMES[column.known]})" for column in match.set_aside if column.is_feature]
    return DataError(
        f"No column tells anything about a customer at the moment '{at}'"
        + (f"; set aside: {', '.join(late)}." if late else f": the contract '{contract.name}' has no feature."),
        expected=f"a characteristic, holding or other feature that is known at {at}",
        fix="if the decision falls later, say so with --at; if a column is known earlier, correct its `known`"
        if late
        else "give columns of the table such a role in the contract",
    )


def rare_told(levels: Sequence[str], kind: str) -> str:
    """Say what to do about levels of an outcome that too few rows have; an answer of yes or no needs both."""
    if kind == "response":
        return "use a larger table"
    return (
        f"use a larger table, or take {quoted(levels)} out of `levels` under [outcome] of the contract: the rows are then "
        "rejected as unknown_outcome, and counted"
    )


def _refuse_unteachable(table: ValidTable) -> None:
    """Refuse a table from which no model can learn the outcome."""
    outcome, alone = table.contract.outcome, table.ledger.left_alone
    if len(table) < MIN_ROWS:
        raise DataError(
            f"Only {counted(len(table), 'row is', 'rows are')} usable"
            + (f": nobody called {alone:,} of the {table.ledger.read:,} customers." if alone else "."),
            expected=f"at least {MIN_ROWS} rows with an outcome" + (", of customers who were called" if alone else ""),
            fix=f"{table.ledger.cut_off}, or use a larger one" if table.ledger.cut_off else "use a larger table",
        )
    counts = count_values(table.frame[outcome.column])
    if len(counts) < 2:
        raise DataError(
            f"Every row of '{outcome.column}' has the same outcome.",
            expected=f"rows of at least two of {', '.join(outcome.levels)}",
            fix="use a table that holds both those who said yes and those who said no"
            if outcome.kind == "response"
            else "use a table that holds several segments",
        )
    rare = [f"{level} ({count})" for level, count in sorted(counts.items()) if count < MIN_ROWS_PER_LEVEL]
    if rare:
        raise DataError(
            f"Too few rows have these outcomes: {', '.join(rare)}.",
            expected=f"at least {MIN_ROWS_PER_LEVEL} rows of each outcome in '{outcome.column}'",
            fix=rare_told([level for level in sorted(counts) if counts[level] < MIN_ROWS_PER_LEVEL], outcome.kind),
        )

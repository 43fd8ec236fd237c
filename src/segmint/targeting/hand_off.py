"""Hand the list over: a workbook for people and a file for the dialler, neither of which can run anything."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from segmint.complaints import said
from segmint.contract.contract import Contract
from segmint.contract.sheet_values import sheet_values
from segmint.errors import PolicyError
from segmint.tables.formulas import guarded_field, guarded_text
from segmint.tables.table_source import JSON
from segmint.tables.write import CELL_CHARACTERS, DAY, new_workbook
from segmint.targeting.call_list import COLUMNS, STATUS_WORDS, CallList
from segmint.targeting.objections import objecting
from segmint.targeting.phones import E164, to_e164
from segmint.targeting.sheets import MOST_SHEETS, OTHERS, sheets_of, values_by_sheet
from segmint.targeting.what_if_sheet import write_what_if
from segmint.toml_files import parse_toml
from segmint.wording import Said, Term, capital

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BATCH = 65_536
_PHONE_FIX = (
    "give a column the role phone in the contract and train again, or leave it out of the profile; or correct `source`"
)


def safe_text(text: str) -> str:
    """Make a text for a sheet's cell: no formula, no control characters, at most `CELL_CHARACTERS`."""
    return guarded_text(_CONTROL.sub(" ", text))[:CELL_CHARACTERS]


def safe_field(text: str, longest: int = CELL_CHARACTERS) -> str:
    """Make a text for a delimited file: no part of it is a formula either, whatever separator opens the file."""
    return guarded_field(_CONTROL.sub(" ", text))[:longest]


def safe_phone(text: str) -> str:
    """Keep the plus of a number that a dialler takes; anything else is treated as text."""
    return text if re.fullmatch(E164, text) and text.isascii() else safe_text(text)


class DiallerColumn(BaseModel):
    """One column of the dialler's file: its header, and where its content comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str = Field(min_length=1)
    source: str
    phone: bool = False


class DiallerProfile(BaseModel):
    """What a dialler accepts.

    Attributes
    ----------
    name : str
    columns : tuple of DiallerColumn
        A `source` is a column of the call list, or `call_windows` of the policy.
    delimiter : {",", ";"}
    max_columns, max_rows, max_header, max_cell : int
        Limits; characters for headers and cells.
    max_phones : int
        Phone columns at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "general"
    columns: tuple[DiallerColumn, ...] = ()
    delimiter: Literal[",", ";"] = ","
    max_columns: int = Field(default=50, ge=1)
    max_rows: int = Field(default=1_000_000, ge=1)
    max_header: int = Field(default=128, ge=1)
    max_cell: int = Field(default=512, ge=1)
    max_phones: int = Field(default=10, ge=1)


def parse_profile(text: str, *, origin: str = "dialler profile") -> DiallerProfile:
    """Read what a dialler accepts from TOML.

    Raises
    ------
    PolicyError
        If the profile makes no sense.
    """
    try:
        return DiallerProfile(**parse_toml(text))
    except (ValueError, TypeError) as error:
        known = [*DiallerProfile.model_fields, *DiallerColumn.model_fields]
        raise PolicyError(
            f"'{origin}' makes no sense as a dialler profile: {said(error, known)}",
            expected="keys " + ", ".join(DiallerProfile.model_fields),
            fix="correct the profile; [[columns]] have header, source and phone = true or false",
        ) from error


def general_profile(call_list: CallList, contract: Contract) -> DiallerProfile:
    """Return a profile any dialler can map: id, phones, names, what the policy carries, rank, attempts, windows and doubts."""
    phones = [c.name for c in contract.columns if c.role == "phone" and c.name in call_list.carried]
    names = [c.name for c in contract.columns if c.role == "name" and c.name in call_list.carried]
    carried = [name for name in call_list.taken_along if name not in phones]
    plain = ["customer", *names, *carried, "campaign", "rank", "segment", "reason_1", "attempts", "call_windows"]
    plain += ["segment_doubt"] if call_list.doubts_segments else []
    return DiallerProfile(
        columns=(
            *(DiallerColumn(header=name, source=name, phone=True) for name in phones),
            *(DiallerColumn(header=name, source=name) for name in dict.fromkeys(plain)),
        )
    )


@dataclass(frozen=True)
class HandOffReceipt:
    """What was written.

    Attributes
    ----------
    rows : int
        Customers written to the dialler's file.
    without_phone : int
        Listed customers left out because no phone number of theirs can be dialled.
    neutralised : int
        Cells that looked like a formula.
    others : int
        Customers whose value of `policy.sheet_by` has no sheet of its own.
    """

    rows: int
    without_phone: int
    neutralised: int
    others: int = 0


def recheck(call_list: CallList, contract: Contract) -> CallList:
    """Hold the list against the objections as they are now, right before it is handed over.

    Parameters
    ----------
    call_list : CallList
    contract : Contract

    Raises
    ------
    PolicyError
        If a file cannot be used.
    """
    rows = call_list.rows
    phones = [rows[c.name] for c in contract.columns if c.role == "phone" and c.name in rows.columns]
    for path in dict.fromkeys(call_list.policy.suppress):
        objectors, found = objecting(path, contract, call_list.rows["customer"], phones)
        call_list = call_list.without(found, because=objectors.reason)
    return call_list


def write_dialler(call_list: CallList, profile: DiallerProfile, path: Path) -> HandOffReceipt:
    """Write the listed customers for the dialler: UTF-8, every field quoted, E.164 phones.

    Parameters
    ----------
    call_list : CallList
    profile : DiallerProfile
    path : Path
        In a folder that the store lends.

    Raises
    ------
    PolicyError
        If the list does not fit the profile; nothing is written then.
    """
    listed = _with_policy(call_list)
    _require_fit(listed, profile)
    phones = [column.source for column in profile.columns if column.phone]
    listed = listed.with_columns(to_e164(listed[name], call_list.policy.country_code) for name in phones)
    reachable = listed.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in phones)) if phones else listed
    neutralised = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=profile.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([safe_field(column.header, profile.max_header) for column in profile.columns])
        for row in _text_rows(reachable, [column.source for column in profile.columns]):
            cells = [
                safe_phone(cell) if column.phone else safe_field(cell, profile.max_cell)
                for column, cell in zip(profile.columns, row, strict=True)
            ]
            neutralised += sum(safe != cell for safe, cell in zip(cells, row, strict=True))
            writer.writerow(cells)
    return HandOffReceipt(reachable.height, listed.height - reachable.height, neutralised)


def _with_policy(call_list: CallList) -> pl.DataFrame:
    return call_list.listed.with_columns(call_windows=pl.lit("; ".join(call_list.policy.call_windows)))


def _require_fit(listed: pl.DataFrame, profile: DiallerProfile) -> None:
    phones = sum(column.phone for column in profile.columns)
    limits = (
        ("columns", len(profile.columns), profile.max_columns),
        ("phone columns", phones, profile.max_phones),
        ("customers", listed.height, profile.max_rows),
        (
            "characters in a header",
            max((len(c.header) for c in profile.columns), default=0),
            profile.max_header,
        ),
    )
    for what, count, limit in limits:
        if count > limit:
            raise PolicyError(
                f"The dialler file would have {count:,} {what}, '{profile.name}' takes {limit:,}.",
                expected=f"at most {limit:,} {what}",
                fix=Said("drop columns from the profile, or lower ", Term("policy.budget_calls")),
            )
    if not profile.columns or len({column.header for column in profile.columns}) < len(profile.columns):
        raise PolicyError(
            f"The profile '{profile.name}' has no columns, or one header twice.",
            expected="columns with different headers",
            fix="correct [[columns]] of the profile",
        )
    require_sources(profile, listed.columns)
    _require_whole_ids(listed, profile)


def require_sources(profile: DiallerProfile, columns: Sequence[str]) -> None:
    """Check that a list of these columns has every one that the profile takes.

    Raises
    ------
    PolicyError
        Naming the column.
    """
    for column in profile.columns:
        if column.source not in columns:
            raise PolicyError(
                f"The profile '{profile.name}' takes '{column.source}', which the call list does not have.",
                expected=f"one of {', '.join(columns)}",
                fix=_PHONE_FIX if column.phone else "correct `source` in the profile",
            )


def _require_whole_ids(listed: pl.DataFrame, profile: DiallerProfile) -> None:
    """Refuse ids that would be cut: an id cut short is another customer."""
    longest = int(listed["customer"].str.len_chars().max() or 0)  # type: ignore[arg-type]
    if longest > profile.max_cell:
        raise PolicyError(
            f"A customer id has {longest} characters, '{profile.name}' takes {profile.max_cell}.",
            expected="ids that fit a cell",
            fix="give the dialler shorter ids",
        )


def _text_rows(frame: pl.DataFrame, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    texts = frame.select(
        pl.col(name).cast(pl.String).fill_null("").alias(f"{place}") for place, name in enumerate(columns)
    )
    for batch in texts.iter_slices(_BATCH):
        yield from batch.iter_rows()


def write_workbook(
    call_list: CallList,
    contract: Contract,
    path: Path,
    *,
    receipt: Mapping[str, JSON] | None = None,
    parts: pl.DataFrame | None = None,
    numbers: Mapping[str, str] | None = None,
    advice: Mapping[str, Mapping[str, str]] | None = None,
) -> HandOffReceipt:
    """Write the listed customers as a workbook for people, with a sheet that says how to read it.

    With `parts` a sheet "What if" calculates in the spreadsheet what other costs, values and limits would bring: the
    only formulas of the file, made of the sheet's own numbers.

    Parameters
    ----------
    call_list : CallList
    contract : Contract
        Its labels head the carried columns, and what it reads as numbers and dates are such.
    path : Path
        In a folder that the store lends.
    receipt : mapping, optional
        How the table was read.
    parts : polars.DataFrame, optional
        From `what_if_parts`.
    numbers : mapping, optional
        The number of each segment by its name; sheets of segments begin with it.
    advice : mapping, optional
        Of each segment by its name, what it needs, what to offer, to say and to avoid.
    """
    about_segments = _about_segments(call_list, advice or {})
    numbers = numbers if call_list.sheet_column == "segment" else None
    sheets = sheets_of(call_list, numbers)
    told = _about_sheets(call_list, [name for name, _ in sheets], numbers)
    columns = _sheet_columns(call_list, contract)
    neutralised = 0
    with new_workbook(path) as book:
        book.set_properties({"title": "Call list"})
        _how_to_read(book, call_list, columns, [*told, *about_segments], what_if=parts is not None and parts.height > 0)
        styles = {
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"num_format": "@"}),
            "share": book.add_format({"num_format": "0.0%"}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "count": book.add_format({"num_format": "0"}),
            "day": book.add_format(DAY),
        }
        for name, part in sheets:
            values = sheet_values(part, contract, receipt or {}, apart=COLUMNS)
            neutralised += _write_sheet(book.add_worksheet(name), part, columns, styles, values)
        if parts is not None and parts.height:
            write_what_if(book, parts, call_list.policy, call_list.most_customers)
    others = 0 if call_list.sheet_column is None else sum(part.height for name, part in sheets if name == OTHERS)
    return HandOffReceipt(call_list.listed.height, 0, neutralised, others)


_ORDER = "What raises it comes before what lowers it; of each, the strongest first."


@dataclass(frozen=True)
class _SheetColumn:
    source: str
    header: str
    style: str
    meaning: str
    phone: bool = False


_SEGMENT_DOUBT = _SheetColumn(
    "segment_doubt",
    "Segment doubt",
    "text",
    "Columns of which nothing is known that the segment was chosen by: what its name says of them may be untrue.",
)


def _sheet_columns(call_list: CallList, contract: Contract) -> tuple[_SheetColumn, ...]:
    currency = call_list.policy.economics.currency
    first = [
        _SheetColumn("rank", "Rank", "count", "1 is called first."),
        _SheetColumn("customer", "Customer", "text", "The bank's id, as text so that no digit is lost."),
    ]
    carried = []
    for name in call_list.carried:
        column = contract.by_name.get(name)
        label = capital(column.label) if column else name
        phone = column is not None and column.role == "phone"
        carried.append(_SheetColumn(name, label, "text", f"Column '{name}' of the table.", phone))
    last = [
        _SheetColumn("propensity", "Propensity", "share", "Chance of a yes if the customer is reached."),
        _SheetColumn(
            "expected_profit",
            f"Expected profit ({currency})",
            "money",
            _how_profit_is_reckoned(call_list),
        ),
        _SheetColumn("segment", "Segment", "text", "The group of similar customers."),
        *([_SEGMENT_DOUBT] if call_list.doubts_segments else []),
        *(
            _SheetColumn(
                f"reason_{n}",
                f"Reason {n}",
                "text",
                f"{which} of the three things that move this propensity most. {_ORDER}",
            )
            for n, which in ((1, "First"), (2, "Second"), (3, "Third"))
        ),
    ]
    return (*first, *carried, *last)


def _how_profit_is_reckoned(call_list: CallList) -> str:
    reach, calls = call_list.policy.conversations_per_customer, call_list.policy.economics.calls_per_customer
    reached = f" times the chance of {100 * reach:.3g} % that the customer is reached" if reach < 1 else ""
    fewer = ""
    if call_list.calls_per_customer < calls:
        fewer = (
            f" Where fewer than {calls:g} calls are left, those that are left are counted, and their smaller chance."
        )
    return f"Propensity{reached} times the value of a success, less the cost of the calls.{fewer}"


def _write_sheet(
    sheet: Any,
    part: pl.DataFrame,
    columns: Sequence[_SheetColumn],
    styles: dict[str, Any],
    values: Mapping[str, pl.Series],
) -> int:
    neutralised = 0
    for place, column in enumerate(columns):
        sheet.set_column(place, place, 18 if column.style == "text" else 12)
        sheet.write_string(0, place, safe_text(column.header), styles["head"])
    sheet.freeze_panes(1, 2)
    rows = part.select(pl.col(column.source).alias(str(n)) for n, column in enumerate(columns))
    read = {place: values[c.source].to_list() for place, c in enumerate(columns) if c.source in values}
    for line, row in enumerate(rows.iter_rows(), start=1):
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell is None:
                continue
            value = read[place][line - 1] if place in read else None
            if isinstance(value, date):
                sheet.write_datetime(line, place, value, styles["day"])
                continue
            if value is not None:
                sheet.write_number(line, place, value)
                continue
            if column.style != "text":
                sheet.write_number(line, place, cell, styles[column.style])
                continue
            text = str(cell)
            safe = safe_phone(text) if column.phone else safe_text(text)
            neutralised += safe != text
            sheet.write_string(line, place, safe, styles["text"])
    return neutralised


def _about_sheets(
    call_list: CallList, names: Sequence[str], numbers: Mapping[str, str] | None
) -> list[tuple[str, str]]:
    """Say what the sheets are for, and of those whose name is not the value in full what that is."""
    if call_list.sheet_column is None:
        return []
    rest = f"; '{OTHERS}' holds the rest" if OTHERS in names else ""
    told = f"One for each '{call_list.policy.sheet_by}', the {MOST_SHEETS} most frequent at most{rest}."
    named = values_by_sheet(call_list, numbers)
    return [("Sheets", told), *((f"Sheet '{name}'", value) for name, value in named.items() if name != value)]


def _about_segments(call_list: CallList, advice: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Say what to offer and to say in each segment that is on the list."""
    on_it = set(call_list.listed["segment"].unique())
    said = [(name, " ".join(told.values())) for name, told in advice.items() if name in on_it]
    return [("Segment", "What to offer, to say and to avoid; shares are of the whole segment"), *said] if said else []


def _how_to_read(
    book: Any,
    call_list: CallList,
    columns: Sequence[_SheetColumn],
    about: Sequence[tuple[str, str]],
    *,
    what_if: bool,
) -> None:
    sheet = book.add_worksheet("How to read")
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    lines: list[tuple[str, str]] = [
        (
            "What this is",
            "Customers to call, best first. Everyone read, called or not, is in call_list.parquet.",
        )
    ]
    lines += [("", sentence) for sentence in call_list.sentences()]
    lines += about
    lines += [("Status", "Rows")]
    lines += [(STATUS_WORDS[status], f"{count:,}") for status, count in call_list.counts.items()]
    lines += [("Column", "Meaning")]
    lines += [(column.header, column.meaning) for column in columns]
    if what_if:
        lines.append(
            ("What if", "On the sheet of this name, change the coloured cells: the list's size and profit follow.")
        )
    lines += [
        (
            "Not on this sheet",
            "Customers held out must not be called by anyone: they show what calling brings.",
        ),
        (
            "Not for credit",
            "A propensity says who answers yes to this offer. It must not be used for credit decisions.",
        ),
    ]
    for line, (name, text) in enumerate(lines):
        sheet.write_string(line, 0, safe_text(name), bold)
        sheet.write_string(line, 1, safe_text(text), wrapped)

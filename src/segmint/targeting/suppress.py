"""Suppression: who must not be called, found before anything is predicted. Fails closed.

A named file that is missing, unreadable, damaged in one record or without a usable column stops the work:
a list without its objections must not exist.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.answers import bare_words
from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.contract.counts import count_values
from segmint.contract.dates import days_of, readings_of
from segmint.contract.event_dates import NAMES_OF_DATES, dated_by
from segmint.contract.hints import feature_role, is_objection, personal_role, plain_name
from segmint.contract.ids import bare_ids, lost_digits, same_ids
from segmint.errors import InputError, PolicyError, why
from segmint.targeting.levels import has_level
from segmint.targeting.phones import among, lack_country, numbers_in, to_e164
from segmint.targeting.policy import ContactPolicy, ContactRules, Exclusion
from segmint.wording import counted, listed

if TYPE_CHECKING:
    from segmint.tables.source import RawBatch

ID_NAMES = ("id", "customer", "customer_id", "client", "client_id", "account_id")
PHONE_NAMES = ("phone", "phone_number", "telephone", "mobile", "msisdn")
NO_PHONE = "no phone number that can be dialled"
NO_ID = "no customer id to hold against the objections"
NO_ID_BEFORE = "no customer id to hold against earlier calls and other lists"
NEARLY_EVERYBODY = 0.95  # a share of customers from which on the words of a column are more likely misread than meant
# a word of few customers, or one of many words, may say something of one of them
MOST_WORDS, FEWEST_CUSTOMERS = 5, 10
MOST_ACCEPTED = 9  # of the words that count, so many are named
UNNAMED = "record "  # begins the name of a customer without an id; the same number is somebody else in the next table

Rule = tuple[pl.Series, str]


@dataclass(frozen=True)
class Suppression:
    """Who must not be called, and why.

    Attributes
    ----------
    because : polars.Series of String, shape (n_customers,)
        Every reason that applies, joined by "; "; "" for the eligible.
    counts : dict of str to int
        Customers by single reason; one customer may count under several.
    spent : polars.Series of Int64, shape (n_customers,)
        Calls of this campaign that the history counts; 0 without a history.
    receipt : tuple of str
        Which files were read, with how many entries and matches.
    of_nobody : tuple of str
        Files with entries of which none is in the table, or a history of other campaigns alone: misspelt, they would
        keep nobody off.
    no_country : str
        That phone numbers cannot be dialled because the policy names no country, and what to do; "" if there are none.
    by_words : tuple of str
        That the words of a column of consent or objections keep nearly everybody off, how they were read, and what to do.
    not_yet : str
        That the history has calls after today, whose customers are kept off while days of rest are asked; "" if none.
    """

    because: pl.Series
    counts: dict[str, int]
    spent: pl.Series
    receipt: tuple[str, ...] = ()
    of_nobody: tuple[str, ...] = ()
    no_country: str = ""
    by_words: tuple[str, ...] = ()
    not_yet: str = ""

    @property
    def eligible(self) -> NDArray[np.bool_]:
        """Whether nothing speaks against calling; shape (n_customers,)."""
        return (self.because == "").to_numpy()


@dataclass(frozen=True)
class Objectors:
    """The people on one do-not-call or objection file.

    Attributes
    ----------
    name : str
        The file's name.
    ids : polars.Series of String
        Customer ids, as `bare_ids` writes them.
    phones : polars.Series of String
        Phone numbers in comparable form.
    records, without_id, without_phone : int
        How many people the file names, how many of them by a phone number only, and how many by an id only.
    """

    name: str
    ids: pl.Series
    phones: pl.Series
    records: int
    without_id: int
    without_phone: int

    @property
    def reason(self) -> str:
        """What stands beside a suppressed customer."""
        return f"on '{self.name}'"

    def match(self, customers: pl.Series, phones: Sequence[pl.Series] = ()) -> pl.Series:
        """Tell which customers are on the file, by id or by any of their phone numbers."""
        found = _are_among(bare_ids(customers), self.ids)
        numbers = numbers_in(phones)
        rows = numbers["row"].filter(among(numbers["number"], self.phones))
        return found | pl.int_range(len(customers), dtype=pl.UInt32, eager=True).is_in(rows.implode())

    def out_of_reach(self, *, by_id: bool, by_phone: bool) -> int:
        """Count the people whom a table with ids, with phone numbers or with both cannot show."""
        if by_id and by_phone:
            return 0
        if by_id:
            return self.without_id
        return self.without_phone if by_phone else self.records


def suppress(
    customers: pl.Series,
    frame: pl.DataFrame,
    contract: Contract,
    policy: ContactPolicy,
    *,
    today: date,
) -> Suppression:
    """Find everyone whom a file, a role of the contract or a named exclusion keeps off the list.

    Parameters
    ----------
    customers : polars.Series of String, shape (n_customers,)
        Ids; where the contract has none, any text that names the row.
    frame : polars.DataFrame of n_customers rows
        The validated columns, and the file's other columns that the policy names.
    contract : Contract
        Roles `consent`, `exclude_if` and `phone` are read.
    policy : ContactPolicy
    today : date
        Rest days count back from here.

    Returns
    -------
    Suppression

    Raises
    ------
    PolicyError
        If a named file or column is missing or cannot be used.
    """
    customers = bare_ids(customers)
    rules: list[Rule] = []
    receipt: list[str] = []
    of_nobody: list[str] = []
    phones = [frame[column.name] for column in _of_role(contract, frame, "phone")]
    nameless = None if contract.id_column not in frame.columns else bare_ids(frame[contract.id_column]).is_null()
    for path in policy.suppress:
        objectors, found = objecting(path, contract, customers, phones)
        rules.append((found, objectors.reason))
        if len(objectors.ids) and nameless is not None:
            rules.append((nameless, NO_ID))
        entries = counted(objectors.records, "entry", "entries")
        receipt.append(f"'{objectors.name}': {entries}, {counted(int(found.sum()), 'customer')} matched")
        if objectors.records and not found.any():
            of_nobody.append(_of_nobody(objectors.name, objectors.records))
    rules.extend(_consent(contract, frame, policy))
    rules.extend(_exclude_if(contract, frame, policy))
    rules.extend((_meets(rule, frame, contract), rule.name) for rule in policy.exclude)
    if phones:
        rules.append((_without_phone(phones, policy.country_code), NO_PHONE))
    rules.extend(_other_campaigns(customers, contract, policy))
    calls, not_yet = None, ""
    if policy.history is not None:
        made = read_history(policy.history, contract)
        calls = _of_table(made, customers)
        if made.height and not calls["customer"].is_in(customers.implode()).any():
            of_nobody.append(_of_nobody(policy.history.name, made.height))
        elif said := _of_no_call(policy.history.name, made, policy):
            of_nobody.append(said)
        not_yet = _not_yet(policy.history.name, calls, customers, policy, today)
    spent = _spent(customers, calls, policy)
    rules.extend(_earlier_calls(customers, calls, spent, policy, today))
    if nameless is not None and (policy.other_lists or policy.counts_calls):
        rules.append((nameless, NO_ID_BEFORE))
    because = _spread(customers, _joined(rules, len(customers)))
    no_country = "" if policy.country_code else _no_country(phones)
    by_words = tuple(_off_by_words(contract, frame, policy))
    return Suppression(
        because, count_reasons(because), spent, tuple(receipt), tuple(of_nobody), no_country, by_words, not_yet
    )


def _no_country(phones: Sequence[pl.Series]) -> str:
    """Say how many customers have no number that can be dialled, but one that lacks its country."""
    if not phones:
        return ""
    national = pl.Series(np.zeros(len(phones[0]), dtype=bool))
    for column in phones:
        national |= lack_country(column)
    if not (count := int((national & _without_phone(phones, "")).sum())):
        return ""
    return (
        f"the phone numbers of {counted(count, 'customer')} lack a country, so they cannot be dialled; "
        'set policy.country_code, for example "351"'
    )


def _of_nobody(file: str, records: int) -> str:
    return (
        f"{f'none of the {records:,} entries' if records > 1 else 'not the one entry'} of '{file}' is a customer of this table; check that it writes ids and phone "
        "numbers as the table does"
    )


def _are_among(customers: pl.Series, others: pl.Series) -> pl.Series:
    return customers.is_in(same_ids(others, customers)["known"].implode()).fill_null(False)


def _of_table(calls: pl.DataFrame, customers: pl.Series) -> pl.DataFrame:
    """Name the customers of a history as the table does."""
    pairs = same_ids(calls["customer"], customers)
    found = calls.join(pairs, left_on="customer", right_on="named", how="left", maintain_order="left")
    return found.with_columns(customer=pl.coalesce("known", "customer")).drop("known")


def count_reasons(because: pl.Series) -> dict[str, int]:
    """Count customers by single reason; one customer may count under several."""
    counted: Counter[str] = Counter()
    for reasons, customers in because.filter(because != "").value_counts().iter_rows():
        for reason in dict.fromkeys(reasons.split("; ")):
            counted[reason] += customers
    return dict(counted.most_common())


def require_readable(policy: ContactPolicy) -> None:
    """Read every file that the policy names, so that one that cannot be used is found before a list is wanted.

    Raises
    ------
    PolicyError
        Naming the file.
    """
    history = () if policy.history is None else (policy.history,)
    compared = () if policy.compare_with is None else (policy.compare_with,)
    for path in (*policy.suppress, *policy.other_lists, *history, *compared):
        read_whole(path)


def respects_objections(policy: ContactRules, contract: Contract) -> bool:
    """Whether anything keeps an objector off the list: a do-not-call file, or a column of consent or objections.

    Such a column is one of the role `consent`, or one that is named like an objection and excludes: by the role
    `exclude_if`, or by an exclusion of the policy. Whoever died or is in arrears did not object.
    """
    excluding = [column.name for column in contract.columns if column.role == "exclude_if"]
    excluding += [rule.column for rule in policy.exclude]
    return (
        bool(policy.suppress)
        or any(column.role == "consent" for column in contract.columns)
        or any(is_objection(plain) or feature_role(plain) == "consent" for plain in map(plain_name, excluding))
    )


def objecting(
    path: Path | str, contract: Contract, customers: pl.Series, phones: Sequence[pl.Series]
) -> tuple[Objectors, pl.Series]:
    """Read a do-not-call or objection file and tell which customers are on it.

    Parameters
    ----------
    path : Path or str
    contract : Contract
    customers : polars.Series of String, shape (n_customers,)
    phones : sequence of polars.Series, each of shape (n_customers,)

    Raises
    ------
    PolicyError
        If the file cannot be used, or names people by what the customers do not have: ids, or phone numbers.
    """
    objectors = read_objectors(path, contract)
    _require_common_ground(objectors, contract, phones)
    # without an id column customers are named by record, and a record's number is nobody's id
    return objectors, objectors.match(customers if contract.id_column else _nobody(customers), phones)


def read_objectors(path: Path | str, contract: Contract) -> Objectors:
    """Read a do-not-call or objection file whole, or not at all.

    Parameters
    ----------
    path : Path or str
        Delimited text or Parquet with columns of ids (see `id_columns_of`) or phones, named as in the contract or
        plainly ("customer_id", "phone"); every such column is read. A header without records names nobody.
    contract : Contract

    Raises
    ------
    PolicyError
        If the file is missing, unreadable, damaged in any record, has no usable column, or a record that
        names nobody.
    """
    frame = read_whole(path)
    name = Path(path).name
    id_names = (*([contract.id_column] if contract.id_column else []), *ID_NAMES)
    phone_names = (*(column.name for column in contract.columns if column.role == "phone"), *PHONE_NAMES)
    id_columns = id_columns_of(frame, contract.id_column)
    phone_columns = list(dict.fromkeys((*_all_named(frame, phone_names), *_like_phones(frame))))
    if not id_columns and not phone_columns:
        raise PolicyError(
            f"'{name}' has no column of customer ids or phone numbers.",
            expected=f"a header with one of {', '.join(dict.fromkeys((*id_names, *phone_names)))}",
            fix="name the column in the file's first line",
        )
    ids = [_ids(frame[column], name) for column in id_columns]
    phones = numbers_in([_texts(frame[column], name) for column in phone_columns])
    _require_clear(phones, name)
    by_id = _any_given(ids, frame.height)
    by_phone = pl.int_range(frame.height, dtype=pl.UInt32, eager=True).is_in(phones["row"].implode())
    if nameless := int((~(by_id | by_phone)).sum()):
        raise PolicyError(
            f"'{name}' has {counted(nameless, 'record that names', 'records that name')} nobody.",
            expected="an id or a phone number of at least five digits in every record",
            fix="complete or remove these records",
        )
    return Objectors(name, _gathered(ids), phones["number"], frame.height, int((~by_id).sum()), int((~by_phone).sum()))


def id_columns_of(frame: pl.DataFrame, own: str | None) -> list[str]:
    """Name the columns of customer ids in a do-not-call file or a history of calls.

    The contract's own column alone, where the file has it; a plain "id" beside a column of customers numbers the rows.

    Parameters
    ----------
    frame : polars.DataFrame
    own : str or None
        The contract's id column.
    """
    if own and (named := _named(frame, [own])):
        return [named]
    found = _all_named(frame, ID_NAMES)
    return [column for column in found if column.strip().casefold() != "id"] or found


def _like_phones(frame: pl.DataFrame) -> list[str]:
    return [column for column in frame.columns if personal_role(plain_name(column)) == "phone"]


def _any_given(columns: Sequence[pl.Series], rows: int) -> pl.Series:
    given = pl.Series(np.zeros(rows, dtype=bool))
    for column in columns:
        given |= column.is_not_null()
    return given


def _gathered(columns: Sequence[pl.Series]) -> pl.Series:
    """Put what stands in several columns under each other, without gaps."""
    nothing = pl.Series([], dtype=pl.String)
    return pl.concat([nothing, *(column.alias("") for column in columns)]).drop_nulls()


def read_whole(path: Path | str) -> pl.DataFrame:
    """Read every record of a file; one that cannot be read might be an objector. A header alone gives no rows."""
    from segmint.tables.source import ReadOptions, is_one_column, open_table
    from segmint.tables.table_source import NoRowsError

    name = Path(path).name
    try:
        options = ReadOptions(delimiter=",") if is_one_column(path) else ReadOptions()
        batches = list(open_table(path, options).batches())
    except NoRowsError as error:
        return pl.DataFrame(schema=dict.fromkeys(error.columns, pl.String))
    except (InputError, OSError) as error:
        raise PolicyError(
            f"The file '{path}' named in the policy cannot be used: {getattr(error, 'came', why(error)).rstrip('.')}.",
            expected="a readable table",
            fix="correct the file or its name; no list is made without it",
        ) from error
    if damaged := sum(len(batch.rejects) for batch in batches):
        raise PolicyError(
            f"'{name}' has {counted(damaged, 'record')} that cannot be read.",
            expected="every record readable: one that is not might be an objector",
            fix=f"correct the file; the first is record {_first_reject(batches)}",
        )
    return pl.concat([batch.frame for batch in batches])


def _first_reject(batches: Sequence[RawBatch]) -> int:
    return min(reject.record for batch in batches for reject in batch.rejects)


def _named(frame: pl.DataFrame, names: Sequence[str]) -> str | None:
    by_plain_name = {column.strip().casefold(): column for column in frame.columns}
    return next((by_plain_name[n.casefold()] for n in names if n.casefold() in by_plain_name), None)


def _all_named(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    wanted = {name.casefold() for name in names}
    return [column for column in frame.columns if column.strip().casefold() in wanted]


def _texts(column: pl.Series, file: str) -> pl.Series:
    if column.dtype.is_float():
        raise PolicyError(
            f"'{file}' keeps '{column.name}' as decimal numbers, which lose digits of long ids.",
            expected="text or whole numbers",
            fix="export the column as text",
        )
    return column.cast(pl.String).str.strip_chars().fill_null("")


def _ids(column: pl.Series, file: str) -> pl.Series:
    ids = bare_ids(_texts(column, file))
    if (lost := lost_digits(ids)).any():
        raise PolicyError(
            f"'{file}' has {counted(int(lost.sum()), 'id')} with an exponent; the first is in record {lost.arg_true()[0] + 1:,}.",
            expected="every digit of every id",
            fix="export the column as text: a spreadsheet has shortened these numbers",
        )
    return ids


def _require_clear(phones: pl.DataFrame, file: str) -> None:
    unclear = phones.filter(~pl.col("clear"))["row"].sort()
    if len(unclear):
        raise PolicyError(
            f"'{file}' has {counted(len(unclear), 'phone number')} that cannot be read; the first is in record {unclear[0] + 1:,}.",
            expected="numbers of at most 15 digits; a comma or a slash between two of them",
            fix="correct these records: each might be an objector",
        )


def _require_common_ground(objectors: Objectors, contract: Contract, phones: Sequence[pl.Series]) -> None:
    by_id, by_phone = contract.id_column is not None, bool(phones)
    lost = objectors.out_of_reach(by_id=by_id, by_phone=by_phone)
    if lost and lost == objectors.records:
        raise PolicyError(
            f"'{objectors.name}' and the table share neither ids nor phone numbers.",
            expected="a column with role 'id' or 'phone' in the contract that the file has too",
            fix="name the column in the contract, or add it to the file",
        )
    if lost:
        only, other = ("a phone number", "an id") if by_id else ("an id", "a phone number")
        role = "phone" if by_id else "id"
        raise PolicyError(
            f"'{objectors.name}' has {counted(lost, 'record')} with {only} alone, and the table has no such column.",
            expected="records that can be held against the table: none of these customers could be kept off",
            fix=f"name the column in the contract (role '{role}'), or add {other} to each of these records",
        )


def _nobody(customers: pl.Series) -> pl.Series:
    return pl.select(pl.repeat(None, len(customers), dtype=pl.String)).to_series()


def _of_role(contract: Contract, frame: pl.DataFrame, role: str) -> list[Column]:
    """Return the columns of a safety role; one that the contract promises must be in the table."""
    columns = [column for column in contract.columns if column.role == role]
    for column in columns:
        if column.name not in frame.columns:
            raise PolicyError(
                f"The table has no column '{column.name}', which the contract reads as '{role}'.",
                expected="every column that can forbid a call",
                fix="add the column, or take it out of the contract",
            )
    return columns


def _consent(contract: Contract, frame: pl.DataFrame, policy: ContactPolicy) -> Iterator[Rule]:
    for column in _of_role(contract, frame, "consent"):
        yield ~_says(frame[column.name], policy.consent_words), f"no consent ({column.label})"


def _exclude_if(contract: Contract, frame: pl.DataFrame, policy: ContactPolicy) -> Iterator[Rule]:
    for column in _of_role(contract, frame, "exclude_if"):
        values = frame[column.name]
        unknown = values.is_null() | (bare_words(values) == "")
        yield ~_spared(values, policy) & ~unknown, column.label
        # not knowing whether a customer died or is in arrears is no licence to call
        yield unknown, f"{column.label}: not known"


def _spared(values: pl.Series, policy: ContactPolicy) -> pl.Series:
    """Tell whom a column of exclusions lets be called; a count of 0, whatever words are set."""
    by_word = _says(values, policy.no_exclusion_words)
    return by_word | (values == 0).fill_null(False) if values.dtype.is_numeric() else by_word


def _says(values: pl.Series, words: Sequence[str]) -> pl.Series:
    """Tell who has one of some words; nobody without any."""
    accepted = bare_words(pl.Series(words, dtype=pl.String)).implode()
    return bare_words(values).is_in(accepted).fill_null(False)


def _off_by_words(contract: Contract, frame: pl.DataFrame, policy: ContactPolicy) -> Iterator[str]:
    """Say which columns keep nearly everybody off by what they say, as they do where their words are misread."""
    for role, words, setting in (
        ("consent", policy.consent_words, "consent_words"),
        ("exclude_if", policy.no_exclusion_words, "no_exclusion_words"),
    ):
        for column in _of_role(contract, frame, role):
            values = frame[column.name]
            said = bare_words(values)
            may = _says(values, words) if role == "consent" else _spared(values, policy)
            off = int((~may & (said != "").fill_null(False)).sum())
            if off > NEARLY_EVERYBODY * len(said):
                yield (
                    f"'{column.name}' keeps {off:,} of {len(said):,} customers off: it {_in_words(said)}, and the words by "
                    f"which a customer may be called are {_some_of(words)}; if another word says so, name all that do as "
                    f'policy.{setting}; if its yes means the opposite, change the role "{role}" in the contract'
                )


def _in_words(said: pl.Series) -> str:
    """Name the words of a flag with their customers; of a column of many words, or of rare ones, only how many."""
    counts = count_values(said.filter(said != ""), sort=True)
    if len(counts) > MOST_WORDS or min(counts.values()) < FEWEST_CUSTOMERS:
        return f"has {counted(len(counts), 'different word')}"
    return "says " + listed([f"'{word}' ({customers:,})" for word, customers in counts.items()])


def _some_of(words: Sequence[str]) -> str:
    named = [f"'{word}'" for word in words[:MOST_ACCEPTED]]
    more = len(words) - len(named)
    return listed([*named, f"{more:,} more"] if more else named) or "none"


def _meets(rule: Exclusion, frame: pl.DataFrame, contract: Contract) -> pl.Series:
    if rule.column not in frame.columns:
        raise PolicyError(
            f"The exclusion '{rule.name}' needs a column '{rule.column}' that the table does not have.",
            expected="the name of a column of the table",
            fix="correct policy.exclude",
        )
    values = frame[rule.column]
    _require_known_levels(rule, contract)
    found = pl.Series(values.name, np.zeros(len(values), dtype=bool))
    if rule.levels:
        found |= has_level(values, rule.levels)
    if rule.above is not None or rule.below is not None:
        found |= _beyond(rule, values, contract.by_name.get(rule.column))
    if rule.missing:
        found |= values.is_null() | (bare_words(values) == "").fill_null(True)
    return found


def _require_known_levels(rule: Exclusion, contract: Contract) -> None:
    column = contract.by_name.get(rule.column)
    strange = sorted(set(rule.levels) - set(column.allowed)) if column and column.allowed else []
    if strange:
        allowed = ", ".join(column.allowed) if column else ""
        raise PolicyError(
            f"The exclusion '{rule.name}' waits for '{strange[0]}', which '{rule.column}' never says.",
            expected=f"one of {allowed}",
            fix="correct the levels; for customers without a value say missing = true",
        )


def _beyond(rule: Exclusion, values: pl.Series, column: Column | None) -> pl.Series:
    numbers = values.cast(pl.Float64, strict=False)
    unparsable = int((numbers.is_null() & values.is_not_null() & (bare_words(values) != "")).sum())
    if unparsable:
        raise PolicyError(
            f"'{rule.name}' compares '{rule.column}', where {counted(unparsable, 'value is no number', 'values are no numbers')}.",
            expected="a number column",
            fix="use levels instead of above or below, or clean the column",
        )
    found = pl.Series(values.name, np.zeros(len(values), dtype=bool))
    if rule.above is not None:
        found |= (numbers > rule.above).fill_null(False)
    if rule.below is not None:
        found |= (numbers < rule.below).fill_null(False)
    # a code such as 999 for "never contacted" is no number
    return found & ~numbers.is_in(column.codes).fill_null(False) if column else found


def _without_phone(phones: Sequence[pl.Series], country_code: str) -> pl.Series:
    missing = pl.Series(np.ones(len(phones[0]), dtype=bool))
    for column in phones:
        missing &= to_e164(column, country_code).is_null()
    return missing


def _other_campaigns(customers: pl.Series, contract: Contract, policy: ContactPolicy) -> Iterator[Rule]:
    if policy.other_lists and contract.id_column is None:
        raise PolicyError(
            "The policy names lists of other campaigns, and the contract has no id column to find their customers by.",
            expected="ids: a record's number is another customer in every table",
            fix="name the id column in the contract, or take policy.other_lists out",
        )
    for path in policy.other_lists:
        frame = read_whole(path)
        if not {"customer", "status", "campaign"} <= set(frame.columns):
            raise PolicyError(
                f"'{Path(path).name}' is no call list.",
                expected="a call_list.parquet with customer, status and campaign",
                fix="correct policy.other_lists",
            )
        campaign = ", ".join(map(str, frame["campaign"].drop_nulls().unique().sort())) or path.name
        # a call of ours to those it holds out would be taken for their own wish to buy
        for status, reason in (("listed", f"on the list of {campaign}"), ("held_out", f"held out by {campaign}")):
            theirs = bare_ids(frame.filter(pl.col("status") == status)["customer"])
            yield _are_among(customers, theirs.filter(~theirs.str.starts_with(UNNAMED))), reason


def _spent(customers: pl.Series, calls: pl.DataFrame | None, policy: ContactPolicy) -> pl.Series:
    """Count the calls of this campaign that each customer has had."""
    if calls is None:
        return pl.Series("spent", np.zeros(len(customers), dtype=np.int64))
    mine = calls.filter(calls["campaign"].is_null() | _of_campaign(calls, policy))
    counted = mine.group_by("customer").len("spent")
    found = customers.to_frame("customer").join(counted, on="customer", how="left", maintain_order="left")
    return found["spent"].fill_null(0).cast(pl.Int64)


def _of_campaign(calls: pl.DataFrame, policy: ContactPolicy) -> pl.Series:
    """Tell which calls were made for this campaign, however the history spells it; null where it names none."""
    return bare_words(calls["campaign"]).is_in(bare_words(pl.Series([policy.campaign])).implode())


def _of_no_call(file: str, calls: pl.DataFrame, policy: ContactPolicy) -> str:
    """Say that a history names campaigns, and never this one."""
    named = calls["campaign"].count()
    if policy.attempts is None or not named or _of_campaign(calls, policy).any():
        return ""
    return (
        f"{f'none of the {named:,} calls' if named > 1 else 'not the one call'} in '{file}' that name{'s' * (named == 1)} a campaign is of '{policy.campaign}', so `attempts` does not count "
        "them; if calls were made for it, write policy.campaign as the history does"
    )


def _earlier_calls(
    customers: pl.Series, calls: pl.DataFrame | None, spent: pl.Series, policy: ContactPolicy, today: date
) -> Iterator[Rule]:
    if calls is None:
        return
    if policy.rest_days:
        recent = calls.filter(
            pl.col("date").is_between(today - timedelta(days=policy.rest_days), today, closed="right")
        )["customer"]
        yield customers.is_in(recent.implode()), f"called within the last {policy.rest_days} days"
        # a wrong year hides when the call was made: nobody knows that the customer has rested
        yield customers.is_in(_later(calls, today).implode()), f"called after {today}, as the history says"
    if policy.attempts is not None:
        yield spent >= policy.attempts, f"called {policy.attempts} times in this campaign"


def _later(calls: pl.DataFrame, today: date) -> pl.Series:
    """Whom the history says was called on a day that has not come."""
    return calls.filter(pl.col("date") > today)["customer"]


def _not_yet(file: str, calls: pl.DataFrame, customers: pl.Series, policy: ContactPolicy, today: date) -> str:
    off = customers.filter(customers.is_in(_later(calls, today).implode())).n_unique() if policy.rest_days else 0
    if not off:
        return ""
    return (
        f"{counted(off, 'customer has', 'customers have')} a call after {today} in '{file}': are the years right, and day and "
        "month in their places? They are kept off the list until that file is corrected"
    )


def read_history(path: Path | str, contract: Contract) -> pl.DataFrame:
    """Read the history of calls, one row for each: customer, date, campaign (null where the file says none).

    Raises
    ------
    PolicyError
        If the file cannot be used, a record has no id or no date, or the dates can be read in two ways.
    """
    frame = read_whole(path)
    name = Path(path).name
    id_columns = id_columns_of(frame, contract.id_column)
    day_column = dated_by(frame, "call")
    if contract.id_column is None or not id_columns or day_column is None:
        missing = "a date" if id_columns and contract.id_column else "a customer id the table has too"
        raise PolicyError(
            f"The history '{name}' does not say {missing}: it has the columns {', '.join(frame.columns[:20])}.",
            expected=f"an id column as in the contract, and a date: {NAMES_OF_DATES['call']}",
            fix="name the columns in the file's first line",
        )
    campaign = _named(frame, ("campaign",))
    ids = [_ids(frame[column], name) for column in id_columns]
    _require_one_reading(frame[day_column], name)
    days = _days(frame[day_column])
    if useless := int((~_any_given(ids, frame.height) | days.is_null()).sum()):
        raise PolicyError(
            f"The history '{name}' has {counted(useless, 'record')} without an id or a date under '{day_column}'"
            f"{_shape_of_first(frame[day_column], days)}.",
            expected="an id and a date such as 2026-03-14 or 14.03.2026 in every record, written in one way",
            fix="correct these records: each might be a customer who must rest",
        )
    said = _texts(frame[campaign], name) if campaign else _nobody(days)
    made = pl.DataFrame({"date": days, "campaign": said}).with_row_index("call")
    made = made.with_columns(campaign=pl.when(pl.col("campaign") != "").then("campaign"))
    calls = pl.concat([made.with_columns(customer=each.alias("customer")) for each in ids])
    # whom two columns name was called once
    once = calls.drop_nulls("customer").unique(["call", "customer"], maintain_order=True)
    return once.select("customer", "date", "campaign")


def _days(values: pl.Series) -> pl.Series:
    days = days_of(values)
    if isinstance(values.dtype, pl.Date | pl.Datetime):
        return days
    # whatever stands behind the year, month and day, and beside dates that are written otherwise
    return days.fill_null(
        values.cast(pl.String).str.strip_chars().str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    )


def _require_one_reading(values: pl.Series, file: str) -> None:
    if readings := readings_of(values):
        raise PolicyError(
            f"The dates under '{values.name}' of the history '{file}' can be read as {readings}.",
            expected="dates that can be read in one way, such as 2026-03-14 or 14.03.2026",
            fix="write the year first: each might be a call to a customer who must rest",
        )


def _shape_of_first(values: pl.Series, days: pl.Series) -> str:
    """Say how the first text is written that is no date; its digits and letters are nobody's business."""
    texts = values.cast(pl.String).str.strip_chars()
    strange = texts.filter(days.is_null() & (texts != ""))
    if strange.is_empty():
        return ""
    shape = re.sub(r"[^\W\d_]", "x", re.sub(r"[0-9]", "9", strange[0][:20]))
    return f"; the first that is none is written like '{shape}'"


def _joined(rules: Sequence[Rule], rows: int) -> pl.Series:
    if not rules:
        return pl.Series("suppressed_because", [""] * rows, dtype=pl.String)
    said = [pl.when(found).then(pl.lit(reason)) for found, reason in rules]
    return pl.select(pl.concat_str(said, separator="; ", ignore_nulls=True).alias("suppressed_because")).to_series()


def _spread(customers: pl.Series, because: pl.Series) -> pl.Series:
    """Let what speaks against one row of a customer speak against all of them."""
    if customers.n_unique() == len(customers):
        return because
    rows = pl.DataFrame({"customer": customers, "because": because})
    reasons = pl.col("because").filter(pl.col("because") != "").unique().sort().str.join("; ")
    return rows.select(reasons.over("customer").fill_null("").alias("suppressed_because")).to_series()

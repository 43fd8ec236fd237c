"""Suppression: who must not be called, found before anything is predicted. Fails closed.

A named file that is missing, unreadable, damaged in one record or without a usable column stops the work:
a list without its objections must not exist.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple, NotRequired, TypedDict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.contract.counts import count_values
from segmint.contract.hints import feature_role, is_objection, plain_name
from segmint.contract.ids import are_among, bare_ids, lost_digits
from segmint.contract.yes_no import bare_words
from segmint.errors import ContractError, PolicyError
from segmint.targeting.calls_made import earlier_calls, not_yet_made, of_no_call, of_table, read_calls, spent_by
from segmint.targeting.households import crowded, households_of, share_with
from segmint.targeting.levels import has_level
from segmint.targeting.named_files import any_of, read_whole, unlike_ids
from segmint.targeting.objections import objecting, on_file
from segmint.targeting.phones import lack_country, to_e164
from segmint.targeting.policy import ContactPolicy, ContactRules, Exclusion
from segmint.wording import Said, Term, counted, listed, some_named, terms_in

NO_PHONE = "no phone number that can be dialled"
SHORTENED_PHONE = "a phone number that a spreadsheet has shortened"
NO_ID = "no customer id to hold against the objections"
NO_ID_BEFORE = "no customer id to hold against earlier calls and other lists"
NEARLY_EVERYBODY = 0.95  # a share of customers from which on the words of a column are more likely misread than meant
# a word of few customers, or one of many words, may say something of one of them
MOST_WORDS, FEWEST_CUSTOMERS = 5, 10
MOST_ACCEPTED = 9  # of the words that count, so many are named
SAFETY = frozenset({"consent", "exclude_if", "phone"})
NO_COUNTRY = "Phone numbers lack a country"
SHORTENED = "A spreadsheet has shortened phone numbers"
BY_WORDS = "The words of a column keep nearly everybody off"
OF_NOBODY = "A file keeps nobody off"
UNLIKE = "A file writes ids otherwise than the table"
EMPTY = "A column that can forbid a call is empty"
NOT_YET = "The history has calls that lie ahead"
CROWDED = "Very many customers count as one household"
_IN_ORDER = (NO_COUNTRY, SHORTENED, BY_WORDS, EMPTY, OF_NOBODY, UNLIKE, NOT_YET, CROWDED)
UNNAMED = "record "  # begins the name of a customer without an id; the same number is somebody else in the next table

_EMPTY_SAYS_SO = '; if an empty cell says that a customer may be called, write missing_means = "no" for the column in the contract, and train again'
_BETWEEN = "; "  # two reasons of one customer
Reason = tuple[pl.Series, str]


class Doubt(TypedDict):
    """What somebody should look at before a list is used: in a title, and in a sentence without capital and full stop.

    `settings` are those that the sentence names. One that stops no call, as of a first list or of what is expected of it,
    may stand `folded` under its figures.
    """

    title: str
    sentence: str
    settings: NotRequired[Sequence[str]]
    folded: NotRequired[bool]


def with_settings(doubts: Iterable[Doubt]) -> list[Doubt]:
    """Say beside each sentence which settings it names, for programs and pages."""
    return [{"settings": [*terms_in(doubt["sentence"])], **doubt} for doubt in doubts]


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """Who must not be called, and why.

    Attributes
    ----------
    because : polars.Series of String, shape (n_customers,)
        Every reason that applies, joined by "; ", for which a name says ", "; "" for the eligible.
    counts : dict of str to int
        Customers by single reason; one customer may count under several.
    spent : polars.Series of Int64, shape (n_customers,)
        Calls of this campaign that the history counts; 0 without a history.
    receipt : tuple of str
        Which files were read, with how many entries and matches.
    doubts : tuple of Doubt
        What may be wrong with what was read.
    """

    because: pl.Series
    counts: dict[str, int]
    spent: pl.Series
    receipt: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def eligible(self) -> NDArray[np.bool_]:
        """Whether nothing speaks against calling; shape (n_customers,)."""
        return (self.because == "").to_numpy()


class _Source(NamedTuple):
    """What one source says: whom it keeps off, what was read, and what may be wrong with it."""

    rules: Sequence[Reason] = ()
    receipt: str = ""
    doubts: Sequence[Doubt] = ()


def suppress(
    customers: pl.Series,
    frame: pl.DataFrame,
    contract: Contract,
    policy: ContactPolicy,
    *,
    today: date,
    numbers: Mapping[str, pl.Series] | None = None,
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
    numbers : dict of str to polars.Series, optional
        The columns that exclusions compare, as numbers, where `frame` holds them as they are written.

    Returns
    -------
    Suppression

    Raises
    ------
    ContractError
        If a column that can forbid a call is missing.
    PolicyError
        If a named file or column is missing or cannot be used.
    """
    require_safety_columns(contract, frame.columns)
    customers = bare_ids(customers)
    phones = [frame[column.name] for column in _of_role(contract, "phone")]
    nameless = None if contract.id_column not in frame.columns else bare_ids(frame[contract.id_column]).is_null()
    sources = [
        *(_objectors(path, contract, customers, phones, nameless) for path in policy.suppress),
        _columns(frame, contract, policy, numbers or {}),
        _phones(phones, policy),
    ]
    households = None
    if policy.one_per in frame.columns:  # one that only the bundle finds comes later
        households = households_of(policy.one_per, frame)
    sources.append(_Source(list(_other_campaigns(customers, contract, policy, households))))
    history, spent = _history(customers, contract, policy, today)
    sources.append(history)
    if nameless is not None and (policy.other_lists or policy.counts_calls):
        sources.append(_Source([(nameless, NO_ID_BEFORE)]))
    rules = [rule for source in sources for rule in source.rules]
    because = _spread(customers, _joined(rules, len(customers)))
    doubts = [doubt for source in sources for doubt in source.doubts]
    doubts += _doubts(CROWDED, _crowded(customers, because, policy, households))
    return Suppression(
        because=because,
        counts=count_reasons(because),
        spent=spent,
        receipt=tuple(source.receipt for source in sources if source.receipt),
        doubts=tuple(sorted(doubts, key=lambda doubt: _IN_ORDER.index(doubt["title"]))),
    )


def _doubts(title: str, *sentences: str) -> list[Doubt]:
    return [Doubt(title=title, sentence=sentence) for sentence in sentences if sentence]


def _objectors(
    path: Path, contract: Contract, customers: pl.Series, phones: Sequence[pl.Series], nameless: pl.Series | None
) -> _Source:
    """Keep off whom a file names, and where it names ids, who has none to hold against them."""
    objectors, found = objecting(path, contract, customers, phones)
    rules = [(found, objectors.reason)]
    if len(objectors.ids) and nameless is not None:
        rules.append((nameless, NO_ID))
    entries = counted(objectors.records, "entry", "entries")
    zeros = (
        f", {objectors.by_zeros:,} of them by an id with other zeros before it or other capitals"
        if objectors.by_zeros
        else ""
    )
    misses = bool(objectors.records) and not found.any()
    return _Source(
        rules,
        f"'{objectors.name}': {entries}, {counted(int(found.sum()), 'customer')} matched{zeros}",
        [
            *_doubts(OF_NOBODY, _of_nobody(objectors.name, objectors.records) if misses else ""),
            *_doubts(UNLIKE, objectors.unlike),
        ],
    )


def _columns(
    frame: pl.DataFrame, contract: Contract, policy: ContactPolicy, numbers: Mapping[str, pl.Series]
) -> _Source:
    """Keep off by columns: consent and exclusions of the contract, and those that the policy names."""
    rules = [*_consent(contract, frame, policy), *_exclude_if(contract, frame, policy)]
    rules += [(_meets(rule, frame, contract, numbers), rule.name) for rule in policy.exclude]
    doubts = [
        *_doubts(BY_WORDS, *_off_by_words(contract, frame, policy)),
        *_doubts(EMPTY, *_says_nothing(contract, frame)),
    ]
    return _Source(rules, doubts=doubts)


def _phones(phones: Sequence[pl.Series], policy: ContactPolicy) -> _Source:
    """Keep off whom no number reaches."""
    if not phones:
        return _Source()
    without = _without_phone(phones, policy.country_code)
    cut = without & any_of((lost_digits(column.cast(pl.String).str.strip_chars()) for column in phones), len(without))
    return _Source(
        [(without & ~cut, NO_PHONE), (cut, SHORTENED_PHONE)],
        doubts=[
            *_doubts(NO_COUNTRY, "" if policy.country_code else _no_country(phones)),
            *_doubts(SHORTENED, _say_shortened(int(cut.sum()))),
        ],
    )


def _history(customers: pl.Series, contract: Contract, policy: ContactPolicy, today: date) -> tuple[_Source, pl.Series]:
    """Keep off by earlier calls, and count those of this campaign."""
    if policy.history is None:
        return _Source(), spent_by(customers, None, policy)
    file, made = policy.history.name, read_calls(policy.history, contract)
    unlike = unlike_ids(made["customer"], customers, file)
    calls = of_table(made, customers)
    spent = spent_by(customers, calls, policy)
    misses = bool(made.height) and not calls["customer"].is_in(customers.implode()).any()
    found = _Source(
        list(earlier_calls(customers, calls, spent, policy, today)),
        doubts=[
            *_doubts(OF_NOBODY, _of_nobody(file, made.height) if misses else of_no_call(file, made, policy)),
            *_doubts(UNLIKE, unlike),
            *_doubts(NOT_YET, not_yet_made(file, calls, customers, policy, today)),
        ],
    )
    return found, spent


def _crowded(customers: pl.Series, because: pl.Series, policy: ContactPolicy, households: pl.Series | None) -> str:
    if policy.one_per is None or households is None:
        return ""
    return crowded(policy.one_per, households.filter((because == "") & customers.is_first_distinct()))


def _say_shortened(customers: int) -> str:
    if not customers:
        return ""
    said = counted(customers, "customer has a phone number", "customers have a phone number")
    return f"{said} with an exponent; export the column as text: a spreadsheet has shortened these numbers"


def _no_country(phones: Sequence[pl.Series]) -> str:
    """Say how many customers have no number that can be dialled, but one that lacks its country."""
    national = any_of(map(lack_country, phones), len(phones[0]))
    if not (count := int((national & _without_phone(phones, "")).sum())):
        return ""
    return Said(
        f"the phone numbers of {counted(count, 'customer')} lack a country, so they cannot be dialled; set ",
        Term("policy.country_code"),
        ', for example "351"',
    )


def _of_nobody(file: str, records: int) -> str:
    return (
        f"{f'none of the {records:,} entries' if records > 1 else 'not the one entry'} of '{file}' is a customer of this table; check that it writes ids and phone "
        "numbers as the table does"
    )


def count_reasons(because: pl.Series) -> dict[str, int]:
    """Count customers by single reason; one customer may count under several."""
    counted: Counter[str] = Counter()
    for reasons, customers in (
        because.filter(because != "").value_counts().sort("count", because.name, descending=[True, False]).iter_rows()
    ):
        for reason in dict.fromkeys(reasons.split(_BETWEEN)):
            counted[reason] += customers
    return dict(counted.most_common())


def require_files(policy: ContactPolicy) -> None:
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
    return (
        bool(policy.suppress)
        or any(column.role == "consent" for column in contract.columns)
        or any(column.role == "exclude_if" and _names_objection(column.name, flag=True) for column in contract.columns)
        or any(_names_objection(rule.column, flag=bool(rule.levels)) for rule in policy.exclude)
    )


def is_objecting(reason: str, policy: ContactRules) -> bool:
    """Whether a reason of `Suppression` is that a customer asked not to be called, or does not consent."""
    files = {on_file(path.name).replace(_BETWEEN, ", ") for path in policy.suppress}
    return reason in files or _names_objection(reason, flag=True)


def _names_objection(name: str, *, flag: bool) -> bool:
    plain = plain_name(name)
    return is_objection(plain, flag=flag) or feature_role(plain) == "consent"


def safety_columns(contract: Contract) -> list[Column]:
    """Name the columns that can forbid a call, and the phones: a table must have them for a list."""
    return [column for column in contract.columns if column.role in SAFETY]


def require_safety_columns(contract: Contract, columns: Collection[str]) -> None:
    """Check that a table has each column that can forbid a call, and the phones.

    Parameters
    ----------
    contract : Contract
    columns : collection of str
        Names in the table.

    Raises
    ------
    ContractError
        Naming the first that is missing.
    """
    for column in safety_columns(contract):
        if column.name not in columns:
            raise ContractError(
                f"The table has no column '{column.name}', which the contract reads as '{column.role}'.",
                expected="every column that can forbid a call",
                fix="add the column, or take it out of the contract",
            )


def _of_role(contract: Contract, role: str) -> list[Column]:
    return [column for column in contract.columns if column.role == role]


def _consent(contract: Contract, frame: pl.DataFrame, policy: ContactPolicy) -> Iterator[Reason]:
    for column in _of_role(contract, "consent"):
        yield ~_says(frame[column.name], policy.consent_words), f"no consent ({column.label})"


def _exclude_if(contract: Contract, frame: pl.DataFrame, policy: ContactPolicy) -> Iterator[Reason]:
    for column in _of_role(contract, "exclude_if"):
        values = frame[column.name]
        off, unknown = ~_spared(column, values, policy), _is_empty(values)
        yield off & ~unknown, column.label
        # not knowing whether a customer died or is in arrears is no licence to call
        yield off & unknown, f"{column.label}: not known"


def _spared(column: Column, values: pl.Series, policy: ContactPolicy) -> pl.Series:
    """Tell whom a column of exclusions lets be called; a count of 0 and what the contract says of empty cells, whatever words are set."""
    spared = _says(values, policy.no_exclusion_words)
    if values.dtype.is_numeric():
        spared |= (values == 0).fill_null(False)
    return spared | _is_empty(values) if column.empty_may_be_called else spared


def _is_empty(values: pl.Series) -> pl.Series:
    return values.is_null() | (bare_words(values) == "").fill_null(True)


def _says_nothing(contract: Contract, frame: pl.DataFrame) -> Iterator[str]:
    """Say which columns are empty throughout and keep nobody off: their export may have failed."""
    for column in contract.columns:
        if column.empty_may_be_called and frame.height and _is_empty(frame[column.name]).all():
            yield f"'{column.name}' is empty for all, which the contract reads as no, so it keeps nobody off: check that the table has its values"


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
        for column in _of_role(contract, role):
            values = frame[column.name]
            may = _says(values, words) if role == "consent" else _spared(column, values, policy)
            off = int((~may).sum())
            if off <= NEARLY_EVERYBODY * len(values):
                continue
            empty = _is_empty(values)
            by_empty = _EMPTY_SAYS_SO if role == "exclude_if" and empty.any() else ""
            keeps = f"'{column.name}' keeps {off:,} of {len(values):,} customers off: it"
            if empty.all():
                yield f"{keeps} is empty for all; fill it in{by_empty}"
                continue
            known = [_in_words(bare_words(values.filter(~empty)))]
            known += [f"is empty for {int(empty.sum()):,}"] if empty.any() else []
            yield Said(
                f"{keeps} {listed(known)}, and the words by which a customer may be called are {_some_of(words)}; if another "
                "word says so, name all that do as ",
                Term(f"policy.{setting}"),
                f'{by_empty}; if its yes means the opposite, change the role "{role}" in the contract',
            )


def _in_words(said: pl.Series) -> str:
    """Name the words of a flag with their customers; of a column of many words, or of rare ones, only how many."""
    counts = count_values(said, sort=True)
    if len(counts) > MOST_WORDS or min(counts.values()) < FEWEST_CUSTOMERS:
        return f"has {counted(len(counts), 'different word')}"
    return "says " + listed([f"'{word}' ({customers:,})" for word, customers in counts.items()])


def _some_of(words: Sequence[str]) -> str:
    return some_named([f"'{word}'" for word in words], MOST_ACCEPTED) or "none"


def _meets(rule: Exclusion, frame: pl.DataFrame, contract: Contract, numbers: Mapping[str, pl.Series]) -> pl.Series:
    if rule.column not in frame.columns:
        raise PolicyError(
            f"The exclusion '{rule.name}' needs a column '{rule.column}' that the table does not have.",
            expected="the name of a column of the table",
            fix=Said("correct ", Term("policy.exclude")),
        )
    values = frame[rule.column]
    found = pl.Series(values.name, np.zeros(len(values), dtype=bool))
    if rule.levels:
        found |= has_level(values, rule.levels)
    if rule.above is not None or rule.below is not None:
        found |= _beyond(rule, numbers.get(rule.column, values), contract.by_name.get(rule.column))
    if rule.missing:
        found |= _is_empty(values)
    return found


def _beyond(rule: Exclusion, values: pl.Series, column: Column | None) -> pl.Series:
    numbers = values.cast(pl.Float64)
    found = pl.Series(values.name, np.zeros(len(values), dtype=bool))
    if rule.above is not None:
        found |= (numbers > rule.above).fill_null(False)
    if rule.below is not None:
        found |= (numbers < rule.below).fill_null(False)
    # a code such as 999 for "never contacted" is no number
    return found & ~numbers.is_in(column.codes).fill_null(False) if column else found


def _without_phone(phones: Sequence[pl.Series], country_code: str) -> pl.Series:
    return ~any_of((to_e164(column, country_code).is_not_null() for column in phones), len(phones[0]))


def _other_campaigns(
    customers: pl.Series, contract: Contract, policy: ContactPolicy, households: pl.Series | None
) -> Iterator[Reason]:
    if policy.other_lists and contract.id_column is None:
        raise PolicyError(
            "The policy names lists of other campaigns, and the contract has no id column to find their customers by.",
            expected="ids: a record's number is another customer in every table",
            fix=Said("name the id column in the contract, or take ", Term("policy.other_lists"), " out"),
        )
    for path in policy.other_lists:
        frame = read_whole(path)
        if not {"customer", "status", "campaign"} <= set(frame.columns):
            raise PolicyError(
                f"'{Path(path).name}' is no call list.",
                expected="a call_list.parquet with customer, status and campaign",
                fix=Said("correct ", Term("policy.other_lists")),
            )
        campaign = ", ".join(map(str, frame["campaign"].drop_nulls().unique().sort())) or path.name
        # a call of ours to those it holds out would be taken for their own wish to buy
        for status, reason in (("listed", f"on the list of {campaign}"), ("held_out", f"held out by {campaign}")):
            theirs = bare_ids(frame.filter(pl.col("status") == status)["customer"])
            found = are_among(customers, theirs.filter(~theirs.str.starts_with(UNNAMED)))
            yield found, reason
            if households is not None:
                yield share_with(households, found), f"another customer of the same '{policy.one_per}' is {reason}"


def _joined(rules: Sequence[Reason], rows: int) -> pl.Series:
    if not rules:
        return pl.Series("suppressed_because", [""] * rows, dtype=pl.String)
    # a name of the bank's that holds the sign between two would be counted as two
    said = [pl.when(found).then(pl.lit(reason.replace(_BETWEEN, ", "))) for found, reason in rules]
    return pl.select(pl.concat_str(said, separator=_BETWEEN, ignore_nulls=True).alias("suppressed_because")).to_series()


def _spread(customers: pl.Series, because: pl.Series) -> pl.Series:
    """Let what speaks against one row of a customer speak against all of them."""
    if customers.n_unique() == len(customers):
        return because
    rows = pl.DataFrame({"customer": customers, "because": because})
    reasons = pl.col("because").filter(pl.col("because") != "").unique().sort().str.join(_BETWEEN)
    return rows.select(reasons.over("customer").fill_null("").alias("suppressed_because")).to_series()

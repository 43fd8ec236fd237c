"""A column of a drafted contract: its kind, role and moment, what a person should look at, and why it is no feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, inf, log10

import polars as pl

from segmint.contract.column import FEATURE_ROLES, KNOWN_ORDER, Column, Known, Role, State
from segmint.contract.contract import Outcome
from segmint.contract.counts import count_values, customers_by_level
from segmint.contract.dates import ISO, format_words
from segmint.contract.draft_outcome import says_no, says_yes
from segmint.contract.hints import (
    date_known_by_name,
    feature_role,
    holds_outcome,
    is_a_person,
    is_age,
    is_balance,
    is_day_of_death,
    is_hardship,
    is_identity_number,
    is_objection,
    is_sensitive,
    known_by_name,
    label_for,
    looks_like_id,
    may_be_date,
    may_name_persons,
    moment_by_name,
    names_code,
    names_customer,
    perhaps_after_call,
    perhaps_code,
    perhaps_consent,
    perhaps_value,
    sounds_like_date,
)
from segmint.contract.ids import bare_ids, without_id_told
from segmint.contract.look import (
    MANY,
    MAX_LEVELS,
    MIN_PER_LEVEL,
    WHO,
    Look,
    few_named,
    share,
    unsure_told,
)
from segmint.contract.no_value import says_nothing
from segmint.contract.treatment import left_alone
from segmint.contract.twins import Twin, twins_of
from segmint.contract.yes_no import MARKS
from segmint.wording import counted, percent, quoted, shorten

AGES = (0.0, 160.0)  # years
FAR_AWAY = 1e5  # times the size that 95 in 100 do not exceed: a slip, or a code
_ENOUGH = 200  # numbers, of which even a long tail has none that is as large as all others together
_MOST_TOTALS = 5
STRONG_AUC = 0.9
WEAK_AUC = 0.7  # below it a number says little of the outcome, and what its name may say of it is asked
COPY_AUC = 0.99  # of one of several segments: below it a column that tells who is in it is a good one
MOST_CODES = 1_000  # levels, as many as the network tells apart
COMMON = 0.8  # of the filled rows have a level of ten customers or more: codes, and neither free text nor names
MIN_TO_TELL = 30  # rows of one of several outcomes, below which a column that tells it proves nothing
# a wrong guess here calls whom the bank must not call, or nobody
_WHO_MAY_BE_CALLED: Mapping[Role, str] = {
    "consent": 'does yes mean that the customer may be called? If it means the opposite, write role = "exclude_if"',
    "exclude_if": "does yes mean that the customer must not be called? Then no, false and 0 may be; empty is not called",
}
_EMPTY_MEANS_NO = 'where an empty cell means that the customer may be called, write missing_means = "no"'
_ONE_VALUE = "a column with one value tells nobody apart"
_ONE_OR_NONE = "a column with one value, or none"
_PERHAPS_FLAG = (
    'if an empty cell says that the customer has it not, write kind = "category", role = "characteristic" and'
    " missing_means, in words such as never contacted"
)
_NO_BARE_NUMBERS = "numbers with currencies or units that differ, or in a unit or form that is not read; write bare numbers to use them"
_WRITTEN_OUT = "amounts that nothing is learned from, as they are written: write 1234.50 or 1234,50, and draft again"
_DAYS_OF_CONSENT = (
    "the days of a consent, an objection or a death: to heed them, put yes or no for each customer into a column"
)
_PERHAPS_CONSENT = (
    'does it say who may be called? Then write role = "consent" (yes: may be called) or "exclude_if" (yes: must not)'
)
_WHO_WAS_CALLED = "does it say whom the bank called, and whom it left alone? Who was left alone teaches nothing"
_WORDS_FOR_CALLED = (
    "write yes, called or 1 for who was called, and no, control or 0 for who was left alone; where an empty cell says that"
    ' nobody called, write missing_means = "not called"'
)
_MOST_CONSENTS = 10  # different numbers: more of them count something
_AFTER_THE_CALL = 'is it known only after the call? Then write known = "after_call"'
_BRINGS = {
    "response": 'is this what a yes of this customer brings? Then write role = "value"',
    "assignment": 'is this what a customer brings? Then write role = "value"',
}
_ACCOUNT_CURRENCY = "account currency"  # of a holding so, segments say what their customers have
_MONEY = f'is it money, all in one currency? Otherwise take unit = "{_ACCOUNT_CURRENCY}" out'
_MADE_FROM_IT = ': were the segments made from it? known = "planning" if new customers come with it, else "after_call"'
_DAYS_OF_A_SHEET = (
    "are they days as a spreadsheet keeps them, counted from 1900? Then give the column a format of dates there,"
    " or put months until the day of the list into it"
)
_PERHAPS_CODES = (
    'are these numbers codes, of which none is more than another? Then write kind = "category", without bounds'
)
_RARE_TOGETHER = "levels of fewer than ten customers are read together, as are new ones"
_PERHAPS_PERSONS = 'if they name persons, or places that must not decide who is called, write role = "ignore"'
_PERSONS = 'does it name persons? Then its role is "ignore", or "name" if it is the customer'
_IDENTITY = (
    "a number by which others than the bank know a person: is it the number of the customer here? It reaches call lists; otherwise "
    'write role = "ignore"'
)
_USE_CODES = f'if they are codes, write kind = "category" and role = "characteristic" ({_RARE_TOGETHER}), or group them in the table'
_NOBODY_MAY_BE_CALLED = 'with nothing in it nobody may be called: fill it in, or write role = "ignore"'


@dataclass(frozen=True)
class Guess:
    """A column as drafted, what a person should look at, and why it is no feature."""

    column: Column
    doubts: tuple[str, ...] = ()
    note: str = ""


def with_twins(looks: Sequence[Look], guesses: Sequence[Guess]) -> list[Guess]:
    """Ask about features that say what another one says, and set exact copies aside.

    Of two copies the one stays that is known later, or asks for care: a copy of it under another name is no way around that.
    """
    features = [(look, guess.column) for look, guess in zip(looks, guesses, strict=True) if guess.column.is_feature]
    features.sort(key=lambda each: (-KNOWN_ORDER.index(each[1].known), not each[1].sensitive))
    twins = twins_of([look for look, _ in features])
    return [
        _with_twin(look, guess, twins[look.name]) if look.name in twins else guess
        for look, guess in zip(looks, guesses, strict=True)
    ]


def _with_twin(look: Look, guess: Guess, twin: Twin) -> Guess:
    doubts = (*guess.doubts, str(twin))
    if not twin.exact:
        return Guess(guess.column, doubts, guess.note)
    column = _column(look, "ignore", guess.column.known, kind=look.kind)
    return Guess(column, doubts, f"ignored: '{twin.of}' says the same")


def id_column(looks: Sequence[Look]) -> str | None:
    """Name the column that tells customers apart; a call's own number would part the calls of one customer."""
    able = [look for look in looks if look.kind in ("text", "number") and (look.personal is None or _is_identity(look))]
    unique = [look for look in able if look.texts.null_count() == 0 and look.distinct > MANY * len(look.texts)]
    repeated = [look for look in able if look not in unique and _is_mostly_there(look) and look.distinct > MAX_LEVELS]
    found = [
        *(look.name for look in unique if names_customer(look.plain)),
        *(look.name for look in repeated if names_customer(look.plain)),
        *(look.name for look in unique if looks_like_id(look.plain) and not is_identity_number(look.plain)),
        *(look.name for look in repeated if look.plain == "id"),
        *(look.name for look in (*unique, *repeated) if is_identity_number(look.plain)),
        # a column of unique texts is an id under any name; unique numbers may be amounts
        *(look.name for look in unique if _may_be_id(look)),
    ]
    return next(iter(found), None)


def _is_identity(look: Look) -> bool:
    return look.personal == "ignore" and is_identity_number(look.plain)


def _may_be_id(look: Look) -> bool:
    return (
        look.kind == "text"
        and not names_code(look.plain)
        and not (look.is_amount or look.is_clock or look.is_free_text or look.is_period)
    )


def _is_mostly_there(look: Look) -> bool:
    return look.texts.count() >= MANY * len(look.texts)


def _id(look: Look) -> Guess:
    column, rows = Column(name=look.name, kind="text", role="id", label="customer"), look.texts.count()
    doubts = []
    if look.distinct <= MANY * rows:
        doubts.append(
            f"{rows:,} rows with {look.distinct:,} different values, whose rows stay together: is it the customer?"
        )
    if is_identity_number(look.plain):
        doubts.append(_IDENTITY)
    elif not looks_like_id(look.plain) and not names_customer(look.plain):
        doubts.append("texts, all different: is it the number of the customer?")
    if without := without_id_told(bare_ids(look.texts)):
        doubts.append(without)
    return Guess(column, tuple(doubts))


def _perhaps_id(look: Look) -> list[str]:
    """Ask about a column that is named as the id and too empty to be taken for it, where no other is."""
    without = without_id_told(bare_ids(look.texts)) if names_customer(look.plain) else ""
    return [f'is it the number of the customer? Then write role = "id"; {without}'] if without else []


def draft_column(
    look: Look,
    outcome: Outcome,
    answers: pl.Series,
    called: Look | None,
    customers: pl.Series | None = None,
    *,
    is_id: bool,
) -> Guess:
    """Draft a column.

    Parameters
    ----------
    look : Look
    outcome : Outcome
    answers : polars.Series of shape (n_rows,)
        The outcome's levels, null where there is none.
    called : Look, optional
        The column of the days on which calls were made.
    customers : polars.Series of shape (n_rows,), optional
        The id of each row's customer; without it each row is counted as another.
    is_id : bool
        Whether it names the customer.
    """
    if is_id:
        return _id(look)
    if look.personal:
        return _personal(look, look.personal)
    if codes := _are_codes(look, customers):
        look = replace(look, kind="category")
    auc, level = _single_column_auc(look, answers)
    told, ask = (f"who is '{level}'", _MADE_FROM_IT) if level else ("the outcome", "")
    tells = auc > (COPY_AUC if level else STRONG_AUC)
    doubts = [
        *_unread_told(look, customers),
        *look.doubts,
        *(_codes_told(look) if codes else [_PERSONS] if names_persons(look) else []),
        *([f"alone tells {told} (AUC {auc:.2f}){ask}"] if auc > STRONG_AUC else []),
    ]
    if look.kind == "date":
        return _date(look, called, doubts, tells=tells)
    role = _role(look)
    doubts += [_PERHAPS_CONSENT] if role not in _WHO_MAY_BE_CALLED and _may_be_consent(look) else []
    if why := _why_ignored(look, role):
        doubts += _perhaps_id(look) if customers is None else []
        return _ignored(look, why, doubts, tells=tells)
    return _used(
        look,
        role,
        "after_call" if tells else _known(look, role, auc, answered=answers.count() > 0),
        doubts,
        _who_counts(answers),
        customers,
        outcome,
    )


def _codes_told(look: Look) -> list[str]:
    asked = f"{look.distinct:,} different values: {_RARE_TOGETHER}; {_PERHAPS_PERSONS}"
    return [asked, *unsure_told(set(look.texts))]


def _are_codes(look: Look, customers: pl.Series | None) -> bool:
    """Whether the texts are codes such as branches: too many for a list, and most rows have one that many customers share."""
    if look.kind != "text" or look.distinct > MOST_CODES or look.is_free_text or look.is_written_otherwise:
        return False
    if looks_like_id(look.plain) or _role(look) not in FEATURE_ROLES:
        return False
    sizes = customers_by_level(look.texts, customers)
    common = [level for level, size in sizes.items() if size >= MIN_PER_LEVEL]
    return share(look.texts.drop_nulls().is_in(common)) >= COMMON


def _known(look: Look, role: Role, auc: float, *, answered: bool) -> Known:
    """Say when the bank knows a column: a number whose name holds an outcome's word, and that tells little of it, is asked about."""
    if role in _WHO_MAY_BE_CALLED:  # a list needs it
        return "planning"
    weak = look.kind == "number" and answered and auc < WEAK_AUC
    return "planning" if weak and holds_outcome(look.plain) else known_by_name(look.plain)


def _who_counts(answers: pl.Series) -> pl.Series:
    """Tell whose numbers bound a column: of those who answered, if anybody has."""
    return answers.is_not_null() if answers.count() else answers.is_null()


def _ignored(look: Look, why: str, doubts: list[str], *, tells: bool) -> Guess:
    known: Known = "after_call" if tells else moment_by_name(look.plain) if look.is_clock else "planning"
    doubts += ["a time of day or a length of time: known only after the call?"] if look.is_clock else []
    doubts += [_WRITTEN_OUT] if why == _NO_BARE_NUMBERS else [_PERHAPS_FLAG] if why == _ONE_OR_NONE else []
    return Guess(_column(look, "ignore", known, kind=look.kind), tuple(doubts), f"ignored: {why}")


def _used(
    look: Look,
    role: Role,
    known: Known,
    doubts: list[str],
    counts: pl.Series,
    customers: pl.Series | None,
    outcome: Outcome,
) -> Guess:
    doubts += _doubts_by_name(look, outcome)
    doubts += [f"read as numbers in {look.unit}: a row with another unit here would be rejected"] if look.unit else []
    numbers = look.kind == "number"
    settings: dict[str, object] = (
        _bounds_and_states(look, doubts, counts, customers) if numbers else {"allowed": _allowed(look, customers)}
    )
    if numbers and role == "holding" and not look.unit and is_balance(look.plain):
        settings["unit"] = _ACCOUNT_CURRENCY
        doubts.append(_MONEY)
    if role in _WHO_MAY_BE_CALLED:
        doubts += [_WHO_MAY_BE_CALLED[role], *_who_is_meant(look, role)]
    elif look.is_marked and role in FEATURE_ROLES:
        settings["missing_means"] = f"no {look.name}"
        doubts.append(f"a flag? An empty cell is read as 'no {look.name}': if it says nothing, take missing_means out")
    column = _column(look, role, known, kind=look.kind, **settings)
    if role == "treatment":
        said = left_alone(look.texts.unique(), column)
        doubts += [_WHO_WAS_CALLED, *([_WORDS_FOR_CALLED] if said.has_nulls() else [])]
    if column.is_feature and known != "after_call" and (perhaps_after_call(look.plain) or holds_outcome(look.plain)):
        doubts.append(_AFTER_THE_CALL)
    return Guess(column, tuple(doubts))


def _who_is_meant(look: Look, role: Role) -> Iterator[str]:
    """Say what to write where a column of consents or objections has one word, or none."""
    if look.distinct == 0:
        yield _NOBODY_MAY_BE_CALLED
    elif role == "exclude_if" and look.distinct == 1 and look.texts.has_nulls():
        yield _EMPTY_MEANS_NO
    elif role == "consent" and look.is_marked and (marks := [word for word in look.levels if word.casefold() in MARKS]):
        yield f'if {quoted(marks)} is a yes, write consent_words = ["{marks[0]}"] in the policy'


def _role(look: Look) -> Role:
    if _is_flag(look) and is_objection(look.plain, flag=True):
        return "exclude_if"
    role = feature_role(look.plain)
    amounts = look.kind == "number" and look.distinct > _MOST_CONSENTS
    return "characteristic" if role == "consent" and amounts else role


def _may_be_consent(look: Look) -> bool:
    """Whether a column of yes and no, or of yes alone, is named as what may say who may be called."""
    return _is_flag(look) and perhaps_consent(look.plain)


def _is_flag(look: Look) -> bool:
    said = [level for level in look.levels if not says_nothing(level)]
    return 1 <= len(said) <= 2 and (look.is_marked or all(says_yes(level) or says_no(level) for level in said))


def names_persons(look: Look) -> bool:
    """Whether texts may be names of persons: by the column's name, or as most are two or three words of many with capitals."""
    if look.kind not in ("text", "category") or look.distinct <= 2 or _is_flag(look):
        return False
    return is_a_person(look.plain) or (may_name_persons(look.plain) and look.reads_as_persons)


def _doubts_by_name(look: Look, outcome: Outcome) -> list[str]:
    doubts = []
    if holds_outcome(look.plain):
        doubts.append("named like an outcome")
    if look.kind == "number" and perhaps_value(look.plain):
        doubts.append(_BRINGS[outcome.kind])
    if look.is_count:
        doubts.append(
            'whole numbers, all different: a number of the customer (role = "id", kind = "text", no bounds), of the case, '
            "or an amount?"
        )
    elif look.kind == "number" and look.is_whole and perhaps_code(look.plain):
        doubts.append(_PERHAPS_CODES)
    if look.kind == "number" and may_be_date(look.plain) and _may_be_serial_days(look.numbers.drop_nulls()):
        doubts.append(_DAYS_OF_A_SHEET)
    return doubts


def _may_be_serial_days(numbers: pl.Series) -> bool:
    """Whether these are whole numbers as a spreadsheet keeps the days from 1954 to 2064."""
    return numbers.n_unique() > 1 and bool((numbers.is_between(20_000, 60_000) & (numbers == numbers.round(0))).all())


def _column(look: Look, role: Role, known: Known, **settings: object) -> Column:
    settings |= {"name": look.name, "role": role, "label": label_for(look.name), "known": known}
    settings |= {"unit": look.unit} if look.unit else {}
    settings |= {"sensitive": True} if is_sensitive(look.plain) else {}
    settings |= {"changeable": False} if role in FEATURE_ROLES and is_hardship(look.plain) else {}
    settings |= {"missing": ("", *look.missing)} if look.missing and settings["kind"] != "text" else {}
    return Column.model_validate(settings)


def _personal(look: Look, role: Role) -> Guess:
    """Name what says who somebody is, without any of its values."""
    use = "for the call list" if role in ("name", "phone") else "ignored"
    note = f"personal data, {use}: says who somebody is, so it is never a feature; its values stand in no draft, bundle or report"
    return Guess(_column(look, role, "planning", kind="text"), note=note)


def _date(look: Look, called: Look | None, doubts: list[str], *, tells: bool) -> Guess:
    """Draft a date: its moment from its name, unless most of its days are not before the call."""
    known = date_known_by_name(look.plain)
    late = 0.0
    if called is not None and called is not look:
        late = share((look.days >= called.days).drop_nulls())
    if late > 0.5:
        doubts.append(
            f"{percent(late, 0)} of its days are not before '{called.name if called else ''}': known after the call?"
        )
    elif known == "after_call":
        doubts.append("its name says that it is known only after the call")
    elif known is None:
        doubts.append(_AFTER_THE_CALL)
    moment: Known = "after_call" if late > 0.5 or tells else known or "planning"
    role: Role = "campaign" if feature_role(look.plain) == "campaign" else "time"
    if look.distinct <= 1:
        role = "ignore"
    if feature_role(look.plain) in _WHO_MAY_BE_CALLED or is_day_of_death(look.plain):
        doubts.append(_DAYS_OF_CONSENT)
    note = (
        f"dates, written {format_words(look.format or ISO)}: no feature. To use them, put a number into the table:"
        " months from the date to the day of the list"
    )
    return Guess(_column(look, role, moment, kind="date", format=look.format), tuple(doubts), note)


def _why_ignored(look: Look, role: Role) -> str:
    """Say why a column is of no use; empty if it is of use."""
    marked = look.is_marked and role in FEATURE_ROLES
    if look.distinct <= 1 and not marked and role not in _WHO_MAY_BE_CALLED:  # the next table has an objector
        return _ONE_OR_NONE if look.distinct and look.texts.null_count() else _ONE_VALUE
    if look.kind == "number" and looks_like_id(look.plain):
        return "a number that names a case, not an amount"
    if look.kind == "text" and _names_each(look):
        return "numbers or codes that name a customer, an account or a case"
    if look.kind == "number" and sounds_like_date(look.plain):
        return "named like a date but written as a number (seconds? days?); write dates as 2026-03-14"
    if look.is_clock:
        return "times such as 09:30 are no levels; to use them, put a number into the table: the hour, or minutes"
    if look.is_period:
        return "months, quarters or weeks of a year; the next list has one that training never saw"
    if look.kind != "text":
        return ""
    if look.has_units or look.is_amount:
        return _NO_BARE_NUMBERS
    most = f"; the commonest {MOST_CODES:,} are read" if look.distinct > MOST_CODES else ""
    return f"text with {look.distinct:,} different values; {_USE_CODES}{most}"


def _names_each(look: Look) -> bool:
    """Whether texts number customers or cases: by the name of a customer's number, or as nearly each row has its own."""
    each = looks_like_id(look.plain) and look.distinct > MANY * look.texts.count()
    return (names_customer(look.plain) or each) and not look.is_written_otherwise


def _unread_told(look: Look, customers: pl.Series | None) -> list[str]:
    """Say how many values cannot be read and name words that several have: what one customer has may tell who that is."""
    unread = look.unread
    if not len(unread):
        return []
    who = None if customers is None else customers.filter(look.is_unread)
    several = {word for word, size in customers_by_level(unread, who).items() if size > 1}
    named = sorted(several - set(unread.filter(unread.str.contains(WHO))))
    which = f" ({few_named([shorten(text) for text in named])})" if named else ""
    what = f"cannot be read as a {look.kind}{which}"
    return [
        counted(len(unread), f"value {what}: its row would be rejected", f"values {what}: their rows would be rejected")
    ]


def _allowed(look: Look, customers: pl.Series | None) -> tuple[str, ...]:
    """List the levels, unless they may be persons, or some are so rare that they could name one or that others like them will come."""
    sizes = customers_by_level(look.texts, customers)
    if names_persons(look) or not look.levels or min(sizes[level] for level in look.levels) < MIN_PER_LEVEL:
        return ()
    return tuple(sorted(look.levels))


def _bounds_and_states(
    look: Look, doubts: list[str], counts: pl.Series, customers: pl.Series | None
) -> dict[str, object]:
    values = look.numbers.filter(counts).drop_nulls()
    states = look.sentinels()
    rest = values.filter(~values.is_in(states)) if states else values
    if states:
        doubts.append(f"is {', '.join(f'{state:g}' for state in states)} a code?")
    if not len(rest):
        return {}
    if look.otherwise is not None:  # bounds that hold by either decimal sign
        rest = pl.concat([rest, look.otherwise.filter(counts).drop_nulls()])
    bounds, outside = _bounds(look, rest)
    if len(outside):
        doubts.append(_outside_told(outside, bounds, customers_by_level(look.numbers, customers)))
    named = tuple(State.unnamed(state) for state in states)
    return {"bounds": bounds, "states": named}


def _bounds(look: Look, numbers: pl.Series) -> tuple[tuple[float, float], pl.Series]:
    """Bound what is plausible, with room for more; also name the numbers that are not."""
    if is_age(look.plain) and share(numbers.is_between(*AGES)) >= MANY:
        return AGES, numbers.filter(~numbers.is_between(*AGES))
    sizes = numbers.abs()
    usual = float(sizes.filter(sizes > 0).quantile(0.95, "lower") or 0.0)
    far = (sizes > FAR_AWAY * max(usual, 1.0)) | (sizes >= _as_large_as_all(sizes))
    near = numbers.filter(~far)
    low, high = float(near.min()), float(near.max())  # type: ignore[arg-type]
    span = max(high - low, 1.0)
    bounds = (0.0 if low >= 0 else -_round_up(span - low), _round_up(high + span) if high > 0 else 0.0)
    return bounds, numbers.filter(far)


def _as_large_as_all(sizes: pl.Series) -> float:
    """Find the least of the largest sizes that is as large as all smaller ones together: a total, or a slip; infinity for none."""
    known = sizes.filter(sizes > 0).sort()
    largest, below = (numbers.tail(_MOST_TOTALS) for numbers in (known, known.cum_sum().shift(1, fill_value=0.0)))
    found = largest.filter(largest >= 0.99 * below)
    return float(found[0]) if len(known) >= _ENOUGH and len(found) else inf


def _outside_told(outside: pl.Series, bounds: tuple[float, float], sizes: Mapping[float | None, int]) -> str:
    """Say how many numbers are implausible, and name those of ten customers or more: others are a customer's own."""
    often = sorted(number for number in outside.unique() if sizes.get(number, 0) >= MIN_PER_LEVEL)
    named = f" ({few_named([f'{number:g}' for number in often])})" if often else ""
    words = f"outside {bounds[0]:g} to {bounds[1]:g}{named}"
    return counted(
        len(outside),
        f"value is {words}: its row would be rejected",
        f"values are {words}: their rows would be rejected",
    )


def _round_up(number: float) -> float:
    """Round a number of at least 1 up to two digits."""
    tens = floor(log10(number)) - 1
    digits = ceil(number / 10.0**tens)
    rounded = float(f"{digits}e{tens}")  # a product of floats would be 9.700000000000001
    return rounded if rounded >= number else float(f"{digits + 1}e{tens}")


def _single_column_auc(look: Look, answers: pl.Series) -> tuple[float, str]:
    """How well one column alone ranks customers by outcome: the best AUC of any outcome level, in [0.5, 1].

    Only rows with an outcome count: who was not called said neither yes nor no. Categories rank by the share of the level
    among all *other* rows, so that levels of single customers prove nothing.
    Also names the level where there are more than two; those of few rows are left out: a small class at one end of an
    age is no leak.
    """
    counts = count_values(answers.drop_nulls())
    answered, found = answers.is_not_null(), [(0.5, "")]
    for level in _large_enough(counts):
        yes = answers.filter(answered) == level
        auc = _auc(_scores(look, answered, yes), yes)
        best = auc if look.kind == "category" else max(auc, 1 - auc)
        found.append((best, level if len(counts) > 2 else ""))
    return max(found, key=lambda each: each[0])


def _large_enough(counts: Mapping[str, int]) -> list[str]:
    if len(counts) <= 2:  # either tells as much as the other
        return sorted(counts)
    large = [level for level in sorted(counts) if counts[level] >= MIN_TO_TELL]
    return large or sorted(counts)


def _scores(look: Look, answered: pl.Series, yes: pl.Series) -> pl.Series:
    if look.kind == "category":
        return _share_among_others(look.texts.filter(answered), yes)
    if look.kind == "text":  # whether anything is written at all
        return look.texts.filter(answered).is_not_null().cast(pl.Float64)
    numbers = look.numbers if look.kind == "number" else look.days.cast(pl.Int32).cast(pl.Float64)
    return numbers.filter(answered).fill_null(-1e308)


def _share_among_others(texts: pl.Series, yes: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"level": texts.fill_null(""), "yes": yes.cast(pl.Float64)})
    base = frame["yes"].mean()
    total, count = pl.col("yes").sum().over("level"), pl.len().over("level")
    return frame.select((total - pl.col("yes") + base) / count).to_series()


def _auc(scores: pl.Series, yes: pl.Series) -> float:
    """Area under the ROC curve from mean ranks (Mann and Whitney 1947)."""
    positive = int(yes.sum())
    negative = len(yes) - positive
    if not positive or not negative:
        return 0.5
    ranks = float(scores.rank("average").filter(yes).sum())
    return float((ranks - positive * (positive + 1) / 2) / (positive * negative))

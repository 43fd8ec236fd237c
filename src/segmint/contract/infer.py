"""Draft a contract from a table: every column once, under the moment it is known, with suspects named beside it.

A draft is a guess from names and values. It carries ``reviewed = false``, and `run`, `segment` and `backtest`
refuse it until a person has read it and set that to true.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TypeVar

import polars as pl
import tomlkit

from segmint.contract.answers import NO, NO_WORDS, YES, YES_WORDS, few_yes_told
from segmint.contract.column import FEATURE_ROLES, KNOWN_ORDER, ROLES, Column, Known, Role, State
from segmint.contract.column_match import suggested
from segmint.contract.contract import Contract, Outcome
from segmint.contract.copies import copies_told
from segmint.contract.counts import count_values
from segmint.contract.dates import ISO, format_words
from segmint.contract.export import column_table, contract_to_toml
from segmint.contract.hints import (
    date_known_by_name,
    feature_role,
    is_age,
    is_german,
    is_hardship,
    is_sensitive,
    known_by_name,
    label_for,
    looks_like_id,
    may_be_date,
    moment_by_name,
    names_code,
    names_customer,
    outcome_rank,
    perhaps_after_call,
    perhaps_consent,
    plain_name,
    sounds_like_date,
)
from segmint.contract.look import MANY, MAX_LEVELS, MISSING_WORDS, Look, bare_texts, look_at, share, some_named
from segmint.contract.treatment import left_alone
from segmint.contract.twins import Twin, twins_of
from segmint.errors import ContractError
from segmint.tables.decimal_sign import decimal_among
from segmint.tables.table_source import NoRowsError, TableSource
from segmint.wording import counted

SAMPLE_ROWS = 200_000
MAX_OUTCOME_LEVELS = 12
MAX_OUTCOME_SPELLINGS = 60
MIN_PER_LEVEL = 10
MOST_LISTED = 20  # names of columns in an error
UNANSWERED = "response"  # the column of answers to come, unless it is named
_VALUE = re.compile(r"^[-+0-9]|[0-9]{3}|@")  # what no name of a column looks like
AGES = (0.0, 160.0)  # years
FAR_AWAY = 1e5  # times the size that 95 in 100 do not exceed: a slip, or a code
STRONG_AUC = 0.9
MIN_TO_TELL = 30  # rows of one of several outcomes, below which a column that tells it proves nothing
WON = ("won", "success", "accepted", "sold")
LOST = ("lost", "failure", "rejected", "declined")
NO_ANSWER = (
    "unknown", "unbekannt", "unclear", "unklar", "no answer", "not reached", "nicht erreicht", "keine antwort",
    "keine angabe", "k.a.", "k. a.", "ka", "n.a.", "desconocido", "desconhecido", "inconnu", "sconosciuto",
)  # fmt: skip


# a wrong guess here calls whom the bank must not call, or nobody
_WHO_MAY_BE_CALLED: Mapping[Role, str] = {
    "consent": 'does yes mean that the customer may be called? If it means the opposite, write role = "exclude_if"',
    "exclude_if": "does yes mean that the customer must not be called? Then no, false and 0 may be; empty is not called",
}
_NO_BARE_NUMBERS = (
    "numbers with currencies or units that differ, or in a form that is not read; write bare numbers to use them"
)
_WRITTEN_OUT = "amounts that nothing is learned from, as they are written: write 1234.50 or 1234,50, and draft again"
_DAYS_OF_CONSENT = "the days of a consent or an objection: to heed it, put yes or no for each customer into a column"
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
_DAYS_OF_A_SHEET = (
    "are they days as a spreadsheet keeps them, counted from 1900? Then give the column a format of dates there,"
    " or put months until the day of the list into it"
)
_NO_ANSWERS_YET = "nobody's answer is here yet; name the column that your campaign will fill"
_NOBODY_MAY_BE_CALLED = 'with nothing in it nobody may be called: fill it in, or write role = "ignore"'


@dataclass(frozen=True)
class Draft:
    """A drafted contract.

    Attributes
    ----------
    contract : Contract
        With ``reviewed`` false.
    suspects : dict of str to str
        What a person should look at, by column: "alone tells the outcome (AUC 0.97)".
    notes : dict of str to str
        Why a column is no feature, by column: "free text: 1,204 different values".
    text : str
        The contract as TOML, suspects and notes as comments; `parse_contract` reads it back.
    """

    contract: Contract
    suspects: Mapping[str, str]
    notes: Mapping[str, str]
    text: str

    def reviewed(self) -> Contract:
        """Return the contract as one that a person has looked at: call it when you have read `text`, suspects and notes.

        What is to be different is corrected in a file, which holds `text`; `load_contract` reads it.
        """
        return self.contract.model_copy(update={"reviewed": True})


def infer_contract(
    source: TableSource, *, name: str, outcome: str | None = None, without_outcome: bool = False
) -> Draft:
    """Draft a contract from a table.

    Parameters
    ----------
    source : TableSource
        At most `SAMPLE_ROWS` rows are looked at.
    name : str
        The contract's name.
    outcome : str, optional
        The outcome column; guessed from the names if not given.
    without_outcome : bool
        Whether nobody has answered yet: the outcome is the column `outcome`, or "response", that the campaign will fill.

    Returns
    -------
    Draft

    Raises
    ------
    ContractError
        If no row can be read, no column looks like an outcome, the named one has one level or too many, or any
        where there should be none.
    """
    frame, unread = _sample(source)
    if without_outcome:
        drafted, answers, no_answer = _outcome_to_come(frame, outcome or UNANSWERED, source.name)
        suspects = {drafted.column: _NO_ANSWERS_YET, **_likely_answers(frame)}
    else:
        chosen = _outcome_column(frame, outcome, source.name)
        answers, words = _answers(frame[chosen])
        no_answer, strange = _rare_apart(frame[chosen], words)
        drafted = _draft_outcome(count_values(answers.drop_nulls()), chosen)
        answers = _one_spelling(answers)
        suspects = _outcome_doubts(drafted, answers, no_answer, strange)
    notes: dict[str, str] = {}
    inputs = [column for column in frame.columns if column != drafted.column]
    looks = [look_at(frame[column], decimal_among(source.receipt, [column])) for column in inputs]
    identity = _id_column(looks)
    called = next(
        (look for look in looks if look.kind == "date" and date_known_by_name(look.plain) == "dialling"), None
    )
    guesses = [_guess(look, answers, called, is_id=look.name == identity) for look in looks]
    columns = []
    for look, guess in zip(looks, _with_twins(looks, guesses), strict=True):
        columns.append(_with_own_words(guess.column, look, no_answer))
        if doubts := [*([suspects[look.name]] if look.name in suspects else []), *guess.doubts]:
            suspects[look.name] = "; ".join(doubts)
        if guess.note:
            notes[look.name] = guess.note
    if is_german(frame.columns):
        drafted, columns = _with_capitals(drafted), [_with_capitals(column) for column in columns]
    columns.sort(key=lambda column: KNOWN_ORDER.index(column.known))
    contract = Contract(
        name=name,
        title=" ".join(name.replace("_", " ").replace("-", " ").split()) or name,
        reviewed=False,
        missing=("", *no_answer),
        outcome=drafted,
        columns=tuple(columns),
    )
    return Draft(contract, suspects, notes, _with_comments(contract, suspects, notes, (unread, copies_told(frame))))


_Labelled = TypeVar("_Labelled", Column, Outcome)


@dataclass(frozen=True)
class _Guess:
    """A column as drafted, what a person should look at, and why it is no feature."""

    column: Column
    doubts: tuple[str, ...] = ()
    note: str = ""


def _sample(source: TableSource) -> tuple[pl.DataFrame, str]:
    """Read the first rows, and say in words how many records were none."""
    frames, rows, unread = [], 0, Counter[str]()
    for batch in source.batches():
        frames.append(batch.frame)
        rows += batch.frame.height
        # "The record has more fields than the header has names." "The row holds no value."
        details = (reject.detail.removeprefix("The record has ") for reject in batch.rejects)
        unread.update(detail.removeprefix("The row holds ").rstrip(".") for detail in details)
        if rows >= SAMPLE_ROWS:
            break
    lost = unread.total()
    words = "; ".join(f"{count:,} with {why}" for why, count in unread.most_common())
    if not rows and not lost:
        raise NoRowsError(f"'{source.name}' has no rows.", source.columns, fix="check the export")
    if not rows:
        raise ContractError(
            f"None of the {lost:,} rows of '{source.name}' can be read: {words}.",
            expected="rows with one field for each name of the header, and a value in some of them",
            fix="check the export"
            if set(unread) == {"no value"}
            else "make header and rows alike (does each row end in a delimiter, and the header does not?)",
        )
    frame = pl.concat(frames, how="vertical_relaxed").head(SAMPLE_ROWS)
    return frame, f"{lost:,} of {lost + rows:,} rows cannot be read and say nothing here: {words}" if lost else ""


def _answers(raw: pl.Series) -> tuple[pl.Series, tuple[str, ...]]:
    """Read a column as answers: null where nothing or a word for nothing stands, and those words.

    "none" and "missing" may be answers as well, unless all the others say yes or no.
    """
    texts = bare_texts(raw)
    spellings = texts.drop_nulls().unique().to_list()
    words = [word for word in spellings if word in MISSING_WORDS]
    said = [text for text in spellings if text not in words]
    others = _neither(said)
    if not said or not all(_says_yes(text) or _says_no(text) or text in others for text in said):
        words = [word for word in words if word.casefold() not in ("none", "missing")]
    words += others
    return texts.set(texts.is_in(words), None), tuple(sorted(words))


def _rare_apart(raw: pl.Series, words: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Keep the words that mean no answer in general or to many; count the rows of all others, which nobody has named."""
    counts = count_values(bare_texts(raw).drop_nulls())
    known = (*MISSING_WORDS, *NO_ANSWER)
    kept = tuple(word for word in words if {word, word.casefold()} & set(known) or counts[word] >= MIN_PER_LEVEL)
    return kept, sum(counts[word] for word in words if word not in kept)


def _neither(said: Sequence[str]) -> list[str]:
    """Name what is neither yes nor no beside both: words for "no answer", or one other word; numbers are levels."""
    others = [text for text in said if not _says_yes(text) and not _says_no(text)]
    if not any(_says_yes(text) for text in said) or not any(_says_no(text) for text in said):
        return []
    unnamed = {text.casefold() for text in others} - set(NO_ANSWER)
    # a letter beside two others is one more segment
    named = all(len(text) > 1 and not _VALUE.search(text) for text in unnamed)
    return others if len(unnamed) <= 1 and named else []


def _says_yes(text: str) -> bool:
    return text.casefold() in (*YES, *WON, "1.0")


def _says_no(text: str) -> bool:
    return text.casefold() in (*NO, *LOST, "0.0")


def _levels_of(counts: Mapping[str, int]) -> dict[str, str]:
    """Name the level that each spelling of an answer means: of {ja, Ja, nein}, "ja" and "nein".

    Several words for yes and for no are a response, and so are two words, however capitals are used.
    """
    said = {text: "yes" if _says_yes(text) else "no" for text in counts if _says_yes(text) or _says_no(text)}
    folded = {text: text.casefold() for text in counts}
    same = said if len(said) == len(counts) else folded
    if len(set(same.values())) != 2:
        return {text: text for text in counts}
    usual = sorted(counts, key=lambda text: (counts[text], text))
    most = {same[text]: text for text in usual}  # the last one stays, the most frequent
    return {text: most[same[text]] for text in counts}


def _with_own_words(column: Column, look: Look, words: Sequence[str]) -> Column:
    """Keep a word that means no outcome from meaning no value in a column of which nobody has said so."""
    if column.missing is None and words and bool(look.texts.is_in(list(words)).any()):
        return column.model_copy(update={"missing": ("",)})
    return column


def _with_capitals(drafted: _Labelled) -> _Labelled:
    """Keep the capitals of a column's name in the label made of it."""
    name = drafted.column if isinstance(drafted, Outcome) else drafted.name
    if drafted.label != label_for(name):  # "customer" for an id
        return drafted
    return drafted.model_copy(update={"label": label_for(name, capitals=True)})


def _outcome_column(frame: pl.DataFrame, wanted: str | None, table: str) -> str:
    if wanted is not None:
        if wanted not in frame.columns:
            raise ContractError(
                f"'{table}' has no column '{wanted}'.",
                expected=_choice_of_columns(frame),
                fix=(_has_header(frame) and suggested(wanted, frame.columns))
                or 'name the outcome column: --outcome COLUMN (in Python outcome="COLUMN")',
            )
        return wanted
    if found := _likely_outcome(frame):
        return found
    raise ContractError(
        f"No column of '{table}' looks like an outcome.",
        expected="a column that says how each customer answered",
        fix="name it: --outcome COLUMN; or, where nobody has answered yet: --no-outcome "
        '(in Python outcome="COLUMN", without_outcome=True)',
    )


def _likely_outcome(frame: pl.DataFrame) -> str | None:
    levels = {name: _one_spelling(_answers(frame[name])[0]).drop_nulls().n_unique() for name in frame.columns}
    named = [name for name in frame.columns if outcome_rank(plain_name(name)) and levels[name] > 1]
    yes_or_no = [name for name in named if levels[name] == 2]
    segments = [name for name in named if levels[name] <= MAX_OUTCOME_LEVELS and outcome_rank(plain_name(name)) == 2]
    if fitting := yes_or_no or segments:
        # exports put the answer last, so the last of the best names wins
        return max(reversed(fitting), key=lambda name: outcome_rank(plain_name(name)))
    return None


def _outcome_to_come(frame: pl.DataFrame, name: str, table: str) -> tuple[Outcome, pl.Series, tuple[str, ...]]:
    """Draft the outcome of a campaign that is still to come, and nobody's answers."""
    column = frame[name] if name in frame.columns else pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    answers, no_answer = _answers(column)
    if answers.count():
        raise ContractError(
            f"'{table}' has answers in '{name}'.",
            expected="a table in which nobody has answered yet, as --no-outcome says",
            fix="leave --no-outcome out; or name another column for the answers to come: --outcome COLUMN "
            '(in Python without_outcome, outcome="COLUMN")',
        )
    outcome = Outcome(column=name, kind="response", levels=("no", "yes"), positive="yes", label=label_for(name))
    return outcome, answers, no_answer


def _likely_answers(frame: pl.DataFrame) -> dict[str, str]:
    """Ask about a column that is named and filled as an outcome in a table that is said to have none."""
    found = _likely_outcome(frame)
    return {} if found is None else {found: "does it hold the answers? Then draft again without --no-outcome"}


def _choice_of_columns(frame: pl.DataFrame) -> str:
    """List the columns, unless their names may be the values of the first customer."""
    more = frame.width - MOST_LISTED
    if not _has_header(frame):
        return f"one of its {frame.width:,} columns; is the first line a header?"
    return f"one of {', '.join(frame.columns[:MOST_LISTED])}{f' … and {more} more' if more > 0 else ''}"


def _has_header(frame: pl.DataFrame) -> bool:
    return not any(_VALUE.search(name) or (bare_texts(frame[name]) == name).any() for name in frame.columns)


def _one_spelling(answers: pl.Series) -> pl.Series:
    if answers.n_unique() > MAX_OUTCOME_SPELLINGS:  # an id is no outcome
        return answers
    return answers.replace(_levels_of(count_values(answers.drop_nulls())))


def _draft_outcome(counts: Mapping[str, int], name: str) -> Outcome:
    levels = _levels_of(counts)
    distinct = sorted(set(levels.values()))
    if not 2 <= len(distinct) <= MAX_OUTCOME_LEVELS:
        raise ContractError(
            f"The outcome '{name}' has {len(distinct)} levels.",
            expected=f"two levels, or up to {MAX_OUTCOME_LEVELS} segments",
            fix="name another outcome column",
        )
    label = label_for(name)
    if all(level.casefold() in (*YES_WORDS, *NO_WORDS, "1.0", "0.0") for level in counts):
        return Outcome(column=name, kind="response", levels=("no", "yes"), positive="yes", label=label)
    if len(distinct) > 2:
        return Outcome(column=name, kind="assignment", levels=tuple(distinct), label=label)
    positive = _positive({level: sum(counts[text] for text in counts if levels[text] == level) for level in distinct})
    negative = next(level for level in distinct if level != positive)
    read_anyway = (positive.casefold(), negative.casefold(), *YES_WORDS, *NO_WORDS, "1.0", "0.0")
    words = {text: level for text, level in sorted(levels.items()) if text.casefold() not in read_anyway}
    order = (negative, positive)
    return Outcome(column=name, kind="response", levels=order, positive=positive, words=words, label=label)


def _positive(counts: Mapping[str, int]) -> str:
    """Choose which of two levels means yes: by the word, else the rarer."""
    if sure := _sure_yes(tuple(counts)):
        return sure
    unsaid = [level for level in counts if not _says_no(level)]
    return unsaid[0] if len(unsaid) == 1 else min(counts, key=lambda level: (counts[level], level))


def _sure_yes(levels: Sequence[str]) -> str | None:
    """Name the level that means yes by its word; 1 does beside 0, -1 or a no, and beside 2 it is only a number."""
    said = [level for level in levels if _says_yes(level)]
    if len(said) != 1:
        return None
    number = said[0] in ("1", "1.0")
    clear = all(_says_no(level) or level in ("-1", "-1.0") for level in levels if level != said[0])
    return None if number and not clear else said[0]


def _outcome_doubts(outcome: Outcome, answers: pl.Series, no_answer: Sequence[str], strange: int) -> dict[str, str]:
    """Ask about an outcome whose words do not tell which of them is the yes, where few said it, or where some rows have none."""
    doubts = []
    if outcome.kind == "response" and _sure_yes(outcome.levels) is None:
        doubts.append(f"is '{outcome.positive}' the yes?")
    if len({level.casefold() for level in outcome.levels}) < len(outcome.levels):
        doubts.append("levels that differ only in capital letters: one level?")
    if outcome.kind == "response" and len(answers) < SAMPLE_ROWS and (few := few_yes_told(_yes(outcome, answers))):
        doubts.append(few)
    if strange:
        levels = " nor ".join(f"'{level}'" for level in outcome.levels)
        rows = counted(strange, "row says", "rows say")
        doubts.append(f"{rows} neither {levels} and would be rejected; if it means one of them, write it under words")
    if empty := answers.null_count() - strange:
        words = f" (empty, or {', '.join(no_answer)})" if no_answer else ""
        rows = counted(empty, "row has", "rows have")
        doubts.append(f"{rows} no outcome{words} and would be rejected: not called, or a no?")
    return {outcome.column: "; ".join(doubts)} if doubts else {}


def _yes(outcome: Outcome, answers: pl.Series) -> int:
    """Count who said yes."""
    counts = count_values(answers.drop_nulls())
    return sum(rows for text, rows in counts.items() if outcome.level_of(text) == outcome.positive)


def _with_twins(looks: Sequence[Look], guesses: Sequence[_Guess]) -> list[_Guess]:
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


def _with_twin(look: Look, guess: _Guess, twin: Twin) -> _Guess:
    doubts = (*guess.doubts, str(twin))
    if not twin.exact:
        return _Guess(guess.column, doubts, guess.note)
    column = _column(look, "ignore", guess.column.known, kind=look.kind)
    return _Guess(column, doubts, f"ignored: '{twin.of}' says the same")


def _id_column(looks: Sequence[Look]) -> str | None:
    """Name the column that tells customers apart; a call's own number would part the calls of one customer."""
    able = [look for look in looks if look.kind in ("text", "number") and look.personal is None]
    unique = [look for look in able if look.texts.null_count() == 0 and look.distinct > MANY * len(look.texts)]
    repeated = [look for look in able if look not in unique and _is_mostly_there(look) and look.distinct > MAX_LEVELS]
    found = [
        *(look.name for look in unique if names_customer(look.plain)),
        *(look.name for look in repeated if names_customer(look.plain)),
        *(look.name for look in unique if looks_like_id(look.plain)),
        *(look.name for look in repeated if look.plain == "id"),
        # a column of unique texts is an id under any name; unique numbers may be amounts
        *(look.name for look in unique if _may_be_id(look)),
    ]
    return next(iter(found), None)


def _may_be_id(look: Look) -> bool:
    return (
        look.kind == "text"
        and not names_code(look.plain)
        and not (look.is_amount or look.is_clock or look.is_free_text or look.is_period)
    )


def _is_mostly_there(look: Look) -> bool:
    return look.texts.count() >= MANY * len(look.texts)


def _id(look: Look) -> _Guess:
    column, rows = Column(name=look.name, kind="text", role="id", label="customer"), look.texts.count()
    doubts = []
    if look.distinct <= MANY * rows:
        doubts.append(
            f"{rows:,} rows with {look.distinct:,} different values, whose rows stay together: is it the customer?"
        )
    if not looks_like_id(look.plain) and not names_customer(look.plain):
        doubts.append("texts, all different: is it the number of the customer?")
    return _Guess(column, tuple(doubts))


def _guess(look: Look, answers: pl.Series, called: Look | None, *, is_id: bool) -> _Guess:
    if is_id:
        return _id(look)
    if look.personal:
        return _personal(look, look.personal)
    auc, level = _single_column_auc(look, answers)
    told = f"who is '{level}'" if level else "the outcome"
    doubts = [*look.doubts, *([f"alone tells {told} (AUC {auc:.2f})"] if auc > STRONG_AUC else [])]
    if look.kind == "date":
        return _date(look, called, doubts, tells=auc > STRONG_AUC)
    role = _role(look)
    doubts += [_PERHAPS_CONSENT] if role not in _WHO_MAY_BE_CALLED and _may_be_consent(look) else []
    if why := _why_ignored(look, role):
        moment: Known = (
            "after_call" if auc > STRONG_AUC else moment_by_name(look.plain) if look.is_clock else "planning"
        )
        if look.is_clock:
            doubts.append("a time of day or a length of time: known only after the call?")
        doubts += [_WRITTEN_OUT] if why == _NO_BARE_NUMBERS else []
        return _Guess(_column(look, "ignore", moment, kind=look.kind), tuple(doubts), f"ignored: {why}")
    known: Known = "after_call" if auc > STRONG_AUC else known_by_name(look.plain)
    doubts += _doubts_by_name(look)
    doubts += [f"read as numbers in {look.unit}: a row with another unit here would be rejected"] if look.unit else []
    settings = _bounds_and_states(look, doubts) if look.kind == "number" else {"allowed": _allowed(look)}
    if role in _WHO_MAY_BE_CALLED:
        doubts += [_WHO_MAY_BE_CALLED[role], *([_NOBODY_MAY_BE_CALLED] if look.distinct == 0 else [])]
    column = _column(look, role, known, kind=look.kind, **settings)
    if role == "treatment":
        said = left_alone(look.texts.unique(), column)
        doubts += [_WHO_WAS_CALLED, *([_WORDS_FOR_CALLED] if said.has_nulls() else [])]
    if column.is_feature and known != "after_call" and perhaps_after_call(look.plain):
        doubts.append(_AFTER_THE_CALL)
    return _Guess(column, tuple(doubts))


def _role(look: Look) -> Role:
    role = feature_role(look.plain)
    amounts = look.kind == "number" and look.distinct > _MOST_CONSENTS
    return "characteristic" if role == "consent" and amounts else role


def _may_be_consent(look: Look) -> bool:
    """Whether a column of yes and no, or of yes alone, is named as what may say who may be called."""
    said = [level for level in look.levels if level not in MISSING_WORDS and level.casefold() not in NO_ANSWER]
    flag = 1 <= len(said) <= 2 and all(_says_yes(level) or _says_no(level) for level in said)
    return flag and perhaps_consent(look.plain)


def _doubts_by_name(look: Look) -> list[str]:
    doubts = []
    if known_by_name(look.plain) == "after_call" and outcome_rank(look.plain):
        doubts.append("named like an outcome")
    if look.is_count:
        doubts.append(
            'whole numbers, all different: a number of the customer (role = "id", kind = "text", no bounds), of the case, '
            "or an amount?"
        )
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


def _personal(look: Look, role: Role) -> _Guess:
    """Name what says who somebody is, without any of its values."""
    use = "for the call list" if role in ("name", "phone") else "ignored"
    note = f"personal data, {use}: says who somebody is, so it is never a feature and its values stand nowhere"
    return _Guess(_column(look, role, "planning", kind="text"), note=note)


def _date(look: Look, called: Look | None, doubts: list[str], *, tells: bool) -> _Guess:
    """Draft a date: its moment from its name, unless most of its days are not before the call."""
    known = date_known_by_name(look.plain)
    late = 0.0
    if called is not None and called is not look:
        late = share((look.days >= called.days).drop_nulls())
    if late > 0.5:
        doubts.append(f"{late:.0%} of its days are not before '{called.name if called else ''}': known after the call?")
    elif known == "after_call":
        doubts.append("its name says that it is known only after the call")
    elif known is None:
        doubts.append(_AFTER_THE_CALL)
    moment: Known = "after_call" if late > 0.5 or tells else known or "planning"
    role: Role = "campaign" if feature_role(look.plain) == "campaign" else "time"
    if look.distinct <= 1:
        role = "ignore"
    if feature_role(look.plain) in _WHO_MAY_BE_CALLED:
        doubts.append(_DAYS_OF_CONSENT)
    note = (
        f"dates, written {format_words(look.format or ISO)}: no feature. To use them, put a number into the table:"
        " months from the date to the day of the list"
    )
    return _Guess(_column(look, role, moment, kind="date", format=look.format), tuple(doubts), note)


def _why_ignored(look: Look, role: Role) -> str:
    """Say why a column is of no use; empty if it is of use."""
    if look.distinct <= 1 and role not in _WHO_MAY_BE_CALLED:  # the next table has an objector
        return "a column with one value tells nobody apart"
    if look.kind == "number" and looks_like_id(look.plain):
        return "a number that names a case, not an amount"
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
    return f"text with {look.distinct:,} different values; to use it, group them into at most {MAX_LEVELS} levels"


def _allowed(look: Look) -> tuple[str, ...]:
    """List the levels, unless some are so rare that they could name a person or that others like them will come."""
    if not look.levels or min(look.levels.values()) < MIN_PER_LEVEL:
        return ()
    return tuple(sorted(look.levels))


def _bounds_and_states(look: Look, doubts: list[str]) -> dict[str, object]:
    values = look.numbers.drop_nulls()
    states = look.sentinels()
    rest = values.filter(~values.is_in(states)) if states else values
    if states:
        doubts.append(f"is {', '.join(f'{state:g}' for state in states)} a code?")
    if not len(rest):
        return {}
    if look.otherwise is not None:  # bounds that hold by either decimal sign
        rest = pl.concat([rest, look.otherwise.drop_nulls()])
    bounds, outside = _bounds(look, rest)
    if len(outside):
        doubts.append(_outside_told(outside, bounds))
    named = tuple(State(value=state, name=f"code {state:g}") for state in states)
    return {"bounds": bounds, "states": named}


def _bounds(look: Look, numbers: pl.Series) -> tuple[tuple[float, float], pl.Series]:
    """Bound what is plausible, with room for more; also name the numbers that are not."""
    if is_age(look.plain) and share(numbers.is_between(*AGES)) >= MANY:
        return AGES, numbers.filter(~numbers.is_between(*AGES))
    sizes = numbers.abs()
    usual = float(sizes.filter(sizes > 0).quantile(0.95, "lower") or 0.0)
    far = sizes > FAR_AWAY * max(usual, 1.0)
    near = numbers.filter(~far)
    low, high = float(near.min()), float(near.max())  # type: ignore[arg-type]
    span = max(high - low, 1.0)
    bounds = (0.0 if low >= 0 else -_round_up(span - low), _round_up(high + span) if high > 0 else 0.0)
    return bounds, numbers.filter(far)


def _outside_told(outside: pl.Series, bounds: tuple[float, float]) -> str:
    named = some_named([f"{number:g}" for number in outside.unique().sort()])
    words = f"outside {bounds[0]:g} to {bounds[1]:g} ({named})"
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

    Categories rank by the share of the level among all *other* rows, so that levels of single customers prove nothing.
    Also names the level where there are more than two; those of few rows are left out: a small class at one end of an
    age is no leak.
    """
    counts = count_values(answers.drop_nulls())
    found = [(0.5, "")]
    for level in _large_enough(counts):
        yes = (answers == level).fill_null(False)
        auc = _auc(_scores(look, yes), yes)
        best = auc if look.kind == "category" else max(auc, 1 - auc)
        found.append((best, level if len(counts) > 2 else ""))
    return max(found, key=lambda each: each[0])


def _large_enough(counts: Mapping[str, int]) -> list[str]:
    if len(counts) <= 2:  # either tells as much as the other
        return sorted(counts)
    large = [level for level in sorted(counts) if counts[level] >= MIN_TO_TELL]
    return large or sorted(counts)


def _scores(look: Look, yes: pl.Series) -> pl.Series:
    if look.kind == "category":
        return _share_among_others(look.texts, yes)
    if look.kind == "text":  # whether anything is written at all
        return look.texts.is_not_null().cast(pl.Float64)
    numbers = look.numbers if look.kind == "number" else look.days.cast(pl.Int32).cast(pl.Float64)
    return numbers.fill_null(-1e308)


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


def _with_comments(
    contract: Contract, suspects: Mapping[str, str], notes: Mapping[str, str], about_rows: Sequence[str]
) -> str:
    """Write the draft with a heading for each `known` level and the suspects beside their columns."""
    whole = tomlkit.parse(contract_to_toml(contract.model_copy(update={"columns": ()})))
    whole.pop("columns", None)
    head, outcome = tomlkit.dumps(whole).strip().split("\n[outcome]\n")
    parts = [
        "# A draft. Look at every column: its kind, its role, and when the bank knows it.\n"
        "# `segmint check` helps. Then set reviewed = true; `run`, `segment` and `backtest` refuse the contract until a person does.\n"
        + _roles_used(contract)
        + "".join(_comment("LOOK", doubt) for doubt in about_rows)
        + head.rstrip(),
        f"{_comment('LOOK', suspects.get(contract.outcome.column))}[outcome]\n{outcome}",
    ]
    for known in KNOWN_ORDER:
        columns = [column for column in contract.columns if column.known == known]
        if columns:
            parts.append(f"# ---- {_HEADINGS[known]} ----")
        for column in columns:
            comments = _comment("LOOK", suspects.get(column.name)) + _comment("NOTE", notes.get(column.name))
            parts.append(comments + _column_text(column))
    return "\n\n".join(parts) + "\n"


def _roles_used(contract: Contract) -> str:
    """Say what the draft's roles mean."""
    used = {column.role for column in contract.columns}
    lines = [f"#   {role}: {meaning}\n" for role, meaning in ROLES.items() if role in used]
    return "".join(["# Its roles (all of them, and what else a column may say: segmint contract roles):\n", *lines])


_HEADINGS: Mapping[Known, str] = {
    "planning": "known when the list is made",
    "dialling": "known when the call is placed",
    "after_call": "known only after the call: never used to choose whom to call",
}


def _column_text(column: Column) -> str:
    document, columns = tomlkit.document(), tomlkit.table(is_super_table=True)
    columns[column.name] = column_table(column)
    document["columns"] = columns
    return tomlkit.dumps(document).strip()


def _comment(word: str, text: str | None) -> str:
    """Write a comment on one line, whatever a column's name holds."""
    bare = re.sub(r"[\x00-\x1f\x7f]+", " ", text or "")
    return f"# {word}: {bare}\n" if bare else ""

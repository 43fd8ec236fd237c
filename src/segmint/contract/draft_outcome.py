"""The outcome of a drafted contract: which column it is, its levels, who the yes is, and what means no answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from segmint.contract.column_match import suggested
from segmint.contract.contract import Outcome
from segmint.contract.counts import count_values
from segmint.contract.header import VALUE, columns_told, has_header
from segmint.contract.hints import (
    label_for,
    outcome_rank,
    plain_name,
)
from segmint.contract.look import MIN_PER_LEVEL, bare_texts, few_named
from segmint.contract.no_value import MISSING_WORDS, NO_ANSWER, says_nothing
from segmint.contract.validate import MIN_ROWS_PER_LEVEL, rare_told
from segmint.contract.yes_no import NO, NO_WORDS, WHOLE, YES, YES_WORDS, few_yes_told
from segmint.errors import ContractError
from segmint.wording import Said, Term, counted, joined

SAMPLE_ROWS = 200_000
MAX_OUTCOME_LEVELS = 12
MAX_OUTCOME_SPELLINGS = 60
MOST_LISTED = 20  # names of columns in an error
UNANSWERED = "response"  # the column of answers to come, unless it is named
WON = ("won", "success", "accepted", "sold")
LOST = ("lost", "failure", "rejected", "declined")
NAME_OUTCOME = Term(': --outcome COLUMN (in Python outcome="COLUMN")')
NO_OUTCOME = Term("--no-outcome (in Python without_outcome)")
SAY_NO_OUTCOME = Term(": --no-outcome (in Python without_outcome=True)")
_TWO_SEGMENTS = 'If both name segments, write kind = "assignment", without positive and words'
_WITHOUT = {"response": "not called, or a no", "assignment": "is their segment not known, or one of its own"}
_PREDICTED, _MADE_OF_IT = "propensity", "segment"  # as `segmint predict` names its columns
_NO_ANSWERS_YET = "nobody's answer is here yet; name the column that your campaign will fill"


@dataclass(frozen=True)
class DraftedOutcome:
    """A drafted outcome.

    Attributes
    ----------
    outcome : Outcome
    answers : polars.Series of shape (n_rows,), String
        Each spelled as its level for the most part; null for none.
    no_answer : tuple of str
        Words that mean no answer.
    suspects : dict of str to str
        What a person should look at, by column.
    """

    outcome: Outcome
    answers: pl.Series
    no_answer: tuple[str, ...]
    suspects: Mapping[str, str]


def draft_outcome(frame: pl.DataFrame, wanted: str | None, table: str) -> DraftedOutcome:
    """Draft the outcome of a table that holds the answers.

    Parameters
    ----------
    frame : polars.DataFrame
    wanted : str, optional
        The outcome column; guessed from the names if not given.
    table : str
        The table's name, for errors.

    Raises
    ------
    ContractError
        If no column looks like an outcome, or the named one is not there or has one level or too many.
    """
    chosen = _outcome_column(frame, wanted, table)
    answers, words = _answers(frame[chosen])
    no_answer, strange = _rare_apart(frame[chosen], words)
    outcome = _outcome_of(answers, chosen)
    answers = _one_spelling(answers)
    doubts = _outcome_doubts(outcome, answers, no_answer, strange)
    doubts = [*(_guess_doubts(frame, outcome) if wanted is None else []), *doubts]
    return DraftedOutcome(outcome, answers, no_answer, {chosen: joined("; ", doubts)} if doubts else {})


def outcome_to_come(frame: pl.DataFrame, name: str | None, table: str) -> DraftedOutcome:
    """Draft the outcome of a campaign that is still to come, and nobody's answers.

    Raises
    ------
    ContractError
        If the column holds answers.
    """
    name = name or UNANSWERED
    column = frame[name] if name in frame.columns else pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    answers, no_answer = _answers(column)
    if answers.count():
        raise ContractError(
            f"'{table}' has answers in '{name}'.",
            expected=Said("a table in which nobody has answered yet, as ", NO_OUTCOME, " says"),
            fix=Said("leave ", NO_OUTCOME, " out; or name another column for the answers to come", NAME_OUTCOME),
        )
    outcome = Outcome(column=name, kind="response", levels=("no", "yes"), positive="yes", label=label_for(name))
    return DraftedOutcome(outcome, answers, no_answer, {name: _NO_ANSWERS_YET, **_likely_answers(frame)})


def _answers(raw: pl.Series) -> tuple[pl.Series, tuple[str, ...]]:
    """Read a column as answers: null where nothing or a word for nothing stands, and those words.

    "none" and "missing" may be answers as well, unless all the others say yes or no.
    """
    texts = _answer_texts(raw)
    spellings = texts.drop_nulls().unique().to_list()
    words = [word for word in spellings if word in MISSING_WORDS]
    said = [text for text in spellings if text not in words]
    others = _neither(said)
    if not said or not all(says_yes(text) or says_no(text) or text in others for text in said):
        words = [word for word in words if word.casefold() not in ("none", "missing")]
    words += others
    return texts.set(texts.is_in(words), None), tuple(sorted(words))


def _answer_texts(raw: pl.Series) -> pl.Series:
    """Write answers as text, whole numbers without decimals: from a file as from a frame of numbers."""
    return bare_texts(raw).str.replace(WHOLE, "${1}")


def _rare_apart(raw: pl.Series, words: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Keep the words that mean no answer in general or to many; count the rows of all others, which nobody has named."""
    counts = count_values(_answer_texts(raw).drop_nulls())
    kept = tuple(word for word in words if says_nothing(word) or counts[word] >= MIN_PER_LEVEL)
    return kept, sum(counts[word] for word in words if word not in kept)


def _neither(said: Sequence[str]) -> list[str]:
    """Name what is neither yes nor no beside both: words for "no answer", or one other word; numbers are levels."""
    others = [text for text in said if not says_yes(text) and not says_no(text)]
    if not any(says_yes(text) for text in said) or not any(says_no(text) for text in said):
        return []
    unnamed = {text.casefold() for text in others} - set(NO_ANSWER)
    # a letter beside two others is one more segment
    named = all(len(text) > 1 and not VALUE.search(text) for text in unnamed)
    return others if len(unnamed) <= 1 and named else []


def says_yes(text: str) -> bool:
    """Tell whether a word of any language that is known means yes."""
    return text.casefold() in (*YES, *WON, "1.0")


def says_no(text: str) -> bool:
    """Tell whether a word of any language that is known means no."""
    return text.casefold() in (*NO, *LOST, "0.0")


def _levels_of(counts: Mapping[str, int]) -> dict[str, str]:
    """Name the level that each spelling of an answer means: of {ja, Ja, nein}, "ja" and "nein".

    Several words for yes and for no are a response, and so are two words, however capitals are used.
    """
    said = {text: "yes" if says_yes(text) else "no" for text in counts if says_yes(text) or says_no(text)}
    folded = {text: text.casefold() for text in counts}
    same = said if len(said) == len(counts) else folded
    if len(set(same.values())) != 2:
        return {text: text for text in counts}
    usual = sorted(counts, key=lambda text: (counts[text], text))
    most = {same[text]: text for text in usual}  # the last one stays, the most frequent
    return {text: most[same[text]] for text in counts}


def _outcome_column(frame: pl.DataFrame, wanted: str | None, table: str) -> str:
    if wanted is not None:
        if wanted not in frame.columns:
            raise ContractError(
                f"'{table}' has no column '{wanted}'.",
                expected=f"one of {columns_told(frame)}",
                fix=(has_header(frame) and suggested(wanted, frame.columns))
                or Said("name the outcome column", NAME_OUTCOME),
            )
        return wanted
    if found := _likely_outcome(frame):
        return found
    raise ContractError(
        f"No column of '{table}' looks like an outcome.",
        expected="a column that says how each customer answered, or to which known segment each belongs",
        fix=Said("name it", NAME_OUTCOME, "; or, where nobody has answered yet", SAY_NO_OUTCOME),
    )


def _likely_outcome(frame: pl.DataFrame) -> str | None:
    answers = {name: _answers(frame[name])[0] for name in frame.columns if outcome_rank(plain_name(name))}
    levels = {name: _one_spelling(said).drop_nulls().n_unique() for name, said in answers.items()}
    named = [name for name in answers if levels[name]]
    yes_or_no = [name for name in named if levels[name] == 2]
    sure = [name for name in named if levels[name] <= MAX_OUTCOME_LEVELS and outcome_rank(plain_name(name)) == 2]
    segments = [name for name in sure if levels[name] > 1]
    of_yes_alone = [name for name in sure if answers[name].has_nulls()]
    fitting = yes_or_no or segments or of_yes_alone
    # exports put the answer last, so the last of the best names wins; what a prediction has added is the last choice
    own = {_MADE_OF_IT} if _PREDICTED in frame.columns else set()
    return min(fitting[::-1], key=lambda name: (name in own, -outcome_rank(plain_name(name))), default=None)


def _guess_doubts(frame: pl.DataFrame, outcome: Outcome) -> list[str]:
    """Ask about segments that are taken for the outcome by their name alone, and about an answer beside one named alike."""
    rank = outcome_rank(plain_name(outcome.column)) if outcome.kind == "response" else 0
    rivals = [name for name in frame.columns if outcome_rank(plain_name(name)) >= rank and name != outcome.column]
    own = outcome.column == _MADE_OF_IT and _PREDICTED in frame.columns
    others = [name for name in rivals if _is_yes_or_no(frame[name])]
    doubts = [
        *(["`segmint predict` writes such a column"] if own else []),
        *([f"is one of yes and no the outcome ({few_named(others)})?"] if others else []),
    ]
    return ["guessed from its name", *doubts, Said("another is named", NAME_OUTCOME)] if doubts else []


def _is_yes_or_no(raw: pl.Series) -> bool:
    said = _answers(raw)[0].drop_nulls().unique()
    few = len(said) <= MAX_OUTCOME_SPELLINGS
    return (
        few
        and any(map(says_yes, said))
        and any(map(says_no, said))
        and all(says_yes(text) or says_no(text) for text in said)
    )


def _likely_answers(frame: pl.DataFrame) -> dict[str, str]:
    """Ask about a column that is named and filled as an outcome in a table that is said to have none."""
    found = _likely_outcome(frame)
    return {} if found is None else {found: Said("does it hold the answers? Then draft again without ", NO_OUTCOME)}


def _one_spelling(answers: pl.Series) -> pl.Series:
    if answers.n_unique() > MAX_OUTCOME_SPELLINGS:  # an id is no outcome
        return answers
    return answers.replace(_levels_of(count_values(answers.drop_nulls())))


def _outcome_of(answers: pl.Series, name: str) -> Outcome:
    counts = count_values(answers.drop_nulls())
    levels = _levels_of(counts)
    distinct = sorted(set(levels.values()))
    if len(distinct) == 1 and answers.has_nulls():
        raise ContractError(
            f"The outcome '{name}' has 1 level, and {answers.null_count():,} of {len(answers):,} rows have none.",
            expected="two levels: a row without an outcome is one of a customer who was not asked, and teaches nothing",
            fix='if no outcome means no, write no into one of these rows, draft again and set blank = "no" under [outcome]; '
            "else name another outcome column",
        )
    if not 2 <= len(distinct) <= MAX_OUTCOME_LEVELS:
        raise ContractError(
            f"The outcome '{name}' has {counted(len(distinct), 'level')}.",
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
    unsaid = [level for level in counts if not says_no(level)]
    return unsaid[0] if len(unsaid) == 1 else min(counts, key=lambda level: (counts[level], level))


def _sure_yes(levels: Sequence[str]) -> str | None:
    """Name the level that means yes by its word; 1 does beside 0, -1 or a no, and beside 2 it is only a number."""
    said = [level for level in levels if says_yes(level)]
    if len(said) != 1:
        return None
    number = said[0] in ("1", "1.0")
    clear = all(says_no(level) or level in ("-1", "-1.0") for level in levels if level != said[0])
    return None if number and not clear else said[0]


def _outcome_doubts(outcome: Outcome, answers: pl.Series, no_answer: Sequence[str], strange: int) -> list[str]:
    """Ask about an outcome whose words do not tell which of them is the yes, where few said it, or where some rows have none."""
    doubts, counts = [], _rows_of_levels(outcome, answers)
    if outcome.kind == "response" and _sure_yes(outcome.levels) is None:
        doubts.append(f"is '{outcome.positive}' the yes? {_TWO_SEGMENTS}")
    if len({level.casefold() for level in outcome.levels}) < len(outcome.levels):
        doubts.append("levels that differ only in capital letters: one level?")
    if (
        outcome.kind == "response"
        and len(answers) < SAMPLE_ROWS
        and (few := few_yes_told(counts[outcome.positive or ""]))
    ):
        doubts.append(few)
    rare = [level for level in outcome.levels if counts[level] < MIN_ROWS_PER_LEVEL]
    if outcome.kind != "response" and rare and len(answers) < SAMPLE_ROWS:
        few = ", ".join(f"{level} ({counts[level]})" for level in rare)
        doubts.append(
            f"fewer than {MIN_ROWS_PER_LEVEL} rows of {few}, and a run refuses that: {rare_told(rare, outcome.kind)}"
        )
    if strange:
        levels = " nor ".join(f"'{level}'" for level in outcome.levels)
        rows = counted(strange, "row says", "rows say")
        doubts.append(f"{rows} neither {levels} and would be rejected; if it means one of them, write it under words")
    if empty := answers.null_count() - strange:
        words = f" (empty, or {', '.join(no_answer)})" if no_answer else ""
        rows = counted(empty, "row has", "rows have")
        no = outcome.negative
        means_no = f' (if a blank is a no, write blank = "{no}" under [outcome])' if no else ""
        doubts.append(f"{rows} no outcome{words} and would be rejected: {_WITHOUT[outcome.kind]}?{means_no}")
    return doubts


def _rows_of_levels(outcome: Outcome, answers: pl.Series) -> Counter[str]:
    """Count the rows of each level, however it is spelled."""
    rows = Counter[str]()
    for text, count in count_values(answers.drop_nulls()).items():
        rows[outcome.level_of(text) or ""] += count
    return rows

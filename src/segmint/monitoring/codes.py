"""What a call centre's codes mean: read from TOML, drafted from a table of results, and named in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

import polars as pl
import tomlkit
from pydantic import BaseModel, ConfigDict, ValidationError

from segmint.contract.counts import count_values
from segmint.contract.hints import (
    is_objection,
    looks_like_id,
    names_customer,
    outcome_rank,
    personal_role,
    plain_name,
    without_accents,
)
from segmint.errors import ConfigError, DataError
from segmint.toml_files import parse_toml
from segmint.wording import counted

Meaning = Literal["success", "refused", "call_back", "not_reached", "wrong_number", "do_not_call"]
MEANINGS: tuple[str, ...] = get_args(Meaning)
_DRAFT = "to draft one: segmint codes init RESULTS > codes.toml"
SAY_WHAT_THEY_MEAN = f"say in a TOML file what each code means, and name it with --codes; {_DRAFT}"
NAME_THE_COLUMNS = f"name the columns in a TOML file as `customer` and `code`, and the file with --codes; {_DRAFT}"
FEWEST_ROWS = 10  # a code that fewer rows carry may be a remark about one customer
MOST_NAMED, MOST_CODES = 10, 60
# words of any call centre, which say nothing of one customer
_OF_ANYBODY = frozenset(
    {
        *MEANINGS,
        "sale",
        "sold",
        "yes",
        "no",
        "dnc",
        "opt_out",
        "cb",
        "callback",
        "wn",
        "busy",
        "vm",
        "voicemail",
        "no_answer",
    }
)
_CODE = re.compile(r"(^|_)(code|result|outcome|disposition|status|ergebnis|resultado|resultat|risultato|esito|answer)")
# held against words without accents; the first that fits is the guess, so that "no answer" is no "no"
_WORDS: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    ("do_not_call", re.compile(r"do_?not|remove|no_llamar|nao_ligar|ne_plus|non_chiamare|nicht_mehr|opposition")),
    ("wrong_number", re.compile(r"wrong|invalid|disconnect|bad_?num|falsch|equivocad|errad|faux|errat|^(wn|dc)$")),
    ("call_back", re.compile(r"call_?ba?c?k|later|ruckruf|rueckruf|wiedervorlage|rappel|volver|richiam|^(cb|cbk|wv)$")),
    (
        "not_reached",
        re.compile(
            r"no_?ans|not_?reach|unreach|voice_?mail|mailbox|machine|busy|nicht_erreicht|besetzt|ocupad|occup|no_contest"
            r"|nao_atend|non_rispo|pas_de_rep|absent|^(vm|am|nr)$"
        ),
    ),
    (
        "refused",
        re.compile(
            r"refus|declin|reject|not_?int|no_?(sale|int)|not_sold|unsuccess|lost|kein_|absage|abgelehnt|rechaz|recus|rifiut"
            r"|sem_int|pas_int|^(no|n|nein|non|nao|ni)$"
        ),
    ),
    (
        "success",
        re.compile(
            r"sale|sold|success|accept|convert|signed|bought|purchased|won$|abschluss|abgeschlossen|verkauf|gekauft|zusage|comprado|comprou|achete|acquistato|vent[ae]|vend|accord|^(yes|y|ja|sim|oui|si|kauf|purchase|compra|achat|acquisto)$"
        ),
    ),
)
# what makes a no of a word for yes: "not sold", "Sale: no", "Sale cancelled"
_UNDONE = re.compile(
    r"(^|_)(not|nicht|kein|ning|nessun|nenhum|aucun)|(^|_)(no|n|non|nein|nao|sem|sin|senza|sans|pas|ohne|never|didnt|without|false)(_|$)"
    r"|n\Wt(_|$)|(^|_)(un|in)(sold|signed|accept|convert|success|vend)|cancel|storn|an+ul|lost|fail|withdr|revok|refund|return"
)


class Dispositions(BaseModel):
    """What the call centre's codes mean, said once.

    Attributes
    ----------
    customer, code : str
        The result file's columns.
    codes : dict of str to Meaning
        "success", "refused", "call_back", "not_reached", "wrong_number" or "do_not_call" for each code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    customer: str = "customer"
    code: str = "code"
    codes: dict[str, Meaning]


def parse_dispositions(text: str, *, origin: str = "dispositions") -> Dispositions:
    """Read the meaning of disposition codes from TOML: ``customer``, ``code`` and a table ``[codes]``.

    Raises
    ------
    ConfigError
        If the file makes no sense, or no code means success.
    """
    try:
        dispositions = Dispositions(**parse_toml(text))
    except (ValueError, TypeError) as error:
        raise ConfigError(
            _without_sense(error, origin),
            expected=f"[codes] with one of {', '.join(MEANINGS)} for each code",
            fix='write lines such as SALE = "success"',
        ) from error
    if "success" not in dispositions.codes.values():
        raise ConfigError(
            f"'{origin}' names no code that means success.",
            expected='at least one code = "success"',
            fix="add the code the call centre uses for a sale",
        )
    return dispositions


def _without_sense(error: Exception, origin: str) -> str:
    """Name the first code whose meaning is none, such as one that a draft left open."""
    places = [problem["loc"] for problem in error.errors()] if isinstance(error, ValidationError) else []
    code = next((place[1] for place in places if place[0] == "codes" and len(place) > 1), None)
    return (
        f"'{origin}' makes no sense."
        if code is None
        else f"'{origin}' gives the code '{code}' no meaning that is known."
    )


def draft_codes(results: pl.DataFrame, *, customer: str | None = None, code: str | None = None) -> str:
    """Draft the file of ``--codes`` as TOML: the two columns, and each code with its rows and a guess of its meaning.

    Parameters
    ----------
    results : polars.DataFrame
        One row for each call.
    customer, code : str, optional
        The columns; guessed from names and values if not given.

    Returns
    -------
    str
        Codes that fewer than ten rows carry are counted, unless any call centre has them: they may say something of
        one customer.

    Raises
    ------
    DataError
        If a column is not there or cannot be guessed.
    """
    customer = customer or _customer_column(results)
    code = code or _code_column([results[name] for name in results.columns if name != customer])
    for flag, name in (("customer", customer), ("code", code)):
        if name is None or name not in results.columns:
            raise DataError(
                f"No column of the results looks like the {flag}."
                if name is None
                else f"The results have no column '{name}'.",
                expected="one row for each call, with the customer and a code of what came of it",
                fix=f"name it: --{flag} COLUMN",
            )
    document = tomlkit.document()
    document.add(
        tomlkit.comment("What the call centre's codes mean: a guess. Look at every line, then use it with --codes.")
    )
    document.add(tomlkit.comment(f"A meaning is one of {', '.join(MEANINGS)}."))
    document["customer"], document["code"] = customer, code
    document["codes"] = _codes_table(_said(results[str(code)]))
    return f"{tomlkit.dumps(document).rstrip()}\n"


def codes_in_words(codes: pl.Series) -> str:
    """Name some codes with their rows, the most frequent first: " (NOANS: 60, codes in fewer than 10 rows each: 2)"."""
    common, rare, blank = _counted(_said(codes))
    said = [f"{code}: {rows:,}" for code, rows in list(common.items())[:MOST_NAMED]]
    if more := len(common) - len(said):
        said.append(f"{more:,} more")
    if rare:
        said.append(f"codes in fewer than {FEWEST_ROWS} rows each: {len(rare):,}")
    if blank:
        said.append(f"rows without a code: {blank:,}")
    return f" ({', '.join(said)})" if said else ""


def guess_meaning(code: str) -> Meaning | None:
    """Guess what a code means by its word; None if it does not tell, or says yes and no at once."""
    word = without_accents(plain_name(code))
    if is_objection(word):
        return "do_not_call"
    meaning = next((meaning for meaning, words in _WORDS if words.search(word)), None)
    return None if meaning == "success" and _UNDONE.search(word) else meaning


def _codes_table(said: pl.Series) -> tomlkit.items.Table:
    table = tomlkit.table()
    common, rare, blank = _counted(said)
    for code, rows in common.items():
        meaning = guess_meaning(code)
        item = tomlkit.item(meaning or "")
        item.comment(counted(rows, "row") if meaning else f"LOOK: {counted(rows, 'row')}; what does it mean?")
        table.add(code, item)
    if rare:
        table.add(
            tomlkit.comment(
                f"LOOK: codes in fewer than {FEWEST_ROWS} rows each, not named here: {len(rare):,}; add what they mean"
            )
        )
    if blank:
        table.add(tomlkit.comment(f"LOOK: rows without a code: {blank:,}; measure needs one in each"))
    return table


def _said(column: pl.Series) -> pl.Series:
    return column.cast(pl.String).str.strip_chars()


def _counted(said: pl.Series) -> tuple[dict[str, int], dict[str, int], int]:
    """Count the rows of each code that may be named, of each that may not, and those without any."""
    counts = count_values(said, sort=True)
    blank = counts.pop(None, 0) + counts.pop("", 0)
    common = {code: rows for code, rows in counts.items() if rows >= FEWEST_ROWS or plain_name(code) in _OF_ANYBODY}
    return common, {code: rows for code, rows in counts.items() if code not in common}, blank


def _customer_column(results: pl.DataFrame) -> str | None:
    plain = {name: plain_name(name) for name in results.columns}
    asked = (
        lambda word: word == "customer",
        names_customer,
        lambda word: word == "id",
        lambda word: looks_like_id(word) and personal_role(word) is None,
    )
    return next((name for fits in asked for name in results.columns if fits(plain[name])), None)


def _code_column(columns: Sequence[pl.Series]) -> str | None:
    """Name the column that is called like codes, or whose words are most of all those of calls."""
    scores = {column.name: _likeness(column) for column in columns}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] > 0 else None


def _likeness(column: pl.Series) -> float:
    counts = count_values(_said(column).drop_nulls())
    if not 0 < len(counts) <= MOST_CODES:
        return 0.0
    plain = plain_name(column.name)
    named = bool(_CODE.search(plain)) or outcome_rank(plain) == 2
    guessed = sum(rows for code, rows in counts.items() if guess_meaning(code)) / sum(counts.values())
    return guessed + named + (plain == "code")

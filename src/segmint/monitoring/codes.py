"""What a call centre's codes mean: read from TOML, drafted from a table of results, and named in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

import polars as pl
import tomlkit
from pydantic import BaseModel, ConfigDict, ValidationError

from segmint.contract.counts import count_values
from segmint.contract.dates import written_days_of
from segmint.contract.hints import (
    is_identity_number,
    is_objection,
    known_by_name,
    looks_like_id,
    names_customer,
    outcome_rank,
    personal_role,
    plain_name,
    without_accents,
)
from segmint.errors import ConfigError, DataError
from segmint.toml_files import parse_toml
from segmint.wording import counted, quoted, some_of

Meaning = Literal["success", "refused", "call_back", "not_reached", "wrong_number", "do_not_call"]
MEANINGS: tuple[str, ...] = get_args(Meaning)
ANSWERS = {"success": True, "refused": False, "do_not_call": False}
"""What a customer who was reached has said; every other meaning is no answer."""

_NAME_THE_CUSTOMER = "name it: --customer COLUMN; or name the customers' contract: --contract"
_ID_LIKE = r"^[A-Za-z]{0,6}[-_/]?[0-9][0-9A-Za-z_/-]*(\.0)?$"
# a customer is called more than once, so that ids in a table of calls are not all different
_MOSTLY_DIFFERENT, _NEARLY_ALL = 0.8, 0.95
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
        "optout",
        "remove",
        "stop",
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
    (
        "do_not_call",
        re.compile(
            r"do_?not|remove|(^|_)stop(_|$)|unsubscri|(black|block)_?list|never_(call|contact)|no_llamar|nao_ligar|ne_plus|non_chiamare|nicht_mehr|opposition"
        ),
    ),
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
    origin : str
        The file that says so; "" where none does.
    results : str
        The file of results as a command names it, for who has yet to say what its codes mean.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    customer: str = "customer"
    code: str = "code"
    codes: dict[str, Meaning]
    origin: str = ""
    results: str = "RESULTS"

    @property
    def how_to_draft(self) -> str:
        """Name the command that drafts such a file."""
        return f"to draft one: segmint codes init {self.results} --out codes.toml"

    @property
    def name_the_columns(self) -> str:
        """Say where the columns are named."""
        if self.origin:
            return f"correct `customer` and `code` in '{self.origin}', which name the columns"
        return (
            f"name the columns in a TOML file as `customer` and `code`, and the file with --codes; {self.how_to_draft}"
        )

    def say_what_they_mean(self, unknown: pl.Series) -> str:
        """Say where codes without a meaning get one; `unknown` has one for each result."""
        if not self.origin:
            return f"say in a TOML file what each code means, and name it with --codes; {self.how_to_draft}"
        common, rare, blank = _counted(_said(unknown))
        lines = [
            tomlkit.dumps({code: "…"}).strip() for code in [*list(common)[:MOST_NAMED], *(["CODE"] if rare else [])]
        ]
        said = (
            [f"add to [codes] in '{self.origin}', with one of these meanings each: {', '.join(lines)}"] if lines else []
        )
        return "; ".join([*said, *(["write a code in each row"] if blank else [])])


PLAIN = Dispositions(codes={meaning: meaning for meaning in MEANINGS} | {"yes": "success", "no": "refused"})
"""What codes mean when no file says it: their own name, or yes and no."""


def parse_dispositions(text: str, *, origin: str = "dispositions") -> Dispositions:
    """Read the meaning of disposition codes from TOML: ``customer``, ``code`` and a table ``[codes]``.

    Raises
    ------
    ConfigError
        If the file makes no sense, or no code means success.
    """
    try:
        dispositions = Dispositions(**parse_toml(text), origin=origin, results=PLAIN.results)
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
    """Name every code whose meaning is none: those that a draft left open, and those with another word."""
    problems = error.errors() if isinstance(error, ValidationError) else []
    given = {str(at["loc"][1]): at["input"] for at in problems if at["loc"][0] == "codes" and len(at["loc"]) > 1}
    still_open = [code for code, meaning in given.items() if meaning == ""]
    said = []
    if still_open:
        said.append(f"'{origin}' gives {_codes(still_open)} no meaning yet: the draft asks for it.")
    if strange := [code for code in given if code not in still_open]:
        said.append(f"'{origin}' gives {_codes(strange)} no meaning that is known.")
    return " ".join(said) or f"'{origin}' makes no sense."


def _codes(codes: Sequence[str]) -> str:
    return f"the code{'s' * (len(codes) > 1)} {quoted(codes)}"


def draft_codes(
    results: pl.DataFrame, *, customer: str | None = None, code: str | None = None, own: str | None = None
) -> str:
    """Draft the file of ``--codes`` as TOML: the two columns, and each code with its rows and a guess of its meaning.

    Parameters
    ----------
    results : polars.DataFrame
        One row for each call.
    customer, code : str, optional
        The columns; guessed from names and values if not given.
    own : str, optional
        The id column of the customers' contract: the customer, where the results have it and no `customer` is given.

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
    by_name = customer or (own if own in results.columns else _customer_column(results))
    alike = [] if by_name else [name for name in results.columns if name != code and _like_ids(results[name])]
    if len(alike) > 1:
        raise DataError(
            f"{quoted(alike)} of the results could all be the customer.",
            expected="one row for each call, with the customer and a code of what came of it",
            fix=_NAME_THE_CUSTOMER,
        )
    customer = by_name or next(iter(alike), None)
    code = code or _code_column([results[name] for name in results.columns if name != customer])
    for flag, name in (("customer", customer), ("code", code)):
        if name is None or name not in results.columns:
            raise DataError(
                f"No column of the results looks like the {flag}."
                if name is None
                else f"The results have no column '{name}'.",
                expected="one row for each call, with the customer and a code of what came of it",
                fix=_NAME_THE_CUSTOMER if flag == "customer" else "name it: --code COLUMN",
            )
    document = tomlkit.document()
    document.add(
        tomlkit.comment("What the call centre's codes mean: a guess. Look at every line, then use it with --codes.")
    )
    document.add(tomlkit.comment(f"A meaning is one of {', '.join(MEANINGS)}."))
    whose = tomlkit.item(str(customer))
    if not by_name:
        whose.comment("LOOK: nearly every row has another value there; does it name the customer?")
    document["customer"], document["code"] = whose, code
    document["codes"] = _codes_table(_said(results[str(code)]))
    return f"{tomlkit.dumps(document).rstrip()}\n"


def meanings_of(results: pl.DataFrame, codes: Dispositions, *, nothing: Sequence[str] | None = None) -> pl.Series:
    """Say what the code of each result means.

    Parameters
    ----------
    results : polars.DataFrame
        With the column of codes.
    codes : Dispositions
    nothing : sequence of str, optional
        Words that say, as an empty cell does, that there is no outcome yet; without them every row must have a code.

    Returns
    -------
    polars.Series of String
        Null where there is no outcome yet.

    Raises
    ------
    DataError
        If a code has no meaning.
    """
    said = results[codes.code].cast(pl.String).str.strip_chars()
    meaning = said.replace_strict(dict(codes.codes), default=None, return_dtype=pl.String)
    unknown = meaning.is_null()
    if nothing is not None:
        unknown &= said.is_not_null() & ~said.is_in([word for word in nothing if word not in codes.codes])
    if unknown.any():
        raise DataError(
            f"{some_of(int(unknown.sum()), results.height, 'results', 'carries', 'carry')} a code without a meaning"
            f"{codes_in_words(said.filter(unknown))}.",
            expected=f"a meaning for every code: {', '.join(MEANINGS)}",
            fix=codes.say_what_they_mean(said.filter(unknown)),
        )
    return meaning


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
        lambda word: looks_like_id(word) and (personal_role(word) is None or is_identity_number(word)),
    )
    return next((name for fits in asked for name in results.columns if fits(plain[name])), None)


def _like_ids(column: pl.Series) -> bool:
    """Whether a column holds numbers or codes of which nearly each row has its own: no dates, phones or lengths of calls."""
    plain = plain_name(column.name)
    texts = _said(column)
    given = texts.filter(texts != "").drop_nulls()
    if len(given) < FEWEST_ROWS or len(given) < _NEARLY_ALL * len(texts) or personal_role(plain) is not None:
        return False
    if known_by_name(plain) == "after_call" or given.n_unique() < _MOSTLY_DIFFERENT * len(given):
        return False
    return bool(given.str.contains(_ID_LIKE).all()) and written_days_of(given).count() < len(given) / 2


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

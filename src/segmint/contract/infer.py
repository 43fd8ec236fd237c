"""Draft a contract from a table: every column once, under the moment it is known, with suspects named beside it.

A draft is a guess from names and values. It carries ``reviewed = false``, and training refuses it until a person has
read it and set that to true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor, log10

import polars as pl
import tomlkit

from segmint.contract.cells import as_text, read_cells
from segmint.contract.column import KNOWN_ORDER, Column, Known, Role, State
from segmint.contract.contract import NO_WORDS, YES_WORDS, Contract, Outcome
from segmint.contract.export import column_table, contract_to_toml
from segmint.errors import ContractError
from segmint.tables.table_source import TableSource

SAMPLE_ROWS = 200_000
MAX_LEVELS = 60
MAX_OUTCOME_LEVELS = 12
MIN_PER_LEVEL = 10
STRONG_AUC = 0.9
MISSING_WORDS = ("NA", "N/A", "n/a", "nan", "NaN", "NULL", "null", "None", "none", "?", "-", "missing")
SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0)

_OUTCOME_NAMES = re.compile(
    r"^(y|target|label|outcome|response|responded|churn(ed)?|exited|attrition|subscribed|converted|conversion|bought"
    r"|purchased?|accepted|deposit|segment(ation)?|class|success|renewed|cancelled|left)$|subscribed|churn|converted"
)
_ID_NAMES = re.compile(r"(^|_)(id|ids|uuid|guid|key|nr|no|number|kunde|iban)$|customer_?id|client_?id|account_?(no|nr)")
_SENSITIVE = re.compile(r"age$|gender|sex$|marital|married|religio|ethnic|race$|nationalit|birth|disab|health|pregnan")
_AFTER_CALL = re.compile(r"duration|talk_?time|talk_?seconds|call_?(seconds|length|minutes)|call_?outcome|handle_?time")
_DIALLING = re.compile(
    r"^(month|weekday|day|day_of_(week|month)|hour|channel|contact|communication(_type)?|agent|calls)$"
    r"|contacts?_(in|this)_campaign|^campaign$|emp\.var|cons\.(price|conf)|euribor|nr\.employed"
)
_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("phone", re.compile(r"phone|mobile_?n|telefon|msisdn")),
    ("name", re.compile(r"^(first|last|full|sur)?_?name$|surname|e_?mail")),
    ("consent", re.compile(r"consent|opt_?in|gdpr|do_?not_?call")),
    ("treatment", re.compile(r"^(called|treated|treatment|arm)$")),
    ("cost", re.compile(r"^cost|cost_per")),
    ("campaign", re.compile(r"^(wave|campaign_?(id|name|wave))$")),
    ("satisfaction", re.compile(r"satisf|nps|csat|rating|review|complain")),
    ("interest", re.compile(r"interest|hobb|preferr?|genre|favou?r|categor|spending|browse|page|visit")),
    (
        "history",
        re.compile(r"prev|earlier|past|pdays|poutcome|days_since|recency|frequency|last_|campaign|calls|tenure"),
    ),
    (
        "holding",
        re.compile(r"balance|loan|credit|card|deposit|account|product|premium|charge|contract|housing|default"),
    ),
    (
        "context",
        re.compile(r"^(month|weekday|day|hour|season|channel|contact|communication)|_index$|_idx$|euribor|rate$"),
    ),
)


@dataclass(frozen=True)
class Draft:
    """A drafted contract.

    Attributes
    ----------
    contract : Contract
        With ``reviewed`` false.
    suspects : dict of str to str
        What a person should look at, by column: "alone tells the outcome (AUC 0.97)".
    text : str
        The contract as TOML, suspects as comments; `parse_contract` reads it back.
    """

    contract: Contract
    suspects: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class _Look:
    """What one column's values look like."""

    name: str
    texts: pl.Series
    numbers: pl.Series
    missing: tuple[str, ...]
    levels: Mapping[str, int]
    kind: str
    suspects: list[str] = field(default_factory=list)


def infer_contract(source: TableSource, *, name: str, outcome: str | None = None) -> Draft:
    """Draft a contract from a table.

    Parameters
    ----------
    source : TableSource
        At most `SAMPLE_ROWS` rows are looked at.
    name : str
        The contract's name.
    outcome : str, optional
        The outcome column; guessed from the names if not given.

    Returns
    -------
    Draft

    Raises
    ------
    ContractError
        If no column looks like an outcome, or the named one has one level or too many.
    """
    frame = _sample(source)
    chosen = _outcome_column(frame, outcome, source.name)
    answers = as_text(frame[chosen], chosen).str.strip_chars()
    drafted = _draft_outcome(answers, chosen)
    decimal = str(source.receipt.get("decimal", "point"))
    looks = [_look(frame[column], decimal) for column in frame.columns if column != chosen]
    identity = _id_column(looks)
    suspects: dict[str, str] = {}
    columns = []
    for look in looks:
        auc = _single_column_auc(look, answers)
        column = _draft_column(look, is_id=look.name == identity, auc=auc)
        columns.append(column)
        notes = [*look.suspects, *([f"alone tells the outcome (AUC {auc:.2f})"] if auc > STRONG_AUC else [])]
        if notes and column.role != "id":
            suspects[look.name] = "; ".join(notes)
    columns.sort(key=lambda column: KNOWN_ORDER.index(column.known))
    contract = Contract(
        name=name,
        title=f"Draft for {source.name}",
        reviewed=False,
        outcome=drafted,
        columns=tuple(columns),
    )
    return Draft(contract, suspects, _with_comments(contract, suspects))


def _sample(source: TableSource) -> pl.DataFrame:
    frames, rows = [], 0
    for batch in source.batches():
        frames.append(batch.frame)
        rows += batch.frame.height
        if rows >= SAMPLE_ROWS:
            break
    return pl.concat(frames, how="vertical_relaxed").head(SAMPLE_ROWS)


def _outcome_column(frame: pl.DataFrame, wanted: str | None, table: str) -> str:
    if wanted is not None:
        if wanted not in frame.columns:
            raise ContractError(
                f"'{table}' has no column '{wanted}'.",
                expected=f"one of {', '.join(frame.columns[:20])}",
                fix="name the outcome column",
            )
        return wanted
    # exports put the answer last, so the last fitting name wins
    for name in reversed(frame.columns):
        if _OUTCOME_NAMES.search(_plain(name)) and frame[name].drop_nulls().n_unique() <= MAX_OUTCOME_LEVELS + 1:
            return name
    raise ContractError(
        f"No column of '{table}' looks like an outcome.",
        expected="a column that says how each customer answered",
        fix="name it: --outcome COLUMN",
    )


def _draft_outcome(texts: pl.Series, name: str) -> Outcome:
    counts = {level: count for level, count in texts.drop_nulls().value_counts().iter_rows() if level}
    if not 2 <= len(counts) <= MAX_OUTCOME_LEVELS:
        raise ContractError(
            f"The outcome '{name}' has {len(counts)} levels.",
            expected=f"two levels, or up to {MAX_OUTCOME_LEVELS} segments",
            fix="name another outcome column",
        )
    if all(level.casefold() in (*YES_WORDS, *NO_WORDS, "1.0", "0.0") for level in counts):
        return Outcome(column=name, kind="response", levels=("no", "yes"), positive="yes", label=_label(name))
    if len(counts) == 2:
        positive = min(counts, key=lambda level: (counts[level], level))
        negative = next(level for level in counts if level != positive)
        return Outcome(column=name, kind="response", levels=(negative, positive), positive=positive, label=_label(name))
    return Outcome(column=name, kind="assignment", levels=tuple(sorted(counts)), label=_label(name))


def _look(raw: pl.Series, decimal: str) -> _Look:
    name = raw.name
    texts = _texts(raw)
    counts = dict(texts.drop_nulls().value_counts(sort=True).head(MAX_LEVELS + 1).iter_rows())
    numbers, missing = _as_numbers(raw, texts, decimal)
    kind = _kind(raw, texts, numbers, missing)
    levels = {level: count for level, count in counts.items() if level != ""} if len(counts) <= MAX_LEVELS else {}
    look = _Look(name, texts, numbers, missing, levels, kind)
    if texts.drop_nulls().n_unique() <= 1:
        look.suspects.append("has one value only")
    if missing:
        look.suspects.append(f"read as no value: {', '.join(missing)}")
    elif kind == "category" and (words := [word for word in MISSING_WORDS if word in levels]):
        look.suspects.append(f"is '{words[0]}' a level, or no value?")
    return look


def _texts(raw: pl.Series) -> pl.Series:
    texts = as_text(raw, raw.name).str.strip_chars()
    return texts.set(texts == "", None)


def _as_numbers(raw: pl.Series, texts: pl.Series, decimal: str) -> tuple[pl.Series, tuple[str, ...]]:
    """Read a column as numbers; words for "no value" may stand between them."""
    column = Column(name=raw.name, kind="number", role="ignore", label="")
    numbers = read_cells(column, raw, ("",), "point" if decimal == "ambiguous" else decimal).values
    if raw.dtype != pl.String:
        return numbers, ()
    others = texts.filter(numbers.is_null()).drop_nulls().unique().to_list()
    words = tuple(sorted(word for word in others if word in MISSING_WORDS))
    return numbers, words if len(words) == len(others) else ()


def _kind(raw: pl.Series, texts: pl.Series, numbers: pl.Series, missing: Sequence[str]) -> str:
    filled = texts.drop_nulls()
    filled = filled.filter(~filled.is_in(list(missing))) if missing else filled
    if raw.dtype.is_temporal() or _share(filled.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}")) > 0.98:
        return "date"
    distinct = filled.n_unique()
    codes = filled.str.contains(r"^[+-]?0[0-9]")  # 007 is a code, not seven
    if len(filled) and numbers.count() >= 0.98 * len(filled) and not codes.any():
        return "category" if distinct <= 2 else "number"
    return "category" if distinct <= MAX_LEVELS else "text"


def _share(mask: pl.Series) -> float:
    return float(mask.sum()) / len(mask) if len(mask) else 0.0


def _id_column(looks: Sequence[_Look]) -> str | None:
    unique = [look for look in looks if look.texts.null_count() == 0 and look.texts.n_unique() > 0.98 * len(look.texts)]
    named = [look.name for look in looks if _ID_NAMES.search(_plain(look.name)) and look.kind in ("text", "number")]
    best = [look.name for look in unique if look.name in named]
    # a column of unique texts is an id under any name; unique numbers may be amounts
    return next(iter([*best, *(look.name for look in unique if look.kind == "text")]), None)


def _draft_column(look: _Look, *, is_id: bool, auc: float) -> Column:
    plain = _plain(look.name)
    if is_id:
        return Column(name=look.name, kind="text", role="id", label="customer")
    role = _role(look, plain)
    known: Known = "after_call" if _AFTER_CALL.search(plain) or (auc > STRONG_AUC and role != "ignore") else "planning"
    if known == "planning" and _DIALLING.search(plain):
        known = "dialling"
    settings: dict[str, object] = {"name": look.name, "role": role, "label": _label(look.name), "known": known}
    settings |= {"sensitive": True} if _SENSITIVE.search(plain) else {}
    settings |= {"missing": ("", *look.missing)} if look.missing else {}
    if look.kind == "number":
        settings |= {"kind": "number", **_bounds_and_states(look)}
    elif look.kind == "category":
        settings |= {"kind": "category", "allowed": _allowed(look)}
    else:
        settings |= {"kind": look.kind}
    return Column.model_validate(settings)


def _role(look: _Look, plain: str) -> Role:
    if look.texts.drop_nulls().n_unique() <= 1:
        return "ignore"
    role = next((role for role, pattern in _ROLES if pattern.search(plain)), None)
    if look.kind == "date":
        return role if role == "campaign" else "time"
    if look.kind == "text":
        return role if role in ("phone", "name") else "ignore"
    if _ID_NAMES.search(plain) and look.kind == "number":
        return "ignore"
    if _AFTER_CALL.search(plain):
        return "context"
    return role or ("context" if _DIALLING.search(plain) else "characteristic")


def _allowed(look: _Look) -> tuple[str, ...]:
    """List the levels, unless some are so rare that they could name a person or that others like them will come."""
    if not look.levels or min(look.levels.values()) < MIN_PER_LEVEL:
        return ()
    return tuple(sorted(look.levels))


def _bounds_and_states(look: _Look) -> dict[str, object]:
    values = look.numbers.drop_nulls()
    states = _sentinels(values)
    rest = values.filter(~values.is_in(states)) if states else values
    if states:
        look.suspects.append(f"is {', '.join(f'{state:g}' for state in states)} a code?")
    if not len(rest):
        return {}
    low, high = float(rest.min()), float(rest.max())  # type: ignore[arg-type]
    span = max(high - low, 1.0)
    bounds = (0.0 if low >= 0 else -_round_up(span - low), _round_up(high + span) if high > 0 else 0.0)
    named = tuple(State(value=state, name=f"code {state:g}") for state in states)
    return {"bounds": bounds, "states": named}


def _sentinels(values: pl.Series) -> list[float]:
    """Find codes among the numbers: frequent, at an end, and far from all others."""
    found = []
    distinct = values.unique().sort().to_list()
    counts = dict(values.filter(values.is_in(list(SENTINELS))).value_counts().iter_rows())
    for code, rest in [(distinct[0], distinct[1:]), (distinct[-1], distinct[:-1])] if len(distinct) > 3 else []:
        if code not in SENTINELS or counts[code] < 0.01 * len(values):
            continue
        lonely = abs(code - (rest[0] if code < rest[0] else rest[-1])) > 5 * max(b - a for a, b in pairwise(rest))
        if lonely or (code < 0 <= rest[0]):
            found.append(float(code))
    return found


def _round_up(number: float) -> float:
    """Round a positive number up to two digits."""
    unit = 10.0 ** (floor(log10(number)) - 1) if number > 0 else 1.0
    return float(-(-number // unit) * unit)


def _single_column_auc(look: _Look, answers: pl.Series) -> float:
    """How well one column alone ranks customers by outcome: the best AUC of any outcome level, in [0.5, 1].

    Categories rank by the share of the level among all *other* rows, so that levels of single customers prove nothing.
    """
    if look.kind not in ("number", "category"):
        return 0.5
    best = 0.5
    for level in answers.drop_nulls().unique():
        yes = (answers == level).fill_null(False)
        scores = look.numbers.fill_null(-1e308) if look.kind == "number" else _share_among_others(look.texts, yes)
        auc = _auc(scores, yes)
        best = max(best, auc, 1 - auc if look.kind == "number" else auc)
    return best


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


def _with_comments(contract: Contract, suspects: Mapping[str, str]) -> str:
    """Write the draft with a heading for each `known` level and the suspects beside their columns."""
    whole = tomlkit.parse(contract_to_toml(contract.model_copy(update={"columns": ()})))
    whole.pop("columns", None)
    head = tomlkit.dumps(whole).strip()
    parts = [
        "# A draft. Look at every column: its kind, its role, and when the bank knows it.\n"
        "# Then set reviewed = true; training refuses the contract until a person does.\n" + head
    ]
    for known in KNOWN_ORDER:
        columns = [column for column in contract.columns if column.known == known]
        if columns:
            parts.append(f"# ---- {_HEADINGS[known]} ----")
        for column in columns:
            note = suspects.get(column.name)
            parts.append((f"# LOOK: {_one_line(note)}\n" if note else "") + _column_text(column))
    return "\n\n".join(parts) + "\n"


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


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def _plain(name: str) -> str:
    """Write a column name in lower case with underscores: "MonthlyCharges" is "monthly_charges"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]+", "_", name.strip()).lower()


def _label(name: str) -> str:
    return re.sub(r"[_.\s]+", " ", _plain(name)).strip() or "column"

"""OpenAPI and JSON Schema, written from the contract of the bundle in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import polars as pl

from segmint.config import Data
from segmint.contract.cells import spellings
from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.contract.yes_no import NO, YES, bare_words
from segmint.flows.steps.bundle import SEGMENT, segment_names
from segmint.service.body import MOST_DIGITS, MOST_EXPLAINED, MOST_JSON, MOST_ROWS, MOST_TABLE, MOST_TEXT
from segmint.service.codes import PROBLEMS, RECORDS, ROWS
from segmint.service.idempotency import HEADER, REPLAYED
from segmint.service.request_id import SANE
from segmint.service.tables import READING, SECTIONS, settings_without_files
from segmint.store.bundle import Bundle
from segmint.targeting.suppress import safety_columns

JSON = dict[str, Any]
NUMBER_OF_NOBODY = "+442079460000"  # kept free for films and examples
_OF_A_LIST = "/v1/target needs it, predictions do not"


def row_schema(contract: Contract, at: str, example: JSON | None = None) -> JSON:
    """Describe one customer as JSON Schema: the columns that the network reads, their levels, units and bounds.

    Unknown levels and numbers out of their bounds are answered and flagged, so levels and bounds are told in words and
    not enforced. The id and columns that can forbid a call are described and stand in the example; only a list needs them.
    """
    columns = [c for c in contract.columns if c.is_feature and c.known_by(at)]  # type: ignore[arg-type]
    schema: JSON = {
        "type": "object",
        "title": "customer",
        "properties": {column.name: _column(column) for column in columns},
        "required": [column.name for column in columns],
        "additionalProperties": {"type": ["string", "number", "boolean", "null"], "maxLength": MOST_TEXT},
    }
    safety = safety_columns(contract)
    schema["properties"] |= {column.name: _safety(column) for column in safety}
    if contract.id_column is not None:
        words = f"the id; {_OF_A_LIST}"
        schema["properties"][contract.id_column] = _value(["string", "integer", "null"], words)
    if example is not None:
        may_be_called = {column.name: _may_be_called(column) for column in safety}
        schema["examples"] = [_with_numbers(example | may_be_called, columns, contract)]
    return schema


def _safety(column: Column) -> JSON:
    """Describe a column that can forbid a call."""
    told = _column(column)
    kinds = ["string", "integer" if column.role == "phone" else "boolean", "null"]
    words = f"{told['description']}; read as '{column.role}': {_OF_A_LIST}"
    return _value(list(dict.fromkeys((*told["type"], *kinds))), words)


def _value(kinds: Sequence[str], words: str) -> JSON:
    return {"type": kinds, "maxLength": MOST_TEXT, "description": words}


def _may_be_called(column: Column) -> str | int:
    """Tell what such a column says of somebody who may be called."""
    if column.role == "phone":
        return NUMBER_OF_NOBODY
    words = YES if column.role == "consent" else NO
    if column.kind == "number":
        return int(column.role == "consent")
    levels = column.allowed or ()
    spelled = dict(zip(bare_words(pl.Series(levels, dtype=pl.String)), levels, strict=True))
    return next((spelled[word] for word in words if word in spelled), words[0])


def _with_numbers(row: JSON, columns: Sequence[Column], contract: Contract) -> JSON:
    """Write the numbers of a row of texts as JSON numbers: as texts some could be read in two ways, like 1.234."""
    missing = {column.name: contract.missing_tokens(column) for column in columns if column.kind == "number"}
    return {name: _number(value, missing[name]) if name in missing else value for name, value in row.items()}


def _number(text: Any, missing: Sequence[str]) -> Any:
    """Read a number that came as text; None where it says that there is no value."""
    if not isinstance(text, str):
        return text
    try:
        value = None if text.strip() in missing else float(text)
    except ValueError:
        return None
    if value is None or not isfinite(value):  # JSON has no word for them
        return None
    return int(value) if value.is_integer() else value


def _column(column: Column) -> JSON:
    words = [column.label]
    if column.unit:
        words.append(f"in {column.unit}")
    if column.allowed:
        words.append("known levels: " + ", ".join(column.allowed))
    if column.bounds[0] is not None:
        words.append(f"from {column.bounds[0]:g}")
    if column.bounds[1] is not None:
        words.append(f"to {column.bounds[1]:g}")
    words += [
        f"{state.value:g} {'is a code' if state.is_unnamed else f'means {state.name}'}" for state in column.states
    ]
    if column.kind == "number":
        words.append(
            "as a text with a point as the decimal sign; one such as 1.234 can be read in two ways and is refused"
        )
    kinds = ["number", "string", "null"] if column.kind == "number" else ["string", "null"]
    if "true" in spellings(column.allowed):
        kinds.insert(1, "boolean")
    return _value(kinds, "; ".join(words))


def openapi(bundle: Bundle) -> JSON:
    """Describe the service as OpenAPI 3.1, with the columns and classes of the bundle in use."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "segmint", "version": bundle.digest[:12], "description": bundle.contract.title},
        "components": {
            "schemas": _schemas(bundle),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
        "paths": {
            "/v1/predict": {
                "post": _operation(
                    "Predict customers.",
                    {"application/json": _ref("predictions"), **_TABLES},
                    body={"application/json": _ref("rows"), **_TABLES},
                    parameters=[_setting(*setting) for setting in _reading()],
                    headers=_COUNTS,
                )
            },
            "/v1/explain": {
                "post": _operation(
                    "Say why customers get their predictions.",
                    {"application/json": _ref("explanations")},
                    body={"application/json": _ref("few_rows")},
                )
            },
            "/v1/target": {
                "post": _operation(
                    "Choose whom to call under a policy; the list is kept as a run.",
                    {"application/json": _ref("call_list")},
                    body={"application/json": _ref("listed_rows"), **_TABLES},
                    parameters=[_IDEMPOTENCY_KEY, *(_setting(*setting) for setting in (*_settings(), *_reading()))],
                    headers=_REPLAYED,
                    later=("409",),
                )
            },
            "/v1/contract": {
                "get": _operation(
                    "The columns of a customer, as JSON Schema.", {"application/json": {"type": "object"}}
                )
            },
            "/v1/bundle": {"get": _operation("The bundle in use.", {"application/json": _ref("bundle")})},
            "/openapi.json": {"get": _operation("This description.", {"application/json": {"type": "object"}})},
            "/metrics": {"get": _operation("Counts and seconds for Prometheus.", {"text/plain": {"type": "string"}})},
            "/health/live": {"get": _open_to_all("Whether the process answers.", "live")},
            "/health/ready": {"get": _open_to_all("Whether customers can be predicted.", "ready")},
        },
    }


_TEXT: JSON = {"type": "string"}
_TABLES: JSON = {
    "text/csv": {"type": "string", "description": f"a header and rows; at most {MOST_TABLE >> 20} MiB"},
    "application/vnd.apache.parquet": {
        "type": "string",
        "format": "binary",
        "description": f"at most {MOST_TABLE >> 20} MiB",
    },
}
_COUNTS: JSON = {
    f"segmint-{name}": {"description": f"Records {name}; of a table only.", "schema": {"type": "integer"}}
    for name in ("read", "accepted", "rejected")
}
_REQUEST_ID: JSON = {
    "x-request-id": {"description": "The id that the request brought, or one made for it.", "schema": _TEXT}
}
_IDEMPOTENCY_KEY: JSON = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": f"^{SANE}$"},
    "description": "A new one, such as a UUID, for each new list: the same request with the same key makes no second one.",
}
_REPLAYED: JSON = {
    name: {
        "description": "Where the list was made for an earlier request with the same key.",
        "schema": {"const": value},
    }
    for name, value in REPLAYED.items()
}
_RETRY_AFTER: JSON = {
    "retry-after": {
        "description": "After how many seconds to come again; not where waiting does not help.",
        "schema": {"type": "integer"},
    }
}
_SHARE: JSON = {"type": "number", "minimum": 0, "maximum": 1}
_TEXT_OR_NONE: JSON = {"type": ["string", "null"]}
_COUNT: JSON = {"type": "integer", "minimum": 0}
_PLACES: JSON = {
    "row": _COUNT | {"description": "of rows in JSON: the place, from 0"},
    "record": {"type": "integer", "minimum": 1, "description": "of a table: the number of the record, from 1"},
}
_ORDER_OF_LISTS = "of the three strongest; those that raise the chance stand first, each strongest first"


def _schemas(bundle: Bundle) -> JSON:
    """Describe what is sent and what comes back."""
    shown = bundle.golden.get("rows") or [None]
    answer = (
        {"row": _PLACES["row"], "error": _error(ROWS)}
        | _likely(bundle)
        | {"predicted": {"type": "string", "enum": list(bundle.classes)}, "flags": _TEXT}
    )
    if names := segment_names(bundle):
        answer[SEGMENT] = {"type": "string", "enum": names}
    reason = answer | {
        "probabilities": _object(dict.fromkeys(bundle.classes, _SHARE), *bundle.classes),
        "reasons": {"type": "array", "items": _TEXT, "description": "strongest first, whether it raises or lowers"},
    }
    texts = {"type": "array", "items": _TEXT}
    listed = _PLACES | {
        "customer": {
            "type": "string",
            "description": "the id; without ids in the contract the number of the row, from 1",
        },
        "rank": {"type": "integer", "minimum": 1},
        "propensity": _SHARE,
        "expected_profit": {"type": "number"},
        "segment": _TEXT_OR_NONE,
        "segment_doubt": _TEXT_OR_NONE | {"description": "the columns without which a tree chose the segment"},
        **dict.fromkeys(("reason_1", "reason_2", "reason_3"), _TEXT_OR_NONE | {"description": _ORDER_OF_LISTS}),
    }
    of_a_list = [column.name for column in safety_columns(bundle.contract)]
    if bundle.contract.id_column is not None:
        of_a_list.append(bundle.contract.id_column)
    problem = {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _code(PROBLEMS),
        "detail": {"type": "string", "description": "a sentence, without any value of a customer"},
        "field": {"type": "string", "description": "where in the request"},
        "request": {"type": "string", "description": "the id of the request, as in the answer's x-request-id"},
    }
    return {
        "customer": row_schema(bundle.contract, bundle.at, shown[0]),
        "listed_customer": {"allOf": [_ref("customer"), {"required": of_a_list}]},
        "rows": _rows(MOST_ROWS),
        "few_rows": _rows(MOST_EXPLAINED),
        "listed_rows": _rows(MOST_ROWS, "listed_customer"),
        "predictions": _answers(answer),
        "explanations": _answers(reason),
        "call_list": _object(
            {
                "bundle": _TEXT,
                "run": _TEXT,
                "counts": {"type": "object", "additionalProperties": _COUNT},
                "expected_profit": {"type": "number"},
                "sentences": texts,
                "list": {"type": "array", "items": _object(listed, "customer", "rank", "propensity")},
                "rejected": {"type": "array", "items": _object(_PLACES | {"error": _error(RECORDS)}, "error")},
            },
            *("bundle", "run", "counts", "expected_profit", "sentences", "list", "rejected"),
        ),
        "bundle": _object(
            {
                "bundle": _TEXT,
                "contract": _TEXT,
                "at": _TEXT,
                "classes": texts,
                "outcome": _TEXT,
                "quality": {"type": "object"},
                "segments": texts,
            },
            *("bundle", "contract", "at", "classes"),
        ),
        "problem": _object(problem, "type", "title", "status", "code", "detail"),
    }


def _code(known: Mapping[str, str]) -> JSON:
    """Describe a code: stable, for programs; in words what each one means."""
    words = "; ".join(f"{code}: {meaning}" for code, meaning in known.items())
    return {"type": "string", "enum": list(known), "description": words}


def _error(known: Mapping[str, str]) -> JSON:
    return _object({"code": _code(known), "detail": _TEXT}, "code", "detail")


def _likely(bundle: Bundle) -> JSON:
    if bundle.contract.outcome.positive is None:
        return {f"probability_{name}": _SHARE for name in bundle.classes}
    return dict.fromkeys(("propensity", "propensity_low", "propensity_high"), _SHARE)


def _rows(most: int, each: str = "customer") -> JSON:
    rows = {"type": "array", "minItems": 1, "maxItems": most, "items": _ref(each)}
    words = f"At most {most:,} rows and {MOST_JSON >> 20} MiB; a whole number has at most {MOST_DIGITS} digits."
    return _object({"rows": rows}, "rows") | {"additionalProperties": False, "description": words}


def _answers(answer: JSON) -> JSON:
    """One answer for each row: what was predicted, or an error."""
    either = _object(answer, "row") | {"oneOf": [{"required": ["error"]}, {"required": ["predicted"]}]}
    counts = dict.fromkeys(("read", "accepted", "rejected"), _COUNT)
    return _object(
        {"bundle": _TEXT, **counts, "answers": {"type": "array", "items": either}}, "bundle", *counts, "answers"
    )


def _object(properties: JSON, *required: str) -> JSON:
    return {"type": "object", "properties": properties, "required": list(required)}


def _ref(name: str) -> JSON:
    return {"$ref": f"#/components/schemas/{name}"}


def _settings() -> Iterator[tuple[str, JSON]]:
    """Every setting that a request may send, with what pydantic knows of it."""
    open_ones = settings_without_files()
    for section, model in SECTIONS.items():
        known = model.model_json_schema()["properties"]
        for name in model.model_fields:
            if f"{section}.{name}" in open_ones:
                yield f"{section}.{name}", known[name]


def _reading() -> Iterator[tuple[str, JSON]]:
    """Every setting that says how a table is written."""
    known = Data.model_json_schema()["properties"]
    return ((name, known[name.partition(".")[2]]) for name in sorted(READING))


def _setting(name: str, known: JSON) -> JSON:
    """Describe a setting as a parameter of the query; a list is written as TOML writes it."""
    is_list = known.get("type") == "array"
    schema = {"type": "string"} if is_list else {key: known[key] for key in known if key not in ("title", "default")}
    words = "A list, as TOML writes it." if is_list else "As in a policy file."
    if name in READING:
        words = "Of text/csv only; refused with JSON, and without effect on Parquet."
    if name == "data.decimal":
        words = "Of text/csv, and of numbers that stand in Parquet as texts; refused with JSON."
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": f"{words} Explained by: segmint {'settings' if name in READING else 'policy init'}.",
    }


def _operation(
    summary: str,
    answers: JSON,
    *,
    body: JSON | None = None,
    parameters: Sequence[JSON] = (),
    headers: JSON | None = None,
    later: Sequence[str] = (),
) -> JSON:
    found = {
        "description": "The answer.",
        "headers": {
            "segmint-bundle": {"description": "The bundle that answered.", "schema": _TEXT},
            **_REQUEST_ID,
            **(headers or {}),
        },
        "content": _content(answers),
    }
    problem = {
        "description": "A problem, with a code and no value of a customer.",
        "headers": _REQUEST_ID,
        "content": _content({"application/problem+json": _ref("problem")}),
    }
    again = problem | {"headers": _RETRY_AFTER | _REQUEST_ID}
    answered = {"200": found, **dict.fromkeys(later, again), "429": again, "4XX": problem, "503": again, "5XX": problem}
    told: JSON = {"summary": summary, "responses": answered}
    if parameters:
        told["parameters"] = list(parameters)
    if body is not None:
        told["requestBody"] = {"required": True, "content": _content(body)}
    return told


def _open_to_all(summary: str, word: str) -> JSON:
    said = _object({word: {"type": "boolean"}}, word)
    told = _operation(summary, {"application/json": said}) | {"security": []}
    answered = told["responses"]
    answered["200"]["headers"] = _REQUEST_ID  # whoever shows no key is told no bundle
    for never in ("429", "503"):  # nobody is sent away, and a probe comes again by itself
        del answered[never]
    return told


def _content(schemas: JSON) -> JSON:
    return {media: {"schema": schema} for media, schema in schemas.items()}

"""OpenAPI and JSON Schema, written from the contract of the bundle in use."""

from __future__ import annotations

from typing import Any

from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.store.bundle import Bundle

JSON = dict[str, Any]


def row_schema(contract: Contract, at: str, example: JSON | None = None) -> JSON:
    """Describe one customer as JSON Schema: the columns that the network reads, their levels, units and bounds.

    Unknown levels and numbers out of their bounds are answered and flagged, so levels and bounds are told in words and
    not enforced.
    """
    columns = [c for c in contract.columns if c.is_feature and c.known_by(at)]  # type: ignore[arg-type]
    schema: JSON = {
        "type": "object",
        "title": "customer",
        "properties": {column.name: _column(column) for column in columns},
        "required": [column.name for column in columns],
        "additionalProperties": True,
    }
    if contract.id_column is not None:
        schema["properties"][contract.id_column] = {"type": ["string", "integer", "null"], "description": "the id"}
        schema["required"].append(contract.id_column)
    if example is not None:
        schema["examples"] = [example]
    return schema


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
    words += [f"{state.value:g} means {state.name}" for state in column.states]
    kinds = ["number", "string", "null"] if column.kind == "number" else ["string", "null"]
    return {"type": kinds, "description": "; ".join(words)}


def openapi(bundle: Bundle) -> JSON:
    """Describe the service as OpenAPI 3.1, with the columns of the bundle in use."""
    rows = bundle.golden.get("rows") or [None]
    customer = row_schema(bundle.contract, bundle.at, rows[0])
    body = {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/rows"}},
            "text/csv": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        },
    }
    only_json = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/rows"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "segmint", "version": bundle.digest[:12], "description": bundle.contract.title},
        "components": {
            "schemas": {
                "customer": customer,
                "rows": {
                    "type": "object",
                    "required": ["rows"],
                    "additionalProperties": False,
                    "properties": {
                        "rows": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/customer"}}
                    },
                },
                "problem": {"type": "object", "required": ["status", "code", "detail"]},
            },
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
        "paths": {
            "/v1/predict": {"post": _operation("Predict customers.", body)},
            "/v1/explain": {"post": _operation("Say why customers get their predictions.", only_json)},
            "/v1/target": {"post": _operation("Choose whom to call under a policy.", body)},
            "/v1/contract": {"get": _operation("The columns of a customer, as JSON Schema.")},
            "/v1/bundle": {"get": _operation("The bundle in use.")},
            "/health/live": {"get": {**_operation("Whether the process answers."), "security": []}},
            "/health/ready": {"get": {**_operation("Whether customers can be predicted."), "security": []}},
            "/metrics": {"get": _operation("Counts and seconds for Prometheus.")},
        },
    }


def _operation(summary: str, body: JSON | None = None) -> JSON:
    problem = {
        "description": "A problem, with a code and no value of the request.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
    }
    told: JSON = {"summary": summary, "responses": {"200": {"description": "The answer."}, "4XX": problem}}
    if body is not None:
        told["requestBody"] = body
    return told

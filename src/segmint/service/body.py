"""Read a request's body: strict JSON, within limits, and errors that name a field and never a value."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import ClientDisconnect, Request

from segmint.service.problems import Problem
from segmint.tables.byte_stream import archive_of

MOST_JSON = 8 << 20
MOST_TABLE = 256 << 20
MOST_ROWS = 10_000
MOST_EXPLAINED = 200  # rows with reasons in one request
MOST_DIGITS = 40
MOST_TEXT = 10_000
SECONDS = 8.0
SLOWEST = 64 << 10  # bytes a second, after the first seconds
_BOM = b"\xef\xbb\xbf"

Rows = list[dict[str, Any]]


def declared_size(request: Request) -> int:
    """How many bytes the head of a request says that its body has; 0 where it says nothing."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isdecimal() else 0


async def limited(request: Request, most: int) -> AsyncIterator[bytes]:
    """Pass a body on in pieces; refuse it when it is too slow, or too long, by its head before anything of it is asked for."""
    if declared_size(request) > most:
        raise _too_large(most)
    read, clock, stream = 0, asyncio.get_running_loop().time, request.stream()
    start = clock()
    while True:
        try:
            piece = await asyncio.wait_for(anext(stream), max(start + SECONDS + read / SLOWEST - clock(), 0.001))
        except StopAsyncIteration:
            return
        except ClientDisconnect as error:
            raise Problem(400, "cut_short", "The body ends before its end.") from error
        except TimeoutError as error:
            gone = {"connection": "close"}  # or whoever is slow would keep his seat
            raise Problem(408, "too_slow", "The body arrives too slowly.", headers=gone) from error
        read += len(piece)
        if read > most:
            raise _too_large(most)
        yield piece


def _too_large(most: int) -> Problem:
    return Problem(413, "too_large", f"The body is larger than {most >> 20} MiB.")


async def read_body(request: Request, most: int = MOST_JSON) -> bytes:
    """Read a whole body, at most `most` bytes."""
    return b"".join([piece async for piece in limited(request, most)])


def parse_json(body: bytes) -> Any:
    """Read JSON as RFC 8259 means it: UTF-8, finite numbers, every key once.

    Raises
    ------
    Problem
        400, or 415 for what is compressed; with a code and no value of the body.
    """
    if (archive := archive_of(body)) is not None:
        told = f"The body came as application/json and is a {archive} file. Send the JSON itself, not compressed."
        raise Problem(415, "content_encoding", told, field="body")
    if body.startswith(_BOM):
        raise Problem(400, "byte_order_mark", "The body starts with a byte order mark; JSON has none.")
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short,
        )
    except UnicodeDecodeError as error:
        raise Problem(400, "not_utf8", f"The body is not UTF-8; byte {error.start} cannot be read.") from error
    except RecursionError as error:
        raise Problem(400, "too_deep", "The body is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise Problem(400, "not_json", f"The body is no JSON; see character {error.pos}.") from error


def rows_of(told: Any, *, most: int = MOST_ROWS) -> Rows:
    """Take the rows out of ``{"rows": [{column: value}]}``, every value a text, number, truth value or null.

    Raises
    ------
    Problem
        422, naming the place of the first thing that is wrong.
    """
    if not isinstance(told, dict) or not isinstance(told.get("rows"), list):
        raise Problem(422, "no_rows", 'The body needs "rows": a list of objects, one for each customer.', field="rows")
    if strange := set(told) - {"rows"}:
        raise Problem(422, "unknown_field", f"The body has {len(strange)} fields that mean nothing here.")
    rows: list[Any] = told["rows"]
    if not 1 <= len(rows) <= most:
        raise Problem(422, "row_count", f"Send 1 to {most:,} rows; {len(rows):,} came.", field="rows")
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Problem(422, "not_an_object", "A row must be an object of columns.", field=f"rows[{place}]")
        for value in row.values():
            if type(value) is str:
                if len(value) > MOST_TEXT:
                    long = f"A text has more than {MOST_TEXT:,} characters."
                    raise Problem(422, "text_too_long", long, field=f"rows[{place}]")
            elif isinstance(value, dict | list):
                raise Problem(422, "nested", "A value must be a text, a number or null.", field=f"rows[{place}]")
    _refuse_surrogates(rows)
    return rows


def _refuse_surrogates(rows: Rows) -> None:
    """Refuse lone surrogates, which are no characters and which no encoding can write again."""
    for place, row in enumerate(rows):
        try:
            "".join([*row, *(value for value in row.values() if type(value) is str)]).encode("utf-8")
        except UnicodeEncodeError as error:
            raise Problem(
                422, "lone_surrogate", "A text holds a lone surrogate, which is no character.", field=f"rows[{place}]"
            ) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(400, "duplicate_key", "An object of the body names one of its keys twice.")
    return found


def _no_constant(name: str) -> Any:
    raise Problem(400, "not_finite", "NaN and Infinity are no JSON numbers; send null for no value.")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise Problem(400, "not_finite", "A number of the body is too large.")
    return value


def _short(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise Problem(400, "too_many_digits", f"A whole number of the body has more than {MOST_DIGITS} digits.")
    return int(text)

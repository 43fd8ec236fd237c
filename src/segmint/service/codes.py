"""Every code that a program may meet in an answer, and what it means: for OpenAPI and for the documentation."""

from __future__ import annotations

from collections.abc import Mapping

from segmint.contract import validate
from segmint.contract.cells import EMPTY_CELL
from segmint.contract.ledger import TOTAL_ROW
from segmint.service.body import MOST_DIGITS, MOST_TEXT
from segmint.tables import text_records
from segmint.tables.rejects import EMPTY_ROW

PROBLEMS: Mapping[str, str] = {
    "bundle": "the bundle in use is damaged",
    "busy": "too many wait already",
    "byte_order_mark": "the JSON starts with a byte order mark",
    "column_count": "too many different columns",
    "config": "a setting makes no sense",
    "content_encoding": "the body is compressed",
    "contract": "the table does not meet the contract",
    "crowded": "too many are connected",
    "cut_short": "the body ends before its end",
    "data": "the rows cannot answer the question",
    "deadline": "no answer in time",
    "duplicate_key": "an object names a key twice",
    "encoded_slash": "the path has an encoded slash",
    "failed": "nobody foresaw it; the log says where",
    "gone": "the caller has gone",
    "host": "this address is not served",
    "idempotency": "the Idempotency-Key is none, or came before with another request",
    "input": "the body cannot be read as a table",
    "key": "no valid key",
    "keys": "the file of keys cannot be used, or no key in it is valid",
    "layerrule": "the bundle has a layer that is not allowed",
    "lone_surrogate": "a text holds no whole Unicode character",
    "media_type": "this kind of body is not read",
    "missingextra": "the service lacks an optional package",
    "nested": "a value is a list or an object",
    "no_route": "there is no such address, or not with this method",
    "no_rows": "the body has no list of rows",
    "not_an_object": "a row is no object",
    "not_finite": "a number is NaN or infinite",
    "not_http": "the request is no HTTP",
    "not_json": "the body is no JSON",
    "not_utf8": "the body is not UTF-8",
    "origin": "sent from another site",
    "policy": "the settings make no list or table",
    "row_count": "too few or too many rows",
    "rows": "rows cannot be listed; the first is named",
    "run": "a run cannot be used or written",
    "scope": "the key lacks the scope",
    "segmint": "another error of the product",
    "setting": "a setting is not read here, or came twice",
    "stopping": "the service is stopping",
    "storage": "a full or closed disk",
    "swapped": "another bundle came into use meanwhile",
    "text_too_long": f"a text has more than {MOST_TEXT:,} characters",
    "too_deep": "the JSON is nested too deeply",
    "too_large": "the body is too large",
    "too_many_digits": f"a whole number has more than {MOST_DIGITS} digits",
    "too_often": "the key, or the address, asks too often",
    "too_slow": "the body arrives too slowly",
    "two_keys": "more than one Authorization",
    "two_lengths": "both Content-Length and Transfer-Encoding",
    "under_way": "the list of this Idempotency-Key is being made",
    "unknown_field": "the body has fields that mean nothing",
}
_CELLS = {
    code: f"a value {validate.DETAILS[code]}"
    for code in (EMPTY_CELL, "not_a_date", "not_a_number", "not_finite", "too_large")
}
RECORDS: Mapping[str, str] = {
    EMPTY_ROW: "no value in the row",
    TOTAL_ROW: "totals of the table",
    **_CELLS,
    **text_records.DETAILS,
}
ROWS: Mapping[str, str] = {
    "column_missing": "a column that the bundle reads is not sent",
    **{code: RECORDS[code] for code in (EMPTY_ROW, TOTAL_ROW)},
    **_CELLS,
    "value_unreadable": "a text can be read in two ways, or a number lost digits",
}

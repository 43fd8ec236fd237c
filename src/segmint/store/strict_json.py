"""JSON that means one thing only: no duplicate keys, no NaN, no infinity, no depth or digits without end."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any


def to_bytes(value: Any) -> bytes:
    """Write JSON for people and machines, keys in the order given.

    Raises
    ------
    ValueError, TypeError
        If a number is not finite, or something is no JSON.
    """
    return (json.dumps(value, allow_nan=False, indent=1) + "\n").encode("ascii")


def canonical(value: Any) -> bytes:
    """Write JSON in its one canonical form, for hashing: sorted keys, no white space, ASCII."""
    return json.dumps(value, allow_nan=False, sort_keys=True, separators=(",", ":")).encode("ascii")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def from_bytes(content: bytes) -> dict[str, Any]:
    """Read one JSON object.

    Raises
    ------
    ValueError
        If `content` is not one JSON object in UTF-8, repeats a key, holds a number that is not finite, or is
        nested too deep.
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("it is not one JSON object")
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number

"""What ``run.json`` must say for those who list, compare, watch and continue runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from segmint.store import strict_json
from segmint.store.sealed_folder import in_ascii

FORMAT = 1

Check = Callable[[Any], bool]

_MOST = 1 << 53  # whole numbers that a float holds exactly

STATUSES = ("running", "done", "failed", "interrupted")


def read_record(content: bytes) -> dict[str, Any]:
    """Read the record of a run.

    Raises
    ------
    ValueError
        If `content` is no record as a run writes it: says in a few words why, and quotes nothing of it.
    """
    try:
        record = strict_json.from_bytes(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError("it is no JSON") from error
    _require_format(record)
    _require(record, _RECORD, "its")
    _require(record.get("summary") or {}, _SUMMARY, "in its 'summary'")
    return record


def _require_format(record: Mapping[str, Any]) -> None:
    told = record.get("format")
    if type(told) is int and told > FORMAT:
        versions = record.get("versions")
        made_by = str(versions.get("segmint", "")) if isinstance(versions, dict) else ""
        raise ValueError(f"segmint {in_ascii(made_by)} wrote it with a newer format; update segmint")
    if type(told) is not int or told != FORMAT:
        raise ValueError(f"its format is unknown to this version, which reads format {FORMAT}")


def _require(told: Mapping[str, Any], checks: Mapping[str, Check], where: str) -> None:
    for name, is_right in checks.items():
        if not is_right(told.get(name)):
            said = f"{where} '{name}' is not as a run writes it"
            raise ValueError(said if name in told else f"it has no '{name}'")


def _is_text(told: Any) -> bool:
    return isinstance(told, str)


def _is_whole(told: Any) -> bool:
    return isinstance(told, int) and not isinstance(told, bool) and abs(told) < _MOST


def _is_number(told: Any) -> bool:
    return _is_whole(told) or isinstance(told, float)


def _is_time(told: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(told))
    except (TypeError, ValueError):
        return False


def _is_dict(told: Any) -> bool:
    return isinstance(told, dict)


def _dict_of(is_right: Check) -> Check:
    return lambda told: isinstance(told, dict) and all(map(is_right, told.values()))


def _or_null(is_right: Check) -> Check:
    return lambda told: told is None or is_right(told)


_RECORD: dict[str, Check] = {
    "command": _is_text,
    "status": lambda told: told in STATUSES,
    "made": _is_time,
    "versions": _dict_of(_is_text),
    "inputs": _dict_of(_is_text),
    "test": _or_null(_dict_of(_is_text)),
    "sealed": _dict_of(_is_text),
    "source": _or_null(_is_text),
    "process": _or_null(_is_dict),
    "progress": _or_null(_is_dict),
    "summary": _or_null(_is_dict),
    "error": _or_null(_is_dict),
    "files": _or_null(_dict_of(_is_text)),
    "pages": _or_null(_dict_of(_is_text)),
    "seal": _or_null(_is_text),
}
_SUMMARY: dict[str, Check] = {
    "rows": _or_null(_is_whole),
    "counts": _or_null(_dict_of(_is_whole)),
    "quality": _or_null(_dict_of(_is_number)),
    "recipe": _or_null(_is_text),
    "test": _or_null(lambda told: _is_dict(told) and _dict_of(_dict_of(_is_number))(told.get("quality"))),
}

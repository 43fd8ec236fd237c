"""Remember what was computed, under the hash of what it was computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segmint.errors import RunError
from segmint.progress import Remember
from segmint.store import strict_json
from segmint.store.staging import staging, write_file
from segmint.store.tensors import from_safetensors, to_safetensors

Result = dict[str, Any]

_VALUES, _ARRAYS, _SEAL = "values.json", "arrays.safetensors", "seal.json"


def remember(folder: Path) -> Remember:
    """Return a function that keeps results in `folder`.

    The function takes a key (JSON that names everything the result depends on) and `compute`, which is called
    only when there is no whole result under that key: a dict of arrays (numbers or truth values) and JSON.
    Both times the caller gets what was written down, so the first time and every later time are the same.

    Raises
    ------
    TypeError
        From the function, if key or result hold something else.
    """

    def recall(key: Mapping[str, Any], compute: Callable[[], Result]) -> Result:
        place = folder / strict_json.sha256(strict_json.canonical(dict(key)))
        found = _read(place)
        if found is not None:
            return found
        files = _files(key, compute())
        try:
            with staging(place, replace=True) as staged:
                for name, content in files.items():
                    write_file(staged / name, content)
        except RunError:
            # Another process may have been quicker with the same result.
            if _read(place) is None:
                raise
        return _result(files[_VALUES], files[_ARRAYS])

    return recall


def _files(key: Mapping[str, Any], result: Result) -> dict[str, bytes]:
    arrays = {name: value for name, value in result.items() if isinstance(value, np.ndarray)}
    if strange := [name for name, value in arrays.items() if value.dtype.kind not in "biuf"]:
        raise TypeError(f"Only arrays of numbers or truth values are remembered, not '{strange[0]}'; use a list.")
    values = {name: value for name, value in result.items() if name not in arrays}
    files = {
        "key.json": strict_json.to_bytes(dict(key)),
        _VALUES: strict_json.to_bytes(values),
        _ARRAYS: to_safetensors(arrays),
    }
    return {**files, _SEAL: strict_json.to_bytes({name: strict_json.sha256(files[name]) for name in files})}


def _read(place: Path) -> Result | None:
    """Return a whole result; what is missing, cut or changed is as good as never computed."""
    try:
        files = {name: (place / name).read_bytes() for name in (_VALUES, _ARRAYS)}
        seal = strict_json.from_bytes((place / _SEAL).read_bytes())
        if all(seal.get(name) == strict_json.sha256(content) for name, content in files.items()):
            return _result(files[_VALUES], files[_ARRAYS])
    except (OSError, ValueError):
        pass
    return None


def _result(values: bytes, arrays: bytes) -> Result:
    return {**strict_json.from_bytes(values), **from_safetensors(arrays)}

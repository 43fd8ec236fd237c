"""What a model asks for beside customers and their outcome."""

from __future__ import annotations

import inspect
from typing import Any


def read_by(model: Any, **known: Any) -> dict[str, Any]:
    """Keep of what is known the parts that a model's `fit` asks for.

    Parameters
    ----------
    model : object
        Asks for `inner` by naming it in `fit`, for `groups` by a true `reads_groups`, for `upcoming` and `upcoming_groups` by a true
        `reads_upcoming` and `reads_upcoming_groups`, for `progress` by a true `reads_progress`; see `NetworkModel.fit`.
    **known
        What there is, by name.
    """
    if "inner" in known and "inner" not in inspect.signature(model.fit).parameters:
        known.pop("inner")
    return {name: part for name, part in known.items() if name == "inner" or getattr(model, f"reads_{name}", False)}


def reads_inner(model: Any) -> bool:
    """Whether a model stops early, or chooses, by inner rows; one that does not can learn from them too."""
    parts = [model, *([model[-1]] if hasattr(model, "steps") else [])]
    asked = all("inner" in inspect.signature(part.fit).parameters for part in parts)
    return asked and getattr(parts[-1], "reads_inner", True)

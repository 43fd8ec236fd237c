"""What `docs/reference/json.md` says of the keys of each command's answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "json.md"


def documented() -> dict[str, dict[str, str]]:
    """The meaning of each key, by the command as it is typed."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.M)[1:]:
        heading, _, rest = part.partition("\n")
        keys = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", rest, re.M))
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", heading), keys)
    return found


def require_documented(command: str, told: Mapping[str, Any]) -> None:
    """Hold the keys of an answer against those of the page: none that is unknown, and all that are always there."""
    keys = documented()[command]
    assert [key for key in told if key not in keys] == []
    assert [key for key, meaning in keys.items() if key not in told and not meaning.startswith("Only ")] == []

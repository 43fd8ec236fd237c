from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

import segmint


def names_told(doc: str, section: str) -> list[str]:
    """The names of a numpydoc section: of ``argv, out : path`` two, of ``**settings`` one."""
    lines = doc.splitlines()
    if section not in lines:
        return []
    body = lines[lines.index(section) + 2 :]
    end = next((at for at, line in enumerate(body) if line and not line.strip("-")), len(body) + 1)
    told = [line.split(" : ")[0] for line in body[: end - 1] if line and not line.startswith(" ")]
    return [name.strip().lstrip("*") for names in told for name in names.split(",")]


def all_names_told(thing: Any) -> list[str]:
    """What a function takes, or a class; of a record its attributes, those of the records it extends first."""
    if found := names_told(inspect.getdoc(thing) or "", "Parameters"):
        return found
    kinds = reversed(inspect.getmro(thing)) if inspect.isclass(thing) else ()
    docs = [inspect.cleandoc(kind.__dict__.get("__doc__") or "") for kind in kinds]
    return [name for doc in docs for name in names_told(doc, "Attributes")]


def test_public_names_are_sorted_importable_and_documented() -> None:
    assert segmint.__all__ == sorted(segmint.__all__)
    for name in segmint.__all__:
        assert getattr(segmint, name).__doc__, name


@pytest.mark.parametrize("name", segmint.__all__)
def test_everything_that_a_public_name_takes_is_said_in_order(name: str) -> None:
    thing = getattr(segmint, name)
    assert all_names_told(thing) == list(inspect.signature(thing).parameters)


def test_importing_segmint_loads_nothing_heavy() -> None:
    code = (
        "import sys, segmint; sys.exit(str([n for n in ('numpy','polars','tensorflow','sklearn') if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def test_the_package_says_its_version() -> None:
    assert segmint.__version__ == version("segmint")


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(segmint, "oracle")

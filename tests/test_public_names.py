from __future__ import annotations

import subprocess
import sys

import segmint


def test_public_names_are_sorted_importable_and_documented() -> None:
    assert segmint.__all__ == sorted(segmint.__all__)
    for name in segmint.__all__:
        assert getattr(segmint, name).__doc__, name


def test_importing_segmint_loads_nothing_heavy() -> None:
    code = (
        "import sys, segmint; sys.exit(str([n for n in ('numpy','polars','tensorflow','sklearn') if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(segmint, "oracle")

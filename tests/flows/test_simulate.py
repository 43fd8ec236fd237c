"""A simulated table is asked for by settings that exist."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from segmint.flows.simulate import simulate
from segmint.tables.simulate import Campaign


def test_an_unknown_setting_is_refused_in_words_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"no setting 'customers'\. Choose among: rows, seed"):
        simulate(tmp_path / "a.csv", customers=300)
    assert not list(tmp_path.iterdir())


def test_every_setting_is_explained() -> None:
    for field in fields(Campaign):
        assert f"`{field.name}`" in (simulate.__doc__ or ""), field.name

"""A run names what it read."""

from __future__ import annotations

import polars as pl

from segmint.flows.read import inputs_of
from segmint.tables.source import open_table


def test_tables_of_one_name_are_both_named() -> None:
    frames = [open_table(pl.DataFrame({"a": [number]})) for number in range(3)]
    inputs = inputs_of(*frames, bundle="abc")
    assert list(inputs) == ["a frame", "a frame (2)", "a frame (3)", "bundle"]
    assert len(set(inputs.values())) == 4


def test_a_table_called_bundle_hides_no_bundle(tmp_path) -> None:
    (tmp_path / "bundle").write_text("a;b\n1;2\n")
    inputs = inputs_of(open_table(tmp_path / "bundle"), bundle="abc")
    assert inputs["bundle"] == "sha256:abc"
    assert list(inputs) == ["bundle (2)", "bundle"]

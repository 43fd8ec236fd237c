"""A scored table is read as it came."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.flows.scored import _as_it_came

BUNDLE: Any = SimpleNamespace(
    at="planning",
    contract=SimpleNamespace(
        features=lambda at: [Column(name="segment", kind="category", role="characteristic", label="segment")]
    ),
)


@pytest.mark.parametrize("aside", [True, False])
def test_a_segment_of_the_table_s_own_is_kept_apart_from_the_one_found(aside: bool) -> None:
    own = {"segment_input": ["retail"], "segment": ["Savers"]} if aside else {"segment": ["retail"]}
    wave = pl.DataFrame({**own, "propensity": [0.5], "predicted": ["no"], "flags": [""]})
    assert _as_it_came(wave, BUNDLE).to_dict(as_series=False) == {"segment": ["retail"]}

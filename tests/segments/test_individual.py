from __future__ import annotations

import numpy as np
import polars as pl

from segmint.contract.contract import load_contract
from segmint.contract.validate import validate
from segmint.flows.demo import sample_path
from segmint.metrics.ranking import roc_auc
from segmint.segments.individual import individual_propensities
from segmint.tables.source import open_table


def test_individual_propensities_are_of_customers_not_seen() -> None:
    """With outcomes that nothing explains, trees that had seen a customer would know better than chance."""
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    given = given.with_columns(pl.col("y").shuffle(seed=1))
    shuffled = validate(open_table(given), load_contract("bank-marketing"))
    told: list[tuple[str, int, int]] = []
    likely = individual_propensities(shuffled, 7, progress=lambda *step: told.append(step))
    assert told == [("segments: trees", done, 5) for done in range(6)]
    assert likely is not None
    assert np.isfinite(likely).all()
    assert 0.45 < roc_auc(shuffled.outcome == "yes", likely) < 0.55


def test_another_order_of_the_rows_makes_nobody_more_likely() -> None:
    given = pl.read_csv(sample_path(), separator=";", infer_schema=False)[:1_500]
    order = np.random.default_rng(2).permutation(given.height)
    first, second = (validate(open_table(rows), load_contract("bank-marketing")) for rows in (given, given[order]))
    likely, again = individual_propensities(first, 7), individual_propensities(second, 7)
    assert likely is not None
    assert again is not None
    assert np.array_equal(again, likely[order])

"""The network on tables whose truth is known: how near its ranking comes to that of the true propensities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from segmint.contract.contract import load_contract
from segmint.contract.validate import validate
from segmint.models.customer_model import make_model
from segmint.simulation import Campaign, simulate
from segmint.splits.folds import inner_split
from segmint.splits.groups import row_groups, row_keys
from segmint.tables.source import open_table

ROWS, APART = 20_000, 5_000


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_twenty_thousand_rows_it_learns_nearly_all_there_is_to_rank_by(seed: int) -> None:
    campaign = simulate(Campaign(rows=ROWS, seed=seed))
    table = validate(open_table(campaign.frame), load_contract("simulated-campaign"))
    assert len(table) == ROWS
    mixed = np.random.default_rng(seed).permutation(ROWS)
    apart, rest = mixed[:APART], mixed[APART:]
    fit, inner = inner_split(table.outcome[rest], row_groups(table)[rest], seed=seed, keys=row_keys(table)[rest])
    parts = [(table.inputs[rest[part]], table.outcome[rest[part]]) for part in (fit, inner)]
    model = make_model("dense_network", columns=table.features, random_state=seed).fit(*parts[0], inner=parts[1])
    yes = table.outcome[apart] == "yes"
    ours = roc_auc_score(yes, model.predict_proba(table.inputs[apart])[:, list(model.classes_).index("yes")])
    best = roc_auc_score(yes, campaign.truth["propensity"].to_numpy()[apart])
    assert ours >= 0.97 * best, f"AUC {ours:.4f}, of the truth {best:.4f}"
    print(f"seed {seed}: AUC {ours:.4f}, of the truth {best:.4f}, ratio {ours / best:.3f}")

"""How likely each customer says yes, chosen one by one: what choosing whole segments is measured against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segmint.contract.valid_table import ValidTable
from segmint.errors import DataError
from segmint.progress import Progress, silent
from segmint.splits.folds import make_folds
from segmint.splits.groups import RowIdentity

INDIVIDUAL = "lightgbm"
PARTS, MOST_TO_LEARN_FROM = 5, 50_000


def individual_propensities(
    table: ValidTable, seed: int, who: RowIdentity | None = None, progress: Progress = silent
) -> NDArray[np.float64] | None:
    """Say how likely each customer says yes, by boosted trees that have not seen them; shape (n_customers,).

    What choosing customer by customer earns is what choosing whole segments is measured against. None without a
    response, or with too few of one outcome to keep parts of it apart.
    """
    positive = table.contract.outcome.positive
    if positive is None or not table.has_outcome or not table.features:
        return None
    inputs, outcome = table.inputs, table.outcome
    who = who or RowIdentity.of(table)
    try:
        folds = make_folds(outcome, who.groups, count=PARTS, seed=seed, keys=who.keys)
    except DataError:
        return None
    from segmint.models.customer_model import make_model  # segments without answers need nothing that trains

    propensity = np.full(len(table), np.nan)
    draw = np.random.default_rng(seed)
    for number, fold in enumerate(folds):
        progress("segments: trees", number, PARTS)
        some = fold.fit[np.sort(draw.permutation(len(fold.fit))[:MOST_TO_LEARN_FROM])]
        model = make_model(INDIVIDUAL, columns=table.features, random_state=seed)
        model.fit(inputs[some], outcome[some], inner=(inputs[fold.inner], outcome[fold.inner]))
        place = [str(name) for name in model.classes_].index(positive)
        propensity[fold.test] = model.predict_proba(inputs[fold.test])[:, place]
    progress("segments: trees", PARTS, PARTS)
    return propensity

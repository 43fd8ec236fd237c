"""Quality added up batch by batch equals quality of the whole table, in memory that does not grow."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from segmint.metrics.ranking import roc_auc
from segmint.metrics.streamed import StreamedQuality

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("batch", [1, 7, 1_000])
def test_a_response_in_batches_is_judged_as_a_whole(batch: int) -> None:
    propensity = np.round(RNG.random(1_000) ** 3, 6)
    outcome = np.where(RNG.random(1_000) < propensity, "yes", "no")
    said = np.where(propensity >= 0.4, "yes", "no")
    streamed = StreamedQuality(("no", "yes"), "yes")
    for start in range(0, 1_000, batch):
        part = slice(start, start + batch)
        streamed.add(outcome[part], said[part], np.c_[1 - propensity, propensity][part])
    found = streamed.quality()
    assert set(found) == {"f1", "accuracy", "roc_auc"}
    assert found["roc_auc"] == pytest.approx(roc_auc(outcome == "yes", propensity), abs=1e-12)
    assert found["f1"] == pytest.approx(f1_score(outcome, said, pos_label="yes"), abs=1e-12)
    assert found["accuracy"] == pytest.approx(accuracy_score(outcome, said), abs=1e-12)


def test_an_assignment_is_judged_by_its_classes() -> None:
    classes = ("a", "b", "c")
    outcome, said = RNG.choice(classes, 500), RNG.choice(classes, 500)
    streamed = StreamedQuality(classes, None)
    for part in (slice(0, 200), slice(200, 500)):
        streamed.add(outcome[part], said[part], np.zeros((0, 3)))
    found = streamed.quality()
    assert found["weighted_f1"] == pytest.approx(f1_score(outcome, said, average="weighted"), abs=1e-12)
    assert found["accuracy"] == pytest.approx(accuracy_score(outcome, said), abs=1e-12)


def test_nobody_and_one_answer_only_have_no_ranking() -> None:
    streamed = StreamedQuality(("no", "yes"), "yes")
    assert streamed.quality() == {}
    streamed.add(np.array(["no"]), np.array(["no"]), np.array([[0.0, 1.0]]))
    assert streamed.quality() == {"f1": 0.0, "accuracy": 1.0}

"""Quality added up batch by batch equals quality of the whole table, in memory that does not grow."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, average_precision_score, confusion_matrix, f1_score, log_loss

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
    figures = {name for name in found if not name.endswith(("_low", "_high"))}
    assert figures == {
        *("f1", "accuracy", "roc_auc", "average_precision", "log_loss", "response_rate"),
        *("largest_share", "base_log_loss", "mean_propensity"),
    }
    yes = outcome == "yes"
    assert found["average_precision"] == pytest.approx(average_precision_score(yes, propensity), abs=1e-12)
    assert found["log_loss"] == pytest.approx(log_loss(yes, propensity), abs=1e-9)
    assert found["base_log_loss"] == pytest.approx(log_loss(yes, np.full(1_000, yes.mean())), abs=1e-9)
    assert found["response_rate"] == pytest.approx(yes.mean())
    for name in ("f1", "accuracy", "roc_auc", "average_precision", "response_rate"):
        assert 0 < found[f"{name}_low"] < found[name] < found[f"{name}_high"] < 1
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
    assert found["weighted_f1_low"] < found["weighted_f1"] < found["weighted_f1_high"]
    assert found["largest_share"] == max((outcome == name).mean() for name in classes)
    told = streamed.classes()
    assert [row["f1"] for row in told] == pytest.approx(f1_score(outcome, said, average=None).tolist(), abs=1e-12)
    assert [found[f"f1_{row['outcome']}"] for row in told] == [row["f1"] for row in told]
    assert [[*row["predicted_as"].values()] for row in told] == confusion_matrix(outcome, said).tolist()
    assert [row["rows"] for row in told] == [(outcome == name).sum() for name in classes]
    lacking = StreamedQuality((*classes, "d"), None)
    lacking.add(outcome, np.where(said == "a", "d", said), np.zeros((0, 4)))
    assert "f1_d" not in lacking.quality()  # nobody is it, so how well it is named is not judged
    assert "f1" not in lacking.classes()[-1]


@pytest.mark.parametrize("batch", [100, 1_000])
def test_rows_of_one_customer_widen_the_intervals_whatever_batch_they_are_in(batch: int) -> None:
    truth, said = RNG.choice(["no", "yes"], (2, 250))
    propensity = RNG.random(250)
    outcome, named, likely = np.tile(truth, 4), np.tile(said, 4), np.tile(propensity, 4)
    likely = np.c_[1 - likely, likely]
    customers = np.tile(RNG.integers(0, 2**63, 250).astype(np.uint64), 4)
    alone, together = StreamedQuality(("no", "yes"), "yes"), StreamedQuality(("no", "yes"), "yes")
    alone.add(truth, said, likely[:250])
    for start in range(0, 1_000, batch):
        part = slice(start, start + batch)
        together.add(outcome[part], named[part], likely[part], customers[part])
    assert together.quality() == pytest.approx(alone.quality(), abs=2e-3)
    assert together.classes()[0]["rows"] == 4 * alone.classes()[0]["rows"]


def test_an_interval_of_f1_is_as_wide_as_the_rows_it_hangs_on_go_together() -> None:
    """Of customers who say yes all rows are alike, of the others each is its own: few rows of all, but nearly all of F1's."""
    rng = np.random.default_rng(5)
    found, wide = [], []
    for _ in range(60):
        yes, hit = np.repeat(rng.random(400) < 0.1, 5), np.repeat(rng.random(400) < 0.5, 5)
        said = np.where(yes, hit, rng.random(2_000) < 0.03)
        customers = np.repeat(rng.integers(0, 2**63, 400), 5)
        streamed = StreamedQuality(("no", "yes"), "yes")
        outcome, named = np.where(yes, "yes", "no"), np.where(said, "yes", "no")
        streamed.add(outcome, named, np.c_[1 - said, said].astype(float), customers)
        quality = streamed.quality()
        found.append(quality["f1"])
        wide.append(quality["f1_high"] - quality["f1_low"])
    assert np.mean(wide) == pytest.approx(2 * 1.96 * np.std(found), rel=0.2)


@pytest.mark.slow
def test_intervals_hold_what_is_true_as_often_as_they_say() -> None:
    truth, shares = np.array([[300, 60, 40], [80, 150, 70], [20, 60, 220]]) / 1_000, []
    exact = _judged(np.rint(truth * 1_000_000).astype(int))
    for _ in range(400):
        found = _judged(RNG.multinomial(300, truth.ravel()).reshape(3, 3))
        shares.append(
            [found[f"{name}_low"] <= exact[name] <= found[f"{name}_high"] for name in ("weighted_f1", "accuracy")]
        )
    assert (np.abs(np.mean(shares, axis=0) - 0.95) < 0.04).all()


def _judged(cells: NDArray[np.integer]) -> dict[str, float]:
    was, named = (np.repeat(np.asarray(["a", "b", "c"])[part], cells.ravel()) for part in np.divmod(np.arange(9), 3))
    streamed = StreamedQuality(("a", "b", "c"), None)
    streamed.add(was, named, np.zeros((0, 3)))
    return streamed.quality()


def test_nobody_and_one_answer_only_have_no_ranking() -> None:
    streamed = StreamedQuality(("no", "yes"), "yes")
    assert streamed.quality() == {}
    streamed.add(np.array(["no"]), np.array(["no"]), np.array([[0.0, 1.0]]))
    found = streamed.quality()
    assert (found["f1"], found["accuracy"], found["base_log_loss"]) == (0.0, 1.0, 0.0)
    assert not {"roc_auc", "average_precision", "f1_low"} & set(found)

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

from segmint.models.network import DenseNetworkClassifier  # noqa: E402
from segmint.models.tensorboard_log import TensorBoardLog  # noqa: E402

TAGS = {"training": ("loss", "accuracy", "learning_rate", "matching_loss"), "validation": ("loss", "accuracy", "auc")}


def read_scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    events = EventAccumulator(str(folder)).Reload()
    return [(event.step, float(tensor_util.make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_shows_one_finite_value_per_epoch_equal_to_the_history(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 4))
    y = np.where(X[:, 0] > 0, "yes", "no")
    log = TensorBoardLog(tmp_path, "final")
    fitted = DenseNetworkClassifier((8,), epochs=4, batch_size=32, log=log, random_state=1).fit(X, y)
    for run, tags in TAGS.items():
        for tag in tags:
            points = read_scalars(tmp_path / "final" / run, tag)
            name = tag if tag in ("learning_rate", "matching_loss") else f"{run}_{tag}"
            expected = [(epoch.epoch, getattr(epoch, name)) for epoch in fitted.history_]
            assert [step for step, _ in points] == [step for step, _ in expected]
            assert all(math.isfinite(value) for _, value in points)
            np.testing.assert_allclose([value for _, value in points], [value for _, value in expected], rtol=1e-6)


def test_a_named_log_writes_elsewhere(tmp_path: Path) -> None:
    assert TensorBoardLog(tmp_path).named("fold 1").folder == tmp_path / "fold 1"

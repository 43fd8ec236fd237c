from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

from segmint.models.network import DenseNetworkClassifier  # noqa: E402
from segmint.models.tensorboard_log import CHARTS, METRICS, Seen, TensorBoardLog  # noqa: E402

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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_line_of_a_fit_is_of_the_epoch_whose_weights_are_kept(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(200, 20))
    y = draw.random(200) < 1 / (1 + np.exp(-X[:, 0]))
    log = TensorBoardLog(tmp_path, "final")
    fitted = DenseNetworkClassifier((64,), epochs=12, learning_rate=0.02, log=log, random_state=1).fit(X, y)
    best = fitted.history_[fitted.best_epoch_ - 1]
    assert best is not fitted.history_[-1]
    for run in METRICS:  # the tab shows the last point of each
        for tag in ("loss", "accuracy", *(["auc"] if run == "validation" else [])):
            last = read_scalars(tmp_path / "final" / run, f"kept_{tag}")[-1]
            assert last == pytest.approx((best.epoch, getattr(best, f"{run}_{tag}")))
    assert read_scalars(tmp_path / "final" / "validation", "kept_profit")[-1][0] == best.epoch


@pytest.mark.parametrize("name", ["", "widths"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fit_of_the_same_name_takes_the_place_of_the_one_before(tmp_path: Path, name: str) -> None:
    from tensorboard.plugins.hparams import metadata

    log = TensorBoardLog(tmp_path, name, positive=True)  # type: ignore[arg-type]
    X = np.random.default_rng(0).normal(size=(200, 4))
    log.results(images={}, texts={"conclusion": "level"})
    for hidden, epochs in (((8,), 3), ((6, 4), 2)):
        DenseNetworkClassifier(hidden, epochs=epochs, log=log, random_state=1).fit(X, X[:, 0] > 0)
    assert [step for step, _ in read_scalars(log.folder / "validation", "loss")] == [1, 2]
    content = read_events(log.folder).PluginTagToContent("hparams")[metadata.SESSION_START_INFO_TAG]
    assert metadata.parse_session_start_info_plugin_data(content).hparams["hidden_units"].number_value == 10
    assert "conclusion" in read_tags(tmp_path, "text")


@pytest.mark.parametrize("below", ["", "training"])
def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path, below: str) -> None:
    from segmint.models._keras import Events

    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="file' is no folder"):
        Events(tmp_path / "file" / below)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_log_is_for_the_user_alone(tmp_path: Path) -> None:
    log = TensorBoardLog(tmp_path / "run" / "tensorboard", "fold 1")
    X = np.random.default_rng(0).normal(size=(100, 2))
    DenseNetworkClassifier((4,), epochs=1, log=log, random_state=1).fit(X, X[:, 0] > 0)
    curve = np.array([True, False]), np.array([0.9, 0.1])
    log.results(images={}, texts={"conclusion": "level"}, curves={"lightgbm": {"yes": curve}})
    made = [*(tmp_path / "run").rglob("*"), tmp_path / "run"]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}


def test_a_log_leaves_no_temporary_file_that_an_end_by_signal_would_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from segmint.models._keras import Events, build, layer_specs

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    network = build(layer_specs((4,), activation="relu", dropout=0.1, outputs=1), inputs=2, seed=0)
    with Events(tmp_path / "log") as events:
        events.graph(network)
    assert not list((tmp_path / "temporary").iterdir())


def test_a_yes_that_is_none_of_the_classes_is_refused_before_anything_is_learned(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    log = TensorBoardLog(tmp_path, positive="yess")
    with pytest.raises(ValueError, match="'yess' is none of the classes no, yes"):
        DenseNetworkClassifier((4,), log=log).fit(X, np.where(X[:, 0] > 0, "yes", "no"))
    assert not list(tmp_path.iterdir())


def test_a_named_log_writes_elsewhere(tmp_path: Path) -> None:
    assert TensorBoardLog(tmp_path).named("fold 1").folder == tmp_path / "fold 1"


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two fits in one log: of a response, and of three segments."""
    folder = tmp_path_factory.mktemp("log")
    draw = np.random.default_rng(0)
    X = draw.normal(size=(400, 3))
    said = np.where(X[:, 0] + draw.normal(size=400) > 1, "yes", "no")
    named = np.digitize(X[:, 1], [-0.5, 0.5]).astype(str)
    for fit, y, hidden in (("response", said, (8,)), ("segments", named, (6, 4))):
        log = TensorBoardLog(folder, fit)
        DenseNetworkClassifier(hidden, epochs=3, batch_size=64, log=log, random_state=1).fit(X, y)
    return folder


def read_events(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def read_tags(folder: Path, plugin: str) -> set[str]:
    return set(read_events(folder).PluginTagToContent(plugin))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_weight_has_a_histogram_of_all_its_values_at_every_epoch(logged: Path) -> None:
    from tensorboard.util import tensor_util

    events = read_events(logged / "segments" / "training")
    tags = set(events.PluginTagToContent("histograms"))
    assert {"layer 0/kernel", "layer 1/gamma", "layer 1/moving_mean", "layer 1/moving_variance", "layer 6/bias"} <= tags
    points = events.Tensors("layer 0/kernel")
    assert [point.step for point in points] == [1, 2, 3]
    assert tensor_util.make_ndarray(points[-1].tensor_proto)[:, 2].sum() == 3 * 6


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_precision_and_recall_are_drawn_for_yes_or_for_each_class_against_the_rest(logged: Path) -> None:
    from tensorboard.util import tensor_util

    response, segments = (read_events(logged / fit / "validation") for fit in ("response", "segments"))
    assert set(response.PluginTagToContent("pr_curves")) == {"yes (inner rows)/pr_curves"}
    assert set(segments.PluginTagToContent("pr_curves")) == {f"{k} (inner rows)/pr_curves" for k in "012"}
    last = tensor_util.make_ndarray(response.Tensors("yes (inner rows)/pr_curves")[-1].tensor_proto)
    right, wrong, spared, missed, precision, recall = last
    np.testing.assert_array_equal(right + wrong + spared + missed, 60.0)
    assert recall[0] == 1.0
    assert precision[0] == pytest.approx((right + missed)[0] / 60)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_fit_is_a_line_of_hparams_in_numbers_with_its_own_name(logged: Path) -> None:
    from tensorboard.plugins.hparams import metadata

    for fit, layers in (("response", 1.0), ("segments", 2.0)):
        content = read_events(logged / fit).PluginTagToContent("hparams")[metadata.SESSION_START_INFO_TAG]
        info = metadata.parse_session_start_info_plugin_data(content)
        kinds = {name: value.WhichOneof("kind") for name, value in info.hparams.items()}
        assert info.group_name == fit
        assert set(kinds.values()) == {"number_value"}
        assert {"learning_rate", "dropout", "epochs", "batch_size", "rows", "weights"} <= set(kinds)
        assert info.hparams["hidden_layers"].number_value == layers
    content = read_events(logged).PluginTagToContent("hparams")[metadata.EXPERIMENT_TAG]
    experiment = metadata.parse_experiment_plugin_data(content)
    assert ("validation", "kept_loss") in {(metric.name.group, metric.name.tag) for metric in experiment.metric_infos}
    # a setting that is not named here has no column: with none the whole tab is empty
    assert {setting.name for setting in experiment.hparam_infos} == set(kinds)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_loss_and_accuracy_of_training_and_validation_share_one_chart_each(logged: Path, tmp_path: Path) -> None:
    from tensorboard.plugins.custom_scalar import layout_pb2, metadata
    from tensorboard.util import tensor_util

    tensor = read_events(logged).Tensors(metadata.CONFIG_SUMMARY_TAG)[0].tensor_proto
    layout = layout_pb2.Layout.FromString(tensor_util.make_ndarray(tensor).item())
    assert [chart.title for chart in layout.category[0].chart] == list(CHARTS)
    TensorBoardLog(tmp_path)._introduce(["epochs"], in_profit=False)  # of segments
    for tag in read_events(tmp_path).Tags()["tensors"]:
        assert b"profit" not in read_events(tmp_path).Tensors(tag)[0].tensor_proto.SerializeToString()
        assert b"profit" not in read_events(tmp_path).SummaryMetadata(tag).SerializeToString()
    for pattern in [chart.multiline.tag[0] for chart in layout.category[0].chart][:2]:
        for run in ("training", "validation"):
            tags = read_events(logged / "response" / run).PluginTagToContent("scalars")
            assert [tag for tag in tags if re.search(pattern, tag)] == [pattern.strip("^$")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_profit_is_there_for_a_response_and_not_for_segments(logged: Path) -> None:
    profit = [value for _, value in read_scalars(logged / "response" / "validation", "profit")]
    assert len(profit) == 3
    assert all(math.isfinite(value) for value in profit)
    # calling exactly those who say yes would earn base × (1 − base) of a success per customer
    assert max(profit) <= 1000 * 0.25
    assert "profit" not in read_events(logged / "segments" / "validation").PluginTagToContent("scalars")


def test_the_level_that_means_yes_is_the_one_that_is_named() -> None:
    seen = Seen(
        {}, np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]]), np.array([0, 1, 1, 1]), np.array(["Ja", "Nein"])
    )
    base = 0.25
    named = TensorBoardLog("", positive="Ja")._business(seen)
    assert named["profit"] == pytest.approx(1000 * (1 - 2 * base) / 4)
    other = TensorBoardLog("")._business(seen)
    assert other["profit"] == pytest.approx(1000 * 2 * (1 - 0.75) / 4)


def test_two_segments_have_a_curve_each_and_no_profit(tmp_path: Path) -> None:
    likely, labels = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])
    log = TensorBoardLog(tmp_path, has_yes=False).named("final")
    seen = Seen({}, likely, labels, np.array(["A", "B"]))
    assert log._business(seen) == {}
    assert list(log._curves(seen)) == ["A (inner rows)", "B (inner rows)"]


def test_calling_everyone_earns_exactly_nothing() -> None:
    yes = np.array([0, 1, 0, 0, 0, 0, 0] * 9)
    everyone = np.tile([0.5, 0.5], (len(yes), 1))
    assert TensorBoardLog("")._business(Seen({}, everyone, yes, np.array(["no", "yes"])))["profit"] == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_results_hold_pictures_words_and_the_curves_of_every_model(tmp_path: Path) -> None:
    import tensorflow as tf

    png = tf.io.encode_png(np.zeros((4, 4, 3), np.uint8)).numpy()
    yes, likely = np.array([True, False]), np.array([0.7, 0.2])
    TensorBoardLog(tmp_path).results(
        images={"results/f1": png}, texts={"results/settings": "seed"}, curves={"knn": {"yes": (yes, likely)}}
    )
    assert read_tags(tmp_path, "images") == {"results/f1"}
    assert read_tags(tmp_path, "text") == {"results/settings"}
    assert read_tags(tmp_path / "compared" / "knn", "pr_curves") == {"yes/pr_curves"}


def test_a_fit_replaces_its_own_curves_and_nothing_else(tmp_path: Path) -> None:
    mine = tmp_path / "training" / "mine.csv"
    mine.parent.mkdir()
    mine.write_text("mine")
    draw = np.random.default_rng(0)
    X, y = draw.normal(size=(80, 3)).astype(np.float32), np.arange(80) % 2
    for _ in range(2):
        DenseNetworkClassifier((4,), epochs=1, log=TensorBoardLog(tmp_path), random_state=0).fit(X, y)
    assert mine.read_text() == "mine"
    assert len(list((tmp_path / "training").glob("events.*"))) == 1

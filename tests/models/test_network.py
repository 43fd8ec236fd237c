from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytestmark = pytest.mark.network
keras = pytest.importorskip("keras")

from segmint.errors import LayerRuleError  # noqa: E402
from segmint.models import _keras  # noqa: E402
from segmint.models.forward import fold, forward  # noqa: E402
from segmint.models.layer_rule import check_layers  # noqa: E402
from segmint.models.network import DenseNetworkClassifier, Teaching  # noqa: E402
from segmint.report.architecture import draw_architecture  # noqa: E402


def rows(count: int = 800, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(5)
    X = draw.normal(size=(count, 6)).astype(np.float32)
    score = X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * draw.normal(size=count)
    edges = np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1])
    return X, np.array(list("ABCD"))[np.searchsorted(edges, score)]


def small(**settings: object) -> DenseNetworkClassifier:
    return DenseNetworkClassifier((16, 8), epochs=8, batch_size=64, random_state=3, **settings)


@pytest.fixture(scope="module")
def fitted() -> DenseNetworkClassifier:
    return small().fit(*rows())


def test_it_learns_what_there_is_to_learn(fitted: DenseNetworkClassifier) -> None:
    X, y = rows()
    assert fitted.score(X, y) > 0.7


def test_four_classes_get_four_probabilities_that_add_up() -> None:
    X, y = rows(classes=4)
    likely = small().fit(X, y).predict_proba(X)
    assert likely.shape == (800, 4)
    assert_allclose(likely.sum(axis=1), 1.0, atol=1e-9)


def test_values_too_large_for_the_sums_are_named(fitted: DenseNetworkClassifier) -> None:
    rows = np.zeros((3, fitted.n_features_in_), dtype=np.float32)
    rows[1] = 3e38
    with pytest.raises(ValueError, match="values of 1 of 3 rows are too large"):
        fitted.predict_proba(rows)


def test_the_same_seed_gives_the_same_network(fitted: DenseNetworkClassifier) -> None:
    again = small().fit(*rows())
    for name, weights in fitted.weights_.items():
        assert_array_equal(weights, again.weights_[name])


def test_networks_of_one_shape_are_traced_once_and_learn_as_if_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    traced, loss = [], _keras._cross_entropy
    monkeypatch.setattr(_keras, "_cross_entropy", lambda *given: traced.append(given) or loss(*given))
    monkeypatch.setattr(_keras, "_KEPT", {})
    X, y = rows()
    other = DenseNetworkClassifier((16, 8), epochs=2, batch_size=32, averaging=0.9, learning_rate=1e-3, random_state=4)
    alone = other.fit(X[:700], y[:700]).weights_
    once = len(traced)
    small().fit(X, y)
    again = other.fit(X[:700], y[:700]).weights_
    assert len(traced) == once
    assert all(np.array_equal(again[name], weights) for name, weights in alone.items())
    other.set_params(dropout=0.2).fit(X, y)
    assert len(traced) > once


def test_one_that_learns_while_another_does_changes_nothing_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_keras, "_KEPT", {})
    X, y = rows(200)
    network = DenseNetworkClassifier((4,), epochs=3, random_state=1)
    alone = network.fit(X, y).weights_
    between = network.fit(X, y, progress=lambda *_: small().set_params(hidden=(4,), epochs=1).fit(X, y)).weights_
    assert all(np.array_equal(between[name], weights) for name, weights in alone.items())


def test_few_traced_networks_are_kept_and_no_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_keras, "_KEPT", {})
    for width in (2, 3, 4):
        DenseNetworkClassifier((width,), epochs=1, random_state=1).fit(*rows(100))
    assert ["'units': 3" in shape for shape in _keras._KEPT] == [True, False]
    monkeypatch.setattr(_keras, "_MOST_WEIGHTS", 10)
    DenseNetworkClassifier((4,), epochs=1, random_state=1).fit(*rows(100))
    assert len(_keras._KEPT) == 1


def test_numpy_says_what_tensorflow_says() -> None:
    layers = _keras.layer_specs((32, 16), activation="relu", dropout=0.2, outputs=3)
    network = _keras.build(layers, inputs=6, seed=1)
    X, _ = rows()
    network.layers[-1].kernel.assign(np.random.default_rng(0).normal(size=(16, 3)))
    network.layers[1].moving_mean.assign(np.full(32, 0.3))
    network.layers[1].moving_variance.assign(np.full(32, 2.0))
    expected = network(X, training=False).numpy()
    found = forward(fold(layers, _keras.named_weights(network)), X)
    softmax = lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)  # noqa: E731
    assert np.abs(softmax(found) - softmax(expected)).max() <= 1e-6


def test_a_subclass_of_an_allowed_layer_is_another_layer() -> None:
    class Sneaky(keras.layers.Dense):
        pass

    network = keras.Sequential(
        [
            keras.Input((3,)),
            Sneaky(4),
            keras.layers.Dense(2),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.1),
        ]
    )
    with pytest.raises(LayerRuleError, match="Sneaky"):
        _keras.check_built(network)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (keras.layers.Dense(4, kernel_regularizer="l2"), "Dense layer 0 has its own kernel_regularizer"),
        (keras.layers.Dense(4, use_bias=False), "Dense layer 0 has its own use_bias"),
        (keras.layers.Dropout(0.1, noise_shape=(None, 1)), "Dropout layer 0 has its own noise_shape"),
        (keras.layers.BatchNormalization(scale=False), "BatchNormalization layer 0 has its own scale"),
    ],
)
def test_a_layer_with_something_added_is_refused(layer: keras.layers.Layer, words: str) -> None:
    rest = [keras.layers.Dense(2), keras.layers.BatchNormalization(), keras.layers.Dropout(0.1)]
    with pytest.raises(LayerRuleError, match=words):
        _keras.check_built(keras.Sequential([keras.Input((3,)), layer, *rest]))


def test_a_model_that_may_do_more_than_its_layers_is_refused() -> None:
    class Sneaky(keras.Sequential):
        pass

    layers = [keras.layers.Dense(2), keras.layers.BatchNormalization(), keras.layers.Dropout(0.1)]
    with pytest.raises(LayerRuleError, match="The network is a Sneaky"):
        _keras.check_built(Sneaky([keras.Input((3,)), *layers]))


@pytest.mark.parametrize(("count", "batch"), [(127, 64), (130, 64), (5, 64), (100, 33)])
def test_every_customer_teaches_in_every_epoch(count: int, batch: int) -> None:
    layers = _keras.layer_specs((4,), activation="tanh", dropout=0.1, outputs=1)
    network = _keras.build(layers, inputs=count, seed=1)
    network.layers[-1].kernel.assign(np.ones((4, 1)))  # at nought nothing below it learns in the first step
    before = network.layers[0].kernel.numpy()
    targets = np.eye(2, dtype=np.float32)[np.arange(count) % 2]
    rows = _keras.TrainingRows(np.eye(count, dtype=np.float32), targets)  # a row of the kernel is of one customer
    _keras.train(network, rows, _keras.Schedule(1, batch, 1e-2, 0.0, 1), lambda epoch, loss, rate: True)
    assert (network.layers[0].kernel.numpy() != before).any(axis=1).all()


def test_a_training_of_one_step_learns_too() -> None:
    X = np.random.default_rng(0).normal(size=(500, 4))
    fitted = DenseNetworkClassifier((16,), epochs=1, batch_size=512, random_state=1).fit(X, X[:, 0] > 0)
    assert fitted.history_[0].learning_rate > 0
    assert fitted.history_[0].validation_auc > 0.6


def test_a_training_that_diverges_says_so() -> None:
    X, y = rows(200)
    with pytest.raises(ValueError, match="Training diverged"):
        small().fit(X * np.float32(1e30), y)
    fitted = small().fit(X, y)
    with pytest.raises(ValueError, match="Training diverged"):
        fitted.refit(X * np.float32(1e30), y)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_keras_model_says_what_the_network_says(classes: int) -> None:
    X, y = rows(classes=classes)
    fitted = small(members=classes // 2).fit(X, y)
    model = fitted.keras_model()
    assert type(model) is keras.Sequential
    likely = fitted.calibration_.apply(np.asarray(model(X, training=False), dtype=float))
    assert_allclose(likely, fitted.predict_proba(X), atol=1e-6)


def test_a_network_can_be_drawn(fitted: DenseNetworkClassifier) -> None:
    picture = draw_architecture(fitted.network_)
    assert 'xmlns="http://www.w3.org/2000/svg"' in picture
    assert picture.count("<rect") == len(fitted.layers_) + 2
    assert draw_architecture(fitted) == picture
    with pytest.raises(TypeError, match=r"must be a trained DenseNetworkClassifier .* Got a Sequential instead"):
        draw_architecture(fitted.keras_model())


def test_what_is_built_is_what_the_rule_allows(fitted: DenseNetworkClassifier) -> None:
    assert {layer["type"] for layer in fitted.layers_} == {"Dense", "BatchNormalization", "Dropout"}


def test_the_weights_kept_are_those_of_the_best_epoch(fitted: DenseNetworkClassifier) -> None:
    losses = [epoch.validation_loss for epoch in fitted.history_]
    assert fitted.best_epoch_ == 1 + int(np.argmin(losses))


def test_training_stops_when_the_inner_rows_stop_improving() -> None:
    X, _ = rows()
    noise = np.random.default_rng(9).choice(["A", "B"], len(X))
    stopped = DenseNetworkClassifier((64, 64), epochs=60, batch_size=32, patience=3, random_state=1).fit(X, noise)
    assert len(stopped.history_) == stopped.best_epoch_ + 3 < 60


def test_a_teacher_can_replace_the_labels() -> None:
    X, y = rows()
    wrong = np.where(y == "A", "B", "A")
    truth = np.column_stack([y == "A", y == "B"]).astype(float)
    taught = small().fit(X, wrong, inner=(X, y), teaching=Teaching(truth, X, truth, share=1.0))
    assert taught.score(X, y) > 0.8


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("dropout", (0.1, 0.3), "'dropout' .* one number for all layers"),
        ("dropout", 0.0, "'dropout' .* above 0 and below 1. Got 0.0"),
        ("hidden", (), "'hidden' .* at least one"),
        ("hidden", 64, "'hidden' .* Got 64"),
        ("hidden", (3.5,), "'hidden'"),
        ("epochs", 0, "'epochs' .* 1 or more"),
        ("epochs", np.array([1, 2]), "'epochs' .* 1 or more"),
        ("batch_size", "x", "'batch_size'"),
        ("batch_size", 1, "'batch_size' .* 8 or more"),
        ("inner_share", 0.5, "'inner_share' .* below 0.5"),
        ("batch_size", np.array([1, 2]), "'batch_size'"),
        ("learning_rate", np.array([0.1, 0.2]), "'learning_rate'"),
        ("members", True, "'members'"),
        ("patience", 0, "'patience'"),
        ("learning_rate", -1, "'learning_rate'"),
        ("averaging", 2.0, "'averaging'"),
        ("averaging", False, "'averaging'"),
        ("inner_share", 0, "'inner_share'"),
        ("log", "runs", "'log' .* a TensorBoardLog, or None. Got 'runs'"),
        ("activation", "swish", "'activation' .* relu, silu, tanh"),
        ("activation", keras.layers.LeakyReLU(), "'activation'"),
    ],
)
def test_a_parameter_out_of_range_is_named(setting: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DenseNetworkClassifier(**{setting: value}).fit(*rows(50))


def test_widths_may_come_as_an_array() -> None:
    network = DenseNetworkClassifier(np.array([16, 8]), epochs=1, random_state=0).fit(*rows(100))
    assert [layer["units"] for layer in network.layers_ if layer["type"] == "Dense"] == [16, 8, 1]


def test_a_layer_as_an_activation_is_another_layer() -> None:
    layers: list[keras.Layer] = [keras.layers.Dense(4, activation=keras.layers.LeakyReLU()), keras.layers.Dense(2)]
    network = keras.Sequential(
        [keras.Input((3,)), *layers, keras.layers.BatchNormalization(), keras.layers.Dropout(0.1)]
    )
    with pytest.raises(LayerRuleError, match="activation"):
        _keras.check_built(network)


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ((np.zeros((0, 6), np.float32), np.array([], dtype="U1")), "0 sample"),
        ((np.zeros((5, 3), np.float32), np.array(list("ABABA"))), "features"),
        ((np.zeros((5, 6), np.float32), np.array(list("AB"))), "5 with 2 outcomes"),
    ],
)
def test_inner_rows_that_cannot_judge_are_refused(inner: tuple[np.ndarray, np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        small().fit(*rows(100), inner=inner)


def test_inner_rows_hold_some_of_each_class_and_teach_nobody() -> None:
    X, y = rows(200)
    y = np.where(np.arange(200) < 6, "B", "A")
    network = DenseNetworkClassifier((8,), epochs=1, random_state=0)
    network.classes_ = np.array(["A", "B"])
    fit, labels, _, kept, judged = network._inner_rows(X, (y == "B").astype(int), np.arange(200), None, 5)
    assert (len(fit), len(kept)) == (170, 30)
    assert (labels.sum(), judged.sum()) == (5, 1)
    assert not {row.tobytes() for row in fit} & {row.tobytes() for row in kept}


def test_who_teaches_judges_only_where_nobody_else_is_and_with_a_warning() -> None:
    X, _ = rows(2)
    with pytest.warns(UserWarning, match="also say when to stop"):
        DenseNetworkClassifier((8,), epochs=1, random_state=0).fit(X, np.array(["A", "B"]))


def test_a_short_training_starts_at_how_often_each_class_occurs() -> None:
    X, _ = rows(200)
    y = np.where(np.arange(200) % 10 == 0, "B", "A")
    likely = DenseNetworkClassifier((8,), epochs=1, random_state=0).fit(X, y).predict_proba(X)
    assert likely[:, 1].mean() == pytest.approx(0.10, abs=0.03)
    three = np.where(np.arange(200) % 10 == 0, "C", y)
    three[1::4] = "D"
    shares = DenseNetworkClassifier((8,), epochs=1, random_state=0).fit(X, three).predict_proba(X).mean(axis=0)
    assert shares == pytest.approx([(three == name).mean() for name in "ACD"], abs=0.05)


def test_weights_may_be_left_as_they_are_at_each_step() -> None:
    network = DenseNetworkClassifier((8,), epochs=1, averaging=0, random_state=0).fit(*rows(100))
    assert len(network.history_) == 1


def test_copies_are_learned_from_at_half_the_rate() -> None:
    assert DenseNetworkClassifier().pace(1_000, copied=False) == (10, 4e-3)
    assert DenseNetworkClassifier().pace(1_000, copied=True) == (10, 2e-3)


def test_one_class_is_refused() -> None:
    X, _ = rows(50)
    with pytest.raises(ValueError, match="1 class"):
        DenseNetworkClassifier().fit(X, np.full(50, "A"))


def test_an_outcome_with_gaps_is_refused() -> None:
    X, y = rows(50)
    gaps = np.where(np.arange(50) < 3, None, y.astype(object))
    with pytest.raises(ValueError, match="None or NA in 3 of 50 rows"):
        DenseNetworkClassifier().fit(X, gaps)


def test_members_learn_from_starts_of_their_own_and_become_one_network() -> None:
    X, y = rows()
    learn = {"inner": (X[:200], y[:200])}
    several = DenseNetworkClassifier((16,), epochs=3, members=3, random_state=3).fit(X[200:], y[200:], **learn)
    single = [
        DenseNetworkClassifier((16,), epochs=3, random_state=3 + number).fit(X[200:], y[200:], **learn)
        for number in range(3)
    ]
    odds = [np.log(each.predict_proba(X)[:, 1] / each.predict_proba(X)[:, 0]) for each in single]
    assert np.abs(odds[0] - odds[1]).max() > 0.001
    said = several.predict_proba(X)
    assert_allclose(np.log(said[:, 1] / said[:, 0]), np.mean(odds, axis=0), atol=1e-4)
    check_layers(several.layers_)
    assert several.layers_[0]["units"] == 48
    assert several.history_ == single[0].history_


def test_members_without_a_seed_start_differently() -> None:
    X, y = rows()
    for start in (None, np.random.RandomState(1)):
        made = DenseNetworkClassifier((4,), epochs=1, members=2, random_state=start).fit(X, y)
        assert not np.allclose(made.weights_["0.kernel"][:, :4], made.weights_["0.kernel"][:, 4:])


def test_a_refit_learns_from_everybody_for_as_long_and_keeps_curves_and_calibration() -> None:
    X, y = rows(1_000)
    network = small().fit(X[:800], y[:800], inner=(X[800:], y[800:]))
    curves, calibration, before = network.history_, network.calibration_, network.weights_
    same = small().fit(X[:800], y[:800], inner=(X[800:], y[800:])).refit(X[:800], y[:800])
    for name, weights in before.items():  # nobody new to learn from: the same network
        assert_array_equal(weights, same.weights_[name])
    network.refit(X, y)
    assert (network.history_, network.calibration_) == (curves, calibration)
    assert network.refit_epochs_ == network.best_epoch_
    assert any((weights != network.weights_[name]).any() for name, weights in before.items())
    assert network.score(X, y) > 0.7


def test_with_a_teacher_a_refit_takes_as_many_epochs_as_the_fit() -> None:
    X, y = rows(1_000)
    likely = np.where(y[:, None] == np.array(["A", "B"]), 0.9, 0.1)
    network = small(patience=2)
    network.fit(
        X[:800], y[:800], inner=(X[800:], y[800:][::-1]), teaching=Teaching(likely[:800], X[:800], likely[:800])
    )
    assert network.best_epoch_ < len(network.history_) < 8
    network.refit(X, y, teaching=Teaching(likely, X, likely))
    assert network.refit_epochs_ == len(network.history_)


def test_a_refit_of_several_members_is_one_network_again() -> None:
    X, y = rows(1_000)
    network = small(members=2).fit(X[:800], y[:800], inner=(X[800:], y[800:]))
    layers, same = network.layers_, network.predict_proba(X)
    network.refit(X, y)
    assert network.layers_ == layers
    assert np.corrcoef(same[:, 1], network.predict_proba(X)[:, 1])[0, 1] > 0.9
    assert network.best_epoch_ == small(members=2).fit(X[:800], y[:800], inner=(X[800:], y[800:])).best_epoch_


def test_a_refit_keeps_the_layers_that_were_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = rows(1_000)
    network = DenseNetworkClassifier(epochs=1, batch_size=64, random_state=3)
    network.fit(X[:800], y[:800], inner=(X[800:], y[800:]))
    layers = network.layers_
    monkeypatch.setattr(DenseNetworkClassifier, "widths", lambda self, customers: (256, 128))
    monkeypatch.setattr(DenseNetworkClassifier, "pace", lambda self, rows: (0, 1.0))
    assert network.refit(X, y).layers_ == layers
    assert network.refit_epochs_ == 1


def test_a_refit_with_classes_that_the_fit_did_not_know_is_refused() -> None:
    X, y = rows(200)
    network = small().fit(X, y)
    with pytest.raises(ValueError, match=r"a refit have classes that the fit lack: \[False, True\]"):
        network.refit(X, y == "A")


def test_nothing_is_learned_once_more_before_it_was_learned_once() -> None:
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        small().refit(*rows())


def test_a_training_leaves_the_process_as_it_was() -> None:
    import logging
    import random

    import tensorflow as tf

    logger, options = logging.getLogger("tensorflow"), tf.config.optimizer
    level, drawn = logger.level, random.getstate()
    logger.setLevel("INFO")
    try:
        before = options.get_experimental_options().get("disable_meta_optimizer", False)
        small().fit(*rows(200)).keras_model()
        assert logger.level == logging.INFO
        assert options.get_experimental_options().get("disable_meta_optimizer", False) is before is False
        assert random.getstate() == drawn
    finally:
        logger.setLevel(level)


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_another_precision_of_the_process_changes_nothing(fitted: DenseNetworkClassifier, policy: str) -> None:
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        again = small().fit(*rows())
        logits = np.asarray(again.keras_model()(rows()[0], training=False))
    finally:
        keras.config.set_dtype_policy(usual)
    assert all(np.array_equal(again.weights_[name], weights) for name, weights in fitted.weights_.items())
    assert logits.dtype == np.float32


def test_a_new_fit_forgets_the_refit_of_an_earlier_one() -> None:
    network = DenseNetworkClassifier((4,), epochs=1, random_state=0).fit(*rows(200)).refit(*rows(200))
    assert network.refit_epochs_ == 1
    assert not hasattr(network.fit(*rows(200)), "refit_epochs_")


def test_each_epoch_of_each_member_is_told() -> None:
    X, y = rows(200)
    said: list[tuple[str, int, int]] = []
    network = DenseNetworkClassifier((8,), epochs=2, members=2, random_state=1).fit(
        X, y, progress=lambda *step: said.append(step)
    )
    assert said == [("training the network", done, 4) for done in (1, 2, 3, 4)]
    said.clear()
    network.refit(X, y, progress=lambda *step: said.append(step))
    assert [done for _, done, _ in said] == sorted({done for _, done, _ in said})
    assert said[-1][1] in (3, 4)


def test_another_backend_of_keras_is_other_programs_business() -> None:
    script = "import os; from segmint.models import _keras; import keras; print(keras.backend.backend(), os.environ['KERAS_BACKEND'])"
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["tensorflow", "jax"], said.stderr

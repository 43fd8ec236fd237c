"""The only file that imports TensorFlow: build the network, train it, write its TensorBoard log."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats32
from segmint.errors import ConfigError, LayerRuleError
from segmint.models.hush import hushed
from segmint.models.layer_rule import ACTIVATIONS, check_layers
from segmint.shared_setting import SharedSetting


@contextmanager
def _backend_of_keras() -> Iterator[None]:
    """Have Keras take TensorFlow, whatever the environment asks for other programs."""
    asked = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        yield
    finally:
        os.environ.pop("KERAS_BACKEND")
        if asked is not None:
            os.environ["KERAS_BACKEND"] = asked


with hushed(), _backend_of_keras():
    import keras
    import tensorflow as tf

if keras.backend.backend() != "tensorflow":
    raise ConfigError(
        f"Keras was loaded with {keras.backend.backend()} before segmint.",
        expected="Keras with TensorFlow",
        fix="leave KERAS_BACKEND out, or import segmint.DenseNetworkClassifier before keras",
    )

DTYPE = "float32"  # also where somebody has set another for all layers of the process

# Each kind of layer as Keras makes it, with what may differ from one to the next.
_PLAIN: dict[type[keras.layers.Layer], Callable[[Any], keras.layers.Layer]] = {
    keras.layers.Dense: lambda layer: _dense(layer.units, layer.activation),
    keras.layers.BatchNormalization: lambda layer: keras.layers.BatchNormalization(
        epsilon=layer.epsilon, momentum=layer.momentum, dtype=DTYPE
    ),
    keras.layers.Dropout: lambda layer: keras.layers.Dropout(layer.rate, seed=layer.seed, dtype=DTYPE),
}
_EXACT_ACTIVATIONS = {keras.activations.get(name): name for name in ACTIVATIONS}


def _dense(units: int, activation: Any) -> keras.layers.Dense:
    """Make a layer that starts from zeros: Keras's own start draws from Python's `random`, which is the user's."""
    return keras.layers.Dense(units, activation=activation, kernel_initializer="zeros", dtype=DTYPE)


def _for_training() -> Callable[[], object]:
    """Set TensorFlow for a training, and return what puts back how somebody had it."""
    logger, options = tf.get_logger(), tf.config.optimizer
    level, rewrites = logger.level, options.get_experimental_options().get("disable_meta_optimizer", False)

    def put_back() -> None:
        logger.setLevel(level)
        options.set_experimental_options({"disable_meta_optimizer": rewrites})

    # Each shape of network has a graph of its own; TensorFlow takes that for an oversight and says so on every wave of a replay.
    logger.setLevel("ERROR")
    # Rewriting the graph takes as long as tracing it and makes no epoch faster: most of the time goes into matrix products.
    options.set_experimental_options({"disable_meta_optimizer": True})
    return put_back


_TRAINING = SharedSetting(_for_training)


@dataclass(frozen=True)
class TrainingRows:
    """What one training sees: encoded rows and a target distribution for each.

    Attributes
    ----------
    inputs : ndarray of shape (n_rows, n_features), float32
    targets : ndarray of shape (n_rows, n_classes), float32
        Labels as one-hot rows, or a teacher's probabilities.
    """

    inputs: Floats32
    targets: Floats32


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    epochs: int
    batch_size: int
    learning_rate: float
    averaging: float
    seed: int


def layer_specs(hidden: Sequence[int], *, activation: str, dropout: float, outputs: int) -> list[dict[str, Any]]:
    """Describe the layers: Dense, BatchNormalization, Dropout for each width, then a Dense head."""
    layers: list[dict[str, Any]] = []
    for units in hidden:
        layers.append({"type": "Dense", "units": int(units), "activation": activation})
        layers.append({"type": "BatchNormalization", "epsilon": 1e-3})
        layers.append({"type": "Dropout", "rate": float(dropout)})
    layers.append({"type": "Dense", "units": int(outputs), "activation": "linear"})
    check_layers(layers)
    return layers


def build(layers: Sequence[dict[str, Any]], *, inputs: int, seed: int) -> keras.Sequential:
    """Build the network, start it from `seed`, and check what was really built."""
    draw = np.random.default_rng(seed)
    made: list[Any] = [keras.Input((inputs,), dtype=DTYPE)]
    for layer in layers:
        if layer["type"] == "Dense":
            made.append(_dense(layer["units"], layer["activation"]))
        elif layer["type"] == "BatchNormalization":
            made.append(keras.layers.BatchNormalization(epsilon=layer["epsilon"], momentum=0.9, dtype=DTYPE))
        else:
            made.append(keras.layers.Dropout(layer["rate"], seed=int(draw.integers(2**31)), dtype=DTYPE))
    network = keras.Sequential(made, name="segmint")
    check_built(network)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dense):
            shape = layer.kernel.shape
            # He et al. 2015, arXiv 1502.01852: keeps the variance of relu networks from layer to layer.
            layer.kernel.assign(draw.normal(0.0, np.sqrt(2.0 / shape[0]), shape).astype(np.float32))
    network.layers[-1].kernel.assign(np.zeros(network.layers[-1].kernel.shape, np.float32))
    return network


def start_at(network: keras.Sequential, shares: NDArray[np.float32]) -> None:
    """Let an untrained network give everybody these shares of the classes: the head's biases become their log odds."""
    logs = np.log(np.clip(shares, 1e-6, 1.0))
    bias = logs[1:] - logs[:1] if len(shares) == 2 else logs - logs.mean()
    network.layers[-1].bias.assign(bias.astype(np.float32))


def check_built(network: keras.Sequential) -> None:
    """Hold a built network against the layer rule: exactly these types, in one sequence, with nothing added to a layer.

    A subclass is another layer; what a layer adds beside its sum, such as a penalty on its weights, `train` would not see.

    Raises
    ------
    LayerRuleError
        Naming what breaks the rule.
    """
    if type(network) is not keras.Sequential:
        raise LayerRuleError(
            f"The network is a {type(network).__name__}, which may do more than its layers.",
            expected="a keras.Sequential",
            fix="build it from its layers alone",
        )
    check_layers(
        [
            {
                "type": type(layer).__name__ if type(layer) in _PLAIN else repr(type(layer).__name__),
                "rate": getattr(layer, "rate", None),
                "activation": _activation(layer),
            }
            for layer in network.layers
        ]
    )
    for place, layer in enumerate(network.layers):
        if added := _added(layer):
            raise LayerRuleError(
                f"{type(layer).__name__} layer {place} has its own {' and '.join(added)}.",
                expected="a layer as Keras makes it, but for its units, activation, epsilon or rate",
                fix="leave that out",
            )


def _added(layer: keras.Layer) -> list[str]:
    """Name what a layer has beside what every one of its kind has."""
    plain, found = _PLAIN[type(layer)](layer).get_config(), layer.get_config()
    return [
        name
        for name in sorted(plain.keys() | found.keys())
        if name != "name" and not name.endswith("_initializer") and plain.get(name) != found.get(name)
    ]


def _activation(layer: keras.Layer) -> Any:
    given = getattr(layer, "activation", keras.activations.linear)
    return _EXACT_ACTIVATIONS.get(given, given)


def steps_of(schedule: Schedule, rows: int) -> int:
    """Count the steps that a training of so many rows takes."""
    return schedule.epochs * -(-rows // schedule.batch_size)


def train(
    network: keras.Sequential,
    rows: TrainingRows,
    schedule: Schedule,
    on_epoch: Callable[[int, float, float], bool],
) -> None:
    """Train by whole-epoch graph calls, with TensorFlow set for it; the network ends with the averaged weights of its last epoch.

    Parameters
    ----------
    network : keras.Sequential
    rows : TrainingRows
    schedule : Schedule
    on_epoch : callable (epoch, training loss, mean learning rate) -> bool
        Called after each epoch with the averaged weights in place; True stops.
    """
    try:
        with _TRAINING.held():
            _take_options()
            _train(network, rows, schedule, on_epoch)
    finally:
        _take_options()


def _take_options() -> None:
    """Let this thread see the options of the process: TensorFlow keeps a copy for each thread, and renews that of the one that sets them."""
    tf.config.optimizer.set_experimental_options({})


def _train(
    network: keras.Sequential,
    rows: TrainingRows,
    schedule: Schedule,
    on_epoch: Callable[[int, float, float], bool],
) -> None:
    count = len(rows.inputs)
    steps = steps_of(schedule, count) // schedule.epochs
    # Every row teaches in every epoch, in steps as large as one another: BatchNormalization learns nothing from one row.
    ends = tf.constant(np.arange(steps + 1) * count // steps, tf.int32)
    rates = _learning_rates(schedule, steps)
    inputs, targets, averaging = tf.constant(rows.inputs), tf.constant(rows.targets), tf.constant(schedule.averaging)
    with _learner_of(network) as learner:
        learner.begin(network)
        for epoch in range(schedule.epochs):
            order = np.random.default_rng((schedule.seed, epoch)).permutation(count).astype(np.int32)
            epoch_rates = tf.constant(rates[epoch])
            loss = float(learner.one_epoch(inputs, targets, tf.constant(order), ends, epoch_rates, averaging))
            learner.tell(network)
            if on_epoch(epoch, loss, float(rates[epoch].mean())):
                return


class _Learner:
    """An epoch traced once for all networks of one shape, with a network of its own in the place of the one that learns.

    Tracing takes longer than most trainings on a small table, and a fit trains one small network after the other.
    """

    def __init__(self, network: keras.Sequential) -> None:
        inputs = network.input_shape[-1]
        layers = [_PLAIN[type(layer)](layer) for layer in network.layers]
        self._network = keras.Sequential([keras.Input((inputs,), dtype=DTYPE), *layers])
        self._weights = _values(self._network.weights)
        self._averaged = [tf.Variable(weight) for weight in self._weights]
        self._optimizer = _Adam(self._network.trainable_variables)
        classes = max(network.output_shape[-1], 2)
        shapes = [((None, inputs), tf.float32), ((None, classes), tf.float32), ((None,), tf.int32), ((None,), tf.int32),
                  ((None,), tf.float32), ((), tf.float32)]  # fmt: skip
        self.one_epoch = tf.function(self._epoch, autograph=False, input_signature=[tf.TensorSpec(*s) for s in shapes])

    def begin(self, network: keras.Sequential) -> None:
        """Start where a network stands, the seeds of its Dropouts among its variables."""
        _copy(_values(network.variables), _values(self._network.variables))
        _copy(self._weights, self._averaged)
        self._optimizer.reset()

    def tell(self, network: keras.Sequential) -> None:
        """Give a network the averaged weights."""
        _copy(self._averaged, _values(network.weights))

    def _epoch(
        self,
        inputs: tf.Tensor,
        targets: tf.Tensor,
        order: tf.Tensor,
        ends: tf.Tensor,
        rates: tf.Tensor,
        averaging: tf.Tensor,
    ) -> tf.Tensor:
        """Take a step for each rate; return the mean loss."""

        def body(i: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            places = order[ends[i] : ends[i + 1]]
            return i + 1, total + self._step(tf.gather(inputs, places), tf.gather(targets, places), rates[i], averaging)

        steps, start = tf.size(rates), (tf.constant(0), tf.constant(0.0))
        total = tf.while_loop(lambda i, total: i < steps, body, start, parallel_iterations=1)[1]
        return total / tf.cast(steps, tf.float32)

    def _step(self, inputs: tf.Tensor, targets: tf.Tensor, rate: tf.Tensor, averaging: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(_cross_entropy(targets, self._network(inputs, training=True)))
        number = self._optimizer.apply(tape.gradient(loss, self._optimizer.weights), rate)
        # Early in training the average must not remember the start.
        share = tf.minimum(averaging, (number + 1.0) / (number + 10.0))
        for mean, weight in zip(self._averaged, self._weights, strict=True):
            mean.assign_sub((1.0 - share) * (mean - weight))
        return loss


# A fit trains networks of two shapes, the teachers' and its own; of wide ones little of the time is tracing, and much the memory.
_MOST_KEPT, _MOST_WEIGHTS = 2, 1_000_000
_KEPT: dict[str, _Learner] = {}
_KEEPING = Lock()


@contextmanager
def _learner_of(network: keras.Sequential) -> Iterator[_Learner]:
    """Hand over a learner that no other thread has meanwhile; one whose training broke off is not used again."""
    shape = _shape_of(network)
    with _KEEPING:
        kept = _KEPT.pop(shape, None)
    learner = kept or _Learner(network)
    yield learner
    if network.count_params() <= _MOST_WEIGHTS:
        with _KEEPING:
            _KEPT[shape] = learner
            while len(_KEPT) > _MOST_KEPT:
                del _KEPT[next(iter(_KEPT))]


def _shape_of(network: keras.Sequential) -> str:
    """Write all that is traced of a network."""
    settings = [layer.get_config() for layer in network.layers]
    traced = [{key: value for key, value in each.items() if key not in ("name", "seed")} for each in settings]
    return f"{network.input_shape} {traced}"


def _values(variables: Sequence[keras.Variable]) -> list[tf.Variable]:
    return [variable.value for variable in variables]


def _learning_rates(schedule: Schedule, steps: int) -> Floats32:
    """Rise over the first twentieth of all steps, then fall along a cosine; shape (epochs, steps)."""
    done = (np.arange(schedule.epochs * steps) + 0.5) / (schedule.epochs * steps)
    rates = schedule.learning_rate * np.minimum(done / 0.05, 0.5 * (1.0 + np.cos(np.pi * done)))
    return rates.astype(np.float32).reshape(schedule.epochs, steps)


class _Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980) by TensorFlow's fused step.

    Keras's own optimizer gives the same numbers, but its graph takes four times as long to trace, which on small
    tables is half of the training.
    """

    def __init__(self, variables: Sequence[Any]) -> None:
        self.weights = _values(variables)
        self._number = tf.Variable(0.0)
        self._means, self._squares = ([tf.Variable(tf.zeros_like(w)) for w in self.weights] for _ in range(2))

    def reset(self) -> None:
        """Forget all steps."""
        for state in (self._number, *self._means, *self._squares):
            state.assign(tf.zeros_like(state))

    def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> tf.Tensor:
        """Take one step; return its number, from 1."""
        number = self._number.assign_add(1.0)
        clipped, _ = tf.clip_by_global_norm(gradients, 1.0)
        powers = tf.pow(0.9, number), tf.pow(0.99, number)
        for weight, mean, square, gradient in zip(self.weights, self._means, self._squares, clipped, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle, m=mean.handle, v=square.handle, beta1_power=powers[0], beta2_power=powers[1],
                lr=rate, beta1=0.9, beta2=0.99, epsilon=1e-7, grad=gradient,
            )  # fmt: skip
        return number


def _copy(source: Sequence[Any], target: Sequence[Any]) -> None:
    for given, taker in zip(source, target, strict=True):
        taker.assign(given)


def _cross_entropy(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    if logits.shape[-1] == 1:
        return tf.nn.sigmoid_cross_entropy_with_logits(targets[:, 1:], logits)[:, 0]
    return tf.nn.softmax_cross_entropy_with_logits(targets, logits)


def with_weights(
    layers: Sequence[dict[str, Any]], weights: Mapping[str, NDArray[np.float32]], *, inputs: int
) -> keras.Sequential:
    """Build a trained network again; `weights` as `named_weights` returns them."""
    network = build(layers, inputs=inputs, seed=0)
    for place, layer in enumerate(network.layers):
        for variable in layer.weights:
            variable.assign(weights[f"{place}.{variable.name}"])
    return network


def named_weights(network: keras.Sequential) -> dict[str, NDArray[np.float32]]:
    """Return the weights by layer place and name: "0.kernel", "1.moving_mean", ..."""
    return {
        f"{place}.{variable.name}": variable.numpy()
        for place, layer in enumerate(network.layers)
        for variable in layer.weights
    }


class Events:
    """One TensorBoard event file; close it by leaving its `with` block."""

    def __init__(self, folder: Path, suffix: str = ".v2") -> None:
        self._folder = folder
        there = next(part for part in (folder, *folder.parents) if part.exists())
        if not there.is_dir():
            raise ValueError(f"The log cannot be written to '{folder}': '{there}' is no folder.")
        for missing in reversed([part for part in (folder, *folder.parents) if not part.exists()]):
            missing.mkdir(0o700, exist_ok=True)  # TensorFlow makes folders that everybody may read
        self._writer = tf.summary.create_file_writer(str(folder), filename_suffix=suffix)

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *failure: object) -> None:
        self._writer.close()
        for path in self._folder.glob("events.*"):  # and files
            path.chmod(0o600)

    def flush(self) -> None:
        """Let readers see what is written so far."""
        self._writer.flush()

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add one point of a curve."""
        with self._writer.as_default():
            tf.summary.scalar(tag, value, step=step)

    def histogram(self, tag: str, values: NDArray[np.float32], step: int) -> None:
        """Add a histogram; counted here, because TensorFlow's own operation takes twenty times as long."""
        from tensorboard.plugins.histogram import metadata

        counts, edges = np.histogram(values.astype(np.float64), bins=30)
        buckets = np.column_stack([edges[:-1], edges[1:], counts])
        self._raw(tag, tf.constant(buckets, tf.float64), step, metadata.create_summary_metadata(tag, ""))

    def precision_recall(self, tag: str, yes: NDArray[np.bool_], likely: NDArray[np.float64], step: int) -> None:
        """Add the curve of precision and recall over 101 thresholds."""
        from tensorboard.plugins.pr_curve import metadata

        thresholds = 101
        places = np.clip(likely * (thresholds - 1), 0, thresholds - 1).astype(int)
        right, wrong = (
            np.bincount(places[rows], minlength=thresholds)[::-1].cumsum()[::-1].astype(float) for rows in (yes, ~yes)
        )
        named, happened = np.maximum(right + wrong, 1e-9), max(float(yes.sum()), 1e-9)
        table = [right, wrong, wrong[0] - wrong, right[0] - right, right / named, right / happened]
        kind = metadata.create_summary_metadata(tag, "", thresholds)
        self._raw(f"{tag}/pr_curves", tf.constant(np.stack(table), tf.float32), step, kind)

    def settings(self, numbers: Mapping[str, float], fit: str) -> None:
        """Name the fit and its settings for the tab HParams."""
        from tensorboard.plugins.hparams import api

        with self._writer.as_default():
            api.hparams(dict(numbers), trial_id=fit)

    def metrics(self, by_run: Mapping[str, Sequence[str]], settings: Iterable[str]) -> None:
        """Say which curves the tab HParams compares fits by, tags by the run they are in, and which settings it shows."""
        from tensorboard.plugins.hparams import api

        metrics = [
            api.Metric(tag, group=run, display_name=f"{run} {tag}") for run, tags in by_run.items() for tag in tags
        ]
        with self._writer.as_default():
            api.hparams_config(hparams=[api.HParam(name) for name in settings], metrics=metrics)

    def layout(self, charts: Mapping[str, str]) -> None:
        """Say which tags share a chart of the tab Custom scalars: title to pattern."""
        from tensorboard.plugins.custom_scalar import layout_pb2, metadata

        drawn = [
            layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=[pattern]))
            for title, pattern in charts.items()
        ]
        layout = layout_pb2.Layout(category=[layout_pb2.Category(title="learning", chart=drawn)])
        text = tf.constant(layout.SerializeToString(), tf.string)
        self._raw(metadata.CONFIG_SUMMARY_TAG, text, 0, metadata.create_summary_metadata())

    def _raw(self, tag: str, value: tf.Tensor, step: int, kind: Any) -> None:
        with self._writer.as_default():
            tf.summary.write(tag, value, step=step, metadata=kind)

    def image(self, tag: str, png: bytes) -> None:
        """Add a picture."""
        with self._writer.as_default():
            tf.summary.image(tag, tf.image.decode_png(png, channels=3)[None], step=0)

    def text(self, tag: str, markdown: str) -> None:
        """Add a text."""
        with self._writer.as_default():
            tf.summary.text(tag, markdown, step=0)

    def graph(self, network: keras.Sequential) -> None:
        """Add the network's graph."""
        # AutoGraph would write a Python file that stays where a signal ends the process.
        call = tf.function(lambda rows: network(rows, training=True), autograph=False)
        concrete = call.get_concrete_function(tf.TensorSpec((None, *network.input_shape[1:]), tf.float32))
        with self._writer.as_default():
            tf.summary.graph(concrete.graph)

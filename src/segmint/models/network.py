"""DenseNetworkClassifier: one plain network as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from segmint.arguments import between, require_no_gaps
from segmint.arrays import Floats, Floats32, Integers, distinct
from segmint.features.parameters import Rules, auto, check_parameters, count
from segmint.models.calibration import TAUGHT, UNTAUGHT, Calibration, fit_calibration, surest_of
from segmint.models.forward import fold, forward
from segmint.models.keep_apart import keep_apart
from segmint.models.layer_rule import ACTIVATIONS
from segmint.models.merge import merge
from segmint.models.tensorboard_log import Seen, TensorBoardLog
from segmint.progress import Progress, share_of, silent

# Curves are read, not summed: this many rows show the training loss to the third decimal.
ROWS_FOR_CURVES = 20_000
# Fewer steps than this do not bring a head that starts at even odds to how often each class occurs.
FEW_STEPS = 500
MOST_SHOWN = 800_000
TRAINING = "training the network"


def _widths(given: Any) -> bool:
    if isinstance(given, str):
        return given in ("auto", "short")
    return isinstance(given, (Sequence, np.ndarray)) and len(given) > 0 and all(count(units) for units in given)


# What each parameter must be, in words and as a check.
_PARAMETERS: Rules = {
    "hidden": ('at least one width of 1 or more, as (128, 64), or "auto" or "short"', _widths),
    "activation": (
        f"one of {', '.join(ACTIVATIONS[1:])}",
        lambda given: isinstance(given, str) and given in ACTIVATIONS[1:],
    ),
    "dropout": ("one number for all layers, above 0 and below 1", lambda given: between(given, 0, 1)),
    "epochs": ('1 or more, or "auto"', lambda given: auto(given) or count(given)),
    # BatchNormalization learns nothing from one row, and little from a few.
    "batch_size": ('8 or more, or "auto"', lambda given: auto(given) or (count(given) and given >= 8)),
    "learning_rate": (
        'above 0 and at most 1, or "auto"',
        lambda given: auto(given) or between(given, 0, 1.0000001),
    ),
    "averaging": ("0 or more and below 1", lambda given: between(given, -1e-9, 1)),
    "patience": ("1 or more", count),
    "members": ("1 or more", count),
    "inner_share": ("above 0 and below 0.5", lambda given: between(given, 0, 0.5)),
    "log": (
        "a TensorBoardLog, or None",
        lambda given: given is None or (hasattr(given, "watch") and not isinstance(given, type)),
    ),
}


@dataclass(frozen=True)
class Epoch:
    """One epoch as it is logged: cross-entropy (nats) and accuracy on real rows against real labels.

    `matching_loss` is what training minimised, as the mean over the epoch's steps, with dropout: the distance to a
    teacher's probabilities, or without one to the labels. `learning_rate` is the mean over the same steps.
    """

    epoch: int
    training_loss: float
    validation_loss: float
    training_accuracy: float
    validation_accuracy: float
    validation_auc: float
    learning_rate: float
    matching_loss: float


class _Judged(NamedTuple):
    """What the inner customers say of a member: for how many epochs it should learn, and how bold it may be."""

    epochs: int
    calibration: Calibration


@dataclass(frozen=True)
class Teaching:
    """What a teacher adds to the labels, already encoded.

    Attributes
    ----------
    targets : ndarray of shape (n_customers, n_classes)
        The teacher's out-of-fold probabilities for the training customers.
    inputs : ndarray of shape (n_copies, n_features), float32
    input_targets : ndarray of shape (n_copies, n_classes)
    share : float
        How much of a real customer's target is the teacher's, in [0, 1]; the rest is the label.
    """

    targets: Floats
    inputs: Floats32
    input_targets: Floats
    share: float = 0.7


class DenseNetworkClassifier(ClassifierMixin, BaseEstimator):
    """Network made only of Dense, BatchNormalization and Dropout layers that says how likely each class is.

    Training minimises cross-entropy with Adam and a cosine learning rate; the weights used are a running
    average, those of the epoch with the lowest cross-entropy on the inner rows, and the probabilities are
    calibrated there. Prediction runs in NumPy.

    There is no ``sample_weight`` and no ``class_weight``: the probabilities are to be true of the customers as they are, and
    weights would shift them. For rare answers choose a threshold, or call the likeliest; F1 has its own best threshold.

    Parameters
    ----------
    hidden : sequence of int, "auto" or "short"
        Units of each hidden Dense layer; each is followed by BatchNormalization and Dropout. "auto" takes (128, 64)
        below 10,000 customers and (256, 256, 128) from there on; "short" leaves out the layer in the middle.
    activation : {"relu", "silu", "tanh"}
    dropout : float
        Of every hidden layer alike; above 0 and below 1, as each has a Dropout.
    epochs : int or "auto"
        "auto" takes ten; where they would show more than `MOST_SHOWN` rows, fewer, down to six, that learn up to half as
        fast again.
    batch_size : int or "auto"
        Rows per step, 8 or more; "auto" takes 64 for small tables and up to 512 for large ones.
    learning_rate : float or "auto"
        Of Adam (Kingma and Ba 2015, arXiv 1412.6980), at its highest; "auto" takes 0.004, and half of it where a
        teacher's copies make an epoch several times as long.
    averaging : float
        How much of the running average of the weights is kept at each step.
    patience : int
        Epochs without a better inner cross-entropy before training stops.
    members : int
        Networks that learn from starts of their own and become one, see `merge`: what single ones get wrong by chance
        is averaged out.
    inner_share : float
        Share of the rows of each class, below 0.5, kept for early stopping and calibration when `fit` gets no `inner`.
    log : TensorBoardLog, optional
        Where the curves go.
    random_state : int, RandomState or None
        The same seed gives the same network on the same machine.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    layers_ : list of dict
        The layers, as in a bundle's ``network.json``.
    weights_ : dict of str to ndarray
    calibration_ : Calibration
    history_ : list of Epoch
        Of the first member. Its training curve is of up to 20,000 customers.
    best_epoch_ : int
        Of the first member too.
    refit_epochs_ : int
        For how many epochs the first member learned once more; only after `refit`.

    Notes
    -----
    Input shape (n_customers, n_features), float32, no missing values: the output of `CustomerFeatures`.

    Output shape of `predict_proba` (n_customers, n_classes): one probability per class in the order of `classes_`, rows sum to 1.
    """

    def __init__(
        self,
        hidden: Sequence[int] | Literal["auto", "short"] = "auto",
        *,
        activation: str = "relu",
        dropout: float = 0.1,
        epochs: int | Literal["auto"] = 10,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: float | Literal["auto"] = "auto",
        averaging: float = 0.99,
        patience: int = 4,
        members: int = 1,
        inner_share: float = 0.15,
        log: TensorBoardLog | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.averaging = averaging
        self.patience = patience
        self.members = members
        self.inner_share = inner_share
        self.log = log
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        inner: tuple[Any, Any] | None = None,
        teaching: Teaching | None = None,
        groups: Integers | None = None,
        progress: Progress = silent,
    ) -> DenseNetworkClassifier:
        """Train the network.

        Parameters
        ----------
        X : array of shape (n_customers, n_features)
        y : array of shape (n_customers,)
        inner : (X, y), optional
            Rows for early stopping and calibration; a share of `X` if left out.
        teaching : Teaching, optional
            What a teacher adds to the labels; needs `inner`.
        groups : ndarray of shape (n_customers,), optional
            Rows of one customer share a number: they are kept together, and make nobody as sure as many customers would.
            Left out, every row is a customer.
        progress : Progress
            Told after each epoch.

        Raises
        ------
        ValueError
            If there is only one class, or a parameter is out of its range.
        """
        check_parameters(self, _PARAMETERS)
        self.__dict__.pop("refit_epochs_", None)  # of an earlier fit
        require_no_gaps(y)
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            only = self.classes_.tolist()[0]
            raise ValueError(f"The outcome has 1 class, {only!r}; at least 2 are needed to learn from.")
        if self.log is not None:
            self.log.require(self.classes_)
        seeds = [int(check_random_state(start).randint(2**31 - 1)) for start in self._starts()]
        groups = np.arange(len(X)) if groups is None else groups
        check_consistent_length(X, groups)
        X, labels, groups, inner_X, inner_labels = self._inner_rows(X, labels, groups, inner, seeds[0])
        surest = surest_of(len(distinct(groups)))
        self._widths = self.widths(len(X))
        copies = 0 if teaching is None else len(teaching.inputs)
        self._pace = self.pace(len(X) + copies, copied=copies > 0)
        learned = []
        for number, seed in enumerate(seeds):
            tell = self._share(progress, number)
            curve = self._train(X, labels, inner_X, inner_labels, teaching, seed, number, tell)
            inner_logits = forward(fold(curve.layers, curve.best_weights), inner_X)
            spread = UNTAUGHT if teaching is None else TAUGHT
            calibration = fit_calibration(inner_logits, inner_labels, surest=surest, spread=spread)
            learned.append((curve, calibration))
        first = learned[0][0]
        self.best_epoch_, self.history_ = first.best_epoch, first.epochs
        # An epoch that was best for few customers is best by chance, and who matches a teacher learns no label by heart.
        self._judged = [
            _Judged(curve.best_epoch if teaching is None else len(curve.epochs), calibration)
            for curve, calibration in learned
        ]
        return self._become(first.layers, [curve.best_weights for curve, _ in learned])

    def refit(
        self, X: Any, y: Any, *, teaching: Teaching | None = None, progress: Progress = silent
    ) -> DenseNetworkClassifier:
        """Learn once more from all customers, those that told when to stop too.

        For as many epochs as were best; with a teacher, for as many as the fit took.

        Layers, curves and calibration stay those of the fit: nobody is left to judge others by.

        Parameters
        ----------
        X : array of shape (n_customers, n_features)
            There may be other features than at the fit.
        y : array of shape (n_customers,)
        teaching : Teaching, optional
        progress : Progress
            Told after each epoch.

        Raises
        ------
        ValueError
            If there is a class that the fit did not know.
        """
        check_is_fitted(self, "_judged")
        require_no_gaps(y)
        X, y = validate_data(self, X, y, dtype=np.float32)
        labels = self._places(y, "customers of a refit", "fit")
        again = []
        for number, (start, judged) in enumerate(zip(self._starts(), self._judged, strict=True)):
            seed = int(check_random_state(start).randint(2**31 - 1))
            begun = self._begin(X, labels, teaching, seed)
            tell = self._share(progress, number)
            begun.train(lambda epoch, loss, rate, last=judged.epochs: epoch + 1 >= last, tell)  # type: ignore[misc]
            again.append(begun.weights())
        self.refit_epochs_ = self._judged[0].epochs
        return self._become(begun.layers, again)

    def _become(self, layers: list[dict[str, Any]], weights: list[dict[str, Floats32]]) -> DenseNetworkClassifier:
        """Take the weights of one member, or the one network that several become."""
        calibrations = [judged.calibration for judged in self._judged]
        self.layers_, self.weights_, self.calibration_ = layers, weights[0], calibrations[0]
        if self.members > 1:
            several = list(zip(weights, calibrations, strict=True))
            self.layers_, self.weights_, self.calibration_ = merge(layers, several)
        return self

    @property
    def network_(self) -> dict[str, Any]:
        """The network as a bundle's ``network.json`` describes it: layers, inputs, outputs, head and classes."""
        check_is_fitted(self, "weights_")
        return {
            "format": 1,
            "layers": self.layers_,
            "inputs": self.n_features_in_,
            "outputs": self.layers_[-1]["units"],
            "head": "logit" if len(self.classes_) == 2 else "softmax",
            "classes": [str(name) for name in self.classes_],
        }

    def keras_model(self) -> Any:
        """Build the trained network in Keras: a `keras.Sequential` whose output is logits, before calibration.

        Of two classes there is one logit, of the second in `classes_`. `calibration_.apply` makes probabilities of logits.
        """
        check_is_fitted(self, "weights_")
        from segmint.models import _keras

        return _keras.with_weights(self.layers_, self.weights_, inputs=self.n_features_in_)

    def predict_proba(self, X: Any) -> Floats:
        """Say how likely each class is; shape (n_customers, n_classes).

        Raises
        ------
        ValueError
            If values are so large that the network's sums have no end.
        """
        check_is_fitted(self, "weights_")
        X = validate_data(self, X, dtype=np.float32, reset=False)
        with np.errstate(over="ignore", invalid="ignore"):
            logits = self._logits(X)
        if lost := int((~np.isfinite(logits).all(axis=1)).sum()):
            raise ValueError(
                f"The values of {lost} of {len(X)} rows are too large for the network, whose sums have no end there. "
                "Scale them as the rows it learned from were: CustomerFeatures does."
            )
        return self.calibration_.apply(logits)

    def predict(self, X: Any) -> NDArray[Any]:
        """Name the likeliest class; shape (n_customers,)."""
        check_is_fitted(self, "weights_")
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _share(self, progress: Progress, number: int) -> Progress:
        """Tell of a member's epochs as a share of those of all members."""
        epochs = self._pace[0]
        return share_of(progress, TRAINING, number * epochs, epochs, self.members * epochs)

    def _starts(self) -> list[Any]:
        """What each member's seed is drawn from."""
        if isinstance(self.random_state, (int, np.integer)):
            return [self.random_state + number for number in range(self.members)]
        return [self.random_state] * self.members  # a RandomState moves on by itself, None draws anew

    def _inner_rows(
        self, X: Floats32, labels: Integers, groups: Integers, inner: tuple[Any, Any] | None, seed: int
    ) -> tuple[Floats32, Integers, Integers, Floats32, Integers]:
        if inner is not None:
            inner_X, inner_y = validate_data(self, inner[0], dtype=np.float32, reset=False), np.asarray(inner[1])
            if len(inner_X) != len(inner_y):
                raise ValueError(f"The inner rows are {len(inner_X)} with {len(inner_y)} outcomes; one each is needed.")
            return X, labels, groups, inner_X, self._places(inner_y, "inner rows", "training rows")
        rest, kept = keep_apart(labels, groups, share=self.inner_share, seed=seed % 2**16)
        return X[rest], labels[rest], groups[rest], X[kept], labels[kept]

    def _places(self, y: NDArray[Any], whose: str, known: str) -> Integers:
        """Return the place of each outcome in `classes_`."""
        if strangers := sorted(set(distinct(y).tolist()) - set(self.classes_.tolist())):
            raise ValueError(f"The {whose} have classes that the {known} lack: {strangers}.")
        return np.searchsorted(self.classes_, y)

    def _train(
        self,
        X: Floats32,
        labels: Integers,
        inner_X: Floats32,
        inner_labels: Integers,
        teaching: Teaching | None,
        seed: int,
        number: int,
        progress: Progress,
    ) -> _Curve:
        begun = self._begin(X, labels, teaching, seed)
        shown = np.random.default_rng(seed).permutation(len(X))[:ROWS_FOR_CURVES]
        curve = _Curve(begun.layers, (X[shown], labels[shown]), (inner_X, inner_labels), self.patience)
        settings = {name: value for name, value in self.get_params().items() if name != "log"}
        settings |= {
            "epochs": begun.schedule.epochs,
            "learning_rate": begun.schedule.learning_rate,
            "batch_size": begun.schedule.batch_size,
            "rows": len(X),
            "copies": len(begun.rows.inputs) - len(X),
        }
        log = self.log if self.log is None or not number else self.log.named(f"{self.log.name} {number + 1}".strip())
        with log.watch(begun.network, settings) if log is not None else nullcontext(_nobody) as write:

            def on_epoch(epoch: int, loss: float, rate: float) -> bool:
                weights = begun.weights()
                stop = curve.add(epoch, weights, loss, rate)
                kept = curve.best_epoch == epoch + 1
                write(curve.epochs[-1], Seen(weights, curve.likely, inner_labels, self.classes_, kept))
                return stop

            begun.train(on_epoch, progress)
        return curve

    def _begin(self, X: Floats32, labels: Integers, teaching: Teaching | None, seed: int) -> _Beginning:
        """Build a network as wide as the fit's, and say what it learns from and how fast."""
        from segmint.models import _keras

        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        layers = _keras.layer_specs(self._widths, activation=self.activation, dropout=self.dropout, outputs=outputs)
        network = _keras.build(layers, inputs=X.shape[1], seed=seed)
        rows = self._rows(X, labels, teaching)
        epochs, rate = self._pace
        schedule = _keras.Schedule(epochs, self.batch(len(rows.inputs)), float(rate), float(self.averaging), seed)
        if _keras.steps_of(schedule, len(rows.inputs)) < FEW_STEPS:
            _keras.start_at(network, rows.targets.mean(axis=0))
        return _Beginning(layers, network, rows, schedule)

    def pace(self, rows: int, *, copied: bool) -> tuple[int, float]:
        """Return for how many epochs, and how fast, so many rows are learned from; `copied`, most of them copies."""
        # Copies make an epoch several times as long: a rate that a short one needs would only be noise.
        rate = (2e-3 if copied else 4e-3) if self.learning_rate == "auto" else self.learning_rate
        if self.epochs != "auto":
            return self.epochs, rate
        epochs = int(np.clip(MOST_SHOWN // max(rows, 1), 6, 10))
        return epochs, rate * min(10 / epochs, 1.5)

    def widths(self, customers: int) -> Sequence[int]:
        """Return the units of each hidden layer for so many customers."""
        if not isinstance(self.hidden, str):
            return self.hidden
        if customers < 10_000:
            return (128, 64)
        return (256, 128) if self.hidden == "short" else (256, 256, 128)

    def batch(self, rows: int) -> int:
        """Return the rows of a step, few on small tables: below a few dozen steps an epoch, nothing is learned."""
        return (
            int(np.clip(2 ** round(np.log2(max(rows / 64, 1))), 64, 512))
            if self.batch_size == "auto"
            else self.batch_size
        )

    def _rows(self, X: Floats32, labels: Integers, teaching: Teaching | None) -> Any:
        from segmint.models import _keras

        targets = np.eye(len(self.classes_))[labels]
        if teaching is not None:
            targets = teaching.share * teaching.targets + (1.0 - teaching.share) * targets
            X = np.concatenate([X, teaching.inputs])
            targets = np.concatenate([targets, teaching.input_targets])
        return _keras.TrainingRows(X, targets.astype(np.float32))

    def _logits(self, X: Floats32) -> Floats:
        return forward(fold(self.layers_, self.weights_), X)


def _nobody(epoch: Epoch, seen: Seen) -> None:
    """Write nowhere."""


@dataclass(frozen=True)
class _Beginning:
    """A network before it learns, what from, and how fast; the Keras parts are `Any`, they are loaded when training."""

    layers: list[dict[str, Any]]
    network: Any
    rows: Any
    schedule: Any

    def train(self, on_epoch: Callable[[int, float, float], bool], progress: Progress) -> None:
        """Train until the last epoch, or until `on_epoch` says stop."""
        from segmint.models import _keras

        def told(epoch: int, loss: float, rate: float) -> bool:
            stop = on_epoch(epoch, loss, rate)
            progress(TRAINING, epoch + 1, self.schedule.epochs)
            return stop

        _keras.train(self.network, self.rows, self.schedule, told)

    def weights(self) -> dict[str, Floats32]:
        """Return the weights as they are now; `ValueError` if some are no longer finite."""
        from segmint.models import _keras

        weights = _keras.named_weights(self.network)
        if not all(np.isfinite(values).all() for values in weights.values()):
            raise ValueError(
                "Training diverged: weights are no longer finite. Lower the learning rate, or scale the inputs as "
                "CustomerFeatures does."
            )
        return weights


class _Curve:
    """Watches training: logs each epoch and keeps the best weights."""

    def __init__(
        self,
        layers: list[dict[str, Any]],
        training: tuple[Floats32, Integers],
        inner: tuple[Floats32, Integers],
        patience: int,
    ) -> None:
        self.layers, self.training, self.inner, self.patience = layers, training, inner, patience
        self.epochs: list[Epoch] = []
        self.best_epoch = 0
        self.best_weights: dict[str, Floats32] = {}
        self.likely: Floats = np.zeros((0, 0))

    def add(self, epoch: int, weights: dict[str, Floats32], matching_loss: float, rate: float) -> bool:
        folded = fold(self.layers, weights)
        training_loss, training_accuracy, _ = _judge(forward(folded, self.training[0]), self.training[1])
        logits = forward(folded, self.inner[0])
        self.likely = Calibration().apply(logits)
        loss, accuracy, auc = _judge(logits, self.inner[1])
        self.epochs.append(Epoch(epoch + 1, training_loss, loss, training_accuracy, accuracy, auc, rate, matching_loss))
        if not self.best_weights or loss < self.epochs[self.best_epoch - 1].validation_loss:
            self.best_epoch, self.best_weights = epoch + 1, weights
        return epoch + 1 - self.best_epoch >= self.patience


def _judge(logits: Floats, labels: Integers) -> tuple[float, float, float]:
    """Return cross-entropy, accuracy and ROC AUC (one against the rest; 0.5 where it does not exist)."""
    likely = Calibration().apply(logits)
    loss = float(-np.log(np.clip(likely[np.arange(len(labels)), labels], 1e-12, 1.0)).mean())
    accuracy = float((likely.argmax(axis=1) == labels).mean())
    present = distinct(labels)
    if len(present) < 2:
        return loss, accuracy, 0.5
    if likely.shape[1] == 2:
        return loss, accuracy, float(roc_auc_score(labels, likely[:, 1]))
    return loss, accuracy, float(np.mean([roc_auc_score(labels == k, likely[:, k]) for k in present]))


def epoch_rows(history: Sequence[Epoch], fit: str) -> list[dict[str, Any]]:
    """Return a fit's epochs as rows of ``tables/history.parquet``."""
    return [{"fit": fit, **asdict(epoch)} for epoch in history]

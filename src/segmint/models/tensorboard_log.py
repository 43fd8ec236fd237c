"""TensorBoardLog: one folder that TensorBoard reads, one subfolder per fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arguments import place_of, require_texts
from segmint.arrays import Floats
from segmint.metrics.profit import campaign_profit
from segmint.metrics.ranking import lift_at

# One chart for each of these, both curves of a fit in it: the tab "Custom scalars".
CHARTS = {
    "loss (cross-entropy, training and validation)": r"^loss$",
    "accuracy (training and validation)": r"^accuracy$",
    "profit (successes per 1,000 customers, cost = base rate)": r"^profit$",
    "ranking (area under the ROC curve)": r"^auc$",
    "matching loss (what training minimises)": r"^matching_loss$",
}
OF_A_FIT = ".fit"  # how the file with a fit's settings ends: without a name it lies beside the run's results
# What the tab "HParams" shows beside the settings of each fit: of the epoch whose weights are kept, not of the last one.
METRICS = {
    "validation": ("kept_loss", "kept_accuracy", "kept_auc", "kept_profit"),
    "training": ("kept_loss", "kept_accuracy"),
}


@dataclass(frozen=True)
class Seen:
    """What an epoch left behind: the weights, and what they say of the inner rows.

    Attributes
    ----------
    weights : dict of str to ndarray
        "0.kernel", "1.moving_mean", ... as in `_keras.named_weights`.
    likely : ndarray of shape (n_inner, n_classes)
    labels : ndarray of shape (n_inner,), int
        Places in `classes`.
    classes : ndarray of shape (n_classes,)
    kept : bool
        Whether these are the best weights so far: the last to be so are kept.
    """

    weights: Mapping[str, NDArray[np.float32]]
    likely: Floats
    labels: NDArray[np.int64]
    classes: NDArray[Any]
    kept: bool = False


Curve = tuple[NDArray[np.bool_], Floats]
Write = Callable[[Any, Seen], None]


class TensorBoardLog:
    """Write what happens while training where ``tensorboard --logdir`` finds it.

    Each fit gets a folder with the runs `training` and `validation`, so that both curves share one chart:
    `loss` (cross-entropy on real rows against real labels, nats) and `accuracy` per epoch; `learning_rate`,
    `matching_loss` and histograms of all weights under training; `auc`, `lift_top_tenth`, `profit` and precision-recall
    curves under validation; `kept_loss` and the like, at the epochs that were the best so far; the network's graph; the fit's settings as text and, as numbers, for the tab HParams.
    Nothing in it tells of one customer.

    Parameters
    ----------
    folder : Path or str
        The run's ``tensorboard/`` folder.
    fit : str
        Name of the next fit. A fit of the same name takes the place of the one before: `named` gives a log for another.
    positive : str, optional
        The level that means yes; of two classes the second if left out.
    has_yes : bool, default True
        Whether one of two classes means yes. Two segments have none, and so no profit.

    Examples
    --------
    >>> log = TensorBoardLog("runs/tensorboard")
    >>> log.named("fold 1").folder.name
    'fold 1'
    """

    def __init__(self, folder: Path | str, fit: str = "", *, positive: str | None = None, has_yes: bool = True) -> None:
        require_texts(fit=fit)
        self.root = place_of("folder", folder)
        self.name = fit
        self.positive = None if positive is None else str(positive)
        self.has_yes = has_yes

    def __repr__(self) -> str:
        yes = f"positive={self.positive!r}" if self.has_yes else "has_yes=False"
        return f"TensorBoardLog({str(self.root)!r}, {self.name!r}, {yes})"

    @property
    def folder(self) -> Path:
        """Where the next fit is written."""
        return self.root / self.name if self.name else self.root

    def named(self, fit: str) -> TensorBoardLog:
        """Return a log for a fit of this name, in the same place."""
        return TensorBoardLog(self.root, fit, positive=self.positive, has_yes=self.has_yes)

    def require(self, classes: NDArray[Any]) -> None:
        """Refuse two classes without the one that means yes.

        Raises
        ------
        ValueError
            Naming it.
        """
        names = [str(name) for name in classes]
        if len(names) == 2 and self.positive is not None and self.positive not in names:
            raise ValueError(f"The log's positive {self.positive!r} is none of the classes {', '.join(names)}.")

    @contextmanager
    def watch(self, network: Any, settings: Mapping[str, Any]) -> Iterator[Write]:
        """Open the log of one fit; what is yielded writes an epoch at once, so that one can follow."""
        from segmint.models import _keras

        # a fit begun again has new curves, and its own settings; the run's results stay
        old = [*self.folder.glob(f"events.*{OF_A_FIT}")]
        for part in ("training", "validation"):
            old += (self.folder / part).glob("events.out.tfevents.*")
        for events in old:
            events.unlink()
        numbers = _numbers(settings) | _size(network)
        self._introduce(numbers, in_profit=self.has_yes and network.layers[-1].units == 1)
        with (
            _keras.Events(self.folder, OF_A_FIT) as whole,
            _keras.Events(self.folder / "training") as training,
            _keras.Events(self.folder / "validation") as validation,
        ):
            whole.settings(numbers, self.name or "fit")
            training.graph(network)
            training.text("settings", "\n".join(f"- **{key}**: {value}" for key, value in settings.items()))

            def write(epoch: Any, seen: Seen) -> None:
                learned = {
                    "loss": epoch.training_loss, "accuracy": epoch.training_accuracy,
                    "learning_rate": epoch.learning_rate, "matching_loss": epoch.matching_loss,
                }  # fmt: skip
                judged = {
                    "loss": epoch.validation_loss,
                    "accuracy": epoch.validation_accuracy,
                    "auc": epoch.validation_auc,
                }
                told = {"training": (training, learned), "validation": (validation, judged | self._business(seen))}
                for part, (events, figures) in told.items():
                    for name, value in figures.items():
                        events.scalar(name, value, epoch.epoch)
                        if seen.kept and f"kept_{name}" in METRICS[part]:
                            events.scalar(f"kept_{name}", value, epoch.epoch)
                for name, values in seen.weights.items():
                    training.histogram(f"layer {name.replace('.', '/')}", values, epoch.epoch)
                for name, (yes, likely) in self._curves(seen).items():
                    validation.precision_recall(name, yes, likely, epoch.epoch)
                for events in (whole, training, validation):
                    events.flush()

            yield write

    def results(
        self,
        *,
        images: Mapping[str, bytes],
        texts: Mapping[str, str],
        curves: Mapping[str, Mapping[str, Curve]] | None = None,
    ) -> None:
        """Write the run's results: charts as PNG images, words as Markdown, precision-recall curves by model."""
        from segmint.models import _keras

        with _keras.Events(self.root) as events:
            for name, png in images.items():
                events.image(name, png)
            for name, text in texts.items():
                events.text(name, text)
        for model, found in (curves or {}).items():
            with _keras.Events(self.root / "compared" / model) as events:
                for name, (yes, likely) in found.items():
                    events.precision_recall(name, yes, likely, 0)

    def _introduce(self, settings: Iterable[str], *, in_profit: bool) -> None:
        """Say once what belongs together and what to compare fits by; where nobody can say yes there is no profit."""
        from segmint.models import _keras

        if any(not place.name.endswith(OF_A_FIT) for place in self.root.glob("events.*")):
            return
        with _keras.Events(self.root) as events:
            shown = {title: tag for title, tag in CHARTS.items() if in_profit or tag != r"^profit$"}
            events.layout(shown)
            metrics = {
                run: [name for name in names if in_profit or name != "kept_profit"] for run, names in METRICS.items()
            }
            events.metrics(metrics, settings)

    def _curves(self, seen: Seen) -> dict[str, Curve]:
        """The precision-recall curve of yes, or of each class against the rest."""
        yes = self._yes(seen)
        places = range(len(seen.classes)) if yes is None else [yes]
        return {f"{seen.classes[at]} (inner rows)": (seen.labels == at, seen.likely[:, at]) for at in places}

    def _business(self, seen: Seen) -> dict[str, float]:
        """What one response's epoch is worth, from the inner rows.

        `profit`: everyone whose probability exceeds cost ÷ value is called, where a call costs the base rate's part of
        what a success brings: calling everyone earns nothing. Unit: the value of one success, per 1,000 customers.
        """
        at = self._yes(seen)
        if at is None:
            return {}
        yes, likely = seen.labels == at, seen.likely[:, at]
        base = float(yes.mean())
        if not 0.0 < base < 1.0:
            return {}
        earned = campaign_profit(yes, likely > base, value=1.0, cost=base)
        # where everyone is called the two sums cancel, to the last bit but one
        return {"profit": round(1000.0 * earned / len(yes), 9), "lift_top_tenth": lift_at(yes, likely)}

    def _yes(self, seen: Seen) -> int | None:
        if not self.has_yes or len(seen.classes) != 2:
            return None
        names = [str(name) for name in seen.classes]
        return names.index(self.positive) if self.positive in names else 1


def _numbers(settings: Mapping[str, Any]) -> dict[str, float]:
    """The settings that are numbers: the tab HParams draws an axis for each, and fails on None."""
    return {
        name: float(value)
        for name, value in settings.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _size(network: Any) -> dict[str, float]:
    units = [layer.units for layer in network.layers[:-1] if hasattr(layer, "units")]
    return {
        "hidden_layers": float(len(units)),
        "hidden_units": float(sum(units)),
        "inputs": float(network.input_shape[1]),
        "weights": float(network.count_params()),
    }

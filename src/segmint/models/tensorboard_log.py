"""TensorBoardLog: one folder that TensorBoard reads, one subfolder per fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class TensorBoardLog:
    """Write what happens while training where ``tensorboard --logdir`` finds it.

    Each fit gets a folder with the runs `training` and `validation`, so that both curves share one chart:
    `loss` (cross-entropy on real rows against real labels, nats) and `accuracy` per epoch; `learning_rate`
    and `matching_loss` under training, `auc` under validation; the network's graph.

    Parameters
    ----------
    folder : Path or str
        The run's ``tensorboard/`` folder.
    fit : str
        Name of the next fit; `named` gives a log for another.

    Examples
    --------
    >>> log = TensorBoardLog("runs/tensorboard")
    >>> log.named("fold 1").folder.name
    'fold 1'
    """

    def __init__(self, folder: Path | str, fit: str = "") -> None:
        self.root = Path(folder)
        self.name = fit

    @property
    def folder(self) -> Path:
        """Where the next fit is written."""
        return self.root / self.name if self.name else self.root

    def named(self, fit: str) -> TensorBoardLog:
        """Return a log for a fit of this name, in the same place."""
        return TensorBoardLog(self.root, fit)

    @contextmanager
    def watch(self, network: Any, settings: Mapping[str, Any]) -> Iterator[Callable[[Any], None]]:
        """Open the log of one fit; what is yielded writes an epoch at once, so that one can follow."""
        from segmint.models import _keras

        with (
            _keras.Events(self.folder / "training") as training,
            _keras.Events(self.folder / "validation") as validation,
        ):
            training.graph(network)
            training.text("settings", "\n".join(f"- **{key}**: {value}" for key, value in settings.items()))

            def write(epoch: Any) -> None:
                training.scalar("loss", epoch.training_loss, epoch.epoch)
                training.scalar("accuracy", epoch.training_accuracy, epoch.epoch)
                training.scalar("learning_rate", epoch.learning_rate, epoch.epoch)
                training.scalar("matching_loss", epoch.matching_loss, epoch.epoch)
                validation.scalar("loss", epoch.validation_loss, epoch.epoch)
                validation.scalar("accuracy", epoch.validation_accuracy, epoch.epoch)
                validation.scalar("auc", epoch.validation_auc, epoch.epoch)
                training.flush()
                validation.flush()

            yield write

    def results(self, *, images: Mapping[str, bytes], texts: Mapping[str, str]) -> None:
        """Write the run's results: charts as PNG images, words as Markdown."""
        from segmint.models import _keras

        with _keras.Events(self.folder) as events:
            for name, png in images.items():
                events.image(name, png)
            for name, text in texts.items():
                events.text(name, text)

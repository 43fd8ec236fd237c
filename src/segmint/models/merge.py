"""Several networks as one: what they say on average, in the same layers, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from segmint.models.calibration import Calibration
from segmint.models.layer_rule import check_layers

Weights = Mapping[str, NDArray[np.float32]]
Member = tuple[Weights, Calibration]


def merge(
    layers: Sequence[Mapping[str, Any]], members: Sequence[Member]
) -> tuple[list[dict[str, Any]], dict[str, NDArray[np.float32]], Calibration]:
    """Put networks of the same layers side by side; the last layer takes the mean of their calibrated logits.

    Every Dense layer after the first is block-diagonal: no member reads another's units. For two classes the mean is
    that of the log odds.

    Parameters
    ----------
    layers : sequence of dict
        Of each member; the first is Dense.
    members : sequence of (weights, calibration)
        "0.kernel", "0.bias", "1.gamma", ... by place of the layer.

    Returns
    -------
    layers : list of dict
        The same kinds, hidden ones as many times as wide.
    weights : dict of str to ndarray
    calibration : Calibration
    """
    last, weights = len(layers) - 1, {}
    for name in members[0][0]:
        place, _, kind = name.partition(".")
        parts = [of[name].astype(np.float64) for of, _ in members]
        weights[name] = _joined(int(place), kind, parts, last, members).astype(np.float32)
    wide = [
        {**layer, "units": layer["units"] * len(members)} if "units" in layer and place < last else dict(layer)
        for place, layer in enumerate(layers)
    ]
    check_layers(wide)
    return wide, weights, _agreed([calibration for _, calibration in members])


def _agreed(calibrations: Sequence[Calibration]) -> Calibration:
    """Calibrate the merged network, whose logits are the members' mean after their temperatures."""
    ends = [each.surest / each.temperature for each in calibrations if each.surest is not None]
    offset = float(np.mean([each.offset for each in calibrations]))
    return Calibration(1.0, offset, float(np.mean(ends)) if ends else None)


def _joined(
    place: int, kind: str, parts: list[NDArray[np.float64]], last: int, members: Sequence[Member]
) -> NDArray[np.float64]:
    if place == last:
        shares = [
            part / (calibration.temperature * len(members))
            for part, (_, calibration) in zip(parts, members, strict=True)
        ]
        return np.concatenate(shares) if kind == "kernel" else np.sum(shares, axis=0)
    if kind == "kernel":
        return np.concatenate(parts, axis=1) if place == 0 else np.asarray(block_diag(*parts))
    return np.concatenate(parts)

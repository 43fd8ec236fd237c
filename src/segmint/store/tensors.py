"""Arrays as safetensors, read only if names, types and shapes are exactly those expected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.store.network_spec import Shapes

Array = NDArray[Any]

MAX_HEADER = 1_000_000


def expected_size(shapes: Shapes) -> int:
    """Return the bytes that float32 arrays of these shapes take, and a header at its largest."""
    return 8 + MAX_HEADER + _bytes_of(shapes)


def _bytes_of(shapes: Shapes) -> int:
    return 4 * sum(int(np.prod(shape, dtype=object)) for shape in shapes.values())


def to_safetensors(arrays: Mapping[str, Array]) -> bytes:
    """Write arrays as safetensors, byte for byte the same for the same arrays."""
    from safetensors.numpy import save

    return bytes(save({name: np.array(arrays[name], order="C") for name in sorted(arrays)}))


def from_safetensors(content: bytes) -> dict[str, Array]:
    """Read arrays of any numeric type; for files that this program wrote and whose hash was checked."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
    except (SafetensorError, KeyError) as error:
        raise ValueError("it is no safetensors file") from error
    return {name: arrays[name] for name in sorted(arrays)}


def weights_from_safetensors(content: bytes, shapes: Shapes) -> dict[str, NDArray[np.float32]]:
    """Read the weights of a network.

    Parameters
    ----------
    content : bytes
    shapes : dict of str to tuple of int
        What must be in it: these names with these shapes, all float32, and nothing else.

    Returns
    -------
    dict of str to ndarray, float32
        Finite, in the order of `shapes`.

    Raises
    ------
    ValueError
        If anything else is in it, or a weight is not finite.
    """
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(MAX_HEADER, len(content) - 8):
        raise ValueError("its header is cut off")
    _check_header(content[8 : 8 + length], shapes)
    if len(content) != 8 + length + _bytes_of(shapes):
        raise ValueError("its size is not that of the network's weights")
    arrays = from_safetensors(content)
    for name, array in arrays.items():
        if not np.isfinite(array).all() or (name.endswith("variance") and (array < 0).any()):
            raise ValueError(f"'{name}' holds something that is no weight")
        array.setflags(write=False)  # a bundle is what was sealed, in memory too
    return {name: arrays[name] for name in shapes}


def _check_header(header: bytes, shapes: Shapes) -> None:
    try:
        told = json.loads(header.decode("utf-8"))
        kept = {name: (entry["dtype"], tuple(entry["shape"])) for name, entry in told.items()}
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("its header is no safetensors header") from error
    if kept != {name: ("F32", shape) for name, shape in shapes.items()}:
        raise ValueError("its names, types or shapes are not those of the network")

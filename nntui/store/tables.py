"""Named arrays as bytes, in the safetensors format: typed, compact, and nothing in it can be executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

Arrays = dict[str, NDArray[Any]]


def encode(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The arrays, with their names, types and shapes."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def decode(data: bytes) -> Arrays:
    """The arrays back from :func:`encode`. Raises ValueError for other bytes."""
    try:
        return dict(load(data))
    except SafetensorError as error:
        raise ValueError(str(error)) from None

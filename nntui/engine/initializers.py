"""Where the weights start: each function draws one layer's W, shape (fan_in, fan_out). Biases always start at 0."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]


def zeros(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w = 0. Right for a single layer; with hidden layers all units of a layer would learn the same thing."""
    return np.zeros((fan_in, fan_out))


def normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w ~ N(0, 1), whatever the layer's size: good for a few inputs, too large for many."""
    return rng.standard_normal((fan_in, fan_out))


def xavier(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w ~ N(0, 2 / (fan_in + fan_out)): keeps the variance of signals through tanh layers (Glorot and Bengio 2010)."""
    return rng.standard_normal((fan_in, fan_out)) * math.sqrt(2.0 / (fan_in + fan_out))


def he(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w ~ N(0, 2 / fan_in): the same for ReLU, which silences half of its inputs (He et al. 2015)."""
    return rng.standard_normal((fan_in, fan_out)) * math.sqrt(2.0 / fan_in)


INITIALIZERS: dict[str, Callable[[np.random.Generator, int, int], Weights]] = {
    "zeros": zeros,
    "normal": normal,
    "xavier": xavier,
    "he": he,
}

"""What is minimised, computed from the logits Z of the output layer.

A loss is paired with the output activation P = f(Z) for which dL/dZ is simply P − T. All arrays have the shape
(samples, outputs); the cost of a batch is the sum over the outputs, averaged over the samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Loss(NamedTuple):
    """The output activation's name, and ``elementwise(Z, T, out, S)``, which writes each element's loss."""

    output: str
    elementwise: Callable[[Array, Array, Array, Array], None]


def cross_entropy(Z: Array, T: Array, out: Array, S: Array) -> None:
    """−t log p − (1 − t) log(1 − p) with p = 1 / (1 + e⁻ᶻ), for targets 0 ≤ t ≤ 1.

    Computed as max(z, 0) − z t + log(1 + e^−|z|), which neither overflows nor loses the digits of a small loss
    (the form in TensorFlow's documentation of sigmoid_cross_entropy_with_logits).
    """
    np.maximum(Z, 0.0, out=out)
    np.multiply(Z, T, S)
    np.subtract(out, S, out)
    np.absolute(Z, S)
    np.negative(S, S)
    np.exp(S, S)
    np.log1p(S, S)
    np.add(out, S, out)


def squared_error(Z: Array, T: Array, out: Array, S: Array) -> None:
    """(z − t)² / 2; the half makes the derivative z − t."""
    np.subtract(Z, T, out)
    np.multiply(out, out, out)
    np.multiply(out, 0.5, out)


LOSSES: dict[str, Loss] = {
    "cross-entropy": Loss("sigmoid", cross_entropy),
    "squared-error": Loss("identity", squared_error),
}

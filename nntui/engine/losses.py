"""What is minimised, computed from the logits Z of the output layer.

All arrays have the shape (outputs, samples). The loss of a batch is summed over the outputs and averaged over the
samples. The squared error and the Huber loss are taken of the output P = f(Z), whatever f is; the cross-entropies
have an f of their own, with which the derivative is simply P − T.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nntui.engine.activations import HALF, ONE, OUTPUTS, Activation, less_greatest, number, ones_of

Array = NDArray[Any]
Function = Callable[[Array, Array, Array, Array, Array], None]

HUBER_DELTA = 1.0

#: e to this power is a number in every precision, and 1 is nothing beside it.
_LARGE = np.array(80, np.float32)
_MINUS_TWO, _MINUS_HALF = np.array(-2, np.float32), np.array(-0.5, np.float32)


class Loss(NamedTuple):
    """A loss and its derivative; Z and T are left as they are.

    ``elementwise(Z, T, E, S, R)`` writes each element's loss to E: their sum over a column is the sample's loss.
    ``derivative(Z, T, D, S, R)`` writes dL/dZ of each sample, not averaged, to D. S and R are scratch space.
    """

    elementwise: Function
    derivative: Function


def binary_cross_entropy(Z: Array, T: Array, E: Array, S: Array, R: Array) -> None:
    """−t log p − (1 − t) log(1 − p) with p = 1 / (1 + e⁻ᶻ), for targets t of 0 or 1.

    With m = (1 − 2t) z it is log(1 + eᵐ), which keeps its digits where it is small, and does not overflow.
    """
    np.multiply(T, _MINUS_TWO, S)
    np.add(S, ONE, S)
    np.multiply(S, Z, S)
    np.minimum(S, _LARGE, out=E)
    np.exp(E, E)
    np.log1p(E, E)
    np.maximum(E, S, out=E)


def binary_cross_entropy_derivative(Z: Array, T: Array, D: Array, S: Array, R: Array) -> None:
    """p − t with p = 1 / (1 + e⁻ᶻ)."""
    np.negative(Z, D)
    np.exp(D, D)
    np.add(D, ONE, D)
    np.reciprocal(D, D)
    np.subtract(D, T, D)


def categorical_cross_entropy(Z: Array, T: Array, E: Array, S: Array, R: Array) -> None:
    """−Σₖ tₖ log pₖ with p = softmax z, for one-hot targets: tₖ (log Σⱼ eʸʲ − yₖ) with y = z − max z."""
    row, ones = R[:1], ones_of(len(Z), Z.dtype)
    less_greatest(Z, E, S, row)
    np.exp(E, S)
    ones.dot(S, row)
    np.log(row, row)
    np.copyto(S, row)
    np.subtract(S, E, E)
    np.multiply(E, T, E)


def categorical_cross_entropy_derivative(Z: Array, T: Array, D: Array, S: Array, R: Array) -> None:
    """p − t."""
    np.copyto(D, Z)
    OUTPUTS["softmax"].forward(D, S, R)
    np.subtract(D, T, D)


def squared_error(Z: Array, T: Array, E: Array, S: Array, R: Array, output: Activation) -> None:
    """(p − t)² / 2; the half makes the derivative p − t."""
    np.copyto(E, Z)
    output.forward(E, S, R)
    np.subtract(E, T, E)
    np.multiply(E, E, E)
    np.multiply(E, HALF, E)


def squared_error_derivative(Z: Array, T: Array, D: Array, S: Array, R: Array, output: Activation) -> None:
    """(p − t) f'(z)."""
    np.copyto(R, Z)
    output.forward(R, S, D)
    np.subtract(R, T, D)
    output.backward(R, D, S)


def huber(Z: Array, T: Array, E: Array, S: Array, R: Array, output: Activation, limits: tuple[Any, Any]) -> None:
    """e² / 2 for an error e = p − t of at most δ, else δ (|e| − δ/2): outliers pull no harder than δ (Huber 1964).

    With d = e clipped to ``limits``, ±δ, it is d (e − d/2).
    """
    low, high = limits
    np.copyto(E, Z)
    output.forward(E, S, R)
    np.subtract(E, T, S)
    np.maximum(S, low, out=R)
    np.minimum(R, high, out=R)
    np.multiply(R, _MINUS_HALF, E)
    np.add(E, S, E)
    np.multiply(E, R, E)


def huber_derivative(
    Z: Array, T: Array, D: Array, S: Array, R: Array, output: Activation, limits: tuple[Any, Any]
) -> None:
    """d f'(z)."""
    low, high = limits
    np.copyto(R, Z)
    output.forward(R, S, D)
    np.subtract(R, T, D)
    np.maximum(D, low, out=D)
    np.minimum(D, high, out=D)
    output.backward(R, D, S)


_CROSS_ENTROPIES: dict[str, Loss] = {
    "sigmoid": Loss(binary_cross_entropy, binary_cross_entropy_derivative),
    "softmax": Loss(categorical_cross_entropy, categorical_cross_entropy_derivative),
}

#: The one with which an output has its gradient whatever its own slope.
CROSS_ENTROPY = "cross-entropy"
LOSSES = (CROSS_ENTROPY, "squared-error", "huber")


def make_loss(name: str, output: str, huber_delta: float = HUBER_DELTA) -> Loss:
    """The loss of this name for an output activation.

    Raises ValueError for names that are not there or do not fit, or a δ that is not above 0.
    """
    if output not in OUTPUTS:
        raise ValueError(f"output = {output!r}: must be one of {', '.join(OUTPUTS)}")
    if not 0 < huber_delta < math.inf:
        raise ValueError(f"huber_delta = {huber_delta}: must be a number above 0")
    if name == "squared-error":
        f = OUTPUTS[output]
        return Loss(partial(squared_error, output=f), partial(squared_error_derivative, output=f))
    if name == "huber":
        f, limits = OUTPUTS[output], (number(-huber_delta), number(huber_delta))
        return Loss(partial(huber, output=f, limits=limits), partial(huber_derivative, output=f, limits=limits))
    if name != CROSS_ENTROPY:
        raise ValueError(f"loss = {name!r}: must be one of {', '.join(LOSSES)}")
    if output not in _CROSS_ENTROPIES:
        raise ValueError(f"loss = 'cross-entropy': needs the output {' or '.join(_CROSS_ENTROPIES)}, not {output}")
    return _CROSS_ENTROPIES[output]

"""What a unit does with its weighted sum z, and the derivative that backpropagation needs.

Every derivative here can be written with the activation a = f(z) alone, so z itself is never kept. The last argument
of a NumPy function is the array it writes to: nothing is allocated.
To add an activation, write the two functions and enter them in :data:`ACTIVATIONS`
and in ``nntui.config``, whose names a test holds to these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LEAK = 0.01


class Activation(NamedTuple):
    """An elementwise function and its derivative; all arrays have the shape (samples, units).

    ``forward(Z, S)`` turns Z into f(Z) in place; ``backward(A, dA, S)`` turns dL/dA into dL/dZ = dL/dA · f'(Z)
    in place, where A = f(Z). S is scratch space.
    """

    forward: Callable[[Array, Array], None]
    backward: Callable[[Array, Array, Array], None]


def sigmoid(Z: Array, S: Array) -> None:
    """a = 1 / (1 + e⁻ᶻ). Far below zero e⁻ᶻ overflows to infinity, and a is the 0 that it should be."""
    np.negative(Z, Z)
    np.exp(Z, Z)
    np.add(Z, 1.0, Z)
    np.reciprocal(Z, Z)


def sigmoid_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = a − a²."""
    np.multiply(A, A, S)
    np.subtract(A, S, S)
    np.multiply(dA, S, dA)


def tanh(Z: Array, S: Array) -> None:
    """a = tanh z."""
    np.tanh(Z, Z)


def tanh_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1 − a²."""
    np.multiply(A, A, S)
    np.multiply(S, dA, S)
    np.subtract(dA, S, dA)


def relu(Z: Array, S: Array) -> None:
    """a = max(z, 0)."""
    np.maximum(Z, 0.0, out=Z)


def relu_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1 where z > 0, else 0: the sign of a, which is never negative."""
    np.sign(A, S)
    np.multiply(dA, S, dA)


def leaky_relu(Z: Array, S: Array) -> None:
    """a = max(z, 0.01 z) (Maas, Hannun and Ng 2013)."""
    np.multiply(Z, LEAK, S)
    np.maximum(Z, S, out=Z)


def leaky_relu_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1 where z > 0, else 0.01; a has the sign of z."""
    np.sign(A, S)
    np.maximum(S, LEAK, out=S)
    np.multiply(dA, S, dA)


def identity(Z: Array, S: Array) -> None:
    """a = z."""


def identity_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1."""


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(sigmoid, sigmoid_backward),
    "tanh": Activation(tanh, tanh_backward),
    "relu": Activation(relu, relu_backward),
    "leaky-relu": Activation(leaky_relu, leaky_relu_backward),
    "identity": Activation(identity, identity_backward),
}

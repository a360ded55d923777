"""What a unit does with its weighted sum z, and the derivative that backpropagation needs.

NumPy writes into the arrays it is given, and nothing is allocated: a row or a column is copied into an array of the
full shape first, since NumPy allocates a buffer when it broadcasts, or meets another order of elements. To add an
activation, write the two functions and enter them in :data:`ACTIVATIONS` and in ``nntui.knobs``, whose names a test
holds to these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: The slope of leaky ReLU below zero.
LEAK = 0.01

#: NumPy takes twice as long over a short array and a Python number as over two arrays.
ONE, ZERO, HALF = (np.array(value, np.float32) for value in (1, 0, 0.5))
#: The square of a z so far out that each activation has reached its limit; more of it could overflow.
_FAR = np.array(1e8, np.float32)

_ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


class Activation(NamedTuple):
    """A function of a layer's weighted sums and its derivative; all arrays have the shape (units, samples).

    ``forward(Z, S, R)`` turns Z into A = f(Z) in place. R is scratch space; so is S, and what is left there is given
    back: ``backward(A, dA, S)`` turns dL/dA into dL/dZ in place, and may spoil S.
    """

    forward: Callable[[Array, Array, Array], None]
    backward: Callable[[Array, Array, Array], None]


def number(value: float) -> Any:
    """A number as an array without dimensions, if float32 holds it exactly, else as it is."""
    with np.errstate(over="ignore"):
        exact = np.array(value, np.float32)
    return exact if float(exact) == value else value


def sigmoid(Z: Array, S: Array, R: Array) -> None:
    """a = 1 / (1 + e⁻ᶻ). Far below zero e⁻ᶻ overflows to infinity, and a is the 0 that it should be."""
    np.negative(Z, Z)
    np.exp(Z, Z)
    np.add(Z, ONE, Z)
    np.reciprocal(Z, Z)


def sigmoid_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = a − a²."""
    np.multiply(A, A, S)
    np.subtract(A, S, S)
    np.multiply(dA, S, dA)


def tanh(Z: Array, S: Array, R: Array) -> None:
    """a = tanh z."""
    np.tanh(Z, Z)


def tanh_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1 − a²."""
    np.multiply(A, A, S)
    np.multiply(S, dA, S)
    np.subtract(dA, S, dA)


def relu(Z: Array, S: Array, R: Array) -> None:
    """a = max(z, 0) (Nair and Hinton 2010)."""
    S.fill(0.0)  # of two arrays NumPy takes the maximum three times as fast
    np.maximum(Z, S, out=Z)


def relu_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1 where z > 0, else 0: the sign of a, which is never negative."""
    np.sign(A, S)
    np.multiply(dA, S, dA)


def leaky_relu(Z: Array, S: Array, R: Array, leak: float = LEAK) -> None:
    """a = max(z, leak · z), for 0 ≤ leak ≤ 1 (Maas, Hannun and Ng 2013)."""
    np.multiply(Z, leak, S)
    np.maximum(Z, S, out=Z)


def leaky_relu_backward(A: Array, dA: Array, S: Array, leak: float = LEAK) -> None:
    """f'(z) = 1 where z > 0, else leak; a has the sign of z."""
    np.sign(A, S)
    np.maximum(S, leak, out=S)
    np.multiply(dA, S, dA)


def elu(Z: Array, S: Array, R: Array) -> None:
    """a = z where z > 0, else eᶻ − 1 (Clevert, Unterthiner and Hochreiter 2016, with α = 1)."""
    np.minimum(Z, ZERO, out=S)
    np.expm1(S, S)
    np.maximum(Z, S, out=Z)


def elu_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1 where z > 0, else eᶻ = a + 1."""
    np.minimum(A, ZERO, out=S)
    np.add(S, ONE, S)
    np.multiply(dA, S, dA)


def gelu(Z: Array, S: Array, R: Array) -> None:
    """a = z h with h = (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2 (Hendrycks and Gimpel 2016, the tanh form).

    Leaves f'(z) = h + 2 a (1 − h) √(2/π) (1 + 3 · 0.044715 z²) in S.
    """
    np.multiply(Z, Z, S)
    np.minimum(S, _FAR, out=S)
    np.multiply(S, _ROOT_2_OVER_PI * _CUBIC, R)
    np.add(R, _ROOT_2_OVER_PI, R)
    np.multiply(R, Z, R)
    np.tanh(R, R)
    np.add(R, ONE, R)
    np.multiply(R, HALF, R)
    np.multiply(S, 6.0 * _ROOT_2_OVER_PI * _CUBIC, S)
    np.add(S, 2.0 * _ROOT_2_OVER_PI, S)
    np.multiply(Z, R, Z)
    np.subtract(ONE, R, R)
    np.multiply(S, R, S)
    np.multiply(S, Z, S)
    np.subtract(ONE, R, R)
    np.add(S, R, S)


def silu(Z: Array, S: Array, R: Array) -> None:
    """a = z s with s = 1 / (1 + e⁻ᶻ) (Elfwing, Uchibe and Doya 2018). Leaves f'(z) = s (1 + z (1 − s)) in S."""
    np.negative(Z, S)
    np.exp(S, S)
    np.add(S, ONE, S)
    np.reciprocal(S, S)
    np.subtract(ONE, S, R)
    np.multiply(R, Z, R)
    np.add(R, ONE, R)
    np.multiply(Z, S, Z)
    np.multiply(S, R, S)


def derivative_kept(A: Array, dA: Array, S: Array) -> None:
    """f'(z) is in S already: it cannot be told from a."""
    np.multiply(dA, S, dA)


def softplus(Z: Array, S: Array, R: Array) -> None:
    """a = log(1 + eᶻ), computed as max(z, 0) + log(1 + e^−|z|) (Dugas et al. 2001)."""
    np.absolute(Z, S)
    np.negative(S, S)
    np.exp(S, S)
    np.log1p(S, S)
    np.maximum(Z, ZERO, out=Z)
    np.add(Z, S, Z)


def softplus_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1 / (1 + e⁻ᶻ) = 1 − e⁻ᵃ."""
    np.negative(A, S)
    np.expm1(S, S)
    np.negative(S, S)
    np.multiply(dA, S, dA)


def identity(Z: Array, S: Array, R: Array) -> None:
    """a = z."""


def identity_backward(A: Array, dA: Array, S: Array) -> None:
    """f'(z) = 1."""


@cache
def ones_of(units: int, dtype: np.dtype[Any]) -> Array:
    """A row of ones, shape (1, units): the product with it sums over the units."""
    return np.ones((1, units), dtype)


def less_greatest(Z: Array, Y: Array, S: Array, row: Array) -> None:
    """Y = Z less the greatest of each column, so that no power of e overflows. S is scratch space, and ``row`` too."""
    np.maximum.reduce(Z, axis=0, keepdims=True, out=row)
    np.copyto(S, row)
    np.subtract(Z, S, Y)


def softmax(Z: Array, S: Array, R: Array) -> None:
    """aₖ = e^zₖ / Σⱼ e^zⱼ over each sample's units; the greatest z is taken off all of them first, against overflow."""
    row, ones = R[:1], ones_of(len(Z), Z.dtype)
    less_greatest(Z, Z, S, row)
    np.exp(Z, Z)
    ones.dot(Z, row)
    np.copyto(S, row)
    np.divide(Z, S, Z)


def softmax_backward(A: Array, dA: Array, S: Array) -> None:
    """dL/dzₖ = aₖ dL/daₖ − aₖ Σⱼ aⱼ dL/daⱼ."""
    np.multiply(A, dA, S)
    ones_of(len(S), S.dtype).dot(S, dA[:1])
    np.copyto(dA[1:], dA[:1])
    np.multiply(A, dA, dA)
    np.subtract(S, dA, dA)


#: For the units of hidden layers.
ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(sigmoid, sigmoid_backward),
    "tanh": Activation(tanh, tanh_backward),
    "relu": Activation(relu, relu_backward),
    "leaky-relu": Activation(leaky_relu, leaky_relu_backward),
    "elu": Activation(elu, elu_backward),
    "gelu": Activation(gelu, derivative_kept),
    "silu": Activation(silu, derivative_kept),
    "softplus": Activation(softplus, softplus_backward),
    "identity": Activation(identity, identity_backward),
}

#: The ends of the ranges that have two, where f'(z) goes to 0. That of softmax depends on all its units together.
BOUNDS: dict[str, tuple[float, float]] = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}

#: For the units of the output.
OUTPUTS: dict[str, Activation] = {
    "sigmoid": ACTIVATIONS["sigmoid"],
    "softmax": Activation(softmax, softmax_backward),
    "identity": ACTIVATIONS["identity"],
}


def make_activation(name: str, leak: float = LEAK) -> Activation:
    """A hidden layer's activation. Raises ValueError for an unknown name, or a leak that is not from 0 to 1."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation = {name!r}: must be one of {', '.join(ACTIVATIONS)}")
    if not 0 <= leak <= 1:
        raise ValueError(f"leak = {leak}: must be from 0 to 1")
    if name == "leaky-relu" and leak != LEAK:
        exact = number(leak)
        return Activation(partial(leaky_relu, leak=exact), partial(leaky_relu_backward, leak=exact))
    return ACTIVATIONS[name]

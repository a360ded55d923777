"""What the units of a network do on some samples: how far they go, and whether any gradient passes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nntui.engine.activations import BOUNDS, Activation
from nntui.engine.losses import CROSS_ENTROPY
from nntui.engine.network import Network

Array = NDArray[Any]

#: A unit whose slope is smaller for every sample learns nothing from them: far out, the smooth ones have no exact 0.
FLAT = 1e-6
#: An activation this near to an end of its range, as a share of the range, is saturated.
NEAR = 0.01


class Activity(NamedTuple):
    """One figure a layer, input side to output, each of the shape (layers,).

    ``mean`` and ``std`` are over all activations of the layer. ``dead`` is the share of its units whose slope is 0,
    within ``FLAT``, for every sample: no gradient passes them. ``saturated`` is the share of its activations that lie
    within ``NEAR`` of an end of a range with two ends; where there is no such range, none is. Activations that are not
    finite make mean and spread NaN.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    dead: NDArray[np.float64]
    saturated: NDArray[np.float64]


@np.errstate(over="ignore", invalid="ignore")
def layer_outputs(network: Network, X: ArrayLike) -> tuple[Array, ...]:
    """A of every layer, (samples, units), input side to output, for the inputs X (samples, inputs)."""
    hidden = tuple(A for _, A, _ in network.hidden(X))
    return (*hidden, _output(network, hidden[-1] if hidden else np.asarray(X, network.dtype)))


@np.errstate(over="ignore", invalid="ignore")
def activity(network: Network, X: ArrayLike) -> Activity:
    """What every layer does for the inputs X (samples, inputs)."""
    figures, A = [], np.asarray(X, network.dtype)
    for layer, (function, A, S) in zip(network.layers, network.hidden(X), strict=False):
        figures.append(_figures(layer.activation, A, _slopes(function, A, S)))
    P = _output(network, A)
    figures.append(_figures(network.output, P, _output_slopes(network, P)))
    return Activity(*np.array(figures).T)


def _output(network: Network, A: Array) -> Array:
    """P for the activations before the last layer."""
    last = network.layers[-1]
    return network.outputs(A @ last.W + last.b)


def _figures(name: str, A: Array, slopes: Array) -> tuple[float, float, float, float]:
    saturated = 0.0
    if name in BOUNDS:
        low, high = BOUNDS[name]
        middle, reach = (low + high) / 2, (high - low) * (0.5 - NEAR)
        saturated = float((np.abs(A - middle) >= reach).mean())
    dead = (np.abs(slopes) <= FLAT).all(axis=0).mean()
    return float(A.mean(dtype=np.float64)), float(A.std(dtype=np.float64)), float(dead), saturated


def _slopes(function: Activation, A: Array, S: Array) -> Array:
    """f'(z) for A = f(z) and what computing it left in S."""
    slopes = np.ones_like(A)
    function.backward(A, slopes, S)
    return slopes


def _output_slopes(network: Network, P: Array) -> Array:
    """What the gradient of the loss at the output is multiplied by; nothing, where the cross-entropy undoes it."""
    if network.output == "identity" or network.loss_name == CROSS_ENTROPY:
        return np.ones_like(P)
    slopes: Array = P - P * P  # of sigmoid, and of softmax the part that is a unit's own
    return slopes

"""Is backpropagation right? Compares its gradients with differences of the loss."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nntui.engine.network import Network

Array = NDArray[Any]

STEP = 1e-6


class LayerError(NamedTuple):
    """The largest difference between the two gradients of a layer, relative to its largest element."""

    layer: str
    error: float


def gradient_check(network: Network, X: Array, T: Array, l2: float = 0.0) -> tuple[LayerError, ...]:
    """Compares each ∂L/∂θ with the central difference (L(θ + h) − L(θ − h)) / 2h, in float64 on a copy.

    Errors near 1e-7 or below mean that both agree. A weighted sum within h of the kink of a ReLU gives a large
    error that is nobody's fault. Takes two evaluations of the loss for every parameter.
    """
    twin = Network(network.sizes, activation=network.activation, loss=network.loss_name, dtype=np.float64)
    twin.parameters[...] = network.parameters
    twin.backward(X, T, l2)
    return tuple(
        LayerError(layer.name, _relative(layer.gradients, _differences(twin, layer.parameters, X, T, l2)))
        for layer in twin.layers
    )


def _differences(network: Network, parameters: Array, X: Array, T: Array, l2: float) -> Array:
    """The central difference for each element of one layer's ``parameters``, which are views of the network's."""
    slopes = np.empty_like(parameters)
    for i, value in enumerate(parameters.tolist()):
        costs = []
        for moved in (value + STEP, value - STEP):
            parameters[i] = moved
            costs.append(_cost(network, X, T, l2))
        parameters[i] = value
        slopes[i] = (costs[0] - costs[1]) / (2 * STEP)
    return slopes


def _cost(network: Network, X: Array, T: Array, l2: float) -> float:
    """The loss with its penalty."""
    return network.loss(X, T) + l2 / 2 * sum(float(np.square(layer.W).sum()) for layer in network.layers)


def _relative(found: Array, expected: Array) -> float:
    """The largest difference, relative to the largest element; 0 when both are all zeros."""
    largest = max(float(np.abs(found).max()), float(np.abs(expected).max()))
    return float(np.abs(found - expected).max()) / largest if largest else 0.0

"""Is backpropagation right? Compares its gradients with differences of the loss."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nntui.engine.network import Network

Array = NDArray[Any]

#: Larger ones err by their square, smaller ones by the rounding of the loss.
STEP = 1e-5


class LayerError(NamedTuple):
    """The largest difference between the two gradients of a layer, relative to ``largest``, their largest element.

    ``checked`` of the layer's ``parameters`` were compared.
    """

    layer: str
    error: float
    largest: float
    checked: int
    parameters: int


def gradient_check(
    network: Network, X: Array, T: Array, l1: float = 0.0, l2: float = 0.0, *, most: int | None = None, seed: int = 0
) -> tuple[LayerError, ...]:
    """Compares each ∂L/∂θ with the central difference (L(θ + h) − L(θ − h)) / 2h, in float64 on a copy without dropout.

    Errors near 1e-7 or below mean that both agree. A weighted sum within h of the kink of a ReLU, or a weight within h
    of 0 under an L1 penalty, gives a large error that is nobody's fault. Takes two evaluations of the loss for every
    parameter; ``most`` of a layer's, drawn at random, are looked at if it has more. Raises ValueError for a ``most``
    below 1.
    """
    if most is not None and most < 1:
        raise ValueError(f"most = {most}: must be at least 1")
    twin = network.twin(np.float64)
    twin.backward(X, T, l1, l2)
    rng = np.random.default_rng(seed)
    errors = []
    for layer in twin.layers:
        count = layer.parameters.size
        chosen = np.arange(count) if most is None or most >= count else rng.choice(count, most, replace=False)
        expected = _differences(twin, layer.parameters, chosen, X, T, l1, l2)
        largest = max(float(np.abs(layer.gradients).max()), float(np.abs(expected).max()))
        off = float(np.abs(layer.gradients[chosen] - expected).max())
        errors.append(LayerError(layer.name, off / largest if largest else 0.0, largest, len(chosen), count))
    return tuple(errors)


def _differences(
    network: Network, parameters: Array, chosen: NDArray[np.intp], X: Array, T: Array, l1: float, l2: float
) -> Array:
    """The central difference for the chosen elements of a layer's ``parameters``, which are views of the network's."""
    slopes = np.empty(len(chosen))
    for n, i in enumerate(chosen):
        value, costs = parameters[i], []
        for moved in (value + STEP, value - STEP):
            parameters[i] = moved
            costs.append(_cost(network, X, T, l1, l2))
        parameters[i] = value
        slopes[n] = (costs[0] - costs[1]) / (2 * STEP)
    return slopes


def _cost(network: Network, X: Array, T: Array, l1: float, l2: float) -> float:
    """The loss with its penalty."""
    cost = network.loss(X, T)
    if l1 or l2:
        weights = [layer.W for layer in network.layers]
        cost += sum(l1 * float(np.abs(W).sum()) + l2 / 2 * float(np.square(W).sum()) for W in weights)
    return cost

"""The kinds of networks that the tests go through, and small batches to train them on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nntui.engine import ACTIVATIONS, LOSSES, Network, make_optimizer

Array = NDArray[Any]

#: Every loss with every output that it fits.
PAIRS = [
    ("cross-entropy", "sigmoid"),
    ("cross-entropy", "softmax"),
    *((loss, output) for loss in LOSSES[1:] for output in ("sigmoid", "softmax", "identity")),
]
#: Each activation and each pair of loss and output, but not all of their combinations.
EVERY_KIND = [
    *((activation, "cross-entropy", "sigmoid") for activation in ACTIVATIONS),
    *(("tanh", *pair) for pair in PAIRS[1:]),
]


def batch(
    samples: int, inputs: int, outputs: int, dtype: DTypeLike = np.float64, seed: int = 0, output: str = "sigmoid"
) -> tuple[Array, Array]:
    """Inputs, and targets of zeros and ones: one-hot for softmax."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((samples, inputs))
    if output == "softmax":
        T = np.eye(outputs)[rng.integers(0, outputs, samples)]
    else:
        T = (rng.random((samples, outputs)) < 0.5).astype(np.float64)
    return X.astype(dtype), T.astype(dtype)


def train(net: Network, X: Array, T: Array, steps: int, lr: float, l1: float = 0.0, l2: float = 0.0) -> None:
    optimizer = make_optimizer("sgd", net.parameters)
    for _ in range(steps):
        net.backward(X, T, l1, l2)
        optimizer.step(net.parameters, net.gradients, lr)

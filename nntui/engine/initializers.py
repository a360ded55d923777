"""Where the weights start: each function draws one layer's W, shape (fan_in, fan_out). Biases always start at 0.

To add an initializer, write its function and enter it in :data:`INITIALIZERS` and in ``nntui.knobs``, whose names a
test holds to these.
"""

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


def uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w ~ U(−1/√fan_in, 1/√fan_in), variance 1 / (3 fan_in): the default of torch.nn.Linear."""
    bound = 1.0 / math.sqrt(fan_in)
    return rng.uniform(-bound, bound, (fan_in, fan_out))


def xavier(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w ~ N(0, 2 / (fan_in + fan_out)): keeps the variance of signals through tanh layers (Glorot and Bengio 2010)."""
    return rng.standard_normal((fan_in, fan_out)) * math.sqrt(2.0 / (fan_in + fan_out))


def he(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w ~ N(0, 2 / fan_in): the same for ReLU, which silences half of its inputs (He et al. 2015)."""
    return rng.standard_normal((fan_in, fan_out)) * math.sqrt(2.0 / fan_in)


def lecun(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """w ~ N(0, 1 / fan_in): weighted sums have the variance of the inputs (LeCun et al. 1998)."""
    return rng.standard_normal((fan_in, fan_out)) * math.sqrt(1.0 / fan_in)


def orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Weights:
    """Orthonormal columns, or rows where those are fewer: keeps lengths through linear layers (Saxe et al. 2014).

    Q of the QR decomposition of a normal matrix; with the signs of R's diagonal every such W is as likely as any other
    (Mezzadri 2007).
    """
    Q, R = np.linalg.qr(rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out))))
    Q *= np.where(np.diag(R) < 0.0, -1.0, 1.0)
    return Q if fan_in >= fan_out else Q.T


INITIALIZERS: dict[str, Callable[[np.random.Generator, int, int], Weights]] = {
    "zeros": zeros,
    "normal": normal,
    "uniform": uniform,
    "xavier": xavier,
    "he": he,
    "lecun": lecun,
    "orthogonal": orthogonal,
}

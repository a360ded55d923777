"""How a gradient becomes a step. Parameters and gradients are flat vectors of one shape, (P,).

The formulas and their order are PyTorch's (torch.optim.SGD and torch.optim.Adam), so that results can be compared.
To add an optimizer, write a class and enter it in :data:`OPTIMIZERS`
and in ``nntui.config``, whose names a test holds to these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Adam passes over five vectors a dozen times; blocks of this many elements stay in a core's own cache.
BLOCK = 65_536


class Optimizer(Protocol):
    """What the training loop needs of an optimizer."""

    @property
    def state(self) -> dict[str, Array]:
        """What must be kept, besides the parameters, to go on exactly: the optimizer's own arrays, by name."""

    def load(self, state: Mapping[str, Array]) -> None:
        """Copies a saved state back. Raises ValueError for other names or shapes."""

    def step(self, parameters: Array, gradients: Array, lr: float) -> None:
        """Moves the parameters, in place, against the gradients."""


class _Stateful:
    """Keeps the named arrays of an optimizer."""

    def __init__(self, **state: Array) -> None:
        self._state = state

    @property
    def state(self) -> dict[str, Array]:
        return dict(self._state)

    def load(self, state: Mapping[str, Array]) -> None:
        for name, own in self._state.items():
            if name not in state or np.shape(state[name]) != own.shape:
                found = f"shape {np.shape(state[name])}" if name in state else f"only {', '.join(state) or 'nothing'}"
                raise ValueError(f"optimizer state {name}: found {found}, must have the shape {own.shape}")
        for name, own in self._state.items():
            own[...] = state[name]


class SGD(_Stateful):
    """Gradient descent: θ ← θ − lr · g."""

    def __init__(self, parameters: Array) -> None:
        super().__init__()
        self._scratch = np.empty_like(parameters)

    @np.errstate(over="ignore", invalid="ignore")
    def step(self, parameters: Array, gradients: Array, lr: float) -> None:
        scratch = self._scratch
        np.multiply(gradients, lr, scratch)
        np.subtract(parameters, scratch, parameters)


class Momentum(_Stateful):
    """Gradient descent with momentum (Polyak 1964): v ← momentum · v + g; θ ← θ − lr · v.

    State: velocity, shape (P,). ``momentum`` may be set between steps.
    """

    def __init__(self, parameters: Array, momentum: float = 0.9) -> None:
        self.momentum = momentum
        self._velocity = np.zeros_like(parameters)
        self._scratch = np.empty_like(parameters)
        super().__init__(velocity=self._velocity)

    @np.errstate(over="ignore", invalid="ignore")
    def step(self, parameters: Array, gradients: Array, lr: float) -> None:
        velocity, scratch = self._velocity, self._scratch
        np.multiply(velocity, self.momentum, velocity)
        np.add(velocity, gradients, velocity)
        np.multiply(velocity, lr, scratch)
        np.subtract(parameters, scratch, parameters)


class Adam(_Stateful):
    """Adam (Kingma and Ba 2015), with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.

    t ← t + 1; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
    θ ← θ − lr · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ).

    State: first_moment m and second_moment v, shape (P,), and t, shape (1,).
    """

    def __init__(self, parameters: Array, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self._m = np.zeros_like(parameters)
        self._v = np.zeros_like(parameters)
        self._t = np.zeros(1, np.int64)
        self._scratch = np.empty_like(parameters[:BLOCK])
        super().__init__(first_moment=self._m, second_moment=self._v, t=self._t)

    @np.errstate(over="ignore", invalid="ignore")
    def step(self, parameters: Array, gradients: Array, lr: float) -> None:
        self._t += 1
        t = int(self._t[0])
        # m̂ / (√v̂ + ε) = root/(1 − β₁ᵗ) · m / (√v + root · ε): the corrections touch two numbers, not two vectors.
        root = math.sqrt(1.0 - self.beta2**t)
        rate, epsilon = lr * root / (1.0 - self.beta1**t), root * self.epsilon
        for start in range(0, len(parameters), BLOCK):
            block = slice(start, start + BLOCK)
            p, g, m, v = parameters[block], gradients[block], self._m[block], self._v[block]
            s = self._scratch[: len(p)]
            np.multiply(m, self.beta1, m)
            np.multiply(g, 1.0 - self.beta1, s)
            np.add(m, s, m)
            np.multiply(g, g, s)
            np.multiply(s, 1.0 - self.beta2, s)
            np.multiply(v, self.beta2, v)
            np.add(v, s, v)
            np.sqrt(v, s)
            np.add(s, epsilon, s)
            np.divide(m, s, s)
            np.multiply(s, rate, s)
            np.subtract(p, s, p)


OPTIMIZERS: dict[str, type[SGD] | type[Momentum] | type[Adam]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "adam": Adam,
}


def make_optimizer(name: str, parameters: Array, *, momentum: float = 0.9) -> Optimizer:
    """The optimizer of this name for vectors like ``parameters``. Raises ValueError for an unknown name."""
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer = {name!r}: must be one of {', '.join(OPTIMIZERS)}")
    return Momentum(parameters, momentum) if name == "momentum" else OPTIMIZERS[name](parameters)

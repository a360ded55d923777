"""How a gradient becomes a step. Parameters and gradients are flat vectors of one shape, (P,).

The formulas are PyTorch's (torch.optim), so that results can be compared; moments are kept as plain weighted sums,
because what they lack to be means is one number, not a pass over a vector.
To add an optimizer, derive a class from :class:`Optimizer` and enter it in :data:`OPTIMIZERS`
and in ``nntui.knobs``, whose names a test holds to these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: A step passes over its vectors up to a dozen times; blocks of this many elements stay in the processor's cache.
BLOCK = 2**18


class Stateful:
    """Has arrays that must be kept, under their names, to go on exactly."""

    def __init__(self) -> None:
        self._state: dict[str, Array] = {}

    def _keep(self, name: str, array: Array) -> Array:
        """Makes an array, which is only ever written in place, a part of the state."""
        self._state[name] = array
        return array

    @property
    def state(self) -> dict[str, Array]:
        """The arrays themselves, not copies, by name."""
        return dict(self._state)

    def load(self, state: Mapping[str, Array]) -> None:
        """Copies a saved state back. Raises ValueError for other names or shapes, before anything is changed."""
        for name, own in self._state.items():
            if name not in state or np.shape(state[name]) != own.shape:
                found = f"shape {np.shape(state[name])}" if name in state else f"only {', '.join(state) or 'nothing'}"
                raise ValueError(f"{type(self).__name__} state {name}: found {found}, must have the shape {own.shape}")
        for name, own in self._state.items():
            own[...] = state[name]


class Optimizer(Stateful):
    """Moves parameters against gradients; nothing is allocated in a step.

    ``HYPERPARAMETERS`` names the attributes that may be changed between steps. State: the vectors named by
    ``VECTORS``, shape (P,), which start at 0.
    """

    HYPERPARAMETERS: ClassVar[tuple[str, ...]] = ()
    VECTORS: ClassVar[tuple[str, ...]] = ()
    #: How many numbers :meth:`_numbers` gives.
    NUMBERS: ClassVar[int] = 1

    def __init__(self, parameters: Array, **hyperparameters: Any) -> None:
        super().__init__()
        vectors = [self._keep(name, np.zeros_like(parameters)) for name in self.VECTORS]
        scratch = np.empty_like(parameters[:BLOCK])
        parts = [slice(start, min(start + BLOCK, len(parameters))) for start in range(0, len(parameters), BLOCK)]
        self._blocks = tuple(
            (part, tuple(vector[part] for vector in vectors), scratch[: part.stop - part.start]) for part in parts
        )
        # As arrays of the parameters' dtype: NumPy takes twice as long over a short vector and a Python number.
        self._row = np.zeros(self.NUMBERS, parameters.dtype)
        self._scalars = tuple(self._row[i, ...] for i in range(self.NUMBERS))
        self._last: tuple[float, ...] = ()
        self.configure(**hyperparameters)

    def configure(self, **hyperparameters: Any) -> None:
        """Sets the hyperparameters that this optimizer has; others are ignored, so that all knobs may be given.

        Raises ValueError for one that is not from 0 up to, but not, 1; weight decay may be more.
        """
        found = {name: hyperparameters[name] for name in self.HYPERPARAMETERS if name in hyperparameters}
        for name, value in found.items():
            if not 0 <= value < (math.inf if name == "weight_decay" else 1):
                limit = "a finite number from 0" if name == "weight_decay" else "from 0 up to, but not, 1"
                raise ValueError(f"{name} = {value}: must be {limit}")
        for name, value in found.items():
            setattr(self, name, value)

    def step(self, parameters: Array, gradients: Array, lr: float) -> None:
        """Moves ``parameters``, in place; ``gradients`` stay as they are.

        NumPy's warnings, should numbers overflow, are the caller's, who may have an np.errstate.
        """
        numbers, scalars, move = self._numbers(lr), self._scalars, self._move
        if numbers != self._last:
            self._row[:] = self._last = numbers
        if len(self._blocks) == 1:
            _, vectors, scratch = self._blocks[0]
            move(parameters, gradients, scratch, vectors, scalars)
            return
        for part, vectors, scratch in self._blocks:
            move(parameters[part], gradients[part], scratch, vectors, scalars)

    def _numbers(self, lr: float) -> tuple[float, ...]:
        """The numbers of this step, and the place to change state that is not a vector."""
        raise NotImplementedError

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        """One block of a step: parameters, gradients, scratch space, the state's vectors, the step's numbers."""
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent: θ ← θ − lr g."""

    def _numbers(self, lr: float) -> tuple[float, ...]:
        return (lr,)

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        (lr,) = numbers
        np.multiply(g, lr, s)
        np.subtract(p, s, p)


class Momentum(Optimizer):
    """Gradient descent with momentum μ (Polyak 1964): v ← μ v + g; θ ← θ − lr v."""

    HYPERPARAMETERS = ("momentum",)
    VECTORS = ("velocity",)
    NUMBERS = 2
    momentum: float = 0.9

    def _numbers(self, lr: float) -> tuple[float, ...]:
        return self.momentum, lr

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        (v,), (momentum, lr) = vectors, numbers
        np.multiply(v, momentum, v)
        np.add(v, g, v)
        np.multiply(v, lr, s)
        np.subtract(p, s, p)


class Nesterov(Momentum):
    """Nesterov's momentum (Sutskever et al. 2013): v ← μ v + g; θ ← θ − lr (g + μ v).

    Kept is the velocity w = μ v that the next step begins with: w ← μ (w + g); θ ← θ − lr (g + w). So a new momentum
    holds for what is kept from the next step on.
    """

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        (w,), (momentum, lr) = vectors, numbers
        np.add(w, g, w)
        np.multiply(w, momentum, w)
        np.add(w, g, s)
        np.multiply(s, lr, s)
        np.subtract(p, s, p)


def _move_by_root(p: Array, direction: Array, v: Array, s: Array, epsilon: Array, rate: Array) -> None:
    """θ ← θ − rate · direction / (√v + ε)."""
    np.sqrt(v, s)
    np.add(s, epsilon, s)
    np.divide(direction, s, s)
    np.multiply(s, rate, s)
    np.subtract(p, s, p)


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan and Singer 2011), with ε = 1e-10: v ← v + g²; θ ← θ − lr g / (√v + ε)."""

    VECTORS = ("second_moment",)
    NUMBERS = 2
    epsilon: float = 1e-10

    def _numbers(self, lr: float) -> tuple[float, ...]:
        return self.epsilon, lr

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        (v,), (epsilon, rate) = vectors, numbers
        np.multiply(g, g, s)
        np.add(v, s, v)
        _move_by_root(p, g, v, s, epsilon, rate)


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton 2012), with ε = 1e-8: v ← β₂ v + (1 − β₂) g²; θ ← θ − lr g / (√v + ε).

    Kept is V = v / c, c = 1 − β₂ being that of the last step: V ← (β₂ c / (1 − β₂)) V + g². State besides V: scale,
    which is c, shape (1,).
    """

    HYPERPARAMETERS = ("beta2",)
    VECTORS = ("second_moment",)
    NUMBERS = 3
    beta2: float = 0.99
    epsilon: float = 1e-8

    def __init__(self, parameters: Array, **hyperparameters: Any) -> None:
        super().__init__(parameters, **hyperparameters)
        self._scale = self._keep("scale", np.zeros(1))

    def _numbers(self, lr: float) -> tuple[float, ...]:
        scale = 1.0 - self.beta2
        kept = self.beta2 * float(self._scale[0]) / scale
        self._scale[0] = scale
        root = math.sqrt(scale)
        return kept, self.epsilon / root, lr / root

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        (v,), (kept, epsilon, rate) = vectors, numbers
        np.multiply(v, kept, v)
        np.multiply(g, g, s)
        np.add(v, s, v)
        _move_by_root(p, g, v, s, epsilon, rate)


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015), with ε = 1e-8.

    m ← β₁ m + g and w₁ ← β₁ w₁ + 1, so that m̂ = m / w₁ is the weighted mean of all gradients; v, w₂ and v̂ the same
    with β₂ and g²; θ ← θ − lr · m̂ / (√v̂ + ε). While β₁ stays as it is, w₁ = (1 − β₁ᵗ) / (1 − β₁), and this is the
    paper's bias correction; when it is changed, m̂ is still a mean.

    State besides m and v: weights, which are w₁ and w₂, shape (2,).
    """

    HYPERPARAMETERS: ClassVar[tuple[str, ...]] = ("beta1", "beta2")
    VECTORS = ("first_moment", "second_moment")
    NUMBERS = 4
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __init__(self, parameters: Array, **hyperparameters: Any) -> None:
        super().__init__(parameters, **hyperparameters)
        self._weights = self._keep("weights", np.zeros(2))

    def _numbers(self, lr: float) -> tuple[float, ...]:
        weights = self._weights
        weights[0] = first = self.beta1 * float(weights[0]) + 1.0
        weights[1] = second = self.beta2 * float(weights[1]) + 1.0
        # m̂ / (√v̂ + ε) = √w₂ / w₁ · m / (√v + √w₂ ε)
        root = math.sqrt(second)
        return self.beta1, self.beta2, root * self.epsilon, lr * root / first

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        m, v = vectors
        beta1, beta2, epsilon, rate = numbers[:4]
        np.multiply(m, beta1, m)
        np.add(m, g, m)
        np.multiply(v, beta2, v)
        np.multiply(g, g, s)
        np.add(v, s, v)
        _move_by_root(p, m, v, s, epsilon, rate)


class AdamW(Adam):
    """Adam with decoupled weight decay λ (Loshchilov and Hutter 2019): θ ← (1 − lr λ) θ before each step of Adam.

    As in torch.optim.AdamW, all parameters decay, the biases too.
    """

    HYPERPARAMETERS = (*Adam.HYPERPARAMETERS, "weight_decay")
    NUMBERS = 5
    weight_decay: float = 0.01

    def _numbers(self, lr: float) -> tuple[float, ...]:
        return *super()._numbers(lr), 1.0 - lr * self.weight_decay

    def _move(self, p: Array, g: Array, s: Array, vectors: tuple[Array, ...], numbers: tuple[Array, ...]) -> None:
        np.multiply(p, numbers[4], p)
        super()._move(p, g, s, vectors, numbers)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}


def make_optimizer(name: str, parameters: Array, **hyperparameters: Any) -> Optimizer:
    """The optimizer of this name for vectors like ``parameters``; see :meth:`Optimizer.configure`.

    Raises ValueError for an unknown name.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer = {name!r}: must be one of {', '.join(OPTIMIZERS)}")
    return OPTIMIZERS[name](parameters, **hyperparameters)

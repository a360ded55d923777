"""Those who run the same training step, and the worker process in which one of them runs it.

    python -m benchmarks.contenders

reads lines "contender work seconds passage" and answers each with the microseconds a step took, the median and the
least, or with "-" where the contender is not installed. A work is built once a process and then goes on; its rate is so
low that it never gets anywhere, since a network that has learned its batch by heart multiplies ever smaller numbers,
which takes longer.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Steps = Callable[[int], object]

LR = 1e-6


class Work(NamedTuple):
    """A network, its batch and its optimizer; the arrays are standard normal inputs and random targets."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    optimizer: str
    hidden: str
    output: str

    def data(self) -> tuple[Array, NDArray[np.int64]]:
        """X (batch, inputs) and the class of each row, (batch,)."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.batch, self.sizes[0]), np.float32)
        y = np.arange(self.batch) % max(2, self.sizes[-1])
        return X, y

    def targets(self, y: NDArray[np.int64]) -> Array:
        """T (batch, outputs): 0 or 1, or one-hot."""
        T = y[:, None] if self.output == "sigmoid" else np.eye(self.sizes[-1])[y]
        return T.astype(np.float32)


WORKS = {
    "xor": Work("XOR 2-3-1, batch 4, SGD", (2, 3, 1), 4, "sgd", "sigmoid", "sigmoid"),
    "logistic": Work("logistic 30-1, batch 455, SGD", (30, 1), 455, "sgd", "sigmoid", "sigmoid"),
    "digits": Work("digits 64-64-32-10, batch 32, Adam", (64, 64, 32, 10), 32, "adam", "relu", "softmax"),
    "wide": Work("1024-500-10, batch 128, SGD", (1024, 500, 10), 128, "sgd", "relu", "softmax"),
    "pictures": Work("12288-20-7-5-1, batch 209, SGD", (12288, 20, 7, 5, 1), 209, "sgd", "relu", "sigmoid"),
    "deep": Work("256 × 8 deep, batch 256, Adam", (*(256,) * 9, 10), 256, "adam", "relu", "softmax"),
}


def products(work: Work) -> Steps:
    """The matrix products of a step and nothing else: A W forward, Aᵀ dZ and (but for the first layer) dZ Wᵀ back.

    Three a layer, two for the first: no bias, no sum over the batch. np.dot writes into arrays that are there.
    """
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> Array:
        return rng.standard_normal(shape, np.float32)

    calls: list[tuple[Array, Array, Array]] = []
    back: list[tuple[Array, Array, Array]] = []
    A = normal(work.batch, work.sizes[0])
    for number, (fan_in, fan_out) in enumerate(pairwise(work.sizes)):
        W, Z, dZ = normal(fan_in, fan_out) / fan_in**0.5, normal(work.batch, fan_out), normal(work.batch, fan_out)
        calls.append((A, W, Z))
        if number:
            back.append((dZ, W.T, np.empty_like(A)))
        back.append((A.T, dZ, np.empty_like(W)))
        A = Z
    calls += reversed(back)

    def steps(count: int) -> None:
        for _ in range(count):
            for left, right, out in calls:
                np.dot(left, right, out=out)

    return steps


def engine(work: Work) -> Steps:
    """Network.gradient and the optimizer's step, inputs laid as the trainer lays them: forward, backward, update.

    What the loss costs besides is measured with what else is kept of a step, by :func:`recorded`.
    """
    from nntui.engine import with_ones

    network, optimizer, X, T = _trained(work)
    X = with_ones(X)

    def steps(count: int) -> None:
        for _ in range(count):
            network.gradient(X, T)
            optimizer.step(network.parameters, network.gradients, LR)

    return steps


def _trained(work: Work) -> tuple[Any, Any, Array, Array]:
    from nntui.engine import Network, make_optimizer

    network = Network(work.sizes, activation=work.hidden, output=work.output)
    X, y = work.data()
    return network, make_optimizer(work.optimizer, network.parameters), X, work.targets(y)


def _watched(work: Work) -> Any:
    """The trainer's loop, whose batches are all of its rows."""
    from nntui.knobs import TrainingConfig
    from nntui.trainer.loop import Loop

    network, _, X, T = _trained(work)
    return Loop(network, X, T, TrainingConfig(optimizer=work.optimizer, lr=LR, epochs=10**9))


def recorded(work: Work) -> Steps:
    """Loop.run: every step's loss and the norm of every layer's gradient are kept."""
    loop = _built(_watched, work)

    def steps(count: int) -> None:
        end = loop.step + count
        while loop.step < end:
            loop.run(end - loop.step)

    return steps


def unrecorded(work: Work) -> Steps:
    """The same network, batch and optimizer as of :func:`recorded`, in a loop that keeps nothing."""
    from nntui.engine import with_ones

    loop = _built(_watched, work)
    network, optimizer = loop.network, loop.optimizer
    X, y = work.data()
    X, T = with_ones(X), work.targets(y)

    def steps(count: int) -> None:
        for _ in range(count):
            network.gradient(X, T)
            optimizer.step(network.parameters, network.gradients, LR)

    return steps


def pytorch(work: Work) -> Steps:
    """PyTorch as its tutorials write it: zero_grad, forward, a loss of the logits, backward, step."""
    import torch
    from torch import nn

    layers: list[Any] = []
    for fan_in, fan_out in pairwise(work.sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU() if work.hidden == "relu" else nn.Sigmoid()]
    model = nn.Sequential(*layers[:-1])
    X, y = (torch.from_numpy(array) for array in work.data())
    target = y[:, None].float() if work.output == "sigmoid" else y
    criterion = nn.BCEWithLogitsLoss() if work.output == "sigmoid" else nn.CrossEntropyLoss()
    optimizer = (torch.optim.SGD if work.optimizer == "sgd" else torch.optim.Adam)(model.parameters(), lr=LR)

    def steps(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            criterion(model(X), target).backward()
            optimizer.step()

    return steps


def scikit_learn(work: Work) -> Steps:
    """MLPClassifier.partial_fit of the batch, not shuffled; without hidden layers it is a logistic regression."""
    from sklearn.neural_network import MLPClassifier

    X, y = work.data()
    model = MLPClassifier(
        hidden_layer_sizes=work.sizes[1:-1],
        activation="relu" if work.hidden == "relu" else "logistic",
        solver=work.optimizer,
        alpha=0.0,
        batch_size=work.batch,
        learning_rate_init=LR,
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=False,
    )
    model.partial_fit(X, y, classes=np.unique(y))

    def steps(count: int) -> None:
        for _ in range(count):
            model.partial_fit(X, y)

    return steps


def jax(work: Work) -> Steps:
    """One jitted function, update and all, its old parameters donated; waits for the last of the steps."""
    import jax
    from jax import nn
    from jax import numpy as jnp

    rng = np.random.default_rng(0)
    X, y = work.data()
    X, T = jnp.asarray(X), jnp.asarray(work.targets(y))
    weights = [
        (jnp.asarray(rng.standard_normal(pair, np.float32) / pair[0] ** 0.5), jnp.zeros(pair[1]))
        for pair in pairwise(work.sizes)
    ]

    def loss(weights: Any) -> Any:
        A = X
        for W, b in weights[:-1]:
            A = (nn.relu if work.hidden == "relu" else nn.sigmoid)(A @ W + b)
        Z = A @ weights[-1][0] + weights[-1][1]
        if work.output == "sigmoid":
            return jnp.mean(nn.softplus(Z) - T * Z)
        return -jnp.mean(jnp.sum(T * nn.log_softmax(Z), axis=1))

    def sgd(state: Any) -> Any:
        weights, m, v, t = state
        return jax.tree.map(lambda p, g: p - LR * g, weights, jax.grad(loss)(weights)), m, v, t

    def adam(state: Any) -> Any:
        weights, m, v, t = state
        gradients = jax.grad(loss)(weights)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
        first, second = 1 - 0.9**t, 1 - 0.999**t
        weights = jax.tree.map(lambda p, m, v: p - LR * (m / first) / (jnp.sqrt(v / second) + 1e-8), weights, m, v)
        return weights, m, v, t

    zeros = [jax.tree.map(jnp.zeros_like, weights) if work.optimizer == "adam" else () for _ in range(2)]
    step = jax.jit(adam if work.optimizer == "adam" else sgd, donate_argnums=0)
    state = (weights, *zeros, jnp.zeros(()))

    def steps(count: int) -> None:
        nonlocal state
        for _ in range(count):
            state = step(state)
        jax.block_until_ready(state)

    return steps


CONTENDERS: dict[str, Callable[[Work], Steps]] = {
    "nntui": engine,
    "PyTorch": pytorch,
    "scikit-learn": scikit_learn,
    "JAX": jax,
    "products": products,
    "recorded": recorded,
    "unrecorded": unrecorded,
}

_kept: dict[tuple[Callable[[Work], Any], str], Any] = {}


def _built(build: Callable[[Work], Any], work: Work) -> Any:
    """What ``build`` makes of a work, made once a process."""
    key = build, work.name
    if key not in _kept:
        _kept[key] = build(work)
    return _kept[key]


def microseconds(contender: str, work: Work, seconds: float, passage: float) -> tuple[float, float]:
    """What a step takes: the median and the least of passages of steps, each ``passage`` seconds or a step long.

    A few steps before them warm the caches.
    """
    steps = _built(CONTENDERS[contender], work)
    begun = time.perf_counter()
    warm = 0
    while warm < 3 or time.perf_counter() - begun < seconds / 5:
        steps(1)
        warm += 1
    count = math.ceil(passage * warm / (time.perf_counter() - begun))
    taken: list[float] = []
    begun = time.perf_counter()
    while not taken or time.perf_counter() - begun < seconds:
        started = time.perf_counter()
        steps(count)
        taken.append(1e6 * (time.perf_counter() - started) / count)
    return median(taken), min(taken)


def main() -> None:
    for line in sys.stdin:
        contender, work, seconds, passage = line.split()
        try:
            answer = "{:.3f} {:.3f}".format(*microseconds(contender, WORKS[work], float(seconds), float(passage)))
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("nntui"):
                raise
            answer = "-"
        print(answer, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

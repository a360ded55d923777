"""A fully connected network: the forward pass, backpropagation, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nntui.engine.activations import ACTIVATIONS
from nntui.engine.initializers import INITIALIZERS
from nntui.engine.losses import LOSSES

Array = NDArray[Any]
Entry = TypeVar("Entry")

#: Between these a float32 sum of squares has all its digits.
_TINY, _HUGE = 1e-30, 1e38
#: Workspaces kept at once: the batch, an epoch's shorter last batch, and those of a batch size just left.
WORKSPACES = 4
#: Evaluation goes through its samples in chunks of at most this many activations a layer.
CHUNK = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer, Z = A W + b; every array is a view of the network's flat vectors.

    W and dW have the shape (inputs, outputs), b and db (outputs,); ``parameters`` and ``gradients`` are this layer's
    part of the flat vectors: W row by row, then b.
    """

    name: str
    activation: str
    parameters: Array
    gradients: Array
    W: Array
    b: Array
    dW: Array  # noqa: N815
    db: Array

    @property
    def inputs(self) -> int:
        """fan_in: units of the layer before."""
        return int(self.W.shape[0])

    @property
    def outputs(self) -> int:
        """fan_out: units of this layer."""
        return int(self.W.shape[1])


class Network:
    """Layers of ``sizes`` = (inputs, hidden …, outputs) units, their parameters and their gradients.

    Hidden layers use ``activation``; the output layer uses the one that belongs to ``loss``: sigmoid for
    cross-entropy, identity for squared-error. X is (samples, inputs) and T (samples, outputs).

    >>> network = Network((2, 3, 1), activation="tanh", seed=0)
    >>> cost = network.backward(X, T)
    >>> network.parameters -= 0.1 * network.gradients

    Overflow gives infinities, never a warning: look at the returned loss and at :meth:`gradient_norms`.
    Raises ValueError for a size below 1 or a name that is not in the registries.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str = "tanh",
        loss: str = "cross-entropy",
        init: str = "xavier",
        seed: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"sizes = {tuple(sizes)}: must be two or more whole numbers from 1")
        self.sizes = tuple(sizes)
        self.activation = activation
        self.loss_name = loss
        self.dtype = np.dtype(dtype)
        self._hidden = _entry(ACTIVATIONS, activation, "activation")
        self._loss = _entry(LOSSES, loss, "loss")
        self._output = ACTIVATIONS[self._loss.output]
        draw = _entry(INITIALIZERS, init, "init")

        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.sizes))
        self.parameters: Array = np.zeros(count, self.dtype)
        self.gradients: Array = np.zeros(count, self.dtype)
        self.layers = tuple(self._views())
        rng = np.random.default_rng(seed)
        for layer in self.layers:
            layer.W[...] = draw(rng, layer.inputs, layer.outputs)

        self._layer_gradients = tuple(layer.gradients for layer in self.layers)
        self._penalised = tuple((layer.W, layer.dW, np.empty_like(layer.W)) for layer in self.layers)
        self._workspaces: dict[int, _Workspace] = {}

    def _views(self) -> Iterator[Layer]:
        """The layers, laid one after the other over the flat vectors."""
        start = 0
        for number, (fan_in, fan_out) in enumerate(pairwise(self.sizes), 1):
            last = number == len(self.sizes) - 1
            bias, stop = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
            yield Layer(
                name="output" if last else f"layer {number}",
                activation=self._loss.output if last else self.activation,
                parameters=self.parameters[start:stop],
                gradients=self.gradients[start:stop],
                W=self.parameters[start:bias].reshape(fan_in, fan_out),
                b=self.parameters[bias:stop],
                dW=self.gradients[start:bias].reshape(fan_in, fan_out),
                db=self.gradients[bias:stop],
            )
            start = stop

    # Training

    @np.errstate(over="ignore", invalid="ignore")
    def backward(self, X: Array, T: Array, l2: float = 0.0) -> float:
        """The mean loss of a batch, leaving its gradient in :attr:`gradients`.

        The gradient includes that of the penalty l2/2 · Σ w² over the weights (not the biases); the returned loss
        does not, so that it can be compared with the loss on held-out data.

        Backpropagation (Rumelhart, Hinton and Williams 1986) for n samples, with A the activations of the layer
        before (X for the first) and 1 a column of n ones: forward Z = A W + 1 b and then f(Z); at the output
        dZ = (P − T) / n; and for each layer, last to first, dW = Aᵀ dZ, db = 1ᵀ dZ, dA = dZ Wᵀ, dZ = dA · f'(Z).
        """
        X, T = np.asarray(X, self.dtype), np.asarray(T, self.dtype)
        space = self._workspaces.get(len(X)) or self._workspace(len(X))
        Z, P, S = space.Z, space.P, space.S
        if T.shape != Z.shape:
            raise ValueError(f"T has the shape {T.shape}: must be {Z.shape}")

        activate, differentiate = self._hidden
        A = X
        for W, b, A_next, S_next in space.hidden:
            A.dot(W, A_next)
            space.column.dot(b, S_next)
            np.add(A_next, S_next, A_next)
            activate(A_next, S_next)
            A = A_next
        A.dot(space.W, Z)
        space.column.dot(space.b, S)
        np.add(Z, S, Z)

        self._loss.elementwise(Z, T, P, S)
        cost = float(space.losses.dot(space.one_each)) / len(X)

        np.copyto(P, Z)
        self._output.forward(P, S)
        np.subtract(P, T, P)
        dZ = np.multiply(P, space.one_nth, P)
        ones = space.ones
        for A, A_T, dW, db, W_T, dA, S_before in space.backward:
            A_T.dot(dZ, dW)
            ones.dot(dZ, db)
            dZ.dot(W_T, dA)
            differentiate(A, dA, S_before)
            dZ = dA
        X.T.dot(dZ, space.dW)
        ones.dot(dZ, space.db)
        if l2:
            self.add_penalty(l2)
        return cost

    @np.errstate(over="ignore", invalid="ignore")
    def add_penalty(self, l2: float) -> None:
        """Adds the gradient of the penalty l2/2 · Σ w² over the weights (not the biases): dW ← dW + l2 · W."""
        for W, dW, decay in self._penalised:
            np.multiply(W, l2, decay)
            np.add(dW, decay, dW)

    def _workspace(self, samples: int) -> _Workspace:
        """A new workspace, in place of the oldest one when there are enough."""
        if samples < 1:
            raise ValueError("X has no rows: a batch needs at least one")
        if len(self._workspaces) >= WORKSPACES:
            del self._workspaces[next(iter(self._workspaces))]
        space = self._workspaces[samples] = _Workspace(self, samples)
        return space

    @np.errstate(over="ignore")
    def gradient_norms(self, out: Array) -> None:
        """Writes the L2 norm of each layer's gradient (W and b together) to ``out``, shape (layers,).

        Squares that overflow the network's dtype, or vanish in it, are taken again in float64.
        """
        for i, g in enumerate(self._layer_gradients):
            out[i] = _norm(g)

    @np.errstate(over="ignore")
    def weight_norms(self) -> NDArray[np.float64]:
        """The L2 norm of each layer's parameters (W and b together), shape (layers,)."""
        return np.array([_norm(layer.parameters) for layer in self.layers])

    # Evaluation: with arrays of its own, so that it never touches what training has in hand

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, X: Array) -> Array:
        """The logits Z of the output layer, shape (samples, outputs), in a new array."""
        X = np.asarray(X, self.dtype)
        rows = max(1, CHUNK // max(self.sizes))
        logits = np.empty((len(X), self.sizes[-1]), self.dtype)
        for start in range(0, len(X), rows):
            A = X[start : start + rows]
            for layer in self.layers[:-1]:
                A = A @ layer.W + layer.b
                self._hidden.forward(A, np.empty_like(A))
            logits[start : start + rows] = A @ self.layers[-1].W + self.layers[-1].b
        return logits

    @np.errstate(over="ignore", invalid="ignore")
    def predict_proba(self, X: Array) -> Array:
        """The network's output P = f(Z), shape (samples, outputs): probabilities under cross-entropy."""
        Z = self.forward(X)
        self._output.forward(Z, np.empty_like(Z))
        return Z

    def predict(self, X: Array) -> Array:
        """Under cross-entropy 1 where P ≥ 0.5 and else 0; under squared-error the output itself."""
        P = self.predict_proba(X)
        return (P >= 0.5).astype(self.dtype) if self._loss.output == "sigmoid" else P

    @np.errstate(over="ignore", invalid="ignore")
    def loss(self, X: Array, T: Array) -> float:
        """The mean loss over the samples, without any penalty."""
        Z, T = self.forward(X), np.asarray(T, self.dtype)
        if T.shape != Z.shape:
            raise ValueError(f"T has the shape {T.shape}: must be {Z.shape}")
        losses = np.empty_like(Z)
        self._loss.elementwise(Z, T, losses, np.empty_like(Z))
        return float(losses.sum(dtype=np.float64)) / len(Z)

    @np.errstate(over="ignore", invalid="ignore")
    def first_nonfinite(self, X: Array, T: Array) -> str:
        """The name of the layer where NaN or infinity began for this batch; :attr:`gradients` are left as they are.

        The first layer, going forward, with non-finite parameters or weighted sums; else the first, going backward,
        with a non-finite gradient norm; else "loss".
        """
        A = np.asarray(X, self.dtype)
        for layer in self.layers:
            A = A @ layer.W + layer.b
            if not (np.isfinite(layer.parameters).all() and np.isfinite(A).all()):
                return layer.name
            self._hidden.forward(A, np.empty_like(A))
        before, norms = self.gradients.copy(), np.empty(len(self.layers))
        self.backward(X, T)
        self.gradient_norms(norms)
        self.gradients[...] = before
        spoiled = [layer.name for layer, norm in zip(self.layers, norms, strict=True) if not math.isfinite(norm)]
        return spoiled[-1] if spoiled else "loss"


class _Workspace:
    """The arrays one training step writes, for batches of one size, and the views it goes through.

    All are gathered here because in a network of a few units looking them up would cost more than the arithmetic.
    Biases are added as the product 1 b, since NumPy allocates a buffer when it broadcasts.
    """

    def __init__(self, network: Network, samples: int) -> None:
        layers, dtype = network.layers, network.dtype
        A, dA, S = ([np.empty((samples, layer.outputs), dtype) for layer in layers] for _ in range(3))
        rows = [layer.b.reshape(1, -1) for layer in layers]
        last = len(layers) - 1
        self.ones = np.ones(samples, dtype)
        self.column = self.ones.reshape(-1, 1)
        self.one_nth = np.array(1.0 / samples, dtype)
        #: The output layer: its logits, its losses and then its predictions, scratch space, and the losses' sum.
        self.Z, self.P, self.S = A[last], dA[last], S[last]
        self.W, self.b = layers[last].W, rows[last]
        self.losses, self.one_each = self.P.reshape(-1), np.ones(self.P.size, dtype)
        #: Each hidden layer, first to last.
        self.hidden = tuple((layers[i].W, rows[i], A[i], S[i]) for i in range(last))
        #: Each layer but the first, last to first, with the arrays of the layer before it.
        self.backward = tuple(
            (A[i - 1], A[i - 1].T, layers[i].dW, layers[i].db, layers[i].W.T, dA[i - 1], S[i - 1])
            for i in range(last, 0, -1)
        )
        self.dW, self.db = layers[0].dW, layers[0].db


def _norm(vector: Array) -> float:
    """The L2 norm of a flat vector, also where squares of its dtype overflow or vanish."""
    square = vector.dot(vector)
    if not _TINY < square < _HUGE:
        wide = vector.astype(np.float64)
        square = wide.dot(wide)
    return math.sqrt(square)


def _entry(registry: Mapping[str, Entry], name: str, what: str) -> Entry:
    """The registry's entry of this name. Raises ValueError with the names there are."""
    if name not in registry:
        raise ValueError(f"{what} = {name!r}: must be one of {', '.join(registry)}")
    return registry[name]

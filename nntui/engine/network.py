"""A fully connected network: the forward pass, backpropagation, and training from a script."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from nntui.engine.activations import LEAK, OUTPUTS, Activation, make_activation
from nntui.engine.clipping import norm
from nntui.engine.initializers import INITIALIZERS
from nntui.engine.layers import Layer, lay
from nntui.engine.losses import HUBER_DELTA, make_loss
from nntui.engine.optimizers import Optimizer, make_optimizer
from nntui.engine.targets import as_targets, check_count, check_finite, check_rate
from nntui.engine.workspace import Workspace

Array = NDArray[Any]
Entry = TypeVar("Entry")

#: Workspaces kept at once: the batch, an epoch's shorter last batch, and those of a batch size just left.
WORKSPACES = 4
#: Evaluation goes through its samples in chunks of at most this many activations a layer.
CHUNK = 2**20
#: Tells the random numbers of dropout from those of the weights.
_DROPOUT = 3


class Network:
    """Layers of ``sizes`` = (inputs, hidden …, outputs) units, their parameters and their gradients.

    ``activation`` is that of the hidden layers, ``init`` says how the weights of all layers start: one name, or one a
    layer. ``output`` is the output's activation: sigmoid for one or more yes-or-no answers, softmax for one of
    several classes, identity for numbers. ``dropout`` is the share of hidden units left out at each training step
    (Srivastava et al. 2014, the others scaled up by 1 / (1 − dropout)); ``leak`` is the slope of leaky-relu,
    ``huber_delta`` that loss's δ. X is (samples, inputs) and T (samples, outputs): 0 or 1 under the cross-entropy,
    one-hot with softmax.

    >>> network = Network((2, 3, 1), activation="tanh", seed=0)
    >>> network.fit(X, y, epochs=500, lr=0.05)
    >>> network.predict(X)

    Overflow gives infinities, never a warning: look at the returned loss and at :meth:`gradient_norms`.
    Raises ValueError for a size below 1, a name that is not in the registries, a number out of its range, or a loss
    that does not fit the output.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str | Sequence[str] = "tanh",
        output: str = "sigmoid",
        loss: str = "cross-entropy",
        init: str | Sequence[str] = "xavier",
        leak: float = LEAK,
        huber_delta: float = HUBER_DELTA,
        dropout: float = 0.0,
        seed: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.sizes = tuple(int(size) for size in sizes)
        if len(sizes) < 2 or min(sizes) < 1 or self.sizes != tuple(sizes):
            raise ValueError(f"sizes = {tuple(sizes)}: must be two or more whole numbers from 1")
        self.output = output
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype = {self.dtype}: must be float32 or float64")
        self._output = _entry(OUTPUTS, output, "output")
        count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.sizes))
        self.parameters: Array = np.zeros(count, self.dtype)
        self.gradients: Array = np.zeros(count, self.dtype)
        self.layers: tuple[Layer, ...] = tuple(lay(self.sizes, self.parameters, self.gradients))
        rng = np.random.default_rng(seed)
        for layer, name in zip(self.layers, _each(init, len(self.layers), "init"), strict=True):
            layer.W[...] = _entry(INITIALIZERS, name, "init")(rng, layer.inputs, layer.outputs)

        self.rng = np.random.default_rng([seed, _DROPOUT])
        self.optimizer: tuple[str, Optimizer] | None = None
        self._starts = np.cumsum([0, *(layer.parameters.size for layer in self.layers[:-1])])
        self._layer_gradients = tuple(layer.gradients for layer in self.layers)
        self._penalised = tuple((layer.W, layer.dW, np.empty_like(layer.W)) for layer in self.layers)
        self._workspaces: dict[int, Workspace] = {}
        self.loss_name, self.leak, self.huber_delta, self.dropout = loss, leak, huber_delta, dropout
        self.configure(activation=activation)

    def configure(
        self,
        *,
        activation: str | Sequence[str] | None = None,
        loss: str | None = None,
        leak: float | None = None,
        huber_delta: float | None = None,
        dropout: float | None = None,
    ) -> None:
        """Changes what is done with the parameters, which stay as they are, and so does what is not given.

        Raises ValueError as the class does, and then changes nothing.
        """
        if activation is None:
            activation = [layer.activation for layer in self.layers[:-1]]
        loss = self.loss_name if loss is None else loss
        leak = self.leak if leak is None else leak
        huber_delta = self.huber_delta if huber_delta is None else huber_delta
        dropout = self.dropout if dropout is None else dropout
        names = (*_each(activation, len(self.layers) - 1, "activation"), self.output)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout = {dropout}: must be from 0 up to, but not, 1")
        hidden = tuple(make_activation(name, leak) for name in names[:-1])
        self._loss, self._hidden = make_loss(loss, self.output, huber_delta), hidden
        self.loss_name, self.leak, self.huber_delta, self.dropout = loss, leak, huber_delta, dropout
        self.layers = tuple(replace(layer, activation=name) for layer, name in zip(self.layers, names, strict=True))
        self._workspaces.clear()

    def twin(self, dtype: DTypeLike) -> Network:
        """A copy of another precision, without dropout."""
        twin = Network(
            self.sizes,
            activation=[layer.activation for layer in self.layers[:-1]],
            output=self.output,
            loss=self.loss_name,
            init="zeros",
            leak=self.leak,
            huber_delta=self.huber_delta,
            dtype=dtype,
        )
        twin.parameters[...] = self.parameters
        return twin

    # Training

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def backward(self, X: Array, T: Array, l1: float = 0.0, l2: float = 0.0) -> float:
        """The mean loss of a batch, leaving its gradient in :attr:`gradients`.

        The gradient includes that of the penalty l1 · Σ |w| + l2/2 · Σ w² over the weights (not the biases); the
        returned loss does not, so that it can be compared with the loss on held-out data. Raises ValueError for shapes
        that do not fit; :meth:`gradient` checks less.
        """
        X, T = self._inputs(X), np.asarray(T, self.dtype)
        cost = self.batch_loss(self.gradient(X, T), T)
        if l1 or l2:
            self.add_penalty(l1, l2)
        return cost

    def gradient(self, X: Array, T: Array) -> Array:
        """Leaves the gradient of a batch's mean loss in :attr:`gradients`; the batch's logits, until the next call.

        For loops that count microseconds: X and T have the network's dtype; X may have a last column of ones (see
        :func:`with_ones`), which is faster, and is copied if it has gaps in memory, as every second row of an array
        has; and NumPy's warnings are the caller's, who may have an np.errstate. One column too many is taken for ones,
        whatever it holds. Raises ValueError for other shapes that do not fit.

        Backpropagation (Rumelhart, Hinton and Williams 1986) for n samples, a column each, with A the activations of
        the layer before (Xᵀ for the first) and a row of ones, and V the weights W and below them the biases b: forward
        Z = Vᵀ A and then f(Z); at the output dZ = dL/dZ / n; and for each layer, last to first, dV = A dZᵀ,
        dA = W dZ, dZ = dA · f'(Z).
        """
        space = self._workspaces.get(len(X)) or self._workspace(len(X))
        if T.shape != space.shape:
            raise ValueError(f"T has the shape {T.shape}: must be {space.shape}")
        X_T, dropped, has_ones = X.T, space.dropped, X.shape[1] > self.sizes[0]
        if has_ones:
            space.V_T.dot(X_T, space.sums)
        else:
            space.W_T.dot(X_T, space.sums)
            np.copyto(space.bias, space.b)
            np.add(space.sums, space.bias, space.sums)
        for A, S, R, with_one, V_T, Z, activate in space.forward:
            activate(A, S, R)
            if dropped:
                space.drop(A, self.rng, self.dropout)
            V_T.dot(with_one, Z)

        Z, D, S, R = space.output
        self._loss.derivative(Z, space.across(T) if space.several else T.T, D, S, R)
        np.multiply(D, space.one_nth, D)
        for with_one, dZ_T, dV, W, dZ, A, dA, S, differentiate in space.backward:
            with_one.dot(dZ_T, dV)
            W.dot(dZ, dA)
            if dropped:
                space.undrop(A, dA, self.dropout)
            differentiate(A, dA, S)
        if has_ones:
            X_T.dot(space.dZ_T, space.dV)
        else:
            X_T.dot(space.dZ_T, space.dW)
            space.ones.dot(space.dZ_T, space.db)
        return space.logits

    def batch_loss(self, Z: Array, T: Array) -> float:
        """The mean loss for the logits that :meth:`gradient` has just given."""
        space = self._workspaces[len(Z)]
        Z, D, S, R = space.output
        self._loss.elementwise(Z, space.across(T) if space.several else T.T, D, S, R)
        return float(space.flat.dot(space.one_each)) / space.shape[0]

    def add_penalty(self, l1: float, l2: float) -> None:
        """Adds the gradient of l1 · Σ |w| + l2/2 · Σ w² over the weights: dW ← dW + l1 · sign W + l2 · W."""
        for W, dW, decay in self._penalised:
            if l2:
                np.multiply(W, l2, decay)
                np.add(dW, decay, dW)
            if l1:
                np.sign(W, decay)
                np.multiply(decay, l1, decay)
                np.add(dW, decay, dW)

    def _workspace(self, samples: int) -> Workspace:
        """A new workspace, in place of the oldest one when there are enough."""
        if samples < 1:
            raise ValueError("X has no rows: a batch needs at least one")
        if len(self._workspaces) >= WORKSPACES:
            del self._workspaces[next(iter(self._workspaces))]
        space = self._workspaces[samples] = Workspace(self.layers, self._hidden, samples, dropped=self.dropout > 0)
        return space

    @np.errstate(over="ignore", invalid="ignore")
    def gradient_norms(self, out: Array) -> None:
        """Writes the L2 norm of each layer's gradient (W and b together) to ``out``, shape (layers,)."""
        for i, g in enumerate(self._layer_gradients):
            out[i] = norm(g)

    @np.errstate(over="ignore")
    def norms_of(self, vectors: Array) -> NDArray[np.float64]:
        """The L2 norm of each layer's part of vectors like :attr:`gradients`, (n, P), in float64: shape (n, layers)."""
        squares = np.square(vectors, dtype=np.float64)
        return np.sqrt(np.add.reduceat(squares, self._starts, axis=1))

    @np.errstate(over="ignore", invalid="ignore")
    def layer_norms(self, vector: Array) -> NDArray[np.float64]:
        """The L2 norm of each layer's part (W and b together) of a vector like :attr:`parameters`: shape (layers,)."""
        return np.array([norm(part) for part in np.split(vector, self._starts[1:])])

    # From a script

    def step(self, X: ArrayLike, y: ArrayLike, *, optimizer: str = "adam", lr: float = 0.01, l2: float = 0.0) -> float:
        """One training step on a batch; its mean loss before the step. The optimizer's state lasts from step to step.

        y is T, (samples, outputs), or (samples,): numbers of classes from 0 for softmax, else a single output's values.
        Raises ValueError for shapes or targets that do not fit, or a rate that is not a finite number above 0.
        """
        check_rate(lr)
        X = self._inputs(X)
        return self._step(X, self._targets(y, len(X)), optimizer, lr, l2)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _step(self, X: Array, T: Array, optimizer: str, lr: float, l2: float) -> float:
        if self.optimizer is None or self.optimizer[0] != optimizer:
            self.optimizer = (optimizer, make_optimizer(optimizer, self.parameters))
        cost = self.backward(X, T, l2=l2)
        self.optimizer[1].step(self.parameters, self.gradients, lr)
        return cost

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        epochs: int = 100,
        batch_size: int = 32,
        optimizer: str = "adam",
        lr: float = 0.01,
        l2: float = 0.0,
        seed: int = 0,
    ) -> list[float]:
        """Trains for ``epochs`` passes over the rows, in an order drawn anew each time; the mean loss of each.

        y is as in :meth:`step`. Calling it again goes on. Raises ValueError for shapes or targets that do not fit,
        values that are not finite, and numbers out of their range.
        """
        check_rate(lr)
        check_count(epochs, "epochs")
        check_count(batch_size, "batch_size")
        X = self._inputs(X)
        T = self._targets(y, len(X))
        if len(X) < 1:
            raise ValueError("X has no rows: must have at least 1")
        check_finite(X, "X")
        check_finite(T, "y")
        rng, history = np.random.default_rng(seed), []
        for _ in range(epochs):
            order, total = rng.permutation(len(X)), 0.0
            for start in range(0, len(X), batch_size):
                rows = order[start : start + batch_size]
                total += len(rows) * self._step(X[rows], T[rows], optimizer, lr, l2)
            history.append(total / len(X))
        return history

    @np.errstate(over="ignore")
    def _inputs(self, X: ArrayLike) -> Array:
        """X as an array, (samples, inputs). Raises ValueError."""
        X = np.asarray(X, self.dtype)
        if X.ndim != 2 or X.shape[1] != self.sizes[0]:
            raise ValueError(f"X has the shape {X.shape}: must be (samples, {self.sizes[0]})")
        return X

    @np.errstate(over="ignore")
    def _targets(self, y: ArrayLike, samples: int) -> Array:
        """y as T, (samples, outputs). Raises ValueError."""
        is_shares = self.loss_name == "cross-entropy"
        return as_targets(y, (samples, self.sizes[-1]), self.output, is_shares=is_shares).astype(self.dtype)

    # Evaluation: with arrays of its own, so that it never touches what training has in hand

    @np.errstate(over="ignore", invalid="ignore")
    def forward(self, X: ArrayLike) -> Array:
        """The logits Z of the output layer, shape (samples, outputs), in a new array; no unit is dropped."""
        X = self._inputs(X)
        rows = max(1, CHUNK // max(self.sizes))
        logits = np.empty((len(X), self.sizes[-1]), self.dtype)
        for start in range(0, len(X), rows):
            A = X[start : start + rows]
            for _, outputs, _ in self.hidden(A):
                A = outputs
            logits[start : start + rows] = A @ self.layers[-1].W + self.layers[-1].b
        return logits

    def hidden(self, X: ArrayLike) -> Iterator[tuple[Activation, Array, Array]]:
        """Each hidden layer, first to last: f, A = f(Z) (samples, units), and what f left in its scratch space.

        All are new arrays. NumPy's warnings of overflow are the caller's.
        """
        A = self._inputs(X)
        for layer, f in zip(self.layers, self._hidden, strict=False):
            A = A @ layer.W
            A += layer.b
            S = np.empty_like(A)
            f.forward(A, S, np.empty_like(A))
            yield f, A, S

    def predict_proba(self, X: ArrayLike) -> Array:
        """The network's output P = f(Z), shape (samples, outputs): probabilities, unless the output is identity."""
        return self.outputs(self.forward(X))

    @np.errstate(over="ignore", invalid="ignore")
    def outputs(self, Z: Array) -> Array:
        """P = f(Z) for the logits Z of :meth:`forward`, in a new array."""
        P = np.array(Z.T, order="C")
        self._output.forward(P, np.empty_like(P), np.empty_like(P))
        return P.T

    def predict(self, X: ArrayLike) -> Array:
        """What is most likely: with softmax the number of the class, shape (samples,); with sigmoid 1 where P ≥ 0.5,
        NaN where P is NaN and else 0; with identity the output itself, shape (samples, outputs).
        """
        P = self.predict_proba(X)
        if self.output == "softmax":
            classes: Array = P.argmax(axis=1)
            return classes
        return np.heaviside(P - 0.5, 1.0) if self.output == "sigmoid" else P

    def loss(self, X: ArrayLike, T: ArrayLike) -> float:
        """The mean loss over the samples, without any penalty."""
        return float(self.losses_of(self.forward(X), T).mean())

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def losses_of(self, Z: Array, T: ArrayLike) -> NDArray[np.float64]:
        """The loss of each sample, shape (samples,), for the logits Z of :meth:`forward`."""
        T = np.asarray(T, self.dtype)
        if T.shape != Z.shape:
            raise ValueError(f"T has the shape {T.shape}: must be {Z.shape}")
        Z = np.ascontiguousarray(Z.T)
        E, S, R = (np.empty_like(Z) for _ in range(3))
        self._loss.elementwise(Z, T.T, E, S, R)
        losses: NDArray[np.float64] = E.sum(axis=0, dtype=np.float64)
        return losses

    @np.errstate(over="ignore", invalid="ignore")
    def first_nonfinite(self, X: Array, T: Array) -> str:
        """The name of the layer where NaN or infinity began for this batch, without dropout.

        The first layer, going forward, with non-finite parameters or weighted sums; else the first, going backward,
        with a non-finite gradient norm; else "loss".
        """
        A = np.asarray(X, self.dtype)
        for layer, activation in zip_longest(self.layers, self._hidden):
            A = A[:, : layer.inputs] @ layer.W + layer.b
            if not (np.isfinite(layer.parameters).all() and np.isfinite(A).all()):
                return layer.name
            if activation:
                activation.forward(A, np.empty_like(A), np.empty_like(A))
        twin, norms = self.twin(self.dtype), np.empty(len(self.layers))
        twin.backward(np.asarray(X)[:, : self.sizes[0]], T)
        twin.gradient_norms(norms)
        spoiled = [layer.name for layer, norm in zip(self.layers, norms, strict=True) if not math.isfinite(norm)]
        return spoiled[-1] if spoiled else "loss"


def _each(names: str | Sequence[str], layers: int, what: str) -> tuple[str, ...]:
    """One name a layer. Raises ValueError for another number of them."""
    found = (names,) * layers if isinstance(names, str) else tuple(names)
    if len(found) != layers:
        raise ValueError(f"{what} = {found}: must be one name or {layers}")
    return found


def _entry(registry: Mapping[str, Entry], name: str, what: str) -> Entry:
    """The registry's entry of this name. Raises ValueError with the names there are."""
    if name not in registry:
        raise ValueError(f"{what} = {name!r}: must be one of {', '.join(registry)}")
    return registry[name]

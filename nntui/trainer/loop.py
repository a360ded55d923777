"""Slices of training steps. No clock, no disk, no signals: give it a number of steps, get what happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine import Network, make_optimizer
from nntui.engine.optimizers import Momentum
from nntui.knobs import TrainingConfig

Array = NDArray[Any]

#: What a seed is used for besides the weights, so that no two uses draw the same numbers; see :mod:`nntui.data.split`.
ORDER = 2
#: The most steps a slice can hold.
CAPACITY = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """What happened in consecutive steps; the arrays are overwritten by the next slice.

    ``steps`` (n,) are the numbers of the steps, counted from 1; ``losses`` (n,) the mean loss of each batch before
    its update; ``norms`` (n, layers) the norm of each layer's gradient of that loss, the L2 penalty left out.
    ``diverged`` names the layer where the last of these steps stopped being finite; its update was not made.
    """

    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    norms: NDArray[np.float64]
    diverged: str | None = None


class Loop:
    """A network learning from X (rows, inputs) and T (rows, outputs), one batch a step.

    Each epoch goes through the rows in an order of its own, drawn from the seed and the epoch's number; batches of
    all rows keep the order of the data. A new batch size holds from the next step on, the epoch going on where it was.
    """

    def __init__(self, network: Network, X: Array, T: Array, training: TrainingConfig) -> None:
        self.network = network
        self.step = 0
        self.epoch = 0
        self.row = 0
        self._X = np.ascontiguousarray(X, network.dtype)
        self._T = np.ascontiguousarray(T, network.dtype)
        self._order: NDArray[np.int64] | None = None
        self._batches: dict[int, tuple[Array, Array]] = {}
        self._losses = np.empty(CAPACITY)
        self._norms = np.empty((CAPACITY, len(network.layers)))
        self._ones = np.ones(len(network.layers))
        self._before = np.empty_like(network.parameters)
        self.training = training
        self.optimizer = make_optimizer(training.optimizer, network.parameters, momentum=training.momentum)

    @property
    def rows(self) -> int:
        """How many rows an epoch goes through."""
        return len(self._X)

    def configure(self, training: TrainingConfig) -> None:
        """Turns live knobs: weights stay, and the optimizer keeps its state unless it is another optimizer."""
        if training.optimizer != self.training.optimizer:
            self.optimizer = make_optimizer(training.optimizer, self.network.parameters, momentum=training.momentum)
        if isinstance(self.optimizer, Momentum):
            self.optimizer.momentum = training.momentum
        self.training = training

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1, by epochs or by steps, whichever ends first."""
        by_epochs = (self.epoch + self.row / self.rows) / self.training.epochs
        by_steps = self.step / self.training.steps if self.training.steps else 0.0
        return min(1.0, max(by_epochs, by_steps))

    @property
    def finished(self) -> bool:
        """Whether the run has had all the epochs or steps it was to have."""
        return self.remaining == 0

    @property
    def remaining(self) -> int:
        """How many steps are left, as the knobs stand now."""
        return self.remaining_with(self.training)

    def remaining_with(self, training: TrainingConfig) -> int:
        """How many steps would be left with these knobs."""
        size = training.batch_size or self.rows
        per_epoch = -(-self.rows // size)
        left = (training.epochs - self.epoch - 1) * per_epoch + -(-(self.rows - self.row) // size)
        return max(0, min(left, training.steps - self.step) if training.steps else left)

    def run(self, count: int) -> Slice:
        """Trains for at most ``count`` steps; fewer when the run ends or its numbers stop being finite."""
        first, network, training = self.step + 1, self.network, self.training
        losses, norms, optimizer = self._losses, self._norms, self.optimizer
        lr, l2 = training.lr, training.l2
        count, diverged, done = min(count, CAPACITY, self.remaining), None, 0
        while done < count:
            X, T, rows = self._next_batch()
            row = norms[done]
            losses[done] = loss = network.backward(X, T)
            network.gradient_norms(row)
            self.step += 1
            done += 1
            if not math.isfinite(loss + row.dot(self._ones)):
                diverged = network.first_nonfinite(X, T)
                break
            if done == count:
                np.copyto(self._before, network.parameters)
            if l2:
                network.add_penalty(l2)
            optimizer.step(network.parameters, network.gradients, lr)
            self._advance(rows)
        steps = np.arange(first, first + done, dtype=np.int64)
        return Slice(steps, losses[:done], norms[:done], diverged)

    def update_norms(self) -> NDArray[np.float64]:
        """The norm of each layer's last update, shape (layers,), after a slice that ran its full count."""
        change = self.network.parameters - self._before.astype(np.float64)
        norms, start = [], 0
        for layer in self.network.layers:
            part = change[start : start + layer.parameters.size]
            norms.append(math.sqrt(part.dot(part)))
            start += layer.parameters.size
        return np.array(norms)

    def _next_batch(self) -> tuple[Array, Array, int]:
        """Inputs, targets and their number, from where the epoch stands."""
        size = self.training.batch_size or self.rows
        rows = min(size, self.rows - self.row)
        if rows == self.rows:
            return self._X, self._T, rows
        if self._order is None:
            self._order = np.random.default_rng([self.training.seed, ORDER, self.epoch]).permutation(self.rows)
        if rows not in self._batches:
            if len(self._batches) >= 4:
                self._batches.clear()
            self._batches[rows] = (
                np.empty((rows, *self._X.shape[1:]), self._X.dtype),
                np.empty((rows, *self._T.shape[1:]), self._T.dtype),
            )
        X, T = self._batches[rows]
        chosen = self._order[self.row : self.row + rows]
        # mode="clip" lets take write straight into the batch instead of through a copy.
        self._X.take(chosen, axis=0, out=X, mode="clip")
        self._T.take(chosen, axis=0, out=T, mode="clip")
        return X, T, rows

    def _advance(self, rows: int) -> None:
        self.row += rows
        if self.row >= self.rows:
            self.row, self._order = 0, None
            self.epoch += 1

"""Slices of training steps. No clock, no disk, no signals: give it a number of steps, get what happened."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine import (
    EarlyStopping,
    Network,
    Plateau,
    Schedule,
    clip_norm,
    clip_value,
    make_optimizer,
    make_schedule,
)
from nntui.knobs import TrainingConfig
from nntui.trainer.block import STEPS, Block

Array = NDArray[Any]

#: What a seed is used for besides the weights, so that no two uses draw the same numbers; see :mod:`nntui.data.split`.
ORDER = 2
#: The most steps a slice can hold.
CAPACITY = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """What happened in consecutive steps; the arrays are overwritten by the next slice.

    ``steps`` (n,) are the numbers of the steps, counted from 1; ``losses`` (n,) the mean loss of each batch before
    its update; ``norms`` (n, layers) the norm of each layer's gradient of that loss, the penalties left out.
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
    ``held_out`` are inputs and targets that are not learned from, for the schedules that watch their loss at the end
    of each epoch; without them, those watch the mean loss of the epoch.
    """

    def __init__(
        self,
        network: Network,
        X: Array,
        T: Array,
        training: TrainingConfig,
        held_out: tuple[Array, Array] | None = None,
    ) -> None:
        self.network = network
        self.X = np.ascontiguousarray(X, network.dtype)
        self.T = np.ascontiguousarray(T, network.dtype)
        self.held_out = held_out
        self.step = 0
        self.epoch = 0
        self.row = 0
        self.training = training
        self.optimizer = make_optimizer(training.optimizer, network.parameters, **asdict(training))
        self._schedule = _schedule(training)
        self._plateau, self._stopping = Plateau(), EarlyStopping()
        self._best: Array | None = None
        self._epoch_loss, self._epoch_rows = 0.0, 0
        self._measure = self._loss
        self._order: NDArray[np.int64] | None = None
        self._batches: dict[int, tuple[Array, Array]] = {}
        self._blocks: dict[int, Block] = {}
        self._losses = np.empty(CAPACITY)
        self._norms = np.empty((CAPACITY, len(network.layers)))
        self._ones = np.ones(len(network.layers))
        self._before = np.empty_like(network.parameters)

    @property
    def rows(self) -> int:
        """How many rows an epoch goes through."""
        return len(self.X)

    def configure(self, training: TrainingConfig) -> None:
        """Turns live knobs: weights stay, and the optimizer keeps its state unless it is another optimizer."""
        before, was_watched = self.training, self._watched
        self.training = training
        if training.optimizer != before.optimizer:
            self.optimizer = make_optimizer(training.optimizer, self.network.parameters, **asdict(training))
        else:
            self.optimizer.configure(**asdict(training))
        self._schedule = _schedule(training)
        if training.schedule != before.schedule:
            self._plateau = Plateau()
        if not before.patience:
            self._stopping, self._best = EarlyStopping(), None
        if not was_watched:
            self._epoch_loss, self._epoch_rows = 0.0, 0

    # Where the run stands

    @property
    def epochs_done(self) -> float:
        """The epochs that are over, the share of the present one included."""
        return self.epoch + self.row / self.rows

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1, by epochs or by steps, whichever ends first."""
        by_steps = self.step / self.training.steps if self.training.steps else 0.0
        return min(1.0, max(self.epochs_done / self.training.epochs, by_steps))

    @property
    def stalled(self) -> bool:
        """Whether the loss has not become better for as many epochs as patience allows."""
        return 0 < self.training.patience <= self._stopping.stalled

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
        if 0 < training.patience <= self._stopping.stalled:
            return 0
        size = training.batch_size or self.rows
        per_epoch = -(-self.rows // size)
        left = (training.epochs - self.epoch - 1) * per_epoch + -(-(self.rows - self.row) // size)
        return max(0, min(left, training.steps - self.step) if training.steps else left)

    @property
    def rate(self) -> float:
        """The learning rate of the next step: the knob, as the schedule has it now."""
        return self.training.lr * self._schedule.factor(self.epochs_done, self.progress) * self._plateau.factor

    # Training

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def run(self, count: int) -> Slice:
        """Trains for at most ``count`` steps; fewer when the run ends or its numbers stop being finite."""
        first, count = self.step + 1, min(count, CAPACITY, self.remaining)
        done, diverged = 0, None
        if self._measure != self._loss:
            self._watch_anew()
        size = self.training.batch_size or self.rows
        if not self._watched and Block.suits(self.network, min(size, self.rows)):
            while done < count and diverged is None:
                made, diverged = self._train_block(done, count)
                done += made
        else:
            while done < count and diverged is None and not self.stalled:
                diverged = self._train(done, last=done + 1 == count)
                done += 1
        steps = np.arange(first, first + done, dtype=np.int64)
        return Slice(steps, self._losses[:done], self._norms[:done], diverged)

    def _train(self, done: int, *, last: bool) -> str | None:
        """One step, recorded as number ``done`` of the slice; the layer where it stopped being finite, if it did."""
        network = self.network
        X, T, rows = self._next_batch()
        row = self._norms[done]
        self._losses[done] = loss = network.batch_loss(network.gradient(X, T), T)
        network.gradient_norms(row)
        if not math.isfinite(loss + row.dot(self._ones)):
            self.step += 1
            return network.first_nonfinite(X, T)
        if last:
            np.copyto(self._before, network.parameters)
        self._update()
        self.step += 1
        self._epoch_loss += loss * rows
        self._epoch_rows += rows
        self._advance(rows)
        return None

    def _train_block(self, done: int, end: int) -> tuple[int, str | None]:
        """Some steps of a tiny network, whose losses and norms are taken together afterwards.

        Returns how many were made, and the layer where the last one stopped being finite, if it did. Where that may
        be, all is put back, and the steps are made again, one by one.
        """
        rows, block, before = self._batch_rows, self._block(self._batch_rows), self._keep()
        alike = end if rows == self.rows else (self.rows - self.row) // rows
        count = min(STEPS, end - done, alike)
        for k in range(count):
            X, T, _ = self._next_batch()
            block.put(k, self.network.gradient(X, T), T)
            if done + k + 1 == end:
                np.copyto(self._before, self.network.parameters)
            self._update()
            self.step += 1
            self._advance(rows)
        losses, norms = block.measure(count)
        # A batch's losses are summed in the network's dtype, and may overflow where the mean would not.
        if (losses * rows + norms.sum(axis=1) < 0.5 * float(np.finfo(self.X.dtype).max)).all():
            self._losses[done : done + count] = losses
            self._norms[done : done + count] = norms
            return count, None
        self._put_back(before)
        for k in range(count):
            if diverged := self._train(done + k, last=False):
                return k + 1, diverged
        return count, None

    def _keep(self) -> tuple[Any, ...]:
        """All that a step changes."""
        state = {name: array.copy() for name, array in self.optimizer.state.items()}
        dropout = self.network.rng.bit_generator.state if self.network.dropout else None
        return self.network.parameters.copy(), state, dropout, self.step, self.epoch, self.row

    def _put_back(self, kept: tuple[Any, ...]) -> None:
        parameters, state, dropout, self.step, self.epoch, self.row = kept
        np.copyto(self.network.parameters, parameters)
        self.optimizer.load(state)
        if dropout:
            self.network.rng.bit_generator.state = dropout
        self._order = None

    def _update(self) -> None:
        """From the gradient of the loss to the next parameters."""
        network, training = self.network, self.training
        if training.l1 or training.l2:
            network.add_penalty(training.l1, training.l2)
        if training.clip_value:
            clip_value(network.gradients, training.clip_value)
        if training.clip_norm:
            clip_norm(network.gradients, training.clip_norm)
        lr = training.lr if self._schedule.constant else self.rate
        self.optimizer.step(network.parameters, network.gradients, lr)

    def update_norms(self) -> NDArray[np.float64]:
        """The norm of each layer's last update, shape (layers,), after a slice that ran its full count."""
        change = self.network.parameters - self._before.astype(np.float64)
        return self.network.norms_of(change[None]).reshape(-1)

    # Batches

    @property
    def _batch_rows(self) -> int:
        """How many rows the next batch has."""
        return min(self.training.batch_size or self.rows, self.rows - self.row)

    def _next_batch(self) -> tuple[Array, Array, int]:
        """Inputs, targets and their number, from where the epoch stands."""
        rows = self._batch_rows
        if rows == self.rows:
            return self.X, self.T, rows
        if self._order is None:
            self._order = np.random.default_rng([self.training.seed, ORDER, self.epoch]).permutation(self.rows)
        if rows not in self._batches:
            if len(self._batches) >= 4:
                self._batches.clear()
            dtype = self.X.dtype
            self._batches[rows] = np.empty((rows, *self.X.shape[1:]), dtype), np.empty((rows, *self.T.shape[1:]), dtype)
        X, T = self._batches[rows]
        chosen = self._order[self.row : self.row + rows]
        # mode="clip" lets take write straight into the batch instead of through a copy.
        self.X.take(chosen, axis=0, out=X, mode="clip")
        self.T.take(chosen, axis=0, out=T, mode="clip")
        return X, T, rows

    def _block(self, rows: int) -> Block:
        """Where batches of so many rows are recorded together."""
        if rows not in self._blocks:
            if len(self._blocks) >= 4:
                self._blocks.clear()
            self._blocks[rows] = Block(self.network, rows)
        return self._blocks[rows]

    def _advance(self, rows: int) -> None:
        self.row += rows
        if self.row >= self.rows:
            self.row, self._order = 0, None
            self.epoch += 1
            if self._watched:
                self._watch()
            self._epoch_loss, self._epoch_rows = 0.0, 0

    # Schedules that watch the loss

    @property
    def _watched(self) -> bool:
        """Whether something depends on the loss at the end of each epoch."""
        return self.training.patience > 0 or self.training.schedule == "on-plateau"

    @property
    def _loss(self) -> tuple[str, float]:
        """What the loss is; losses of another cannot be compared with it."""
        return self.network.loss_name, self.network.huber_delta if self.network.loss_name == "huber" else 0.0

    def _watch_anew(self) -> None:
        """Forgets what the losses were, now that the loss is another; the rate stays where a plateau has brought it."""
        self._measure = self._loss
        self._plateau.load({**Plateau().state, "factor": self._plateau.state["factor"]})
        self._stopping, self._best = EarlyStopping(), None
        self._epoch_loss, self._epoch_rows = 0.0, 0

    def _watch(self) -> None:
        """The end of an epoch: has the loss become better? When patience ends, the best weights come back."""
        loss = self.network.loss(*self.held_out) if self.held_out else self._epoch_loss / self._epoch_rows
        training, parameters = self.training, self.network.parameters
        if training.schedule == "on-plateau":
            self._plateau.observe(loss, patience=training.schedule_epochs, factor=training.schedule_factor)
        if training.patience:
            if self._stopping.observe(loss, self.epoch):
                self._best = parameters.copy()
            elif self.stalled and self._best is not None:
                np.copyto(self._before, parameters)
                np.copyto(parameters, self._best)


def _schedule(training: TrainingConfig) -> Schedule:
    """How the rate falls by itself, as the knobs stand."""
    return make_schedule(
        training.schedule, every=training.schedule_epochs, factor=training.schedule_factor, warmup=training.warmup
    )

"""Slices of training steps. No clock, no disk, no signals: give it a number of steps, get what happened."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine import (
    Network,
    Schedule,
    clip_norm,
    clip_value,
    make_optimizer,
    make_schedule,
)
from nntui.knobs import TrainingConfig
from nntui.trainer.batches import Batches
from nntui.trainer.block import STEPS, Block
from nntui.trainer.watch import Watch, under

Array = NDArray[Any]

#: The most steps a slice can hold.
CAPACITY = 8192
#: A loss has exploded when it is more than so many times that of the first step, or that of answering nothing (logits
#: of 0 for every row), whichever is larger: a run may begin with a loss of 0. It is far more than batches differ by.
EXPLODED = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """What happened in consecutive steps; the arrays are overwritten by the next slice.

    ``steps`` (n,) are the numbers of the steps, counted from 1; ``losses`` (n,) the mean loss of each batch before
    its update; ``norms`` (n, layers) the norm of each layer's gradient of that loss, the penalties left out.
    ``diverged`` tells how the last of these steps diverged; its update was not made.
    """

    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    norms: NDArray[np.float64]
    diverged: str | None = None

    def since(self, step: int) -> Slice:
        """A copy, which stays, of what happened after a step."""
        later = self.steps > step
        return Slice(self.steps[later], self.losses[later], self.norms[later], self.diverged)


class Loop:
    """A network learning from X (rows, inputs) and T (rows, outputs), one of their :class:`Batches` a step.

    ``held_out`` are inputs and targets that are not learned from, for the :class:`Watch` at the end of each epoch.
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
        self.batches = Batches(X.astype(network.dtype, copy=False), T.astype(network.dtype), training.seed)
        self.held_out = held_out
        self.step = 0
        #: How the newest step diverged: none is made after it.
        self.diverged: str | None = None
        self.training = training
        self.optimizer = make_optimizer(training.optimizer, network.parameters, **asdict(training))
        self._schedule = _schedule(training)
        self.watch = Watch(network, training, held_out)
        self._blocks: dict[int, Block] = {}
        self._losses = np.empty(CAPACITY)
        self._norms = np.empty((CAPACITY, len(network.layers)))
        self._ones = np.ones(len(network.layers))
        self._before = np.empty_like(network.parameters)
        self._first_loss, self._limit = math.inf, math.inf
        self._nothing: tuple[tuple[str, float], float] | None = None

    def configure(self, training: TrainingConfig) -> None:
        """Turns live knobs: weights stay, and the optimizer keeps its state unless it is another optimizer."""
        if training.optimizer != self.training.optimizer:
            self.optimizer = make_optimizer(training.optimizer, self.network.parameters, **asdict(training))
        else:
            self.optimizer.configure(**asdict(training))
        self._schedule = _schedule(training)
        self.watch.configure(training)
        self.training = training

    # Where the run stands

    @property
    def epochs_done(self) -> float:
        """The epochs that are over, the share of the present one included."""
        return self.batches.epoch + self.batches.row / self.batches.rows

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1, by epochs or by steps, whichever ends first."""
        by_steps = self.step / self.training.steps if self.training.steps else 0.0
        return min(1.0, max(self.epochs_done / self.training.epochs, by_steps))

    @property
    def stalled(self) -> bool:
        """Whether the loss has not become better for as many epochs as patience allows."""
        return self.watch.stalled(self.training)

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
        if self.watch.stalled(training):
            return 0
        batches, size = self.batches, training.batch_size or self.batches.rows
        per_epoch = -(-batches.rows // size)
        left = (training.epochs - batches.epoch - 1) * per_epoch + -(-(batches.rows - batches.row) // size)
        return max(0, min(left, training.steps - self.step) if training.steps else left)

    @property
    def rate(self) -> float:
        """The learning rate of the next step: the knob, as the schedule has it now."""
        return self.training.lr * self._schedule.factor(self.epochs_done, self.progress) * self.watch.factor

    # What it takes to go on exactly

    @property
    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """All of a loop that its configuration does not tell: arrays by name, not copies, and facts that JSON can hold.

        ``load`` makes another loop of the same data and configuration go on from here, to the bit.
        """
        watched, facts = self.watch.state
        arrays = {f"{layer.name}.{name}": array for layer in self.network.layers for name, array in layer.arrays}
        arrays |= {f"optimizer.{name}": array for name, array in self.optimizer.state.items()}
        arrays |= {f"watch.{name}": array for name, array in watched.items()}
        return arrays, {
            "step": self.step,
            "epoch": self.batches.epoch,
            "row": self.batches.row,
            "dropout": self.network.rng.bit_generator.state,
            "watch": facts,
            "first_loss": self._first_loss if self.step else None,
        }

    def load(self, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
        """Goes on from a saved state. Raises ValueError, KeyError or TypeError for one of another network."""
        for layer in self.network.layers:
            for name, own in layer.arrays:
                found = arrays[f"{layer.name}.{name}"]
                if found.shape != own.shape or found.dtype != own.dtype:
                    raise ValueError(f"{layer.name}.{name}: {found.dtype} {found.shape}, not {own.dtype} {own.shape}")
                own[...] = found
        self.optimizer.load(under("optimizer", arrays))
        self.watch.load(under("watch", arrays), facts["watch"])
        self.network.rng.bit_generator.state = facts["dropout"]
        self.step, self.diverged = int(facts["step"]), None
        self._first_loss = float(facts["first_loss"]) if self.step else math.inf
        self.batches.go_to(int(facts["epoch"]), int(facts["row"]))

    # Training

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def run(self, count: int) -> Slice:
        """Trains for at most ``count`` steps; fewer when the run ends or diverges."""
        first, count = self.step + 1, min(count, CAPACITY, self.remaining)
        done, diverged = 0, self.diverged
        self.watch.begin()
        if self.step == 0 < count and diverged is None:
            self._limit = math.inf
            diverged, done = self._train(0, last=count == 1), 1
            self._first_loss = float(self._losses[0])
        self._limit = EXPLODED * max(self._first_loss, self._loss_of_nothing)
        size = self.training.batch_size or self.batches.rows
        if not self.watch.active and Block.suits(self.network, min(size, self.batches.rows)):
            while done < count and diverged is None:
                made, diverged = self._train_block(done, count)
                done += made
        else:
            while done < count and diverged is None and not self.stalled:
                diverged = self._train(done, last=done + 1 == count)
                done += 1
        self.diverged = diverged
        steps = np.arange(first, first + done, dtype=np.int64)
        return Slice(steps, self._losses[:done], self._norms[:done], diverged)

    def _train(self, done: int, *, last: bool) -> str | None:
        """One step, recorded as number ``done`` of the slice; how it diverged, if it did."""
        network, rows = self.network, self.batches.coming(self.training.batch_size)
        X, T = self.batches.next(rows)
        row = self._norms[done]
        self._losses[done] = loss = network.batch_loss(network.gradient(X, T), T)
        network.gradient_norms(row)
        size = loss + row.dot(self._ones)
        if loss > self._limit or not math.isfinite(size):
            self.step += 1
            if math.isfinite(size):
                return f"the loss has exploded: it is {loss:.3g}, and was {self._first_loss:.3g} at first"
            return f"NaN or infinity, first in {network.first_nonfinite(X, T)}"
        if last:
            np.copyto(self._before, network.parameters)
        self._update()
        self.step += 1
        self.watch.note(loss, rows)
        if self.batches.advance(rows):
            self.watch.end_epoch(self.batches.epoch)
        return None

    def _train_block(self, done: int, end: int) -> tuple[int, str | None]:
        """Some steps of a tiny network, whose losses and norms are taken together afterwards.

        Returns how many were made, and how the last one diverged, if it did. Where that may be, all is put back, and
        the steps are made again, one by one.
        """
        network, batches, before = self.network, self.batches, self._keep()
        rows = batches.coming(self.training.batch_size)
        is_whole = rows == batches.rows
        count = min(STEPS, end - done, end if is_whole else (batches.rows - batches.row) // rows)
        block = self._block(rows)
        last = count - 1 if done + count == end else -1
        if is_whole and self._is_steady:
            self._step_steadily(block, count, last)
        else:
            for k in range(count):
                X, T = batches.next(rows)
                kept_logits, kept_gradients = block.slots[k]
                kept_logits[...] = network.gradient(X, T)
                kept_gradients[...] = network.gradients
                block.targets[k] = T
                if k == last:
                    np.copyto(self._before, network.parameters)
                self._update()
                self.step += 1
                batches.advance(rows)
        losses, norms = block.measure(count)
        # A batch's losses are summed in the network's dtype, and may overflow where the mean would not. What is close
        # to the limit is left to the single steps: theirs is the loss that counts, to the last bit.
        sizes, largest = losses * rows + norms.sum(axis=1), 0.5 * float(np.finfo(network.dtype).max)
        if (sizes < largest).all() and (losses < 0.99 * self._limit).all():
            self._losses[done : done + count] = losses
            self._norms[done : done + count] = norms
            return count, None
        self._put_back(before)
        for k in range(count):
            if diverged := self._train(done + k, last=False):
                return k + 1, diverged
        return count, None

    @property
    def _loss_of_nothing(self) -> float:
        """The loss of logits of 0 for every row: what answering nothing costs, by the loss function of now."""
        network, T = self.network, self.batches.T
        measure = network.loss_name, network.huber_delta
        if self._nothing is None or self._nothing[0] != measure:
            self._nothing = measure, float(network.losses_of(np.zeros(T.shape, network.dtype), T).mean())
        return self._nothing[1]

    @property
    def _is_steady(self) -> bool:
        """Whether a step is no more than a gradient and the optimizer, always at the same rate."""
        training = self.training
        changed = training.l1 or training.l2 or training.clip_norm or training.clip_value
        return not changed and self._schedule.constant

    def _step_steadily(self, block: Block, count: int, last: int) -> None:
        """Steps on all rows, with nothing in between: in a network of three units, that would take longer than they."""
        network, lr, step = self.network, self.training.lr, self.optimizer.step
        parameters, gradients = network.parameters, network.gradients
        X, T = self.batches.next(self.batches.rows)
        for k, (kept_logits, kept_gradients) in enumerate(block.slots[:count]):
            kept_logits[...] = network.gradient(X, T)
            kept_gradients[...] = gradients
            if k == last:
                np.copyto(self._before, parameters)
            step(parameters, gradients, lr)
        self.step += count
        self.batches.go_to(self.batches.epoch + count, 0)

    def _keep(self) -> tuple[Any, ...]:
        """All that a step changes."""
        state = {name: array.copy() for name, array in self.optimizer.state.items()}
        dropout = self.network.rng.bit_generator.state if self.network.dropout else None
        return self.network.parameters.copy(), state, dropout, self.step, self.batches.epoch, self.batches.row

    def _put_back(self, kept: tuple[Any, ...]) -> None:
        parameters, state, dropout, self.step, epoch, row = kept
        np.copyto(self.network.parameters, parameters)
        self.optimizer.load(state)
        if dropout:
            self.network.rng.bit_generator.state = dropout
        self.batches.go_to(epoch, row)

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
        """The norm of each layer's last update, shape (layers,), once after a slice that ran its full count."""
        return self.network.layer_norms(np.subtract(self.network.parameters, self._before, self._before))

    @property
    def spoiled(self) -> str:
        """The part of the optimizer's state that is not finite, whose parameters would move no more; "" if all is."""
        state = self.optimizer.state.items()
        return next((name for name, array in state if not np.isfinite([array.min(), array.max()]).all()), "")

    @property
    def is_sound(self) -> bool:
        """Whether it has not diverged, and all its weights and its optimizer's state are finite."""
        return not self.diverged and not self.spoiled and bool(np.isfinite(self.network.parameters).all())

    def _block(self, rows: int) -> Block:
        """Where batches of so many rows are recorded together."""
        if rows not in self._blocks:
            if len(self._blocks) >= 4:
                self._blocks.clear()
            self._blocks[rows] = Block(self.network, rows, self.batches.T)
        return self._blocks[rows]


def _schedule(training: TrainingConfig) -> Schedule:
    """How the rate falls by itself, as the knobs stand."""
    return make_schedule(
        training.schedule, every=training.schedule_epochs, factor=training.schedule_factor, warmup=training.warmup
    )

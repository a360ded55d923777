"""What depends on the loss at the end of each epoch: a plateau lowers the rate, and patience ends the run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine import EarlyStopping, Network, Plateau
from nntui.knobs import TrainingConfig

Array = NDArray[Any]


class Watch:
    """Looks at a network's loss on ``held_out`` inputs and targets or, without them, at the mean loss of the epoch."""

    def __init__(self, network: Network, training: TrainingConfig, held_out: tuple[Array, Array] | None) -> None:
        self._network, self._training, self._held_out = network, training, held_out
        self._plateau, self._stopping = Plateau(), EarlyStopping()
        self._best: Array | None = None
        self._loss, self._rows = 0.0, 0
        self._measure = self._measured_by

    def configure(self, training: TrainingConfig) -> None:
        """Turns live knobs: what was seen is forgotten where it says nothing of what is watched now."""
        before, was_active, self._training = self._training, self.active, training
        if training.schedule != before.schedule:
            self._plateau = Plateau()
        if not before.patience:
            self._stopping, self._best = EarlyStopping(), None
        if not was_active:
            self._loss, self._rows = 0.0, 0

    @property
    def active(self) -> bool:
        """Whether anything depends on the loss."""
        return self._training.patience > 0 or self._training.schedule == "on-plateau"

    @property
    def factor(self) -> float:
        """What the rate is multiplied by."""
        return self._plateau.factor

    @property
    def has_best(self) -> bool:
        """Whether patience has kept the weights of a best epoch."""
        return self._best is not None

    def stalled(self, training: TrainingConfig) -> bool:
        """Whether, with these knobs, the loss has not become better for as many epochs as patience allows."""
        return 0 < training.patience <= self._stopping.stalled

    def begin(self) -> None:
        """Forgets what the losses were, if they are measured otherwise now; a plateau's rate stays where it is."""
        if self._measure == self._measured_by:
            return
        self._measure = self._measured_by
        self._plateau.load({**Plateau().state, "factor": self._plateau.state["factor"]})
        self._stopping, self._best = EarlyStopping(), None
        self._loss, self._rows = 0.0, 0

    def note(self, loss: float, rows: int) -> None:
        """Takes note of the mean loss of a batch of so many rows."""
        self._loss += loss * rows
        self._rows += rows

    def end_epoch(self, epoch: int) -> None:
        """The end of an epoch: has the loss become better? When patience ends, the best weights come back."""
        mean, self._loss, self._rows = self._loss / self._rows, 0.0, 0
        if not self.active:
            return
        training, parameters = self._training, self._network.parameters
        loss = self._network.loss(*self._held_out) if self._held_out else mean
        if training.schedule == "on-plateau":
            self._plateau.observe(loss, patience=training.schedule_epochs, factor=training.schedule_factor)
        if training.patience:
            if self._stopping.observe(loss, epoch):
                self._best = parameters.copy()
            elif self._best is not None and self.stalled(training):
                np.copyto(parameters, self._best)

    @property
    def _measured_by(self) -> tuple[object, ...]:
        """What the loss depends on besides the parameters; losses by another cannot be compared with it."""
        network = self._network
        activations = tuple(layer.activation for layer in network.layers)
        delta = network.huber_delta if network.loss_name == "huber" else None
        return network.loss_name, delta, activations, network.leak if "leaky-relu" in activations else None

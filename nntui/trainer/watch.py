"""What depends on the loss at the end of each epoch: a plateau lowers the rate, and patience ends the run."""

from __future__ import annotations

from collections.abc import Mapping
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
    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """All that must be kept to go on exactly: arrays by name, not copies, and facts that JSON can hold."""
        arrays = {f"plateau.{name}": array for name, array in self._plateau.state.items()}
        arrays |= {f"stopping.{name}": array for name, array in self._stopping.state.items()}
        if self._best is not None:
            arrays["best"] = self._best
        return arrays, {"loss": self._loss, "rows": self._rows, "measure": self._measure}

    def load(self, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
        """Goes on from a saved state. Raises ValueError, KeyError or TypeError for one that is not of this network."""
        self._plateau, self._stopping = Plateau(), EarlyStopping()
        for name, part in (("plateau", self._plateau), ("stopping", self._stopping)):
            part.load(under(name, arrays))
        best = arrays.get("best")
        if best is not None and best.shape != self._network.parameters.shape:
            raise ValueError(f"best: found shape {best.shape}, must have {self._network.parameters.shape}")
        self._best = None if best is None else best.copy()
        self._loss, self._rows = float(facts["loss"]), int(facts["rows"])
        loss_name, delta, activations, leak = facts["measure"]
        self._measure = loss_name, delta, tuple(activations), leak

    @property
    def _measured_by(self) -> tuple[object, ...]:
        """What the loss depends on besides the parameters; losses by another cannot be compared with it."""
        network = self._network
        activations = tuple(layer.activation for layer in network.layers)
        delta = network.huber_delta if network.loss_name == "huber" else None
        return network.loss_name, delta, activations, network.leak if "leaky-relu" in activations else None


def under(name: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Those of the arrays whose names begin with this one, without it."""
    return {key.removeprefix(f"{name}."): array for key, array in arrays.items() if key.startswith(f"{name}.")}

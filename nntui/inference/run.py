"""The network of one run, as new as the disk has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nntui import config
from nntui.engine import layer_outputs
from nntui.errors import UserError
from nntui.store.folder import CHECKPOINTS
from nntui.store.reader import Reader
from nntui.trainer.checkpoints import LATEST, Model, load_model
from nntui.trainer.problem import configure_network

Array = NDArray[Any]

#: The most numbers that are computed at once for an answer.
MAX_ANSWER = 4_000_000


class Forward(NamedTuple):
    """What the network of ``step`` says: P (n, outputs) in the target's unit, and each layer's activations (n, units).

    The activations go from input side to output; there are none unless they are asked for.
    """

    step: int
    P: Array
    layers: tuple[Array, ...]


def forward(model: Model, step: int, X: Array, *, layers: bool) -> Forward:
    """What a network, which is of a step, says of X, (n, features). Raises UserError."""
    network = model.network
    units = sum(layer.outputs for layer in network.layers) if layers else network.sizes[-1]
    if X.shape[1] != len(model.features):
        raise UserError(f"X has {X.shape[1]} columns: this network takes {len(model.features)}")
    if len(X) * units > MAX_ANSWER:
        raise UserError(f"{len(X):,} rows of {units:,} units: must be at most {MAX_ANSWER:,} numbers")
    P = model.predict(X)
    found = layer_outputs(network, model.preparation.transform(X, network.dtype)) if layers else ()
    return Forward(step, P, found)


class Run:
    """Reads checkpoint, weights and configuration anew when they have changed. Raises UserError, in any method."""

    def __init__(self, folder: Path) -> None:
        self._checkpoints = folder / CHECKPOINTS
        self._reader = Reader(folder)
        self._model: Model | None = None
        self._step, self._branches = -1, 0
        self._file: tuple[int, ...] = ()
        self._settings: dict[str, Any] = {}

    def close(self) -> None:
        """Closes the run folder."""
        self._reader.close()

    def forward(self, X: Array, *, layers: bool) -> Forward:
        """The answer for X, (n, features), raw values as the run's data were measured."""
        model = self._newest()
        return forward(model, self._step, X, layers=layers)

    def _newest(self) -> Model:
        """The network of the later of checkpoint and weights, doing what the run's configuration says now."""
        with self._reader.snapshot():
            step, settings = self._reader.table_step("weights"), self._reader.config()
            before, self._branches = self._branches, self._reader.branches()
            if before != self._branches:
                self._model, self._file = None, ()
            is_behind = self._model is None or (step or 0) <= self._step
            model = self._from_checkpoint() if is_behind or self._model is None else self._model
            if before != self._branches:  # the run went back, and the checkpoint may still be of what was given up
                self._step = -1
            weights = self._reader.table("weights") if step is not None and step > self._step else None
        if weights:
            self._step = weights[0]
            _set(model, weights[1])
        if settings != self._settings:
            configure_network(model.network, config.from_dict(settings), model.task)
            self._settings = settings
        return model

    def _from_checkpoint(self) -> Model:
        """The network as the newest checkpoint has it, unless what is known is of a later step."""
        file = _identity(self._checkpoints / LATEST)
        if self._model is None or (file and file != self._file):
            model = load_model(self._checkpoints)
            self._file = file
            if self._model is None or model.step >= self._step:
                self._model, self._step, self._settings = model, model.step, {}
        return self._model


def _identity(path: Path) -> tuple[int, ...]:
    """What is another once a file has been replaced; nothing when there is none."""
    try:
        told = path.stat()
    except OSError:
        return ()
    return told.st_mtime_ns, told.st_size, told.st_ino


def _set(model: Model, arrays: dict[str, Array]) -> None:
    """Gives the network the weights of a table. Raises UserError where they are another network's."""
    for layer in model.network.layers:
        for name, own in layer.arrays:
            found = arrays.get(f"{layer.name}.{name}", np.empty(0))
            if found.shape != own.shape:
                raise UserError(f"damaged: {layer.name}.{name} has the shape {found.shape}: must be {own.shape}")
            own[...] = found

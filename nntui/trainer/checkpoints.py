"""Checkpoints: parameters, optimizer state, counters and the preparation of the inputs, written whole or not at all."""

from __future__ import annotations

import json
import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nntui import config
from nntui.config import RunConfig
from nntui.data import Preparation, Standardizer
from nntui.engine import Network
from nntui.errors import UserError
from nntui.trainer.loop import Loop
from nntui.trainer.problem import Problem, make_network

LATEST = "latest.safetensors"

Array = NDArray[Any]


class CheckpointError(UserError):
    """A checkpoint that is not there or cannot be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained network with the preparation of its inputs: raw values in, predictions out."""

    network: Network
    preparation: Preparation
    scale: Standardizer
    step: int
    task: str
    target: str
    outputs: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the raw inputs."""
        return self.preparation.features

    def predict(self, X: Array) -> Array:
        """Outputs (rows, outputs) for raw inputs (rows, features): probabilities, or numbers in the target's unit."""
        prepared = self.preparation.transform(X, self.network.dtype)
        return self.scale.inverse(self.network.predict_proba(prepared))


def save_checkpoint(folder: Path, loop: Loop, problem: Problem, settings: RunConfig) -> None:
    """Writes ``folder/latest.safetensors``: first under another name, then renamed. Raises OSError."""
    dataset = problem.dataset
    arrays: dict[str, Array] = {
        **problem.preparation.arrays(),
        "target.mean": problem.scale.mean,
        "target.scale": problem.scale.scale,
    }
    for layer in loop.network.layers:
        arrays[f"{layer.name}.W"], arrays[f"{layer.name}.b"] = layer.W, layer.b
    arrays |= {f"optimizer.{name}": array for name, array in loop.optimizer.state.items()}
    facts = {
        "step": loop.step,
        "epoch": loop.batches.epoch,
        "row": loop.batches.row,
        "config": settings.to_dict(),
        "preparation": problem.preparation.facts(),
        "task": dataset.task,
        "target": dataset.target,
        "outputs": dataset.outputs,
        "classes": dataset.classes,
        "saved": time.time(),
    }
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(facts)
    data = save(arrays, {"nntui": text, "crc32": _checksum(text, arrays)})
    path = folder / LATEST
    draft = path.with_suffix(".new")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _checksum(facts: str, arrays: dict[str, Array]) -> str:
    """CRC-32 over all that a checkpoint says: a spoiled weight would otherwise pass for a learned one."""
    value = zlib.crc32(facts.encode())
    for name, array in sorted(arrays.items()):
        value = zlib.crc32(array.tobytes(), zlib.crc32(f"{name} {array.dtype} {array.shape}".encode(), value))
    return f"{value:08x}"


def load_model(folder: Path) -> Model:
    """The newest checkpoint as something that predicts. Raises CheckpointError."""
    path = folder / LATEST
    if not path.is_file():
        raise CheckpointError(f"{path}: no checkpoint yet; the first is written when a run begins")
    try:
        with safe_open(path, "numpy") as file:
            told = file.metadata() or {}
            arrays: dict[str, Array] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if told["crc32"] != _checksum(told["nntui"], arrays):
            raise ValueError("its checksum is another")
        facts = json.loads(told["nntui"])
        preparation = Preparation.load(facts["preparation"], arrays)
        outputs, classes = tuple(facts["outputs"]), tuple(facts["classes"])
        # Drawing weights that are not used would take longer than all else.
        settings = config.from_dict(facts["config"]).with_value("model.init", "zeros")
        network = make_network(settings, facts["task"], len(preparation.names), len(outputs))
        for layer in network.layers:
            layer.W[...], layer.b[...] = arrays[f"{layer.name}.W"], arrays[f"{layer.name}.b"]
        scale = Standardizer(arrays["target.mean"], arrays["target.scale"])
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, UserError) as error:
        raise CheckpointError(f"{path}: damaged: {' '.join(str(error).split())}") from None
    return Model(network, preparation, scale, facts["step"], facts["task"], facts["target"], outputs, classes)

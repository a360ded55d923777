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
from nntui.data import Standardizer
from nntui.engine import Network
from nntui.errors import UserError
from nntui.knob import ConfigError
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
    standardizer: Standardizer
    step: int
    features: tuple[str, ...]
    target: str
    classes: tuple[str, ...]

    def predict(self, X: Array) -> Array:
        """Outputs (rows, outputs) for raw inputs (rows, features)."""
        return self.network.predict_proba(self.standardizer.transform(X, self.network.dtype))


def save_checkpoint(folder: Path, loop: Loop, problem: Problem, settings: RunConfig) -> None:
    """Writes ``folder/latest.safetensors``: first under another name, then renamed. Raises OSError."""
    arrays: dict[str, Array] = {
        "input.mean": problem.standardizer.mean,
        "input.scale": problem.standardizer.scale,
    }
    for layer in loop.network.layers:
        arrays[f"{layer.name}.W"], arrays[f"{layer.name}.b"] = layer.W, layer.b
    arrays |= {f"optimizer.{name}": array for name, array in loop.optimizer.state.items()}
    facts = {
        "step": loop.step,
        "epoch": loop.epoch,
        "row": loop.row,
        "config": settings.to_dict(),
        "features": problem.dataset.features,
        "target": problem.dataset.target,
        "classes": problem.dataset.classes,
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
        raise CheckpointError(f"{path}: no checkpoint yet; one is written every half minute and when a run ends")
    try:
        with safe_open(path, "numpy") as file:
            told = file.metadata() or {}
            arrays: dict[str, Array] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if told["crc32"] != _checksum(told["nntui"], arrays):
            raise ValueError("its checksum is another")
        facts = json.loads(told["nntui"])
        features, classes = tuple(facts["features"]), tuple(facts["classes"])
        network = make_network(config.from_dict(facts["config"]), len(features), arrays["output.b"].size)
        for layer in network.layers:
            layer.W[...], layer.b[...] = arrays[f"{layer.name}.W"], arrays[f"{layer.name}.b"]
        standardizer = Standardizer(arrays["input.mean"], arrays["input.scale"])
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, ConfigError) as error:
        raise CheckpointError(f"{path}: damaged: {' '.join(str(error).split())}") from None
    return Model(network, standardizer, facts["step"], features, facts["target"], classes)

"""Checkpoints: all that a run needs to go on exactly, or to predict, each written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
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

#: The newest one; those of earlier steps have the step in their name, those that somebody named, the name as well.
LATEST = "latest.safetensors"
#: The most of earlier steps that are kept, and how many bytes they may take; named ones are not counted.
KEPT, KEPT_BYTES = 40, 256 * 2**20
#: Of few steps there are at least so many, however large they are.
LEAST_KEPT = 4

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


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """What one file holds.

    ``command`` is the id of the last command that had taken effect; ``facts`` and ``arrays`` are a loop's state and
    what is needed to predict without the data.
    """

    step: int
    command: int
    config: dict[str, Any]
    facts: dict[str, Any]
    arrays: dict[str, Array]


def save_checkpoint(folder: Path, loop: Loop, problem: Problem, settings: RunConfig, command: int = 0) -> None:
    """Writes ``folder/latest.safetensors``: first under another name, then renamed. Raises OSError."""
    dataset = problem.dataset
    state, facts = loop.state
    arrays: dict[str, Array] = {
        **state,
        **problem.preparation.arrays(),
        "target.mean": problem.scale.mean,
        "target.scale": problem.scale.scale,
    }
    told = {
        "state": facts,
        "step": loop.step,
        "command": command,
        "config": settings.to_dict(),
        "preparation": problem.preparation.facts(),
        "task": dataset.task,
        "target": dataset.target,
        "outputs": dataset.outputs,
        "classes": dataset.classes,
        "saved": time.time(),
    }
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(told)
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


def _checksum(facts: str, arrays: Mapping[str, Array]) -> str:
    """CRC-32 over all that a checkpoint says: a spoiled weight would otherwise pass for a learned one."""
    value = zlib.crc32(facts.encode())
    for name, array in sorted(arrays.items()):
        value = zlib.crc32(array.tobytes(), zlib.crc32(f"{name} {array.dtype} {array.shape}".encode(), value))
    return f"{value:08x}"


# Those of earlier steps


def keep(folder: Path, step: int, name: str = "") -> None:
    """Keeps the newest checkpoint, which is of this step, for good under a name, or as one of many. Raises OSError."""
    kept = folder / (f"{step:012d}.{name}.safetensors" if name else f"{step:012d}.safetensors")
    draft = kept.with_suffix(".new")
    draft.unlink(missing_ok=True)
    try:
        try:
            os.link(folder / LATEST, draft)
        except OSError:  # a file system without hard links
            shutil.copyfile(folder / LATEST, draft)
        draft.replace(kept)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def kept(folder: Path) -> list[tuple[int, Path]]:
    """The steps and files of the checkpoints that are kept, the earliest first."""
    found = []
    for path in folder.glob("*.safetensors"):
        number = path.name.partition(".")[0]
        if number.isascii() and number.isdigit():
            found.append((int(number), path))
    return sorted(found)


def is_named(path: Path) -> bool:
    """Whether somebody gave a kept checkpoint a name."""
    return path.name.count(".") > 1


def thin_out(folder: Path) -> bool:
    """When there are too many, removes every second of those without a name; whether that was so. Raises OSError."""
    counted = [path for _, path in kept(folder) if not is_named(path)]
    size = sum(path.stat().st_size for path in counted)
    if len(counted) <= LEAST_KEPT or (len(counted) <= KEPT and size <= KEPT_BYTES):
        return False
    for path in counted[1::2]:
        path.unlink(missing_ok=True)
    return True


def forget_from(folder: Path, step: int) -> None:
    """Removes those of this step and later ones; named ones stay. Raises OSError."""
    for found, path in kept(folder):
        if found >= step and not is_named(path):
            path.unlink(missing_ok=True)


def newest_first(folder: Path, until: int) -> Iterator[Checkpoint]:
    """All that can be read up to a step, the newest first; each is read only when it is asked for."""
    paths = [folder / LATEST, *(path for step, path in reversed(kept(folder)) if step <= until)]
    for path in paths:
        with suppress(CheckpointError):
            found = load_checkpoint(path)
            if found.step <= until:
                yield found


def load_checkpoint(path: Path) -> Checkpoint:
    """What a file holds. Raises CheckpointError."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no checkpoint yet; the first is written when a run begins")
    try:
        with safe_open(path, "numpy") as file:
            told = file.metadata() or {}
            arrays: dict[str, Array] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if told["crc32"] != _checksum(told["nntui"], arrays):
            raise ValueError("its checksum is another")
        facts = json.loads(told["nntui"])
        return Checkpoint(int(facts["step"]), int(facts["command"]), dict(facts["config"]), facts, arrays)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise _damaged(path, error) from None


def load_model(folder: Path) -> Model:
    """The newest checkpoint as something that predicts. Raises CheckpointError."""
    path = folder / LATEST
    found = load_checkpoint(path)
    facts, arrays = found.facts, found.arrays
    try:
        preparation = Preparation.load(facts["preparation"], arrays)
        outputs, classes = tuple(facts["outputs"]), tuple(facts["classes"])
        # Drawing weights that are not used would take longer than all else.
        settings = config.from_dict(found.config).with_value("model.init", "zeros")
        network = make_network(settings, facts["task"], len(preparation.names), len(outputs))
        for layer in network.layers:
            layer.W[...], layer.b[...] = arrays[f"{layer.name}.W"], arrays[f"{layer.name}.b"]
        scale = Standardizer(arrays["target.mean"], arrays["target.scale"])
        return Model(network, preparation, scale, found.step, facts["task"], facts["target"], outputs, classes)
    except (KeyError, ValueError, TypeError, UserError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{path}: damaged: {' '.join(str(error).split())}")

"""A trained network as named arrays and a text that says what they mean, for programs that are not this one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from nntui.cli.output import talk
from nntui.store.folder import CHECKPOINTS
from nntui.store.records import RunRecord
from nntui.trainer.checkpoints import Model, load_model

Array = NDArray[Any]


def newest(place: Path, run: RunRecord) -> Model:
    """The newest checkpoint of a run; stderr tells when the run is at another step. Raises UserError."""
    model = load_model(place / CHECKPOINTS)
    if model.step != run.step:
        talk(f"nntui: checkpoint of step {model.step}; the run is at step {run.step}")
    return model


def arrays(model: Model) -> dict[str, Array]:
    """Every array by its name: the preparation of the inputs, the layers, the scale of the targets."""
    named = model.preparation.arrays()
    for layer in model.network.layers:
        named[f"{layer.name}.W"], named[f"{layer.name}.b"] = layer.W, layer.b
    named |= {"target.mean": model.scale.mean, "target.scale": model.scale.scale}
    return {name: np.ascontiguousarray(array) for name, array in named.items()}


def facts(model: Model, run: str) -> str:
    """What the arrays mean, as JSON: the task, the columns and what becomes of them, the layers, the answers."""
    *hidden, output = (layer.activation for layer in model.network.layers)
    preparation = model.preparation.facts()
    told = {
        "run": run,
        "step": model.step,
        "task": model.task,
        "target": model.target,
        "outputs": model.outputs,
        "classes": model.classes,
        **preparation,
        "features": model.features,
        "activations": hidden,
        "leak": model.network.leak,
        "output": output,
    }
    return json.dumps(told)


def to_safetensors(model: Model, run: str) -> bytes:
    """A safetensors file; the facts are in its metadata."""
    return save(arrays(model), {"facts": facts(model, run)})


def to_npz(model: Model, run: str) -> bytes:
    """A file for ``numpy.load``; the facts are a text in it, an array without dimensions."""
    file = io.BytesIO()
    named: dict[str, Any] = arrays(model) | {"facts": np.array(facts(model, run))}
    np.savez(file, **named)
    return file.getvalue()

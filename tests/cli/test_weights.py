"""Exported weights: all that another program needs to predict the same, and to go on from there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load

from nntui.cli.weights import to_npz, to_safetensors
from nntui.data.dataset import BINARY, MULTI_CLASS, REGRESSION
from nntui.data.preparation import NUMPY_FUNCTIONS
from nntui.engine import ACTIVATIONS, OUTPUTS
from nntui.errors import UserError
from nntui.expressions import parse
from nntui.trainer.checkpoints import Model
from nntui.trainer.weights import start_from
from tests.cli.models import EXPRESSIONS, make_model, raw_rows

WRITERS: dict[str, Callable[[Model, str], bytes]] = {".safetensors": to_safetensors, ".npz": to_npz}


@pytest.fixture(params=WRITERS)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Model], Path]:
    """Writes a model to a file, of each kind in turn."""

    def write(model: Model) -> Path:
        path = tmp_path / f"weights{request.param}"
        path.write_bytes(WRITERS[request.param](model, "abcd"))
        return path

    return write


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays and the facts of a file, by means that know nothing of nntui."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            named = {name: file[name] for name in file.files}
        return named, json.loads(str(named.pop("facts")))
    with safe_open(path, "numpy") as file:
        told = json.loads(file.metadata()["facts"])
    return dict(load(path.read_bytes())), told


def prepared(X: Any, named: dict[str, Any], told: dict[str, Any]) -> Any:
    """The network's inputs, made as the documentation of the files says."""
    X = np.where(np.isnan(X), named["input.fill"], X)
    if told["expressions"]:
        env = dict(zip(told["features"], X.T, strict=True))
        values = [parse(text).evaluate(env, NUMPY_FUNCTIONS) for text in told["expressions"]]
        X = np.column_stack([np.broadcast_to(value, len(X)) for value in values])
    return (X - named["input.mean"]) / named["input.scale"]


def test_arrays_and_facts_are_all_there(written: Callable[[Model], Path]) -> None:
    named, told = read(written(make_model(REGRESSION, activation=("relu", "leaky-relu"), features=EXPRESSIONS)))
    shapes = {name: array.shape for name, array in named.items()}
    assert shapes == {
        "input.fill": (5,),
        "input.mean": (9,),
        "input.scale": (9,),
        "layer 1.W": (9, 6),
        "layer 1.b": (6,),
        "layer 2.W": (6, 4),
        "layer 2.b": (4,),
        "output.W": (4, 2),
        "output.b": (2,),
        "target.mean": (2,),
        "target.scale": (2,),
    }
    columns = told.pop("columns")
    assert columns[3] == {"name": "colour", "levels": ["blue", "red"]}
    assert told == {
        "run": "abcd",
        "step": 7,
        "task": "regression",
        "target": "answer",
        "outputs": ["height", "weight"],
        "classes": [],
        "expressions": [str(parse(text)) for text in EXPRESSIONS],
        "image": None,
        "features": ["a", "b", "long way", "colour=blue", "colour=red"],
        "activations": ["relu", "leaky-relu"],
        "leak": 0.2,
        "output": "identity",
    }


def test_a_run_starts_at_exported_weights(written: Callable[[Model], Path]) -> None:
    model, other = make_model(), make_model()
    other.network.parameters[...] = 0
    start_from(other.network, written(model))
    assert other.network.parameters.tobytes() == model.network.parameters.tobytes()


def test_a_text_among_the_arrays_is_no_weight(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    named: dict[str, Any] = {"layer 1.W": np.full((5, 6), "a")}
    np.savez(path, **named)
    with pytest.raises(UserError, match="a weight must be a number"):
        start_from(make_model().network, path)


@pytest.mark.oracle
@pytest.mark.parametrize("task", [BINARY, MULTI_CLASS, REGRESSION])
@pytest.mark.parametrize("features", [(), EXPRESSIONS])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_pytorch_predicts_the_same(
    name: str, features: tuple[str, ...], task: str, written: Callable[[Model], Path]
) -> None:
    check_pytorch(make_model(task, activation=name, features=features, missing="mean"), written)


@pytest.mark.oracle
@pytest.mark.parametrize("output", OUTPUTS)
def test_pytorch_predicts_the_same_by_every_output(output: str, written: Callable[[Model], Path]) -> None:
    check_pytorch(make_model(MULTI_CLASS, output=output), written)


def check_pytorch(model: Model, written: Callable[[Model], Path]) -> None:
    """A network built in PyTorch from a file alone gives what the model gives."""
    torch: Any = pytest.importorskip("torch")
    named, told = read(written(model))
    X = raw_rows()
    if np.isfinite(model.preparation.fill).all():
        X[::3, 1] = np.nan
    known = {
        "sigmoid": torch.nn.Sigmoid,
        "tanh": torch.nn.Tanh,
        "relu": torch.nn.ReLU,
        "leaky-relu": lambda: torch.nn.LeakyReLU(told["leak"]),
        "elu": torch.nn.ELU,
        "gelu": lambda: torch.nn.GELU(approximate="tanh"),
        "silu": torch.nn.SiLU,
        "softplus": torch.nn.Softplus,
        "softmax": lambda: torch.nn.Softmax(dim=1),
        "identity": torch.nn.Identity,
    }
    names = [*(f"layer {n}" for n in range(1, len(told["activations"]) + 1)), "output"]
    layers = []
    for layer, activation in zip(names, [*told["activations"], told["output"]], strict=True):
        W, b = torch.from_numpy(named[f"{layer}.W"]), torch.from_numpy(named[f"{layer}.b"])
        linear = torch.nn.Linear(*W.shape)
        linear.weight.data, linear.bias.data = W.T, b
        layers += [linear, known[activation]()]
    with torch.no_grad():
        found = torch.nn.Sequential(*layers)(torch.tensor(prepared(X, named, told), dtype=torch.float32)).numpy()
    found = found * named["target.scale"] + named["target.mean"]
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-5, atol=1e-5)

"""Starting from given parameters instead of drawn ones: set by hand in a TOML file, or exported by another run."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from nntui.config import RunConfig
from nntui.data.arrays import Npz
from nntui.data.files import listed, named, quoted
from nntui.engine import Network
from nntui.errors import UserError
from nntui.text import plain
from nntui.trainer.problem import Problem, make_network

Array = NDArray[Any]


def initial_network(config: RunConfig, problem: Problem) -> Network:
    """The network of a run before its first step. Raises UserError."""
    outputs = problem.dataset.T.shape[1]
    network = make_network(config, problem.dataset.task, len(problem.preparation.names), outputs)
    if config.model.weights:
        start_from(network, Path(config.model.weights))
    return network


def start_from(network: Network, path: Path) -> None:
    """Sets the network's parameters to those in a file. Raises UserError, which names file and layer.

    A ``.npz`` or ``.safetensors`` file holds ``layer 1.W`` (inputs, outputs), ``layer 1.b`` (outputs,) and so on, the
    last layer's called ``output.W`` and ``output.b``. A ``.toml`` file holds a table ``["layer 1"]`` with ``W``, a list
    of rows, one an input, and ``b``, a list; and so on.
    """
    shapes = {f"{layer.name}.{name}": own.shape for layer in network.layers for name, own in layer.arrays}
    found, where = _read(path, shapes), named(path)
    for layer in network.layers:
        for part, own in layer.arrays:
            name = f"{layer.name}.{part}"
            if name not in found:
                raise UserError(f"{where}: no {name}; found: {listed(found) or 'nothing'}")
            values = found[name]
            if values.shape != own.shape:
                raise UserError(f"{where}: {name} has the shape {list(values.shape)}: must be {list(own.shape)}")
            with np.errstate(over="ignore"):
                values = values.astype(own.dtype)
            if not np.isfinite(values).all():
                raise UserError(f"{where}: {name}: holds a value that is not a finite number of {own.dtype}")
            own[...] = values


def _read(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Every array of a file by its name; one without dimensions is a remark. Raises UserError.

    ``shapes`` are those of the arrays that are needed.
    """
    readers: dict[str, Callable[[Path], Mapping[str, Array]]] = {
        ".toml": _read_toml,
        ".npz": lambda path: _read_npz(path, shapes),
        ".safetensors": load_file,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{named(path)}: must end in {', '.join(readers)}")
    try:
        if path.exists() and not path.is_file():
            raise ValueError("a directory or a device, not a file")
        return {name: _numbers(name, array) for name, array in reader(path).items() if array.ndim}
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{named(path)}: {error.strerror or error}") from None
    except Exception as error:  # a damaged file can make the parsers raise anything
        detail = plain(" ".join(str(error).split())[:200])
        raise UserError(f"{named(path)}: cannot be read: {detail or type(error).__name__}") from None


def _read_toml(path: Path) -> Mapping[str, Array]:
    tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    for layer, table in tables.items():
        if not isinstance(table, dict):
            raise ValueError(f"{quoted(layer)} = {quoted(table)}: must be a table with W and b")
    return {f"{layer}.{name}": np.array(value) for layer, table in tables.items() for name, value in table.items()}


def _read_npz(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Mapping[str, Array]:
    """The needed arrays, and of the others their names: only what has the shape that it must have is read."""
    file = Npz(path)
    for name, must in shapes.items():
        if name in file.keys and file.shape(name) != must:
            raise UserError(f"{file.where}: {name} has the shape {list(file.shape(name))}: must be {list(must)}")
    return {name: file.read(name) if name in shapes else np.empty((0,)) for name in file.keys}


def _numbers(name: str, array: Array) -> Array:
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{quoted(name)}: a weight must be a number, and all rows of W equally long")
    return array.astype(np.float64)

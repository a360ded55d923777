"""From a configuration to arrays and a network: what a trainer, a prediction and a check all begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.config import RunConfig, check_answer, check_size
from nntui.data import Dataset, Preparation, Standardizer, load, split
from nntui.data.dataset import REGRESSION, DataError
from nntui.data.files import quoted
from nntui.engine import Network

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A data set, which of its rows train and which test, and how inputs and targets are prepared.

    ``scale`` brings the targets of a regression to the scale that the network learns; others stay as they are.
    """

    dataset: Dataset
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    preparation: Preparation
    scale: Standardizer
    dtype: np.dtype[Any]

    def inputs(self, rows: NDArray[np.int64]) -> Array:
        """X of the rows as the network sees it, shape (rows, inputs)."""
        return self.preparation.transform(self.dataset.X[rows], self.dtype, rows)

    def targets(self, rows: NDArray[np.int64]) -> Array:
        """T of the rows as the network learns it, shape (rows, outputs).

        Raises DataError, naming row and column, for a value that the network's precision cannot hold.
        """
        with np.errstate(over="ignore"):
            T = self.scale.transform(self.dataset.T[rows], self.dtype)
        for row, column in np.argwhere(~np.isfinite(T))[:1]:
            value, name = self.dataset.T[rows[row], column], quoted(self.dataset.outputs[column])
            raise DataError(f"row {rows[row] + 1}: the target {name} is {value:.6g}, which {self.dtype} cannot hold")
        return T


def make_problem(config: RunConfig) -> Problem:
    """The data of a run, split by its seed. Raises UserError where there is none, or none that suits the network."""
    data, training = config.data, config.training
    dataset = load(
        data.source,
        config.target,
        task=data.task,
        rows=data.rows,
        noise=data.noise,
        seed=training.seed,
        missing=data.missing,
        image_size=data.image_size,
        grey=data.grey,
    )
    check_answer(config, dataset.task)
    is_regression = dataset.task == REGRESSION
    train, test = split(dataset.T, data.test_fraction, training.seed, stratify=not is_regression)
    preparation = Preparation.fit(
        dataset, train, features=data.features, missing=data.missing, standardize=data.standardize
    )
    if is_regression and data.standardize:
        scale = Standardizer.fit(dataset.T[train])
    else:
        scale = Standardizer.identity(dataset.T.shape[1])
    return Problem(dataset, train, test, preparation, scale, np.dtype(config.model.dtype))


def make_network(config: RunConfig, task: str, inputs: int, outputs: int) -> Network:
    """The network of a run, as its seed initialises it. Raises ConfigError when it is too large."""
    sizes = (inputs, *config.model.layers, outputs)
    check_size(sizes)
    return Network(
        sizes,
        output=config.output(task),
        init=_each(config.model.init),
        seed=config.training.seed,
        dtype=config.model.dtype,
        **_live(config, task),
    )


def configure_network(network: Network, config: RunConfig, task: str) -> None:
    """Turns the live knobs of the model; the parameters stay."""
    network.configure(**_live(config, task))


def _live(config: RunConfig, task: str) -> dict[str, Any]:
    """What may change of a network whose parameters stay."""
    model = config.model
    return {
        "activation": _each(model.activation),
        "loss": config.loss(task),
        "leak": model.leak,
        "huber_delta": model.huber_delta,
        "dropout": model.dropout,
    }


def _each(names: tuple[str, ...]) -> str | tuple[str, ...]:
    """One name stands for all layers."""
    return names[0] if len(names) == 1 else names

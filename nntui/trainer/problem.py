"""From a configuration to arrays and a network: what a trainer, a prediction and a check all begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.config import RunConfig
from nntui.data import Dataset, Standardizer, load, split
from nntui.engine import Network

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A data set, which of its rows train and which test, and how its inputs are prepared."""

    dataset: Dataset
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    standardizer: Standardizer
    dtype: np.dtype[Any]

    def inputs(self, rows: NDArray[np.int64]) -> Array:
        """X of the rows as the network sees it, shape (rows, features)."""
        return self.standardizer.transform(self.dataset.X[rows], self.dtype)

    def targets(self, rows: NDArray[np.int64]) -> Array:
        """T of the rows, shape (rows, outputs)."""
        return self.dataset.T[rows].astype(self.dtype)


def make_problem(config: RunConfig) -> Problem:
    """The data of a run, split by its seed. Raises DataError."""
    dataset = load(config.data.source, config.target)
    train, test = split(dataset.T, config.data.test_fraction, config.training.seed)
    if config.data.standardize:
        standardizer = Standardizer.fit(dataset.X[train])
    else:
        columns = dataset.X.shape[1]
        standardizer = Standardizer(np.zeros(columns), np.ones(columns))
    return Problem(dataset, train, test, standardizer, np.dtype(config.model.dtype))


def make_network(config: RunConfig, inputs: int, outputs: int) -> Network:
    """The network of a run, as its seed initialises it."""
    model = config.model
    return Network(
        (inputs, *model.layers, outputs),
        activation=model.activation,
        loss=model.loss,
        init=model.init,
        seed=config.training.seed,
        dtype=model.dtype,
    )

"""The order in which rows are learned from: batch after batch, epoch after epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.engine import with_ones

Array = NDArray[Any]

#: What a seed is used for besides the weights, so that no two uses draw the same numbers; see :mod:`nntui.data.split`.
ORDER = 2


class Batches:
    """X (rows, inputs) and T (rows, outputs) in batches, from where ``epoch`` and ``row`` stand.

    Each epoch goes through the rows in an order of its own, drawn from the seed and the epoch's number; batches of
    all rows keep the order of the data. A new batch size holds from the next batch on, the epoch going on where it was.
    """

    def __init__(self, X: Array, T: Array, seed: int) -> None:
        self.epoch = 0
        self.row = 0
        self._seed = seed
        # The network's inputs with their column of ones: column by column for batches of all rows, with which products
        # are faster so, and row by row for others, whose rows are then copied whole.
        self._X, self.T = with_ones(X), np.ascontiguousarray(T)
        self._order: NDArray[np.int64] | None = None
        self._parts: dict[int, tuple[Array, Array]] = {}

    @property
    def X(self) -> Array:
        """All inputs, (rows, inputs)."""
        return self._X[:, :-1]

    @property
    def rows(self) -> int:
        """How many rows an epoch goes through."""
        return len(self._X)

    def coming(self, size: int) -> int:
        """How many rows the next batch has, when the most is ``size``; 0 means all."""
        return min(size or self.rows, self.rows - self.row)

    def next(self, rows: int) -> tuple[Array, Array]:
        """The next ``rows`` rows: inputs with a last column of ones, and targets. To be overwritten by those after."""
        if rows == self.rows:
            if not self._X.flags.f_contiguous:
                self._X = np.asfortranarray(self._X)
            return self._X, self.T
        if not self._X.flags.c_contiguous:
            self._X = np.ascontiguousarray(self._X)
        if self._order is None:
            self._order = np.random.default_rng([self._seed, ORDER, self.epoch]).permutation(self.rows)
        if rows not in self._parts:
            if len(self._parts) >= 4:
                self._parts.clear()
            dtype = self._X.dtype
            self._parts[rows] = np.empty((rows, self._X.shape[1]), dtype), np.empty((rows, self.T.shape[1]), dtype)
        X, T = self._parts[rows]
        chosen = self._order[self.row : self.row + rows]
        # mode="clip" lets take write straight into the batch instead of through a copy.
        self._X.take(chosen, axis=0, out=X, mode="clip")
        self.T.take(chosen, axis=0, out=T, mode="clip")
        return X, T

    def advance(self, rows: int) -> bool:
        """Goes on by so many rows; whether that was the end of an epoch."""
        self.row += rows
        if self.row < self.rows:
            return False
        self.row, self._order = 0, None
        self.epoch += 1
        return True

    def go_to(self, epoch: int, row: int) -> None:
        """Goes back, or on, to a row of an epoch."""
        self.epoch, self.row, self._order = epoch, row, None

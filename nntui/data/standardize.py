"""Numbers on a common scale, so that one learning rate suits them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Standardizer:
    """x ↦ (x − mean) / scale for each column; both have the shape (columns,).

    Fit it to the training part alone: what is held out must not be known beforehand.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, X: NDArray[Any]) -> Standardizer:
        """The means and standard deviations of X, shape (samples, columns); a constant column gets the scale 1."""
        scale = X.std(axis=0)
        return cls(X.mean(axis=0), np.where((np.ptp(X, axis=0) == 0) | (scale == 0), 1.0, scale))

    @classmethod
    def identity(cls, columns: int) -> Standardizer:
        """The one that changes nothing."""
        return cls(np.zeros(columns), np.ones(columns))

    def transform(self, X: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """X on the common scale, in a new array."""
        return ((X - self.mean) / self.scale).astype(dtype, copy=False)

    def inverse(self, Z: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """What :meth:`transform` made Z of, in a new array."""
        return (Z * self.scale + self.mean).astype(dtype, copy=False)

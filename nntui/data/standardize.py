"""Numbers on a common scale, so that one learning rate suits them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

#: Below this share of the largest value a standard deviation is rounding error.
ROUNDING = 1e-12
#: How many numbers are scaled at a time: what is in between stays in the processor's cache.
CHUNK = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Standardizer:
    """x ↦ (x − mean) / scale for each column; both have the shape (columns,).

    Fit it to the training part alone: what is held out must not be known beforehand.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, X: NDArray[Any]) -> Standardizer:
        """The means and standard deviations of X, shape (samples, columns); or 1 where one is but rounding error."""
        scale = X.std(axis=0)
        constant = scale <= ROUNDING * np.maximum(np.abs(X.min(axis=0)), np.abs(X.max(axis=0)))
        return cls(X.mean(axis=0), np.where(constant, 1.0, scale))

    @classmethod
    def identity(cls, columns: int) -> Standardizer:
        """The one that changes nothing."""
        return cls(np.zeros(columns), np.ones(columns))

    def transform(self, X: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """X on the common scale, in a new array."""
        if not self.mean.any() and np.all(self.scale == 1):
            return X.astype(dtype)
        result = np.empty(X.shape, dtype)
        step = max(1, CHUNK // max(1, X.shape[1]))
        for start in range(0, len(X), step):
            part = X[start : start + step] - self.mean
            part /= self.scale
            result[start : start + step] = part
        return result

    def inverse(self, Z: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """What :meth:`transform` made Z of, in a new array."""
        return (Z * self.scale + self.mean).astype(dtype, copy=False)

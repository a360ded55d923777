"""Features on a common scale, so that one learning rate suits them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Standardizer:
    """x ↦ (x − mean) / scale for each feature; both have the shape (features,).

    Fit it to the training part alone: what is held out must not be known beforehand.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, X: NDArray[Any]) -> Standardizer:
        """The means and standard deviations of X, shape (samples, features); a constant feature gets the scale 1."""
        return cls(X.mean(axis=0), np.where(np.ptp(X, axis=0) == 0, 1.0, X.std(axis=0)))

    def transform(self, X: NDArray[Any], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """X on the common scale, in a new array."""
        return ((X - self.mean) / self.scale).astype(dtype)

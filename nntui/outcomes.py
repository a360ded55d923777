"""What predictions are worth: which are right, which are farthest off, and how much of the targets they explain.

Predictions ``P`` and targets ``T`` have the shape (rows, outputs): probabilities against 0 and 1, probabilities
against one-hot, or numbers against numbers, as the task is binary, multi-class or regression.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def right(P: Array, T: Array, task: str) -> NDArray[np.bool_]:
    """Whether each row's class is its target's, (rows,); a prediction that is not finite is never right."""
    same = P.argmax(axis=1) == T.argmax(axis=1) if task == "multi-class" else ((P >= 0.5) == (T >= 0.5)).all(axis=1)
    return np.asarray(same & np.isfinite(P).all(axis=1))


def distance(P: Array, T: Array, task: str) -> NDArray[np.float64]:
    """How far each row is off, (rows,); infinite where the prediction is not finite.

    Of classes it is what the target's probability lacks to 1; of numbers the absolute error in standard deviations
    of the target, of the output where it is largest.
    """
    if task == "multi-class":
        off = 1 - np.where(T > 0.5, P, 0).sum(axis=1)
    elif task == "regression":
        deviation = T.std(axis=0, dtype=np.float64)
        off = (np.abs(P - T) / np.where(_varies(T), deviation, 1)).max(axis=1)
    else:
        off = np.abs(P - T).max(axis=1)
    return np.where(np.isfinite(P).all(axis=1), off, np.inf)


def _varies(T: Array) -> NDArray[np.bool_]:
    """Whether each output has different values; the deviation of equal ones may be rounding error."""
    return np.asarray(np.ptp(T, axis=0) > 0)


def worst_first(P: Array, T: Array, task: str) -> NDArray[np.int64]:
    """The positions of the rows, the farthest off first; equal ones in the order of the data."""
    return np.argsort(-distance(P, T, task), kind="stable")


def r2(P: Array, T: Array) -> float:
    """The coefficient of determination, 1 − Σ(t − p)² / Σ(t − mean t)², averaged over the outputs that vary.

    NaN where no output varies.
    """
    T = T.astype(np.float64)
    total = ((T - T.mean(axis=0)) ** 2).sum(axis=0)
    left = ((T - P) ** 2).sum(axis=0)
    varies = _varies(T) & (total > 0)
    return float(np.mean(1 - left[varies] / total[varies])) if varies.any() else float("nan")

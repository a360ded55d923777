"""What a script gives a network to learn, as the array that it learns; what it must not give is refused."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def as_targets(y: ArrayLike, shape: tuple[int, int], output: str, *, is_shares: bool) -> Array:
    """y as T, of the shape (samples, outputs): numbers of classes become one-hot rows where the output is softmax.

    ``is_shares`` says that the loss takes targets for probabilities. Raises ValueError for what does not fit.
    """
    T: Array = np.asarray(y)
    if T.ndim == 1 and output == "softmax":
        if not np.isin(T, np.arange(shape[1])).all():
            raise ValueError(f"y: must be numbers of classes, whole numbers from 0 to {shape[1] - 1}")
        numbers, T = T.astype(int), np.zeros(shape)
        T[np.arange(len(numbers)), numbers] = 1.0
    elif T.ndim == 1:
        T = T[:, None]
    if T.shape != shape:
        raise ValueError(f"y has the shape {np.shape(y)}: must give {shape}")
    if is_shares and not np.isin(T, (0, 1)).all():
        raise ValueError("y: targets of a cross-entropy must be 0 or 1")
    if is_shares and output == "softmax" and (np.count_nonzero(T, axis=1) != 1).any():
        raise ValueError("y: must have one 1 in each row, that of the class")
    return T


def check_rate(lr: float) -> None:
    """Raises ValueError for a learning rate that is not a finite number above 0."""
    if not (isinstance(lr, Real) and 0 < lr < math.inf):
        raise ValueError(f"lr = {lr!r}: must be a finite number above 0")


def check_count(value: int, name: str) -> None:
    """Raises ValueError for what is not a whole number from 1."""
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} = {value!r}: must be a whole number from 1")


def check_finite(values: Array, name: str) -> None:
    """Raises ValueError for an array (rows, columns) with NaN or infinity, naming the first."""
    finite = np.isfinite(values)
    if not finite.all():
        row, column = np.argwhere(~finite)[0].tolist()
        raise ValueError(f"{name}[{row}, {column}] = {values[row, column]}: must be a finite number of {values.dtype}")

"""What a network learns from, with the words that make it readable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError


class DataError(UserError, ValueError):
    """Data that a user asked for and that cannot be had."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Samples and their targets, as they were measured: nothing is scaled or split yet.

    X has the shape (samples, features), T (samples, outputs), both float64. ``classes`` says what the targets 0 and
    1 mean. ``image`` gives (rows, columns) when the features are the pixels of an image, row by row, and
    ``value_range`` their darkest and brightest value.
    """

    name: str
    X: NDArray[np.float64]
    T: NDArray[np.float64]
    features: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    source: str
    licence: str
    image: tuple[int, int] | None = None
    value_range: tuple[float, float] | None = None

"""What a network learns from, with the words that make it readable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nntui.errors import UserError

#: The tasks: one output between 0 and 1; one of several classes; numbers.
BINARY, MULTI_CLASS, REGRESSION = "binary", "multi-class", "regression"

#: What becomes of missing values, besides being filled: the row is left out, or it is an error.
DROP, ERROR = "drop", "error"
#: The most features that a file can have.
MAX_FEATURES = 65_536


class DataError(UserError, ValueError):
    """Data that a user asked for and that cannot be had."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table and how it becomes features: as its number or, if it has ``levels``, one-hot.

    A categorical column gives a feature ``name=level`` for each of its levels, in their order.
    """

    name: str
    levels: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that it becomes."""
        return tuple(f"{self.name}={level}" for level in self.levels) or (self.name,)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Samples and their targets, as they were measured: nothing is scaled, crossed, filled or split yet.

    X has the shape (samples, features), T (samples, outputs), both float64; NaN in X is a missing value, and a
    missing category is NaN in all of its features. ``task`` is binary (T is one column of 0 and 1), multi-class (T is
    one-hot) or regression (T is what was measured). ``target`` says in words what is predicted; ``outputs`` names
    the columns of T: the target, the classes, the measured columns. ``classes`` are the two or more of a
    classification, empty for a regression. ``columns`` say how a table of text becomes X. ``image`` gives (height,
    width, channels) when the features are the pixels of an image, row by row, channels last, and ``value_range``
    their darkest and brightest value. ``lines`` gives the number by which the source knows each sample, and ``unit``
    what is numbered there: the lines of a file, or rows, from 1.
    """

    name: str
    X: NDArray[np.float64]
    T: NDArray[np.float64]
    task: str
    columns: tuple[Column, ...]
    target: str
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    source: str
    licence: str
    image: tuple[int, int, int] | None = None
    value_range: tuple[float, float] | None = None
    lines: Sequence[int] | None = None
    unit: str = "row"

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the columns of X."""
        return tuple(feature for column in self.columns for feature in column.features)

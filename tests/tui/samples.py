"""Samples of data as the process that reads them would send them, each of another kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from nntui.tui.picture import Sample


def sample(X: Any, T: Any, **facts: Any) -> Sample:
    """A sample whose features are x1, x2 and so on, unless told otherwise."""
    X, T = np.asarray(X, np.float32), np.asarray(T, np.float32)
    told: dict[str, Any] = {
        "part": np.zeros(len(X), np.uint8),
        "total": len(X),
        "task": "binary",
        "features": tuple(f"x{number + 1}" for number in range(X.shape[1])),
        "outputs": ("y",),
        "classes": ("no", "yes"),
        "target": "y",
    }
    return Sample(X, T.reshape(len(X), -1), **(told | facts))


def truth_table() -> Sample:
    """Two inputs, four rows, two classes."""
    return sample([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


def clouds(classes: int = 3) -> Sample:
    """Two inputs, some rows in so many clouds along the diagonal."""
    place = np.arange(30 * classes) % classes
    jitter = np.arange(30 * classes) * 7919 % 101 / 300
    X = np.column_stack((place + jitter, place + jitter[::-1]))
    names = tuple(f"cloud {number + 1}" for number in range(classes))
    return sample(X, np.eye(classes)[place], task="multi-class", classes=names)


def curve() -> Sample:
    """One input and a number."""
    x = np.linspace(-3, 3, 100)
    return sample(x[:, None], x**2, task="regression", classes=(), features=("x",))


def hills() -> Sample:
    """Two inputs and a number that rises with the first."""
    X = np.stack(np.meshgrid(np.linspace(0, 1, 20), np.linspace(0, 1, 20)), axis=-1).reshape(-1, 2)
    return sample(X, X[:, 0], task="regression", classes=())


def flowers(rows: int = 60) -> Sample:
    """Four inputs, of which the third alone tells the three classes."""
    kinds = np.arange(rows) % 3
    X = np.column_stack((np.arange(rows) % 7, np.ones(rows), kinds * 10 + np.arange(rows) % 4, np.arange(rows) % 5))
    names = ("setosa", "versicolor", "virginica")
    return sample(X, np.eye(3)[kinds], task="multi-class", classes=names, features=("a", "constant", "telling", "d"))


def pictures(side: int = 8, channels: int = 1) -> Sample:
    """Squares, black in the first class and white in the second."""
    kinds = np.arange(12) % 2
    X = np.repeat(kinds[:, None] * 16.0, side * side * channels, axis=1)
    return sample(X, kinds, image=(side, side, channels), value_range=(0.0, 16.0), classes=("dark", "light"))

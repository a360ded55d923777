"""Some rows of what a configuration learns from, for a picture of it before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui import config, pipe
from nntui.store.tables import Arrays
from nntui.trainer.problem import make_problem

#: At most so many rows and values.
ROWS, VALUES = 500, 1_000_000


def sample(settings: Mapping[str, Any]) -> tuple[dict[str, Any], Arrays]:
    """Facts and arrays of a configuration's data: X (rows, features), T (rows, outputs), part (1: held out).

    The words ``features``, ``outputs`` and ``classes`` are among the arrays, as :func:`pipe.words` makes them. Of many
    rows, some that are evenly spaced. Raises UserError.
    """
    problem = make_problem(config.from_dict(settings))
    dataset = problem.dataset
    most = max(1, min(ROWS, VALUES // max(dataset.X.shape[1], dataset.T.shape[1])))
    total = len(dataset.X)
    rows = np.arange(total) if total <= most else np.linspace(0, total - 1, most).astype(np.int64)
    facts = {
        "total": total,
        "task": dataset.task,
        "target": dataset.target,
        "image": dataset.image,
        "value_range": dataset.value_range,
    }
    arrays: Arrays = {
        "X": _small(dataset.X[rows]),
        "T": _small(dataset.T[rows]),
        "part": np.isin(rows, problem.test).astype(np.uint8),
        **{name: pipe.words(getattr(dataset, name)) for name in ("features", "outputs", "classes")},
    }
    return facts, arrays


def _small(values: NDArray[Any]) -> NDArray[np.float32]:
    """As exact as a picture can be; what is too large for that is infinite."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)

"""Which samples are learned from and which are held out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.data.dataset import DataError

Indices = NDArray[np.intp]

#: Tells this use of a run's seed from others: the weights draw from the seed itself, the order of the rows has its own.
SPLIT = 1


def split(T: NDArray[Any], fraction: float, seed: int, stratify: bool) -> tuple[Indices, Indices]:
    """The sorted row numbers of the training part and of the held-out part; T has the shape (samples, outputs).

    Stratified, every class (distinct row of T) gives the same fraction of its samples, to the nearest whole sample,
    and keeps at least one to learn from; else all samples are treated as one class. The seed alone decides which.
    Raises DataError for a fraction outside 0 ≤ fraction < 1.
    """
    if not 0 <= fraction < 1:
        raise DataError(f"data.test_fraction = {fraction}: must be from 0 up to, but not, 1")
    rng = np.random.default_rng([seed, SPLIT])
    labels = np.zeros(len(T), np.intp)
    if stratify:
        labels = np.unique(T, axis=0, return_inverse=True)[1].reshape(-1)
    held_out = np.zeros(len(T), dtype=bool)
    for label in range(labels.max(initial=-1) + 1):
        members = rng.permutation(np.flatnonzero(labels == label))
        held_out[members[: min(round(fraction * len(members)), len(members) - 1)]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)

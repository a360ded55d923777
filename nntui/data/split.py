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

    Stratified, the held-out part has round(fraction * samples) rows, of which every class (a value of T's one column,
    or the largest of several) gives its share, rounded up or down by the method of the largest remainder. Every
    class keeps at least one row to learn from, even where that makes the held-out part smaller. Else all samples are
    treated as one class. The seed alone decides which rows these are, and which of equal remainders comes first.
    Raises DataError for a fraction outside 0 ≤ fraction < 1.
    """
    if not 0 <= fraction < 1:
        raise DataError(f"data.test_fraction = {fraction}: must be from 0 up to, but not, 1")
    rng = np.random.default_rng([seed, SPLIT])
    labels = np.zeros(len(T), np.intp)
    if stratify:
        labels = T.argmax(axis=1) if T.shape[1] > 1 else np.unique(T[:, 0], return_inverse=True)[1]
    counts = np.bincount(labels)
    counts = counts[counts > 0]
    classes = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    members = [rng.permutation(rows) for rows in classes]
    shares = _shares(counts, fraction, rng.permutation(len(counts)))
    held_out = np.zeros(len(T), dtype=bool)
    for rows, share in zip(members, shares.tolist(), strict=False):
        held_out[rows[:share]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _shares(counts: Indices, fraction: float, order: Indices) -> Indices:
    """How many of each class are held out; ``order`` ranks the classes of equal remainder."""
    quotas = fraction * counts
    shares = np.minimum(quotas.astype(np.intp), counts - 1)
    left = round(fraction * int(counts.sum())) - int(shares.sum())
    ranked = order[np.argsort(-(quotas - shares)[order].round(9), kind="stable")]
    able = ranked[(quotas > shares)[ranked] & (shares < counts - 1)[ranked]]
    shares[able[: max(left, 0)]] += 1
    return shares

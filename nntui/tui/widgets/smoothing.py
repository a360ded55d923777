"""A smoother line through noisy buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.tui.widgets.raster import Buckets

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """Buckets whose line is smoother than their means; the rest is as it was (see `Buckets`)."""

    name: str
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    count: NDArray[np.int64]
    bad: NDArray[np.int64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    mean: NDArray[np.float32]


def smoothed(curve: Buckets, weight: float, *, log: bool = False) -> Smoothed:
    """The same buckets with a moving average for their means."""
    mean = moving_average(curve.mean, weight, log=log).astype(np.float32)
    name = getattr(curve, "name", "")
    return Smoothed(name, curve.first, curve.last, curve.count, curve.bad, curve.low, curve.high, mean)


def moving_average(values: NDArray[np.floating[Any]], weight: float, *, log: bool = False) -> Floats:
    """Return the exponential moving average of `values`, shape (n,), each time with the past's share `weight`.

    A value k buckets back counts `weight`**k times as much as the newest: at 0.9 half the average is made of the
    last 7 buckets, at 0.99 of the last 69. It is debiased: the first average is the first value, not one drawn
    towards zero. Values that are not finite are passed over as if they were not there, and are NaN in the result;
    with `log`, so are those that are not positive, and it is logarithms that are averaged.
    """
    x = np.asarray(values, dtype=np.float64)
    usable = np.isfinite(x) & (x > 0) if log else np.isfinite(x)
    taken = np.log(x[usable]) if log else x[usable]
    averages, total, norm = [], 0.0, 0.0
    for value in taken.tolist():
        total = weight * total + (1 - weight) * value
        norm = weight * norm + (1 - weight)
        averages.append(total / norm)
    result = np.full(len(x), math.nan)
    result[usable] = np.exp(averages) if log else averages
    return result

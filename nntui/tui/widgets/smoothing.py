"""A smoother line through noisy buckets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.tui.widgets.raster import Buckets

Floats = NDArray[np.float64]

#: At most so many units of smoothing make a run, and at least half as many, once it has so many steps.
UNITS = 256


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


@dataclass(frozen=True, slots=True, eq=False)
class Smoothing:
    """How smooth lines are: `weight` is the past's share after `unit` steps.

    `before` has what came before the window, by the name of the curve, so that the line is the same wherever the
    window begins; in coarse buckets, of which those that reach into the window are left out.
    """

    weight: float
    unit: float = 1.0
    before: Mapping[str, Buckets] = field(default_factory=dict)


def unit_of(newest: int) -> int:
    """The steps in which smoothing counts in a run of so many: it is the same in every window, and changes rarely."""
    return int(1 << (newest // UNITS).bit_length())


def smoothed(curve: Buckets, smoothing: Smoothing, *, log: bool = False) -> Smoothed:
    """The same buckets with a moving average for their means; a bucket counts as its steps would."""
    name = getattr(curve, "name", "")
    first, last, values = curve.first, curve.last, curve.mean
    past = smoothing.before.get(name)
    if past is not None and len(first):
        earlier = past.last < curve.first[0]
        first, last, values = (
            np.concatenate((old[earlier], new))
            for old, new in ((past.first, first), (past.last, last), (past.mean, values))
        )
    spans = np.diff(last, prepend=first[:1] - 1) / smoothing.unit
    averages = moving_average(values, smoothing.weight, spans=spans, log=log)
    mean = averages[len(averages) - len(curve.mean) :].astype(np.float32)
    return Smoothed(name, curve.first, curve.last, curve.count, curve.bad, curve.low, curve.high, mean)


def moving_average(
    values: NDArray[np.floating[Any]], weight: float, *, spans: Floats | None = None, log: bool = False
) -> Floats:
    """Return the exponential moving average of `values`, shape (n,), each time with the past's share `weight`.

    A value k places back counts `weight`**k times as much as the newest: at 0.9 half the average is made of the
    last 7 values, at 0.99 of the last 69. With `spans`, (n,), a value counts as so many that are equal. It is
    debiased: the first average is the first value, not one drawn towards zero. Values that are not finite are passed
    over as if they were not there, and are NaN in the result; with `log`, so are those that are not positive, and it
    is logarithms that are averaged.
    """
    x = np.asarray(values, dtype=np.float64)
    usable = np.isfinite(x) & (x > 0) if log else np.isfinite(x)
    taken = np.log(x[usable]) if log else x[usable]
    shares = weight ** (np.ones(len(x)) if spans is None else spans)[usable]
    averages, total, norm = [], 0.0, 0.0
    for value, share in zip(taken.tolist(), shares.tolist(), strict=True):
        total = share * total + (1 - share) * value
        norm = share * norm + (1 - share)
        averages.append(total / norm)
    result = np.full(len(x), math.nan)
    result[usable] = np.exp(averages) if log else averages
    return result

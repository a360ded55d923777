"""Buckets of steps, merged upward by powers of two.

A bucket at level L covers the steps from k·2^L to (k+1)·2^L - 1. Each level is made from the one below, so any range of
any run is drawn from about as many buckets as a chart has columns, and the extremes of every step are in them. The
finest level kept rises as the run grows: a stream never holds more than about ``KEEP`` buckets, whatever its length.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Most finished buckets of a stream, over all its levels; when there are more, the finest level is given up.
KEEP = 65_536

Buckets = NDArray[np.void]


def bucket_type(series: int) -> np.dtype[np.void]:
    """The packed record of one bucket of a stream with so many series."""
    return np.dtype(
        [
            ("first", "<i8"),
            ("last", "<i8"),
            ("count", "<i8"),
            ("low", "<f4", (series,)),
            ("high", "<f4", (series,)),
            ("mean", "<f4", (series,)),
            ("final", "<f4", (series,)),
            ("bad", "<u4", (series,)),
        ]
    )


def from_samples(steps: NDArray[np.int64], values: NDArray[Any]) -> Buckets:
    """One bucket a step: ``steps`` (n,), rising; ``values`` (n, series), NaN and infinity allowed."""
    buckets: Buckets = np.empty(len(steps), bucket_type(values.shape[1]))
    with np.errstate(over="ignore"):
        finite = values.astype(np.float32)
    good = np.isfinite(finite)
    finite[~good] = np.nan
    buckets["first"] = buckets["last"] = steps
    buckets["count"] = 1
    for name in ("low", "high", "mean", "final"):
        buckets[name] = finite
    buckets["bad"] = ~good
    return buckets


def join(parts: Iterable[Buckets]) -> Buckets:
    """Buckets of one stream, one after the other.

    NumPy's own concatenation finds a common type of all fields first, which takes longer than all else here.
    """
    parts = list(parts)
    joined: Buckets = np.frombuffer(b"".join(part.tobytes() for part in parts), parts[0].dtype)
    return joined


def merge(buckets: Buckets, level: int) -> Buckets:
    """The same steps in buckets of ``2**level`` steps; those given must be finer, and in order."""
    if len(buckets) < 2:
        return buckets
    keys = buckets["first"] >> level
    starts = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1))
    if len(starts) == len(buckets):
        return buckets
    ends = np.concatenate((starts[1:], [len(buckets)])) - 1
    merged: Buckets = np.empty(len(starts), buckets.dtype)
    merged["first"] = buckets["first"][starts]
    merged["last"] = buckets["last"][ends]
    merged["count"] = np.add.reduceat(buckets["count"], starts)
    merged["bad"] = np.add.reduceat(buckets["bad"], starts, axis=0)
    merged["low"] = np.fmin.reduceat(buckets["low"], starts, axis=0)
    merged["high"] = np.fmax.reduceat(buckets["high"], starts, axis=0)
    weight = (buckets["count"][:, None] - buckets["bad"]).astype(np.float64)
    total = np.add.reduceat(np.where(weight > 0, buckets["mean"] * weight, 0.0), starts, axis=0)
    weights = np.add.reduceat(weight, starts, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        merged["mean"] = total / weights
    merged["final"] = buckets["final"][ends]
    return merged


class Pyramid:
    """The levels of one stream as they grow; what is finished is handed out once, level by level."""

    def __init__(self, series: int, keep: int = KEEP) -> None:
        self.level = 0
        self._keep = keep
        self._last = -1
        self._finished: dict[int, int] = {}
        self._empty: Buckets = np.empty(0, bucket_type(series))
        self._pending: dict[int, Buckets] = {}

    @property
    def tail(self) -> Buckets:
        """The newest bucket of the finest level, not yet finished."""
        return self._pending.get(self.level, self._empty)

    @property
    def last(self) -> int:
        """The newest step; -1 before there is any."""
        return self._last

    def restore(self, level: int, finest: Buckets) -> dict[int, Buckets]:
        """Becomes what it was when its finest level, ``level``, held these buckets; returns the finished, by level."""
        self.level = level
        self._pending.clear()
        self._finished.clear()
        self._last = int(finest["last"][-1]) if len(finest) else -1
        finished: dict[int, Buckets] = {}
        new = finest
        while len(new):
            self._pending[level], new = self._split(merge(new, level), level)
            if len(new):
                finished[level] = new
                self._finished[level] = len(new)
            level += 1
        return finished

    def _split(self, buckets: Buckets, level: int) -> tuple[Buckets, Buckets]:
        """The last bucket if it is not finished, and those that are."""
        whole = buckets["last"][-1] + 1 == (buckets["last"][-1] >> level) + 1 << level
        return (self._empty, buckets) if whole else (buckets[-1:], buckets[:-1])

    def add(self, steps: NDArray[np.int64], values: NDArray[Any]) -> dict[int, Buckets]:
        """Takes samples at rising steps; returns the buckets they finish, by level."""
        finished: dict[int, Buckets] = {}
        level, new = self.level, from_samples(steps, values)
        self._last = int(steps[-1]) if len(steps) else self._last
        while len(new):
            buckets = merge(join((self._pending.get(level, self._empty), new)), level)
            self._pending[level], new = self._split(buckets, level)
            if len(new):
                finished[level] = new
                self._finished[level] = self._finished.get(level, 0) + len(new)
            level += 1
        return finished

    def outgrown(self) -> int | None:
        """The finest level, if there have become too many buckets: it is given up, and its number returned."""
        if sum(self._finished.values()) <= self._keep:
            return None
        level = self.level
        rest = self._pending.pop(level, self._empty)
        above = self._pending.get(level + 1, self._empty)
        self._pending[level + 1] = merge(join((above, rest)), level + 1)
        self.level = level + 1
        self._finished.pop(level, None)
        return level

"""Curves of several runs on one axis, and the mean of those that differ only in their seed, in the band they fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.store.records import Curve
from nntui.tui.widgets.scale import Course

Floats = NDArray[np.float64]

#: An axis in epochs or seconds counts in so many parts of one, since a chart places whole numbers.
PARTS = 1000


def placed(curve: Curve, course: Course | None) -> Curve:
    """The curve with thousandths of an epoch or of a second where its steps were, as the course of its run tells."""
    if course is None:
        return curve
    first = np.rint(course.at(curve.first.astype(np.float64)) * PARTS).astype(np.int64)
    after = np.rint(course.at(curve.last.astype(np.float64) + 1) * PARTS).astype(np.int64) - 1
    # A bucket of many steps reaches to the next one; one of a single step stays a point.
    return replace(curve, first=first, last=np.where(curve.last > curve.first, np.maximum(after, first), first))


def averaged(curves: Sequence[Curve], name: str, columns: int, *, log: bool = False) -> Curve:
    """The mean of some curves and the band from the least to the greatest of them, in at most so many columns.

    In each column a run counts once, with the mean of what it has there or, between two of its buckets, with the line
    from one to the other; not outside of its own steps, nor where it was not finite. ``count`` is how many runs that
    are; of fewer than two there is no band. The column in which it changes is left out, so that the line is cut: a
    step there is not what the runs did. With ``log`` the columns are of one width on a logarithmic axis.
    """
    curves = [curve for curve in curves if len(curve.first)]
    if not curves:
        nothing = np.empty(0, np.int64)
        return Curve(name, nothing, nothing, nothing, *(nothing.astype(np.float32),) * 4, nothing)
    start, end = min(int(curve.first[0]) for curve in curves), max(int(curve.last[-1]) for curve in curves)
    edges = _edges(start, end + 1, columns, log=log)
    values = np.array([_values(curve, edges) for curve in curves])
    bad = np.sum([_sums(curve, curve.bad, edges) for curve in curves], axis=0).astype(np.int64)
    n = np.isfinite(values).sum(axis=0)
    some = n > 0
    low, mean, high = (np.full(len(n), np.nan) for _ in range(3))
    for figure, taken in ((low, np.nanmin), (mean, np.nanmean), (high, np.nanmax)):
        figure[some] = taken(values[:, some], axis=0)
    for figure in (low, mean, high):
        figure[1:][(n[1:] != n[:-1]) & (n[:-1] > 0)] = np.nan
    means, last = mean.astype(np.float32), edges[1:] - 1
    return Curve(name, edges[:-1], last, n, low.astype(np.float32), high.astype(np.float32), means, means, bad)


def _edges(start: int, end: int, columns: int, *, log: bool) -> NDArray[np.int64]:
    """Where columns begin, rising whole numbers from ``start`` to ``end``, which is the end of the last."""
    if log and end > max(1, start) * 2:
        places = np.concatenate(([start], np.geomspace(max(1, start), end, columns + 1)))
    else:
        places = np.linspace(start, end, columns + 1)
    edges: NDArray[np.int64] = np.unique(np.rint(places).astype(np.int64))
    return edges


def _sums(curve: Curve, values: NDArray[Any], edges: NDArray[np.int64]) -> Floats:
    """What the buckets in the middle of each column add up to, shape (columns,)."""
    middles = (curve.first + curve.last) / 2
    column = np.clip(np.searchsorted(edges, middles, side="right") - 1, 0, len(edges) - 2)
    sums: Floats = np.bincount(column, weights=values.astype(np.float64), minlength=len(edges) - 1).astype(np.float64)
    return sums


def _values(curve: Curve, edges: NDArray[np.int64]) -> Floats:
    """What a run counts with in each column, shape (columns,); NaN where it has nothing."""
    finite = np.isfinite(curve.mean)
    kept = np.flatnonzero(finite)
    values = np.full(len(edges) - 1, np.nan)
    if not len(kept):
        return values
    weight = np.where(finite, np.maximum(curve.count - curve.bad, 1), 0)
    weights = _sums(curve, weight, edges)
    own = weights > 0
    values[own] = _sums(curve, np.where(finite, curve.mean, 0.0) * weight, edges)[own] / weights[own]
    first, last, mean = curve.first[kept], curve.last[kept], curve.mean[kept].astype(np.float64)
    middle = (edges[:-1] + edges[1:] - 1) / 2
    before = np.clip(np.searchsorted(first, middle, side="right") - 1, 0, len(kept) - 1)
    after = np.minimum(before + 1, len(kept) - 1)
    # Nothing that was not finite lies between the two buckets, or the middle lies inside of the first.
    joined = (kept[after] - kept[before] <= 1) | (middle <= last[before])
    inside = (middle >= first[0]) & (middle <= last[-1]) & joined & ~own
    values[inside] = np.interp(middle, (first + last) / 2, mean)[inside]
    return values

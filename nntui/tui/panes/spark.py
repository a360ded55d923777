"""A curve in a few cells of one line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nntui.store.records import Curve

_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-~=+*#"
#: What stands in a cell of which nothing finite is known.
_HOLE = -1


def heights(curve: Curve, cells: int) -> tuple[int, ...]:
    """How high a curve stands, 0 to 7, in each of so many equal parts of its steps; logarithmic where it can be.

    A part in which nothing was recorded continues the one before; -1 is one without a finite value.
    """
    if not len(curve.first):
        return ()
    start, end = int(curve.first[0]), int(curve.last[-1]) + 1
    middle = (curve.first + curve.last + 1) / 2
    edges = np.linspace(start, end, cells, endpoint=False)
    place = np.maximum(np.searchsorted(curve.first, edges, side="right") - 1, 0)
    groups = np.clip(((middle - start) / (end - start) * cells).astype(int), 0, cells - 1)
    values = curve.mean.astype(np.float64)[place]
    for cell in np.unique(groups):
        inside = curve.mean[groups == cell]
        finite = inside[np.isfinite(inside)]
        values[cell] = finite.mean(dtype=np.float64) if len(finite) else np.nan
    return tuple(_levels(values).tolist())


def _levels(values: NDArray[np.float64]) -> NDArray[np.int64]:
    finite = np.isfinite(values)
    levels = np.full(len(values), _HOLE, np.int64)
    if not finite.any():
        return levels
    if (values[finite] > 0).all():
        values = np.log(values, where=finite, out=np.full(len(values), np.nan))
    low, high = values[finite].min(), values[finite].max()
    share = (values[finite] - low) / (high - low) if high > low else np.zeros(finite.sum())
    levels[finite] = np.rint(share * (len(_BARS) - 1)).astype(np.int64)
    return levels


def drawn(levels: tuple[int, ...], *, ascii_only: bool = False) -> str:
    """The line: one character a height."""
    bars = _ASCII_BARS if ascii_only else _BARS
    return "".join("✗" if level == _HOLE else bars[level] for level in levels)

"""What a chart was asked to draw, and where that lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from nntui.ticks import grow
from nntui.tui.widgets.overlay import Mark
from nntui.tui.widgets.raster import Buckets
from nntui.tui.widgets.scale import Course, XAxis, x_axis
from nntui.tui.widgets.smoothing import Smoothing, smoothed


class NamedBuckets(Buckets, Protocol):
    """Buckets of a metric that has a name."""

    @property
    def name(self) -> str: ...


class Plotted(NamedTuple):
    """Curves and how they are shown: see ``Chart.plot``."""

    curves: tuple[NamedBuckets, ...] = ()
    marks: tuple[Mark, ...] = ()
    window: tuple[int, int] | None = None
    log: bool = False
    palette: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    log_x: bool = False
    unit: str = ""
    courses: tuple[Course, ...] = ()
    smoothing: Smoothing | None = None
    cursor: int | None = None
    faded: int = 0
    tags: tuple[str, ...] = ()
    bands: bool = True

    @property
    def drawable(self) -> list[NamedBuckets]:
        """The curves of which there is something to draw."""
        return [curve for curve in self.curves if len(curve.first)]

    def x_axis(self) -> XAxis:
        """The axis that shows the window or, without one, all of the curves that can be drawn."""
        curves = self.drawable
        return x_axis(
            self.window or _x_window(curves),
            newest=max(int(curve.last[-1]) for curve in curves),
            log=self.log_x,
            course=next((course for course in self.courses if course.unit == self.unit), None),
            grows=self.window is None,
        )

    def line(self, curve: Buckets) -> Buckets:
        """The curve whose means are drawn as a line."""
        return smoothed(curve, self.smoothing, log=self.log) if self.smoothing else curve

    def extremes(self, window: tuple[float, float]) -> tuple[float, float] | None:
        """The least and greatest value to be drawn in a window of steps; None where there is none."""
        curves = self.drawable
        parts = [
            slice(
                int(np.searchsorted(curve.last, window[0], side="left")),
                int(np.searchsorted(curve.first, window[1], side="right")),
            )
            for curve in curves
        ]

        def values(name: str) -> NDArray[np.float32]:
            return np.concatenate([getattr(curve, name)[part] for curve, part in zip(curves, parts, strict=True)])

        low, high = values("low"), values("high")
        if self.log:
            mean = values("mean")
            low = np.where(low > 0, low, np.where(mean > 0, mean, high))
            low, high = low[high > 0], high[high > 0]
        finite = np.isfinite(low) & np.isfinite(high)
        return (float(low[finite].min()), float(high[finite].max())) if finite.any() else None


def _x_window(curves: Sequence[Buckets]) -> tuple[int, int]:
    """A range of steps that holds all curves, from 0 unless they begin late, and grows in steps."""
    first = min(int(curve.first[0]) for curve in curves)
    last = max(int(curve.last[-1]) for curve in curves)
    start = first if 2 * first > last else 0
    return start, start + math.ceil(grow(max(10, last - start)))

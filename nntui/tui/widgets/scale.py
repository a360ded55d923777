"""The x axis of a chart: from steps to places on the canvas and back, and ticks in the axis's own unit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nntui.ticks import compact, exact, grow, labels, log_ticks, nice_ticks

Floats = NDArray[np.float64]

#: What an axis can count.
STEPS, EPOCHS, CLOCK = "steps", "epochs", "time"
#: Nothing is placed further from the canvas than so many times its width.
_FAR = 1e6
#: A course is known up to so many times the last recorded step.
_FURTHER = 10
#: Round spans of time in seconds, up to a day.
_ROUND_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
_ROUND_TIMES_LOG = (1, 10, 60, 600, 3600, 36_000, 86_400, 864_000, 8_640_000)
_TIME_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How epochs or time went by over the steps: nodes of a line that rises, in arrays of shape (nodes,)."""

    unit: str
    steps: Floats
    values: Floats

    def at(self, steps: Floats | float) -> Floats:
        """Epochs or seconds at these steps."""
        return np.asarray(np.interp(steps, self.steps, self.values))

    def step(self, values: Floats | float) -> Floats:
        """The steps at which so many epochs or seconds had gone by."""
        return np.asarray(np.interp(values, self.values, self.steps))

    def text(self, step: float) -> str:
        """Epochs or time at a step, in words."""
        value = float(self.at(step))
        return clock(value) if self.unit == CLOCK else f"epoch {compact(value)}"


def course(unit: str, nodes: Iterable[tuple[NDArray[np.int64], NDArray[np.floating[Any]]]]) -> Course | None:
    """The course through recorded nodes, steps and values, in any order; None where there are none.

    It begins at 0 and goes on at the pace of its second half, since the newest steps lie behind the last node.
    """
    parts = list(nodes)
    steps = np.concatenate([np.zeros(1), *(part[0] for part in parts)])
    values = np.concatenate([np.zeros(1), *(part[1] for part in parts)])
    keep = np.isfinite(values)
    steps, places = np.unique(steps[keep], return_index=True)
    values = np.maximum.accumulate(values[keep][places])
    if len(steps) < 2 or values[-1] <= 0:
        return None
    half = float(np.interp(steps[-1] / 2, steps, values))
    pace = max((values[-1] - half) / (steps[-1] / 2), values[-1] / steps[-1] * 1e-3)
    further = (_FURTHER - 1) * steps[-1]
    return Course(unit, np.append(steps, steps[-1] + further), np.append(values, values[-1] + pace * further))


@dataclass(frozen=True, slots=True)
class XAxis:
    """Places steps on the canvas: a share of 0 is its left end, 1 its right.

    ``window`` are the steps at the two ends, ``bounds`` the same in the axis's unit, which is that of ``course`` or,
    without one, steps.
    """

    window: tuple[float, float]
    bounds: tuple[float, float]
    log: bool = False
    course: Course | None = None

    def share(self, steps: Floats) -> Floats:
        """Where steps lie; outside the canvas below 0 or above 1, but never absurdly far."""
        values = self.course.at(steps) if self.course else steps
        lo, hi = self.bounds
        if self.log:
            lo, hi = math.log10(lo), math.log10(hi)
            values = np.log10(np.maximum(values, 1e-300))
        return np.clip((values - lo) / (hi - lo), -_FAR, _FAR) if hi > lo else np.zeros_like(values)

    def step(self, share: float) -> float:
        """The step, not rounded, that lies at a share of the canvas."""
        lo, hi = self.bounds
        value = lo * (hi / lo) ** share if self.log else lo + share * (hi - lo)
        return float(self.course.step(value)) if self.course else value

    def cell(self, step: float, columns: int, dots: int) -> int:
        """The column of cells, each of `dots` dot columns, in which the raster draws a step."""
        return self._cell(float(self.share(np.array([step], dtype=np.float64))[0]), columns, dots)

    def steps_in(self, cell: int, columns: int, dots: int) -> tuple[int, int]:
        """First and last step that are drawn in a column of cells; the last is less where there is none."""
        ends = max(1, columns * dots - 1)
        left, right = (self.step((edge * dots - 0.5) / ends) for edge in (cell, cell + 1))
        return math.ceil(left), math.ceil(right) - 1

    def step_in(self, cell: int, columns: int, dots: int) -> int:
        """The step in the middle of a column of cells or, where none is drawn there, the nearest."""
        return round(self.step((cell * dots + (dots - 1) / 2) / max(1, columns * dots - 1)))

    def ticks(self, columns: int, dots: int) -> tuple[tuple[int, str], ...]:
        """Cells and labels of round numbers on a canvas of so many columns, few enough to be read."""
        lo, hi = self.bounds
        unit = self.course.unit if self.course else STEPS
        count = max(1, columns // 10)
        values = _time_ticks(lo, hi, count, self.log) if unit == CLOCK else _ticks(lo, hi, count, self.log)
        words = [clock(value) for value in values] if unit == CLOCK else labels(values, log=self.log)
        if self.log:
            lo, hi, values = math.log10(lo), math.log10(hi), [math.log10(value) for value in values]
        span = hi - lo if hi > lo else 1.0
        return tuple(
            (self._cell((value - lo) / span, columns, dots), word) for value, word in zip(values, words, strict=True)
        )

    def column_text(self, columns: int) -> str:
        """What a column stands for: "1 column = 412 steps"; of a short run, "1 step = 4 columns"."""
        if self.log:
            return ""
        unit = self.course.unit if self.course else STEPS
        size = (self.bounds[1] - self.bounds[0]) / max(1, columns)
        if unit == CLOCK:
            return f"1 column = {clock(float(f'{size:.3g}') if size < 60 else size)}"
        word = unit.removesuffix("s")
        if 0 < size < 1:
            return f"1 {word} = {compact(1 / size)} columns"
        return f"1 column = {compact(size)} {word}{'' if size == 1 else 's'}"

    @staticmethod
    def _cell(share: float, columns: int, dots: int) -> int:
        return math.floor(share * (columns * dots - 1) + 0.5) // dots


def x_axis(
    window: tuple[float, float],
    *,
    newest: float | None = None,
    log: bool = False,
    course: Course | None = None,
    grows: bool = False,
) -> XAxis:
    """The axis over a window of steps.

    `newest` is the last step there is. Where the window reaches beyond it, an axis in epochs or time has a round
    length, so that it is not moved by every step; the length is rounder yet when the axis `grows` with the run.
    """
    start, end = window
    if log:
        start = max(1.0, start)
        end = max(end, start + 1)
    if course is None:
        return XAxis((start, end), (start, end), log)
    lo, hi = (float(value) for value in course.at(np.array([start, end])))
    if grows:
        hi = lo + grow(float(course.at(end if newest is None else newest)) - lo)
    elif newest is not None and end >= newest:
        hi = lo + _two_digits_up(float(course.at(newest)) - lo)
    if hi - lo <= 1e-9 * hi:
        hi = lo + max(1e-3, 1e-6 * hi)
    if log and lo <= 0:
        lo = hi * 1e-4
    return XAxis((start, float(course.step(hi))), (lo, hi), log, course)


def clock(seconds: float) -> str:
    """A span of time in its two largest units: "0.5s", "1m30s", "2h", "1d6h"."""
    if seconds < 60:
        return f"{compact(seconds)}s"
    whole = round(seconds)
    large = next(place for place, (size, _) in enumerate(_TIME_UNITS) if whole >= size)
    size, letter = _TIME_UNITS[large]
    text = f"{whole // size}{letter}"
    if large + 1 < len(_TIME_UNITS):
        smaller, other = _TIME_UNITS[large + 1]
        rest = whole % size // smaller
        text += f"{rest}{other}" if rest else ""
    return text


def _ticks(lo: float, hi: float, count: int, log: bool) -> list[float]:
    return (log_ticks(lo, hi, count) if log else nice_ticks(lo, hi, count)) or [lo]


def _time_ticks(lo: float, hi: float, count: int, log: bool) -> list[float]:
    if log:
        ticks = [float(time) for time in _ROUND_TIMES_LOG if lo <= time <= hi]
        return ticks if len(ticks) > 1 and lo >= 0.1 else _ticks(lo, hi, count, log)
    step = (hi - lo) / count
    if step <= _ROUND_TIMES[0]:
        return _ticks(lo, hi, count, log)
    if step > _ROUND_TIMES[-1]:
        return [86_400 * day for day in _ticks(lo / 86_400, hi / 86_400, count, log)]
    step = next(time for time in _ROUND_TIMES if time >= step)
    return [step * number for number in range(math.ceil(lo / step), math.floor(hi / step) + 1)] or [lo]


def _two_digits_up(value: float) -> float:
    """The next number of two digits and zeros at or above `value`."""
    if value <= 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return exact(math.ceil(value / unit - 1e-9) * unit)

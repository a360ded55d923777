"""A curve in a few cells of one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nntui.tui.widgets.raster import Buckets

BARS, ASCII_BARS = "▁▂▃▄▅▆▇█", "_.-~=+*#"
#: A cell in which no value was finite.
BAD, ASCII_BAD = "✗", "x"
#: Values within a factor of two are drawn as if they spanned it, so that a steady value looks steady.
LEAST_SPAN = math.log10(2)


def sparkline(
    curve: Buckets, cells: int, *, bounds: tuple[float, float] | None = None, ascii_only: bool = False
) -> str:
    """The means of a curve's buckets in exactly `cells` cells, each an equal part of its steps.

    Without `bounds` the scale is logarithmic, from the least value to the greatest, unless some are not positive.
    A cell in which nothing was recorded continues the one before.
    """
    if not len(curve.first) or cells <= 0:
        return " " * max(0, cells)
    values = _by_cell(curve, cells)
    finite = [value for value in values if value is not None and math.isfinite(value)]
    least = 0.0
    if bounds is None and finite and min(finite) > 0:
        values, least = [math.log10(value) if value else value for value in values], LEAST_SPAN
        finite = [math.log10(value) for value in finite]
    low, high = bounds or _span(finite, least)
    bars, bad = (ASCII_BARS, ASCII_BAD) if ascii_only else (BARS, BAD)
    return "".join(
        " " if value is None else bad if not math.isfinite(value) else bars[_level(value, low, high)]
        for value in values
    )


def _by_cell(curve: Buckets, cells: int) -> list[float | None]:
    """The mean of the buckets that begin in each cell, NaN where none was finite; None before the first."""
    start, end = int(curve.first[0]), int(curve.last[-1]) + 1
    sums, counts, seen = [0.0] * cells, [0] * cells, [False] * cells
    for first, mean in zip(curve.first.tolist(), curve.mean.tolist(), strict=True):
        cell = (first - start) * cells // (end - start)
        seen[cell] = True
        if math.isfinite(mean):
            sums[cell] += mean
            counts[cell] += 1
    values: list[float | None] = []
    for total, number, some in zip(sums, counts, seen, strict=True):
        values.append(total / number if number else math.nan if some else values[-1] if values else None)
    return values


def _span(values: Sequence[float], least: float) -> tuple[float, float]:
    """From the least value to the greatest, widened to a span of at least so much.

    What is steady lies at the height of a bar, not between two.
    """
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    short = max(0.0, least - (high - low))
    return low - short * 4 / 7, high + short * 3 / 7


def _level(value: float, low: float, high: float) -> int:
    share = (value - low) / (high - low) if high > low else 0.5
    return round(min(1.0, max(0.0, share)) * (len(BARS) - 1))

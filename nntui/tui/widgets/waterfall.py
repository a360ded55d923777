"""A chart whose curves can also be shown as rows of colour over the same axis: the level of each at every moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.style import Style

from nntui.ticks import compact
from nntui.tui import terminal
from nntui.tui.widgets.axes import Frame, YWindow, beside_names
from nntui.tui.widgets.chart import Chart
from nntui.tui.widgets.overlay import BAD, NOTHING, narrow
from nntui.tui.widgets.raster import Buckets, Raster
from nntui.tui.widgets.scale import XAxis

#: From little to much, blue to yellow, ever lighter on a dark screen and ever darker on a light one: in order for every
#: eye. Few colours make long runs of one, and those of the 256-colour palette are short: so few bytes on the wire.
DARK, LIGHT = (17, 24, 66, 108, 149, 191, 229), (230, 193, 150, 108, 66, 24, 17)
#: The same without colours.
SHADES, ASCII_SHADES = "·░▒▓█", ".:+#@"
#: Levels of cells in which nothing was recorded, and in which a value was not finite.
_NONE, _BAD = -1, -2
#: Cells of a name at most.
_MOST_NAME = 8

Levels = NDArray[np.int64]


class Waterfall(Chart):
    """A chart that shows its curves as rows of colour while `as_rows` is set.

    The first curve is the highest row. Colours tell logarithms, from `bounds[0]` to `bounds[1]`.
    """

    as_rows = False
    _drew_rows = False

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The values of the lowest and the highest colour as last drawn."""
        return self._y.bounds

    def scale(self) -> list[tuple[str, Style]]:
        """One cell for each level, from the lowest on, in its colour or shade."""
        if self._shades:
            return [(self._shades, Style.null())]
        return [("█", Style(color=Color.from_ansi(number))) for number in self._colours]

    @property
    def bounds_text(self) -> tuple[str, str]:
        """The bounds in words."""
        low, high = self._y.bounds or (0.0, 0.0)
        return compact(low), compact(high)

    @property
    def _colours(self) -> tuple[int, ...]:
        return DARK if self.app.current_theme.dark else LIGHT

    @property
    def _shades(self) -> str:
        """What stands for levels where colours cannot; nothing where they can."""
        if self._marker == "ascii":
            return ASCII_SHADES
        return "" if terminal.shows_palette(self.app) else SHADES

    def _painted(self, axis: XAxis) -> tuple[Frame, Raster]:
        if self.as_rows != self._drew_rows:
            self._drew_rows, self._y = self.as_rows, YWindow()
        if not self.as_rows:
            return super()._painted(axis)
        width, height = self.size
        outline = beside_names(width, height, axis, _short(self._plotted.labels), dots=self._dots)
        values = by_column(self._plotted.curves, axis, outline.columns, self._dots)
        finite = values[np.isfinite(values)]
        extremes = (float(10 ** finite.min()), float(10 ** finite.max())) if len(finite) else None
        low, high = map(math.log10, self._y.settle(extremes, log=True))
        shades = self._shades
        pixels = outline.rows * (1 if shades or len(values) <= outline.rows else 2)
        levels = _levels(rows_of(values, pixels), low, high, len(shades) or len(DARK))
        return outline, _in_shades(levels, shades) if shades else _in_colours(levels, outline.rows)

    def _styles(self) -> dict[int, Style]:
        styles = super()._styles()
        if not self.as_rows:
            return styles
        if self._shades:
            return styles | dict.fromkeys(range(1, 2 * len(SHADES), 2), Style.null())
        return styles | _cell_styles(self._colours)


def by_column(curves: Sequence[Buckets], axis: XAxis, columns: int, dots: int) -> NDArray[np.float64]:
    """The mean logarithm of each curve in each column: (curves, columns).

    NaN where nothing was recorded, +inf where a value was not finite, -inf where all were 0. A column that lies
    within one bucket has what that one has.
    """
    found = np.full((len(curves), columns), np.nan)
    alike: dict[bytes, list[int]] = {}
    for row, curve in enumerate(curves):
        if len(curve.first):
            alike.setdefault(curve.first.tobytes(), []).append(row)
    for rows in alike.values():  # one pass for all: the layers of a run are recorded at the same steps
        some = curves[rows[0]]
        begin, stop, known = _places(some, axis, columns, dots)
        means = np.stack([curves[row].mean for row in rows]).astype(np.float64)
        bad = np.stack([curves[row].bad for row in rows]) > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(np.maximum(means, 0.0))
            usable = np.isfinite(logs)
            values = _between(np.where(usable, logs, 0.0), begin, stop) / _between(usable, begin, stop)
        values[np.isnan(values)] = -np.inf
        values[_between(bad, begin, stop) > 0] = np.inf
        values[:, ~known] = np.nan
        found[rows] = values
    return found


def _places(curve: Buckets, axis: XAxis, columns: int, dots: int) -> tuple[Levels, Levels, NDArray[np.bool_]]:
    """The first bucket that belongs to each column, the one after the last, and whether the curve reaches there."""
    steps = np.append(curve.first, curve.last[-1]).astype(np.float64)
    cells = np.floor(axis.share(steps) * (columns * dots - 1) + 0.5).astype(np.int64) // dots
    left, end, here = cells[:-1], cells[-1], np.arange(columns)
    begin, stop = np.searchsorted(left, here, "left"), np.searchsorted(left, here, "right")
    begin = np.where(begin == stop, begin - 1, begin)
    return np.maximum(begin, 0), stop, (begin >= 0) & (here <= end)


def _between(values: NDArray[np.float64] | NDArray[np.bool_], begin: Levels, stop: Levels) -> NDArray[np.float64]:
    """The sums of values (curves, buckets) from each place to another."""
    sums = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return np.asarray(sums[:, stop] - sums[:, begin])


def rows_of(values: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """Values (curves, columns) on so many rows: each curve on several or, of several that share one, the worst.

    What is not finite is worst, then what is least.
    """
    curves = len(values)
    if curves <= rows:
        return values[np.arange(rows) * curves // rows]
    starts = np.arange(rows) * curves // rows
    least = np.fmin.reduceat(values, starts, axis=0)
    bad = np.logical_or.reduceat(values == np.inf, starts, axis=0)
    return np.where(bad, np.inf, least)


def _levels(values: NDArray[np.float64], low: float, high: float, count: int) -> Levels:
    """The level of each value."""
    share = np.clip((np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / (high - low), 0, 1)
    levels = np.minimum((share * count).astype(np.int64), count - 1)
    levels[np.isnan(values)] = _NONE
    levels[values == np.inf] = _BAD
    return levels


@lru_cache(maxsize=4)
def _short(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(narrow(name)[:_MOST_NAME] for name in names)


# Cells: owners are odd, as those of bands, so that the cursor is drawn over them.


def _in_shades(levels: Levels, shades: str) -> Raster:
    """A character for each level (rows, columns)."""
    glyphs = np.array([*map(ord, shades), ord("✗"), ord(" ")], dtype=np.uint32)
    owner = np.where(levels == _NONE, NOTHING, np.where(levels == _BAD, BAD, 2 * levels + 1))
    return Raster(glyphs[levels], owner.astype(np.int16), np.zeros(levels.shape[1], dtype=np.bool_))


def _in_colours(levels: Levels, rows: int) -> Raster:
    """A colour for each level, or one for the upper half of a cell and one for the lower."""
    upper, lower = (levels, levels) if len(levels) == rows else (levels[::2], levels[1::2])
    none, bad = upper == _NONE, (upper == _BAD) | (lower == _BAD)
    codes = np.where(bad, ord("✗"), np.where(upper == lower, ord(" "), ord("▀")))
    owner = np.where(bad, BAD, np.where(none, NOTHING, 2 * (upper * len(DARK) + lower) + 1))
    return Raster(codes.astype(np.uint32), owner.astype(np.int16), np.zeros(levels.shape[1], dtype=np.bool_))


@lru_cache(maxsize=4)
def _cell_styles(colours: tuple[int, ...]) -> dict[int, Style]:
    """The style of each owner of a cell in colour."""
    pairs = [(upper, lower) for upper in colours for lower in colours]
    return {
        2 * i + 1: Style(color=Color.from_ansi(upper), bgcolor=Color.from_ansi(lower))
        for i, (upper, lower) in enumerate(pairs)
    }

"""Points in a plane of cells: classes by marks, heights by bars, a curve by dots; with the least of axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.strip import Strip

from nntui.ticks import compact
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.raster import MARKERS
from nntui.tui.widgets.text import fit

Floats = NDArray[np.float64]
Text = str | tuple[str, Style]

#: A number is told by how high its bar is.
BARS, ASCII_BARS = "▁▂▃▄▅▆▇█", "01234567"
#: The bits of a braille character, by row and column of its dots.
_DOTS = np.array(MARKERS["braille"].weights)
#: Cells for what stands beside the upright axis, and the least that is left for points.
_MARGIN, _LEAST = 6, 8


class Plane:
    """Where points of x and y lie in so many cells; a little air is left around them."""

    def __init__(self, x: Floats, y: Floats, size: tuple[int, int], names: tuple[str, str]) -> None:
        width, height = size
        self.margin = _MARGIN if width >= _MARGIN + _LEAST else 0
        self.columns = max(1, width - self.margin - 1)
        self.rows = max(1, height - 2)
        self._names = names
        self._x, self._y = x, y
        self._ranges = _range(x), _range(y)

    def places(self, across: int, down: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Column and row, from the top, of each point, in a grid of so many dots a cell."""
        (x0, x1), (y0, y1) = self._ranges
        columns = np.floor((self._x - x0) / (x1 - x0) * self.columns * across).astype(np.int64)
        rows = np.floor((y1 - self._y) / (y1 - y0) * self.rows * down).astype(np.int64)
        return np.clip(columns, 0, self.columns * across - 1), np.clip(rows, 0, self.rows * down - 1)

    def framed(self, rows: Sequence[Sequence[Text]], axis: Style) -> list[Strip]:
        """Rows of cells with the axes around them."""
        beside = [""] * self.rows
        beside[self.rows // 2] = self._names[1]
        down = self.places(1, 1)[1]
        beside[down.min()], beside[down.max()] = compact(float(self._y.max())), compact(float(self._y.min()))
        lines = [
            line((fit(text, self.margin, right=True) + "│", axis), *cells)
            for text, cells in zip(beside, rows, strict=True)
        ]
        lines.append(line((" " * self.margin + "└" + "─" * self.columns, axis)))
        low, high = compact(float(self._x.min())), compact(float(self._x.max()))
        middle = fit(self._names[0], max(0, self.columns - len(low) - len(high) - 2)).strip()
        gaps = self.columns + 1 - len(low) - len(high) - len(middle)
        text = low + " " * (gaps // 2) + middle + " " * (gaps - gaps // 2) + high
        lines.append(line((" " * self.margin + fit(text, self.columns + 1), axis)))
        return lines


def _range(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    air = (high - low) / 20 or max(abs(high), 1.0) / 2
    return low - air, high + air


def by_class(plane: Plane, classes: NDArray[np.int64], series: Sequence[Style], axis: Style, marks: str) -> list[Strip]:
    """Each cell with the mark of the class that has most points in it; of several, that of the first."""
    columns, rows = plane.places(1, 1)
    count = int(classes.max()) + 1
    found, points = np.unique((rows * plane.columns + columns) * count + classes, return_counts=True)
    rising = found[np.lexsort((-found, points))]
    most = np.full((plane.rows, plane.columns), -1)
    most.flat[rising // count] = rising % count  # of those in the same cell, the last stays
    return plane.framed([[mark(int(kind), series, marks) for kind in row] for row in most], axis)


def mark(kind: int, series: Sequence[Style], marks: str) -> Text:
    """The mark of a class in its colour; a blank for -1, none."""
    return " " if kind < 0 else (marks[kind % len(marks)], series[kind % len(series)])


def by_height(plane: Plane, heights: Floats, style: Style, axis: Style, bars: str) -> list[Strip]:
    """Each cell with a bar as high as the mean of its points."""
    columns, rows = plane.places(1, 1)
    total, count = np.zeros((plane.rows, plane.columns)), np.zeros((plane.rows, plane.columns))
    np.add.at(total, (rows, columns), heights)
    np.add.at(count, (rows, columns), 1)
    with np.errstate(invalid="ignore"):
        levels = leveled(total / count, len(bars))
    return plane.framed([[bar(int(level), style, bars) for level in row] for row in levels], axis)


def bar(level: int, style: Style, bars: str) -> Text:
    """The bar of a level; a blank for -1, none."""
    return " " if level < 0 else (bars[level], style)


def leveled(values: Floats, count: int) -> NDArray[np.int64]:
    """Levels 0 to ``count`` - 1 over the range of the values; -1 where there is none."""
    levels = np.full(values.shape, -1, np.int64)
    finite = np.isfinite(values)
    if finite.any():
        low, high = values[finite].min(), values[finite].max()
        share = (values[finite] - low) / (high - low) if high > low else np.full(int(finite.sum()), 0.5)
        levels[finite] = np.rint(share * (count - 1)).astype(np.int64)
    return levels


def dotted(plane: Plane, style: Style, axis: Style, *, ascii_only: bool) -> list[Strip]:
    """Points as braille dots, eight a cell; a star a cell where there are only ASCII characters."""
    if ascii_only:
        columns, rows = plane.places(1, 1)
        taken = np.zeros((plane.rows, plane.columns), np.int64)
        taken[rows, columns] = 1
        return plane.framed(_cells(taken, lambda bits: "*" if bits else " ", style), axis)
    columns, rows = plane.places(2, 4)
    bits = np.zeros((plane.rows, plane.columns), np.int64)
    np.bitwise_or.at(bits, (rows // 4, columns // 2), _DOTS[rows % 4, columns % 2])
    return plane.framed(_cells(bits, lambda bits: chr(0x2800 + bits) if bits else " ", style), axis)


def _cells(bits: NDArray[np.int64], char: Callable[[int], str], style: Style) -> list[list[Text]]:
    return [[("".join(map(char, row)), style)] for row in bits.tolist()]

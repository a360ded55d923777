"""Windows, ticks and the frame around a canvas: the parts of a chart that change rarely."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from nntui.ticks import exact, labels, log_ticks, nice_ticks, round_up
from nntui.tui.widgets.scale import XAxis

#: A canvas smaller than this shows more without a frame.
_SMALLEST = 16, 4
#: y labels are at least this wide, so that the canvas does not move when they change.
_LABEL_WIDTH = 5


def settle(previous: tuple[float, float] | None, lo: float, hi: float, *, log: bool = False) -> tuple[float, float]:
    """Return a y window with round ends for values from `lo` to `hi`.

    The previous window stays while the values lie in it and fill half of it. With `log`, all values must be
    positive.
    """
    scale = math.log10 if log else float
    if previous is not None and (not log or previous[0] > 0):
        bottom, top = previous
        if bottom <= lo and hi <= top and scale(hi) - scale(lo) >= 0.5 * (scale(top) - scale(bottom)):
            return previous
    return _log_window(lo, hi) if log else _linear_window(lo, hi)


class YWindow:
    """The y window of a chart that is drawn again and again; it moves only when it must."""

    def __init__(self) -> None:
        #: The values at the two ends as last settled, None before; and whether that was for a logarithmic axis.
        self.bounds: tuple[float, float] | None = None
        self.log = False

    def settle(self, extremes: tuple[float, float] | None, *, log: bool) -> tuple[float, float]:
        """The window for values between two extremes; as it was, or any, where there are no values."""
        previous = self.bounds if self.log == log else None
        self.bounds = bounds = settle(previous, *extremes, log=log) if extremes else previous or (0.1, 1.0)
        self.log = log
        return bounds


def _linear_window(lo: float, hi: float) -> tuple[float, float]:
    size = max(abs(lo), abs(hi))
    if hi - lo <= max(1e-6 * size, 1e-30):
        margin = 0.5 * size if size > 1e-30 else 1.0
        lo, hi = lo - margin, hi + margin
    step = round_up((hi - lo) / 10)
    return exact(math.floor(lo / step + 1e-9) * step), exact(math.ceil(hi / step - 1e-9) * step)


def _log_window(lo: float, hi: float) -> tuple[float, float]:
    if hi <= lo * 1.1:
        lo, hi = lo / 2, hi * 2
    return 1 / round_up(1 / lo), round_up(hi)


class Frame(NamedTuple):
    """Axes, tick marks and labels as plain lines, and the canvas they leave free, in cells."""

    lines: tuple[str, ...]
    left: int
    columns: int
    rows: int


@lru_cache(maxsize=64)
def frame(
    width: int,
    height: int,
    x: XAxis,
    y_window: tuple[float, float],
    *,
    log: bool = False,
    dots: tuple[int, int] = (2, 4),
) -> Frame:
    """Return the frame for a chart of `width` by `height` cells; the canvas begins at its top row.

    `log` is the y axis's. `dots` are those of a cell (columns, rows): a tick stands at the cell in which its value
    is drawn. Too small a chart gets no frame, only a canvas.
    """
    y_ticks = log_ticks(*y_window, height // 3) if log else nice_ticks(*y_window, max(2, height // 3))
    y_labels = labels(y_ticks, log=log)
    label_width = max(_LABEL_WIDTH, *map(len, y_labels))
    columns, rows = width - label_width - 1, height - 2
    if columns < _SMALLEST[0] or rows < _SMALLEST[1]:
        return Frame((" " * max(0, width),) * max(0, height), 0, max(0, width), max(0, height))
    x_cells, x_labels = zip(*x.ticks(columns, dots[0]), strict=True)
    y_cells = tuple(rows - 1 - _cell(tick, y_window[::-1], rows, dots[1], log) for tick in y_ticks)
    beside = _y_axis(rows, y_cells, tuple(label.rjust(label_width) for label in y_labels))
    below = _x_axis(columns, x_cells, x_labels, label_width)
    return Frame((*(text + " " * columns for text in beside), *below), label_width + 1, columns, rows)


@lru_cache(maxsize=64)
def beside_names(width: int, height: int, x: XAxis, names: tuple[str, ...], *, dots: int = 2) -> Frame:
    """Return a frame whose y axis has names, each at the middle of an equal share of the rows, the first on top.

    Of several names that share a row the first stands there. `dots` are the dot columns of a cell. Names are of
    characters one cell wide.
    """
    label_width = max(_LABEL_WIDTH, *map(len, names), 0)
    columns, rows = width - label_width - 1, height - 2
    if columns < _SMALLEST[0] or rows < _SMALLEST[1]:
        return Frame((" " * max(0, width),) * max(0, height), 0, max(0, width), max(0, height))
    labels = [""] * rows
    for i, name in enumerate(names):
        row = (2 * i + 1) * rows // (2 * len(names))
        labels[row] = labels[row] or name
    beside = [label.rjust(label_width) + ("┤" if label else "│") + " " * columns for label in labels]
    x_cells, x_labels = zip(*x.ticks(columns, dots), strict=True)
    return Frame((*beside, *_x_axis(columns, x_cells, x_labels, label_width)), label_width + 1, columns, rows)


def _cell(value: float, window: tuple[float, float], cells: int, dots: int, log: bool) -> int:
    """The cell in which the raster draws a value."""
    start, end = window
    if log:
        value, start, end = math.log10(value), math.log10(start), math.log10(end)
    share = (value - start) / (end - start) if end != start else 0.0
    return math.floor(share * (cells * dots - 1) + 0.5) // dots


@lru_cache(maxsize=64)
def _y_axis(rows: int, cells: tuple[int, ...], labels: tuple[str, ...]) -> tuple[str, ...]:
    """Labels and the vertical axis, a line for each row of the canvas; the labels are of one width."""
    width = len(labels[0]) + 1
    figure = _plotext_figure((width + 1, rows + 2), (1, rows), ((0,), ("",)), (cells, labels))
    return tuple(text[:width] for text in figure[:rows])


@lru_cache(maxsize=64)
def _x_axis(columns: int, cells: tuple[int, ...], labels: tuple[str, ...], left: int) -> tuple[str, ...]:
    """The horizontal axis and its labels, two lines that begin below the labels of the other axis."""
    figure = _plotext_figure((left + 1 + columns, 3), (columns, 1), (cells, labels), ((0,), (" " * left,)))
    return figure[1:]


def _plotext_figure(
    size: tuple[int, int],
    canvas: tuple[int, int],
    x_ticks: tuple[tuple[int, ...], tuple[str, ...]],
    y_ticks: tuple[tuple[int, ...], tuple[str, ...]],
) -> tuple[str, ...]:
    """Let plotext draw an empty figure whose axes count cells.

    It takes a microsecond a cell; so each axis is drawn with only as much canvas as plotext needs.
    """
    import plotext  # 100 ms that a program without a chart should not spend

    # All that matters is set below; a new figure takes longer than the old one without its data.
    plotext.clear_data()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plotsize(*size)
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    # plotext leaves out the ticks of a figure without a series.
    plotext.scatter([], [])
    plotext.xlim(0, max(1, canvas[0] - 1))
    plotext.ylim(0, max(1, canvas[1] - 1))
    plotext.xticks(*x_ticks)
    plotext.yticks(*y_ticks)
    drawn: str = plotext.uncolorize(plotext.build())
    return tuple(line.ljust(size[0])[: size[0]] for line in drawn.split("\n")[: size[1]])

"""A chart of curves that grow while one looks at it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from nntui.text import plain
from nntui.ticks import compact
from nntui.tui.widgets.axes import Frame, frame, grow, settle
from nntui.tui.widgets.cells import MERGE_GAP, Cells, line
from nntui.tui.widgets.raster import DASHES, MARKERS, Buckets, Raster, raster
from nntui.tui.widgets.text import fit

#: How many series have a colour of their own.
SERIES = 6
_LEGEND = ("──", "╌╌", "┄┄", "─·", "··")
_ASCII_LEGEND = ("--", "- ", "..", "-.", ". ")
#: Owners of cells that belong to no curve (see `Raster.owner`).
_NOTHING, _MARK, _SYMBOL, _BAD = -1, -2, -3, -4
_PARTS = {_MARK: "mark", _SYMBOL: "symbol", _BAD: "bad"}
_TO_ASCII = str.maketrans("│─└┤┬┊✗▲▼●✕◆★", "|-+++!x^vox#*")


class NamedBuckets(Buckets, Protocol):
    """Buckets of a metric that has a name."""

    @property
    def name(self) -> str: ...


class Mark(NamedTuple):
    """An event to be shown on a chart: at which step, by which one-cell symbol, and in words."""

    step: int
    symbol: str
    label: str


class _Plotted(NamedTuple):
    """What was asked to be drawn."""

    curves: tuple[NamedBuckets, ...] = ()
    marks: tuple[Mark, ...] = ()
    window: tuple[int, int] | None = None
    log: bool = False
    palette: tuple[int, ...] = ()


class _Drawn(NamedTuple):
    """What is on the screen: everything from which the lines are made."""

    frame: Frame
    canvas: Raster
    styles: dict[int, Style]
    marker: str


class Chart(Cells):
    """Draws curves as a mean line in a min–max band, with axes, events and non-finite values.

    Give it about `buckets_wanted` buckets for each curve. Colours are the theme's; curves also differ by dashes.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"chart--series-{i}" for i in range(1, SERIES + 1)),
        *(f"chart--band-{i}" for i in range(1, SERIES + 1)),
        "chart--axis",
        "chart--mark",
        "chart--symbol",
        "chart--bad",
        "chart--empty",
    }

    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
        .chart--series-1 { color: $text-primary; }
        .chart--series-2 { color: $text-accent; }
        .chart--series-3 { color: $text-success; }
        .chart--series-4 { color: $text-error; }
        .chart--series-5 { color: $text-secondary; }
        .chart--series-6 { color: $text-warning; }
        .chart--band-1 { color: $primary 50%; }
        .chart--band-2 { color: $accent 50%; }
        .chart--band-3 { color: $success 50%; }
        .chart--band-4 { color: $error 50%; }
        .chart--band-5 { color: $secondary 50%; }
        .chart--band-6 { color: $warning 50%; }
        .chart--axis { color: $foreground 50%; }
        .chart--mark { color: $foreground 35%; }
        .chart--symbol { color: $foreground 80%; }
        .chart--bad { color: $error; text-style: bold; }
        .chart--empty { color: $foreground 60%; text-style: italic; }
        &:ansi, &:nocolor {
            .chart--band-1, .chart--band-2, .chart--band-3 { text-style: dim; }
            .chart--band-4, .chart--band-5, .chart--band-6 { text-style: dim; }
            .chart--axis, .chart--mark { text-style: dim; }
        }
        &:ansi {
            .chart--series-1, .chart--band-1 { color: $secondary; }
            .chart--series-2, .chart--band-2 { color: $warning; }
            .chart--series-5, .chart--band-5 { color: $primary; }
            .chart--series-6, .chart--band-6 { color: $foreground; }
        }
    }
    """

    #: Shown while there is nothing to draw.
    empty_text: str = "The curve appears after the first step."

    def __init__(
        self,
        *,
        marker: str = "braille",
        name: str | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._marker = _known(marker)
        self._plotted = _Plotted()
        self._y_window: tuple[float, float] | None = None
        self._y_log = False
        self._x_window = (0, 10)
        self._palette: dict[str, Style] = {}
        self._drawn: _Drawn | None = None

    @property
    def marker(self) -> str:
        """``braille``, ``quadrant`` or ``ascii``; setting it redraws."""
        return self._marker

    @marker.setter
    def marker(self, marker: str) -> None:
        if marker != self._marker:
            self._marker = _known(marker)
            self._draw()

    def plot(
        self,
        curves: Sequence[NamedBuckets],
        marks: Sequence[Mark] = (),
        *,
        window: tuple[int, int] | None = None,
        log: bool = False,
        palette: Sequence[int] | None = None,
    ) -> None:
        """Draw `curves`, the first on top, and `marks` behind them.

        `window` is the range of steps on the x axis; without it the axis holds all curves and grows in steps.
        `log` makes the y axis logarithmic: what is not positive is left out. `palette` numbers the series, from
        0, each curve is drawn as, so that a curve keeps its colour when others come and go.
        """
        chosen = tuple(palette) if palette is not None else tuple(range(len(curves)))
        self._plotted = _Plotted(tuple(curves), tuple(marks), window, log, chosen)
        self._draw()

    @property
    def buckets_wanted(self) -> int:
        """How many buckets a curve can show: the dot columns of the canvas, a guess before there is one."""
        columns = self._drawn.frame.columns if self._drawn else self.size.width or 100
        return columns * MARKERS[self._marker].dots[0]

    @property
    def column_text(self) -> str:
        """What a column of cells stands for: "1 column = 412 steps"; of a short run, "1 step = 4 columns"."""
        if self._drawn is None:
            return ""
        start, end = self._x_window
        steps = (end - start) / max(1, self._drawn.frame.columns)
        if 0 < steps < 1:
            return f"1 step = {compact(1 / steps)} columns"
        return f"1 column = {compact(steps)} step{'' if steps == 1 else 's'}"

    def legend(self) -> list[tuple[str, str, Style]]:
        """Symbol, name and style of each curve, in the order in which they were given."""
        symbols = _ASCII_LEGEND if self._marker == "ascii" else _LEGEND
        return [
            (symbols[series % len(symbols)], plain(curve.name), self._style(f"series-{series % SERIES + 1}"))
            for curve, series in zip(self._plotted.curves, self._plotted.palette, strict=True)
        ]

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._palette.clear()
        # The styles of components are updated after those of the widget.
        self.call_next(self._draw)

    def _style(self, component: str) -> Style:
        """The theme's style for a part of the chart, on whatever background the widget has."""
        if component not in self._palette:
            style = self.get_component_rich_style(f"chart--{component}")
            self._palette[component] = Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic)
        return self._palette[component]

    def _draw(self) -> None:
        """Draw what was last plotted, in the size, marker and colours of now."""
        width, height = self.size
        if not self.is_mounted or not width or not height:
            return
        plotted = self._plotted
        curves = [curve for curve in plotted.curves if len(curve.first)]
        if not curves:
            self._drawn = None
            self.show(self._empty_lines())
            return
        self._x_window = plotted.window or _x_window(curves)
        self._y_window = self._settled(_extremes(curves, self._x_window, plotted.log))
        self._y_log = plotted.log
        dots = MARKERS[self._marker].dots
        outline = frame(width, height, self._x_window, self._y_window, log=plotted.log, dots=dots)
        canvas = raster(
            plotted.curves,
            self._x_window,
            self._y_window,
            outline.columns,
            outline.rows,
            log=plotted.log,
            marker=self._marker,
            dashes=[DASHES[series % len(DASHES)] for series in plotted.palette],
        )
        _draw_marks(canvas, plotted.marks, self._x_window, dots[0])
        canvas.codes[-1, canvas.bad], canvas.owner[-1, canvas.bad] = ord("✗"), _BAD
        before, self._drawn = self._drawn, _Drawn(outline, canvas, self._styles(), self._marker)
        self.show(self._canvas_lines(self._drawn), _differences(before, self._drawn))

    def _settled(self, extremes: tuple[float, float] | None) -> tuple[float, float]:
        previous = self._y_window if self._y_log == self._plotted.log else None
        if extremes is None:
            return previous or (0.1, 1.0)
        return settle(previous, *extremes, log=self._plotted.log)

    def _empty_lines(self) -> list[Strip]:
        width, height = self.size
        text = fit(self.empty_text, min(width, cell_len(self.empty_text)))
        margin = " " * ((width - cell_len(text)) // 2)
        return [line("")] * ((height - 1) // 2) + [line(margin, (text, self._style("empty")))]

    def _styles(self) -> dict[int, Style]:
        """The style of each owner of a cell."""
        styles = {_NOTHING: Style.null(), **{owner: self._style(name) for owner, name in _PARTS.items()}}
        for i, series in enumerate(self._plotted.palette):
            styles[2 * i] = self._style(f"series-{series % SERIES + 1}")
            styles[2 * i + 1] = self._style(f"band-{series % SERIES + 1}")
        return styles

    def _canvas_lines(self, drawn: _Drawn) -> list[Strip]:
        """Join the frame and the canvas to lines, a segment for each run of cells in one style."""
        outline, canvas, styles, marker = drawn
        axis = self._style("axis")
        text = canvas.codes.astype("<u4").tobytes().decode("utf-32-le")
        frame_lines = outline.lines
        if marker == "ascii":
            text = text.translate(_TO_ASCII)
            frame_lines = tuple(line.translate(_TO_ASCII) for line in frame_lines)
        starts = np.ones(canvas.owner.shape, dtype=np.bool_)
        np.not_equal(canvas.owner[:, 1:], canvas.owner[:, :-1], out=starts[:, 1:])
        begins = np.flatnonzero(starts)
        places, owners = begins.tolist(), canvas.owner.reshape(-1)[begins].tolist()
        pieces = map(text.__getitem__, map(slice, places, [*places[1:], len(text)]))
        segments = list(map(Segment, pieces, map(styles.__getitem__, owners)))
        rows = np.flatnonzero(begins % outline.columns == 0).tolist()
        width = outline.left + outline.columns
        lines = [
            Strip([Segment(beside[: outline.left], axis), *segments[start:end]], width)
            for beside, start, end in zip(frame_lines, rows, [*rows[1:], len(segments)], strict=False)
        ]
        return lines + [Strip([Segment(text, axis)]) for text in frame_lines[outline.rows :]]


def _differences(before: _Drawn | None, after: _Drawn) -> list[Region] | None:
    """Where two drawings differ; None when that is as good as everywhere.

    Looking at the canvas as arrays is ten times faster than comparing the lines.
    """
    frame, canvas = after.frame, after.canvas
    if before is None or (before.styles, before.marker) != (after.styles, after.marker):
        return None
    old = before.frame
    if (old.left, old.columns, old.rows, len(old.lines)) != (frame.left, frame.columns, frame.rows, len(frame.lines)):
        return None
    regions = []
    for y, (one, two) in enumerate(zip(old.lines, frame.lines, strict=True)):
        if one != two:
            regions.append(Region(0, y, frame.left if y < frame.rows else frame.left + frame.columns, 1))
    differs = (before.canvas.codes != canvas.codes) | (before.canvas.owner != canvas.owner)
    rows, columns = np.nonzero(differs)
    if len(rows):
        ends = np.flatnonzero((rows[1:] != rows[:-1]) | (columns[1:] - columns[:-1] > MERGE_GAP)).tolist()
        ends.append(len(rows) - 1)
        row_of, column_of, start = rows.tolist(), columns.tolist(), 0
        for end in ends:
            left, right = column_of[start], column_of[end]
            regions.append(Region(frame.left + left, row_of[start], right - left + 1, 1))
            start = end + 1
    return regions


def _known(marker: str) -> str:
    if marker not in MARKERS:
        raise ValueError(f"marker is {marker!r}, but can be {', '.join(MARKERS)}")
    return marker


def _x_window(curves: Sequence[Buckets]) -> tuple[int, int]:
    """A range of steps that holds all curves, from 0 unless they begin late, and grows in steps."""
    first = min(int(curve.first[0]) for curve in curves)
    last = max(int(curve.last[-1]) for curve in curves)
    start = first if 2 * first > last else 0
    return start, start + math.ceil(grow(max(10, last - start)))


def _extremes(curves: Sequence[Buckets], window: tuple[int, int], log: bool) -> tuple[float, float] | None:
    """The least and greatest value to be drawn in the window; None where there is none."""
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
    if log:
        mean = values("mean")
        low = np.where(low > 0, low, np.where(mean > 0, mean, high))
        low, high = low[high > 0], high[high > 0]
    finite = np.isfinite(low) & np.isfinite(high)
    return (float(low[finite].min()), float(high[finite].max())) if finite.any() else None


def _draw_marks(canvas: Raster, marks: Sequence[Mark], window: tuple[int, int], dots: int) -> None:
    """Put marks on the canvas: a line behind the curves, the symbol on top, the label where it has room.

    Of several marks in a column the last one is shown.
    """
    codes, owner = canvas.codes, canvas.owner
    columns = codes.shape[1]
    start, end = window
    by_column = {
        math.floor((mark.step - start) / (end - start) * (columns * dots - 1) + 0.5) // dots: mark
        for mark in sorted(marks, key=lambda mark: mark.step)
        if start <= mark.step <= end > start
    }
    for column in by_column:
        free = owner[:, column] == _NOTHING
        codes[free, column], owner[free, column] = ord("┊"), _MARK
    places = [*by_column, columns]
    for (column, mark), following in zip(by_column.items(), places[1:], strict=True):
        codes[0, column], owner[0, column] = ord((plain(mark.symbol) or "┊")[0]), _SYMBOL
        label = plain(mark.label)
        room = slice(column + 1, column + 2 + len(label))
        if label and room.stop <= following and cell_len(label) == len(label) and (owner[0, room] == _NOTHING).all():
            codes[0, room.start : room.stop - 1] = [ord(char) for char in label]
            owner[0, room.start : room.stop - 1] = _MARK

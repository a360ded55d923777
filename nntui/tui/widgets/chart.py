"""A chart of curves that grow while one looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from nntui.text import plain
from nntui.tui.widgets.axes import Frame, YWindow, frame
from nntui.tui.widgets.cells import Cells, line
from nntui.tui.widgets.drawn import Drawn
from nntui.tui.widgets.overlay import (
    BAD,
    BOX,
    CURSOR,
    FIRST_IN_BOX,
    MARK,
    NOTHING,
    SYMBOL,
    Mark,
    draw_bad,
    draw_box,
    draw_cursor,
    draw_marks,
    draw_tags,
)
from nntui.tui.widgets.plotted import NamedBuckets, Plotted
from nntui.tui.widgets.raster import DASHES, MARKERS, Raster, raster
from nntui.tui.widgets.readout import Named, Reading, read, readout
from nntui.tui.widgets.scale import Course, XAxis, x_axis
from nntui.tui.widgets.smoothing import Smoothing
from nntui.tui.widgets.text import fit

__all__ = ["SERIES", "Chart", "Mark", "NamedBuckets"]

#: How many series have a colour of their own.
SERIES = 6
_LEGEND = ("──", "╌╌", "┄┄", "─·", "··", "─:")
_ASCII_LEGEND = ("--", "- ", "..", "-.", ". ", "-:")
#: Rows of dots in a cell: the axis tells no finer differences.
_DOTS_DOWN = 4
_PARTS = {MARK: "mark", SYMBOL: "symbol", BAD: "bad", CURSOR: "cursor", BOX: "box"}


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
        "chart--cursor",
        "chart--box",
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
        .chart--cursor { color: $foreground 70%; }
        .chart--box { color: $foreground; background: $panel; }
        .chart--empty { color: $foreground 60%; text-style: italic; }
        &:ansi, &:nocolor {
            .chart--band-1, .chart--band-2, .chart--band-3 { text-style: dim; }
            .chart--band-4, .chart--band-5, .chart--band-6 { text-style: dim; }
            .chart--axis, .chart--mark { text-style: dim; }
            .chart--box { text-style: reverse; }
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
    empty_text: str = ""

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
        self._plotted = Plotted()
        self._y = YWindow()
        self._axis = x_axis((0, 10))
        self._palette: dict[str, Style] = {}
        self._drawn: Drawn | None = None
        self._canvas = 0  # its columns as it is drawn, 0 while there is nothing to draw

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
        labels: Sequence[str] = (),
        log_x: bool = False,
        unit: str = "",
        courses: Sequence[Course] = (),
        smoothing: Smoothing | None = None,
        cursor: int | None = None,
        faded: int = 0,
        tags: Sequence[str] = (),
        bands: bool = True,
    ) -> None:
        """Draw `curves`, the first on top, and `marks` behind them.

        `window` is the range of steps on the x axis; without it the axis holds all curves and grows in steps.
        `log` makes the y axis logarithmic: what is not positive is left out; `log_x` the x axis. That counts
        steps or, if one of the `courses` has the `unit`, what this one tells. `palette` numbers the series, from 0,
        each curve is drawn as, so that a curve keeps its colour when others come and go; `labels` are their names
        for people. With a `smoothing` lines are moving averages (see `moving_average`). `cursor` is the
        step whose values are read. The last so many curves that are `faded` are as faint as bands, without a legend.
        `tags` are a few characters for each curve, which stand on its line. Without `bands` there are only lines.
        """
        chosen = tuple(palette) if palette is not None else tuple(range(len(curves)))
        names = tuple(map(plain, labels or (curve.name for curve in curves[: len(curves) - faded])))
        self._plotted = Plotted(
            *(tuple(curves), tuple(marks), window, log, chosen, names, log_x, unit, tuple(courses)),
            *(smoothing, cursor, faded, tuple(tags), bands),
        )
        self._draw()

    @property
    def buckets_wanted(self) -> int:
        """How many buckets a curve can show: the dot columns of the canvas, a guess before there is one."""
        return self.columns * self._dots

    @property
    def columns(self) -> int:
        """The columns of the canvas, a guess before there is one."""
        return self._drawn.frame.columns if self._drawn else self.size.width or 100

    @property
    def axis(self) -> XAxis:
        """The x axis as it was last drawn."""
        return self._axis

    @property
    def column_text(self) -> str:
        """What a column of cells stands for: "1 column = 412 steps"; of a short run, "1 step = 4 columns"."""
        return self._axis.column_text(self._drawn.frame.columns) if self._drawn else ""

    def step_at(self, x: int) -> int | None:
        """The step drawn at a column of the widget's content; at the nearest of the canvas when it is outside."""
        if self._drawn is None:
            return None
        columns = self._drawn.frame.columns
        cell = min(max(0, x - self._drawn.frame.left), columns - 1)
        return self._axis.step_in(cell, columns, self._dots)

    def step_beside(self, step: int, cells: int) -> int:
        """The step so many columns of cells to the right of another one, or left of it; at least one step away.

        It may lie outside the canvas.
        """
        columns = self.columns
        beside = self._axis.step_in(self._axis.cell(step, columns, self._dots) + cells, columns, self._dots)
        return max(beside, step + 1) if cells > 0 else min(beside, step - 1)

    @property
    def _dots(self) -> int:
        return MARKERS[self._marker].dots[0]

    def legend(self) -> list[tuple[str, str, Style]]:
        """Symbol, name and style of each curve, in the order in which they were given."""
        symbols = _ASCII_LEGEND if self._marker == "ascii" else _LEGEND
        return [
            (symbols[_dash(series)], label, self._style(f"series-{series % SERIES + 1}"))
            for label, series in zip(self._plotted.labels, self._plotted.palette, strict=False)
        ]

    def redraw(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if not self._component_styles:  # another theme
            self._palette.clear()

    def _style(self, component: str) -> Style:
        """The theme's style for a part of the chart, on whatever background the widget has."""
        if component not in self._palette:
            style = self.get_component_rich_style(f"chart--{component}")
            plain_style = Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic)
            if component == "box":
                plain_style += Style(bgcolor=style.bgcolor, reverse=style.reverse)
            self._palette[component] = plain_style
        return self._palette[component]

    def _draw(self) -> None:
        """Draw what was last plotted, in the size, marker and colours of now."""
        width, height = self.size
        if not self.is_mounted or not width or not height:
            return
        plotted = self._plotted
        if not plotted.drawable:
            self._drawn, self._canvas = None, 0
            self.show(self._empty_lines())
            return
        self._axis = axis = plotted.x_axis()
        outline, canvas = self._painted(axis)
        self._canvas = outline.columns
        draw_marks(canvas, plotted.marks, axis, self._dots)
        self._draw_cursor(canvas)
        before, self._drawn = self._drawn, Drawn(outline, canvas, self._styles(), self._marker)
        self.show(self._drawn.lines(self._style("axis")), self._drawn.changes(before))

    def _painted(self, axis: XAxis) -> tuple[Frame, Raster]:
        """The frame, and the canvas with the curves."""
        plotted, (width, height) = self._plotted, self.size
        window = self._y.settle(plotted.extremes(axis.window), log=plotted.log)
        outline = frame(width, height, axis, window, log=plotted.log, dots=MARKERS[self._marker].dots)
        canvas = raster(
            [plotted.line(curve) for curve in plotted.curves],
            axis.window,
            window,
            outline.columns,
            outline.rows,
            log=plotted.log,
            marker=self._marker,
            dashes=[DASHES[_dash(series)] for series in plotted.palette],
            place=axis.share,
            bands=plotted.bands,
        )
        draw_tags(canvas, plotted.tags)
        draw_bad(canvas)
        return outline, canvas

    def _draw_cursor(self, canvas: Raster) -> None:
        """The cursor and, in a box, what it reads."""
        plotted, (rows, columns) = self._plotted, canvas.codes.shape
        steps = self.steps_read
        if steps is None or plotted.cursor is None:
            return
        column = self._axis.cell(plotted.cursor, columns, self._dots)
        draw_cursor(canvas, column)
        legend = zip(self.legend(), self.readings(), strict=False)
        readings = [Named(symbol, label, reading) for (symbol, label, _), reading in legend]
        here = [mark for mark in plotted.marks if steps[0] <= mark.step <= steps[1]]
        low, high = self._y.bounds or (0.0, 0.0)
        finest = 0.0 if self._y.log else (high - low) / (_DOTS_DOWN * rows)
        box = readout(self.place_text(*steps), readings, here, columns, rows, finest, at=self.step_text)
        draw_box(canvas, box, column)

    @property
    def steps_read(self) -> tuple[int, int] | None:
        """First and last step of the column in which the cursor stands; None where it is not seen."""
        step = self._plotted.cursor
        if not self._canvas or step is None or not self._axis.window[0] <= step <= self._axis.window[1]:
            return None
        column = self._axis.cell(step, self._canvas, self._dots)
        first, last = self._axis.steps_in(column, self._canvas, self._dots)
        return max(0, min(first, step)), max(last, step)

    def readings(self) -> list[Reading | None]:
        """What the cursor reads of each curve; nothing where it is not seen."""
        steps, plotted = self.steps_read, self._plotted
        if steps is None:
            return []
        return [read(curve, *steps, plotted.line(curve) if plotted.smoothing else None) for curve in plotted.curves]

    def place_text(self, first: int, last: int) -> list[str]:
        """Where the cursor stands, in words, the most important first."""
        where = f"step {first:,}" if first == last else f"steps {first:,}–{last:,}"
        return [where, *(course.text(self._plotted.cursor or 0) for course in self._plotted.courses)]

    def step_text(self, step: int) -> str:
        """A step in few characters."""
        return f"{step:,}"

    def _empty_lines(self) -> list[Strip]:
        width, height = self.size
        text = fit(self.empty_text, min(width, cell_len(self.empty_text)))
        margin = " " * ((width - cell_len(text)) // 2)
        return [line("")] * ((height - 1) // 2) + [line(margin, (text, self._style("empty")))]

    def _styles(self) -> dict[int, Style]:
        """The style of each owner of a cell."""
        styles = {NOTHING: Style.null(), **{owner: self._style(name) for owner, name in _PARTS.items()}}
        reads = self._plotted.cursor is not None
        for i, series in enumerate(self._plotted.palette):
            is_faded = i >= len(self._plotted.curves) - self._plotted.faded
            styles[2 * i] = self._style(f"{'band' if is_faded else 'series'}-{series % SERIES + 1}")
            if reads:
                styles[FIRST_IN_BOX - i] = styles[BOX] + styles[2 * i]
            styles[2 * i + 1] = self._style(f"band-{series % SERIES + 1}")
        return styles


def _dash(series: int) -> int:
    """Which dashes a series has; those that share a colour have others."""
    return (series + series // SERIES) % len(DASHES)


def _known(marker: str) -> str:
    if marker not in MARKERS:
        raise ValueError(f"marker is {marker!r}, but can be {', '.join(MARKERS)}")
    return marker

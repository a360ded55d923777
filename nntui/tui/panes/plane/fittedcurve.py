"""The fitted curve over one input: what the network says along it, and the data points around it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip

from nntui.text import plain
from nntui.tui.panes.data.marks import glyph
from nntui.tui.panes.numbers import figure
from nntui.tui.panes.pane import awaited
from nntui.tui.panes.plane.points import shown_points
from nntui.tui.panes.plane.view import Look, Shown, View, framed, spelled, window
from nntui.tui.picture import Answer, Picture, Question
from nntui.tui.widgets.axes import Frame, frame, settle
from nntui.tui.widgets.dots import canvas, characters, curve
from nntui.tui.widgets.pixels import Stamps
from nntui.tui.widgets.raster import MARKERS
from nntui.tui.widgets.scale import XAxis

#: Outputs that have a curve of their own.
MOST_CURVES = 6
#: One cell in so many shows a data point at most.
CELLS_A_POINT = 12


class FittedCurve(View):
    """A curve for each output, in the unit of the target; a cross reads the curves at an input."""

    name: ClassVar = "curve"

    def __init__(self) -> None:
        self._key: object = None
        self._frame: Frame | None = None
        self._x, self._y = (0.0, 1.0), (0.0, 1.0)
        self._question: Question | None = None
        self._cross: int | None = None

    def question(self, picture: Picture, size: Size, look: Look) -> Question | None:
        """An input for each column of dots."""
        rows = picture.rows
        if "X" not in rows:
            return None
        key = picture.run.id, size, look.marker
        if key != self._key:
            dots = MARKERS[look.marker].dots
            shown = rows["T"][:, :MOST_CURVES][np.isfinite(rows["T"][:, :MOST_CURVES])]
            lo, hi = window(shown)
            self._x, self._y = window(rows["X"][:, 0]), settle(None, lo, hi)
            self._frame = frame(size.width, size.height, XAxis(self._x, self._x), self._y, dots=dots)
            inputs = np.linspace(*self._x, self._frame.columns * dots[0])
            self._key, self._question = key, Question(inputs[:, np.newaxis])
        return self._question

    def draw(self, picture: Picture, answer: Answer | None, size: Size, look: Look) -> Shown:
        """Curves and points in their axes."""
        around = self._frame
        if around is None:
            return [look.quiet(awaited(picture.run, "curve"), size.width)], ""
        cells, styles = self._curves(answer, around, look)
        stamps = self._points(picture, around, look)
        lines = [_line(cells[y], styles[y], stamps, y) for y in range(around.rows)]
        return framed(around, lines, look.style("axis")), self._caption(picture, answer, size, look)

    def _curves(self, answer: Answer | None, around: Frame, look: Look) -> tuple[NDArray[np.str_], list[list[Style]]]:
        """The character of each cell, and its style; the first output is on top."""
        cells = np.full((around.rows, around.columns), " ")
        owner = np.full(cells.shape, -1)
        outputs = answer.P[:, :MOST_CURVES].T if answer is not None and len(answer.P) else ()
        lo, hi = self._y
        for k, values in reversed(list(enumerate(outputs))):
            dots = canvas(around.columns, around.rows, look.marker)
            curve(dots, (values - lo) / (hi - lo))
            drawn = characters(dots, look.marker)
            cells, owner = np.where(drawn == " ", cells, drawn), np.where(drawn == " ", owner, k)
            bad = ~np.isfinite(values).reshape(around.columns, -1).any(axis=1) if len(values) else ()
            cells[-1, bad], owner[-1, bad] = ("?" if look.ascii else "✗"), -2
        if self._cross is not None:
            column = min(self._cross, around.columns - 1)
            free = cells[:, column] == " "
            cells[free, column], owner[free, column] = ("|" if look.ascii else "┊"), -1
        styles = {-2: look.style("bad"), -1: look.style("quiet")}
        styles |= {k: look.style(f"series-{k + 1}") for k in range(MOST_CURVES)}
        return cells, [[styles[i] for i in row] for row in owner.tolist()]

    def _points(self, picture: Picture, around: Frame, look: Look) -> Stamps:
        X, T, part = (picture.rows[name] for name in ("X", "T", "part"))
        chosen = shown_points(np.column_stack((X, T)), part, max(1, around.rows * around.columns // CELLS_A_POINT))
        across, down = MARKERS[look.marker].dots
        column = (X[chosen, 0] - self._x[0]) / (self._x[1] - self._x[0]) * (around.columns * across - 1)
        stamps = {}
        for k in reversed(range(min(T.shape[1], MOST_CURVES))):
            share = (self._y[1] - T[chosen, k]) / (self._y[1] - self._y[0]) * (around.rows * down - 1)
            cells = zip(_cells(share, down), _cells(column, across), part[chosen].tolist(), strict=True)
            style = look.style(f"series-{k + 1}") if T.shape[1] > 1 else look.style("point")
            for y, x, test in cells:
                stamps[y, x] = glyph(k, test=bool(test), ascii_only=look.ascii), style
        return stamps

    def _caption(self, picture: Picture, answer: Answer | None, size: Size, look: Look) -> Content | str:
        data = picture.run.data
        name = plain(str(data["features"][0]))
        outputs = [plain(str(each)) for each in data.get("outputs") or (data.get("target", "output"),)][:MOST_CURVES]
        if answer is not None and answer.error:
            return answer.error
        if self._cross is not None and self._question is not None:
            i = min(self._cross * MARKERS[look.marker].dots[0], len(self._question.X) - 1)
            known = answer is not None and i < len(answer.P)
            said = [figure(float(v), 0) for v in answer.P[i]] if answer is not None and known else ["…"] * len(outputs)
            told = ", ".join(f"{each} {value}" for each, value in zip(outputs, said, strict=False))
            return f"{name} {self._question.X[i, 0]:.3g} → {told}"
        marks = [glyph(0, test=test, ascii_only=look.ascii) for test in (False, True)]
        tested = bool(np.any(picture.rows["part"]))
        data_text = f"{marks[0]} train {marks[1]} test" if tested else f"{marks[0]} data"
        if len(outputs) == 1:
            text = f"{outputs[0]} over {name} · {data_text}"
        else:
            text = " ".join(f"{glyph(k, test=False, ascii_only=look.ascii)} {each}" for k, each in enumerate(outputs))
            text += f" · over {name}"
        return text if len(text) <= size.width - 2 else text[: max(0, size.width - 3)] + "…"

    # Moving about

    def move(self, across: int, down: int) -> None:
        """Moves the cross, which comes from the middle."""
        if self._frame is not None:
            middle = self._frame.columns // 2
            moved = middle if self._cross is None else self._cross + across
            self._cross = max(0, min(moved, self._frame.columns - 1))

    def home(self) -> None:
        """Puts the cross away."""
        self._cross = None

    def click(self, x: int, y: int) -> None:
        """Puts the cross there."""
        if self._frame is not None:
            self._cross = max(0, min(x - self._frame.left, self._frame.columns - 1))


def _cells(dots: NDArray[Any], size: int) -> list[int]:
    found: list[int] = (np.rint(dots).astype(np.int64) // size).tolist()
    return found


def _line(cells: NDArray[np.str_], styles: list[Style], stamps: Stamps, y: int) -> Strip:
    """A line of the canvas, a data point where there is one."""
    return spelled([stamps.get((y, x), (str(cell), styles[x])) for x, cell in enumerate(cells)])

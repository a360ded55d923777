"""The decision surface over two inputs: what the network says everywhere, and the data points on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.content import Content
from textual.geometry import Size

from nntui.text import plain
from nntui.tui.panes.data.marks import glyph
from nntui.tui.panes.pane import awaited
from nntui.tui.panes.plane.points import ink, legend, shown_points
from nntui.tui.panes.plane.view import Look, Shown, View, framed, window
from nntui.tui.panes.predictions.verdict import Verdict, verdict
from nntui.tui.picture import Answer, Picture, Question
from nntui.tui.widgets.axes import Frame, frame
from nntui.tui.widgets.pixels import UNKNOWN
from nntui.tui.widgets.scale import XAxis

Floats = NDArray[np.float64]

#: The network is asked of at most so many points of the plane; where there are more pixels, some show the same.
MOST_POINTS = 8000
#: One cell in so many shows a data point at most, so that the surface is seen between them.
CELLS_A_POINT = 6

#: While training goes on, a point is drawn anew when its value has moved by this share of all there are.
SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Plane:
    """Two ranges of inputs, and a canvas in a frame that shows them: pixels (rows, columns), ``step`` of them alike."""

    x: tuple[float, float]
    y: tuple[float, float]
    frame: Frame
    down: int
    step: int

    @property
    def grid(self) -> Floats:
        """The inputs at which the network is asked, (points, 2), from the top, row by row."""
        across, up = self._inputs
        return np.column_stack((np.tile(across, len(up)), np.repeat(up, len(across))))

    @property
    def _inputs(self) -> tuple[Floats, Floats]:
        rows, columns = self.frame.rows * self.down, self.frame.columns
        across = np.linspace(*self.x, columns)[self.step // 2 :: self.step]
        up = np.linspace(*self.y[::-1], rows)[self.step // 2 :: self.step]
        return across, up

    def at(self, cell: tuple[int, int]) -> tuple[int, float, float]:
        """Which row of the grid a cell (row, column) of the canvas shows, and the inputs there."""
        across, up = self._inputs
        i = min(cell[0] * self.down // self.step, len(up) - 1)
        j = min(cell[1] // self.step, len(across) - 1)
        return i * len(across) + j, float(across[j]), float(up[i])

    def pixels(self, values: NDArray[Any]) -> NDArray[Any]:
        """A value for each point of the grid as pixels, (rows, columns)."""
        across, up = self._inputs
        rows, columns = self.frame.rows * self.down, self.frame.columns
        image = np.repeat(np.repeat(values.reshape(len(up), len(across)), self.step, axis=0), self.step, axis=1)
        image = image[:rows, :columns]
        missing = rows - image.shape[0], columns - image.shape[1]
        return np.pad(image, ((0, missing[0]), (0, missing[1])), mode="edge") if any(missing) else image

    def cells(self, X: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the cells that show inputs X (n, 2)."""
        columns, rows = self.frame.columns, self.frame.rows * self.down
        across = (X[:, 0] - self.x[0]) / (self.x[1] - self.x[0]) * (columns - 1)
        up = (self.y[1] - X[:, 1]) / (self.y[1] - self.y[0]) * (rows - 1)
        return np.rint(up).astype(np.int64) // self.down, np.rint(across).astype(np.int64)


class Surface(View):
    """Colours tell the prediction, marks the data; a cross reads a point."""

    name: ClassVar = "surface"

    def __init__(self) -> None:
        self._key: object = None
        self._plane: Plane | None = None
        self._question: Question | None = None
        self._cross: tuple[int, int] | None = None
        self._output = 0
        self._drawn: Floats = np.empty((0, 0))

    def question(self, picture: Picture, size: Size, look: Look) -> Question | None:
        """A grid over the plane, one point a pixel."""
        if "X" not in picture.rows:
            return None
        key = picture.run.id, size, look.down
        if key != self._key or self._plane is None:
            X = picture.rows["X"]
            x, y = window(X[:, 0]), window(X[:, 1])
            around = frame(size.width, size.height, XAxis(x, x), y, dots=(1, look.down))
            step = 1
            while around.columns * around.rows * look.down > MOST_POINTS * step**2:
                step += 1
            self._key, self._plane = key, Plane(x, y, around, look.down, step)
            self._question = Question(self._plane.grid)
            self._cross = self._held(self._cross)
        return self._question

    def draw(self, picture: Picture, answer: Answer | None, size: Size, look: Look) -> Shown:
        """The surface in its axes."""
        plane = self._plane
        if plane is None:
            return [look.quiet(awaited(picture.run, "surface"), size.width)], ""
        told = verdict(picture, self._output % max(1, picture.rows["T"].shape[1]))
        shape = plane.frame.rows * plane.down, plane.frame.columns
        levels = np.full(shape, UNKNOWN, dtype=np.int64)
        if answer is not None and len(answer.P):
            moves = picture.run.state == "running" and picture.now is None  # the past is what it was
            self._drawn = _steadied(self._drawn, answer.P, told.span * SLACK * moves)
            levels = plane.pixels(told.levels(self._drawn))
        stamps = self._points(picture, told, plane, look)
        if self._cross is not None:
            stamps[self._cross] = "+" if look.ascii else "╋", look.style("cross")
        canvas = look.paint(levels, told.tones, stamps)
        return framed(plane.frame, canvas, look.style("axis")), self._caption(picture, answer, told, size, look)

    def _points(
        self, picture: Picture, told: Verdict, plane: Plane, look: Look
    ) -> dict[tuple[int, int], tuple[str, Style]]:
        """A mark for each data point that is shown, by its cell."""
        X, T, part = (picture.rows[name] for name in ("X", "T", "part"))
        P = picture.predictions.get("P")
        wrong = np.zeros(len(X), dtype=np.bool_) if P is None else told.wrong(P, T)
        most = max(1, plane.frame.rows * plane.frame.columns // CELLS_A_POINT)
        chosen = shown_points(X, part, most)
        classes = told.classes(T)
        down, across = plane.cells(X[chosen])
        stamps = {}
        for i, y, x in zip(chosen.tolist(), down.tolist(), across.tolist(), strict=True):
            which = int(classes[i])
            style = ink(which, look) + (look.style("wrong") if wrong[i] else look.style("point"))
            stamps[y, x] = glyph(which, test=bool(part[i]), ascii_only=look.ascii), style
        return stamps

    def _caption(self, picture: Picture, answer: Answer | None, told: Verdict, size: Size, look: Look) -> Content | str:
        room = max(0, size.width - 2)
        names = [plain(str(name)) for name in picture.run.data["features"]]
        if answer is not None and answer.error:
            return answer.error
        if self._cross is not None and self._plane is not None:
            row, x, y = self._plane.at(self._cross)
            said = told.said(answer.P[row]) if answer is not None and row < len(answer.P) else "…"
            return f"{names[0]} {x:.3g}, {names[1]} {y:.3g} → {said}"
        return legend(told, names, picture, look, room)

    # Moving about

    def _held(self, cell: tuple[int, int] | None) -> tuple[int, int] | None:
        if cell is None or self._plane is None:
            return None
        around = self._plane.frame
        return max(0, min(cell[0], around.rows - 1)), max(0, min(cell[1], around.columns - 1))

    def move(self, across: int, down: int) -> None:
        """Moves the cross, which comes from the middle."""
        if self._plane is None:
            return
        around = self._plane.frame
        y, x = self._cross or (around.rows // 2, around.columns // 2)
        self._cross = self._held((y + down, x + across)) if self._cross else (y, x)

    def page(self, pages: int) -> None:
        """To the next output of several."""
        self._output += pages

    def home(self) -> None:
        """Puts the cross away."""
        self._cross = None

    def click(self, x: int, y: int) -> None:
        """Puts the cross there."""
        if self._plane is not None:
            self._cross = self._held((y, x - self._plane.frame.left))


def _steadied(drawn: Floats, P: Floats, slack: float) -> Floats:
    """Predictions P (n, outputs) where they have moved by more than ``slack`` or are not finite, else those drawn."""
    if drawn.shape != P.shape:
        return P
    with np.errstate(invalid="ignore"):
        moved = ~(np.abs(P - drawn).max(axis=1) <= slack)
    return np.where(moved[:, np.newaxis], P, drawn)

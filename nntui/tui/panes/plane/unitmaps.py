"""Each unit's own map: what it makes of the plane of two inputs, or of one input, layer by layer."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from nntui.store.records import LayerRecord
from nntui.text import plain
from nntui.ticks import grow
from nntui.tui.panes.pane import awaited
from nntui.tui.panes.plane.view import Look, Scrolled, Shown, beside, window
from nntui.tui.picture import Answer, Picture, Question
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.dots import canvas, characters, curve
from nntui.tui.widgets.pixels import BAD, DIVERGING
from nntui.tui.widgets.raster import MARKERS
from nntui.tui.widgets.text import fit

#: Columns and rows of a map, those of the largest first; the last is drawn also where not all of them fit.
SIZES = ((32, 12), (24, 9), (20, 7), (16, 6), (12, 5), (10, 4), (8, 3))
#: Activations that lie between two bounds.
BOUNDS = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0)}


class UnitMaps(Scrolled):
    """A small map a unit, as many as fit; blue is the lower end of what its layer's units give, orange the upper."""

    name: ClassVar = "units"
    tables: ClassVar = ("weights",)

    def __init__(self) -> None:
        super().__init__()
        self._key: object = None
        self._size = SIZES[-1]
        self._question: Question | None = None

    def question(self, picture: Picture, size: Size, look: Look) -> Question | None:
        """The same few inputs for all units."""
        layers = picture.run.layers
        if "X" not in picture.rows or not layers:
            return None
        key = picture.run.id, size, look.down, look.marker, tuple(layer.outputs for layer in layers)
        if key != self._key:
            self._key, self._size = key, _map_size([layer.outputs for layer in layers], size)
            ranges = [window(column) for column in picture.rows["X"].T]
            columns, rows = self._size
            if len(ranges) == 1:
                X = np.linspace(*ranges[0], columns * MARKERS[look.marker].dots[0])[:, np.newaxis]
            else:
                across, up = np.linspace(*ranges[0], columns), np.linspace(*ranges[1][::-1], rows * look.down)
                X = np.column_stack((np.tile(across, len(up)), np.repeat(up, columns)))
            self._question = Question(X, layers=True)
        return self._question

    def draw(self, picture: Picture, answer: Answer | None, size: Size, look: Look) -> Shown:
        """Layer by layer, from the inputs to the output."""
        if answer is not None and answer.error:
            return [look.quiet(answer.error, size.width)], ""
        if self._question is None or answer is None or not answer.layers:
            text = "The network is being asked." if picture.run.step else awaited(picture.run, "map of each unit")
            return [look.quiet(text, size.width)], ""
        lines: list[Strip] = []
        weights = picture.table("weights").arrays
        layers = picture.run.layers
        for i, (layer, A) in enumerate(zip(layers, answer.layers, strict=False)):
            following = weights.get(f"{layers[i + 1].name}.W") if i + 1 < len(layers) else None
            lo, hi = _range(layer, A)
            title = f"{plain(layer.name)} · {layer.activation} · {lo:.3g} to {hi:.3g}"
            lines.append(look.quiet(title, size.width))
            lines += self._maps(A, (lo, hi), _onward(following, A.shape[1]), size.width, look)
        shown = self.scroll(lines, size.height)
        hidden = len(lines) - len(shown)
        key = "blue low, orange high" if look.coloured else f"{DIVERGING.shades[0]} low, {DIVERGING.shades[-1]} high"
        if self._question.X.shape[1] == 1:
            key = f"each over {plain(str(picture.run.data['features'][0]))}"
        more = f" · {self._first + 1}–{self._first + len(shown)} of {len(lines)} lines" if hidden else ""
        return shown, f"{key} · strongest weight onward{more}" if weights else f"{key}{more}"

    def _maps(
        self, A: NDArray[Any], bounds: tuple[float, float], onward: list[str], width: int, look: Look
    ) -> list[Strip]:
        """The units of a layer in rows beside each other."""
        columns = self._size[0]
        across = max(1, (width + 1) // (columns + 1))
        lines = []
        for first in range(0, A.shape[1], across):
            units = range(first, min(first + across, A.shape[1]))
            names = [fit(f"{unit + 1}{onward[unit]}", columns) for unit in units]
            lines.append(line(" ".join(names)))
            lines += beside([self._map(A[:, unit], bounds, look) for unit in units])
        return lines

    def _map(self, a: NDArray[Any], bounds: tuple[float, float], look: Look) -> list[Strip]:
        columns, rows = self._size
        lo, hi = bounds
        share = (a.astype(np.float64) - lo) / (hi - lo)
        if self._question is not None and self._question.X.shape[1] == 1:
            dots = canvas(columns, rows, look.marker)
            curve(dots, np.clip(share, 0, 1))
            style: Style = look.style("series-1")
            return [line(("".join(row), style)) for row in characters(dots, look.marker)]
        count = len(DIVERGING)
        finite = np.isfinite(share)
        levels = np.where(finite, np.clip(np.where(finite, share, 0) * count, 0, count - 1).astype(np.int64), BAD)
        return look.paint(levels.reshape(rows * look.down, columns), DIVERGING, {})


def _map_size(units: list[int], size: Size) -> tuple[int, int]:
    """Columns and rows of a map: as large as lets all units of all layers be seen."""
    for columns, rows in SIZES:
        across = (size.width + 1) // (columns + 1)
        if across and sum(1 + -(-count // across) * (rows + 1) for count in units) <= size.height:
            return columns, rows
    return min(SIZES[-1][0], max(1, size.width)), SIZES[-1][1]


def _range(layer: LayerRecord, A: NDArray[Any]) -> tuple[float, float]:
    """The bounds of an activation, or round ones around nothing that hold what the layer's units give."""
    if layer.activation in BOUNDS:
        return BOUNDS[layer.activation]
    sizes = np.abs(A[np.isfinite(A)])
    largest = grow(float(sizes.max())) if len(sizes) else 0.0
    return -(largest or 1.0), largest or 1.0


def _onward(W: NDArray[Any] | None, units: int) -> list[str]:
    """The strongest weight with which each unit goes on into the next layer, written after its number."""
    if W is None or len(W) != units:
        return [""] * units
    strongest = W[np.arange(units), np.abs(W).argmax(axis=1)]
    return [f" {value:+.2g}" for value in strongest.tolist()]

"""A small network as nodes and lines: who is connected to whom, how strongly, and with which sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nntui.tui.widgets.dots import canvas, characters, segment
from nntui.tui.widgets.raster import MARKERS
from nntui.tui.widgets.text import fit

#: Layers of more units are not drawn.
MOST_UNITS = 8
#: Cells of a name at most; weights of less than this share of the largest have no line.
_NAME, _FAINT = 12, 0.08
#: A weight of more than this share of the largest has a double line.
_STRONG = 0.5


class Wires(NamedTuple):
    """Weights (inputs, units) from layer to layer, the names at both ends, and the styles of what is drawn."""

    W: Sequence[NDArray[Any]]
    inputs: Sequence[str]
    outputs: Sequence[str]
    positive: Style
    negative: Style
    node: Style


def wiring(wires: Wires, width: int, height: int, marker: str) -> list[Strip]:
    """Lines of the drawing: names at the left and right, a node a unit, positive weights solid and others dashed."""
    left = min(_NAME, max(map(cell_len, wires.inputs)))
    right = min(_NAME, max(map(cell_len, wires.outputs)))
    columns = max(len(wires.W) + 1, width - left - right - 2)
    counts = [len(wires.W[0]), *(W.shape[1] for W in wires.W)]
    places = np.rint(np.linspace(0, columns - 1, len(counts))).astype(int).tolist()
    nodes = [_spread(count, height) for count in counts]
    cells, signs = _lines(wires, places, nodes, (columns, height), marker)
    styles = {1: wires.positive, -1: wires.negative, 0: wires.node}
    dot = "o" if marker == "ascii" else "●"
    for x, rows in zip(places, nodes, strict=True):
        for row in rows:
            cells[row, x], signs[row, x] = dot, 0
    for x, rows in list(zip(places, nodes, strict=True))[1:-1]:
        for unit, row in enumerate(rows):
            cells[row, min(x + 1, columns - 1)], signs[row, min(x + 1, columns - 1)] = str(unit + 1), 0
    names = dict(zip(nodes[0], wires.inputs, strict=False)), dict(zip(nodes[-1], wires.outputs, strict=False))
    strips = []
    for y in range(height):
        middle = [Segment(str(cell), styles[sign]) for cell, sign in zip(cells[y], signs[y].tolist(), strict=True)]
        before = Segment(fit(names[0].get(y, ""), left, right=True) + " ", Style())
        after = Segment(" " + fit(names[1].get(y, ""), right), Style())
        strips.append(Strip([before, *Segment.simplify(middle), after]))
    return strips


def _spread(count: int, height: int) -> list[int]:
    """Rows of so many nodes, evenly over the height."""
    return [min(height - 1, int((i + 0.5) * height / count)) for i in range(count)]


def _lines(
    wires: Wires, places: list[int], nodes: list[list[int]], size: tuple[int, int], marker: str
) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Characters (rows, columns) and the sign of the strongest weight in each cell, weaker ones below stronger."""
    columns, height = size
    across, down = MARKERS[marker].dots
    cells, signs = np.full((height, columns), " "), np.zeros((height, columns), dtype=np.int64)
    everything = canvas(columns, height, marker)
    largest = max((float(np.abs(W).max(initial=0)) for W in wires.W), default=0.0) or 1.0
    found = [
        (float(W[i, j]) / largest, layer, i, j)
        for layer, W in enumerate(wires.W)
        for i in range(W.shape[0])
        for j in range(W.shape[1])
    ]
    for share, layer, i, j in sorted(found, key=lambda each: abs(each[0])):
        if not abs(share) >= _FAINT:
            continue
        dots = canvas(columns, height, marker)
        start = nodes[layer][i] * down + down // 2, places[layer] * across + across - 1
        end = nodes[layer + 1][j] * down + down // 2, places[layer + 1] * across
        segment(dots, start, end, dashed=share < 0)
        if abs(share) > _STRONG and start[0] > 0 and end[0] > 0:
            segment(dots, (start[0] - 1, start[1]), (end[0] - 1, end[1]), dashed=share < 0)
        everything |= dots
        touched = characters(dots, marker) != " "
        signs[touched] = 1 if share > 0 else -1
    drawn = characters(everything, marker)
    return np.where(drawn == " ", cells, drawn), signs

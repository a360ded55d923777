"""What was predicted over what was true, a dot a row: on the diagonal it is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from nntui.ticks import compact
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.raster import MARKERS
from nntui.tui.widgets.text import fit

Values = NDArray[np.float64]

#: Cells for the numbers beside the upright axis; less room than the second has none.
_MARGIN, _ROOMY = 7, 30
#: What a cell shows: nothing, the diagonal, rows trained on, rows held out, the chosen row.
_NOTHING, _DIAGONAL, _TRAINING, _HELD_OUT, _CHOSEN = range(5)
_STYLES = ("quiet", "quiet", "bar", "test", "chosen")
#: The signs of the chosen row, of a held-out one and of the diagonal, also where there are only ASCII characters.
SIGNS, ASCII_SIGNS = ("◆", "×", "·"), ("@", "x", ".")


def agreement(
    target: NDArray[Any],
    predicted: NDArray[Any],
    held_out: NDArray[np.bool_],
    chosen: int,
    room: Size,
    style: Callable[[str], Style],
    marker: str,
) -> list[Strip]:
    """Lines for rows of targets and predictions (rows,); what is not finite has no place."""
    margin = _MARGIN if room.width >= _ROOMY else 0
    columns, height = max(1, room.width - margin - 1), max(1, room.height - 2)
    t, p = target.astype(np.float64), predicted.astype(np.float64)
    finite = np.isfinite(t) & np.isfinite(p)
    low, high = _range(np.concatenate((t[finite], p[finite])))
    codes, kinds = _canvas(columns, height, marker)
    dots = MARKERS[marker].dots

    def places(rows: NDArray[np.bool_], across: int, down: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        x = np.floor((t[rows] - low) / (high - low) * columns * across).astype(np.int64)
        y = np.floor((high - p[rows]) / (high - low) * height * down).astype(np.int64)
        return np.clip(x, 0, columns * across - 1), np.clip(y, 0, height * down - 1)

    x, y = places(finite & ~held_out, *dots)
    bits = np.zeros(codes.shape, np.int64)
    np.bitwise_or.at(bits, (y // dots[1], x // dots[0]), np.array(MARKERS[marker].weights)[y % dots[1], x % dots[0]])
    codes[bits > 0], kinds[bits > 0] = np.array(MARKERS[marker].line)[bits[bits > 0]], _TRAINING
    signs = ASCII_SIGNS if marker == "ascii" else SIGNS
    alone = np.arange(len(t)) == chosen
    for rows, kind, sign in ((finite & held_out, _HELD_OUT, signs[1]), (finite & alone, _CHOSEN, signs[0])):
        x, y = places(rows, 1, 1)
        codes[y, x], kinds[y, x] = ord(sign), kind
    return _framed(codes, kinds, (low, high), margin, style)


def _range(values: Values) -> tuple[float, float]:
    """The same range for both axes, with a little air."""
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    air = (high - low) / 20 or max(abs(high), 1.0) / 2
    return low - air, high + air


def _canvas(columns: int, rows: int, marker: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Code points and kinds of cells (rows, columns), with nothing on them but the diagonal."""
    codes, kinds = np.full((rows, columns), ord(" ")), np.full((rows, columns), _NOTHING)
    x = np.arange(columns)
    y = rows - 1 - np.minimum(rows - 1, ((x + 0.5) / columns * rows).astype(np.int64))
    codes[y, x], kinds[y, x] = ord((ASCII_SIGNS if marker == "ascii" else SIGNS)[2]), _DIAGONAL
    return codes, kinds


def _framed(
    codes: NDArray[np.int64],
    kinds: NDArray[np.int64],
    ends: tuple[float, float],
    margin: int,
    style: Callable[[str], Style],
) -> list[Strip]:
    rows, columns = codes.shape
    quiet, low, high = style("quiet"), compact(ends[0]), compact(ends[1])
    beside = [""] * rows
    beside[rows // 2], beside[0] = "said", high
    beside[-1] = low
    styles = [style(name) for name in _STYLES]
    lines = []
    for text, code, kind in zip(beside, codes, kinds.tolist(), strict=True):
        cells = code.astype("<u4").tobytes().decode("utf-32-le")
        edges = [x for x in range(columns) if x == 0 or kind[x] != kind[x - 1]]
        parts = [(cells[a:b], styles[kind[a]]) for a, b in zip(edges, [*edges[1:], columns], strict=True)]
        lines.append(line((fit(text, margin, right=True) + "│", quiet), *parts))
    lines.append(line((" " * margin + "└" + "─" * columns, quiet)))
    middle = fit("is", max(0, columns - len(low) - len(high) - 1)).strip()
    gap = max(0, columns - len(low) - len(high) - len(middle))
    words = low + " " * (gap // 2) + middle + " " * (gap - gap // 2) + high
    return [*lines, line((" " * (margin + 1) + fit(words, columns), quiet))]

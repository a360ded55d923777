"""The activations of one row as bars, a cell or more for each unit: upwards above zero, hanging below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.strip import Strip

from nntui.store.records import LayerRecord
from nntui.tui.panes.numbers import count, figure
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

Values = NDArray[np.float64]
Styles = Callable[[str], Style]

#: Bars of 0 to 8 eighths; a hanging one is what is left of a cell, in reverse.
_UP, _ASCII_UP, _ASCII_DOWN = " ▁▂▃▄▅▆▇█", " _..-=+*#", " ''\"\"^^VV"
_EIGHTHS = 8
#: Activations that are never below zero.
NEVER_NEGATIVE = frozenset(("relu", "sigmoid", "softmax", "softplus"))
#: Cells of a unit at most, and those in which its number can be read.
_MOST, _READABLE = 9, 7
#: Cells on the left, for the layer's name, and on the right, for its largest activation; in less room than the last
#: the name is shorter.
_NAME, _SHORT_NAME, _LARGEST, _ROOMY = 13, 8, 13, 60


class Layer(NamedTuple):
    """A layer, its activations (units,), none while they are not known, and the names of its units, if any."""

    record: LayerRecord
    values: Values | None
    labels: Sequence[str] = ()


class _Grid(NamedTuple):
    """How a layer's units are laid out: cells for each, and how many units share one where there are too many."""

    cells: int
    share: int

    @classmethod
    def of(cls, units: int, room: int) -> _Grid:
        share = -(-units // max(1, room))
        return cls(max(1, min(_MOST, room // max(1, units))), share)


def lines_wanted(layers: Sequence[Layer], width: int) -> int:
    """Lines in which every layer has its bars and, where there is room beside each other, its numbers."""
    return sum(_lines(layer, _room(width)[1]) for layer in layers)


def activation_lines(
    layers: Sequence[Layer], width: int, height: int, style: Styles, *, ascii_only: bool
) -> list[Strip]:
    """Lines for layers from input to output: with numbers if all have room, else two lines each, else a single one."""
    room = _room(width)
    tall = 3 if lines_wanted(layers, width) <= height else 2 if 2 * len(layers) <= height else 1
    shown, lines = layers, []
    if len(layers) > height:
        shown = layers[len(layers) - max(1, height - 1) :]
        lines.append(line((f"… {len(layers) - len(shown)} layers before", style("quiet"))))
    for layer in shown:
        lines += _layer(layer, room, tall, style, ascii_only=ascii_only)
    return lines[:height]


def _room(width: int) -> tuple[int, int]:
    """Cells of a layer's name, and of its units."""
    name = _NAME if width >= _ROOMY else _SHORT_NAME
    return name, width - name - _LARGEST


def _is_signed(layer: Layer) -> bool:
    return layer.record.activation not in NEVER_NEGATIVE


def _lines(layer: Layer, room: int) -> int:
    """Lines of a layer: two of bars, and one each for the numbers and the names of its units, where they have room."""
    readable = _Grid.of(layer.record.outputs, room).cells >= _READABLE
    return 2 + readable * (1 + bool(layer.labels))


def _layer(layer: Layer, widths: tuple[int, int], tall: int, style: Styles, *, ascii_only: bool) -> list[Strip]:
    """A layer in one line, in two, or with ``tall`` of 3 with numbers and names as well."""
    (name, room), record, quiet = widths, layer.record, style("quiet")
    grid = _Grid.of(record.outputs, room)
    values = np.zeros(record.outputs) if layer.values is None else np.nan_to_num(layer.values)
    values = _largest_of(values, grid.share)
    largest = float(np.abs(values).max(initial=0))
    shares = values / largest if largest > 0 else values
    bars = [_bars(levels, grid.cells, style, ascii_only=ascii_only) for levels in _levels(shares, layer, tall)]
    told = "" if layer.values is None else f" max {figure(largest, 0)}".rjust(_LARGEST)
    padding = " " * (room - len(values) * grid.cells)
    lines = [line((fit(record.name, name - 1) + " ", style("name")), *bars[0], (padding + told, quiet))]
    lines += [line((fit(_told(record, grid), name - 1) + " ", quiet), *parts) for parts in bars[1:]]
    if tall > 2 and grid.cells >= _READABLE:
        sign = "+" if _is_signed(layer) else ""
        lines.append(line(" " * name, "" if layer.values is None else _numbers(layer.values, sign, grid.cells)))
        if layer.labels:
            labels = "".join(fit(label, grid.cells - 1, right=True) + " " for label in layer.labels)
            lines.append(line(" " * name, (labels, quiet)))
    return lines


def _levels(shares: Values, layer: Layer, tall: int) -> list[NDArray[np.int64]]:
    """How much of each unit's cell is filled, in eighths, a line each; below zero it hangs.

    What has two lines grows from the middle where it has signs, else from the bottom of both.
    """
    if tall == 1:
        return [np.rint(shares * _EIGHTHS).astype(np.int64)]
    if _is_signed(layer):
        levels = np.rint(shares * _EIGHTHS).astype(np.int64)
        return [np.maximum(levels, 0), np.minimum(levels, 0)]
    levels = np.rint(shares * 2 * _EIGHTHS).astype(np.int64)
    return [np.maximum(levels - _EIGHTHS, 0), np.minimum(levels, _EIGHTHS)]


def _told(record: LayerRecord, grid: _Grid) -> str:
    if grid.share > 1:
        return f"{count(record.outputs)}, {grid.share}/cell"
    return f"{count(record.outputs)} {record.activation}"


def _largest_of(values: Values, share: int) -> Values:
    """Of each so many neighbours the one farthest from zero."""
    if share == 1:
        return values
    padded = np.concatenate((values, np.zeros(-len(values) % share))).reshape(-1, share)
    found: Values = np.take_along_axis(padded, np.abs(padded).argmax(axis=1)[:, None], axis=1)[:, 0]
    return found


def _bars(levels: NDArray[np.int64], cells: int, style: Styles, *, ascii_only: bool) -> list[tuple[str, Style]]:
    """A bar for each unit, those below zero hanging; a gap between them where there is room."""
    wide = cells - 1 if cells > 2 else cells
    gap = (" " * (cells - wide), style("quiet"))
    parts = []
    for level in levels.tolist():
        parts.append(_bar(min(_EIGHTHS, abs(level)), wide, style, down=level < 0, ascii_only=ascii_only))
        if cells > wide:
            parts.append(gap)
    return parts


def _bar(size: int, wide: int, style: Styles, *, down: bool, ascii_only: bool) -> tuple[str, Style]:
    if not size:
        return " " * wide, style("quiet")
    if ascii_only:
        return (_ASCII_DOWN if down else _ASCII_UP)[size] * wide, style("below" if down else "above")
    if down:
        return _UP[_EIGHTHS - size] * wide, style("below") + Style(reverse=True)
    return _UP[size] * wide, style("above")


def _numbers(values: Values, sign: str, cells: int) -> str:
    return "".join(_number(float(value), sign).rjust(cells - 1) + " " for value in values)


def _number(value: float, sign: str) -> str:
    """A number in six cells at most."""
    return f"{value:{sign}.2f}" if abs(value) < 99.995 else f"{value:{sign}.0e}"

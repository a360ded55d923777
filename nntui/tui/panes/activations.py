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
_NAME, _SHORT_NAME, _LARGEST, _ROOMY = 13, 8, 9, 60


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


def activation_lines(
    layers: Sequence[Layer], width: int, height: int, style: Styles, *, ascii_only: bool
) -> list[Strip]:
    """Lines for layers from input to output: with numbers if all have room, else bars, else a single line each."""
    name = _NAME if width >= _ROOMY else _SHORT_NAME
    room = width - name - _LARGEST
    tallest = [_lines(layer, room) for layer in layers]
    signed = [1 + _is_signed(layer) for layer in layers]
    one_each = sum(signed) > height
    numbers = sum(tallest) <= height
    shown = layers
    if len(layers) > height:
        shown = layers[len(layers) - max(1, height - 1) :]
    lines = [] if len(shown) == len(layers) else [line((f"… {len(layers) - len(shown)} layers before", style("quiet")))]
    for layer in shown:
        lines += _layer(layer, (name, room), style, numbers=numbers, one=one_each, ascii_only=ascii_only)
    return lines[:height]


def _is_signed(layer: Layer) -> bool:
    return layer.record.activation not in NEVER_NEGATIVE


def _lines(layer: Layer, room: int) -> int:
    """Lines of a layer with its numbers, where these have room, and its units' names."""
    readable = _Grid.of(layer.record.outputs, room).cells >= _READABLE
    return 1 + _is_signed(layer) + readable * (1 + bool(layer.labels))


def _layer(
    layer: Layer, widths: tuple[int, int], style: Styles, *, numbers: bool, one: bool, ascii_only: bool
) -> list[Strip]:
    (name, room), record, quiet = widths, layer.record, style("quiet")
    grid = _Grid.of(record.outputs, room)
    values = np.zeros(record.outputs) if layer.values is None else np.nan_to_num(layer.values)
    values = _largest_of(values, grid.share)
    largest = float(np.abs(values).max(initial=0))
    levels = np.rint(values / largest * _EIGHTHS).astype(int) if largest > 0 else np.zeros(len(values), int)
    told = "" if layer.values is None else figure(largest, _LARGEST)
    first = (fit(record.name, name), style("name"))
    second = (fit(_told(record, grid), name), quiet)
    bars = [_bars(levels, grid.cells, style, ascii_only=ascii_only, both=one)]
    if _is_signed(layer) and not one:
        bars.append(_bars(-levels, grid.cells, style, ascii_only=ascii_only, hanging=True))
    lines = [line(first, *bars[0], (fit("", room - len(values) * grid.cells) + told, quiet))]
    lines += [line(second, *parts) for parts in bars[1:]]
    if numbers and not one and grid.cells >= _READABLE:
        lead = second if len(lines) == 1 else (" " * name, quiet)
        lines.append(line(lead, "" if layer.values is None else _numbers(layer.values, grid.cells)))
        if layer.labels:
            labels = "".join(fit(label, grid.cells - 1, right=True) + " " for label in layer.labels)
            lines.append(line(" " * name, (labels, quiet)))
    return lines


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


def _bars(
    levels: NDArray[np.int64], cells: int, style: Styles, *, ascii_only: bool, hanging: bool = False, both: bool = False
) -> list[tuple[str, Style]]:
    """A bar for each unit whose level is above zero; with ``both`` those below zero hang in the same line."""
    wide = cells - 1 if cells > 2 else cells
    gap = (" " * (cells - wide), style("quiet"))
    parts = []
    for level in levels.tolist():
        down = hanging or (both and level < 0)
        size = min(_EIGHTHS, abs(level)) if level > 0 or both else 0
        parts.append(_bar(size, wide, style, down=down, ascii_only=ascii_only))
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


def _numbers(values: Values, cells: int) -> str:
    return "".join(_number(float(value)).rjust(cells - 1) + " " for value in values)


def _number(value: float) -> str:
    """A number with its sign in six cells at most."""
    return f"{value:+.2f}" if abs(value) < 99.995 else f"{value:+.0e}"

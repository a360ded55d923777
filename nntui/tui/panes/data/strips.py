"""Data of many inputs: a strip a feature, a table of few rows, images in miniature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from nntui.ticks import compact
from nntui.tui.panes.data.marks import FILLED, LETTERS
from nntui.tui.panes.data.scatter import ASCII_BARS, BARS, Text, bar, leveled, mark
from nntui.tui.panes.data.thumbnail import thumbnail, thumbnail_size
from nntui.tui.picture import Sample
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

Floats = NDArray[np.float64]
#: The widest names of features, and the highest thumbnail, in lines.
_NAME, _TALL = 16, 8
#: So many images stand beside each other at least.
_ACROSS = 3
_NUMBER = 6


def strips(
    X: Floats,
    T: Floats,
    kinds: NDArray[np.int64] | None,
    sample: Sample,
    size: tuple[int, int],
    series: Sequence[Style],
    axis: Style,
    *,
    ascii_only: bool,
) -> list[Strip]:
    """A line a feature, those that tell most first: which class is most, part by part of its range; or the mean target.

    ``kinds`` are the classes of the rows, None where numbers are to be told.
    """
    width, height = size
    names = min(_NAME, max(map(cell_len, sample.features)), max(4, width // 3))
    ends = _NUMBER if width - names - 2 * _NUMBER - 4 >= 10 else 0
    cells = max(1, width - names - 1 - (2 * ends + 2 if ends else 0))
    lines = []
    for feature in most_telling(X, T, kinds)[:height]:
        column = X[:, feature]
        low, high = float(column.min()), float(column.max())
        if kinds is None:
            bars = ASCII_BARS if ascii_only else BARS
            middle = [bar(int(level), series[0], bars) for level in leveled(_means(column, T[:, 0], cells), len(bars))]
        else:
            marks = LETTERS if ascii_only else FILLED
            middle = [mark(int(kind), series, marks) for kind in _majority(column, kinds, cells)]
        name = fit(sample.features[feature], names) + " "
        before = (fit(compact(low), ends, right=True) + " ", axis) if ends else ""
        after = (" " + fit(compact(high), ends), axis) if ends else ""
        lines.append(line(name, before, *middle, after))
    return lines


def most_telling(X: Floats, T: Floats, kinds: NDArray[np.int64] | None) -> list[int]:
    """The numbers of the features, those first that go most with the target."""
    order: list[int] = np.argsort(-_telling(X, T, kinds), kind="stable").tolist()
    return order


def _telling(X: Floats, T: Floats, kinds: NDArray[np.int64] | None) -> Floats:
    """How much of each feature's variance goes with the target, (features,)."""
    centred = X - X.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    if kinds is None:
        target = T[:, 0] - T[:, 0].mean()
        told = (centred * target[:, None]).mean(axis=0) ** 2 / ((target**2).mean() or 1.0)
    else:
        told = np.zeros(X.shape[1])
        for kind in np.unique(kinds):
            inside = kinds == kind
            told += inside.mean() * centred[inside].mean(axis=0) ** 2
    share: Floats = np.divide(told, variance, out=np.zeros_like(told), where=variance > 0)
    return share


def _places(column: Floats, cells: int) -> NDArray[np.int64]:
    low, high = column.min(), column.max()
    share = (column - low) / (high - low) if high > low else np.full(len(column), 0.5)
    return np.clip((share * cells).astype(np.int64), 0, cells - 1)


def _majority(column: Floats, kinds: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
    points = np.zeros((cells, int(kinds.max()) + 1), np.int64)
    np.add.at(points, (_places(column, cells), kinds), 1)
    return np.where(points.any(axis=1), points.argmax(axis=1), -1)


def _means(column: Floats, target: Floats, cells: int) -> Floats:
    places = _places(column, cells)
    total, count = np.bincount(places, target, minlength=cells), np.bincount(places, minlength=cells)
    means: Floats = np.divide(total, count, out=np.full(cells, np.nan), where=count > 0)
    return means


def table(X: Floats, T: Floats, sample: Sample, size: tuple[int, int], axis: Style) -> list[Strip]:
    """The first rows as they are: as many columns as there is room for, and the target."""
    width, height = size
    targets = [_answer(sample, row) for row in T]
    target_width = max(4, min(12, max(map(cell_len, targets))))
    columns = max(1, min(X.shape[1], (width - target_width - 3) // (_NUMBER + 1)))
    cut = " …" if columns < X.shape[1] else ""
    heading = " ".join(fit(name, _NUMBER, right=True) for name in sample.features[:columns])
    lines = [line((f"{heading}{cut}   {fit('→', target_width)}", axis))]
    for row, target in zip(X[: height - 1], targets, strict=False):
        numbers = " ".join(fit(compact(float(value)), _NUMBER, right=True) for value in row[:columns])
        lines.append(line(f"{numbers}{' ' * len(cut)} ", ("→ ", axis), fit(target, target_width)))
    return lines


def _answer(sample: Sample, row: Floats) -> str:
    if sample.task == "regression":
        return " ".join(compact(float(value)) for value in row)
    kind = int(row.argmax()) if len(row) > 1 else int(row[0] > 0.5)
    return sample.classes[kind] if kind < len(sample.classes) else str(kind)


def thumbnails(
    X: Floats, kinds: NDArray[np.int64] | None, sample: Sample, size: tuple[int, int], quiet: Style, *, shaded: bool
) -> list[Strip]:
    """Images beside and below each other, of each class in turn, with the class beneath."""
    width, height = size
    assert sample.image is not None
    tall = max(1, min(_TALL, height - 1))
    pixels = thumbnail_size(sample.image, (2 * tall, max(1, width // _ACROSS - 1)))
    lines_each = (pixels[0] + 1) // 2
    cell_width = max(pixels[1], 6)
    across, down = max(1, (width + 1) // (cell_width + 1)), max(1, height // (lines_each + 1))
    order = _in_turn(kinds, len(X))[: across * down]
    low, high = sample.value_range or (float(X.min()), float(X.max()))
    lines: list[Strip] = []
    for start in range(0, len(order), across):
        band = order[start : start + across]
        images = [
            thumbnail((X[row] - low).reshape(sample.image) / ((high - low) or 1.0), pixels, shaded=shaded)
            for row in band
        ]
        lines += [
            Strip([segment for part in parts for segment in _padded(part, cell_width + 1)])
            for parts in zip(*images, strict=True)
        ]
        labels: list[Text] = [(fit(_label(sample, kinds, row), cell_width) + " ", quiet) for row in band]
        lines.append(line(*labels))
    return [part.crop(0, width) for part in lines]


def _padded(strip: Strip, width: int) -> list[Segment]:
    return [*strip, Segment(" " * max(0, width - strip.cell_length), Style())]


def _label(sample: Sample, kinds: NDArray[np.int64] | None, row: int) -> str:
    if kinds is None:
        return ""
    kind = int(kinds[row])
    return sample.classes[kind] if kind < len(sample.classes) else str(kind)


def _in_turn(kinds: NDArray[np.int64] | None, count: int) -> list[int]:
    """Row numbers: one of each class, then the next of each, and so on."""
    if kinds is None:
        return list(range(count))
    queues = [np.flatnonzero(kinds == kind).tolist() for kind in np.unique(kinds)]
    return [row for round_ in zip_longest(*queues) for row in round_ if row is not None]

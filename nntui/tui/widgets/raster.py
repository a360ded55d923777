"""Turns curves into characters: a min–max band and a mean line for each, all curves in one pass of NumPy.

A cell holds a small grid of dots. Dot column 0 is the left end of the x window and the last dot column its right
end; dot row 0 is the top of the y window and the last dot row its bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint8]


class Buckets(Protocol):
    """What is drawn: arrays of one length, one entry a bucket of steps, in order of their steps.

    The values of buckets without a finite value are NaN.
    """

    @property
    def first(self) -> NDArray[np.int64]: ...
    @property
    def last(self) -> NDArray[np.int64]: ...
    @property
    def count(self) -> NDArray[np.int64]: ...
    @property
    def bad(self) -> NDArray[np.int64]: ...
    @property
    def low(self) -> NDArray[np.float32]: ...
    @property
    def high(self) -> NDArray[np.float32]: ...
    @property
    def mean(self) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Marker:
    """How dots make a character.

    `weights` has the bit of each dot, by dot row and dot column in the cell; `line` and `band` the code point of
    each combination of bits. A band is drawn with every other dot, so that it is fainter also without colours.
    """

    weights: tuple[tuple[int, ...], ...]
    line: tuple[int, ...]
    band: tuple[int, ...]

    @property
    def dots(self) -> tuple[int, int]:
        """Dot columns and dot rows in a cell."""
        return len(self.weights[0]), len(self.weights)


def _every_other(glyphs: Sequence[int], chosen: int) -> tuple[int, ...]:
    """Glyphs of the `chosen` bits alone, except where that would leave nothing."""
    return tuple(glyphs[bits & chosen or bits] for bits in range(len(glyphs)))


_BRAILLE = (32, *range(0x2801, 0x2900))
_QUADRANTS = tuple(map(ord, " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"))
MARKERS = {
    "braille": Marker(
        weights=((1, 8), (2, 16), (4, 32), (64, 128)),
        line=_BRAILLE,
        band=_every_other(_BRAILLE, 1 | 16 | 4 | 128),
    ),
    "quadrant": Marker(weights=((1, 2), (4, 8)), line=_QUADRANTS, band=_QUADRANTS),
    "ascii": Marker(weights=((1,), (2,)), line=tuple(map(ord, " '.|")), band=tuple(map(ord, " :::"))),
}

#: Lengths, in dot columns, of what is drawn and what is left out in turn; nothing for an unbroken line.
DASHES: tuple[tuple[int, ...], ...] = ((), (6, 3), (2, 2), (6, 2, 2, 2), (1, 3), (6, 2, 2, 2, 2, 2))


class Raster(NamedTuple):
    """A drawn canvas; the arrays have shape (rows, columns).

    `codes` are code points, a space where there is nothing. `owner` is -1 there, 2·i in a cell of curve i's mean
    line, 2·i + 1 in a cell of its band alone. `bad` tells for each column whether a value in it was not finite.
    """

    codes: NDArray[np.uint32]
    owner: NDArray[np.int16]
    bad: NDArray[np.bool_]


def raster(
    curves: Sequence[Buckets],
    x_window: tuple[float, float],
    y_window: tuple[float, float],
    columns: int,
    rows: int,
    *,
    log: bool = False,
    marker: str = "braille",
    dashes: Sequence[Sequence[int]] = (),
    place: Callable[[Floats], Floats] | None = None,
    bands: bool = True,
) -> Raster:
    """Draw `curves` on a canvas of `columns` by `rows` cells; the first curve is on top.

    `x_window` is in steps, `y_window` in the values' unit; both ends are on the canvas. With `log`, `y_window`
    must be positive; what is not positive cannot be drawn and is left out. `dashes` has a pattern for each curve
    (see `DASHES`); steep parts of a dashed line are drawn unbroken. A bucket without a finite value is a gap.
    `place` maps steps to shares of the canvas, rising from 0 at the left end of the window to 1 at the right;
    without it all steps are of one length. Without `bands` there are only lines.
    """
    style = MARKERS[marker]
    dots_x, dots_y = style.dots
    width, height = columns * dots_x, rows * dots_y
    table = _gather(curves, x_window, width, place or partial(_linear, x_window))
    bad = np.zeros(columns, dtype=np.bool_)
    bad[np.clip(table.left[table.bad], 0, width - 1) // dots_x] = True
    scale = _Scale(*y_window, height, log)
    dots = _by_column(table.drawable(log), len(curves), width, scale)
    top, bottom = _line(dots, height)
    if any(dashes):
        top = np.where(_off(tuple(map(tuple, dashes)), width) & (bottom - top < dots_y), height, top)
    line = _paint(top, bottom, marker, rows)
    band = _paint(dots.top, dots.bottom, marker, rows) if bands else np.zeros_like(line)
    return Raster(*_compose(line, band, style), bad)


def _linear(window: tuple[float, float], steps: Floats) -> Floats:
    """Places steps on the canvas as if all were of one length."""
    start, end = window
    return (steps - start) / (end - start) if end > start else np.zeros_like(steps)


class _Scale(NamedTuple):
    """Maps values to dot rows, for the y window from `lo` to `hi` on `height` dots."""

    lo: float
    hi: float
    height: int
    log: bool

    def level(self, values: Floats) -> Floats:
        """Dot rows, not rounded; outside the window they lie beyond the canvas, but never absurdly far."""
        lo, hi = self.lo, self.hi
        if self.log:
            lo, hi = np.log10(lo), np.log10(hi)
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.log10(np.maximum(values, 0.0))
        span = hi - lo if hi > lo else 1.0
        far = 1000.0 * self.height
        return np.clip((hi - values) * ((self.height - 1) / span), -far, far)

    def row(self, values: Floats) -> Ints:
        """Dot rows, rounded; -1 is above the canvas and `height` below it."""
        return self.rounded(self.level(values))

    def rounded(self, level: Floats) -> Ints:
        return np.clip(np.rint(level), -1, self.height).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Table:
    """The buckets of all curves in or next to the window, one after the other.

    `left` and `right` are the dot columns a bucket reaches from and to; outside the canvas they are -1 or the
    width. `x` is the exact place of an end that lies outside. `cut` forbids to join the line to the bucket
    before.
    """

    curve: Ints
    left: Ints
    right: Ints
    x: Floats
    weight: Floats
    low: Floats
    high: Floats
    mean: Floats
    bad: NDArray[np.bool_]
    cut: NDArray[np.bool_]

    def drawable(self, log: bool) -> _Table:
        """Leave out the buckets without a value that can be drawn; the line is cut where they were."""
        keep = np.isfinite(self.mean)
        if log:
            keep &= self.high > 0
        if keep.all():
            return self
        dropped = np.cumsum(~keep)[keep]
        parts = {name: getattr(self, name)[keep] for name in self.__slots__}
        parts["cut"][1:] |= dropped[1:] != dropped[:-1]
        return _Table(**parts)


def _gather(
    curves: Sequence[Buckets], window: tuple[float, float], width: int, place: Callable[[Floats], Floats]
) -> _Table:
    """Collect the buckets in the window and, where a line enters or leaves it, the next one outside."""
    slices = [_visible(curve, window) for curve in curves]
    sizes = [part.stop - part.start for part in slices]

    def column(name: str) -> Floats:
        parts = [getattr(curve, name)[part] for curve, part in zip(curves, slices, strict=True)]
        return np.concatenate(parts, dtype=np.float64) if parts else np.empty(0)

    start, end = window
    curve = np.repeat(np.arange(len(curves)), sizes)
    first, last = column("first"), column("last")
    other = np.ones(len(curve), dtype=np.bool_)
    np.not_equal(curve[1:], curve[:-1], out=other[1:])
    from_x, to_x = place(first) * (width - 1), place(last) * (width - 1)
    left = np.clip(np.floor(from_x + 0.5), -1, width)
    right = np.clip(np.floor(to_x + 0.5), -1, width)
    # A bucket of many steps reaches to where the next one begins, so that bands have no holes when zoomed in.
    follows = ~other[1:] & (first[1:] == last[:-1] + 1) & (last[:-1] > first[:-1])
    right[:-1] = np.where(follows, np.maximum(right[:-1], left[1:] - 1), right[:-1])
    return _Table(
        curve=curve,
        left=left.astype(np.int64),
        right=right.astype(np.int64),
        x=np.where(first > end, from_x, to_x),
        weight=column("count"),
        low=column("low"),
        high=column("high"),
        mean=column("mean"),
        bad=(column("bad") > 0) & (last >= start) & (first <= end),
        cut=other,
    )


def _visible(curve: Buckets, window: tuple[float, float]) -> slice:
    start, end = window
    begin = int(np.searchsorted(curve.last, start, side="left"))
    stop = int(np.searchsorted(curve.first, end, side="right"))
    if begin and (begin == len(curve.first) or curve.first[begin] > start):
        begin -= 1
    if stop < len(curve.first) and (stop == 0 or curve.last[stop - 1] < end):
        stop += 1
    return slice(begin, max(begin, stop))


class _Dots(NamedTuple):
    """What is to be drawn in each dot column; the arrays have shape (curves, width).

    `level` is the dot row of the mean line, NaN where there is none; `join` whether it is joined to the column
    before. `top` and `bottom` bound the band; it is empty where top > bottom.
    """

    level: Floats
    join: NDArray[np.bool_]
    top: Ints
    bottom: Ints


def _by_column(table: _Table, curves: int, width: int, scale: _Scale) -> _Dots:
    """Combine the buckets that share a dot column and join those that lie apart by straight lines."""
    # One column more on either side holds the neighbours outside the window.
    stride = width + 2
    spans = table.right - table.left + 1
    bucket = np.repeat(np.arange(len(spans)), spans)
    begin = table.curve * stride + 1 + table.left
    key = begin[bucket] + np.arange(len(bucket)) - np.repeat(np.cumsum(spans) - spans, spans)
    if np.any(key[1:] < key[:-1]):
        order = np.argsort(key, kind="stable")
        key, bucket = key[order], bucket[order]
    head = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if len(key) else bucket
    cell = key[head]
    level = np.full(curves * stride, np.nan)
    top = np.full(curves * stride, scale.height)
    bottom = np.full(curves * stride, -1)
    cut = np.zeros(curves * stride, dtype=np.bool_)
    place = np.tile(np.arange(-1.0, width + 1), curves)
    if len(key):
        weight = table.weight[bucket]
        mean = np.add.reduceat(table.mean[bucket] * weight, head) / np.add.reduceat(weight, head)
        level[cell] = scale.level(mean)
        top[cell] = scale.row(np.maximum.reduceat(table.high[bucket], head))
        bottom[cell] = scale.row(np.minimum.reduceat(table.low[bucket], head))
        cut[cell] = table.cut[bucket[head]] & (key[head] == begin[bucket[head]])
        outside = (table.left == table.right) & ((table.left < 0) | (table.left == width))
        place[begin[outside]] = table.x[outside]
    shape = curves, stride
    level, join = _joined(level.reshape(shape), cut.reshape(shape), place.reshape(shape))
    inner = np.s_[:, 1:-1]
    return _Dots(level[inner], join[inner], top.reshape(shape)[inner], bottom.reshape(shape)[inner])


def _joined(level: Floats, cut: NDArray[np.bool_], place: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Fill the columns between two known levels by a straight line, unless it is cut at the second."""
    stride = level.shape[1]
    known = ~np.isnan(level)
    column = np.arange(stride)
    before = np.maximum.accumulate(np.where(known, column, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, column, stride)[:, ::-1], axis=1)[:, ::-1]
    curve, gap = np.nonzero(~known & (before >= 0) & (after < stride))
    one, two = before[curve, gap], after[curve, gap]
    free = ~cut[curve, two]
    curve, gap, one, two = curve[free], gap[free], one[free], two[free]
    share = (gap - 1.0 - place[curve, one]) / (place[curve, two] - place[curve, one])
    level[curve, gap] = level[curve, one] + share * (level[curve, two] - level[curve, one])
    known[curve, gap] = True
    join = known & ~cut
    join[:, 1:] &= known[:, :-1]
    # What lies outside is far away, not in the next column.
    join[:, :2] = False
    return level, join


def _line(dots: _Dots, height: int) -> tuple[Ints, Ints]:
    """Top and bottom dot row of the mean line in each column: its own row and the way there from the last."""
    there = ~np.isnan(dots.level)
    row = np.clip(np.rint(np.where(there, dots.level, 0.0)), -1, height).astype(np.int64)
    top, bottom = np.where(there, row, height), np.where(there, row, -1)
    now, last, join = row[:, 1:], row[:, :-1], dots.join[:, 1:]
    top[:, 1:] = np.where(join, np.minimum(now, last + 1), top[:, 1:])
    bottom[:, 1:] = np.where(join, np.maximum(now, last - 1), bottom[:, 1:])
    return top, bottom


@lru_cache(maxsize=64)
def _off(dashes: tuple[tuple[int, ...], ...], width: int) -> NDArray[np.bool_]:
    """Which dot columns the pattern of each curve leaves out; shape (curves, width)."""
    off = np.zeros((len(dashes), width), dtype=np.bool_)
    for row, pattern in zip(off, dashes, strict=True):
        if pattern:
            period = np.repeat(np.arange(len(pattern)) % 2 == 1, pattern)
            row[:] = np.resize(period, width)
    return off


@lru_cache(maxsize=64)
def _columns_of_dots(marker: str, rows: int) -> tuple[list[Bits], list[Bits]]:
    """Tables for each dot column of a cell: the bits, in every cell of a column, of the dots from a row down,
    by that row from 0 to the height, and of the dots down to a row, by that row plus one.
    """
    weights = np.array(MARKERS[marker].weights, dtype=np.uint8)
    below, above = [], []
    for column in weights.T:
        height = rows * len(column)
        dots = np.tile(column, rows)
        row = np.arange(height)
        limit = np.arange(height + 1)[:, np.newaxis]
        shape = height + 1, rows, len(column)
        below.append(np.where(row >= limit, dots, 0).reshape(shape).sum(axis=2, dtype=np.uint8))
        above.append(np.where(row < limit, dots, 0).reshape(shape).sum(axis=2, dtype=np.uint8))
    return below, above


def _paint(top: Ints, bottom: Ints, marker: str, rows: int) -> Bits:
    """Turn vertical runs of dots, shape (curves, width), into the bits of cells, (curves, columns, rows)."""
    below, above = _columns_of_dots(marker, rows)
    dots_x = len(below)
    height = len(below[0]) - 1
    top, bottom = np.clip(top, 0, height), np.clip(bottom + 1, 0, height)
    bits = below[0][top[:, ::dots_x]] & above[0][bottom[:, ::dots_x]]
    for i in range(1, dots_x):
        bits |= below[i][top[:, i::dots_x]] & above[i][bottom[:, i::dots_x]]
    return bits


def _compose(line: Bits, band: Bits, marker: Marker) -> tuple[NDArray[np.uint32], NDArray[np.int16]]:
    """Lay the curves over each other: any line hides every band, and the first curve gives the colour."""
    if not len(line):
        return np.full(line.shape[:0:-1], 32, dtype=np.uint32), np.full(line.shape[:0:-1], -1, np.int16)
    lines, bands = np.bitwise_or.reduce(line, axis=0), np.bitwise_or.reduce(band, axis=0)
    of_line = 2 * np.argmax(line != 0, axis=0)
    of_band = 2 * np.argmax(band != 0, axis=0) + 1
    owner = np.where(lines != 0, of_line, np.where(bands != 0, of_band, -1)).astype(np.int16)
    glyphs = np.array((*marker.line, *marker.band), dtype=np.uint32)
    codes = glyphs[np.where(lines != 0, lines.astype(np.int64), bands + np.int64(len(marker.line)))]
    return np.ascontiguousarray(codes.T), np.ascontiguousarray(owner.T)

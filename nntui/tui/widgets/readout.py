"""What a chart's cursor reads: every series and every event in its column, in as many words as there is room for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nntui.tui.widgets.overlay import BOX, FIRST_IN_BOX, SYMBOL, Line, Mark, narrow
from nntui.tui.widgets.raster import Buckets

#: A canvas of fewer rows has the readout in its top row.
_LOW = 6
#: Cells of a value, and of a range, so that the box keeps its width while the cursor moves.
_VALUE, _RANGE = 9, 13
#: What is recorded has so many digits.
_MOST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of a curve in a column: mean, least and greatest of the finite ones, how many, how many not finite.

    ``at`` is the step the value is from where the column itself has none, so that the one before it still holds: it
    is shown as "@1,200";
    ``smooth`` the smoothed value, NaN where there is none.
    """

    mean: float
    low: float
    high: float
    count: int
    bad: int
    at: int | None = None
    smooth: float = math.nan


def read(curve: Buckets, first: int, last: int, smooth: Buckets | None = None) -> Reading | None:
    """What the buckets say of the steps from `first` to `last`; None before the first of them."""
    begin = int(np.searchsorted(curve.last, first, side="left"))
    stop = int(np.searchsorted(curve.first, last, side="right"))
    at = None
    if begin >= stop:
        if stop == 0:
            return None
        begin, at = stop - 1, int(curve.last[stop - 1])
    part = slice(begin, stop)
    count, bad = int(curve.count[part].sum()), int(curve.bad[part].sum())
    weights = curve.count[part] - curve.bad[part]
    low, high = curve.low[part], curve.high[part]
    some = bool(np.isfinite(low).any())
    return Reading(
        _mean(curve.mean[part], weights),
        float(np.nanmin(low)) if some else math.nan,
        float(np.nanmax(high)) if some else math.nan,
        count,
        bad,
        at,
        _mean(smooth.mean[part], weights) if smooth is not None else math.nan,
    )


def _mean(
    values: np.ndarray[tuple[int], np.dtype[np.float32]], weights: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> float:
    finite = np.isfinite(values)
    return (
        float(np.average(values[finite].astype(float), weights=np.maximum(weights[finite], 1)))
        if finite.any()
        else math.nan
    )


class Named(NamedTuple):
    """A reading, and the symbol and label of its curve."""

    symbol: str
    label: str
    reading: Reading | None


def readout(
    head: Sequence[str],
    readings: Sequence[Named],
    marks: Sequence[Mark],
    columns: int,
    rows: int,
    finest: float = 0.0,
    at: Callable[[int], str] = "{:,}".format,
) -> list[Line]:
    """The lines of the box on a canvas of `columns` by `rows` cells: where the cursor is, the values, the events.

    `head` has what to say of the place, the first the most important. What has no room is left out: first the
    ranges, then labels, then the last of the series and events, which are counted. `finest` is the least difference
    of values that the axis tells apart, and so do the figures. `at` tells a step in words.
    """
    width = columns - 2
    if rows < _LOW:
        return [_in_one_line(head, readings, marks, width)]
    label = max((len(narrow(named.label)) for named in readings), default=0)
    detail = next((level for level in (2, 1) if _needs(level, label, readings, finest, at) <= width), 0)
    lines = [_series_line(number, named, label, detail, finest, at) for number, named in enumerate(readings)]
    lines += [((f"{narrow(mark.symbol)[:1]} ", SYMBOL), (narrow(mark.label), BOX)) for mark in marks]
    room = max(2, rows * 2 // 3) - 1
    if len(lines) > room:
        lines = [*lines[: room - 1], ((f"… {len(lines) - room + 1} more", BOX),)]
    return [((_joined(head, width), BOX),), *(_cut(line, width) for line in lines)]


def _needs(detail: int, label: int, readings: Sequence[Named], finest: float, at: Callable[[int], str]) -> int:
    lines = [_series_line(0, named, label, detail, finest, at) for named in readings]
    return max((sum(len(text.rstrip()) for text, _ in line) for line in lines), default=0)


def _series_line(number: int, named: Named, label: int, detail: int, finest: float, at: Callable[[int], str]) -> Line:
    name = f" {narrow(named.label):{label}}" if detail else ""
    return ((named.symbol, FIRST_IN_BOX - number), (name, BOX), (_values(named.reading, detail, finest, at), BOX))


def _values(reading: Reading | None, detail: int, finest: float, at: Callable[[int], str]) -> str:
    if reading is None:
        return "–".rjust(_VALUE)
    text = _figure(reading.mean, finest).rjust(_VALUE)
    if detail == 2:
        digits = max(3, _digits(reading.mean, finest))
        spread = (
            f"{reading.low:.{digits}g}–{reading.high:.{digits}g}"
            if reading.count > 1 and reading.count > reading.bad
            else ""
        )
        text += f"  {spread:{_RANGE}}"
        if math.isfinite(reading.smooth):
            text += f" smooth {_figure(reading.smooth, finest)}"
    if reading.bad and detail:
        text = f"{text.rstrip()} {reading.bad:,} not finite"
    if reading.at is not None and detail:
        text = f"{text.rstrip()} @{at(reading.at)}"
    return text.rstrip()


def _digits(value: float, finest: float) -> int:
    """How many digits of a value tell differences as fine as the axis does."""
    if not finest or not value or not math.isfinite(value):
        return 0
    return min(_MOST_DIGITS, 1 + math.floor(math.log10(abs(value))) - math.floor(math.log10(finest)))


def _figure(value: float, finest: float = 0.0) -> str:
    return (
        f"{value:#.{max(4, _digits(value, finest))}g}" if math.isfinite(value) and value else "0" if value == 0 else "–"
    )


def _in_one_line(head: Sequence[str], readings: Sequence[Named], marks: Sequence[Mark], width: int) -> Line:
    """The figures alone: "1,814–1,881 ──0.167 ╌╌0.118"."""
    line: list[tuple[str, int]] = [(head[0].partition(" ")[2] if head else "", BOX)]
    for number, named in enumerate(readings):
        value = named.reading.mean if named.reading else math.nan
        text = f"{value:.3g}" if math.isfinite(value) else "–"
        line += [(" ", BOX), (named.symbol, FIRST_IN_BOX - number), (text, BOX)]
    for mark in marks:
        line += [(f" {narrow(mark.symbol)[:1]}", SYMBOL), (narrow(mark.label), BOX)]
    return _cut(line, width)


def _joined(parts: Sequence[str], width: int) -> str:
    """As many of the parts as fit, at least the first, cut if it must be."""
    text = parts[0] if parts else ""
    for part in parts[1:]:
        if len(text) + 3 + len(part) > width:
            break
        text += f" · {part}"
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def _cut(line: Line, width: int) -> Line:
    """The line in at most `width` cells; "…" tells that something is missing."""
    if sum(len(text) for text, _ in line) <= width:
        return line
    cut: list[tuple[str, int]] = []
    room = width - 1
    for text, owner in line:
        cut.append((text[: max(0, room)], owner))
        room -= len(text)
    return [*cut, ("…", BOX)]

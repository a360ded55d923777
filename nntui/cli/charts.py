"""Charts for a pipe or a log, drawn by plotext: clean data in, text out."""

from __future__ import annotations

import math
import os
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotext
from numpy.typing import NDArray

from nntui import ticks
from nntui.text import plain

#: Points a column that plotext is given: it takes time for every one, and braille shows two.
POINTS = 2
#: The box-drawing characters of plotext, for terminals that cannot show them.
_ASCII = str.maketrans("┌┐└┘─│┤├┬┴┼", "++++-|++++" + "+")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve: ``x`` and ``y`` (points,), NaN and infinity allowed; ``marker`` a character or "line"."""

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    marker: str = "line"


def chart(
    title: str,
    series: Sequence[Series],
    *,
    width: int,
    height: int = 16,
    log: bool = False,
    marks: Sequence[int] = (),
    colour: bool = False,
) -> str:
    """A chart over steps, ``width`` × ``height`` characters; ``marks`` are steps that get a vertical line.

    On a log axis, values that have no logarithm are left out, as infinities are on any axis. Says so when
    nothing is left.
    """
    cleaned = [(one, *_clean(one.x, one.y, log)) for one in series]
    shown = [(one, x, y) for one, x, y in cleaned if len(x)]
    if not shown:
        return f"{title}: nothing to draw yet"
    unicode = _can_show("⣿")
    plotext.clear_figure()
    plotext.theme("pro" if colour else "clear")
    plotext.plotsize(width, height)
    names = ", ".join(f"{'line' if one.marker == 'line' else one.marker} {one.label}" for one, _, _ in shown)
    heading = textwrap.wrap(plain(f"{title}: {names}"), width)  # plotext leaves out a title that is too long
    for one, x, y in shown:
        marker = ("braille" if unicode else ".") if one.marker == "line" else one.marker
        draw = plotext.plot if one.marker == "line" else plotext.scatter
        draw(x.tolist(), y.tolist(), marker=marker)
    _axes(np.concatenate([x for _, x, _ in shown]), np.concatenate([y for _, _, y in shown]), log)
    start = min(x[0] for _, x, _ in shown)
    for step in marks:
        if step > start:
            plotext.vertical_line(step)
    text: str = plotext.build() if colour else plotext.uncolorize(plotext.build())
    plotext.clear_figure()
    drawn = (text if unicode else text.translate(_ASCII)).splitlines()
    return "\n".join(line.rstrip() for line in (*(line.center(width) for line in heading), *drawn))


def _clean(
    x: NDArray[np.float64], y: NDArray[np.float64], log: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points that can be drawn, their logarithms when ``log``."""
    good = np.isfinite(y) & (y > 0) if log else np.isfinite(y)
    return x[good].astype(float), np.log10(y[good].astype(float)) if log else y[good].astype(float)


def _axes(x: NDArray[np.float64], y: NDArray[np.float64], log: bool) -> None:
    """Limits and round ticks; a flat or single-point curve gets room around it."""
    left, right = float(x.min()), float(x.max())
    low, high = float(y.min()), float(y.max())
    if right <= left:
        left, right = left - 1, right + 1
    if high - low < 1e-12 * max(1.0, abs(low)):
        room = 0.5 if log else (abs(low) * 0.1 or 1.0)
        low, high = low - room, high + room
    plotext.xlim(left, right)
    plotext.ylim(low, high)
    columns = ticks.nice_ticks(left, right, 6)
    plotext.xticks(columns, ticks.labels(columns))
    rows = ticks.log_ticks(10**low, 10**high, 8) if log else ticks.nice_ticks(low, high, 6)
    plotext.yticks([math.log10(row) for row in rows] if log else rows, ticks.labels(rows, log=log))


def colours() -> bool:
    """Whether stdout is a terminal whose owner has not asked for plain text (no-color.org)."""
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _can_show(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True

"""Lines made of dots: curves and straight lines on a small canvas, and the characters that show them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nntui.tui.widgets.raster import MARKERS

Canvas = NDArray[np.bool_]


def canvas(columns: int, rows: int, marker: str) -> Canvas:
    """No dots, (dot rows, dot columns), for so many cells."""
    across, down = MARKERS[marker].dots
    return np.zeros((rows * down, columns * across), dtype=np.bool_)


def curve(dots: Canvas, share: NDArray[np.float64]) -> None:
    """Draws a line through a value for each dot column, 0 at the bottom and 1 at the top; what is outside is cut off.

    Values that are not finite leave a gap.
    """
    height = len(dots)
    row = np.rint((1 - np.where(np.isfinite(share), share, np.inf)) * (height - 1))
    row = np.clip(row, -1, height)
    before = np.concatenate((row[:1], row[:-1]))
    known = np.isfinite(share)
    joined = known & np.concatenate((known[:1], known[:-1]))
    top = np.where(joined, np.minimum(row, np.where(before < row, before + 1, row)), row)
    bottom = np.where(joined, np.maximum(row, np.where(before > row, before - 1, row)), row)
    y = np.arange(height)[:, np.newaxis]
    dots |= (y >= top) & (y <= bottom) & known


def segment(dots: Canvas, start: tuple[int, int], end: tuple[int, int], *, dashed: bool = False) -> None:
    """Draws a straight line from dot (row, column) to dot, both on the canvas, or three dots of every five."""
    count = max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
    y = np.rint(np.linspace(start[0], end[0], count)).astype(np.int64)
    x = np.rint(np.linspace(start[1], end[1], count)).astype(np.int64)
    drawn = np.arange(count) % 5 < 3 if dashed else np.ones(count, dtype=np.bool_)
    dots[y[drawn], x[drawn]] = True


def characters(dots: Canvas, marker: str) -> NDArray[np.str_]:
    """The characters that show the dots, (rows, columns); a space where there are none."""
    across, down = MARKERS[marker].dots
    rows, columns = dots.shape[0] // down, dots.shape[1] // across
    cells = dots.reshape(rows, down, columns, across)
    weights = np.array(MARKERS[marker].weights)
    bits = (cells * weights[:, np.newaxis, :]).sum(axis=(1, 3))
    found: NDArray[np.str_] = _glyphs(marker)[bits]
    return found


@lru_cache(maxsize=4)
def _glyphs(marker: str) -> NDArray[np.str_]:
    return np.array([chr(code) for code in MARKERS[marker].line])

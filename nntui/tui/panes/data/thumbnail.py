"""A small grey picture in half blocks, two pixels a cell, one above the other; where there are no greys, in signs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

#: Few greys make long runs of one colour, and so few bytes on the wire. A terminal of 256
#: colours has these, one of 16 has four that are near them.
GREYS = 5
_PALETTE = (16, 238, 244, 250, 231)
_SHADES = " .:+#"
#: How bright red, green and blue are to the eye (ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)


def thumbnail_size(image: tuple[int, int, int], most: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of pixels that an image (height, width, channels) gets, of at most so many; never enlarged."""
    height, width, _ = image
    share = min(1.0, most[0] / height, most[1] / width)
    return max(1, round(height * share)), max(1, round(width * share))


def thumbnail(pixels: NDArray[Any], size: tuple[int, int], *, shaded: bool = False) -> list[Strip]:
    """Lines for pixels (height, width, channels) of 0, black, to 1, white, averaged down to (rows, columns).

    ``shaded``: in signs, denser where it is brighter.
    """
    grey = pixels @ np.array(LUMINANCE) if pixels.shape[2] == len(LUMINANCE) else pixels.mean(axis=2)
    grey = grey.astype(np.float64)
    for axis, wanted in enumerate(size):
        grey = averaged(grey, wanted, axis)
    levels = np.clip(np.rint(np.nan_to_num(grey) * (GREYS - 1)), 0, GREYS - 1).astype(int)
    if len(levels) % 2:
        levels = np.vstack((levels, np.zeros_like(levels[:1])))
    lines = []
    for upper, lower in zip(levels[::2].tolist(), levels[1::2].tolist(), strict=True):
        if shaded:
            cells = "".join(_SHADES[max(a, b)] for a, b in zip(upper, lower, strict=True))
            lines.append(Strip([Segment(cells, Style())]))
        else:
            segments = [Segment("▀", _half(a, b)) for a, b in zip(upper, lower, strict=True)]
            lines.append(Strip(Segment.simplify(segments)))
    return lines


def averaged(grey: NDArray[Any], count: int, axis: int) -> NDArray[Any]:
    """The means of ``count`` groups of neighbours along an axis, as equal in size as whole pixels allow."""
    edges = np.linspace(0, grey.shape[axis], count, endpoint=False).astype(int)
    sizes = np.diff(edges, append=grey.shape[axis])
    totals: NDArray[Any] = np.add.reduceat(grey, edges, axis=axis)
    totals /= sizes[:, None] if axis == 0 else sizes
    return totals


@lru_cache(maxsize=GREYS * GREYS)
def _half(upper: int, lower: int) -> Style:
    return Style(color=_grey(upper), bgcolor=_grey(lower))


def _grey(level: int) -> Color:
    return Color.from_ansi(_PALETTE[level])

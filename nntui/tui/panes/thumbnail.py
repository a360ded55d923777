"""A small grey picture in half blocks: two pixels a cell, one above the other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

#: Few greys make long runs of one colour, and colours of the 256-colour palette are short: so few bytes on the wire.
GREYS = 5
_PALETTE = (16, 238, 244, 250, 231)
_SHADES = " .:+#"


def thumbnail(pixels: NDArray[np.floating], *, ascii_only: bool = False) -> list[Strip]:
    """Lines for pixels (rows, columns) of 0, black, to 1, white."""
    levels = np.clip(np.rint(pixels * (GREYS - 1)), 0, GREYS - 1).astype(int)
    if len(levels) % 2:
        levels = np.vstack((levels, np.zeros_like(levels[:1])))
    lines = []
    for upper, lower in zip(levels[::2].tolist(), levels[1::2].tolist(), strict=True):
        if ascii_only:
            cells = "".join(_SHADES[max(a, b)] for a, b in zip(upper, lower, strict=True))
            lines.append(Strip([Segment(cells, Style())]))
        else:
            segments = [Segment("▀", _half(a, b)) for a, b in zip(upper, lower, strict=True)]
            lines.append(Strip(Segment.simplify(segments)))
    return lines


@lru_cache(maxsize=GREYS * GREYS)
def _half(upper: int, lower: int) -> Style:
    return Style(color=_grey(upper), bgcolor=_grey(lower))


def _grey(level: int) -> Color:
    return Color.from_ansi(_PALETTE[level])

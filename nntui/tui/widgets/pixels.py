"""Pictures of few tones in half blocks, two pixels a cell, or in one character a cell where there are no colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Levels = NDArray[np.int64]
#: What stands in a cell instead of its pixels: a character and its style, by (row, column).
Stamps = Mapping[tuple[int, int], tuple[str, Style]]

#: Levels of pixels that have no tone: nothing is known of them, or their value is not finite.
UNKNOWN, BAD = -2, -1


@dataclass(frozen=True, slots=True)
class Tones:
    """A tone for each level: of the palette of 256 colours, which most terminals have, and as a character.

    ``dark`` are the colours on a dark screen, ``light`` those on a light one.
    """

    dark: tuple[int, ...]
    light: tuple[int, ...]
    shades: str

    def __len__(self) -> int:
        return len(self.shades)


#: From one end over nothing to the other, blue to orange: told apart by nearly every eye;
#: as characters too the sign is seen.
DIVERGING = Tones((32, 25, 17, 235, 94, 130, 172), (75, 117, 153, 255, 223, 216, 208), "=-- ++#")
#: From one class to the other, the middle undecided; as characters ever denser.
LIKELIHOOD = Tones(DIVERGING.dark, DIVERGING.light, " .:-=+#")
#: From little to much.
RISING = Tones((17, 18, 24, 30, 29, 71, 142), (230, 193, 150, 115, 80, 74, 68), " .:-=+#")
#: For each of a few classes unsure, likely and sure; as characters only where it is likely.
CONFIDENCES, HUES = 3, 6
CLASSES = Tones(
    (17, 18, 25, 58, 94, 130, 22, 28, 29, 53, 54, 91, 237, 240, 243, 23, 30, 37),
    (153, 117, 75, 223, 216, 208, 194, 157, 114, 225, 219, 177, 254, 251, 248, 195, 159, 80),
    " 00 11 22 33 44 55",
)


def paint(levels: Levels, colours: tuple[int, ...], stamps: Stamps, bad: Style) -> list[Strip]:
    """Lines for levels (2 · rows, columns): the numbers of their colours, or what pixels without a tone have."""
    base = len(colours) + 2

    def cell(key: int, count: int) -> Segment:
        upper, lower = divmod(key, base)
        if BAD in (upper - 2, lower - 2):
            return Segment("✗" * count, bad)
        if upper == lower:
            return Segment(" " * count, _style(None, _tone(colours, upper - 2)))
        if lower - 2 == UNKNOWN:
            return Segment("▀" * count, _style(_tone(colours, upper - 2), None))
        if upper - 2 == UNKNOWN:
            return Segment("▄" * count, _style(_tone(colours, lower - 2), None))
        return Segment("▀" * count, _style(_tone(colours, upper - 2), _tone(colours, lower - 2)))

    def stamped(key: int, stamp: tuple[str, Style]) -> Segment:
        glyph, style = stamp
        return Segment(glyph, _on(style, _tone(colours, max(divmod(key, base)) - 2)))

    return _lines((levels[::2] + 2) * base + levels[1::2] + 2, stamps, cell, stamped)


def shade(levels: Levels, shades: str, stamps: Stamps, bad: Style, *, cross: str = "✗") -> list[Strip]:
    """Lines for levels (rows, columns) in characters, for a screen without colours."""
    glyphs = f" {cross}{shades}"

    def cell(key: int, count: int) -> Segment:
        return Segment(glyphs[key] * count, bad if key - 2 == BAD else Style())

    return _lines(levels + 2, stamps, cell, lambda _, stamp: Segment(*stamp))


def _lines(
    keys: Levels,
    stamps: Stamps,
    cell: Callable[[int, int], Segment],
    stamped: Callable[[int, tuple[str, Style]], Segment],
) -> list[Strip]:
    """A segment for each run of cells of one key, and for each stamp."""
    columns = keys.shape[1]
    cuts = np.zeros((len(keys), columns + 1), dtype=np.bool_)
    cuts[:, 1:-1] = keys[:, 1:] != keys[:, :-1]
    cuts[:, [0, -1]] = True
    for y, x in stamps:
        cuts[y, x : x + 2] = True
    lines = []
    for y, row in enumerate(keys):
        edges = np.flatnonzero(cuts[y]).tolist()
        segments = []
        for start, end in pairwise(edges):
            key = int(row[start])
            stamp = stamps.get((y, start))
            segments.append(cell(key, end - start) if stamp is None else stamped(key, stamp))
        lines.append(Strip(segments, columns))
    return lines


def _tone(colours: tuple[int, ...], level: int) -> int | None:
    return colours[level] if level >= 0 else None


@lru_cache(maxsize=1024)
def _on(style: Style, ground: int | None) -> Style:
    return style + _style(None, ground)


@lru_cache(maxsize=4096)
def _style(ink: int | None, ground: int | None) -> Style:
    return Style(
        color=None if ink is None else Color.from_ansi(ink), bgcolor=None if ground is None else Color.from_ansi(ground)
    )

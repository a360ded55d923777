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
    """A tone for each level, as a colour and as a character.

    ``dark`` are the colours on a dark screen, ``light`` those on a light one, as ``#rrggbb``.
    """

    dark: tuple[str, ...]
    light: tuple[str, ...]
    shades: str

    def __len__(self) -> int:
        return len(self.shades)


#: From one end over nothing to the other, blue to orange: told apart by nearly every eye;
#: as characters too the sign is seen.
DIVERGING = Tones(
    ("#4aa3df", "#2d6a96", "#1e3d55", "#20252d", "#553a12", "#96641a", "#dc9308"),
    ("#2f7fbd", "#7fb4dc", "#c4dcef", "#eceae4", "#f5dcb6", "#e8b166", "#cf7a0a"),
    "=-- ++#",
)
#: From one class to the other, the middle undecided; as characters ever denser. Calm, since marks stand on it.
LIKELIHOOD = Tones(
    ("#25507c", "#1f4468", "#1a3048", "#20252d", "#3e2e14", "#5c4216", "#7a5518"),
    ("#8fbce4", "#b4d2ee", "#d6e6f5", "#eceae4", "#f7e6cb", "#f0d1a0", "#e6b872"),
    " .:-=+#",
)
#: From little to much.
RISING = Tones(
    ("#1b2436", "#20365a", "#1f5570", "#1f7378", "#2f8f6f", "#6fae5a", "#c9c24a"),
    ("#f0f2d8", "#d6e8bd", "#aedbb0", "#7fc8ae", "#55b0b3", "#4190b0", "#3f6fa3"),
    " .:-=+#",
)
#: For each of a few classes unsure, likely and sure; as characters only where it is likely. Calm, as above.
CONFIDENCES, HUES = 3, 6
CLASSES = Tones(
    (
        *("#172a3e", "#1d3c5c", "#25507c"),
        *("#382a13", "#573f15", "#755318"),
        *("#14302a", "#17483a", "#1b634c"),
        *("#33213a", "#4b2f54", "#653f70"),
        *("#2a2e34", "#3b4048", "#4d535d"),
        *("#12363c", "#155058", "#1a6a75"),
    ),
    (
        *("#d6e6f5", "#b4d2ee", "#8fbce4"),
        *("#f7e6cb", "#f0d1a0", "#e6b872"),
        *("#d5eedf", "#aedfc4", "#84cda5"),
        *("#ecdcef", "#d9bce0", "#c59ad0"),
        *("#e6e6e3", "#d0d0cc", "#b8b8b3"),
        *("#d3eef0", "#a9dde2", "#7ccad2"),
    ),
    " 00 11 22 33 44 55",
)


def paint(levels: Levels, colours: tuple[str, ...], stamps: Stamps, bad: Style) -> list[Strip]:
    """Lines for levels (2 · rows, columns): their colours, or what pixels without a tone have."""
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


def _tone(colours: tuple[str, ...], level: int) -> str | None:
    return colours[level] if level >= 0 else None


@lru_cache(maxsize=1024)
def _on(style: Style, ground: str | None) -> Style:
    return style + _style(None, ground)


@lru_cache(maxsize=4096)
def _style(ink: str | None, ground: str | None) -> Style:
    return Style(
        color=None if ink is None else Color.parse(ink), bgcolor=None if ground is None else Color.parse(ground)
    )

"""The confusion matrix: how often each class was taken for which, told by digits and by shades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

Counts = NDArray[np.int64]

#: Shades of a cell: the share of its row that it holds, in equal parts.
SHADES = 4
#: Cells of a class's name beside its row: at least, and at most. A column
#: has at least so many, is easy to read with so many, and never has more.
_LEAST_NAME, _MOST_NAME, _LEAST_COLUMN, _EASY_COLUMN, _MOST_COLUMN = 3, 14, 5, 7, 11
#: Cells of the share of a class that was found, with a blank before it, and its heading.
_FOUND, _FOUND_WIDTH = "found", 6


def counted(target: NDArray[Any], predicted: NDArray[Any], classes: int) -> Counts:
    """How many rows of each class (down) were taken for which (across); predictions that are not finite count not."""
    known = predicted >= 0
    flat = target[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


class ConfusionMatrix:
    """Lines for as many classes as there is room for, the others a scroll away."""

    def __init__(
        self,
        counts: Counts,
        names: Sequence[str],
        room: Size,
        style: Callable[[str], Style],
        corner: tuple[int, int] = (0, 0),
    ) -> None:
        """``corner`` is the first class wanted down and across; it is moved so that no room is left empty."""
        self._counts, self._names, self._style = counts, names, style
        digits = len(f"{counts.max(initial=0):,}")
        longest = max(map(len, names), default=0)
        self._name = max(_LEAST_NAME, min(longest, _MOST_NAME, room.width // 4))
        across = max(1, room.width - self._name - _FOUND_WIDTH)
        column = max(digits + 1, min(_LEAST_COLUMN, 1 + longest))
        #: The classes that have a row, and those that have a column.
        self.down = _window(corner[0], room.height - 2, len(names))
        self.across = _window(corner[1], across // column, len(names))
        widest = max(column, min(_MOST_COLUMN, max(_EASY_COLUMN, 1 + longest), across // max(1, len(self.across))))
        self._column = min(widest, across)

    @property
    def corner(self) -> tuple[int, int]:
        """The first class down and across."""
        return self.down.start, self.across.start

    @property
    def told(self) -> str:
        """How many of the classes are in sight; nothing where all are."""
        down, across, all_of_them = len(self.down), len(self.across), len(self._names)
        if min(down, across) == all_of_them:
            return ""
        shown = str(down) if across in (down, all_of_them) else f"{down}×{across}"
        return f"{shown} of {all_of_them} classes"

    def lines(self) -> list[Strip]:
        """The heading, and a row for each class."""
        quiet = self._style("quiet")
        names = "".join(" " + fit(self._names[k], self._column - 1, right=True) for k in self.across)
        across = " " * self._name + fit(" predicted →", len(self.across) * self._column)
        down = fit("target↓" if self._name >= len("target↓") else "is↓", self._name)
        return [
            line((across, quiet)),
            line((down + names + _FOUND.rjust(_FOUND_WIDTH), quiet)),
            *map(self._row, self.down),
        ]

    def _row(self, k: int) -> Strip:
        total = int(self._counts[k].sum())
        parts: list[str | tuple[str, Style]] = [(fit(self._names[k], self._name), self._style("quiet"))]
        for other in self.across:
            count = int(self._counts[k, other])
            text = f"{count:,}" if count else "·"
            shade = -(-count * SHADES // total) if count else 0  # anything at all has the least shade
            name = ("hit" if k == other else "miss") + str(shade) if shade else "quiet"
            parts.append((fit(text, self._column, right=True), self._style(name)))
        share = f"{self._counts[k, k] / total:.0%}" if total else "–"
        return line(*parts, (share.rjust(_FOUND_WIDTH), self._style("quiet")))


def _window(first: int, room: int, total: int) -> range:
    """So many places as there is room for, of so many, from the first that is wanted if enough follow it."""
    shown = max(1, min(room, total))
    start = max(0, min(first, total - shown))
    return range(start, min(total, start + shown))

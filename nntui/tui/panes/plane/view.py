"""What the views of the plane pane have in common: what they draw with, and how a person moves about in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip

from nntui.tui.picture import Answer, Picture, Question
from nntui.tui.widgets.axes import Frame
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.pixels import Levels, Stamps, Tones, paint, shade
from nntui.tui.widgets.text import fit

#: How far a view of all values reaches beyond them, as a share; where an input has two values only, farther.
MARGIN, WIDE_MARGIN = 0.06, 0.25


@dataclass(frozen=True, slots=True)
class Look:
    """What a view draws with: which dots, in colours or in characters, on dark or on light, in which styles."""

    marker: str
    coloured: bool
    dark: bool
    style: Callable[[str], Style]

    @property
    def ascii(self) -> bool:
        """Whether there are no characters but those of ASCII."""
        return self.marker == "ascii"

    @property
    def down(self) -> int:
        """Rows of pixels in a cell."""
        return 2 if self.coloured else 1

    def paint(self, levels: Levels, tones: Tones, stamps: Stamps) -> list[Strip]:
        """Lines for levels (rows of pixels, columns)."""
        bad = self.style("bad")
        if self.coloured:
            return paint(levels, tones.dark if self.dark else tones.light, stamps, bad)
        return shade(levels, tones.shades, stamps, bad, cross="?" if self.ascii else "✗")

    def quiet(self, text: str, width: int) -> Strip:
        """A line of small importance."""
        return line((fit(text, width), self.style("quiet")))


Shown = tuple[Sequence[Strip], Content | str]


class View:
    """One way to look at a network."""

    name: ClassVar[str]
    #: The tables it is drawn from.
    tables: ClassVar[tuple[str, ...]] = ()
    #: Whether there may be more than is seen.
    scrolls: ClassVar[bool] = False

    def question(self, picture: Picture, size: Size, look: Look) -> Question | None:
        """What it asks of the network; the same object while nothing else is to be asked."""
        return None

    def draw(self, picture: Picture, answer: Answer | None, size: Size, look: Look) -> Shown:
        """Its lines, and a legend for the lower edge; ``answer`` is one to its own question."""
        raise NotImplementedError

    def move(self, across: int, down: int) -> None:
        """Moves by cells or lines."""

    def page(self, pages: int) -> None:
        """Moves by as much as is shown."""

    def home(self) -> None:
        """Moves back to where it began."""

    def end(self) -> None:
        """Moves to the end."""

    def click(self, x: int, y: int) -> None:
        """Takes a click on a cell."""


class Scrolled(View):
    """A view of more lines than fit."""

    scrolls: ClassVar = True

    def __init__(self) -> None:
        self._first, self._page = 0, 1

    def scroll(self, lines: Sequence[Strip], height: int) -> list[Strip]:
        """The lines that are seen."""
        self._page = max(1, height)
        self._first = max(0, min(self._first, len(lines) - height))
        return list(lines[self._first : self._first + height])

    def move(self, across: int, down: int) -> None:
        """Moves by lines."""
        self._first = max(0, self._first + down)

    def page(self, pages: int) -> None:
        """Moves by as much as is shown."""
        self.move(0, pages * self._page)

    def home(self) -> None:
        """To the first line."""
        self._first = 0

    def end(self) -> None:
        """To the last line."""
        self._first = 10**9


def window(values: NDArray[np.float64]) -> tuple[float, float]:
    """From where to where a view of these values reaches."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not len(finite):
        return -1.0, 1.0
    lo, hi = float(finite.min()), float(finite.max())
    if not hi > lo:
        return lo - 1, hi + 1
    inner = finite[(finite > lo) & (finite < hi)]
    margin = (hi - lo) * (MARGIN if len(inner) else WIDE_MARGIN)
    return lo - margin, hi + margin


def framed(around: Frame, canvas: list[Strip], style: Style) -> list[Strip]:
    """The canvas beside and above its axes."""
    lines = []
    for y, text in enumerate(around.lines):
        if y < len(canvas):
            left = line((text[: around.left], style))
            lines.append(Strip.join([left, canvas[y]]) if around.left else canvas[y])
        else:
            lines.append(line((text, style)))
    return lines


def spelled(cells: Sequence[tuple[str, Style]]) -> Strip:
    """A line of single characters, those of one style beside each other in one segment."""
    segments = [
        Segment("".join(glyph for glyph, _ in run), style) for style, run in groupby(cells, key=lambda cell: cell[1])
    ]
    return Strip(segments, len(cells))


def beside(pictures: Sequence[Sequence[Strip]]) -> list[Strip]:
    """Pictures of one height beside each other, a cell apart."""
    gap = line(" ")
    return [Strip.join([part for strip in strips for part in (strip, gap)]) for strips in zip(*pictures, strict=True)]

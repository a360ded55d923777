"""Sends a changed span of a line from where it begins, and of its colours only what changes.

Textual 8.2 crops what it sends of a partly changed line on the right, but not on the left: one changed cell at the
right end of a chart costs the whole line. And it names both colours of every piece of text, and takes them back after
it: thirty-five bytes, often for one dot. The names used here are private to Textual, whose minor version is pinned for
that reason.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual import _compositor

_RESET = "\x1b[0m"


class SpansUpdate(_compositor.ChopsUpdate):
    """An update of the screen that holds exactly the spans that were marked as changed."""

    def render_segments(self, console: Console) -> str:
        """Return the terminal sequences of the update; they assume no colours and leave none."""
        pen = Pen(console._color_system or ColorSystem.TRUECOLOR)
        for y, start, end in self.spans:
            for right, (left, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                begin, stop = max(left, start), min(right, end)
                if strip is not None and begin < stop:
                    pen.sequences.append(Control.move_to(begin, y).segment.text)
                    for segment in strip.crop(begin - left, stop - left):
                        pen.write(segment)
        return pen.text()


class Pen:
    """Writes segments one after the other in terminal sequences, and remembers in which style it is."""

    def __init__(self, color_system: ColorSystem) -> None:
        self._color_system = color_system
        self._style: Style | None = None
        self.sequences: list[str] = []

    def write(self, segment: Segment) -> None:
        """Adds a segment."""
        text, style, _ = segment
        style = style or Style.null()
        if style.link:
            self._to(None)
            self.sequences.append(style.render(text, color_system=self._color_system))
            return
        self._to(style)
        self.sequences.append(text)

    def text(self) -> str:
        """All that was written, its colours taken back."""
        self._to(None)
        return "".join(self.sequences)

    def _to(self, style: Style | None) -> None:
        if style is not self._style:
            self.sequences.append(_change(self._style or Style.null(), style or Style.null(), self._color_system))
            self._style = style


@lru_cache(maxsize=4096)
def _change(before: Style, after: Style, color_system: ColorSystem) -> str:
    """The sequence that leads from one style to another."""
    if before == after:
        return ""
    codes = _codes(after, color_system)
    same_attributes = before.without_color == after.without_color
    if same_attributes and not (before.color and not after.color) and not (before.bgcolor and not after.bgcolor):
        color = after.color if after.color != before.color else None
        bgcolor = after.bgcolor if after.bgcolor != before.bgcolor else None
        codes = _codes(Style(color=color, bgcolor=bgcolor), color_system)
        return f"\x1b[{codes}m" if codes else ""
    if not codes:
        return _RESET
    return f"\x1b[{codes}m" if before == Style.null() else f"\x1b[0;{codes}m"


def _codes(style: Style, color_system: ColorSystem) -> str:
    """The numbers that select a style, as Rich knows them."""
    return style.render(" ", color_system=color_system).partition("m")[0].removeprefix("\x1b[").strip()


def install() -> None:
    """Make every Textual screen of this process send its partial updates this way."""
    _compositor.ChopsUpdate = SpansUpdate  # type: ignore[misc]

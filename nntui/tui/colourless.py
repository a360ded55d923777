"""What is left of colours under ``NO_COLOR``: lighter and darker, told by attributes that every terminal has.

Textual itself would send greys, which are colours, too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

#: From this difference in brightness on, of 0 to 1, a ground is another than what lies around it: a cursor, a title.
_OTHER: Final = 0.2
#: Up to this difference between ink and ground, ink is faint: frames, axes.
_FAINT: Final = 0.35


class Colourless(LineFilter):
    """Takes the colours from every line: a ground that stands out is reversed, faint ink is dim."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments in styles without colours."""
        return [Segment(text, _attributes(style or Style.null(), background), None) for text, style, _ in segments]


@lru_cache(4096)
def _attributes(style: Style, background: Color) -> Style:
    around = background.brightness
    ground = _brightness(style.bgcolor, around)
    ink = _brightness(style.color, 1 - round(ground))
    stands_out = abs(ground - around) > _OTHER
    faint = abs(ink - ground) < _FAINT
    attributes = style.without_color + Style(reverse=stands_out or None, dim=faint or None)
    return attributes + Style.from_meta(style.meta)  # what a click means there


def _brightness(color: RichColor | None, default: float) -> float:
    """From 0, black, to 1, white; a terminal's own colour has a brightness that nobody knows."""
    if color is None or color.is_default:
        return default
    return Color.from_rich_color(color).brightness

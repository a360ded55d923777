"""Characters for terminals that have only ASCII: each sign of the screen has a plain neighbour of the same width.

It holds in two places: what the terminal's encoding lacks is replaced as it is sent (`ERRORS`), and with the marker
``ascii`` everything on the screen is ASCII (`Plain`), whatever the encoding says that the terminal can show.
"""

from __future__ import annotations

import codecs
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

ERRORS: Final = "nntui.ascii"
"""Name of the error handler: ``text.encode("ascii", ERRORS)``."""

_SIGNS: Final = {
    "─━═╌┄┈╴╶": "-",
    "│┃║╎": "|",
    "┊┆": ":",
    "┌┐└┘├┤┬┴┼╭╮╯╰╱╲╳╋": "+",
    "█▉▊▋▓▒▙▛▜▟": "#",
    "▌▐▍▎▏░": " ",
    "▀▄▔▁▂▃▅▆▇▖▗▘▝▚▞": "=",
    "←◂◀": "<",
    "→▸▶": ">",
    "↑▲△⇧": "^",
    "↓▼▽": "v",
    "⏎": "E",
    "●◌○◉⭘": "o",
    "✓✔": "v",
    "✗✕✖×": "x",
    "■□‖": "=",
    "◆◇★☆": "*",
    "²": "2",
    "⌫": "B",
    "…·•": ".",
    "–—−": "-",
    "±": "~",
}
_TABLE: Final = {sign: plain for signs, plain in _SIGNS.items() for sign in signs}


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_TABLE.get(character) or "?" * cell_len(character) for character in text), error.end


codecs.register_error(ERRORS, _replace)


class Plain(LineFilter):
    """Makes every line of the screen ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, in the same cells."""
        return [
            segment if segment.text.isascii() else Segment(_plain(segment.text), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(4096)
def _plain(text: str) -> str:
    return text.encode("ascii", ERRORS).decode("ascii")

"""Characters for terminals that have only ASCII: each sign of the screen has a plain neighbour of the same width."""

from __future__ import annotations

import codecs
from typing import Final

from rich.cells import cell_len

ERRORS: Final = "nntui.ascii"
"""Name of the error handler: ``text.encode("ascii", ERRORS)``."""

_SIGNS: Final = {
    "─━╌┄┈╴╶": "-",
    "│┃┊┆║╎": "|",
    "┌┐└┘├┤┬┴┼╭╮╯╰╱╲╳": "+",
    "█▉▊▋▓▒": "#",
    "▌▍▎▏░": " ",
    "▀▄▔▁▂▃▅▆▇▖▗▘▝": "=",
    "←◂◀": "<",
    "→▸▶": ">",
    "↑▲△": "^",
    "↓▼▽": "v",
    "⏎": "E",
    "●◌○◉⭘": "o",
    "✓✔": "v",
    "✗✕✖×": "x",
    "■‖": "=",
    "◆◇": "*",
    "⌫": "B",
    "…·•": ".",
    "–—": "-",
}
_TABLE: Final = {sign: plain for signs, plain in _SIGNS.items() for sign in signs}


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(_TABLE.get(character) or "?" * cell_len(character) for character in text), error.end


codecs.register_error(ERRORS, _replace)

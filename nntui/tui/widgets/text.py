"""Text that came from a file, made safe and made to fit.

Column names, run names and labels are other people's words: nothing in them may move the cursor, change a
colour or turn the reading direction of the line around them.
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

#: Stands where a character was that must not reach the terminal.
PLACEHOLDER = "\ufffd"
#: Joiners that Arabic, Persian, Indic scripts and emoji need; they are invisible and harmless.
_JOINERS = "\u200c\u200d"


def plain(text: str) -> str:
    """Return `text` with every character that a terminal might obey replaced by a visible one.

    Control characters, escapes, bidirectional and other format controls, lone surrogates and line separators
    become U+FFFD; unusual spaces become a space.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in _JOINERS else _substitute(char) for char in text)


def _substitute(char: str) -> str:
    return " " if unicodedata.category(char) == "Zs" else PLACEHOLDER


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text`, made plain, in exactly `width` cells: padded with spaces, or cut short with "…".

    `right` aligns to the right. Wide characters count as two cells; one that would be cut in half is left out.
    """
    if width <= 0:
        return ""
    text = plain(text).strip(_JOINERS)
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip(" " + _JOINERS) + "…"
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding

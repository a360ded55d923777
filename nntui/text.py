"""Text that came from a file, made safe to print.

Column names, run names and labels are other people's words: nothing in them may move the cursor, change a colour or
turn the reading direction of the line around them.
"""

from __future__ import annotations

import unicodedata

#: Stands where a character was that must not reach the terminal.
PLACEHOLDER = "\ufffd"
#: Joiners that Arabic, Persian, Indic scripts and emoji need; they are invisible and harmless.
JOINERS = "\u200c\u200d"


def plain(text: str) -> str:
    """The text with every character that a terminal might obey replaced by a visible one.

    Control characters, escapes, bidirectional and other format controls, lone surrogates and line separators become
    U+FFFD; unusual spaces become a space.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in JOINERS else _substitute(char) for char in text)


def _substitute(char: str) -> str:
    return " " if unicodedata.category(char) == "Zs" else PLACEHOLDER


def clip(text: str, most: int) -> str:
    """The text in at most so many characters, cut short with "…"."""
    return text if len(text) <= most else text[: most - 1] + "…"

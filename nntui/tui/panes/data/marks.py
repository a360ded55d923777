"""The mark of each class: the same wherever classes are told apart, whatever their colours."""

from __future__ import annotations

#: Marks of rows that are learned from, and of those held out.
FILLED, HOLLOW = "●◆■▲▼★▶◀✚◉", "○◇□△▽☆▷◁✛◎"
#: The same where there is only ASCII; those held out have small letters.
LETTERS = "OXVZSYPDFH"


def glyph(which: int, *, test: bool, ascii_only: bool) -> str:
    """The mark of a class, filled where it is learned from."""
    i = which % len(FILLED)
    if ascii_only:
        return LETTERS[i].lower() if test else LETTERS[i]
    return (HOLLOW if test else FILLED)[i]

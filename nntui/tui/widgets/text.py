"""Text in exactly so many cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.highlighter import Highlighter
from rich.text import Text

from nntui.text import JOINERS, plain


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text`, made plain, in exactly `width` cells: padded with spaces, or cut short with "…".

    `right` aligns to the right. Wide characters count as two cells; one that would be cut in half is left out.
    """
    if width <= 0:
        return ""
    text = plain(text).strip(JOINERS)
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip(" " + JOINERS) + "…"
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


class AsText(Highlighter):
    """The highlighter of an entry that shows what was pasted or completed as text, and leaves its value as it is."""

    def highlight(self, text: Text) -> None:
        """Replaces what a terminal might obey."""
        text.plain = plain(text.plain)

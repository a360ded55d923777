"""Sends a changed span of a line from where it begins.

Textual 8.2 crops what it sends of a partly changed line on the right, but not on the left: one changed cell at the
right end of a chart costs the whole line. The names used here are private to Textual, whose minor version is
pinned for that reason.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual import _compositor


class SpansUpdate(_compositor.ChopsUpdate):
    """An update of the screen that holds exactly the spans that were marked as changed."""

    def render_segments(self, console: Console) -> str:
        """Return the terminal sequences of the update."""
        sequences: list[str] = []
        for y, start, end in self.spans:
            for right, (left, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                begin, stop = max(left, start), min(right, end)
                if strip is not None and begin < stop:
                    sequences.append(Control.move_to(begin, y).segment.text)
                    sequences.append(strip.crop(begin - left, stop - left).render(console))
        return "".join(sequences)


def install() -> None:
    """Make every Textual screen of this process send its partial updates this way."""
    _compositor.ChopsUpdate = SpansUpdate  # type: ignore[misc]

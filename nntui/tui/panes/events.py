"""The event log: everything that was marked on the curves, the newest first."""

from __future__ import annotations

import time
from typing import ClassVar

from nntui.tui import keymap
from nntui.tui.panes.numbers import count
from nntui.tui.panes.pane import Pane, PictureCells
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: The symbol of each kind of event; those of the curves' marks are the same.
SYMBOLS = {"set": "▲", "warning": "✕", "state": "●"}


class EventPane(Pane, PictureCells):
    """A line an event: when, at which step, and what."""

    number, heading = 7, "Events"
    EXPLAIN: ClassVar = (
        "Everything that has happened to the run, the newest first: what was turned and by whom, pauses, warnings.",
        "A healthy run has no ✕ but the ones you expect, and each ▲ is followed by a loss that falls faster.",
        "Where a curve bends, look here for the change at that step, and turn that knob back if it hurt.",
    )
    PLACE = keymap.EVENTS
    BINDINGS: ClassVar = keymap.bindings(keymap.EVENTS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"events--quiet"}
    DEFAULT_CSS = "EventPane .events--quiet { color: $foreground 65%; }"

    def draw(self, picture: Picture) -> None:
        """As many of the newest events as fit."""
        width, quiet = self.size.width, self.get_component_rich_style("events--quiet")
        lines = []
        for event in reversed(picture.events[-self.size.height :]):
            clock = time.strftime("%H:%M:%S", time.localtime(event.at))
            left = f"{clock} {count(event.step):>11} {SYMBOLS.get(event.kind, '·')} "
            lines.append(line((left, quiet), fit(event.text, width - len(left))))
        self.show(lines)

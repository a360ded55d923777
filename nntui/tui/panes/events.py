"""The event log: everything that was marked on the curves and more, the newest first, searched as one types."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.style import Style
from textual.events import Click
from textual.strip import Strip

from nntui.store.records import Event
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.panes.filteredpane import FilteredPane
from nntui.tui.panes.numbers import count
from nntui.tui.picture import Picture
from nntui.tui.widgets.cells import ink, line
from nntui.tui.widgets.text import fit

#: The symbol of each kind of event; those of the curves' marks are the same.
SYMBOLS = {"set": "▲", "warning": "✕", "state": "●"}
#: What stands before the symbol of an event that was given up when the run went back, and the words that find it.
ASIDE, GIVEN_UP = "┊", "given up"
#: The kinds that have a colour of their own.
_TONED = ("warning", "set")
#: Cells of a step at least, and the width from which on the clock has room besides.
_STEP_WIDTH, _WIDE = 5, 34


class EventPane(FilteredPane):
    """A line an event: when, at which step, and what; the chosen one in full."""

    WHOLE: ClassVar = True
    number, heading = 7, "Events"
    EXPLAIN: ClassVar = (
        "What has happened to the run, the newest first: knobs turned, pauses, warnings.",
        "Good: no ✕ that you did not expect, and a loss that falls faster after each ▲.",
        "Where a curve bends, look for the change at that step; turn it back if it hurt.",
    )
    HINT, WHEEL = "warning  lr  4000", 3
    PLACE = keymap.EVENTS
    BINDINGS: ClassVar = keymap.bindings(keymap.EVENTS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {"events--quiet", "events--warning", "events--set", "events--chosen"}
    DEFAULT_CSS = """
    EventPane {
        .events--quiet { color: $foreground 65%; }
        .events--warning { color: $error; text-style: bold; }
        .events--set { color: $primary; }
        .events--chosen { color: $foreground; background: $primary 25%; text-style: bold; }
        &:nocolor { .events--warning, .events--set { color: $foreground; } }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="events")
        self._search = ""
        self._chosen: int | None = None  # the id of an event; the newest, whichever that is, when None
        self._first = 0  # place of the event on the first line
        self._events: Sequence[Event] = ()
        self._known, self._matching = ("", 0), list[Event]()  # the last search, up to which event, and what it found
        self._rows: list[int] = []  # the place of the event on each line

    def draw(self, picture: Picture) -> None:
        """The events in which what was searched for is found, from the one scrolled to."""
        self._events = self._found(picture.events)
        if not self._events:
            words = "Nothing found." if picture.events else "What happens to the run appears here as it happens."
            self._rows = []
            self.show([line((fit(words, self.size.width), self.get_component_rich_style("events--quiet")))])
        else:
            self.show(self._in_lines())
        self.caption(self._legend(len(picture.events)))

    def _found(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events in which what was searched for is found, the newest first."""
        if not self._search:
            return events[::-1]
        known, self._known = self._known, (self._search, events[-1].id if events else 0)
        if known != self._known:
            wanted = self._search.casefold()
            self._matching = [event for event in reversed(events) if wanted in _searched(event)]
        return self._matching

    @property
    def _active(self) -> bool:
        """Whether keys go to the pane, or to what is searched for in it."""
        return self.has_focus or self.has_focus_within

    @property
    def _here(self) -> int:
        """The place of the chosen event among those shown."""
        return next((i for i, event in enumerate(self._events) if event.id == self._chosen), 0)

    def _in_lines(self) -> list[Strip]:
        here, height = self._here, self.lines_free
        texts = self._wrapped(self._events[here]) if self._active else [self._events[here].text]
        self._first = max(here - max(0, height - len(texts)), min(self._first, here))
        lines: list[Strip] = []
        self._rows = []
        for i, event in enumerate(self._events[self._first : self._first + height], start=self._first):
            chosen = i == here and self._active
            told = texts if i == here else [event.text]
            rows = [self._row(event, text, row, chosen) for row, text in enumerate(told)]
            lines += rows
            self._rows += [i] * len(rows)
        return lines[:height]

    @property
    def _step_width(self) -> int:
        """The cells of the latest step: what is not needed here is left for the text."""
        newest = self._last.run.step if self._last else 0
        return max(_STEP_WIDTH, len(count(newest)), *(len(count(event.step)) for event in self._events[:1]))

    @property
    def _left_width(self) -> int:
        """Cells before the text."""
        return self._step_width + 3 + (9 if self.size.width >= _WIDE else 0)

    def _wrapped(self, event: Event) -> list[str]:
        """The whole text, in at most half the lines there are."""
        width, text = max(4, self.size.width - self._left_width), plain(event.text)
        lines = textwrap.wrap(text, width) if cell_len(text) == len(text) else chop_cells(text, width)
        most = max(1, self.lines_free // 2)
        return [*lines[: most - 1], "".join(lines[most - 1 :])] if len(lines) > most else lines or [""]

    def _row(self, event: Event, text: str, row: int, chosen: bool) -> Strip:
        base = self.get_component_rich_style("events--chosen") if chosen else Style()
        quiet = ink(self.get_component_rich_style("events--quiet"))
        is_toned = event.kind in _TONED and not event.branch
        tone = ink(self.get_component_rich_style(f"events--{event.kind}")) if is_toned else quiet
        width = self._left_width
        clock = time.strftime("%H:%M:%S ", time.localtime(event.at)) if self.size.width >= _WIDE else ""
        left = f"{clock}{count(event.step):>{self._step_width}}{ASIDE if event.branch else ' '}"
        symbol = f"{SYMBOLS.get(event.kind, '·')} "
        told = [(left, base + quiet), (symbol, base + tone)] if not row else [(" " * width, base)]
        return line(*told, (fit(text, self.size.width - width), base + quiet if event.branch else base))

    def _legend(self, total: int) -> str:
        if self._search:
            return f"{count(len(self._events))} of {count(total)}"
        aside = f" · {ASIDE} {GIVEN_UP}" if any(event.branch for event in self._events) else ""
        searches = f"{keymap.shown(self.PLACE, 'search')} searches"
        return f"{count(total)} event{'' if total == 1 else 's'}{aside} · {searches}" if total else ""

    # Keys and mouse

    def action_search(self) -> None:
        """Lets one type what is searched for."""
        self.open_filter()

    def filter_by(self, text: str) -> str:
        """Searches for a text; any may be searched for."""
        self._search, self._first = text, 0
        return ""

    def move(self, lines: int) -> None:
        """Chooses the event so many lines below."""
        self.action_choose(lines)

    def action_choose(self, steps: int) -> None:
        """Chooses an event so many lines below, or above; at the top, the newest stays chosen as others come."""
        place = max(0, min(len(self._events) - 1, self._here + steps))
        self._chosen = self._events[place].id if place else None
        self.redraw()

    def action_page(self, direction: int) -> None:
        """A page up or down."""
        self.action_choose(direction * max(1, self.lines_free - 1))

    def action_end(self, direction: int) -> None:
        """To the newest, or to the oldest."""
        self.action_choose(direction * len(self._events))

    def on_click(self, event: Click) -> None:
        """A click chooses an event."""
        row = event.get_content_offset_capture(self).y
        if 0 <= row < len(self._rows):
            self.action_choose(self._rows[row] - self._here)


def _searched(event: Event) -> str:
    """What of an event is searched: kind, step and text, and whether it was given up."""
    aside = GIVEN_UP if event.branch else ""
    return f"{event.kind} {event.step} {count(event.step)} {event.text} {aside}".casefold()

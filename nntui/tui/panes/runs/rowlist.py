"""A list of rows, one of them chosen by keys or the mouse. Only what changed on the screen is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.strip import Strip

from nntui.tui import keymap
from nntui.tui.widgets.cells import Cells, line
from nntui.tui.widgets.text import fit

#: Rows that a turn of the mouse wheel moves by.
_WHEEL = 3


class RowList(Cells):
    """Rows known by an id. The chosen one stays chosen while others come and go, and is kept in sight."""

    can_focus = True
    TELLS_FOCUS = True
    #: Where in the keymap the list's own keys stand, beside those of every list.
    PLACE: ClassVar[str] = keymap.LISTS
    BINDINGS: ClassVar = keymap.bindings(keymap.LISTS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--chosen",
        "rows--quiet",
        "rows--heading",
        "rows--live",
        "rows--attention",
        "rows--accent",
    }
    DEFAULT_CSS = """
    RowList {
        .rows--chosen { color: $foreground; background: $primary 25%; text-style: bold; }
        .rows--quiet { color: $foreground 60%; }
        .rows--heading { color: $foreground 65%; }
        .rows--live { color: $success; }
        .rows--attention { color: $error; }
        .rows--accent { color: $primary; }
        &:nocolor { .rows--live, .rows--attention, .rows--accent { color: $foreground; } }
        &:ansi { .rows--quiet, .rows--heading { text-style: dim; } }
    }
    """

    class Told(Message):
        """Something of a row; "" where there is none."""

        def __init__(self, row_id: str) -> None:
            super().__init__()
            self.row_id = row_id

    class Chosen(Told):
        """Another row is chosen."""

    class Opened(Told):
        """Enter was pressed on a row, or a click on the chosen one."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ids: tuple[str, ...] = ()
        self.empty_text = ""
        self._chosen = ""
        self._first = 0  # row on the first line

    # What the lists of this program are made of

    def heading(self, width: int) -> Strip | None:
        """The line above the rows, if any."""
        return None

    def row(self, row_id: str, width: int, base: Style) -> Strip:
        """One row on a style that tells whether it is chosen."""
        raise NotImplementedError

    def can_be_chosen(self, row_id: str) -> bool:
        """Whether the keys stop at a row."""
        return True

    # Rows and the chosen one

    @property
    def chosen(self) -> str:
        """The id of the chosen row; "" when there is none."""
        return self._chosen

    def fill(self, ids: Sequence[str]) -> None:
        """The rows from now on, from the top. Where the chosen one has gone, its neighbour takes its place."""
        place = self.ids.index(self._chosen) if self._chosen in self.ids else 0
        self.ids = tuple(ids)
        if self._chosen not in self.ids:
            self._choose(self._nearest(place))
        self.redraw()

    def choose(self, row_id: str) -> None:
        """Chooses a row, if it is there."""
        if row_id in self.ids:
            self._choose(row_id)
            self.redraw()

    def _choose(self, row_id: str) -> None:
        if row_id != self._chosen:
            self._chosen = row_id
            self.post_message(self.Chosen(row_id))

    def _nearest(self, place: int) -> str:
        """The row at a place that can be chosen, else one after it, else one before."""
        place = max(0, min(place, len(self.ids) - 1))
        order = (*self.ids[place:], *reversed(self.ids[:place]))
        return next((row_id for row_id in order if self.can_be_chosen(row_id)), "")

    @property
    def in_sight(self) -> tuple[str, ...]:
        """The ids of the rows in sight."""
        return self.ids[self._first : self._first + self._height]

    @property
    def _height(self) -> int:
        """Lines for rows."""
        return max(0, self.size.height - (self.heading(self.size.width) is not None))

    def redraw(self) -> None:
        """The rows in sight, the chosen one among them."""
        width = self.size.width
        if not width or not self._height:
            return
        if not self.ids:
            self.show([line((fit(self.empty_text, width), self.tone("quiet")))])
            return
        place = self.ids.index(self._chosen) if self._chosen in self.ids else 0
        first = min(self._first, place, max(0, len(self.ids) - self._height))
        self._first = max(first, place - self._height + 1)
        above = self.heading(width)
        rows = [self.row(row_id, width, self._base(row_id)) for row_id in self.in_sight]
        self.show(rows if above is None else [above, *rows])

    def _base(self, row_id: str) -> Style:
        if row_id != self._chosen:
            return Style()
        return self.get_component_rich_style("rows--chosen") if self.has_focus else Style(bold=True)

    def tone(self, part: str) -> Style:
        """The colour of a part, on whatever the row has behind it."""
        style = self.get_component_rich_style(f"rows--{part}")
        return Style(color=style.color, dim=style.dim)

    # Keys and the mouse

    def action_move(self, by: int) -> None:
        """Chooses the row so many further down, as far as there are rows."""
        places = [place for place, row_id in enumerate(self.ids) if self.can_be_chosen(row_id)]
        if places and self._chosen in self.ids:
            here = places.index(self.ids.index(self._chosen)) + by
            self.choose(self.ids[places[max(0, min(here, len(places) - 1))]])

    def action_page(self, direction: int) -> None:
        """Moves by what is in sight."""
        self.action_move(direction * max(1, self._height - 1))

    def action_edge(self, direction: int) -> None:
        """Moves to the first row, -1, or the last, 1."""
        self.action_move(direction * len(self.ids))

    def action_open_row(self) -> None:
        """Says that the chosen row is to be opened."""
        if self._chosen:
            self.post_message(self.Opened(self._chosen))

    def on_click(self, event: Click) -> None:
        """A click chooses a row, and one on the chosen row opens it."""
        y = event.get_content_offset_capture(self).y - (self.heading(self.size.width) is not None)
        if not 0 <= y < len(self.in_sight):
            return
        clicked = self.in_sight[y]
        if clicked == self._chosen:
            self.action_open_row()
        elif self.can_be_chosen(clicked):
            self.choose(clicked)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves on."""
        event.stop()
        self.action_move(_WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves back."""
        event.stop()
        self.action_move(-_WHEEL)

    def on_focus(self) -> None:
        """The chosen row shows that keys go here."""
        self.redraw()

    def on_blur(self) -> None:
        """And that they do not."""
        self.redraw()

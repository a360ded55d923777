"""What the panes have in common whose rows can be filtered as one types."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp

from nntui.tui.panes.filterentry import FilterEntry
from nntui.tui.panes.pane import Pane, PictureCells


class FilteredPane(Pane, PictureCells):
    """Lines, one of them chosen, with the entry of a filter in the last line, hidden while nobody wants one."""

    #: What may stand in the filter; the lines that a turn of the mouse wheel moves by.
    HINT: ClassVar[str]
    WHEEL: ClassVar[int] = 1
    TELLS_FOCUS = True
    DEFAULT_CSS = """
    FilteredPane FilterEntry { dock: bottom; }
    """

    def compose(self) -> ComposeResult:
        """The entry of the filter."""
        yield FilterEntry(self.HINT, id=f"{self.id}-filter")

    # What these panes are made of

    def filter_by(self, text: str) -> str:
        """Takes what was typed as the filter; returns what is wrong with it."""
        raise NotImplementedError

    def move(self, lines: int) -> None:
        """Chooses the line so many further down."""
        raise NotImplementedError

    # The filter

    @property
    def lines_free(self) -> int:
        """The lines that the filter leaves."""
        entry = self.query_one(FilterEntry)
        taken = 1 + entry.has_class("wrong") if entry.display else 0
        return max(1, self.size.height - taken)

    def open_filter(self) -> None:
        """Lets one type."""
        self.query_one(FilterEntry).open()
        self.redraw()

    def take_back(self) -> bool:
        """Takes the filter away."""
        entry = self.query_one(FilterEntry)
        if not entry.display:
            return False
        entry.clear()
        self.redraw()
        return True

    @on(FilterEntry.Typed)
    def _take_filter(self, message: FilterEntry.Typed) -> None:
        message.stop()
        self.query_one(FilterEntry).wrong(self.filter_by(message.text))
        self.redraw()

    @on(FilterEntry.Left)
    def _leave_filter(self, message: FilterEntry.Left) -> None:
        message.stop()
        self.focus()
        self.redraw()

    # The chosen line

    def on_focus(self) -> None:
        """The chosen line stands out where the keys go."""
        self.redraw()

    def on_blur(self) -> None:
        """The chosen line stands back."""
        self.redraw()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.move(self.WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves as the keys do."""
        event.stop()
        self.move(-self.WHEEL)

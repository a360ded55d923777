"""A list in a box: a filter beneath it, and in the lower edge which row is chosen, of how many."""

from __future__ import annotations

from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from nntui.config import RunConfig
from nntui.tui.panes.filterentry import FilterEntry
from nntui.tui.panes.runs.rowlist import RowList


class Subject(NamedTuple):
    """What is chosen: words on it; its configuration, if it can be used, and what a run of that is called after."""

    text: Content = Content("")
    config: RunConfig | None = None
    preset: str = ""


class ListBox(Vertical):
    """Owns a list and its filter; what the rows are is told by those made of it."""

    class Changed(Message):
        """Another row is chosen, or the rows were read anew."""

        def __init__(self, box: ListBox) -> None:
            super().__init__()
            self.box = box

    def __init__(self, rows: RowList, title: str, hint: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, classes="box")
        self.rows = rows
        self.border_title = title
        self._entry = FilterEntry(hint, id=f"{rows.id}-filter")

    def compose(self) -> ComposeResult:
        """The list, and the filter, hidden while nobody wants one."""
        yield self.rows
        yield self._entry

    # What the boxes of this program are made of

    @property
    def total(self) -> int:
        """How many rows there are without a filter."""
        raise NotImplementedError

    @property
    def subject(self) -> Subject:
        """What is chosen."""
        raise NotImplementedError

    def filter_by(self, text: str) -> str:
        """Lists the rows that a filter leaves; returns what is wrong with it."""
        raise NotImplementedError

    def unmark(self) -> None:
        """Takes the marks away, where rows can be marked."""

    # The list and its filter

    def open_filter(self) -> None:
        """Lets one type what the rows must have."""
        self._entry.open()

    def clear(self) -> None:
        """Takes the filter away; if there is none, the marks."""
        if self._entry.text:
            self._entry.clear()
        else:
            self.unmark()

    def count(self, *more: str) -> None:
        """Tells which row is chosen, of how many, and more."""
        ids, total = self.rows.ids, self.total
        place = f"{ids.index(self.rows.chosen) + 1} of {len(ids)}" if self.rows.chosen else ""
        hidden = f"{total - len(ids)} hidden by the filter" if len(ids) < total else ""
        self.border_subtitle = " · ".join(text for text in (place, hidden, *more) if text)

    @on(RowList.Chosen)
    def _tell(self, message: RowList.Chosen) -> None:
        message.stop()
        self.count()
        self.post_message(self.Changed(self))

    @on(FilterEntry.Typed)
    def _take_filter(self, message: FilterEntry.Typed) -> None:
        message.stop()
        self._entry.wrong(self.filter_by(message.text))

    @on(FilterEntry.Left)
    def _leave_filter(self, message: FilterEntry.Left) -> None:
        message.stop()
        self.rows.focus()

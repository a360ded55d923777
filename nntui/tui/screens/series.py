"""Choosing which of the recorded series a chart draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.screens.dialog import Dialog
from nntui.tui.widgets.text import AsText
from nntui.tui.widgets.toosmall import TooSmall

#: The widest dialog, and the height of a terminal below which it has no empty lines.
WIDEST, LOW = 60, 18


class SeriesChoice(Dialog[tuple[str, ...]]):
    """Dismissed with the names that are ticked, in the order in which they were ticked."""

    BINDINGS: ClassVar = keymap.bindings(keymap.CHOICE)
    CSS_PATH = "../styles/dialogs.tcss"

    def __init__(self, series: Sequence[str], chosen: Sequence[str]) -> None:
        super().__init__()
        self._series = tuple(series)
        self._chosen = [name for name in chosen if name in series]
        self._shown: list[str] = []

    def compose(self) -> ComposeResult:
        """A filter, and the names it leaves."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Draw which series?"
            dialog.border_subtitle = f"⏎ ticks, {keymap.shown(keymap.CHOICE, 'close')} closes"
            yield Input(placeholder="type to filter", highlighter=AsText())
            names = OptionList(markup=False, compact=True)
            names.can_focus = False
            yield names
        yield TooSmall()

    def on_mount(self) -> None:
        """Shows all."""
        self._list()

    def on_resize(self, event: Resize) -> None:
        """Long lines are hard to read, and a low terminal has no room for empty ones."""
        self.query_one(".dialog").styles.max_width = min(WIDEST, event.size.width * 9 // 10)
        self.set_class(event.size.height < LOW, "low")

    @on(Input.Changed)
    def _list(self) -> None:
        """The names that hold every word of the filter; what is ticked stays ticked."""
        words = self.query_one(Input).value.lower().split()
        self._shown = [name for name in self._series if all(word in plain(name).lower() for word in words)]
        names = self.query_one(OptionList)
        names.clear_options().add_options(self._line(name) for name in self._shown)
        if self._shown:
            names.highlighted = 0

    def _line(self, name: str) -> Option:
        return Option(Content(f"[{'x' if name in self._chosen else ' '}] {plain(name)}"))

    @on(Input.Submitted)
    def _tick(self) -> None:
        place = self.query_one(OptionList).highlighted
        if place is None or place >= len(self._shown):
            self.app.bell()
            return
        name = self._shown[place]
        if name in self._chosen:
            self._chosen.remove(name)
        else:
            self._chosen.append(name)
        self.query_one(OptionList).replace_option_prompt_at_index(place, self._line(name).prompt)

    @on(OptionList.OptionSelected)
    def _tick_clicked(self, message: OptionList.OptionSelected) -> None:
        self._tick()

    def action_highlight(self, direction: int) -> None:
        """The name above or below."""
        names = self.query_one(OptionList)
        if direction < 0:
            names.action_cursor_up()
        else:
            names.action_cursor_down()

    def action_close(self) -> None:
        """Closes with what is ticked."""
        self.dismiss(tuple(self._chosen))

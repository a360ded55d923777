"""One line to type a filter in, and under it what is wrong with it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.widgets.text import AsText


class FilterEntry(Vertical):
    """Hidden until it is opened; stays while there is something in it."""

    PLACE: ClassVar[str] = keymap.FILTER
    BINDINGS: ClassVar = keymap.bindings(keymap.FILTER)
    DEFAULT_CSS = """
    FilterEntry {
        display: none; height: auto; width: 1fr;
        Input, Input:focus { height: 1; border: none; padding: 0; background: $foreground 8%; }
        Static { height: 1; color: $error; display: none; text-wrap: nowrap; text-overflow: ellipsis; }
        &.wrong Static { display: block; }
    }
    """

    class Typed(Message):
        """Other words are in it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Somebody is done with typing."""

    def __init__(self, hint: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The line, and the one for what is wrong."""
        yield Input(placeholder=self._hint, select_on_focus=False, max_length=200, highlighter=AsText())
        yield Static(markup=False)

    @property
    def text(self) -> str:
        """What is in it."""
        return self.query_one(Input).value

    def open(self) -> None:
        """Shows the line and lets one type."""
        self.display = True
        self.query_one(Input).focus()

    def clear(self) -> None:
        """Empties and hides it."""
        self.query_one(Input).value = ""
        self.display = False

    def wrong(self, text: str) -> None:
        """Says what is wrong with what was typed; nothing when it is well."""
        self.query_one(Static).update(plain(text))
        self.set_class(bool(text), "wrong")

    @on(Input.Changed)
    def _tell(self, message: Input.Changed) -> None:
        message.stop()
        self.post_message(self.Typed(message.value))

    @on(Input.Submitted)
    def _submit(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Leaves the filter as it is."""
        self.display = bool(self.text)
        self.post_message(self.Left())

    def action_give_up(self) -> None:
        """Takes the filter away."""
        self.clear()
        self.post_message(self.Left())

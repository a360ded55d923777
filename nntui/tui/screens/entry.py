"""Typing one value, with what is wrong with it shown while one types."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.widgets import Input, Static

from nntui.errors import UserError
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.screens.dialog import Dialog
from nntui.tui.widgets.text import AsText
from nntui.tui.widgets.toosmall import TooSmall

#: The widest dialog, and the height of a terminal below which it has no empty lines.
WIDEST, LOW = 66, 18
Checked = TypeVar("Checked")


class Entry(Dialog[Checked | None], Generic[Checked]):
    """Dismissed with what ``parse`` makes of the text, or None; ``parse`` raises UserError where it cannot be had."""

    BINDINGS: ClassVar = keymap.bindings(keymap.ENTRY)
    CSS_PATH = "../styles/dialogs.tcss"

    def __init__(self, question: str, text: str, hint: str, parse: Callable[[str], Checked]) -> None:
        super().__init__()
        self._question = question
        self._text = text
        self._hint = hint
        self._parse = parse

    def compose(self) -> ComposeResult:
        """Question, entry, what is allowed or what is wrong."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_subtitle = f"⏎ takes it, {keymap.shown(keymap.ENTRY, 'dismiss(None)')} leaves it"
            yield Static(plain(self._question), classes="question", markup=False)
            yield Input(self._text, select_on_focus=True, highlighter=AsText())
            yield Static(plain(self._hint), id="hint", classes="detail", markup=False)
        yield TooSmall()

    def on_resize(self, event: Resize) -> None:
        """Long lines are hard to read, and a low terminal has no room for empty ones."""
        self.query_one(".dialog").styles.max_width = min(WIDEST, event.size.width * 9 // 10)
        self.set_class(event.size.height < LOW, "low")

    @on(Input.Changed)
    def _check(self, message: Input.Changed) -> None:
        hint = self.query_one("#hint", Static)
        try:
            self._parse(message.value)
        except UserError as error:
            hint.update(plain(str(error)))
            hint.add_class("wrong")
        else:
            hint.update(plain(self._hint))
            hint.remove_class("wrong")

    @on(Input.Submitted)
    def _accept(self, message: Input.Submitted) -> None:
        try:
            self.dismiss(self._parse(message.value))
        except UserError:
            self.app.bell()

"""Typing a knob's value, with its error shown while one types."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import Resize
from textual.widgets import Input, Static

from nntui.knob import ConfigError, Knob, Value
from nntui.tui.screens.dialog import Dialog
from nntui.tui.widgets.toosmall import TooSmall

#: The widest dialog, and the height of a terminal below which it has no empty lines.
WIDEST, LOW = 66, 18


class ValueEntry(Dialog[Value | None]):
    """Dismissed with the checked value, or None."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "leave it as it is")]
    CSS_PATH = "../styles/dialogs.tcss"

    def __init__(self, knob: Knob, value: Value) -> None:
        super().__init__()
        self._knob = knob
        self._value = value

    def compose(self) -> ComposeResult:
        """Name, entry, what is allowed or what is wrong."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_subtitle = "⏎ takes it, esc leaves it"
            yield Static(f"{self._knob.name}: {self._knob.help}", classes="question", markup=False)
            yield Input(self._knob.show(self._value), select_on_focus=True)
            yield Static(self._knob.allowed, id="hint", classes="detail", markup=False)
        yield TooSmall()

    def on_resize(self, event: Resize) -> None:
        """Long lines are hard to read, and a low terminal has no room for empty ones."""
        self.query_one(".dialog").styles.max_width = min(WIDEST, event.size.width * 9 // 10)
        self.set_class(event.size.height < LOW, "low")

    @on(Input.Changed)
    def _check(self, message: Input.Changed) -> None:
        hint = self.query_one("#hint", Static)
        try:
            self._knob.parse(message.value)
        except ConfigError as error:
            hint.update(str(error))
            hint.add_class("wrong")
        else:
            hint.update(self._knob.allowed)
            hint.remove_class("wrong")

    @on(Input.Submitted)
    def _accept(self, message: Input.Submitted) -> None:
        try:
            self.dismiss(self._knob.parse(message.value))
        except ConfigError:
            self.app.bell()

"""Typing values of one's own, and seeing what the network says of them while it trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.widgets import Input, Static

from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.panes.predictions.ownvalues import OwnAnswer, lines_of
from nntui.tui.panes.predictions.table import input_text
from nntui.tui.picture import Picture, Question
from nntui.tui.screens.entry import LOW
from nntui.tui.screens.rundialog import RunDialog
from nntui.tui.widgets.text import AsText
from nntui.tui.widgets.toosmall import TooSmall
from nntui.typedrow import TypedRowError, changed, number

#: More inputs than these are typed in one line, by name.
MANY = 12


class ValuesScreen(RunDialog[None]):
    """An entry for each input, or one for all; under them the answer."""

    NAME = "values"
    BINDINGS: ClassVar = keymap.bindings(keymap.VALUES)
    CSS_PATH: ClassVar = ["../styles/dialogs.tcss", "../styles/autopsy.tcss"]

    def __init__(self, picture: Picture, post: Callable[[Message], object], row: int) -> None:
        super().__init__(picture, post)
        self._names = [str(name) for name in picture.run.data["features"]]
        self._values: NDArray[np.float64] = picture.rows["X"][row].astype(np.float64)
        self._row = int(picture.rows["row"][row])

    def compose(self) -> ComposeResult:
        """What is asked, the entries, the answer."""
        with Vertical(classes="dialog", id="values") as dialog:
            dialog.border_title = "Your own values"
            dialog.border_subtitle = f"{keymap.shown(keymap.VALUES, 'close')} closes"
            if len(self._names) > MANY:
                hint = f"name=value, with commas; all others as in row {self._row}"
                yield Static(hint, classes="detail", markup=False)
                yield Input(self._first_words(), id="all", select_on_focus=False, highlighter=AsText())
            else:
                yield Static(f"at first those of row {self._row}", classes="detail", markup=False)
                with VerticalScroll(can_focus=False):
                    for i, (name, value) in enumerate(zip(self._names, self._values, strict=True)):
                        with Horizontal(classes="value"):
                            yield Static(plain(name), markup=False)
                            words = "" if np.isnan(value) else repr(_shortest(value))
                            yield Input(words, id=f"value-{i}", highlighter=AsText())
            yield OwnAnswer(id="answer")
        yield TooSmall()

    def _first_words(self) -> str:
        name = self._names[0]
        quoted = f'"{name}"' if set(name) & set(',="') else name
        return f"{quoted}={input_text(float(self._values[0]))}"

    def on_mount(self) -> None:
        """Asks at once."""
        super().on_mount()
        self.query_one(OwnAnswer).styles.height = lines_of(self.latest.run)
        self.query(Input).first().focus()
        self._ask()

    def on_resize(self, event: Resize) -> None:
        """A low terminal has no room for empty lines."""
        self.query_one("#values").styles.max_width = event.size.width * 9 // 10
        self.set_class(event.size.height < LOW, "low")

    def follow(self) -> None:
        """Tells the answer."""
        self.query_one(OwnAnswer).picture(self.latest)

    @on(Input.Changed)
    def _take(self, message: Input.Changed) -> None:
        message.stop()
        self._ask()

    def _ask(self) -> None:
        """Asks what was typed, or says what is wrong with it."""
        answer = self.query_one(OwnAnswer)
        try:
            X, answer.error = self._typed()[None, :], ""
        except TypedRowError as error:
            answer.error = str(error)
        else:
            answer.question = Question(X)
            self.ask(answer.question)
        answer.redraw()

    def _typed(self) -> NDArray[np.float64]:
        if len(self._names) > MANY:
            return changed(self.query_one("#all", Input).value, self._names, self._values)
        entries = [self.query_one(f"#value-{i}", Input).value for i in range(len(self._names))]
        return np.array([number(text, name) for text, name in zip(entries, self._names, strict=True)])

    def action_close(self) -> None:
        """Back to the run."""
        self.dismiss(None)


def _shortest(value: float) -> float:
    """The value as it was before it was kept in fewer bits: 0.1, not 0.10000000149011612."""
    return float(str(np.float32(value)))

"""A yes-or-no question over the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.screens.dialog import Dialog
from nntui.tui.widgets.toosmall import TooSmall


class Question(Dialog[bool]):
    """Dismissed with the answer."""

    BINDINGS: ClassVar = keymap.bindings(keymap.QUESTION)
    CSS_PATH = "../styles/dialogs.tcss"

    def __init__(self, question: str, detail: str) -> None:
        super().__init__()
        self._question = question
        self._detail = detail

    def compose(self) -> ComposeResult:
        """The question, what follows from yes, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(plain(self._question), classes="question", markup=False)
            yield Static(plain(self._detail), classes="detail", markup=False)
            yes, no = (keymap.shown(keymap.QUESTION, f"answer({answer})") for answer in (True, False))
            words = "[@click=screen.answer(True)] [b]$yes[/b] yes [/]   [@click=screen.answer(False)] [b]$no[/b] no [/]"
            yield Static(Content.from_markup(words, yes=yes, no=no))
        yield TooSmall()

    def action_answer(self, yes: bool) -> None:
        """Closes with the answer."""
        self.dismiss(yes)

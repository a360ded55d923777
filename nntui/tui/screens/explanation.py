"""What a pane shows, what good looks like, and what to turn: three sentences over the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from nntui.tui import keymap
from nntui.tui.panes.pane import Pane
from nntui.tui.screens.dialog import Dialog
from nntui.tui.screens.entry import LOW
from nntui.tui.widgets.toosmall import TooSmall


class Explanation(Dialog[None]):
    """Closed by any of its keys, or a click beside it."""

    BINDINGS: ClassVar = keymap.bindings(keymap.EXPLANATION)
    CSS_PATH = "../styles/dialogs.tcss"

    def __init__(self, pane: Pane) -> None:
        super().__init__()
        self._heading = Content.assemble((f"{pane.number} ", "bold"), pane.heading)
        self._sentences = pane.EXPLAIN

    def compose(self) -> ComposeResult:
        """A paragraph a sentence."""
        with VerticalScroll(id="explanation") as box:
            box.border_title = self._heading
            box.border_subtitle = f"{keymap.shown(keymap.EXPLANATION, 'dismiss')} closes"
            for sentence in self._sentences:
                yield Static(Content(sentence))
        yield TooSmall()

    def on_resize(self, event: Resize) -> None:
        """A low terminal has no room for empty lines."""
        self.set_class(event.size.height < LOW, "low")

    def on_click(self) -> None:
        """A click closes it."""
        self.dismiss()

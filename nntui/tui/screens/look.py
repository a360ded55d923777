"""A closer look at a preset or a run: all that is said of it, and its data, over the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from nntui.config import RunConfig
from nntui.tui import keymap
from nntui.tui.panes.runs.about import About
from nntui.tui.screens.dialog import Dialog
from nntui.tui.screens.samples import SampledPicture, Samples
from nntui.tui.widgets.toosmall import TooSmall


class LookScreen(Dialog[None]):
    """Words above, the data beneath."""

    BINDINGS: ClassVar = keymap.bindings(keymap.LOOK)
    CSS_PATH = "../styles/dialogs.tcss"

    def __init__(self, text: Content, config: RunConfig | None, samples: Samples, marker: str) -> None:
        super().__init__()
        self._text = text
        self._config = config
        self._picture = SampledPicture(samples, marker)

    def compose(self) -> ComposeResult:
        """The text, which scrolls, and the picture."""
        with Vertical(id="look") as box:
            box.border_title = "A closer look"
            box.border_subtitle = f"↑ ↓ scroll, {keymap.shown(keymap.LOOK, 'dismiss')} closes"
            yield About()
            yield self._picture
        yield TooSmall()

    def on_mount(self) -> None:
        """Fills both."""
        about = self.query_one(About)
        about.tell(self._text)
        about.focus()
        self._picture.border_title = "Data"
        self._picture.of(self._config, "This cannot be used, so there are no data to show.")

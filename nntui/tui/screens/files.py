"""Opening a file by its path, which is completed and checked while one types."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from nntui import ownfiles
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.screens.dialog import Dialog
from nntui.tui.widgets.text import AsText, fit
from nntui.tui.widgets.toosmall import TooSmall

#: The widest dialog, the height of a terminal below which it has no empty lines, and lines for suggestions.
WIDEST, LOW, SUGGESTIONS = 90, 18, 8


class FileEntry(Dialog[tuple[str, RunConfig] | None]):
    """Dismissed with a name and the configuration that a file there makes, or None."""

    BINDINGS: ClassVar = keymap.bindings(keymap.FILES)
    CSS_PATH = "../styles/dialogs.tcss"

    def compose(self) -> ComposeResult:
        """Question, entry, what is wrong, what it may become."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Open a file"
            completes, closes = (keymap.shown(keymap.FILES, action) for action in ("complete", "dismiss(None)"))
            dialog.border_subtitle = f"{completes} completes, {closes} closes"
            yield Static("A preset, a table, arrays, or a folder of images", classes="question", markup=False)
            yield Input(placeholder="~/data/rows.csv", select_on_focus=False, highlighter=AsText())
            yield Static(id="hint", classes="detail", markup=False)
            yield Static(id="suggestions", markup=False)
        yield TooSmall()

    def on_mount(self) -> None:
        """Says what there is here."""
        self._look("")

    def on_resize(self, event: Resize) -> None:
        """As wide as paths are, and no empty lines in a low terminal."""
        self.query_one(".dialog").styles.width = min(WIDEST, event.size.width * 9 // 10)
        self.query_one(Input).styles.width = "100%"
        self.set_class(event.size.height < LOW, "low")

    @on(Input.Changed)
    def _change(self, message: Input.Changed) -> None:
        self._look(message.value)

    @work(exclusive=True, group="look")  # and no longer for what an earlier path meant
    async def _look(self, text: str) -> None:
        """Says what is wrong with the path, or what it is; and how it may go on. Disks may be slow."""
        found, paths = await asyncio.to_thread(_found, text), await asyncio.to_thread(ownfiles.suggestions, text)
        hint = next(iter(self.query("#hint").results(Static)), None)
        if hint is None:  # it was closed meanwhile
            return
        if isinstance(found, UserError):
            hint.update(plain(_without_path(str(found), text)))
        else:
            hint.update(plain(found[1].title or "a preset"))
        hint.set_class(isinstance(found, UserError) and bool(text), "wrong")
        lines = 3 if self.has_class("low") else SUGGESTIONS
        width = max(10, self.query_one(".dialog").size.width - 6)
        names = [f"  {fit(name, width).rstrip()}" for name in paths]
        more = [f"  … {len(names) - lines + 1} more"] if len(names) > lines else []
        self.query_one("#suggestions", Static).update(Content("\n".join(names[: lines - len(more)] + more)))

    async def action_complete(self) -> None:
        """As far as all suggestions agree."""
        entry = self.query_one(Input)
        entry.value = await asyncio.to_thread(ownfiles.completed, entry.value)
        entry.cursor_position = len(entry.value)

    @on(Input.Submitted)
    async def _accept(self, message: Input.Submitted) -> None:
        found = await asyncio.to_thread(_found, message.value)
        if isinstance(found, UserError):
            self.app.bell()
        else:
            self.dismiss(found)


def _found(text: str) -> tuple[str, RunConfig] | UserError:
    """A name and what a path makes, or what is wrong with it."""
    try:
        return ownfiles.configuration(text)
    except UserError as error:
        return error


def _without_path(words: str, text: str) -> str:
    """What is said of a path, which need not be told to whoever has just typed it."""
    name = Path(text.strip()).name
    return words.rpartition(f"/{name}: ")[2] if name else words

"""The presets on the start screen: they are read, filtered by words, and chosen to be started."""

from __future__ import annotations

import asyncio

from textual import on
from textual.message import Message

from nntui import presets
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.tui.panes.runs.about import about_preset
from nntui.tui.panes.runs.presetlist import Entry, PresetList
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.screens.listbox import ListBox, Subject
from nntui.tui.screens.notice import say


class PresetBox(ListBox):
    """The bundled presets and a person's own."""

    class Opened(Message):
        """A preset that can be used is to be started."""

        def __init__(self, name: str, config: RunConfig) -> None:
            super().__init__()
            self.name = name
            self.config = config

    def __init__(self) -> None:
        rows = PresetList()
        super().__init__(rows, "Presets", "words of a preset", id="presets-box")
        self._list = rows
        self._entries: dict[str, Entry] = {}
        self._words: list[str] = []

    async def read(self) -> None:
        """Lists the presets that there are now."""
        try:
            self._entries = await asyncio.to_thread(_read)
        except OSError as error:
            say(self, f"presets cannot be read: {error}", "error")
        self._offer()

    @property
    def total(self) -> int:
        """How many presets there are."""
        return len(self._entries)

    @property
    def subject(self) -> Subject:
        """The chosen preset."""
        entry = self._entries.get(self._list.chosen)
        if entry is None:
            return Subject()
        config = entry.config if isinstance(entry.config, RunConfig) else None
        return Subject(about_preset(entry.config), config, entry.name)

    def filter_by(self, text: str) -> str:
        """Lists the presets that have all these words."""
        self._words = text.casefold().split()
        self._offer()
        return ""

    def _offer(self) -> None:
        self._list.empty_text = "None has these words." if self._words else "No presets found."
        self._list.offer({name: entry for name, entry in self._entries.items() if entry.has(self._words)})
        self.count()

    @on(RowList.Opened)
    def _open(self, message: RowList.Opened) -> None:
        message.stop()
        entry = self._entries[message.row_id]
        if isinstance(entry.config, UserError):
            say(self, str(entry.config), "error")
        else:
            self.post_message(self.Opened(entry.name, entry.config))


def _read() -> dict[str, Entry]:
    """Every preset by name, with its configuration or what is wrong with it."""
    entries = {}
    for name, preset in presets.available().items():
        found: RunConfig | UserError
        try:
            found = preset.load()
        except UserError as error:
            found = error
        entries[name] = Entry(name, found, preset.own)
    return entries

"""The list of presets: the bundled ones and a person's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.tui import keymap
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: The widest column of names.
_MOST_NAME = 22
#: Less than so many cells of a title tell nothing.
_LEAST_TITLE = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A preset as it is listed: its configuration, or what is wrong with it; and whether it is the person's own."""

    name: str
    config: RunConfig | UserError
    own: bool = False

    @property
    def title(self) -> str:
        """What it is about, or why it cannot be used, in one line."""
        if isinstance(self.config, UserError):
            text = str(self.config)
            return f"cannot be used: {text.partition(f'{self.name}.toml: ')[2] or text}"
        return " ".join(self.config.title.split())

    def has(self, words: Sequence[str]) -> bool:
        """Whether all these words, in lower case, are in its name or title."""
        text = f"{self.name} {self.title} {'own' if self.own else ''}".casefold()
        return all(word in text for word in words)


class PresetList(RowList):
    """A row a preset: name, whose it is, title."""

    PLACE: ClassVar = keymap.PRESETS
    BINDINGS: ClassVar = keymap.bindings(keymap.PRESETS)

    def __init__(self) -> None:
        super().__init__(id="presets")
        self.entries: dict[str, Entry] = {}

    def offer(self, entries: Mapping[str, Entry]) -> None:
        """The presets to list."""
        self.entries = dict(entries)
        self.fill(tuple(self.entries))

    def row(self, row_id: str, width: int, base: Style) -> Strip:
        """Pointer, a star on those of one's own, name, title."""
        entry = self.entries[row_id]
        quiet = self.tone("quiet")
        wrong = self.tone("attention")
        accent = self.tone("accent")
        names = min(max(cell_len(name) for name in self.entries), _MOST_NAME)
        if width - 5 - names < _LEAST_TITLE and not isinstance(entry.config, UserError):
            names = max(0, width - 3)
        pointer = "▸" if row_id == self.chosen else " "
        tone = wrong if isinstance(entry.config, UserError) else quiet
        return line(
            (pointer, base),
            ("* " if entry.own else "  ", base + accent),
            (fit(entry.name, names), base),
            ("  " + fit(entry.title, max(0, width - 5 - names)), base + tone),
        )

"""The last line: the keys that work here, each whole or not there; a click on one presses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual.events import Click
from textual.message import Message

from nntui.tui.widgets.cells import Cells, line


class Hint(NamedTuple):
    """A key: as it is shown, what it does, what pressing it is called, and how soon it makes room for others."""

    shown: str
    label: str
    key: str
    rank: int

    @property
    def width(self) -> int:
        """Cells it takes, with the gap after it."""
        return cell_len(self.shown) + 1 + cell_len(self.label) + 2


class KeyBar(Cells):
    """Shows hints, those of the lowest rank when there is not room for all."""

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keybar--key", "keybar--label"}
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom; height: 1; width: 1fr; padding: 0 1; background: $panel;
        .keybar--key { color: $primary-lighten-2; background: $panel; text-style: bold; }
        .keybar--label { color: $foreground 85%; background: $panel; }
    }
    """

    _hints: Sequence[Hint] = ()

    def offer(self, hints: Sequence[Hint]) -> None:
        """The keys that work from now on."""
        if tuple(hints) != tuple(self._hints):
            self._hints = tuple(hints)
            self.redraw()

    def redraw(self) -> None:
        """As many hints as fit, in their order."""
        key, label = (self.get_component_rich_style(f"keybar--{name}") for name in ("key", "label"))
        parts = [part for hint in self._fitting() for part in ((hint.shown, key), (f" {hint.label}  ", label))]
        self.show([line(*parts)])

    def _fitting(self) -> list[Hint]:
        shown = list(self._hints)
        while shown and sum(hint.width for hint in shown) - 2 > self.size.width:
            shown.remove(max(reversed(shown), key=lambda hint: hint.rank))
        return shown

    def on_click(self, event: Click) -> None:
        """Presses the key under the pointer."""
        x = event.get_content_offset_capture(self).x
        for hint in self._fitting():
            if 0 <= x < hint.width - 2:
                self.post_message(self.Pressed(hint.key))
                return
            x -= hint.width

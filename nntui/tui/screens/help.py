"""The help page, made from the keymap."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from nntui.tui import keymap
from nntui.tui.panes.board import PANES
from nntui.tui.screens.dialog import Dialog
from nntui.tui.widgets.toosmall import TooSmall


class HelpScreen(Dialog[None]):
    """Every key, grouped by where it works, and what each pane tells; begins where the person is."""

    BINDINGS: ClassVar = keymap.bindings(keymap.HELP)
    CSS_PATH = "../styles/dialogs.tcss"

    def __init__(self, here: Sequence[str] = ()) -> None:
        """``here`` are places of the keymap; the page begins at the first of which it tells."""
        super().__init__()
        self._here = next((place for place in here if place in keymap.told()), "")

    def on_mount(self) -> None:
        """To the keys of the place."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        for page in self.query(_Page):  # none where it was closed at once
            if self._here and isinstance(page.parent, VerticalScroll):
                page.parent.scroll_to(y=page.line_of(self._here))

    def compose(self) -> ComposeResult:
        """A page that scrolls."""
        with VerticalScroll(id="help") as page:
            page.border_title = "Help"
            page.border_subtitle = f"{keymap.shown(keymap.HELP, 'dismiss')} closes"
            yield _Page()
        yield TooSmall()


class _Page(Widget):
    """The text, in lines of the width there is."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(_text(width).plain.splitlines())

    def line_of(self, place: str) -> int:
        """The line on which the keys of a place begin."""
        return _text(self.size.width).plain.splitlines().index(_title(place))

    def render(self) -> Content:
        return _text(self.size.width)


@lru_cache(maxsize=2)
def _text(width: int) -> Content:
    return Content("\n\n").join(_sections(width))


def _sections(width: int) -> list[Content]:
    keys = [
        _section(
            _title(place),
            (("  ".join(key.names), key.help) for key in keymap.KEYS if key.place == place),
            width,
        )
        for place in keymap.told()
    ]
    told = [(pane.heading, " ".join(pane.EXPLAIN)) for pane in PANES]
    return [*keys, _section("What the panes tell", told, width)]


def _title(place: str) -> str:
    return f"{place[0].upper()}{place[1:]}"


def _section(title: str, rows: Iterable[tuple[str, str]], width: int) -> Content:
    """A heading, and under it names with their texts beside them, in lines of at most ``width`` cells."""
    indent = 18 if width >= 54 else 14
    parts: list[str | tuple[str, str]] = [(title, "bold $primary")]
    for name, text in rows:
        first, *others = textwrap.wrap(text, max(10, width - indent))
        parts += ["\n", ("  " + name + " " * (indent - 2 - cell_len(name)), "bold"), first]
        parts += ["\n" + " " * indent + line for line in others]
    return Content.assemble(*parts)

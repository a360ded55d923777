"""The help page, made from the keymap."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
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
    """Every key, grouped by where it works, and what each pane tells."""

    BINDINGS: ClassVar = keymap.bindings(keymap.HELP)
    CSS_PATH = "../styles/dialogs.tcss"

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

    def render(self) -> Content:
        return _text(self.size.width)


def _text(width: int) -> Content:
    return Content("\n\n").join(_sections(width))


def _sections(width: int) -> list[Content]:
    keys = [
        _section(
            f"{place[0].upper()}{place[1:]}",
            (("  ".join(key.names), key.help) for key in keymap.KEYS if key.place == place),
            width,
        )
        for place in keymap.told()
    ]
    told = [(pane.heading, " ".join(pane.EXPLAIN)) for pane in PANES]
    return [*keys, _section("What the panes tell", told, width)]


def _section(title: str, rows: Iterable[tuple[str, str]], width: int) -> Content:
    """A heading, and under it names with their texts beside them, in lines of at most ``width`` cells."""
    indent = 18 if width >= 54 else 14
    parts: list[str | tuple[str, str]] = [(title, "bold $primary")]
    for name, text in rows:
        first, *others = textwrap.wrap(text, max(10, width - indent))
        parts += ["\n", ("  " + name + " " * (indent - 2 - cell_len(name)), "bold"), first]
        parts += ["\n" + " " * indent + line for line in others]
    return Content.assemble(*parts)

"""The help page, made from the keymap."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size

from nntui.tui import keymap
from nntui.tui.panes.board import PANES
from nntui.tui.screens.dialog import Dialog
from nntui.tui.widgets.cells import Cells, ink, line
from nntui.tui.widgets.toosmall import TooSmall


class HelpScreen(Dialog[None]):
    """Every key, grouped by where it works, and what each pane tells; begins where the person is."""

    BINDINGS: ClassVar = keymap.bindings(keymap.HELP)
    CSS_PATH = "../styles/dialogs.tcss"
    _here = ""

    def begin_at(self, here: Sequence[str]) -> None:
        """The page begins at the first of these places of the keymap of which it tells."""
        self._here = next((place for place in here if place in keymap.told()), "")
        if self.size == self.app.size:  # so that it is there at once, and not first somewhere else
            self._begin()

    def on_screen_resume(self) -> None:
        """To the keys of the place, once there are lines for the size of now."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        for page in self.query(_Page):  # none where it was closed at once
            if isinstance(page.parent, VerticalScroll):
                line = page.line_of(self._here) if self._here else 0
                page.parent.scroll_to(y=line, animate=False, immediate=True)

    def compose(self) -> ComposeResult:
        """A page that scrolls."""
        with VerticalScroll(id="help") as page:
            page.border_title = "Help"
            page.border_subtitle = f"{keymap.shown(keymap.HELP, 'dismiss')} closes"
            yield _Page()
        yield TooSmall()


class _Page(Cells):
    """The text, in lines of the width there is."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"help--heading"}

    def line_of(self, place: str) -> int:
        """The line on which the keys of a place begin."""
        return next(y for y, row in enumerate(_rows(self.size.width)) if row == _Row(_title(place)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(_rows(width))

    def redraw(self) -> None:
        heading, bold = ink(self.get_component_rich_style("help--heading")), Style(bold=True)
        self.show([line((row.heading, heading), (row.name, bold), row.text) for row in _rows(self.size.width)])


class _Row(NamedTuple):
    """A line of the page: a heading, or a name before a text."""

    heading: str = ""
    name: str = ""
    text: str = ""


@lru_cache(maxsize=4)
def _rows(width: int) -> list[_Row]:
    """What there is to say, in lines of a width."""
    rows: list[_Row] = []
    for place in keymap.told():
        keys = (("  ".join(key.names), key.help) for key in keymap.KEYS if key.place == place)
        rows += [*_section(_title(place), keys, width), _Row()]
    told = ((pane.heading, " ".join(pane.EXPLAIN)) for pane in PANES)
    return [*rows, *_section("What the panes tell", told, width)]


def _title(place: str) -> str:
    return f"{place[0].upper()}{place[1:]}"


def _section(title: str, told: Iterable[tuple[str, str]], width: int) -> Iterator[_Row]:
    """A heading, and under it names with their texts beside them, in lines of at most ``width`` cells."""
    indent = 18 if width >= 54 else 14
    yield _Row(title)
    for name, text in told:
        first, *others = textwrap.wrap(text, max(10, width - indent))
        yield _Row(name="  " + name + " " * (indent - 2 - cell_len(name)), text=first)
        yield from (_Row(text=" " * indent + part) for part in others)

"""Every knob of a configuration that is edited, group by group."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.strip import Strip

from nntui.draft import Draft
from nntui.knob import Knob
from nntui.knobs import KNOBS, SECTIONS
from nntui.tui import keymap
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

_NAMES = max(len(knob.name) for knob in KNOBS.values())
_HEADINGS = {"data": "data: what to learn from", "model": "model: the network", "training": "training: how it learns"}
#: What a row list keeps as ids: a heading, then the knobs under it.
ROWS = tuple(row for section in SECTIONS for row in (section, *(key for key in KNOBS if key.startswith(f"{section}."))))


class KnobList(RowList):
    """A row a knob: whether it was changed, name, value, and what it was."""

    PLACE: ClassVar = keymap.EDIT

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="knob-list")
        self.draft = draft

    def on_mount(self) -> None:
        """All rows, the first knob chosen."""
        self.fill(ROWS)

    @property
    def knob(self) -> Knob:
        """The chosen knob."""
        return KNOBS.get(self.chosen, KNOBS["training.lr"])

    def show_draft(self, draft: Draft) -> None:
        """Other values."""
        self.draft = draft
        self.redraw()

    def can_be_chosen(self, row_id: str) -> bool:
        """Headings are passed by."""
        return row_id in KNOBS

    def row(self, row_id: str, width: int, base: Style) -> Strip:
        """A heading, or pointer, mark, name and value of a knob; one without effect as the others stand is quiet."""
        accent = self.tone("accent")
        quiet = self.tone("quiet")
        if row_id not in KNOBS:
            return line(((f"── {_HEADINGS[row_id]} " + "─" * width)[:width], quiet))
        knob = KNOBS[row_id]
        value, before = self.draft.config.get(row_id), self.draft.base.get(row_id)
        tone = Style() if knob.matters(self.draft.config.get) else quiet
        names = min(_NAMES, max(6, width // 2 - 4))
        room = max(0, width - 3 - names - 2)
        text = knob.show(value) or "–"
        was = f"  was {knob.show(before) or '–'}" if value != before else ""
        wide = min(room, max(len(text) + 1, room - len(was)))
        return line(
            ("▸" if row_id == self.chosen else " ", base),
            ("• " if was else "  ", base + accent),
            (fit(knob.name, names) + "  ", base + tone),
            (fit(text, wide), base + (accent if was else tone)),
            (fit(was, room - wide), base + quiet),
        )

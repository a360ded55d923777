"""The list of past runs: how each stands, how its loss went, and which are marked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from nntui import comparison
from nntui.store.records import UNREADABLE, RunRecord
from nntui.ticks import compact
from nntui.tui import keymap
from nntui.tui.panes.header import SYMBOLS
from nntui.tui.panes.numbers import count, figure
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.widgets.cells import line
from nntui.tui.widgets.text import fit

#: Cells of a sparkline.
SPARK = 10
#: Names have what the longest of them needs, between these, before another column is shown.
_LEAST_NAME, _LONG_NAME = 8, 20
_TONES = {
    **dict.fromkeys(("running", "starting"), "live"),
    "paused": "accent",
    **dict.fromkeys(("diverged", "crashed", "waits", UNREADABLE), "attention"),
}


class SparksWanted(Message):
    """Runs in sight whose curves are not drawn yet, or have grown."""

    def __init__(self, runs: Sequence[RunRecord]) -> None:
        super().__init__()
        self.runs = tuple(runs)


class _Column(NamedTuple):
    heading: str
    width: int
    right: bool
    text: Callable[[RunRecord], str]


_NAME = "name"
_CURVE = _Column("loss curve", SPARK, False, lambda _: "")
_AGE = _Column("age", 6, True, lambda run: age(time.time() - run.created))
#: What is shown beside the name, first what is wanted most, and then in which order it stands.
_WANTED = (
    _Column("state", 10, False, lambda run: f"{SYMBOLS.get(run.standing, '')} {run.standing}".strip()),
    _Column("loss", 8, True, lambda run: figure(run.latest.get("loss"))),
    _AGE,
    _CURVE,
    _Column("steps", 9, True, lambda run: count(run.step) if run.step < 10**7 else compact(run.step)),
    _Column("id", 8, False, lambda run: run.id),
)
_ORDER = ("state", "loss curve", "loss", "steps", "age", "id")


class RunList(RowList):
    """A row a run, newest first; those marked can be compared."""

    PLACE: ClassVar = keymap.RUNS
    BINDINGS: ClassVar = keymap.bindings(keymap.RUNS)

    class Marked(Message):
        """Other runs are marked, or too many would have been."""

        def __init__(self, *, refused: bool = False) -> None:
            super().__init__()
            self.refused = refused

    def __init__(self, marker: str) -> None:
        super().__init__(id="runs")
        self.runs: dict[str, RunRecord] = {}
        self.marked: tuple[str, ...] = ()
        self._ascii = marker == "ascii"
        self._least_name = _LEAST_NAME
        self._sparks: dict[str, tuple[int, str]] = {}

    def offer(self, runs: Sequence[RunRecord], known: Mapping[str, RunRecord]) -> None:
        """The runs to list, of all that there are."""
        self.runs = {run.id: run for run in runs}
        self.marked = tuple(run_id for run_id in self.marked if run_id in known)
        self._sparks = {run_id: spark for run_id, spark in self._sparks.items() if run_id in known}
        longest = max((len(run.name) for run in known.values()), default=0)
        self._least_name = max(_LEAST_NAME, min(_LONG_NAME, longest))
        self.fill(tuple(self.runs))

    def sparked(self, sparks: Mapping[str, tuple[int, str]]) -> None:
        """Takes curves that were asked for: step and heights by id."""
        self._sparks.update(sparks)
        self.redraw()

    def redraw(self) -> None:
        """The rows in sight; their curves are asked for."""
        super().redraw()
        seen = [self.runs[run_id] for run_id in self.in_sight if run_id in self.runs]
        stale = [run for run in seen if run.step and self._sparks.get(run.id, (-1,))[0] != run.step]
        if stale and self.size.width and _CURVE in self._columns(self.size.width):
            self.post_message(SparksWanted(stale))

    def _columns(self, width: int) -> list[_Column]:
        """Those for which there is room beside a name, in the order in which they stand."""
        room, found = width - 3 - self._least_name, []
        for column in _WANTED:
            if room >= column.width + 2:
                room -= column.width + 2
                found.append(column)
        return sorted(found, key=lambda column: _ORDER.index(column.heading))

    def heading(self, width: int) -> Strip | None:
        """The columns' names; a low list has no line for them."""
        if self.size.height < 6:
            return None
        columns = self._columns(width)
        texts = [(fit(column.heading, column.width, right=column.right)) for column in columns]
        style = self.tone("heading")
        return line(("   " + "  ".join((fit(_NAME, _name_width(width, columns)), *texts)), style))

    def row(self, row_id: str, width: int, base: Style) -> Strip:
        """Pointer, mark, name, and as many columns as there is room for."""
        run, columns = self.runs[row_id], self._columns(width)
        accent = self.tone("accent")
        name_width = _name_width(width, columns)
        parts: list[tuple[str, Style]] = [
            ("▸" if row_id == self.chosen else " ", base),
            ("◆ " if row_id in self.marked else "  ", base + accent),
            (fit(run.name, name_width), base),
        ]
        for column in columns:
            text = self._sparks.get(row_id, (0, ""))[1] if column is _CURVE else ""
            text = text or column.text(run)
            parts += [("  ", base), (fit(text, column.width, right=column.right), base + self._tone(column, run))]
        return line(*parts)

    def _tone(self, column: _Column, run: RunRecord) -> Style:
        """States are told by their colour too; what is looked at less is quieter."""
        if column.heading == "state":
            name = _TONES.get(run.standing, "")
        elif column is _CURVE:
            name = "live" if run.live else "quiet"
        else:
            name = "" if column.heading == "loss" else "quiet"
        return self.tone(name) if name else Style()

    def action_mark(self) -> None:
        """Marks the chosen run, or takes its mark away; then goes on to the next."""
        chosen = self.chosen
        if not chosen:
            return
        if chosen in self.marked:
            self.marked = tuple(run_id for run_id in self.marked if run_id != chosen)
        elif len(self.marked) < comparison.MOST:
            self.marked = (*self.marked, chosen)
        else:
            self.post_message(self.Marked(refused=True))
            return
        self.action_move(1)
        self.redraw()
        self.post_message(self.Marked())

    def unmark(self) -> None:
        """Takes all marks away."""
        self.marked = ()
        self.redraw()
        self.post_message(self.Marked())


def _name_width(width: int, columns: Sequence[_Column]) -> int:
    return max(1, width - 3 - sum(column.width + 2 for column in columns))


def age(seconds: float) -> str:
    """How long ago, in one unit."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"

"""Several runs in one chart, with their figures and what makes them differ."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.style import Style

from nntui import comparison
from nntui.errors import UserError
from nntui.tui import keymap, terminal
from nntui.tui.panes.runs.comparison import Compared, Comparison
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.panes.runs.runcurves import WITHOUT, RunCurves, Traced
from nntui.tui.picture import Query
from nntui.tui.reading import read_curves
from nntui.tui.screens.keys import hints
from nntui.tui.screens.notice import say
from nntui.tui.screens.opened import Opened
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.readout import Reading
from nntui.tui.widgets.text import fit
from nntui.tui.widgets.toosmall import TooSmall

#: Live runs are looked at this often; those that have ended, which somebody may delete or go on with, less often.
REFRESH_SECONDS, ENDED_SECONDS = 1.0, 10.0
#: After a look at many runs, which takes its time, it rests so many times as long.
RESTS = 10
#: Below this height the chart and the table have no borders beside each other's.
LOW = 18

_Queries = Mapping[str, Query]


class CompareScreen(Screen[None]):
    """The same metric of several runs; each keeps its number, its colour and its dashes."""

    BINDINGS: ClassVar = keymap.bindings(keymap.COMPARE)
    CSS_PATH: ClassVar = ["../styles/start.tcss", "../styles/compare.tcss"]

    def __init__(self, folders: Sequence[Path], marker: str) -> None:
        super().__init__()
        self._folders = tuple(folders)
        self._chart = RunCurves(marker)
        self._table = Comparison()
        #: What was read of the run in each place and what had been asked for; None where it cannot be read any more.
        self._found: dict[int, tuple[_Queries, Traced] | None] = {}
        self._reading = asyncio.Lock()
        self._rests_until = 0.0

    def compose(self) -> ComposeResult:
        """Curves above, figures beneath, keys."""
        with Vertical(id="compare"):
            yield self._chart
            yield self._table
        yield KeyBar()
        yield TooSmall()

    def on_mount(self) -> None:
        """Reads the runs, and goes on reading those that are live."""
        without = (*WITHOUT, *(("back",) if len(self.app.screen_stack) <= 2 else ()))
        places = (keymap.APP, keymap.COMPARE, keymap.CURVES)
        self.query_one(KeyBar).offer(hints(places, without=without))
        self._chart.empty_text = "Reading the runs…"
        self._chart.focus()
        self.set_interval(REFRESH_SECONDS, self._refresh)
        self.set_interval(ENDED_SECONDS, partial(self._refresh, ended=True))
        self.call_after_refresh(self._read)

    def on_resize(self, event: Resize) -> None:
        """A low terminal has no room for two borders."""
        self.set_class(event.size.height < LOW, "low")

    # What is read

    async def _refresh(self, ended: bool = False) -> None:
        changes = ended or any(found is not None and found[1].run.live for found in self._found.values())
        if changes and self._found and self.is_active and terminal.backlog(self.app) == 0:
            began = time.monotonic()
            if began >= self._rests_until:
                await self._read(ended)
                self._rests_until = time.monotonic() + RESTS * (time.monotonic() - began)

    async def on_screen_resume(self) -> None:
        """What lay over the screen is gone."""
        if self._found:
            await self._read()

    async def _read(self, ended: bool = False) -> None:
        """Reads what is asked for anew, and of live runs all; where ``ended``, of the others and of those lost, too."""
        async with self._reading:
            wanted = {}
            for number in range(len(self._folders)):
                known, queries = self._found.get(number), self._chart.queries(number)
                is_new = number not in self._found if known is None else known[0] != queries or known[1].run.live
                if is_new or ended:
                    wanted[number] = queries
            if not wanted:
                return
            found, lost = await asyncio.to_thread(_read_all, self._folders, wanted)
            is_first = not self._found
            told = {number for number, known in self._found.items() if known is None}
            self._found |= {number: (wanted[number], traced) for number, traced in found.items()}
            self._found |= dict.fromkeys(lost)
            if not self.is_attached:
                return
            for number in lost.keys() - told:
                say(self, lost[number], "warning")
            self._chart.know([pair[1] if (pair := self._found.get(number)) else None for number in self._places])
            again = any(self._chart.queries(number) != wanted[number] for number in found)
            if not (is_first and again):  # the first look may have been at the first few steps alone
                self._chart.redraw()
                self._tell()
        if again:  # how far the runs go, and so which steps are seen, is known only now
            self.call_after_refresh(self._read)

    @property
    def _places(self) -> range:
        return range(len(self._folders))

    @on(RunCurves.Looked)
    async def _look(self, message: RunCurves.Looked) -> None:
        message.stop()
        if self._found:
            self._tell()
            self.call_after_refresh(self._read)

    # What is told

    def _tell(self) -> None:
        """The table, and the edges of both, as the chart is now."""
        drawn, read = self._chart.drawn_as(), self._chart.read_now()
        compared = []
        for member in self._chart.members:
            symbol, style = drawn.get(member.number, ("  " if member.shown else "", self.rich_style))
            compared.append(
                Compared(member.number, member.name, member.runs, symbol, style, self._read_as(read.get(member.number)))
            )
        self._table.styles.height = len(compared) + 3  # the heading and the border
        cursor = self._chart.view.cursor
        self._table.compare(compared, f"@ {self._chart.step_text(cursor)}" if cursor is not None and read else "")
        title = f"Compare: {self._chart.metric}{', log' if self._chart.view.log else ''}"
        for texts in (*self._chart.words(), (self._chart.column_text,)):
            text = next((text for text in texts if text and len(title) + len(text) + 11 <= self.size.width), "")
            title += f" · {text}" if text else ""
        self._chart.border_title = title
        self._chart.border_subtitle = self._legend()

    def _read_as(self, reading: Reading | None) -> tuple[float, str] | None:
        """A value at the cursor, and the step it is from where it is one from before."""
        if reading is None:
            return None
        return reading.mean, "" if reading.at is None else f" @{self._chart.step_text(reading.at)}"

    def _legend(self) -> Content:
        """What is drawn, then line and name of each curve, as many as there is room for."""
        curves, room = self._chart.legend(), self.size.width - 8
        parts: list[str | tuple[str, Style]] = []
        for texts in self._chart.kinds():
            text = next((text for text in texts if len(text) + 2 <= room), "")
            parts.append(f"{text}  " if text else "")
            room -= len(text) + 2
        each = max(10, room // max(1, len(curves)) - 5)
        for place, (symbol, name, style) in enumerate(curves):
            label, more = fit(name, min(each, len(name))).rstrip(), f"… {len(curves) - place} more"
            taken = len(symbol) + cell_len(label) + 3
            if room - taken < (len(more) if place < len(curves) - 1 else 0):
                parts.append(more if room >= len(more) else "")
                break
            room -= taken
            parts += [(symbol, Style.from_rich_style(style)), f" {label}  "]
        return Content.assemble(*parts)

    @on(Comparison.Sorted)
    def _tell_table(self, message: Comparison.Sorted) -> None:
        message.stop()
        runs = [found[1].run for found in self._found.values() if found]
        order = f" by {self._table.order}{' from the end' if self._table.reversed else ''}" if self._table.order else ""
        self._table.border_title = f"Figures{order}"
        differs = ", ".join(comparison.differences(runs)) if runs else ""
        said = [
            f"{len(runs)} run{'' if len(runs) == 1 else 's'}",
            self._table.columns_text,
            f"they differ in {differs}" if differs else "their configurations are the same" if len(runs) > 1 else "",
        ]
        self._table.border_subtitle = fit(" · ".join(filter(None, said)), max(8, self.size.width - 8)).rstrip()

    # Keys

    def action_metric(self, by: int) -> None:
        """Another metric that any of the runs has."""
        names = comparison.metrics([found[1].run for found in self._found.values() if found]) or ["loss"]
        here = names.index(self._chart.metric) if self._chart.metric in names else 0
        self._chart.show_metric(names[(here + by) % len(names)])

    def action_group(self) -> None:
        """Runs that differ only in their seed as one, or each by itself."""
        self._chart.toggle_groups()

    def action_hide(self) -> None:
        """Hides the chosen run, or shows it again."""
        if self._table.number is not None:
            self._chart.toggle(self._table.number)

    @on(RowList.Opened)
    def _toggle_clicked(self, message: RowList.Opened) -> None:
        message.stop()
        self._chart.toggle(int(message.row_id))

    @on(RowList.Chosen)
    def _choose(self, message: RowList.Chosen) -> None:
        message.stop()
        if message.row_id:
            self._chart.bring(int(message.row_id))

    def action_show_all(self) -> None:
        """Hides nothing."""
        self._chart.show_all()

    def action_move(self, by: int) -> None:
        """Chooses the line above or below."""
        self._table.action_move(by)

    def action_order(self) -> None:
        """Sorts by the next column."""
        self._table.action_order()

    def action_reverse(self) -> None:
        """The order the other way round."""
        self._table.action_reverse()

    def action_columns(self, by: int) -> None:
        """Other columns."""
        self._table.action_columns(by)

    def action_open_run(self) -> None:
        """Opens the chosen run; it comes back here."""
        if self._table.number is not None:
            self.post_message(Opened(self._folders[self._table.number]))

    def action_back(self) -> None:
        """Takes the cursor away; without one, back to the start screen, if the app began there."""
        if self.is_active and not self._chart.take_back() and len(self.app.screen_stack) > 2:
            self.dismiss()


def _read_all(folders: Sequence[Path], wanted: Mapping[int, _Queries]) -> tuple[dict[int, Traced], dict[int, str]]:
    """What is wanted of the runs in some places, and why the others cannot be read."""
    found: dict[int, Traced] = {}
    lost: dict[int, str] = {}
    for number, queries in wanted.items():
        try:
            found[number] = Traced(*read_curves(folders[number], queries))
        except UserError as error:
            lost[number] = str(error)
    return found, lost

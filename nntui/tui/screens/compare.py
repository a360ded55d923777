"""Several runs in one chart, with their figures and what makes them differ."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.style import Style

from nntui.errors import UserError
from nntui.store.records import Curve, RunRecord
from nntui.tui import keymap, terminal
from nntui.tui.panes.runs.comparison import Compared, Comparison
from nntui.tui.reading import read_curves
from nntui.tui.screens.keys import hints
from nntui.tui.screens.notice import say
from nntui.tui.widgets.chart import Chart
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.text import fit
from nntui.tui.widgets.toosmall import TooSmall

#: Live runs are looked at this often; those that have ended change no more.
REFRESH_SECONDS = 1.0
#: What can be compared, in the order in which a key goes through it.
METRICS = ("loss", "val_loss", "accuracy", "val_accuracy", "r2", "val_r2")
#: Below this height there is only the chart, or, scrolled to, the table.
LOW = 18

_Found = dict[Path, tuple[RunRecord, dict[str, Curve]]]


class CompareScreen(Screen[None]):
    """The same metric of two to eight runs; each keeps its colour and its dashes."""

    BINDINGS: ClassVar = keymap.bindings(keymap.COMPARE)
    CSS_PATH: ClassVar = ["../styles/start.tcss", "../styles/compare.tcss"]

    def __init__(self, folders: Sequence[Path], marker: str) -> None:
        super().__init__()
        self._folders = tuple(folders)
        self._chart = Chart(marker=marker, id="curves")
        self._found: _Found = {}
        self._metric = METRICS[0]
        self._log = True
        self._reading = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Curves above, figures beneath, keys."""
        with Vertical(id="compare"):
            yield self._chart
            yield Comparison()
        yield KeyBar()
        yield TooSmall()

    async def on_mount(self) -> None:
        """Reads the runs, and goes on reading those that are live."""
        self.query_one(Comparison).border_title = "Figures"
        self.query_one(KeyBar).offer(hints((keymap.APP, keymap.COMPARE)))
        self._chart.empty_text = "Reading the runs…"
        self.set_interval(REFRESH_SECONDS, self._refresh)
        self.call_after_refresh(self._read)

    def on_resize(self, event: Resize) -> None:
        """More columns want more of each curve."""
        self.set_class(event.size.height < LOW, "low")
        if self._found:
            self.call_after_refresh(self._read)

    async def _refresh(self) -> None:
        if terminal.backlog(self.app) == 0 and any(run.live for run, _ in self._found.values()):
            await self._read()

    async def _read(self) -> None:
        async with self._reading:
            last = max((run.step for run, _ in self._found.values()), default=0)
            buckets = self._chart.buckets_wanted
            self._found, lost = await asyncio.to_thread(_read_all, self._folders, METRICS, buckets, last)
        for folder, reason in lost.items():
            self._folders = tuple(other for other in self._folders if other != folder)
            say(self, reason, "warning")
        if self.is_attached:
            self._draw()

    @property
    def _metrics(self) -> list[str]:
        """What any of the runs has recorded."""
        recorded = {name for _, curves in self._found.values() for name, curve in curves.items() if len(curve.first)}
        return [name for name in METRICS if name in recorded] or [METRICS[0]]

    def _draw(self) -> None:
        """Curves, legend and table of what was read last."""
        if self._metric not in self._metrics:
            self._metric = self._metrics[0]
        self._chart.empty_text = f"No {self._metric} was recorded yet."
        shown, palette = [], []
        for place, (run, curves) in enumerate(self._found.values()):
            curve = curves.get(self._metric)
            # A run without the metric keeps its place, so that the others keep their colours.
            if curve is not None and len(curve.first):
                shown.append(replace(curve, name=f"{place + 1} {run.name}"))
                palette.append(place)
        self._chart.plot(shown, log=self._log and "loss" in self._metric, palette=palette)
        legend = dict(zip(palette, self._chart.legend(), strict=True))
        compared = [
            Compared(run, legend[place][0], legend[place][2])
            if place in legend
            else Compared(run, "  ", self.rich_style)
            for place, (run, _) in enumerate(self._found.values())
        ]
        self.query_one(Comparison).compare(compared)
        scale = ", log" if self._log and "loss" in self._metric else ""
        self._chart.border_title = f"Compare: {self._metric}{scale}"
        self._chart.border_subtitle = self._legend()

    def _legend(self) -> Content:
        """Line and name of each curve, as many as there is room for."""
        parts: list[str | tuple[str, Style]] = []
        curves = self._chart.legend()
        each = max(6, (self.size.width - 6) // max(1, len(curves)) - 4)
        for symbol, name, style in curves:
            parts += [(symbol, Style.from_rich_style(style)), f" {fit(name, min(each, len(name))).rstrip()}  "]
        return Content.assemble(*parts)

    def action_metric(self) -> None:
        """The next metric that any of the runs has."""
        metrics = self._metrics
        self._metric = (
            metrics[(metrics.index(self._metric) + 1) % len(metrics)] if self._metric in metrics else metrics[0]
        )
        self._draw()

    def action_toggle_log(self) -> None:
        """Changes between a plain and a logarithmic axis."""
        self._log = not self._log
        self._draw()

    def action_scroll(self, by: int) -> None:
        """Moves the table."""
        self.query_one(Comparison).scroll_lines(by)

    def action_back(self) -> None:
        """Back to the start screen."""
        if self.is_active:
            self.dismiss()


def _read_all(
    folders: Sequence[Path], names: tuple[str, ...], buckets: int, last: int
) -> tuple[_Found, dict[Path, str]]:
    """Each run that can be read, and why the others cannot; all in about as fine buckets."""
    found: _Found = {}
    lost: dict[Path, str] = {}
    for folder in folders:
        try:
            found[folder] = read_curves(folder, names, buckets, last)
        except UserError as error:
            lost[folder] = str(error)
    return found, lost

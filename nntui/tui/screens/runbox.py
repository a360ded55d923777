"""The past runs on the start screen: they are read, filtered, marked, compared, deleted, and chosen to be opened."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from textual import on, work
from textual.message import Message

from nntui import comparison, config, ending, paths, runfilter
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.store.records import UNREADABLE, RunRecord
from nntui.text import clip
from nntui.tui import keymap, terminal
from nntui.tui.panes.runs.about import about_run
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.panes.runs.runlist import SPARK, RunList, SparksWanted
from nntui.tui.reading import read_loss, shelf
from nntui.tui.screens.compare import CompareScreen
from nntui.tui.screens.listbox import ListBox, Subject
from nntui.tui.screens.notice import say
from nntui.tui.screens.question import Question
from nntui.tui.widgets.sparkline import sparkline

REFRESH_SECONDS = 2.0
_NO_RUNS = "None yet: choose a preset and press Enter."
#: Characters of a run's name in a sentence.
_NAME = 40


class RunBox(ListBox):
    """Past runs and live ones, looked at again and again."""

    class Opened(Message):
        """A run that can be read is to be opened."""

        def __init__(self, folder: Path) -> None:
            super().__init__()
            self.folder = folder

    def __init__(self, marker: str) -> None:
        rows = RunList(marker)
        hint = "words, state=running, loss<0.1, steps>1000, age<2d"
        super().__init__(rows, "Runs", hint, id="runs-box")
        self._list = rows
        self._marker = marker
        self._shelf = shelf(paths.runs_dir())
        self._looking = asyncio.Lock()
        self._folders: dict[str, Path] = {}
        self._runs: dict[str, RunRecord] = {}
        self._filter = runfilter.parse("")
        self._reason = ""  # why there can be no runs
        self._sparking = False

    def on_mount(self) -> None:
        """Looks at the runs every now and then."""
        self.set_interval(REFRESH_SECONDS, self.read)

    async def read(self) -> None:
        """Lists the runs as they are now, unless nobody could see it."""
        if not self.screen.is_current or terminal.backlog(self.app) > 0:
            return
        async with self._looking:
            try:
                found = await asyncio.to_thread(self._shelf.look)
                self._reason = ""
            except UserError as error:
                found = []
                if self._reason != str(error):  # too long for the list, but said once
                    self._reason = str(error)
                    say(self, self._reason, "error")
        if not self._list.is_attached:  # the screen is being left
            return
        self._folders = {run.id: folder for folder, run in found if not run.archived}
        self._runs = {run.id: run for _, run in found if not run.archived}
        self._offer()

    @property
    def total(self) -> int:
        """How many runs there are."""
        return len(self._runs)

    @property
    def subject(self) -> Subject:
        """The chosen run."""
        run = self._runs.get(self._list.chosen)
        if run is None:
            return Subject()
        found = _config_of(run)
        return Subject(about_run(run, found), found, run.preset or run.name)  # of a damaged run nobody knows the preset

    def filter_by(self, text: str) -> str:
        """Lists the runs that are like that."""
        wrong = ""
        try:
            self._filter = runfilter.parse(text)
        except UserError as error:
            wrong = str(error)
        self._offer()
        return wrong

    def _offer(self) -> None:
        now = time.time()
        shown = [run for run in self._runs.values() if self._filter.matches(run, now)]
        self._list.empty_text = self._reason or ("No run is like that." if self._runs else _NO_RUNS)
        self._list.offer(shown, self._runs)
        self.count()
        self.post_message(self.Changed(self))

    def count(self, *more: str) -> None:
        """Tells how many are marked, too."""
        super().count(f"{len(self._list.marked)} marked" if self._list.marked else "", *more)

    @on(SparksWanted)
    def _draw_sparks(self, message: SparksWanted) -> None:
        message.stop()
        if not self._sparking:
            self._sparking = True
            self._read_sparks(message.runs)

    @work(group="sparks")
    async def _read_sparks(self, runs: tuple[RunRecord, ...]) -> None:
        wanted = [(run.id, run.step, self._folders[run.id]) for run in runs if run.id in self._folders]
        try:
            sparks = await asyncio.to_thread(_sparks, wanted, self._marker == "ascii")
        finally:
            self._sparking = False
        if self._list.is_attached:  # else the screen is being left
            self._list.sparked(sparks)

    # What is done with runs

    @on(RowList.Opened)
    def _open(self, message: RowList.Opened) -> None:
        message.stop()
        run = self._runs.get(message.row_id)
        if run is not None and run.state == UNREADABLE:
            say(self, run.reason, "error")
        elif run is not None:
            self.post_message(self.Opened(self._folders[run.id]))

    @on(RunList.Marked)
    def _tell_marks(self, message: RunList.Marked) -> None:
        message.stop()
        if message.refused:
            say(self, f"{comparison.MOST} runs are marked, as many as can be compared", "warning")
        self.count()

    def unmark(self) -> None:
        """Takes all marks away."""
        self._list.unmark()

    async def compare(self) -> None:
        """Opens the marked runs side by side."""
        marked = [self._folders[run_id] for run_id in self._list.marked if run_id in self._folders]
        if len(marked) < 2:
            say(self, f"Mark 2 to {comparison.MOST} runs with {keymap.shown(keymap.RUNS, 'mark')} first.")
        else:
            await self.app.push_screen(CompareScreen(marked, self._marker))

    async def delete(self) -> None:
        """Asks, then deletes the chosen run."""
        run = self._runs.get(self._list.chosen)
        if run is None:
            return
        folder = self._folders[run.id]

        def take(yes: bool | None) -> None:
            if yes:
                self._delete(folder, run)

        first = f"It is {run.state}: it is stopped first. " if run.live else ""
        detail = f"{first}Its curves, weights and log are gone for good{_count_steps(run)}."
        await self.app.push_screen(Question(f"Delete the run {clip(run.name, _NAME)} ({run.id})?", detail), take)

    @work(group="delete")
    async def _delete(self, folder: Path, run: RunRecord) -> None:
        try:
            await asyncio.to_thread(ending.remove, folder)
            say(self, f"deleted {clip(run.name, _NAME)} ({run.id})")
        except UserError as error:
            say(self, str(error), "error")
        await self.read()


def _config_of(run: RunRecord) -> RunConfig | None:
    """What a run was told, if it can still be read."""
    try:
        return config.from_dict(run.config)
    except UserError:
        return None


def _sparks(wanted: list[tuple[str, int, Path]], ascii_only: bool) -> dict[str, tuple[int, str]]:
    """Step and loss of each run, drawn in a line, by id; nothing is drawn for one that cannot be read."""
    sparks: dict[str, tuple[int, str]] = {}
    for run_id, step, folder in wanted:
        try:
            curve = read_loss(folder, 4 * SPARK)
            sparks[run_id] = step, sparkline(curve, SPARK, ascii_only=ascii_only) if curve is not None else ""
        except UserError:
            sparks[run_id] = step, ""
    return sparks


def _count_steps(run: RunRecord) -> str:
    """What is lost with a run, in words; nobody knows of one that cannot be read."""
    if run.state == UNREADABLE:
        return ""
    return f": {run.step:,} step{'' if run.step == 1 else 's'}"

"""The start screen: presets to start, past runs to open."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Static

from nntui import config, ending, launch, paths, presets, runfilter
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.store.records import UNREADABLE, RunRecord
from nntui.text import plain
from nntui.tui import keymap, terminal
from nntui.tui.feed import read_loss, shelf
from nntui.tui.panes.filterentry import FilterEntry
from nntui.tui.panes.runs.about import About, about_preset, about_run
from nntui.tui.panes.runs.presetlist import Entry, PresetList
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.panes.runs.runlist import MOST_MARKED, SPARK, RunList, SparksWanted
from nntui.tui.screens.compare import CompareScreen
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.files import FileEntry
from nntui.tui.screens.keys import hints
from nntui.tui.screens.look import LookScreen
from nntui.tui.screens.question import Question
from nntui.tui.screens.samples import SampledPicture, Samples
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.sparkline import sparkline
from nntui.tui.widgets.toosmall import TooSmall

REFRESH_SECONDS = 2.0
#: Below this size the lists stand one above the other, and only they are left.
WIDE, HIGH = 72, 18
#: Below this height there is no room for a banner either.
LOW = 12
#: Below this width the presets take less room.
EVEN = 100
_NO_RUNS = "None yet: choose a preset and press Enter."


class Opened(Message):
    """A run was chosen or started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


class StartScreen(Screen[None]):
    """Presets and a picture of their data on the left; past runs, and what the chosen thing is, on the right."""

    BINDINGS: ClassVar = keymap.bindings(keymap.START)
    CSS_PATH = "../styles/start.tcss"

    def __init__(self, marker: str) -> None:
        super().__init__()
        self._marker = marker
        self._samples = Samples()
        self._picture = SampledPicture(self._samples, marker)
        self._shelf = shelf(paths.runs_dir())
        self._looking = asyncio.Lock()
        self._entries: dict[str, Entry] = {}
        self._folders: dict[str, Path] = {}
        self._runs: dict[str, RunRecord] = {}
        self._filter = runfilter.parse("")
        self._reason = ""  # why there can be no runs
        self._busy = self._sparking = False

    def compose(self) -> ComposeResult:
        """Lists, what is chosen, keys."""
        yield Static(Content.assemble(("nntui", "bold $primary"), "  watch a network learn, and steer it"), id="banner")
        with Horizontal(id="lists"):
            with Vertical(id="choose"):
                with Vertical(id="presets-box", classes="box"):
                    yield PresetList()
                    yield FilterEntry("words of a preset", id="preset-filter")
                yield self._picture
            with Vertical(id="past"):
                yield About(id="about")
                with Vertical(id="runs-box", classes="box"):
                    yield RunList(self._marker)
                    yield FilterEntry("words, state=running, loss<0.1, steps>1000, age<2d", id="run-filter")
        yield KeyBar()
        yield TooSmall()

    async def on_mount(self) -> None:
        """Fills the lists; the runs are looked at again every now and then."""
        for box, name in (("#presets-box", "Presets"), ("#about", "About"), ("#runs-box", "Runs"), ("#data", "Data")):
            self.query_one(box).border_title = name
        self.query_one(About).can_focus = False  # the key for a closer look shows all of it
        self.query_one(PresetList).focus()
        await self._read_runs()
        self.set_interval(REFRESH_SECONDS, self._read_runs)

    async def on_screen_resume(self) -> None:
        """Back from a run or an editor: there may be new presets, and a run's row is newer now."""
        self._busy = False
        self._samples.forget()
        await self._read_presets()
        await self._read_runs()

    async def on_unmount(self) -> None:
        """Leaves no process behind."""
        await self._samples.close()

    def on_resize(self, event: Resize) -> None:
        """Narrow lists show less of each row."""
        self.set_class(event.size.width < EVEN, "narrow")
        self.set_class(event.size.height < LOW, "low")
        self.set_class(event.size.width < WIDE or event.size.height < HIGH, "small")

    # Presets

    async def _read_presets(self) -> None:
        try:
            self._entries = await asyncio.to_thread(_presets)
        except OSError as error:
            self._say(f"presets cannot be read: {error}", "error")
        self._list_presets()

    def _list_presets(self) -> None:
        words = self.query_one("#preset-filter", FilterEntry).text.casefold().split()
        shown = {name: entry for name, entry in self._entries.items() if entry.has(words)}
        chooser = self.query_one(PresetList)
        chooser.empty_text = "None has these words." if words else "No presets found."
        chooser.offer(shown)
        self._count(chooser, len(self._entries))

    def _count(self, rows: RowList, total: int) -> None:
        """Which row is chosen, of how many, in the lower edge of the list's box."""
        shown, box = len(rows.ids), rows.parent
        assert isinstance(box, Vertical)
        place = f"{rows.ids.index(rows.chosen) + 1} of {shown}" if rows.chosen else ""
        hidden = f"{total - shown} hidden by the filter" if shown < total else ""
        marked = f"{len(rows.marked)} marked" if isinstance(rows, RunList) and rows.marked else ""
        box.border_subtitle = " · ".join(text for text in (place, hidden, marked) if text)

    # Runs

    async def _read_runs(self) -> None:
        if not self.is_current or terminal.backlog(self.app) > 0:
            return
        async with self._looking:
            try:
                found = await asyncio.to_thread(self._shelf.look)
                self._reason = ""
            except UserError as error:
                found = []
                if self._reason != str(error):  # too long for the list, but said once
                    self._reason = str(error)
                    self._say(self._reason, "error")
        if not self.query(RunList):  # the screen is being left
            return
        self._folders = {run.id: folder for folder, run in found}
        self._runs = {run.id: run for _, run in found}
        self._list_runs()

    def _list_runs(self) -> None:
        rows, now = self.query_one(RunList), time.time()
        shown = [run for run in self._runs.values() if self._filter.matches(run, now)]
        rows.empty_text = self._reason or ("No run is like that." if self._runs else _NO_RUNS)
        rows.offer(shown, self._runs)
        self._count(rows, len(self._runs))
        if rows.has_focus:
            self._tell_of(rows)

    @on(SparksWanted)
    def _draw_sparks(self, message: SparksWanted) -> None:
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
        for rows in self.query(RunList):  # none, when the screen is being left
            rows.sparked(sparks)

    # What is chosen

    @on(RowList.Chosen)
    def _choose(self, message: RowList.Chosen) -> None:
        self._count(message.rows, len(self._entries) if isinstance(message.rows, PresetList) else len(self._runs))
        if message.rows.has_focus or not isinstance(self.focused, RowList):
            self._tell_of(message.rows)

    def on_descendant_focus(self) -> None:
        """Another list has other keys, and another thing that is chosen."""
        if isinstance(self.focused, RowList):
            self._tell_of(self.focused)
        self._offer_keys()

    def _offer_keys(self) -> None:
        place = getattr(self.focused, "PLACE", "") or getattr(getattr(self.focused, "parent", None), "PLACE", "")
        places = (place,) if place == keymap.FILTER else (keymap.APP, keymap.START, place)
        self.query_one(KeyBar).offer(hints(places))

    def _tell_of(self, rows: RowList) -> None:
        """Words and a picture of what is chosen in a list."""
        text, found = self._subject(rows)
        self.query_one(About).tell(text)
        self._picture.of(found, "")

    def _subject(self, rows: RowList) -> tuple[Content, RunConfig | None]:
        """What is said of the chosen row, and its configuration, if it can be used."""
        if isinstance(rows, RunList) and rows.chosen in self._runs:
            run = self._runs[rows.chosen]
            found = _config_of(run)
            return about_run(run, found), found
        entry = self._entries.get(rows.chosen)
        if entry is None:
            return Content(""), None
        return about_preset(entry.config), entry.config if isinstance(entry.config, RunConfig) else None

    @property
    def _rows(self) -> RowList:
        """The list that keys are meant for."""
        return self.focused if isinstance(self.focused, RowList) else self.query_one(PresetList)

    # Keys

    @on(KeyBar.Pressed)
    def _press(self, message: KeyBar.Pressed) -> None:
        # Sent by the app: a key that a screen sends does not bubble past that screen, to the app's own keys.
        self.app.call_later(self.app.simulate_key, message.key)

    def _say(self, text: str, severity: SeverityLevel = "information") -> None:
        self.notify(plain(" ".join(text.split()))[:400], severity=severity, markup=False)

    @on(RowList.Opened)
    async def _open(self, message: RowList.Opened) -> None:
        if self._busy:  # enter was pressed more than once
            return
        if isinstance(message.rows, RunList):
            run = self._runs.get(message.row_id)
            if run is not None and run.state == UNREADABLE:
                self._say(run.reason, "error")
            elif run is not None:
                await self._leave_for(self._folders[message.row_id])
            return
        entry = self._entries[message.row_id]
        if isinstance(entry.config, UserError):
            self._say(str(entry.config), "error")
        else:
            await self._start(entry.name, entry.config)

    async def _leave_for(self, folder: Path) -> None:
        """Opens a run, until one comes back from it; nobody looks at data meanwhile."""
        self._busy = True
        self._picture.rest()
        self.post_message(Opened(folder))
        await self._samples.close()  # not in a worker, which would be cut short where the app is left

    async def _start(self, preset: str, found: RunConfig) -> None:
        self._busy = True
        try:
            folder, _ = await asyncio.to_thread(launch.start_run, found, preset=preset)
            await self._leave_for(folder)
        except (UserError, OSError) as error:
            self._busy = False
            self._say(str(error), "error")

    def action_filter(self) -> None:
        """Lets one type what the rows of the list must have."""
        self.query_one("#run-filter" if isinstance(self._rows, RunList) else "#preset-filter", FilterEntry).open()

    @on(FilterEntry.Typed)
    def _apply_filter(self, message: FilterEntry.Typed) -> None:
        if message.entry.id == "preset-filter":
            self._list_presets()
            return
        try:
            self._filter = runfilter.parse(message.text)
            message.entry.wrong("")
        except UserError as error:
            message.entry.wrong(str(error))
        self._list_runs()

    @on(FilterEntry.Left)
    def _leave_filter(self, message: FilterEntry.Left) -> None:
        self.query_one(RunList if message.entry.id == "run-filter" else PresetList).focus()

    def action_clear(self) -> None:
        """Takes the filter of the list away; if there is none, the marks."""
        rows = self._rows
        entry = self.query_one("#run-filter" if isinstance(rows, RunList) else "#preset-filter", FilterEntry)
        if entry.text:
            entry.clear()
        elif isinstance(rows, RunList):
            rows.unmark()

    @on(RunList.Marked)
    def _tell_marks(self, message: RunList.Marked) -> None:
        if message.refused:
            self._say(f"{MOST_MARKED} runs are marked, as many as can be compared", "warning")
        self._count(self.query_one(RunList), len(self._runs))

    async def action_compare(self) -> None:
        """Opens the marked runs side by side."""
        marked = [self._folders[run_id] for run_id in self.query_one(RunList).marked if run_id in self._folders]
        if len(marked) < 2:
            self._say(f"Mark 2 to {MOST_MARKED} runs with {keymap.shown(keymap.RUNS, 'mark')} first.")
        else:
            await self.app.push_screen(CompareScreen(marked, self._marker))

    async def action_delete(self) -> None:
        """Asks, then deletes the chosen run."""
        run = self._runs.get(self.query_one(RunList).chosen)
        if run is None:
            return
        folder = self._folders[run.id]

        def take(yes: bool | None) -> None:
            if yes:
                self._delete(folder, run)

        first = f"It is {run.state}: it is stopped first. " if run.live else ""
        detail = f"{first}Its curves, weights and log are gone for good{count_steps(run)}."
        await self.app.push_screen(Question(f"Delete the run {_cut(run.name)} ({run.id})?", detail), take)

    @work(group="delete")
    async def _delete(self, folder: Path, run: RunRecord) -> None:
        try:
            await asyncio.to_thread(ending.remove, folder)
            self._say(f"deleted {_cut(run.name)} ({run.id})")
        except UserError as error:
            self._say(str(error), "error")
        await self._read_runs()

    async def action_look(self) -> None:
        """All that is said of what is chosen, and its data, over the whole screen."""
        if self._rows.chosen:
            text, found = self._subject(self._rows)
            await self.app.push_screen(LookScreen(text, found, self._samples, self._marker))

    async def action_edit(self) -> None:
        """Edits the configuration of what is chosen, to start it as a new run."""
        rows = self._rows
        _, found = self._subject(rows)
        if found is None:
            if rows.chosen:
                self._say("What is chosen cannot be used, and so not be edited.", "warning")
            return
        run = self._runs.get(rows.chosen) if isinstance(rows, RunList) else None
        preset = rows.chosen if run is None else run.preset or run.name  # nobody knows the preset of a damaged run
        await self._edit(found, preset)

    async def _edit(self, found: RunConfig, preset: str) -> None:
        async def take(folder: Path | None) -> None:
            if folder is not None:
                await self._leave_for(folder)

        await self.app.push_screen(EditScreen(found, preset, self._samples, self._marker), take)

    async def action_open_file(self) -> None:
        """Asks for a path, and edits what a file there has to offer."""

        async def take(found: tuple[str, RunConfig] | None) -> None:
            if found is not None:
                await self._edit(found[1], found[0])

        await self.app.push_screen(FileEntry(), take)


def _presets() -> dict[str, Entry]:
    """Every preset by name, with its configuration or what is wrong with it."""
    entries = {}
    for name, preset in presets.available().items():
        found: RunConfig | UserError
        try:
            found = preset.load()
        except UserError as error:
            found = error
        entries[name] = Entry(name, found, preset.own)
    return entries


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


def count_steps(run: RunRecord) -> str:
    """What is lost with a run, in words; nobody knows of one that cannot be read."""
    if run.state == UNREADABLE:
        return ""
    return f": {run.step:,} step{'' if run.step == 1 else 's'}"


def _cut(name: str) -> str:
    return name if len(name) <= 40 else name[:39] + "…"

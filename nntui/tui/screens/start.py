"""The start screen: presets to start, past runs to open."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from nntui import launch
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.tui import keymap
from nntui.tui.panes.runs.about import About
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.files import FileEntry
from nntui.tui.screens.keys import hints
from nntui.tui.screens.listbox import ListBox
from nntui.tui.screens.look import LookScreen
from nntui.tui.screens.notice import say
from nntui.tui.screens.opened import Opened
from nntui.tui.screens.presetbox import PresetBox
from nntui.tui.screens.runbox import RunBox
from nntui.tui.screens.samples import SampledPicture, Samples
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.toosmall import TooSmall

#: Below this size the lists stand one above the other, and only they are left.
WIDE, HIGH = 72, 18
#: Below this height there is no room for a banner either.
LOW = 12
#: Below this width the presets take less room.
EVEN = 100


class StartScreen(Screen[None]):
    """Presets and a picture of their data on the left; past runs, and what the chosen thing is, on the right."""

    BINDINGS: ClassVar = keymap.bindings(keymap.START)
    CSS_PATH = "../styles/start.tcss"

    def __init__(self, marker: str) -> None:
        super().__init__()
        self._marker = marker
        self._samples = Samples()
        self._presets = PresetBox()
        self._runs = RunBox(marker)
        self._about = About(id="about")
        self._picture = SampledPicture(self._samples, marker)
        self._busy = False

    def compose(self) -> ComposeResult:
        """Lists, what is chosen, keys."""
        yield Static(Content.assemble(("nntui", "bold $primary"), "  watch a network learn, and steer it"), id="banner")
        with Horizontal(id="lists"):
            with Vertical(id="choose"):
                yield self._presets
                yield self._picture
            with Vertical(id="past"):
                yield self._about
                yield self._runs
        yield KeyBar()
        yield TooSmall()

    async def on_mount(self) -> None:
        """Shows the runs there are; the presets have the focus."""
        self._about.border_title, self._picture.border_title = "About", "Data"
        self._about.can_focus = False  # the key for a closer look shows all of it
        self._presets.rows.focus()
        await self._runs.read()

    async def on_screen_resume(self) -> None:
        """Back from a run or an editor: there may be new presets, and a run's row is newer now."""
        self._busy = False
        self._samples.forget()
        await self._presets.read()
        await self._runs.read()

    async def on_unmount(self) -> None:
        """Leaves no process behind."""
        await self._samples.close()

    def on_resize(self, event: Resize) -> None:
        """Narrow lists show less of each row."""
        self.set_class(event.size.width < EVEN, "narrow")
        self.set_class(event.size.height < LOW, "low")
        self.set_class(event.size.width < WIDE or event.size.height < HIGH, "small")

    # What is chosen

    @property
    def _box(self) -> ListBox:
        """The box that keys are meant for."""
        return self._runs if self.focused is not None and self._runs in self.focused.ancestors else self._presets

    @on(ListBox.Changed)
    def _tell(self, message: ListBox.Changed) -> None:
        if message.box is self._box:
            self._tell_of(message.box)

    def _tell_of(self, box: ListBox) -> None:
        """Words and a picture of what is chosen in a list."""
        subject = box.subject
        self._about.tell(subject.text)
        self._picture.of(subject.config)

    def on_descendant_focus(self) -> None:
        """Another list has other keys, and another thing that is chosen."""
        if self.focused is self._box.rows:
            self._tell_of(self._box)
        place = getattr(self.focused, "PLACE", "") or getattr(getattr(self.focused, "parent", None), "PLACE", "")
        places = (place,) if place == keymap.FILTER else (keymap.APP, keymap.START, place)
        self.query_one(KeyBar).offer(hints(places))

    # Starting and opening

    @on(RunBox.Opened)
    async def _open(self, message: RunBox.Opened) -> None:
        if not self._busy:  # else enter was pressed more than once
            await self._leave_for(message.folder)

    @on(PresetBox.Opened)
    async def _start(self, message: PresetBox.Opened) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            folder, _ = await asyncio.to_thread(launch.start_run, message.config, preset=message.name)
            await self._leave_for(folder)
        except (UserError, OSError) as error:
            self._busy = False
            say(self, str(error), "error")

    async def _leave_for(self, folder: Path) -> None:
        """Opens a run, until one comes back from it; nobody looks at data meanwhile."""
        self._busy = True
        self._picture.rest()
        self.post_message(Opened(folder))
        await self._samples.close()  # not in a worker, which would be cut short where the app is left

    async def _edit(self, found: RunConfig, preset: str) -> None:
        async def take(folder: Path | None) -> None:
            if folder is not None:
                await self._leave_for(folder)

        await self.app.push_screen(EditScreen(found, preset, self._samples, self._marker), take)

    # Keys

    def action_filter(self) -> None:
        """Lets one type what the rows of the list must have."""
        self._box.open_filter()

    def action_clear(self) -> None:
        """Takes the filter of the list away; if there is none, the marks."""
        self._box.clear()

    async def action_compare(self) -> None:
        """Opens the marked runs side by side."""
        await self._runs.compare()

    async def action_delete(self) -> None:
        """Asks, then deletes the chosen run."""
        await self._runs.delete()

    async def action_look(self) -> None:
        """All that is said of what is chosen, and its data, over the whole screen."""
        if self._box.rows.chosen:
            text, found, _ = self._box.subject
            await self.app.push_screen(LookScreen(text, found, self._samples, self._marker))

    async def action_edit(self) -> None:
        """Edits the configuration of what is chosen, to start it as a new run."""
        _, found, preset = self._box.subject
        if found is not None:
            await self._edit(found, preset)
        elif self._box.rows.chosen:
            say(self, "What is chosen cannot be used, and so not be edited.", "warning")

    async def action_open_file(self) -> None:
        """Asks for a path, and edits what a file there has to offer."""

        async def take(found: tuple[str, RunConfig] | None) -> None:
            if found is not None:
                await self._edit(found[1], found[0])

        await self.app.push_screen(FileEntry(), take)

"""A configuration is edited before it is started: every knob, with what is wrong shown at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from nntui import launch, presets
from nntui.config import RunConfig
from nntui.draft import Draft
from nntui.errors import UserError
from nntui.knob import ConfigError, Value
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.panes.knobs.knoblist import KnobList
from nntui.tui.panes.runs.about import about_preset
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.screens.entry import Entry
from nntui.tui.screens.keys import hints
from nntui.tui.screens.look import LookScreen
from nntui.tui.screens.notice import say
from nntui.tui.screens.question import Question
from nntui.tui.screens.samples import SampledPicture, Samples
from nntui.tui.screens.value import ValueEntry
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.toosmall import TooSmall

#: Below this size there is no room for the picture, and for more than a line of help.
WIDE, HIGH = 84, 18


class EditScreen(Screen[Path | None]):
    """Dismissed with the folder of the run that was started, or None."""

    BINDINGS: ClassVar = keymap.bindings(keymap.EDIT)
    CSS_PATH: ClassVar = ["../styles/start.tcss", "../styles/edit.tcss"]

    def __init__(self, config: RunConfig, preset: str, samples: Samples, marker: str) -> None:
        super().__init__()
        self._draft = Draft(config, config)
        self._preset = preset
        self._run_name = preset
        self._samples = samples
        self._marker = marker
        self._picture = SampledPicture(samples, marker)
        self._wrong = ""
        self._busy = False

    def compose(self) -> ComposeResult:
        """Knobs and the data, what the chosen knob is, keys."""
        with Horizontal(id="edit"):
            with Vertical(id="knobs-box", classes="box"):
                yield KnobList(self._draft)
            yield self._picture
        yield Static(id="knob-help", markup=False)
        yield KeyBar()
        yield TooSmall()

    def on_mount(self) -> None:
        """Shows the configuration as it is."""
        self._picture.border_title = "Data"
        self.query_one(KnobList).focus()
        self.query_one(KeyBar).offer(hints((keymap.APP, keymap.EDIT)))
        self._show(self._draft)

    def on_resize(self, event: Resize) -> None:
        """A small terminal shows the knobs alone."""
        self.set_class(event.size.width < WIDE, "narrow")
        self.set_class(event.size.height < HIGH, "low")

    def dismiss(self, result: Path | None = None) -> AwaitComplete:
        """Closes this screen, if it is still there."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    # What is shown

    def _show(self, draft: Draft) -> None:
        data_changed = draft.config.data != self._draft.config.data or not self._picture.words
        self._draft = draft
        knobs = self.query_one(KnobList)
        knobs.show_draft(draft)
        box, changed = self.query_one("#knobs-box"), len(draft.changed)
        box.border_title = Content(plain(f"Edit {self._preset[:40]}"))
        named = f" · the run's name: {self._run_name[:40]}" if self._run_name != self._preset else ""
        box.border_subtitle = Content(plain(f"{changed} changed{named}" if changed else f"nothing changed{named}"))
        if data_changed:
            self._wrong = ""
            self._picture.of(draft.config)
        self._help()

    @on(RowList.Chosen)
    def _help(self) -> None:
        """What the chosen knob is for, and what may stand there; or why the data cannot be read."""
        knob = self.query_one(KnobList).knob
        effect = "" if knob.matters(self._draft.config.get) else "no effect as the others stand; "
        names = self._draft.names(knob)
        allowed = f"{', '.join(names)}{'; or a path' if knob.name == 'source' else ''}" if names else knob.allowed
        text = Content.assemble((plain(f"{knob.name}: {knob.help}"), "bold"), "\n")
        if self._wrong:  # first, since not all may have room
            wrong = plain(" ".join(self._wrong.split()))
            text = text + Content.from_markup("[$text-error]$words[/]\n", words=wrong)
        text = text + Content(plain(f"{effect}{allowed}"))
        self.query_one("#knob-help", Static).update(text)

    @on(SampledPicture.Read)
    def _tell_data(self, message: SampledPicture.Read) -> None:
        if message.config.data == self._draft.config.data:
            self._wrong = message.wrong
            self._help()

    # Keys

    def action_turn(self, direction: int) -> None:
        """The next value of the chosen knob, or the one before."""
        knob = self.query_one(KnobList).knob
        if self._draft.turnable(knob):
            self._show(self._draft.turned(knob, direction))
        else:
            say(self, f"{knob.name} has no next value: Enter lets you type one.")

    def action_reset(self) -> None:
        """The chosen knob as it was."""
        knob = self.query_one(KnobList).knob
        try:
            self._show(self._draft.reset(knob))
        except ConfigError as error:
            say(self, str(error), "warning")

    @on(RowList.Opened)
    async def action_type(self) -> None:
        """Lets one type a value of the chosen knob, checked against the others."""
        knob, draft = self.query_one(KnobList).knob, self._draft

        def take(value: Value | None) -> None:
            if value is not None:
                self._show(draft.typed(knob, knob.show(value)))

        entry = ValueEntry(knob, draft.config.get(knob.key), lambda text: draft.typed(knob, text))
        await self.app.push_screen(entry, take)

    async def action_name_run(self) -> None:
        """Asks for a name of the run."""

        def parse(text: str) -> str:
            if fault := launch.name_fault(text):
                raise UserError(fault)
            return text

        def take(name: str | None) -> None:
            if name is not None:
                self._run_name = name
                self._show(self._draft)

        hint = "1 to 100 printable characters; runs are found by it"
        await self.app.push_screen(Entry("The name of the run", self._run_name, hint, parse), take)

    async def action_start(self) -> None:
        """Starts the run, unless its data cannot be read."""
        if self._wrong:
            say(self, self._wrong, "error")
            self.app.bell()
        elif not self._busy:
            self._busy = True
            try:
                folder, _ = await asyncio.to_thread(
                    launch.start_run, self._draft.config, preset=self._preset, name=self._run_name
                )
                self.dismiss(folder)
            except (UserError, OSError) as error:
                say(self, str(error), "error")
            finally:
                self._busy = False

    async def action_save(self) -> None:
        """Asks for a name, and writes the configuration as a preset of one's own."""

        async def take(name: str | None) -> None:
            if name is None:
                return
            if not presets.own_path(name).exists():
                self._write(name, True)
                return
            detail = "The preset that is there is lost."
            await self.app.push_screen(
                Question(f"Write over your preset {name}?", detail), lambda yes: self._write(name, yes)
            )

        def parse(name: str) -> str:
            presets.own_path(name)
            return name

        hint = f"a name; it becomes a file in {presets.own_path('name').parent}"
        await self.app.push_screen(Entry("Save as a preset of your own", self._run_name, hint, parse), take)

    def _write(self, name: str, yes: bool | None) -> None:
        if not yes:
            return
        try:
            path = presets.save(name, self._draft.config)
        except UserError as error:
            say(self, str(error), "error")
            return
        self._preset = self._run_name = name
        self._show(Draft(self._draft.config, self._draft.config))
        say(self, f"saved as {path}")

    async def action_look(self) -> None:
        """The data over the whole screen."""
        config = self._draft.config
        await self.app.push_screen(LookScreen(about_preset(config), config, self._samples, self._marker))

    async def action_back(self) -> None:
        """Leaves; asks first when something was changed."""
        if not self._draft.changed:
            self.dismiss(None)
            return

        def take(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        count = len(self._draft.changed)
        name, save = (keymap.shown(keymap.EDIT, action) for action in ("name_run", "save"))
        lost = f"{count} changed value{'' if count == 1 else 's'} would be lost"
        detail = f"{lost}; {name}, then {save} saves them as a preset."
        await self.app.push_screen(Question("Leave without starting?", detail), take)

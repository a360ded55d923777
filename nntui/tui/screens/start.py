"""The start screen: presets to start, past runs to open."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from nntui import launch, paths, presets
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.store.records import RunRecord
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.feed import recent_runs
from nntui.tui.panes.header import SYMBOLS
from nntui.tui.panes.numbers import count, duration, figure
from nntui.tui.screens.keys import hints
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.text import fit

REFRESH_SECONDS = 2.0


class Opened(Message):
    """A run was chosen or started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


class StartScreen(Screen[None]):
    """Presets on the left with the chosen one's description, past runs on the right."""

    BINDINGS: ClassVar = keymap.bindings(keymap.START)
    CSS_PATH = "../styles/start.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._folders: dict[str, Path] = {}
        self._configs: dict[str, RunConfig] = {}
        self._busy = False

    def compose(self) -> ComposeResult:
        """Lists, description, keys."""
        yield Static(Content.assemble(("nntui", "bold $primary"), "  watch a network learn, and steer it"), id="banner")
        with Horizontal(id="lists"):
            with Vertical(id="choose"):
                yield OptionList(id="presets", markup=False)
                yield Static(id="description", markup=False)
            yield OptionList(id="runs", markup=False)
        yield KeyBar()

    async def on_mount(self) -> None:
        """Fills the lists; the runs are looked at again every now and then."""
        self.query_one(KeyBar).offer(hints((keymap.APP, keymap.START)))
        self._list_presets()
        self.query_one("#description").border_title = "About"
        self.query_one("#runs").border_title = "Runs"
        await self._list_runs()
        self.set_interval(REFRESH_SECONDS, self._list_runs)

    async def on_screen_resume(self) -> None:
        """Back from a run: its row is newer now."""
        await self._list_runs()

    @on(KeyBar.Pressed)
    def _press(self, message: KeyBar.Pressed) -> None:
        self.app.simulate_key(message.key)

    def _list_presets(self) -> None:
        chooser = self.query_one("#presets", OptionList)
        chooser.border_title = "Presets"
        for name, preset in presets.available().items():
            try:
                self._configs[name] = preset.load()
            except UserError as error:
                chooser.add_option(Option(Content(plain(f"{name}  {error}")), id=name, disabled=True))
            else:
                chooser.add_option(Option(Content(fit(name, 14) + plain(self._configs[name].title)), id=name))
        chooser.highlighted = 0
        chooser.focus()

    @on(OptionList.OptionHighlighted, "#presets")
    def _describe(self, message: OptionList.OptionHighlighted) -> None:
        config = self._configs.get(message.option.id or "")
        if config is None:
            return
        model, training = config.model, config.training
        units = " → ".join(["inputs", *map(str, model.layers), "1"])
        facts = (
            f"{units}   {model.activation}, {model.loss}\n"
            f"{training.optimizer}, lr {training.lr:g}, {training.epochs:,} epochs, data {config.data.source}"
        )
        self.query_one("#description", Static).update(f"{plain_lines(config.description)}\n\n{facts}")

    async def _list_runs(self) -> None:
        if not self.is_current:
            return
        found = await asyncio.to_thread(recent_runs, paths.runs_dir())
        chooser = self.query_one("#runs", OptionList)
        self._folders = {run.id: folder for folder, run in found}
        rows = [Option(Content(_row(run)), id=run.id) for _, run in found]
        texts = [str(option.prompt) for option in rows]
        if texts == [str(option.prompt) for option in chooser.options] and rows:
            return
        chosen = chooser.highlighted
        chooser.clear_options()
        chooser.add_options(rows or [Option("No runs yet: choose a preset and press Enter.", disabled=True)])
        if rows and chosen is not None:
            chooser.highlighted = min(chosen, len(rows) - 1)
        chooser.border_subtitle = f"{len(rows)} runs" if rows else ""

    @on(OptionList.OptionSelected)
    async def _open(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        chosen = message.option.id or ""
        if message.option_list.id == "runs":
            if chosen in self._folders:
                self.post_message(Opened(self._folders[chosen]))
        elif chosen in self._configs and not self._busy:
            self._busy = True
            try:
                folder, _ = await asyncio.to_thread(launch.start_run, self._configs[chosen], preset=chosen)
                self.post_message(Opened(folder))
            except (UserError, OSError) as error:
                self.notify(" ".join(str(error).split()), severity="error", markup=False)
            finally:
                self._busy = False


def plain_lines(text: str) -> str:
    """Text of several lines, each made plain."""
    return "\n".join(plain(row) for row in text.strip().splitlines())


def _row(run: RunRecord) -> str:
    state = f"{SYMBOLS.get(run.state, '?')} {run.state}"
    age = duration(time.time() - run.created) if run.live else _age(time.time() - run.created)
    figures = f"{figure(run.latest.get('loss'))} {fit(count(run.step), 10, right=True)} {age:>7}"
    return f"{fit(run.name, 13)} {fit(state, 10)} {figures}  {run.id}"


def _age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"

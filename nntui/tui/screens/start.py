"""The start screen: presets to start, past runs to open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from nntui import launch, paths, presets
from nntui.config import RunConfig
from nntui.errors import UserError
from nntui.knob import show
from nntui.store.records import RunRecord
from nntui.text import plain
from nntui.tui import keymap
from nntui.tui.feed import recent_runs
from nntui.tui.panes.header import SYMBOLS
from nntui.tui.panes.numbers import count, figure
from nntui.tui.screens.keys import hints
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.text import fit
from nntui.tui.widgets.toosmall import TooSmall

REFRESH_SECONDS = 2.0
#: Below this size the lists stand one above the other, and what a preset is about is left out.
WIDE, HIGH = 72, 18
#: Below this height only the lists are left.
LOW = 12
#: Below this width the presets take as much room as the runs.
EVEN = 100


class Opened(Message):
    """A run was chosen or started."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


class Chooser(OptionList):
    """A list that bears page keys before it is laid out, as Textual 8.2's own does not."""

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        with suppress(KeyError):
            super()._move_page(direction)


class StartScreen(Screen[None]):
    """Presets on the left with what the chosen one is about, past runs on the right."""

    BINDINGS: ClassVar = keymap.bindings(keymap.START)
    CSS_PATH = "../styles/start.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._folders: dict[str, Path] = {}
        self._runs: list[RunRecord] = []
        self._configs: dict[str, RunConfig | UserError] = {}
        self._busy = False

    def compose(self) -> ComposeResult:
        """Lists, description, keys."""
        yield Static(Content.assemble(("nntui", "bold $primary"), "  watch a network learn, and steer it"), id="banner")
        with Horizontal(id="lists"):
            with Vertical(id="choose"):
                yield Chooser(id="presets", markup=False)
                with VerticalScroll(id="about"):
                    yield Static(id="description", markup=False)
            with Vertical(id="past"):
                yield Static(id="columns", markup=False)
                yield Chooser(id="runs", markup=False)
        yield KeyBar()
        yield TooSmall()

    async def on_mount(self) -> None:
        """Fills the lists; the runs are looked at again every now and then."""
        self.query_one(KeyBar).offer(hints((keymap.APP, keymap.START)))
        for box, name in (("#presets", "Presets"), ("#about", "About"), ("#past", "Runs")):
            self.query_one(box).border_title = name
        for name, preset in presets.available().items():
            try:
                self._configs[name] = preset.load()
            except UserError as error:
                self._configs[name] = error
        self._list_presets()
        self.query_one("#presets").focus()
        await self._read_runs()
        self.set_interval(REFRESH_SECONDS, self._read_runs)

    async def on_screen_resume(self) -> None:
        """Back from a run: its row is newer now."""
        await self._read_runs()

    def on_resize(self, event: Resize) -> None:
        """Narrow lists show less of each row."""
        self.set_class(event.size.width < EVEN, "narrow")
        self.set_class(event.size.height < LOW, "low")
        self.set_class(event.size.width < WIDE or event.size.height < HIGH, "small")
        self.call_after_refresh(self._list_presets)
        self.call_after_refresh(self._list_runs)
        for chooser in self.query(Chooser):
            self.call_after_refresh(chooser.scroll_to_highlight)

    @on(KeyBar.Pressed)
    def _press(self, message: KeyBar.Pressed) -> None:
        # Sent by the app: a key that a screen sends does not bubble past that screen, to the app's own keys.
        self.app.call_later(self.app.simulate_key, message.key)

    def _list_presets(self) -> None:
        chooser = self.query_one("#presets", OptionList)
        wide = max((cell_len(name) for name in self._configs), default=0)
        rows = []
        for name, config in self._configs.items():
            title = f"cannot be used: {_reason(name, config)}" if isinstance(config, UserError) else config.title
            rows.append((name, f"{fit(name, min(wide, 24))}  {plain(' '.join(title.split()))}"))
        _fill(chooser, rows or [("", "No presets found.")])

    @on(OptionList.OptionHighlighted, "#presets")
    def _describe(self, message: OptionList.OptionHighlighted) -> None:
        name = message.option.id or ""
        config = self._configs.get(name)
        if config is not None:
            place = list(self._configs).index(name) + 1
            message.option_list.border_subtitle = f"{place} of {len(self._configs)}"
            self.query_one("#description", Static).update(_about(config))
            self.query_one("#about").scroll_home(animate=False)

    async def _read_runs(self) -> None:
        if self.is_current:
            found = await asyncio.to_thread(recent_runs, paths.runs_dir())
            self._folders = {run.id: folder for folder, run in found}
            self._runs = [run for _, run in found]
            self._list_runs()

    def _list_runs(self) -> None:
        chooser, runs = self.query_one("#runs", OptionList), self._runs
        width = chooser.scrollable_content_region.width
        columns = [column for column in COLUMNS if width >= column.least]
        heading = self.query_one("#columns", Static)
        heading.update(_row([column.heading for column in columns], columns, width) if runs else "")
        rows = [(run.id, _row([column.text(run) for column in columns], columns, width)) for run in runs]
        _fill(chooser, rows or [("", "None yet: choose a preset and press Enter.")])
        self.query_one("#past").border_subtitle = f"{len(runs)} run{'' if len(runs) == 1 else 's'}" if runs else ""

    @on(OptionList.OptionSelected)
    async def _open(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        chosen = message.option.id or ""
        config = self._configs.get(chosen)
        if message.option_list.id == "runs":
            if chosen in self._folders:
                self.post_message(Opened(self._folders[chosen]))
        elif isinstance(config, UserError):
            self.notify(plain(str(config)), severity="error", markup=False)
        elif config is not None and not self._busy:
            await self._start(chosen, config)

    async def _start(self, preset: str, config: RunConfig) -> None:
        self._busy = True
        try:
            folder, _ = await asyncio.to_thread(launch.start_run, config, preset=preset)
            self.post_message(Opened(folder))
        except (UserError, OSError) as error:
            self.notify(plain(" ".join(str(error).split())), severity="error", markup=False)
        finally:
            self._busy = False


class _Column(NamedTuple):
    """A column of the list of runs; ``width`` 0 is the one that takes what is left."""

    heading: str
    width: int
    right: bool
    least: int
    text: Callable[[RunRecord], str]


COLUMNS = (
    _Column("name", 0, False, 0, lambda run: run.name),
    _Column("state", 10, False, 22, lambda run: f"{SYMBOLS.get(run.state, '?')} {run.state}"),
    _Column("loss", 8, True, 34, lambda run: figure(run.latest.get("loss"))),
    _Column("steps", 11, True, 60, lambda run: count(run.step)),
    _Column("age", 7, True, 44, lambda run: _age(time.time() - run.created)),
    _Column("id", 8, False, 66, lambda run: run.id),
)


def _row(texts: Sequence[str], columns: Sequence[_Column], width: int) -> str:
    """Texts in columns, the one without a width as wide as there is room."""
    rest = width - sum(column.width + 2 for column in columns if column.width)
    return "  ".join(
        fit(text, column.width or max(1, rest), right=column.right) for text, column in zip(texts, columns, strict=True)
    )


def _fill(chooser: OptionList, rows: Sequence[tuple[str, str]]) -> None:
    """Gives a list its rows, by id and text; the row that was chosen stays so. A row without an id cannot be chosen."""
    if [(option.id or "", str(option.prompt)) for option in chooser.options] == list(rows):
        return
    chosen = chooser.highlighted_option
    chooser.clear_options()
    chooser.add_options([Option(Content(text), id=name or None, disabled=not name) for name, text in rows])
    names = [name for name, _ in rows]
    if names != [""]:
        chooser.highlighted = names.index(chosen.id) if chosen is not None and chosen.id in names else 0


def _reason(name: str, error: UserError) -> str:
    """What is wrong with a preset, without the file that it is in."""
    return str(error).partition(f"{name}.toml: ")[2] or str(error)


def _about(config: RunConfig | UserError) -> Content:
    """What a preset trains, on what, and what there is to see."""
    if isinstance(config, UserError):
        return Content(plain(" ".join(str(config).split())))
    model, training = config.model, config.training
    units = " → ".join(["inputs", *map(str, model.layers), _outputs(config)])
    target = f", target {config.target}" if config.target else ""
    task = "" if config.task == "auto" else f", {config.task}"
    facts = (
        f"{units}, {show(model.activation) if model.layers else 'no hidden layer'}",
        f"{training.optimizer}, lr {training.lr:g}, {training.epochs:,} epochs",
        f"data {config.data.source}{target}{task}",
    )
    story = config.description.strip().splitlines()
    text = "\n".join(map(plain, (*facts, "", *story)))
    return Content.assemble((plain(config.title), "bold"), "\n", text)


def _outputs(config: RunConfig) -> str:
    """How many outputs the network has, or what they are where only the data can tell how many."""
    if config.task == "regression":
        return str(len(config.target.split(",")))
    return {"binary": "1", "multi-class": "classes"}.get(config.task, "outputs")


def _age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"

"""The application: which screen, which theme, how to leave.

Screens that a dashboard's first paint does not need are imported when they are opened.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events, on
from textual.app import SystemCommand
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen
from textual.theme import ThemeProvider

from nntui.errors import UserError
from nntui.settings import USUAL, Settings, settings_path
from nntui.tui import keymap, svg, terminal, themes, transliteration
from nntui.tui.budget import PROCESSOR, Budget
from nntui.tui.colourless import Colourless
from nntui.tui.memory import Memory
from nntui.tui.panes.board import Rearranged
from nntui.tui.reading import open_run
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.dialog import Palette
from nntui.tui.screens.keys import places
from nntui.tui.screens.opened import Opened
from nntui.tui.spans import Update
from nntui.tui.typeahead import TypeAhead
from nntui.tui.widgets.keybar import KeyBar
from nntui.tui.widgets.toosmall import TooSmall


class NntuiApp(TypeAhead):
    """Shows one run, several beside each other, or the start screen."""

    TITLE = "nntui"
    BINDINGS: ClassVar = keymap.bindings(keymap.APP)
    CSS_PATH = "styles/app.tcss"
    ENABLE_COMMAND_PALETTE = True
    ALLOW_SELECT = False  # a drag across a screen that closes would end the app
    HORIZONTAL_BREAKPOINTS, VERTICAL_BREAKPOINTS = TooSmall.WIDTHS, TooSmall.HEIGHTS
    last_folder: Path | None = None

    def __init__(
        self,
        folder: Path | None = None,
        *,
        marker: str = "braille",
        budget: int | None = None,
        at: int | None = None,
        theme: str = "",
        keys: Mapping[str, str] | None = None,
        read_only: bool = False,
        compared: Sequence[Path] = (),
    ) -> None:
        """The run in ``folder``, those that are ``compared``, or the start screen.

        See :class:`DashboardScreen` and :class:`Budget`. ``theme`` goes before the one that is remembered; ``keys`` are
        those of :func:`keymap.remapped`.
        """
        super().__init__(terminal.driver_class())
        self.animation_level = "none"  # a page that glides takes longer, and a slow link ten times the bytes
        self._marker = marker
        self._plain = transliteration.Plain(enabled=marker == "ascii")
        self._colourless = Colourless()
        self._at, self._read_only, self._compared = at, read_only, tuple(compared)
        self._bytes = Budget(lambda: terminal.sent(self), budget, keys_are_free=budget == USUAL)
        self._processor = Budget(time.process_time, PROCESSOR, keys_are_free=True, patience=1.0)
        self._memory = Memory()
        self.last_folder = folder
        for own in themes.OWN:
            self.register_theme(own)
        wanted = (theme, self._memory.theme, themes.USUAL)
        self.theme = next(name for name in wanted if name in self.available_themes)
        self.set_keymap(dict(keys or {}))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line on the screen goes through."""
        colours = [self._colourless] if self.no_color else super().get_line_filters()
        return [*colours, *([self._plain] if self._plain.enabled else [])]

    def on_mount(self) -> None:
        """Opens the first screen."""
        self.theme_changed_signal.subscribe(self, lambda theme: self._memory.keep(theme=theme.name))
        if self.last_folder is not None:
            self._open(self.last_folder)
        elif self._compared:
            from nntui.tui.screens.compare import CompareScreen

            self.push_screen(CompareScreen(self._compared, self._marker))
        else:
            from nntui.tui.screens.start import StartScreen

            self.push_screen(StartScreen(self._marker))

    async def on_event(self, event: events.Event) -> None:
        """What a person does is answered at once, whatever the budget."""
        if isinstance(event, (events.InputEvent, events.Resize)) and not isinstance(event, events.MouseMove):
            self._hurry()
        if isinstance(event, events.Resize) and (shown := terminal.shown(self)):
            shown.forget()  # terminals move lines about
        await super().on_event(event)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, Update):
            renderable.shown = terminal.shown(self)
        super()._display(screen, renderable)

    @on(KeyBar.Pressed)
    def _press_shown(self, message: KeyBar.Pressed) -> None:
        # Not sent by a screen: such a key does not bubble past it, to the app's own keys.
        self.simulate_key(message.key)

    def on_opened(self, message: Opened) -> None:
        """Opens the run that was chosen on the start screen."""
        while isinstance(self.screen, ModalScreen):  # opened while the run was made
            self.screen.dismiss()
        self._open(message.folder)

    def _open(self, folder: Path) -> None:
        self.last_folder = folder
        self._hurry()
        budgets, layout = (self._bytes, self._processor), self._memory.layout
        screen = DashboardScreen(folder, marker=self._marker, budgets=budgets, at=self._at, layout=layout)
        screen.read_only = self._read_only
        self.push_screen(screen)

    def _hurry(self) -> None:
        self._bytes.hurry()
        self._processor.hurry()

    @on(Rearranged)
    def _remember(self, message: Rearranged) -> None:
        self._memory.keep(layout=message.layout)

    def on_unmount(self) -> None:
        """Nothing more will be remembered."""
        self._memory.close()

    def action_help(self) -> None:
        """The help page, once. It is made once, too: to make it takes longer than a person should wait."""
        from nntui.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            return
        if not self.is_screen_installed("help"):
            self.install_screen(HelpScreen(), "help")
        page = self.get_screen("help", HelpScreen)
        page.begin_at(places(self.screen.focused))
        self.push_screen(page)

    def action_command_palette(self) -> None:
        """The palette, once."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            self.push_screen(Palette(id="--command-palette"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the keys of the screen and of the focused pane do, in words, and what has no key of its own."""
        keys = {key.id: key for key in keymap.KEYS if key.action not in ("help", "command_palette")}
        offered = {active.binding.id or "" for active in screen.active_bindings.values() if active.enabled}
        for key in (keys[offer] for offer in offered & keys.keys() if not keys[offer].moves):
            pressed = partial(self._press, key.keys.partition(",")[0])
            title = key.help.replace("the same for", "go to")  # here the panes do not stand below each other
            yield SystemCommand(f"{title[0].upper()}{title[1:]}", f"{key.place}: {'  '.join(key.names)}", pressed)
        yield SystemCommand("Help", "Every key, and what the panes tell", self.action_help)
        yield SystemCommand("Theme", "Other colours", self.search_themes)
        yield SystemCommand(
            "Picture of this screen to a file", "Writes it as SVG into the current folder", self.action_picture
        )

    def _press(self, key: str) -> None:
        """Presses a key for a person, once the palette has gone."""
        if isinstance(self.screen, Palette):
            self.call_after_refresh(self._press, key)
        else:
            self.simulate_key(key)

    def action_picture(self) -> None:
        """Writes what is on the screen to a new file in the current folder, once the palette has gone."""
        if isinstance(self.screen, Palette):
            self.call_after_refresh(self.action_picture)
            return
        name = f"nntui-{self.last_folder.name}" if self.last_folder else "nntui"
        try:
            file = svg.write_new(svg.picture(self), Path.cwd(), name)
        except OSError as error:
            self.notify(f"no picture: {error.strerror or error}", severity="error", markup=False)
        else:
            self.notify(f"wrote {file}", markup=False)

    def action_paint_anew(self) -> None:
        """Paints the whole screen, where something else has written on it."""
        terminal.paint_anew(self)

    def search_themes(self) -> None:
        """The palette of themes."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def action_leave(self) -> None:
        """Leaves; nothing is stopped."""
        self.exit()


def open_dashboard(folder: Path | None, own: Settings, *, read_only: bool = False) -> int:
    """Runs the app on a run's folder, or on the start screen; returns the exit code of the process.

    With ``read_only`` no run can be steered from it.

    Raises UserError, before anything is shown, for keys that cannot be.
    """
    return _run(own, folder=folder, read_only=read_only)


def open_comparison(folders: Sequence[Path], own: Settings, *, read_only: bool = False) -> int:
    """The same, on several runs beside each other."""
    return _run(own, compared=folders, read_only=read_only)


def _run(own: Settings, **options: Any) -> int:
    keys = keymap.remapped(own.keys, str(settings_path()))
    keymap.use(keys)
    marker = terminal.marker(own.marker)
    app = NntuiApp(marker=marker, budget=own.budget, theme=own.theme, keys=keys, **options)
    # What start-up has made stays; to look through it for garbage would hold the screen for 50 ms now and then.
    gc.freeze()
    code = terminal.run(app)
    if app.last_folder is not None:
        _say_goodbye(app.last_folder)
    return code


def _say_goodbye(folder: Path) -> None:
    """One line where the shell was, so that nobody wonders whether the training goes on."""
    try:
        run = open_run(folder)
    except UserError:
        return
    if run.live:
        with suppress(OSError):  # the terminal may be gone
            print(f"{run.name} ({run.id}) goes on training. Watch it: nntui watch {run.id}", file=sys.stderr)  # noqa: T201

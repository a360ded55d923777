"""The app on a pretended terminal: what is on it, and waiting until it has come."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import textual.app
import textual.pilot
from rich.console import RenderableType
from textual._compositor import Compositor
from textual._context import active_app, visible_screen_stack
from textual._queue import Queue
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.screen import Screen

from nntui.tui import app as application
from nntui.tui import feed
from nntui.tui.app import NntuiApp
from nntui.tui.panes.curves import CurvePane
from nntui.tui.panes.pane import PictureCells, Pictured
from nntui.tui.screens import dashboard as dashboard_screen
from nntui.tui.screens import samples
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.typeahead import TypeAhead

Scenario = Callable[[Pilot[None]], Awaitable[None]]

#: Longer than any machine needs; nothing waits so long unless it fails.
PATIENCE = 60.0


def play(
    scenario: Scenario,
    folder: Path | None,
    size: tuple[int, int] = (120, 40),
    marker: str = "braille",
    every_frame: bool = False,
    compared: Sequence[Path] = (),
) -> None:
    """Runs the app, on a run's folder, on some that are compared or at the start screen, while a scenario plays.

    What it shows is drawn whenever the scenario looks, and at the end; ``every_frame`` is drawn for a scenario
    that seldom looks.
    """

    async def session() -> None:
        app = NntuiApp(folder, marker=marker, compared=compared)
        async with app.run_test(size=size, notifications=True) as pilot:
            await settled(pilot)
            await scenario(pilot)
            lines(pilot)

    with unpaced(every_frame):
        asyncio.run(session())


@contextmanager
def unpaced(every_frame: bool = False) -> Iterator[None]:
    """Looks often, and makes every picture as it comes: nobody's eyes need rest here. Nor are there any to draw for."""
    paced = [Pictured, *Pictured.__subclasses__(), *PictureCells.__subclasses__(), *CurvePane.__subclasses__()]
    with ExitStack() as stack:
        stack.enter_context(patch.multiple(feed, POLL_SECONDS=0.02, ENDED_POLL_SECONDS=0.05))
        stack.enter_context(patch.object(application, "PROCESSOR", None))
        stack.enter_context(patch.object(samples, "SETTLE_SECONDS", 0.0))
        stack.enter_context(patch.object(dashboard_screen, "SYSTEM_SECONDS", 1e6))
        stack.enter_context(patch.object(Pictured, "MOST_REST", 0.0))
        for pane in paced:
            stack.enter_context(patch.object(pane, "EVERY", 0.0))
        stack.enter_context(patch.object(Stylesheet, "_parse_rules", _parsed_once))
        stack.enter_context(patch.object(textual.app, "wait_for_idle", _rest))
        stack.enter_context(patch.object(textual.pilot, "wait_for_idle", _rest))
        stack.enter_context(patch.object(Pilot, "_wait_for_screen", _rest))
        if not every_frame:
            stack.enter_context(patch.object(Compositor, "render_update", _draw_what_is_kept))
        yield


#: Every app has the same rules; to parse them for each anew takes a tenth of the time of a short scenario.
_rules: dict[object, list[RuleSet]] = {}
_parse_rules = Stylesheet._parse_rules


def _parsed_once(sheet: Stylesheet, css: str, *options: Any, **named: Any) -> list[RuleSet]:
    key = (css, options, frozenset(named.items()), frozenset(sheet._variables.items()))
    if key not in _rules:
        _rules[key] = _parse_rules(sheet, css, *options, **named)
    return _rules[key]


def _draw_what_is_kept(
    compositor: Compositor, full: bool = False, screen_stack: list[Screen[object]] | None = None, simplify: bool = False
) -> RenderableType | None:
    """Draws whole screens, which become files, but no frame for a terminal: a quarter of the time of a scenario."""
    if full:
        visible_screen_stack.set([] if screen_stack is None else screen_stack)
        return compositor.render_full_update(simplify)
    compositor._dirty_regions.clear()
    return None


async def _rest(*_: object) -> None:
    """Until all is answered, instead of Textual's wait for an idle process, which one that looks so often never is.

    And instead of a message to every widget, by whose answer Textual knows that those before have been answered.
    """
    limit = time.monotonic() + 5.0  # a run that trains may never rest
    await asyncio.sleep(0.001)
    while time.monotonic() < limit and _busy(active_app.get()):
        await asyncio.sleep(0.002)


def _busy(app: App[object]) -> bool:
    """Whether there are messages to answer, a layout to make, or what waits for either."""
    if app._exit or not app.screen_stack:
        return False
    screen = app.screen
    if (isinstance(app, TypeAhead) and app.is_dealing) or app._resize_event is not None:  # passed on by a timer
        return True
    if screen._layout_required or screen._scroll_required or screen._callbacks:
        return True
    return any(not _waits(node) for node in [app, *screen.walk_children(with_self=True)])


def _waits(node: MessagePump) -> bool:
    """Whether a widget has answered all its messages and waits for the next, if it still answers any."""
    queue: Queue[Any] = node._message_queue
    return not node._running or (queue.empty() and len(queue.ready_event._waiters) > 0)


def lines(pilot: Pilot[None]) -> list[str]:
    """What the terminal shows, a text for each line."""
    return [strip.text for strip in pilot.app.screen._compositor.render_strips()]


def text(pilot: Pilot[None]) -> str:
    """What the terminal shows."""
    return "\n".join(line.rstrip() for line in lines(pilot))


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Waits for a condition; when it does not come, fails with what is on the screen."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, f"waited in vain before this screen:\n{text(pilot)}"
        await pilot.pause(0.01)


async def shows(pilot: Pilot[None], *words: str) -> None:
    """Waits until all the words are on the screen."""

    def shown() -> bool:
        seen = text(pilot)
        return all(word in seen for word in words)

    await until(pilot, shown)


async def settled(pilot: Pilot[None]) -> None:
    """Waits until all that was asked of the run folder has been read and drawn."""
    quiet = 0
    limit = time.monotonic() + PATIENCE
    while quiet < 3:
        assert time.monotonic() < limit, f"no rest before this screen:\n{text(pilot)}"
        await pilot.pause()
        quiet = quiet + 1 if _quiet(pilot) else 0


def _quiet(pilot: Pilot[None]) -> bool:
    for screen in pilot.app.screen_stack:
        if isinstance(screen, DashboardScreen) and not screen.settled and not _trains(screen):
            return False
    return not any(worker.is_running for worker in pilot.app.workers if worker.name != "feed")


def _trains(screen: DashboardScreen) -> bool:
    """Whether a trainer goes on with the run that is shown, so that there is no rest before it."""
    run = screen._picture.run if screen._picture else None
    return run is not None and run.live and run.pid != os.getpid()

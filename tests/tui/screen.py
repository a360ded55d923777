"""The app on a pretended terminal: what is on it, and waiting until it has come."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

import textual.app
import textual.pilot
from textual._compositor import Compositor
from textual.app import App
from textual.pilot import Pilot

from nntui.tui import feed
from nntui.tui.app import NntuiApp
from nntui.tui.panes.curves import CurvePane
from nntui.tui.panes.pane import PictureCells, Pictured
from nntui.tui.screens import dashboard as dashboard_screen
from nntui.tui.screens import samples
from nntui.tui.screens.dashboard import DashboardScreen

Scenario = Callable[[Pilot[None]], Awaitable[None]]

#: Longer than any machine needs; nothing waits so long unless it fails.
PATIENCE = 60.0


def play(
    scenario: Scenario,
    folder: Path | None,
    size: tuple[int, int] = (120, 40),
    marker: str = "braille",
    every_frame: bool = False,
) -> None:
    """Runs the app, on a run's folder or at the start screen, while a scenario plays.

    What it shows is drawn whenever the scenario looks, and at the end; ``every_frame`` is drawn for a scenario
    that seldom looks.
    """

    async def session() -> None:
        app = NntuiApp(folder, marker=marker)
        rest = _rest(app)
        with patch.object(textual.app, "wait_for_idle", rest), patch.object(textual.pilot, "wait_for_idle", rest):
            async with app.run_test(size=size, notifications=True) as pilot:
                await settled(pilot)
                await scenario(pilot)
                lines(pilot)

    with unpaced(), nullcontext() if every_frame else patch.object(Compositor, "render_update", _draw_nothing):
        asyncio.run(session())


def _draw_nothing(compositor: Compositor, **_: object) -> None:
    """Instead of the frame that would go to a terminal, if there were one: a quarter of a scenario's time."""
    compositor._dirty_regions.clear()


@contextmanager
def unpaced() -> Iterator[None]:
    """Looks often, and draws every picture as it comes: nobody's eyes need rest here."""
    paced = [Pictured, *Pictured.__subclasses__(), *PictureCells.__subclasses__(), *CurvePane.__subclasses__()]
    with ExitStack() as stack:
        stack.enter_context(patch.multiple(feed, POLL_SECONDS=0.02, ENDED_POLL_SECONDS=0.05))
        stack.enter_context(patch.object(samples, "SETTLE_SECONDS", 0.0))
        stack.enter_context(patch.object(dashboard_screen, "SYSTEM_SECONDS", 1e6))
        stack.enter_context(patch.object(Pictured, "MOST_REST", 0.0))
        for pane in paced:
            stack.enter_context(patch.object(pane, "EVERY", 0.0))
        yield


def _rest(app: App[None]) -> Callable[..., Awaitable[None]]:
    """Instead of Textual's wait for an idle process, which one that looks so often never is: until all is answered."""

    async def rest(*_: object) -> None:
        limit = time.monotonic() + 1.0  # as Textual: what is animated never rests
        await asyncio.sleep(0.001)
        while time.monotonic() < limit and _busy(app):
            await asyncio.sleep(0.002)

    return rest


def _busy(app: App[None]) -> bool:
    """Whether there are messages to answer or a layout to make."""
    if not app.screen_stack:
        return False
    screen = app.screen
    return screen._layout_required or any(not node._message_queue.empty() for node in [app, *screen.walk_children()])


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

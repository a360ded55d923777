"""The screen of a run without a terminal: drawn once, as a picture in a file."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

from textual.pilot import Pilot

from nntui.errors import UserError
from nntui.settings import Settings
from nntui.store.records import RunRecord
from nntui.text import plain
from nntui.tui import svg
from nntui.tui.app import NntuiApp
from nntui.tui.screens.dashboard import DashboardScreen

#: A picture that is not complete so many seconds after anything happened never will be.
PATIENCE: Final = 60.0
#: The screen is complete when it was found so as often as this in a row: a part may want more when it is drawn.
ROUNDS: Final = 3


def take(folder: Path, run: RunRecord, size: tuple[int, int], at: int, own: Settings) -> str:
    """The dashboard of the run in ``folder`` as SVG, in so many columns and lines, as it stood at step ``at``.

    Raises UserError.
    """
    app = NntuiApp(folder, at=at, marker="braille" if own.marker == "auto" else own.marker, theme=own.theme)

    async def session() -> str:
        async with app.run_test(size=size) as pilot:
            await _complete(pilot)
            return svg.picture(app, plain(f"nntui: {run.name} ({run.id})"))

    return asyncio.run(session())


async def _complete(pilot: Pilot[None]) -> None:
    """Waits until all is read and drawn. Raises UserError when the run cannot be read."""
    limit, found, share = time.monotonic() + PATIENCE, 0, 0.0
    while found < ROUNDS:
        await pilot.pause()
        screen = pilot.app.screen
        found = found + 1 if isinstance(screen, DashboardScreen) and screen.settled else 0
        if isinstance(screen, DashboardScreen) and screen.sought > share:  # a step of the past may be far away
            limit, share = time.monotonic() + PATIENCE, screen.sought
        if time.monotonic() > limit:
            raise UserError(f"the picture is not complete after {PATIENCE:g} s")
        if not found:
            await asyncio.sleep(0.01)
    if isinstance(pilot.app.screen, DashboardScreen) and pilot.app.screen.unreadable:
        raise UserError(pilot.app.screen.unreadable)

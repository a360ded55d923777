"""Makes the pictures of the README from real runs: ``python screenshots/make.py`` (about a minute).

Each picture is the program itself, driven by its own keys over a trainer of its own, in a data folder that is thrown
away afterwards.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nntui import launch, presets
from nntui.store import catalog
from nntui.store.records import RunRecord
from nntui.tui import svg
from nntui.tui.app import NntuiApp

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: a run, when to look, what to press, and how large a terminal."""

    name: str
    preset: str
    settings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    until: Callable[[RunRecord], bool] = lambda run: run.progress >= 0.5
    size: tuple[int, int] = (120, 40)
    theme: str = "textual-dark"


SHOTS = (
    Shot("dashboard", "deep-binary", keys=("]", "]")),
    Shot("xor", "xor", until=lambda run: run.progress >= 0.3),
    Shot("logistic-light", "logistic", theme="textual-light"),
    Shot("digits", "digits", until=lambda run: run.progress >= 0.2),
    Shot("regression", "diabetes", until=lambda run: run.progress >= 0.05),
    Shot("cats", "cat-deep", until=lambda run: run.progress >= 0.3),
    Shot("small", "deep-binary", size=(80, 24)),
    Shot("tiny", "xor", size=(40, 12)),
    Shot("diverged", "deep-binary", settings=("lr=1000", "optimizer=momentum"), until=lambda run: not run.live),
    Shot("help", "xor", keys=("question_mark",)),
)


async def take(shot: Shot) -> str:
    """The picture, as SVG."""
    config = presets.find(shot.preset).load().with_settings(shot.settings)
    folder, trainer = await asyncio.to_thread(launch.start_run, config, preset=shot.preset)
    app = NntuiApp(folder)
    async with app.run_test(size=shot.size) as pilot:
        app.theme = shot.theme
        while not shot.until(catalog.open_run(folder)):
            await asyncio.sleep(0.05)
        for key in shot.keys:
            await pilot.press(key)
            await asyncio.sleep(1.0)
        await asyncio.sleep(1.0)
        app.clear_notifications()
        await pilot.pause()
        picture = svg.picture(app, f"nntui train {shot.preset}")
    trainer.terminate()
    await asyncio.to_thread(trainer.wait)
    return picture


async def start_screen() -> str:
    """The screen that ``nntui`` alone opens, with the runs of the other pictures."""
    app = NntuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await asyncio.sleep(1.0)
        await pilot.pause()
        return svg.picture(app)


def save(name: str, picture: str) -> None:
    """Writes a picture beside this file."""
    (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")


async def main() -> None:
    """Takes all pictures, one after the other."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["NNTUI_HOME"] = home
        for shot in SHOTS:
            save(shot.name, await take(shot))
        save("start", await start_screen())


if __name__ == "__main__":
    asyncio.run(main())

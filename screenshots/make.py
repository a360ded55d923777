"""Makes the pictures of the README from real runs, or those that are named: ``python screenshots/make.py [NAME ...]``.

Each picture is the program itself, driven by its own keys over a trainer of its own, in a data folder that is thrown
away afterwards.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nntui import launch, paths, presets
from nntui.store import catalog
from nntui.store.records import RunRecord
from nntui.tui import svg
from nntui.tui.app import NntuiApp

FOLDER = Path(__file__).parent


#: A network whose first layers hardly learn.
TEN_SIGMOIDS = ("layers=" + ",".join(["12"] * 10), "activation=sigmoid", "lr=0.1")


QUICK = ("lr=0.001", "epochs=1500")
#: What is compared, by the name of the runs.
NETWORKS = {"narrow": ("layers=8", *QUICK), "wide": ("layers=32,16", *QUICK)}


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: a run, when to look, what to press, and how large a terminal."""

    name: str
    preset: str
    settings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    until: Callable[[RunRecord], bool] = lambda run: run.progress >= 0.5
    size: tuple[int, int] = (120, 40)
    theme: str = "nntui-dark"
    rest: float = 1.0  # seconds from the last key to the picture


SHOTS = (
    Shot("dashboard", "deep-binary", keys=("]", "]")),
    Shot("spirals", "spirals", until=lambda run: run.progress >= 0.2),
    Shot("logistic-light", "logistic", theme="nntui-light"),
    Shot("waterfall", "deep-binary", settings=TEN_SIGMOIDS, keys=("2", "v", "m"), until=lambda run: run.step >= 3000),
    Shot("cursor", "logistic", keys=("1", "m", "w", "w", "plus", "c", *["left"] * 12)),
    Shot("digits", "digits", until=lambda run: run.progress >= 0.2),
    Shot("confusion", "digits", keys=("5", "v", "m"), until=lambda run: run.progress >= 0.02),
    Shot("autopsy", "digits", keys=("5", "enter"), until=lambda run: run.progress >= 0.2),
    Shot("regression", "diabetes", until=lambda run: run.progress >= 0.05),
    Shot("cats", "cat-deep", until=lambda run: run.progress >= 0.3),
    Shot("units", "xor", keys=("6", "v"), until=lambda run: run.progress >= 0.3),
    Shot("weights", "xor", keys=("6", "v", "v", "m"), until=lambda run: run.progress >= 0.3),
    Shot("small", "deep-binary", size=(80, 24)),
    Shot("tiny", "xor", size=(40, 12)),
    Shot("diverged", "deep-binary", settings=("lr=1000", "optimizer=momentum"), until=lambda run: not run.live),
    Shot("rewind", "deep-binary", keys=("1", "c", *["left"] * 14, "b", "y", "c", "]", "]", "space")),
    Shot("past", "spirals", keys=("1", "c", *["left"] * 20, "r"), until=lambda run: run.progress >= 0.2, rest=5.0),
    Shot("ghost", "spirals", keys=("g", *("0", "full_stop", "0", "2"), "enter"), rest=8.0),
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
        await asyncio.sleep(shot.rest)
        app.clear_notifications()
        await pilot.pause()
        picture = svg.picture(app, f"nntui train {shot.preset}")
    trainer.terminate()
    await asyncio.to_thread(trainer.wait)
    return picture


async def start_screen(*keys: str) -> str:
    """The screen that ``nntui`` alone opens, with the runs of the other pictures, after some keys."""
    app = NntuiApp()
    async with app.run_test(size=(120, 40)) as pilot:
        for key in keys:
            await pilot.press(key)
            await asyncio.sleep(0.3)
        await asyncio.sleep(2.0)
        await pilot.pause()
        return app.export_screenshot(title="nntui")


def train_seeds() -> None:
    """Three seeds of each of two networks, to their ends."""
    for name, settings in NETWORKS.items():
        for seed in range(3):
            config = presets.find("spirals").load().with_settings((*settings, f"seed={seed}"))
            launch.start_run(config, preset="spirals", name=name)[1].wait()


async def comparison(runs: list[Path], *keys: str) -> str:
    """Runs beside each other, after some keys."""
    app = NntuiApp(compared=runs)
    async with app.run_test(size=(120, 40)) as pilot:
        await asyncio.sleep(2.0)
        for key in keys:
            await pilot.press(key)
            await asyncio.sleep(0.3)
        await asyncio.sleep(1.0)
        await pilot.pause()
        return svg.picture(app, "nntui watch")


def save(name: str, picture: str) -> None:
    """Writes a picture beside this file."""
    (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")


async def main(names: list[str]) -> None:
    """Takes the pictures of these names, or all, one after the other."""

    def wanted(*pictures: str) -> bool:
        return not names or any(name in names for name in pictures)

    with tempfile.TemporaryDirectory() as home:
        os.environ["NNTUI_HOME"] = home
        for shot in SHOTS:
            if wanted(shot.name):
                save(shot.name, await take(shot))
        if wanted("start", "edit"):
            spirals = ["down"] * list(presets.available()).index("spirals")
            save("start", await start_screen(*spirals))
            save("edit", await start_screen(*spirals, "e", *["down"] * 3))
        if wanted("compare", "seeds"):
            await asyncio.to_thread(train_seeds)
            runs = [folder for folder, run in reversed(catalog.list_runs(paths.runs_dir())) if run.name in NETWORKS]
            save("compare", await comparison(runs, "v", "o", "o", "c", *["left"] * 30))
            save("seeds", await comparison(runs, "v", "o", "o", "m"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

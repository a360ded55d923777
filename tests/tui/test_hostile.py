"""Other people's words are shown as words on every screen: nothing in them acts on the terminal or moves the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from nntui import paths
from nntui.config import RunConfig
from nntui.tui.panes.knobs.pane import KnobPane
from nntui.tui.panes.runs.rowlist import RowList
from nntui.tui.picture import Sample
from nntui.tui.screens.autopsy import AutopsyScreen
from nntui.tui.screens.compare import CompareScreen
from nntui.tui.screens.dashboard import DashboardScreen
from nntui.tui.screens.edit import EditScreen
from nntui.tui.screens.explanation import Explanation
from nntui.tui.screens.files import FileEntry
from nntui.tui.screens.look import LookScreen
from nntui.tui.screens.question import Question
from nntui.tui.screens.samples import Samples
from nntui.tui.screens.series import SeriesChoice
from nntui.tui.screens.values import ValuesScreen
from tests.tui import recorded, samples
from tests.tui.recorded import Recording
from tests.tui.screen import lines, play, settled, shows, text, until

HOSTILE = [
    "\x1b[31mred\x1b]0;title\x07",
    "[red]markup[/red] [@click=app.exit]x[/]",
    "[/] [b $primary",
    "nul\0byte",
    "עברית \u202eabc",
    "👩‍🔬 漢字",
    "x" * 10_000,
    "two\nlines\ttab",
    "c1 \x9b31m and \u2028 lines",
    "",
]
SHAPES = [recorded.table, recorded.images, recorded.ten_digits, recorded.heights]
LONELY_JOINER = re.compile("\u200d(?=[\0-\u2fff])")
SIZES = [(120, 40), (40, 12)]


def hostile_shape(shape: recorded.Shape, words: Sequence[str]) -> recorded.Shape:
    """The shape with other words, in turn, wherever a trainer may take them from a file."""
    turn = cycle(words)
    return replace(
        shape,
        features=tuple(next(turn) for _ in shape.features),
        target=next(turn),
        classes=tuple(next(turn) for _ in shape.classes),
        outputs=tuple(next(turn) for _ in range(shape.T.shape[1])),
        layers=tuple(replace(layer, name=f"{i}{next(turn)}") for i, layer in enumerate(shape.layers)),
        title=next(turn)[:5000],
        events=tuple((10 * i, kind, word) for kind in ("set", "warning", "state") for i, word in enumerate(words, 1)),
    )


def assert_tame(pilot: Pilot[None]) -> None:
    """Nothing on the screen acts on the terminal, and nothing moves what stands beside it."""
    shown = lines(pilot)
    wild = [line for line in shown if any(not char.isprintable() and char not in "\u200c\u200d" for char in line)]
    assert wild == []
    # A joiner has nothing to join, and no width, where a dialog covers the other half.
    assert [line for line in shown if cell_len(LONELY_JOINER.sub("", line)) != pilot.app.size.width] == []


async def tame(pilot: Pilot[None], screen: type[Screen[Any]]) -> None:
    """Waits for a screen, which is to show nothing but text."""
    await until(pilot, lambda: isinstance(pilot.app.screen, screen))
    await settled(pilot)
    assert_tame(pilot)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_pane_and_what_opens_over_them(size: tuple[int, int]) -> None:
    recording = Recording(paths.runs_dir(), hostile_shape(recorded.species(), HOSTILE))
    recording.train(100)

    async def scenario(pilot: Pilot[None]) -> None:
        assert_tame(pilot)
        for number in "1234567":
            await look_through(pilot, number, *["m"] * (size == (120, 40)))
            await pilot.press("e")
            await tame(pilot, Explanation)
            await pilot.press("escape", *["m"] * (size == (120, 40)))
        assert_tame(pilot)
        await pilot.press("1", "p")
        await tame(pilot, SeriesChoice)
        await pilot.press("escape", "c", "left")
        await settled(pilot)
        assert_tame(pilot)  # with the cursor's readout
        await pilot.press("5")
        await look_at_a_row(pilot)
        await type_a_row(pilot)
        await pilot.press("7", "slash", "x")
        await settled(pilot)
        assert_tame(pilot)

    play(scenario, recording.folder, size)


@pytest.mark.parametrize("make", SHAPES)
def test_panes_of_other_networks(make: Callable[[], recorded.Shape]) -> None:
    """Those that show names of inputs, layers, outputs and classes."""
    recording = Recording(paths.runs_dir(), hostile_shape(make(), HOSTILE))
    recording.train(100)

    async def scenario(pilot: Pilot[None]) -> None:
        assert_tame(pilot)
        for number in "456":
            await look_through(pilot, number, "m")
            await pilot.press("m")
        await pilot.press("5")
        await look_at_a_row(pilot)
        if not recording.shape.image:
            await type_a_row(pilot)

    play(scenario, recording.folder)


async def look_through(pilot: Pilot[None], *keys: str) -> None:
    """Presses the keys that lead to a pane, and goes through its views."""
    await pilot.press(*keys)
    for _ in range(3):
        await pilot.press("v")
        await settled(pilot)
        assert_tame(pilot)


async def look_at_a_row(pilot: Pilot[None]) -> None:
    await pilot.press("o", "enter")
    await tame(pilot, AutopsyScreen)
    await pilot.press("right", "escape")
    await tame(pilot, DashboardScreen)


async def type_a_row(pilot: Pilot[None]) -> None:
    await pilot.press("i")
    await tame(pilot, ValuesScreen)
    await pilot.press(*"1x")
    await tame(pilot, ValuesScreen)
    await pilot.press("escape")


def test_many_inputs_of_ones_own() -> None:
    """So many that all are typed in one line, which begins with the first one's name."""
    shape = replace(recorded.heights(), X=np.zeros((40, 40)), features=tuple(f"{i}x" for i in range(40)))
    recording = Recording(paths.runs_dir(), replace(shape, features=("\x1b[31m\u202e=", *shape.features[1:])))
    recording.train(100)

    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("5", "i")
        await tame(pilot, ValuesScreen)

    play(scenario, recording.folder)


def test_a_name_an_answer_and_a_reason() -> None:
    recording = Recording(paths.runs_dir(), hostile_shape(recorded.table(), HOSTILE))
    recording.train(100)

    async def scenario(pilot: Pilot[None]) -> None:
        for words in HOSTILE:
            recording.update(name=words, preset=words)
            await pilot.press("right")
            await until(pilot, recording.writer.waiting)
            recording.answer("refused", words)
            await until(pilot, lambda: not pilot.app.screen.query_one(KnobPane)._asked)
            await settled(pilot)
            assert_tame(pilot)
        recording.end("diverged", " ".join(sorted(HOSTILE, key=len)))
        await shows(pilot, "diverged at step 100")
        assert_tame(pilot)

    play(scenario, recording.folder)


def hostile_sample(self: Samples, config: RunConfig) -> Sample:
    return samples.sample(
        [[0, 0], [0, 1], [1, 0]], [0, 1, 1], features=HOSTILE[:2], classes=HOSTILE[3:5], target=HOSTILE[5]
    )


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_samples: None) -> None:
    """Runs, presets, data and files of hostile names; file names can have neither NUL nor a slash."""

    async def of(self: Samples, config: RunConfig) -> Sample:
        return hostile_sample(self, config)

    monkeypatch.setattr(Samples, "of", of)
    monkeypatch.setattr(Samples, "known", hostile_sample)
    own = paths.user_presets_dir()
    own.mkdir(parents=True)
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    for number, words in enumerate(HOSTILE):
        shape = hostile_shape(SHAPES[number % len(SHAPES)](), [words])
        recorded.finished(paths.runs_dir(), shape, run_id=f"run{number}", name=words, preset=words)
        quoted = "".join(f"\\U{ord(char):08x}" for char in words)
        name = f"zz{number}{words[:50]}".replace("\0", "").replace("/", "")
        (own / f"{name}.toml").write_text(f'title = "{quoted[:40_000]}"\ndescription = "{quoted}"\n')
        (place / f"{name}.csv").write_text(f"a,b,{words}\n1,2,3\n")
    (place / os.fsdecode(b"zz\xff.csv")).write_text("a,b\n1,2\n")


def test_presets_and_their_data(library: None) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        rows = pilot.app.screen.query_one("#presets", RowList)
        own = [name for name in rows.ids if name.startswith("zz")]
        assert len(own) > 5
        for name in own:
            rows.choose(name)
            await settled(pilot)
            assert_tame(pilot)
            await pilot.press("v")
            await tame(pilot, LookScreen)
            await pilot.press("escape")
            if not text(pilot).count("cannot be used"):
                await pilot.press("e")
                await tame(pilot, EditScreen)
                await pilot.press("escape")

    play(scenario, None)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_past_runs_compared_and_deleted(library: None, size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("tab", "home")
        for _ in HOSTILE:
            await settled(pilot)
            assert_tame(pilot)
            await pilot.press("d")
            await tame(pilot, Question)
            await pilot.press("n", "space", "down")
        await pilot.press("c")
        await tame(pilot, CompareScreen)
        await pilot.press("v", "v")
        await settled(pilot)
        assert_tame(pilot)

    play(scenario, None, size)


def test_files(library: None) -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("o")
        await tame(pilot, FileEntry)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            for number in range(len(HOSTILE)):
                pilot.app.screen.query_one(Input).value = f"zz{number}"
                await pilot.press("tab")
                await settled(pilot)
                assert_tame(pilot)
            assert "csv" in text(pilot)

    play(scenario, None)


def test_what_is_pasted() -> None:
    async def scenario(pilot: Pilot[None]) -> None:
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, FileEntry))
        for words in HOSTILE:
            entry = pilot.app.screen.query_one(Input)
            entry.value = ""
            entry.insert_text_at_cursor(words)
            await settled(pilot)
            assert_tame(pilot)

    play(scenario, None)
